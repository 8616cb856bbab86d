/*
 * One event, one line: to syslog, or to standard error where there is no
 * syslog and standard error is not the client.  The only reader of syslog.
 *
 * Behind each line stands " session=ID", the same for all lines of a connection,
 * and where journald takes the log, it has ID, user and client as fields, too.
 *
 * A line is cut to LOG_LINE_MAX bytes, the id left out, and whatever is not printable ASCII in
 * it becomes '?', so that no caller can break it.  A foreign value inside a
 * line goes through log_quote() besides, so that it cannot pose as another
 * field.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/ascii.h"

#define LOG_LINE_MAX 512

enum log_level { LOG_FAULT, LOG_WARN, LOG_NOTE, LOG_CHAT, LOG_TRACE };

/* LOG_SYSTEM is syslog; that name itself is one of <syslog.h>. */
enum log_target { LOG_AUTO, LOG_SYSTEM, LOG_STDERR, LOG_NOWHERE };

/*
 * ident is kept by reference.  facility is "mail", "local0" ... "local7".
 * LOG_AUTO takes syslog if its socket is there, else standard error if
 * use_stderr says that it is ours.  Returns -1 with EINVAL for an unknown
 * facility and goes on with "mail".
 */
int log_open(const char *ident, const char *facility, enum log_target target,
    bool use_stderr);

/* From now on, hand every line to this function instead. */
void log_divert(void (*taker)(void *ctx, enum log_level level,
    const char *line), void *ctx);

/* What is known of the connection that the next lines are about. */
enum log_fact { LOG_OF_SESSION, LOG_OF_USER, LOG_OF_RHOST, LOG_FACTS };

/* The longest id of a session; a longer one is cut. */
#define LOG_SESSION_MAX 64

/* A copy is kept, quoted; "" takes it back. */
void log_tell(enum log_fact fact, struct span value);

/* The id, "" if there is none: for another program of the same session. */
const char *log_session(void);

void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Reach for syslog now: behind a chroot, or without the right to open anything,
 * it is too late.
 */
void log_ready(void);

/* For another program: what log_open() came to, as "syslog", "stderr", "none". */
const char *log_target_word(void);
const char *log_facility_word(void);

/* Where lines go, in words: "syslog (mail)", "standard error", "nowhere". */
const char *log_where(void);

/* Room for a foreign value of n bytes, quoted, and its NUL. */
#define LOG_QUOTED_MAX(n) (4 * (n) + 1)

/*
 * Write the value with every byte outside [A-Za-z0-9._@+-] as \xHH.  Cut at
 * cap - 1.  Returns dst, for use as an argument.
 */
const char *log_quote(char *dst, size_t cap, struct span value);

/* The same for a path of ours, whose slashes stay. */
const char *log_quote_path(char *dst, size_t cap, struct span value);

#endif
