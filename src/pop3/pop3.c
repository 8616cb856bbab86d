#include "pop3/pop3.h"

#include "base/cidr.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <termios.h>

/* A terminal that gathers lines has a person at it; a raw one has a program. */
static bool
is_typed(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_lflag & ICANON) != 0;
}

struct pop3 *
pop3_new(const struct pop3_conf *conf, const struct peer *peer,
    struct ask *ask, const char *stamp, int in, int out)
{
	struct pop3 *p;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	if ((p->out = out_new(out, conf->idle_time)) == NULL) {
		free(p);
		return NULL;
	}
	if (conf->fixture.cut_after > 0)
		p->out->limit = conf->fixture.cut_after;
	line_init(&p->in, in);
	p->terminal = is_typed(in);
	p->conf = conf;
	p->peer = peer;
	p->ask = ask;
	p->stamp = stamp;
	p->state = AUTHORIZATION;
	p->language = conf->language;
	p->login_deadline = clock_ms() + conf->login_time;
	return p;
}

void
pop3_free(struct pop3 *p)
{
	if (p == NULL)
		return;
	out_free(p->out);
	secret_erase(&p->in, sizeof p->in);
	free(p);
}

const char *
pop3_user(struct pop3 *p)
{
	if (p->user[0] == '\0')
		return "-";
	return log_quote(p->quoted, sizeof p->quoted, span_of(p->user));
}

const char *
pop3_who(struct pop3 *p)
{
	(void)snprintf(p->who, sizeof p->who, "%s at %s (%s)", pop3_user(p),
	    p->peer->ip, p->peer->ip);
	return p->who;
}

bool
pop3_cleartext_allowed(const struct pop3 *p)
{
	if (p->conf->clear != CLEAR_NEVER &&
	    cidr_has(p->conf->plaintext_from, p->peer->ip))
		return true;
	switch (p->conf->clear) {
	case CLEAR_NEVER:
		return false;
	case CLEAR_ALWAYS:
		return true;
	case CLEAR_LOCAL:
		return p->peer->local;
	case CLEAR_TLS:
		return p->tls;
	case CLEAR_DEFAULT:
	default:
		return p->tls || p->peer->local ||
		    (!p->tls_named && !p->tls_offered);
	}
}

enum reply
pop3_cleartext_refusal(const struct pop3 *p)
{
	return p->conf->clear == CLEAR_NEVER || p->conf->clear == CLEAR_LOCAL ?
	    REPLY_STRONGER : REPLY_TLS_OR_STRONGER;
}

bool
pop3_is_proxy(const struct pop3 *p)
{
	return p->state == AUTHORIZATION && !p->xclient_done &&
	    cidr_has(p->conf->xclient_from, p->peer->ip);
}
