/*
 * The settings: one table of names, each a long option of the command line and
 * a key of the configuration file alike.
 */
#ifndef SETTINGS_OPTIONS_H
#define SETTINGS_OPTIONS_H

#include "base/log.h"
#include "settings/server.h"
#include "settings/qpopper.h"

enum run_mode { RUN_SESSION, RUN_CHECK, RUN_DEMO, RUN_HELP, RUN_VERSION };

#define OPTIONS_HOST_MAX 256

struct options_text;

/* What was set, for those who want to know what became of it. */
struct options_note {
	struct options_note *next;
	const char *name;
	const char *value;			/* NULL: none */
	const struct qpopper_option *old;	/* NULL: an option of ours */
};

struct options {
	enum run_mode mode;
	struct server_conf server;
	enum log_target log;
	const char *log_facility;
	const char *check_user;		/* --check USER as root, or NULL */
	const char *fixture;		/* directory for tests, or NULL */
	bool qpopper;			/* we are called as qpopper was */
	const char *ident;		/* the name for the log */
	const char *config_file;	/* NULL: the default one, if there */
	bool config_read;
	char host[OPTIONS_HOST_MAX];
	char error[512];
	struct options_text *texts;	/* where values from files stand */
	struct options_note *notes;	/* what was set, in order */
	struct options_note **last_note;
};

/* The file that is read when none is named. */
#define OPTIONS_CONFIG_FILE SYSCONFDIR "/solopop.conf"

/*
 * Defaults, then the configuration file, then the command line.  Strings from
 * the command line are kept by reference.  -1 with o->error.
 */
int options_parse(struct options *o, int argc, char **argv);

/* Whatever options_parse() gave; no value is good afterwards. */
void options_free(struct options *o);

/*
 * Say in the log what of the settings is qpopper's and has no effect, in one
 * line, and what of them is not done because it is dangerous.
 */
void options_log(const struct options *o);

#endif
