/*
 * The end of a process of ours.
 */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include <sys/types.h>

/*
 * Wait until it has ended, and log it if a signal did that which was not ours.
 * name is for the log.
 */
void child_wait(const char *name, pid_t pid);

#endif
