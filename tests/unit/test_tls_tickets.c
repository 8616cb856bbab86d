/*
 * The file of ticket keys: its form, what time does to it, and what is done
 * about files that are not as they should be.
 */
#include "tls/tickets.h"
#include "unit.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1700000000

static char dir[64], path[80], fresh[96], target[96];
static uid_t pretended;			/* 0: the one that we have */

/* Instead of the C library's. */
uid_t
geteuid(void)
{
	return pretended != 0 ? pretended : getuid();
}

static int
set_up(void **state)
{
	(void)state;
	pretended = 0;
	(void)snprintf(dir, sizeof dir, "tickets.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/keys", dir);
	(void)snprintf(fresh, sizeof fresh, "%s.new", path);
	(void)snprintf(target, sizeof target, "%s/target", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(fresh);
	(void)unlink(target);
	return rmdir(dir);
}

static void
put(const char *name, const unsigned char *bytes, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static struct tickets
two_keys(void)
{
	struct tickets t = { .n = 0 };

	assert_int_equal(tickets_rotate(&t, NOW - TICKETS_PERIOD), 1);
	assert_int_equal(tickets_rotate(&t, NOW), 1);
	assert_int_equal(t.n, 2);
	return t;
}

static void
decode__what_was_encoded__is_the_same(void **state)
{
	unsigned char bytes[TICKETS_SIZE];
	struct tickets t = two_keys(), back;

	(void)state;
	for (; ; t.n--) {
		assert_int_equal(tickets_encode(bytes, &t), 0);
		assert_int_equal(tickets_decode(&back, bytes, sizeof bytes), 0);
		assert_int_equal(back.n, t.n);
		if (t.n == 0)
			break;
		assert_memory_equal(back.key, t.key, t.n * sizeof t.key[0]);
	}
}

static void
decode__any_byte_changed_or_missing__is_refused(void **state)
{
	unsigned char bytes[TICKETS_SIZE + 1];
	struct tickets t = two_keys(), back;
	size_t i;

	(void)state;
	assert_int_equal(tickets_encode(bytes, &t), 0);
	for (i = 0; i < TICKETS_SIZE; i++) {
		bytes[i] ^= 1;
		assert_int_equal(tickets_decode(&back, bytes, TICKETS_SIZE),
		    -1);
		bytes[i] ^= 1;
		assert_int_equal(tickets_decode(&back, bytes, i), -1);
	}
	bytes[TICKETS_SIZE] = 0;
	assert_int_equal(tickets_decode(&back, bytes, TICKETS_SIZE + 1), -1);
}

static void
rotate__by_age__keeps_replaces_or_forgets(void **state)
{
	static const struct {
		time_t age;
		int changes;
		size_t n;
	} cases[] = {
		{ 0, 0, 1 },
		{ TICKETS_PERIOD - 1, 0, 1 },
		{ TICKETS_PERIOD, 1, 2 },
		{ 2 * TICKETS_PERIOD - 1, 1, 2 },
		{ 2 * TICKETS_PERIOD, 1, 1 },
		{ -1, 1, 1 },		/* the clock went back */
	};
	struct tickets t;
	unsigned char name[TICKETS_NAME];
	size_t i;
	int old;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		t.n = 0;
		assert_int_equal(tickets_rotate(&t, NOW), 1);
		memcpy(name, t.key[0].name, sizeof name);
		assert_int_equal(tickets_rotate(&t, NOW + cases[i].age),
		    cases[i].changes);
		assert_int_equal(t.n, cases[i].n);
		assert_int_equal(tickets_find(&t, name, &old) != NULL,
		    !cases[i].changes || cases[i].n == 2);
	}
}

static void
find__key_before__is_old(void **state)
{
	struct tickets t = two_keys();
	static const unsigned char nobody[TICKETS_NAME];
	int old;

	(void)state;
	assert_ptr_equal(tickets_find(&t, t.key[0].name, &old), &t.key[0]);
	assert_false(old);
	assert_ptr_equal(tickets_find(&t, t.key[1].name, &old), &t.key[1]);
	assert_true(old);
	assert_null(tickets_find(&t, nobody, &old));
}

static void
open__no_file__makes_one_for_us_alone(void **state)
{
	struct tickets t, again;
	struct stat st;

	(void)state;
	assert_int_equal(tickets_open(&t, path, NOW), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(fresh, F_OK), -1);
	assert_int_equal(tickets_open(&again, path, NOW + 1), 0);
	assert_memory_equal(t.key, again.key, sizeof t.key[0]);
}

static void
open__grown_old__new_key_in_front_of_the_old_one(void **state)
{
	struct tickets t, again;

	(void)state;
	assert_int_equal(tickets_open(&t, path, NOW), 0);
	assert_int_equal(tickets_open(&again, path, NOW + TICKETS_PERIOD), 0);
	assert_int_equal(again.n, 2);
	assert_memory_equal(&t.key[0], &again.key[1], sizeof t.key[0]);
	assert_memory_not_equal(&t.key[0], &again.key[0], sizeof t.key[0]);
}

static void
open__not_to_be_believed__is_replaced(void **state)
{
	unsigned char bytes[TICKETS_SIZE + 1] = { 0 };
	struct tickets t, known = { .n = 0 };
	int i, old;

	(void)state;
	assert_int_equal(tickets_rotate(&known, NOW), 1);
	for (i = 0; i < 4; i++) {
		assert_int_equal(tickets_encode(bytes, &known), 0);
		(void)unlink(path);
		put(path, bytes, i == 0 ? 0 : i == 1 ? TICKETS_SIZE - 1 :
		    i == 2 ? TICKETS_SIZE + 1 : TICKETS_SIZE,
		    i == 3 ? 0640 : 0600);
		assert_int_equal(tickets_open(&t, path, NOW), 0);
		assert_int_equal(t.n, 1);
		assert_null(tickets_find(&t, known.key[0].name, &old));
	}
}

static void
put_keys(const char *name, const struct tickets *t)
{
	unsigned char bytes[TICKETS_SIZE];

	assert_int_equal(tickets_encode(bytes, t), 0);
	put(name, bytes, sizeof bytes, 0600);
}

static void
open__file_of_another_user__is_replaced(void **state)
{
	struct tickets t, known = { .n = 0 };
	int old;

	(void)state;
	assert_int_equal(tickets_rotate(&known, NOW), 1);
	put_keys(path, &known);
	assert_int_equal(tickets_open(&t, path, NOW), 0);
	assert_non_null(tickets_find(&t, known.key[0].name, &old));
	pretended = getuid() + 1;
	assert_int_equal(tickets_open(&t, path, NOW), 0);
	assert_null(tickets_find(&t, known.key[0].name, &old));
}

static void
open__link__is_replaced_and_its_target_left(void **state)
{
	struct tickets t, known = { .n = 0 };
	struct stat st;
	int old;

	(void)state;
	assert_int_equal(tickets_rotate(&known, NOW), 1);
	put_keys(target, &known);
	assert_int_equal(symlink("target", path), 0);
	assert_int_equal(tickets_open(&t, path, NOW), 0);
	assert_null(tickets_find(&t, known.key[0].name, &old));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, TICKETS_SIZE);
}

