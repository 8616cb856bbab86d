/*
 * The grammar of configuration files, which is qpopper's: one directive a line,
 *
 *	set NAME = VALUE	set NAME	reset NAME	# comment
 *
 * a value bare or in "", '' or ``; "set config-file = PATH" reads another file
 * in its place.  What names there are is the caller's business.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define CONF_LINE_MAX 1024
#define CONF_DEPTH_MAX 16

struct conf {
	/*
	 * Take a setting.  value is NULL for "set NAME" and "reset NAME", and
	 * set tells the two apart.  -1 refuses it; write the reason at error.
	 */
	int (*take)(void *ctx, const char *name, const char *value, bool set,
	    char *error, size_t cap);
	void *ctx;
	bool strict;		/* files must be root's alone to write */
	char error[512];	/* after -1: file, line and reason */
	int depth;
};

/*
 * Read the file and all that it includes; the first error ends it.  -1 with
 * errno: ENOENT and the like for the file, EINVAL for what is in it.
 */
int conf_read(struct conf *c, const char *path);

#endif
