#include "maildir/maildrop.h"

#include "maildir/files.h"
#include "maildir/lock.h"
#include "maildir/name.h"
#include "maildir/quota.h"
#include "maildir/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELETED 1		/* by DELE, until QUIT or RSET */
#define READ 2			/* by RETR, likewise; else flag S tells */

struct maildrop {
	struct maildir dir;
	struct lock lock;
	struct table table;
	uint8_t *marks;		/* one a message; untouched, it costs nothing */
	struct maildrop_sum left, deleted;
	bool any_read, read_only;
	bool locked;
	char no_lock[MAILDIR_ERROR_MAX];
};

static size_t
idx_of(uint32_t msgno)
{
	return (size_t)msgno - 1;
}

const char *
maildrop_error(const struct maildrop *d)
{
	return maildir_error(&d->dir);
}

const char *
maildrop_takeover(const struct maildrop *d)
{
	return d->table.takeover.told;
}

size_t
maildrop_unreadable(const struct maildrop *d)
{
	return d->table.unreadable;
}

struct left_out
maildrop_left_out(const struct maildrop *d)
{
	return d->table.left_out;
}

const char *
maildrop_forms(const struct left_out *l, char words[MAILDROP_FORMS_MAX])
{
	size_t len = 0;
	int form, n;

	words[0] = '\0';
	for (form = STORED_PLAIN + 1; form < STORED_FORMS; form++) {
		if ((l->forms & 1U << form) == 0)
			continue;
		n = snprintf(words + len, MAILDROP_FORMS_MAX - len, "%s%s",
		    len > 0 ? ", " : "",
		    stored_words((enum stored_form)form));
		if (n < 0 || (size_t)n >= MAILDROP_FORMS_MAX - len)
			break;
		len += (size_t)n;
	}
	return words;
}

const char *
maildrop_no_lock(const struct maildrop *d)
{
	return d->no_lock;
}

static bool
has_lost_lock(struct maildrop *d)
{
	return d->locked && !lock_is_held(&d->lock, d->dir.top);
}

bool
maildrop_is_wanted(struct maildrop *d)
{
	return lock_is_wanted(&d->lock) || has_lost_lock(d);
}

