#include "users/user.h"
#include "unit.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

/* In place of the system's: an entry of our own for one name. */
static char odd_name[] = "odd";
static struct passwd odd = { .pw_name = odd_name, .pw_uid = 4711 };

struct passwd *
getpwnam(const char *name)
{
	struct passwd *pw;

	if (strcmp(name, odd_name) == 0)
		return &odd;
	setpwent();
	while ((pw = getpwent()) != NULL && strcmp(pw->pw_name, name) != 0)
		continue;
	endpwent();
	return pw;
}

static const struct user jane = { .name = "jane", .home = "/home/jane" };

static const struct {
	const char *pattern;
	const char *path;		/* NULL: EINVAL */
} cases[] = {
	{ NULL, "/home/jane/Maildir" },
	{ "~/Maildir", "/home/jane/Maildir" },
	{ "~", "/home/jane" },
	{ "%h/mail", "/home/jane/mail" },
	{ "/srv/mail/%u", "/srv/mail/jane" },
	{ "/srv/%u/%u%%", "/srv/jane/jane%" },
	{ "/srv/~/x", "/srv/~/x" },
	{ "~other/Maildir", "~other/Maildir" },
	{ "", "" },
	{ "/srv/%x", NULL },
	{ "/srv/%n", "/srv/jane" },
	{ "/srv/%d/%n", NULL },
	{ "/srv/%", NULL },
};

static void
maildir__of_each_pattern(void **state)
{
	char path[PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (cases[i].path == NULL) {
			assert_errno(user_maildir(path, cases[i].pattern,
			    &jane), EINVAL);
			continue;
		}
		assert_int_equal(user_maildir(path, cases[i].pattern,
		    &jane), 0);
		assert_string_equal(path, cases[i].path);
	}
}

static void
maildir__of_a_name_that_climbs__is_refused(void **state)
{
	static const char *const names[] = { "..", ".", "a/b", "../x", ".ssh" };
	struct user user = jane;
	char path[PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		(void)span_copy(user.name, sizeof user.name, span_of(names[i]));
		assert_errno(user_maildir(path, "/srv/%u", &user), EINVAL);
		assert_int_equal(user_maildir(path, "%h", &user), 0);
	}
}

static void
maildir__of_name_and_domain(void **state)
{
	static const struct {
		const char *name;
		const char *path;	/* NULL: EINVAL */
	} rows[] = {
		{ "jane@example.org", "/srv/example.org/jane" },
		{ "jane@example.org@x", "/srv/example.org@x/jane" },
		{ "jane@", NULL }, { "@example.org", NULL }, { "jane", NULL },
		{ "../x@example.org", NULL }, { "jane@../x", NULL },
		{ "jane@.", NULL }, { ".@x", NULL },
	};
	struct user user = jane;
	char path[PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)strcpy(user.name, rows[i].name);
		if (rows[i].path == NULL) {
			assert_errno(user_maildir(path, "/srv/%d/%n", &user),
			    EINVAL);
			continue;
		}
		assert_int_equal(user_maildir(path, "/srv/%d/%n", &user), 0);
		assert_string_equal(path, rows[i].path);
	}
}

static void
folder__stands_between_the_delimiter_and_the_domain(void **state)
{
	static const struct {
		const char *name, *before, *path;	/* NULL: EINVAL */
	} rows[] = {
		{ "jane", "jane", "/m" },
		{ "jane+Lists", "jane", "/m/.Lists" },
		{ "jane+a.b.c", "jane", "/m/.a.b.c" },
		{ "jane+a+b", "jane", "/m/.a+b" },
		{ "jane+a@example.org", "jane@example.org", "/m/.a" },
		{ "jane@example.org", "jane@example.org", "/m" },
		{ "jane@example.org+a", "jane@example.org+a", "/m" },
		{ "+a", "", "/m/.a" },
		{ "jane+", NULL, NULL }, { "jane+@x", NULL, NULL },
		{ "jane+.a", NULL, NULL }, { "jane+.", NULL, NULL },
		{ "jane+a.", NULL, NULL }, { "jane+a..b", NULL, NULL },
		{ "jane+a/b", NULL, NULL }, { "jane+..", NULL, NULL },
		{ "jane+../cur@x", NULL, NULL }, { "jane+a.@x", NULL, NULL },
		{ "jane+/etc", NULL, NULL }, { "jane+a./b", NULL, NULL },
	};
	char path[PATH_MAX], name[USER_NAME_MAX + 1], folder[USER_NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)strcpy(name, rows[i].name);
		if (rows[i].path == NULL) {
			assert_errno(user_split_folder(name, folder, '+'),
			    EINVAL);
			continue;
		}
		assert_int_equal(user_split_folder(name, folder, '+'), 0);
		assert_string_equal(name, rows[i].before);
		(void)strcpy(path, "/m");
		assert_int_equal(user_enter_folder(path, folder), 0);
		assert_string_equal(path, rows[i].path);
	}
	memset(path, 'x', sizeof path);
	path[PATH_MAX - 2] = '\0';
	assert_int_equal(user_enter_folder(path, ""), 0);
	assert_errno(user_enter_folder(path, "a"), ENAMETOOLONG);
}

