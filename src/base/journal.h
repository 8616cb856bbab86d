/*
 * systemd-journald's native protocol: a datagram of lines "FIELD=value" to a
 * socket, so that fields can be searched for by themselves.  No library is
 * needed for it.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does journald take the machine's log?  It does where /dev/log is its own
 * socket; with another syslog daemon at /dev/log, lines belong there.
 */
bool journal_is_there(void);

/* A descriptor that is connected to it, closed on exec.  -1 with errno. */
int journal_open(void);

/* One entry.  -1 with errno. */
int journal_send(int fd, const char *fields, size_t len);

#endif
