#include "failing.h"
#include "fake_clock.h"
#include "io/line.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX 16			/* octets of a line, its end included */

#define LONG_MAX_OCTETS 12288

static int ends[2];
static struct line line;

static int
set_up(void **state)
{
	(void)state;
	if (pipe(ends) == -1)
		return -1;
	line_init(&line, ends[0]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(ends[0]);
	if (ends[1] != -1)
		(void)close(ends[1]);
	return 0;
}

static void
send_bytes(const char *p, size_t len)
{
	assert_int_equal(write(ends[1], p, len), len);
}

static void
hang_up(void)
{
	(void)close(ends[1]);
	ends[1] = -1;
}

#define SEND(literal) send_bytes(literal, sizeof literal - 1)

static int
read_line(struct span *text)
{
	return line_read(&line, MAX, fake_now, text);
}

#define expect_line(literal) do { \
	struct span text_; \
	assert_int_equal(read_line(&text_), 0); \
	assert_span(text_, literal); \
} while (0)

#define expect_error(error) do { \
	struct span text_; \
	assert_errno(read_line(&text_), error); \
} while (0)

static void
read__cuts_lines_at_lf__and_takes_one_cr(void **state)
{
	(void)state;
	SEND("QUIT\r\nSTAT\n\r\n\nA\rB\r\r\n");
	expect_line("QUIT");
	expect_line("STAT");
	expect_line("");
	expect_line("");
	expect_line("A\rB\r");
	expect_error(ETIMEDOUT);
}

/* Each of these comes out as these lines, or errors, however it is cut. */
static const struct {
	struct span text;
	const char *outcome;		/* lines in <>, errors in words */
} streams[] = {
	{ BYTES("USER jane\r\nPASS x y\r\n"), "<USER jane><PASS x y>" },
	{ BYTES("\n\r\n\r\r\n"), "<><><\r>" },
	{ BYTES("a\nb\r\nc\rd\n"), "<a><b><c\rd>" },
	{ BYTES("12345678901234\r\n123456789012345\n1234567890123456\n.\n"),
	    "<12345678901234><123456789012345>long<.>" },
	{ BYTES("123456789012345\r\n\n"), "long<>" },
	{ BYTES("1234567890123456789012345678901234567890\nx\n"), "long<x>" },
	{ BYTES("a\0b\r\n\0\nc\n"), "nulnul<c>" },
	{ BYTES("123456789012\0\0\0\0\0\0\nc\n"), "long<c>" },
	{ BYTES("a\nnot ended"), "<a>" },
	{ BYTES("a\n1234567890123456789"), "<a>" },
	{ BYTES("\r"), "" },
	{ BYTES("\xff\xfe\n"), "<\xff\xfe>" },
	{ BYTES(""), "" },
};

/* Take what is here; true at the end of it all. */
static bool
take_all(char *outcome, size_t cap)
{
	size_t len = strlen(outcome);
	struct span text;

	while (read_line(&text) == 0 || errno == EMSGSIZE || errno == EILSEQ) {
		if (errno != 0)
			(void)snprintf(outcome + len, cap - len, "%s",
			    errno == EMSGSIZE ? "long" : "nul");
		else
			(void)snprintf(outcome + len, cap - len, "<%.*s>",
			    (int)text.len, text.p);
		len += strlen(outcome + len);
		errno = 0;
	}
	if (errno != EPIPE)
		assert_int_equal(errno, ETIMEDOUT);
	return errno == EPIPE;
}

static void
check_cut(struct span s, const char *expected, size_t first, size_t second)
{
	char outcome[256] = "";

	line_init(&line, ends[0]);
	send_bytes(s.p, first);
	errno = 0;
	assert_false(take_all(outcome, sizeof outcome));
	send_bytes(s.p + first, second);
	errno = 0;
	assert_false(take_all(outcome, sizeof outcome));
	send_bytes(s.p + first + second, s.len - first - second);
	hang_up();
	errno = 0;
	assert_true(take_all(outcome, sizeof outcome));
	assert_string_equal(outcome, expected);
	(void)close(ends[0]);
	assert_int_equal(pipe(ends), 0);
}

static void
read__cut_at_any_two_bytes__gives_the_same(void **state)
{
	size_t i, first, second;

	(void)state;
	for (i = 0; i < COUNT(streams); i++)
		for (first = 0; first <= streams[i].text.len; first++)
			for (second = 0; first + second <=
			    streams[i].text.len; second++)
				check_cut(streams[i].text, streams[i].outcome,
				    first, second);
}

static void
read__byte_by_byte__gives_the_same(void **state)
{
	char outcome[256];
	size_t i, at;

	(void)state;
	for (i = 0; i < COUNT(streams); i++) {
		line_init(&line, ends[0]);
		outcome[0] = '\0';
		for (at = 0; at < streams[i].text.len; at++) {
			send_bytes(streams[i].text.p + at, 1);
			errno = 0;
			assert_false(take_all(outcome, sizeof outcome));
		}
		assert_string_equal(outcome, streams[i].outcome);
	}
}

