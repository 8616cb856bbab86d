#include "maildir/mbox.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *line;
	uint64_t when;			/* 0: no From_ line */
} lines[] = {
	{ "From jane@example.org Mon Jan  1 10:00:00 2024", 1704103200 },
	{ "From jane@example.org Mon Jan  1 10:00:00 2024 +0100", 1704099600 },
	{ "From jane@example.org Mon Jan  1 10:00:00 +0100 2024", 1704099600 },
	{ "From jane@example.org Mon Jan  1 10:00:00 -0130 2024", 1704108600 },
	{ "From jane Mon Jan  1 10:00:00 CET 2024", 1704103200 },
	{ "From jane Mon Jan  1 10:00:00 MET DST 2024", 1704103200 },
	{ "From jane Mon Jan  1 10:00 2024", 1704103200 },
	{ "From jane Mon Jan 1 10:00 24", 1704103200 },
	{ "From jane Thu Jan  1 00:00:01 70", 1 },
	{ "From jane Fri Dec 31 23:59:59 99", 946684799 },
	{ "From jane Thu Feb 29 00:00:00 2024", 1709164800 },
	{ "From jane Fri Mar  1 00:00:00 2024", 1709251200 },
	{ "From jane Mon, 1 Jan 2024 10:00:00 +0100", 1704099600 },
	{ "From jane Mon Jan  1 10:00:00 2024 remote from host", 1704103200 },
	{ "From  Mon Jan  1 10:00:00 2024", 1704103200 },
	{ "From Mon Jan  1 10:00:00 2024", 1704103200 },
	{ "From \"jane m. doe\"@example.org Mon Jan  1 10:00:00 2024",
	    1704103200 },
	{ "From MAILER-DAEMON\tMon Jan  1 10:00:00 2024", 1704103200 },
	{ "From Mon Mon Jan  1 10:00:00 2024", 1704103200 },
	{ "From jane mon jan  1 10:00:00 2024", 1704103200 },
	{ "From jane", 0 },
	{ "From jane Mon Jan", 0 },
	{ "From jane Mon Jan 1 10:00:00", 0 },
	{ "From jane Mon Jan 32 10:00:00 2024", 0 },
	{ "From jane Mon Jan 1 24:00:00 2024", 0 },
	{ "From jane Mon Jan 1 10:60:00 2024", 0 },
	{ "From jane Mon Jan 1 1000 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 1969", 0 },
	{ "From jane Mon Jun 1 10:00:00 then 2024 and on", 1717236000 },
	{ "From what I saw on Monday, it was fine", 0 },
	{ ">From jane Mon Jan  1 10:00:00 2024", 0 },
	{ "from jane Mon Jan  1 10:00:00 2024", 0 },
	{ "From: jane Mon Jan  1 10:00:00 2024", 0 },
	{ "From", 0 },
	{ "", 0 },
};

static void
line__of_each_form__is_a_from_line_or_not(void **state)
{
	uint64_t when;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		when = 0;
		if (mbox_is_from(span_of(lines[i].line), &when) !=
		    (lines[i].when != 0) || when != lines[i].when)
			fail_msg("%s: %ju", lines[i].line, (uintmax_t)when);
	}
}

/* --- Whole files -------------------------------------------------------------- */

static struct mbox m;
static struct mbox_mail mail;
static FILE *file;

static void
begin(struct span text)
{
	if (file != NULL)
		(void)fclose(file);
	file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.len, file), text.len);
	assert_int_equal(fflush(file), 0);
	mbox_begin(&m, fileno(file), 0, (off_t)text.len);
}

static const char *
content(void)
{
	static char text[4096];
	size_t len = (size_t)(mail.end - mail.start);

	assert_true(mail.end >= mail.start && len < sizeof text);
	assert_int_equal(pread(fileno(file), text, len, mail.start), len);
	text[len] = '\0';
	return text;
}

#define F "From jane Mon Jan  1 10:00:00 2024\n"

