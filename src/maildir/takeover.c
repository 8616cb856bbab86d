#include "maildir/takeover.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/num.h"
#include "maildir/lists.h"
#include "maildir/name.h"
#include "maildir/sources.h"
#include "maildir/uidformat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many bytes of a message are searched for its headers. */
#define HEADERS_MAX 65536

/* A list is dead, because its server is gone, after so many seconds unchanged. */
#define LIST_ALIVE ((int64_t)30 * 24 * 3600)

/* --- Ids of rows ---------------------------------------------------------- */

static int
set_id(struct mails *list, struct mail *m, const char *uidl)
{
	m->unrecorded = true;
	return (m->uidl = mails_keep(list, uidl)) != NULL ? 0 : -1;
}

/* No client has seen an id of the message: no row and no index has one. */
static bool
is_unshown(const struct mail *m)
{
	return m->uidl == NULL && !m->known;
}

static bool
same_bare(const struct mail *a, const struct mail *b)
{
	struct span x = name_bare(mail_unique(a)), y = name_bare(mail_unique(b));

	return x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
}

const char *
takeover_find(const struct adopted *a, const struct mails *list, size_t i,
    bool *exact)
{
	const struct mail *m = &list->v[i];
	const char *uidl = adopted_find(a, mail_unique(m));

	*exact = uidl != NULL;
	if (uidl != NULL || (i > 0 && same_bare(m - 1, m)) ||
	    (i + 1 < list->n && same_bare(m, m + 1)))
		return uidl;
	return adopted_find_bare(a, name_bare(mail_unique(m)));
}

/* How many messages there are that a row fits. */
static size_t
count_fitting(const struct mails *list, const struct adopted *a)
{
	size_t i, n = 0;
	bool exact;

	for (i = 0; i < list->n; i++)
		if (takeover_find(a, list, i, &exact) != NULL)
			n++;
	return n;
}

static int
set_from_rows(struct mails *list, const struct adopted *a)
{
	const char *uidl;
	bool exact;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (is_unshown(&list->v[i]) && (uidl = takeover_find(a, list,
		    i, &exact)) != NULL &&
		    set_id(list, &list->v[i], uidl) == -1)
			return -1;
	return 0;
}

/* A list that is not there has no ids. */
static int
set_from_list(struct mails *list, struct maildir *md, const struct source *s)
{
	struct list_facts facts;
	struct adopted a;
	int r;

	if (lists_read(&a, md, s, &facts) == -1)
		return errno == ENOENT ? 0 : -1;
	r = set_from_rows(list, &a);
	adopted_free(&a);
	return r;
}

/* --- Ids of names --------------------------------------------------------- */

/* The usual id is of the name's bare part; a whole one need not be lawful. */
static int
set_from_names(struct mails *list, bool digest)
{
	char uidl[DIGEST_MD5_HEX + 1 + NAME_UIDL_MAX];
	struct span name;
	struct mail *m;

	for (m = list->v; m < list->v + list->n; m++) {
		name = mail_unique(m);
		if (!is_unshown(m) || (!digest && !name_is_uidl(name)))
			continue;
		if (digest)
			digest_md5(uidl, &name, 1);
		else
			(void)span_copy(uidl, sizeof uidl, name);
		if ((digest || m->bare < m->unique) &&
		    set_id(list, m, uidl) == -1)
			return -1;
	}
	return 0;
}

/* Whatever a list says of it later. */
static int
set_own(struct mails *list)
{
	char uidl[UIDL_MAX];
	struct mail *m;

	for (m = list->v; m < list->v + list->n; m++) {
		if (!is_unshown(m))
			continue;
		(void)mail_uidl(m, uidl);
		if (set_id(list, m, uidl) == -1)
			return -1;
	}
	return 0;
}

/* --- Ids of headers ------------------------------------------------------- */

