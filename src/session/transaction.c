#include "session/transaction.h"

#include "base/num.h"
#include "pop3/capa.h"
#include "pop3/lang.h"
#include "pop3/say.h"
#include "session/update.h"

#include <errno.h>
#include <string.h>

/* What the sender of a command may get wrong about a message number. */
struct refusals {
	enum reply no_number, no_message, is_deleted;
};

static const struct refusals usual = {
	REPLY_NO_MESSAGE, REPLY_NO_MESSAGE, REPLY_IS_DELETED
};

static const struct refusals of_uidl = {
	REPLY_UIDL_NO_NUMBER, REPLY_UIDL_NO_MESSAGE, REPLY_UIDL_IS_DELETED
};

/*
 * The message that the first argument names, if there is one.  Otherwise -1,
 * and the refusal has been said.
 */
static int
arg_any_msgno(struct pop3 *p, const struct args *a, const struct refusals *refuse,
    uint32_t *msgno)
{
	struct reply_values v = {
		.word = a->v[0],
		.count = maildrop_count(p->drop)
	};
	int error = 0;

	if (num_u32(a->v[0], maildrop_count(p->drop), &v.msgno) == -1)
		error = errno;
	if (error == EINVAL || (error == 0 && v.msgno == 0))
		(void)say_with(p, refuse->no_number, &v);
	else if (error != 0)
		(void)say_with(p, refuse->no_message, &v);
	else {
		*msgno = v.msgno;
		return 0;
	}
	return -1;
}

/* The same, and deleted it must not be either. */
static int
arg_msgno(struct pop3 *p, const struct args *a, const struct refusals *refuse,
    uint32_t *msgno)
{
	uint32_t n;

	if (arg_any_msgno(p, a, refuse, &n) == -1)
		return -1;
	if (maildrop_is_deleted(p->drop, n)) {
		(void)say_with(p, refuse->is_deleted,
		    &(struct reply_values){ .msgno = n });
		return -1;
	}
	*msgno = n;
	return 0;
}

static enum pop3_step
say_sum(struct pop3 *p, enum reply reply)
{
	struct maildrop_sum left = maildrop_left(p->drop);

	return say_with(p, reply, &(struct reply_values){
	    .count = left.count, .octets = left.octets });
}

/* The index is corrupt: end the session without a reply (table.h). */
static enum pop3_step
give_up(struct pop3 *p)
{
	log_line(LOG_FAULT, "%s: %s", pop3_who(p), maildrop_error(p->drop));
	return STEP_ABORT;
}

static enum pop3_step
say_message(struct pop3 *p, enum reply reply, uint32_t msgno)
{
	struct reply_values v = { .msgno = msgno };

	if (maildrop_octets(p->drop, msgno, &v.octets) == -1)
		return give_up(p);
	return say_with(p, reply, &v);
}

static enum pop3_step
trans_stat(struct pop3 *p, const struct args *a)
{
	(void)a;
	return say_sum(p, REPLY_STAT);
}

/* "number what\r\n", and a NUL where the number or the id had one. */
#define LIST_LINE (NUM_DECIMAL_MAX + 1 + UIDL_MAX + 2)

/*
 * Walk over the messages that are not deleted: LIST and UIDL.  describe writes
 * what comes after the number and returns its length, 0 when it cannot.  That
 * the client is gone is for the caller to see.
 */
static enum pop3_step
list_all(struct pop3 *p, size_t (*describe)(struct pop3 *, uint32_t, char *))
{
	uint32_t msgno, count = maildrop_count(p->drop);
	size_t len, more;
	char *line;

	for (msgno = 1; msgno <= count; msgno++) {
		if (maildrop_is_deleted(p->drop, msgno))
			continue;
		if ((line = out_room(p->out, LIST_LINE)) == NULL)
			return STEP_NEXT;
		len = num_decimal(line, msgno);
		line[len++] = ' ';
		if ((more = describe(p, msgno, line + len)) == 0)
			return give_up(p);
		len += more;
		memcpy(line + len, "\r\n", 2);
		out_took(p->out, len + 2);
	}
	say_end(p);
	return STEP_NEXT;
}

