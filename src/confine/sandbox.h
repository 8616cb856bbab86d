/*
 * What the kernel offers beyond users and groups, a function for each role,
 * each called when the role has all it needs.  configure chooses the file:
 * sandbox_linux.c, sandbox_openbsd.c or sandbox_none.c.
 *
 * A layer that this kernel does not have is left out, and the log says so.  -1
 * with errno means that one it has did not take hold: then the role must end
 * before it reads a byte from outside.
 */
#ifndef CONFINE_SANDBOX_H
#define CONFINE_SANDBOX_H

#include "confine/paths.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* For whoever has read a secret: no core file, no tracer. */
int sandbox_no_core(void);

/*
 * Before PAM: no core file, no tracer, nothing that shows a password, and no
 * power over the kernel.
 */
int sandbox_monitor(void);

/* Before the first byte from the network; monitor is the parent. */
int sandbox_front(pid_t monitor);

/* solopop-tls, before it hears the client. */
int sandbox_tls(pid_t monitor);

/* As the user, before the Maildir at path is opened. */
int sandbox_session(pid_t monitor, const char *path);

/* As the user, before anything is delivered, with these paths alone. */
int sandbox_intake(pid_t monitor, const struct sandbox_path *paths, size_t n);

/*
 * By hand, where more is ours to read than the mail of who is in: no more files
 * than those below path, in a process that goes on as it is otherwise.
 */
int sandbox_files(const char *path);

/*
 * --no-sandbox, in place of one of the functions above: set only no_new_privs, no
 * core dumps and the parent-death signal.
 */
int sandbox_bare(pid_t monitor);

/* The layers in use, in words, for --check. */
const char *sandbox_layers(void);

#endif
