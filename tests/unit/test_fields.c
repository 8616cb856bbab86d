/*
 * A struct that travels between two programs of ours arrives as it was, or not
 * at all.
 */
#include "io/fields.h"
#include "unit.h"

#include "server/front.h"
#include "session/start.h"
#include "settings/told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	return channel_pair(ends);
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}

struct thing {
	bool flag;
	uint32_t small;
	uint64_t large;
	const char *text, *none;
	char chars[8];
};

static const struct field rows[] = {
	FIELD_OF_BOOL(struct thing, flag),
	FIELD_OF_ENUM(struct thing, small, 5),
	FIELD_OF_U64(struct thing, large),
	FIELD_OF_TEXT(struct thing, text),
	FIELD_OF_TEXT(struct thing, none),
	FIELD_OF_CHARS(struct thing, chars),
};
static const struct fields things = FIELDS(70, rows);

static void
thing__arrives_as_it_was(void **state)
{
	const struct thing sent = { true, 4, UINT64_MAX, "", NULL, "1234567" };
	struct thing got = { .none = "x" };

	(void)state;
	assert_int_equal(fields_send(ends[0], &things, &sent), 0);
	assert_int_equal(fields_receive(ends[1], &things, &got), 0);
	assert_true(got.flag);
	assert_int_equal(got.small, 4);
	assert_int_equal(got.large, UINT64_MAX);
	assert_string_equal(got.text, "");
	assert_null(got.none);
	assert_string_equal(got.chars, "1234567");
	free((void *)(uintptr_t)got.text);
}

static void
text__more_than_one_message_holds__comes_in_several(void **state)
{
	static char a[MONMSG_MAX - 32], b[MONMSG_MAX - 32];
	const struct thing sent = { .text = a, .none = b };
	struct thing got;

	(void)state;
	memset(a, 'a', sizeof a - 1);
	memset(b, 'b', sizeof b - 1);
	assert_int_equal(fields_send(ends[0], &things, &sent), 0);
	assert_int_equal(fields_receive(ends[1], &things, &got), 0);
	assert_string_equal(got.text, a);
	assert_string_equal(got.none, b);
	free((void *)(uintptr_t)got.text);
	free((void *)(uintptr_t)got.none);
}

static void
text__that_no_message_holds__is_not_sent(void **state)
{
	static char a[MONMSG_MAX];
	const struct thing sent = { .text = a };

	(void)state;
	memset(a, 'a', sizeof a - 1);
	assert_errno(fields_send(ends[0], &things, &sent), EBADMSG);
}

/* What is sent by hand, and what must not be taken from it. */
static void
refused(struct monmsg *m)
{
	struct thing got = { .text = NULL };

	assert_int_equal(channel_send(ends[0], m), 0);
	assert_errno(fields_receive(ends[1], &things, &got), EBADMSG);
	free((void *)(uintptr_t)got.text);
	free((void *)(uintptr_t)got.none);
}

/* As it should be; each argument may spoil it. */
static void
make(struct monmsg *m, unsigned char kind, uint64_t n, uint64_t flag,
    uint64_t small, uint64_t there, const char *chars)
{
	monmsg_start(m, kind);
	monmsg_put_number(m, n);
	monmsg_put_number(m, flag);
	monmsg_put_number(m, small);
	monmsg_put_number(m, 1);
	monmsg_put_number(m, there);
	monmsg_put_bytes(m, SPAN("text"));
	monmsg_put_number(m, 0);
	monmsg_put_bytes(m, SPAN(""));
	monmsg_put_number(m, 1);
	monmsg_put_bytes(m, span_of(chars));
}

static void
message__of_any_other_form__is_refused(void **state)
{
	struct monmsg m;

	(void)state;
	make(&m, 71, 6, 1, 4, 1, "x");
	refused(&m);
	make(&m, 70, 7, 1, 4, 1, "x");
	refused(&m);
	make(&m, 70, 6, 2, 4, 1, "x");
	refused(&m);
	make(&m, 70, 6, 1, 5, 1, "x");
	refused(&m);
	make(&m, 70, 6, 1, 4, 0, "x");
	refused(&m);
	make(&m, 70, 6, 1, 4, 2, "x");
	refused(&m);
	make(&m, 70, 6, 1, 4, 1, "12345678");
	refused(&m);
	make(&m, 70, 6, 1, 4, 1, "x");
	monmsg_put_number(&m, 0);
	refused(&m);
	make(&m, 70, 6, 1, 4, 1, "x");
	m.len--;
	refused(&m);
	monmsg_start(&m, 70);
	monmsg_put_number(&m, 6);
	monmsg_put_number(&m, 1);
	monmsg_put_number(&m, 4);
	monmsg_put_number(&m, 1);
	monmsg_put_number(&m, 1);
	monmsg_put_bytes(&m, SPAN("a\0b"));
	refused(&m);
}

