#include "passwd/store.h"

#include "auth/secrets.h"
#include "base/fd.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 30		/* s, for the lock */
#define BESIDE (NAME_MAX + 8)	/* room for a name with a suffix */

static int fail(struct store *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(struct store *s, const char *format, ...)
{
	int kept = errno;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(s->error, sizeof s->error, format, ap);
	va_end(ap);
	errno = kept;
	return -1;
}

/* What errno means for such a file, and what is to be done. */
static int
fail_file(struct store *s, const char *path)
{
	if (errno == EACCES)
		return fail(s, "%s: permission denied: be root, or name a "
		    "file of your own (--file)", path);
	if (errno == ELOOP)
		return fail(s, "%s: a symbolic link, which is not followed: "
		    "name the file itself", path);
	return fail(s, "%s: %s", path, strerror(errno));
}

static int
load(struct store *s, const char *path)
{
	secrets_unload(s->text);
	s->text = (struct span){ NULL, 0 };
	if (secrets_load(path, &s->text) == 0 || errno == ENOENT)
		return 0;
	if (errno == EPERM)
		return fail(s, "%s: wrong owner or mode, and what it holds may "
		    "be known: look at it, then chown %s %s; chmod 600 %s",
		    path, geteuid() == 0 ? "root" : "$USER", path, path);
	if (errno == EFBIG)
		return fail(s, "%s: more than %d bytes, which the server does "
		    "not read", path, SECRETS_FILE_MAX);
	return fail_file(s, path);
}

/* The directory is opened once: what is written there is renamed there. */
static int
open_dir(struct store *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	struct span before = slash == NULL ? span_of(".") :
	    (struct span){ path, (size_t)(slash + 1 - path) };
	char dir[PATH_MAX];

	if (span_copy(dir, sizeof dir, before) == -1 ||
	    strlen(name) + sizeof ".lock" > sizeof s->name) {
		errno = ENAMETOOLONG;
		return fail_file(s, path);
	}
	if (*name == '\0') {
		errno = EISDIR;
		return fail_file(s, path);
	}
	memcpy(s->name, name, strlen(name) + 1);
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir == -1 ? fail_file(s, dir) : 0;
}

int
store_read(struct store *s, const char *path)
{
	memset(s, 0, sizeof *s);
	s->dir = s->lock = -1;
	return open_dir(s, path) == -1 ? -1 : load(s, path);
}

static void
wake(int sig)
{
	(void)sig;
}

/* fcntl(2) ends when the alarm does. */
static int
wait_for(int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct sigaction act = { .sa_handler = wake }, was;
	int r;

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGALRM, &act, &was);
	(void)alarm(PATIENCE);
	r = fcntl(fd, F_SETLKW, &all);
	(void)alarm(0);
	(void)sigaction(SIGALRM, &was, NULL);
	return r;
}

static const char *
beside(char name[BESIDE], const struct store *s, const char *suffix)
{
	(void)snprintf(name, BESIDE, "%s%s", s->name, suffix);
	return name;
}

/* The lock file stays: whoever removes one takes it from the next in line. */
int
store_lock(struct store *s, const char *path)
{
	char name[BESIDE];

	if (store_read(s, path) == -1)
		return -1;
	(void)beside(name, s, ".lock");
	s->lock = openat(s->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (s->lock == -1)
		return fail_file(s, name);
	if (wait_for(s->lock) == -1)
		return fail(s, "%s: %s", path, errno == EINTR ?
		    "somebody else has been changing it for too long" :
		    strerror(errno));
	return load(s, path);		/* only now does it hold still */
}

static int
write_new(const struct store *s, const char *name, struct span text)
{
	int fd, r = -1;

	/* Who was killed here left one behind; the lock is ours. */
	(void)unlinkat(s->dir, name, 0);
	fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (fchmod(fd, 0600) == 0 && fd_write_all(fd, text.p, text.len) == 0 &&
	    fsync(fd) == 0)
		r = renameat(s->dir, name, s->dir, s->name);
	fd_close(&fd);
	return r == -1 ? -1 : fsync(s->dir);
}

/* A signal now waits until all is done or undone. */
int
store_write(struct store *s, struct span text)
{
	char name[BESIDE];
	sigset_t all, was;
	int r;

	(void)beside(name, s, ".new");
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &was);
	if ((r = write_new(s, name, text)) == -1) {
		(void)fail_file(s, s->name);
		(void)unlinkat(s->dir, name, 0);
	}
	(void)sigprocmask(SIG_SETMASK, &was, NULL);
	return r;
}

const char *
store_error(const struct store *s)
{
	return s->error;
}

void
store_close(struct store *s)
{
	secrets_unload(s->text);
	s->text = (struct span){ NULL, 0 };
	fd_close(&s->lock);
	fd_close(&s->dir);
}
