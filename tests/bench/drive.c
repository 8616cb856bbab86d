/*
 * The client of the bench: one session with one server, every byte of it
 * checked, and what the server's processes have used for it.
 *
 *	drive [option]... WORK [-- SERVER [argument]...]
 *
 * WORK is banner, login, poll, retr, dele or last (DELE of the last message).
 * SERVER gets a TCP connection as 0, 1 and 2, as from inetd; without one we
 * connect to a port.
 *
 *	-p PORT		on 127.0.0.1
 *	-r DIR		the server's root directory
 *	-c FILE		a control group's account of CPU time, added to the rest
 *	-m FILE		what the mailbox holds (struct sum each)
 *	-u USER -w PASSWORD
 *	-n COUNT	messages to retrieve or delete [all]
 *	-W WINDOW	commands on their way [1]
 *	-t MS		time between the commands of the login [0]
 *	-o		messages may come in any order
 *	-e		the server's standard error is ours
 *	-H		say "ready" before QUIT, and wait for standard input
 *
 * Prints one line: CPU us, wall us, us from PASS to its answer, page faults,
 * largest resident set in KB, octets received, us of the whole transfer; or
 * "wrong" and why.
 */
#define _GNU_SOURCE
#include "sum.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 280		/* seconds for all of it */

static int sock = -1;
static char buffer[256 * 1024];
static size_t from, have;
static uint64_t received;

static const struct sum *sums;
static size_t messages;

static const char *user = "bench", *password = "", *account;
static size_t count = SIZE_MAX, window = 1;
static long pause_ms;
static pid_t server = -1;
static int64_t pass_us, transfer_us;
static int own_stderr, any_order;