static void
virtual_name__has_one_form(void **state)
{
	static const struct {
		const char *said, *domain, *name;
	} rows[] = {
		{ "jane@example.org", NULL, "jane@example.org" },
		{ "Jane@Example.ORG", NULL, "jane@example.org" },
		{ "jane", NULL, "jane" },
		{ "JANE", "Example.org", "jane@example.org" },
		{ "jane@x", "example.org", "jane@x" },
		{ "o'brien-1_a+b=c&d~.x@a-b.c", NULL,
		    "o'brien-1_a+b=c&d~.x@a-b.c" },
		{ "j\xc3\xa4ne@\xc3\xa4.org", NULL, "j\xc3\xa4ne@\xc3\xa4.org" },
	};
	char name[USER_NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)strcpy(name, rows[i].said);
		assert_int_equal(user_virtual_name(name, rows[i].domain), 0);
		assert_string_equal(name, rows[i].name);
	}
}

static void
virtual_name__that_could_be_another_path__is_refused(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/", "/etc",
		"../x", ".a", "a.", "a..b", "-a", "@", "a@", "@b", "a@b@c",
		"a@.", "a@..", "a@../b", "a@b/c", "a@.b", "a@b.", "a@b..c",
		"a@-b", "a b", "a\tb", "a\nb", "a\x7f", "a:b", "a%u", "a%",
		"a*", "a?", "a\"", "a\\b", "a$b", "a`b", "a|b", "a;b", "a,b",
		"a<b", "a>b", "a(b", "a#b", "a!b", "a@b_c", "a@b+c", "~a/",
		"a\xff", "a\xc0\xaf", "a\xc0\xae\xc0\xae", "a@\xed\xa0\x80",
		"\xe2\x80", "a@b\xe4" };
	struct user user;
	char name[USER_NAME_MAX + 1], self[16];
	size_t i;

	(void)state;
	(void)snprintf(self, sizeof self, "%ju", (uintmax_t)geteuid());
	for (i = 0; i < COUNT(names); i++) {
		(void)strcpy(name, names[i]);
		assert_errno(user_virtual_name(name, NULL), EINVAL);
		assert_errno(user_find_virtual(&user, self, names[i]), EINVAL);
	}
	(void)strcpy(name, "jane");
	assert_errno(user_virtual_name(name, "a..b"), EINVAL);
	(void)strcpy(name, "jane");
	assert_errno(user_virtual_name(name, ""), EINVAL);
}

static void
virtual_name__with_its_domain__is_no_longer_than_any_other(void **state)
{
	char name[USER_NAME_MAX + 1], domain[USER_NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 1; i < USER_NAME_MAX; i++) {
		memset(name, 'a', sizeof name);
		name[i] = '\0';
		memset(domain, 'b', sizeof domain);
		domain[USER_NAME_MAX - 1 - i] = '\0';
		if (domain[0] != '\0')
			assert_int_equal(user_virtual_name(name, domain), 0);
		domain[0] = 'b';
		domain[USER_NAME_MAX - 1 - i] = 'b';
		domain[USER_NAME_MAX - i] = '\0';
		name[i] = '\0';
		assert_errno(user_virtual_name(name, domain), EMSGSIZE);
	}
}

static void
find_virtual__is_the_account_under_another_name(void **state)
{
	struct user user, account;
	char number[16];

	(void)state;
	assert_int_equal(user_find(&account, "daemon"), 0);
	assert_int_equal(user_find_virtual(&user, "daemon", "jane@x"), 0);
	assert_string_equal(user.name, "jane@x");
	assert_string_equal(user.account, "daemon");
	assert_string_equal(user.home, account.home);
	assert_int_equal(user.uid, account.uid);
	assert_int_equal(user.gid, account.gid);
	(void)snprintf(number, sizeof number, "%ju", (uintmax_t)account.uid);
	assert_int_equal(user_find_virtual(&user, number, "jane@x"), 0);
	assert_string_equal(user.account, "daemon");
	assert_errno(user_find_virtual(&user, "no such user", "jane"), ENOENT);
	assert_errno(user_find_virtual(&user, "4294900123", "jane"), ENOENT);
}

