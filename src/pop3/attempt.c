#include "pop3/attempt.h"

#include "base/utf8.h"
#include "pop3/say.h"

#include <string.h>

/* qpopper sent such users plain text alone; they are the same users. */
#define NO_MIME "-no-mime"

/*
 * Before UTF8 names and passwords are the bytes they are, since some sites'
 * clients send Latin-1; behind it they are held to it (RFC 6856, section 2.2).
 */
bool
attempt_is_text(const struct pop3 *p, struct span s)
{
	return !p->utf8 || utf8_is_valid(s);
}

static bool
is_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!ascii_graph(s.p[i]) && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.len > 0 && s.len <= ASK_USER_MAX;
}

static bool
has_tail(struct span s, const char *tail)
{
	size_t len = strlen(tail);

	return s.len > len && span_is((struct span){ s.p + s.len - len, len },
	    tail);
}

bool
attempt_take_name(struct pop3 *p, struct span name)
{
	const char *at;
	size_t i;

	p->user[0] = '\0';
	p->has_user = false;
	if (p->conf->trim_no_mime && has_tail(name, NO_MIME))
		name.len -= strlen(NO_MIME);
	if (p->conf->trim_domain && name.len > 0 &&
	    (at = memchr(name.p, '@', name.len)) != NULL)
		name.len = (size_t)(at - name.p);
	if (!is_name(name))
		return false;
	(void)span_copy(p->user, sizeof p->user, name);
	for (i = 0; p->conf->downcase_user && p->user[i] != '\0'; i++)
		p->user[i] = ascii_lower(p->user[i]);
	return true;
}

bool
attempt_can_wait(struct pop3 *p)
{
	return out_flush(p->out) == 0;
}

static const enum reply refusals[] = {
	[VERDICT_WRONG] = REPLY_WRONG,
	[VERDICT_EXPIRED] = REPLY_EXPIRED,
	[VERDICT_STRONGER] = REPLY_STRONGER,
	[VERDICT_TROUBLE] = REPLY_TROUBLE,
	[VERDICT_NOT_NOW] = REPLY_NO_LOGIN,
};

/* The answer to a login is the maildrop's to give; to a failure, ours. */
enum pop3_step
attempt_answer(struct pop3 *p, enum verdict verdict, bool last)
{
	p->has_user = false;
	if (verdict == VERDICT_WELCOME)
		return STEP_LOGIN;
	(void)say(p, refusals[verdict]);
	return last ? STEP_END : STEP_NEXT;
}

/*
 * Where we are a front: what is read and not used goes ahead, so that a right
 * password needs no more of us.
 */
int
attempt_verify(struct pop3 *p, const struct secret *password,
    enum verdict *verdict, bool *last)
{
	if (!attempt_can_wait(p) || (p->ask->fd != -1 && ask_hand_over(p->ask,
	    (unsigned)p->language, line_unread(&p->in)) == -1))
		return -1;
	return ask_verify(p->ask, p->user, password, verdict, last);
}
