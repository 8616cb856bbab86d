#include "server/program.h"

#include "base/fd.h"
#include "base/signals.h"
#include "compat/compat.h"
#include "confine/privilege.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
program_init(struct program *p, const char *path)
{
	*p = (struct program){ .n = 0 };
	program_word(p, path);
}

/* execve(2) promises to leave them alone, and its type does not say so. */
void
program_word(struct program *p, const char *word)
{
	if (p->n < PROGRAM_WORDS_MAX)
		memcpy(&p->words[p->n], &word, sizeof word);
	p->n++;
}

void
program_number(struct program *p, uint64_t n)
{
	if (p->n_numbers == PROGRAM_NUMBERS_MAX) {
		p->n = PROGRAM_WORDS_MAX + 1;
		return;
	}
	(void)num_decimal(p->numbers[p->n_numbers], n);
	program_word(p, p->numbers[p->n_numbers++]);
}

void
program_option(struct program *p, const char *name, const char *value)
{
	if (value == NULL)
		return;
	program_word(p, name);
	program_word(p, value);
}

const char *
program_find(char path[PATH_MAX], const char *name, const char *fallback)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return fallback;
	path[n] = '\0';
	if (name == NULL)
		return access(path, X_OK) == 0 ? path : fallback;
	slash = strrchr(path, '/');
	if (slash == NULL || span_copy(slash + 1,
	    (size_t)(PATH_MAX - (slash + 1 - path)), span_of(name)) == -1)
		return fallback;
	return access(path, X_OK) == 0 ? path : fallback;
}

/*
 * Everything here may be called between vfork(2) and exec: no memory is
 * allocated, and none is written to but this function's own.
 */
static void
become(const struct program *p, int **fds, int n)
{
	static char *no_variables[] = { NULL };
	int i, file = -1;

	signals_reset();
	if (p->n > PROGRAM_WORDS_MAX) {
		errno = E2BIG;
		return;
	}
	if (fd_keep(fds, n) == -1)
		return;
	for (i = 0; i < n; i++)
		(void)fcntl(*fds[i], F_SETFD, 0);
	/* The user may have no way to a folder that root has. */
	if (p->uid != 0 && ((file = open(p->words[0], O_PATH |
	    O_CLOEXEC)) == -1 || privilege_become(p->uid, p->gid) == -1))
		return;
	(void)execve(p->words[0], p->words, no_variables);
	if (file != -1 && errno == EACCES)
		(void)fexecve(file, p->words, no_variables);
}

_Noreturn void
program_become(const struct program *p, int **fds, int n)
{
	become(p, fds, n);
	_exit(PROGRAM_MISSING);
}

/* The child has its own descriptors, but our memory: it gets copies. */
pid_t
program_start(const struct program *p, const int *fds, int n)
{
	int copies[PROGRAM_FDS_MAX], *at[PROGRAM_FDS_MAX], i;
	volatile int error = 0;
	pid_t pid;

	for (i = 0; i < n; i++) {
		copies[i] = fds[i];
		at[i] = &copies[i];
	}
	/*
	 * posix_spawn(3) cannot set what become() sets, and fork(2) copies the
	 * page tables of a process in which PAM has run.
	 */
	/* NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork) */
	if ((pid = vfork()) == 0) {
		become(p, at, n);	/* NOLINT(clang-analyzer-unix.Vfork) */
		error = errno;
		_exit(PROGRAM_MISSING);
	}
	/* NOLINTEND(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == -1 || error == 0)
		return pid;
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	errno = error;
	return -1;
}
