#include "confine/seccomp.h"

#include "confine/seccomp_calls.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

/*
 * A call by another processor's table (i386 on x86-64) has other numbers.
 * Those of x32 have a bit that takes them out of our range.
 */
#ifdef __x86_64__
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define CALLS 512		/* a number from here on is none of ours */
#define PROGRAM_MAX 500
#define JUMP_MAX 255

enum manner {
	NEVER,
	FREELY,
	REFUSED,		/* an error, and no end */
	NO_EXEC,		/* memory that cannot become code */
	SOME_IOCTL,		/* how long the send queue is */
	SOME_GETSOCKOPT,	/* whether TCP's probes are answered */
	SOME_FCNTL,		/* locks and flags */
	LEASE_FCNTL		/* and a lease */
};

#define EVERY (SECCOMP_FRONT | SECCOMP_SESSION | SECCOMP_INTAKE | SECCOMP_TLS)
#define USERS (SECCOMP_SESSION | SECCOMP_INTAKE)

/*
 * What our code does, and what a C library may do on its behalf: memory,
 * clocks where the kernel offers none without a call, a wait that a signal
 * (SIGSTOP) interrupted.  A later row wins.
 */
static const struct row {
	int call;
	int roles;			/* enum seccomp_role */
	enum manner how;
} rows[] = {
	/* Talking. */
	{ SYS_read, EVERY, FREELY },
	{ SYS_write, EVERY, FREELY },
	{ SYS_writev, EVERY, FREELY },
	{ SYS_recvfrom, EVERY, FREELY },
	{ SYS_recvmsg, EVERY, FREELY },
	{ SYS_sendto, EVERY, FREELY },
	{ SYS_shutdown, EVERY, FREELY },
	{ SYS_poll, EVERY, FREELY },
	{ SYS_ppoll, EVERY, FREELY },
	{ SYS_select, EVERY, FREELY },
	{ SYS_pselect6, EVERY, FREELY },
	{ SYS_close, EVERY, FREELY },
	{ SYS_ioctl, EVERY, SOME_IOCTL },
	{ SYS_getsockopt, EVERY, SOME_GETSOCKOPT },

	/* Living. */
	{ SYS_brk, EVERY, FREELY },
	{ SYS_mmap, EVERY, NO_EXEC },
	{ SYS_mprotect, EVERY, NO_EXEC },
	{ SYS_mremap, EVERY, FREELY },
	{ SYS_munmap, EVERY, FREELY },
	{ SYS_madvise, EVERY, FREELY },
	{ SYS_futex, EVERY, FREELY },
	{ SYS_getrandom, EVERY, FREELY },
	{ SYS_getpid, EVERY, FREELY },
	{ SYS_clock_gettime, EVERY, FREELY },
	{ SYS_clock_nanosleep, EVERY, FREELY },
	{ SYS_nanosleep, EVERY, FREELY },
	{ SYS_gettimeofday, EVERY, FREELY },
	{ SYS_time, EVERY, FREELY },
	{ SYS_restart_syscall, EVERY, FREELY },
	{ SYS_rt_sigprocmask, EVERY, FREELY },
	{ SYS_rt_sigreturn, EVERY, FREELY },
	{ SYS_exit, EVERY, FREELY },
	{ SYS_exit_group, EVERY, FREELY },

	/* Mail. */
	{ SYS_openat, USERS, FREELY },
	{ SYS_open, USERS, FREELY },		/* musl's open(3) */
	{ SYS_fcntl, USERS, SOME_FCNTL },
	{ SYS_fstat, USERS, FREELY },
	{ SYS_fstatfs, USERS, FREELY },
	{ SYS_newfstatat, USERS, FREELY },
	{ SYS_getdents64, USERS, FREELY },
	{ SYS_lseek, USERS, FREELY },
	{ SYS_pread64, USERS, FREELY },
	{ SYS_pwrite64, USERS, FREELY },
	{ SYS_ftruncate, USERS, FREELY },
	{ SYS_fsync, USERS, FREELY },
	{ SYS_mkdirat, USERS, FREELY },
	{ SYS_unlinkat, USERS, FREELY },
	{ SYS_renameat, USERS, FREELY },
	{ SYS_renameat2, USERS, FREELY },
	{ SYS_setitimer, USERS, FREELY },
	{ SYS_getuid, USERS, FREELY },
	{ SYS_geteuid, USERS, FREELY },
	{ SYS_getgid, USERS, FREELY },
	{ SYS_getegid, USERS, FREELY },

	/*
	 * Questions that one C library or another asks by the way; qsort(3)
	 * wants to know how much memory there is.
	 */
	{ SYS_sysinfo, EVERY, FREELY },
	{ SYS_gettid, EVERY, FREELY },
	{ SYS_sched_yield, EVERY, FREELY },
	{ SYS_getrlimit, EVERY, REFUSED },
	{ SYS_prlimit64, EVERY, REFUSED },
	{ SYS_sched_getaffinity, EVERY, REFUSED },
	{ SYS_getrusage, EVERY, REFUSED },
	{ SYS_clock_getres, EVERY, REFUSED },
	{ SYS_uname, EVERY, REFUSED },
	{ SYS_readlink, EVERY, REFUSED },
	{ SYS_readlinkat, EVERY, REFUSED },

	/* OpenSSL and syslog(3) look for what is not there for them. */
	{ SYS_openat, SECCOMP_TLS, REFUSED },
	{ SYS_open, SECCOMP_TLS, REFUSED },
	{ SYS_newfstatat, SECCOMP_TLS, REFUSED },
	{ SYS_fstat, SECCOMP_TLS, REFUSED },
	{ SYS_socket, SECCOMP_TLS, REFUSED },
	{ SYS_connect, SECCOMP_TLS, REFUSED },
	{ SYS_getuid, SECCOMP_TLS, FREELY },
	{ SYS_geteuid, SECCOMP_TLS, FREELY },
	{ SYS_getgid, SECCOMP_TLS, FREELY },
	{ SYS_getegid, SECCOMP_TLS, FREELY },

	/* Lock files and bulletins are linked, and messages get their dates. */
	{ SYS_linkat, SECCOMP_INTAKE, FREELY },
	{ SYS_utimensat, SECCOMP_INTAKE, FREELY },

	/* A lease on the spool, between the user's group and that of it. */
	{ SYS_fcntl, SECCOMP_INTAKE, LEASE_FCNTL },
	{ SYS_setresgid, SECCOMP_INTAKE, FREELY },

	SANITIZER_CALLS
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	offsetof(struct seccomp_data, field))
#define JUMP(test, value, then, other) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, then, other)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

