/*
 * Draining a spool while others do what they should not, and what must be on
 * the disk before the spool is cut.  The calls that it makes pass through here.
 */
#include "box.h"
#include "fake_clock.h"
#include "import/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define F1 "From jane Mon Jan  1 10:00:00 2024\n"
#define F2 "From jane Mon Jan  1 10:00:01 2024\n"

static char spool[BOX_PATH_MAX];
static struct spool_conf conf;
static struct spool_report report;
static struct maildir md;

/* --- The calls -------------------------------------------------------------- */

static void (*on_link)(void);		/* once each */
static void (*on_lock_gone)(void);
static void (*on_sync)(void);		/* of a file */
static bool close_fails;
static ino_t synced[64];
static size_t n_synced, n_cut;
static bool top_was_synced, stage_was_synced, was_leased;

static void
once(void (**hook)(void))
{
	void (*act)(void) = *hook;

	*hook = NULL;
	if (act != NULL)
		act();
}

static bool
ends(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

static ino_t
inode(const char *name)
{
	char path[BOX_PATH_MAX];
	struct stat st;

	return stat(box_path(path, name), &st) == 0 ? st.st_ino : 0;
}

static bool
is_synced(ino_t ino)
{
	size_t i;

	for (i = 0; i < n_synced && synced[i] != ino; i++)
		continue;
	return i < n_synced;
}

int
linkat(int from, const char *a, int to, const char *b, int flags)
{
	once(&on_link);
	return (int)syscall(SYS_linkat, from, a, to, b, flags);
}

int
unlinkat(int at, const char *path, int flags)
{
	if (ends(path, "spool.lock"))
		once(&on_lock_gone);
	return (int)syscall(SYS_unlinkat, at, path, flags);
}

int
renameat(int from, const char *a, int to, const char *b)
{
	if (ends(a, "spool.lock"))
		once(&on_lock_gone);
	return (int)syscall(SYS_renameat2, from, a, to, b, 0);
}

int
fsync(int fd)
{
	struct stat st = { 0 };

	if (n_synced < COUNT(synced) && fstat(fd, &st) == 0)
		synced[n_synced++] = st.st_ino;
	if (S_ISREG(st.st_mode))
		once(&on_sync);
	return (int)syscall(SYS_fsync, fd);
}

int
ftruncate(int fd, off_t size)
{
	n_cut++;
	top_was_synced = is_synced(inode("."));
	stage_was_synced = is_synced(inode("solopop.drain"));
#ifdef F_GETLEASE
	was_leased = fcntl(fd, F_GETLEASE) == F_WRLCK;
#endif
	return (int)syscall(SYS_ftruncate, fd, (long)size);
}

int
close(int fd)
{
	bool failed = close_fails && (fcntl(fd, F_GETFL) & O_ACCMODE) ==
	    O_WRONLY;

	if (syscall(SYS_close, fd) == -1)
		return -1;
	if (!failed)
		return 0;
	errno = EDQUOT;
	return -1;
}

/* --- The Maildir ------------------------------------------------------------ */

static int
set_up(void **state)
{
	if (box_set_up(state) != 0)
		return -1;
	conf = (struct spool_conf){ .path = box_path(spool, "spool"),
	    .lock_gid = (gid_t)-1, .lock_wait = 20000 };
	maildir_init(&md);
	fake_step = 10;
	was_leased = false;
	on_link = on_lock_gone = on_sync = NULL;
	close_fails = false;
	n_synced = n_cut = 0;
	return maildir_open(&md, box_top());
}

static int
tear_down(void **state)
{
	close_fails = false;
	maildir_close(&md);
	return box_tear_down(state);
}

static int
drain(void)
{
	return spool_drain(&md, &conf, &report);
}

static void
append(const char *text)
{
	int fd = open(spool, O_WRONLY | O_APPEND);
	size_t len = strlen(text);

	assert_int_equal(write(fd, text, len), len);
	(void)close(fd);
}

/* How many messages have the text in them? */
static int
count(const char *text)
{
	char path[BOX_PATH_MAX], bytes[4096];
	struct dirent *entry;
	int found = 0, fd;
	ssize_t n;
	DIR *dir;

	dir = opendir(box_path(path, "new"));
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
		n = read(fd, bytes, sizeof bytes - 1);
		(void)close(fd);
		assert_true(n >= 0);
		bytes[n] = '\0';
		found += strstr(bytes, text) != NULL;
	}
	(void)closedir(dir);
	return found;
}

