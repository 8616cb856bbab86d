#include "fake_clock.h"
#include "io/line.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX 16			/* octets of a line, its end included */

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

static void
read__byte_by_byte__gives_the_same(void **state)
{
	static const char text[] = "USER jane\r\nPASS x y\r\n";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text - 1; i++) {
		send_bytes(text + i, 1);
		if (i == 10) {
			assert_false(line_pending(&line));
			expect_line("USER jane");
		} else if (i == sizeof text - 2)
			expect_line("PASS x y");
		else
			expect_error(ETIMEDOUT);
	}
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
		TEST(read__byte_by_byte__gives_the_same),
		TEST(read__at_the_limit__and_beyond),
		TEST(read__of_a_line_larger_than_the_buffer__skips_it_whole),
		TEST(read__of_a_nul__is_an_error_for_that_line_alone),
		TEST(read__at_the_end__drops_a_line_that_was_not_ended),
		TEST(pending__is_a_whole_line),
		TEST(preload__goes_on_where_another_stopped),
		TEST(forget__leaves_no_used_line),
		TEST(read__with_an_interrupt__asks_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