static void
spool__of_each_hash(void **state)
{
	static const struct {
		const char *directory, *name;
		uint32_t hash;
		const char *path;
	} rows[] = {
		{ "/var/mail", "jane", 0, "/var/mail/jane" },
		/* 'j' + 'a' + 'n' + 'e' = 414 = 15 * 26 + 24 */
		{ "/var/mail", "jane", 1, "/var/mail/y/jane" },
		{ "/var/mail", "janet-who-is-long", 1,
		    "/var/mail/k/janet-who-is-long" },
		{ "/var/mail", "jane", 2, "/var/mail/j/a/jane" },
		{ "/var/mail", "j", 2, "/var/mail/j/j/j" },
		{ "/home/jane", "mbox", 0, "/home/jane/mbox" },
	};
	char path[PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(user_spool(path, rows[i].directory,
		    rows[i].hash, rows[i].name), 0);
		assert_string_equal(path, rows[i].path);
	}
	assert_errno(user_spool(path, "/m", 0, "a/b"), EINVAL);
	assert_errno(user_spool(path, "/m", 0, ".."), EINVAL);
	assert_errno(user_spool(path, "/m", 0, ""), EINVAL);
}

static void
maildir__too_long__is_refused(void **state)
{
	char path[PATH_MAX], pattern[2 * PATH_MAX];

	(void)state;
	memset(pattern, 'x', sizeof pattern);
	pattern[sizeof pattern - 1] = '\0';
	assert_errno(user_maildir(path, pattern, &jane), ENAMETOOLONG);
	pattern[PATH_MAX - 1] = '\0';
	assert_int_equal(user_maildir(path, pattern, &jane), 0);
	pattern[PATH_MAX - 1] = 'x';
	pattern[PATH_MAX] = '\0';
	assert_errno(user_maildir(path, pattern, &jane), ENAMETOOLONG);
}

static void
find__of_nobody__fails(void **state)
{
	struct user user;

	(void)state;
	assert_errno(user_find(&user, "no such user"), ENOENT);
	assert_errno(user_find(&user, ""), ENOENT);
	assert_int_equal(user_find(&user, "root"), 0);
	assert_int_equal(user.uid, 0);
}

/* A home that depends on where a process happens to be is none. */
static void
find__home_that_is_no_path__is_none(void **state)
{
	static const char *const homes[] = { "mail/odd", "", "~odd", "./x" };
	struct user user;
	char path[PATH_MAX], home[16];
	size_t i;

	(void)state;
	odd.pw_dir = home;
	for (i = 0; i < COUNT(homes); i++) {
		(void)snprintf(home, sizeof home, "%s", homes[i]);
		assert_int_equal(user_find(&user, "odd"), 0);
		assert_string_equal(user.home, "");
		assert_errno(user_maildir(path, NULL, &user), ENOENT);
	}
	(void)snprintf(home, sizeof home, "/home/odd");
	assert_int_equal(user_find(&user, "odd"), 0);
	assert_string_equal(user.home, home);
	odd.pw_dir = NULL;
	assert_int_equal(user_find(&user, "odd"), 0);
	assert_string_equal(user.home, "");
	assert_string_equal(user.shell, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maildir__of_each_pattern),
		cmocka_unit_test(maildir__of_a_name_that_climbs__is_refused),
		cmocka_unit_test(maildir__of_name_and_domain),
		cmocka_unit_test(
		    folder__stands_between_the_delimiter_and_the_domain),
		cmocka_unit_test(virtual_name__has_one_form),
		cmocka_unit_test(
		    virtual_name__that_could_be_another_path__is_refused),
		cmocka_unit_test(
		    virtual_name__with_its_domain__is_no_longer_than_any_other),
		cmocka_unit_test(
		    find_virtual__is_the_account_under_another_name),
		cmocka_unit_test(spool__of_each_hash),
		cmocka_unit_test(maildir__too_long__is_refused),
		cmocka_unit_test(find__of_nobody__fails),
		cmocka_unit_test(find__home_that_is_no_path__is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
