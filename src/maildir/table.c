#include "maildir/table.h"

#include "base/clock.h"
#include "base/fd.h"
#include "io/wire.h"
#include "maildir/adopted.h"
#include "maildir/name.h"
#include "maildir/storage.h"
#include "maildir/uidl.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * To read 100,000 messages from a cold disk or over NFS takes longer than a client
 * waits, and a login that is cut short leaves no index, so its user could never
 * log in.  So the sizes in a name are believed if the file has as many bytes as
 * the name says, and if those of so many messages, spread over all of them, have
 * proved true.
 */
#define BELIEVE_FROM 1000
#define PROOFS 200

/* So often a message is looked for that another program renames. */
#define CHASES 8

static const bool skip_none[2] = { false, false };

void
table_init(struct table *t, struct maildir *md)
{
	memset(t, 0, sizeof *t);
	t->md = md;
	index_draft_init(&t->draft);
	index_init(&t->index);
	mails_init(&t->list);
	mails_init(&t->names);
}

void
table_close(struct table *t)
{
	index_drop(&t->draft, t->md->top);
	index_close(&t->index);
	mails_free(&t->list);
	mails_free(&t->names);
}

/* A compressed message has no more bytes than its name tells. */
static uint64_t
most_bytes(const struct mail *m)
{
	struct name_sizes sizes;

	(void)name_split(mail_unique(m), &sizes);
	return sizes.raw != NAME_SILENT ? sizes.raw : STORED_MAX;
}

int
table_read(struct table *t, size_t idx, struct stored *s)
{
	struct mail m;
	int fd;

	if ((fd = table_act(t, idx, maildir_read)) == -1)
		return -1;
	if (table_get(t, idx, &m) == -1) {
		fd_close(&fd);
		return -1;
	}
	stored_open(s, fd, most_bytes(&m));
	return 0;
}

/* What can never be shown by this program is no trouble of today. */
static void
blame_form(struct table *t, size_t idx, int form)
{
	const struct mail *m = &t->list.v[idx];
	const char *why = errno == EBADMSG ? ", damaged" : errno == EFBIG ?
	    ", larger than it may be" : "";

	if (stored_is_hopeless(errno)) {
		t->left_out.stored++;
		t->left_out.forms |= (uint8_t)(1U << form);
	}
	maildir_blame(t->md, (enum maildir_where)m->where, m->file,
	    "%s%s", form > STORED_PLAIN ? stored_words((enum stored_form)form) :
	    "", why);
}

static int
measure_file(struct stored *s, uint64_t *octets)
{
	unsigned char chunk[65536];
	struct wire w;
	ssize_t n;

	wire_begin(&w);
	while ((n = stored_read(s, chunk, sizeof chunk)) > 0)
		wire_measure(&w, chunk, (size_t)n);
	if (n == -1)
		return -1;
	wire_measure_end(&w);
	*octets = w.octets;
	return 0;
}

static int
measure(struct table *t, size_t idx)
{
	struct stored s;
	int r;

	if (table_read(t, idx, &s) == -1)
		return -1;
	if ((r = measure_file(&s, &t->list.v[idx].octets)) == -1)
		blame_form(t, idx, s.form);
	stored_close(&s);
	return r;
}

