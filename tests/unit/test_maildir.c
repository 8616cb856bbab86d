/*
 * What may be done in a Maildir, and that nothing of it leaves the Maildir,
 * waits, or overwrites.
 */
#include "box.h"
#include "fake_clock.h"
#include "maildir/maildir.h"
#include "maildir/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct maildir md;

static int
set_up(void **state)
{
	maildir_init(&md);
	return box_set_up(state);
}

static int
tear_down(void **state)
{
	maildir_close(&md);
	return box_tear_down(state);
}

static void
start(void)
{
	assert_int_equal(maildir_open(&md, box_top()), 0);
}

static void
make_link(const char *to, const char *name)
{
	char path[BOX_PATH_MAX];

	assert_int_equal(symlink(to, box_path(path, name)), 0);
}

static void
open__of_a_top_that_is_a_link__is_well(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	make_link(".", "link");
	assert_int_equal(maildir_open(&md, box_path(path, "link")), 0);
	assert_int_not_equal(md.dir[MAILDIR_NEW], -1);
	assert_int_not_equal(md.dir[MAILDIR_CUR], -1);
}

static void
open__of_new_or_cur_that_is_a_link__is_refused(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	assert_int_equal(rmdir(box_path(path, "new")), 0);
	make_link("cur", "new");
	assert_int_equal(maildir_open(&md, box_top()), -1);
	assert_true(errno == ELOOP || errno == ENOTDIR);
	assert_int_equal(strncmp(maildir_error(&md), "new: ", 5), 0);
}

static void
open__of_no_directory__tells_which(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("a file", SPAN(""));
	assert_errno(maildir_open(&md, box_path(path, "a file")), ENOTDIR);
	assert_non_null(strstr(maildir_error(&md), "Maildir /tmp"));
	assert_errno(maildir_open(&md, box_path(path, "none")), ENOENT);
	assert_int_equal(md.top, -1);
}

static void
close__at_any_moment__is_well(void **state)
{
	(void)state;
	maildir_close(&md);
	start();
	maildir_close(&md);
	maildir_close(&md);
	assert_int_equal(md.top, -1);
	assert_int_equal(md.dir[MAILDIR_NEW], -1);
}

/* Nor does it wait for somebody to write to the pipe. */
static void
read__of_what_is_no_file__is_refused(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	start();
	make_link("1.file", "new/1.link");
	box_put("new/1.file", SPAN("x\n"));
	assert_int_equal(mkfifo(box_path(path, "new/1.fifo"), 0600), 0);
	assert_int_equal(mkdir(box_path(path, "new/1.dir"), 0700), 0);
	assert_errno(maildir_read(&md, MAILDIR_NEW, "1.link"), ELOOP);
	assert_errno(maildir_read(&md, MAILDIR_NEW, "1.fifo"), EINVAL);
	assert_errno(maildir_read(&md, MAILDIR_NEW, "1.dir"), EINVAL);
	assert_int_equal(strncmp(maildir_error(&md), "new/1.dir: ", 11), 0);
}

static void
enoent__leaves_error_text_empty(void **state)
{
	off_t raw;

	(void)state;
	start();
	assert_errno(maildir_read(&md, MAILDIR_CUR, "1.a"), ENOENT);
	assert_errno(maildir_raw(&md, MAILDIR_CUR, "1.a", &raw), ENOENT);
	assert_errno(maildir_remove(&md, MAILDIR_CUR, "1.a"), ENOENT);
	assert_errno(maildir_set_seen(&md, MAILDIR_CUR, "1.a"), ENOENT);
	assert_string_equal(maildir_error(&md), "");
}

static void
error__of_a_foreign_name__is_quoted_and_short(void **state)
{
	char path[BOX_PATH_MAX], name[200];

	(void)state;
	start();
	memset(name, '\n', sizeof name - 1);
	memcpy(name, "new/", 4);
	name[sizeof name - 1] = '\0';
	assert_int_equal(mkdir(box_path(path, name), 0700), 0);
	assert_int_equal(maildir_remove(&md, MAILDIR_NEW, name + 4), -1);
	assert_int_equal(strncmp(maildir_error(&md), "new/\\x0a\\x0a", 12), 0);
	assert_null(strchr(maildir_error(&md), '\n'));
	assert_true(strlen(maildir_error(&md)) < MAILDIR_ERROR_MAX);
	maildir_forget_error(&md);
	assert_string_equal(maildir_error(&md), "");
}