static void
open__somebody_else_writes__goes_on_with_what_there_is(void **state)
{
	struct tickets t;
	struct stat st;

	(void)state;
	put(fresh, (const unsigned char *)"", 0, 0600);
	assert_int_equal(stat(fresh, &st), 0);
	assert_int_equal(tickets_open(&t, path, st.st_mtime), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(t.n, 0);
	(void)unlink(fresh);
	assert_int_equal(tickets_open(&t, path, st.st_mtime -
	    TICKETS_PERIOD - 1), 0);
	put(fresh, (const unsigned char *)"", 0, 0600);
	assert_int_equal(tickets_open(&t, path, st.st_mtime), 0);
	assert_int_equal(t.n, 1);
}

static void
open__who_began_to_write_is_dead__is_swept_away(void **state)
{
	struct tickets t;
	struct stat st;

	(void)state;
	put(fresh, (const unsigned char *)"half", 4, 0600);
	assert_int_equal(stat(fresh, &st), 0);
	assert_int_equal(tickets_open(&t, path, st.st_mtime + 61), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(access(fresh, F_OK), -1);
}

static void
open__no_directory__fails(void **state)
{
	struct tickets t;

	(void)state;
	assert_int_equal(tickets_open(&t, "nowhere/keys", NOW), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(t.n, 0);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__what_was_encoded__is_the_same),
		cmocka_unit_test(
		    decode__any_byte_changed_or_missing__is_refused),
		cmocka_unit_test(rotate__by_age__keeps_replaces_or_forgets),
		cmocka_unit_test(find__key_before__is_old),
		FILE_TEST(open__no_file__makes_one_for_us_alone),
		FILE_TEST(open__grown_old__new_key_in_front_of_the_old_one),
		FILE_TEST(open__not_to_be_believed__is_replaced),
		FILE_TEST(open__file_of_another_user__is_replaced),
		FILE_TEST(open__link__is_replaced_and_its_target_left),
		FILE_TEST(
		    open__somebody_else_writes__goes_on_with_what_there_is),
		FILE_TEST(open__who_began_to_write_is_dead__is_swept_away),
		FILE_TEST(open__no_directory__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