static size_t
describe_octets(struct pop3 *p, uint32_t msgno, char *dst)
{
	uint64_t octets;

	if (maildrop_octets(p->drop, msgno, &octets) == -1)
		return 0;
	return num_decimal(dst, octets);
}

static size_t
describe_uidl(struct pop3 *p, uint32_t msgno, char *dst)
{
	return maildrop_uidl(p->drop, msgno, dst) == 0 ? strlen(dst) : 0;
}

static enum pop3_step
trans_list(struct pop3 *p, const struct args *a)
{
	uint32_t msgno;

	if (a->n == 0) {
		(void)say_sum(p, REPLY_LIST);
		return list_all(p, describe_octets);
	}
	if (arg_msgno(p, a, &usual, &msgno) == -1)
		return STEP_NEXT;
	return say_message(p, REPLY_LIST_ONE, msgno);
}

static enum pop3_step
trans_uidl(struct pop3 *p, const struct args *a)
{
	char uidl[UIDL_MAX];
	uint32_t msgno;

	if (a->n == 0) {
		(void)say(p, REPLY_UIDL);
		return list_all(p, describe_uidl);
	}
	if (arg_msgno(p, a, &of_uidl, &msgno) == -1)
		return STEP_NEXT;
	if (maildrop_uidl(p->drop, msgno, uidl) == -1)
		return give_up(p);
	return say_with(p, REPLY_UIDL_ONE, &(struct reply_values){
	    .msgno = msgno, .word = span_of(uidl) });
}

static enum pop3_step
trans_last(struct pop3 *p, const struct args *a)
{
	struct reply_values v = { .msgno = 0 };

	(void)a;
	if (maildrop_last(p->drop, &v.msgno) == -1)
		return give_up(p);
	return say_with(p, REPLY_LAST, &v);
}

/*
 * Other octets than we promised: somebody edits the message, perhaps right now.
 * Where only its name told them, the client has got what there is.
 */
static bool
is_forgivable(struct pop3 *p, uint32_t msgno)
{
	bool believed = maildrop_distrust(p->drop, msgno);

	if (believed)
		log_line(LOG_WARN, "%s: message %u is not as long as its name "
		    "says", pop3_who(p), (unsigned)msgno);
	else
		log_line(LOG_FAULT, "%s: message %u is no longer as long as "
		    "it was", pop3_who(p), (unsigned)msgno);
	return believed;
}

/*
 * The final dot tells the client that it has the whole message and may have it
 * deleted.  If that is not so there must be none: the conversation ends.
 */
static enum pop3_step
send_message(struct pop3 *p, uint32_t msgno, struct stored *s,
    struct wire_top *top)
{
	uint64_t octets = 0, promised = 0;

	if (out_message(p->out, s, top, &octets) == -1) {
		if (p->out->error == 0)
			log_line(LOG_FAULT, "%s: message %u: %s", pop3_who(p),
			    (unsigned)msgno, strerror(errno));
		return STEP_ABORT;
	}
	if (maildrop_octets(p->drop, msgno, &promised) == -1)
		return give_up(p);
	if (top == NULL && octets != promised && !is_forgivable(p, msgno))
		return STEP_ABORT;
	say_end(p);
	return STEP_NEXT;
}

static int
open_message(struct pop3 *p, uint32_t msgno, struct stored *s)
{
	const char *why;

	if (maildrop_read(p->drop, msgno, s) == 0)
		return 0;
	why = errno == ENOENT ? "removed by another program" :
	    maildrop_error(p->drop);
	log_line(LOG_NOTE, "%s: message %u: %s", pop3_who(p), (unsigned)msgno,
	    why[0] != '\0' ? why : strerror(errno));
	return -1;
}

