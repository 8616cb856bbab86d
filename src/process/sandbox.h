/*
 * What the kernel offers beyond users and groups, a function for each role,
 * each called when the role has all it needs.  configure chooses the file:
 * sandbox_linux.c or sandbox_none.c.
 */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include <sys/types.h>

/*
 * Before PAM: no core file, no tracer, nothing that shows a password.  -1 with
 * errno when a layer that this system has did not take hold; so the next two.
 */
int sandbox_monitor(void);

/* Before the first byte from the network; monitor is the parent. */
int sandbox_front(pid_t monitor);

/* solopop-tls, before it hears the client. */
int sandbox_tls(pid_t monitor);

/* As the user, before the Maildir at path is opened. */
int sandbox_session(pid_t monitor, const char *path);

/* The layers in use, in words, for --check and the log. */
const char *sandbox_layers(void);

#endif
