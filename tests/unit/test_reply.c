#include "base/utf8.h"
#include "pop3/reply.h"
#include "unit.h"

static const struct reply_values values = {
	.user = "jane", .host = "pop.example.org", .stamp = "<1.2.3@host>",
	.version = " (version 1.0)", .word = { "foo", 3 }, .msgno = 7,
	.count = 2, .octets = 773,
};

static const struct voice qpopper2 = { DIALECT_QPOPPER2, LANGUAGE_EN };
static const struct voice qpopper4 = { DIALECT_QPOPPER4, LANGUAGE_EN };
static const struct voice german = { DIALECT_QPOPPER4, LANGUAGE_DE };
static const struct voice french = { DIALECT_QPOPPER2, LANGUAGE_FR };

static void
formats(enum reply reply, struct voice voice, const char *expected)
{
	char text[REPLY_MAX];

	reply_format(text, reply, voice, &values, false);
	assert_string_equal(text, expected);
}

static void
texts__of_qpopper_2(void **state)
{
	(void)state;
	formats(REPLY_BANNER, qpopper2, "+OK POP3 solopop (version 1.0)"
	    " at pop.example.org starting.  <1.2.3@host>");
	formats(REPLY_USER, qpopper2,
	    "+OK Password required for jane.");
	formats(REPLY_LOGIN, qpopper2,
	    "+OK jane has 2 messages (773 octets).");
	formats(REPLY_STAT, qpopper2, "+OK 2 773");
	formats(REPLY_LIST, qpopper2, "+OK 2 messages (773 octets)");
	formats(REPLY_RETR, qpopper2, "+OK 773 octets");
	formats(REPLY_TOP, qpopper2, "+OK 773 octets");
	formats(REPLY_LAST, qpopper2,
	    "+OK 7 is the last read message.");
	formats(REPLY_DELE, qpopper2,
	    "+OK Message 7 has been deleted.");
	formats(REPLY_NOOP, qpopper2, "+OK ");
	formats(REPLY_QUIT, qpopper2,
	    "+OK Pop server at pop.example.org signing off.");
	formats(REPLY_UNKNOWN, qpopper2,
	    "-ERR Unknown command: \"foo\".");
	formats(REPLY_WRONG, qpopper2,
	    "-ERR [AUTH] Password supplied for \"jane\" is incorrect.");
}

static void
texts__of_qpopper_4__where_they_differ(void **state)
{
	(void)state;
	formats(REPLY_LOGIN, qpopper4,
	    "+OK jane has 2 visible messages (0 hidden) in 773 octets.");
	formats(REPLY_LIST, qpopper4,
	    "+OK 2 visible messages (773 octets)");
	formats(REPLY_TOP, qpopper4, "+OK Message follows");
	formats(REPLY_NOOP, qpopper4, "+OK no big woop");
	formats(REPLY_STAT, qpopper4, "+OK 2 773");
}

static void
banner__without_stamp_and_version__has_no_brackets(void **state)
{
	const struct reply_values plain = { .user = "", .host = "h",
	    .stamp = "", .version = "" };
	char text[REPLY_MAX];

	(void)state;
	reply_format(text, REPLY_BANNER, qpopper2, &plain, false);
	assert_string_equal(text, "+OK POP3 solopop at h starting.");
	reply_format(text, REPLY_SHY_BANNER, qpopper2, &plain, false);
	assert_string_equal(text, "+OK ready");
}

static void
texts__of_other_languages(void **state)
{
	(void)state;
	formats(REPLY_LOGIN, german,
	    "+OK jane hat 2 Nachrichten (773 Oktette).");
	formats(REPLY_DELE, german, "+OK Nachricht 7 ist gel\xc3\xb6scht.");
	formats(REPLY_DELE, french,
	    "+OK Le message 7 est supprim\xc3\xa9.");
	formats(REPLY_WRONG, french, "-ERR [AUTH] Le mot de passe donn\xc3\xa9 "
	    "pour \"jane\" est incorrect.");
	formats(REPLY_STAT, german, "+OK 2 773");
	assert_string_equal(reply_language_tag(LANGUAGE_EN), "en");
	assert_string_equal(reply_language_tag(LANGUAGE_DE), "de");
	assert_string_equal(reply_language_name(LANGUAGE_FR),
	    "Fran\xc3\xa7" "ais");
}

