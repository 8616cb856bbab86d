#include "check/check.h"

#include "auth/secrets.h"
#include "base/cidr.h"
#include "maildir/maildrop.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "server/tls.h"
#include "users/user.h"
#include "check/translate.h"
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
	FILE *f;
	const struct options *o;
	unsigned problems;
};

static void say(struct check *, const char *, const char *, ...)
    __attribute__((format(printf, 3, 4)));
static void fix(struct check *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct check *c, const char *about, const char *format, ...)
{
	va_list ap;

	(void)fprintf(c->f, "%-14s", about);
	va_start(ap, format);
	(void)vfprintf(c->f, format, ap);
	va_end(ap);
	(void)fputc('\n', c->f);
}

/* The line before told of a problem; this one of its cure. */
static void
fix(struct check *c, const char *format, ...)
{
	va_list ap;

	c->problems++;
	(void)fprintf(c->f, "%-14s-> ", "");
	va_start(ap, format);
	(void)vfprintf(c->f, format, ap);
	va_end(ap);
	(void)fputc('\n', c->f);
}

static void
check_config(struct check *c)
{
	if (c->o->config_read)
		say(c, "settings", "from %s", c->o->config_file);
	else
		say(c, "settings", "defaults; no %s, and none is needed",
		    OPTIONS_CONFIG_FILE);
}

static void
check_peer(struct check *c, const struct peer *peer)
{
	if (peer->known)
		say(c, "client", "%s (from %s)", peer->ip,
		    strcmp(peer->source, "socket") == 0 ? "the socket" :
		    peer->source);
	else
		say(c, "client", "unknown: standard input is no network "
		    "socket");
}

static void
check_proxies(struct check *c, const struct peer *peer)
{
	const struct server_conf *s = &c->o->server;

	if (s->proxy_from != NULL)
		say(c, "proxies", "%s%s", s->proxy_from,
		    cidr_has(s->proxy_from, peer->ip) ?
		    ": this client is one, and begins with a PROXY header" :
		    " begin with a PROXY header");
}

static void
check_maildrop(struct check *c, const char *path)
{
	struct maildrop_conf look = { .lock = false };
	struct maildrop *d;
	struct maildrop_sum sum;

	if (access(path, F_OK) == -1 && errno == ENOENT) {
		say(c, "Maildir", "%s is not there: an empty maildrop", path);
		fix(c, "mkdir -p -m 700 %s/cur %s/new %s/tmp", path, path,
		    path);
	} else if (maildrop_open(&d, path, &look) == -1) {
		say(c, "Maildir", "%s cannot be read: %s", path, d != NULL ?
		    maildrop_error(d) : strerror(errno));
		fix(c, "it must be a directory of yours: chown, chmod u+rwx");
		maildrop_close(d);
	} else {
		sum = maildrop_left(d);
		say(c, "Maildir", "%s: %" PRIu32 " messages, %" PRIu64
		    " octets", path, sum.count, sum.octets);
		if (maildrop_unreadable(d) > 0) {
			say(c, "", "%zu more cannot be read: %s",
			    maildrop_unreadable(d), maildrop_error(d));
			fix(c, "chown and chmod u+r those files, or move them "
			    "away");
		}
		maildrop_close(d);
	}
	if (access(path, W_OK) == -1 && errno != ENOENT) {
		say(c, "", "%s cannot be written: nothing can be deleted",
		    path);
		fix(c, "chmod u+w %s, if that is not meant", path);
	}
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
		say(c, "Maildir", "pattern %s", c->o->server.maildir);
		fix(c, "it must begin with a directory: /srv/mail/%%d/%%n");
	} else if (stat(base, &st) == -1) {
		say(c, "Maildir", "%s: %s", base, strerror(errno));
		fix(c, "mkdir -p -m 700 %s; chown %ju:%ju %s", base,
		    (uintmax_t)account->uid, (uintmax_t)account->gid, base);
	} else
		say(c, "Maildir", "of each virtual user: %s",
		    c->o->server.maildir);
}

