#include "check/check.h"

#include "check/mailbox.h"
#include "check/pam.h"
#include "check/ports.h"
#include "check/report.h"
#include "check/translate.h"

#include "auth/secrets.h"
#include "base/cidr.h"
#include "confine/account.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "server/program.h"
#include "server/tls.h"
#include "users/user.h"
#include "settings/policy.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

struct check {
	struct report r;
	const struct options *o;
};

static void
check_config(struct check *c)
{
	if (c->o->config_read)
		report_say(&c->r, "settings", "from %s", c->o->config_file);
	else
		report_say(&c->r, "settings", "defaults; no %s, and none is needed",
		    OPTIONS_CONFIG_FILE);
}

static void
check_peer(struct check *c, const struct peer *peer)
{
	if (peer->known)
		report_say(&c->r, "client", "%s (from %s)", peer->ip,
		    strcmp(peer->source, "socket") == 0 ? "the socket" :
		    peer->source);
	else
		report_say(&c->r, "client", "unknown: standard input is no network "
		    "socket");
}

static void
check_proxies(struct check *c, const struct peer *peer)
{
	const struct server_conf *s = &c->o->server;

	if (s->proxy_from != NULL)
		report_say(&c->r, "proxies", "%s%s", s->proxy_from,
		    cidr_has(s->proxy_from, peer->ip) ?
		    ": this client is one, and begins with a PROXY header" :
		    " begin with a PROXY header");
}

/* The part of the pattern that is the same for everybody, up to a slash. */
static int
find_base(char base[PATH_MAX], const struct server_conf *s,
    const struct user *account)
{
	struct span common = { s->maildir, strcspn(s->maildir, "%") };
	char pattern[PATH_MAX];

	while (common.len > 1 && common.p[common.len - 1] != '/')
		common.len--;
	return span_copy(pattern, sizeof pattern, common) == -1 ? -1 :
	    user_maildir(base, pattern, account);
}

static void
check_virtual_base(struct check *c, const struct user *account)
{
	char base[PATH_MAX];
	struct stat st;

	if (find_base(base, &c->o->server, account) == -1 || base[0] != '/') {
		report_say(&c->r, "Maildir", "pattern %s", c->o->server.maildir);
		report_fix(&c->r, "it must begin with a directory: /srv/mail/%%d/%%n");
	} else if (stat(base, &st) == -1) {
		report_say(&c->r, "Maildir", "%s: %s", base, strerror(errno));
		report_fix(&c->r, "mkdir -p -m 700 %s; chown %ju:%ju %s", base,
		    (uintmax_t)account->uid, (uintmax_t)account->gid, base);
	} else
		report_say(&c->r, "Maildir", "of each virtual user: %s",
		    c->o->server.maildir);
}

static void
check_virtual(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	char name[ASK_USER_MAX + 1] = "x";
	struct user u;

	if (user_virtual_name(name, s->virtual_domain) == -1) {
		report_say(&c->r, "virtual users", "virtual-domain %s is no domain",
		    s->virtual_domain);
		report_fix(&c->r, "virtual-domain = example.org");
	} else if (user_find_virtual(&u, s->virtual_user, name) == -1) {
		report_say(&c->r, "virtual users", "no account %s", s->virtual_user);
		report_fix(&c->r, "useradd --system --no-create-home %s",
		    s->virtual_user);
	} else if (privilege_is_root() ? u.uid == 0 || u.uid < s->min_uid :
	    u.uid != geteuid()) {
		report_say(&c->r, "virtual users", "cannot run sessions as uid %ju (min-uid is %ju)",
		    (uintmax_t)u.uid, (uintmax_t)s->min_uid);
		report_fix(&c->r, "%s", privilege_is_root() ? "name another account, or "
		    "lower min-uid; never root" : "run it as that account");
	} else {
		report_say(&c->r, "virtual users", "uid %ju; names without a domain: %s%s",
		    (uintmax_t)u.uid, s->virtual_domain != NULL ? "of " :
		    strstr(s->maildir, "%d") != NULL ? "refused" :
		    "as they are", s->virtual_domain != NULL ?
		    s->virtual_domain : "");
		check_virtual_base(c, &u);
	}
}

static void
check_own_mail(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	char path[PATH_MAX];
	struct user self;

	if (s->maildir_is_path) {
		mailbox_check(&c->r, c->o, s->maildir);
		return;
	}
	if (user_self(&self) == -1) {
		report_say(&c->r, "Maildir", "no account for uid %ju",
		    (uintmax_t)geteuid());
		report_fix(&c->r, "name the Maildir on the command line");
	} else if (user_maildir(path, s->maildir, &self) == -1) {
		report_say(&c->r, "Maildir", "pattern %s: %s", s->maildir,
		    strerror(errno));
		report_fix(&c->r, "a pattern may hold ~, %%h, %%u and %%%%");
	} else
		mailbox_check(&c->r, c->o, path);
}

static void
check_service(struct check *c)
{
	const char *service = c->o->server.pam_service;

	if (WITH_PAM) {
		pam_check(&c->r, service);
		return;
	}
	report_say(&c->r, "passwords", "no user can log in: pam-service is %s, "
	    "and this solopop is built without PAM", service);
	report_fix(&c->r, "remove pam-service, and use a secrets file");
}

