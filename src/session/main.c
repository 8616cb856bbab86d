/*
 * solopop-session: TRANSACTION and UPDATE for one user, who it is already.  The
 * monitor starts it after the login, with the client, a channel, and nothing
 * of what it has read itself.
 */
#include "session/session.h"
#include "session/start.h"

#include "base/fd.h"
#include "base/signals.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "pop3/say.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* The Maildir, its files, and a few to spare: takeover, index, lock. */
#define SESSION_FILES 32

static int
confine(const struct start *s)
{
	(void)umask(077);
	if (privilege_verify(s->uid, s->gid) == -1 ||
	    privilege_limit(SESSION_FILES) == -1 ||
	    privilege_limit_memory((uint64_t)s->memory << 20) == -1)
		return -1;
	return s->no_sandbox ? sandbox_bare(s->monitor) :
	    sandbox_session(s->monitor, s->maildir);
}

/* Go on where the front stopped reading, in the language it has. */
static int
take_over(struct pop3 *p, struct monmsg *unread)
{
	uint64_t language;
	struct span input;

	if (monmsg_kind(unread) != ASK_HAND_OVER)
		return -1;
	language = monmsg_get_number(unread);
	input = monmsg_get_bytes(unread);
	if (monmsg_end(unread) == -1 || language >= LANGUAGES)
		return -1;
	p->language = (enum language)language;
	return line_preload(&p->in, input);
}

static struct pop3 *
begin(const struct pop3_conf *conf, const struct start *s, struct ask *ask)
{
	struct pop3 *p = pop3_new(conf, &s->peer, ask, "", CHANNEL_CLIENT_IN,
	    CHANNEL_CLIENT_OUT);

	if (p == NULL)
		return NULL;
	(void)span_copy(p->user, sizeof p->user, span_of(s->user));
	p->tls = s->tls;
	p->tls_offered = s->tls_offered;
	p->tls_named = s->tls_named;
	p->secrets = s->secrets;
	return p;
}

/* The client must hear something; in English, if we know no better. */
static int
fail(struct pop3 *p, const char *user)
{
	log_line(LOG_FAULT, "cannot start a session for %s: %s", user,
	    strerror(errno));
	if (p != NULL) {
		(void)ask_answers(p->ask);
		(void)say(p, REPLY_NOT_NOW);
		(void)out_flush(p->out);
	}
	return EXIT_FAILURE;
}

/* Before we are confined, because spools are out of reach then. */
static bool
mail_waits(const struct start *s)
{
	return s->looks && privilege_verify(s->uid, s->gid) == 0 &&
	    waiting_is_due(&s->waiting, s->maildir);
}

/* An empty maildrop is not known to be one before the spool was drained. */
static bool
is_drained(const struct start *s)
{
	if (!s->must_be_drained || waiting_drained(s->maildir))
		return true;
	errno = EAGAIN;
	return false;
}

static int
serve(struct ask *ask)
{
	static const struct pop3_conf plain = { .host = "", .idle_time = 1000 };
	static struct pop3_conf conf;
	static struct start s;
	struct monmsg unread;
	struct pop3 *p;

	if (start_receive(ask->fd, &conf, &s, &unread) == -1)
		return fail(begin(&plain, &s, ask), "a user unknown");
	if (mail_waits(&s))
		return SESSION_MAIL_WAITS;
	if ((p = begin(&conf, &s, ask)) == NULL || !is_drained(&s) ||
	    confine(&s) == -1 || take_over(p, &unread) == -1)
		return fail(p, s.user);
	session_serve(p, &s.place, s.maildir, s.path);
	return EXIT_SUCCESS;
}

int
main(void)
{
	struct ask ask = { .fd = CHANNEL_FD };

	if (!fd_is_socket(CHANNEL_FD)) {
		static const char text[] = "solopop-session: solopop starts "
		    "this; see solopop(8)\n";

		(void)fd_write_all(STDERR_FILENO, text, sizeof text - 1);
		return EX_USAGE;
	}
	signals_start();
	log_divert(ask_log, &ask);
	ask_begin_work(&ask);
	/* Nothing is left to be done at exit. */
	_exit(serve(&ask));
}
