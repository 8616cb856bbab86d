#include "base/journal.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_SYSLOG "/run/systemd/journal/dev-log"

bool
journal_is_there(void)
{
	char path[PATH_MAX];
	struct stat st;

	return realpath("/dev/log", path) != NULL &&
	    strcmp(path, JOURNAL_SYSLOG) == 0 &&
	    stat(JOURNAL_SOCKET, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
journal_open(void)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX,
	    .sun_path = JOURNAL_SOCKET };
	int fd;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
journal_send(int fd, const char *fields, size_t len)
{
	return send(fd, fields, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}