/* Trouble of the machine, which the next login may not have. */
static bool
is_shortage(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* Does the name of a message that is not measured tell its octets? */
static bool
is_told(const struct mail *m, struct name_sizes *sizes)
{
	if (m->octets != MAIL_UNMEASURED)
		return false;
	(void)name_split(mail_unique(m), sizes);
	return sizes->octets != NAME_SILENT;
}

/* Measure every so many of those whose names tell; did all tell the truth? */
static bool
prove_names(struct table *t, size_t each)
{
	struct mail *m = t->list.v;
	struct name_sizes sizes;
	size_t i, k = 0;

	for (i = 0; i < t->list.n; i++)
		if (is_told(&m[i], &sizes) && k++ % each == 0 &&
		    (measure(t, i) == -1 || m[i].octets != sizes.octets))
			return false;
	return true;
}

/* A file of another length is compressed, or somebody has edited it. */
static void
believe_name(struct table *t, struct mail *m)
{
	struct name_sizes sizes;
	off_t raw;

	if (!is_told(m, &sizes) || maildir_raw(t->md,
	    (enum maildir_where)m->where, m->file, &raw) == -1 ||
	    (uint64_t)raw != sizes.raw)
		return;
	m->octets = sizes.octets;
	m->believed = true;
}

static void
believe_names(struct table *t)
{
	struct name_sizes sizes;
	size_t i, told = 0;

	for (i = 0; i < t->list.n; i++)
		told += is_told(&t->list.v[i], &sizes);
	if (told < BELIEVE_FROM || !prove_names(t, told / PROOFS))
		return;
	for (i = 0; i < t->list.n; i++)
		believe_name(t, &t->list.v[i]);
}

/* What turns out to be a link or a pipe is no trouble: it is not spoken of. */
static int
measure_all(struct table *t)
{
	struct mail *m = t->list.v;
	char trouble[MAILDIR_ERROR_MAX];
	size_t i;

	memcpy(trouble, t->md->error, sizeof trouble);
	if (!t->draft.doubts)
		believe_names(t);
	for (i = 0; i < t->list.n; i++) {
		if (m[i].octets != MAIL_UNMEASURED || measure(t, i) == 0)
			continue;
		if (is_shortage(errno))
			return -1;
		m[i].gone = maildir_is_no_message(errno);
		t->unreadable += !m[i].gone && !stored_is_hopeless(errno);
		if (!m[i].gone)
			memcpy(trouble, t->md->error, sizeof trouble);
	}
	memcpy(t->md->error, trouble, sizeof trouble);
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
		as_was[i] = t->trusts_times && t->index.fd != -1 &&
		    h->trusted[i] &&
		    maildir_same_time(&h->stamp.changed[i], &now->changed[i]);
	for (i = MAILDIR_NEW; i <= MAILDIR_CUR; i++)
		same[i] = as_was[i] && as_was[MAILDIR_IDS];
}

/* Are the directories that were not read still as they were? */
static bool
is_still(const struct table *t, const bool same[2])
{
	bool still[2];

	compare_stamps(t, &t->scanned, still);
	return (!same[MAILDIR_NEW] || still[MAILDIR_NEW]) &&
	    (!same[MAILDIR_CUR] || still[MAILDIR_CUR]);
}

/*
 * Read what has changed, and everything if more changes while we read: a
 * message moved into a directory that we do not look at would be missing.
 */
static int
scan(struct table *t, struct mails *known, bool same[2])
{
	if (load_index(t, known, same) == -1)
		same[MAILDIR_NEW] = same[MAILDIR_CUR] = false;
	if (mails_scan(&t->list, t->md, same, &t->scanned) == -1)
		return -1;
	if (is_still(t, same))
		return 0;
	mails_free(&t->list);
	mails_free(known);
	(void)load_index(t, known, skip_none);
	return mails_scan(&t->list, t->md, skip_none, &t->scanned);
}

/* Has each message one name that no other has? */
static bool
is_plain(const struct mails *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].linked || list->v[i].twins > 0)
			return false;
	return true;
}

/*
 * The usual case, in which the session before or a delivery changed a few messages:
 * compare the directories with the index, so that a known message costs one
 * comparison of names.  -1 where scan() must decide.
 */
static int
compare(struct table *t, struct mails *gone, const bool same[2])
{
	static const bool all[2] = { true, true };
	long n;

	if (load_index(t, gone, all) == -1 || !is_plain(&t->list) ||
	    mails_compare(&t->list, gone, t->md, same, &t->scanned) == -1 ||
	    !is_still(t, same))
		return -1;
	n = mails_recognize(&t->list, gone);
	return n != -1 && (t->trusts_times || (size_t)n == gone->n) ? 0 : -1;
}

