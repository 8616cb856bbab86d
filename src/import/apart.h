/*
 * Work in a process of its own, which has no part in the terminal of the one
 * that started it: root's, while the work is with a user's rights and files.
 */
#ifndef IMPORT_APART_H
#define IMPORT_APART_H

/*
 * Fork, and do the work there; what it returns is the exit status.  Standard
 * input is empty there.  What it writes to standard output and standard error
 * comes out here, with '?' for whatever could move a terminal's cursor, and
 * behind this text, which may.  0 when the work returned 0, 1 when it did not,
 * -1 with errno when there is no process.
 */
int apart_run(int (*work)(void *ctx), void *ctx, const char *before);

#endif
