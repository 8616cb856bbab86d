/*
 * solopop: POP3 on standard input and output, for one session.  Here things are
 * put in order and started; see server/roles.h for what runs then.
 */
#include "base/fd.h"
#include "base/log.h"
#include "base/num.h"
#include "base/secret.h"
#include "base/signals.h"
#include "compat/compat.h"
#include "settings/options.h"
#include "settings/policy.h"
#include "confine/privilege.h"
#include "server/program.h"
#include "server/refuse.h"
#include "server/roles.h"
#include "confine/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define CHECK_PROGRAM LIBEXECDIR "/solopop-check"
#define SESSION_RANDOM 8		/* bytes, told apart for years */
#define LISTEN_FD 3		/* the first one, says sd_listen_fds(3) */

static bool
is_our_pid(const char *text)
{
	uint64_t pid;

	return text != NULL && num_u64(span_of(text), INT32_MAX, &pid) == 0 &&
	    (pid_t)pid == getpid();
}

/* systemd may hand the connection over as descriptor 3. */
static int
take_listen_fd(void)
{
	const char *count = getenv("LISTEN_FDS");
	int r = 0;

	if (count != NULL && strcmp(count, "1") == 0 &&
	    is_our_pid(getenv("LISTEN_PID")) && fd_is_socket(LISTEN_FD) &&
	    (dup2(LISTEN_FD, STDIN_FILENO) == -1 ||
	    dup2(LISTEN_FD, STDOUT_FILENO) == -1))
		r = -1;
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	return r;
}

/* The descriptor that a variable names, or -1. */
static int
descriptor_of(const char *name)
{
	const char *text = getenv(name);
	uint64_t n;

	if (text == NULL || num_u64(span_of(text), INT_MAX, &n) == -1 ||
	    n <= STDERR_FILENO || fcntl((int)n, F_GETFD) == -1)
		return -1;
	return (int)n;
}

/*
 * A superserver that speaks UCSPI-TLS leaves three descriptors open; any others
 * were left by accident.
 */
static int
keep_ucspi(int ucspi[3])
{
	static const char *const names[] = { "SSLCTLFD", "SSLREADFD",
	    "SSLWRITEFD" };
	int *kept[3], n = 0;
	size_t i;

	for (i = 0; i < 3; i++) {
		if ((ucspi[i] = descriptor_of(names[i])) != -1)
			kept[n++] = &ucspi[i];
		(void)unsetenv(names[i]);
	}
	if (n < 3) {
		ucspi[0] = ucspi[1] = ucspi[2] = -1;
		n = 0;
	}
	return fd_keep(kept, n);
}

/* Is standard error ours?  Under inetd it is the client. */
static bool
own_stderr(void)
{
	return !fd_same(STDERR_FILENO, STDIN_FILENO) &&
	    !fd_same(STDERR_FILENO, STDOUT_FILENO);
}

/*
 * Move the client to descriptors of its own and put /dev/null where a library
 * might write: PAM modules do.
 */
static int
take_client(struct client *client)
{
	bool ours = own_stderr();

	client->in = fd_copy(STDIN_FILENO);
	client->out = fd_copy(STDOUT_FILENO);
	if (client->in == -1 || client->out == -1)
		return -1;
	if (fd_to_null(STDIN_FILENO) == -1 || fd_to_null(STDOUT_FILENO) == -1)
		return -1;
	return ours ? 0 : fd_to_null(STDERR_FILENO);
}

/*
 * Would a line on standard error reach the client?  Only where a superserver
 * has put the client's socket there: a pipe is read by the administrator.
 */
static bool
stderr_is_client(void)
{
	return fd_is_socket(STDERR_FILENO) && !own_stderr();
}

/*
 * A mistake in the settings, not in what the client does.  A client on the
 * network hears that much, and the log hears all; otherwise standard error
 * gets the reason.
 */
static int
refuse(const struct options *o, enum reply reply, const char *why, int status)
{
	if (!fd_is_socket(STDIN_FILENO)) {
		if (!stderr_is_client())
			(void)fprintf(stderr, "solopop: %s\n", why);
		return status;
	}
	log_line(LOG_FAULT, "%s", why);
	refuse_client(STDOUT_FILENO, &o->server.pop3, o->server.pop3.language,
	    reply);
	return status;
}

/* A certificate that is named and not there must not go unnoticed. */
static void
log_no_tls(const struct options *o, bool offered)
{
	const char *path = offered ? NULL : tls_missing(&o->server.tls);

	if (path != NULL)
		log_line(LOG_WARN, "no TLS is offered: %s: %s%s", path,
		    strerror(errno), o->server.pop3.clear == CLEAR_DEFAULT ?
		    "; other machines' passwords are refused" : "");
}

