/*
 * A file of its own for each test, mode 0600, removed behind it.
 */
#ifndef ONE_FILE_H
#define ONE_FILE_H

#include "base/ascii.h"

extern char one_file[25];		/* its path */
extern int one_file_fd;

int one_file_set_up(void **state);
int one_file_tear_down(void **state);

/* Make this its content. */
void one_file_fill(struct span text);

#endif