/*
 * The same, and what the session before knew of the messages.  A rename can hide
 * a file from readdir(3).  Where the times do not tell that, a message which has
 * vanished is looked for once more.
 */
static int
find_messages(struct table *t, bool same[2])
{
	struct mails known;
	long n = 0;
	int r;

	mails_init(&known);
	r = compare(t, &known, same);
	mails_free(&known);
	if (r == 0)
		return 0;
	mails_free(&t->list);
	maildir_forget_error(t->md);
	r = scan(t, &known, same);
	if (r == 0 && (n = mails_recognize(&t->list, &known)) == -1)
		r = -1;
	if (r == 0 && !t->trusts_times && (size_t)n < known.n) {
		r = mails_scan(&t->list, t->md, skip_none, &t->scanned);
		if (r == 0 && mails_recognize(&t->list, &known) == -1)
			r = -1;
	}
	mails_free(&known);
	return r;
}

/* --- Unique-ids --------------------------------------------------------------- */

/*
 * Has a session given out ids already, though no solopop.uidl says so?  Versions
 * before this one wrote none if they took nothing over.
 */
static bool
is_served(const struct table *t)
{
	struct index index;
	bool served;

	index_init(&index);
	served = index_open(&index, t->md) == 0 ?
	    index.head.count > 0 || index.head.doubts : errno == EBADMSG;
	index_close(&index);
	return served;
}

/* The ids that stand in solopop.uidl, before those that the index remembers. */
static int
set_recorded(struct table *t, const struct adopted *a)
{
	const char *uidl;
	struct mail *m;
	bool exact;
	size_t i;

	for (i = 0; i < t->list.n; i++) {
		m = &t->list.v[i];
		uidl = takeover_find(a, &t->list, i, &exact);
		if (uidl == NULL || (!exact && m->known))
			continue;
		m->unrecorded = !exact;
		if ((m->uidl = mails_keep(&t->list, uidl)) == NULL)
			return -1;
	}
	return a->source != NULL ?
	    takeover_later(t->md, &t->list, a->source) : 0;
}

static int
open_for_takeover(void *ctx, size_t idx, struct stored *s)
{
	return table_read(ctx, idx, s);
}

/*
 * 1 when it is to be decided now where ids come from.  Without those that are
 * recorded a client would take every message for a new one, so then there is
 * no session.
 */
static int
read_recorded(struct table *t)
{
	struct adopted a;
	int r;

	if (adopted_read(&a, t->md) == 0) {
		r = set_recorded(t, &a);
		adopted_free(&a);
		return r;
	}
	if (errno == ENOENT)
		return t->list.n > 0;
	t->ids_failed = true;
	return maildir_fail(t->md, "%s", ADOPTED_FILE);
}

static int
take_over(struct table *t)
{
	t->takeover = (struct takeover){ .setting =
	    t->conf.adopt != NULL ? t->conf.adopt : "none",
	    .open = open_for_takeover, .ctx = t, .source = "none" };
	if (is_served(t) ||
	    takeover_first(t->md, &t->list, &t->takeover) == 0)
		return 0;
	t->ids_failed = true;
	return -1;
}

/* Of two files with one unique name, the row is one's alone. */
static bool
is_to_record(const struct mails *list, size_t i)
{
	return list->v[i].uidl != NULL && list->v[i].unrecorded &&
	    !mails_namesake(list, i);
}