static int
run(struct options *o, struct client *client)
{
	struct monitor m;

	if (take_client(client) == -1) {
		log_line(LOG_FAULT, "cannot start: %s%s", strerror(errno),
		    errno == EMFILE ? ": RLIMIT_NOFILE is too small" : "");
		return EX_OSERR;
	}
	peer_tune(client->in);
	if (privilege_is_root())
		privilege_lift_memory();
	if (privilege_is_root() && sandbox_monitor() == -1)
		log_line(LOG_WARN, "monitor: %s", strerror(errno));
	monitor_init(&m, &o->server, client);
	log_no_tls(o, m.tls_offered);
	if (o->server.tls.first && !m.tls_offered) {
		log_line(LOG_FAULT, "no TLS without certificate and %s; see "
		    "solopop --check", o->server.tls.program);
		return EX_CONFIG;
	}
	if (m.login.root)
		supervise_run(&m);
	else
		alone_run(&m);
	monitor_free(&m);
	return EXIT_SUCCESS;
}

/* In doubt the client is remote; the administrator hears why. */
static void
log_doubt(const struct peer *peer)
{
	char quoted[LOG_QUOTED_MAX(INET6_ADDRSTRLEN)];
	const char *value;

	if (peer->doubt == NULL)
		return;
	if ((value = getenv(peer->doubt)) != NULL)
		log_line(LOG_WARN, "%s is no IP address: %s; the client "
		    "counts as remote", peer->doubt, log_quote(quoted,
		    sizeof quoted, span_of(value)));
	else
		log_line(LOG_WARN, "the client's socket has no IP address; "
		    "the client counts as remote");
}

static int
run_session(struct options *o, struct client *client)
{
	enum reply reply;
	const char *why = policy_refusal(o, &client->peer, &reply);

	options_log(o);
	log_doubt(&client->peer);
	return why != NULL ? refuse(o, reply, why, EX_USAGE) : run(o, client);
}

/* --help and --check are run by solopop-check. */
static int
explain(char **argv)
{
	char path[PATH_MAX];
	const char *program = program_find(path, "solopop-check",
	    CHECK_PROGRAM);

	signals_reset();
	(void)execv(program, argv);
	(void)fprintf(stderr, "solopop: %s: %s\n", program, strerror(errno));
	return EX_UNAVAILABLE;
}

static int
run_mode(struct options *o, char **argv, const int ucspi[3])
{
	struct client client = { .ucspi_control = ucspi[0],
	    .ucspi_in = ucspi[1], .ucspi_out = ucspi[2] };

	switch (o->mode) {
	case RUN_DEMO:
	case RUN_HELP:
	case RUN_CHECK:
		return explain(argv);
	case RUN_VERSION:
		(void)puts(PACKAGE_STRING "\nLicence: ISC.  There is no "
		    "warranty.");
		return EXIT_SUCCESS;
	case RUN_SESSION:
	default:
		peer_find(&client.peer, STDIN_FILENO);
		return run_session(o, &client);
	}
}

/* Of a unit that systemd has made for this connection, or of our own making. */
static void
name_session(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");
	const char *unit = getenv("INVOCATION_ID");
	char made[2 * SESSION_RANDOM + 1];

	if (unit != NULL && unit[0] != '\0' && (pid != NULL ?
	    is_our_pid(pid) : getppid() == 1))
		log_tell(LOG_OF_SESSION, span_of(unit));
	else if (secret_random_hex(made, SESSION_RANDOM) == 0)
		log_tell(LOG_OF_SESSION, span_of(made));
}

/* solopop-check names a mistake in the settings wherever its output goes. */
static bool
asks_for_check(char **argv)
{
	while (*argv != NULL && strcmp(*argv, "--check") != 0)
		argv++;
	return *argv != NULL;
}

int
main(int argc, char **argv)
{
	struct options o;
	int wrong, status, ucspi[3];

	if (argc == 2 && strcmp(argv[1], FRONT_WORD) == 0 &&
	    fd_is_socket(CHANNEL_FD))
		front_main(NULL);
	if (fd_open_standard() == -1 || take_listen_fd() == -1)
		return EX_OSERR;
	if (keep_ucspi(ucspi) == -1)
		return EX_OSERR;
	signals_start();
	wrong = options_parse(&o, argc, argv);
	(void)log_open(o.ident, o.log_facility, o.log, own_stderr());
	name_session();
	if (wrong != 0 && asks_for_check(argv))
		status = explain(argv);
	else if (wrong != 0)
		status = refuse(&o, REPLY_MISCONFIGURED, o.error, EX_USAGE);
	else
		status = run_mode(&o, argv, ucspi);
	options_free(&o);
	return status;
}
