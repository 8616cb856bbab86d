/*
 * Starting another program of ours: its words, its descriptors, and nothing
 * else of ours.
 */
#include "server/program.h"
#include "unit.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
words__stand_in_order_and_end(void **state)
{
	struct program p;

	(void)state;
	program_init(&p, "/bin/x");
	program_word(&p, "--flag");
	program_option(&p, "--none", NULL);
	program_option(&p, "--name", "");
	program_number(&p, UINT64_MAX);
	assert_int_equal(p.n, 5);
	assert_string_equal(p.words[0], "/bin/x");
	assert_string_equal(p.words[1], "--flag");
	assert_string_equal(p.words[2], "--name");
	assert_string_equal(p.words[3], "");
	assert_string_equal(p.words[4], "18446744073709551615");
	assert_null(p.words[5]);
}

static int
status_of(const struct program *p, int **fds, int n)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		program_become(p, fds, n);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
become__more_words_than_there_is_room_for__does_not_start(void **state)
{
	struct program p;
	int i;

	(void)state;
	program_init(&p, "/bin/true");
	for (i = 1; i < PROGRAM_WORDS_MAX; i++)
		program_word(&p, "x");
	assert_int_equal(status_of(&p, NULL, 0), 0);
	program_word(&p, "x");
	assert_int_equal(status_of(&p, NULL, 0), PROGRAM_MISSING);
	program_init(&p, "/bin/true");
	for (i = 0; i <= PROGRAM_NUMBERS_MAX; i++)
		program_number(&p, 1);
	assert_int_equal(status_of(&p, NULL, 0), PROGRAM_MISSING);
}

static void
become__what_is_not_there__says_so(void **state)
{
	struct program p;

	(void)state;
	program_init(&p, "/nonexistent/program");
	assert_int_equal(status_of(&p, NULL, 0), PROGRAM_MISSING);
}

/*
 * Its end of the pipe is 3, nothing is behind it, no variable, and the signal
 * that we block and ignore ends it.  A shell cannot reset what is ignored.
 */
static void
become__has_these_descriptors_and_nothing_of_ours(void **state)
{
	static const char script[] = "test ! -e /proc/self/fd/5 && "
	    "test -z \"$SOLOPOP_TEST\" && kill -TERM $$; echo held >&3";
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction was;
	struct program p;
	sigset_t set;
	int ends[2], stray[8], *fds[1], status = -1;
	char byte;
	size_t i;
	pid_t pid;

	(void)state;
	assert_int_equal(setenv("SOLOPOP_TEST", "x", 1), 0);
	assert_int_equal(pipe(ends), 0);
	for (i = 0; i < 8; i++)
		stray[i] = dup(ends[1]);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(sigaction(SIGTERM, &ignore, &was), 0);
	program_init(&p, "/bin/sh");
	program_option(&p, "-c", script);
	fds[0] = &ends[1];
	if ((pid = fork()) == 0)
		program_become(&p, fds, 1);
	for (i = 0; i < 8; i++)
		(void)close(stray[i]);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(sigaction(SIGTERM, &was, NULL), 0);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	(void)close(ends[0]);
}

/* Unlike a fork, a program that is started has nothing of our memory. */
static void
start__is_the_program_or_says_why(void **state)
{
	static const char script[] = "test ! -e /proc/self/fd/5 && echo x >&3";
	struct program p;
	int ends[2], kept, status = -1;
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	kept = ends[1];
	program_init(&p, "/bin/sh");
	program_option(&p, "-c", script);
	assert_true((pid = program_start(&p, &ends[1], 1)) > 0);
	assert_int_equal(ends[1], kept);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(ends[0]);
	program_init(&p, "/nonexistent/program");
	assert_errno(program_start(&p, NULL, 0), ENOENT);
	program_init(&p, "/bin/sh");
	p.uid = geteuid() == 0 ? (uid_t)-1 : geteuid() + 1;
	assert_int_equal(program_start(&p, NULL, 0), -1);
	assert_errno(waitpid(-1, &status, 0), ECHILD);
}

static void
find__beside_us_or_where_it_is_installed(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_non_null(strstr(program_find(path, NULL, "/x"), "test_program"));
	assert_string_equal(program_find(path, "no-such-program", "/x"), "/x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words__stand_in_order_and_end),
		cmocka_unit_test(
		    become__more_words_than_there_is_room_for__does_not_start),
		cmocka_unit_test(become__what_is_not_there__says_so),
		cmocka_unit_test(start__is_the_program_or_says_why),
		cmocka_unit_test(find__beside_us_or_where_it_is_installed),
		cmocka_unit_test(
		    become__has_these_descriptors_and_nothing_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
