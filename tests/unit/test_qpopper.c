/*
 * qpopper's command line and files, as old sites have them.
 */
#include "check/translate.h"
#include "settings/options.h"
#include "settings/qpopper.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct options o;
static char path[64];

static int
set_up(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path, "/tmp/qpopper.XXXXXX");
	fd = mkstemp(path);
	return fd == -1 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	options_free(&o);
	return unlink(path);
}

static int
parse(const char *argv0, ...)
{
	char *argv[32];
	va_list ap;
	int n = 0;

	options_free(&o);
	argv[n++] = (char *)(uintptr_t)argv0;
	va_start(ap, argv0);
	while ((argv[n] = va_arg(ap, char *)) != NULL)
		n++;
	va_end(ap);
	return options_parse(&o, n, argv);
}

static int
parse_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
	return parse("popper", "-f", path, NULL);
}

/* The translation as one string. */
static const char *
translation(void)
{
	static char text[8192];
	FILE *f = tmpfile();
	size_t n;

	assert_non_null(f);
	translate(f, &o);
	rewind(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
name__makes_the_server_qpopper(void **state)
{
	static const struct {
		const char *argv0, *ident;
		bool is;
	} cases[] = {
		{ "popper", "popper", true },
		{ "/usr/sbin/in.qpopper", "in.qpopper", true },
		{ "/usr/libexec/qpopper", "qpopper", true },
		{ "solopop", "solopop", false },
		{ "/usr/sbin/qpopperd", "solopop", false },
		{ "", "solopop", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(cases[i].argv0, NULL), 0);
		assert_int_equal(o.qpopper, cases[i].is);
		assert_string_equal(o.ident, cases[i].ident);
		assert_string_equal(o.server.pop3.drop.adopt, cases[i].is ?
		    "auto,x-uidl" : "auto");
	}
	assert_int_equal(parse("/x/solopop", "--qpopper", "-s", NULL), 0);
	assert_true(o.qpopper);
	assert_string_equal(o.ident, "solopop");
	assert_string_equal(o.server.intake.spool_dir, "/var/mail");
	assert_int_equal(o.server.min_uid, 11);
}

static void
letter__of_every_version__is_taken(void **state)
{
	static const char with[] = "bDefKLlptTy";
	static const char *const values[] = { "/b", "host", "expire=1",
	    NULL, "pop", "5000", "1", "0", "/trace", "77", "local0" };
	const char *p, *found;
	char option[4] = "-?";

	(void)state;
	for (p = &QPOPPER_LETTERS[1]; *p != '\0'; p++) {
		if (*p == ':')
			continue;
		option[1] = *p;
		found = strchr(with, *p);
		assert_int_equal(found != NULL, p[1] == ':');
		if (found == NULL)
			assert_int_equal(parse("popper", option, NULL), 0);
		else if (*p != 'f')
			assert_int_equal(parse("popper", option,
			    values[found - with], NULL), 0);
	}
	assert_int_equal(parse("popper", "-s", "-T", "77", "-cC", "-b", "/b",
	    "-y", "local3", "-S", "-F", NULL), 0);
	assert_true(o.server.statistics);
	assert_int_equal(o.server.pop3.idle_time, 77000);
	assert_true(o.server.pop3.downcase_user);
	assert_true(o.server.pop3.trim_domain);
	assert_string_equal(o.server.intake.bulletin_dir, "/b");
	assert_string_equal(o.log_facility, "local3");
	assert_int_equal(parse("popper", "-p", "4", NULL), 0);
	assert_int_equal(o.server.pop3.clear, CLEAR_TLS);
	assert_int_equal(parse("popper", "-p3", NULL), 0);
	assert_int_equal(o.server.pop3.clear, CLEAR_LOCAL);
	assert_int_equal(parse("popper", "-p5", NULL), -1);
	assert_int_equal(parse("popper", "-v", NULL), 0);
	assert_int_equal(o.mode, RUN_VERSION);
	assert_int_equal(parse("popper", "-s", "--dialect=qpopper4", NULL), 0);
	assert_int_equal(o.server.pop3.dialect, DIALECT_QPOPPER4);
}

static void
line__that_qpopper_would_refuse__is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("popper", "-Z", NULL), -1);
	assert_non_null(strstr(o.error, "unknown option -Z"));
	assert_int_equal(parse("popper", "-T", NULL), -1);
	assert_non_null(strstr(o.error, "needs an argument"));
	assert_int_equal(parse("popper", "-l", "3", NULL), -1);
	assert_non_null(strstr(o.error, "no such choice"));
	assert_int_equal(parse("popper", "192.0.2.1:110", "-s", NULL), -1);
	assert_non_null(strstr(o.error, "no address of its own"));
}

