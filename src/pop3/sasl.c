#include "pop3/sasl.h"

#include "auth/cram.h"
#include "pop3/attempt.h"
#include "pop3/conversation.h"
#include "pop3/mechanisms.h"
#include "pop3/say.h"
#include "pop3/scrammsg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * What LOGIN asks for is not written anywhere but in a draft, which has other
 * words; old clients of Microsoft's know these only.
 */
#define ASK_NAME "Username:"
#define ASK_PASSWORD "Password:"

struct exchange {
	struct pop3 *p;
	const struct mechanism *mechanism;
	struct span initial;		/* in base64, or "=" */
	bool has_initial;
	enum pop3_step step;		/* what comes of the command */
	size_t used;			/* of line[] */
	char line[SASL_LINE_MAX];
};

static void run_scram(struct exchange *);
static void run_cram(struct exchange *);
static void run_plain(struct exchange *);
static void run_login(struct exchange *);

static void (*const runs[MECHANISMS])(struct exchange *) = {
	[MECHANISM_SCRAM] = run_scram,
	[MECHANISM_CRAM] = run_cram,
	[MECHANISM_PLAIN] = run_plain,
	[MECHANISM_LOGIN] = run_login,
};

/* The command fails; it always counts, and so a client cannot go on for ever. */
static int
fail(struct exchange *x, enum reply reply)
{
	x->step = say_bad(x->p, reply, span_of(x->mechanism->name));
	return -1;
}

static int
decode(struct exchange *x, struct span text, struct span *response)
{
	size_t len;

	if (base64_decode(x->line, sizeof x->line, text, &len) == -1)
		return fail(x, REPLY_NOT_BASE64);
	*response = (struct span){ x->line, len };
	return 0;
}

/* Send a challenge and have what the client says to it, as it says it. */
static int
exchange(struct exchange *x, struct span challenge, bool expect,
    struct span *text)
{
	base64_encode(x->line, challenge.p, challenge.len);
	conversation_challenge(x->p, x->line, expect);
	x->used = sizeof x->line;	/* as much as may be, if this fails */
	if (conversation_response(x->p, x->line, sizeof x->line, text, &x->step) == -1)
		return -1;
	x->used = text->len;
	return span_is(*text, "*") ? fail(x, REPLY_CANCELLED) : 0;
}

/* By hand, who proves a secret of ours needs no PAM besides. */
static bool
needs_pam(const struct exchange *x)
{
	return x->mechanism->by_pam || x->p->ask->fd != -1;
}

/* The same, decoded; it stays until the next.  On -1 the command is over. */
static int
ask(struct exchange *x, struct span challenge, struct span *response)
{
	struct span text;

	if (exchange(x, challenge, needs_pam(x), &text) == -1)
		return -1;
	return decode(x, text, response);
}

/* What stands behind the mechanism's name, or what an empty challenge brings. */
static int
hear_first(struct exchange *x, struct span challenge, struct span *response)
{
	if (!x->has_initial)
		return ask(x, challenge, response);
	x->used = x->initial.len;
	if (span_is(x->initial, "=")) {
		*response = span_of("");
		return 0;
	}
	return decode(x, x->initial, response);
}

static int
take_name(struct exchange *x, struct span name)
{
	if (!attempt_is_text(x->p, name))
		return fail(x, REPLY_NOT_UTF8);
	return attempt_take_name(x->p, name) ? 0 : fail(x, REPLY_BAD_NAME);
}

static void
verify(struct exchange *x, struct span bytes)
{
	struct secret password;
	enum verdict verdict;
	bool last;

	if (!attempt_is_text(x->p, bytes)) {
		(void)fail(x, REPLY_NOT_UTF8);
		return;
	}
	if (bytes.len == 0 || secret_set(&password, bytes) == -1) {
		(void)fail(x, REPLY_BAD_RESPONSE);
		return;
	}
	if (attempt_verify(x->p, &password, &verdict, &last) == 0)
		x->step = attempt_answer(x->p, verdict, last);
	secret_wipe(&password);
}

