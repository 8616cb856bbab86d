/*
 * From inside each role: what it may not do is tried, each thing in a child of
 * its own, and so is what it must do.
 */
#include "confine/sandbox.h"

#include "box.h"
#include "io/channel.h"
#include "maildir/maildrop.h"
#include "confine/landlock.h"
#include "confine/seccomp.h"
#include "unit.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define KILLED 1000		/* ended by SIGSYS */
#define BROKEN 2000		/* ended in another way */
#define CALLS 520

/* The Maildir of a session; what is beside it in the box is not its own. */
static char maildir[BOX_PATH_MAX];

static pid_t parent;

/* An action returns what it comes to: 0, or errno of what was refused. */
static int
result_of(long r)
{
	return r == -1 ? errno : 0;
}

/* 0 or an errno that the action returned, or KILLED. */
static int
try(int (*confine)(void), int (*act)(void))
{
	int status;
	pid_t pid;

	parent = getpid();
	if ((pid = fork()) == 0) {
		if (confine() == -1)
			_exit(254);
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGSYS ? KILLED : BROKEN + WTERMSIG(status);
}

static int
as_front(void)
{
	return sandbox_front(parent);
}

static int
as_session(void)
{
	return sandbox_session(parent, maildir);
}

static int
as_intake(void)
{
	static char spools[BOX_PATH_MAX], spool[BOX_PATH_MAX];
	static char notices[BOX_PATH_MAX];
	const struct sandbox_path paths[] = {
		{ maildir, SANDBOX_WRITE }, { NULL, SANDBOX_WRITE },
		{ box_path(spools, "new"), SANDBOX_LOCK },
		{ box_path(spool, "new/mine"), SANDBOX_WRITE },
		{ box_path(notices, "cur"), SANDBOX_READ },
	};

	return sandbox_intake(parent, paths, COUNT(paths));
}

static int
as_tls(void)
{
	return sandbox_tls(parent);
}

static int
as_nobody_special(void)
{
	return 0;
}

/* ---- what nobody may do ------------------------------------------------- */

static int
do_socket(void)
{
	return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int
do_connect(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	return result_of(connect(0, (struct sockaddr *)&sin, sizeof sin));
}

static int
do_execve(void)
{
	char path[] = "/bin/true", *argv[] = { path, NULL };

	return result_of(execve(path, argv, argv + 1));
}

static int
do_fork(void)
{
	return result_of(fork());
}

static int
do_ptrace(void)
{
	return result_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
do_kill(void)
{
	return result_of(kill(getppid(), 0));
}

static int
do_exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
do_memory_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 253;
	return result_of(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
do_setuid(void)
{
	return result_of(setuid(geteuid()));
}

static int
do_chmod(void)
{
	return result_of(chmod("/", 0755));
}

static int
do_ioctl(void)
{
	int n;

	return result_of(ioctl(0, FIONREAD, &n));
}

static int
do_other_fcntl(void)
{
	return result_of(fcntl(0, F_SETOWN, getpid()));
}

static int
do_prctl(void)
{
	return result_of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
do_open(void)
{
	return result_of(open("/dev/null", O_RDONLY));
}

static const struct forbidden {
	const char *what;
	int (*act)(void);
	int roles;
} forbidden[] = {
	{ "socket", do_socket, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "connect", do_connect, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "execve", do_execve, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "fork", do_fork, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "ptrace", do_ptrace, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "kill", do_kill, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "setuid", do_setuid, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "chmod", do_chmod, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "ioctl", do_ioctl, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "other fcntl", do_other_fcntl, SECCOMP_FRONT | SECCOMP_SESSION },
#ifndef WITH_SANITIZERS
	{ "code by mmap", do_exec_memory, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "code by mprotect", do_memory_exec,
	    SECCOMP_FRONT | SECCOMP_SESSION },
	{ "prctl", do_prctl, SECCOMP_FRONT | SECCOMP_SESSION },
	{ "open", do_open, SECCOMP_FRONT },
#endif
};

static void
need_seccomp(void)
{
	if (!seccomp_is_here())
		skip();
}

static void
need_landlock(int abi)
{
	if (landlock_abi() < abi)
		skip();
}

static void
front__what_it_may_not_do__ends_it(void **state)
{
	size_t i;

	(void)state;
	need_seccomp();
	for (i = 0; i < COUNT(forbidden); i++)
		if (try(as_front, forbidden[i].act) != KILLED)
			fail_msg("%s", forbidden[i].what);
}

/* OpenSSL and syslog(3) would try these: they come to nothing. */
static void
tls__what_it_may_not_do__ends_it_or_fails(void **state)
{
	size_t i;
	int r, wanted;

	(void)state;
	need_seccomp();
	for (i = 0; i < COUNT(forbidden); i++) {
		wanted = forbidden[i].act == do_socket ||
		    forbidden[i].act == do_connect ||
		    forbidden[i].act == do_open ? EPERM : KILLED;
		if ((r = try(as_tls, forbidden[i].act)) != wanted)
			fail_msg("%s: %d", forbidden[i].what, r);
	}
}

static void
session__what_it_may_not_do__ends_it(void **state)
{
	size_t i;

	(void)state;
	need_seccomp();
	for (i = 0; i < COUNT(forbidden); i++) {
		if (!(forbidden[i].roles & SECCOMP_SESSION))
			continue;
		if (try(as_session, forbidden[i].act) != KILLED)
			fail_msg("%s (session)", forbidden[i].what);
		if (try(as_intake, forbidden[i].act) != KILLED)
			fail_msg("%s (intake)", forbidden[i].what);
	}
}

/* The attempts above come to something where nothing forbids them. */
static void
nobody_special__may_do_most_of_it(void **state)
{
	static int (*const acts[])(void) = { do_socket, do_execve, do_fork,
	    do_kill, do_exec_memory, do_memory_exec, do_setuid, do_prctl,
	    do_open };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(acts); i++)
		assert_int_equal(try(as_nobody_special, acts[i]), 0);
}

/* ---- every call there is ------------------------------------------------- */

static const int front_calls[] = {
	SYS_read, SYS_write, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto,
	SYS_shutdown, SYS_ppoll, SYS_pselect6, SYS_close, SYS_brk, SYS_mremap,
	SYS_munmap, SYS_madvise, SYS_futex, SYS_getrandom, SYS_getpid,
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday, SYS_restart_syscall, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
	/* Questions; those from prlimit64 on get no answer. */
	SYS_sysinfo, SYS_gettid, SYS_sched_yield, SYS_prlimit64,
	SYS_sched_getaffinity, SYS_getrusage, SYS_clock_getres, SYS_uname,
	SYS_readlinkat,
#ifdef SYS_poll
	SYS_poll, SYS_select, SYS_time, SYS_getrlimit, SYS_readlink,
#endif
};

/* Those of a session, behind the three that intake has alone. */
static const int intake_calls[] = {
	SYS_setresgid, SYS_linkat, SYS_utimensat,
	SYS_openat, SYS_fstat, SYS_fstatfs, SYS_newfstatat,
	SYS_getdents64, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_ftruncate, SYS_fsync,
	SYS_mkdirat, SYS_unlinkat, SYS_renameat, SYS_renameat2,
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_setitimer,
#ifdef SYS_open
	SYS_open,
#endif
};

#define SESSION_CALLS (intake_calls + 3), (COUNT(intake_calls) - 3)

static const int tls_calls[] = {
	SYS_openat, SYS_fstat, SYS_newfstatat, SYS_socket, SYS_connect,
	SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
#ifdef SYS_open
	SYS_open,
#endif
};

static int number;

/* No argument makes sense, so that nothing comes of it, and nothing waits. */
static int
do_number(void)
{
	(void)syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
	return 0;
}

static bool
is_in(const int *list, size_t n)
{
	while (n > 0)
		if (list[--n] == number)
			return true;
	return false;
}

/* The kernel's own probes pass by every filter; nobody else can use them. */
static bool
is_no_call(void)
{
#ifdef __x86_64__
	return number == 335 || number == 336;
#else
	return false;
#endif
}

/* mmap(2) and fcntl(2) with such arguments are refused, too. */
static void
only_the_listed__survive(int (*role)(void), const int *more, size_t n)
{
	bool listed;

#ifdef WITH_SANITIZERS
	skip();
#endif
	need_seccomp();
	for (number = 0; number < CALLS; number++) {
		listed = is_in(front_calls, COUNT(front_calls)) ||
		    is_in(more, n);
		if ((try(role, do_number) == KILLED) == listed &&
		    !is_no_call())
			fail_msg("system call %d", number);
	}
}

static void
front__of_all_calls__only_the_listed_survive(void **state)
{
	(void)state;
	only_the_listed__survive(as_front, NULL, 0);
}

static void
session__of_all_calls__only_the_listed_survive(void **state)
{
	(void)state;
	only_the_listed__survive(as_session, SESSION_CALLS);
}

static void
intake__of_all_calls__only_the_listed_survive(void **state)
{
	(void)state;
	only_the_listed__survive(as_intake, intake_calls, COUNT(intake_calls));
}

static void
tls__of_all_calls__only_the_listed_survive(void **state)
{
	(void)state;
	only_the_listed__survive(as_tls, tls_calls, COUNT(tls_calls));
}

static int
do_x32(void)
{
#ifdef __x86_64__
	return result_of(syscall(SYS_getpid | 0x40000000));
#else
	raise(SIGSYS);
	return 0;
#endif
}

/*
 * i386's number for open is one of those that a session may use; it is another
 * call.  Where the kernel knows no i386 the instruction itself is an error.
 */
static int
do_i386(void)
{
#ifdef __x86_64__
	static const char path[] = "/dev/null";
	int fd;

	__asm__ volatile ("int $0x80" : "=a"(fd) : "a"(5), "b"(path), "c"(0) :
	    "memory", "r8", "r9", "r10", "r11");
	return 0;
#else
	raise(SIGSYS);
	return 0;
#endif
}

static void
calls__by_another_table__end_it(void **state)
{
	int with, without;

	(void)state;
	need_seccomp();
	assert_int_equal(try(as_session, do_x32), KILLED);
	assert_int_equal(try(as_front, do_x32), KILLED);
	without = try(as_nobody_special, do_i386);
	with = try(as_session, do_i386);
	assert_int_equal(with, without == BROKEN + SIGSEGV ? without : KILLED);
}

/* ---- what a front must be able to do ------------------------------------- */

static int
do_talk(void)
{
	struct timespec soon = { 0, 1000000 };
	char *p, byte = 'a';
	struct pollfd pfd;
	int ends[2] = { 3, 4 };

	if (send(ends[0], &byte, 1, MSG_NOSIGNAL) != 1)
		return 1;
	pfd = (struct pollfd){ .fd = ends[1], .events = POLLIN };
	if (poll(&pfd, 1, 1000) != 1 || read(ends[1], &byte, 1) != 1)
		return 2;
	if (recv(ends[1], &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN)
		return 3;
	if ((p = malloc(4000000)) == NULL)
		return 4;
	memset(p, 1, 4000000);
	if ((p = realloc(p, 8000000)) == NULL)
		return 5;
	free(p);
	if (clock_gettime(CLOCK_MONOTONIC, &soon) == -1 || time(NULL) == 0)
		return 6;
	soon = (struct timespec){ 0, 1000000 };
	if (clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL) != 0)
		return 7;
	if (shutdown(ends[0], SHUT_WR) == -1 || close(ends[0]) == -1)
		return 8;
	return 0;
}

/* What a C library does for us may surprise: this asks how much memory is. */
static int
compare(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : 1;
}

static int
do_library_work(void)
{
	size_t n = 300000, i;
	int *numbers = malloc(n * sizeof *numbers);
	char text[64];

	if (numbers == NULL)
		return 1;
	for (i = 0; i < n; i++)
		numbers[i] = (int)(i * 7919 % n);
	qsort(numbers, n, sizeof *numbers, compare);
	for (i = 1; i < n; i++)
		if (numbers[i] < numbers[i - 1])
			return 2;
	free(numbers);
	(void)snprintf(text, sizeof text, "%s %zu", strerror(ENOSPC), i);
	return sysconf(_SC_OPEN_MAX) == 0 || sysconf(_SC_PAGESIZE) <= 0;
}

static void
role__work_of_the_c_library__is_no_offence(void **state)
{
	(void)state;
	assert_int_equal(try(as_front, do_library_work), 0);
	assert_int_equal(try(as_session, do_library_work), 0);
	assert_int_equal(try(as_tls, do_library_work), 0);
}

static int
front_with_sockets(void)
{
	int ends[2];

	closefrom(3);
	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ? -1 :
	    as_front();
}

static void
front__talks_waits_and_has_memory(void **state)
{
	(void)state;
	assert_int_equal(try(front_with_sockets, do_talk), 0);
}

/* ---- a session and its files --------------------------------------------- */

static int
open_at(const char *path, int flags)
{
	int fd = openat(AT_FDCWD, path, flags | O_CLOEXEC, 0600);

	return result_of(fd);
}

static int
in_maildir(void)
{
	if (chdir(maildir) == -1)
		return -1;
	return as_session();
}

static int do_read_beside(void) { return open_at("../new/1.a", O_RDONLY); }
static int do_read_above(void) { return open_at("..", O_RDONLY); }
static int do_read_etc(void) { return open_at("/etc/passwd", O_RDONLY); }
static int do_write_beside(void) { return open_at("../new/1.a", O_WRONLY); }
static int do_make_beside(void) { return open_at("../x", O_RDWR | O_CREAT); }
static int do_follow(void) { return open_at("cur/link", O_RDONLY); }

static int
do_cut_beside(void)
{
	return open_at("../new/1.a", O_WRONLY | O_TRUNC);
}

static int
do_remove_beside(void)
{
	return result_of(unlinkat(AT_FDCWD, "../new/1.a", 0));
}

static int
do_mkdir_beside(void)
{
	return result_of(mkdirat(AT_FDCWD, "../y", 0700));
}

static int
do_rename_out(void)
{
	return result_of(renameat(AT_FDCWD, "new/2.b", AT_FDCWD,
	    "../new/2.b"));
}

static int
do_rename_in(void)
{
	return result_of(renameat(AT_FDCWD, "../new/1.a", AT_FDCWD,
	    "new/1.a"));
}

static int
do_link_out(void)
{
	return result_of(linkat(AT_FDCWD, "new/2.b", AT_FDCWD, "../new/2.b",
	    0));
}

static int do_read_own(void) { return open_at("new/2.b", O_RDONLY); }
static int do_list_own(void) { return open_at("new", O_RDONLY); }
static int do_cut_own(void) { return open_at("new/2.b", O_WRONLY | O_TRUNC); }
static int do_make_own(void) { return open_at("z", O_RDWR | O_CREAT); }

static int
do_move_own(void)
{
	return result_of(renameat(AT_FDCWD, "new/2.b", AT_FDCWD,
	    "cur/2.b:2,S")) || result_of(renameat(AT_FDCWD, "cur/2.b:2,S",
	    AT_FDCWD, "new/2.b"));
}

static int
do_mkdir_own(void)
{
	return result_of(mkdirat(AT_FDCWD, "w", 0700));
}

static int
do_remove_own(void)
{
	return result_of(unlinkat(AT_FDCWD, "new/2.b", 0));
}

static const struct file_case {
	const char *what;
	int (*act)(void);
	bool own;
} file_cases[] = {
	{ "read beside", do_read_beside, false },
	{ "read above", do_read_above, false },
	{ "read /etc/passwd", do_read_etc, false },
	{ "write beside", do_write_beside, false },
	{ "make beside", do_make_beside, false },
	{ "follow a link", do_follow, false },
	{ "cut beside", do_cut_beside, false },
	{ "remove beside", do_remove_beside, false },
	{ "mkdir beside", do_mkdir_beside, false },
	{ "rename out", do_rename_out, false },
	{ "rename in", do_rename_in, false },
	{ "read", do_read_own, true },
	{ "list", do_list_own, true },
	{ "cut", do_cut_own, true },
	{ "make", do_make_own, true },
	{ "move", do_move_own, true },
	{ "mkdir", do_mkdir_own, true },
	{ "remove", do_remove_own, true },
};

static int
make_maildir(void **state)
{
	static const char *const dirs[] = { "", "/new", "/cur", "/tmp" };
	char path[BOX_PATH_MAX];
	size_t i;

	if (box_set_up(state) == -1)
		return -1;
	(void)box_path(maildir, "M");
	for (i = 0; i < COUNT(dirs); i++) {
		(void)snprintf(path, sizeof path, "%.400s%s", maildir,
		    dirs[i]);
		if (mkdir(path, 0700) == -1)
			return -1;
	}
	(void)snprintf(path, sizeof path, "%.400s/cur/link", maildir);
	box_put("new/1.a", SPAN("a"));
	box_put("M/new/2.b", SPAN("Subject: b\n\nb\n"));
	return symlink("../../new/1.a", path);
}

static int
remove_maildir(void **state)
{
	static const char *const names[] = { "M/cur/link", "M/cur/3.b", "M/z",
	    "M/new/2.b", "M/solopop.lock", "M/solopop.index", "M/cur/2.b:2,S",
	    "M/maildirsize", "M/w", "M/new", "M/cur", "M/tmp", "M", "link" };
	char path[BOX_PATH_MAX];
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		(void)box_path(path, names[i]);
		if (unlink(path) == -1)
			(void)rmdir(path);
	}
	return box_tear_down(state);
}

static void
session__files__its_own_and_no_other(void **state)
{
	const struct file_case *c;
	int r;

	(void)state;
	need_landlock(LANDLOCK_ABI_NEEDED);
	for (c = file_cases; c < file_cases + COUNT(file_cases); c++) {
		r = try(in_maildir, c->act);
		if (c->own ? r != 0 : r != EACCES && r != EXDEV)
			fail_msg("%s: %d", c->what, r);
	}
	assert_true(box_has("new/1.a"));
	box_expect("new/1.a", "a");
}

/* The same outside of it: the files are there, and can be had. */
static void
nobody_special__has_the_files_beside(void **state)
{
	(void)state;
	assert_int_equal(chdir(maildir), 0);
	assert_int_equal(try(as_nobody_special, do_read_beside), 0);
	assert_int_equal(try(as_nobody_special, do_follow), 0);
	assert_int_equal(try(as_nobody_special, do_link_out), 0);
	box_remove("new/2.b");
	assert_int_equal(chdir("/"), 0);
}

static int
by_a_link(void)
{
	char path[BOX_PATH_MAX];

	if (chdir(maildir) == -1)
		return -1;
	return sandbox_session(parent, box_path(path, "link"));
}

static void
session__maildir_is_a_link__works(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	need_landlock(LANDLOCK_ABI_NEEDED);
	assert_int_equal(symlink("M", box_path(path, "link")), 0);
	assert_int_equal(try(by_a_link, do_move_own), 0);
	assert_int_equal(try(by_a_link, do_read_beside), EACCES);
}

static int
missing(void)
{
	char path[BOX_PATH_MAX];

	if (chdir(maildir) == -1)
		return -1;
	return sandbox_session(parent, box_path(path, "nothing"));
}

static int
do_read_missing(void)
{
	return open_at("../nothing", O_RDONLY | O_DIRECTORY);
}

static void
session__no_maildir__has_no_files(void **state)
{
	(void)state;
	need_landlock(LANDLOCK_ABI_NEEDED);
	assert_int_equal(try(missing, do_read_missing), ENOENT);
	assert_int_equal(try(missing, do_read_own), EACCES);
	assert_int_equal(try(missing, do_read_beside), EACCES);
}

static int
intake_there(void)
{
	return chdir(maildir) == -1 ? -1 : as_intake();
}

static int do_read_notice(void) { return open_at("../cur", O_RDONLY); }
static int do_make_notice(void) { return open_at("../cur/x", O_RDWR|O_CREAT); }
static int do_list_spools(void) { return open_at("../new", O_RDONLY); }
static int do_lock_spool(void) { return open_at("../new/x", O_WRONLY|O_CREAT); }
static int do_cut_spool(void) { return open_at("../new/mine", O_RDWR|O_TRUNC); }

static int
do_move_lock(void)
{
	return result_of(renameat(AT_FDCWD, "../new/x", AT_FDCWD,
	    "../new/y")) || result_of(linkat(AT_FDCWD, "../new/y", AT_FDCWD,
	    "../new/x", 0)) || result_of(unlinkat(AT_FDCWD, "../new/y", 0));
}

static void
intake__each_path_as_it_was_named(void **state)
{
	(void)state;
	need_landlock(LANDLOCK_ABI_NEEDED);
	box_put("new/mine", SPAN("From"));
	assert_int_equal(try(intake_there, do_read_notice), 0);
	assert_int_equal(try(intake_there, do_make_notice), EACCES);
	assert_int_equal(try(intake_there, do_lock_spool), 0);
	assert_int_equal(try(intake_there, do_move_lock), 0);
	assert_int_equal(try(intake_there, do_list_spools), EACCES);
	assert_int_equal(try(intake_there, do_read_beside), EACCES);
	assert_int_equal(try(intake_there, do_cut_spool), 0);
	box_remove("new/x");
	box_remove("new/mine");
	assert_int_equal(try(intake_there, do_make_own), 0);
	assert_int_equal(try(intake_there, do_read_above), EACCES);
	assert_int_equal(try(intake_there, do_read_etc), EACCES);
}

/* ---- a whole maildrop, from inside --------------------------------------- */

static int
do_maildrop(void)
{
	const struct maildrop_conf conf = { .lock = true, .index = INDEX_AUTO };
	struct maildrop_sum removed;
	struct maildrop *d;
	struct stored s;

	if (maildrop_open(&d, maildir, &conf) != MAILDROP_OPEN)
		return 1;
	if (maildrop_count(d) != 2)
		return 2;
	if (maildrop_read(d, 1, &s) == -1)
		return 3;
	stored_close(&s);
	maildrop_mark_read(d, 1);
	if (maildrop_is_wanted(d) || maildrop_delete(d, 2) == -1)
		return 4;
	if (maildrop_update(d, &removed) == -1 || removed.count != 1)
		return 5;
	maildrop_save(d);
	maildrop_close(d);
	return 0;
}

static void
session__a_whole_maildrop__works(void **state)
{
	(void)state;
	box_put("M/cur/3.b", SPAN("Subject: c\n\nc\n"));
	box_put("M/maildirsize", SPAN("1000S\n28 2\n"));
	assert_int_equal(try(as_session, do_maildrop), 0);
	assert_true(box_has("M/cur/2.b:2,S"));
	assert_false(box_has("M/cur/3.b"));
	assert_true(box_has("M/solopop.index"));
	box_expect("M/maildirsize", "1000S\n28 2\n-14 -1\n");
}

/* ---- Landlock by itself --------------------------------------------------- */

static int
landlocked(void)
{
	const struct sandbox_path path = { maildir, SANDBOX_WRITE };

	if (sandbox_bare(parent) == -1)
		return -1;
	return landlock_apply(landlock_abi(), &path, 1);
}

static int
do_listen(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return result_of(bind(fd, (struct sockaddr *)&sin, sizeof sin));
}

static int
do_call(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = 9 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = 0x0100007f;
	return result_of(connect(fd, (struct sockaddr *)&sin, sizeof sin));
}

static void
landlock__network_and_signals__as_its_version_has_them(void **state)
{
	(void)state;
	need_landlock(LANDLOCK_ABI_NETWORK);
	assert_int_equal(try(landlocked, do_listen), EACCES);
	assert_int_equal(try(landlocked, do_call), EACCES);
	need_landlock(LANDLOCK_ABI_SIGNALS);
	assert_int_equal(try(landlocked, do_kill), EPERM);
}

static int abi;

static int
by_an_older_kernel(void)
{
	const struct sandbox_path path = { maildir, SANDBOX_WRITE };

	if (chdir(maildir) == -1 || sandbox_bare(parent) == -1)
		return -1;
	return landlock_apply(abi, &path, 1);
}

static void
landlock__every_version__moves_and_keeps_out(void **state)
{
	(void)state;
	for (abi = LANDLOCK_ABI_NEEDED; abi <= landlock_abi(); abi++) {
		assert_int_equal(try(by_an_older_kernel, do_move_own), 0);
		assert_int_equal(try(by_an_older_kernel, do_cut_own), 0);
		assert_int_equal(try(by_an_older_kernel, do_read_beside),
		    EACCES);
	}
}

/* ---- what every role has -------------------------------------------------- */

static int
do_look(void)
{
	int signal_number = 0;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	if (prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0) == -1 ||
	    signal_number != SIGKILL)
		return 3;
	return 0;
}

static int
bare(void)
{
	return sandbox_bare(parent);
}

static void
bare__no_privileges_no_tracer_no_orphans(void **state)
{
	(void)state;
	assert_int_equal(try(bare, do_look), 0);
	assert_int_equal(try(bare, do_socket), 0);
}

static int
do_follow_a_stranger(void)
{
	errno = 0;
	return sandbox_front(getpid()) == -1 ? errno : 0;
}

static void
role__its_monitor_is_gone__does_not_begin(void **state)
{
	(void)state;
	assert_int_equal(try(as_nobody_special, do_follow_a_stranger), ESRCH);
}

/* ---- other kernels --------------------------------------------------------- */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	offsetof(struct seccomp_data, field))

/*
 * A kernel on which this call comes to that error: for prctl(2), with this
 * first argument and with a third that is not zero, or any (strict).
 */
static int
spoil(long call, unsigned first, bool any, int error)
{
	const struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 5),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 3),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, any ? 1 : 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_filter copy[COUNT(filter)];
	const struct sock_fprog program = { COUNT(filter), copy };

	memcpy(copy, filter, sizeof copy);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* Two more, by call alone. */
