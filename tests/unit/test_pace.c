/*
 * LOGIN-DELAY: a bucket in a file, by a clock that jumps.
 */
#include "box.h"
#include "fake_clock.h"
#include "maildir/pace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1700000000

static struct pace pace;

static int
set_up(void **state)
{
	fake_date = NOW;
	pace = (struct pace){ .delay = 60, .burst = 3 };
	return box_set_up(state);
}

static bool
come(void)
{
	if (!pace_allows(&pace, box_top()))
		return false;
	assert_int_equal(pace_count(&pace, box_top()), 0);
	return true;
}

/* How many in a row, up to ten. */
static unsigned
come_often(void)
{
	unsigned n = 0;

	while (n < 10 && come())
		n++;
	return n;
}

static void
burst__then_one_each_delay(void **state)
{
	(void)state;
	assert_int_equal(come_often(), 3);
	box_expect(PACE_FILE, "0000000001700000180\n");
	fake_date += 59;
	assert_false(come());
	fake_date += 1;
	assert_int_equal(come_often(), 1);
	fake_date += 120;
	assert_int_equal(come_often(), 2);
	fake_date += 1000000;
	assert_int_equal(come_often(), 3);
}

static void
burst__of_one__is_the_delay_itself(void **state)
{
	(void)state;
	pace.burst = 1;
	assert_int_equal(come_often(), 1);
	fake_date += 59;
	assert_false(come());
	fake_date++;
	assert_true(come());
	assert_false(come());
}

static void
delay__none__nothing_is_read_or_written(void **state)
{
	(void)state;
	box_put(PACE_FILE, SPAN("0000000001700000180\n"));
	pace.delay = 0;
	assert_int_equal(come_often(), 10);
	box_expect(PACE_FILE, "0000000001700000180\n");
	box_remove(PACE_FILE);
	assert_true(come());
	assert_false(box_has(PACE_FILE));
}

static void
clock__jumps__nobody_waits_longer_than_the_whole_bucket(void **state)
{
	static const int64_t jumps[] = { -180, -181, -1000000, 1000000,
	    -NOW, INT32_MAX - NOW - 400 };
	int64_t waited;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(jumps); i++) {
		fake_date = NOW;
		(void)come_often();
		fake_date += (time_t)jumps[i];
		for (waited = 0; !come(); waited++)
			fake_date++;
		assert_true(waited <= 180);
		box_remove(PACE_FILE);
	}
}

static void
file__damaged__is_no_file(void **state)
{
	static const struct span damaged[] = {
		BYTES(""), BYTES("\n"), BYTES("0000000001700000180"),
		BYTES("0000000001700000180\n\n"), BYTES("000000000170000018\n"),
		BYTES("00000000017000001800\n"), BYTES("-000000001700000180\n"),
		BYTES("000000000170000018x\n"), BYTES("9999999999999999999\n"),
		BYTES("0000000001700000181\n"),		/* never written so */
		BYTES("0000000001699999999\n"),
		BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\n"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(damaged); i++) {
		box_put(PACE_FILE, damaged[i]);
		assert_int_equal(come_often(), 3);
		box_expect(PACE_FILE, "0000000001700000180\n");
	}
}

static void
file__that_is_something_else__is_left_alone(void **state)
{
	char path[BOX_PATH_MAX], target[BOX_PATH_MAX];

	(void)state;
	box_path(path, PACE_FILE);
	box_put("new/1.a", SPAN("mail"));
	assert_int_equal(symlink(box_path(target, "new/1.a"), path), 0);
	assert_true(pace_allows(&pace, box_top()));
	assert_int_equal(pace_count(&pace, box_top()), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(link(target, path), 0);
	assert_true(pace_allows(&pace, box_top()));
	assert_int_equal(pace_count(&pace, box_top()), 0);
	box_expect("new/1.a", "mail");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(pace_allows(&pace, box_top()));
	assert_int_equal(pace_count(&pace, box_top()), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(pace_allows(&pace, box_top()));
	assert_int_equal(pace_count(&pace, box_top()), -1);
	assert_int_equal(rmdir(path), 0);
	box_expect("new/1.a", "mail");
}

static void
directory__missing_or_read_only__anybody_may_come(void **state)
{
	(void)state;
	assert_true(pace_allows(&pace, "/nowhere/at/all"));
	assert_errno(pace_count(&pace, "/nowhere/at/all"), ENOENT);
	box_be_nobody();
	assert_int_equal(chmod(box_top(), 0500), 0);
	assert_true(pace_allows(&pace, box_top()));
	assert_errno(pace_count(&pace, box_top()), EACCES);
	assert_int_equal(chmod(box_top(), 0700), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, box_tear_down)
		T(burst__then_one_each_delay),
		T(burst__of_one__is_the_delay_itself),
		T(delay__none__nothing_is_read_or_written),
		T(clock__jumps__nobody_waits_longer_than_the_whole_bucket),
		T(file__damaged__is_no_file),
		T(file__that_is_something_else__is_left_alone),
		T(directory__missing_or_read_only__anybody_may_come),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
