#include "fake_clock.h"
#include "io/out.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static struct out *out;

static int
set_up_socket(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return -1;
	fake_step = 0;
	out = out_new(ends[1], 0);
	return out == NULL ? -1 : 0;
}

static int
set_up_pipe(void **state)
{
	(void)state;
	if (pipe(ends) == -1)
		return -1;
	out = out_new(ends[1], 0);
	return out == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	out_free(out);
	if (ends[0] != -1)
		(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}

static void
put__leaves_at_flush__in_one_piece(void **state)
{
	char got[64];

	(void)state;
	assert_int_equal(out_put(out, "+OK ", 4), 0);
	assert_int_equal(out_put(out, "hello\r\n", 7), 0);
	assert_int_equal(recv(ends[0], got, sizeof got, MSG_DONTWAIT), -1);
	assert_int_equal(out_flush(out), 0);
	assert_int_equal(recv(ends[0], got, sizeof got, MSG_DONTWAIT), 11);
	assert_memory_equal(got, "+OK hello\r\n", 11);
	assert_int_equal(out->sent, 11);
}

/* Nobody reads: what fits goes, then the time is up, and stays up. */
static void
put__more_than_a_peer_takes__ends_by_time(void **state)
{
	char much[4096] = "";
	size_t i;

	(void)state;
	(void)alarm(30);		/* if it is never up */
	for (i = 0; i < 10000 && out->error == 0; i++)
		(void)out_put(out, much, sizeof much);
	(void)alarm(0);
	assert_int_equal(out->error, ETIMEDOUT);
	assert_errno(out_flush(out), ETIMEDOUT);
	assert_errno(out_put(out, "x", 1), ETIMEDOUT);
}

static void
flush__to_a_peer_that_left__fails_without_a_signal(void **state)
{
	(void)state;
	(void)close(ends[0]);
	ends[0] = -1;
	assert_int_equal(out_put(out, "x", 1), 0);
	assert_errno(out_flush(out), EPIPE);
	assert_int_equal(out->error, EPIPE);
}

/* What is there already leaves when the room would not do. */
static void
room__is_as_much_as_was_asked_for__and_counts_when_taken(void **state)
{
	static char much[OUT_BUFFER];
	char got[64], *room;

	(void)state;
	assert_int_equal(out_put(out, "+OK\r\n", 5), 0);
	assert_non_null(room = out_room(out, 40));
	memcpy(room, "1 120\r\nnot this", 15);
	out_took(out, 7);
	assert_non_null(room = out_room(out, OUT_BUFFER - 12));
	assert_int_equal(recv(ends[0], got, sizeof got, MSG_DONTWAIT), -1);
	assert_non_null(room = out_room(out, OUT_BUFFER));
	assert_int_equal(recv(ends[0], got, sizeof got, MSG_DONTWAIT), 12);
	assert_memory_equal(got, "+OK\r\n1 120\r\n", 12);
	memset(room, 'x', OUT_BUFFER);
	memset(much, 'x', sizeof much);
	out_took(out, OUT_BUFFER);
	assert_memory_equal(out->buffer, much, sizeof much);
}

static void
room__after_a_failure__is_none(void **state)
{
	(void)state;
	(void)close(ends[0]);
	ends[0] = -1;
	assert_int_equal(out_put(out, "x", 1), 0);
	errno = 0;
	assert_null(out_room(out, OUT_BUFFER));
	assert_int_equal(errno, EPIPE);
	assert_null(out_room(out, 1));
	assert_int_equal(out->error, EPIPE);
}

static int
make_file(const char *bytes, size_t len)
{
	char path[] = "/tmp/solopop-out.XXXXXX";
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	(void)unlink(path);
	assert_int_equal(write(fd, bytes, len), len);
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static int
send_file(int fd, struct wire_top *top, uint64_t *octets)
{
	struct stored s;

	stored_open(&s, fd, STORED_MAX);
	return out_message(out, &s, top, octets);
}

static void
message__is_encoded__and_counted_without_stuffing(void **state)
{
	static const char text[] = "a\n.b\nno end";
	char got[64];
	uint64_t octets;
	int fd = make_file(text, sizeof text - 1);

	(void)state;
	assert_int_equal(send_file(fd, NULL, &octets), 0);
	assert_int_equal(octets, 15);
	assert_int_equal(out_flush(out), 0);
	assert_int_equal(recv(ends[0], got, sizeof got, 0), 16);
	assert_memory_equal(got, "a\r\n..b\r\nno end\r\n", 16);
	(void)close(fd);
}

static void
message__its_top__ends_at_a_line(void **state)
{
	static const char text[] = "H: h\n\none\ntwo";
	struct wire_top top;
	char got[64];
	uint64_t octets;
	int fd = make_file(text, sizeof text - 1);

	(void)state;
	wire_top_begin(&top, 1);
	assert_int_equal(send_file(fd, &top, &octets), 0);
	assert_int_equal(out_flush(out), 0);
	assert_int_equal(recv(ends[0], got, sizeof got, 0), 13);
	assert_memory_equal(got, "H: h\r\n\r\none\r\n", 13);
	(void)close(fd);
}

static void
message__its_top__costs_no_more_than_it_is_long(void **state)
{
	size_t n = 20 * OUT_READ;
	char *text = calloc(1, n);
	struct wire_top top;
	uint64_t octets;
	int fd;

	(void)state;
	assert_non_null(text);
	memcpy(text, "H: h\n\n", 6);
	fd = make_file(text, n);
	free(text);
	wire_top_begin(&top, 0);
	assert_int_equal(send_file(fd, &top, &octets), 0);
	assert_int_equal(octets, 8);
	assert_true(lseek(fd, 0, SEEK_CUR) <= OUT_READ);
	(void)close(fd);
}

static void
message__that_cannot_be_read__is_no_failure_of_writing(void **state)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	uint64_t octets;

	(void)state;
	assert_errno(send_file(fd, NULL, &octets), EISDIR);
	assert_int_equal(out->error, 0);
	(void)close(fd);
}

static bool
give_up(void *ctx)
{
	++*(int *)ctx;
	return true;
}

/* A session that another one wants does not wait for a client asleep. */
static void
put__with_an_interrupt__ends_by_it(void **state)
{
	int looks = 0;
	const struct interrupt interrupt = { 0, 0, give_up, &looks };
	char much[4096] = "";
	size_t i;

	(void)state;
	out->patience = 1000000;
	out->interrupt = &interrupt;
	for (i = 0; i < 10000 && out->error == 0; i++)
		(void)out_put(out, much, sizeof much);
	assert_int_equal(out->error, ECANCELED);
	assert_int_equal(looks, 1);
}

/* A pipe is asked for as much as it surely takes, or write(2) would block. */
static void
flush__up_to_the_limit__and_no_further(void **state)
{
	char got[64];

	(void)state;
	out->limit = 6;
	assert_int_equal(out_put(out, "+OK hello\r\n", 11), 0);
	assert_errno(out_flush(out), ECONNABORTED);
	assert_int_equal(recv(ends[0], got, sizeof got, MSG_DONTWAIT), 6);
	assert_memory_equal(got, "+OK he", 6);
	assert_errno(out_put(out, "x", 1), ECONNABORTED);
}

static void
flush__to_a_pipe__never_blocks(void **state)
{
	char much[PIPE_BUF] = "", byte;
	size_t i;

	(void)state;
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 10000 && out->error == 0; i++)
		(void)out_put(out, much, sizeof much);
	assert_int_equal(out->error, ETIMEDOUT);
	for (i = 0; read(ends[0], &byte, 1) == 1; i++)
		continue;
	assert_int_equal(i, out->sent);
	assert_true(i >= 4096);
}

