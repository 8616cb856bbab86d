#include "server/roles.h"

#include "pop3/say.h"
#include "pop3/authorization.h"
#include "base/clock.h"
#include "io/proxy.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* A conversation takes a few pages; a flood of anything takes no more. */
#define FRONT_MEMORY (16 * 1024 * 1024)

static int
lock_up(const struct monitor *m, int fds)
{
	const char *dir = m->conf->empty_dir;

	if ((errno = m->front_error) != 0 || privilege_empty_dir(dir, true) == -1 ||
	    privilege_lock_up(dir, m->front_uid, m->front_gid, fds) == -1 ||
	    privilege_limit_memory(FRONT_MEMORY) == -1)
		return -1;
	return m->conf->no_sandbox ? sandbox_bare(m->pid) :
	    sandbox_front(m->pid);
}

static int
talk(struct pop3 *p)
{
	if (authorization_run(p) != STEP_LOGIN)
		return 0;
	if (out_flush(p->out) == -1)
		return -1;
	return ask_hand_over(p->ask, (unsigned)p->language,
	    line_unread(&p->in));
}

static void
log_no_header(const struct monitor *m, int64_t patience)
{
	const char *ip = m->client->peer.ip;

	switch (errno) {
	case EBADMSG:
		log_line(LOG_WARN, "proxy %s: what it sends is no PROXY header",
		    ip);
		break;
	case ETIMEDOUT:
		log_line(LOG_WARN, "proxy %s: no PROXY header in %" PRId64
		    " seconds", ip, patience / 1000);
		break;
	case EPIPE:
		log_line(LOG_WARN, "proxy %s: left inside its PROXY header",
		    ip);
		break;
	default:
		break;
	}
}

int
front_hear_proxy(const struct monitor *m, struct ask *ask)
{
	struct client *c = m->client;
	int64_t began = clock_ms(), deadline = began + m->conf->proxy_time;
	struct proxy header;

	if (deadline > m->login_deadline)
		deadline = m->login_deadline;
	if (proxy_read(&header, c->in, deadline) == -1) {
		log_no_header(m, deadline - began);
		return -1;
	}
	if (ask_peer(ask, header.ip) == -1)
		return -1;
	return header.ip[0] == '\0' ? 0 :
	    peer_set(&c->peer, span_of(header.ip), "PROXY");
}

struct pop3 *
front_begin(const struct monitor *m, struct ask *ask)
{
	const struct client *c = m->client;
	struct pop3 *p;

	p = pop3_new(&m->conf->pop3, &c->peer, ask, m->login.stamp, c->in, c->out);
	if (p == NULL)
		return NULL;
	p->login_deadline = m->login_deadline;
	p->tls = m->tls_active;
	p->tls_offered = m->tls_offered;
	p->tls_named = m->conf->tls.cert != NULL;
	p->xclient_done = m->xclient_done;
	p->greeted = m->greeted;
	p->secrets = m->login.secrets;
	p->language = m->language;
	return p;
}

void
front_main(const struct monitor *m, int channel)
{
	struct ask ask = { .fd = channel };
	struct pop3 *p;

	log_divert(ask_log, &ask);
	if ((p = front_begin(m, &ask)) == NULL)
		_exit(1);
	if (lock_up(m, channel + 1) == -1) {
		log_line(LOG_FAULT, "cannot lock up the front (user %s, "
		    "directory %s): %s", m->conf->front_user,
		    m->conf->empty_dir, strerror(errno));
		(void)say(p, REPLY_MISCONFIGURED);
		(void)out_flush(p->out);
		_exit(1);
	}
	if (m->phase == PROXY_TELLS &&
	    (front_hear_proxy(m, &ask) == -1 || m->conf->tls.first))
		_exit(0);
	_exit(talk(p) == -1);
}
