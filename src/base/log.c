#include "base/log.h"

#include "base/fd.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#ifndef _PATH_LOG
#define _PATH_LOG "/dev/log"
#endif

static const struct facility {
	const char *name;
	const char *where;
	int value;
} facilities[] = {
	{ "mail",   "syslog (mail)",   LOG_MAIL },
	{ "local0", "syslog (local0)", LOG_LOCAL0 },
	{ "local1", "syslog (local1)", LOG_LOCAL1 },
	{ "local2", "syslog (local2)", LOG_LOCAL2 },
	{ "local3", "syslog (local3)", LOG_LOCAL3 },
	{ "local4", "syslog (local4)", LOG_LOCAL4 },
	{ "local5", "syslog (local5)", LOG_LOCAL5 },
	{ "local6", "syslog (local6)", LOG_LOCAL6 },
	{ "local7", "syslog (local7)", LOG_LOCAL7 },
};

static const int priorities[] = {
	[LOG_FAULT] = LOG_ERR,
	[LOG_WARN] = LOG_WARNING,
	[LOG_NOTE] = LOG_NOTICE,
	[LOG_CHAT] = LOG_INFO,
	[LOG_TRACE] = LOG_DEBUG,
};

/* A program has one log, so this is the one module with a state of its own. */
static struct {
	const char *ident;
	const struct facility *facility;
	enum log_target target;
	void (*taker)(void *, enum log_level, const char *);
	void *ctx;
} state = { "solopop", &facilities[0], LOG_NOWHERE, NULL, NULL };

static bool
have_syslog(void)
{
	struct stat st;

	return stat(_PATH_LOG, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
log_open(const char *ident, const char *facility, enum log_target target,
    bool use_stderr)
{
	const size_t n = sizeof facilities / sizeof facilities[0];
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(facility, facilities[i].name) == 0)
			break;
	state.facility = &facilities[i < n ? i : 0];
	state.ident = ident;
	if (target == LOG_AUTO)
		target = have_syslog() ? LOG_SYSTEM :
		    use_stderr ? LOG_STDERR : LOG_NOWHERE;
	if (target == LOG_STDERR && !use_stderr)
		target = LOG_NOWHERE;
	state.target = target;
	if (i == n) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

void
log_divert(void (*taker)(void *, enum log_level, const char *), void *ctx)
{
	state.taker = taker;
	state.ctx = ctx;
}

static void
to_stderr(const char *line)
{
	char text[LOG_LINE_MAX + 128];
	int n;

	n = snprintf(text, sizeof text, "%s[%ld]: %s\n", state.ident,
	    (long)getpid(), line);
	if (n > 0 && (size_t)n < sizeof text)
		(void)fd_write_all(STDERR_FILENO, text, (size_t)n);
}

/* PAM modules call openlog() for themselves: take the name back each time. */
static void
to_syslog(enum log_level level, const char *line)
{
	openlog(state.ident, LOG_PID | LOG_NDELAY, state.facility->value);
	syslog(state.facility->value | priorities[level], "%s", line);
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX + 1], *p;
	int kept = errno;
	va_list ap;

	va_start(ap, format);
	if (vsnprintf(line, sizeof line, format, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	for (p = line; *p != '\0'; p++)
		if (*p != ' ' && !ascii_graph(*p))
			*p = '?';
	if (state.taker != NULL)
		state.taker(state.ctx, level, line);
	else if (state.target == LOG_SYSTEM)
		to_syslog(level, line);
	else if (state.target == LOG_STDERR)
		to_stderr(line);
	errno = kept;
}

void
log_ready(void)
{
	tzset();
	if (state.target == LOG_SYSTEM)
		openlog(state.ident, LOG_PID | LOG_NDELAY,
		    state.facility->value);
}

const char *
log_target_word(void)
{
	return state.target == LOG_SYSTEM ? "syslog" :
	    state.target == LOG_STDERR ? "stderr" : "none";
}

const char *
log_facility_word(void)
{
	return state.facility->name;
}

const char *
log_where(void)
{
	if (state.target == LOG_SYSTEM)
		return state.facility->where;
	return state.target == LOG_STDERR ? "standard error" : "nowhere";
}

static bool
is_plain(char c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' &&
	    ascii_lower(c) <= 'z') || c == '.' || c == '_' || c == '@' ||
	    c == '+' || c == '-';
}

const char *
log_quote(char *dst, size_t cap, struct span value)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, n = 0;
	unsigned char c;

	for (i = 0; i < value.len; i++) {
		c = (unsigned char)value.p[i];
		if (is_plain(value.p[i])) {
			if (n + 1 >= cap)
				break;
			dst[n++] = value.p[i];
		} else {
			if (n + 4 >= cap)
				break;
			dst[n++] = '\\';
			dst[n++] = 'x';
			dst[n++] = hex[c >> 4];
			dst[n++] = hex[c & 15];
		}
	}
	dst[n] = '\0';
	return dst;
}
