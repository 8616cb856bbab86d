#include "server/tls.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "io/channel.h"
#include "io/wait.h"
#include "server/child.h"
#include "confine/privilege.h"
#include "server/program.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

void
tls_init(struct tls *t)
{
	*t = (struct tls){ .pid = 0, .alive = -1, .plain = -1 };
}

static bool
has_ucspi(const struct client *client)
{
	return client->ucspi_control > STDERR_FILENO;
}

const char *
tls_missing(const struct tls_conf *conf)
{
	if (conf->cert == NULL)
		return NULL;
	if (access(conf->cert, R_OK) == -1)
		return conf->cert;
	if (conf->key != NULL && access(conf->key, R_OK) == -1)
		return conf->key;
	return access(conf->program, X_OK) == -1 ? conf->program : NULL;
}

bool
tls_is_offered(const struct tls_conf *conf, const struct client *client)
{
	return has_ucspi(client) ||
	    (conf->cert != NULL && tls_missing(conf) == NULL);
}

static void
put_files(struct program *c, const struct tls_conf *conf)
{
	program_option(c, "--cert", conf->cert);
	program_option(c, "--key", conf->key);
	program_option(c, "--sni-dir", conf->sni_dir);
	program_option(c, "--ticket-file", conf->ticket_file);
}

static void
put_number(struct program *c, const char *name, int64_t n)
{
	program_word(c, name);
	program_number(c, n > 0 ? (uint64_t)n : 0);
}

static void
make_command(struct program *c, const struct server_conf *conf,
    int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	program_init(c, conf->tls.program);
	put_files(c, &conf->tls);
	if (privilege_is_root()) {
		program_option(c, "--user", conf->tls.user != NULL ?
		    conf->tls.user : conf->front_user);
		program_option(c, "--empty-dir", conf->empty_dir);
	}
	if (conf->no_sandbox)
		program_word(c, "--no-sandbox");
	program_option(c, "--log", log_target_word());
	program_option(c, "--log-facility", log_facility_word());
	program_option(c, "--log-session", log_session());
	put_number(c, "--monitor", getpid());
	put_number(c, "--handshake-time", left < conf->tls.handshake_time ?
	    left : conf->tls.handshake_time);
	put_number(c, "--patience", conf->pop3.idle_time);
}

/* The channel ends when the program does. */
static int
start_program(struct tls *t, const struct program *c,
    const struct client *client, int plain)
{
	int ends[2], fds[4];

	if (channel_pair(ends) == -1)
		return -1;
	fds[0] = client->in;
	fds[1] = client->out;
	fds[2] = plain;
	fds[3] = ends[1];
	t->pid = program_start(c, fds, 4);
	fd_close(&ends[1]);
	if (t->pid == -1) {
		fd_close(&ends[0]);
		t->pid = 0;
		return -1;
	}
	t->alive = ends[0];
	return 0;
}

static void
end_program(struct tls *t, int64_t deadline)
{
	bool late = wait_for(t->alive, POLLIN, deadline, NULL) == -1;

	fd_close(&t->alive);
	(void)kill(t->pid, SIGKILL);	/* it is not there any more, or late */
	(void)child_wait("solopop-tls", t->pid, late);
	t->pid = 0;
}

void
tls_end(struct tls *t, int64_t deadline)
{
	if (t->plain != -1)
		deadline = clock_ms();		/* it has not begun */
	fd_close(&t->plain);
	if (t->pid != 0)
		end_program(t, deadline);
}

/* It says so by a message; if it cannot serve, it ends. */
static int
wait_ready(const struct tls *t, int64_t deadline)
{
	struct monmsg m;

	return wait_for(t->alive, POLLIN, deadline, NULL) == -1 ? -1 :
	    channel_receive(t->alive, &m);
}

int
tls_start(struct tls *t, const struct server_conf *conf,
    const struct client *client, int64_t deadline)
{
	struct program c;
	int ends[2], r;

	if (has_ucspi(client))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	make_command(&c, conf, deadline);
	r = start_program(t, &c, client, ends[1]);
	fd_close(&ends[1]);
	t->plain = ends[0];
	if (r == 0)
		r = wait_ready(t, deadline);
	if (r == -1)
		tls_end(t, clock_ms());
	return r;
}

static int
replace_client(struct client *client, int *in, int *out)
{
	fd_close(&client->in);
	fd_close(&client->out);
	client->in = *in;
	client->out = *out;
	*in = *out = -1;
	return client->in == -1 || client->out == -1 ? -1 : 0;
}

/* It hears the client as soon as it knows who that is. */
static int
begin_program(struct tls *t, struct client *client)
{
	int copy, r;

	if (fields_send(t->alive, &peer_fields, &client->peer) == -1)
		return -1;
	copy = fd_copy(t->plain);
	r = replace_client(client, &t->plain, &copy);
	fd_close(&t->plain);
	fd_close(&copy);
	return r;
}

/* The superserver does it, when told to: 'y' on the one, then the other two. */
static int
begin_ucspi(struct client *client)
{
	if (fd_write_all(client->ucspi_control, "y", 1) == -1)
		return -1;
	fd_close(&client->ucspi_control);
	return replace_client(client, &client->ucspi_in, &client->ucspi_out);
}

int
tls_begin(struct tls *t, const struct server_conf *conf, struct client *client,
    int64_t deadline)
{
	if (has_ucspi(client))
		return begin_ucspi(client);
	if (t->pid == 0 && tls_start(t, conf, client, deadline) == -1)
		return -1;
	return begin_program(t, client);
}

static void
read_text(int fd, char *text, size_t cap)
{
	size_t len = 0;
	char waste[512];
	ssize_t n;

	do {
		if (len < cap - 1)
			n = read(fd, text + len, cap - 1 - len);
		else
			n = read(fd, waste, sizeof waste);
		if (n > 0 && len < cap - 1)
			len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	text[len] = '\0';
}

int
tls_check(const struct tls_conf *conf, char *text, size_t cap)
{
	struct program c;
	int ends[2], status;
	pid_t pid;

	text[0] = '\0';
	if (pipe(ends) == -1)
		return -1;
	program_init(&c, conf->program);
	put_files(&c, conf);
	program_word(&c, "--check");
	if ((pid = fork()) == 0) {
		if (dup2(ends[1], STDOUT_FILENO) != -1)
			program_become(&c, NULL, 0);
		_exit(PROGRAM_MISSING);
	}
	fd_close(&ends[1]);
	if (pid != -1)
		read_text(ends[0], text, cap);
	fd_close(&ends[0]);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
