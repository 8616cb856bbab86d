#include "pop3/reply.h"
#include "unit.h"

static const struct reply_values values = {
	.user = "jane", .host = "pop.example.org", .stamp = "<1.2.3@host>",
	.version = " (version 1.0)", .word = { "foo", 3 }, .msgno = 7,
	.count = 2, .octets = 773,
};

static void
formats(enum reply reply, enum dialect dialect, const char *expected)
{
	char text[REPLY_MAX];

	reply_format(text, reply, dialect, &values, false);
	assert_string_equal(text, expected);
}

static void
texts__of_qpopper_2(void **state)
{
	(void)state;
	formats(REPLY_BANNER, DIALECT_QPOPPER2, "+OK POP3 solopop (version 1.0)"
	    " at pop.example.org starting.  <1.2.3@host>");
	formats(REPLY_USER, DIALECT_QPOPPER2,
	    "+OK Password required for jane.");
	formats(REPLY_LOGIN, DIALECT_QPOPPER2,
	    "+OK jane has 2 messages (773 octets).");
	formats(REPLY_STAT, DIALECT_QPOPPER2, "+OK 2 773");
	formats(REPLY_LIST, DIALECT_QPOPPER2, "+OK 2 messages (773 octets)");
	formats(REPLY_RETR, DIALECT_QPOPPER2, "+OK 773 octets");
	formats(REPLY_TOP, DIALECT_QPOPPER2, "+OK 773 octets");
	formats(REPLY_LAST, DIALECT_QPOPPER2,
	    "+OK 7 is the last read message.");
	formats(REPLY_DELE, DIALECT_QPOPPER2,
	    "+OK Message 7 has been deleted.");
	formats(REPLY_NOOP, DIALECT_QPOPPER2, "+OK ");
	formats(REPLY_QUIT, DIALECT_QPOPPER2,
	    "+OK Pop server at pop.example.org signing off.");
	formats(REPLY_UNKNOWN, DIALECT_QPOPPER2,
	    "-ERR Unknown command: \"foo\".");
	formats(REPLY_WRONG, DIALECT_QPOPPER2,
	    "-ERR [AUTH] Password supplied for \"jane\" is incorrect.");
}

static void
texts__of_qpopper_4__where_they_differ(void **state)
{
	(void)state;
	formats(REPLY_LOGIN, DIALECT_QPOPPER4,
	    "+OK jane has 2 visible messages (0 hidden) in 773 octets.");
	formats(REPLY_LIST, DIALECT_QPOPPER4,
	    "+OK 2 visible messages (773 octets)");
	formats(REPLY_TOP, DIALECT_QPOPPER4, "+OK Message follows");
	formats(REPLY_NOOP, DIALECT_QPOPPER4, "+OK no big woop");
	formats(REPLY_STAT, DIALECT_QPOPPER4, "+OK 2 773");
}

static void
banner__without_stamp_and_version__has_no_brackets(void **state)
{
	const struct reply_values plain = { .user = "", .host = "h",
	    .stamp = "", .version = "" };
	char text[REPLY_MAX];

	(void)state;
	reply_format(text, REPLY_BANNER, DIALECT_QPOPPER2, &plain, false);
	assert_string_equal(text, "+OK POP3 solopop at h starting.");
	reply_format(text, REPLY_SHY_BANNER, DIALECT_QPOPPER2, &plain, false);
	assert_string_equal(text, "+OK ready");
}

static void
login__with_one_message__is_singular(void **state)
{
	struct reply_values one = values;
	char text[REPLY_MAX];

	(void)state;
	one.count = 1;
	reply_format(text, REPLY_LOGIN, DIALECT_QPOPPER2, &one, false);
	assert_string_equal(text, "+OK jane has 1 message (773 octets).");
}

static void
every_text__has_a_status__and_fits_a_line_whatever_comes(void **state)
{
	struct reply_values wild = values;
	char text[REPLY_MAX], bytes[2000];
	size_t i, log;
	int reply, dialect;

	(void)state;
	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	wild.word = (struct span){ bytes, sizeof bytes };
	wild.count = wild.octets = UINT64_MAX;
	wild.msgno = UINT32_MAX;
	for (reply = 0; reply < REPLY_COUNT; reply++)
		for (dialect = 0; dialect < DIALECTS; dialect++)
			for (log = 0; log < 2; log++) {
				reply_format(text, (enum reply)reply,
				    (enum dialect)dialect, &wild, log == 1);
				assert_true(strlen(text) <= REPLY_MAX - 3);
				assert_int_equal(strncmp(text,
				    reply_is_ok((enum reply)reply) ? "+OK " :
				    "-ERR ", 4), 0);
				assert_null(strpbrk(text, "\r\n"));
			}
}

static void
foreign_words__cannot_break_the_line__or_the_log(void **state)
{
	struct reply_values v = values;
	char text[REPLY_MAX];

	(void)state;
	v.word = SPAN("a\r\n+OK\x7f\xe9\"");
	reply_format(text, REPLY_UNKNOWN, DIALECT_QPOPPER2, &v, false);
	assert_string_equal(text, "-ERR Unknown command: \"a??+OK?\xe9\"\".");
	reply_format(text, REPLY_UNKNOWN, DIALECT_QPOPPER2, &v, true);
	assert_string_equal(text, "-ERR Unknown command: "
	    "\"a\\x0d\\x0a+OK\\x7f\\xe9\\x22\".");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts__of_qpopper_2),
		cmocka_unit_test(texts__of_qpopper_4__where_they_differ),
		cmocka_unit_test(
		    banner__without_stamp_and_version__has_no_brackets),
		cmocka_unit_test(login__with_one_message__is_singular),
		cmocka_unit_test(
		    every_text__has_a_status__and_fits_a_line_whatever_comes),
		cmocka_unit_test(
		    foreign_words__cannot_break_the_line__or_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