/* It is asked again where it stopped: nothing is lost and nothing twice. */
static void
read__after_the_deadline__can_wait_on(void **state)
{
	struct span text;

	(void)state;
	SEND("STA");
	expect_error(ETIMEDOUT);
	fake_now += 1000000;
	assert_errno(line_read(&line, MAX, fake_now - 1, &text), ETIMEDOUT);
	SEND("T\r\n");
	/* What is here is taken though it is too late. */
	assert_int_equal(line_read(&line, MAX, 0, &text), 0);
	assert_span(text, "STAT");
}

/* TCP says so of a peer that answers no more. */
static void
read__of_a_peer_that_vanished__is_no_deadline(void **state)
{
	struct span text;

	(void)state;
	SEND("STAT\r\n");
	failing_begin_only("read", 1, ETIMEDOUT);
	assert_errno(line_read(&line, MAX, WAIT_FOR_EVER, &text),
	    EHOSTUNREACH);
	assert_true(failing_end());
}

static void
read__at_the_limit__and_beyond(void **state)
{
	(void)state;
	SEND("12345678901234\r\n123456789012345\r\nnext\r\n");
	expect_line("12345678901234");
	expect_error(EMSGSIZE);
	assert_int_equal(line.skipped, 17);
	expect_line("next");
}

static void
read__of_a_line_larger_than_the_buffer__skips_it_whole(void **state)
{
	size_t i, n = 5 * LINE_BUFFER, piece = 1000;
	char *x = malloc(piece);

	(void)state;
	assert_non_null(x);
	memset(x, 'x', piece);
	for (i = 0; i < n; i += piece) {
		send_bytes(x, piece);
		expect_error(ETIMEDOUT);
	}
	free(x);
	SEND("\r\nnext\r\n");
	expect_error(EMSGSIZE);
	assert_int_equal(line.skipped, i + 2);
	expect_line("next");
}

static void
read__of_a_nul__is_an_error_for_that_line_alone(void **state)
{
	(void)state;
	SEND("QU\0IT\r\nnext\r\n");
	expect_error(EILSEQ);
	expect_line("next");
}

static void
read__at_the_end__drops_a_line_that_was_not_ended(void **state)
{
	(void)state;
	SEND("STAT\r\nQUIT");
	hang_up();
	expect_line("STAT");
	expect_error(EPIPE);
	expect_error(EPIPE);
}

/* One line of so many octets, sent in pieces, between two short ones. */
static void
send_long(size_t octets, size_t piece)
{
	char bytes[1000];
	size_t n, left = octets - 1;

	memset(bytes, 'x', sizeof bytes);
	SEND("STAT\r\n");
	for (; left > 0; left -= n) {
		n = left < piece ? left : piece;
		send_bytes(bytes, n);
	}
	SEND("\nLIST\r\n");
}

static void
long__of_any_length_to_the_limit__is_gathered(void **state)
{
	static const size_t lengths[] = { 1, 2, 100, LINE_BUFFER - 1,
	    LINE_BUFFER, LINE_BUFFER + 1, 2 * LINE_BUFFER, LONG_MAX_OCTETS };
	char room[LONG_MAX_OCTETS];
	struct span text;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(lengths); i++) {
		send_long(lengths[i], 1 + i * 137);
		expect_line("STAT");
		assert_int_equal(line_read_long(&line, room, sizeof room,
		    WAIT_FOR_EVER, &text), 0);
		assert_ptr_equal(text.p, room);
		assert_int_equal(text.len, lengths[i] - 1);
		for (k = 0; k < text.len; k++)
			assert_int_equal(text.p[k], 'x');
		expect_line("LIST");
	}
}

static void
long__beyond_the_limit__is_skipped_whole(void **state)
{
	static const size_t lengths[] = { 11, 12, LINE_BUFFER,
	    3 * LINE_BUFFER + 7 };
	char room[16];
	struct span text;
	size_t i;

	(void)state;
	memset(room, '#', sizeof room);
	for (i = 0; i < COUNT(lengths); i++) {
		send_long(lengths[i], 500);
		expect_line("STAT");
		assert_errno(line_read_long(&line, room, 10, WAIT_FOR_EVER,
		    &text), EMSGSIZE);
		assert_int_equal(line.skipped, lengths[i]);
		expect_line("LIST");
	}
	assert_int_equal(room[10], '#');
}

static const struct {
	const char *bytes, *text;
} longs[] = {
	{ "abcdefgh\r\n", "abcdefgh" },
	{ "abcdefghi\n", "abcdefghi" },
	{ "\r\n", "" }, { "\n", "" }, { "a\r\r\n", "a\r" },
};

