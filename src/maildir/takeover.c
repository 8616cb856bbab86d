#include "maildir/takeover.h"

#include "base/num.h"
#include "maildir/adopted.h"
#include "maildir/name.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX ((size_t)1024 * 1024 * 1024)

/* So many bytes of a message are searched for its X-UIDL. */
#define HEADERS_MAX 65536

#define X_UIDL "X-UIDL:"

/* Another server's list as we would write it: see adopted.h. */
struct text {
	char *p;
	size_t len, cap;
};

static int
add(struct text *t, struct span s)
{
	size_t cap = t->cap == 0 ? 4096 : t->cap;
	char *grown;

	while (cap - t->len <= s.len)
		cap *= 2;
	if (t->p == NULL || cap != t->cap) {
		if ((grown = realloc(t->p, cap)) == NULL)
			return -1;
		t->p = grown;
		t->cap = cap;
	}
	if (s.len > 0)
		memcpy(t->p + t->len, s.p, s.len);
	t->len += s.len;
	t->p[t->len] = '\0';
	return 0;
}

/* The file name without its info, if it has one. */
static struct span
without_info(struct span file)
{
	char name[NAME_MAX + 1];

	if (span_copy(name, sizeof name, file) == 0)
		file.len = name_unique(name).len;
	return file;
}

/* A line of ours.  file is a name with or without info. */
static int
add_row(struct text *t, const char *uidl, struct span file)
{
	char coded[4];
	size_t i;

	file = without_info(file);
	if (add(t, span_of(uidl)) == -1 || add(t, span_of(" ")) == -1)
		return -1;
	for (i = 0; i < file.len; i++) {
		(void)snprintf(coded, sizeof coded, "%%%02X",
		    (unsigned char)file.p[i]);
		if (add(t, ascii_graph(file.p[i]) && file.p[i] != '%' ?
		    (struct span){ &file.p[i], 1 } : span_of(coded)) == -1)
			return -1;
	}
	return add(t, span_of("\n"));
}

/* Cut a number off the front of *s; what follows it stays. */
static int
take_number(struct span *s, uint64_t *n)
{
	size_t len = 0;

	while (len < s->len && ascii_digit(s->p[len]))
		len++;
	if (num_u64((struct span){ s->p, len }, UINT64_MAX, n) == -1)
		return -1;
	s->p += len;
	s->len -= len;
	return 0;
}