/* The lower half of an argument: both processors put it first. */
#define ARGUMENT(n) LOAD(args[n])

static const struct sock_filter head[] = {
	LOAD(arch),
	JUMP(BPF_JEQ, OUR_ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
};

static const struct sock_filter never[] = {
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

static const struct sock_filter freely[] = {
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct sock_filter refused[] = {
	RETURN(SECCOMP_RET_ERRNO | EPERM),
};

static const struct sock_filter no_exec[] = {
	ARGUMENT(2),
	JUMP(BPF_JSET, PROT_EXEC, 0, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct sock_filter some_ioctl[] = {
	ARGUMENT(1),
	JUMP(BPF_JEQ, TIOCOUTQ, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct sock_filter some_getsockopt[] = {
	ARGUMENT(1),
	JUMP(BPF_JEQ, IPPROTO_TCP, 0, 2),
	ARGUMENT(2),
	JUMP(BPF_JEQ, TCP_INFO, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

/* fdopendir(3) asks for the flags and sets close-on-exec. */
static const struct sock_filter some_fcntl[] = {
	ARGUMENT(1),
	JUMP(BPF_JEQ, F_SETLK, 6, 0),
	JUMP(BPF_JEQ, F_SETLKW, 5, 0),
	JUMP(BPF_JEQ, F_GETLK, 4, 0),
	JUMP(BPF_JEQ, F_GETFL, 3, 0),
	JUMP(BPF_JEQ, F_SETFD, 2, 0),
	JUMP(BPF_JEQ, F_DUPFD_CLOEXEC, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct sock_filter lease_fcntl[] = {
	ARGUMENT(1),
	JUMP(BPF_JEQ, F_SETLK, 8, 0),
	JUMP(BPF_JEQ, F_SETLKW, 7, 0),
	JUMP(BPF_JEQ, F_GETLK, 6, 0),
	JUMP(BPF_JEQ, F_GETFL, 5, 0),
	JUMP(BPF_JEQ, F_SETFD, 4, 0),
	JUMP(BPF_JEQ, F_DUPFD_CLOEXEC, 3, 0),
	JUMP(BPF_JEQ, F_SETLEASE, 2, 0),
	JUMP(BPF_JEQ, F_SETSIG, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
};

#define PIECE(a) { a, sizeof (a) / sizeof (a)[0] }

static const struct piece {
	const struct sock_filter *at;
	size_t n;
} pieces[] = {
	[NEVER] = PIECE(never),
	[FREELY] = PIECE(freely),
	[REFUSED] = PIECE(refused),
	[NO_EXEC] = PIECE(no_exec),
	[SOME_IOCTL] = PIECE(some_ioctl),
	[SOME_GETSOCKOPT] = PIECE(some_getsockopt),
	[SOME_FCNTL] = PIECE(some_fcntl),
	[LEASE_FCNTL] = PIECE(lease_fcntl),
};

struct program {
	struct sock_filter at[PROGRAM_MAX];
	size_t n;
	bool full;
};

/* From this number on, until the next one. */
struct edge {
	unsigned from;
	enum manner how;
};

static void
emit(struct program *p, const struct sock_filter *at, size_t n)
{
	if (n > PROGRAM_MAX - p->n) {
		p->full = true;
		return;
	}
	memcpy(p->at + p->n, at, n * sizeof *at);
	p->n += n;
}

/*
 * The kernel tries a new filter on every number there is, to remember which
 * calls need not be asked about.  It takes half the time when we search by
 * halves; n is a few dozen, so this is not deep.
 */
static void
emit_search(struct program *p, const struct edge *edges, size_t n)
{
	size_t half = n / 2, at = p->n;
	const struct sock_filter jump = JUMP(BPF_JGE, edges[half].from, 0, 0);

	if (n == 1) {
		emit(p, pieces[edges->how].at, pieces[edges->how].n);
		return;
	}
	emit(p, &jump, 1);
	emit_search(p, edges, half);
	if (p->full || p->n - at - 1 > JUMP_MAX)
		p->full = true;
	else
		p->at[at].jt = (unsigned char)(p->n - at - 1);
	emit_search(p, edges + half, n - half);
}

/* Room for an edge before and after each row. */
#define EDGES_MAX (2 * sizeof rows / sizeof rows[0] + 1)

static size_t
find_edges(struct edge edges[EDGES_MAX], enum seccomp_role role)
{
	unsigned char how[CALLS + 1] = { NEVER };
	size_t i, n = 1;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((rows[i].roles & (int)role) && rows[i].call >= 0 &&
		    rows[i].call < CALLS)
			how[rows[i].call] = (unsigned char)rows[i].how;
	edges[0] = (struct edge){ 0, (enum manner)how[0] };
	for (i = 1; i <= CALLS; i++)
		if (how[i] != how[i - 1])
			edges[n++] = (struct edge){ (unsigned)i,
			    (enum manner)how[i] };
	return n;
}

bool
seccomp_is_here(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 &&
	    errno == EFAULT;
}

int
seccomp_apply(enum seccomp_role role)
{
	struct edge edges[EDGES_MAX];
	struct program p = { .n = 0 };
	struct sock_fprog whole = { .filter = p.at };

	emit(&p, head, sizeof head / sizeof head[0]);
	emit_search(&p, edges, find_edges(edges, role));
	if (p.full) {
		errno = E2BIG;
		return -1;
	}
	whole.len = (unsigned short)p.n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0);
}
