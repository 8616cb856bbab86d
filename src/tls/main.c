/*
 * solopop-tls: between a client that speaks TLS and a solopop that does not.
 * solopop starts it, with the client as descriptors 3 and 4, its own end as 5,
 * and a channel as 6, which tells who the client is and whether we live.  It reads what is secret while it may, gives up everything, and only then
 * hears the client.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "confine/account.h"
#include "confine/privilege.h"
#include "confine/sandbox.h"
#include "tls/context.h"
#include "tls/identity.h"
#include "tls/inspect.h"
#include "tls/pump.h"

#include <openssl/err.h>

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PLAIN CHANNEL_FD
#define TOLD 6

/* Those, the log, and a few to spare. */
#define DESCRIPTORS 16

static int
lock_up(const struct settings *s)
{
	pid_t monitor = s->monitor != 0 ? s->monitor : getppid();
	uid_t uid;
	gid_t gid;

	if (privilege_is_root()) {
		if (s->user == NULL || s->empty_dir == NULL) {
			errno = EINVAL;
			return -1;
		}
		if (account_find(s->user, &uid, &gid) == NULL ||
		    privilege_empty_dir(s->empty_dir, true) == -1 ||
		    privilege_lock_up(s->empty_dir, uid, gid,
		    DESCRIPTORS) == -1)
			return -1;
	} else if (privilege_limit(DESCRIPTORS) == -1)
		return -1;
	return s->no_sandbox ? sandbox_bare(monitor) : sandbox_tls(monitor);
}

/* Who connects and leaves, as those do who only look whether we are alive, is
 * no event. */
static void
log_refused(const struct pump *p, const struct settings *s)
{
	int error = errno;

	if (error == EPIPE && p->raw.received == 0)
		return;
	log_line(LOG_NOTE, "TLS refused: rhost=%s reason=\"%s\"", s->peer.ip,
	    error == EPROTO ? identity_error() : error == ETIMEDOUT ?
	    "the handshake took too long" : "the connection ended");
}

static void
log_begun(const struct pump *p, const struct settings *s)
{
	char quoted[LOG_QUOTED_MAX(NAMES_LEN)];
	const char *sni = SSL_get_servername(p->ssl,
	    TLSEXT_NAMETYPE_host_name);

	log_line(LOG_NOTE, "TLS: rhost=%s protocol=%s cipher=%s resumed=%s "
	    "sni=%s", s->peer.ip, SSL_get_version(p->ssl),
	    SSL_get_cipher_name(p->ssl),
	    SSL_session_reused(p->ssl) ? "yes" : "no",
	    sni == NULL ? "-" : log_quote(quoted, sizeof quoted,
	    span_of(sni)));
}

static int
run(struct pump *p, const struct settings *s)
{
	if (pump_handshake(p, clock_ms() + s->handshake_time) == -1) {
		log_refused(p, s);
		return EX_PROTOCOL;
	}
	log_begun(p, s);
	pump_run(p);
	if (p->dead)
		log_line(LOG_NOTE, "TLS: rhost=%s connection lost: the "
		    "client's machine does not answer", s->peer.ip);
	return EX_OK;
}

/*
 * Say that all is ready, and wait until the monitor says whose connection it is:
 * the client must not be heard before it has the answer to STLS.  -1 if the
 * monitor says nothing, as where the client has left meanwhile.
 */
static int
be_told(struct settings *s)
{
	struct monmsg m;

	monmsg_start(&m, 1);
	if (channel_send(TOLD, &m) == -1 ||
	    fields_receive(TOLD, &peer_fields, &s->peer) == -1)
		return -1;
	log_tell(LOG_OF_RHOST, span_of(s->peer.ip));
	return 0;
}

/*
 * The pump asks the kernel what the client's descriptors are, so it is made
 * before the filter of system calls refuses that question.
 */
static int
serve(struct settings *s)
{
	struct pump *p = NULL;
	struct context c;
	int status = EX_CONFIG;

	log_ready();
	if (context_open(&c, s) == -1)
		;
	else if ((p = pump_new(c.ssl, CHANNEL_CLIENT_IN,
	    CHANNEL_CLIENT_OUT, PLAIN, s->patience)) == NULL)
		status = EX_OSERR;
	else if (lock_up(s) == -1)
		log_line(LOG_FAULT, "TLS: cannot lock up (user %s, directory "
		    "%s): %s", s->user != NULL ? s->user : "-",
		    s->empty_dir != NULL ? s->empty_dir : "-",
		    strerror(errno));
	else if (be_told(s) == 0)
		status = run(p, s);
	pump_free(p);
	context_free(&c);
	return status;
}

int
main(int argc, char **argv)
{
	char error[256];
	struct settings s;

	if (settings_parse(&s, argc, argv, error, sizeof error) == -1) {
		(void)fprintf(stderr, "solopop-tls: %s; see solopop-tls(8)\n",
		    error);
		return EX_USAGE;
	}
	if (s.check)
		return inspect_run(stdout, &s) == 0 ? EX_OK : EX_CONFIG;
	signals_start();
	(void)log_open("solopop-tls", s.log_facility, s.log, true);
	if (s.log_session != NULL)
		log_tell(LOG_OF_SESSION, span_of(s.log_session));
	/* Nothing is left to be done at exit, and nobody to be told. */
	_exit(serve(&s));
}
