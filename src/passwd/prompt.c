#include "passwd/prompt.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/*
 * Those that end or stop us while the echo is off.  The terminal's own for the
 * background are not blocked, since the terminal looks whether they are.
 */
static const struct {
	int number;
	bool block;
} signals[] = {
	{ SIGHUP, true }, { SIGINT, true }, { SIGQUIT, true },
	{ SIGTERM, true }, { SIGTSTP, true }, { SIGTTIN, false },
	{ SIGTTOU, false },
};

#define SIGNALS (sizeof signals / sizeof signals[0])

struct caught {
	struct sigaction was[SIGNALS];
	sigset_t mask;			/* as it was */
};

static volatile sig_atomic_t got;

static void
note(int number)
{
	got = number;
}

/* What is ignored, by nohup(1) for one, stays so. */
static void
catch_signals(struct caught *c)
{
	struct sigaction act = { .sa_handler = note };
	sigset_t blocked;
	size_t i;

	got = 0;
	(void)sigemptyset(&act.sa_mask);
	(void)sigemptyset(&blocked);
	for (i = 0; i < SIGNALS; i++) {
		(void)sigaction(signals[i].number, NULL, &c->was[i]);
		if (c->was[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i].number, &act, NULL);
		if (signals[i].block)
			(void)sigaddset(&blocked, signals[i].number);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, &c->mask);
}

/* Re-raise the signal with its original handler. */
static void
release_signals(const struct caught *c)
{
	size_t i;

	for (i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i].number, &c->was[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &c->mask, NULL);
	if (got != 0)
		(void)raise(got);
}

/* 1, 0 at the end, or -1; a signal comes while we wait or not at all. */
static ssize_t
read_byte(int fd, const sigset_t *mask, char *byte)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		if (ppoll(&pfd, 1, NULL, mask) == -1 ||
		    (n = read(fd, byte, 1)) == -1) {
			if (errno == EINTR && got == 0)
				continue;
			return -1;
		}
		return n;
	}
}

static const char *
take_line(struct secret *line, const char *bytes, size_t len, bool too_long)
{
	size_t i;

	if (too_long)
		return "that is too long";
	if (len == 0)
		return "nothing was given";
	for (i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return "no control characters, please";
	(void)secret_set(line, (struct span){ bytes, len });
	return NULL;
}

/* @audit at most SECRET_MAX bytes are kept, and the line is read to its end. */
static const char *
read_line(int fd, const sigset_t *mask, struct secret *line)
{
	char bytes[SECRET_MAX], byte = '\0';
	const char *why;
	size_t len = 0;
	bool too_long = false;
	ssize_t n;

	while ((n = read_byte(fd, mask, &byte)) == 1 && byte != '\n') {
		if (len < sizeof bytes)
			bytes[len++] = byte;
		else
			too_long = true;
	}
	why = n == -1 ? strerror(errno) :
	    take_line(line, bytes, len, too_long);
	secret_erase(bytes, sizeof bytes);
	return why;
}

static const char *
ask_once(int tty, const char *question, bool echo, struct secret *line)
{
	struct termios was, quiet;
	struct caught caught;
	const char *why = NULL;

	catch_signals(&caught);
	if (tcgetattr(tty, &was) == -1) {
		why = strerror(errno);
	} else {
		quiet = was;
		if (!echo)
			quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
		if (tcsetattr(tty, TCSAFLUSH, &quiet) == -1 ||
		    fd_write_all(tty, question, strlen(question)) == -1)
			why = strerror(errno);
		else
			why = read_line(tty, &caught.mask, line);
		if (!echo && got != SIGTTIN && got != SIGTTOU)
			(void)fd_write_all(tty, "\n", 1);
		while (tcsetattr(tty, TCSANOW, &was) == -1 && errno == EINTR &&
		    got != SIGTTOU)
			;
	}
	release_signals(&caught);
	return why;
}

/* Stopped and gone on, it asks again. */
static const char *
ask(int tty, const char *question, bool echo, struct secret *line)
{
	const char *why;

	do
		why = ask_once(tty, question, echo, line);
	while (got != 0);
	return why;
}

static const char *
ask_twice(int tty, struct secret *secret, const char *question,
    const char *again)
{
	struct secret second;
	const char *why = ask(tty, question, false, secret);

	if (why != NULL || again == NULL)
		return why;
	if ((why = ask(tty, again, false, &second)) == NULL &&
	    (second.len != secret->len ||
	    !secret_equal(second.text, secret->text, secret->len)))
		why = "the two are not the same";
	secret_wipe(&second);
	return why;
}

static int
open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static const char *
read_pipe(struct secret *line)
{
	sigset_t mask;

	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	got = 0;
	return read_line(STDIN_FILENO, &mask, line);
}

const char *
prompt_secret(struct secret *secret, const char *question, const char *again)
{
	const char *why;
	int tty;

	if (!isatty(STDIN_FILENO))
		why = read_pipe(secret);
	else if ((tty = open_tty()) == -1)
		why = "there is no terminal to ask on";
	else {
		why = ask_twice(tty, secret, question, again);
		fd_close(&tty);
	}
	if (why != NULL)
		secret_wipe(secret);
	return why;
}

bool
prompt_yes(const char *question)
{
	struct secret line = { 0 };
	int tty;

	if (!isatty(STDIN_FILENO))
		(void)read_pipe(&line);
	else if ((tty = open_tty()) != -1) {
		(void)ask(tty, question, true, &line);
		fd_close(&tty);
	}
	return line.text[0] == 'y' || line.text[0] == 'Y';
}
