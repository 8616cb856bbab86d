#include "maildir/maildrop.h"

#include "base/digest.h"
#include "base/fd.h"
#include "base/num.h"
#include "io/wire.h"
#include "maildir/lock.h"
#include "maildir/maildir.h"
#include "maildir/mails.h"
#include "maildir/name.h"
#include "maildir/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UIDL_LONGEST (MAILDROP_UIDL_MAX - 1)

struct maildrop {
	struct maildir dir;
	struct maildir_stamp seen;	/* the directories at the last scan */
	struct lock lock;
	struct mails mails;
	struct maildrop_sum left, deleted;
	size_t unreadable;
	bool uidls_compared;
};

static struct mail *
mail_of(const struct maildrop *d, uint32_t msgno)
{
	return &d->mails.v[msgno - 1];
}

const char *
maildrop_error(const struct maildrop *d)
{
	return maildir_error(&d->dir);
}

size_t
maildrop_unreadable(const struct maildrop *d)
{
	return d->unreadable;
}

bool
maildrop_is_wanted(const struct maildrop *d)
{
	return lock_is_wanted(&d->lock);
}

uint32_t
maildrop_count(const struct maildrop *d)
{
	return (uint32_t)d->mails.n;
}

struct maildrop_sum
maildrop_left(const struct maildrop *d)
{
	return d->left;
}

struct maildrop_sum
maildrop_deleted(const struct maildrop *d)
{
	return d->deleted;
}

uint64_t
maildrop_octets(const struct maildrop *d, uint32_t msgno)
{
	return mail_of(d, msgno)->octets;
}

bool
maildrop_is_deleted(const struct maildrop *d, uint32_t msgno)
{
	return mail_of(d, msgno)->marks & MAIL_DELETED;
}

/*
 * Somebody renamed or removed files: scan again and bring all names up to date at
 * once, so that a thousand renamed messages cost one scan and not a thousand.
 */
static int
refresh(struct maildrop *d)
{
	struct mails now;
	int r;

	mails_init(&now);
	r = mails_scan(&now, &d->dir, &d->seen);
	if (r == 0)
		r = mails_update(&d->mails, &now);
	mails_free(&now);
	return r;
}

/*
 * The name of m led nowhere.  0 when it has another one now, -1 with ENOENT
 * when the message is gone.
 */
