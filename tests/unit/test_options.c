/*
 * The table of settings, from the command line and from files.
 */
#include "check/help.h"
#include "settings/options.h"
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
	assert_string_equal(o.server.pam_service,
	    WITH_PAM ? "pop3" : "none");
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
	assert_int_equal(o.server.no_pam, !WITH_PAM);
	assert_int_equal(parse("--pam-service=none", NULL, NULL), 0);
	assert_true(o.server.no_pam);
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
	assert_refused("--lock=flock", "lock: no such choice; expected fcntl "
	    "or none");
	assert_refused("--auth-mechanisms=PLAIN DIGEST-MD5",
	    "auth-mechanisms: DIGEST-MD5 is none of APOP, SCRAM-SHA-256");
	assert_refused("--auth-mechanisms= ,", "auth-mechanisms: expected a name");
	assert_refused("--adopt-uidls=dovecot:%q",
	    "adopt-uidls: no such format: dovecot:%q");
	assert_refused("--adopt-uidls=dovecot:same", "adopt-uidls: no such format");
	assert_refused("--adopt-uidls=ids-file:../x",
	    "adopt-uidls: not the name of a file in the Maildir");
	assert_refused("--adopt-uidls=ids-file", "adopt-uidls: not the name");
	assert_refused("--adopt-uidls=name:x",
	    "adopt-uidls: takes nothing behind a colon");
	assert_refused("--adopt-uidls=", "adopt-uidls: expected none or sources");
	assert_refused("--adopt-uidls=uidl", "adopt-uidls: no such source: uidl");
	assert_refused("--proxy-from=", "proxy-from: expected networks");
	assert_refused("--proxy-from=10.1.2.3/8",
	    "proxy-from: \"10.1.2.3/8\" has bits set behind its length");
	assert_refused("--proxy-from=::1,pop.example.org",
	    "proxy-from: \"pop.example.org\" is no IP address");
	assert_refused("--clear-text-password=5", "no such choice");
	assert_refused("--folder-delimiter=", "expected one of + -");
	assert_refused("--folder-delimiter=++", "expected one of + -");
	assert_refused("--folder-delimiter=/", "expected one of + -");
	assert_refused("--folder-delimiter=.", "expected one of + -");
	assert_refused("--folder-delimiter=@", "expected one of + -");
	assert_refused("--folder-delimiter=x", "expected one of + -");
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