/* Fill every byte that is a number's; texts and arrays are set. */
static void
fill(const struct fields *f, void *object, const char *text)
{
	char *base = object;
	size_t i;

	for (i = 0; i < f->n; i++) {
		char *at = base + f->at[i].at;

		if (f->at[i].kind == FIELD_BOOL)
			*(bool *)(void *)at = true;
		else if (f->at[i].kind == FIELD_U32)
			memcpy(at, &(uint32_t){ 1 }, 4);
		else if (f->at[i].kind == FIELD_U64)
			memcpy(at, &(uint64_t){ 0x0101010101010101 }, 8);
		else if (f->at[i].kind == FIELD_TEXT)
			memcpy(at, &text, sizeof text);
		else
			(void)strcpy(at, "x");
	}
}

/* Is each byte of the struct a member's that travels, or padding? */
static size_t
covered(const struct fields *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->n; i++)
		n += f->at[i].kind == FIELD_BOOL ? 1 :
		    f->at[i].kind == FIELD_U32 ? 4 :
		    f->at[i].kind == FIELD_CHARS ? (size_t)f->at[i].most :
		    f->at[i].kind == FIELD_TEXT ? sizeof(char *) : 8;
	return n;
}

static void
free_texts(const struct fields *f, void *object)
{
	char *base = object, *text;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->at[i].kind == FIELD_TEXT) {
			memcpy(&text, base + f->at[i].at, sizeof text);
			free(text);
		}
}

/* A new setting that is not in the table would silently be off in a session. */
static void
settings__each_of_them__travels(void **state)
{
	struct pop3_conf sent, got;
	size_t i, gap = 0, longest = 0;
	const char *a = (const char *)&sent, *b = (const char *)&got;

	(void)state;
	memset(&sent, 0, sizeof sent);
	memset(&got, 0, sizeof got);
	fill(&pop3_conf_fields, &sent, "x");
	assert_int_equal(fields_send(ends[0], &pop3_conf_fields, &sent), 0);
	assert_int_equal(fields_receive(ends[1], &pop3_conf_fields, &got), 0);
	assert_int_equal(got.max_bad, 1);
	assert_string_equal(got.host, "x");
	assert_int_equal(got.drop.lock_wait, 0x0101010101010101);
	for (i = 0; i < sizeof sent; i++) {
		gap = a[i] == 0 && b[i] == 0 ? gap + 1 : 0;
		if (gap > longest)
			longest = gap;
	}
	/* An int of 1 has three zeros, and before a long there may be four. */
	assert_true(longest <= 7);
	assert_true(sizeof sent - covered(&pop3_conf_fields) < 48);
	free_texts(&pop3_conf_fields, &got);
}

static void
start__with_the_longest_path__arrives(void **state)
{
	static struct start sent, got;
	static struct pop3_conf conf, conf_got;
	struct monmsg unread, unread_got;

	(void)state;
	fill(&pop3_conf_fields, &conf, "h");
	fill(&start_fields, &sent, "x");
	memset(sent.maildir, 'm', sizeof sent.maildir - 1);
	memset(sent.path, 'p', sizeof sent.path - 1);
	monmsg_start(&unread, ASK_HAND_OVER);
	monmsg_put_number(&unread, LANGUAGE_FR);
	monmsg_put_bytes(&unread, SPAN("STAT\r\n"));
	assert_int_equal(start_send(ends[0], &conf, &sent, &unread), 0);
	assert_int_equal(start_receive(ends[1], &conf_got, &got, &unread_got),
	    0);
	assert_memory_equal(got.maildir, sent.maildir, sizeof got.maildir);
	assert_memory_equal(got.path, sent.path, sizeof got.path);
	assert_int_equal(unread_got.len, unread.len);
}

static void
front_and_intake__what_they_are_told__arrives(void **state)
{
	static struct front front, front_got;
	static struct told told, told_got;

	(void)state;
	fill(&front_fields, &front, "x");
	fill(&told_fields, &told, "x");
	assert_int_equal(fields_send(ends[0], &front_fields, &front), 0);
	assert_int_equal(fields_send(ends[0], &told_fields, &told), 0);
	assert_int_equal(fields_receive(ends[1], &front_fields, &front_got),
	    0);
	assert_int_equal(fields_receive(ends[1], &told_fields, &told_got), 0);
	assert_int_equal(front_got.deadline, front.deadline);
	assert_string_equal(told_got.maildir, "x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(thing__arrives_as_it_was),
		TEST(text__more_than_one_message_holds__comes_in_several),
		TEST(text__that_no_message_holds__is_not_sent),
		TEST(message__of_any_other_form__is_refused),
		TEST(settings__each_of_them__travels),
		TEST(start__with_the_longest_path__arrives),
		TEST(front_and_intake__what_they_are_told__arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
