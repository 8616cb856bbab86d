/*
 * A session's view of a real Maildir, while others change it.
 */
#include "box.h"
#include "fake_clock.h"
#include "maildir/maildrop.h"
#include "maildir/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct maildrop_conf conf = { .lock = true, .index = INDEX_AUTO };

static struct maildrop *drop;
static struct maildrop_sum removed;

static char renamed_from[BOX_PATH_MAX];

static int
set_up(void **state)
{
	drop = NULL;
	return box_set_up(state);
}

static int
tear_down(void **state)
{
	maildrop_close(drop);
	return box_tear_down(state);
}

static void
deliver(const char *name, const char *text)
{
	box_put(name, span_of(text));
}

static void
start(void)
{
	assert_int_equal(maildrop_open(&drop, box_top(), &conf), 0);
}

/* The session after this one. */
static void
start_anew(void)
{
	maildrop_save(drop);
	maildrop_close(drop);
	start();
}

static int
update(void)
{
	return maildrop_update(drop, &removed);
}

static void
assert_uidl(uint32_t msgno, const char *expected)
{
	char uidl[UIDL_MAX];

	assert_int_equal(maildrop_uidl(drop, msgno, uidl), 0);
	assert_string_equal(uidl, expected);
}

static void
assert_octets(uint32_t msgno, uint64_t expected)
{
	uint64_t octets;

	assert_int_equal(maildrop_octets(drop, msgno, &octets), 0);
	assert_int_equal(octets, expected);
}

static void
assert_left(uint32_t count, uint64_t octets)
{
	assert_int_equal(maildrop_left(drop).count, count);
	assert_int_equal(maildrop_left(drop).octets, octets);
}

static void
open__orders_by_time_and_name__new_and_cur_together(void **state)
{
	(void)state;
	deliver("cur/10.b:2,S", "x\n");
	deliver("new/9.z", "xx\n");
	deliver("new/10.a", "xxx");
	deliver("cur/10.a2:2,", "");
	deliver("new/name", "\n");
	start();
	assert_int_equal(maildrop_count(drop), 5);
	assert_uidl(1, "name");
	assert_uidl(2, "9.z");
	assert_uidl(3, "10.a");
	assert_uidl(4, "10.a2");
	assert_uidl(5, "10.b");
	assert_octets(1, 2);
	assert_octets(2, 4);
	assert_octets(3, 5);
	assert_octets(4, 0);
	assert_octets(5, 3);
	assert_left(5, 14);
}

static void
open__of_no_maildir__is_empty(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	(void)box_path(path, "none");
	assert_int_equal(maildrop_open(&drop, path, &conf), 0);
	assert_int_equal(maildrop_count(drop), 0);
	assert_string_equal(maildrop_error(drop), "");
	assert_int_equal(update(), 0);
	maildrop_save(drop);
}

static void
open__without_new_or_cur__takes_what_is_there(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("new/1.a", "x\n");
	(void)box_path(path, "cur");
	assert_int_equal(rmdir(path), 0);
	start();
	assert_int_equal(maildrop_count(drop), 1);
	maildrop_mark_read(drop, 1);
	assert_int_equal(update(), 0);
	assert_true(box_has("cur/1.a:2,S"));
}

