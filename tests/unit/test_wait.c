#include "fake_clock.h"
#include "io/sendq.h"
#include "io/wait.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static int ends[2];

/* With this set poll(2) takes a millisecond, whatever our clock says. */
extern bool hurried;	/* not static: the C library declares poll inline */
bool hurried;

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	const struct timespec little = { 0, 1000000 };
	const struct timespec time = { timeout / 1000,
	    (long)(timeout % 1000) * 1000000 };

	return ppoll(fds, n, timeout == -1 ? NULL :
	    hurried && timeout > 0 ? &little : &time, NULL);
}

/* In place of io/sendq: what each look finds; the last one stays. */
static struct {
	int lengths[64];
	unsigned n, looks;
	bool dead;
} queue;

int
sendq_length(int fd)
{
	unsigned i = queue.looks++;

	assert_int_equal(fd, ends[1]);
	return queue.lengths[i < queue.n ? i : queue.n - 1];
}

bool
sendq_is_dead(int fd)
{
	assert_int_equal(fd, ends[1]);
	return queue.dead;
}

static int
set_up(void **state)
{
	(void)state;
	fake_step = 0;
	memset(&queue, 0, sizeof queue);
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

/* The time that the clock says it took, in looks of 200 ms. */
static int64_t
wait_watched(int64_t patience, const struct interrupt *interrupt, int error)
{
	int64_t began = fake_now;

	hurried = true;
	fake_step = 200;
	assert_errno(wait_acked(ends[0], POLLIN, began + patience, ends[1],
	    interrupt), error);
	fake_step = 0;
	hurried = false;
	return fake_now - began;
}

static void
acked__queue_shrinks__deadline_moves_on(void **state)
{
	int64_t took;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		queue.lengths[i] = 1000 - i;
	queue.n = 10;
	took = wait_watched(3000, NULL, ETIMEDOUT);
	assert_in_range(took, 9 * 1000 + 3000, 20000);
}

static void
acked__queue_stays__deadline_stays(void **state)
{
	(void)state;
	queue.lengths[0] = 1000;
	queue.n = 1;
	assert_in_range(wait_watched(3000, NULL, ETIMEDOUT), 3000, 4000);
	assert_true(queue.looks > 1);
}

/* What is written meanwhile is no acknowledgement. */
static void
acked__queue_grows__deadline_stays(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		queue.lengths[i] = 1000 + i;
	queue.n = 10;
	assert_in_range(wait_watched(3000, NULL, ETIMEDOUT), 3000, 4000);
}

static void
acked__queue_empty_or_unknown__is_looked_at_once(void **state)
{
	int i;

	(void)state;
	for (i = 0; i >= -1; i--) {
		queue.lengths[0] = i;
		queue.n = 1;
		queue.looks = 0;
		assert_in_range(wait_watched(9000, NULL, ETIMEDOUT), 9000,
		    10000);
		assert_int_equal(queue.looks, 1);
	}
}

static void
acked__queue_becomes_empty__counts_once(void **state)
{
	(void)state;
	queue.lengths[0] = 1000;
	queue.n = 2;
	assert_in_range(wait_watched(3000, NULL, ETIMEDOUT), 4500, 6000);
	assert_int_equal(queue.looks, 2);
}

static void
acked__queue_shrinks__interrupt_is_not_asked(void **state)
{
	struct looks looks = { .until = 1 };
	struct interrupt interrupt = { 2500, 100, give_up, &looks };
	int64_t took;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		queue.lengths[i] = 1000 - i;
	queue.n = 10;
	took = wait_watched(1000000, &interrupt, ECANCELED);
	assert_in_range(took, 9 * 1000 + 2500, 20000);
}

static void
acked__client_answers_no_probe__ehostunreach(void **state)
{
	(void)state;
	queue.lengths[0] = 1000;
	queue.n = 1;
	queue.dead = true;
	assert_in_range(wait_watched(100000, NULL, EHOSTUNREACH), 1000, 2000);
}

static void
acked__over_before_the_first_look__no_look(void **state)
{
	(void)state;
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(wait_acked(ends[0], POLLIN, WAIT_FOR_EVER, ends[1],
	    NULL), 0);
	assert_int_equal(queue.looks, 0);
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
		TEST(acked__queue_shrinks__deadline_moves_on),
		TEST(acked__queue_stays__deadline_stays),
		TEST(acked__queue_grows__deadline_stays),
		TEST(acked__queue_empty_or_unknown__is_looked_at_once),
		TEST(acked__queue_becomes_empty__counts_once),
		TEST(acked__queue_shrinks__interrupt_is_not_asked),
		TEST(acked__client_answers_no_probe__ehostunreach),
		TEST(acked__over_before_the_first_look__no_look),
		TEST(signal__does_not_end_the_wait),
		TEST(wait__on_a_closed_descriptor__is_left_to_read_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
