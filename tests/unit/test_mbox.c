#include "failing.h"
#include "import/mbox.h"
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
	{ "From jane Mon Jan 1 1x:00:00 2024", 0 },
	{ "From jane Mon Jan 1 x:00:00 2024", 0 },
	{ "From jane Mon Jan 1 1:2:3 2024", 1704070923 },
	{ "From jane Mon Jan 1 10:00: 2024", 0 },
	{ "From jane Mon Jan 1 10:00:61 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 +01x0 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 CET DST EST 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 EUROPEAN 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 C3T 2024", 0 },
	{ "From jane Mon Jan 1 10:00:00 2024 +01x0", 1704103200 },
	{ "From jane Mon, 1 Jan 2024 10:00:00 +01x0", 1704103200 },
	{ "From jane Mon, 1 Jan 1924 10:00:00", 0 },
	{ "From jane Mon, 1 Jan 2024 1000", 0 },
	{ "From jane Mon, 001 Jan 2024 10:00:00", 0 },
	{ "From jane Mon, 0 Jan 2024 10:00:00", 0 },
	{ "From jane Thu Mar 1 00:00:00 2001", 983404800 },
	{ "From jane Wed Mar 1 00:00:00 2000", 951868800 },
	{ "From jane Mon Mar 1 00:00:00 2100", 4107542400 },
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

/* Between 1970 in its zone and 1970 in ours: no time is known. */
static void
line__of_before_1970__is_a_from_line_without_a_time(void **state)
{
	uint64_t when = 1;

	(void)state;
	assert_true(mbox_is_from(SPAN("From jane Thu Jan  1 00:30:00 1970 "
	    "+0100"), &when));
	assert_int_equal(when, 0);
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
	/* A length that is wrong: within a line, to a line, to a blank one. */
	{ F "Content-Length: 2\n\nbody\n\n" F "x: y\n",
	    { "Content-Length: 2\n\nbody\n", "x: y\n" } },
	{ F "Content-Length: 5\n\nbody\nmore\n\n" F "x: y\n",
	    { "Content-Length: 5\n\nbody\nmore\n", "x: y\n" } },
	{ F "Content-Length: 5\n\nbody\n\nmore\n\n" F "x: y\n",
	    { "Content-Length: 5\n\nbody\n\nmore\n", "x: y\n" } },
	/* The body has no line end of its own. */
	{ F "Content-Length: 4\n\nbody\n" F "x: y\n",
	    { "Content-Length: 4\n\nbody", "x: y\n" } },
	{ F "Content-Length: 4\n\nbody", { "Content-Length: 4\n\nbody" } },
	{ F "Content-Length: 0\n\n" F "x: y\n",
	    { "Content-Length: 0\n\n", "x: y\n" } },
	/* A sender's length that would make two messages of one. */
	{ F "Content-Length: 3\n\na\n>" F "Received: by nobody\n\nb\n",
	    { "Content-Length: 3\n\na\n>" F "Received: by nobody\n\nb\n" } },
	{ F "Content-Length: 1\n\n>" F "\nb\n\n" F "x: y\n",
	    { "Content-Length: 1\n\n>" F "\nb\n", "x: y\n" } },
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
mbox__no_from_line__ebadmsg(void **state)
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

/* What is not read is neither the end nor a message. */
static void
check_each_failure(struct span text, unsigned messages)
{
	unsigned nth, found;
	int r, error;

	for (nth = 1;; nth++) {
		begin(text);
		failing_begin(nth, EIO);
		for (found = 0; (r = mbox_next(&m, &mail)) == 1; found++)
			;
		error = errno;
		if (!failing_end())
			break;
		assert_int_equal(r, -1);
		assert_int_equal(error, EIO);
		assert_true(found < messages);
	}
	assert_int_equal(r, 0);
	assert_int_equal(found, messages);
	assert_true(nth > 2);
}

static char long_text[4 * MBOX_WINDOW];

static char *
fill(char *p, char c, size_t n)
{
	memset(p, c, n);
	return p + n;
}

static void
file__that_cannot_be_read_on__is_an_error(void **state)
{
	char *p = long_text;

	(void)state;
	p += snprintf(p, 200, F "Content-Length: %d\nSubject: ", MBOX_WINDOW);
	p = fill(p, 'x', MBOX_WINDOW);
	p += snprintf(p, 200, "\n\n");
	p = fill(p, 'y', MBOX_WINDOW);
	p += snprintf(p, 200, "\n\nFrom jane Mon Jan  1 10:00:00 2024 ");
	p = fill(p, 'z', MBOX_WINDOW);
	p += snprintf(p, 200, "\nContent-Length: 3\n\nz\n\n" F "a: b\n");
	check_each_failure((struct span){ long_text, (size_t)(p - long_text) },
	    3);
}

/* Where a length leads to, with as much of the window left as is looked at. */
static void
length__to_about_the_end_of_the_window__may_fail_to_be_read(void **state)
{
	static const char *const ends[] = { "\n" F, "y\n" F };
	const size_t head = sizeof F - 1 + sizeof "Content-Length: 12345\n\n" - 1;
	size_t left, i, body;
	char *p;

	(void)state;
	for (left = MBOX_HEAD - 2; left <= MBOX_HEAD + 2; left++) {
		for (i = 0; i < COUNT(ends); i++) {
			body = MBOX_WINDOW - left - head;
			p = long_text;
			p += snprintf(p, 200, F "Content-Length: %5zu\n\n", body);
			p = fill(p, 'y', body - 1);
			p += snprintf(p, 200, "%sc: d\n\n", ends[i]);
			p = fill(p, 'z', MBOX_WINDOW);
			check_each_failure((struct span){ long_text,
			    (size_t)(p - long_text) }, 2);
		}
	}
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
		cmocka_unit_test(line__of_before_1970__is_a_from_line_without_a_time),
		cmocka_unit_test(file__of_each_kind__is_cut_where_it_should),
		cmocka_unit_test(mbox__no_from_line__ebadmsg),
		cmocka_unit_test(file__with_nuls_before_it__is_read_behind_them),
		cmocka_unit_test(file__of_more_than_4_GB__is_cut_where_it_should),
		cmocka_unit_test(file__that_shrinks__is_an_error),
		cmocka_unit_test(file__that_cannot_be_read_on__is_an_error),
		cmocka_unit_test(
		    length__to_about_the_end_of_the_window__may_fail_to_be_read),
		cmocka_unit_test(headers__tell_flags_and_ids),
		cmocka_unit_test(folder_data__is_known_by_two_marks_and_first),
		cmocka_unit_test(uids__are_those_that_qpopper_makes),
		cmocka_unit_test(lines__of_any_length__are_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