static const struct {
	const char *before, *after;	/* NULL: stays as it is */
	int error;
} marks[] = {
	{ "new/1.a", "cur/1.a:2,S", 0 },
	{ "new/1.a:2,", "cur/1.a:2,S", 0 },
	{ "new/1.a:2,S", "cur/1.a:2,S", 0 },
	{ "cur/1.a", "cur/1.a:2,S", 0 },
	{ "cur/1.a:2,FT", "cur/1.a:2,FST", 0 },
	{ "cur/1.a:2,S", NULL, 0 },
	{ "cur/1.a:1,x", NULL, EINVAL },
	{ "new/1 \xc3\xa4:2,R", "cur/1 \xc3\xa4:2,RS", 0 },
};

static void
set_seen__of_each_name(void **state)
{
	enum maildir_where where;
	size_t i;

	(void)state;
	start();
	for (i = 0; i < COUNT(marks); i++) {
		box_put(marks[i].before, SPAN("x\n"));
		where = marks[i].before[0] == 'n' ? MAILDIR_NEW : MAILDIR_CUR;
		if (marks[i].error != 0)
			assert_errno(maildir_set_seen(&md, where,
			    marks[i].before + 4), marks[i].error);
		else
			assert_int_equal(maildir_set_seen(&md, where,
			    marks[i].before + 4), 0);
		assert_int_equal(box_has(marks[i].before),
		    marks[i].after == NULL);
		box_remove(marks[i].after != NULL ? marks[i].after :
		    marks[i].before);
	}
}

static void
set_seen__onto_anything__is_refused(void **state)
{
	(void)state;
	start();
	box_put("new/1.a", SPAN("mine\n"));
	make_link("nowhere", "cur/1.a:2,S");
	assert_errno(maildir_set_seen(&md, MAILDIR_NEW, "1.a"), EEXIST);
	box_expect("new/1.a", "mine\n");
	assert_true(box_has("cur/1.a:2,S"));
}

static void
set_seen__of_the_longest_names(void **state)
{
	char name[4 + 256] = "new/";

	(void)state;
	start();
	memset(name + 4, 'x', 252);
	box_put(name, SPAN(""));
	assert_errno(maildir_set_seen(&md, MAILDIR_NEW, name + 4),
	    ENAMETOOLONG);
	assert_true(box_has(name));
	name[4 + 251] = '\0';
	box_put(name, SPAN(""));
	assert_int_equal(maildir_set_seen(&md, MAILDIR_NEW, name + 4), 0);
}

