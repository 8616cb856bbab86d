/*
 * What stands in for things that this system has: each under a name of its own,
 * beside the one that is really used.
 */
#include "unit.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* compat.h declares what is missing. */
#ifdef HAVE_CLOSEFROM
void our_closefrom(int lowest);
#endif
#ifdef HAVE_EXPLICIT_BZERO
void our_explicit_bzero(void *memory, size_t len);
#endif
#ifdef HAVE_GETENTROPY
int our_getentropy(void *buffer, size_t len);
#endif

#define closefrom our_closefrom
#define explicit_bzero our_explicit_bzero
#define getentropy our_getentropy
#ifdef __linux__
#include <sys/syscall.h>
#undef SYS_close_range	/* the loop of older kernels */
#endif
#include "compat/closefrom.c"
#include "compat/explicit_bzero.c"
#include "compat/getentropy.c"

#define database_read no_database_read
#include "passwd/database_none.c"

#define lease_take no_lease_take
#define lease_drop no_lease_drop
#include "import/lease_none.c"

#define account_is_locked no_shadow_account_is_locked
#include "confine/locked_passwd.c"

#define seccomp_is_here no_seccomp_is_here
#define seccomp_apply no_seccomp_apply
#include "confine/seccomp_none.c"

#define sandbox_no_core no_sandbox_no_core
#define sandbox_monitor no_sandbox_monitor
#define sandbox_bare no_sandbox_bare
#define sandbox_front no_sandbox_front
#define sandbox_tls no_sandbox_tls
#define sandbox_session no_sandbox_session
#define sandbox_intake no_sandbox_intake
#define sandbox_files no_sandbox_files
#define sandbox_layers no_sandbox_layers
#include "confine/sandbox_none.c"

static int
in_a_child(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(act());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
closes_the_rest(void)
{
	const struct rlimit few = { 64, 64 };
	int fd;

	for (fd = 5; fd < 60; fd += 9)
		if (dup2(STDIN_FILENO, fd) == -1)
			return 1;
	our_closefrom(6);
	for (fd = 6; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			return 2;
	if (fcntl(5, F_GETFD) == -1)
		return 3;
	return setrlimit(RLIMIT_NOFILE, &few) == -1 ? 4 : (our_closefrom(5),
	    fcntl(5, F_GETFD) != -1 ? 5 : 0);
}

static void
closefrom__closes_what_is_at_and_above(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(closes_the_rest), 0);
}

static void
explicit_bzero__leaves_zeros_and_its_neighbours(void **state)
{
	char memory[] = "abcdef";

	(void)state;
	our_explicit_bzero(memory + 1, 4);
	assert_memory_equal(memory, "a\0\0\0\0f", 6);
}

static int
has_no_descriptor(void)
{
	const struct rlimit none = { 0, 0 };
	char bytes[8];

	return setrlimit(RLIMIT_NOFILE, &none) == 0 &&
	    our_getentropy(bytes, sizeof bytes) == -1 && errno == EMFILE ?
	    0 : 1;
}

static void
getentropy__of_256_bytes__differs_and_of_more_is_refused(void **state)
{
	static char a[257], b[257];

	(void)state;
	assert_int_equal(our_getentropy(a, 256), 0);
	assert_int_equal(our_getentropy(b, 256), 0);
	assert_true(memcmp(a, b, 256) != 0);
	assert_int_equal(a[256], 0);
	assert_int_equal(our_getentropy(a, 0), 0);
	assert_errno(our_getentropy(a, 257), EIO);
	assert_int_equal(in_a_child(has_no_descriptor), 0);
}

static void
database__without_gdbm__says_so(void **state)
{
	(void)state;
	assert_non_null(strstr(no_database_read("/x", NULL, NULL),
	    "without libgdbm"));
}

static void
lease__where_there_is_none__is_not_supported(void **state)
{
	(void)state;
	assert_errno(no_lease_take(0, 0), ENOTSUP);
	no_lease_drop(0);
}

static void
seccomp__unsupported__not_reported_as_active(void **state)
{
	(void)state;
	assert_false(no_seccomp_is_here());
	assert_errno(no_seccomp_apply((enum seccomp_role)0), ENOSYS);
}

static int
leaves_no_core(void)
{
	struct rlimit core;

	if (no_sandbox_monitor() == -1 || no_sandbox_front(getppid()) == -1 ||
	    no_sandbox_tls(getppid()) == -1 ||
	    no_sandbox_session(getppid(), "/") == -1 ||
	    no_sandbox_intake(getppid(), NULL, 0) == -1 ||
	    no_sandbox_files("/") == -1 ||
	    getrlimit(RLIMIT_CORE, &core) == -1)
		return 1;
	return core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 2;
}

static void
sandbox__of_no_system__still_leaves_no_core(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(leaves_no_core), 0);
	assert_non_null(strstr(no_sandbox_layers(), "nothing more"));
}

static void
account__without_shadow__is_not_locked(void **state)
{
	(void)state;
	assert_false(no_shadow_account_is_locked("root"));
	assert_false(no_shadow_account_is_locked("no-such-user-here"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closefrom__closes_what_is_at_and_above),
		cmocka_unit_test(
		    explicit_bzero__leaves_zeros_and_its_neighbours),
		cmocka_unit_test(
		    getentropy__of_256_bytes__differs_and_of_more_is_refused),
		cmocka_unit_test(database__without_gdbm__says_so),
		cmocka_unit_test(lease__where_there_is_none__is_not_supported),
		cmocka_unit_test(
		    seccomp__unsupported__not_reported_as_active),
		cmocka_unit_test(sandbox__of_no_system__still_leaves_no_core),
		cmocka_unit_test(account__without_shadow__is_not_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
