/* The calls here are the real ones, not those that are checked at run time. */
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* RTLD_NEXT */
#endif
#include <sys/socket.h>
#include <sys/stat.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failing.h"

const char *failing_name = "";
unsigned failing_calls;

static const char *only;	/* NULL for all */
static unsigned which;	/* 0: none */
static int with;	/* errno, or FAILING_SHORT */
static int counting;
static int failed;

void
failing_begin(unsigned nth, int error)
{
	failing_begin_only(NULL, nth, error);
}

void
failing_begin_only(const char *name, unsigned nth, int error)
{
	only = name;
	which = nth;
	with = error;
	failing_calls = 0;
	failing_name = "";
	failed = 0;
	counting = 1;
}

void
failing_pause(int on)
{
	counting = !on;
}

int
failing_end(void)
{
	counting = 0;
	return failed;
}

/* Whether it is this call's turn. */
static int
turn_of(const char *name)
{
	if (!counting || (only != NULL && strcmp(only, name) != 0))
		return 0;
	if (++failing_calls != which)
		return 0;
	failing_name = name;
	failed = 1;
	return 1;
}

static int
fails(const char *name)
{
	if (with == FAILING_SHORT || !turn_of(name))
		return 0;
	errno = with;
	return 1;
}

static int
no_memory(const char *name)
{
	if (with == FAILING_SHORT || !turn_of(name))
		return 0;
	errno = ENOMEM;
	return 1;
}

/* How much of len a call may do: 0 for failing at once. */
static size_t
allowed(const char *name, size_t len)
{
	if (!turn_of(name))
		return len;
	if (with == FAILING_SHORT)
		return len > 1 ? 1 : len;
	errno = with;
	return 0;
}

/*
 * Find the C library's function, or the sanitizer's, that *own stands before.
 * The linker's name for it may be another one: with wide times and offsets on 32
 * bits, fstat() is __fstat64_time64.  A pointer to a function cannot be cast from
 * one to data in ISO C, but copied.
 */
static void
find(const void *own, void *real, size_t size)
{
	void *address;
	Dl_info info;

	memcpy(&address, own, size);
	if (dladdr(address, &info) == 0 || info.dli_saddr != address)
		abort();
	address = dlsym(RTLD_NEXT, info.dli_sname);
	if (address == NULL)
		abort();
	memcpy(real, &address, size);
}

#define CALL(type, name, parameters, arguments, failure) \
type \
name parameters \
{ \
	static type (*const own) parameters = name; \
	static type (*real) parameters; \
 \
	if (real == NULL) \
		find(&own, &real, sizeof real); \
	return fails(#name) ? (failure) : real arguments; \
}

static bool
is_open(int fd)
{
	int was = counting;
	bool is;

	counting = 0;
	is = fcntl(fd, F_GETFD) != -1;
	counting = was;
	return is;
}

/* What is not open does not count: a closefrom() by loop would drown the rest. */
int
close(int fd)
{
	static int (*const own)(int) = close;
	static int (*real)(int);

	if (real == NULL)
		find(&own, &real, sizeof real);
	if (is_open(fd) && fails("close"))
		return -1;
	return real(fd);
}

#define TRANSFER(name, parameters, arguments) \
ssize_t \
name parameters \
{ \
	static ssize_t (*const own) parameters = name; \
	static ssize_t (*real) parameters; \
	size_t was = len; \
 \
	if (real == NULL) \
		find(&own, &real, sizeof real); \
	len = allowed(#name, len); \
	return was != 0 && len == 0 ? -1 : real arguments; \
}

TRANSFER(read, (int fd, void *p, size_t len), (fd, p, len))
TRANSFER(write, (int fd, const void *p, size_t len), (fd, p, len))
TRANSFER(pread, (int fd, void *p, size_t len, off_t at), (fd, p, len, at))
TRANSFER(pwrite, (int fd, const void *p, size_t len, off_t at),
    (fd, p, len, at))
TRANSFER(recv, (int fd, void *p, size_t len, int flags), (fd, p, len, flags))
TRANSFER(send, (int fd, const void *p, size_t len, int flags),
    (fd, p, len, flags))

/* What _FORTIFY_SOURCE makes of them. */
ssize_t __read_chk(int fd, void *p, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *p, size_t len, off_t at, size_t room);

ssize_t
__read_chk(int fd, void *p, size_t len, size_t room)
{
	if (len > room)
		abort();
	return read(fd, p, len);
}

ssize_t
__pread_chk(int fd, void *p, size_t len, off_t at, size_t room)
{
	if (len > room)
		abort();
	return pread(fd, p, len, at);
}

CALL(int, dup, (int fd), (fd), -1)
CALL(int, dup2, (int fd, int to), (fd, to), -1)
CALL(int, pipe, (int fds[2]), (fds), -1)
CALL(int, socketpair, (int domain, int type, int protocol, int fds[2]),
    (domain, type, protocol, fds), -1)
CALL(int, poll, (struct pollfd *fds, nfds_t n, int ms), (fds, n, ms), -1)
CALL(off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence), -1)
CALL(int, fstat, (int fd, struct stat *st), (fd, st), -1)
CALL(int, stat, (const char *path, struct stat *st), (path, st), -1)
CALL(int, lstat, (const char *path, struct stat *st), (path, st), -1)
CALL(int, fstatat, (int at, const char *path, struct stat *st, int flags),
    (at, path, st, flags), -1)
CALL(int, ftruncate, (int fd, off_t size), (fd, size), -1)
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
CALL(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), -1)
CALL(int, futimens, (int fd, const struct timespec t[2]), (fd, t), -1)
CALL(int, utimensat,
    (int at, const char *path, const struct timespec t[2], int flags),
    (at, path, t, flags), -1)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
