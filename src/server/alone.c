#include "server/roles.h"

#include "session/session.h"
#include "pop3/say.h"
#include "pop3/authorization.h"
#include "base/fd.h"
#include "server/pending.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"

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
	log_line(LOG_FAULT, "%s %s: %s", what, m->login.whole, strerror(errno));
	(void)say(p, REPLY_NOT_NOW);
	(void)out_flush(p->out);
}

static int
become_user(const struct monitor *m, const char *path)
{
	(void)umask(077);
	if (privilege_become(m->login.user.uid, m->login.user.gid) == -1 ||
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

/*
 * From the Maildir at path to its folder, if one was asked for.  It must be
 * there, since an empty maildrop would hide that a name is misspelt, and it may
 * not be a link to somewhere else.
 */
static int
enter_folder(const struct monitor *m, char path[PATH_MAX])
{
	struct stat st;

	if (m->login.folder[0] == '\0')
		return 0;
	if (user_enter_folder(path, m->login.folder) == -1 || lstat(path, &st) == -1)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

static void
transact(struct pop3 *p, const struct monitor *m, char path[PATH_MAX])
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];

	if (enter_folder(m, path) == 0) {
		session_run(p, path);
		return;
	}
	log_line(LOG_NOTE, "%s: folder %s: %s", pop3_who(p), log_quote(quoted,
	    sizeof quoted, span_of(m->login.folder)), strerror(errno));
	(void)say(p, REPLY_NO_ACCESS);
	out_finish(p->out, p->in.fd);
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
	(void)span_copy(p->user, sizeof p->user, span_of(m->login.whole));
	if (login_maildir(&m->login, path) == -1 || become_user(m, path) == -1 ||
	    take_over(p, m) == -1) {
		fail(p, "cannot start a session for", m);
		_exit(1);
	}
	transact(p, m, path);
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

static void
serve(struct monitor *m, struct pop3 *p)
{
	char path[PATH_MAX];

	(void)span_copy(p->user, sizeof p->user, span_of(m->login.whole));
	if (login_maildir(&m->login, path) == -1) {
		fail(p, "no Maildir for", m);
		return;
	}
	if (import_is_due(m))
		import_alone(m);
	if (see_one_maildir(m, path) == -1)
		fail(p, "cannot start a session for", m);
	else
		transact(p, m, path);
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
	struct pop3 *p;

	(void)umask(077);
	if ((p = authorize(m, &ask, &step)) != NULL && step == STEP_LOGIN &&
	    ask_hand_over(&ask, (unsigned)p->language, span_of("")) == 0)
		serve(m, p);
	pop3_free(p);
	monitor_end_tls(m, false);
}
