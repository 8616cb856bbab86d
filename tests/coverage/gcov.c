/*
 * Only in a build with --enable-coverage: what a process has counted reaches the
 * disk although it ends by _exit(), or confines itself where it may write no
 * more.  The linker puts these in place of the calls (configure: --wrap).
 */
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_prctl(int what, unsigned long a, unsigned long b,
    unsigned long c, unsigned long d);
int __wrap_prctl(int what, unsigned long a, unsigned long b,
    unsigned long c, unsigned long d);
long __real_syscall(long what, long a, long b, long c, long d, long e,
    long f);
long __wrap_syscall(long what, long a, long b, long c, long d, long e,
    long f);

/*
 * Our programs stay able to write, so that all they do is counted.  The test
 * programs see the real thing: what they count ends before it.
 */
static int
stays_open(void)
{
	if (strncmp(program_invocation_short_name, "test_", 5) != 0)
		return 1;
	__gcov_dump();
	return 0;
}

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

int
__wrap_prctl(int what, unsigned long a, unsigned long b, unsigned long c,
    unsigned long d)
{
	if (what == PR_SET_SECCOMP && b != 0 && stays_open())
		return 0;
	return __real_prctl(what, a, b, c, d);
}

long
__wrap_syscall(long what, long a, long b, long c, long d, long e, long f)
{
	if (what == SYS_landlock_restrict_self && stays_open())
		return 0;
	return __real_syscall(what, a, b, c, d, e, f);
}
