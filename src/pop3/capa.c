/*
 * CAPA (RFC 2449): what this session can do, and nothing it cannot.
 */
#include "pop3/commands.h"

#include <stdio.h>
#include <string.h>

static const struct capability {
	enum pop3_state where;
	const char *line;
} capabilities[] = {
	{ ANYWHERE,    "TOP" },
	{ ANYWHERE,    "USER" },
	{ ANYWHERE,    "UIDL" },
	{ ANYWHERE,    "RESP-CODES" },
	{ ANYWHERE,    "AUTH-RESP-CODE" },	/* RFC 3206 */
	{ ANYWHERE,    "PIPELINING" },
	{ ANYWHERE,    "EXPIRE NEVER" },	/* we remove nothing unasked */
	{ TRANSACTION, "IMPLEMENTATION solopop" },
};

enum pop3_step
any_capa(struct pop3 *p, const struct args *a)
{
	const struct capability *c = capabilities;
	const struct capability *end = c +
	    sizeof capabilities / sizeof capabilities[0];

	(void)a;
	(void)pop3_say(p, REPLY_CAPA);
	for (; c < end; c++)
		if (c->where & p->state)
			pop3_list_line(p, c->line, strlen(c->line));
	pop3_end_list(p);
	return STEP_NEXT;
}
