#include "auth/ask.h"

#include "io/channel.h"

#include <errno.h>

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
read_verdict(struct monmsg *m, enum verdict *verdict, bool *last)
{
	uint64_t n;

	if (monmsg_kind(m) != ASK_ANSWER)
		goto bad;
	n = monmsg_get_number(m);
	*last = (n & VERDICT_LAST) != 0;
	n &= ~(uint64_t)VERDICT_LAST;
	if (monmsg_end(m) == -1 || n < VERDICT_WELCOME || n > VERDICT_TROUBLE)
		goto bad;
	*verdict = (enum verdict)n;
	return 0;
bad:
	errno = EBADMSG;
	return -1;
}

/* The question may hold a password: it is wiped whatever comes. */
static int
ask(struct ask *a, struct monmsg *m, enum verdict *verdict, bool *last)
{
	int r = tell(a, m);

	if (a->fd != -1)
		monmsg_wipe(m);
	if (r == 0 && (r = hear(a, m)) == 0)
		r = read_verdict(m, verdict, last);
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
	return ask(a, &m, verdict, last);
}

int
ask_apop(struct ask *a, const char *user, struct span digest,
    enum verdict *verdict, bool *last)
{
	struct monmsg m;

	monmsg_start(&m, ASK_APOP);
	monmsg_put_bytes(&m, span_of(user));
	monmsg_put_bytes(&m, digest);
	return ask(a, &m, verdict, last);
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
ask_stls(struct ask *a)
{
	struct monmsg m;

	monmsg_start(&m, ASK_STLS);
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
