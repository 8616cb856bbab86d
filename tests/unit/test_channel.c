#include "io/channel.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	return channel_pair(ends);
}

static int
tear_down(void **state)
{
	(void)state;
	if (ends[0] != -1)
		(void)close(ends[0]);
	return close(ends[1]);
}

static void
hang_up(void)
{
	(void)close(ends[0]);
	ends[0] = -1;
}

static void
pair__is_not_for_other_programs(void **state)
{
	(void)state;
	assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
}

static void
messages__are_kept_apart(void **state)
{
	struct monmsg m;

	(void)state;
	monmsg_start(&m, 7);
	monmsg_put_bytes(&m, SPAN("a\0b"));
	assert_int_equal(channel_send(ends[0], &m), 0);
	monmsg_start(&m, 9);
	assert_int_equal(channel_send(ends[0], &m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(monmsg_kind(&m), 7);
	assert_span(monmsg_get_bytes(&m), "a\0b");
	assert_int_equal(monmsg_end(&m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(monmsg_kind(&m), 9);
	assert_int_equal(monmsg_end(&m), 0);
}

static void
message__of_the_largest_size__arrives_whole(void **state)
{
	static struct monmsg sent, got;
	static char big[MONMSG_MAX - 9];

	(void)state;
	memset(big, 'x', sizeof big);
	monmsg_start(&sent, 1);
	monmsg_put_bytes(&sent, (struct span){ big, sizeof big });
	assert_int_equal(sent.len, MONMSG_MAX);
	assert_int_equal(channel_send(ends[0], &sent), 0);
	assert_int_equal(channel_receive(ends[1], &got), 0);
	assert_int_equal(got.len, sent.len);
	assert_memory_equal(got.bytes, sent.bytes, sent.len);
}

static void
message__too_long__is_no_message(void **state)
{
	char big[MONMSG_MAX + 1] = "";
	struct monmsg m;

	(void)state;
	assert_int_equal(send(ends[0], big, sizeof big, 0), sizeof big);
	assert_errno(channel_receive(ends[1], &m), EBADMSG);
	assert_int_equal(monmsg_kind(&m), 0);
	monmsg_start(&m, 3);
	assert_int_equal(channel_send(ends[0], &m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(monmsg_kind(&m), 3);
}

/* It is no end: that is told apart, and what comes behind it is heard. */
static void
message__empty__is_no_message_and_no_end(void **state)
{
	struct monmsg m;

	(void)state;
	assert_int_equal(send(ends[0], "", 0, 0), 0);
	assert_errno(channel_receive(ends[1], &m), EBADMSG);
	monmsg_start(&m, 3);
	assert_int_equal(channel_send(ends[0], &m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	hang_up();
	assert_errno(channel_receive(ends[1], &m), EPIPE);
}

static void
message__that_is_broken__is_not_sent(void **state)
{
	char big[MONMSG_MAX] = "", byte;
	struct monmsg m;

	(void)state;
	monmsg_start(&m, 1);
	monmsg_put_bytes(&m, (struct span){ big, sizeof big });
	assert_errno(channel_send(ends[0], &m), EBADMSG);
	assert_int_equal(recv(ends[1], &byte, 1, MSG_DONTWAIT), -1);
}

/* Neither end is told by a signal. */
static void
end__of_the_other_side__is_told_after_what_it_sent(void **state)
{
	struct monmsg m;

	(void)state;
	monmsg_start(&m, 5);
	assert_int_equal(channel_send(ends[0], &m), 0);
	hang_up();
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(monmsg_kind(&m), 5);
	assert_errno(channel_receive(ends[1], &m), EPIPE);
	monmsg_start(&m, 1);
	assert_errno(channel_send(ends[1], &m), EPIPE);
}

static void
end__with_a_message_unread__is_the_end(void **state)
{
	struct monmsg m;

	(void)state;
	monmsg_start(&m, 5);
	assert_int_equal(channel_send(ends[1], &m), 0);
	hang_up();
	assert_errno(channel_receive(ends[1], &m), EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pair__is_not_for_other_programs),
		TEST(messages__are_kept_apart),
		TEST(message__of_the_largest_size__arrives_whole),
		TEST(message__too_long__is_no_message),
		TEST(message__empty__is_no_message_and_no_end),
		TEST(message__that_is_broken__is_not_sent),
		TEST(end__of_the_other_side__is_told_after_what_it_sent),
		TEST(end__with_a_message_unread__is_the_end),
	};

	(void)signal(SIGPIPE, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
