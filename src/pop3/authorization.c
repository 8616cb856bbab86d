#include "pop3/commands.h"

#include "base/secret.h"


static bool
is_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!ascii_graph(s.p[i]) && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.len > 0 && s.len <= ASK_USER_MAX;
}

/*
 * The answers so far leave before the monitor is asked anything: a client need
 * not wait for them, too.
 */
static bool
can_wait(struct pop3 *p)
{
	return out_flush(p->out) == 0;
}

/* The same answer whether there is such a user or not. */
enum pop3_step
auth_user(struct pop3 *p, const struct args *a)
{
	p->has_user = false;
	p->user[0] = '\0';
	if (!is_name(a->v[0]))
		return command_bad(p, REPLY_BAD_NAME, a->v[0]);
	(void)span_copy(p->user, sizeof p->user, a->v[0]);
	p->has_user = true;
	(void)pop3_say(p, REPLY_USER);
	if (can_wait(p))
		ask_expect(p->ask);
	return STEP_NEXT;
}

static const enum reply refusals[] = {
	[VERDICT_WRONG] = REPLY_WRONG,
	[VERDICT_EXPIRED] = REPLY_EXPIRED,
	[VERDICT_CLOSED] = REPLY_CLOSED,
	[VERDICT_TROUBLE] = REPLY_TROUBLE,
};

/* The answer to a login is the maildrop's to give; to a failure, ours. */
static enum pop3_step
answer(struct pop3 *p, enum verdict verdict, bool last)
{
	p->has_user = false;
	if (verdict == VERDICT_WELCOME)
		return STEP_LOGIN;
	(void)pop3_say(p, refusals[verdict]);
	return last ? STEP_END : STEP_NEXT;
}

enum pop3_step
auth_pass(struct pop3 *p, const struct args *a)
{
	enum verdict verdict;
	struct secret password;
	bool last;
	int r;

	if (!p->has_user)
		return command_bad(p, REPLY_UNKNOWN, span_of("pass"));
	if (!can_wait(p) || secret_set(&password, a->rest) == -1)
		return STEP_ABORT;
	r = ask_verify(p->ask, p->user, &password, &verdict, &last);
	secret_wipe(&password);
	line_forget(&p->in);
	return r == -1 ? STEP_ABORT : answer(p, verdict, last);
}

enum pop3_step
auth_apop(struct pop3 *p, const struct args *a)
{
	enum verdict verdict;
	bool last;

	if (p->stamp[0] == '\0')
		return command_bad(p, REPLY_NO_APOP, a->command);
	if (!is_name(a->v[0]))
		return command_bad(p, REPLY_BAD_NAME, a->v[0]);
	(void)span_copy(p->user, sizeof p->user, a->v[0]);
	if (!can_wait(p) ||
	    ask_apop(p->ask, p->user, a->v[1], &verdict, &last) == -1)
		return STEP_ABORT;
	return answer(p, verdict, last);
}

enum pop3_step
auth_quit(struct pop3 *p, const struct args *a)
{
	(void)a;
	if (p->has_user)
		log_line(LOG_WARN, "Possible probe of account %s from host %s "
		    "(%s)", pop3_user(p), p->peer->ip, p->peer->ip);
	(void)pop3_say(p, REPLY_QUIT);
	return STEP_END;
}
