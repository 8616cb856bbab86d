/*
 * From a line to the row of a table of commands, and to its handler.  The
 * commands of each state are a table: authorization.c and session/transaction.c
 * have them.
 */
#ifndef POP3_COMMANDS_H
#define POP3_COMMANDS_H

#include "pop3/pop3.h"

/* As many as any command takes; qpopper, too, kept four. */
#define ARGS_MAX 4

/* For a command that takes the rest of its line, whatever is in it. */
#define ARGS_REST 99

struct args {
	struct span command;
	size_t n;			/* how many there were */
	struct span v[ARGS_MAX];	/* the first of them */
	struct span rest;		/* all behind "COMMAND " */
};

struct command {
	const char *name;		/* NULL ends the table */
	size_t min, max;		/* arguments */
	enum pop3_step (*run)(struct pop3 *, const struct args *);
	const char *usage;		/* arguments, for HELP; NULL: none */
	bool (*works)(const struct pop3 *);	/* or HELP leaves it out */
};

/* Run the command in this line.  The span is good for this call only. */
enum pop3_step command_run(struct pop3 *p, const struct command *commands,
    struct span line);

#endif