static void
open__leaves_out_what_is_no_message(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("new/.hidden", "x\n");
	deliver("tmp/1.tmp", "x\n");
	(void)box_path(path, "new/2.dir");
	assert_int_equal(mkdir(path, 0700), 0);
	(void)box_path(path, "new/3.fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)box_path(path, "new/4.link");
	assert_int_equal(symlink("../tmp/1.tmp", path), 0);
	start();
	assert_int_equal(maildrop_count(drop), 0);
	assert_int_equal(maildrop_unreadable(drop), 0);
}

static int
try_read(uint32_t msgno)
{
	struct stored s;

	if (maildrop_read(drop, msgno, &s) == -1)
		return -1;
	stored_close(&s);
	return 0;
}

static uint32_t
last(void)
{
	uint32_t msgno;

	assert_int_equal(maildrop_last(drop, &msgno), 0);
	return msgno;
}

static void
read__of_a_renamed_message__finds_it(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("new/2.b", "y\n");
	start();
	box_move("new/1.a", "cur/1.a:2,FS");
	assert_int_equal(try_read(1), 0);
	box_move("cur/1.a:2,FS", "cur/1.a:2,RS");
	maildrop_mark_read(drop, 1);
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(update(), 0);
	assert_false(box_has("cur/1.a:2,RS"));
	assert_true(box_has("new/2.b"));
}

static void
read__of_a_vanished_message__fails__and_its_removal_is_done(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("new/2.b", "y\n");
	start();
	box_remove("new/1.a");
	assert_errno(try_read(1), ENOENT);
	assert_errno(try_read(1), ENOENT);
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(update(), 0);
	assert_int_equal(removed.count, 1);
	assert_true(box_has("new/2.b"));
}

static void
delete__then_reset__nothing_is_deleted(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("cur/2.b:2,S", "yy\n");
	start();
	assert_int_equal(maildrop_delete(drop, 1), 0);
	maildrop_mark_read(drop, 1);
	assert_left(1, 4);
	assert_int_equal(maildrop_deleted(drop).octets, 3);
	maildrop_reset(drop);
	assert_left(2, 7);
	assert_false(maildrop_is_deleted(drop, 1));
	assert_int_equal(update(), 0);
	assert_true(box_has("new/1.a"));
	assert_true(box_has("cur/2.b:2,S"));
}

static void
last__is_what_was_retrieved_or_the_run_from_one(void **state)
{
	(void)state;
	deliver("cur/1.a:2,S", "x\n");
	deliver("cur/2.b:2,RS", "x\n");
	deliver("new/3.c", "x\n");
	deliver("cur/4.d:2,S", "x\n");
	start();
	assert_int_equal(last(), 2);
	maildrop_mark_read(drop, 4);
	assert_int_equal(last(), 4);
	assert_int_equal(maildrop_delete(drop, 4), 0);
	assert_int_equal(last(), 2);
	assert_int_equal(maildrop_delete(drop, 2), 0);
	assert_int_equal(last(), 1);
	maildrop_reset(drop);
	assert_int_equal(last(), 2);
}

static void
last__first_message_unread__is_zero(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("cur/2.b:2,S", "x\n");
	start();
	assert_int_equal(last(), 0);
	maildrop_mark_read(drop, 1);
	assert_int_equal(last(), 1);
}

static void
update__marks_read_messages__and_never_onto_another(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("cur/2.b:2,F", "x\n");
	deliver("new/3.c", "mine\n");
	deliver("new/4.d:1,odd", "x\n");
	start();
	deliver("cur/3.c:2,S", "another\n");
	maildrop_mark_read(drop, 1);
	maildrop_mark_read(drop, 2);
	maildrop_mark_read(drop, 3);
	maildrop_mark_read(drop, 4);
	assert_int_equal(update(), 0);
	assert_true(box_has("cur/1.a:2,S"));
	assert_true(box_has("cur/2.b:2,FS"));
	assert_true(box_has("new/3.c"));
	assert_true(box_has("cur/3.c:2,S"));
	assert_true(box_has("new/4.d:1,odd"));
}

static void
twins__in_new_and_cur__are_two_messages(void **state)
{
	char a[UIDL_MAX], b[UIDL_MAX];

	(void)state;
	deliver("new/1.a", "one\n");
	deliver("cur/1.a:2,S", "other\n");
	start();
	assert_int_equal(maildrop_count(drop), 2);
	assert_int_equal(maildrop_uidl(drop, 1, a), 0);
	assert_int_equal(maildrop_uidl(drop, 2, b), 0);
	assert_string_not_equal(a, b);
	start_anew();
	assert_uidl(1, a);
	assert_uidl(2, b);
	assert_true(box_has("cur/1.a:2,S"));
	assert_true(box_has("new/1.a"));
}

/* The other one is deleted: its id is not taken over, and ours stays. */
static void
twin__whose_other_half_goes__keeps_its_id(void **state)
{
	static const char *const files[][2] = {
		{ "new/1.a", "cur/1.a:2,S" },
		{ "new/1.a,S=4", "new/1.a,S=5" },
		{ "new/1.a,S=5", "new/1.a,S=4" },
		{ "new/1 a", "new/75b9dc8e5e3c162edac82adf57acd94f" },
	};
	char first[UIDL_MAX], second[UIDL_MAX], now[UIDL_MAX];
	uint32_t gone;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * COUNT(files); i++) {
		gone = i % 2 + 1;
		deliver(files[i / 2][0], "one\n");
		deliver(files[i / 2][1], "other\n");
		start();
		assert_int_equal(maildrop_count(drop), 2);
		assert_int_equal(maildrop_uidl(drop, gone, first), 0);
		assert_int_equal(maildrop_uidl(drop, 3 - gone, second), 0);
		assert_int_equal(maildrop_delete(drop, gone), 0);
		assert_int_equal(update(), 0);
		start_anew();
		assert_int_equal(maildrop_count(drop), 1);
		assert_int_equal(maildrop_uidl(drop, 1, now), 0);
		assert_string_equal(now, second);
		assert_string_not_equal(now, first);
		maildrop_save(drop);
		maildrop_close(drop);
		box_remove("solopop.index");
		start();
		assert_uidl(1, second);
		assert_int_equal(maildrop_delete(drop, 1), 0);
		assert_int_equal(update(), 0);
		maildrop_close(drop);
		drop = NULL;
	}
}

