#include "import/at_login.h"

#include "base/log.h"
#include "base/num.h"
#include "settings/options.h"
#include "import/intake.h"
#include "confine/privilege.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* The command line of server/pending.c; settings follow. */
enum word {
	PROGRAM, AT_LOGIN, CHANNEL, MONITOR, USER_ID, GROUP_ID, NAME, HOME,
	SESSION, MAILDIR, SETTINGS
};

struct login {
	struct options options;
	struct user user;
	const char *maildir;		/* on loan from argv */
	struct ask ask;
	pid_t monitor;
};

static int
take_numbers(struct login *l, char **words)
{
	uint32_t numbers[GROUP_ID + 1];
	int i;

	for (i = CHANNEL; i <= GROUP_ID; i++)
		if (num_u32(span_of(words[i]), UINT32_MAX, &numbers[i]) == -1)
			return -1;
	l->ask.fd = numbers[CHANNEL] == 0 ? -1 : (int)numbers[CHANNEL];
	l->monitor = (pid_t)numbers[MONITOR];
	l->user.uid = numbers[USER_ID];
	l->user.gid = numbers[GROUP_ID];
	return 0;
}

static int
take_words(struct login *l, int argc, char **argv)
{
	if (argc < SETTINGS || take_numbers(l, argv) == -1 ||
	    span_copy(l->user.name, sizeof l->user.name,
	    span_of(argv[NAME])) == -1 ||
	    span_copy(l->user.home, sizeof l->user.home,
	    span_of(argv[HOME])) == -1)
		return -1;
	l->maildir = argv[MAILDIR];
	argv[MAILDIR] = argv[PROGRAM];
	return options_parse(&l->options, argc - MAILDIR, argv + MAILDIR);
}

static int
bring(const struct login *l)
{
	const struct intake in = { &l->options.server, &l->user,
	    l->maildir, privilege_is_root() };

	(void)umask(077);
	if (in.root && intake_lock_up(&in, l->monitor) == -1) {
		log_line(LOG_FAULT, "no intake for %s: %s", l->user.name,
		    strerror(errno));
		return -1;
	}
	return intake_run(&in);
}

int
at_login(int argc, char **argv)
{
	static struct login l;
	int status = EX_USAGE;

	if (take_words(&l, argc, argv) == 0) {
		(void)log_open("solopop-import", l.options.log_facility,
		    l.options.log, true);
		log_tell(LOG_OF_SESSION, span_of(argv[SESSION]));
		log_tell(LOG_OF_USER, span_of(l.user.name));
		if (l.ask.fd != -1)
			log_divert(ask_log, &l.ask);
		status = bring(&l) == -1;
	}
	options_free(&l.options);
	return status;
}