/* The value of a header field's line, or an empty span; field ends in a colon. */
static struct span
value_of(struct span line, const char *field)
{
	struct span name = { line.p, strlen(field) }, value = { NULL, 0 };

	if (line.len < name.len || !span_is(name, field))
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

/* The value of the first such field, as with qpopper; an empty span without. */
static struct span
find_field(struct span headers, const char *field)
{
	struct span line, value = { NULL, 0 };

	while (value.len == 0 && span_line(&headers, &line) && line.len > 0 &&
	    line.p[0] != '\r')
		value = value_of(line, field);
	return value;
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

/* What the headers of all messages tell. */
struct told {
	const struct source *source;
	uint64_t validity;		/* of X-IMAPbase, 0: none yet */
	uint64_t *uids;			/* of X-UID, by message, 0: none */
};

static uint64_t
number_of(struct span value)
{
	struct span word;
	uint64_t n;

	return span_word(&value, &word) &&
	    num_u64(word, UINT32_MAX, &n) == 0 ? n : 0;
}

static int
hear(struct told *t, struct mails *list, size_t i, struct span headers)
{
	char uidl[NAME_UIDL_MAX + 1];
	struct span value;

	if (t->source->kind == SOURCE_X_UIDL) {
		value = find_field(headers, "X-UIDL:");
		return name_is_uidl(value) &&
		    span_copy(uidl, sizeof uidl, value) == 0 ?
		    set_id(list, &list->v[i], uidl) : 0;
	}
	t->uids[i] = number_of(find_field(headers, "X-UID:"));
	if (t->validity == 0)
		t->validity = number_of(find_field(headers, "X-IMAPbase:"));
	if (t->validity == 0)
		t->validity = number_of(find_field(headers, "X-IMAP:"));
	return 0;
}

static int
set_from_numbers(const struct told *t, struct mails *list)
{
	char uidl[NAME_UIDL_MAX + 1];
	struct mail *m;
	size_t i;

	for (i = 0; t->validity != 0 && i < list->n; i++) {
		m = &list->v[i];
		if (t->uids[i] != 0 && is_unshown(m) &&
		    uidformat_print(uidl, sizeof uidl, t->source->detail,
		    &(struct uidformat_values){ t->uids[i], t->validity,
		    mail_unique(m), mail_unique(m) }) == 0 &&
		    set_id(list, m, uidl) == -1)
			return -1;
	}
	return 0;
}

static int
hear_all(struct told *t, struct mails *list, struct maildir *md,
    const struct takeover *o, char *chunk)
{
	ssize_t n;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!is_unshown(&list->v[i]))
			continue;
		n = read_headers(i, chunk, o->open, o->ctx);
		if (n == -1)
			return maildir_fail(md, "reading headers");
		if (hear(t, list, i, (struct span){ chunk, (size_t)n }) == -1)
			return -1;
	}
	return set_from_numbers(t, list);
}

static int
set_from_headers(struct mails *list, struct maildir *md,
    const struct source *s, const struct takeover *o)
{
	struct told t = { s, 0, calloc(list->n + 1, sizeof *t.uids) };
	char *chunk = malloc(HEADERS_MAX);
	int r;

	r = t.uids != NULL && chunk != NULL ?
	    hear_all(&t, list, md, o, chunk) : -1;
	free(chunk);
	free(t.uids);
	return r;
}

/* --- Which source --------------------------------------------------------- */

/* What auto makes of a list, and tells the log if it is not taken. */
enum fit { FIT_NONE, FIT_NO_POP3, FIT_GOOD };

/*
 * Has Dovecot served this Maildir by IMAP alone?  Its POP3 server leaves traces in
 * the list.  Where Dovecot's index lies elsewhere, nothing can be told.
 */
static bool
is_imap_only(const struct maildir *md, const struct source *s,
    const struct list_facts *facts)
{
	struct stat st;

	return s->kind == SOURCE_DOVECOT && !facts->had_pop3 &&
	    (fstatat(md->top, "dovecot.index.log", &st, 0) == 0 ||
	    fstatat(md->top, "dovecot.index.cache", &st, 0) == 0);
}

static int
judge(enum fit *fit, const struct source *s, struct mails *list,
    struct maildir *md, struct list_facts *facts)
{
	struct adopted a;

	*fit = FIT_NONE;
	if (lists_read(&a, md, s, facts) == -1)
		return -1;
	if (count_fitting(list, &a) > 0)
		*fit = is_imap_only(md, s, facts) ? FIT_NO_POP3 : FIT_GOOD;
	adopted_free(&a);
	return 0;
}

static bool
is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
	    a->tv_nsec > b->tv_nsec;
}

/*
 * Replace auto by the list that was written last, of those with a row for any
 * message.  If no list fits, *s is unchanged.
 */
static int
choose(struct source *s, struct mails *list, struct maildir *md,
    struct takeover *o)
{
	static const char *const why[] = {
		[FIT_NONE] = "none of its rows fits a message",
		[FIT_NO_POP3] = "no POP3 server has written to it, so clients "
		    "know other ids (see adopt-uidls)",
	};
	struct timespec newest = { 0, 0 };
	struct sources both;
	struct list_facts facts;
	enum fit fit;
	char unused[8];
	size_t i;

