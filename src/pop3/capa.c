/*
 * CAPA (RFC 2449): what this session can do, and nothing it cannot.
 */
#include "pop3/capa.h"

#include "compat/compat.h"
#include "pop3/mechanisms.h"
#include "pop3/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool
can_stls(const struct pop3 *p)
{
	return p->tls_offered;
}

/* Before the login a shy server has no name. */
static bool
may_be_known(const struct pop3 *p)
{
	return p->state == TRANSACTION || !p->conf->shy;
}

/* Include the version only if show-version is set, as in the banner. */
static void
put_implementation(const struct pop3 *p, char *line, size_t cap)
{
	(void)snprintf(line, cap, "%s", p->conf->show_version ?
	    "IMPLEMENTATION solopop-" PACKAGE_VERSION :
	    "IMPLEMENTATION solopop");
}

/*
 * Evolution 3.36 to 3.48.0 hangs when it reads UTF8 USER: it sends the command
 * without a line end and waits for the answer.  A client that does not see the
 * line loses nothing, because messages are sent byte for byte in any case.
 */
static bool
announces_utf8(const struct pop3 *p)
{
	return p->conf->announce_utf8;
}

static bool
has_login_delay(const struct pop3 *p)
{
	return p->conf->pace.delay > 0;
}

/* RFC 2449, section 6.5: the same for every user. */
static void
put_login_delay(const struct pop3 *p, char *line, size_t cap)
{
	(void)snprintf(line, cap, "LOGIN-DELAY %" PRId64,
	    p->conf->pace.delay);
}

/* RFC 5034, section 3. */
static void
put_sasl(const struct pop3 *p, char *line, size_t cap)
{
	(void)snprintf(line, cap, "SASL");
	mechanisms_list(p, line, cap);
}

/* A row has its line, or a function that writes one. */
static const struct capability {
	enum pop3_state where;
	const char *line;
	bool (*holds)(const struct pop3 *);	/* NULL: always */
	void (*put)(const struct pop3 *, char *line, size_t cap);
} capabilities[] = {
	{ ANYWHERE,    "TOP", NULL, NULL },
	{ ANYWHERE,    "USER", pop3_cleartext_allowed, NULL },
	{ ANYWHERE,    NULL, mechanisms_work, put_sasl },
	{ ANYWHERE,    "UIDL", NULL, NULL },
	{ ANYWHERE,    "RESP-CODES", NULL, NULL },
	{ ANYWHERE,    "AUTH-RESP-CODE", NULL, NULL },	/* RFC 3206 */
	{ ANYWHERE,    "PIPELINING", NULL, NULL },
	{ AUTHORIZATION, "STLS", can_stls, NULL },	/* RFC 2595 */
	{ AUTHORIZATION, "XCLIENT", pop3_is_proxy, NULL },
	{ ANYWHERE,    NULL, has_login_delay, put_login_delay },
	{ ANYWHERE,    "EXPIRE NEVER", NULL, NULL },	/* none unasked */
	{ ANYWHERE,    "UTF8 USER", announces_utf8, NULL },	/* RFC 6856 */
	{ ANYWHERE,    "LANG", NULL, NULL },
	{ ANYWHERE,    NULL, may_be_known, put_implementation },
};

static void
put_line(struct pop3 *p, const struct capability *c)
{
	char line[POP3_LINE_MAX];

	if (c->put != NULL) {
		c->put(p, line, sizeof line);
		say_line(p, line, strlen(line));
	} else
		say_line(p, c->line, strlen(c->line));
}

enum pop3_step
capa_run(struct pop3 *p, const struct args *a)
{
	const struct capability *c = capabilities;
	const struct capability *end = c +
	    sizeof capabilities / sizeof capabilities[0];

	(void)a;
	(void)say(p, REPLY_CAPA);
	for (; c < end; c++)
		if ((c->where & p->state) && (c->holds == NULL || c->holds(p)))
			put_line(p, c);
	say_end(p);
	return STEP_NEXT;
}