static void
login__says_message_or_messages__as_the_language_has_it(void **state)
{
	static const struct {
		struct voice voice;
		uint64_t count;
		const char *text;
	} cases[] = {
		{ { DIALECT_QPOPPER2, LANGUAGE_EN }, 0,
		    "+OK jane has 0 messages (773 octets)." },
		{ { DIALECT_QPOPPER2, LANGUAGE_EN }, 1,
		    "+OK jane has 1 message (773 octets)." },
		{ { DIALECT_QPOPPER4, LANGUAGE_EN }, 0, "+OK jane has 0 "
		    "visible messages (0 hidden) in 773 octets." },
		{ { DIALECT_QPOPPER4, LANGUAGE_EN }, 1, "+OK jane has 1 "
		    "visible message (0 hidden) in 773 octets." },
		{ { DIALECT_QPOPPER2, LANGUAGE_DE }, 0,
		    "+OK jane hat 0 Nachrichten (773 Oktette)." },
		{ { DIALECT_QPOPPER2, LANGUAGE_DE }, 1,
		    "+OK jane hat 1 Nachricht (773 Oktette)." },
		{ { DIALECT_QPOPPER2, LANGUAGE_FR }, 0,
		    "+OK jane a 0 message (773 octets)." },
		{ { DIALECT_QPOPPER2, LANGUAGE_FR }, 1,
		    "+OK jane a 1 message (773 octets)." },
		{ { DIALECT_QPOPPER2, LANGUAGE_FR }, 2,
		    "+OK jane a 2 messages (773 octets)." },
	};
	struct reply_values v = values;
	char text[REPLY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v.count = cases[i].count;
		reply_format(text, REPLY_LOGIN, cases[i].voice, &v, false);
		assert_string_equal(text, cases[i].text);
	}
}

/* Each reply in each dialect and language, and as the log has it. */
static void
for_all(void (*check)(enum reply, struct voice, bool))
{
	int reply, dialect, language, log;

	for (reply = 0; reply < REPLY_COUNT; reply++)
		for (dialect = 0; dialect < DIALECTS; dialect++)
			for (language = 0; language < LANGUAGES; language++)
				for (log = 0; log < 2; log++)
					check((enum reply)reply, (struct voice){
					    (enum dialect)dialect,
					    (enum language)language },
					    log == 1);
}

static void
check_wild(enum reply reply, struct voice voice, bool for_log)
{
	struct reply_values wild = values;
	char text[REPLY_MAX], bytes[2000];
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	wild.word = (struct span){ bytes, sizeof bytes };
	wild.count = wild.octets = UINT64_MAX;
	wild.msgno = UINT32_MAX;
	reply_format(text, reply, voice, &wild, for_log);
	assert_true(strlen(text) <= REPLY_MAX - 3);
	assert_int_equal(strncmp(text, reply_is_ok(reply) ? "+OK " : "-ERR ",
	    4), 0);
	assert_null(strpbrk(text, "\r\n"));
	assert_true(voice.language == LANGUAGE_EN ||
	    utf8_is_valid(span_of(text)));
}

static void
every_text__has_a_status__and_fits_a_line_whatever_comes(void **state)
{
	(void)state;
	for_all(check_wild);
}

/* The longest values that are no foreign word. */
static const struct reply_values longest = {
	.user = "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
	.host = "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
	.stamp = "", .version = "", .word = { "word", 4 }, .msgno = UINT32_MAX,
	.count = UINT64_MAX, .octets = UINT64_MAX,
};

static void
check_uncut(enum reply reply, struct voice voice, bool for_log)
{
	char text[REPLY_MAX];

	reply_format(text, reply, voice, &longest, for_log);
	assert_true(strlen(text) < REPLY_MAX - 100);
	assert_true(utf8_is_valid(span_of(text)));
}

static void
every_text__leaves_room_for_a_word(void **state)
{
	(void)state;
	for_all(check_uncut);
}

static bool
says(enum reply reply, struct voice voice, const char *value)
{
	char text[REPLY_MAX];

	reply_format(text, reply, voice, &values, false);
	return strstr(text, value) != NULL;
}

/* Both ends of the status, the response code included. */
static size_t
status_len(const char *text)
{
	const char *code = strchr(text, ' ') + 1;

	return *code == '[' ? (size_t)(strchr(code, ']') - text) + 2 :
	    (size_t)(code - text);
}

static void
check_like_the_first(enum reply reply, struct voice voice, bool for_log)
{
	static const char *const marks[] = { "jane", "pop.example.org",
	    "<1.2.3@host>", "(version 1.0)", "foo", "7", "2", "773" };
	char first[REPLY_MAX], text[REPLY_MAX];
	size_t i, len;

	reply_format(first, reply, qpopper2, &values, false);
	reply_format(text, reply, voice, &values, for_log);
	len = status_len(first);
	assert_int_equal(status_len(text), len);
	assert_memory_equal(text, first, len);
	for (i = 0; voice.language != LANGUAGE_EN && i < COUNT(marks); i++)
		assert_int_equal(says(reply, voice, marks[i]),
		    says(reply, qpopper2, marks[i]));
}