/* Cut what stands before the next NUL off *s, and the NUL. */
static bool
cut(struct span *s, struct span *field)
{
	const char *nul = s->len > 0 ? memchr(s->p, '\0', s->len) : NULL;

	if (nul == NULL)
		return false;
	*field = (struct span){ s->p, (size_t)(nul - s->p) };
	s->p += field->len + 1;
	s->len -= field->len + 1;
	return true;
}

static bool
is_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* RFC 4616: authzid NUL authcid NUL password. */
static void
run_plain(struct exchange *x)
{
	struct span whom, name, s;

	if (hear_first(x, span_of(""), &s) == -1)
		return;
	if (!cut(&s, &whom) || !cut(&s, &name))
		(void)fail(x, REPLY_BAD_RESPONSE);
	else if (whom.len > 0 && !is_same(whom, name))
		(void)fail(x, REPLY_FOR_ANOTHER);
	else if (take_name(x, name) == 0)
		verify(x, s);
}

static void
run_login(struct exchange *x)
{
	struct span s;

	if (hear_first(x, span_of(ASK_NAME), &s) == 0 &&
	    take_name(x, s) == 0 &&
	    ask(x, span_of(ASK_PASSWORD), &s) == 0)
		verify(x, s);
}

/* From the monitor: a nonce, and the salt of a user if there is one. */
static int
begin(struct exchange *x, const char *user, struct ask_challenge *challenge)
{
	if (!attempt_can_wait(x->p) ||
	    ask_challenge(x->p->ask, user, challenge) == -1)
		return -1;
	return challenge->nonce[0] != '\0' ? 0 : fail(x, REPLY_TROUBLE);
}

/* The name, which may hold blanks, a blank, and the digest: leave the name. */
static bool
cut_digest(struct span *s, struct span *digest)
{
	if (s->len <= DIGEST_MD5_HEX)
		return false;
	s->len -= DIGEST_MD5_HEX + 1;
	*digest = (struct span){ s->p + s->len + 1, DIGEST_MD5_HEX };
	return s->p[s->len] == ' ';
}

/* RFC 2195 */
static void
run_cram(struct exchange *x)
{
	char text[CRAM_CHALLENGE_MAX];
	struct ask_challenge challenge;
	struct span s, digest;
	enum verdict verdict;
	bool last;

	if (begin(x, "", &challenge) == -1)
		return;
	if (cram_challenge(text, challenge.nonce, x->p->conf->host) == -1)
		(void)fail(x, REPLY_TROUBLE);
	else if (ask(x, span_of(text), &s) == -1)
		return;
	else if (!cut_digest(&s, &digest))
		(void)fail(x, REPLY_BAD_RESPONSE);
	else if (take_name(x, s) == 0 && attempt_can_wait(x->p) &&
	    ask_cram(x->p->ask, x->p->user, digest, &verdict, &last) == 0)
		x->step = attempt_answer(x->p, verdict, last);
}

/*
 * That we know the secret, too; the client says nothing to it (RFC 5034,
 * section 4: there is no room for this behind +OK).  If it does, it does not
 * believe us, and since the monitor has let it in, there is no second try.
 */
static void
sign(struct exchange *x, const unsigned char signature[SCRAM_PROOF])
{
	char text[2 + BASE64_LEN(SCRAM_PROOF) + 1] = "v=";
	struct span s;

	base64_encode(text + 2, signature, SCRAM_PROOF);
	if (exchange(x, span_of(text), false, &s) == 0) {
		if (s.len == 0) {
			x->step = STEP_LOGIN;
			return;
		}
		(void)fail(x, REPLY_BAD_RESPONSE);
	}
	if (x->step == STEP_NEXT)
		x->step = STEP_END;
}

static void
prove(struct exchange *x, const struct scrammsg_first *first,
    const struct scrammsg_last *last_message)
{
	struct scram_claim claim = { span_of(x->p->user), first->bare,
	    first->nonce, last_message->bare, { 0 } };
	unsigned char signature[SCRAM_PROOF];
	enum verdict verdict;
	bool last;

	memcpy(claim.proof, last_message->proof, sizeof claim.proof);
	if (!attempt_can_wait(x->p) || ask_scram(x->p->ask, &claim, &verdict,
	    &last, signature) == -1)
		return;
	x->step = attempt_answer(x->p, verdict, last);
	if (x->step == STEP_LOGIN)
		sign(x, signature);
}