static enum pop3_step
trans_retr(struct pop3 *p, const struct args *a)
{
	enum pop3_step step;
	struct stored s;
	uint32_t msgno;

	if (arg_msgno(p, a, &usual, &msgno) == -1)
		return STEP_NEXT;
	if (open_message(p, msgno, &s) == -1)
		return say_message(p, REPLY_VANISHED, msgno);
	step = say_message(p, REPLY_RETR, msgno);
	if (step == STEP_NEXT)
		step = send_message(p, msgno, &s, NULL);
	if (step == STEP_NEXT)
		maildrop_mark_read(p->drop, msgno);
	stored_close(&s);
	return step;
}

/* A number of lines beyond all numbers is the whole message. */
static int
arg_lines(struct pop3 *p, const struct args *a, uint64_t *lines)
{
	if (num_u64(a->v[1], UINT64_MAX, lines) == 0)
		return 0;
	*lines = UINT64_MAX;
	if (errno == ERANGE)
		return 0;
	(void)say_word(p, REPLY_NOT_LINES, a->v[1]);
	return -1;
}

static enum pop3_step
trans_top(struct pop3 *p, const struct args *a)
{
	enum pop3_step step;
	struct wire_top top;
	uint32_t msgno;
	struct stored s;
	uint64_t lines;

	if (arg_msgno(p, a, &usual, &msgno) == -1 ||
	    arg_lines(p, a, &lines) == -1)
		return STEP_NEXT;
	if (open_message(p, msgno, &s) == -1)
		return say_message(p, REPLY_VANISHED, msgno);
	wire_top_begin(&top, lines);
	step = say_message(p, REPLY_TOP, msgno);
	if (step == STEP_NEXT)
		step = send_message(p, msgno, &s, &top);
	stored_close(&s);
	return step;
}

/* qpopper 4 did not look whether a message was deleted before. */
static enum pop3_step
trans_dele(struct pop3 *p, const struct args *a)
{
	uint32_t msgno;

	if (arg_any_msgno(p, a, &usual, &msgno) == -1)
		return STEP_NEXT;
	if (maildrop_is_deleted(p->drop, msgno))
		return say_message(p, p->conf->dialect == DIALECT_QPOPPER4 ?
		    REPLY_DELE : REPLY_IS_DELETED, msgno);
	if (maildrop_delete(p->drop, msgno) == -1)
		return give_up(p);
	return say_message(p, REPLY_DELE, msgno);
}

static enum pop3_step
trans_rset(struct pop3 *p, const struct args *a)
{
	(void)a;
	maildrop_reset(p->drop);
	return say_sum(p, REPLY_RSET);
}

static enum pop3_step
trans_noop(struct pop3 *p, const struct args *a)
{
	(void)a;
	return say(p, REPLY_NOOP);
}

/* Work first, answer afterwards: +OK is said when the files are gone. */
static enum pop3_step
trans_quit(struct pop3 *p, const struct args *a)
{
	(void)a;
	(void)say(p, update_run(p) == 0 ? REPLY_QUIT : REPLY_NOT_REMOVED);
	return STEP_END;
}

const struct command transaction_commands[] = {
	{ "CAPA", 0, 0, capa_run, NULL, NULL },
	{ "DELE", 1, 1, trans_dele, "MESSAGE", NULL },
	{ "LANG", 0, 1, lang_run, "[LANGUAGE]", NULL },
	{ "LAST", 0, 0, trans_last, NULL, NULL },
	{ "LIST", 0, 1, trans_list, "[MESSAGE]", NULL },
	{ "NOOP", 0, 0, trans_noop, NULL, NULL },
	{ "QUIT", 0, 0, trans_quit, NULL, NULL },
	{ "RETR", 1, 1, trans_retr, "MESSAGE", NULL },
	{ "RSET", 0, 0, trans_rset, NULL, NULL },
	{ "STAT", 0, 0, trans_stat, NULL, NULL },
	{ "TOP", 2, 2, trans_top, "MESSAGE LINES", NULL },
	{ "UIDL", 0, 1, trans_uidl, "[MESSAGE]", NULL },
	{ NULL, 0, 0, NULL, NULL, NULL }
};
