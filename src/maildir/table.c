#include "maildir/table.h"

#include "base/fd.h"
#include "io/wire.h"
#include "maildir/adopted.h"
#include "maildir/name.h"
#include "maildir/uidl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Sizes in names are believed where to read all would make the client wait, and
 * where those of so many messages, spread over all of them, have proved true.
 */
#define BELIEVE_FROM 1000
#define PROOFS 200

static const bool skip_none[2] = { false, false };

void
table_init(struct table *t, struct maildir *md)
{
	memset(t, 0, sizeof *t);
	t->md = md;
	t->draft.fd = -1;
	index_init(&t->index);
	mails_init(&t->list);
}

void
table_close(struct table *t)
{
	index_drop(&t->draft, t->md->top);
	index_close(&t->index);
	mails_free(&t->list);
}

static int
measure_file(int fd, uint64_t *octets)
{
	unsigned char chunk[65536];
	struct wire w;
	ssize_t n;

	wire_begin(&w);
	while ((n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			wire_measure(&w, chunk, (size_t)n);
	}
	wire_measure_end(&w);
	*octets = w.octets;
	return 0;
}

static int
measure(struct table *t, size_t idx)
{
	int fd, r;

	if ((fd = table_act(t, idx, maildir_read)) == -1)
		return -1;
	if ((r = measure_file(fd, &t->list.v[idx].octets)) == -1)
		(void)maildir_fail(t->md, "reading a message");
	fd_close(&fd);
	return r;
}

/* Trouble of the machine, which the next login may not have. */
static bool
is_shortage(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* Gone, or no regular file: a link, a pipe, a directory, a socket. */
static bool
is_no_message(int error)
{
	return error == ENOENT || error == ELOOP || error == EINVAL ||
	    error == ENXIO;
}

static bool
is_told(const struct mail *m)
{
	return m->octets == MAIL_UNMEASURED && m->told != MAIL_UNMEASURED;
}

/* Measure every so many of those whose names tell; did all tell the truth? */
static bool
prove_names(struct table *t, size_t each)
{
	struct mail *m = t->list.v;
	size_t i, k = 0;

	for (i = 0; i < t->list.n; i++)
		if (is_told(&m[i]) && k++ % each == 0 &&
		    (measure(t, i) == -1 || m[i].octets != m[i].told))
			return false;
	return true;
}

static void
believe_names(struct table *t)
{
	size_t i, told = 0;
	struct mail *m;

	for (i = 0; i < t->list.n; i++)
		told += is_told(&t->list.v[i]);
	if (told < BELIEVE_FROM || !prove_names(t, told / PROOFS))
		return;
	for (m = t->list.v; m < t->list.v + t->list.n; m++)
		if (is_told(m)) {
			m->octets = m->told;
			m->believed = true;
		}
}

static int
measure_all(struct table *t)
{
	struct mail *m = t->list.v;
	size_t i;

	if (!t->draft.doubts)
		believe_names(t);
	for (i = 0; i < t->list.n; i++) {
		if (m[i].octets != MAIL_UNMEASURED || measure(t, i) == 0)
			continue;
		if (is_shortage(errno))
			return -1;
		m[i].gone = is_no_message(errno);
		t->unreadable += !m[i].gone;
	}
	return 0;
}

static void
leave_out(struct table *t, bool (*is_wanted)(const struct mail *))
{
	size_t i, kept = 0;

	for (i = 0; i < t->list.n; i++)
		if (is_wanted(&t->list.v[i]))
			t->list.v[kept++] = t->list.v[i];
	t->list.n = kept;
}

static bool
is_message(const struct mail *m)
{
	return !m->gone;
}

static bool
is_measured(const struct mail *m)
{
	return m->octets != MAIL_UNMEASURED;
}

static void
sum_up(struct table *t)
{
	size_t i;

	t->n = t->list.n;
	for (i = 0; i < t->n; i++)
		t->octets += t->list.v[i].octets;
}

static int
load_rows(struct table *t, struct mails *known, const bool same[2])
{
	struct mail m;
	size_t i;

	for (i = 0; i < t->index.head.count; i++) {
		if (index_get(&t->index, i, &m) == -1)
			return -1;
		m.when = name_time(mail_unique(&m));
		m.known = true;
		if (mails_add(same[m.where] ? &t->list : known, &m) == -1)
			return -1;
	}
	return 0;
}

/*
 * All that the index holds: the messages of unchanged directories into our
 * list, without a look, and those of the others into known.  -1, and nothing at
 * all, if it is damaged.
 */
static int
load_index(struct table *t, struct mails *known, const bool same[2])
{
	if (t->index.fd != -1 && index_verify(&t->index) == 0 &&
	    load_rows(t, known, same) == 0)
		return 0;
	mails_free(&t->list);
	mails_free(known);
	return -1;
}

/*
 * Which directories are as the index saw them, beyond doubt?  None, if the
 * adopted ids are not.
 */
static void
compare_stamps(const struct table *t, const struct maildir_stamp *now,
    bool same[2])
{
	const struct index_head *h = &t->index.head;
	bool as_was[MAILDIR_STAMPS];
	int i;

	for (i = 0; i < MAILDIR_STAMPS; i++)
		as_was[i] = t->index.fd != -1 && h->trusted[i] &&
		    maildir_same_time(&h->stamp.changed[i], &now->changed[i]);
	for (i = MAILDIR_NEW; i <= MAILDIR_CUR; i++)
		same[i] = as_was[i] && as_was[MAILDIR_IDS];
}

/*
 * Read what has changed, and everything if more changes while we read: a
 * message moved into a directory that we do not look at would be missing.
 */
static int
scan(struct table *t, struct mails *known, bool same[2])
{
	bool still[2];

	if (load_index(t, known, same) == -1)
		same[MAILDIR_NEW] = same[MAILDIR_CUR] = false;
	if (mails_scan(&t->list, t->md, same, &t->scanned) == -1)
		return -1;
	compare_stamps(t, &t->scanned, still);
	if ((!same[MAILDIR_NEW] || still[MAILDIR_NEW]) &&
	    (!same[MAILDIR_CUR] || still[MAILDIR_CUR]))
		return 0;
	mails_free(&t->list);
	mails_free(known);
	(void)load_index(t, known, skip_none);
	return mails_scan(&t->list, t->md, skip_none, &t->scanned);
}

/*
 * The ids that were taken over.  They are the truth: without them a client
 * would take every message for a new one, so rather have no session.
 */
static int
set_ids(struct table *t, enum takeover how)
{
	struct adopted a;
	struct mail *m;
	size_t i;

	for (i = 0; i < t->list.n; i++)
		t->list.v[i].uidl = NULL;
	if (adopted_read(&a, t->md->top) == -1) {
		if (errno != ENOENT)
			return maildir_fail(t->md, "%s", ADOPTED_FILE);
		return takeover_uidls(t->md, &t->list, how) == -1 ? -1 : 0;
	}
	for (m = t->list.v; m < t->list.v + t->list.n; m++) {
		m->uidl = adopted_find(&a, mail_unique(m));
		if (m->uidl != NULL &&
		    (m->uidl = mails_keep(&t->list, m->uidl)) == NULL)
			break;
	}
	adopted_free(&a);
	return m == t->list.v + t->list.n ? 0 : -1;
}

/* The draft comes first: see index_begin(). */
static int
build(struct table *t, bool same[2], enum takeover how)
{
	struct mails known;
	int r;

	mails_init(&known);
	t->draft.doubts = t->index.fd != -1 && t->index.head.doubts;
	if (t->keeps)
		index_begin(&t->draft, t->md->top);
	r = scan(t, &known, same);
	if (r == 0) {
		t->seen = t->scanned;
		mails_copy_octets(&t->list, &known);
		r = measure_all(t);
	}
	leave_out(t, is_message);
	if (r == 0)
		r = set_ids(t, how);
	if (r == 0)
		r = uidl_mark_twins(&t->list);
	/*
	 * What cannot be read today is left alone, and has its id: better to
	 * show the others than none.
	 */
	leave_out(t, is_measured);
	sum_up(t);
	if (r == 0 && t->may_rename)
		mails_separate(&t->list, t->md);
	mails_free(&known);
	index_close(&t->index);
	return r;
}

int
table_open(struct table *t, bool index, enum takeover how)
{
	struct maildir_stamp now;
	bool same[2];

	t->keeps = index;
	if (maildir_stamp(t->md, &now) == -1)
		return -1;
	if (index)
		(void)index_open(&t->index, t->md->top);
	compare_stamps(t, &now, same);
	if (!same[MAILDIR_NEW] || !same[MAILDIR_CUR])
		return build(t, same, how);
	t->indexed = true;
	t->n = t->index.head.count;
	t->octets = t->index.head.octets;
	return 0;
}

static int
fail_index(struct table *t)
{
	int kept = errno;

	index_remove(t->md->top);
	errno = kept;
	return maildir_fail(t->md, "%s is damaged, and removed", INDEX_FILE);
}

/* Before the first row: is it the table that was written? */
static int
verify(struct table *t)
{
	if (!t->verified && index_verify(&t->index) == -1)
		return -1;
	t->verified = true;
	return 0;
}

int
table_get(struct table *t, size_t idx, struct mail *m)
{
	if (!t->indexed) {
		*m = t->list.v[idx];
		return 0;
	}
	return verify(t) == 0 && index_get(&t->index, idx, m) == 0 ? 0 :
	    fail_index(t);
}

int
table_octets(struct table *t, size_t idx, uint64_t *octets)
{
	if (!t->indexed) {
		*octets = t->list.v[idx].octets;
		return 0;
	}
	return verify(t) == 0 && index_octets(&t->index, idx, octets) == 0 ? 0 :
	    fail_index(t);
}

/* From now on names may change, so the rows move into memory. */
static int
leave_index(struct table *t)
{
	static const bool all[2] = { true, true };
	struct mails none;

	mails_init(&none);
	if (load_index(t, &none, all) == -1)
		return fail_index(t);
	t->seen = t->index.head.stamp;
	t->indexed = false;
	index_close(&t->index);
	return 0;
}

/*
 * Scan again and bring all names up to date at once, so that a thousand renamed
 * messages cost one scan and not a thousand.
 */
static int
refresh(struct table *t)
{
	struct mails now;
	int r;

	mails_init(&now);
	r = mails_scan(&now, t->md, skip_none, &t->seen);
	if (r == 0)
		r = mails_update(&t->list, &now);
	mails_free(&now);
	return r;
}

/* 0 when the message is there, by whatever name, -1 with ENOENT if it is not. */
static int
find_again(struct table *t, size_t idx)
{
	struct maildir_stamp now;
	struct mail *m;

	if (t->indexed && leave_index(t) == -1)
		return -1;
	m = &t->list.v[idx];
	if (maildir_stamp(t->md, &now) == -1)
		return -1;
	if ((!m->gone || !maildir_same_stamp(&t->seen, &now)) &&
	    refresh(t) == -1)
		return -1;
	if (!m->gone)
		return 0;
	errno = ENOENT;
	return -1;
}

/* On NFS a file that another host removed or renamed is stale, not gone. */
int
table_act(struct table *t, size_t idx, int (*act)(struct maildir *,
    enum maildir_where, const char *))
{
	struct mail m = { .file = "" };
	int r;

	if (table_get(t, idx, &m) == -1)
		return -1;
	r = act(t->md, (enum maildir_where)m.where, m.file);
	if (r == -1 && (errno == ENOENT || errno == ESTALE)) {
		if (find_again(t, idx) == -1 || table_get(t, idx, &m) == -1)
			return -1;
		r = act(t->md, (enum maildir_where)m.where, m.file);
	}
	return r;
}

/* What was left out is looked for again next time, so it must be a scan. */
void
table_save(struct table *t)
{
	if (t->unreadable > 0)
		index_drop(&t->draft, t->md->top);
	else
		(void)index_commit(&t->draft, t->md->top, &t->list,
		    &t->scanned);
}

/* Where its name tells sizes, too, names are not to be believed next time. */
bool
table_distrust(struct table *t, size_t idx)
{
	struct mail m = { .believed = false };
	uint64_t told = NAME_SILENT;

	if (table_get(t, idx, &m) == 0)
		(void)name_split(mail_unique(&m), &told);
	index_drop(&t->draft, t->md->top);
	if (t->keeps && told != NAME_SILENT)
		index_doubt(t->md->top);
	else
		index_remove(t->md->top);
	return m.believed;
}
