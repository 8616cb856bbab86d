#include "process/roles.h"

#include "process/privilege.h"
#include "process/sandbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int
lock_up(const struct monitor *m)
{
	const struct server_conf *conf = m->conf;
	uid_t uid;
	gid_t gid;

	if (privilege_front_account(conf->front_user, &uid, &gid) == NULL ||
	    privilege_empty_dir(conf->empty_dir) == -1 ||
	    privilege_lock_up(conf->empty_dir, uid, gid) == -1)
		return -1;
	return sandbox_front(m->pid);
}

static int
talk(const struct monitor *m, struct ask *ask)
{
	const struct client *c = m->client;
	struct pop3 *p;
	int r = 0;

	p = pop3_new(&m->conf->pop3, &c->peer, ask, m->stamp, c->in, c->out);
	if (p == NULL)
		return -1;
	if (pop3_authorize(p) == STEP_LOGIN &&
	    (out_flush(p->out) == -1 ||
	    ask_hand_over(ask, line_unread(&p->in)) == -1))
		r = -1;
	pop3_free(p);
	return r;
}

void
front_main(const struct monitor *m, int channel)
{
	struct ask ask = { .fd = channel };

	log_divert(ask_log, &ask);
	if (lock_up(m) == -1) {
		log_line(LOG_FAULT, "cannot lock up the front (user %s, "
		    "directory %s): %s", m->conf->front_user,
		    m->conf->empty_dir, strerror(errno));
		_exit(1);
	}
	_exit(talk(m, &ask) == -1);
}