/* Whoever has had an id keeps it, although the other is before it. */
static void
twin__that_comes_later__takes_no_id_away(void **state)
{
	char uidl[UIDL_MAX];

	(void)state;
	deliver("new/1.a,S=5", "once\n");
	start();
	assert_uidl(1, "1.a");
	start_anew();
	deliver("new/1.a,S=4", "new\n");
	start_anew();
	assert_int_equal(maildrop_count(drop), 2);
	assert_true(box_has("new/1.a,S=5"));
	assert_uidl(2, "1.a");
	assert_int_equal(maildrop_uidl(drop, 1, uidl), 0);
	box_remove("new/1.a,S=5");
	start_anew();
	assert_uidl(1, uidl);
}

/* Two messages for whom one id was taken over. */
static void
twin__by_an_adopted_id__keeps_its_own(void **state)
{
	char uidl[UIDL_MAX];

	(void)state;
	deliver("solopop.uidl", "solopop uidl 1\nsame 1.a\nsame 2.b\n");
	deliver("new/1.a", "one\n");
	deliver("new/2.b", "two\n");
	start();
	assert_uidl(1, "same");
	assert_int_equal(maildrop_uidl(drop, 2, uidl), 0);
	assert_string_not_equal(uidl, "same");
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(update(), 0);
	start_anew();
	assert_uidl(1, uidl);
}

static void
twin__read_only__is_not_renamed(void **state)
{
	struct maildrop_conf only = conf;
	char a[UIDL_MAX], b[UIDL_MAX];

	(void)state;
	only.read_only = true;
	deliver("new/1.a", "one\n");
	deliver("cur/1.a:2,S", "other\n");
	assert_int_equal(maildrop_open(&drop, box_top(), &only), 0);
	assert_int_equal(maildrop_uidl(drop, 1, a), 0);
	assert_int_equal(maildrop_uidl(drop, 2, b), 0);
	assert_string_not_equal(a, b);
	assert_true(box_has("new/1.a"));
	assert_true(box_has("cur/1.a:2,S"));
}

static void
link__in_new_and_cur__is_one_message(void **state)
{
	char a[BOX_PATH_MAX], b[BOX_PATH_MAX];

	(void)state;
	deliver("new/1.a", "one\n");
	(void)box_path(a, "new/1.a");
	(void)box_path(b, "cur/1.a:2,S");
	assert_int_equal(link(a, b), 0);
	start();
	assert_int_equal(maildrop_count(drop), 1);
}

static void
next_session__with_the_index__sees_the_same(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("cur/2.b:2,S", "yy\n");
	start();
	start_anew();
	assert_true(box_has("solopop.index"));
	start_anew();
	assert_left(2, 7);
	assert_uidl(1, "1.a");
	assert_octets(2, 4);
	deliver("new/3.c", "zzz\n");
	start_anew();
	assert_left(3, 12);
	box_remove("new/1.a");
	box_move("cur/2.b:2,S", "cur/2.b:2,");
	start_anew();
	assert_left(2, 9);
	assert_int_equal(last(), 0);
}

static void
indexed_session__meets_renames_and_losses(void **state)
{
	(void)state;
	deliver("new/1.a", "x\n");
	deliver("new/2.b", "yy\n");
	deliver("new/3.c", "zzz\n");
	start();
	start_anew();
	start_anew();
	box_remove("new/1.a");
	box_move("new/2.b", "cur/2.b:2,F");
	deliver("new/4.d", "new\n");
	assert_errno(try_read(1), ENOENT);
	assert_int_equal(try_read(2), 0);
	assert_int_equal(maildrop_count(drop), 3);
	maildrop_mark_read(drop, 2);
	assert_int_equal(maildrop_delete(drop, 3), 0);
	assert_int_equal(update(), 0);
	assert_true(box_has("cur/2.b:2,FS"));
	assert_false(box_has("new/3.c"));
	start_anew();
	assert_left(2, 9);
}

