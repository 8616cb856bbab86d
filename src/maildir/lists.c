#include "maildir/lists.h"

#include "base/num.h"
#include "maildir/name.h"
#include "maildir/uidformat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX ((size_t)1024 * 1024 * 1024)

/* Another server's list as we would write it: see adopted.h. */
struct text {
	char *p;
	size_t len, cap;
};

struct reader {
	const struct source *source;
	struct list_facts *facts;
	struct text text;
	uint64_t validity;
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
static bool
courier_head(struct reader *r, struct span line)
{
	(void)r;
	return line.len > 2 && line.p[0] == '/' &&
	    (line.p[1] == '2' || line.p[1] == '3') && line.p[2] == ' ';
}

static int
courier_row(struct reader *r, struct span line)
{
	return courier_line(&r->text, line);
}

/*
 * Dovecot's: "3 V<validity> N<next> ..." and lines "uid [fields] :file"; version 1
 * is "1 validity next" and "uid file".
 */
static bool
dovecot_head(struct reader *r, struct span line)
{
	struct span word, version;

	if (!span_word(&line, &version) ||
	    (!span_is(version, "1") && !span_is(version, "3")))
		return false;
	while (span_word(&line, &word)) {
		if (span_is(version, "3") && !take_char(&word, 'V'))
			continue;
		return take_number(&word, &r->validity) == 0;
	}
	return false;
}

/* What a line of Dovecot's list says of a message. */
struct dovecot_mail {
	uint64_t uid;
	struct span guid, saved, file;
	bool has_saved;		/* P: an id of its own; the name if it is empty */
};

/*
 * Only its POP3 server writes W, a size with CRLFs, and O, an order; what Dovecot
 * delivers has the W in its name.
 */
static void
take_field(struct reader *r, struct dovecot_mail *m, struct span field)
{
	switch (field.p[0]) {
	case 'G':
		m->guid = (struct span){ field.p + 1, field.len - 1 };
		break;
	case 'P':
		m->saved = (struct span){ field.p + 1, field.len - 1 };
		m->has_saved = true;
		r->facts->had_pop3 = true;
		break;
	case 'O':
	case 'W':
		r->facts->had_pop3 = true;
		break;
	default:
		break;
	}
}

static int
parse_dovecot(struct reader *r, struct dovecot_mail *m, struct span line)
{
	struct span word;

	*m = (struct dovecot_mail){ .uid = 0 };
	if (!span_word(&line, &word) || take_number(&word, &m->uid) == -1 ||
	    word.len > 0)
		return -1;
	while (take_char(&line, ' ')) {
		if (take_char(&line, ':')) {
			m->file = line;
			return 0;
		}
		if (line.len == 0 || !ascii_graph(line.p[0]))
			return -1;
		if (ascii_digit(line.p[0])) {	/* version 1 has no fields */
			m->file = line;
			return 0;
		}
		(void)span_word(&line, &word);
		take_field(r, m, word);
	}
	return -1;
}

static int
dovecot_row(struct reader *r, struct span line)
{
	char uidl[NAME_UIDL_MAX + 1];
	struct name_sizes sizes;
	struct dovecot_mail m;
	struct span name;
	int fits;

	if (parse_dovecot(r, &m, line) == -1)
		return 0;
	name = without_info(m.file);
	(void)name_split(name, &sizes);
	if (sizes.octets != NAME_SILENT)
		r->facts->had_pop3 = true;
	if (m.has_saved)
		fits = span_copy(uidl, sizeof uidl,
		    m.saved.len > 0 ? m.saved : name);
	else
		fits = uidformat_print(uidl, sizeof uidl, r->source->detail,
		    &(struct uidformat_values){ m.uid, r->validity,
		    m.guid.len > 0 ? m.guid : name, name });
	return fits == 0 ? add_row(&r->text, uidl, m.file) : 0;
}

/* Ours, with or without its first line. */
static bool
ids_head(struct reader *r, struct span line)
{
	return add(&r->text, line) == 0 && add(&r->text, span_of("\n")) == 0;
}

static int
ids_row(struct reader *r, struct span line)
{
	return ids_head(r, line) ? 0 : -1;
}

static const struct list {
	const char *file;	/* NULL: the source names it */
	bool (*head)(struct reader *r, struct span line);
	int (*row)(struct reader *r, struct span line);
} lists[] = {
	[SOURCE_COURIER] = { "courierpop3dsizelist", courier_head,
	    courier_row },
	[SOURCE_DOVECOT] = { "dovecot-uidlist", dovecot_head, dovecot_row },
	[SOURCE_IDS_FILE] = { NULL, ids_head, ids_row },
};

static int
translate(struct reader *r, const struct list *l, struct span in)
{
	struct span line;

	if (add(&r->text, span_of(ADOPTED_FIRST_LINE "\n")) == -1)
		return -1;
	if (!span_line(&in, &line) || !l->head(r, line))
		return 0;
	while (span_line(&in, &line))
		if (l->row(r, line) == -1)
			return -1;
	return 0;
}

const char *
lists_file(const struct source *s)
{
	switch (s->kind) {
	case SOURCE_COURIER:
	case SOURCE_DOVECOT:
		return lists[s->kind].file;
	case SOURCE_IDS_FILE:
		return s->detail;
	case SOURCE_AUTO:
	case SOURCE_NAME:
	case SOURCE_NAME_MD5:
	case SOURCE_UW:
	case SOURCE_X_UIDL:
	default:
		return NULL;
	}
}

int
lists_changed(const struct maildir *md, const struct source *s,
    struct timespec *changed)
{
	const char *file = lists_file(s);
	struct stat st;

	if (file == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (fstatat(md->top, file, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	*changed = st.st_mtim;
	return 0;
}

int
lists_read(struct adopted *a, struct maildir *md, const struct source *s,
    struct list_facts *facts)
{
	struct reader r = { .source = s, .facts = facts };
	const char *file = lists_file(s);
	size_t len;
	char *in;
	int done;

	*facts = (struct list_facts){ false, { 0, 0 } };
	in = file != NULL && lists_changed(md, s, &facts->changed) == 0 ?
	    maildir_read_own(md, md->top, file, LIST_MAX, &len) : NULL;
	if (in == NULL)
		return errno == ENOENT ? -1 : maildir_fail(md, "%s", file);
	done = translate(&r, &lists[s->kind], (struct span){ in, len });
	free(in);
	if (done == -1) {
		free(r.text.p);
		return -1;
	}
	return adopted_parse(a, r.text.p);
}
