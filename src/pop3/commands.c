#include "pop3/commands.h"

static const struct command {
	const char *name;
	enum pop3_state where;		/* states it is allowed in */
	size_t min, max;		/* arguments */
	enum pop3_step (*run)(struct pop3 *, const struct args *);
} commands[] = {
	{ "APOP", AUTHORIZATION, 2, 2,         auth_apop },
	{ "AUTH", AUTHORIZATION, 0, 2,         auth_sasl },
	{ "CAPA", ANYWHERE,      0, 0,         any_capa },
	{ "DELE", TRANSACTION,   1, 1,         trans_dele },
	{ "LANG", ANYWHERE,      0, 1,         any_lang },
	{ "LAST", TRANSACTION,   0, 0,         trans_last },
	{ "LIST", TRANSACTION,   0, 1,         trans_list },
	{ "NOOP", TRANSACTION,   0, 0,         trans_noop },
	{ "PASS", AUTHORIZATION, 1, ARGS_REST, auth_pass },
	{ "QUIT", AUTHORIZATION, 0, 0,         auth_quit },
	{ "QUIT", TRANSACTION,   0, 0,         trans_quit },
	{ "RETR", TRANSACTION,   1, 1,         trans_retr },
	{ "RSET", TRANSACTION,   0, 0,         trans_rset },
	{ "STAT", TRANSACTION,   0, 0,         trans_stat },
	{ "STLS", AUTHORIZATION, 0, 0,         auth_stls },
	{ "TOP",  TRANSACTION,   2, 2,         trans_top },
	{ "UIDL", TRANSACTION,   0, 1,         trans_uidl },
	{ "USER", AUTHORIZATION, 1, 1,         auth_user },
	{ "UTF8", AUTHORIZATION, 0, 0,         auth_utf8 },
	{ "XCLIENT", AUTHORIZATION, 1, ARGS_REST, auth_xclient },
};

/* A command of the other state is unknown in this one, as with qpopper. */
static const struct command *
find(struct span name, enum pop3_state state)
{
	const struct command *c = commands;
	const struct command *end = c + sizeof commands / sizeof commands[0];

	for (; c < end; c++)
		if ((c->where & state) && span_is(name, c->name))
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
command_bad(struct pop3 *p, enum reply reply, struct span word)
{
	if (p->state == AUTHORIZATION && ++p->bad >= p->conf->max_bad) {
		(void)pop3_say(p, REPLY_TOO_MANY_BAD);
		return STEP_END;
	}
	return pop3_say_word(p, reply, word);
}

enum pop3_step
command_run(struct pop3 *p, struct span line)
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
	if ((c = find(name, p->state)) == NULL)
		return command_bad(p, REPLY_UNKNOWN, name);
	if (p->conf->fixture.refuse != NULL &&
	    span_is(name, p->conf->fixture.refuse))
		return pop3_say(p, REPLY_AS_WISHED);
	if (a.n < c->min)
		return command_bad(p, REPLY_TOO_FEW, name);
	if (a.n > c->max)
		return command_bad(p, REPLY_TOO_MANY, name);
	return c->run(p, &a);
}
