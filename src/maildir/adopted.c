#include "maildir/adopted.h"

#include "base/fd.h"
#include "maildir/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAFT_FILE "solopop.uidl.new"

/* Ten million messages; more is no list of mail. */
#define FILE_MAX ((size_t)1024 * 1024 * 1024)

#define CHUNK 65536

void
adopted_init(struct adopted *a)
{
	*a = (struct adopted){ NULL, 0, NULL };
}

void
adopted_free(struct adopted *a)
{
	free(a->v);
	free(a->text);
	adopted_init(a);
}

static int
hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo %XX in place.  -1 for what no name can be. */
static int
decode(char *s)
{
	char *to = s;
	int high, low;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if ((high = hex_value(s[1])) == -1 ||
		    (low = hex_value(s[2])) == -1 || high + low == 0)
			return -1;
		*to++ = (char)(high * 16 + low);
		s += 2;
	}
	*to = '\0';
	return 0;
}

static int
take_line(struct adopted_row *row, char *line)
{
	char *blank = strchr(line, ' ');

	if (blank == NULL)
		return -1;
	*blank = '\0';
	if (!name_is_uidl(span_of(line)) || decode(blank + 1) == -1)
		return -1;
	*row = (struct adopted_row){ blank + 1, line };
	return 0;
}

static int
compare(const void *pa, const void *pb)
{
	const struct adopted_row *a = pa, *b = pb;

	return strcmp(a->unique, b->unique);
}

/* We write them in order, so there is seldom anything to do. */
static void
sort(struct adopted *a)
{
	size_t i;

	for (i = 1; i < a->n; i++)
		if (compare(&a->v[i - 1], &a->v[i]) > 0)
			break;
	if (i < a->n)
		qsort(a->v, a->n, sizeof a->v[0], compare);
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* @audit lines are cut at their LF, in place; a NUL ends the text early. */
static int
parse(struct adopted *a)
{
	char *line = a->text, *end;

	if ((end = strchr(line, '\n')) == NULL ||
	    (size_t)(end - line) != strlen(ADOPTED_FIRST_LINE) ||
	    memcmp(line, ADOPTED_FIRST_LINE, strlen(ADOPTED_FIRST_LINE)) != 0) {
		errno = EBADMSG;
		return -1;
	}
	if ((a->v = calloc(count_lines(end), sizeof a->v[0])) == NULL)
		return -1;
	for (line = end + 1; (end = strchr(line, '\n')) != NULL;
	    line = end + 1) {
		*end = '\0';
		if (take_line(&a->v[a->n], line) == 0)
			a->n++;
	}
	sort(a);
	return 0;
}

int
adopted_parse(struct adopted *a, char *text)
{
	*a = (struct adopted){ NULL, 0, text };
	if (parse(a) == 0)
		return 0;
	adopted_free(a);
	return -1;
}

int
adopted_read(struct adopted *a, int top)
{
	char *text;
	size_t len;
	int fd;

	adopted_init(a);
	fd = openat(top, ADOPTED_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ELOOP)
			errno = EPERM;
		return -1;
	}
	text = fd_read_all(fd, FILE_MAX, &len);
	fd_close(&fd);
	return text != NULL ? adopted_parse(a, text) : -1;
}

static int
compare_name(struct span unique, const char *name)
{
	int c = strncmp(unique.p, name, unique.len);

	return c != 0 ? c : name[unique.len] == '\0' ? 0 : -1;
}

const char *
adopted_find(const struct adopted *a, struct span unique)
{
	size_t low = 0, high = a->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_name(unique, a->v[middle].unique) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < a->n && compare_name(unique, a->v[low].unique) == 0 ?
	    a->v[low].uidl : NULL;
}

/* Gathers what is written. */
struct writer {
	int fd;
	bool failed;
	size_t len;
	char bytes[CHUNK];
};

static void
drain(struct writer *w)
{
	if (!w->failed && fd_write_all(w->fd, w->bytes, w->len) == -1)
		w->failed = true;
	w->len = 0;
}

