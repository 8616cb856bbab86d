#include "pop3/commands.h"

#include "pop3/say.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct command *
find(const struct command *c, struct span name)
{
	for (; c->name != NULL; c++)
		if (span_is(name, c->name))
			return c;
	return NULL;
}

/* What has a place in one state alone, for a person who is in the other. */
static const char before_login[] = "APOP AUTH PASS STLS USER UTF8 XCLIENT";
static const char after_login[] = "DELE LAST LIST NOOP RETR RSET STAT TOP UIDL";

static bool
is_among(const char *names, struct span name)
{
	struct span all = span_of(names), word;

	while (span_word(&all, &word))
		if (word.len == name.len &&
		    strncasecmp(word.p, name.p, name.len) == 0)
			return true;
	return false;
}

/*
 * A command of the other state is unknown in this one, as with qpopper; at a
 * terminal we say where it belongs.
 */
static enum reply
unknown(const struct pop3 *p, struct span name)
{
	if (p->terminal && p->state == AUTHORIZATION &&
	    is_among(after_login, name))
		return REPLY_AFTER_LOGIN;
	if (p->terminal && p->state == TRANSACTION &&
	    is_among(before_login, name))
		return REPLY_BEFORE_LOGIN;
	return REPLY_UNKNOWN;
}

/* "NAME ARGUMENTS", as a string at dst. */
static void
put_usage(char dst[POP3_LINE_MAX], const struct command *c)
{
	(void)snprintf(dst, POP3_LINE_MAX, "%s%s%s", c->name,
	    c->usage != NULL ? " " : "", c->usage != NULL ? c->usage : "");
}

static enum pop3_step
help(struct pop3 *p, const struct command *c)
{
	char line[POP3_LINE_MAX];

	(void)say(p, REPLY_HELP);
	for (; c->name != NULL; c++) {
		if (c->works != NULL && !c->works(p))
			continue;
		put_usage(line, c);
		say_line(p, line, strlen(line));
	}
	say_end(p);
	return STEP_NEXT;
}

static enum pop3_step
wrong_arguments(struct pop3 *p, const struct command *c, enum reply reply,
    struct span name)
{
	char usage[POP3_LINE_MAX];

	if (!p->terminal)
		return say_bad(p, reply, name);
	put_usage(usage, c);
	return say_bad(p, REPLY_USAGE, span_of(usage));
}

static void
split(struct args *a, struct span line)
{
	struct span word;

	*a = (struct args){ .n = 0 };
	(void)span_word(&line, &a->command);
	a->rest = line;
	if (a->rest.len > 0) {		/* the one blank that separates */
		a->rest.p++;
		a->rest.len--;
	}
	for (; span_word(&line, &word); a->n++)
		if (a->n < ARGS_MAX)
			a->v[a->n] = word;
}

enum pop3_step
command_run(struct pop3 *p, const struct command *commands,
    struct span line)
{
	char lower[POP3_LINE_MAX + 1];
	const struct command *c;
	struct span name;
	struct args a;
	size_t i;

	split(&a, line);
	for (i = 0; i < a.command.len && i < sizeof lower; i++)
		lower[i] = ascii_lower(a.command.p[i]);
	name = (struct span){ lower, i };
	if (p->terminal && span_is(name, "HELP"))
		return help(p, commands);
	if ((c = find(commands, name)) == NULL)
		return say_bad(p, unknown(p, name), name);
	if (p->conf->fixture.refuse != NULL &&
	    span_is(name, p->conf->fixture.refuse))
		return say(p, REPLY_AS_WISHED);
	if (a.n < c->min)
		return wrong_arguments(p, c, REPLY_TOO_FEW, name);
	if (a.n > c->max)
		return wrong_arguments(p, c, REPLY_TOO_MANY, name);
	return c->run(p, &a);
}
