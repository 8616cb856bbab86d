#include "box.h"
#include "import/bulletin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static struct bulletin_conf conf;

static bool
is_member(void *ctx, const char *group)
{
	return strcmp(group, ctx) == 0;
}

static int
set_up(void **state)
{
	if (box_set_up(state) != 0)
		return -1;
	(void)strcpy(directory, "/tmp/bulletin.XXXXXX");
	conf = (struct bulletin_conf){ .directory = directory, .max = 1,
	    .is_member = is_member, .ctx = (void *)(uintptr_t)"staff" };
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf %s", directory);
	if (system(command) != 0)
		return -1;
	return box_tear_down(state);
}

/* Every bulletin is a second younger than the one before. */
static void
post(const char *file, const char *text)
{
	static time_t when = 1700000000;
	struct timespec times[2] = { { .tv_sec = ++when }, { 0 } };
	char path[256];
	FILE *f;

	times[1] = times[0];
	(void)snprintf(path, sizeof path, "%s/%s", directory, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static uint32_t
deliver(void)
{
	struct maildir md;
	uint32_t n;

	maildir_init(&md);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_int_equal(bulletin_deliver(&md, &conf, &n), 0);
	maildir_close(&md);
	return n;
}

/* How many files in new/ hold just this? */
static int
count(const char *text)
{
	char command[1024], path[BOX_PATH_MAX];

	(void)snprintf(command, sizeof command, "n=0; for f in %s/*; do "
	    "[ \"$(cat \"$f\" 2>/dev/null)\" = '%s' ] && n=$((n+1)); done; "
	    "exit $n", box_path(path, "new"), text);
	return WEXITSTATUS(system(command));
}

static void
user__who_is_new__gets_the_latest(void **state)
{
	(void)state;
	post("1.first", "one\n");
	post("2.second", "From pop Mon Jan  1 00:00:00 2024\ntwo\n");
	post("10.third", "From pop Mon Jan  1 00:00:00 2024\nthree\n");
	post("README", "not me\n");
	assert_int_equal(deliver(), 1);
	assert_int_equal(count("three"), 1);
	box_expect("solopop.bulletins", "10\n");
	assert_int_equal(deliver(), 0);
	post("11", "four\n");
	post("12.x", "five\n");
	assert_int_equal(deliver(), 2);
	assert_int_equal(count("four"), 1);
	assert_int_equal(count("five"), 1);
	assert_int_equal(deliver(), 0);
	box_expect("solopop.bulletins", "12\n");
}

static void
user__who_was_here_before_the_first__gets_all(void **state)
{
	(void)state;
	conf.max = 0;
	assert_int_equal(deliver(), 0);
	box_expect("solopop.bulletins", "0\n");
	post("1", "one\n");
	post("2", "two\n");
	assert_int_equal(deliver(), 2);
}

static void
user__who_is_new__may_get_none(void **state)
{
	(void)state;
	conf.max = 0;
	post("1", "one\n");
	assert_int_equal(deliver(), 0);
	post("2", "two\n");
	assert_int_equal(deliver(), 1);
	assert_int_equal(count("two"), 1);
}

static void
mark__of_qpopper__counts_once(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("popbull", SPAN("2\n"));
	conf.marks[1] = box_path(path, "popbull");
	conf.marks[0] = "/nowhere/at/all";
	post("1", "one\n");
	post("2", "two\n");
	post("3", "three\n");
	assert_int_equal(deliver(), 1);
	assert_int_equal(count("three"), 1);
	box_put("popbull", SPAN("0\n"));
	assert_int_equal(deliver(), 0);
}

/* As if there were none; the next of them is asked, and a new one is made. */
static void
mark__without_a_number__is_none(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("solopop.bulletins", SPAN("none\n"));
	box_put("popbull", SPAN(""));
	conf.marks[0] = box_path(path, "popbull");
	post("1", "one\n");
	post("2", "two\n");
	post("3", "three\n");
	assert_int_equal(deliver(), 1);
	assert_int_equal(count("three"), 1);
	box_expect("solopop.bulletins", "3\n");
	assert_int_equal(deliver(), 0);
}

static void
bulletin__for_a_group__reaches_its_members(void **state)
{
	(void)state;
	conf.groups = true;
	conf.max = 10;
	post("1.ALL.x", "all\n");
	post("2.staff.x", "staff\n");
	post("3.root.x", "root\n");
	post("4.nobody", "no group\n");
	post("5", "none at all\n");
	assert_int_equal(deliver(), 2);
	assert_int_equal(count("all"), 1);
	assert_int_equal(count("staff"), 1);
	box_expect("solopop.bulletins", "5\n");
}

static void
bulletin__delivered_before_a_crash__is_not_delivered_twice(void **state)
{
	(void)state;
	conf.max = 10;
	post("1", "one\n");
	post("1.b", "another one\n");
	assert_int_equal(deliver(), 2);
	box_remove("solopop.bulletins");
	(void)deliver();
	assert_int_equal(count("one"), 1);
	assert_int_equal(count("another one"), 1);
}

static void
what_is_no_file__is_passed_over(void **state)
{
	char path[256];

	(void)state;
	conf.max = 10;
	(void)snprintf(path, sizeof path, "%s/1.directory", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/2.pipe", directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	post("99999999999", "too large a number\n");
	post("3", "");
	assert_int_equal(deliver(), 1);
	box_expect("solopop.bulletins", "3\n");
}

static void
directory__that_is_not_there__is_told(void **state)
{
	struct maildir md;
	uint32_t n;

	(void)state;
	conf.directory = "/nowhere/at/all";
	maildir_init(&md);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_errno(bulletin_deliver(&md, &conf, &n), ENOENT);
	assert_non_null(strstr(maildir_error(&md), "/nowhere/at/all"));
	maildir_close(&md);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(user__who_is_new__gets_the_latest),
		TEST(user__who_was_here_before_the_first__gets_all),
		TEST(user__who_is_new__may_get_none),
		TEST(mark__of_qpopper__counts_once),
		TEST(mark__without_a_number__is_none),
		TEST(bulletin__for_a_group__reaches_its_members),
		TEST(bulletin__delivered_before_a_crash__is_not_delivered_twice),
		TEST(what_is_no_file__is_passed_over),
		TEST(directory__that_is_not_there__is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