static int
find_again(struct maildrop *d, struct mail *m)
{
	struct maildir_stamp now;
	struct mail before = *m;

	if (m->marks & MAIL_GONE) {
		if (maildir_stamp(&d->dir, &now) == -1)
			return -1;
		if (maildir_same_stamp(&d->seen, &now)) {
			errno = ENOENT;
			return -1;
		}
	}
	if (refresh(d) == -1)
		return -1;
	if (m->marks & MAIL_GONE ||
	    (before.where == m->where && strcmp(before.file, m->file) == 0)) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

/* Do something to a message under its present name, once more if it moved. */
static int
with_name(struct maildrop *d, struct mail *m, int (*act)(struct maildir *,
    enum maildir_where, const char *))
{
	int r;

	r = act(&d->dir, (enum maildir_where)m->where, m->file);
	if (r == -1 && errno == ENOENT && find_again(d, m) == 0)
		r = act(&d->dir, (enum maildir_where)m->where, m->file);
	return r;
}

int
maildrop_read(struct maildrop *d, uint32_t msgno)
{
	return with_name(d, mail_of(d, msgno), maildir_read);
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
measure(struct maildrop *d, struct mail *m)
{
	int fd, r;

	if ((fd = with_name(d, m, maildir_read)) == -1)
		return -1;
	if ((r = measure_file(fd, &m->octets)) == -1)
		(void)maildir_fail(&d->dir, "reading a message");
	fd_close(&fd);
	return r;
}

/* Trouble of the machine, which the next login may not have. */
static bool
is_shortage(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/*
 * A message that is gone is no message.  One that cannot be read is left out and
 * left alone: better to show the others than none.
 */
static int
measure_all(struct maildrop *d)
{
	size_t i, kept = 0;
	struct mail *m;

	for (i = 0; i < d->mails.n; i++) {
		m = &d->mails.v[i];
		if (measure(d, m) == 0)
			continue;
		if (is_shortage(errno))
			return -1;
		if (errno != ENOENT)
			d->unreadable++;
	}
	for (i = 0; i < d->mails.n; i++) {
		m = &d->mails.v[i];
		if (m->octets == MAIL_UNMEASURED)
			continue;
		d->left.count++;
		d->left.octets += m->octets;
		d->mails.v[kept++] = *m;
	}
	d->mails.n = kept;
	return 0;
}

/* Where there can be no lock, sessions may overlap: Maildir is safe for that. */
static int
take_lock(struct maildrop *d, const struct maildrop_conf *conf)
{
	if (!conf->lock || lock_take(&d->lock, d->dir.top,
	    conf->lock_wait) == 0)
		return 0;
	(void)maildir_fail(&d->dir, "%s", LOCK_FILE);
	return errno == EAGAIN || errno == EPERM || is_shortage(errno) ? -1 : 0;
}

int
maildrop_open(struct maildrop **out, const char *path,
    const struct maildrop_conf *conf)
{
	struct maildrop *d;

	if ((*out = d = calloc(1, sizeof *d)) == NULL)
		return -1;
	maildir_init(&d->dir);
	lock_init(&d->lock);
	mails_init(&d->mails);
	if (maildir_open(&d->dir, path) == -1) {
		if (errno != ENOENT)
			return -1;
		maildir_forget_error(&d->dir);
		return 0;
	}
	if (take_lock(d, conf) == -1 ||
	    mails_scan(&d->mails, &d->dir, &d->seen) == -1)
		return -1;
	if (d->mails.n > UINT32_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	return measure_all(d);
}

void
maildrop_close(struct maildrop *d)
{
	if (d == NULL)
		return;
	mails_free(&d->mails);
	lock_release(&d->lock);
	maildir_close(&d->dir);
	free(d);
}

void
maildrop_mark_read(struct maildrop *d, uint32_t msgno)
{
	mail_of(d, msgno)->marks |= MAIL_READ;
}

static void
move(struct maildrop_sum *from, struct maildrop_sum *to, const struct mail *m)
{
	from->count--;
	from->octets -= m->octets;
	to->count++;
	to->octets += m->octets;
}

void
maildrop_delete(struct maildrop *d, uint32_t msgno)
{
	struct mail *m = mail_of(d, msgno);

	if (m->marks & MAIL_DELETED)
		return;
	m->marks |= MAIL_DELETED;
	move(&d->left, &d->deleted, m);
}

void
maildrop_reset(struct maildrop *d)
{
	struct mail *m;
	size_t i;

	for (i = 0; i < d->mails.n; i++) {
		m = &d->mails.v[i];
		if (m->marks & MAIL_DELETED)
			move(&d->deleted, &d->left, m);
		m->marks &= (uint8_t)~(MAIL_DELETED | MAIL_READ);
		if (m->marks & MAIL_WAS_READ)
			m->marks |= MAIL_READ;
	}
}

uint32_t
maildrop_last(const struct maildrop *d)
{
	uint32_t msgno;
	uint8_t marks;

	for (msgno = maildrop_count(d); msgno > 0; msgno--) {
		marks = mail_of(d, msgno)->marks;
		if ((marks & MAIL_READ) && !(marks & MAIL_DELETED))
			break;
	}
	return msgno;
}

/*
 * Unique ids.  Two different unique names can have one bare name (they differ in
 * size fields alone), and one name can be the digest of another; only the
 * Maildir's owner can arrange that.  The first in order keeps the plain form.
 */
static bool
is_lawful(struct span id)
{
	size_t i;

	for (i = 0; i < id.len; i++)
		if (!ascii_graph(id.p[i]))
			return false;
	return id.len >= 1 && id.len <= UIDL_LONGEST;
}

static void
make_uidl(const struct mail *m, char uidl[MAILDROP_UIDL_MAX])
{
	struct span unique = mail_unique(m), bare = name_bare(unique);
	char number[NUM_DECIMAL_MAX];
	struct span parts[3];

	if (m->marks & MAIL_TWIN) {
		(void)num_decimal(number, m->twins);
		parts[0] = unique;
		parts[1] = span_of(":");
		parts[2] = span_of(number);
		digest_md5(uidl, parts, 3);
	} else if (is_lawful(bare))
		(void)span_copy(uidl, MAILDROP_UIDL_MAX, bare);
	else
		digest_md5(uidl, &bare, 1);
}

struct hashed {
	uint64_t hash;
	size_t idx;
};

static uint64_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}

static int
compare_hashed(const void *pa, const void *pb)
{
	const struct hashed *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->idx < b->idx ? -1 : a->idx > b->idx;
}

/* Equal hashes are as good as equal ids: a digest more does no harm. */
static void
mark_twins(struct maildrop *d)
{
	char uidl[MAILDROP_UIDL_MAX];
	struct hashed *h;
	size_t i;

	if ((h = calloc(d->mails.n, sizeof *h)) == NULL)
		return;
	for (i = 0; i < d->mails.n; i++) {
		make_uidl(&d->mails.v[i], uidl);
		h[i] = (struct hashed){ hash(uidl), i };
	}
	qsort(h, d->mails.n, sizeof *h, compare_hashed);
	for (i = 1; i < d->mails.n; i++)
		if (h[i].hash == h[i - 1].hash)
			d->mails.v[h[i].idx].marks |= MAIL_TWIN;
	free(h);
}

void
maildrop_uidl(struct maildrop *d, uint32_t msgno, char uidl[MAILDROP_UIDL_MAX])
{
	if (!d->uidls_compared)
		mark_twins(d);
	d->uidls_compared = true;
	make_uidl(mail_of(d, msgno), uidl);
}

static int
remove_one(struct maildrop *d, struct mail *m, struct quota *q)
{
	off_t raw = 0;

	if (quota_is_kept(q) && maildir_raw(&d->dir,
	    (enum maildir_where)m->where, m->file, &raw) == -1)
		raw = 0;
	if (with_name(d, m, maildir_remove) == 0) {
		quota_removed(q, (uint64_t)raw);
		return 0;
	}
	return errno == ENOENT ? 0 : -1;
}

static int
remove_deleted(struct maildrop *d, struct maildrop_sum *removed)
{
	struct quota q;
	struct mail *m;
	size_t i;
	int r = 0;

	quota_open(&q, d->dir.top);
	for (i = 0; i < d->mails.n; i++) {
		m = &d->mails.v[i];
		if (!(m->marks & MAIL_DELETED))
			continue;
		if (remove_one(d, m, &q) == -1) {
			r = -1;
			continue;
		}
		removed->count++;
		removed->octets += m->octets;
	}
	if (quota_close(&q) == -1)
		(void)maildir_fail(&d->dir, "maildirsize");
	return r;
}

static void
mark_seen(struct maildrop *d)
{
	struct mail *m;
	size_t i;

	for (i = 0; i < d->mails.n; i++) {
		m = &d->mails.v[i];
		if ((m->marks & (MAIL_READ | MAIL_WAS_READ | MAIL_DELETED)) ==
		    MAIL_READ)
			(void)with_name(d, m, maildir_set_seen);
	}
}

int
maildrop_update(struct maildrop *d, struct maildrop_sum *removed)
{
	int r;

	*removed = (struct maildrop_sum){ 0, 0 };
	maildir_forget_error(&d->dir);
	if (d->dir.top == -1)
		return 0;
	r = remove_deleted(d, removed);
	mark_seen(d);
	if (removed->count > 0)
		maildir_clean_tmp(&d->dir);
	return r;
}
