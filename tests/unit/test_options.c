/*
 * The table of settings, from the command line and from files.
 */
#include "options.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/solopop-options.XXXXXX";
static struct options o;

static int
parse(const char *a, const char *b, const char *c)
{
	const char *argv[] = { "solopop", a, b, c, NULL };
	int argc = c != NULL ? 4 : b != NULL ? 3 : a != NULL ? 2 : 1;

	options_free(&o);
	return options_parse(&o, argc, (char **)(uintptr_t)argv);
}

static void
assert_refused(const char *a, const char *error)
{
	assert_int_equal(parse(a, NULL, NULL), -1);
	assert_non_null(strstr(o.error, error));
}

static void
parse__of_nothing__gives_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL, NULL, NULL), 0);
	assert_int_equal(o.mode, RUN_SESSION);
	assert_int_equal(o.server.pop3.idle_time, 600000);
	assert_int_equal(o.server.pop3.login_time, 180000);
	assert_int_equal(o.server.pop3.yield_time, 30000);
	assert_int_equal(o.server.pop3.max_bad, 10);
	assert_true(o.server.pop3.drop.lock);
	assert_true(o.server.pop3.drop.index);
	assert_false(o.server.pop3.update_on_abort);
	assert_int_equal(o.server.max_failures, 5);
	assert_int_equal(o.server.failure_delay, 3000);
	assert_int_equal(o.server.min_uid, 100);
	assert_string_equal(o.server.pam_service, "pop3");
	assert_null(o.server.maildir);
	assert_false(o.server.no_auth);
}

static void
parse__of_each_kind(void **state)
{
	(void)state;
	assert_int_equal(parse("-T30", "--shy", "Mail"), 0);
	assert_int_equal(o.server.pop3.idle_time, 30000);
	assert_true(o.server.pop3.shy);
	assert_string_equal(o.server.maildir, "Mail");
	assert_true(o.server.maildir_is_path);
	assert_int_equal(parse("--lock=none", "--statistics=off",
	    "--dialect=qpopper4"), 0);
	assert_false(o.server.pop3.drop.lock);
	assert_false(o.server.statistics);
	assert_int_equal(o.server.pop3.dialect, DIALECT_QPOPPER4);
	assert_int_equal(parse("--maildir=/srv/%u", "--min-uid=1000",
	    "--log=none"), 0);
	assert_string_equal(o.server.maildir, "/srv/%u");
	assert_false(o.server.maildir_is_path);
	assert_int_equal(o.server.min_uid, 1000);
	assert_int_equal(o.log, LOG_NOWHERE);
	assert_int_equal(parse("--check", "--no-auth", NULL), 0);
	assert_int_equal(o.mode, RUN_CHECK);
	assert_true(o.server.no_auth);
}

static void
parse__of_what_is_wrong__says_so(void **state)
{
	(void)state;
	assert_refused("--bogus", "unknown option --bogus");
	assert_refused("-Z", "unknown option");
	assert_refused("--timeout", "needs an argument");
	assert_refused("--timeout=0", "timeout: expected a number from 1");
	assert_refused("--timeout=86401", "timeout: expected");
	assert_refused("--timeout=1x", "timeout: expected");
	assert_refused("--timeout=-1", "timeout: expected");
	assert_refused("--timeout=99999999999999999999", "timeout: expected");
	assert_refused("--min-uid=0", "min-uid: expected");
	assert_refused("--min-uid=4294967295", "min-uid: expected");
	assert_refused("--shy=maybe", "shy: expected true or false");
	assert_refused("--lock=flock", "lock: no such choice");
	assert_refused("--log-facility=lpr", "log-facility: no such choice");
	assert_int_equal(parse("a", "b", NULL), -1);
	assert_non_null(strstr(o.error, "more than one Maildir"));
}

static void
hostname__holds_nothing_that_could_pose_as_a_stamp(void **state)
{
	(void)state;
	assert_int_equal(parse("--hostname=a b<c>@d\n", NULL, NULL), 0);
	assert_string_equal(o.server.pop3.host, "a-b-c--d-");
	assert_int_equal(parse("--hostname=", NULL, NULL), 0);
	assert_string_equal(o.server.pop3.host, "localhost");
}

static int
parse_file(const char *text, const char *more)
{
	FILE *f = fopen(path, "w");
	char option[64];

	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(option, sizeof option, "--config-file=%s", path);
	return parse(option, more, NULL);
}

static void
file__is_read_first__and_the_command_line_wins(void **state)
{
	(void)state;
	assert_int_equal(parse_file("set timeout = 77\nset maildir = '/a b'\n"
	    "set shy\nreset log-login\nset lock = none\n", "-T88"), 0);
	assert_int_equal(o.server.pop3.idle_time, 88000);
	assert_string_equal(o.server.maildir, "/a b");
	assert_true(o.server.pop3.shy);
	assert_false(o.server.log_login);
	assert_false(o.server.pop3.drop.lock);
	assert_true(o.config_read);
}

static void
file__with_what_it_may_not_say__is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "set bogus = 1\n", "bogus: no such setting" },
		{ "set no-auth\n", "no-auth: only on the command line" },
		{ "set check\n", "check: only on the command line" },
		{ "set Mail: = x\n", "no such setting" },
		{ "set timeout\n", "timeout: expected a value" },
		{ "reset timeout\n", "timeout: expected a value" },
		{ "set timeout = x\n", "timeout: expected a number" },
		{ "set lock = x\n", "lock: no such choice" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse_file(cases[i].text, NULL), -1);
		assert_non_null(strstr(o.error, cases[i].error));
		assert_non_null(strstr(o.error, ":1: "));
	}
}

static void
file__that_is_not_there__is_an_error_when_named(void **state)
{
	(void)state;
	assert_int_equal(parse("--config-file=/nonexistent", NULL, NULL), -1);
	assert_non_null(strstr(o.error, "/nonexistent"));
}

static int
make_file(void **state)
{
	int fd;

	(void)state;
	return (fd = mkstemp(path)) == -1 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	options_free(&o);
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__of_nothing__gives_the_defaults),
		cmocka_unit_test(parse__of_each_kind),
		cmocka_unit_test(parse__of_what_is_wrong__says_so),
		cmocka_unit_test(
		    hostname__holds_nothing_that_could_pose_as_a_stamp),
		cmocka_unit_test(
		    file__is_read_first__and_the_command_line_wins),
		cmocka_unit_test(file__with_what_it_may_not_say__is_refused),
		cmocka_unit_test(
		    file__that_is_not_there__is_an_error_when_named),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