	(void)sources_parse(&both, "courier,dovecot", unused, sizeof unused);
	for (i = 0; i < both.n; i++) {
		if (judge(&fit, &both.v[i], list, md, &facts) == -1) {
			if (errno == ENOENT)
				continue;
			return -1;
		}
		if (fit != FIT_GOOD)
			(void)snprintf(o->told, sizeof o->told, "%s is not "
			    "taken over: %s", lists_file(&both.v[i]), why[fit]);
		else if (s->kind == SOURCE_AUTO ||
		    is_newer(&facts.changed, &newest)) {
			*s = both.v[i];
			newest = facts.changed;
		}
	}
	return 0;
}

/* A list that is missing at the first session is not recorded as a source. */
static bool
is_there(const struct source *s, const struct maildir *md)
{
	struct timespec changed;

	return lists_file(s) == NULL || lists_changed(md, s, &changed) == 0 ||
	    errno != ENOENT;
}

/*
 * Replace auto by what it comes to, which may be nothing, and leave out lists that
 * are not there.
 */
static int
resolve(struct sources *out, const struct sources *in, struct mails *list,
    struct maildir *md, struct takeover *o)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < in->n; i++) {
		out->v[out->n] = in->v[i];
		if (in->v[i].kind == SOURCE_AUTO &&
		    choose(&out->v[out->n], list, md, o) == -1)
			return -1;
		if (out->v[out->n].kind != SOURCE_AUTO &&
		    is_there(&out->v[out->n], md))
			out->n++;
	}
	return 0;
}

/* --- Taking over ---------------------------------------------------------- */

static bool
is_alive(const struct maildir *md, const struct source *s)
{
	struct timespec changed;

	return lists_changed(md, s, &changed) == 0 &&
	    changed.tv_sec > clock_date() - LIST_ALIVE;
}

static int
set_from(const struct source *s, struct mails *list, struct maildir *md,
    const struct takeover *o)
{
	switch (s->kind) {
	case SOURCE_COURIER:
	case SOURCE_DOVECOT:
	case SOURCE_IDS_FILE:
		return set_from_list(list, md, s);
	case SOURCE_NAME:
	case SOURCE_NAME_MD5:
		return set_from_names(list, s->kind == SOURCE_NAME_MD5);
	case SOURCE_UW:
	case SOURCE_X_UIDL:
		return o->open != NULL ? set_from_headers(list, md, s, o) : 0;
	case SOURCE_AUTO:
	default:
		return 0;
	}
}

/* May it have another id for a message than the one that was shown? */
static bool
is_later_source(const struct source *s, const struct maildir *md)
{
	return s->kind == SOURCE_NAME || s->kind == SOURCE_NAME_MD5 ||
	    is_alive(md, s);
}

static size_t
count_taken(const struct mails *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		n += list->v[i].uidl != NULL;
	return n;
}

static int
parse(struct sources *s, const char *text)
{
	char why[8];

	if (sources_parse(s, text, why, sizeof why) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

int
takeover_first(struct maildir *md, struct mails *list, struct takeover *o)
{
	struct sources setting, s;
	bool alive = false;
	size_t i;

	o->told[0] = '\0';
	if (parse(&setting, o->setting) == -1 ||
	    resolve(&s, &setting, list, md, o) == -1)
		return -1;
	sources_print(&s, o->source);
	for (i = 0; i < s.n; i++) {
		if (set_from(&s.v[i], list, md, o) == -1)
			return -1;
		alive = alive || is_later_source(&s.v[i], md);
	}
	if (s.n > 0)
		(void)snprintf(o->told, sizeof o->told, "unique-ids of %zu of "
		    "%zu messages taken over from %s", count_taken(list),
		    list->n, o->source);
	return alive ? set_own(list) : 0;
}

int
takeover_later(struct maildir *md, struct mails *list, const char *source)
{
	const struct takeover none = { .setting = "none" };
	struct sources s;
	bool alive = false;
	size_t i;

	for (i = 0; i < list->n && !is_unshown(&list->v[i]); i++)
		continue;
	if (i == list->n || parse(&s, source) == -1)
		return 0;
	for (i = 0; i < s.n; i++) {
		if (!is_later_source(&s.v[i], md))
			continue;
		if (set_from(&s.v[i], list, md, &none) == -1)
			return -1;
		alive = true;
	}
	return alive ? set_own(list) : 0;
}