static void
put(struct writer *w, const char *text, size_t len)
{
	if (len > sizeof w->bytes - w->len)
		drain(w);
	memcpy(w->bytes + w->len, text, len);
	w->len += len;
}

static void
put_name(struct writer *w, const char *name)
{
	static const char hex[] = "0123456789ABCDEF";
	char coded[3] = { '%' };

	for (; *name != '\0'; name++) {
		if (ascii_graph(*name) && *name != '%') {
			put(w, name, 1);
			continue;
		}
		coded[1] = hex[(unsigned char)*name >> 4];
		coded[2] = hex[(unsigned char)*name & 15];
		put(w, coded, sizeof coded);
	}
}

static void
put_row(struct writer *w, const struct adopted_row *row)
{
	put(w, row->uidl, strlen(row->uidl));
	put(w, " ", 1);
	put_name(w, row->unique);
	put(w, "\n", 1);
}

/* Both in order; of two rows for one name the old one counts. */
static void
put_merged(struct writer *w, const struct adopted *old,
    const struct adopted_row *rows, size_t n)
{
	size_t i = 0, j = 0;

	while (i < old->n || j < n) {
		if (j < n && ((j > 0 && compare(&rows[j - 1], &rows[j]) == 0) ||
		    (i < old->n && compare(&old->v[i], &rows[j]) == 0)))
			j++;
		else if (j == n || (i < old->n &&
		    compare(&old->v[i], &rows[j]) < 0))
			put_row(w, &old->v[i++]);
		else
			put_row(w, &rows[j++]);
	}
}

static int
write_file(int fd, const struct adopted *old, const struct adopted_row *rows,
    size_t n)
{
	struct writer *w;
	bool failed;

	if ((w = calloc(1, sizeof *w)) == NULL)
		return -1;
	w->fd = fd;
	put(w, ADOPTED_FIRST_LINE "\n", strlen(ADOPTED_FIRST_LINE) + 1);
	put_merged(w, old, rows, n);
	drain(w);
	failed = w->failed;
	free(w);
	return failed ? -1 : fsync(fd);
}

static int
replace(int top, const struct adopted *old, const struct adopted_row *rows,
    size_t n)
{
	int fd, r;

	(void)unlinkat(top, DRAFT_FILE, 0);
	fd = openat(top, DRAFT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	r = write_file(fd, old, rows, n);
	fd_close(&fd);
	if (r == 0)
		r = renameat(top, DRAFT_FILE, top, ADOPTED_FILE);
	if (r == 0)
		return fsync(top);
	r = errno;
	(void)unlinkat(top, DRAFT_FILE, 0);
	errno = r;
	return -1;
}

/* Of rows for one name the first counts, so equal ones keep their order. */
struct place {
	const struct adopted_row *row;
};

static int
compare_places(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;
	int c = compare(a->row, b->row);

	return c != 0 ? c : a->row < b->row ? -1 : a->row > b->row;
}

/* The lawful ones, in order, in memory of their own. */
static struct adopted_row *
sort_rows(const struct adopted_row *rows, size_t n, size_t *kept)
{
	struct place *places;
	struct adopted_row *sorted;
	size_t i;

	*kept = 0;
	places = calloc(n + 1, sizeof *places);
	sorted = calloc(n + 1, sizeof *sorted);
	if (places == NULL || sorted == NULL) {
		free(places);
		free(sorted);
		return NULL;
	}
	for (i = 0; i < n; i++)
		if (rows[i].unique[0] != '\0' &&
		    name_is_uidl(span_of(rows[i].uidl)))
			places[(*kept)++].row = &rows[i];
	qsort(places, *kept, sizeof *places, compare_places);
	for (i = 0; i < *kept; i++)
		sorted[i] = *places[i].row;
	free(places);
	return sorted;
}

int
adopted_add(int top, const struct adopted_row *rows, size_t n)
{
	struct adopted_row *sorted;
	struct adopted old;
	int r = -1;

	if (adopted_read(&old, top) == -1 && errno != ENOENT)
		return -1;
	if ((sorted = sort_rows(rows, n, &n)) != NULL)
		r = replace(top, &old, sorted, n);
	free(sorted);
	adopted_free(&old);
	return r;
}
