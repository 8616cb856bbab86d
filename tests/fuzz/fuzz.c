#include "fuzz.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/solopop-fuzz.XXXXXX";
static pid_t owner;

_Noreturn void
fuzz_failed(const char *truth, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, truth);
	abort();
}

static void
remove_below(const char *path)
{
	struct dirent *entry;
	char inner[512];
	DIR *d;

	if ((d = opendir(path)) != NULL) {
		while ((entry = readdir(d)) != NULL) {
			if (strcmp(entry->d_name, ".") == 0 ||
			    strcmp(entry->d_name, "..") == 0)
				continue;
			(void)snprintf(inner, sizeof inner, "%s/%s", path,
			    entry->d_name);
			if (unlink(inner) == -1)
				remove_below(inner);
		}
		(void)closedir(d);
	}
	(void)rmdir(path);
}

static void
clean_up(void)
{
	if (getpid() == owner)
		remove_below(dir);
}

const char *
fuzz_dir(void)
{
	if (owner == 0) {
		CHECK(mkdtemp(dir) != NULL);
		owner = getpid();
		CHECK(atexit(clean_up) == 0);
	}
	return dir;
}

const char *
fuzz_path(char path[256], const char *name)
{
	(void)snprintf(path, 256, "%s/%s", fuzz_dir(), name);
	return path;
}

void
fuzz_write(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd != -1);
	CHECK(len == 0 || write(fd, bytes, len) == (ssize_t)len);
	CHECK(close(fd) == 0);
}

void
fuzz_take_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	CHECK(level <= LOG_TRACE && strlen(line) <= LOG_LINE_MAX);
	CHECK(strpbrk(line, "\r\n") == NULL);
	CHECK(strstr(line, "a command with") == NULL);
}