/* The next index is one of solopop.uidl as we have just written it. */
static void
note_ids(struct table *t)
{
	struct stat st;

	if (fstatat(t->md->top, ADOPTED_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		t->ids_written = st.st_ctim;
		t->draft.ids = &t->ids_written;
	}
}

static int
record(struct table *t, bool first)
{
	const struct mails *list = &t->list;
	struct adopted_row *rows;
	size_t i, n = 0;
	int r = 0;

	if ((rows = calloc(list->n + 1, sizeof *rows)) == NULL)
		return -1;
	for (i = 0; i < list->n; i++)
		if (is_to_record(list, i))
			rows[n++] = (struct adopted_row){
			    mail_unique(&list->v[i]), list->v[i].uidl };
	if (n > 0 || first)
		r = adopted_add(t->md, rows, n,
		    first ? t->takeover.source : NULL);
	if (r == -1 && n > 0)
		(void)maildir_fail(t->md, "%s", ADOPTED_FILE);
	free(rows);
	if (r == 0 && (n > 0 || first))
		note_ids(t);
	return r;
}

/*
 * Where ids come from is decided at the first session that finds messages, and
 * solopop.uidl is there from then on.  If it cannot be written, there is no
 * index either: the next session must decide likewise.
 */
static int
settle_ids(struct table *t)
{
	int first = read_recorded(t);

	if (first == -1 || (first == 1 && take_over(t) == -1) ||
	    uidl_separate(&t->list) == -1)
		return -1;
	if (t->conf.read_only || record(t, first == 1) == 0)
		return 0;
	t->keeps = false;
	return 0;
}

/* --- Building and opening ----------------------------------------------------- */

/*
 * Would the index of next time say what the one of last time says?  Then it
 * stays: a directory's time that lies in the future, for one, is trusted neither
 * today nor tomorrow.
 */
static bool
is_fresh(const struct table *t, const struct index_head *was)
{
	const struct timespec *ids = &t->scanned.changed[MAILDIR_IDS];
	size_t i;

	if (t->draft.ids != NULL || t->list.n != was->count ||
	    t->draft.doubts != was->doubts ||
	    t->left_out.stored != was->left_out.stored ||
	    t->left_out.too_long != was->left_out.too_long ||
	    t->left_out.forms != was->left_out.forms ||
	    !maildir_same_time(ids, &was->stamp.changed[MAILDIR_IDS]))
		return false;
	for (i = 0; i < t->list.n; i++)
		if (!t->list.v[i].known || t->list.v[i].moved ||
		    t->list.v[i].unrecorded)
			return false;
	return !t->trusts_times ||
	    (maildir_same_stamp(&t->scanned, &was->stamp) &&
	    index_trusts_alike(&t->draft, was, &t->scanned));
}

/* Do the file system's clock and ours agree that it lies in the past? */
static bool
is_past(const struct maildir_stamp *stamp)
{
	time_t now = clock_date();
	int i;

	for (i = 0; i < MAILDIR_STAMPS; i++)
		if (stamp->changed[i].tv_sec > now)
			return false;
	return true;
}

/* What was left out in a directory is not counted by reading the other one. */
static void
begin(struct table *t, const struct maildir_stamp *now, bool same[2])
{
	const struct left_out *l = &t->index.head.left_out;

	t->draft.doubts = t->index.fd != -1 && t->index.head.doubts;
	t->draft.skew = t->conf.clock_skew;
	if (t->keeps && t->trusts_times && is_past(now))
		index_begin(&t->draft, t->md->top);
	if (t->index.fd != -1 && (l->stored > 0 || l->too_long > 0))
		same[MAILDIR_NEW] = same[MAILDIR_CUR] = false;
}

static void
count_left_out(struct table *t)
{
	t->left_out.too_long =
	    (uint32_t)(t->list.too_long[MAILDIR_NEW] +
	    t->list.too_long[MAILDIR_CUR]);
	t->draft.left_out = t->left_out;
}

/* The draft comes first: see index_begin(). */
static int
build(struct table *t, const struct maildir_stamp *now, bool same[2])
{
	const struct index_head was = t->index.head;
	const bool had = t->index.fd != -1;
	int r;

	begin(t, now, same);
	r = find_messages(t, same);
	t->seen = t->scanned;
	if (r == 0)
		r = measure_all(t);
	leave_out(t, is_message);
	if (r == 0)
		r = settle_ids(t);
	/*
	 * What cannot be read today is left alone, and has its id: better to
	 * show the others than none.
	 */
	leave_out(t, is_measured);
	sum_up(t);
	count_left_out(t);
	t->fresh = had && is_fresh(t, &was);
	index_close(&t->index);
	return r;
}

static bool
trusts_times(const struct table *t)
{
	const char *name;

	if (t->conf.index != INDEX_AUTO)
		return t->conf.index == INDEX_FULL;
	return storage_keeps_times(t->md->top, &name) &&
	    (t->md->dir[MAILDIR_NEW] == -1 ||
	    storage_keeps_times(t->md->dir[MAILDIR_NEW], &name)) &&
	    (t->md->dir[MAILDIR_CUR] == -1 ||
	    storage_keeps_times(t->md->dir[MAILDIR_CUR], &name));
}

int
table_open(struct table *t, const struct table_conf *conf)
{
	struct maildir_stamp now;
	bool same[2];

	t->conf = *conf;
	t->keeps = conf->index != INDEX_OFF && !conf->read_only;
	t->trusts_times = trusts_times(t);
	if (maildir_stamp(t->md, &now) == -1)
		return -1;
	if (conf->index != INDEX_OFF)
		(void)index_open(&t->index, t->md);
	compare_stamps(t, &now, same);
	if (!same[MAILDIR_NEW] || !same[MAILDIR_CUR])
		return build(t, &now, same);
	t->indexed = true;
	t->n = t->index.head.count;
	t->octets = t->index.head.octets;
	t->left_out = t->index.head.left_out;
	return 0;
}

static int
fail_index(struct table *t)
{
	int kept = errno;

	if (!t->conf.read_only)
		index_remove(t->md->top);
	errno = kept;
	return maildir_fail(t->md, "%s is damaged", INDEX_FILE);
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
	t->fresh = true;
	index_close(&t->index);
	return 0;
}

/*
 * Scan again and bring all names up to date at once, so that a thousand renamed
 * messages cost one scan and not a thousand.  Where the times of the directories
 * do not tell that a look was disturbed, look twice.
 */
static int
refresh(struct table *t)
{
	struct mails now;
	int r;

	mails_init(&now);
	r = mails_scan(&now, t->md, skip_none, &t->seen);
	if (r == 0 && !t->trusts_times)
		r = mails_scan(&now, t->md, skip_none, &t->seen);
	if (r == 0)
		r = mails_update(&t->list, &now);
	t->list.steady = now.steady;
	mails_free(&now);
	return r;
}

/*
 * 0 when the message is there, by whatever name.  -1 with ENOENT if it is proved
 * not to be, EAGAIN if the directories changed under each look.
 */
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
	if ((!m->gone || !t->list.steady ||
	    !maildir_same_stamp(&t->seen, &now)) && refresh(t) == -1)
		return -1;
	if (!m->gone)
		return 0;
	errno = t->list.steady ? ENOENT : EAGAIN;
	return t->list.steady ? -1 :
	    maildir_fail(t->md, "looking for a message");
}

