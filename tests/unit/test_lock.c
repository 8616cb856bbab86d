#include "base/fd.h"
#include "fake_clock.h"
#include "maildir/lock.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char path[] = "/tmp/solopop-lock.XXXXXX";
static int top;

static int
set_up(void **state)
{
	(void)state;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	if (mkdtemp(path) == NULL)
		return -1;
	top = open(path, O_RDONLY | O_DIRECTORY);
	return top == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlinkat(top, LOCK_FILE, 0);
	(void)unlinkat(top, "other", 0);
	fd_close(&top);
	return rmdir(path);
}

/* fcntl locks are a process's: the other session must be another one. */
static int
in_child(int (*what)(void))
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(what());
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
try_at_once(void)
{
	struct lock l;

	lock_init(&l);
	return (int)lock_take(&l, top, 0);
}

static int
try_for_five_seconds(void)
{
	int64_t began = fake_now;
	struct lock l;

	lock_init(&l);
	if (lock_take(&l, top, 5000) == LOCK_HELD)
		return LOCK_HELD;
	return errno == EAGAIN && fake_now - began >= 5000 &&
	    fake_now - began < 5500 ? LOCK_IN_USE : 99;
}

/* As a holder would see it, with the lock file open and no lock of its own. */
static int
is_not_wanted(void)
{
	struct lock l = { openat(top, LOCK_FILE, O_RDWR) };

	return lock_is_wanted(&l) ? 1 : 0;
}

static void
take__twice__second_is_refused_until_released(void **state)
{
	struct lock l;

	(void)state;
	lock_init(&l);
	assert_int_equal(lock_take(&l, top, 0), 0);
	assert_int_equal(in_child(try_at_once), LOCK_IN_USE);
	assert_int_equal(in_child(try_for_five_seconds),
	    LOCK_IN_USE);
	lock_release(&l);
	assert_int_equal(l.fd, -1);
	assert_int_equal(in_child(try_at_once), 0);
	assert_int_equal(in_child(try_for_five_seconds), 0);
}

static void
take__after_the_holder_died__succeeds(void **state)
{
	(void)state;
	assert_int_equal(in_child(try_at_once), 0);
	assert_int_equal(try_at_once(), 0);
}

/* Wait with the lock wanted until the other end of the pipe closes. */
static void
want_until_told(int told, int ready)
{
	struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = 1, .l_len = 1 };
	int fd = openat(top, LOCK_FILE, O_RDWR);
	char byte;

	if (fcntl(fd, F_SETLK, &f) == -1 || write(ready, "x", 1) != 1)
		_exit(1);
	_exit(read(told, &byte, 1) == -1);
}

