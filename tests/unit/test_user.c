#include "process/user.h"
#include "unit.h"

#include <errno.h>

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
maildir__of_name_domain_and_folder(void **state)
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
folder__is_what_stands_behind_plus(void **state)
{
	static const struct {
		const char *name, *before, *path;	/* NULL: EINVAL */
	} rows[] = {
		{ "jane", "jane", "/m" },
		{ "jane+Lists", "jane", "/m/.Lists" },
		{ "jane+a.b.c", "jane", "/m/.a.b.c" },
		{ "jane+a+b", "jane", "/m/.a+b" },
		{ "jane+", NULL, NULL }, { "jane+.a", NULL, NULL },
		{ "jane+a.", NULL, NULL }, { "jane+a..b", NULL, NULL },
		{ "jane+a/b", NULL, NULL }, { "jane+..", NULL, NULL },
	};
	char path[PATH_MAX];
	struct user user;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		user = jane;
		(void)strcpy(user.name, rows[i].name);
		if (rows[i].path == NULL) {
			assert_errno(user_split_folder(&user), EINVAL);
			continue;
		}
		assert_int_equal(user_split_folder(&user), 0);
		assert_string_equal(user.name, rows[i].before);
		assert_int_equal(user_maildir(path, "/m", &user), 0);
		assert_string_equal(path, rows[i].path);
	}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maildir__of_each_pattern),
		cmocka_unit_test(maildir__of_a_name_that_climbs__is_refused),
		cmocka_unit_test(maildir__of_name_domain_and_folder),
		cmocka_unit_test(folder__is_what_stands_behind_plus),
		cmocka_unit_test(spool__of_each_hash),
		cmocka_unit_test(maildir__too_long__is_refused),
		cmocka_unit_test(find__of_nobody__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