/* --- The tests -------------------------------------------------------------- */

static void
cut__comes_after_all_is_on_the_disk(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	assert_int_equal(drain(), 0);
	assert_int_equal(n_cut, 1);
	assert_true(top_was_synced);
	assert_true(stage_was_synced);
	assert_true(is_synced(inode("spool")));
	assert_true(is_synced(inode("new")));
}

static void
cut__comes_while_nobody_has_it_open(void **state)
{
	int fd, leases = -1;

	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	fd = open(spool, O_RDWR);
#ifdef F_SETLEASE
	leases = fcntl(fd, F_SETLEASE, F_WRLCK);
#endif
	(void)close(fd);
	if (leases == -1)
		skip();			/* not with this file system */
	assert_int_equal(drain(), 0);
	assert_true(was_leased);
	/* Nor is it waited for for ever. */
	box_put("spool", SPAN(F1 "a: b\n\ntwo\n"));
	fd = open(spool, O_RDONLY);
	assert_int_equal(drain(), 0);
	assert_false(was_leased);
	assert_int_equal(count("two\n"), 1);
	(void)close(fd);
}

static void
maildir__that_is_made__is_there_after_a_crash(void **state)
{
	char path[BOX_PATH_MAX];
	struct maildir made;

	(void)state;
	maildir_init(&made);
	assert_int_equal(maildir_make(&made, box_path(path, "Maildir")), 0);
	assert_true(is_synced(inode(".")));
	assert_true(is_synced(inode("Maildir")));
	n_synced = 0;
	maildir_close(&made);
	maildir_init(&made);
	assert_int_equal(maildir_make(&made, path), 0);
	assert_int_equal(n_synced, 0);
	maildir_close(&made);
}

static void
grow_by_half(void)
{
	append("\n" F2 "c: d\n\nha");
}

static void
grow_by_the_rest(void)
{
	append("lf\n");
}

/* Without a lock, in two pieces, the one before the look and one behind it. */
static void
append__in_two_pieces__comes_in_one(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	grow_by_half();
	on_sync = grow_by_the_rest;
	assert_int_equal(drain(), 0);
	box_expect("spool", "");
	assert_int_equal(count("one\n"), 1);
	assert_int_equal(count("half\n"), 1);
	assert_int_equal(report.messages, 2);
}

static void
append__while_it_is_copied__is_not_cut_off(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	on_sync = grow_by_half;
	assert_int_equal(drain(), 0);
	assert_int_equal(count("ha"), 1);
}

static void
grow_again(void)
{
	append("\n" F2 "c: d\n\nmore\n");
	on_sync = grow_again;
}

static void
append__without_an_end__is_left_for_the_next_time(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	on_sync = grow_again;
	assert_errno(drain(), EAGAIN);
	on_sync = NULL;
	assert_int_equal(n_cut, 0);
	assert_false(box_has("solopop.drain"));
	assert_int_equal(count(""), 0);
	assert_int_equal(drain(), 0);
	assert_int_equal(count("one\n"), 1);
	assert_true(count("more\n") > 4);
}

static void
replace_spool(void)
{
	box_put("spool.theirs", SPAN(F2 "c: d\n\ntheirs\n"));
	box_move("spool.theirs", "spool");
}

/* A mail reader has written the mbox anew while we waited for the lock. */
static void
spool__that_was_replaced__is_the_one_that_counts(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\ndeleted by the reader\n"));
	on_link = replace_spool;
	assert_int_equal(drain(), 0);
	assert_int_equal(count("deleted"), 0);
	assert_int_equal(count("theirs"), 1);
	box_expect("spool", "");
}

static void
remove_spool(void)
{
	box_remove("spool");
}

static void
spool__that_is_gone__is_none(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	on_link = remove_spool;
	assert_int_equal(drain(), 0);
	assert_int_equal(count(""), 0);
	assert_false(box_has("solopop.drain"));
	assert_false(box_has("spool.lock"));
}

static void
take_the_lock(void)
{
	box_remove("spool.lock");
	box_put("spool.lock", SPAN("4711\n"));
}

/* Two waiters see one old lock: who is second must not remove the first's. */
static void
old_lock__that_another_removed_first__is_not_stolen(void **state)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	box_put("spool.lock", SPAN("1\n"));
	assert_int_equal(utimensat(AT_FDCWD, box_path(path, "spool.lock"),
	    old, 0), 0);
	on_lock_gone = take_the_lock;
	assert_errno(drain(), EAGAIN);
	box_expect("spool.lock", "4711\n");
	assert_int_equal(count(""), 0);
}

