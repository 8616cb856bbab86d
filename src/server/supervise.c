#include "server/roles.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "confine/account.h"
#include "confine/privilege.h"
#include "server/child.h"
#include "server/pending.h"
#include "server/program.h"
#include "server/refuse.h"
#include "settings/place.h"
#include "session/start.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Where the programs are if they are not beside each other. */
#define SOLOPOP_PROGRAM SBINDIR "/solopop"

/* After so many ms a session is one that lasts; most are over by then. */
#define SHORT_SESSION 100

/* A front that has not ended so many ms after its own deadline is ended. */
#define FRONT_GRACE 3000

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
	bool hangs;		/* ... or not been heard of for too long */
	int64_t lean_after;	/* ms of silence; 0: for ever */
};

/*
 * A front that begins before PAM or a secret was in our memory may share that
 * memory.  It keeps the client, its end of the channel and nothing else: no
 * descriptor that syslog or a superserver left open.
 */
static pid_t
fork_front(struct monitor *m, const sigset_t *outside, int channel)
{
	int *kept[] = { &m->client->in, &m->client->out, &channel };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	release_signals(outside);
	if (fd_keep(kept, 3) == -1)
		_exit(1);
	front_main(&m->conf->pop3);
}

/* Any other one begins as a program, with empty memory. */
static pid_t
start_front(const struct monitor *m, int channel)
{
	const int fds[] = { m->client->in, m->client->out, channel };
	char path[PATH_MAX];
	struct program p;

	program_init(&p, program_find(path, NULL, SOLOPOP_PROGRAM));
	program_word(&p, FRONT_WORD);
	return program_start(&p, fds, 3);
}

/* Secrets are read behind the first fork. */
static int
tell_front(struct monitor *m, int channel, bool forked)
{
	struct front f;

	if (!m->prepared && monitor_prepare(m) == -1)
		return -1;
	m->prepared = true;
	monitor_describe(m, &f);
	if (!forked &&
	    fields_send(channel, &pop3_conf_fields, &m->conf->pop3) == -1)
		return -1;
	return fields_send(channel, &front_fields, &f);
}

static int
begin_front(struct monitor *m, const sigset_t *outside, struct child *child)
{
	bool forked = !m->login.touched;
	int ends[2];

	child->ended = false;
	monitor_hear(m, child->role);
	if (channel_pair(ends) == -1)
		return -1;
	child->pid = forked ? fork_front(m, outside, ends[1]) :
	    start_front(m, ends[1]);
	fd_close(&ends[1]);
	child->channel = ends[0];
	return child->pid == -1 ? -1 : tell_front(m, ends[0], forked);
}

/*
 * Whatever it still does, it is not needed any more.  A process that is on its
 * way out keeps its own status, so after the channel's end SIGKILL as the cause
 * is not ours.
 */
static int
end(struct child *child)
{
	int status;

	if (child->pid != -1)
		(void)kill(child->pid, SIGKILL);
	fd_close(&child->channel);
	if (child->pid == -1)
		return -1;
	if (child->hangs) {
		child_leave(child->name, child->pid);
		status = -1;
	} else
		status = child_wait(child->name, child->pid, !child->ended);
	child->pid = -1;
	return status;
}

/* Is there a message (or an end) to be read?  No: too late, or a signal. */
static bool
wait_message(int fd, int64_t deadline, const sigset_t *outside)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct timespec left, *timeout = NULL;
	int64_t ms;
	int n;

	if (deadline != WAIT_FOR_EVER) {
		ms = deadline - clock_ms();
		if (ms < 0)
			ms = 0;
		left.tv_sec = (time_t)(ms / 1000);
		left.tv_nsec = (long)(ms % 1000) * 1000000;
		timeout = &left;
	}
	do
		n = ppoll(&pfd, 1, timeout, outside);
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

/* While nothing happens, do without the memory that we have had to use. */
static bool
wait_child(struct child *child, int64_t deadline, const sigset_t *outside)
{
	int64_t soon = clock_ms() + child->lean_after;

	if (child->lean_after != 0 && soon < deadline) {
		if (wait_message(child->channel, soon, outside) || stopped)
			return !stopped;
		child->lean_after = 0;
		memory_give_back();
	}
	return wait_message(child->channel, deadline, outside);
}