/* On NFS a file that another host removed or renamed is stale, not gone. */
int
table_act(struct table *t, size_t idx, table_act_fn act)
{
	struct mail m = { 0 };
	int i, r;

	for (i = 0; i < CHASES; i++) {
		if (table_get(t, idx, &m) == -1)
			return -1;
		r = act(t->md, (enum maildir_where)m.where, m.file);
		if (r != -1 || (errno != ENOENT && errno != ESTALE))
			return r;
		if (find_again(t, idx) == -1)
			return -1;
	}
	errno = EAGAIN;
	return maildir_fail(t->md, "a message that is renamed again and again");
}

static int
look(struct maildir *md, enum maildir_where where, const char *file)
{
	off_t raw;

	return maildir_raw(md, where, file, &raw);
}

static int
find_file(struct table *t, size_t idx, struct mail *m, struct stat *st)
{
	return table_act(t, idx, look) == -1 || table_get(t, idx, m) == -1 ||
	    fstatat(t->md->dir[m->where], m->file, st,
	    AT_SYMLINK_NOFOLLOW) == -1 ? -1 : 0;
}

/* The other names of the file, which an earlier look at the directories found. */
static int
act_on_others(struct table *t, const struct mail *m, const struct stat *st,
    table_act_fn act)
{
	const struct mail *other;
	struct stat now;
	size_t i;
	int r = 0;

	for (i = mails_first(&t->names, m); i < t->names.n; i++) {
		other = &t->names.v[i];
		if (mail_compare(other, m) != 0)
			break;
		if (fstatat(t->md->dir[other->where], other->file, &now,
		    AT_SYMLINK_NOFOLLOW) == 0 && now.st_dev == st->st_dev &&
		    now.st_ino == st->st_ino &&
		    act(t->md, (enum maildir_where)other->where,
		    other->file) == -1 && errno != ENOENT)
			r = -1;
	}
	return r;
}