static void
wanted__while_somebody_waits(void **state)
{
	int tell[2], ready[2];
	struct lock l;
	char byte;
	pid_t pid;

	(void)state;
	lock_init(&l);
	assert_false(lock_is_wanted(&l));
	assert_int_equal(lock_take(&l, top, 0), 0);
	assert_false(lock_is_wanted(&l));
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		(void)close(tell[1]);
		want_until_told(tell[0], ready[1]);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(lock_is_wanted(&l));
	(void)close(tell[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(lock_is_wanted(&l));
	lock_release(&l);
	(void)close(tell[0]);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* Hold the lock until somebody wants it; a second is long enough for that. */
static void
hold_until_wanted(int ready)
{
	struct timespec nap = { 0, 1000000 };
	struct lock l;
	int i;

	lock_init(&l);
	if (lock_take(&l, top, 0) != LOCK_HELD || write(ready, "x", 1) != 1)
		_exit(1);
	for (i = 0; i < 1000 && !lock_is_wanted(&l); i++)
		(void)nanosleep(&nap, NULL);
	_exit(i < 1000 ? 0 : 2);
}

static void
take__with_patience__lets_the_holder_know(void **state)
{
	int ready[2], status;
	struct lock l;
	char byte;
	pid_t pid;

	(void)state;
	lock_init(&l);
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0)
		hold_until_wanted(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(lock_take(&l, top, INT64_MAX / 4), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* Who has it wants it no more. */
	assert_int_equal(in_child(is_not_wanted), 0);
	lock_release(&l);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void
take__of_a_name_that_is_no_files__fails(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("other", top, LOCK_FILE), 0);
	assert_int_equal(try_at_once(), LOCK_NOT_A_FILE);
	assert_int_equal(unlinkat(top, LOCK_FILE, 0), 0);
	assert_int_equal(mkfifoat(top, LOCK_FILE, 0600), 0);
	assert_int_equal(try_at_once(), LOCK_NOT_A_FILE);
	assert_int_equal(unlinkat(top, LOCK_FILE, 0), 0);
	assert_int_equal(mkdirat(top, LOCK_FILE, 0700), 0);
	assert_int_equal(try_at_once(), LOCK_NOT_A_FILE);
	assert_int_equal(unlinkat(top, LOCK_FILE, AT_REMOVEDIR), 0);
}

/* A backup is made of hard links, and file systems have no owners. */
static void
take__of_a_file_with_two_names_and_another_owner__succeeds(void **state)
{
	int fd = openat(top, "other", O_RDWR | O_CREAT, 0600);

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(linkat(top, "other", top, LOCK_FILE, 0), 0);
	assert_int_equal(in_child(try_at_once), LOCK_HELD);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 1, 1), 0);
		assert_int_equal(in_child(try_at_once), LOCK_HELD);
	}
	(void)close(fd);
}

static void
take__where_no_file_can_be_made__is_impossible(void **state)
{
	struct lock l;
	int file = openat(top, "other", O_RDWR | O_CREAT, 0600);

	(void)state;
	lock_init(&l);
	assert_int_equal(lock_take(&l, file, 0), LOCK_IMPOSSIBLE);
	assert_int_equal(l.fd, -1);
	(void)close(file);
}

static void
held__after_the_file_was_removed__takes_it_again(void **state)
{
	struct lock l;

	(void)state;
	lock_init(&l);
	assert_false(lock_is_held(&l, top));
	assert_int_equal(lock_take(&l, top, 0), LOCK_HELD);
	assert_true(lock_is_held(&l, top));
	assert_int_equal(unlinkat(top, LOCK_FILE, 0), 0);
	assert_true(lock_is_held(&l, top));
	assert_int_equal(in_child(try_at_once), LOCK_IN_USE);
	lock_release(&l);
}

static int
hold_for_good(void)
{
	struct lock l;

	lock_init(&l);
	if (lock_take(&l, top, 0) != LOCK_HELD)
		return 1;
	(void)kill(getpid(), SIGSTOP);
	return 0;
}

/* As after the restart of a file server: the lock is gone, or the file is. */
static void
held__after_another_session_took_it__is_false(void **state)
{
	struct flock none = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
	int status, way;
	struct lock l;
	pid_t pid;

	(void)state;
	for (way = 0; way < 2; way++) {
		lock_init(&l);
		assert_int_equal(lock_take(&l, top, 0), LOCK_HELD);
		if (way == 0)
			assert_int_equal(fcntl(l.fd, F_SETLK, &none), 0);
		else
			assert_int_equal(unlinkat(top, LOCK_FILE, 0), 0);
		if ((pid = fork()) == 0)
			_exit(hold_for_good());
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		assert_false(lock_is_held(&l, top));
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		lock_release(&l);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(take__twice__second_is_refused_until_released),
		TEST(take__after_the_holder_died__succeeds),
		TEST(wanted__while_somebody_waits),
		TEST(take__with_patience__lets_the_holder_know),
		TEST(take__of_a_name_that_is_no_files__fails),
		TEST(
	    take__of_a_file_with_two_names_and_another_owner__succeeds),
		TEST(take__where_no_file_can_be_made__is_impossible),
		TEST(held__after_the_file_was_removed__takes_it_again),
		TEST(held__after_another_session_took_it__is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
