#include "process/roles.h"

#include "base/fd.h"
#include "process/intake.h"
#include "process/privilege.h"
#include "process/sandbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The Maildir, its files, and a few to spare: takeover, index, lock. */
#define SESSION_FILES 32


static void
fail(struct pop3 *p, const char *what, const struct monitor *m)
{
	log_line(LOG_FAULT, "%s %s: %s", what, m->user.name, strerror(errno));
	(void)pop3_say(p, REPLY_NOT_NOW);
	(void)out_flush(p->out);
}

static int
become_user(const struct monitor *m, const char *path)
{
	(void)umask(077);
	if (privilege_become(m->user.uid, m->user.gid) == -1 ||
	    privilege_limit(SESSION_FILES) == -1 ||
	    privilege_limit_memory((uint64_t)m->conf->session_memory << 20) ==
	    -1)
		return -1;
	return m->conf->no_sandbox ? sandbox_bare(m->pid) :
	    sandbox_session(m->pid, path);
}

/* Go on where the front stopped reading. */
static int
take_over(struct pop3 *p, const struct monitor *m)
{
	struct monmsg copy = m->unread;

	(void)monmsg_kind(&copy);
	(void)monmsg_get_number(&copy);		/* m->language */
	return line_preload(&p->in, monmsg_get_bytes(&copy));
}

/* What the intake is told.  -1 when there is no Maildir for the user. */
static int
find_intake(const struct monitor *m, struct intake *in, char path[PATH_MAX])
{
	*in = (struct intake){ m->conf, &m->user, path, m->root };
	return monitor_maildir(m, path);
}

bool
session_needs_intake(const struct monitor *m)
{
	char path[PATH_MAX];
	struct intake in;

	return find_intake(m, &in, path) == 0 && intake_is_needed(&in);
}

void
intake_main(const struct monitor *m, int channel)
{
	struct ask ask = { .fd = channel };
	char path[PATH_MAX];
	struct intake in;

	log_divert(ask_log, &ask);
	fd_close(&m->client->in);
	fd_close(&m->client->out);
	(void)umask(077);
	if (find_intake(m, &in, path) == -1 ||
	    intake_lock_up(&in, m->pid) == -1) {
		log_line(LOG_FAULT, "no intake for %s: %s", m->user.name,
		    strerror(errno));
		_exit(1);
	}
	_exit(intake_run(&in) == -1);
}

void
session_main(const struct monitor *m, int channel)
{
	struct ask ask = { .fd = channel };
	char path[PATH_MAX];
	struct pop3 *p;

	log_divert(ask_log, &ask);
	if ((p = front_begin(m, &ask)) == NULL)
		_exit(1);
	(void)span_copy(p->user, sizeof p->user, span_of(m->user.name));
	if (monitor_maildir(m, path) == -1 || become_user(m, path) == -1 ||
	    take_over(p, m) == -1) {
		fail(p, "cannot start a session for", m);
		_exit(1);
	}
	pop3_transact(p, path);
	pop3_free(p);
	_exit(0);
}

/* All before the session: a proxy's header, TLS, and the client's login. */
static struct pop3 *
authorize(struct monitor *m, struct ask *ask, enum pop3_step *step)
{
	struct pop3 *p;

	for (;;) {
		if (m->phase == PROXY_TELLS && front_hear_proxy(m, ask) == -1)
			return NULL;
		if (m->phase == BEFORE_TLS && monitor_begin_tls(m) == -1)
			return NULL;
		if ((p = front_begin(m, ask)) == NULL) {
			log_line(LOG_FAULT, "%s", strerror(errno));
			return NULL;
		}
		if ((*step = pop3_authorize(p)) != STEP_TLS)
			return p;
		pop3_free(p);
	}
}

/*
 * The monitor's rules are called in place here, so the conversation goes on in
 * one struct pop3 and nothing unread needs to travel.
 */
void
alone_run(struct monitor *m)
{
	struct ask ask = { .fd = -1, .answer = monitor_answer_ask, .ctx = m };
	char path[PATH_MAX];
	enum pop3_step step;
	struct intake in;
	struct pop3 *p;

	(void)umask(077);
	if ((p = authorize(m, &ask, &step)) != NULL && step == STEP_LOGIN &&
	    ask_hand_over(&ask, (unsigned)p->language, span_of("")) == 0) {
		if (find_intake(m, &in, path) == -1)
			fail(p, "no Maildir for", m);
		else {
			if (intake_is_needed(&in))
				(void)intake_run(&in);
			pop3_transact(p, path);
		}
	}
	pop3_free(p);
	monitor_end_tls(m, false);
}