uint32_t
maildrop_count(const struct maildrop *d)
{
	return (uint32_t)d->table.n;
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

bool
maildrop_is_deleted(const struct maildrop *d, uint32_t msgno)
{
	return d->marks[idx_of(msgno)] & DELETED;
}

int
maildrop_octets(struct maildrop *d, uint32_t msgno, uint64_t *octets)
{
	return table_octets(&d->table, idx_of(msgno), octets);
}

int
maildrop_uidl(struct maildrop *d, uint32_t msgno, char uidl[UIDL_MAX])
{
	struct mail m;

	if (table_get(&d->table, idx_of(msgno), &m) == -1)
		return -1;
	(void)mail_uidl(&m, uidl);
	return 0;
}

/* Where there can be no lock, sessions may overlap: Maildir bears that. */
static enum maildrop_result
take_lock(struct maildrop *d, const struct maildrop_conf *conf)
{
	enum lock_result r;

	if (!conf->lock || d->read_only)
		return MAILDROP_OPEN;
	r = lock_take(&d->lock, d->dir.top, conf->lock_wait);
	d->locked = r == LOCK_HELD;
	if (d->locked)
		return MAILDROP_OPEN;
	(void)maildir_fail(&d->dir, "%s", LOCK_FILE);
	switch (r) {
	case LOCK_IN_USE:
		return MAILDROP_IN_USE;
	case LOCK_NOT_A_FILE:
		return MAILDROP_LOCK_FILE;
	case LOCK_SHORTAGE:
		return MAILDROP_TROUBLE;
	case LOCK_HELD:
	case LOCK_IMPOSSIBLE:
		break;
	}
	memcpy(d->no_lock, d->dir.error, sizeof d->no_lock);
	maildir_forget_error(&d->dir);
	return MAILDROP_OPEN;
}

static int
open_table(struct maildrop *d, const struct maildrop_conf *conf)
{
	const struct table_conf table = {
		.index = conf->index,
		.clock_skew = conf->clock_skew,
		.adopt = conf->adopt,
		.read_only = d->read_only,
	};

	if (table_open(&d->table, &table) == -1)
		return -1;
	if (d->table.n > UINT32_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	d->left = (struct maildrop_sum){ (uint32_t)d->table.n,
	    d->table.octets };
	d->marks = calloc(d->table.n + 1, 1);
	return d->marks != NULL ? 0 : -1;
}

/* For an error of opening or reading its directories. */
static enum maildrop_result
result_of(int error)
{
	return error == EACCES || error == ELOOP || error == ENOTDIR ?
	    MAILDROP_NO_ACCESS : MAILDROP_TROUBLE;
}

static enum maildrop_result
find_messages(struct maildrop *d, const struct maildrop_conf *conf)
{
	if (open_table(d, conf) == 0)
		return MAILDROP_OPEN;
	if (d->dir.error[0] == '\0')
		(void)maildir_fail(&d->dir, "the Maildir");
	return d->table.ids_failed ? MAILDROP_NO_IDS : result_of(errno);
}

enum maildrop_result
maildrop_open(struct maildrop **out, const char *path,
    const struct maildrop_conf *conf)
{
	enum maildrop_result r;
	struct maildrop *d;

	if ((*out = d = calloc(1, sizeof *d)) == NULL)
		return MAILDROP_TROUBLE;
	maildir_init(&d->dir);
	lock_init(&d->lock);
	table_init(&d->table, &d->dir);
	if (maildir_open(&d->dir, path) == -1) {
		if (errno != ENOENT)
			return result_of(errno);
		maildir_forget_error(&d->dir);
		return MAILDROP_OPEN;
	}
	d->read_only = (conf->flat && maildir_flatten(&d->dir)) ||
	    conf->read_only;
	r = take_lock(d, conf);
	return r == MAILDROP_OPEN ? find_messages(d, conf) : r;
}

void
maildrop_close(struct maildrop *d)
{
	if (d == NULL)
		return;
	table_close(&d->table);
	lock_release(&d->lock);
	maildir_close(&d->dir);
	free(d->marks);
	free(d);
}

void
maildrop_save(struct maildrop *d)
{
	if (d->dir.top != -1)
		table_save(&d->table);
}

bool
maildrop_distrust(struct maildrop *d, uint32_t msgno)
{
	return table_distrust(&d->table, idx_of(msgno));
}

int
maildrop_read(struct maildrop *d, uint32_t msgno, struct stored *s)
{
	maildir_forget_error(&d->dir);
	if (table_read(&d->table, idx_of(msgno), s) == -1)
		return -1;
	if (stored_look(s) == 0)
		return 0;
	(void)maildir_fail(&d->dir, "%s", s->form > STORED_PLAIN ?
	    stored_words((enum stored_form)s->form) : "reading it");
	stored_close(s);
	return -1;
}

void
maildrop_mark_read(struct maildrop *d, uint32_t msgno)
{
	d->marks[idx_of(msgno)] |= READ;
	d->any_read = true;
}

int
maildrop_delete(struct maildrop *d, uint32_t msgno)
{
	uint64_t octets;

	if (maildrop_octets(d, msgno, &octets) == -1)
		return -1;
	d->marks[idx_of(msgno)] |= DELETED;
	d->left.count--;
	d->left.octets -= octets;
	d->deleted.count++;
	d->deleted.octets += octets;
	return 0;
}

void
maildrop_reset(struct maildrop *d)
{
	if (d->deleted.count > 0 || d->any_read)
		memset(d->marks, 0, d->table.n);
	d->left.count += d->deleted.count;
	d->left.octets += d->deleted.octets;
	d->deleted = (struct maildrop_sum){ 0, 0 };
	d->any_read = false;
}

/* How many messages from 1 on were read before this session. */
static int
find_run(struct maildrop *d, uint32_t *run)
{
	struct mail m;

	for (*run = 0; *run < maildrop_count(d); (*run)++) {
		if (table_get(&d->table, idx_of(*run + 1), &m) == -1)
			return -1;
		if (!name_has_flag(m.file, 'S'))
			break;
	}
	return 0;
}

int
maildrop_last(struct maildrop *d, uint32_t *last)
{
	uint32_t run, msgno;

	if (find_run(d, &run) == -1)
		return -1;
	for (msgno = maildrop_count(d); msgno > 0; msgno--)
		if (!maildrop_is_deleted(d, msgno) && (msgno <= run ||
		    (d->marks[idx_of(msgno)] & READ)))
			break;
	*last = msgno;
	return 0;
}

static int
look(struct maildir *md, enum maildir_where where, const char *file)
{
	off_t raw;

	return maildir_raw(md, where, file, &raw);
}

/* File size for maildirsize; 0 if it cannot be determined. */
static uint64_t
raw_size(struct maildrop *d, size_t idx)
{
	struct mail m;
	off_t raw;

	if (table_act(&d->table, idx, look) == -1 ||	/* by its name of now */
	    table_get(&d->table, idx, &m) == -1 || maildir_raw(&d->dir,
	    (enum maildir_where)m.where, m.file, &raw) == -1)
		return 0;
	return (uint64_t)raw;
}

static int
remove_one(struct maildrop *d, size_t idx, struct quota *q)
{
	uint64_t raw = quota_is_kept(q) ? raw_size(d, idx) : 0;

	if (table_act_all(&d->table, idx, maildir_remove) == 0) {
		quota_removed(q, raw);
		return 0;
	}
	return errno == ENOENT ? 0 : -1;
}

static bool
goes(void *ctx, size_t idx)
{
	const struct maildrop *d = ctx;

	return (d->marks[idx] & DELETED) != 0;
}

static int
remove_deleted(struct maildrop *d, struct maildrop_sum *removed)
{
	struct quota q;
	uint32_t msgno;
	uint64_t octets = 0;
	int r = 0;

	quota_open(&q, d->dir.top);
	for (msgno = 1; msgno <= maildrop_count(d); msgno++) {
		if (!maildrop_is_deleted(d, msgno))
			continue;
		if (maildrop_octets(d, msgno, &octets) == -1 ||
		    remove_one(d, idx_of(msgno), &q) == -1) {
			r = -1;
			continue;
		}
		removed->count++;
		removed->octets += octets;
		(void)table_record_left(&d->table, idx_of(msgno), goes, d);
	}
	if (quota_close(&q) == -1)
		(void)maildir_fail(&d->dir, QUOTA_FILE);
	return r;
}

static void
mark_seen(struct maildrop *d)
{
	size_t idx;

	for (idx = 0; idx < d->table.n; idx++)
		if (d->marks[idx] == READ)
			(void)table_act_all(&d->table, idx, maildir_set_seen);
}

int
maildrop_update(struct maildrop *d, struct maildrop_sum *removed)
{
	int r = 0;

	*removed = (struct maildrop_sum){ 0, 0 };
	maildir_forget_error(&d->dir);
	if (d->read_only) {
		*removed = d->deleted;
		return 0;
	}
	if (has_lost_lock(d)) {
		errno = EDEADLK;
		(void)maildir_fail(&d->dir, "the lock was lost, and nothing "
		    "is removed");
		return d->deleted.count > 0 ? -1 : 0;
	}
	if (d->deleted.count > 0)
		r = remove_deleted(d, removed);
	if (d->any_read)
		mark_seen(d);
	if (removed->count > 0)
		maildir_clean_tmp(&d->dir);
	return r;
}
