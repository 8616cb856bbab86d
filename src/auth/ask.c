#include "auth/ask.h"

#include "io/channel.h"
#include "io/heartbeat.h"

#include <errno.h>
#include <string.h>

/* Send it, or have it answered in place where there is one process only. */
static int
tell(struct ask *a, struct monmsg *m)
{
	if (m->broken) {
		errno = EMSGSIZE;
		return -1;
	}
	return a->fd == -1 ? a->answer(a->ctx, m) : channel_send(a->fd, m);
}

static int
hear(struct ask *a, struct monmsg *m)
{
	int r;

	if (a->fd == -1)
		return 0;
	do
		r = channel_receive(a->fd, m);
	while (r == -1 && errno == EINTR);
	return r;
}

static int
bad_answer(void)
{
	errno = EBADMSG;
	return -1;
}

/* A signature follows where one is asked for. */
static int
read_verdict(struct monmsg *m, enum verdict *verdict, bool *last,
    unsigned char *signature)
{
	struct span more = span_of("");
	uint64_t n, plain;

	if (monmsg_kind(m) != ASK_ANSWER)
		return bad_answer();
	n = monmsg_get_number(m);
	plain = n & ~(uint64_t)VERDICT_LAST;
	if (signature != NULL)
		more = monmsg_get_bytes(m);
	if (monmsg_end(m) == -1 || plain < VERDICT_WELCOME ||
	    plain > VERDICT_NOT_NOW ||
	    (signature != NULL && more.len != SCRAM_PROOF))
		return bad_answer();
	if (signature != NULL)
		memcpy(signature, more.p, more.len);
	*last = (n & VERDICT_LAST) != 0;
	*verdict = (enum verdict)plain;
	return 0;
}

/* The question may hold a password: it is wiped whatever comes. */
static int
ask(struct ask *a, struct monmsg *m)
{
	int r = tell(a, m);

	if (a->fd != -1)
		monmsg_wipe(m);
	return r == 0 ? hear(a, m) : -1;
}

static int
ask_whether(struct ask *a, struct monmsg *m, enum verdict *verdict, bool *last)
{
	int r;

	if ((r = ask(a, m)) == 0)
		r = read_verdict(m, verdict, last, NULL);
	monmsg_wipe(m);
	return r;
}

int
ask_peer(struct ask *a, const char *ip)
{
	struct monmsg m;

	monmsg_start(&m, ASK_PEER);
	monmsg_put_bytes(&m, span_of(ip));
	return tell(a, &m);
}

void
ask_expect(struct ask *a)
{
	struct monmsg m;

	monmsg_start(&m, ASK_EXPECT);
	(void)tell(a, &m);
}

int
ask_verify(struct ask *a, const char *user, const struct secret *password,
    enum verdict *verdict, bool *last)
{
	struct monmsg m;

	monmsg_start(&m, ASK_VERIFY);
	monmsg_put_bytes(&m, span_of(user));
	monmsg_put_bytes(&m, (struct span){ password->text, password->len });
	return ask_whether(a, &m, verdict, last);
}

static int
ask_digest(struct ask *a, enum ask_kind kind, const char *user,
    struct span digest, enum verdict *verdict, bool *last)
{
	struct monmsg m;

	monmsg_start(&m, (unsigned char)kind);
	monmsg_put_bytes(&m, span_of(user));
	monmsg_put_bytes(&m, digest);
	return ask_whether(a, &m, verdict, last);
}

int
ask_apop(struct ask *a, const char *user, struct span digest,
    enum verdict *verdict, bool *last)
{
	return ask_digest(a, ASK_APOP, user, digest, verdict, last);
}

int
ask_cram(struct ask *a, const char *user, struct span digest,
    enum verdict *verdict, bool *last)
{
	return ask_digest(a, ASK_CRAM, user, digest, verdict, last);
}

static int
read_challenge(struct monmsg *m, struct ask_challenge *challenge)
{
	struct ask_challenge c = { .nonce = "" };
	struct span nonce, salt;
	uint64_t iterations;

	if (monmsg_kind(m) != ASK_CHALLENGE)
		return bad_answer();
	nonce = monmsg_get_bytes(m);
	salt = monmsg_get_bytes(m);
	iterations = monmsg_get_number(m);
	if (monmsg_end(m) == -1 || salt.len > sizeof c.salt.bytes ||
	    iterations > SECRETS_ITERATIONS_MAX ||
	    span_copy(c.nonce, sizeof c.nonce, nonce) == -1)
		return bad_answer();
	c.salt.len = salt.len;
	c.salt.iterations = (uint32_t)iterations;
	memcpy(c.salt.bytes, salt.p, salt.len);
	*challenge = c;
	return 0;
}

int
ask_challenge(struct ask *a, const char *user, struct ask_challenge *challenge)
{
	struct monmsg m;

	monmsg_start(&m, ASK_CHALLENGE);
	monmsg_put_bytes(&m, span_of(user));
	return ask(a, &m) == -1 ? -1 : read_challenge(&m, challenge);
}

int
ask_scram(struct ask *a, const struct scram_claim *claim,
    enum verdict *verdict, bool *last, unsigned char signature[SCRAM_PROOF])
{
	struct span proof = { (const char *)claim->proof, SCRAM_PROOF };
	struct monmsg m;

	monmsg_start(&m, ASK_SCRAM);
	monmsg_put_bytes(&m, claim->user);
	monmsg_put_bytes(&m, claim->first);
	monmsg_put_bytes(&m, claim->nonce);
	monmsg_put_bytes(&m, claim->last);
	monmsg_put_bytes(&m, proof);
	return ask(a, &m) == -1 ? -1 :
	    read_verdict(&m, verdict, last, signature);
}

int
ask_hand_over(struct ask *a, unsigned language, struct span unread)
{
	struct monmsg m;

	monmsg_start(&m, ASK_HAND_OVER);
	monmsg_put_number(&m, language);
	monmsg_put_bytes(&m, unread);
	return tell(a, &m);
}

int
ask_stls(struct ask *a, bool *can)
{
	struct monmsg m;
	uint64_t n;

	monmsg_start(&m, ASK_STLS);
	if (ask(a, &m) == -1)
		return -1;
	if (monmsg_kind(&m) != ASK_STLS || (n = monmsg_get_number(&m)) > 1 ||
	    monmsg_end(&m) == -1)
		return bad_answer();
	*can = n == 1;
	return 0;
}

void
ask_begin_work(const struct ask *a)
{
	struct monmsg m;

	monmsg_start(&m, ASK_WORKING);
	if (a->fd != -1)
		heartbeat_start(a->fd, &m);
}

int
ask_answers(struct ask *a)
{
	struct monmsg m;

	heartbeat_stop();
	monmsg_start(&m, ASK_ANSWERS);
	return tell(a, &m);
}

int
ask_report(struct ask *a, const struct ask_totals *totals)
{
	struct monmsg m;

	monmsg_start(&m, ASK_REPORT);
	monmsg_put_number(&m, totals->deleted);
	monmsg_put_number(&m, totals->deleted_octets);
	monmsg_put_number(&m, totals->left);
	monmsg_put_number(&m, totals->left_octets);
	return tell(a, &m);
}

void
ask_log(void *ctx, enum log_level level, const char *line)
{
	struct monmsg m;

	monmsg_start(&m, ASK_LOG);
	monmsg_put_number(&m, level);
	monmsg_put_bytes(&m, span_of(line));
	(void)tell(ctx, &m);
}
