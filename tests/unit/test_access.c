#include "users/access.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static struct user jane = { .name = "jane", .shell = "/bin/sh" };

static int
set_up(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path, "/tmp/access.XXXXXX");
	fd = mkstemp(path);
	return fd == -1 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void
name__is_a_line_of_its_own(void **state)
{
	static const struct {
		const char *text;
		int listed;
	} cases[] = {
		{ "", 0 }, { "jane\n", 1 }, { "jane", 1 }, { "root\njane\n", 1 },
		{ "jane\r\nroot\r\n", 1 }, { "Jane\n", 0 }, { "janet\n", 0 },
		{ " jane\n", 0 }, { "jane \n", 0 }, { "#jane\n", 0 },
		{ "x\n\n\njane\nx", 1 },
	};
	char longer[1200];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		put(cases[i].text);
		assert_int_equal(access_lists(path, "jane"), cases[i].listed);
	}
	/* The end of a line that is too long is no line. */
	for (i = 500; i < 1100; i++) {
		memset(longer, 'x', i);
		(void)strcpy(longer + i, "jane\n");
		put(longer);
		assert_int_equal(access_lists(path, "jane"), 0);
	}
	assert_errno(access_lists("/nowhere/at/all", "jane"), ENOENT);
}

static void
refusal__by_list_and_shell(void **state)
{
	struct access_conf conf = { .nonauth_file = path };
	bool trouble;

	(void)state;
	put("root\n");
	assert_null(access_refusal(&conf, &jane, &trouble));
	put("jane\n");
	assert_string_equal(access_refusal(&conf, &jane, &trouble), path);
	assert_false(trouble);
	conf = (struct access_conf){ .auth_file = path };
	assert_null(access_refusal(&conf, &jane, &trouble));
	put("root\n");
	assert_string_equal(access_refusal(&conf, &jane, &trouble), path);
	assert_false(trouble);
	conf = (struct access_conf){ .auth_file = "/nowhere/at/all",
	    .nonauth_file = "/nowhere/at/all" };
	assert_null(access_refusal(&conf, &jane, &trouble));
	conf.nonauth_file = "/";
	assert_non_null(access_refusal(&conf, &jane, &trouble));
	assert_true(trouble);
}

static void
refusal__of_who_has_no_shell(void **state)
{
	const struct access_conf conf = { .check_shell = true };
	struct user user = jane;
	bool trouble;

	(void)state;
	assert_null(access_refusal(&conf, &user, &trouble));
	(void)strcpy(user.shell, "/no/such/shell");
	assert_string_equal(access_refusal(&conf, &user, &trouble),
	    "/etc/shells");
	user.shell[0] = '\0';
	assert_string_equal(access_refusal(&conf, &user, &trouble),
	    "/etc/shells");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(name__is_a_line_of_its_own,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusal__by_list_and_shell,
		    set_up, tear_down),
		cmocka_unit_test(refusal__of_who_has_no_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
