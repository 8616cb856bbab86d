/*
 * The end of a process of ours.
 */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * Wait until the process has ended, and log it if a signal ended it.  killed:
 * we have sent SIGKILL, so that one is no event.  name is for the log.  Returns
 * the exit status, or -1 if a signal ended the process.
 */
int child_wait(const char *name, pid_t pid, bool killed);

/*
 * The same for a process that hangs in the kernel and was killed: after a second
 * it is left to itself, and ends when the kernel lets it.
 */
void child_leave(const char *name, pid_t pid);

#endif
