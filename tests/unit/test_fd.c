#include "base/fd.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
close__sets_minus_one_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY), kept = fd;

	(void)state;
	errno = ENOENT;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_errno(fcntl(kept, F_GETFD), EBADF);
	errno = ENOENT;
	fd_close(&fd);
	assert_int_equal(errno, ENOENT);
}

static void
same__is_of_files_and_not_of_numbers(void **state)
{
	int a = open("/dev/null", O_RDONLY), b = open("/dev/null", O_WRONLY);
	int zero = open("/dev/zero", O_RDONLY), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(fd_same(a, b));
	assert_true(fd_same(ends[0], ends[1]));
	assert_false(fd_same(a, zero));
	assert_false(fd_same(a, ends[0]));
	assert_false(fd_same(a, -1));
	assert_false(fd_same(-1, -1));
	(void)close(a);
	(void)close(b);
	(void)close(zero);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
is_socket__of_each_kind(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(fd_is_socket(ends[0]));
	assert_false(fd_is_socket(-1));
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(fd_is_socket(ends[0]));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
own_file__is_plain_and_has_one_name(void **state)
{
	char path[] = "/tmp/solopop-fd.XXXXXX", other[sizeof path + 2];
	int fd = mkstemp(path), ends[2];

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(fd_is_own_file(fd), 0);
	(void)snprintf(other, sizeof other, "%s.2", path);
	assert_int_equal(link(path, other), 0);
	assert_errno(fd_is_own_file(fd), EPERM);
	(void)unlink(other);
	assert_int_equal(fd_is_own_file(fd), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 65534, 65534), 0);
		assert_errno(fd_is_own_file(fd), EPERM);
	}
	(void)unlink(path);
	(void)close(fd);
	assert_errno(fd_is_own_file(fd), EBADF);
	assert_int_equal(pipe(ends), 0);
	assert_errno(fd_is_own_file(ends[0]), EPERM);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
file_of__its_owner_or_ours__is_taken(void **state)
{
	char path[] = "/tmp/solopop-fd.XXXXXX";
	int fd = mkstemp(path), ends[2];
	uid_t other = geteuid() + 1;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(fd_is_file_of(fd, other), 0);	/* it is ours */
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 65534, 65534), 0);
		assert_int_equal(fd_is_file_of(fd, 65534), 0);
		assert_errno(fd_is_file_of(fd, 65533), EPERM);
		assert_errno(fd_is_file_of(fd, 0), EPERM);
		assert_null(fd_read_all(fd, 10, NULL));
	}
	(void)unlink(path);
	(void)close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_errno(fd_is_file_of(ends[0], geteuid()), EPERM);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
read_at__stops_at_its_end_the_rooms_and_the_files(void **state)
{
	char path[] = "/tmp/solopop-fd.XXXXXX", text[8];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(fd_write_all(fd, "0123456789", 10), 0);
	assert_int_equal(fd_read_at(fd, text, sizeof text, 2, 5), 3);
	assert_memory_equal(text, "234", 3);
	assert_int_equal(fd_read_at(fd, text, 2, 2, 5), 2);
	assert_int_equal(fd_read_at(fd, text, sizeof text, 7, 100), 3);
	assert_memory_equal(text, "789", 3);
	assert_int_equal(fd_read_at(fd, text, sizeof text, 10, 100), 0);
	assert_int_equal(fd_read_at(fd, text, sizeof text, 5, 5), 0);
	assert_int_equal(fd_read_at(fd, text, sizeof text, 6, 5), 0);
	(void)unlink(path);
	(void)close(fd);
	assert_errno((int)fd_read_at(fd, text, sizeof text, 0, 5), EBADF);
}

static void
copy__is_ours_alone__above_the_standard_ones(void **state)
{
	int fd = fd_copy(STDIN_FILENO);

	(void)state;
	assert_true(fd > STDERR_FILENO);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
	assert_errno(fd_copy(-1), EBADF);
}

static void
write_all__writes_all_or_fails(void **state)
{
	char path[] = "/tmp/solopop-fd.XXXXXX", got[8] = "";
	int fd = mkstemp(path);

	(void)state;
	(void)unlink(path);
	assert_int_equal(fd_write_all(fd, "abc", 3), 0);
	assert_int_equal(fd_write_all(fd, NULL, 0), 0);
	assert_int_equal(fd_write_all(fd, "d", 1), 0);
	assert_int_equal(pread(fd, got, sizeof got, 0), 4);
	assert_string_equal(got, "abcd");
	(void)close(fd);
	assert_errno(fd_write_all(fd, "x", 1), EBADF);
}

/* What follows closes much, so each runs in a process of its own. */
static int
in_child(int (*what)(void))
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(what());
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Two that are in each other's place, and others that nobody knows of. */
static int
keep_two(void)
{
	int a, b, i, ends[2], *fds[2] = { &a, &b };

	if (pipe(ends) == -1 || dup2(ends[1], 20) == -1 ||
	    dup2(ends[0], 4) == -1 || dup2(20, 3) == -1)
		return 1;
	a = 4;
	b = 3;
	if (fd_keep(fds, 2) == -1 || a != 3 || b != 4)
		return 2;
	if (write(b, "x", 1) != 1 || !(fcntl(a, F_GETFD) & FD_CLOEXEC) ||
	    !(fcntl(b, F_GETFD) & FD_CLOEXEC))
		return 3;
	for (i = 5; i < 64; i++)
		if (is_open(i))
			return 4;
	return is_open(STDERR_FILENO) ? 0 : 5;
}

static int
keep_one_that_is_closed(void)
{
	int a = 60, *fds[1] = { &a };

	fd_close_from(3);
	return fd_keep(fds, 1) == -1 && errno == EBADF ? 0 : 1;
}

static int
open_standard(void)
{
	fd_close_from(0);
	if (fd_open_standard() == -1)
		return 1;
	if (!is_open(0) || !is_open(1) || !is_open(2) || is_open(3))
		return 2;
	if (fd_open_standard() == -1 || is_open(3))
		return 3;
	return write(1, "nobody sees this", 16) == 16 ? 0 : 4;
}

static int
to_null(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) == -1 || dup2(ends[1], 2) == -1 || close(ends[1]) == -1)
		return 1;
	if (fd_to_null(2) == -1 || write(2, "x", 1) != 1)
		return 2;
	/* That was the last of the pipe's writing end. */
	return read(ends[0], &byte, 1) == 0 ? 0 : 3;
}

static void
keep__moves_what_is_in_each_others_place(void **state)
{
	(void)state;
	assert_int_equal(in_child(keep_two), 0);
	assert_int_equal(in_child(keep_one_that_is_closed), 0);
}

static void
standard__ones_that_came_closed__are_opened(void **state)
{
	(void)state;
	assert_int_equal(in_child(open_standard), 0);
	assert_int_equal(in_child(to_null), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close__sets_minus_one_and_keeps_errno),
		cmocka_unit_test(same__is_of_files_and_not_of_numbers),
		cmocka_unit_test(is_socket__of_each_kind),
		cmocka_unit_test(own_file__is_plain_and_has_one_name),
		cmocka_unit_test(file_of__its_owner_or_ours__is_taken),
		cmocka_unit_test(
		    read_at__stops_at_its_end_the_rooms_and_the_files),
		cmocka_unit_test(copy__is_ours_alone__above_the_standard_ones),
		cmocka_unit_test(write_all__writes_all_or_fails),
		cmocka_unit_test(keep__moves_what_is_in_each_others_place),
		cmocka_unit_test(standard__ones_that_came_closed__are_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
