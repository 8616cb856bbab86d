/*
 * The state of signals that a process inherits: ignored and blocked ones outlive
 * execve(2).
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* Set each signal with a name to its default action, and block none. */
void signals_reset(void);

void signals_ignore(int number);

/*
 * What a program of ours needs at its start: as signals_reset, and a write to a
 * client that is gone, or above a limit on the size of files, fails instead of
 * ending the process.
 */
void signals_start(void);

#endif