static void
every_translation__has_the_same_code_and_the_same_values(void **state)
{
	(void)state;
	for_all(check_like_the_first);
}

/* What programs read. */
static bool
is_for_programs(enum reply reply)
{
	return reply == REPLY_BANNER || reply == REPLY_SHY_BANNER ||
	    reply == REPLY_STAT || reply == REPLY_LIST_ONE ||
	    reply == REPLY_UIDL_ONE;
}

static void
check_translated(enum reply reply, struct voice voice, bool for_log)
{
	char english[REPLY_MAX], text[REPLY_MAX];

	reply_format(english, reply, (struct voice){ voice.dialect,
	    LANGUAGE_EN }, &values, for_log);
	reply_format(text, reply, voice, &values, for_log);
	if (for_log || voice.language == LANGUAGE_EN || is_for_programs(reply))
		assert_string_equal(text, english);
	else
		assert_string_not_equal(text, english);
}

static void
every_text__is_translated__but_not_for_programs_and_the_log(void **state)
{
	(void)state;
	for_all(check_translated);
}

static void
foreign_words__cannot_break_the_line__or_the_log(void **state)
{
	struct reply_values v = values;
	char text[REPLY_MAX];

	(void)state;
	v.word = SPAN("a\r\n+OK\x7f\xe9\"");
	reply_format(text, REPLY_UNKNOWN, qpopper2, &v, false);
	assert_string_equal(text, "-ERR Unknown command: \"a??+OK?\xe9\"\".");
	reply_format(text, REPLY_UNKNOWN, qpopper2, &v, true);
	assert_string_equal(text, "-ERR Unknown command: "
	    "\"a\\x0d\\x0a+OK\\x7f\\xe9\\x22\".");
}

static void
foreign_words__in_other_languages__are_utf_8_or_ascii(void **state)
{
	struct reply_values v = values;
	char text[REPLY_MAX];

	(void)state;
	v.word = SPAN("gr\xc3\xbc\xc3\x9f");
	reply_format(text, REPLY_UNKNOWN, german, &v, false);
	assert_string_equal(text,
	    "-ERR Unbekannter Befehl: \"gr\xc3\xbc\xc3\x9f\".");
	v.word = SPAN("gr\xc3\xbc\xc3");
	reply_format(text, REPLY_UNKNOWN, german, &v, false);
	assert_string_equal(text, "-ERR Unbekannter Befehl: \"gr???\".");
	reply_format(text, REPLY_UNKNOWN, qpopper2, &v, false);
	assert_string_equal(text, "-ERR Unknown command: \"gr\xc3\xbc\xc3\".");
}

static void
text__that_is_cut__ends_in_a_whole_character(void **state)
{
	struct reply_values v = values;
	char text[REPLY_MAX], word[REPLY_MAX + 1];
	size_t shift, i;

	(void)state;
	for (shift = 0; shift < 2; shift++) {
		memset(word, 'x', shift);
		for (i = shift; i + 1 < sizeof word; i += 2)
			memcpy(word + i, "\xc3\xbc", 2);
		v.word = (struct span){ word, i };
		reply_format(text, REPLY_UNKNOWN, german, &v, false);
		assert_true(strlen(text) >= REPLY_MAX - 4);
		assert_true(utf8_is_valid(span_of(text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts__of_qpopper_2),
		cmocka_unit_test(texts__of_qpopper_4__where_they_differ),
		cmocka_unit_test(
		    banner__without_stamp_and_version__has_no_brackets),
		cmocka_unit_test(texts__of_other_languages),
		cmocka_unit_test(
		    login__says_message_or_messages__as_the_language_has_it),
		cmocka_unit_test(
		    every_text__has_a_status__and_fits_a_line_whatever_comes),
		cmocka_unit_test(every_text__leaves_room_for_a_word),
		cmocka_unit_test(
		    every_translation__has_the_same_code_and_the_same_values),
		cmocka_unit_test(
		    every_text__is_translated__but_not_for_programs_and_the_log),
		cmocka_unit_test(
		    foreign_words__cannot_break_the_line__or_the_log),
		cmocka_unit_test(
		    foreign_words__in_other_languages__are_utf_8_or_ascii),
		cmocka_unit_test(text__that_is_cut__ends_in_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