static void
set_seen__without_cur__makes_it(void **state)
{
	char path[BOX_PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(rmdir(box_path(path, "cur")), 0);
	start();
	box_put("new/1.a", SPAN(""));
	assert_int_equal(maildir_set_seen(&md, MAILDIR_NEW, "1.a"), 0);
	assert_true(box_has("cur/1.a:2,S"));
	assert_int_equal(stat(box_path(path, "cur"), &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
}

static void
set_seen__where_cur_became_a_link__is_refused(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	assert_int_equal(rmdir(box_path(path, "cur")), 0);
	start();
	make_link("tmp", "cur");
	box_put("new/1.a", SPAN(""));
	assert_int_equal(maildir_set_seen(&md, MAILDIR_NEW, "1.a"), -1);
	assert_true(box_has("new/1.a"));
	assert_false(box_has("tmp/1.a:2,S"));
}

/* So many hours ago, by all three clocks of the file but that of ctime. */
static void
age(const char *name, int hours_read, int hours_written)
{
	struct timespec times[2];
	char path[BOX_PATH_MAX];
	struct stat st;

	assert_int_equal(stat(box_path(path, name), &st), 0);
	times[0] = (struct timespec){ st.st_ctime + (40 - hours_read) * 3600,
	    0 };
	times[1] = (struct timespec){ st.st_ctime + (40 - hours_written) *
	    3600, 0 };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	fake_date = st.st_ctime + 40 * 3600;
}

static void
clean__takes_old_files_from_tmp_and_nothing_else(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	start();
	box_put("tmp/old", SPAN(""));
	box_put("tmp/read", SPAN(""));
	box_put("tmp/written", SPAN(""));
	box_put("tmp/.hidden", SPAN(""));
	box_put("new/old", SPAN(""));
	box_put("cur/old", SPAN(""));
	assert_int_equal(mkdir(box_path(path, "tmp/dir"), 0700), 0);
	make_link("../new/old", "tmp/link");
	age("new/old", 40, 40);
	age("cur/old", 40, 40);
	age("tmp/dir", 40, 40);
	age("tmp/.hidden", 40, 40);
	age("tmp/read", 1, 40);
	age("tmp/written", 40, 1);
	age("tmp/old", 37, 37);
	maildir_clean_tmp(&md);
	assert_false(box_has("tmp/old"));
	assert_true(box_has("tmp/read"));
	assert_true(box_has("tmp/written"));
	assert_true(box_has("tmp/.hidden"));
	assert_true(box_has("tmp/dir"));
	assert_true(box_has("tmp/link"));
	assert_true(box_has("new/old"));
	assert_true(box_has("cur/old"));
}

static void
clean__of_what_changed_within_36_hours__keeps_it(void **state)
{
	(void)state;
	start();
	box_put("tmp/a", SPAN(""));
	age("tmp/a", 140, 140);
	fake_date -= 5 * 3600;		/* 35 hours after its ctime */
	maildir_clean_tmp(&md);
	assert_true(box_has("tmp/a"));
	fake_date += 2 * 3600;
	maildir_clean_tmp(&md);
	assert_false(box_has("tmp/a"));
}

static void
clean__of_old_drafts__keeps_what_is_no_draft_of_ours(void **state)
{
	static const char *const kept[] = { "solopop.index", "solopop.uidl",
	    "solopop.uidl.0123456789abcdef", "other.0123456789abcdef.new",
	    "solopop.new", ".solopop.index.01.new", "tmp/solopop.x.new" };
	static const char *const left[] = { "solopop.bulletins.new",
	    "solopop.index.0123456789abcdef.new",
	    "solopop.uidl.fedcba9876543210.new" };
	char path[BOX_PATH_MAX];
	size_t i;

	(void)state;
	start();
	assert_int_equal(mkdir(box_path(path, "solopop.dir.new"), 0700), 0);
	make_link("solopop.index", "solopop.link.new");
	for (i = 0; i < COUNT(kept); i++) {
		box_put(kept[i], SPAN(""));
		age(kept[i], 40, 40);
	}
	for (i = 0; i < COUNT(left); i++) {
		box_put(left[i], SPAN(""));
		age(left[i], 40, 40);
	}
	fake_date -= 5 * 3600;		/* 35 hours after its ctime */
	maildir_clean_drafts(&md);
	assert_true(box_has(left[0]));
	fake_date += 5 * 3600;
	maildir_clean_drafts(&md);
	for (i = 0; i < COUNT(left); i++)
		assert_false(box_has(left[i]));
	for (i = 0; i < COUNT(kept); i++)
		assert_true(box_has(kept[i]));
	assert_true(box_has("solopop.dir.new"));
	assert_true(box_has("solopop.link.new"));
}

static void
clean__of_a_tmp_that_is_a_link__does_nothing(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	assert_int_equal(rmdir(box_path(path, "tmp")), 0);
	make_link("new", "tmp");
	start();
	box_put("new/1.a", SPAN(""));
	age("new/1.a", 40, 40);
	maildir_clean_tmp(&md);
	assert_true(box_has("new/1.a"));
	box_remove("tmp");
	maildir_clean_tmp(&md);
}

static void
stamp__moves_with_every_entry(void **state)
{
	struct maildir_stamp a, b, c;
	struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	char path[BOX_PATH_MAX];

	(void)state;
	start();
	assert_int_equal(maildir_stamp(&md, &a), 0);
	assert_int_equal(maildir_stamp(&md, &b), 0);
	assert_true(maildir_same_stamp(&a, &b));
	/* Setting the times back is a change like any other. */
	do {
		assert_int_equal(utimensat(AT_FDCWD, box_path(path, "cur"),
		    old, 0), 0);
		assert_int_equal(maildir_stamp(&md, &c), 0);
	} while (maildir_same_stamp(&b, &c));
	assert_true(maildir_same_time(&a.changed[MAILDIR_NEW],
	    &c.changed[MAILDIR_NEW]));
	assert_false(maildir_same_time(&a.changed[MAILDIR_CUR],
	    &c.changed[MAILDIR_CUR]));
}

static void
quota__without_a_plain_file__is_not_kept(void **state)
{
	char path[BOX_PATH_MAX];
	struct quota q;
	int reader;

	(void)state;
	start();
	quota_open(&q, md.top);
	assert_false(quota_is_kept(&q));
	quota_removed(&q, 1);
	assert_int_equal(quota_close(&q), 0);
	assert_false(box_has("maildirsize"));
	box_put("other", SPAN("as it was\n"));
	make_link("other", "maildirsize");
	quota_open(&q, md.top);
	assert_false(quota_is_kept(&q));
	box_remove("maildirsize");
	assert_int_equal(mkfifo(box_path(path, "maildirsize"), 0600), 0);
	quota_open(&q, md.top);
	assert_false(quota_is_kept(&q));
	reader = open(path, O_RDONLY | O_NONBLOCK);
	quota_open(&q, md.top);
	assert_false(quota_is_kept(&q));
	(void)close(reader);
	assert_int_equal(quota_close(&q), 0);
	box_expect("other", "as it was\n");
}

static void
quota__of_what_was_removed__is_one_line(void **state)
{
	struct quota q;

	(void)state;
	start();
	box_put("maildirsize", SPAN("1000S\n"));
	quota_open(&q, md.top);
	assert_true(quota_is_kept(&q));
	assert_int_equal(quota_close(&q), 0);
	box_expect("maildirsize", "1000S\n");
	quota_open(&q, md.top);
	quota_removed(&q, 0);
	quota_removed(&q, (uint64_t)1 << 40);
	assert_int_equal(quota_close(&q), 0);
	assert_false(quota_is_kept(&q));
	box_expect("maildirsize", "1000S\n-1099511627776 -2\n");
}

/* Maildir++: a folder counts in its Maildir, never in a file of its own. */
static void
quota__of_a_folder__is_kept_by_the_maildir(void **state)
{
	char path[BOX_PATH_MAX];
	struct quota q;
	int top;

	(void)state;
	box_put("maildirsize", SPAN("1000S\n"));
	assert_int_equal(mkdir(box_path(path, ".Lists"), 0700), 0);
	top = open(path, O_RDONLY | O_DIRECTORY);
	box_put(".Lists/maildirsize", SPAN("2000S\n"));
	quota_open(&q, top);
	quota_removed(&q, 5);
	assert_int_equal(quota_close(&q), 0);
	box_expect(".Lists/maildirsize", "2000S\n-5 -1\n");
	box_put(".Lists/maildirfolder", SPAN(""));
	quota_open(&q, top);
	quota_removed(&q, 7);
	assert_int_equal(quota_close(&q), 0);
	box_expect(".Lists/maildirsize", "2000S\n-5 -1\n");
	box_expect("maildirsize", "1000S\n-7 -1\n");
	box_remove("maildirsize");
	make_link(".Lists/maildirsize", "maildirsize");
	quota_open(&q, top);
	assert_false(quota_is_kept(&q));
	(void)close(top);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void
make__of_what_is_missing(void **state)
{
	char path[BOX_PATH_MAX];
	struct stat st;

	(void)state;
	maildir_init(&md);
	assert_int_equal(maildir_make(&md, box_path(path, "fresh")), 0);
	assert_int_not_equal(md.dir[MAILDIR_NEW], -1);
	assert_int_not_equal(md.dir[MAILDIR_CUR], -1);
	assert_int_equal(fstatat(md.top, "tmp", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	maildir_close(&md);
	assert_int_equal(maildir_make(&md, box_top()), 0);
	maildir_close(&md);
	box_put("file", SPAN(""));
	assert_int_equal(maildir_make(&md, box_path(path, "file")), -1);
	maildir_close(&md);
	assert_int_equal(maildir_make(&md, box_path(path, "no/where")), -1);
	assert_non_null(strstr(maildir_error(&md), "making the Maildir"));
	maildir_close(&md);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(make__of_what_is_missing),
		TEST(open__of_a_top_that_is_a_link__is_well),
		TEST(open__of_new_or_cur_that_is_a_link__is_refused),
		TEST(open__of_no_directory__tells_which),
		TEST(close__at_any_moment__is_well),
		TEST(read__of_what_is_no_file__is_refused),
		TEST(enoent__leaves_error_text_empty),
		TEST(error__of_a_foreign_name__is_quoted_and_short),
		TEST(set_seen__of_each_name),
		TEST(set_seen__onto_anything__is_refused),
		TEST(set_seen__of_the_longest_names),
		TEST(set_seen__without_cur__makes_it),
		TEST(set_seen__where_cur_became_a_link__is_refused),
		TEST(clean__takes_old_files_from_tmp_and_nothing_else),
		TEST(clean__of_what_changed_within_36_hours__keeps_it),
		TEST(clean__of_old_drafts__keeps_what_is_no_draft_of_ours),
		TEST(clean__of_a_tmp_that_is_a_link__does_nothing),
		TEST(stamp__moves_with_every_entry),
		TEST(quota__without_a_plain_file__is_not_kept),
		TEST(quota__of_what_was_removed__is_one_line),
		TEST(quota__of_a_folder__is_kept_by_the_maildir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
