#include "check/ports.h"

#include "base/num.h"

#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_OCTETS 64
#define STATE_LISTEN "0A"

/* These start solopop, or pass connections on to it. */
static const char *const friends[] = { "systemd", "init", "inetd", "xinetd",
    "tcpserver", "tcpsvd", "busybox", "s6-", "socat", "systemd-socket",
    "stunnel", "haproxy", "nginx", "hitch", "sslserver", "docker-proxy",
    "rootlessport", "conmon" };

static bool
is_friend(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof friends / sizeof friends[0]; i++)
		if (strncmp(name, friends[i], strlen(friends[i])) == 0)
			return true;
	return false;
}

/*
 * The inode of a socket that listens at port (4 upper-case hexadecimal
 * digits); 0 if there is none.  The columns are local address, remote address,
 * state, three more, uid, a count and the inode.
 */
static uint64_t
find_listener(const char *table, const char *port)
{
	struct span rest, word[10];
	uint64_t inode = 0;
	char line[512];
	size_t n;
	FILE *f;

	if ((f = fopen(table, "re")) == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		rest = span_of(line);
		for (n = 0; n < 10 && span_word(&rest, &word[n]); n++)
			;
		if (n == 10 && word[1].len > 5 &&
		    memcmp(word[1].p + word[1].len - 5, port, 5) == 0 &&
		    span_is(word[3], STATE_LISTEN) &&
		    num_u64(word[9], UINT64_MAX, &inode) == -1)
			inode = 0;
	}
	(void)fclose(f);
	return inode;
}

/* The name of the process at "/proc/PID/fd/N". */
static void
read_name(char name[NAME_MAX_OCTETS], const char *descriptor)
{
	size_t len = (size_t)(strstr(descriptor, "/fd/") - descriptor);
	char path[PATH_MAX];
	FILE *f;

	(void)snprintf(path, sizeof path, "%.*s/comm", (int)len, descriptor);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fgets(name, NAME_MAX_OCTETS, f) == NULL)
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	(void)fclose(f);
}

/*
 * The program that has this socket open; "" when it cannot be told, as an
 * ordinary user.  A superserver may share the socket with the programs that it
 * starts, so a friend is preferred.
 */
static void
find_program(char name[NAME_MAX_OCTETS], uint64_t inode)
{
	char wanted[64], target[64];
	size_t i;
	ssize_t n;
	glob_t g;

	name[0] = '\0';
	(void)snprintf(wanted, sizeof wanted, "socket:[%" PRIu64 "]", inode);
	if (glob("/proc/[0-9]*/fd/*", GLOB_NOSORT, NULL, &g) != 0)
		return;
	for (i = 0; i < g.gl_pathc && !is_friend(name); i++) {
		n = readlink(g.gl_pathv[i], target, sizeof target - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, wanted) == 0)
			read_name(name, g.gl_pathv[i]);
	}
	globfree(&g);
}

static void
check_port(struct report *r, const char *number, const char *hex)
{
	uint64_t inode = find_listener("/proc/net/tcp", hex);
	char name[NAME_MAX_OCTETS];

	if (inode == 0)
		inode = find_listener("/proc/net/tcp6", hex);
	if (inode == 0)
		return;
	find_program(name, inode);
	if (name[0] == '\0') {
		report_say(r, "port", "%s is in use; as root, --check names "
		    "the program", number);
	} else {
		report_say(r, "port", "%s is held by %s", number, name);
		if (!is_friend(name))
			report_fix(r, "stop %s before a superserver listens "
			    "there for solopop", name);
	}
}

void
ports_check(struct report *r)
{
	check_port(r, "110", ":006E");
	check_port(r, "995", ":03E3");
}
