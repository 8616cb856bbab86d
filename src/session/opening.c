#include "session/opening.h"

#include "pop3/say.h"

#include <errno.h>
#include <string.h>

static const enum reply refusals[] = {
	[MAILDROP_IN_USE] = REPLY_IN_USE,
	[MAILDROP_LOCK_FILE] = REPLY_BAD_LOCK,
	[MAILDROP_NO_ACCESS] = REPLY_NO_ACCESS,
	[MAILDROP_NO_IDS] = REPLY_NOT_NOW,
	[MAILDROP_TROUBLE] = REPLY_NOT_NOW,
};

static void
log_left_out(struct pop3 *p)
{
	size_t unreadable = maildrop_unreadable(p->drop);
	struct left_out l = maildrop_left_out(p->drop);
	char forms[MAILDROP_FORMS_MAX];

	if (l.stored > 0)
		log_line(LOG_WARN, "%s: %u messages left out that cannot be "
		    "decoded: %s", pop3_who(p), (unsigned)l.stored,
		    maildrop_forms(&l, forms));
	if (l.too_long > 0)
		log_line(LOG_WARN, "%s: %u messages left out whose names have "
		    "more than 255 bytes", pop3_who(p), (unsigned)l.too_long);
	if (unreadable > 0)
		log_line(LOG_WARN, "%s: %zu unreadable messages left out",
		    pop3_who(p), unreadable);
}

/* It opened, but not all is as it should be. */
static void
log_trouble(struct pop3 *p)
{
	const char *no_lock = maildrop_no_lock(p->drop);
	const char *trouble = maildrop_error(p->drop);
	const char *takeover = maildrop_takeover(p->drop);

	if (no_lock[0] != '\0')
		log_line(LOG_WARN, "%s: going on without a lock: %s",
		    pop3_who(p), no_lock);
	if (takeover[0] != '\0')
		log_line(LOG_NOTE, "%s: %s", pop3_who(p), takeover);
	log_left_out(p);
	if (trouble[0] != '\0')
		log_line(LOG_WARN, "%s: %s", pop3_who(p), trouble);
}

/*
 * Check LOGIN-DELAY before taking the lock, so that a refused login does not make
 * an idle session yield.
 */
static bool
comes_too_soon(struct pop3 *p, const char *path)
{
	const struct pace *pace = &p->conf->pace;

	if (p->conf->drop.read_only || pace_allows(pace, path))
		return false;
	(void)ask_answers(p->ask);
	(void)say_with(p, REPLY_TOO_SOON, &(struct reply_values){
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

int
opening_run(struct pop3 *p, const char *path)
{
	enum maildrop_result r;

	if (comes_too_soon(p, path))
		return -1;
	r = maildrop_open(&p->drop, path, &p->conf->drop);
	if (r == MAILDROP_OPEN) {
		log_trouble(p);
		count_login(p, path);
		return 0;
	}
	log_line(LOG_NOTE, "%s: %s", pop3_who(p), p->drop != NULL ?
	    maildrop_error(p->drop) : strerror(errno));
	(void)ask_answers(p->ask);
	(void)say(p, refusals[r]);
	return -1;
}