static int
spoil_call(long call, int error)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { COUNT(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#define CREATE_RULESET 444
#define RESTRICT_SELF 446

static int
refuses_filters(void)
{
	return spoil(SYS_prctl, PR_SET_SECCOMP, false, ENOMEM);
}

static int
has_no_filters(void)
{
	return spoil(SYS_prctl, PR_SET_SECCOMP, true, EINVAL);
}

static int refuses_rules(void) { return spoil_call(RESTRICT_SELF, E2BIG); }
static int has_no_landlock(void) { return spoil_call(CREATE_RULESET, ENOSYS); }

static int
begin_front(void)
{
	return result_of(as_front());
}

static int
begin_session(void)
{
	return result_of(as_session());
}

static int
begin_session_and_fork(void)
{
	return as_session() == -1 ? errno : do_fork();
}

static void
layer__refused__role_does_not_begin(void **state)
{
	(void)state;
	need_seccomp();
	need_landlock(LANDLOCK_ABI_NEEDED);
	assert_int_equal(try(refuses_filters, begin_front), ENOMEM);
	assert_int_equal(try(refuses_filters, begin_session), ENOMEM);
	assert_int_equal(try(refuses_rules, begin_session), E2BIG);
}

static void
layer__not_in_this_kernel__role_goes_on_with_the_others(void **state)
{
	(void)state;
	need_seccomp();
	assert_int_equal(try(has_no_filters, begin_front), 0);
	assert_int_equal(try(has_no_filters, begin_session), 0);
	assert_int_equal(try(has_no_landlock, begin_session), 0);
	assert_int_equal(try(has_no_landlock, begin_session_and_fork), KILLED);
}

static int
do_layers_without(void)
{
	return strstr(sandbox_layers(), "no Landlock") != NULL &&
	    strstr(sandbox_layers(), "filters of system calls") != NULL ? 0 :
	    1;
}

static int
do_layers_unfiltered(void)
{
	return strstr(sandbox_layers(), "no filter of system calls") != NULL ?
	    0 : 1;
}

static void
layers__say_what_there_is(void **state)
{
	(void)state;
	need_seccomp();
	assert_int_equal(try(has_no_landlock, do_layers_without), 0);
	assert_int_equal(try(has_no_filters, do_layers_unfiltered), 0);
	need_landlock(LANDLOCK_ABI_NEEDED);
	assert_non_null(strstr(sandbox_layers(), "Landlock "));
	assert_null(strstr(sandbox_layers(), "no Landlock"));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_maildir, remove_maildir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(front__what_it_may_not_do__ends_it),
		TEST(session__what_it_may_not_do__ends_it),
		TEST(tls__what_it_may_not_do__ends_it_or_fails),
		TEST(nobody_special__may_do_most_of_it),
		TEST(front__of_all_calls__only_the_listed_survive),
		TEST(session__of_all_calls__only_the_listed_survive),
		TEST(intake__of_all_calls__only_the_listed_survive),
		TEST(tls__of_all_calls__only_the_listed_survive),
		TEST(calls__by_another_table__end_it),
		TEST(front__talks_waits_and_has_memory),
		TEST(role__work_of_the_c_library__is_no_offence),
		TEST(session__files__its_own_and_no_other),
		TEST(nobody_special__has_the_files_beside),
		TEST(session__maildir_is_a_link__works),
		TEST(session__no_maildir__has_no_files),
		TEST(intake__each_path_as_it_was_named),
		TEST(session__a_whole_maildrop__works),
		TEST(landlock__network_and_signals__as_its_version_has_them),
		TEST(landlock__every_version__moves_and_keeps_out),
		TEST(bare__no_privileges_no_tracer_no_orphans),
		TEST(role__its_monitor_is_gone__does_not_begin),
		TEST(layer__refused__role_does_not_begin),
		TEST(layer__not_in_this_kernel__role_goes_on_with_the_others),
		TEST(layers__say_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
