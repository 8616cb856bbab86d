#include "check.h"

#include "auth/secrets.h"
#include "base/cidr.h"
#include "maildir/maildrop.h"
#include "process/privilege.h"
#include "process/sandbox.h"
#include "process/tls.h"
#include "process/user.h"
#include "qpopper.h"

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
		say(c, "APOP", kinds.password ? "on, with %s" :
		    "off: %s has secrets for SCRAM only", path);
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

const char *
check_clear_text(const struct options *o, bool tls, bool apop)
{
	const struct pop3_conf *p = &o->server.pop3;

	if (p->clear == CLEAR_NEVER && !apop)
		return "clear-text-password is never, and there is no secrets "
		    "file: nobody can log in";
	if (p->clear == CLEAR_TLS && !tls && p->plaintext_from == NULL)
		return "clear-text-password is tls, and there is no TLS: USER "
		    "and PASS are refused to everybody";
	return NULL;
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

	why = check_clear_text(c->o, tls_is_offered(&s->tls, &nobody),
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
	say(c, "Maildir", "of each user: %s", s->maildir != NULL ? s->maildir :
	    "~/Maildir");
}

static void
check_alone(struct check *c)
{
	say(c, "privileges", "one process, yours (uid %ju)",
	    (uintmax_t)geteuid());
	check_own_mail(c);
}

static bool
is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof listening;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) ==
	    0 && listening;
}

const char *
check_refusal(const struct options *o, const struct peer *peer,
    enum reply *reply)
{
	*reply = REPLY_MISCONFIGURED;
	if (is_listening(STDIN_FILENO))
		return "standard input is a listening socket: the superserver "
		    "must accept (systemd: Accept=yes)";
	if (o->server.no_auth && privilege_is_root())
		return "--no-auth is not for root: run it as the user whose "
		    "mail it is";
	if (o->server.maildir_is_path && privilege_is_root())
		return "MAILDIR is for use by hand; as root use "
		    "--maildir=PATTERN";
	if ((o->server.pop3.fixture.slow > 0 ||
	    o->server.pop3.fixture.cut_after > 0 ||
	    o->server.pop3.fixture.refuse != NULL) && !o->server.no_auth)
		return "failures on purpose are for --fixture and --no-auth";
	*reply = REPLY_ONLY_LOCAL;
	if (o->server.no_auth && !peer->local)
		return "--no-auth serves only clients on this machine";
	return NULL;
}

static void
check_session(struct check *c, const struct peer *peer)
{
	enum reply reply;
	const char *why = check_refusal(c->o, peer, &reply);

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
	options_translate(c->f, c->o);
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
