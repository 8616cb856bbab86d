#include "base/log.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static char taken[LOG_LINE_MAX + 1];
static enum log_level taken_level;

static void
take(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	taken_level = level;
	(void)span_copy(taken, sizeof taken, span_of(line));
}

static void
line__with_control_bytes__stays_one_line(void **state)
{
	(void)state;
	errno = ENOENT;
	log_line(LOG_WARN, "%s", "a\nb\r\tc\x1b[2J\x7f\xc3\xa9 d");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(taken, "a?b??c?[2J??? d");
	assert_int_equal(taken_level, LOG_WARN);
}

static void
line__too_long__is_cut(void **state)
{
	char text[2 * LOG_LINE_MAX];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	log_line(LOG_NOTE, "%s", text);
	assert_int_equal(strlen(taken), LOG_LINE_MAX);
}

static void
quote__leaves_only_what_cannot_pose_as_a_field(void **state)
{
	static const struct {
		struct span value;
		const char *quoted;
	} cases[] = {
		{ BYTES("jane"), "jane" },
		{ BYTES("J.Doe+x@example-1_a.org"), "J.Doe+x@example-1_a.org" },
		{ BYTES(""), "" },
		{ BYTES("a b"), "a\\x20b" },
		{ BYTES("a\" at (x) 1.2.3.4"),
		    "a\\x22\\x20at\\x20\\x28x\\x29\\x201.2.3.4" },
		{ BYTES("a, ip=[10.9.9.9]"),
		    "a\\x2c\\x20ip\\x3d\\x5b10.9.9.9\\x5d" },
		{ BYTES("\\x41"), "\\x5cx41" },
		{ BYTES("\0\n\xff"), "\\x00\\x0a\\xff" },
	};
	char quoted[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(log_quote(quoted, sizeof quoted,
		    cases[i].value), cases[i].quoted);
}

static void
quote__into_too_little_room__never_cuts_an_escape(void **state)
{
	char quoted[16];
	size_t cap;

	(void)state;
	for (cap = 1; cap <= sizeof quoted; cap++) {
		memset(quoted, '!', sizeof quoted);
		(void)log_quote(quoted, cap, SPAN("a\n\nbbbbbbbbbbbb"));
		assert_true(strlen(quoted) < cap);
		assert_true(cap < 2 || quoted[0] == 'a');
		assert_true(strlen(quoted) != 2 && strlen(quoted) != 3);
	}
}

static void
open__with_an_unknown_facility__says_so(void **state)
{
	(void)state;
	assert_errno(log_open("x", "lpr", LOG_NOWHERE, true), EINVAL);
	assert_int_equal(log_open("x", "local7", LOG_NOWHERE, true), 0);
	assert_string_equal(log_where(), "nowhere");
	assert_int_equal(log_open("x", "local7", LOG_SYSTEM, true), 0);
	assert_string_equal(log_where(), "syslog (local7)");
	assert_string_equal(log_target_word(), "syslog");
	assert_string_equal(log_facility_word(), "local7");
	assert_int_equal(log_open("x", "mail", LOG_STDERR, true), 0);
	assert_string_equal(log_where(), "standard error");
	assert_string_equal(log_target_word(), "stderr");
	assert_int_equal(log_open("x", "mail", LOG_STDERR, false), 0);
	assert_string_equal(log_where(), "nowhere");
}

/* Standard error, for so long as the lines are not diverted. */
static void
line__to_standard_error__is_one_write(void **state)
{
	char expected[128], got[128] = "";
	int ends[2], kept = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(log_open("in.qpopper", "mail", LOG_STDERR, true), 0);
	log_divert(NULL, NULL);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_line(LOG_NOTE, "a\nline %d%%", 1);
	assert_int_equal(log_open("x", "mail", LOG_NOWHERE, true), 0);
	log_line(LOG_NOTE, "nowhere");
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	log_divert(take, NULL);
	(void)close(ends[1]);
	assert_true(read(ends[0], got, sizeof got - 1) > 0);
	(void)snprintf(expected, sizeof expected,
	    "in.qpopper[%ld]: a?line 1%%\n", (long)getpid());
	assert_string_equal(got, expected);
	assert_int_equal(read(ends[0], got, 1), 0);
	(void)close(ends[0]);
	(void)close(kept);
}

/* Every line of one connection has its id, and no value can pose as one. */
static void
session_id__stands_behind_each_line(void **state)
{
	char expected[160], got[160] = "", too_long[LOG_SESSION_MAX + 9];
	int ends[2], kept = dup(STDERR_FILENO);

	(void)state;
	assert_string_equal(log_session(), "");
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(log_open("x", "mail", LOG_STDERR, true), 0);
	log_divert(NULL, NULL);
	log_tell(LOG_OF_SESSION, SPAN("a b"));
	assert_string_equal(log_session(), "a\\x20b");
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_line(LOG_NOTE, "a line");
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	assert_true(read(ends[0], got, sizeof got - 1) > 0);
	(void)snprintf(expected, sizeof expected,
	    "x[%ld]: a line session=a\\x20b\n", (long)getpid());
	assert_string_equal(got, expected);
	memset(too_long, 'x', sizeof too_long);
	log_tell(LOG_OF_SESSION, (struct span){ too_long, sizeof too_long });
	assert_int_equal(strlen(log_session()), LOG_SESSION_MAX);
	log_tell(LOG_OF_SESSION, SPAN(""));
	assert_int_equal(log_open("x", "mail", LOG_NOWHERE, true), 0);
	log_divert(take, NULL);
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(kept);
}

static void
quote_path__keeps_the_slashes(void **state)
{
	char quoted[64];

	(void)state;
	assert_string_equal(log_quote_path(quoted, sizeof quoted,
	    SPAN("/srv/mail/a b/jane@x")), "/srv/mail/a\\x20b/jane@x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__with_control_bytes__stays_one_line),
		cmocka_unit_test(line__too_long__is_cut),
		cmocka_unit_test(
		    quote__leaves_only_what_cannot_pose_as_a_field),
		cmocka_unit_test(
		    quote__into_too_little_room__never_cuts_an_escape),
		cmocka_unit_test(open__with_an_unknown_facility__says_so),
		cmocka_unit_test(line__to_standard_error__is_one_write),
		cmocka_unit_test(session_id__stands_behind_each_line),
		cmocka_unit_test(quote_path__keeps_the_slashes),
	};

	log_divert(take, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