static void
long__cut_at_any_byte__gives_the_same(void **state)
{
	char room[10];
	struct span text;
	size_t i, at, len;

	(void)state;
	for (i = 0; i < COUNT(longs); i++) {
		len = strlen(longs[i].bytes);
		for (at = 0; at < len; at++) {
			assert_int_equal(line_preload(&line, (struct span){
			    longs[i].bytes, at }), 0);
			send_bytes(longs[i].bytes + at, len - at);
			SEND("next\n");
			assert_int_equal(line_read_long(&line, room,
			    sizeof room, WAIT_FOR_EVER, &text), 0);
			assert_int_equal(text.len, strlen(longs[i].text));
			assert_memory_equal(text.p, longs[i].text, text.len);
			expect_line("next");
		}
	}
}

static void
long__of_a_nul_or_without_an_end__is_an_error(void **state)
{
	char room[32];
	struct span text;

	(void)state;
	SEND("a\0b\r\nnext\r\n");
	assert_errno(line_read_long(&line, room, sizeof room, WAIT_FOR_EVER,
	    &text), EILSEQ);
	expect_line("next");
	SEND("half");
	hang_up();
	assert_errno(line_read_long(&line, room, sizeof room, WAIT_FOR_EVER,
	    &text), EPIPE);
	expect_error(EPIPE);
}

static void
pending__is_a_whole_line(void **state)
{
	(void)state;
	SEND("a\nb\nc");
	assert_false(line_pending(&line));
	expect_line("a");
	assert_true(line_pending(&line));
	expect_line("b");
	assert_false(line_pending(&line));
	assert_span(line_unread(&line), "c");
}

static void
preload__goes_on_where_another_stopped(void **state)
{
	char much[LINE_BUFFER + 1] = "";

	(void)state;
	assert_int_equal(line_preload(&line, SPAN("STAT\r\nQU")), 0);
	SEND("IT\r\n");
	expect_line("STAT");
	expect_line("QUIT");
	assert_errno(line_preload(&line,
	    (struct span){ much, sizeof much }), EMSGSIZE);
}

static void
forget__leaves_no_used_line(void **state)
{
	size_t i;

	(void)state;
	SEND("PASS secret\r\nnext");
	expect_line("PASS secret");
	line_forget(&line);
	for (i = 0; i < line.start; i++)
		assert_int_equal(line.buffer[i], '\0');
	assert_span(line_unread(&line), "next");
}

/* Half a line moves to the front of the buffer; its old place is empty. */
static void
forget__of_a_line_that_came_in_pieces__leaves_nothing(void **state)
{
	static const char text[] = "USER a\r\nPASS secret\r\n";
	size_t half, i;

	(void)state;
	for (half = 8; half < sizeof text - 1; half++) {
		line_init(&line, ends[0]);
		memset(line.buffer, 0, sizeof line.buffer);
		send_bytes(text, half);
		expect_line("USER a");
		send_bytes(text + half, sizeof text - 1 - half);
		expect_line("PASS secret");
		line_forget(&line);
		for (i = 0; i < sizeof line.buffer; i++)
			assert_int_equal(line.buffer[i], '\0');
	}
}

static bool
give_up(void *ctx)
{
	return --*(int *)ctx == 0;
}

static void
read__with_an_interrupt__asks_now_and_then(void **state)
{
	int looks = 3;
	struct interrupt interrupt = { 0, 0, give_up, &looks };
	struct span text;

	(void)state;
	line.interrupt = &interrupt;
	assert_errno(line_read(&line, MAX, WAIT_FOR_EVER, &text), ECANCELED);
	assert_int_equal(looks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read__cuts_lines_at_lf__and_takes_one_cr),
		TEST(read__cut_at_any_two_bytes__gives_the_same),
		TEST(read__byte_by_byte__gives_the_same),
		TEST(read__after_the_deadline__can_wait_on),
		TEST(read__of_a_peer_that_vanished__is_no_deadline),
		TEST(read__at_the_limit__and_beyond),
		TEST(read__of_a_line_larger_than_the_buffer__skips_it_whole),
		TEST(read__of_a_nul__is_an_error_for_that_line_alone),
		TEST(read__at_the_end__drops_a_line_that_was_not_ended),
		TEST(long__of_any_length_to_the_limit__is_gathered),
		TEST(long__beyond_the_limit__is_skipped_whole),
		TEST(long__cut_at_any_byte__gives_the_same),
		TEST(long__of_a_nul_or_without_an_end__is_an_error),
		TEST(pending__is_a_whole_line),
		TEST(preload__goes_on_where_another_stopped),
		TEST(forget__leaves_no_used_line),
		TEST(forget__of_a_line_that_came_in_pieces__leaves_nothing),
		TEST(read__with_an_interrupt__asks_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
