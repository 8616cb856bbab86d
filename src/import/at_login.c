#include "import/at_login.h"

#include "base/log.h"
#include "settings/options.h"
#include "settings/told.h"
#include "import/intake.h"
#include "confine/privilege.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Behind these words settings follow. */
enum { PROGRAM, AT_LOGIN, SETTINGS };

struct login {
	struct options options;
	struct told told;
	struct user user;
	struct ask ask;
};

static int
hear(struct login *l)
{
	if (fields_receive(CHANNEL_CLIENT_IN, &told_fields, &l->told) == -1)
		return -1;
	l->user.uid = l->told.uid;
	l->user.gid = l->told.gid;
	(void)span_copy(l->user.name, sizeof l->user.name,
	    span_of(l->told.name));
	(void)span_copy(l->user.home, sizeof l->user.home,
	    span_of(l->told.home));
	l->ask.fd = CHANNEL_CLIENT_IN;
	return 0;
}

static int
bring(const struct login *l)
{
	const struct intake in = { &l->options.server, &l->user,
	    l->told.maildir, privilege_is_root() };

	(void)umask(077);
	if (in.root && intake_lock_up(&in, l->told.monitor) == -1) {
		log_line(LOG_FAULT, "no intake for %s: %s", l->user.name,
		    strerror(errno));
		return INTAKE_REFUSED;
	}
	return (int)intake_run(&in);
}

int
at_login(int argc, char **argv)
{
	static struct login l;
	int status = EX_USAGE;

	argv[AT_LOGIN] = argv[PROGRAM];
	if (argc >= SETTINGS && hear(&l) == 0 && options_parse(&l.options,
	    argc - AT_LOGIN, argv + AT_LOGIN) == 0) {
		(void)log_open("solopop-import", l.options.log_facility,
		    l.options.log, true);
		log_tell(LOG_OF_SESSION, span_of(l.told.session));
		log_tell(LOG_OF_USER, span_of(l.user.name));
		if (l.told.logs)
			log_divert(ask_log, &l.ask);
		if (l.told.logs)
			ask_begin_work(&l.ask);
		status = bring(&l);
	}
	options_free(&l.options);
	return status;
}
