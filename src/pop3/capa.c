/*
 * CAPA (RFC 2449): what this session can do, and nothing it cannot.
 */
#include "pop3/commands.h"

#include <stdio.h>
#include <string.h>

static bool
can_stls(const struct pop3 *p)
{
	return p->tls_offered;
}

static const struct capability {
	enum pop3_state where;
	const char *line;
	bool (*holds)(const struct pop3 *);	/* NULL: always */
} capabilities[] = {
	{ ANYWHERE,    "TOP", NULL },
	{ ANYWHERE,    "USER", pop3_cleartext_allowed },
	{ ANYWHERE,    "UIDL", NULL },
	{ ANYWHERE,    "RESP-CODES", NULL },
	{ ANYWHERE,    "AUTH-RESP-CODE", NULL },	/* RFC 3206 */
	{ ANYWHERE,    "PIPELINING", NULL },
	{ AUTHORIZATION, "STLS", can_stls },	/* RFC 2595 */
	{ ANYWHERE,    "EXPIRE NEVER", NULL },	/* we remove nothing unasked */
	{ TRANSACTION, "IMPLEMENTATION solopop", NULL },
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
		if ((c->where & p->state) && (c->holds == NULL || c->holds(p)))
			pop3_list_line(p, c->line, strlen(c->line));
	pop3_end_list(p);
	return STEP_NEXT;
}
