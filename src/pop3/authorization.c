#include "pop3/commands.h"

#include "base/secret.h"
#include "base/utf8.h"
#include "io/proxy.h"

#include <string.h>

/* qpopper sent such users plain text alone; they are the same users. */
#define NO_MIME "-no-mime"

/*
 * Before UTF8 names and passwords are the bytes they are, since some sites'
 * clients send Latin-1; behind it they are held to it (RFC 6856, section 2.2).
 */
bool
login_is_text(const struct pop3 *p, struct span s)
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
login_take_name(struct pop3 *p, struct span name)
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
login_can_wait(struct pop3 *p)
{
	return out_flush(p->out) == 0;
}

/*
 * The same answer whether there is such a user or not.  Who may not send a
 * password in clear text is told before it is sent.
 */
enum pop3_step
auth_user(struct pop3 *p, const struct args *a)
{
	p->has_user = false;
	if (!pop3_cleartext_allowed(p))
		return command_bad(p, pop3_cleartext_refusal(p), span_of(""));
	if (!login_is_text(p, a->v[0]))
		return command_bad(p, REPLY_NOT_UTF8, span_of(""));
	if (!login_take_name(p, a->v[0]))
		return command_bad(p, REPLY_BAD_NAME, a->v[0]);
	p->has_user = true;
	(void)pop3_say(p, REPLY_USER);
	if (login_can_wait(p))
		ask_expect(p->ask);
	return STEP_NEXT;
}

static const enum reply refusals[] = {
	[VERDICT_WRONG] = REPLY_WRONG,
	[VERDICT_EXPIRED] = REPLY_EXPIRED,
	[VERDICT_CLOSED] = REPLY_CLOSED,
	[VERDICT_STRONGER] = REPLY_STRONGER,
	[VERDICT_TROUBLE] = REPLY_TROUBLE,
};

/* The answer to a login is the maildrop's to give; to a failure, ours. */
enum pop3_step
login_answer(struct pop3 *p, enum verdict verdict, bool last)
{
	p->has_user = false;
	if (verdict == VERDICT_WELCOME)
		return STEP_LOGIN;
	(void)pop3_say(p, refusals[verdict]);
	return last ? STEP_END : STEP_NEXT;
}

/*
 * Where we are a front: what is read and not used goes ahead, so that a right
 * password needs no more of us.
 */
int
login_verify(struct pop3 *p, const struct secret *password,
    enum verdict *verdict, bool *last)
{
	if (!login_can_wait(p) || (p->ask->fd != -1 && ask_hand_over(p->ask,
	    (unsigned)p->language, line_unread(&p->in)) == -1))
		return -1;
	return ask_verify(p->ask, p->user, password, verdict, last);
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
	if (!pop3_cleartext_allowed(p))
		return command_bad(p, pop3_cleartext_refusal(p), span_of(""));
	if (!login_is_text(p, a->rest)) {
		line_forget(&p->in);
		return command_bad(p, REPLY_NOT_UTF8, span_of(""));
	}
	if (secret_set(&password, a->rest) == -1)
		return STEP_ABORT;
	r = login_verify(p, &password, &verdict, &last);
	secret_wipe(&password);
	line_forget(&p->in);
	return r == -1 ? STEP_ABORT : login_answer(p, verdict, last);
}

enum pop3_step
auth_apop(struct pop3 *p, const struct args *a)
{
	enum verdict verdict;
	bool last;

	if (p->stamp[0] == '\0')
		return command_bad(p, REPLY_NO_APOP, a->command);
	if (!login_is_text(p, a->v[0]))
		return command_bad(p, REPLY_NOT_UTF8, span_of(""));
	if (!login_take_name(p, a->v[0]))
		return command_bad(p, REPLY_BAD_NAME, a->v[0]);
	if (!login_can_wait(p) ||
	    ask_apop(p->ask, p->user, a->v[1], &verdict, &last) == -1)
		return STEP_ABORT;
	return login_answer(p, verdict, last);
}

/*
 * RFC 2595, section 4.  What stands behind STLS was not sent by the client over
 * TLS, and perhaps not by the client at all: it is not obeyed, and neither is
 * anything after it (CVE-2011-0411).
 */
enum pop3_step
auth_stls(struct pop3 *p, const struct args *a)
{
	(void)a;
	if (p->tls)
		return command_bad(p, REPLY_TLS_TWICE, span_of("stls"));
	if (!p->tls_offered)
		return command_bad(p, REPLY_NO_TLS, span_of("stls"));
	if (line_unread(&p->in).len > 0) {
		log_line(LOG_WARN, "%s: clear text behind STLS", pop3_who(p));
		(void)pop3_say(p, REPLY_TLS_INJECTED);
		return STEP_END;
	}
	(void)pop3_say(p, REPLY_STLS);
	return login_can_wait(p) && ask_stls(p->ask) == 0 ? STEP_TLS : STEP_ABORT;
}

/* The client is somebody else from now on, and nobody has given a name. */
static int
become_client(struct pop3 *p, const char *ip)
{
	if (peer_set(&p->told, span_of(ip), "XCLIENT") == -1 ||
	    ask_peer(p->ask, ip) == -1)
		return -1;
	p->peer = &p->told;
	p->xclient_done = true;
	p->has_user = false;
	p->user[0] = '\0';
	return 0;
}

/*
 * Dovecot's proxy says whose connection it is, and sends USER behind it without
 * waiting: so no second banner.  From anybody else it is no command.
 */
enum pop3_step
auth_xclient(struct pop3 *p, const struct args *a)
{
	struct proxy said;

	if (!pop3_is_proxy(p))
		return command_bad(p, REPLY_UNKNOWN, span_of("xclient"));
	if (proxy_xclient(&said, a->rest) == -1)
		return command_bad(p, REPLY_BAD_XCLIENT, span_of(""));
	if (said.ip[0] != '\0' && become_client(p, said.ip) == -1)
		return STEP_ABORT;
	if (p->conf->only_local && !p->peer->local) {
		(void)pop3_say(p, REPLY_ONLY_LOCAL);
		return STEP_END;
	}
	return pop3_say(p, REPLY_XCLIENT);
}

enum pop3_step
auth_utf8(struct pop3 *p, const struct args *a)
{
	(void)a;
	p->utf8 = true;
	return pop3_say(p, REPLY_UTF8);
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
