/*
 * What comes back from work in a process of its own, and how it ended.
 */
#include "import/apart.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int
write_escapes(void *ctx)
{
	char byte;

	(void)ctx;
	if (read(STDIN_FILENO, &byte, 1) != 0 || getsid(0) != getpid())
		return 1;
	(void)dprintf(STDOUT_FILENO, "a b\n\033]0;x\007\r\xc2\x9b\n");
	(void)dprintf(STDERR_FILENO, "\033c wrong\n");
	return 0;
}

static int
give_status(void *ctx)
{
	return *(const int *)ctx;
}

/* Run it with both outputs in files, and read them. */
static int
run(int (*work)(void *), void *ctx, const char *before, char said[2][64])
{
	int saved[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) }, i, r;
	FILE *f[2] = { tmpfile(), tmpfile() };

	(void)fflush(stdout);
	for (i = 0; i < 2; i++) {
		assert_non_null(f[i]);
		assert_int_not_equal(dup2(fileno(f[i]), i + 1), -1);
	}
	r = apart_run(work, ctx, before);
	for (i = 0; i < 2; i++) {
		assert_int_not_equal(dup2(saved[i], i + 1), -1);
		(void)close(saved[i]);
		memset(said[i], 0, 64);
		assert_int_not_equal(pread(fileno(f[i]), said[i], 63, 0), -1);
		(void)fclose(f[i]);
	}
	return r;
}

static void
output__that_could_move_a_cursor__is_text_alone(void **state)
{
	char said[2][64];

	(void)state;
	assert_int_equal(run(write_escapes, NULL, "\r", said), 0);
	assert_string_equal(said[0], "\ra b\n?]0;x????\n");
	assert_string_equal(said[1], "\r?c wrong\n");
}

static void
end__of_each_kind__is_told(void **state)
{
	char said[2][64];
	int status;

	(void)state;
	for (status = 0; status < 2; status++)
		assert_int_equal(run(give_status, &status, "", said), status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    output__that_could_move_a_cursor__is_text_alone),
		cmocka_unit_test(end__of_each_kind__is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