static void
option__of_the_whole_table__is_taken(void **state)
{
	static const char text[] =
	    "set announce-expire = 1\nset announce-login-delay = 2\n"
	    "set auth-file = /a\nset auto-delete = true\nset bulldb-max-tries "
	    "= 3\nset bulldb-nonfatal\nset bulldir = /b\nset cache-dir = /c\n"
	    "set cache-name = \"%s\"\nset check-hash-dir = false\n"
	    "reset check-old-spool-loc\nset check-password-expired = 1\n"
	    "set chunky-writes = TLS\nset debug\n"
	    "set downcase-user = TRUE\nset drac-host = h\nset fast-update\n"
	    "set group-bulletins\nset group-server-mode = g\n"
	    "set group-no-server-mode = n\nset hash-spool = 1\n"
	    "set home-dir-mail = mbox\nset keep-temp-drop\nset kerberos = 0\n"
	    "set kerberos-service = pop\nset log-facility = local7\n"
	    "set log-login = 'in: %1'\nset mail-command = /m\n"
	    "set mail-lock-check = 5\nset max-bulletins = 7\n"
	    "set no-atomic-open\nset nonauth-file = `/n`\nset old-style-uid\n"
	    "set reverse-lookup = true\nset server-mode\nset shy\n"
	    "set spool-dir = /s\nset spool-options\nset user-options\n"
	    "reset statistics\nset temp-dir = /t\nset temp-name = '.%s.x'\n"
	    "set timeout = 99\nset timing\nset tls-support = STLS\n"
	    "set tls-version = all\nset tls-cipher-list = x\n"
	    "set tls-passphrase = x\nset tls-options = 0\n"
	    "set tls-workarounds\nset tracefile = /t\nset trim-domain\n"
	    "set update-on-abort = true\nset update-status-headers = false\n"
	    "set UW-kludge\nset uw-KLUGE = false\n";

	(void)state;
	assert_int_equal(parse_file(text), 0);
	assert_string_equal(o.server.access.auth_file, "/a");
	assert_string_equal(o.server.access.nonauth_file, "/n");
	assert_string_equal(o.server.log_login, "in: %1");
	assert_true(o.server.pop3.update_on_abort);
	assert_false(o.server.statistics);
	assert_int_equal(o.server.intake.hash_spool, 1);
	assert_non_null(strstr(translation(), "set timeout = \"99\"\n"));
	assert_non_null(strstr(translation(), "# server-mode = true: no effect;"
	    " a Maildir is never copied"));
	assert_non_null(strstr(translation(), "# tracefile = /t: not done; "));
}

static void
option__with_a_wrong_value__is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "set server-mode = maybe\n", "expected true or false" },
		{ "set cache-dir\n", "expected a value" },
		{ "reset cache-dir\n", "expected a value" },
		{ "set tls-support = SSL\n", "no such choice" },
		{ "set server-mode = true", NULL },
		{ "set no-such-thing = 1\n", "no such setting" },
		{ "set -V\n", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse_file(cases[i].text),
		    cases[i].error != NULL ? -1 : 0);
		if (cases[i].error != NULL)
			assert_non_null(strstr(o.error, cases[i].error));
	}
}

/* --- The log ------------------------------------------------------------------ */

static char lines[8][LOG_LINE_MAX + 1];
static size_t line_count;

static void
take_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	if (line_count < COUNT(lines))
		(void)span_copy(lines[line_count++], sizeof lines[0],
		    span_of(line));
}

static void
log__has_one_line_for_all_without_effect(void **state)
{
	(void)state;
	log_divert(take_line, NULL);
	line_count = 0;
	assert_int_equal(parse("popper", "-s", "-S", "-F", "-R", NULL), 0);
	options_log(&o);
	assert_int_equal(line_count, 1);
	assert_string_equal(lines[0], "options without effect: server-mode "
	    "fast-update reverse-lookup");
	line_count = 0;
	assert_int_equal(parse("popper", "-u", "-t", "/x", NULL), 0);
	options_log(&o);
	assert_int_equal(line_count, 2);
	assert_non_null(strstr(lines[0], "option user-options is not done: "));
	assert_non_null(strstr(lines[1], "option tracefile is not done: "));
	line_count = 0;
	assert_int_equal(parse("popper", "-s", "-T60", NULL), 0);
	options_log(&o);
	assert_int_equal(line_count, 0);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(name__makes_the_server_qpopper),
		FILE_TEST(letter__of_every_version__is_taken),
		FILE_TEST(line__that_qpopper_would_refuse__is_refused),
		FILE_TEST(option__of_the_whole_table__is_taken),
		FILE_TEST(option__with_a_wrong_value__is_refused),
		FILE_TEST(log__has_one_line_for_all_without_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