static const struct {
	const char *text;
	const char *messages[4];
} files[] = {
	{ "", { NULL } },
	{ "\n\n", { NULL } },
	{ F, { "" } },
	{ F "a: b\n\nbody\n", { "a: b\n\nbody\n" } },
	{ F "a: b\n\nbody\n\n", { "a: b\n\nbody\n" } },
	{ F "a: b\n\nbody\n\n\n", { "a: b\n\nbody\n\n" } },
	{ "\n" F "a: b\n\nno end", { "a: b\n\nno end" } },
	{ F "a: b\n\none\n\n" F "a: b\n\ntwo\n\n",
	    { "a: b\n\none\n", "a: b\n\ntwo\n" } },
	{ F "a: b\n\n" F "a: b\n\n\n", { "a: b\n\n", "a: b\n\n" } },
	{ F "a: b\n\nFrom me\n\nFrom you all\n\n>" F "\nx\n" F "y\n",
	    { "a: b\n\nFrom me\n\nFrom you all\n\n>" F "\nx\n" F "y\n" } },
	{ F "a: b\r\n\r\none\r\n\r\n" "From jane Mon Jan  1 10:00:00 2024\r\n"
	    "c: d\r\n\r\ntwo\r\n",
	    { "a: b\r\n\r\none\r\n", "c: d\r\n\r\ntwo\r\n" } },
	/* 35 bytes of body: F without its last byte, or with it. */
	{ F "Content-Length: 36\n\n\n" F "\n" F "x: y\n\n",
	    { "Content-Length: 36\n\n\n" F, "x: y\n\n" } },
	{ F "Content-Length: 36\n\n\n" F F "x: y\n\n",
	    { "Content-Length: 36\n\n\n" F, "x: y\n\n" } },
	{ F "Content-Length: 36\n\n\n" F, { "Content-Length: 36\n\n\n" F } },
	{ F "Content-Length: 35\n\n\n" F "\n" F "x: y\n\n",
	    { "Content-Length: 35\n\n", "\n", "x: y\n\n" } },
	{ F "Content-Length: 9999999999\n\nb\n\n" F "x: y\n",
	    { "Content-Length: 9999999999\n\nb\n", "x: y\n" } },
	/* Its writer did not come to the body, or to the end of it. */
	{ F "a: b\n" F "c: d\n\none\n",
	    { "a: b\n", "c: d\n\none\n" } },
	{ F "Content-Length: 5\n" F "c: d\n\n12345\n",
	    { "Content-Length: 5\n", "c: d\n\n12345\n" } },
	{ F F "c: d\n\none\n", { "", "c: d\n\none\n" } },
	{ F "a: b\n\none\ntw" F "c: d\n\nthree\n",
	    { "a: b\n\none\ntw" F "c: d\n\nthree\n" } },
	{ F "Content-Length: -1\n\nb\n\n" F "x: y\n",
	    { "Content-Length: -1\n\nb\n", "x: y\n" } },
	{ "\1\1\1\1\n" F "a: b\n\none\n\n\1\1\1\1\n\1\1\1\1\nc: d\n\ntwo\n"
	    "\1\1\1\1\n", { "a: b\n\none\n\n", "c: d\n\ntwo\n" } },
};

static void
file__of_each_kind__is_cut_where_it_should(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		begin(span_of(files[i].text));
		for (j = 0; files[i].messages[j] != NULL; j++) {
			if (mbox_next(&m, &mail) != 1 ||
			    strcmp(content(), files[i].messages[j]) != 0)
				fail_msg("file %zu, message %zu: %s", i, j,
				    content());
		}
		assert_int_equal(mbox_next(&m, &mail), 0);
	}
}

static void
file__that_begins_otherwise__is_none(void **state)
{
	(void)state;
	begin(SPAN("Subject: a\n\n" F "x: y\n"));
	assert_errno(mbox_next(&m, &mail), EBADMSG);
	begin(SPAN("\0\0\0\0"));
	assert_errno(mbox_next(&m, &mail), EBADMSG);
	begin(SPAN("\0\0x" F "a: b\n"));
	assert_errno(mbox_next(&m, &mail), EBADMSG);
}

