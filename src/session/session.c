#include "session/session.h"

#include "pop3/conversation.h"
#include "pop3/say.h"
#include "session/opening.h"
#include "session/transaction.h"
#include "session/update.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

/* How often an idle session looks whether another one waits for it. */
#define YIELD_EVERY 2000

static bool
is_wanted(void *ctx)
{
	struct pop3 *p = ctx;

	return maildrop_is_wanted(p->drop);
}

static void
say_login(struct pop3 *p)
{
	struct maildrop_sum left = maildrop_left(p->drop);

	(void)say_with(p, REPLY_LOGIN, &(struct reply_values){
	    .count = left.count, .octets = left.octets });
}

void
session_run(struct pop3 *p, const char *path)
{
	enum pop3_step step = STEP_END;
	bool opened;

	p->state = TRANSACTION;
	if ((opened = opening_run(p, path) == 0)) {
		(void)ask_answers(p->ask);
		say_login(p);
		p->yield = (struct interrupt){ p->conf->yield_time,
		    YIELD_EVERY, is_wanted, p };
		p->in.interrupt = p->out->interrupt = &p->yield;
		p->in.acked = p->out->fd;
		step = conversation_run(p, transaction_commands);
		if (!p->updated)
			update_abandon(p);
	}
	if (step == STEP_END)
		out_finish(p->out, p->in.fd);
	if (opened)
		maildrop_save(p->drop);
	maildrop_close(p->drop);
	p->drop = NULL;
}

/*
 * It must be there, since an empty maildrop would hide that a name is misspelt,
 * and it may not be a link to somewhere else.
 */
static int
find_folder(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

static void
refuse(struct pop3 *p, enum reply reply)
{
	(void)ask_answers(p->ask);
	(void)say(p, reply);
	out_finish(p->out, p->in.fd);
}

void
session_serve(struct pop3 *p, const struct mounted *place,
    const char *maildir, const char *path)
{
	char quoted[LOG_QUOTED_MAX(ASK_USER_MAX)];
	size_t len = strlen(maildir);

	if (mounted_require(place, maildir, pop3_user(p)) == -1) {
		refuse(p, REPLY_NOT_NOW);
		return;
	}
	if (strcmp(maildir, path) == 0 || find_folder(path) == 0) {
		session_run(p, path);
		return;
	}
	log_line(LOG_NOTE, "%s: folder %s: %s", pop3_who(p), log_quote(quoted,
	    sizeof quoted, span_of(path + len + 2)), strerror(errno));
	refuse(p, REPLY_NO_ACCESS);
}
