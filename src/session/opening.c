#include "session/opening.h"

#include "pop3/say.h"

#include <errno.h>
#include <string.h>

static enum reply
refusal(int error)
{
	switch (error) {
	case EAGAIN:
		return REPLY_IN_USE;
	case EPERM:
		return REPLY_BAD_LOCK;
	case EACCES:
	case ELOOP:
	case ENOTDIR:
		return REPLY_NO_ACCESS;
	default:
		return REPLY_NOT_NOW;
	}
}

/* It opened, but not all is as it should be. */
static void
log_trouble(struct pop3 *p)
{
	size_t unreadable = maildrop_unreadable(p->drop);
	const char *trouble = maildrop_error(p->drop);

	if (unreadable > 0)
		log_line(LOG_WARN, "%s: %zu unreadable messages left out, the "
		    "last one %s", pop3_who(p), unreadable, trouble);
	else if (trouble[0] != '\0')
		log_line(LOG_WARN, "%s: going on without a lock: %s",
		    pop3_who(p), trouble);
}

/* Before the lock is asked for: who comes too soon shall end no session. */
static bool
comes_too_soon(struct pop3 *p, const char *path)
{
	const struct pace *pace = &p->conf->pace;

	if (p->conf->drop.read_only || pace_allows(pace, path))
		return false;
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
	int error;

	if (comes_too_soon(p, path))
		return -1;
	if (maildrop_open(&p->drop, path, &p->conf->drop) == 0) {
		log_trouble(p);
		count_login(p, path);
		return 0;
	}
	error = errno;
	log_line(LOG_NOTE, "%s: %s", pop3_who(p), p->drop != NULL ?
	    maildrop_error(p->drop) : strerror(error));
	(void)say(p, refusal(error));
	return -1;
}