static void
index__of_a_damaged_body__ends_the_session_and_is_removed(void **state)
{
	char path[BOX_PATH_MAX];
	uint64_t octets;
	int fd;

	(void)state;
	deliver("new/1.a", "x\n");
	start();
	start_anew();
	start_anew();
	(void)box_path(path, "solopop.index");
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "!", 1, 130), 1);
	(void)close(fd);
	start_anew();
	if (maildrop_octets(drop, 1, &octets) == -1)
		assert_false(box_has("solopop.index"));
	start_anew();
	assert_octets(1, 3);
}

static void
maildirsize__is_kept_true(void **state)
{
	(void)state;
	deliver("maildirsize", "1000S\n20 3\n");
	deliver("new/1.a", "12345\n");
	deliver("new/2.b", "123\n");
	deliver("new/3.c", "1\n");
	deliver("cur/4.d:2,", "12\n");
	start();
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(maildrop_delete(drop, 2), 0);
	assert_int_equal(maildrop_delete(drop, 4), 0);
	box_remove("new/2.b");
	box_move("cur/4.d:2,", "cur/4.d:2,F");
	assert_int_equal(update(), 0);
	box_expect("maildirsize", "1000S\n20 3\n-9 -2\n");
}

static void
tmp__is_cleaned_of_what_nobody_touched_for_36_hours(void **state)
{
	struct timespec old[2];
	struct stat st;
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("new/1.a", "x\n");
	deliver("tmp/old", "x\n");
	deliver("tmp/new", "x\n");
	(void)box_path(path, "tmp/old");
	assert_int_equal(stat(path, &st), 0);
	old[0] = old[1] = (struct timespec){ st.st_mtime - 40 * 3600, 0 };
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	(void)box_path(path, "tmp/new");
	old[0] = old[1] = (struct timespec){ st.st_mtime + 3600, 0 };
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	fake_date = st.st_ctime + 36 * 3600 + 10;
	start();
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(update(), 0);
	assert_false(box_has("tmp/old"));
	assert_true(box_has("tmp/new"));
}

/* Two files of one name, and what is left of them when one has been removed. */
static void
twin__that_is_left__keeps_its_id_without_an_index(void **state)
{
	char kept[UIDL_MAX], now[UIDL_MAX];
	uint32_t gone;
	int sessions;

	(void)state;
	for (gone = 1; gone <= 2; gone++)
		for (sessions = 1; sessions <= 2; sessions++) {
			deliver("new/1.a", "one\n");
			deliver("cur/1.a:2,S", "second\n");
			deliver("new/2.b", "third\n");
			start();
			if (sessions == 2)
				start_anew();
			assert_int_equal(maildrop_uidl(drop, 3 - gone, kept),
			    0);
			assert_int_equal(maildrop_delete(drop, gone), 0);
			assert_int_equal(update(), 0);
			maildrop_save(drop);
			maildrop_close(drop);
			if (box_has("solopop.index"))
				box_remove("solopop.index");
			start();
			assert_int_equal(maildrop_count(drop), 2);
			assert_int_equal(maildrop_uidl(drop, 1, now), 0);
			assert_string_equal(now, kept);
			start_anew();
			assert_int_equal(maildrop_uidl(drop, 1, now), 0);
			assert_string_equal(now, kept);
			assert_int_equal(maildrop_delete(drop, 1), 0);
			assert_int_equal(maildrop_delete(drop, 2), 0);
			assert_int_equal(update(), 0);
			maildrop_close(drop);
			drop = NULL;
			box_remove("solopop.uidl");
			if (box_has("solopop.index"))
				box_remove("solopop.index");
		}
}

static void
index__that_is_written__clears_drafts_of_killed_sessions(void **state)
{
	struct timespec old[2];
	struct stat st;
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("new/1.a", "x\n");
	box_put("solopop.index.00112233445566ff.new", SPAN("x"));
	(void)box_path(path, "solopop.index.00112233445566ff.new");
	assert_int_equal(stat(path, &st), 0);
	old[0] = old[1] = (struct timespec){ st.st_mtime - 40 * 3600, 0 };
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	fake_date = st.st_ctime + 36 * 3600 + 10;
	start();
	maildrop_save(drop);
	assert_true(box_has("solopop.index"));
	assert_false(box_has("solopop.index.00112233445566ff.new"));
}

static void
open__of_a_message_that_cannot_be_read__leaves_it_out(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_be_nobody();
	deliver("new/1.a", "x\n");
	deliver("new/2.b", "secret\n");
	deliver("new/3.c", "z\n");
	assert_int_equal(chmod(box_path(path, "new/2.b"), 0), 0);
	start();
	assert_int_equal(maildrop_count(drop), 2);
	assert_int_equal(maildrop_unreadable(drop), 1);
	assert_non_null(strstr(maildrop_error(drop), "new/2.b"));
	assert_uidl(2, "3.c");
	assert_int_equal(maildrop_delete(drop, 2), 0);
	assert_int_equal(update(), 0);
	assert_true(box_has("new/2.b"));
	start_anew();
	assert_false(box_has("solopop.index"));
	assert_int_equal(maildrop_unreadable(drop), 1);
	assert_int_equal(chmod(box_path(path, "new/2.b"), 0600), 0);
	start_anew();
	assert_left(2, 11);
}