/* Before it answers the login, the user's process must be heard of. */
static int64_t
silence_ends(const struct monitor *m, int64_t deadline)
{
	int64_t limit = m->heard + m->conf->storage_time;

	return m->phase != USER_RUNS || m->answered || deadline < limit ?
	    deadline : limit;
}

/* Answer messages while the phase is one of these. */
static void
serve(struct monitor *m, struct child *child, int phases,
    int64_t deadline, const sigset_t *outside)
{
	struct monmsg message;

	monmsg_start(&message, 0);
	while (((int)m->phase & phases) && !stopped) {
		if (!wait_child(child, silence_ends(m, deadline), outside)) {
			child->hangs = m->phase == USER_RUNS &&
			    !m->answered && !stopped;
			break;
		}
		if (receive(child, &message) == -1)
			break;
		m->heard = clock_ms();
		if (monitor_answer(m, &message) == -1)
			break;
		if (message.len > 0 &&
		    channel_send(child->channel, &message) == -1)
			break;
	}
	monmsg_wipe(&message);
}

/*
 * The storage hangs, and the client waits.  After SIGKILL the process sends no
 * answer of its own, unless it has said so before.
 */
static void
answer_for(struct monitor *m, struct child *child, const sigset_t *outside)
{
	struct monmsg message;

	(void)kill(child->pid, SIGKILL);
	while (!m->answered &&
	    wait_message(child->channel, clock_ms(), outside) &&
	    receive(child, &message) == 0 && monitor_answer(m, &message) == 0)
		continue;
	log_line(LOG_FAULT, "%s: %s has hung for %jd seconds (storage-timeout) "
	    "and is ended", m->login.whole, child->name,
	    (intmax_t)m->conf->storage_time / 1000);
	if (m->answered)
		return;
	refuse_client(m->client->out, &m->conf->pop3, m->language,
	    REPLY_NOT_NOW);
	m->answered = true;
}

/* After a login it has nothing more to say, and its end can wait a little. */
static void
run_front(struct monitor *m, const sigset_t *outside, struct child *front)
{
	const struct server_conf *conf = m->conf;

	if (begin_front(m, outside, front) == -1)
		log_line(LOG_FAULT, "cannot start the front: %s",
		    strerror(errno));
	else
		serve(m, front, PROXY_TELLS | FRONT_ASKS | HANDING_OVER |
		    TURNED_AWAY | BEFORE_TLS, m->login_deadline + conf->failure_delay +
		    FRONT_GRACE, outside);
	if (m->phase != USER_RUNS)
		(void)end(front);
}

/*
 * Only its log lines are answered; it ends when it has done.  IMPORT_REFUSES:
 * the client is answered.
 */
static enum import_end
run_import(struct monitor *m, const sigset_t *outside)
{
	struct child import = { .name = "solopop-import",
	    .role = "import", .pid = -1, .channel = -1 };
	enum import_end result;
	enum reply reply;

	if (!import_is_there(m))
		return import_end(m, -1, &reply);
	monitor_hear(m, import.role);
	m->heard = clock_ms();
	if ((import.pid = import_start(m, &import.channel)) == -1)
		log_line(LOG_FAULT, "cannot start %s: %s",
		    m->conf->intake.program, strerror(errno));
	else
		serve(m, &import, USER_RUNS, WAIT_FOR_EVER, outside);
	if (import.hangs) {
		answer_for(m, &import, outside);
		(void)end(&import);
		return IMPORT_REFUSES;
	}
	result = import_end(m, end(&import), &reply);
	if (result == IMPORT_REFUSES && !stopped)
		refuse_client(m->client->out, &m->conf->pop3, m->language,
		    reply);
	return result;
}

/* What a session does about mail that waits. */
enum look { LOOK_NOT, LOOK_FOR_MAIL, LOOK_DRAINED };

