#include "server/roles.h"

#include "session/session.h"
#include "pop3/say.h"
#include "pop3/authorization.h"
#include "base/fd.h"
#include "server/pending.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "settings/place.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
fail(struct pop3 *p, const char *what, const struct monitor *m)
{
	log_line(LOG_FAULT, "%s %s: %s", what, m->login.whole, strerror(errno));
	(void)say(p, REPLY_NOT_NOW);
	(void)out_flush(p->out);
}

static void
refuse(struct pop3 *p, enum reply reply)
{
	(void)say(p, reply);
	out_finish(p->out, p->in.fd);
}

/* All before the session: a proxy's header, TLS, and the client's login. */
static struct pop3 *
authorize(struct monitor *m, struct front *f, struct ask *ask,
    enum pop3_step *step)
{
	struct client *c = m->client;
	struct pop3 *p;

	for (;;) {
		monitor_describe(m, f);
		if (m->phase == PROXY_TELLS &&
		    front_hear_proxy(f, ask, c->in) == -1)
			return NULL;
		if (m->phase == BEFORE_TLS && monitor_begin_tls(m) == -1)
			return NULL;
		monitor_describe(m, f);
		p = front_begin(f, &m->conf->pop3, ask, c->in, c->out);
		if (p == NULL) {
			log_line(LOG_FAULT, "%s", strerror(errno));
			return NULL;
		}
		if ((*step = authorization_run(p)) != STEP_TLS)
			return p;
		pop3_free(p);
	}
}

/*
 * Where PAM has a session to close it needs files, and so do sanitizers, which
 * look for leaks at the end.
 */
static bool
needs_other_files(const struct monitor *m)
{
	return m->conf->virtual_user == NULL &&
	    (!m->conf->no_auth || !MEMORY_LIMITS);
}

/*
 * Our own rights reach more than the mail of who is in: all else that is ours,
 * and every virtual user's.
 */
static int
see_one_maildir(const struct monitor *m, const char *path)
{
	if (m->conf->no_sandbox || needs_other_files(m))
		return 0;
	log_ready();
	return sandbox_files(path);
}

/* Bring in what waits.  True: the login is refused. */
static bool
brings_trouble(const struct monitor *m, const char *maildir,
    enum reply *reply)
{
	enum import_need need = import_need(m);
	struct waiting w;

	import_sources(m, &w);
	if (need == IMPORT_NEVER || (need == IMPORT_IF_WAITING &&
	    !waiting_is_due(&w, maildir)))
		return false;
	switch (import_end(m, import_is_there(m) ? import_alone(m) : -1,
	    reply)) {
	case IMPORT_REFUSES:
		return true;
	case IMPORT_UNKNOWN:
		return !waiting_drained(maildir);
	case IMPORT_ENDED:
		break;
	}
	return false;
}

static void
serve(struct monitor *m, struct pop3 *p)
{
	char maildir[PATH_MAX], path[PATH_MAX];
	struct mounted place;
	enum reply reply;

	(void)span_copy(p->user, sizeof p->user, span_of(m->login.whole));
	if (login_maildir(&m->login, maildir) == -1) {
		fail(p, "no Maildir for", m);
		return;
	}
	(void)span_copy(path, sizeof path, span_of(maildir));
	if (place_find(&place, m->conf, &m->login.user, maildir) == -1 ||
	    mounted_require(&place, maildir, m->login.whole) == -1)
		refuse(p, REPLY_NOT_NOW);
	else if (brings_trouble(m, maildir, &reply))
		refuse(p, reply);
	else if (see_one_maildir(m, maildir) == -1 ||
	    user_enter_folder(path, m->login.folder) == -1)
		fail(p, "cannot start a session for", m);
	else
		session_serve(p, &place, maildir, path);
}

/*
 * Somebody at a terminal who ends a session so has done nothing wrong.  Nothing
 * is removed without QUIT, and whatever is being written bears it.
 */
static void
end_at_once(int number)
{
	(void)number;
	_exit(EXIT_SUCCESS);
}

static void
heed_interrupt(void)
{
	struct sigaction act = { .sa_handler = end_at_once };

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGINT, &act, NULL);
}

/*
 * The monitor's rules are called in place here, so the conversation goes on in
 * one struct pop3 and nothing unread needs to travel.
 */
void
alone_run(struct monitor *m)
{
	struct ask ask = { .fd = -1, .answer = monitor_answer_ask, .ctx = m };
	enum pop3_step step;
	struct pop3 *p = NULL;
	struct front f;

	(void)umask(077);
	heed_interrupt();
	if (monitor_prepare(m) == 0 &&
	    (p = authorize(m, &f, &ask, &step)) != NULL &&
	    step == STEP_LOGIN &&
	    ask_hand_over(&ask, (unsigned)p->language, span_of("")) == 0)
		serve(m, p);
	pop3_free(p);
	monitor_end_tls(m, false);
}
