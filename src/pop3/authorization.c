#include "pop3/authorization.h"

#include "base/secret.h"
#include "io/proxy.h"
#include "pop3/attempt.h"
#include "pop3/capa.h"
#include "pop3/conversation.h"
#include "pop3/lang.h"
#include "pop3/sasl.h"
#include "pop3/say.h"

/*
 * The same answer whether there is such a user or not.  Who may not send a
 * password in clear text is told before it is sent.
 */
static enum pop3_step
auth_user(struct pop3 *p, const struct args *a)
{
	p->has_user = false;
	if (!pop3_cleartext_allowed(p))
		return say_bad(p, pop3_cleartext_refusal(p), span_of(""));
	if (!attempt_is_text(p, a->v[0]))
		return say_bad(p, REPLY_NOT_UTF8, span_of(""));
	if (!attempt_take_name(p, a->v[0]))
		return say_bad(p, REPLY_BAD_NAME, a->v[0]);
	p->has_user = true;
	(void)say(p, REPLY_USER);
	if (attempt_can_wait(p))
		ask_expect(p->ask);
	return STEP_NEXT;
}

static enum pop3_step
auth_pass(struct pop3 *p, const struct args *a)
{
	enum verdict verdict;
	struct secret password;
	bool last;
	int r;

	if (!p->has_user)
		return say_bad(p, p->terminal ? REPLY_USER_FIRST :
		    REPLY_UNKNOWN, span_of("pass"));
	if (!pop3_cleartext_allowed(p))
		return say_bad(p, pop3_cleartext_refusal(p), span_of(""));
	if (!attempt_is_text(p, a->rest)) {
		line_forget(&p->in);
		return say_bad(p, REPLY_NOT_UTF8, span_of(""));
	}
	if (secret_set(&password, a->rest) == -1)
		return STEP_ABORT;
	r = attempt_verify(p, &password, &verdict, &last);
	secret_wipe(&password);
	line_forget(&p->in);
	return r == -1 ? STEP_ABORT : attempt_answer(p, verdict, last);
}

static enum pop3_step
auth_apop(struct pop3 *p, const struct args *a)
{
	enum verdict verdict;
	bool last;

	if (p->stamp[0] == '\0')
		return say_bad(p, pop3_cleartext_allowed(p) ? REPLY_NO_APOP :
		    REPLY_NO_APOP_NOR_USER, a->command);
	if (!attempt_is_text(p, a->v[0]))
		return say_bad(p, REPLY_NOT_UTF8, span_of(""));
	if (!attempt_take_name(p, a->v[0]))
		return say_bad(p, REPLY_BAD_NAME, a->v[0]);
	if (!attempt_can_wait(p) ||
	    ask_apop(p->ask, p->user, a->v[1], &verdict, &last) == -1)
		return STEP_ABORT;
	return attempt_answer(p, verdict, last);
}

/*
 * RFC 2595, section 4.  What stands behind STLS was not sent by the client over
 * TLS, and perhaps not by the client at all: it is not obeyed, and neither is
 * anything after it (CVE-2011-0411).
 */
static enum pop3_step
auth_stls(struct pop3 *p, const struct args *a)
{
	bool can;

	(void)a;
	if (p->tls)
		return say_bad(p, REPLY_TLS_TWICE, span_of("stls"));
	if (!p->tls_offered)
		return say_bad(p, REPLY_NO_TLS, span_of("stls"));
	if (line_unread(&p->in).len > 0) {
		log_line(LOG_WARN, "%s: clear text behind STLS", pop3_who(p));
		(void)say(p, REPLY_TLS_INJECTED);
		return STEP_END;
	}
	if (!attempt_can_wait(p) || ask_stls(p->ask, &can) == -1)
		return STEP_ABORT;
	if (!can)
		return say_bad(p, REPLY_TLS_BROKEN, span_of("stls"));
	(void)say(p, REPLY_STLS);
	return attempt_can_wait(p) ? STEP_TLS : STEP_ABORT;
}

/* Use the address from XCLIENT and forget any USER. */
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
static enum pop3_step
auth_xclient(struct pop3 *p, const struct args *a)
{
	struct proxy said;

	if (!pop3_is_proxy(p))
		return say_bad(p, REPLY_UNKNOWN, span_of("xclient"));
	if (proxy_xclient(&said, a->rest) == -1)
		return say_bad(p, REPLY_BAD_XCLIENT, span_of(""));
	if (said.ip[0] != '\0' && become_client(p, said.ip) == -1)
		return STEP_ABORT;
	if (p->conf->only_local && !p->peer->local) {
		(void)say(p, REPLY_ONLY_LOCAL);
		return STEP_END;
	}
	return say(p, REPLY_XCLIENT);
}

static enum pop3_step
auth_utf8(struct pop3 *p, const struct args *a)
{
	(void)a;
	p->utf8 = true;
	return say(p, REPLY_UTF8);
}

static enum pop3_step
auth_quit(struct pop3 *p, const struct args *a)
{
	(void)a;
	if (p->has_user)
		log_line(LOG_WARN, "Possible probe of account %s from host %s "
		    "(%s)", pop3_user(p), p->peer->ip, p->peer->ip);
	(void)say(p, REPLY_QUIT);
	return STEP_END;
}

static bool
has_stamp(const struct pop3 *p)
{
	return p->stamp[0] != '\0';
}

static bool
offers_tls(const struct pop3 *p)
{
	return p->tls_offered;
}

static const struct command commands[] = {
	{ "APOP", 2, 2, auth_apop, "NAME DIGEST", has_stamp },
	{ "AUTH", 0, 2, sasl_auth, "[MECHANISM [RESPONSE]]", NULL },
	{ "CAPA", 0, 0, capa_run, NULL, NULL },
	{ "LANG", 0, 1, lang_run, "[LANGUAGE]", NULL },
	{ "PASS", 1, ARGS_REST, auth_pass, "PASSWORD",
	    pop3_cleartext_allowed },
	{ "QUIT", 0, 0, auth_quit, NULL, NULL },
	{ "STLS", 0, 0, auth_stls, NULL, offers_tls },
	{ "USER", 1, 1, auth_user, "NAME", pop3_cleartext_allowed },
	{ "UTF8", 0, 0, auth_utf8, NULL, NULL },
	{ "XCLIENT", 1, ARGS_REST, auth_xclient, "NAME=VALUE...",
	    pop3_is_proxy },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

enum pop3_step
authorization_run(struct pop3 *p)
{
	enum pop3_step step;

	if (p->conf->only_local && !p->peer->local) {
		(void)say(p, REPLY_ONLY_LOCAL);
		out_finish(p->out, p->in.fd);
		return STEP_END;
	}
	if (!p->greeted)
		(void)say(p, p->conf->shy ? REPLY_SHY_BANNER :
		    REPLY_BANNER);
	step = conversation_run(p, commands);
	if (step == STEP_END)
		out_finish(p->out, p->in.fd);
	return step;
}