static void wrong(const char *, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void
wrong(const char *fmt, ...)
{
	va_list ap;

	(void)printf("wrong ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	(void)fflush(stdout);
	if (server != -1) {
		(void)close(sock);
		(void)usleep(50000);
		(void)kill(server, SIGTERM);
	}
	_exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the connection ------------------------------------------------------ */

static void
connect_to(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	if ((sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(sock, (struct sockaddr *)&sin, sizeof sin) == -1)
		wrong("connect: %s", strerror(errno));
	(void)setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int
connect_pair(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sin;
	int far, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(listener, (struct sockaddr *)&sin, len) == -1 ||
	    listen(listener, 1) == -1 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) == -1)
		wrong("listen: %s", strerror(errno));
	connect_to(ntohs(sin.sin_port));
	far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	(void)close(listener);
	return far;
}

/* What tcpserver and couriertcpd tell; inetd's servers do not mind. */
static char *environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PROTO=TCP",
	"TCPLOCALIP=127.0.0.1", "TCPLOCALPORT=110", "TCPLOCALHOST=localhost",
	"TCPREMOTEIP=127.0.0.1", "TCPREMOTEPORT=40000",
	"TCPREMOTEHOST=localhost", "AUTHMODULES=authdaemon", "PORT=110",
	"POP3AUTH=", "POP3AUTH_ORIG=", "MAILDIRPATH=Maildir", NULL
};

static void
start(const char *root, char **argv)
{
	int far = connect_pair(), i;

	if ((server = vfork()) == 0) {
		for (i = 0; i < 3 - own_stderr; i++)
			if (dup2(far, i) == -1)
				_exit(126);
		if ((root != NULL && chroot(root) == -1) || chdir("/") == -1)
			_exit(126);
		(void)execve(argv[0], argv, environment);
		_exit(127);
	}
	(void)close(far);
}

static size_t
more(void)
{
	ssize_t n;

	if (from == have)
		from = have = 0;
	if (have == sizeof buffer) {
		memmove(buffer, buffer + from, have -= from);
		from = 0;
		if (have == sizeof buffer)
			wrong("a line without end");
	}
	do
		n = recv(sock, buffer + have, sizeof buffer - have, 0);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		wrong("the server has hung up (%s)",
		    n == 0 ? "end" : strerror(errno));
	have += (size_t)n;
	received += (uint64_t)n;
	return (size_t)n;
}

/* A line, with a NUL instead of its end; good until the next call. */
static char *
line(void)
{
	size_t seen = from;
	char *s, *nl;

	while ((nl = memchr(buffer + seen, '\n', have - seen)) == NULL) {
		seen = have - from;
		(void)more();
		seen += from;
	}
	s = buffer + from;
	from = (size_t)(nl + 1 - buffer);
	if (nl == s || nl[-1] != '\r')
		wrong("a line ends without CR");
	nl[-1] = '\0';
	return s;
}

static char *
ok(const char *what)
{
	char *s = line();

	if (strncmp(s, "+OK", 3) != 0)
		wrong("%s: %.100s", what, s);
	return s;
}

static void
say(const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (send(sock, text, (size_t)n, MSG_NOSIGNAL) != n)
		wrong("send: %s", strerror(errno));
}

/* ---- what is asked for --------------------------------------------------- */

static void
think(void)
{
	if (pause_ms > 0)
		(void)usleep((useconds_t)pause_ms * 1000);
}

static void
login(void)
{
	int64_t began;

	think();
	say("USER %s\r\n", user);
	(void)ok("USER");
	think();
	began = now_us();
	say("PASS %s\r\n", password);
	(void)ok("PASS");
	pass_us = now_us() - began;
}

static void
stat_box(void)
{
	unsigned long long n, octets;
	uint64_t all = 0;
	size_t i;
	char *s;

	say("STAT\r\n");
	s = ok("STAT");
	for (i = 0; i < messages; i++)
		all += sums[i].octets;
	if (sscanf(s, "+OK %llu %llu", &n, &octets) != 2 ||
	    (sums != NULL && (n != messages || octets != all)))
		wrong("STAT: %.60s, wanted %zu %ju", s, messages,
		    (uintmax_t)all);
}

static int
is_end(const char *s)
{
	return s[0] == '.' && s[1] == '\0';
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
list_box(void)
{
	uint64_t *told = calloc(2 * messages + 1, sizeof *told);
	uint64_t *true_ones = told + messages;
	char *s, *end;
	size_t i, at, bad = 0;

	say("LIST\r\n");
	(void)ok("LIST");
	for (i = 0; !is_end(s = line()); i++) {
		if (i >= messages || strtoul(s, &end, 10) != i + 1)
			wrong("LIST: %.60s", s);
		told[i] = strtoull(end, &end, 10);
		true_ones[i] = sums[i].octets;
		bad += *end != '\0';
	}
	if (any_order) {
		qsort(told, i, sizeof *told, by_value);
		qsort(true_ones, i, sizeof *told, by_value);
	}
	for (at = 0; at < i; at++)
		bad += told[at] != true_ones[at];
	free(told);
	if (i != messages || bad > 0)
		wrong("LIST: %zu of %zu messages, %zu wrong sizes", i,
		    messages, bad);
}

/* Every UIDL but once: an open table of hashes tells. */
static void
uidl_box(void)
{
	size_t slots = 1, at, i;
	uint64_t *seen;
	struct hash h;
	uint64_t key;
	char *s, *end;

	while (slots < 4 * messages + 4)
		slots *= 2;
	if ((seen = calloc(slots, sizeof *seen)) == NULL)
		wrong("no memory");
	say("UIDL\r\n");
	(void)ok("UIDL");
	for (i = 0; !is_end(s = line()); i++) {
		if (i >= messages || strtoul(s, &end, 10) != i + 1 ||
		    *end != ' ' || end[1] == '\0' || strlen(end + 1) > 70)
			wrong("UIDL: %.60s", s);
		hash_start(&h);
		hash_add(&h, end + 1, strlen(end + 1));
		key = hash_end(&h) | 1;
		for (at = key & (slots - 1); seen[at] != 0;
		    at = (at + 1) & (slots - 1))
			if (seen[at] == key)
				wrong("UIDL twice: %.60s", s);
		seen[at] = key;
	}
	if (i != messages)
		wrong("UIDL: %zu of %zu messages", i, messages);
	free(seen);
}

static void
take_message(size_t idx)
{
	uint64_t left = sums[idx].wire;
	struct hash h;
	size_t n;

	(void)ok("RETR");
	hash_start(&h);
	while (left > 0) {
		if (from == have)
			(void)more();
		n = have - from < left ? have - from : (size_t)left;
		hash_add(&h, buffer + from, n);
		from += n;
		left -= n;
	}
	if (hash_end(&h) != sums[idx].hash)
		wrong("RETR %zu: other bytes", idx + 1);
	if (!is_end(line()))
		wrong("RETR %zu: longer", idx + 1);
}

/* Not the one we expect, but one of them. */
static void
take_another(size_t idx)
{
	struct hash h;
	uint64_t got;
	size_t i;
	char *s;

	(void)ok("RETR");
	hash_start(&h);
	while (!is_end(s = line())) {
		hash_add(&h, s, strlen(s));
		hash_add(&h, "\r\n", 2);
	}
	got = hash_end(&h);
	for (i = 0; i < messages && sums[i].hash != got; i++)
		continue;
	if (i == messages)
		wrong("RETR %zu: other bytes", idx + 1);
}

static void
take_ok(size_t idx)
{
	(void)idx;
	(void)ok("DELE");
}

/* Commands go out in bunches, so that at most a window is on its way. */
static void
each(const char *verb, void (*take)(size_t))
{
	char text[16384];
	size_t asked = 0, done, len, n = count < messages ? count : messages;

	for (done = 0; done < n; done++) {
		if (asked < n && asked - done <= window / 2) {
			for (len = 0; asked < n && asked - done < window &&
			    len < sizeof text - 64; asked++)
				len += (size_t)sprintf(text + len,
				    "%s %zu\r\n", verb, asked + 1);
			if (send(sock, text, len, MSG_NOSIGNAL) !=
			    (ssize_t)len)
				wrong("send: %s", strerror(errno));
		}
		take(done);
	}
}

static void
work(const char *what)
{
	int64_t began;

	(void)ok("banner");
	if (strcmp(what, "banner") == 0)
		return;
	login();
	began = now_us();
	if (strcmp(what, "retr") == 0)
		each("RETR", any_order ? take_another : take_message);
	else if (strcmp(what, "dele") == 0)
		each("DELE", take_ok);
	else
		stat_box();
	if (strcmp(what, "poll") == 0) {
		list_box();
		uidl_box();
	} else if (strcmp(what, "last") == 0) {
		say("DELE %zu\r\n", messages);
		(void)ok("DELE");
	}
	transfer_us = now_us() - began;
}

static void
finish(int hold)
{
	char c;

	if (hold) {
		(void)puts("ready");
		(void)fflush(stdout);
		(void)!read(STDIN_FILENO, &c, 1);
	}
	say("QUIT\r\n");
	(void)ok("QUIT");
}

/* ---- what it has cost ---------------------------------------------------- */

static uint64_t
read_account(void)
{
	char text[256], *s;
	ssize_t n;
	int fd;

	if (account == NULL)
		return 0;
	if ((fd = open(account, O_RDONLY | O_CLOEXEC)) == -1 ||
	    (n = read(fd, text, sizeof text - 1)) <= 0)
		wrong("%s: %s", account, strerror(errno));
	(void)close(fd);
	text[n] = '\0';
	if ((s = strstr(text, "usage_usec ")) != NULL)
		return strtoull(s + 11, NULL, 10);
	return strtoull(text, NULL, 10) / 1000;		/* nanoseconds */
}

/* A daemon still tidies up when its client has gone. */
static uint64_t
settled_account(void)
{
	uint64_t last = read_account(), next;
	int still = 0, tries;

	for (tries = 0; account != NULL && still < 5 && tries < 400; tries++) {
		(void)usleep(5000);
		next = read_account();
		still = next == last ? still + 1 : 0;
		last = next;
	}
	return last;
}

static void
wait_for_end(void)
{
	ssize_t n;

	while ((n = recv(sock, buffer, sizeof buffer, 0)) > 0)
		wrong("something behind the answer to QUIT");
	(void)close(sock);
	while (server != -1 && (waitpid(-1, NULL, 0) != -1 || errno == EINTR))
		continue;
}

static int64_t
us_of(const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;
}

static void
load(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &st) == -1)
		err(2, "%s", path);
	messages = (size_t)st.st_size / sizeof *sums;
	if (messages == 0)
		return;
	sums = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (sums == MAP_FAILED)
		err(2, "%s", path);
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	const char *root = NULL;
	uint16_t port = 0;
	uint64_t before;
	int64_t began, wall;
	struct rusage ru;
	int ch, hold = 0;

	while ((ch = getopt(argc, argv, "+p:r:c:m:u:w:n:W:t:eoH")) != -1)
		switch (ch) {
		case 'p': port = (uint16_t)strtoul(optarg, NULL, 10); break;
		case 'r': root = optarg; break;
		case 'c': account = optarg; break;
		case 'm': load(optarg); break;
		case 'u': user = optarg; break;
		case 'w': password = optarg; break;
		case 'n': count = strtoul(optarg, NULL, 10); break;
		case 'W': window = strtoul(optarg, NULL, 10); break;
		case 't': pause_ms = strtol(optarg, NULL, 10); break;
		case 'o': any_order = 1; break;
		case 'e': own_stderr = 1; break;
		case 'H': hold = 1; break;
		default: return 2;
		}
	argv += optind;
	if (argv[0] == NULL || (port == 0 && argv[1] == NULL))
		errx(2, "see the head of drive.c");
	(void)alarm(PATIENCE);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	before = read_account();
	began = now_us();
	if (port != 0)
		connect_to(port);
	else
		start(root, argv[1][0] == '-' ? argv + 2 : argv + 1);
	work(argv[0]);
	finish(hold);
	wall = now_us() - began;
	wait_for_end();
	(void)getrusage(RUSAGE_CHILDREN, &ru);
	(void)printf("%jd %jd %jd %ld %ld %ju %jd\n", (intmax_t)(
	    us_of(&ru.ru_utime) + us_of(&ru.ru_stime)) +
	    (intmax_t)(settled_account() - before), (intmax_t)wall,
	    (intmax_t)pass_us, ru.ru_minflt, ru.ru_maxrss, (uintmax_t)received,
	    (intmax_t)transfer_us);
	return 0;
}