static bool
take_char(struct span *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

/* Where the last blank of a line is, or its length. */
static size_t
last_blank(struct span s)
{
	size_t i = s.len;

	while (i > 0 && s.p[i - 1] != ' ')
		i--;
	return i > 0 ? i - 1 : s.len;
}

/*
 * Courier's ids of its first generation are the file's name with what it found
 * odd as +XX.
 */
static void
name_for_courier(char uidl[512], struct span file)
{
	size_t i, n = 0;

	file = without_info(file);
	for (i = 0; i < file.len && n < 508; i++)
		if (!ascii_graph(file.p[i]) || strchr("'\"+", file.p[i]))
			n += (size_t)snprintf(uidl + n, 4, "+%02X",
			    (unsigned char)file.p[i]);
		else
			uidl[n++] = file.p[i];
	uidl[n] = '\0';
}

/* "file size n:validity[:utf8]"; the name may hold blanks. */
static int
courier_line(struct text *t, struct span line)
{
	struct span file = { line.p, last_blank(line) }, numbers;
	uint64_t n, validity;
	char uidl[512];

	if (file.len == line.len)
		return 0;
	numbers = (struct span){ line.p + file.len + 1,
	    line.len - file.len - 1 };
	file.len = last_blank(file);
	if (take_number(&numbers, &n) == -1 || !take_char(&numbers, ':') ||
	    take_number(&numbers, &validity) == -1)
		return 0;
	if (n == 0)
		name_for_courier(uidl, file);
	else if (validity == 0)
		(void)snprintf(uidl, sizeof uidl, "UID%" PRIu64, n);
	else
		(void)snprintf(uidl, sizeof uidl, "UID%" PRIu64 "-%" PRIu64, n,
		    validity);
	return add_row(t, uidl, file);
}

/* "/version next validity"; 2 and 3 are alike but for a field at the end. */
static int
courier_head(struct span line, uint64_t *unused)
{
	*unused = 0;
	return line.len > 2 && line.p[0] == '/' &&
	    (line.p[1] == '2' || line.p[1] == '3') && line.p[2] == ' ' ? 0 : -1;
}

static int
courier_row(struct text *t, struct span line, uint64_t unused)
{
	(void)unused;
	return courier_line(t, line);
}

/*
 * Dovecot's: "3 V<validity> N<next> ..." and lines "uid [fields] :file", where
 * a field P is an id it had taken over itself; version 1 is "1 validity next"
 * and "uid file".
 */
static int
dovecot_head(struct span line, uint64_t *validity)
{
	struct span word, version;

	if (!span_word(&line, &version) ||
	    (!span_is(version, "1") && !span_is(version, "3")))
		return -1;
	while (span_word(&line, &word)) {
		if (span_is(version, "3") && !take_char(&word, 'V'))
			continue;
		return take_number(&word, validity);
	}
	return -1;
}

/* The id by Dovecot's default format, %08Xu%08Xv, unless a field has it. */
static int
dovecot_row(struct text *t, struct span line, uint64_t validity)
{
	char uidl[NAME_UIDL_MAX + 1];
	struct span word;
	uint64_t uid;

	if (!span_word(&line, &word) || take_number(&word, &uid) == -1 ||
	    word.len > 0)
		return 0;
	(void)snprintf(uidl, sizeof uidl, "%08" PRIx64 "%08" PRIx64, uid,
	    validity);
	while (line.len > 0 && line.p[0] == ' ') {
		line.p++;
		line.len--;
		if (take_char(&line, ':'))
			return add_row(t, uidl, line);
		if (!ascii_graph(line.len > 0 ? line.p[0] : ' '))
			return 0;
		if (ascii_digit(line.p[0]))	/* version 1 has no fields */
			return add_row(t, uidl, line);
		(void)span_word(&line, &word);
		if (take_char(&word, 'P') &&
		    span_copy(uidl, sizeof uidl, word) == -1)
			return 0;
	}
	return 0;
}

static const struct list {
	const char *file;
	int (*head)(struct span line, uint64_t *validity);
	int (*row)(struct text *, struct span line, uint64_t validity);
} lists[] = {
	{ "courierpop3dsizelist", courier_head, courier_row },
	{ "dovecot-uidlist", dovecot_head, dovecot_row },
};

static bool
next_line(struct span *rest, struct span *line)
{
	const char *end;

	if (rest->len == 0 ||
	    (end = memchr(rest->p, '\n', rest->len)) == NULL)
		return false;
	*line = (struct span){ rest->p, (size_t)(end - rest->p) };
	rest->p += line->len + 1;
	rest->len -= line->len + 1;
	return true;
}

static int
translate(struct text *t, const struct list *l, struct span in)
{
	uint64_t validity;
	struct span line;

	if (add(t, span_of(ADOPTED_FIRST_LINE "\n")) == -1)
		return -1;
	if (!next_line(&in, &line) || l->head(line, &validity) == -1)
		return 0;
	while (next_line(&in, &line))
		if (l->row(t, line, validity) == -1)
			return -1;
	return 0;
}

/* -1 with ENOENT if that server was never here. */
static int
read_list(struct adopted *a, const struct list *l, struct maildir *md)
{
	struct text t = { NULL, 0, 0 };
	size_t len;
	char *in;
	int r;

	if ((in = maildir_read_own(md, md->top, l->file, LIST_MAX,
	    &len)) == NULL)
		return -1;
	r = translate(&t, l, (struct span){ in, len });
	free(in);
	if (r == -1) {
		free(t.p);
		return -1;
	}
	return adopted_parse(a, t.p);
}

static int
set_id(struct mails *list, struct mail *m, const char *uidl)
{
	m->unrecorded = true;
	return (m->uidl = mails_keep(list, uidl)) != NULL ? 0 : -1;
}

static int
set_ids(struct mails *list, const struct adopted *a)
{
	const char *uidl;
	struct mail *m;

	for (m = list->v; m < list->v + list->n; m++) {
		uidl = adopted_find(a, mail_unique(m));
		if (uidl != NULL && set_id(list, m, uidl) == -1)
			return -1;
	}
	return 0;
}

/* What other servers wrote down: 1 if one did. */
static int
from_lists(struct maildir *md, struct mails *list)
{
	struct adopted a;
	size_t i;
	int r;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		if (read_list(&a, &lists[i], md) == -1) {
			if (errno == ENOENT)
				continue;
			return maildir_fail(md, "%s", lists[i].file);
		}
		r = set_ids(list, &a);
		adopted_free(&a);
		return r == 0 ? 1 : -1;
	}
	return 0;
}