/* Somebody wrote where the end was before it was cut. */
static void
file__with_nuls_before_it__is_read_behind_them(void **state)
{
	static char text[3 * MBOX_WINDOW];
	size_t n;

	(void)state;
	for (n = MBOX_WINDOW - 2; n < MBOX_WINDOW + 2; n++) {
		memset(text, 0, sizeof text);
		memcpy(text + n, F "a: b\n\n\0\0\n", sizeof F + 8);
		begin((struct span){ text, n + sizeof F + 8 });
		assert_int_equal(mbox_next(&m, &mail), 1);
		assert_int_equal(mail.start, n + sizeof F - 1);
		assert_int_equal(mail.end - mail.start, 9);
		assert_int_equal(mbox_next(&m, &mail), 0);
	}
}

/* 5 GB, of which the file system keeps a page or two. */
static void
file__of_more_than_4_GB__is_cut_where_it_should(void **state)
{
	static const char a[] = F "Content-Length: 5000000000\n\n";
	static const char b[] = "\n" F "b: c\n\n";
	const off_t body = 5000000000;

	(void)state;
	begin(SPAN(a));
	if (pwrite(fileno(file), b, sizeof b - 1, (off_t)sizeof a - 1 + body) !=
	    (ssize_t)sizeof b - 1)
		skip();
	mbox_begin(&m, fileno(file), 0, (off_t)sizeof a - 1 + body +
	    (off_t)sizeof b - 1);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_int_equal(mail.end, (off_t)sizeof a - 1 + body);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_int_equal(mail.end - mail.start, 6);
	assert_int_equal(mbox_next(&m, &mail), 0);
}

static void
file__that_shrinks__is_an_error(void **state)
{
	(void)state;
	begin(SPAN(F "a: b\n\nbody\n"));
	assert_int_equal(ftruncate(fileno(file), 10), 0);
	assert_errno(mbox_next(&m, &mail), EBADMSG);
}

