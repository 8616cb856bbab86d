#include "pop3/conversation.h"

#include "base/clock.h"
#include "compat/compat.h"
#include "pop3/say.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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

/* Log why the client cannot be waited for, unless it simply left. */
static enum pop3_step
lost_client(struct pop3 *p, int error, const char *doing)
{
	switch (error) {
	case ETIMEDOUT:
		log_line(LOG_NOTE, "(v" PACKAGE_VERSION ") Timeout (%jd secs) "
		    "during nw %s %s", (intmax_t)patience(p), doing,
		    pop3_who(p));
		break;
	case ECANCELED:
		log_line(LOG_NOTE, "%s: idle, gave way to a new session",
		    pop3_who(p));
		break;
	case EHOSTUNREACH:
		log_line(LOG_NOTE, "%s: connection lost: the client's machine "
		    "does not answer", pop3_who(p));
		break;
	default:
		break;
	}
	return STEP_ABORT;
}

/*
 * RFC 1939, section 3: when the client is silent for too long, close without a
 * word.  A session that another one takes over ends in the same way.
 */
static enum pop3_step
no_line(struct pop3 *p)
{
	switch (errno) {
	case EMSGSIZE:
		log_line(LOG_NOTE, "Excessive input from %s %s (%s); "
		    "discarded %ju bytes", pop3_user(p), p->peer->ip,
		    p->peer->ip, (uintmax_t)p->in.skipped);
		return say_bad(p, REPLY_TOO_LONG, span_of(""));
	case EILSEQ:
		return say_bad(p, REPLY_NUL, span_of(""));
	default:
		return lost_client(p, errno, "read from");
	}
}

static enum pop3_step
no_out(struct pop3 *p)
{
	int error = p->out->error;

	switch (error) {
	case EPIPE:
	case ECONNRESET:
	case ECONNABORTED:
		break;
	case ETIMEDOUT:
	case ECANCELED:
	case EHOSTUNREACH:
		return lost_client(p, error, "write to");
	default:
		log_line(LOG_NOTE, "I/O error writing to client %s at %s [%s]: "
		    "%s (%d)", pop3_user(p), p->peer->ip, p->peer->ip,
		    strerror(error), error);
		break;
	}
	return STEP_ABORT;
}

/* Answers leave together when no further command is here to be answered. */
static enum pop3_step
next_step(struct pop3 *p, const struct command *commands)
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
		step = command_run(p, commands, line);
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

enum pop3_step
conversation_run(struct pop3 *p, const struct command *commands)
{
	enum pop3_step step;

	do
		step = next_step(p, commands);
	while (step == STEP_NEXT);
	return step;
}

void
conversation_challenge(struct pop3 *p, const char *text, bool expect)
{
	(void)out_put(p->out, "+ ", 2);
	say_line(p, text, strlen(text));
	if (!line_pending(&p->in) && out_flush(p->out) == 0 && expect)
		ask_expect(p->ask);
}

int
conversation_response(struct pop3 *p, char *dst, size_t cap,
    struct span *response, enum pop3_step *step)
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
