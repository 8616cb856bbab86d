#include "pop3/pop3.h"

#include "base/cidr.h"
#include "base/clock.h"
#include "compat/compat.h"
#include "pop3/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often an idle session looks whether another one waits for it. */
#define YIELD_EVERY 2000

static bool
is_wanted(void *ctx)
{
	struct pop3 *p = ctx;

	return p->drop != NULL && maildrop_is_wanted(p->drop);
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
	p->conf = conf;
	p->peer = peer;
	p->ask = ask;
	p->stamp = stamp;
	p->state = AUTHORIZATION;
	p->language = conf->language;
	p->yield = (struct interrupt){ conf->yield_time, YIELD_EVERY,
	    is_wanted, p };
	p->login_deadline = clock_ms() + conf->login_time;
	return p;
}

void
pop3_free(struct pop3 *p)
{
	if (p == NULL)
		return;
	maildrop_close(p->drop);
	out_free(p->out);
	secret_erase(&p->in, sizeof p->in);
	free(p);
}

const char *
pop3_user(struct pop3 *p)
{
	if (p->user[0] == '\0')
		return "(null)";
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
		return p->tls || p->peer->local || !p->tls_offered;
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

enum pop3_step
pop3_reply(struct pop3 *p, enum reply reply, const struct reply_values *values)
{
	const struct voice voice = { p->conf->dialect, p->language };
	struct reply_values v = *values;
	char text[REPLY_MAX];

	v.user = p->user;
	v.host = p->conf->host;
	v.stamp = p->stamp;
	v.mark = pop3_is_proxy(p) ? "[XCLIENT] " : "";
	v.version = p->conf->show_version ?
	    " (version " PACKAGE_VERSION ")" : "";
	reply_format(text, reply, voice, &v, false);
	pop3_list_line(p, text, strlen(text));
	p->answers++;
	if (!reply_is_ok(reply)) {
		reply_format(text, reply, voice, &v, true);
		log_line(LOG_NOTE, "%s: %s", pop3_who(p), text);
	}
	return STEP_NEXT;
}

enum pop3_step
pop3_say(struct pop3 *p, enum reply reply)
{
	return pop3_say_word(p, reply, span_of(""));
}

enum pop3_step
pop3_say_word(struct pop3 *p, enum reply reply, struct span word)
{
	return pop3_reply(p, reply, &(struct reply_values){ .word = word });
}

void
pop3_list_line(struct pop3 *p, const char *text, size_t len)
{
	(void)out_put(p->out, text, len);
	(void)out_put(p->out, "\r\n", 2);
}

void
pop3_end_list(struct pop3 *p)
{
	(void)out_put(p->out, ".\r\n", 3);
}

static int64_t
deadline(const struct pop3 *p)
{
	return p->state == AUTHORIZATION ? p->login_deadline :
	    clock_ms() + p->conf->idle_time;
}

static int64_t
patience(const struct pop3 *p)
{
	return (p->state == AUTHORIZATION ? p->conf->login_time :
	    p->conf->idle_time) / 1000;
}

/*
 * RFC 1939, section 3: when the client is silent for too long, close without a
 * word.  So for a session that another one takes over.
 */
static enum pop3_step
no_line(struct pop3 *p)
{
	switch (errno) {
	case EMSGSIZE:
		log_line(LOG_NOTE, "Excessive input from %s %s (%s); "
		    "discarded %ju bytes", pop3_user(p), p->peer->ip,
		    p->peer->ip, (uintmax_t)p->in.skipped);
		return command_bad(p, REPLY_TOO_LONG, span_of(""));
	case EILSEQ:
		return command_bad(p, REPLY_NUL, span_of(""));
	case ETIMEDOUT:
		log_line(LOG_NOTE, "(v" PACKAGE_VERSION ") Timeout (%jd secs) "
		    "during nw read from %s", (intmax_t)patience(p),
		    pop3_who(p));
		return STEP_ABORT;
	case ECANCELED:
		log_line(LOG_NOTE, "%s: idle, gave way to a new session",
		    pop3_who(p));
		return STEP_ABORT;
	default:
		return STEP_ABORT;
	}
}

/* Nobody hears us any more; say why, unless they simply left. */
static enum pop3_step
no_out(struct pop3 *p)
{
	int error = p->out->error;

	if (error != EPIPE && error != ECONNRESET && error != ECONNABORTED)
		log_line(LOG_NOTE, "I/O error writing to client %s at %s [%s]: "
		    "%s (%d)", pop3_user(p), p->peer->ip, p->peer->ip,
		    strerror(error), error);
	return STEP_ABORT;
}

/* Answers leave together when no further command is here to be answered. */
static enum pop3_step
next_step(struct pop3 *p)
{
	enum pop3_step step;
	struct span line;

	if (!line_pending(&p->in) && out_flush(p->out) == -1)
		return no_out(p);
	p->answers = 0;
	if (line_read(&p->in, POP3_LINE_MAX, deadline(p), &line) == -1) {
		line_forget(&p->in);	/* too long, it may be a password's */
		step = no_line(p);
	} else {
		if (p->conf->fixture.slow > 0)
			clock_sleep_until(clock_ms() + p->conf->fixture.slow);
		step = command_run(p, line);
	}
	if (p->out->error != 0)
		return no_out(p);
	if ((step == STEP_NEXT || step == STEP_END || step == STEP_TLS) &&
	    p->answers != 1) {
		log_line(LOG_FAULT, "%s: a command with %u answers",
		    pop3_who(p), p->answers);
		return STEP_ABORT;
	}
	return step;
}

void
pop3_challenge(struct pop3 *p, const char *text, bool expect)
{
	(void)out_put(p->out, "+ ", 2);
	pop3_list_line(p, text, strlen(text));
	if (!line_pending(&p->in) && out_flush(p->out) == 0 && expect)
		ask_expect(p->ask);
}

int
pop3_response(struct pop3 *p, char *dst, size_t cap, struct span *response,
    enum pop3_step *step)
{
	if (p->out->error != 0) {
		*step = STEP_ABORT;
		return -1;
	}
	if (line_read_long(&p->in, dst, cap, deadline(p), response) == 0)
		return 0;
	*step = no_line(p);
	return -1;
}

static enum pop3_step
converse(struct pop3 *p)
{
	enum pop3_step step;

	do
		step = next_step(p);
	while (step == STEP_NEXT);
	return step;
}

enum pop3_step
pop3_authorize(struct pop3 *p)
{
	enum pop3_step step;

	if (p->conf->only_local && !p->peer->local) {
		(void)pop3_say(p, REPLY_ONLY_LOCAL);
		out_finish(p->out, p->in.fd);
		return STEP_END;
	}
	if (!p->greeted)
		(void)pop3_say(p, p->conf->shy ? REPLY_SHY_BANNER :
		    REPLY_BANNER);
	step = converse(p);
	if (step == STEP_END)
		out_finish(p->out, p->in.fd);
	return step;
}

static enum reply
refusal(int error)
{
	switch (error) {
	case EAGAIN:
		return REPLY_IN_USE;
	case EPERM:
		return REPLY_BAD_LOCK;
	case EACCES:
	case ELOOP:
	case ENOTDIR:
		return REPLY_NO_ACCESS;
	default:
		return REPLY_NOT_NOW;
	}
}

/* It opened, but not all is as it should be. */
static void
log_trouble(struct pop3 *p)
{
	size_t unreadable = maildrop_unreadable(p->drop);
	const char *trouble = maildrop_error(p->drop);

	if (unreadable > 0)
		log_line(LOG_WARN, "%s: %zu unreadable messages left out, the "
		    "last one %s", pop3_who(p), unreadable, trouble);
	else if (trouble[0] != '\0')
		log_line(LOG_WARN, "%s: going on without a lock: %s",
		    pop3_who(p), trouble);
}

/* Before the lock is asked for: who comes too soon shall end no session. */
static bool
comes_too_soon(struct pop3 *p, const char *path)
{
	const struct pace *pace = &p->conf->pace;

	if (p->conf->drop.read_only || pace_allows(pace, path))
		return false;
	(void)pop3_reply(p, REPLY_TOO_SOON, &(struct reply_values){
	    .count = (uint64_t)pace->delay });
	return true;
}

static void
count_login(struct pop3 *p, const char *path)
{
	if (!p->conf->drop.read_only &&
	    pace_count(&p->conf->pace, path) == -1 && errno != ENOENT)
		log_line(LOG_WARN, "%s: " PACE_FILE ": %s", pop3_who(p),
		    strerror(errno));
}

static int
open_drop(struct pop3 *p, const char *path)
{
	int error;

	if (comes_too_soon(p, path))
		return -1;
	if (maildrop_open(&p->drop, path, &p->conf->drop) == 0) {
		log_trouble(p);
		count_login(p, path);
		return 0;
	}
	error = errno;
	log_line(LOG_NOTE, "%s: %s", pop3_who(p), p->drop != NULL ?
	    maildrop_error(p->drop) : strerror(error));
	(void)pop3_say(p, refusal(error));
	return -1;
}

static void
say_login(struct pop3 *p)
{
	struct maildrop_sum left = maildrop_left(p->drop);

	(void)pop3_reply(p, REPLY_LOGIN, &(struct reply_values){
	    .count = left.count, .octets = left.octets });
}

static void
report(struct pop3 *p, struct maildrop_sum removed)
{
	struct maildrop_sum left = maildrop_left(p->drop);
	struct maildrop_sum deleted = maildrop_deleted(p->drop);
	struct ask_totals totals = {
		.deleted = removed.count,
		.deleted_octets = removed.octets,
		.left = left.count + deleted.count - removed.count,
		.left_octets = left.octets + deleted.octets - removed.octets,
	};

	if (ask_report(p->ask, &totals) == -1)
		log_line(LOG_FAULT, "%s: no report: %s", pop3_who(p),
		    strerror(errno));
}

int
pop3_update(struct pop3 *p)
{
	struct maildrop_sum removed;
	int r;

	r = maildrop_update(p->drop, &removed);
	p->updated = true;
	if (maildrop_error(p->drop)[0] != '\0')
		log_line(LOG_FAULT, "%s: %s", pop3_who(p),
		    maildrop_error(p->drop));
	report(p, removed);
	return r;
}

/*
 * The client went without QUIT: nothing is removed (RFC 1939, section 6), and
 * nothing in any case where a new session waits for this one to give way.
 */
static void
abandon(struct pop3 *p)
{
	if (p->conf->update_on_abort && !maildrop_is_wanted(p->drop))
		(void)pop3_update(p);
	else
		report(p, (struct maildrop_sum){ 0, 0 });
}

void
pop3_transact(struct pop3 *p, const char *path)
{
	enum pop3_step step = STEP_END;
	bool opened;

	p->state = TRANSACTION;
	if ((opened = open_drop(p, path) == 0)) {
		say_login(p);
		p->in.interrupt = p->out->interrupt = &p->yield;
		step = converse(p);
		if (!p->updated)
			abandon(p);
	}
	if (step == STEP_END)
		out_finish(p->out, p->in.fd);
	if (opened)
		maildrop_save(p->drop);
}
