#include "server/program.h"

#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
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

_Noreturn void
program_become(const struct program *p, int **fds, int n)
{
	static char *no_variables[] = { NULL };
	sigset_t none;
	int i;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (p->n <= PROGRAM_WORDS_MAX && fd_keep(fds, n) == 0) {
		for (i = 0; i < n; i++)
			(void)fcntl(*fds[i], F_SETFD, 0);
		(void)execve(p->words[0], p->words, no_variables);
	}
	_exit(PROGRAM_MISSING);
}
