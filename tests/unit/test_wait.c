#include "fake_clock.h"
#include "io/wait.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	fake_step = 0;
	return pipe(ends);
}

static int
tear_down(void **state)
{
	(void)state;
	fake_step = 0;
	(void)close(ends[0]);
	return ends[1] == -1 ? 0 : close(ends[1]);
}

static int
wait_in(int64_t deadline, const struct interrupt *interrupt)
{
	return wait_for(ends[0], POLLIN, deadline, interrupt);
}

static void
wait__for_what_is_there__is_at_once__even_too_late(void **state)
{
	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(wait_in(WAIT_FOR_EVER, NULL), 0);
	assert_int_equal(wait_in(fake_now, NULL), 0);
	assert_int_equal(wait_in(fake_now - 1000000, NULL), 0);
	assert_int_equal(wait_for(ends[1], POLLOUT, fake_now, NULL), 0);
}

static void
wait__for_nothing__ends_at_the_deadline(void **state)
{
	int64_t began = fake_now;

	(void)state;
	assert_errno(wait_in(fake_now, NULL), ETIMEDOUT);
	assert_errno(wait_in(0, NULL), ETIMEDOUT);
	/* The clock goes on with each look: here two polls of a millisecond. */
	fake_step = 1;
	assert_errno(wait_in(began + 3, NULL), ETIMEDOUT);
	assert_true(fake_now >= began + 3);
}

/* More milliseconds than poll(2) can take must not wrap into fewer. */
static void
wait__far_beyond_what_poll_can_count__does_not_end_early(void **state)
{
	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(wait_in(fake_now + INT64_MAX / 2, NULL), 0);
}

static void
wait__for_an_end_that_hung_up__is_over(void **state)
{
	(void)state;
	(void)close(ends[1]);
	ends[1] = -1;
	assert_int_equal(wait_in(WAIT_FOR_EVER, NULL), 0);
}

struct looks {
	unsigned n, until;		/* asked so often; then give up */
	int64_t at[8];			/* and when */
};

static bool
give_up(void *ctx)
{
	struct looks *l = ctx;

	l->at[l->n] = fake_now;
	return ++l->n == l->until;
}

static void
interrupt__asks_after_a_while__then_now_and_then(void **state)
{
	struct looks looks = { .until = 3 };
	struct interrupt i = { 20, 2, give_up, &looks };
	int64_t began = fake_now;

	(void)state;
	fake_step = 1;
	assert_errno(wait_in(WAIT_FOR_EVER, &i), ECANCELED);
	assert_int_equal(looks.n, 3);
	assert_true(looks.at[0] >= began + 20);
	assert_true(looks.at[1] >= looks.at[0] + 2);
	assert_true(looks.at[2] >= looks.at[1] + 2);
	assert_true(looks.at[2] < looks.at[0] + 20);
}

static void
interrupt__that_does_not_give_up__leaves_the_deadline(void **state)
{
	struct looks looks = { .until = 8 };
	struct interrupt i = { 2, 3, give_up, &looks };

	(void)state;
	fake_step = 1;
	assert_errno(wait_in(fake_now + 9, &i), ETIMEDOUT);
	assert_true(looks.n >= 1 && looks.n < 8);
}

static void
interrupt__beyond_the_deadline__is_never_asked(void **state)
{
	struct looks looks = { .until = 1 };
	struct interrupt i = { 1000, 1000, give_up, &looks };

	(void)state;
	assert_errno(wait_in(fake_now, &i), ETIMEDOUT);
	fake_step = 1;
	assert_errno(wait_in(fake_now + 5, &i), ETIMEDOUT);
	assert_int_equal(looks.n, 0);
}

static void
interrupt__when_bytes_are_there__is_not_asked(void **state)
{
	struct looks looks = { .until = 1 };
	struct interrupt i = { 0, 0, give_up, &looks };

	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(wait_in(WAIT_FOR_EVER, &i), 0);
	assert_int_equal(looks.n, 0);
}

static volatile sig_atomic_t signals;

static void
write_at_the_third(int number)
{
	(void)number;
	if (++signals == 3 && write(ends[1], "x", 1) != 1)
		_exit(1);
}

static void
signal__does_not_end_the_wait(void **state)
{
	const struct itimerval often = { { 0, 10000 }, { 0, 10000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction act = { .sa_handler = write_at_the_third };

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(wait_in(WAIT_FOR_EVER, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(signals >= 3);
}

static void
wait__on_a_closed_descriptor__is_left_to_read_to_tell(void **state)
{
	(void)state;
	assert_int_equal(wait_for(9999, POLLIN, WAIT_FOR_EVER, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wait__for_what_is_there__is_at_once__even_too_late),
		TEST(wait__for_nothing__ends_at_the_deadline),
		TEST(
		    wait__far_beyond_what_poll_can_count__does_not_end_early),
		TEST(wait__for_an_end_that_hung_up__is_over),
		TEST(interrupt__asks_after_a_while__then_now_and_then),
		TEST(interrupt__that_does_not_give_up__leaves_the_deadline),
		TEST(interrupt__beyond_the_deadline__is_never_asked),
		TEST(interrupt__when_bytes_are_there__is_not_asked),
		TEST(signal__does_not_end_the_wait),
		TEST(wait__on_a_closed_descriptor__is_left_to_read_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