static void
update__where_nothing_can_be_removed__tells_so(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_be_nobody();
	deliver("new/1.a", "x\n");
	deliver("cur/2.b:2,", "yy\n");
	start();
	assert_int_equal(chmod(box_path(path, "new"), 0500), 0);
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(maildrop_delete(drop, 2), 0);
	assert_int_equal(update(), -1);
	assert_int_equal(removed.count, 1);
	assert_int_equal(removed.octets, 4);
	assert_non_null(strstr(maildrop_error(drop), "new/1.a"));
	assert_true(box_has("new/1.a"));
	assert_false(box_has("cur/2.b:2,"));
}

/* A Maildir on a disk that is full, or mounted to be read: it can be read. */
static void
open__where_nothing_can_be_written__goes_on_without_a_lock(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_be_nobody();
	deliver("new/1.a", "x\n");
	assert_int_equal(chmod(box_path(path, "."), 0500), 0);
	start();
	assert_left(1, 3);
	assert_non_null(strstr(maildrop_no_lock(drop), "solopop.lock"));
	maildrop_mark_read(drop, 1);
	assert_int_equal(update(), 0);
	assert_true(box_has("cur/1.a:2,S"));
	start_anew();
	assert_left(1, 3);
	assert_false(box_has("solopop.index"));
}

static void
open__of_a_maildir_of_others__fails(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_be_nobody();
	assert_int_equal(chmod(box_path(path, "."), 0), 0);
	assert_int_equal(maildrop_open(&drop, box_top(), &conf),
	    MAILDROP_NO_ACCESS);
	assert_non_null(strstr(maildrop_error(drop), "Maildir"));
}