/* We were stopped, our lock got old, and somebody else writes there now. */
static void
lock__that_was_taken_away__stops_us_and_stays(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	on_sync = take_the_lock;
	assert_errno(drain(), EAGAIN);
	assert_int_equal(n_cut, 0);
	box_expect("spool.lock", "4711\n");
	box_expect("spool", F1 "a: b\n\none\n");
	assert_int_equal(count(""), 0);
	box_remove("spool.lock");
	assert_int_equal(drain(), 0);
	assert_int_equal(count("one\n"), 1);
}

static const struct timespec past[2] = { { .tv_sec = 1000 },
    { .tv_sec = 1000 } };
static time_t lock_time;

/* A minute goes by, and others look how old our lock is. */
static void
let_it_get_old(void)
{
	char path[BOX_PATH_MAX];

	assert_int_equal(utimensat(AT_FDCWD, box_path(path, "spool.lock"), past,
	    0), 0);
	fake_now += 60000;
}

static void
let_others_have_it(void)
{
	take_the_lock();
	let_it_get_old();
}

static void
note_its_time(void)
{
	char path[BOX_PATH_MAX];
	struct stat st;

	assert_int_equal(lstat(box_path(path, "spool.lock"), &st), 0);
	lock_time = st.st_mtime;
}

static void
lock__that_is_held_for_minutes__is_kept_young(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n\n" F2 "a: b\n\ntwo\n"));
	on_sync = let_it_get_old;
	on_lock_gone = note_its_time;
	assert_int_equal(drain(), 0);
	assert_true(lock_time > past[1].tv_sec);
	assert_int_equal(count("one\n"), 1);
	assert_false(box_has("spool.lock"));
}

static void
lock__of_somebody_else__is_not_kept_young(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n\n" F2 "a: b\n\ntwo\n"));
	on_sync = let_others_have_it;
	assert_errno(drain(), EAGAIN);
	note_its_time();
	assert_int_equal(lock_time, past[1].tv_sec);
	assert_int_equal(n_cut, 0);
}

/* Mail comes all the same: fcntl(2) is what there is. */
static void
directory__that_takes_no_lock__does_without_and_says_so(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_be_nobody();
	assert_int_equal(mkdir(box_path(path, "mail"), 0700), 0);
	box_put("mail/spool", SPAN(F1 "a: b\n\none\n"));
	assert_int_equal(chmod(path, 0500), 0);
	conf.path = box_path(spool, "mail/spool");
	assert_int_equal(drain(), 0);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_not_equal(report.no_dotlock, 0);
	assert_int_equal(count("one\n"), 1);
	box_expect("mail/spool", "");
	box_put("mail/spool", SPAN(F2 "a: b\n\ntwo\n"));
	assert_int_equal(drain(), 0);
	assert_int_equal(report.no_dotlock, 0);
	assert_int_equal(count("two\n"), 1);
}

/* NFS tells of a full disk when a file is closed, and at no other time. */
static void
copy__whose_close_fails__is_none(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "a: b\n\none\n"));
	close_fails = true;
	assert_errno(drain(), EDQUOT);
	close_fails = false;
	assert_int_equal(n_cut, 0);
	box_expect("spool", F1 "a: b\n\none\n");
	assert_false(box_has("solopop.drain"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cut__comes_after_all_is_on_the_disk),
		TEST(cut__comes_while_nobody_has_it_open),
		TEST(maildir__that_is_made__is_there_after_a_crash),
		TEST(append__in_two_pieces__comes_in_one),
		TEST(append__while_it_is_copied__is_not_cut_off),
		TEST(append__without_an_end__is_left_for_the_next_time),
		TEST(spool__that_was_replaced__is_the_one_that_counts),
		TEST(spool__that_is_gone__is_none),
		TEST(old_lock__that_another_removed_first__is_not_stolen),
		TEST(lock__that_was_taken_away__stops_us_and_stays),
		TEST(lock__that_is_held_for_minutes__is_kept_young),
		TEST(lock__of_somebody_else__is_not_kept_young),
		TEST(directory__that_takes_no_lock__does_without_and_says_so),
		TEST(copy__whose_close_fails__is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