static void
put__to_a_file__is_all_there(void **state)
{
	int fd = make_file("", 0);
	char much[10000];
	struct out *o = out_new(fd, 0);
	size_t i;

	(void)state;
	assert_non_null(o);
	memset(much, 'x', sizeof much);
	for (i = 0; i < 100; i++)
		assert_int_equal(out_put(o, much, sizeof much), 0);
	assert_int_equal(out_put(o, NULL, 0), 0);
	assert_int_equal(out_flush(o), 0);
	assert_int_equal(o->sent, 1000000);
	assert_int_equal(lseek(fd, 0, SEEK_END), 1000000);
	out_free(o);
	out_free(NULL);
	(void)close(fd);
}

static void
put__of_more_than_the_buffer__keeps_the_order(void **state)
{
	size_t n = 2 * OUT_BUFFER + 12345, i;
	int fd = make_file("", 0);
	char *bytes = malloc(n), *got = malloc(n + 1);
	struct out *o = out_new(fd, 0);

	(void)state;
	assert_true(bytes != NULL && got != NULL && o != NULL);
	for (i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 251);
	assert_int_equal(out_put(o, bytes, 7), 0);
	assert_int_equal(out_put(o, bytes + 7, n - 7), 0);
	assert_int_equal(out_flush(o), 0);
	assert_int_equal(pread(fd, got, n + 1, 0), n);
	assert_memory_equal(got, bytes, n);
	out_free(o);
	free(bytes);
	free(got);
	(void)close(fd);
}

static void
finish__tells_the_peer_that_it_is_over(void **state)
{
	char got[16];

	(void)state;
	assert_int_equal(out_put(out, "+OK\r\n", 5), 0);
	out_finish(out, ends[1]);
	assert_int_equal(recv(ends[0], got, sizeof got, 0), 5);
	assert_int_equal(recv(ends[0], got, sizeof got, 0), 0);
}

static void
finish__with_unread_input__waits_for_the_peer_but_not_for_ever(void **state)
{
	(void)state;
	assert_int_equal(send(ends[0], "STAT\r\n", 6, 0), 6);
	fake_step = 660;		/* a peer that never closes */
	out_finish(out, ends[1]);
	fake_step = 0;
	assert_int_equal(out->error, 0);
}

#define SOCKET(name) \
	cmocka_unit_test_setup_teardown(name, set_up_socket, tear_down)
#define PIPE(name) \
	cmocka_unit_test_setup_teardown(name, set_up_pipe, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET(put__leaves_at_flush__in_one_piece),
		SOCKET(
		    room__is_as_much_as_was_asked_for__and_counts_when_taken),
		SOCKET(room__after_a_failure__is_none),
		SOCKET(put__more_than_a_peer_takes__ends_by_time),
		PIPE(put__more_than_a_peer_takes__ends_by_time),
		SOCKET(flush__to_a_peer_that_left__fails_without_a_signal),
		PIPE(flush__to_a_peer_that_left__fails_without_a_signal),
		SOCKET(message__is_encoded__and_counted_without_stuffing),
		SOCKET(message__its_top__ends_at_a_line),
		SOCKET(message__its_top__costs_no_more_than_it_is_long),
		SOCKET(message__that_cannot_be_read__is_no_failure_of_writing),
		SOCKET(flush__up_to_the_limit__and_no_further),
		SOCKET(put__with_an_interrupt__ends_by_it),
		PIPE(put__with_an_interrupt__ends_by_it),
		PIPE(flush__to_a_pipe__never_blocks),
		SOCKET(put__to_a_file__is_all_there),
		SOCKET(put__of_more_than_the_buffer__keeps_the_order),
		SOCKET(finish__tells_the_peer_that_it_is_over),
		SOCKET(
	    finish__with_unread_input__waits_for_the_peer_but_not_for_ever),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