static void
check_pam(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	struct secrets_kinds kinds;

	if (s->no_auth) {
		report_say(&c->r, "passwords", "none are checked (--no-auth)");
	} else if (!s->no_pam) {
		check_service(c);
	} else if (s->secrets == NULL || (secrets_usable(s->secrets, &kinds) ==
	    -1 && errno == ENOENT)) {
		report_say(&c->r, "passwords", "no user can log in: pam-service "
		    "is none, and there is no secrets file %s",
		    s->secrets != NULL ? s->secrets : "");
		report_fix(&c->r, "solopop-passwd add USER");
	} else
		report_say(&c->r, "passwords", "by %s alone", s->secrets);
}

static void
check_secrets(struct check *c)
{
	const char *path = c->o->server.secrets;
	struct secrets_kinds kinds;

	if (path == NULL || c->o->server.no_auth) {
		report_say(&c->r, "APOP", "off: no secrets file is named");
	} else if (secrets_usable(path, &kinds) == 0) {
		report_say(&c->r, "APOP", kinds.password ? "on, with %s, and so are "
		    "CRAM-MD5 and SCRAM-SHA-256" :
		    "off: %s has secrets for SCRAM-SHA-256 only, and that is "
		    "on", path);
	} else if (errno == ENOENT) {
		report_say(&c->r, "APOP", "off: no %s", path);
	} else if (errno == ENODATA) {
		report_say(&c->r, "APOP", "off: no entry in %s", path);
		report_fix(&c->r, "solopop-passwd add USER, or remove the file");
	} else {
		report_say(&c->r, "APOP", "off: %s: %s", path, errno == EPERM ?
		    "wrong owner or mode" : strerror(errno));
		report_fix(&c->r, "chown %s %s; chmod 600 %s", privilege_is_root() ?
		    "root" : "$USER", path, path);
	}
}

static void
check_policy(struct check *c)
{
	static const char *const words[] = {
		[CLEAR_DEFAULT] = ("accepted from this machine; from others "
		    "only over TLS, if a certificate is named"),
		[CLEAR_NEVER] = "never accepted",
		[CLEAR_ALWAYS] = ("accepted from everywhere, with and without "
		    "TLS"),
		[CLEAR_LOCAL] = "accepted from this machine only",
		[CLEAR_TLS] = "accepted over TLS only",
	};
	const struct server_conf *s = &c->o->server;
	const struct client nobody = { .ucspi_control = -1 };
	const char *exempt = s->pop3.plaintext_from, *why;
	struct secrets_kinds kinds;

	why = policy_warning(&c->o->server, tls_is_offered(&s->tls, &nobody),
	    s->secrets != NULL &&
	    secrets_usable(s->secrets, &kinds) == 0);
	if (exempt == NULL || s->pop3.clear == CLEAR_NEVER)
		report_say(&c->r, "clear text", "%s", words[s->pop3.clear]);
	else
		report_say(&c->r, "clear text", "%s; and from %s", words[s->pop3.clear], exempt);
	if (why != NULL)
		report_fix(&c->r, "%s", why);
}

/* The program that will open them looks at the files itself. */
static void
check_files(struct check *c)
{
	char text[8192], *line, *end;
	int status = tls_check(&c->o->server.tls, text, sizeof text);
	unsigned before = c->r.problems;

	for (line = text; *line != '\0'; line = end) {
		if ((end = strchr(line, '\n')) != NULL)
			*end++ = '\0';
		else
			end = line + strlen(line);
		if (strncmp(line, "-> ", 3) == 0)
			report_fix(&c->r, "%s", line + 3);
		else
			report_say(&c->r, line == text ? "TLS" : "", "%s", line);
	}
	if (status != 0 && c->r.problems == before) {
		report_say(&c->r, "TLS", "%s --check fails", c->o->server.tls.program);
		report_fix(&c->r, "run it, and see what it says");
	}
}

/* A setting that only means something beside a certificate. */
static void
check_lonely(struct check *c, const char *name, const char *value)
{
	if (value == NULL)
		return;
	report_say(&c->r, "", "%s = %s has no effect without tls-cert", name,
	    value);
	report_fix(&c->r, "set tls-cert, or remove %s", name);
}

static void
check_tls(struct check *c)
{
	const struct tls_conf *tls = &c->o->server.tls;

	if (tls->cert == NULL) {
		report_say(&c->r, "TLS", "none: no certificate is named");
		if (tls->first)
			report_fix(&c->r, "--tls needs --tls-cert=FILE, and "
			    "--tls-key if the key is in another file");
		check_lonely(c, "tls-key", tls->key);
		check_lonely(c, "tls-sni-dir", tls->sni_dir);
		check_lonely(c, "tls-ticket-file", tls->ticket_file);
	} else if (access(tls->program, X_OK) == -1) {
		report_say(&c->r, "TLS", "none: %s: %s", tls->program,
		    strerror(errno));
		report_fix(&c->r, "install solopop-tls, or set tls-program to "
		    "its path");
	} else
		check_files(c);
}

