#include "server/pending.h"

#include "base/fd.h"
#include "base/log.h"
#include "server/child.h"
#include "server/program.h"
#include "settings/sources.h"
#include "settings/told.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool
has_spool(const struct monitor *m)
{
	const struct intake_conf *conf = &m->conf->intake;

	return conf->spool_dir != NULL || conf->home_mail != NULL;
}

/* What comes in belongs to the Maildir, and no folder waits for it. */
enum import_need
import_need(const struct monitor *m)
{
	if (m->login.folder[0] != '\0' || m->conf->pop3.drop.read_only)
		return IMPORT_NEVER;
	if (m->conf->intake.bulletin_dir != NULL)
		return IMPORT_ALWAYS;
	return has_spool(m) ? IMPORT_IF_WAITING : IMPORT_NEVER;
}

void
import_sources(const struct monitor *m, struct waiting *w)
{
	sources_find(w, &m->conf->intake, &m->login.user);
}

bool
import_is_there(const struct monitor *m)
{
	const char *program = m->conf->intake.program;

	if (access(program, X_OK) == 0)
		return true;
	log_line(LOG_FAULT, "%s: %s: no mail is taken in for %s", program,
	    strerror(errno), m->login.user.name);
	return false;
}

enum import_end
import_end(const struct monitor *m, int status, enum reply *reply)
{
	*reply = status == INTAKE_IN_USE ? REPLY_IN_USE : REPLY_NOT_NOW;
	switch (status) {
	case INTAKE_DONE:
	case INTAKE_LATER:
		return IMPORT_ENDED;
	case INTAKE_REFUSED:
	case INTAKE_IN_USE:
		return IMPORT_REFUSES;
	default:
		return has_spool(m) ? IMPORT_UNKNOWN : IMPORT_ENDED;
	}
}

/*
 * Pass the settings that intake_run() uses; the child reads no configuration file.
 */
static void
put_settings(struct program *c, const struct server_conf *conf)
{
	static const char *const uses[] = {
		[INDEX_OFF] = "off", [INDEX_AUTO] = "auto",
		[INDEX_FULL] = "full", [INDEX_SIZES] = "sizes"
	};
	const struct intake_conf *in = &conf->intake;
	const struct maildrop_conf *drop = &conf->pop3.drop;

	program_option(c, "--config-file", "");
	if (!conf->maildir_is_path)
		program_option(c, "--maildir", conf->maildir);
	program_option(c, "--mail-marker", conf->mail_marker);
	program_option(c, "--virtual-user", conf->virtual_user);
	program_option(c, "--spool-dir", in->spool_dir);
	program_option(c, "--home-dir-mail", in->home_mail);
	program_option(c, "--temp-dir", in->temp_dir);
	program_option(c, "--temp-name", in->temp_name);
	program_option(c, "--bulldir", in->bulletin_dir);
	program_word(c, "--hash-spool");
	program_number(c, in->hash_spool);
	program_word(c, "--max-bulletins");
	program_number(c, in->max_bulletins);
	program_word(c, "--lock-wait");
	program_number(c, (uint64_t)drop->lock_wait / 1000);
	program_option(c, "--lock", drop->lock ? "fcntl" : "none");
	program_option(c, "--adopt-uidls", drop->adopt);
	program_word(c, in->group_bulletins ? "--group-bulletins=true" :
	    "--group-bulletins=false");
	program_word(c, in->old_uids ? "--old-style-uid=true" :
	    "--old-style-uid=false");
	program_option(c, "--index", uses[drop->index]);
	program_word(c, "--clock-skew");
	program_number(c, (uint64_t)drop->clock_skew);
	if (conf->no_sandbox)
		program_word(c, "--no-sandbox");
	program_option(c, "--log", log_target_word());
	program_option(c, "--log-facility", log_facility_word());
}

static int
describe(const struct monitor *m, bool logs, struct told *t)
{
	const struct user *user = &m->login.user;

	*t = (struct told){ .monitor = m->pid, .logs = logs,
	    .uid = user->uid, .gid = user->gid };
	(void)span_copy(t->name, sizeof t->name, span_of(user->name));
	(void)span_copy(t->home, sizeof t->home, span_of(user->home));
	(void)span_copy(t->session, sizeof t->session,
	    span_of(log_session()));
	return login_maildir(&m->login, t->maildir);
}

static pid_t
start(const struct monitor *m, bool logs, int *channel)
{
	struct program p;
	struct told t;
	int ends[2];
	pid_t pid;

	if (describe(m, logs, &t) == -1 || channel_pair(ends) == -1)
		return -1;
	program_init(&p, m->conf->intake.program);
	program_word(&p, "--at-login");
	put_settings(&p, m->conf);
	pid = program_start(&p, &ends[1], 1);
	fd_close(&ends[1]);
	if (pid != -1 && fields_send(ends[0], &told_fields, &t) == 0) {
		*channel = ends[0];
		return pid;
	}
	fd_close(&ends[0]);
	if (pid != -1)
		(void)child_wait("solopop-import", pid, false);
	return -1;
}

pid_t
import_start(const struct monitor *m, int *channel)
{
	return start(m, true, channel);
}

int
import_alone(const struct monitor *m)
{
	int channel = -1, status = -1;
	pid_t pid = start(m, false, &channel);

	if (pid == -1)
		log_line(LOG_FAULT, "cannot start %s: %s",
		    m->conf->intake.program, strerror(errno));
	else
		status = child_wait("solopop-import", pid, false);
	fd_close(&channel);
	return status;
}
