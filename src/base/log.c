#include "base/log.h"

#include "base/fd.h"
#include "base/journal.h"

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

#define SESSION_FIELD " session="
#define FACT_MAX 512		/* a quoted name, or an id */

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
	bool native;			/* journald takes fields */
	int journal;			/* its descriptor, from log_ready() on */
	char facts[LOG_FACTS][FACT_MAX];
} state = { .ident = "solopop", .facility = &facilities[0],
    .target = LOG_NOWHERE, .journal = -1 };

/* What journald calls them. */
static const char *const fact_names[LOG_FACTS] = {
	[LOG_OF_SESSION] = "SOLOPOP_SESSION",
	[LOG_OF_USER] = "SOLOPOP_USER",
	[LOG_OF_RHOST] = "SOLOPOP_RHOST",
};

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
	state.native = target == LOG_SYSTEM && journal_is_there();
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

void
log_tell(enum log_fact fact, struct span value)
{
	if (fact == LOG_OF_SESSION && value.len > LOG_SESSION_MAX)
		value.len = LOG_SESSION_MAX;
	(void)log_quote(state.facts[fact], FACT_MAX, value);
}

const char *
log_session(void)
{
	return state.facts[LOG_OF_SESSION];
}

static void
to_stderr(const char *line)
{
	char text[LOG_LINE_MAX + FACT_MAX + 128];
	int n;

	n = snprintf(text, sizeof text, "%s[%ld]: %s\n", state.ident,
	    (long)getpid(), line);
	if (n > 0 && (size_t)n < sizeof text)
		(void)fd_write_all(STDERR_FILENO, text, (size_t)n);
}

/* Append "FIELD=value\n"; what does not fit is left out whole. */
static void
put_field(char *text, size_t cap, size_t *len, const char *name,
    const char *value)
{
	int n = snprintf(text + *len, cap - *len, "%s=%s\n", name, value);

	if (n > 0 && (size_t)n < cap - *len)
		*len += (size_t)n;
}

static void
put_number(char *text, size_t cap, size_t *len, const char *name, long n)
{
	char digits[32];

	(void)snprintf(digits, sizeof digits, "%ld", n);
	put_field(text, cap, len, name, digits);
}

/*
 * The descriptor is opened for each line while that is possible, because a PAM
 * module may have closed an older one, and something else may have its number.
 */
static int
to_journal(enum log_level level, const char *line)
{
	char text[LOG_LINE_MAX + LOG_FACTS * FACT_MAX + 512];
	size_t len = 0, i;
	int fd, r;

	put_field(text, sizeof text, &len, "MESSAGE", line);
	put_number(text, sizeof text, &len, "PRIORITY", priorities[level]);
	put_number(text, sizeof text, &len, "SYSLOG_FACILITY",
	    state.facility->value >> 3);
	put_field(text, sizeof text, &len, "SYSLOG_IDENTIFIER", state.ident);
	put_number(text, sizeof text, &len, "SYSLOG_PID", (long)getpid());
	for (i = 0; i < LOG_FACTS; i++)
		if (state.facts[i][0] != '\0')
			put_field(text, sizeof text, &len, fact_names[i],
			    state.facts[i]);
	if (state.journal != -1)
		return journal_send(state.journal, text, len);
	if ((fd = journal_open()) == -1)
		return -1;
	r = journal_send(fd, text, len);
	(void)close(fd);
	return r;
}

/* PAM modules call openlog() for themselves: take the name back each time. */
static void
to_syslog(enum log_level level, const char *line)
{
	if (state.native && to_journal(level, line) == 0)
		return;
	openlog(state.ident, LOG_PID | LOG_NDELAY, state.facility->value);
	syslog(state.facility->value | priorities[level], "%s", line);
}

static void
emit(enum log_level level, const char *line)
{
	char whole[LOG_LINE_MAX + FACT_MAX + sizeof SESSION_FIELD];
	const char *session = log_session();

	(void)snprintf(whole, sizeof whole, "%s%s%s", line,
	    session[0] != '\0' ? SESSION_FIELD : "", session);
	if (state.target == LOG_SYSTEM)
		to_syslog(level, whole);
	else if (state.target == LOG_STDERR)
		to_stderr(whole);
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
	else
		emit(level, line);
	errno = kept;
}

void
log_ready(void)
{
	tzset();
	if (state.native)
		state.journal = journal_open();
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

static const char *
quote(char *dst, size_t cap, struct span value, char also)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, n = 0;
	unsigned char c;

	for (i = 0; i < value.len; i++) {
		c = (unsigned char)value.p[i];
		if (is_plain(value.p[i]) || value.p[i] == also) {
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

const char *
log_quote(char *dst, size_t cap, struct span value)
{
	return quote(dst, cap, value, '.');
}

const char *
log_quote_path(char *dst, size_t cap, struct span value)
{
	return quote(dst, cap, value, '/');
}
