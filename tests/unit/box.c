#include "box.h"

#include "base/fd.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOBODY 65534

static char top[] = "/tmp/solopop-box.XXXXXX";

const char *
box_top(void)
{
	return top;
}

const char *
box_path(char path[BOX_PATH_MAX], const char *name)
{
	(void)snprintf(path, BOX_PATH_MAX, "%s/%s", top, name);
	return path;
}

int
box_set_up(void **state)
{
	static const char *const dirs[] = { "new", "cur", "tmp" };
	char path[BOX_PATH_MAX];
	size_t i;

	(void)state;
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	if (mkdtemp(top) == NULL)
		return -1;
	for (i = 0; i < COUNT(dirs); i++)
		if (mkdir(box_path(path, dirs[i]), 0700) == -1)
			return -1;
	return 0;
}

/* A test may have left a directory that is not to be written to. */
static void
remove_tree(const char *path)
{
	char inner[2 * BOX_PATH_MAX];
	struct dirent *entry;
	DIR *d;

	(void)chmod(path, 0700);
	if ((d = opendir(path)) != NULL) {
		while ((entry = readdir(d)) != NULL) {
			if (strcmp(entry->d_name, ".") == 0 ||
			    strcmp(entry->d_name, "..") == 0)
				continue;
			(void)snprintf(inner, sizeof inner, "%s/%s", path,
			    entry->d_name);
			if (unlink(inner) == -1)
				remove_tree(inner);
		}
		(void)closedir(d);
	}
	(void)rmdir(path);
}

bool
box_tells_kinds(void)
{
	bool tells = false;
#ifdef HAVE_STRUCT_DIRENT_D_TYPE
	char path[BOX_PATH_MAX];
	DIR *dir = opendir(box_path(path, "."));
	struct dirent *entry;

	assert_non_null(dir);
	if ((entry = readdir(dir)) != NULL)
		tells = entry->d_type != DT_UNKNOWN;
	(void)closedir(dir);
#endif
	return tells;
}

void
box_be_nobody(void)
{
	static const char *const dirs[] = { ".", "new", "cur", "tmp" };
	char path[BOX_PATH_MAX];
	size_t i;

	if (geteuid() != 0)
		return;
	for (i = 0; i < COUNT(dirs); i++)
		if (box_has(dirs[i]))
			assert_int_equal(chown(box_path(path, dirs[i]),
			    NOBODY, NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
}

int
box_tear_down(void **state)
{
	(void)state;
	if (geteuid() != getuid() && seteuid(getuid()) == -1)
		return -1;
	remove_tree(top);
	return access(top, F_OK) == -1 ? 0 : -1;
}

void
box_put(const char *name, struct span bytes)
{
	char path[BOX_PATH_MAX];
	int fd = open(box_path(path, name), O_WRONLY | O_CREAT | O_TRUNC,
	    0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fd_write_all(fd, bytes.p, bytes.len), 0);
	assert_int_equal(close(fd), 0);
}

void
box_move(const char *from, const char *to)
{
	char a[BOX_PATH_MAX], b[BOX_PATH_MAX];

	assert_int_equal(rename(box_path(a, from), box_path(b, to)), 0);
}

void
box_remove(const char *name)
{
	char path[BOX_PATH_MAX];

	assert_int_equal(unlink(box_path(path, name)), 0);
}

bool
box_has(const char *name)
{
	char path[BOX_PATH_MAX];
	struct stat st;

	return lstat(box_path(path, name), &st) == 0;
}

void
box_expect(const char *name, const char *text)
{
	char path[BOX_PATH_MAX], got[1024] = "";
	int fd = open(box_path(path, name), O_RDONLY);

	assert_int_not_equal(fd, -1);
	assert_true(read(fd, got, sizeof got - 1) >= 0);
	assert_string_equal(got, text);
	(void)close(fd);
}
