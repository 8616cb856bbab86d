#include "session/update.h"

#include <errno.h>
#include <string.h>

static void
report(struct pop3 *p, struct maildrop_sum removed)
{
	struct maildrop_sum left = maildrop_left(p->drop);
	struct maildrop_sum deleted = maildrop_deleted(p->drop);
	struct ask_totals totals = {
		.deleted = removed.count,
		.deleted_octets = removed.octets,
		.left = left.count + deleted.count - removed.count,
		.left_octets = left.octets + deleted.octets - removed.octets,
	};

	if (ask_report(p->ask, &totals) == -1)
		log_line(LOG_FAULT, "%s: no report: %s", pop3_who(p),
		    strerror(errno));
}

int
update_run(struct pop3 *p)
{
	struct maildrop_sum removed;
	int r;

	r = maildrop_update(p->drop, &removed);
	p->updated = true;
	if (maildrop_error(p->drop)[0] != '\0')
		log_line(LOG_FAULT, "%s: %s", pop3_who(p),
		    maildrop_error(p->drop));
	report(p, removed);
	return r;
}

/*
 * The client went without QUIT: nothing is removed (RFC 1939, section 6), and
 * nothing in any case where a new session waits for this one to give way.
 */
void
update_abandon(struct pop3 *p)
{
	if (p->conf->update_on_abort && !maildrop_is_wanted(p->drop))
		(void)update_run(p);
	else
		report(p, (struct maildrop_sum){ 0, 0 });
}