static void
headers__tell_flags_and_ids(void **state)
{
	(void)state;
	begin(SPAN(F "Status: RO\nX-Status: AFDT\nX-UIDL:   id-1 \t\n"
	    "X-UIDL: other\n\n\n" F "status: O\n\nStatus: R\n\n" F
	    "X-UIDL: two words\n\n\n" F "Status: U\nX-UIDL:\n\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_string_equal(mail.flags, "DFRST");
	assert_string_equal(mail.x_uidl, "id-1");
	assert_true(mail.old);
	assert_int_equal(mail.when, 1704103200);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_string_equal(mail.flags, "");
	assert_true(mail.old);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_string_equal(mail.x_uidl, "");
	assert_false(mail.old);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_false(mail.old);
}

static void
folder_data__is_known_by_two_marks_and_first(void **state)
{
	(void)state;
	begin(SPAN("From MAILER-DAEMON Mon Jan  1 10:00:00 2024\n"
	    "From: Mail System Internal Data <MAILER-DAEMON@x>\n"
	    "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"
	    "X-IMAP: 1 2\n\nx\n\n" F
	    "Subject: DON'T DELETE THIS MESSAGE\nX-IMAP: 1 2\n\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_true(mail.folder_data);
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_false(mail.folder_data);
	/* What others write into a first message makes it none of these. */
	begin(SPAN(F "Subject: DO NOT DELETE, please\nX-IMAPbase: 1 2\n\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_false(mail.folder_data);
	begin(SPAN(F "Subject: DO NOT DELETE\nSubject: DO NOT DELETE\n\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_false(mail.folder_data);
	begin(SPAN(F "Subject: do not delete this message\n\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	assert_false(mail.folder_data);
}

/* MD5 over the From_ line and the four headers, without continuations. */
static void
uids__are_those_that_qpopper_makes(void **state)
{
	static const char hashed[] = F "Received: by x\nDate: today\n"
	    "Message-Id: <1@x>\nSUBJECT: hello\n";
	const struct span parts[] = { { hashed, sizeof hashed - 1 },
	    { F, sizeof F - 1 } };
	char hex[DIGEST_MD5_HEX + 1];
	size_t i;

	(void)state;
	begin(SPAN(F "Received: by x\n\tcontinued\nTo: y\nDate: today\n"
	    "Message-Id: <1@x>\nSUBJECT: hello\n world\n\nSubject: body\n"));
	assert_int_equal(mbox_next(&m, &mail), 1);
	digest_md5(hex, parts, 1);
	assert_string_equal(mail.old_uid, hex);
	assert_int_equal(strlen(mail.new_uid), 20);
	for (i = 0; i < 20; i++)
		assert_true((mail.new_uid[i] >= '!' && mail.new_uid[i] <= 'p' &&
		    mail.new_uid[i] != '.') || mail.new_uid[i] == '~');
	digest_md5(hex, parts, 2);
	/* The first five characters are the first four bytes in base 80. */
	assert_int_equal(((((uint64_t)(mail.new_uid[4] - '!') * 80 +
	    (uint64_t)(mail.new_uid[3] - '!')) * 80 +
	    (uint64_t)(mail.new_uid[2] - '!')) * 80 +
	    (uint64_t)(mail.new_uid[1] - '!')) * 80 +
	    (uint64_t)(mail.new_uid[0] - '!'),
	    strtoul((char[]){ hex[0], hex[1], hex[2], hex[3], hex[4], hex[5],
	    hex[6], hex[7], 0 }, NULL, 16) % 3276800000);
}

/* Lines around the sizes of the window and of what is looked at. */
static void
lines__of_any_length__are_no_matter(void **state)
{
	static const size_t sizes[] = { 1, MBOX_HEAD - 1, MBOX_HEAD,
	    MBOX_HEAD + 1, MBOX_WINDOW - 100, MBOX_WINDOW - 1, MBOX_WINDOW,
	    MBOX_WINDOW + 1, 3 * MBOX_WINDOW };
	char *text, *p;
	size_t i, len;

	(void)state;
	text = malloc(8 * MBOX_WINDOW);
	assert_non_null(text);
	for (i = 0; i < COUNT(sizes); i++) {
		p = text + snprintf(text, 200, F "X-Long: ");
		memset(p, 'x', sizes[i]);
		p += sizes[i];
		p += snprintf(p, 200, "\nStatus: R\n\n");
		memset(p, 'y', sizes[i]);
		p += sizes[i];
		p += snprintf(p, 200, "\n\n" F "Status: O\n\nend\n");
		len = (size_t)(p - text);
		begin((struct span){ text, len });
		assert_int_equal(mbox_next(&m, &mail), 1);
		assert_string_equal(mail.flags, "S");
		assert_int_equal(mail.end - mail.start, 2 * sizes[i] + 8 + 12 +
		    1);
		assert_int_equal(mbox_next(&m, &mail), 1);
		assert_true(mail.old);
		assert_int_equal(mail.end, len);
		assert_int_equal(mbox_next(&m, &mail), 0);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__of_each_form__is_a_from_line_or_not),
		cmocka_unit_test(file__of_each_kind__is_cut_where_it_should),
		cmocka_unit_test(file__that_begins_otherwise__is_none),
		cmocka_unit_test(file__with_nuls_before_it__is_read_behind_them),
		cmocka_unit_test(file__of_more_than_4_GB__is_cut_where_it_should),
		cmocka_unit_test(file__that_shrinks__is_an_error),
		cmocka_unit_test(headers__tell_flags_and_ids),
		cmocka_unit_test(folder_data__is_known_by_two_marks_and_first),
		cmocka_unit_test(uids__are_those_that_qpopper_makes),
		cmocka_unit_test(lines__of_any_length__are_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
