#include "server/roles.h"

#include "base/clock.h"
#include "base/fd.h"
#include "io/channel.h"
#include "server/child.h"
#include "server/pending.h"
#include "confine/privilege.h"

#include <sys/select.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A front that has not ended so many ms after its own deadline is ended. */
#define FRONT_GRACE 10000

/*
 * Signals are let in only while we wait for a message, so that PAM is never
 * interrupted and its session always closed.
 */
static volatile sig_atomic_t stopped;

static const int stoppers[] = { SIGTERM, SIGHUP, SIGINT };

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* Block, and catch with this handler; *outside is the mask as it was. */
static void
hold_signals(sigset_t *outside)
{
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t block;
	size_t i;

	(void)sigemptyset(&block);
	(void)sigemptyset(&act.sa_mask);
	for (i = 0; i < sizeof stoppers / sizeof stoppers[0]; i++) {
		(void)sigaction(stoppers[i], &act, NULL);
		(void)sigaddset(&block, stoppers[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &block, outside);
}

static void
release_signals(const sigset_t *outside)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	size_t i;

	(void)sigemptyset(&act.sa_mask);
	for (i = 0; i < sizeof stoppers / sizeof stoppers[0]; i++)
		(void)sigaction(stoppers[i], &act, NULL);
	(void)sigprocmask(SIG_SETMASK, outside, NULL);
}

struct child {
	const char *name;
	const char *role;	/* before its lines in the log */
	pid_t pid;		/* -1: none */
	int channel;
	bool ended;		/* it has closed the channel, as its end does */
};

/*
 * A child keeps the client, its end of the channel and nothing else: no
 * descriptor that PAM or syslog opened in the monitor.
 */
static int
start(struct monitor *m, const sigset_t *outside,
    void (*role)(const struct monitor *, int), struct child *child)
{
	int ends[2], *kept[3];

	child->pid = child->channel = -1;
	child->ended = false;
	monitor_hear(m, child->role);
	if (channel_pair(ends) == -1)
		return -1;
	if ((child->pid = fork()) == 0) {
		release_signals(outside);
		kept[0] = &m->client->in;
		kept[1] = &m->client->out;
		kept[2] = &ends[1];
		if (fd_keep(kept, 3) == -1)
			_exit(1);
		role(m, ends[1]);
	}
	fd_close(&ends[1]);
	child->channel = ends[0];
	return child->pid == -1 ? -1 : 0;
}

/*
 * Whatever it still does, it is not needed any more.  A process that is on its
 * way out keeps its own status, so after the channel's end SIGKILL as the cause
 * is not ours.
 */
static void
end(struct child *child)
{
	if (child->pid != -1)
		(void)kill(child->pid, SIGKILL);
	fd_close(&child->channel);
	if (child->pid == -1)
		return;
	child_wait(child->name, child->pid, !child->ended);
	child->pid = -1;
}

/* Is there a message (or an end) to be read?  No: too late, or a signal. */
static bool
wait_message(int fd, int64_t deadline, const sigset_t *outside)
{
	struct timespec left, *timeout = NULL;
	int64_t ms;
	fd_set set;
	int n;

	if (deadline != WAIT_FOR_EVER) {
		ms = deadline - clock_ms();
		if (ms < 0)
			ms = 0;
		left.tv_sec = (time_t)(ms / 1000);
		left.tv_nsec = (long)(ms % 1000) * 1000000;
		timeout = &left;
	}
	FD_ZERO(&set);
	FD_SET(fd, &set);
	do
		n = pselect(fd + 1, &set, NULL, NULL, timeout, outside);
	while (n == -1 && errno == EINTR && !stopped);
	return n == 1;
}

static int
receive(struct child *child, struct monmsg *message)
{
	if (channel_receive(child->channel, message) == 0)
		return 0;
	child->ended = errno == EPIPE;
	if (errno == EBADMSG)
		log_line(LOG_FAULT, "unlawful message of %s: empty, or too "
		    "long", child->name);
	return -1;
}

/* Answer messages while the phase is one of these. */
static void
serve(struct monitor *m, struct child *child, int phases,
    int64_t deadline, const sigset_t *outside)
{
	struct monmsg message;

	monmsg_start(&message, 0);
	while (((int)m->phase & phases) && !stopped) {
		if (!wait_message(child->channel, deadline, outside) ||
		    receive(child, &message) == -1 ||
		    monitor_answer(m, &message) == -1)
			break;
		if (message.len > 0 &&
		    channel_send(child->channel, &message) == -1)
			break;
	}
	monmsg_wipe(&message);
}

/* After a login it has nothing more to say, and its end can wait a little. */
static void
run_front(struct monitor *m, const sigset_t *outside, struct child *front)
{
	const struct server_conf *conf = m->conf;

	if (start(m, outside, front_main, front) == -1)
		log_line(LOG_FAULT, "cannot start the front: %s",
		    strerror(errno));
	else
		serve(m, front, PROXY_TELLS | FRONT_ASKS | HANDING_OVER |
		    TURNED_AWAY, m->login_deadline + conf->failure_delay +
		    FRONT_GRACE, outside);
	if (m->phase != USER_RUNS)
		end(front);
}

/* Only its log lines are answered; it ends when it has done. */
static void
run_import(struct monitor *m, const sigset_t *outside)
{
	struct child import = { .name = "solopop-import",
	    .role = "import" };

	if (start(m, outside, import_main, &import) == -1)
		log_line(LOG_FAULT, "cannot start %s: %s",
		    m->conf->intake.program, strerror(errno));
	else
		serve(m, &import, USER_RUNS, WAIT_FOR_EVER, outside);
	end(&import);
}

/* With our copies gone, the client sees its end when the session closes. */
static void
run_session(struct monitor *m, const sigset_t *outside, struct child *front)
{
	struct child session = { .name = "the session",
	    .role = "session" };

	if (start(m, outside, session_main, &session) == -1)
		log_line(LOG_FAULT, "cannot start a session: %s",
		    strerror(errno));
	end(front);
	monitor_leave_client(m);
	if (session.pid != -1)
		serve(m, &session, USER_RUNS | ALL_DONE, WAIT_FOR_EVER,
		    outside);
	end(&session);
}

/* Here, and not in the front: PAM will look into the same files. */
static void
find_front_account(struct monitor *m)
{
	if (privilege_front_account(m->conf->front_user, &m->front_uid,
	    &m->front_gid) == NULL)
		m->front_error = errno;
}

void
supervise_run(struct monitor *m)
{
	struct child front = { .name = "the front", .role = "front",
	    .pid = -1, .channel = -1 };
	sigset_t outside;

	if (m->conf->no_sandbox)
		log_line(LOG_WARN, "--no-sandbox: the kernel confines nobody");
	find_front_account(m);
	hold_signals(&outside);
	do {
		if (m->phase == BEFORE_TLS && monitor_begin_tls(m) == -1)
			break;
		run_front(m, &outside, &front);
	} while (m->phase == BEFORE_TLS && !stopped);
	if (m->phase == USER_RUNS && !stopped && import_is_due(m)) {
		end(&front);
		run_import(m, &outside);
	}
	if (m->phase == USER_RUNS && !stopped)
		run_session(m, &outside, &front);
	end(&front);
	monitor_free(m);
	monitor_end_tls(m, stopped);
}