CALL(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode),
    -1)
CALL(int, rename, (const char *from, const char *to), (from, to), -1)
CALL(int, renameat, (int a, const char *from, int b, const char *to),
    (a, from, b, to), -1)
CALL(int, link, (const char *from, const char *to), (from, to), -1)
CALL(int, linkat, (int a, const char *from, int b, const char *to, int flags),
    (a, from, b, to, flags), -1)
CALL(int, unlink, (const char *path), (path), -1)
CALL(int, unlinkat, (int at, const char *path, int flags), (at, path, flags),
    -1)
CALL(int, chdir, (const char *path), (path), -1)
CALL(ssize_t, readlink, (const char *path, char *to, size_t room),
    (path, to, room), -1)
CALL(DIR *, fdopendir, (int fd), (fd), NULL)
CALL(struct dirent *, readdir, (DIR *dir), (dir), NULL)

/* Nobody pulls the plug on a test, and waiting for the disk is long. */
int
fsync(int fd)
{
	static int (*const own)(int, struct stat *) = fstat;
	static int (*real)(int, struct stat *);
	struct stat st;

	if (real == NULL)
		find(&own, &real, sizeof real);
	return fails("fsync") ? -1 : real(fd, &st);
}

pid_t
fork(void)
{
	static pid_t (*const own)(void) = fork;
	static pid_t (*real)(void);

	if (real == NULL)
		find(&own, &real, sizeof real);
	return fails("fork") ? -1 : real();
}

/* The last argument of the next three is there only sometimes. */
static mode_t
mode_of(int flags, va_list *rest)
{
	return (flags & O_CREAT) != 0 ? va_arg(*rest, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	static int (*const own)(const char *, int, ...) = open;
	static int (*real)(const char *, int, ...);
	va_list rest;
	mode_t mode;

	if (real == NULL)
		find(&own, &real, sizeof real);
	va_start(rest, flags);
	mode = mode_of(flags, &rest);
	va_end(rest);
	return fails("open") ? -1 : real(path, flags, mode);
}

int
openat(int at, const char *path, int flags, ...)
{
	static int (*const own)(int, const char *, int, ...) = openat;
	static int (*real)(int, const char *, int, ...);
	va_list rest;
	mode_t mode;

	if (real == NULL)
		find(&own, &real, sizeof real);
	va_start(rest, flags);
	mode = mode_of(flags, &rest);
	va_end(rest);
	return fails("openat") ? -1 : real(at, path, flags, mode);
}

/* A pointer has room for each kind of argument that fcntl takes. */
int
fcntl(int fd, int what, ...)
{
	static int (*const own)(int, int, ...) = fcntl;
	static int (*real)(int, int, ...);
	va_list rest;
	void *argument;

	if (real == NULL)
		find(&own, &real, sizeof real);
	va_start(rest, what);
	argument = va_arg(rest, void *);
	va_end(rest);
	return fails("fcntl") ? -1 : real(fd, what, argument);
}

/*
 * Not found by dlsym(), which allocates itself: these names are asked for by
 * the library's code, and the linker lets them go here (--wrap).
 */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	return no_memory("malloc") ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return no_memory("calloc") ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return no_memory("realloc") ? NULL : __real_realloc(p, size);
}