static void
check_shell__of_virtual_users__is_of_no_account(void **state)
{
	(void)state;
	assert_int_equal(parse("--check-shell", NULL, NULL), 0);
	assert_true(o.server.access.check_shell);
	assert_int_equal(parse("--check-shell", "--virtual-user=vmail",
	    "--maildir=/srv/%u"), 0);
	assert_false(o.server.access.check_shell);
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

/* Every row that holds a value, said on the command line and in a file. */
static const struct {
	const char *name, *value;
	const void *at;
	size_t size;			/* of the number; 0: a string */
	int64_t expected;
} values[] = {
#define NUMBER(name, value, field, expected) \
	{ name, value, &o.field, sizeof o.field, expected }
#define TEXT(name, value, field) { name, value, &o.field, 0, 0 }
	TEXT("maildir", "/m", server.maildir),
	TEXT("mail-marker", "/srv/mail/.mounted", server.mail_marker),
	TEXT("virtual-user", "vmail", server.virtual_user),
	TEXT("virtual-domain", "example.org", server.virtual_domain),
	TEXT("folder-delimiter", "+", server.folder_delimiter),
	NUMBER("lock", "none", server.pop3.drop.lock, false),
	NUMBER("storage-timeout", "30", server.storage_time, 30000),
	NUMBER("lock-wait", "300", server.pop3.drop.lock_wait, 300000),
	NUMBER("yield-after", "86400", server.pop3.yield_time, 86400000),
	NUMBER("index", "sizes", server.pop3.drop.index, INDEX_SIZES),
	NUMBER("clock-skew", "3600", server.pop3.drop.clock_skew, 3600),
	TEXT("adopt-uidls", "dovecot:%Mf,x-uidl", server.pop3.drop.adopt),
	NUMBER("update-on-abort", "YES", server.pop3.update_on_abort, true),
	TEXT("spool-dir", "/var/mail", server.intake.spool_dir),
	NUMBER("hash-spool", "2", server.intake.hash_spool, 2),
	TEXT("home-dir-mail", "mbox", server.intake.home_mail),
	TEXT("temp-dir", "/t", server.intake.temp_dir),
	TEXT("temp-name", ".%s.t", server.intake.temp_name),
	NUMBER("old-style-uid", "off", server.intake.old_uids, false),
	TEXT("bulldir", "/b", server.intake.bulletin_dir),
	TEXT("import-program", "/i", server.intake.program),
	NUMBER("max-bulletins", "0", server.intake.max_bulletins, 0),
	NUMBER("group-bulletins", "on", server.intake.group_bulletins, true),
	TEXT("auth-file", "/a", server.access.auth_file),
	TEXT("auth-mechanisms", "apop, PLAIN\tlogin", server.pop3.mechanisms),
	TEXT("nonauth-file", "/n", server.access.nonauth_file),
	NUMBER("check-shell", "on", server.access.check_shell, true),
	NUMBER("downcase-user", "on", server.pop3.downcase_user, true),
	NUMBER("trim-domain", "on", server.pop3.trim_domain, true),
	TEXT("pam-service", "qpopper", server.pam_service),
	TEXT("secrets-file", "/s", server.secrets),
	NUMBER("min-uid", "4294967294", server.min_uid, 4294967294),
	NUMBER("clear-text-password", "TLS", server.pop3.clear, CLEAR_TLS),
	TEXT("plaintext-from", "192.0.2.0/24", server.pop3.plaintext_from),
	NUMBER("max-failures", "1000", server.max_failures, 1000),
	NUMBER("failure-delay", "0", server.failure_delay, 0),
	NUMBER("login-delay", "86400", server.pop3.pace.delay, 86400),
	NUMBER("login-burst", "5", server.pop3.pace.burst, 5),
	TEXT("front-user", "pop", server.front_user),
	TEXT("empty-dir", "/e", server.empty_dir),
	NUMBER("session-memory", "77", server.session_memory, 77),
	NUMBER("tls", "on", server.tls.first, true),
	TEXT("tls-cert", "/c", server.tls.cert),
	TEXT("tls-key", "/k", server.tls.key),
	TEXT("tls-sni-dir", "/d", server.tls.sni_dir),
	TEXT("tls-ticket-file", "/t", server.tls.ticket_file),
	TEXT("tls-user", "tls", server.tls.user),
	NUMBER("tls-handshake-timeout", "5", server.tls.handshake_time, 5000),
	TEXT("tls-program", "/p", server.tls.program),
	TEXT("proxy-from", "10.0.0.0/8, ::1", server.proxy_from),
	TEXT("xclient-from", "::/0", server.pop3.xclient_from),
	NUMBER("proxy-timeout", "3", server.proxy_time, 3000),
	NUMBER("timeout", "0001", server.pop3.idle_time, 1000),
	NUMBER("login-timeout", "3600", server.pop3.login_time, 3600000),
	NUMBER("max-bad-commands", "1", server.pop3.max_bad, 1),
	NUMBER("lang", "fr", server.pop3.language, LANGUAGE_FR),
	NUMBER("dialect", "qpopper4", server.pop3.dialect, DIALECT_QPOPPER4),
	TEXT("hostname", "h", server.pop3.host),
	NUMBER("shy", "1", server.pop3.shy, true),
	NUMBER("show-version", "on", server.pop3.show_version, true),
	NUMBER("announce-utf8", "on", server.pop3.announce_utf8, true),
	NUMBER("read-only", "on", server.pop3.drop.read_only, true),
	NUMBER("fixture-slow", "20", server.pop3.fixture.slow, 20),
	NUMBER("fixture-cut", "1000", server.pop3.fixture.cut_after, 1000),
	TEXT("fixture-refuse", "retr", server.pop3.fixture.refuse),
	NUMBER("log", "stderr", log, LOG_STDERR),
	TEXT("log-facility", "local3", log_facility),
	TEXT("log-login", "%1 is in", server.log_login),
	NUMBER("statistics", "no", server.statistics, false),
};

static int64_t
number_at(size_t i)
{
	uint8_t n1;
	uint32_t n4;
	int64_t n8;

	switch (values[i].size) {
	case sizeof n1:
		memcpy(&n1, values[i].at, sizeof n1);
		return n1;
	case sizeof n4:
		memcpy(&n4, values[i].at, sizeof n4);
		return n4;
	default:
		assert_int_equal(values[i].size, sizeof n8);
		memcpy(&n8, values[i].at, sizeof n8);
		return n8;
	}
}

static void
assert_value(size_t i)
{
	const char *text;

	if (values[i].size > 0) {
		assert_int_equal(number_at(i), values[i].expected);
		return;
	}
	memcpy(&text, values[i].at, sizeof text);
	assert_string_equal(text, values[i].value);
}

static void
row__of_each_setting__is_taken_from_either(void **state)
{
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		(void)snprintf(text, sizeof text, "--%s=%s", values[i].name,
		    values[i].value);
		assert_int_equal(parse(text, NULL, NULL), 0);
		assert_value(i);
		(void)snprintf(text, sizeof text, "set %s = '%s'\n",
		    values[i].name, values[i].value);
		assert_int_equal(parse_file(text, NULL), 0);
		assert_value(i);
	}
}

/* What --help tells is what there is, and the table above is all of it. */
static void
row__of_each_setting__is_in_the_help_and_in_this_test(void **state)
{
	char help[16384] = "", option[64];
	const char *p;
	size_t i, n = 0;
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	help_print(f);
	rewind(f);
	assert_true(fread(help, 1, sizeof help - 1, f) > 1000);
	(void)fclose(f);
	for (i = 0; i < COUNT(values); i++) {
		(void)snprintf(option, sizeof option, "--%s", values[i].name);
		assert_non_null(strstr(help, option));
	}
	for (p = help; (p = strstr(p, "\n  ")) != NULL; p++)
		n += strncmp(p + 3, "    --", 6) == 0 ||
		    (p[3] == '-' && p[5] == ',');
	/* no-auth, no-sandbox, config-file, qpopper, fixture, check, demo,
	 * help and version are none */
	assert_int_equal(n, COUNT(values) + 9);
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
	assert_null(o.server.log_login);
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
		{ "set no-sandbox\n", "no-sandbox: only on the command line" },
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
		cmocka_unit_test(
		    check_shell__of_virtual_users__is_of_no_account),
		cmocka_unit_test(parse__of_nothing__gives_the_defaults),
		cmocka_unit_test(parse__of_each_kind),
		cmocka_unit_test(parse__of_what_is_wrong__says_so),
		cmocka_unit_test(
		    hostname__holds_nothing_that_could_pose_as_a_stamp),
		cmocka_unit_test(row__of_each_setting__is_taken_from_either),
		cmocka_unit_test(
		    row__of_each_setting__is_in_the_help_and_in_this_test),
		cmocka_unit_test(
		    file__is_read_first__and_the_command_line_wins),
		cmocka_unit_test(file__with_what_it_may_not_say__is_refused),
		cmocka_unit_test(
		    file__that_is_not_there__is_an_error_when_named),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