static int
fail_scram(struct exchange *x)
{
	return fail(x, errno == EILSEQ ? REPLY_NOT_UTF8 : REPLY_BAD_RESPONSE);
}

/* Our first message, and the client's last. */
static void
challenge_scram(struct exchange *x, const struct scrammsg_first *first)
{
	char text[2 + SCRAM_NONCE_MAX + ASK_NONCE_MAX + SCRAM_SALT_TEXT_MAX];
	char salt[SCRAM_SALT_TEXT_MAX];
	struct ask_challenge challenge;
	struct scrammsg_last last;
	struct span s;

	if (begin(x, x->p->user, &challenge) == -1)
		return;
	scram_put_salt(salt, &challenge.salt);
	(void)snprintf(text, sizeof text, "r=%.*s%s%s", (int)first->nonce.len,
	    first->nonce.p, challenge.nonce, salt);
	if (ask(x, span_of(text), &s) == -1)
		return;
	if (scrammsg_last(&last, first, challenge.nonce, s) == -1)
		(void)fail_scram(x);
	else
		prove(x, first, &last);
}

/* RFC 5802: the first message is needed until the last. */
static void
run_scram(struct exchange *x)
{
	struct scrammsg_first first;
	char message[SCRAM_FIRST_MAX];
	struct span s;

	if (hear_first(x, span_of(""), &s) == -1)
		return;
	if (s.len > sizeof message) {
		(void)fail(x, REPLY_BAD_RESPONSE);
		return;
	}
	if (s.len > 0)
		memcpy(message, s.p, s.len);
	s.p = message;
	if (scrammsg_first(&first, s) == -1)
		(void)fail_scram(x);
	else if (first.for_another)
		(void)fail(x, REPLY_FOR_ANOTHER);
	else if (take_name(x, (struct span){ first.name, first.name_len }) == 0)
		challenge_scram(x, &first);
}

/*
 * "AUTH" by itself is in no RFC, but in clients older than CAPA, which want the
 * names, a line each; so they are given, as CAPA gives them to everybody.
 */
static enum pop3_step
list_mechanisms(struct pop3 *p)
{
	size_t i;

	(void)say(p, REPLY_AUTH);
	for (i = 0; i < MECHANISMS; i++)
		if (mechanism_works(p, &mechanisms[i]))
			say_line(p, mechanisms[i].name,
			    strlen(mechanisms[i].name));
	say_end(p);
	return STEP_NEXT;
}

static const struct mechanism *
find(const struct pop3 *p, struct span name)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++)
		if (span_is(name, mechanisms[i].name) &&
		    mechanisms_allow(p->conf, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

static enum pop3_step
run(struct pop3 *p, const struct mechanism *m, const struct args *a)
{
	struct exchange x;

	x.p = p;
	x.mechanism = m;
	x.has_initial = a->n > 1;
	x.initial = x.has_initial ? a->v[1] : span_of("");
	x.step = STEP_ABORT;
	x.used = 0;
	runs[m - mechanisms](&x);
	secret_erase(x.line, x.used);
	return x.step;
}

enum pop3_step
sasl_auth(struct pop3 *p, const struct args *a)
{
	const struct mechanism *m;
	enum pop3_step step;

	p->has_user = false;
	if (a->n == 0)
		return list_mechanisms(p);
	if ((m = find(p, a->v[0])) == NULL)
		step = say_bad(p, REPLY_NO_MECHANISM, a->v[0]);
	else if (!m->works(p))
		step = say_bad(p, m->refusal(p), a->v[0]);
	else if (a->n > 1 && !m->client_first)
		step = say_bad(p, REPLY_BAD_RESPONSE, span_of(m->name));
	else
		step = run(p, m, a);
	line_forget(&p->in);
	return step;
}