static void
check_virtual(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	char name[ASK_USER_MAX + 1] = "x";
	struct user u;

	if (user_virtual_name(name, s->virtual_domain) == -1) {
		say(c, "virtual users", "virtual-domain %s is no domain",
		    s->virtual_domain);
		fix(c, "virtual-domain = example.org");
	} else if (user_find_virtual(&u, s->virtual_user, name) == -1) {
		say(c, "virtual users", "no account %s", s->virtual_user);
		fix(c, "useradd --system --no-create-home %s",
		    s->virtual_user);
	} else if (privilege_is_root() ? u.uid == 0 || u.uid < s->min_uid :
	    u.uid != geteuid()) {
		say(c, "virtual users", "nobody can be uid %ju here",
		    (uintmax_t)u.uid);
		fix(c, "%s", privilege_is_root() ? "name another account, or "
		    "lower min-uid; never root" : "run it as that account");
	} else {
		say(c, "virtual users", "uid %ju; names without a domain: %s%s",
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
		check_maildrop(c, s->maildir);
		return;
	}
	if (user_self(&self) == -1) {
		say(c, "Maildir", "no account for uid %ju",
		    (uintmax_t)geteuid());
		fix(c, "name the Maildir on the command line");
	} else if (user_maildir(path, s->maildir, &self) == -1) {
		say(c, "Maildir", "pattern %s: %s", s->maildir,
		    strerror(errno));
		fix(c, "a pattern may hold ~, %%h, %%u and %%%%");
	} else
		check_maildrop(c, path);
}

static bool
has_file(const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int n;

	n = snprintf(path, sizeof path, "%s/%s", directory, name);
	return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0;
}

static void
check_pam(struct check *c)
{
	const char *service = c->o->server.pam_service;

	if (c->o->server.no_auth) {
		say(c, "passwords", "none are checked (--no-auth)");
	} else if (c->o->server.no_pam) {
		say(c, "passwords", "by %s alone", c->o->server.secrets != NULL ?
		    c->o->server.secrets : "a secrets file");
	} else if (has_file("/etc/pam.d", service) ||
	    has_file("/usr/lib/pam.d", service)) {
		say(c, "passwords", "by PAM, service %s", service);
	} else {
		say(c, "passwords", "by PAM, but there is no service %s: PAM "
		    "falls back to \"other\"", service);
		fix(c, "install examples/pam.d-pop3 as /etc/pam.d/%s", service);
	}
}

static void
check_secrets(struct check *c)
{
	const char *path = c->o->server.secrets;
	struct secrets_kinds kinds;

	if (path == NULL || c->o->server.no_auth) {
		say(c, "APOP", "off: no secrets file is named");
	} else if (secrets_usable(path, &kinds) == 0) {
		say(c, "APOP", kinds.password ? "on, with %s, and so are "
		    "CRAM-MD5 and SCRAM-SHA-256" :
		    "off: %s has secrets for SCRAM-SHA-256 only, and that is "
		    "on", path);
	} else if (errno == ENOENT) {
		say(c, "APOP", "off: no %s", path);
	} else if (errno == ENODATA) {
		say(c, "APOP", "off: no entry in %s", path);
		fix(c, "solopop-passwd add USER, or remove the file");
	} else {
		say(c, "APOP", "off: %s: %s", path, errno == EPERM ?
		    "wrong owner or mode" : strerror(errno));
		fix(c, "chown %s %s; chmod 600 %s", privilege_is_root() ?
		    "root" : "$USER", path, path);
	}
}

static void
check_policy(struct check *c)
{
	static const char *const words[] = {
		[CLEAR_DEFAULT] = ("from this machine; from elsewhere in TLS "
		    "only, if there is TLS"),
		[CLEAR_NEVER] = "never as they are",
		[CLEAR_ALWAYS] = "with TLS or without, from everywhere",
		[CLEAR_LOCAL] = "from this machine only",
		[CLEAR_TLS] = "in TLS only",
	};
	const struct server_conf *s = &c->o->server;
	const struct client nobody = { .ucspi_control = -1 };
	const char *exempt = s->pop3.plaintext_from, *why;
	struct secrets_kinds kinds;

	why = policy_warning(c->o, tls_is_offered(&s->tls, &nobody),
	    s->secrets != NULL &&
	    secrets_usable(s->secrets, &kinds) == 0);
	if (exempt == NULL || s->pop3.clear == CLEAR_NEVER)
		say(c, "", "%s", words[s->pop3.clear]);
	else
		say(c, "", "%s; and from %s", words[s->pop3.clear], exempt);
	if (why != NULL)
		fix(c, "%s", why);
}

/* The program that will open them looks at the files itself. */
static void
check_files(struct check *c)
{
	char text[8192], *line, *end;
	int status = tls_check(&c->o->server.tls, text, sizeof text);
	unsigned before = c->problems;

	for (line = text; *line != '\0'; line = end) {
		if ((end = strchr(line, '\n')) != NULL)
			*end++ = '\0';
		else
			end = line + strlen(line);
		if (strncmp(line, "-> ", 3) == 0)
			fix(c, "%s", line + 3);
		else
			say(c, line == text ? "TLS" : "", "%s", line);
	}
	if (status != 0 && c->problems == before) {
		say(c, "TLS", "%s --check fails", c->o->server.tls.program);
		fix(c, "run it, and see what it says");
	}
}

static void
check_tls(struct check *c)
{
	const struct tls_conf *tls = &c->o->server.tls;

	if (tls->cert == NULL) {
		say(c, "TLS", "none: no certificate is named");
		if (tls->first)
			fix(c, "--tls wants --tls-cert=FILE, and --tls-key if "
			    "the key stands elsewhere");
	} else if (access(tls->program, X_OK) == -1) {
		say(c, "TLS", "none: %s: %s", tls->program, strerror(errno));
		fix(c, "install solopop-tls, or say where it is: tls-program");
	} else
		check_files(c);
}

static void
check_root(struct check *c)
{
	const struct server_conf *s = &c->o->server;
	const char *name;
	uid_t uid;
	gid_t gid;

	name = privilege_front_account(s->front_user, &uid, &gid);
	if (name == NULL) {
		say(c, "privileges", "no account for the front");
		fix(c, "useradd --system --no-create-home %s", s->front_user);
	} else
		say(c, "privileges", "root, then %s in %s, then the user%s",
		    name, s->empty_dir, strcmp(name, s->front_user) == 0 ? "" :
		    " (an account of its own would be better)");
	if (privilege_empty_dir(s->empty_dir) == -1) {
		say(c, "", "%s: %s", s->empty_dir, errno == EPERM ?
		    "not root's alone" : strerror(errno));
		fix(c, "mkdir -p %s; chown root %s; chmod 755 %s",
		    s->empty_dir, s->empty_dir, s->empty_dir);
	}
	say(c, "kernel", "%s%s", sandbox_layers(), s->no_sandbox ?
	    "; but --no-sandbox" : "");
	if (s->virtual_user == NULL)
		say(c, "Maildir", "of each user: %s", s->maildir != NULL ?
		    s->maildir : "~/Maildir");
}

static void
check_alone(struct check *c)
{
	say(c, "privileges", "one process, yours (uid %ju)",
	    (uintmax_t)geteuid());
	if (c->o->server.virtual_user == NULL)
		check_own_mail(c);
}

static void
check_import(struct check *c)
{
	const struct intake_conf *in = &c->o->server.intake;

	if (in->spool_dir == NULL && in->home_mail == NULL &&
	    in->bulletin_dir == NULL)
		return;
	if (access(in->program, X_OK) == 0)
		say(c, "other mail", "is taken in by %s", in->program);
	else {
		say(c, "other mail", "is not taken in: %s: %s", in->program,
		    strerror(errno));
		fix(c, "install solopop-import, or set import-program");
	}
}

static void
check_session(struct check *c, const struct peer *peer)
{
	enum reply reply;
	const char *why = policy_refusal(c->o, peer, &reply);

	if (why == NULL)
		return;
	say(c, "session", "none would begin");
	fix(c, "%s", why);
}

/* For those who come from there: their settings as ours, and what differs. */
static void
check_qpopper(struct check *c)
{
	const char *const *d;

	(void)fputs("\nThe settings, as a file of ours has them:\n\n", c->f);
	translate(c->f, c->o);
	(void)fputs("\nUnlike qpopper, and on purpose:\n\n", c->f);
	for (d = qpopper_differences; *d != NULL; d++)
		(void)fprintf(c->f, "- %s\n", *d);
	(void)fputc('\n', c->f);
}

unsigned
check_run(FILE *f, const struct options *o, const struct peer *peer)
{
	struct check c = { .f = f, .o = o };

	check_config(&c);
	check_session(&c, peer);
	say(&c, "log", "%s", log_where());
	check_peer(&c, peer);
	check_proxies(&c, peer);
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
	if (c.problems == 0)
		(void)fputs("All is well.\n", f);
	else
		(void)fprintf(f, "%u to mend; see the arrows.\n", c.problems);
	return c.problems;
}