/* fcntl locks do not keep a process from itself, so another one tries. */
static void
open__while_another_session_has_it__is_refused(void **state)
{
	struct maildrop *other;
	int status;
	pid_t pid;

	(void)state;
	start();
	assert_false(maildrop_is_wanted(drop));
	if ((pid = fork()) == 0) {
		status = maildrop_open(&other, box_top(), &conf) ==
		    MAILDROP_IN_USE && other != NULL ? 0 : 1;
		maildrop_close(other);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
open__with_no_lock_wished__leaves_no_lock_file(void **state)
{
	const struct maildrop_conf no_lock = { .index = INDEX_OFF };

	(void)state;
	deliver("new/1.a", "x\n");
	assert_int_equal(maildrop_open(&drop, box_top(), &no_lock), 0);
	assert_false(box_has("solopop.lock"));
	maildrop_save(drop);
	assert_false(box_has("solopop.index"));
}

static void
open__of_a_plain_directory__only_reads(void **state)
{
	const struct maildrop_conf flat = { .flat = true };
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("b.eml", "Subject: b\n\n");
	deliver("a.eml", "Subject: a\n\n");
	deliver(".hidden", "x\n");
	assert_int_equal(rmdir(box_path(path, "new")), 0);
	assert_int_equal(rmdir(box_path(path, "cur")), 0);
	assert_int_equal(maildrop_open(&drop, box_top(), &flat), 0);
	assert_int_equal(maildrop_count(drop), 2);
	assert_int_equal(maildrop_delete(drop, 1), 0);
	maildrop_mark_read(drop, 2);
	assert_int_equal(maildrop_update(drop, &removed), 0);
	assert_int_equal(removed.count, 1);
	assert_true(box_has("a.eml"));
	assert_true(box_has("b.eml"));
	assert_false(box_has("cur"));
	assert_int_equal(mkdir(box_path(path, "cur"), 0700), 0);
	maildrop_close(drop);
	assert_int_equal(maildrop_open(&drop, box_top(), &flat), 0);
	assert_int_equal(maildrop_count(drop), 0);
}

static void
read__of_what_became_no_file__fails(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	deliver("new/1.a", "x\n");
	deliver("new/2.b", "y\n");
	deliver("tmp/target", "z\n");
	start();
	box_remove("new/1.a");
	assert_int_equal(symlink("../tmp/target", box_path(path, "new/1.a")),
	    0);
	box_remove("new/2.b");
	assert_int_equal(mkfifo(box_path(path, "new/2.b"), 0600), 0);
	assert_errno(try_read(1), ELOOP);
	assert_errno(try_read(2), EINVAL);
	assert_non_null(strstr(maildrop_error(drop), "new/2.b"));
	assert_int_equal(maildrop_delete(drop, 1), 0);
	assert_int_equal(update(), 0);
	assert_false(box_has("new/1.a"));
	box_expect("tmp/target", "z\n");
}

/* All at once, as a mail reader does that marks everything. */
static void
update__after_all_were_renamed__finds_them_all(void **state)
{
	char from[64], to[64];
	uint32_t i;

	(void)state;
	for (i = 1; i <= 200; i++) {
		(void)snprintf(from, sizeof from, "new/%u.a", i);
		deliver(from, "x\n");
	}
	start();
	for (i = 1; i <= 200; i++) {
		(void)snprintf(from, sizeof from, "new/%u.a", i);
		(void)snprintf(to, sizeof to, "cur/%u.a:2,F", i);
		box_move(from, to);
		if (i % 2 == 0)
			assert_int_equal(maildrop_delete(drop, i), 0);
		else
			maildrop_mark_read(drop, i);
	}
	assert_int_equal(update(), 0);
	assert_int_equal(removed.count, 100);
	for (i = 1; i <= 200; i++) {
		(void)snprintf(to, sizeof to, "cur/%u.a:2,F%s", i,
		    i % 2 == 0 ? "" : "S");
		assert_int_equal(box_has(to), i % 2);
	}
}

/* As Dovecot delivers them; the name of one is wrong. */
static void
deliver_sized(unsigned n, unsigned liar)
{
	char name[64];
	unsigned i;

	for (i = 1; i <= n; i++) {
		(void)snprintf(name, sizeof name, "new/%u.a,S=5,W=6",
		    100000 + i);
		deliver(name, i == liar ? "ab" : "abcd\n");
	}
}

static void
names__of_few_messages__are_not_believed(void **state)
{
	(void)state;
	deliver_sized(999, 2);
	start();
	assert_octets(1, 6);
	assert_octets(2, 4);
	assert_false(maildrop_distrust(drop, 2));
}

/* One of those that are tried. */
static void
names__of_which_one_lies__are_not_believed(void **state)
{
	(void)state;
	deliver("new/1.a,S=5,W=6", "ab\n");
	deliver_sized(1200, 2);
	start();
	assert_octets(1, 4);
	assert_octets(3, 4);
	assert_int_equal(maildrop_left(drop).octets, 1199 * 6 + 2 * 4);
}

/* Of the first thousand each fifth is read, so not the second. */
static void
names__of_many_messages__are_believed__until_one_is_wrong(void **state)
{
	(void)state;
	if (!box_tells_kinds())
		skip();
	deliver("new/1.a,S=5,W=6", "abcd\n");
	deliver("new/2.a,S=4,W=5", "abcd");
	deliver("new/3.a,S=5,W=6", "longer\n");
	deliver_sized(997, 0);
	start();
	assert_octets(2, 5);
	assert_octets(3, 8);
	box_remove("new/3.a,S=5,W=6");
	deliver_sized(998, 0);
	start_anew();
	assert_octets(2, 5);
	deliver("new/3.a", "ab\n");
	start_anew();
	assert_octets(2, 5);
	assert_octets(3, 4);
	assert_true(maildrop_distrust(drop, 2));
	start_anew();
	assert_octets(2, 6);
	assert_int_equal(maildrop_left(drop).octets, 6 * 1000 + 4);
	deliver_sized(3000, 0);
	deliver("new/4.a,S=4,W=5", "abcd");
	start_anew();
	assert_octets(4, 6);
}

static void
name__that_was_wrong__is_told_from_a_message_that_changed(void **state)
{
	(void)state;
	if (!box_tells_kinds())
		skip();
	deliver("new/1.a,S=5,W=6", "abcd\n");
	deliver("new/2.a,S=4,W=5", "abcd");
	deliver_sized(998, 0);
	start();
	start_anew();
	assert_true(maildrop_distrust(drop, 2));
	assert_octets(2, 5);
	start_anew();
	assert_octets(2, 6);
	assert_false(maildrop_distrust(drop, 2));
}

static void
names__of_no_files__are_not_believed(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	deliver_sized(1000, 0);
	assert_int_equal(symlink("nowhere", box_path(path,
	    "new/2.a,S=5,W=6")), 0);
	start();
	assert_int_equal(maildrop_count(drop), 1000);
}

static void
make_link(const char *of, const char *name)
{
	char from[BOX_PATH_MAX], to[BOX_PATH_MAX];

	assert_int_equal(link(box_path(from, of), box_path(to, name)), 0);
}

/* A move that was cut short, or a backup that was restored. */
static void
links__of_one_message__go_together(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		deliver("new/1.a", "x\n");
		make_link("new/1.a", "cur/1.a:2,S");
		make_link("new/1.a", "cur/1.a:2,");
		deliver("new/2.b", "y\n");
		make_link("new/2.b", "cur/2.b:2,F");
		/* Its own message, though of the same name. */
		deliver("cur/3.c:2,", "one\n");
		make_link("cur/3.c:2,", "new/3.c");
		deliver("cur/3.c:2,S", "other\n");
		start();
		if (round == 1) {
			start_anew();
			start_anew();
		}
		assert_int_equal(maildrop_count(drop), 4);
		assert_int_equal(maildrop_delete(drop, 1), 0);
		maildrop_mark_read(drop, 2);
		assert_int_equal(maildrop_delete(drop, 3), 0);
		assert_int_equal(update(), 0);
		assert_int_equal(removed.count, 2);
		assert_false(box_has("new/1.a"));
		assert_false(box_has("cur/1.a:2,"));
		assert_false(box_has("cur/1.a:2,S"));
		assert_false(box_has("new/2.b"));
		assert_true(box_has("cur/2.b:2,FS"));
		assert_true(box_has("cur/2.b:2,S"));
		assert_true(box_has("cur/3.c:2,S"));
		assert_false(box_has("cur/3.c:2,"));
		assert_false(box_has("new/3.c"));
		start_anew();
		assert_int_equal(maildrop_count(drop), 2);
		box_remove("cur/2.b:2,FS");
		box_remove("cur/2.b:2,S");
		box_remove("cur/3.c:2,S");
		maildrop_close(drop);
		drop = NULL;
		box_remove("solopop.index");
		box_remove("solopop.uidl");
	}
}

/* In place of unlinkat(2): another program is quicker, and renames. */
static int
rename_first(struct maildir *md, enum maildir_where where, const char *file)
{
	static unsigned times;
	char to[64];

	(void)md;
	(void)where;
	(void)snprintf(to, sizeof to, "cur/1.a:2,%c", (int)('A' + times++ % 26));
	(void)strcat(strcpy(renamed_from, "cur/"), file);
	box_move(renamed_from, to);
	errno = ENOENT;
	return -1;
}

static void
remove__of_what_is_renamed_again_and_again__fails(void **state)
{
	struct maildir md;
	struct table t;

	(void)state;
	deliver("cur/1.a:2,Z", "x\n");
	maildir_init(&md);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	table_init(&t, &md);
	assert_int_equal(table_open(&t, &(struct table_conf){ .index =
	    INDEX_OFF }), 0);
	assert_errno(table_act(&t, 0, rename_first), EAGAIN);
	assert_non_null(strstr(maildir_error(&md), "again and again"));
	table_close(&t);
	maildir_close(&md);
}

/* The clock was ahead, and is not any more. */
static void
index__with_a_time_in_the_future__is_not_written_again(void **state)
{
	char path[BOX_PATH_MAX];
	struct stat before, now;
	int i;

	(void)state;
	deliver("new/1.a", "x\n");
	fake_date = 1000000000;
	start();
	start_anew();
	assert_int_equal(stat(box_path(path, "solopop.index"), &before), 0);
	for (i = 0; i < 2; i++) {
		start_anew();
		assert_octets(1, 3);
		assert_int_equal(stat(path, &now), 0);
		assert_int_equal(now.st_ino, before.st_ino);
	}
	deliver("new/2.b", "yy\n");
	start_anew();
	assert_left(2, 7);
	fake_date = time(NULL);
}

/* A file server was restarted, and somebody was quicker. */
static void
lock__that_was_lost__ends_without_update(void **state)
{
	int ready[2], tell[2], status;
	struct maildrop *other;
	char byte = 'x';
	pid_t pid;

	(void)state;
	deliver("new/1.a", "x\n");
	start();
	assert_int_equal(maildrop_delete(drop, 1), 0);
	box_remove("solopop.lock");
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(tell), 0);
	if ((pid = fork()) == 0) {
		(void)close(tell[1]);
		if (maildrop_open(&other, box_top(), &conf) != MAILDROP_OPEN ||
		    write(ready[1], &byte, 1) != 1)
			_exit(1);
		_exit(read(tell[0], &byte, 1) == -1);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(maildrop_is_wanted(drop));
	assert_int_equal(update(), -1);
	assert_int_equal(removed.count, 0);
	assert_non_null(strstr(maildrop_error(drop), "lock was lost"));
	assert_true(box_has("new/1.a"));
	(void)close(tell[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(tell[0]);
	(void)close(ready[0]);
}

static void
open__to_read_only__writes_nothing(void **state)
{
	const struct maildrop_conf reader = { .lock = true, .index = INDEX_AUTO,
	    .read_only = true, .adopt = "auto" };

	(void)state;
	deliver("new/1.a,S=1", "x\n");
	deliver("new/1.a,S=2", "x\n");
	deliver("dovecot-uidlist", "3 V1 N2\n1 :1.a,S=1\n");
	assert_int_equal(maildrop_open(&drop, box_top(), &reader), 0);
	maildrop_mark_read(drop, 1);
	assert_int_equal(maildrop_update(drop, &removed), 0);
	maildrop_save(drop);
	assert_false(box_has("solopop.lock"));
	assert_false(box_has("solopop.index"));
	assert_false(box_has("solopop.uidl"));
	assert_true(box_has("new/1.a,S=1"));
}

/* The MD5 of the second name; it stays when the first message goes. */
static void
ids__of_names_that_tell_one_for_two__stay(void **state)
{
	char uidl[UIDL_MAX];

	(void)state;
	deliver("new/1.a,S=2", "x\n");
	deliver("new/1.a,U=7", "y\n");
	start();
	assert_uidl(1, "1.a");
	assert_int_equal(maildrop_uidl(drop, 2, uidl), 0);
	assert_int_equal(strlen(uidl), 32);
	box_remove("new/1.a,S=2");
	box_move("new/1.a,U=7", "cur/1.a,U=7:2,S");
	start_anew();
	assert_uidl(1, uidl);
	box_remove("solopop.index");
	maildrop_close(drop);
	start();
	assert_uidl(1, uidl);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links__of_one_message__go_together),
		TEST(remove__of_what_is_renamed_again_and_again__fails),
		TEST(index__with_a_time_in_the_future__is_not_written_again),
		TEST(lock__that_was_lost__ends_without_update),
		TEST(open__to_read_only__writes_nothing),
		TEST(ids__of_names_that_tell_one_for_two__stay),
		TEST(open__orders_by_time_and_name__new_and_cur_together),
		TEST(open__of_no_maildir__is_empty),
		TEST(open__without_new_or_cur__takes_what_is_there),
		TEST(open__leaves_out_what_is_no_message),
		TEST(read__of_a_renamed_message__finds_it),
		TEST(
	    read__of_a_vanished_message__fails__and_its_removal_is_done),
		TEST(delete__then_reset__nothing_is_deleted),
		TEST(last__is_what_was_retrieved_or_the_run_from_one),
		TEST(last__first_message_unread__is_zero),
		TEST(update__marks_read_messages__and_never_onto_another),
		TEST(twins__in_new_and_cur__are_two_messages),
		TEST(twin__whose_other_half_goes__keeps_its_id),
		TEST(twin__that_comes_later__takes_no_id_away),
		TEST(twin__by_an_adopted_id__keeps_its_own),
		TEST(twin__read_only__is_not_renamed),
		TEST(link__in_new_and_cur__is_one_message),
		TEST(next_session__with_the_index__sees_the_same),
		TEST(indexed_session__meets_renames_and_losses),
		TEST(index__of_a_damaged_body__ends_the_session_and_is_removed),
		TEST(open__of_a_message_that_cannot_be_read__leaves_it_out),
		TEST(update__where_nothing_can_be_removed__tells_so),
		TEST(
	    open__where_nothing_can_be_written__goes_on_without_a_lock),
		TEST(open__of_a_maildir_of_others__fails),
		TEST(open__while_another_session_has_it__is_refused),
		TEST(open__with_no_lock_wished__leaves_no_lock_file),
		TEST(open__of_a_plain_directory__only_reads),
		TEST(read__of_what_became_no_file__fails),
		TEST(update__after_all_were_renamed__finds_them_all),
		TEST(names__of_few_messages__are_not_believed),
		TEST(names__of_which_one_lies__are_not_believed),
		TEST(names__of_many_messages__are_believed__until_one_is_wrong),
		TEST(name__that_was_wrong__is_told_from_a_message_that_changed),
		TEST(names__of_no_files__are_not_believed),
		TEST(maildirsize__is_kept_true),
		TEST(twin__that_is_left__keeps_its_id_without_an_index),
		TEST(index__that_is_written__clears_drafts_of_killed_sessions),
		TEST(tmp__is_cleaned_of_what_nobody_touched_for_36_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
