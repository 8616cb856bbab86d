#include "import/bulletin.h"

#include "base/fd.h"
#include "base/num.h"
#include "maildir/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERYBODY "ALL"

/* Nobody has read more; a directory with more is none of bulletins. */
#define BULLETINS_MAX 65536

#define CHUNK 65536

struct bulletin {
	uint32_t number;
	char *file;
};

struct bulletins {
	struct bulletin *v;
	size_t n, cap;
};

static void
free_list(struct bulletins *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->v[i].file);
	free(list->v);
}

static struct span
leading_digits(const char *s)
{
	struct span digits = { s, 0 };

	while (ascii_digit(s[digits.len]))
		digits.len++;
	return digits;
}

static int
add(struct bulletins *list, const char *file)
{
	struct bulletin *grown;
	uint32_t number;
	size_t cap;

	if (num_u32(leading_digits(file), UINT32_MAX, &number) == -1)
		return 0;
	if (list->n == list->cap) {
		cap = list->cap == 0 ? 64 : 2 * list->cap;
		if (cap > BULLETINS_MAX) {
			errno = EFBIG;
			return -1;
		}
		if ((grown = realloc(list->v, cap * sizeof *grown)) == NULL)
			return -1;
		list->v = grown;
		list->cap = cap;
	}
	list->v[list->n].number = number;
	if ((list->v[list->n].file = strdup(file)) == NULL)
		return -1;
	list->n++;
	return 0;
}

static int
compare(const void *pa, const void *pb)
{
	const struct bulletin *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->file, b->file);
}

static int
read_list(struct bulletins *list, int directory)
{
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		fd_close(&fd);
		return -1;
	}
	while (r == 0 && (errno = 0, (entry = readdir(dir)) != NULL))
		r = add(list, entry->d_name);
	if (r == 0 && errno != 0)
		r = -1;
	(void)closedir(dir);
	if (r == 0 && list->n > 0)
		qsort(list->v, list->n, sizeof list->v[0], compare);
	return r;
}