static int
describe_session(const struct monitor *m, enum look look, struct start *s)
{
	const struct login *l = &m->login;

	*s = (struct start){ .monitor = m->pid, .uid = l->user.uid,
	    .gid = l->user.gid, .no_sandbox = m->conf->no_sandbox,
	    .memory = m->conf->session_memory, .peer = m->client->peer,
	    .tls = m->tls_active, .tls_offered = m->tls_offered,
	    .tls_named = m->conf->tls.cert != NULL, .secrets = l->secrets,
	    .looks = look == LOOK_FOR_MAIL,
	    .must_be_drained = look == LOOK_DRAINED };
	(void)span_copy(s->user, sizeof s->user, span_of(l->whole));
	if (login_maildir(l, s->maildir) == -1)
		return -1;
	(void)span_copy(s->path, sizeof s->path, span_of(s->maildir));
	import_sources(m, &s->waiting);
	if (place_find(&s->place, m->conf, &l->user, s->maildir) == -1)
		return -1;
	return user_enter_folder(s->path, l->folder);
}

static int
begin_session(const struct monitor *m, const char *path, enum look look,
    struct child *child)
{
	struct start s;
	struct program p;
	int ends[2], fds[3];

	if (describe_session(m, look, &s) == -1 || channel_pair(ends) == -1)
		return -1;
	program_init(&p, path);
	p.uid = s.uid;
	p.gid = s.gid;
	fds[0] = m->client->in;
	fds[1] = m->client->out;
	fds[2] = ends[1];
	child->pid = program_start(&p, fds, 3);
	fd_close(&ends[1]);
	child->channel = ends[0];
	return child->pid == -1 ? -1 :
	    start_send(child->channel, &m->conf->pop3, &s, &m->unread);
}

/* False: mail waits, and the client has heard nothing. */
static bool
run_session(struct monitor *m, const sigset_t *outside, enum look look,
    struct child *front)
{
	struct child session = { .name = "the session",
	    .role = "session", .pid = -1, .channel = -1 };
	char found[PATH_MAX];
	const char *path = program_find(found, SESSION_NAME,
	    SESSION_PROGRAM);
	int status = -1;

	monitor_hear(m, session.role);
	m->heard = clock_ms();
	if (begin_session(m, path, look, &session) == -1) {
		log_line(LOG_FAULT, "cannot start %s for %s: %s", path,
		    m->login.whole, strerror(errno));
		refuse_client(m->client->out, &m->conf->pop3, m->language,
		    REPLY_NOT_NOW);
		(void)end(&session);
	}
	(void)end(front);
	session.lean_after = SHORT_SESSION;
	if (session.pid != -1)
		serve(m, &session, USER_RUNS | ALL_DONE, WAIT_FOR_EVER,
		    outside);
	if (session.hangs)
		answer_for(m, &session, outside);
	if (look == LOOK_FOR_MAIL && session.ended && !m->answered)
		status = end(&session);
	if (status == SESSION_MAIL_WAITS)
		return false;
	monitor_leave_client(m);
	(void)end(&session);
	return true;
}

/* A second session begins where the first one found mail to be brought in. */
static void
serve_user(struct monitor *m, const sigset_t *outside, struct child *front)
{
	enum import_need need = import_need(m);
	enum import_end result = IMPORT_ENDED;

	if (need == IMPORT_IF_WAITING && run_session(m, outside,
	    LOOK_FOR_MAIL, front))
		return;
	if (need != IMPORT_NEVER) {
		(void)end(front);
		result = run_import(m, outside);
	}
	if (result != IMPORT_REFUSES && !stopped)
		(void)run_session(m, outside, result == IMPORT_UNKNOWN ?
		    LOOK_DRAINED : LOOK_NOT, front);
}

/* Here, and not in the front: PAM will look into the same files. */
static void
find_front_account(struct monitor *m)
{
	if (account_find(m->conf->front_user, &m->front_uid,
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
	if (m->phase == USER_RUNS && !stopped)
		serve_user(m, &outside, &front);
	(void)end(&front);
	monitor_free(m);
	monitor_end_tls(m, stopped);
}
