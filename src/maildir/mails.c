#include "maildir/mails.h"

#include "base/digest.h"
#include "base/fd.h"
#include "compat/compat.h"
#include "maildir/name.h"
#include "maildir/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A busy Maildir may change under every look; after these, take what we saw. */
#define LOOKS 3

/* So many files of one unique name are told apart by stat(2). */
#define TWINS_COMPARED 8

#define NAME_BLOCK (64 * 1024)

struct name_block {
	struct name_block *next;
	size_t used;
	char bytes[NAME_BLOCK];
};

void
mails_init(struct mails *list)
{
	*list = (struct mails){ .steady = true };
}

void
mails_free(struct mails *list)
{
	struct name_block *b, *next;

	for (b = list->names; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(list->v);
	mails_init(list);
}

struct span
mail_unique(const struct mail *m)
{
	return (struct span){ m->file, m->unique };
}

size_t
mail_uidl(const struct mail *m, char uidl[UIDL_MAX])
{
	struct span bare = { m->file, m->bare };

	if (m->uidl != NULL)
		bare = span_of(m->uidl);
	if (name_is_uidl(bare)) {
		memcpy(uidl, bare.p, bare.len);
		uidl[bare.len] = '\0';
		return bare.len;
	}
	bare = name_bare(mail_unique(m));
	digest_md5(uidl, &bare, 1);
	return DIGEST_MD5_HEX;
}

int
mail_compare(const struct mail *a, const struct mail *b)
{
	size_t shorter = a->unique < b->unique ? a->unique : b->unique;
	int c;

	if (a->when != b->when)
		return a->when < b->when ? -1 : 1;
	if ((c = memcmp(a->file, b->file, shorter)) != 0)
		return c;
	return a->unique < b->unique ? -1 : a->unique > b->unique;
}

/* For qsort(3): names alone decide, never the order of a directory. */
static int
compare(const void *pa, const void *pb)
{
	const struct mail *a = pa, *b = pb;
	int c = mail_compare(a, b);

	if (c == 0)
		c = (int)b->where - (int)a->where;
	return c != 0 ? c : strcmp(a->file, b->file);
}

const char *
mails_keep(struct mails *list, const char *text)
{
	size_t size = strlen(text) + 1;
	struct name_block *b = list->names;
	char *kept;

	if (b == NULL || sizeof b->bytes - b->used < size) {
		if ((b = malloc(sizeof *b)) == NULL)
			return NULL;
		b->next = list->names;
		b->used = 0;
		list->names = b;
	}
	kept = b->bytes + b->used;
	memcpy(kept, text, size);
	b->used += size;
	return kept;
}

int
mails_add(struct mails *list, const struct mail *m)
{
	const char *file, *uidl = NULL;
	struct mail *grown;
	size_t cap;

	if (list->n == list->cap) {
		cap = list->cap == 0 ? 256 : list->cap * 2;
		if ((grown = realloc(list->v, cap * sizeof *grown)) == NULL)
			return -1;
		list->v = grown;
		list->cap = cap;
	}
	if ((file = mails_keep(list, m->file)) == NULL ||
	    (m->uidl != NULL && (uidl = mails_keep(list, m->uidl)) == NULL))
		return -1;
	list->v[list->n] = *m;
	list->v[list->n].file = file;
	list->v[list->n++].uidl = uidl;
	return 0;
}

/* Only the bare name that is lawful as a unique-id will do as one. */
static uint8_t
length_of_uidl(struct span bare)
{
	return name_is_uidl(bare) ? (uint8_t)bare.len : 0;
}

struct mail
mail_of(enum maildir_where where, const char *file)
{
	struct span unique = name_unique(file);

	return (struct mail){
		.file = file,
		.when = name_time(unique),
		.octets = MAIL_UNMEASURED,
		.where = (uint8_t)where,
		.unique = (uint8_t)unique.len,
		.bare = length_of_uidl(name_bare(unique)),
	};
}

/* Left out: dot-files, and what is surely neither a file nor hides one. */
static bool
is_candidate(const struct dirent *entry)
{
	if (entry->d_name[0] == '.')
		return false;
#ifdef HAVE_STRUCT_DIRENT_D_TYPE
	return entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN;
#else
	return true;
#endif
}

/*
 * A message that places knows is there again.  FUSE and NTFS have names that neither
 * the index nor a C library has room for.
 */
static int
add_file(struct mails *list, struct maildir *md, enum maildir_where where,
    const char *file, struct places *places)
{
	struct mail m;

	switch (places == NULL ? PLACES_NEW :
	    places_find(places, where, file)) {
	case PLACES_FOUND:
		return 0;
	case PLACES_AGAIN:
		errno = EAGAIN;
		return -1;
	case PLACES_NEW:
		break;
	}
	if (strlen(file) > UINT8_MAX) {
		list->too_long[where]++;
		maildir_blame(md, where, file, "its name is too long");
		return 0;
	}
	m = mail_of(where, file);
	return mails_add(list, &m);
}

static int
look(struct mails *list, struct maildir *md, enum maildir_where where,
    struct places *places)
{
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	list->too_long[where] = 0;
	if (md->dir[where] == -1)
		return 0;
	fd = openat(md->dir[where], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		fd_close(&fd);
		return maildir_fail(md, "reading the Maildir");
	}
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (is_candidate(entry) &&
		    add_file(list, md, where, entry->d_name, places) == -1)
			break;
	if (errno != 0)
		r = maildir_fail(md, "reading the Maildir");
	(void)closedir(dir);
	return r;
}

static void
sort(struct mails *list, size_t from)
{
	if (list->n > from)
		qsort(list->v + from, list->n - from, sizeof list->v[0],
		    compare);
}

int
mails_list(struct mails *list, struct maildir *md)
{
	if (look(list, md, MAILDIR_NEW, NULL) == -1 ||
	    look(list, md, MAILDIR_CUR, NULL) == -1)
		return -1;
	sort(list, 0);
	return 0;
}

size_t
mails_first(const struct mails *list, const struct mail *m)
{
	size_t low = 0, high = list->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (mail_compare(&list->v[middle], m) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
same_place(const struct mail *a, const struct mail *b)
{
	return a->where == b->where && strcmp(a->file, b->file) == 0;
}

/*
 * Two entries with one unique name are, nearly always, one message that was
 * moved between two looks.  Only what is on disk can tell: of two names that
 * exist and are different files, both are messages.  So they are where the disk
 * does not tell: to keep one too many is better than to hide one.
 */
static bool
same_message(struct maildir *md, const struct mail *older,
    const struct mail *newer, bool *older_lives)
{
	struct stat a, b;

	*older_lives = fstatat(md->dir[older->where], older->file, &a,
	    AT_SYMLINK_NOFOLLOW) == 0;
	if (!*older_lives)
		return errno == ENOENT;
	if (fstatat(md->dir[newer->where], newer->file, &b,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Is m, in another place or not, one of the last kept ones?  Else keep it. */
static void
keep_once(struct mails *list, size_t *kept, struct maildir *md,
    const struct mail *m)
{
	struct mail *k;
	bool lives;
	size_t i;

	for (i = *kept; i > 0 && *kept - i < TWINS_COMPARED; i--) {
		k = &list->v[i - 1];
		if (mail_compare(k, m) != 0)
			break;
		if (same_place(k, m))
			return;
		if (same_message(md, k, m, &lives)) {
			if (!lives)
				*k = *m;
			else
				k->linked = true;
			return;
		}
	}
	k = &list->v[(*kept)++];
	*k = *m;
	k->twins = *kept > 1 && mail_compare(k - 1, k) == 0 ?
	    k[-1].twins + 1 : 0;
}

/*
 * Those before known are in order already, and nearly always what comes now is
 * younger than they.
 */
static void
settle(struct mails *list, size_t known, struct maildir *md)
{
	size_t i, kept = 0;
	struct mail m;

	sort(list, known);
	if (known > 0 && known < list->n &&
	    compare(&list->v[known - 1], &list->v[known]) > 0)
		sort(list, 0);
	for (i = 0; i < list->n; i++) {
		m = list->v[i];
		keep_once(list, &kept, md, &m);
	}
	list->n = kept;
}

/*
 * new/ first: a message on its way to cur/ is then seen twice, never not at
 * all.  A rename within cur/ can hide a file from readdir(3), so look again
 * when a directory changed while we read it.
 */
static int
look_once(struct mails *list, struct maildir *md, const bool skip[2],
    struct places *places, struct maildir_stamp *stamp)
{
	int where;

	for (where = MAILDIR_NEW; where <= MAILDIR_CUR; where++)
		if (!skip[where] &&
		    look(list, md, (enum maildir_where)where, places) == -1)
			return -1;
	return maildir_stamp(md, stamp);
}

int
mails_scan(struct mails *list, struct maildir *md, const bool skip[2],
    struct maildir_stamp *stamp)
{
	struct maildir_stamp before;
	size_t known = list->n;
	int looks;

	if (maildir_stamp(md, stamp) == -1)
		return -1;
	list->steady = false;
	for (looks = 0; looks < LOOKS && !list->steady; looks++) {
		before = *stamp;
		if (look_once(list, md, skip, NULL, stamp) == -1)
			return -1;
		list->steady = maildir_same_stamp(&before, stamp);
	}
	settle(list, known, md);
	return 0;
}

/* Of the first n messages, move those that were not found to gone. */
static int
split_gone(struct mails *list, size_t n, const bool *found,
    struct mails *gone, size_t *kept)
{
	size_t i;
	int r = 0;

	for (i = *kept = 0; i < n && r == 0; i++) {
		if (found[i])
			list->v[(*kept)++] = list->v[i];
		else
			r = mails_add(gone, &list->v[i]);
	}
	return r;
}

/* The first kept ones and those from added on, both in order, become one list. */
static int
merge(struct mails *list, size_t kept, size_t added)
{
	size_t n = list->n - added, i = kept, j = n, to = kept + n;
	struct mail *late;

	if ((late = calloc(n + 1, sizeof *late)) == NULL)
		return -1;
	if (n > 0)
		memcpy(late, list->v + added, n * sizeof *late);
	list->n = to;
	while (j > 0)
		list->v[--to] = i > 0 &&
		    compare(&list->v[i - 1], &late[j - 1]) > 0 ?
		    list->v[--i] : late[--j];
	free(late);
	return 0;
}

/* Each unique name once, and in order? */
static bool
is_plain(const struct mails *list)
{
	size_t i;

	for (i = 1; i < list->n; i++)
		if (mail_compare(&list->v[i - 1], &list->v[i]) >= 0)
			return false;
	return true;
}

static int
sort_out(struct mails *list, size_t known, const bool *found,
    struct mails *gone)
{
	size_t kept;
	int r = split_gone(list, known, found, gone, &kept);

	if (r == 0) {
		sort(list, known);
		r = merge(list, kept, known);
	}
	if (r == 0 && !is_plain(list)) {
		errno = EAGAIN;
		r = -1;
	}
	return r;
}

/* What skip leaves out counts as found. */
static int
enter_all(struct places *places, const struct mails *list, const bool skip[2])
{
	const struct mail *m;
	size_t i;

	for (i = 0; i < list->n; i++) {
		m = &list->v[i];
		if (skip[m->where])
			places->found[i] = true;
		else if (places_enter(places, i, (enum maildir_where)m->where,
		    m->file) == -1)
			return -1;
	}
	return 0;
}

int
mails_compare(struct mails *list, struct mails *gone, struct maildir *md,
    const bool skip[2], struct maildir_stamp *stamp)
{
	struct maildir_stamp before;
	struct places places;
	size_t known = list->n;
	int r;

	if (places_open(&places, list->n) == -1)
		return -1;
	r = enter_all(&places, list, skip);
	if (r == 0)
		r = maildir_stamp(md, &before);
	if (r == 0)
		r = look_once(list, md, skip, &places, stamp);
	if (r == 0 && !maildir_same_stamp(&before, stamp)) {
		errno = EAGAIN;
		r = -1;
	}
	if (r == 0)
		r = sort_out(list, known, places.found, gone);
	places_close(&places);
	return r;
}

bool
mails_namesake(const struct mails *list, size_t i)
{
	return (i > 0 && mail_compare(&list->v[i - 1], &list->v[i]) == 0) ||
	    (i + 1 < list->n &&
	    mail_compare(&list->v[i], &list->v[i + 1]) == 0);
}

/* The one in the very place of m, among those of its name from v[j] on. */
static const struct mail *
find_place(const struct mails *newer, size_t j, const struct mail *m)
{
	for (; j < newer->n && mail_compare(&newer->v[j], m) == 0; j++)
		if (same_place(&newer->v[j], m))
			return &newer->v[j];
	return NULL;
}

/*
 * Versions of solopop before this one may have made another id of the name.  An
 * id that a client has seen stays.
 */
static int
keep_id(struct mails *list, struct mail *m, const struct mail *known)
{
	char uidl[UIDL_MAX];

	if (known->uidl == NULL && known->bare == m->bare)
		return 0;
	(void)mail_uidl(known, uidl);
	m->unrecorded = true;
	return (m->uidl = mails_keep(list, uidl)) != NULL ? 0 : -1;
}

static int
recognize(struct mails *list, struct mail *m, const struct mail *known,
    bool alone)
{
	m->known = true;
	m->moved = !same_place(m, known);
	if (alone) {
		m->octets = known->octets;
		m->believed = known->believed;
	}
	return keep_id(list, m, known);
}

long
mails_recognize(struct mails *list, const struct mails *known)
{
	const struct mail *same;
	struct mail *m;
	size_t i, j = 0;
	long n = 0;
	bool alone;
	int c = 1;

	for (i = 0; i < list->n; i++) {
		m = &list->v[i];
		if (m->octets != MAIL_UNMEASURED)
			continue;
		while (j < known->n &&
		    (c = mail_compare(&known->v[j], m)) < 0)
			j++;
		if (j == known->n || c != 0)
			continue;
		alone = !mails_namesake(list, i) && !mails_namesake(known, j);
		same = alone ? &known->v[j] : find_place(known, j, m);
		if (same == NULL)
			continue;
		if (recognize(list, m, same, alone) == -1)
			return -1;
		n++;
	}
	return n;
}

static int
adopt(struct mails *list, struct mail *m, const struct mail *now)
{
	const char *file;

	m->gone = false;
	if (same_place(m, now))
		return 0;
	if ((file = mails_keep(list, now->file)) == NULL)
		return -1;
	m->file = file;
	m->where = now->where;
	return 0;
}

int
mails_update(struct mails *list, const struct mails *newer)
{
	size_t i, j = 0;
	int c = 1;

	for (i = 0; i < list->n; i++) {
		while (j < newer->n && (c = mail_compare(&newer->v[j],
		    &list->v[i])) < 0)
			j++;
		if (j == newer->n || c != 0)
			list->v[i].gone = true;
		else if (mails_namesake(list, i) || mails_namesake(newer, j))
			list->v[i].gone =
			    find_place(newer, j, &list->v[i]) == NULL;
		else if (adopt(list, &list->v[i], &newer->v[j++]) == -1)
			return -1;
	}
	return 0;
}