/* The number that a file of one line begins with; ENOENT if there is none. */
static int
read_number(int at, const char *path, int flags, uint32_t *number)
{
	char text[32];
	ssize_t n;
	int fd;

	fd = openat(at, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
	    flags);
	if (fd == -1)
		return -1;
	n = fd_read_at(fd, text, sizeof text - 1, 0, sizeof text);
	fd_close(&fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	if (num_u32(leading_digits(text), UINT32_MAX, number) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

/* Trouble that may pass, while what the file says still holds. */
static bool
is_trouble(int error)
{
	return error != ENOENT && error != ENOTDIR && error != ELOOP &&
	    error != EACCES && error != EPERM;
}

/*
 * The last number that the user has had.  Who has had none is spared all but
 * the latest few.  -1 when it cannot be told: better none today than all again.
 */
static int
last_seen(const struct maildir *md, const struct bulletin_conf *conf,
    const struct bulletins *list, uint32_t *number, bool *noted)
{
	size_t i;

	*noted = read_number(md->top, MARK_FILE, O_NOFOLLOW, number) == 0;
	if (*noted)
		return 0;
	if (is_trouble(errno))
		return -1;
	for (i = 0; i < 2; i++) {
		if (conf->marks[i] == NULL)
			continue;
		if (read_number(AT_FDCWD, conf->marks[i], 0, number) == 0)
			return 0;
		if (is_trouble(errno))
			return -1;
	}
	*number = list->n <= conf->max ? 0 :
	    list->v[list->n - conf->max - 1].number;
	return 0;
}

static int
note_seen(const struct maildir *md, uint32_t number)
{
	char text[NUM_DECIMAL_MAX + 1];
	size_t len = num_decimal(text, number);
	int fd, r;

	text[len++] = '\n';
	(void)unlinkat(md->top, MARK_DRAFT, 0);
	fd = openat(md->top, MARK_DRAFT, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	r = fd_write_all(fd, text, len);
	if (r == 0)
		r = fsync(fd);
	fd_close(&fd);
	return r == 0 ? renameat(md->top, MARK_DRAFT, md->top, MARK_FILE) : -1;
}

/* "number.group.rest": is it for somebody else? */
static bool
is_for_others(const struct bulletin_conf *conf, const char *file)
{
	char group[64];
	const char *from, *to;

	if (!conf->groups)
		return false;
	if ((from = strchr(file, '.')) == NULL ||
	    (to = strchr(++from, '.')) == NULL ||
	    span_copy(group, sizeof group,
	    (struct span){ from, (size_t)(to - from) }) == -1)
		return true;
	return strcmp(group, EVERYBODY) != 0 &&
	    !conf->is_member(conf->ctx, group);
}

/* Where the message begins: behind the From_ line, if there is one. */
static off_t
begin_of(const char *chunk, ssize_t n)
{
	const char *end;

	if (n < 5 || memcmp(chunk, "From ", 5) != 0)
		return 0;
	end = memchr(chunk, '\n', (size_t)n);
	return end != NULL ? end - chunk + 1 : 0;
}

static int
copy(int from, int to, char *chunk)
{
	ssize_t n, skip;
	off_t at = 0;

	while ((n = fd_read_at(from, chunk, CHUNK, at, at + CHUNK)) != 0) {
		if (n == -1)
			return -1;
		skip = at == 0 ? (ssize_t)begin_of(chunk, n) : 0;
		if (fd_write_all(to, chunk + skip, (size_t)(n - skip)) == -1)
			return -1;
		at += n;
	}
	return fsync(to);
}

/* -1 with EINVAL for what is no plain file. */
static int
open_bulletin(int directory, const char *file, struct stat *st)
{
	int fd;

	fd = openat(directory, file, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1) {
		fd_close(&fd);
	} else if (!S_ISREG(st->st_mode)) {
		fd_close(&fd);
		errno = EINVAL;
	}
	return fd;
}

/* Do not overwrite: an existing file with this name is this bulletin. */
static int
publish(struct maildir *md, const char *path, const char *name)
{
	struct stat st;
	int new = md->dir[MAILDIR_NEW];

	if (linkat(md->top, path, new, name, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
		return -1;
	/* A file system without links. */
	if (fstatat(new, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return renameat(md->top, path, new, name);
}

/*
 * By the way of tmp/, as maildir(5) has it.  The name is the bulletin's own, so
 * that one delivered just before a crash is not delivered again.
 */
static int
put(struct maildir *md, int from, const char *name)
{
	char path[NAME_MAX + 8];
	char *chunk;
	int to, r;

	(void)snprintf(path, sizeof path, "tmp/%s", name);
	(void)unlinkat(md->top, path, 0);
	to = openat(md->top, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (to == -1)
		return -1;
	r = -1;
	if ((chunk = malloc(CHUNK)) != NULL)
		r = copy(from, to, chunk);
	free(chunk);
	fd_close(&to);
	if (r == 0)
		r = publish(md, path, name);
	(void)unlinkat(md->top, path, 0);
	return r;
}

static int
deliver(struct maildir *md, int directory, const struct bulletin *b)
{
	char name[128];
	struct stat st;
	int from, r;

	if ((from = open_bulletin(directory, b->file, &st)) == -1)
		return -1;
	(void)snprintf(name, sizeof name, "%jd.B%" PRIu32 "I%jx.bulletin",
	    (intmax_t)(st.st_mtime > 0 ? st.st_mtime : 0), b->number,
	    (uintmax_t)st.st_ino);
	r = put(md, from, name);
	fd_close(&from);
	return r;
}

static int
deliver_new(struct maildir *md, const struct bulletin_conf *conf,
    int directory, const struct bulletins *list, uint32_t *n)
{
	uint32_t seen, last;
	bool noted;
	size_t i;

	if (last_seen(md, conf, list, &seen, &noted) == -1)
		return -1;
	last = seen;
	for (i = 0; i < list->n; i++) {
		if (list->v[i].number <= seen)
			continue;
		if (!is_for_others(conf, list->v[i].file)) {
			if (deliver(md, directory, &list->v[i]) == 0)
				(*n)++;
			else if (errno != EINVAL)
				return -1;
		}
		last = list->v[i].number;
	}
	return last != seen || !noted ? note_seen(md, last) : 0;
}

int
bulletin_deliver(struct maildir *md, const struct bulletin_conf *conf,
    uint32_t *n)
{
	struct bulletins list = { NULL, 0, 0 };
	int directory, r;

	*n = 0;
	directory = open(conf->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory == -1)
		return maildir_fail(md, "bulletins %s", conf->directory);
	if ((r = read_list(&list, directory)) == 0)
		r = deliver_new(md, conf, directory, &list, n);
	if (r == -1)
		(void)maildir_fail(md, "bulletins %s", conf->directory);
	free_list(&list);
	fd_close(&directory);
	return r;
}
