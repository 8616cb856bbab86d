#include "server/pending.h"

#include "base/log.h"
#include "server/child.h"
#include "import/intake.h"
#include "server/program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What comes in belongs to the Maildir, and no folder waits for it. */
bool
import_is_due(const struct monitor *m)
{
	const struct server_conf *conf = m->conf;
	char path[PATH_MAX];
	const struct intake in = { conf, &m->login.user, path, m->login.root };

	if (m->login.folder[0] != '\0' || login_maildir(&m->login, path) == -1 ||
	    !intake_is_needed(&in))
		return false;
	if (access(conf->intake.program, X_OK) == 0)
		return true;
	log_line(LOG_FAULT, "%s: %s: no mail is taken in for %s",
	    conf->intake.program, strerror(errno), m->login.user.name);
	return false;
}

/* Of the settings what intake_run() reads, and no file to read them from. */
static void
put_settings(struct program *c, const struct server_conf *conf)
{
	static const char *const takeovers[] = {
		[TAKEOVER_NONE] = "none", [TAKEOVER_LISTS] = "lists",
		[TAKEOVER_HEADERS] = "x-uidl"
	};
	static const char *const uses[] = {
		[INDEX_OFF] = "off", [INDEX_AUTO] = "auto",
		[INDEX_FULL] = "full", [INDEX_SIZES] = "sizes"
	};
	const struct intake_conf *in = &conf->intake;
	const struct maildrop_conf *drop = &conf->pop3.drop;

	program_option(c, "--config-file", "");
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
	program_option(c, "--adopt-uidls", takeovers[drop->takeover]);
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

/* In the order of enum word in import/at_login.c. */
static void
put_user(struct program *c, const struct monitor *m, const char *maildir,
    int channel)
{
	program_word(c, "--at-login");
	program_number(c, channel == -1 ? 0 : (uint64_t)channel);
	program_number(c, (uint64_t)m->pid);
	program_number(c, m->login.user.uid);
	program_number(c, m->login.user.gid);
	program_word(c, m->login.user.name);
	program_word(c, m->login.user.home);
	program_word(c, log_session());
	program_word(c, maildir);
}

static _Noreturn void
become_import(const struct monitor *m, int channel)
{
	int *fds[] = { &channel };
	char path[PATH_MAX];
	struct program c;

	if (login_maildir(&m->login, path) == -1)
		_exit(1);
	program_init(&c, m->conf->intake.program);
	put_user(&c, m, path, channel == -1 ? -1 : STDERR_FILENO + 1);
	put_settings(&c, m->conf);
	program_become(&c, fds, channel == -1 ? 0 : 1);
}

_Noreturn void
import_main(const struct monitor *m, int channel)
{
	become_import(m, channel);
}

void
import_alone(const struct monitor *m)
{
	pid_t pid = fork();

	if (pid == 0)
		become_import(m, -1);
	if (pid == -1)
		log_line(LOG_FAULT, "cannot start %s: %s",
		    m->conf->intake.program, strerror(errno));
	else
		child_wait("solopop-import", pid, false);
}