/* m->file is on loan, and what follows may scan: keep what we need of it. */
int
table_act_all(struct table *t, size_t idx, table_act_fn act)
{
	struct mail m = { 0 };
	struct stat st;
	char file[UINT8_MAX + 1];

	if (table_get(t, idx, &m) == -1)
		return -1;
	if (!m.linked)
		return table_act(t, idx, act);
	if ((t->names.n == 0 && mails_list(&t->names, t->md) == -1) ||
	    find_file(t, idx, &m, &st) == -1)
		return -1;
	(void)snprintf(file, sizeof file, "%s", m.file);
	m.file = file;
	m.when = name_time(mail_unique(&m));
	return table_act(t, idx, act) == -1 ? -1 :
	    act_on_others(t, &m, &st, act);
}

/*
 * What was unreadable is looked for again next time, so it must be a scan.  What
 * has not changed since is not written again.
 */
void
table_save(struct table *t)
{
	if (!t->keeps || t->indexed || t->fresh || t->unreadable > 0)
		index_drop(&t->draft, t->md->top);
	else if (index_commit(&t->draft, t->md->top, &t->list,
	    &t->scanned) == 0)
		maildir_clean_drafts(t->md);
}

static bool
has_name(struct table *t, size_t idx, const char *unique)
{
	struct mail m;

	return table_get(t, idx, &m) == 0 &&
	    span_is(mail_unique(&m), unique);
}

int
table_record_left(struct table *t, size_t idx,
    bool (*goes)(void *ctx, size_t idx), void *ctx)
{
	char unique[UINT8_MAX + 1] = "";
	size_t i, left = 0, stay = 0;
	struct adopted_row row;
	struct mail m;

	if (table_get(t, idx, &m) == 0)
		(void)span_copy(unique, sizeof unique, mail_unique(&m));
	while (idx > 0 && has_name(t, idx - 1, unique))
		idx--;
	for (i = idx; i < t->n && has_name(t, i, unique); i++)
		if (!goes(ctx, i)) {
			left = i;
			stay++;
		}
	if (i - idx < 2 || stay != 1 || table_get(t, left, &m) == -1 ||
	    m.uidl == NULL)
		return 0;
	row = (struct adopted_row){ span_of(unique), m.uidl };
	if (adopted_add(t->md, &row, 1, NULL) == -1)
		return maildir_fail(t->md, "%s", ADOPTED_FILE);
	note_ids(t);
	return 0;
}

/* Where its name tells sizes, too, names are not to be believed next time. */
bool
table_distrust(struct table *t, size_t idx)
{
	struct name_sizes sizes = { NAME_SILENT, NAME_SILENT };
	struct mail m = { .believed = false };

	if (table_get(t, idx, &m) == 0)
		(void)name_split(mail_unique(&m), &sizes);
	index_drop(&t->draft, t->md->top);
	if (t->keeps && sizes.octets != NAME_SILENT)
		index_doubt(t->md->top);
	else if (!t->conf.read_only)
		index_remove(t->md->top);
	t->keeps = false;
	return m.believed;
}
