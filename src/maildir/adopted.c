#include "maildir/adopted.h"

#include "base/fd.h"
#include "base/replace.h"
#include "maildir/name.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ten million messages; more is no list of mail. */
#define FILE_MAX ((size_t)1024 * 1024 * 1024)

#define CHUNK 65536

#define SOURCE_LINE "#source="

void
adopted_init(struct adopted *a)
{
	*a = (struct adopted){ .n = 0 };
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
	*row = (struct adopted_row){ span_of(blank + 1), line };
	return 0;
}

static int
compare_names(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

static int
compare(const void *pa, const void *pb)
{
	const struct adopted_row *a = pa, *b = pb;

	return compare_names(a->unique, b->unique);
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
		if (strncmp(line, SOURCE_LINE, strlen(SOURCE_LINE)) == 0 &&
		    span_is_graph(span_of(line)))
			a->source = line + strlen(SOURCE_LINE);
		else if (take_line(&a->v[a->n], line) == 0)
			a->n++;
	}
	sort(a);
	return 0;
}

int
adopted_parse(struct adopted *a, char *text)
{
	*a = (struct adopted){ .text = text };
	if (parse(a) == 0)
		return 0;
	adopted_free(a);
	return -1;
}

int
adopted_read(struct adopted *a, const struct maildir *md)
{
	char *text;
	size_t len;

	adopted_init(a);
	text = maildir_read_own(md, md->top, ADOPTED_FILE, FILE_MAX, &len);
	return text != NULL ? adopted_parse(a, text) : -1;
}

/* The first row whose name is not before this one. */
static size_t
first_row(const struct adopted *a, struct span unique)
{
	size_t low = 0, high = a->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_names(unique, a->v[middle].unique) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *
adopted_find(const struct adopted *a, struct span unique)
{
	size_t i = first_row(a, unique);

	return i < a->n && compare_names(unique, a->v[i].unique) == 0 ?
	    a->v[i].uidl : NULL;
}

/* Rows with fields behind a bare name stand together; the bare name may not. */
const char *
adopted_find_bare(const struct adopted *a, struct span bare)
{
	const char *found = adopted_find(a, bare);
	char fields[NAME_MAX + 2];
	struct span row;
	size_t i;

	if (a->n == 0 || bare.len == 0 || span_copy(fields, sizeof fields - 1, bare) == -1)
		return NULL;
	memcpy(fields + bare.len, ",", 2);
	for (i = first_row(a, span_of(fields)); i < a->n; i++) {
		row = a->v[i].unique;
		if (row.len <= bare.len ||
		    memcmp(row.p, fields, bare.len + 1) != 0)
			break;
		if (name_bare(row).len != bare.len)
			continue;
		if (found != NULL)
			return NULL;
		found = a->v[i].uidl;
	}
	return found;
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
put_name(struct writer *w, struct span name)
{
	static const char hex[] = "0123456789ABCDEF";
	char coded[3] = { '%' };
	size_t i;

	for (i = 0; i < name.len; i++) {
		if (ascii_graph(name.p[i]) && name.p[i] != '%') {
			put(w, name.p + i, 1);
			continue;
		}
		coded[1] = hex[(unsigned char)name.p[i] >> 4];
		coded[2] = hex[(unsigned char)name.p[i] & 15];
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

/* Both in order; of two rows for one name the last one counts. */
static void
put_merged(struct writer *w, const struct adopted *old,
    const struct adopted_row *rows, size_t n)
{
	size_t i = 0, j = 0;
	int c;

	while (i < old->n || j < n) {
		c = i == old->n ? 1 : j == n ? -1 :
		    compare(&old->v[i], &rows[j]);
		if (c < 0)
			put_row(w, &old->v[i]);
		else if (c > 0 && (j + 1 == n ||
		    compare(&rows[j], &rows[j + 1]) != 0))
			put_row(w, &rows[j]);
		i += c <= 0;
		j += c > 0;
	}
}

static void
put_source(struct writer *w, const char *source)
{
	if (source == NULL)
		return;
	put(w, SOURCE_LINE, strlen(SOURCE_LINE));
	put(w, source, strlen(source));
	put(w, "\n", 1);
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
	put_source(w, old->source);
	put_merged(w, old, rows, n);
	drain(w);
	failed = w->failed;
	free(w);
	return failed ? -1 : 0;
}

static int
replace(int top, const struct adopted *old, const struct adopted_row *rows,
    size_t n)
{
	struct replace r;

	if (replace_begin(&r, top, ADOPTED_FILE) == -1)
		return -1;
	if (write_file(r.fd, old, rows, n) == 0)
		return replace_commit(&r, top) == 0 ? fsync(top) : -1;
	replace_drop(&r, top);
	return -1;
}

/* Of rows for one name the last counts, so equal ones keep their order. */
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
		if (rows[i].unique.len > 0 &&
		    name_is_uidl(span_of(rows[i].uidl)))
			places[(*kept)++].row = &rows[i];
	qsort(places, *kept, sizeof *places, compare_places);
	for (i = 0; i < *kept; i++)
		sorted[i] = *places[i].row;
	free(places);
	return sorted;
}

int
adopted_add(const struct maildir *md, const struct adopted_row *rows,
    size_t n, const char *source)
{
	struct adopted_row *sorted;
	struct adopted old;
	int r = -1;

	if (adopted_read(&old, md) == -1) {
		if (errno != ENOENT)
			return -1;
		old.source = source;
	}
	if ((sorted = sort_rows(rows, n, &n)) != NULL)
		r = replace(md->top, &old, sorted, n);
	free(sorted);
	adopted_free(&old);
	return r;
}
