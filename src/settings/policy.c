#include "settings/policy.h"

#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

const char *
policy_warning(const struct server_conf *conf, bool tls,
    bool secrets)
{
	const struct pop3_conf *p = &conf->pop3;

	if (p->clear == CLEAR_NEVER && !secrets)
		return "clear-text-password is never, and there is no secrets "
		    "file: nobody can log in";
	if (p->clear == CLEAR_TLS && !tls && p->plaintext_from == NULL)
		return "clear-text-password is tls, and there is no TLS: USER "
		    "and PASS are refused to everybody";
	return NULL;
}

static bool
is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof listening;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) ==
	    0 && listening;
}

/* Whatever would let one virtual user read another's mail. */
static const char *
virtual_refusal(const struct server_conf *s)
{
	const char *p = s->maildir != NULL ? s->maildir : "";

	if (s->no_pam && !s->no_auth && s->secrets == NULL)
		return "pam-service none leaves the secrets file alone: name "
		    "one by secrets-file";
	if (s->virtual_user == NULL)
		return s->no_pam && geteuid() == 0 ? "pam-service none is "
		    "for virtual users: PAM knows whose account is open" : NULL;
	if (s->maildir_is_path)
		return "virtual users need --maildir=PATTERN, not MAILDIR";
	if (strstr(p, "%u") == NULL &&
	    (strstr(p, "%n") == NULL || strstr(p, "%d") == NULL))
		return "virtual-user needs a maildir pattern with %u, or with "
		    "%n and %d: else they would share one Maildir";
	if (s->intake.home_mail != NULL)
		return "virtual users have no home, and so no home-dir-mail";
	return NULL;
}

const char *
policy_refusal(const struct options *o, const struct peer *peer,
    enum reply *reply)
{
	const char *why;

	*reply = REPLY_MISCONFIGURED;
	if (is_listening(STDIN_FILENO))
		return "standard input is a listening socket: the superserver "
		    "must accept (systemd: Accept=yes)";
	if (o->server.no_auth && geteuid() == 0)
		return "--no-auth is not for root: run it as the user whose "
		    "mail it is";
	if (o->server.maildir_is_path && geteuid() == 0)
		return "MAILDIR is for use by hand; as root use "
		    "--maildir=PATTERN";
	if ((o->server.pop3.fixture.slow > 0 ||
	    o->server.pop3.fixture.cut_after > 0 ||
	    o->server.pop3.fixture.refuse != NULL) && !o->server.no_auth)
		return "failures on purpose are for --fixture and --no-auth";
	if ((why = virtual_refusal(&o->server)) != NULL)
		return why;
	*reply = REPLY_ONLY_LOCAL;
	if (o->server.no_auth && !peer->local)
		return "--no-auth serves only clients on this machine";
	return NULL;
}