/* Without it every login is refused. */
static void
check_program(struct check *c)
{
	char found[PATH_MAX];
	const char *path = program_find(found, SESSION_NAME, SESSION_PROGRAM);

	if (access(path, X_OK) == 0)
		return;
	report_say(&c->r, "session", "no login works: %s: %s", path,
	    strerror(errno));
	report_fix(&c->r, "install " SESSION_NAME " beside solopop, or as "
	    SESSION_PROGRAM);
}

static void
check_root(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	const char *name;
	uid_t uid;
	gid_t gid;

	name = account_find(s->front_user, &uid, &gid);
	if (name == NULL) {
		report_say(&c->r, "privileges", "no account for the front");
		report_fix(&c->r, "useradd --system --no-create-home %s", s->front_user);
	} else
		report_say(&c->r, "privileges", "root, then %s in %s, then the user%s",
		    name, s->empty_dir, strcmp(name, s->front_user) == 0 ? "" :
		    " (an account of its own would be better)");
	if (privilege_empty_dir(s->empty_dir, false) == -1) {
		report_say(&c->r, "", "%s: %s", s->empty_dir, errno == EPERM ?
		    "not root's alone" : strerror(errno));
		report_fix(&c->r, "mkdir -p %s; chown root %s; chmod 755 %s",
		    s->empty_dir, s->empty_dir, s->empty_dir);
	}
	report_say(&c->r, "kernel", "%s%s", sandbox_layers(), s->no_sandbox ?
	    "; but --no-sandbox" : "");
	check_program(c);
	if (c->o->check_user != NULL)
		mailbox_check_user(&c->r, c->o, c->o->check_user);
	else if (s->virtual_user == NULL)
		report_say(&c->r, "Maildir", "of each user: %s (solopop --check "
		    "USER opens one)", s->maildir != NULL ? s->maildir :
		    "~/Maildir");
}

static void
check_alone(struct check *c)
{
	report_say(&c->r, "privileges", "one process, yours (uid %ju)",
	    (uintmax_t)geteuid());
	if (c->o->server.virtual_user == NULL)
		check_own_mail(c);
}

static void
check_directory(struct check *c, const char *name, const char *path)
{
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) == -1) {
		report_say(&c->r, "", "%s %s: %s", name, path, strerror(errno));
		report_fix(&c->r, "make that directory, or remove %s", name);
	} else if (!S_ISDIR(st.st_mode)) {
		report_say(&c->r, "", "%s %s is not a directory", name, path);
		report_fix(&c->r, "set %s to the path of a directory", name);
	}
}

static void
check_import(struct check *c)
{
	const struct intake_conf *in = &c->o->server.intake;

	if (in->spool_dir == NULL && in->home_mail == NULL &&
	    in->bulletin_dir == NULL)
		return;
	if (access(in->program, X_OK) == 0)
		report_say(&c->r, "other mail", "is imported by %s",
		    in->program);
	else {
		report_say(&c->r, "other mail", "is not imported: %s: %s",
		    in->program, strerror(errno));
		report_fix(&c->r, "install solopop-import, or set "
		    "import-program to its path");
	}
	check_directory(c, "spool-dir", in->spool_dir);
	check_directory(c, "temp-dir", in->temp_dir);
	check_directory(c, "bulldir", in->bulletin_dir);
}

static void
check_session(struct check *c, const struct peer *peer)
{
	enum reply reply;
	const char *why = policy_refusal(c->o, peer, &reply);

	if (why == NULL)
		return;
	report_say(&c->r, "session", "none would begin");
	report_fix(&c->r, "%s", why);
}

/* For those who come from there: their settings as ours, and what differs. */
static void
check_qpopper(struct check *c)
{
	const char *const *d;

	(void)fputs("\nThe settings, as a file of ours has them:\n\n", c->r.f);
	translate(c->r.f, c->o);
	(void)fputs("\nUnlike qpopper, and on purpose:\n\n", c->r.f);
	for (d = qpopper_differences; *d != NULL; d++)
		(void)fprintf(c->r.f, "- %s\n", *d);
	(void)fputc('\n', c->r.f);
}

unsigned
check_run(FILE *f, const struct options *o, const struct peer *peer)
{
	struct check c = { .r = { .f = f }, .o = o };

	check_config(&c);
	check_session(&c, peer);
	report_say(&c.r, "log", "%s", log_where());
	check_peer(&c, peer);
	check_proxies(&c, peer);
	ports_check(&c.r);
	if (privilege_is_root())
		check_root(&c);
	else
		check_alone(&c);
	if (o->server.virtual_user != NULL && o->server.maildir != NULL)
		check_virtual(&c);
	check_import(&c);
	check_pam(&c);
	check_policy(&c);
	check_secrets(&c);
	check_tls(&c);
	if (o->qpopper)
		check_qpopper(&c);
	if (c.r.problems == 0)
		(void)fputs("All is well.\n", f);
	else
		(void)fprintf(f, "%u problem%s found; each arrow shows a "
		    "cure.\n", c.r.problems, c.r.problems == 1 ? "" : "s");
	return c.r.problems;
}
