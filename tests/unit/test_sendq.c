/*
 * The send queue.  The file is included with a getsockopt() of our own, since no
 * test can wait for TCP's probes to go unanswered.
 */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static struct tcp_info told;
static int told_error;

static int
tell_info(int fd, int level, int name, void *to, socklen_t *len)
{
	(void)fd;
	assert_int_equal(level, IPPROTO_TCP);
	assert_int_equal(name, TCP_INFO);
	assert_true(*len >= sizeof told);
	if ((errno = told_error) != 0)
		return -1;
	memcpy(to, &told, sizeof told);
	return 0;
}

#define getsockopt tell_info
#include "io/sendq_linux.c"

static void
length__stream_socket__is_what_the_peer_has_not_taken(void **state)
{
	static char bytes[30000];
	int ends[2], before;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(sendq_length(ends[0]), 0);
	assert_int_equal(write(ends[0], bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(write(ends[0], bytes, sizeof bytes), sizeof bytes);
	before = sendq_length(ends[0]);
	assert_true(before > 0);
	assert_int_equal(read(ends[1], bytes, sizeof bytes), sizeof bytes);
	assert_in_range(sendq_length(ends[0]), 1, before - 1);
	assert_int_equal(read(ends[1], bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(sendq_length(ends[0]), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
length__no_socket__is_unknown(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sendq_length(ends[1]), -1);
	assert_int_equal(sendq_length(-1), -1);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static const struct {
	unsigned silent;		/* ms since the last acknowledgement */
	unsigned char retransmits, probes;
	bool dead;
} cases[] = {
	{ 0, 0, 0, false },
	{ 600000, 0, 0, false },	/* nothing was sent */
	{ 120000, 0, 1, false },	/* the answer may be under way */
	{ 119999, 9, 0, false },
	{ 120000, 9, 0, true },
	{ 120000, 0, 2, true },
};

static void
is_dead__by_answers_to_probes(void **state)
{
	size_t i;

	(void)state;
	told_error = 0;
	for (i = 0; i < COUNT(cases); i++) {
		told.tcpi_last_ack_recv = cases[i].silent;
		told.tcpi_retransmits = cases[i].retransmits;
		told.tcpi_probes = cases[i].probes;
		assert_int_equal(sendq_is_dead(3), cases[i].dead);
	}
	told_error = EOPNOTSUPP;
	assert_false(sendq_is_dead(3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    length__stream_socket__is_what_the_peer_has_not_taken),
		cmocka_unit_test(length__no_socket__is_unknown),
		cmocka_unit_test(is_dead__by_answers_to_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
