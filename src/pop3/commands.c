#include "pop3/commands.h"

#include "pop3/say.h"

/* A command of the other state is unknown in this one, as with qpopper. */
static const struct command *
find(const struct command *c, struct span name)
{
	for (; c->name != NULL; c++)
		if (span_is(name, c->name))
			return c;
	return NULL;
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
	if ((c = find(commands, name)) == NULL)
		return say_bad(p, REPLY_UNKNOWN, name);
	if (p->conf->fixture.refuse != NULL &&
	    span_is(name, p->conf->fixture.refuse))
		return say(p, REPLY_AS_WISHED);
	if (a.n < c->min)
		return say_bad(p, REPLY_TOO_FEW, name);
	if (a.n > c->max)
		return say_bad(p, REPLY_TOO_MANY, name);
	return c->run(p, &a);
}
