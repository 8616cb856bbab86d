/*
 * Certificates and keys: what is read, what is not, and that it is overwritten.
 */
#include "unit.h"

#include "base/secret.h"
#include "tls/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/bytes.XXXXXX";
static int dir = -1;

/* What was overwritten last, in place of base/secret.c. */
static struct {
	const void *p;
	size_t len;
	unsigned times;
} erased;

void
secret_erase(void *p, size_t len)
{
	erased.p = p;
	erased.len = len;
	erased.times++;
	memset(p, 0, len);
}

static int
set_up(void **state)
{
	(void)state;
	(void)strcpy(top, "/tmp/bytes.XXXXXX");
	memset(&erased, 0, sizeof erased);
	return mkdtemp(top) == NULL || (dir = open(top, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC)) == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "key", "fifo", "link" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		(void)unlinkat(dir, names[i], 0);
	(void)unlinkat(dir, "dir", AT_REMOVEDIR);
	(void)close(dir);
	return rmdir(top);
}

static void
put(const char *name, size_t len, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	for (; len > 0; len--)
		assert_int_equal(write(fd, "k", 1), 1);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void
key__is_read_whole_and_overwritten_afterwards(void **state)
{
	struct bytes b;
	const void *p;

	(void)state;
	put("key", 100, 0640);
	assert_int_equal(bytes_read(&b, dir, "key"), 0);
	assert_int_equal(b.len, 100);
	assert_memory_equal(b.p, "kkkk", 4);
	assert_int_equal(b.uid, geteuid());
	assert_int_equal(b.mode & 07777, 0640);
	p = b.p;
	errno = ENOTDIR;
	bytes_free(&b);
	assert_int_equal(errno, ENOTDIR);
	assert_ptr_equal(erased.p, p);
	assert_int_equal(erased.len, 100);
	assert_int_equal(erased.times, 1);
	assert_null(b.p);
	assert_int_equal(b.len, 0);
	bytes_free(&b);
	assert_int_equal(erased.times, 1);
}

static void
what_is_no_plain_file__is_refused_at_once(void **state)
{
	static const char *const names[] = { "fifo", "dir", "/dev/null" };
	struct bytes b;
	size_t i;

	(void)state;
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(mkdirat(dir, "dir", 0700), 0);
	for (i = 0; i < COUNT(names); i++) {
		assert_errno(bytes_read(&b, dir, names[i]), EINVAL);
		assert_null(b.p);
	}
	assert_errno(bytes_read(&b, dir, "nothing"), ENOENT);
	assert_int_equal(erased.times, 0);
}

static void
file__as_long_as_it_may_be__and_one_byte_more(void **state)
{
	struct bytes b;
	int fd;

	(void)state;
	put("key", 0, 0600);
	fd = openat(dir, "key", O_WRONLY);
	assert_int_equal(ftruncate(fd, BYTES_MAX), 0);
	assert_int_equal(bytes_read(&b, dir, "key"), 0);
	assert_int_equal(b.len, BYTES_MAX);
	bytes_free(&b);
	assert_int_equal(ftruncate(fd, BYTES_MAX + 1), 0);
	assert_errno(bytes_read(&b, dir, "key"), EFBIG);
	assert_null(b.p);
	assert_int_equal(close(fd), 0);
}

static void
mode__of_every_user__is_public(void **state)
{
	static const struct {
		mode_t mode;
		bool public;
	} cases[] = {
		{ 0600, false }, { 0640, false }, { 0660, false },
		{ 0604, true }, { 0602, true }, { 0601, true }, { 0644, true }
	};
	struct bytes b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		put("key", 1, cases[i].mode);
		assert_int_equal(bytes_read(&b, dir, "key"), 0);
		assert_int_equal(bytes_is_public(&b), cases[i].public);
		bytes_free(&b);
		assert_int_equal(unlinkat(dir, "key", 0), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(key__is_read_whole_and_overwritten_afterwards),
		TEST(what_is_no_plain_file__is_refused_at_once),
		TEST(file__as_long_as_it_may_be__and_one_byte_more),
		TEST(mode__of_every_user__is_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
