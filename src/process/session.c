#include "process/roles.h"

#include "process/privilege.h"
#include "process/sandbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Which Maildir?  The literal one of the command line is nobody's pattern. */
static int
find_maildir(const struct monitor *m, char path[PATH_MAX])
{
	if (m->conf->maildir_is_path)
		return span_copy(path, PATH_MAX, span_of(m->conf->maildir));
	return user_maildir(path, m->conf->maildir, &m->user);
}

static int
serve(const struct monitor *m, struct ask *ask, const char *path)
{
	const struct client *c = m->client;
	struct span unread;
	struct monmsg copy;
	struct pop3 *p;
	int r;

	p = pop3_new(&m->conf->pop3, &c->peer, ask, m->stamp, c->in, c->out);
	if (p == NULL)
		return -1;
	copy = m->unread;
	(void)monmsg_kind(&copy);
	unread = monmsg_get_bytes(&copy);
	(void)span_copy(p->user, sizeof p->user, span_of(m->user.name));
	if ((r = line_preload(&p->in, unread)) == 0)
		pop3_transact(p, path);
	pop3_free(p);
	return r;
}

static int
become_user(const struct monitor *m, const char *path)
{
	(void)umask(077);
	if (privilege_become(m->user.uid, m->user.gid) == -1)
		return -1;
	return sandbox_session(m->pid, path);
}

void
session_main(const struct monitor *m, int channel)
{
	struct ask ask = { .fd = channel };
	char path[PATH_MAX];

	log_divert(ask_log, &ask);
	if (find_maildir(m, path) == -1 || become_user(m, path) == -1) {
		log_line(LOG_FAULT, "cannot start a session for %s: %s",
		    m->user.name, strerror(errno));
		_exit(1);
	}
	_exit(serve(m, &ask, path) == -1);
}

/*
 * The monitor's rules are called in place here, so the conversation goes on in
 * one struct pop3 and nothing unread needs to travel.
 */
void
alone_run(struct monitor *m)
{
	const struct client *c = m->client;
	struct ask ask = { .fd = -1, .answer = monitor_answer_ask, .ctx = m };
	char path[PATH_MAX];
	struct pop3 *p;

	(void)umask(077);
	p = pop3_new(&m->conf->pop3, &c->peer, &ask, m->stamp, c->in, c->out);
	if (p == NULL) {
		log_line(LOG_FAULT, "%s", strerror(errno));
		return;
	}
	if (pop3_authorize(p) == STEP_LOGIN &&
	    ask_hand_over(&ask, span_of("")) == 0) {
		if (find_maildir(m, path) == 0)
			pop3_transact(p, path);
		else
			log_line(LOG_FAULT, "no Maildir for %s: %s",
			    m->user.name, strerror(errno));
	}
	pop3_free(p);
}
