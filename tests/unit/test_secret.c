#include "base/secret.h"
#include "unit.h"

#include <sys/types.h>
#ifdef __linux__
#include <sys/ptrace.h>
#endif
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void
set__takes_any_bytes_but_nul__up_to_the_limit(void **state)
{
	char bytes[SECRET_MAX + 1];
	struct secret secret;

	(void)state;
	memset(bytes, '\xff', sizeof bytes);
	assert_int_equal(secret_set(&secret,
	    (struct span){ bytes, SECRET_MAX }), 0);
	assert_int_equal(secret.len, SECRET_MAX);
	assert_int_equal(secret.text[SECRET_MAX], '\0');
	assert_errno(secret_set(&secret,
	    (struct span){ bytes, SECRET_MAX + 1 }), EMSGSIZE);
	assert_errno(secret_set(&secret, SPAN("a\0b")), EINVAL);
}

static void
wipe__leaves_nothing(void **state)
{
	struct secret secret, nothing;

	(void)state;
	memset(&nothing, 0, sizeof nothing);
	memset(&secret, 'x', sizeof secret);
	secret_wipe(&secret);
	assert_memory_equal(&secret, &nothing, sizeof secret);
}

static void
equal__sees_any_difference(void **state)
{
	char a[32], b[32];
	size_t i;

	(void)state;
	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	assert_true(secret_equal(a, b, sizeof a));
	assert_true(secret_equal(a, "", 0));
	for (i = 0; i < sizeof a; i++) {
		b[i] ^= 1;
		assert_false(secret_equal(a, b, sizeof a));
		b[i] ^= 1;
	}
}

#if defined __linux__ && defined PT_STEP

/* Between two signals to itself it compares; 1 if it cannot be watched. */
static void
compare_watched(const char *a, const char *b, size_t len)
{
	volatile bool same;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		_exit(1);
	(void)raise(SIGSTOP);
	same = secret_equal(a, b, len);
	(void)same;
	(void)raise(SIGSTOP);
	_exit(0);
}

/* How many instructions it takes, and some more, always as many; 0: unknown. */
static unsigned long
steps(const char *a, const char *b, size_t len)
{
	unsigned long n = 0;
	int status = 0;
	pid_t pid;

	if ((pid = fork()) == 0)
		compare_watched(a, b, len);
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status))
		return 0;
	do {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1 ||
		    waitpid(pid, &status, 0) != pid)
			n = 0;
		else
			n++;
	} while (n > 0 && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return n;
}

static void
equal__takes_as_many_steps__wherever_they_differ(void **state)
{
	char a[32], b[32];
	unsigned long same;
	size_t i;

	(void)state;
	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	if ((same = steps(a, b, sizeof a)) == 0)
		skip();
	assert_int_not_equal(steps(a, b, 0), same);
	for (i = 0; i < sizeof a; i += 31) {
		b[i] = 'z';
		assert_int_equal(steps(a, b, sizeof a), same);
		memset(b, 'a', sizeof b);
	}
	memset(b, 'z', sizeof b);
	assert_int_equal(steps(a, b, sizeof a), same);
}

#else

static void
equal__takes_as_many_steps__wherever_they_differ(void **state)
{
	(void)state;
	skip();
}

#endif

static void
random_hex__is_hex_and_never_the_same(void **state)
{
	char a[129], b[129];

	(void)state;
	assert_int_equal(secret_random_hex(a, 64), 0);
	assert_int_equal(secret_random_hex(b, 64), 0);
	assert_int_equal(strspn(a, "0123456789abcdef"), 128);
	assert_string_not_equal(a, b);
	assert_errno(secret_random_hex(a, 65), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set__takes_any_bytes_but_nul__up_to_the_limit),
		cmocka_unit_test(wipe__leaves_nothing),
		cmocka_unit_test(equal__sees_any_difference),
		cmocka_unit_test(
		    equal__takes_as_many_steps__wherever_they_differ),
		cmocka_unit_test(random_hex__is_hex_and_never_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
