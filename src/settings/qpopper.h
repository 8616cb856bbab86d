/*
 * What became of qpopper's options: a table of those that are not options of
 * ours under the same name, and the letters of its command line.
 */
#ifndef SETTINGS_QPOPPER_H
#define SETTINGS_QPOPPER_H

#include <stdbool.h>

enum qpopper_fate {
	QPOPPER_RENAMED,	/* ours has another name, or other values */
	QPOPPER_NO_EFFECT,	/* accepted; there is nothing to switch */
	QPOPPER_REFUSED		/* dangerous: not done, and logged */
};

struct qpopper_option {
	const char *name;	/* in its configuration file */
	enum qpopper_fate fate;
	bool is_bool;		/* "set NAME" alone is lawful */
	const char *now;	/* QPOPPER_RENAMED: our option, or two of them
				   with a blank between */
	/* Of a value: "old=new old=new"; NULL: the same word. */
	const char *values;
	const char *why;	/* of QPOPPER_REFUSED alone; --check knows all */
};

/* Is this the name that qpopper was started by?  Takes a path or NULL. */
bool qpopper_is_name(const char *argv0);

/* NULL: it is no option of qpopper's, or ours has its name. */
const struct qpopper_option *qpopper_option(const char *name);

/* For getopt(3): all letters of 2.53 and of 4.x. */
#define QPOPPER_LETTERS ":b:BcCdD:e:f:FkK:l:L:p:RsSt:T:uUvVxy:"

/* The name of a letter's option in the file; NULL: that letter has none. */
const char *qpopper_letter(int letter);

/*
 * The word that a value is in ours, at most cap bytes with its NUL.  -1 when
 * qpopper would not have known it.
 */
int qpopper_value(char *dst, unsigned long cap, const struct qpopper_option *o,
    const char *value);

/* Deliberate differences, a line each; ends with NULL. */
extern const char *const qpopper_differences[];

#endif