/* The value of a header field's line, or an empty span. */
static struct span
x_uidl_of(struct span line)
{
	struct span name = { line.p, strlen(X_UIDL) }, value = { NULL, 0 };

	if (line.len < name.len || !span_is(name, X_UIDL))
		return value;
	value = (struct span){ line.p + name.len, line.len - name.len };
	while (value.len > 0 && (value.p[0] == ' ' || value.p[0] == '\t')) {
		value.p++;
		value.len--;
	}
	while (value.len > 0 && !ascii_graph(value.p[value.len - 1]))
		value.len--;
	return value;
}

/* The first X-UIDL counts, as with qpopper. */
static bool
find_x_uidl(struct span headers, char uidl[NAME_UIDL_MAX + 1])
{
	struct span line, value;

	while (next_line(&headers, &line) && line.len > 0 &&
	    line.p[0] != '\r') {
		value = x_uidl_of(line);
		if (value.len > 0)
			return name_is_uidl(value) &&
			    span_copy(uidl, NAME_UIDL_MAX + 1, value) == 0;
	}
	return false;
}

/*
 * The next login may find what this one cannot read.  A message that is gone or
 * no file, may not be read, or is stored in a form that we cannot decode, has the
 * id that its name tells.
 */
static bool
is_trouble(int error)
{
	return !maildir_is_no_message(error) && !stored_is_hopeless(error) &&
	    error != EACCES && error != EPERM;
}

/* As much of its beginning as there is room for. */
static ssize_t
read_beginning(struct stored *s, char *chunk)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = stored_read(s, chunk + len, HEADERS_MAX - len);
		if (n == -1)
			return -1;
		len += (size_t)n;
	} while (n > 0 && len < HEADERS_MAX);
	return (ssize_t)len;
}

/* Whoever renames it meanwhile, open finds it. */
static ssize_t
read_headers(size_t idx, char *chunk, takeover_open_fn open, void *ctx)
{
	struct stored s;
	ssize_t n;

	if (open(ctx, idx, &s) == -1)
		return is_trouble(errno) ? -1 : 0;
	n = read_beginning(&s, chunk);
	stored_close(&s);
	return n == -1 && !is_trouble(errno) ? 0 : n;
}

static int
from_headers(struct maildir *md, struct mails *list, takeover_open_fn open,
    void *ctx)
{
	char uidl[NAME_UIDL_MAX + 1], *chunk;
	ssize_t n = 0;
	size_t i;
	int r = 0;

	if ((chunk = malloc(HEADERS_MAX)) == NULL)
		return -1;
	for (i = 0; i < list->n && r == 0; i++) {
		n = read_headers(i, chunk, open, ctx);
		if (n == -1)
			r = maildir_fail(md, "reading headers");
		else if (n > 0 && find_x_uidl((struct span){ chunk,
		    (size_t)n }, uidl))
			r = set_id(list, &list->v[i], uidl);
	}
	free(chunk);
	return r;
}

int
takeover_uidls(struct maildir *md, struct mails *list, enum takeover how,
    takeover_open_fn open, void *ctx)
{
	int r;

	if (how == TAKEOVER_NONE)
		return 0;
	if ((r = from_lists(md, list)) == -1)
		return -1;
	return r == 0 && how == TAKEOVER_HEADERS ?
	    from_headers(md, list, open, ctx) : 0;
}
