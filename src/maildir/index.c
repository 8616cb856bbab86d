#include "maildir/index.h"

#include "base/fd.h"
#include "base/num.h"
#include "base/sum.h"
#include "io/stored.h"
#include "maildir/name.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "solopop index 1\n"
#define MAGIC_LEN 16

#define FLAG_CUR 1		/* of a record: in cur/, else in new/ */
#define FLAG_TWIN 2		/* of older versions: an id that we do not make */
#define FLAG_BELIEVED 4		/* octets from the name */
#define FLAG_LINKED 8		/* it has another name */

/* In the header. */
#define DOUBTS_AT 96
#define DECODES_AT 97		/* forms that the writer could decode */
#define FORMS_AT 98		/* forms of what it left out */
#define STORED_AT 100
#define TOO_LONG_AT 104

static uint64_t
get(const unsigned char *p, size_t bytes)
{
	uint64_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | p[bytes];
	return n;
}

static void
put(unsigned char *p, size_t bytes, uint64_t n)
{
	size_t i;

	for (i = 0; i < bytes; i++, n >>= 8)
		p[i] = (unsigned char)n;
}

static void
put_stamp(unsigned char *p, const struct timespec *t)
{
	put(p, 8, (uint64_t)t->tv_sec);
	put(p + 8, 4, (uint64_t)t->tv_nsec);
}

static struct timespec
get_stamp(const unsigned char *p)
{
	struct timespec t;

	t.tv_sec = (time_t)get(p, 8);
	t.tv_nsec = (long)get(p + 8, 4);
	return t;
}

void
index_init(struct index *ix)
{
	memset(ix, 0, sizeof *ix);
	ix->fd = -1;
}

void
index_close(struct index *ix)
{
	fd_close(&ix->fd);
	free(ix->records.bytes);
	free(ix->names.bytes);
	index_init(ix);
}

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

/* Of the whole file. */
static uint64_t
size_of(const struct index_head *h)
{
	return INDEX_HEAD + (uint64_t)h->count * INDEX_RECORD + h->names;
}

/* @audit every offset into the file is derived from these numbers. */
static int
read_head(struct index *ix, const unsigned char *p, uint64_t file_size)
{
	struct index_head *h = &ix->head;
	uint64_t count = get(p + 16, 8);
	int i;

	if (memcmp(p, MAGIC, MAGIC_LEN) != 0 ||
	    get(p + INDEX_HEAD - 8, 8) !=
	    sum_add(SUM_START, p, INDEX_HEAD - 8))
		return bad();
	h->octets = get(p + 24, 8);
	h->names = get(p + 32, 8);
	ix->body_sum = get(p + 40, 8);
	if (count > UINT32_MAX || h->names > UINT32_MAX)
		return bad();
	h->count = (uint32_t)count;
	if (size_of(h) != file_size)
		return bad();
	for (i = 0; i < MAILDIR_STAMPS; i++) {
		h->stamp.changed[i] = get_stamp(p + 48 + 16 * i);
		h->trusted[i] = p[48 + 16 * i + 12] == 1;
	}
	h->doubts = p[DOUBTS_AT] == 1;
	h->left_out.forms = p[FORMS_AT];
	h->left_out.stored = num_le32(p + STORED_AT);
	h->left_out.too_long = num_le32(p + TOO_LONG_AT);
	return h->left_out.stored == 0 || p[DECODES_AT] == stored_decodes() ? 0 :
	    bad();
}

int
index_open(struct index *ix, const struct maildir *md)
{
	unsigned char head[INDEX_HEAD];
	struct stat st;
	ssize_t n;

	ix->fd = maildir_open_own(md, md->top, INDEX_FILE);
	if (ix->fd == -1)
		return -1;
	if (fstat(ix->fd, &st) == 0 && (n = fd_read_at(ix->fd, head,
	    sizeof head, 0, st.st_size)) != -1) {
		errno = EBADMSG;
		if (n == (ssize_t)sizeof head &&
		    read_head(ix, head, (uint64_t)st.st_size) == 0)
			return 0;
	}
	index_close(ix);
	return -1;
}

/* Bring the bytes at offset into the window; how many of them are there. */
static const unsigned char *
look_at(struct index *ix, struct index_window *w, uint64_t offset, size_t len)
{
	ssize_t n;

	if (w->bytes != NULL && offset >= w->from &&
	    offset - w->from + len <= w->len)
		return w->bytes + (offset - w->from);
	if (w->bytes == NULL && (w->bytes = malloc(INDEX_WINDOW)) == NULL)
		return NULL;
	w->from = offset;
	w->len = 0;
	n = fd_read_at(ix->fd, w->bytes, INDEX_WINDOW, (off_t)offset,
	    (off_t)size_of(&ix->head));
	if (n == -1)
		return NULL;
	w->len = (size_t)n;
	if (w->len < len) {
		errno = EBADMSG;
		return NULL;
	}
	return w->bytes;
}

int
index_verify(struct index *ix)
{
	uint64_t size = (uint64_t)ix->head.count * INDEX_RECORD +
	    ix->head.names;
	uint64_t done = 0, sum = SUM_START;
	const unsigned char *p;
	size_t len;

	while (done < size) {
		len = size - done < INDEX_WINDOW ? (size_t)(size - done) :
		    INDEX_WINDOW;
		p = look_at(ix, &ix->names, INDEX_HEAD + done, len);
		if (p == NULL)
			return -1;
		sum = sum_add(sum, p, len);
		done += len;
	}
	return sum == ix->body_sum ? 0 : bad();
}

static bool
is_string(const char *s, size_t len)
{
	return s[len] == '\0' && memchr(s, '\0', len) == NULL;
}

/* @audit a name is a file name: whole, terminated, without a slash. */
static int
check_names(const struct mail *m, size_t len, size_t uidl_len)
{
	if (!is_string(m->file, len) || memchr(m->file, '/', len) != NULL ||
	    m->file[0] == '.')
		return bad();
	if (m->uidl != NULL && (!is_string(m->uidl, uidl_len) ||
	    !name_is_uidl((struct span){ m->uidl, uidl_len })))
		return bad();
	return 0;
}

static const unsigned char *
record_at(struct index *ix, size_t idx)
{
	return look_at(ix, &ix->records, INDEX_HEAD + idx * INDEX_RECORD,
	    INDEX_RECORD);
}

int
index_octets(struct index *ix, size_t idx, uint64_t *octets)
{
	const unsigned char *r;

	if ((r = record_at(ix, idx)) == NULL)
		return -1;
	*octets = num_le64(r);
	return 0;
}

int
index_get(struct index *ix, size_t idx, struct mail *m)
{
	uint64_t names = INDEX_HEAD + (uint64_t)ix->head.count * INDEX_RECORD;
	const unsigned char *r, *name;
	size_t len, uidl_len, size;
	uint64_t at;

	if ((r = record_at(ix, idx)) == NULL)
		return -1;
	at = num_le32(r + 8);
	len = r[12];
	uidl_len = r[20];
	size = len + 1 + (uidl_len > 0 ? uidl_len + 1 : 0);
	if (len == 0 || r[13] > len || r[14] > r[13] ||
	    at + size > ix->head.names || (r[15] & FLAG_TWIN))
		return bad();
	if ((name = look_at(ix, &ix->names, names + at, size)) == NULL)
		return -1;
	*m = (struct mail){
		.file = (const char *)name,
		.uidl = uidl_len > 0 ? (const char *)name + len + 1 : NULL,
		.unrecorded = uidl_len > 0,	/* until solopop.uidl is read */
		.octets = num_le64(r),
		.unique = r[13],
		.bare = r[14],
		.where = r[15] & FLAG_CUR ? MAILDIR_CUR : MAILDIR_NEW,
		.linked = (r[15] & FLAG_LINKED) != 0,
		.believed = (r[15] & FLAG_BELIEVED) != 0,
		.twins = num_le32(r + 16),
	};
	return check_names(m, len, uidl_len);
}

void
index_draft_init(struct index_draft *draft)
{
	memset(draft, 0, sizeof *draft);
	replace_init(&draft->file);
}

void
index_begin(struct index_draft *draft, int top)
{
	struct stat st;

	if (replace_begin(&draft->file, top, INDEX_FILE) == -1)
		return;
	if (fstat(draft->file.fd, &st) == -1)
		index_drop(draft, top);
	else
		draft->begun = st.st_ctim;
}

void
index_drop(struct index_draft *draft, int top)
{
	replace_drop(&draft->file, top);
}

void
index_remove(int top)
{
	(void)unlinkat(top, INDEX_FILE, 0);
}

/* Gathers what is written, and sums it up. */
struct writer {
	int fd;
	uint64_t sum;
	size_t len;
	bool failed;
	unsigned char bytes[INDEX_WINDOW];
};

static void
drain(struct writer *w)
{
	w->sum = sum_add(w->sum, w->bytes, w->len);
	if (!w->failed && fd_write_all(w->fd, w->bytes, w->len) == -1)
		w->failed = true;
	w->len = 0;
}

/* Full buffers only leave from here, so pieces of the sum are whole words. */
static void
add_bytes(struct writer *w, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t n;

	while (len > 0) {
		n = sizeof w->bytes - w->len;
		if (n > len)
			n = len;
		memcpy(w->bytes + w->len, p, n);
		w->len += n;
		p += n;
		len -= n;
		if (w->len == sizeof w->bytes)
			drain(w);
	}
}

static void
add_record(struct writer *w, const struct mail *m, uint64_t at)
{
	unsigned char r[INDEX_RECORD] = { 0 };

	put(r, 8, m->octets);
	put(r + 8, 4, at);
	r[12] = (unsigned char)strlen(m->file);
	r[13] = m->unique;
	r[14] = m->bare;
	r[15] = (unsigned char)((m->where == MAILDIR_CUR ? FLAG_CUR : 0) |
	    (m->linked ? FLAG_LINKED : 0) |
	    (m->believed ? FLAG_BELIEVED : 0));
	put(r + 16, 4, m->twins);
	r[20] = m->uidl != NULL ? (unsigned char)strlen(m->uidl) : 0;
	add_bytes(w, r, sizeof r);
}

/* Bytes of a message's names: its own, and the adopted id after it. */
static size_t
names_size(const struct mail *m)
{
	return strlen(m->file) + 1 +
	    (m->uidl != NULL ? strlen(m->uidl) + 1 : 0);
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec :
	    a->tv_nsec < b->tv_nsec;
}

/*
 * Will a later change differ from this stamp?  It will if the stamp is older than
 * the draft's first moment.  Our own writing of solopop.uidl came later than that;
 * then its stamp must be older than our last writing to the draft.
 */
static bool
is_trusted(const struct index_draft *draft, const struct maildir_stamp *stamp,
    int which)
{
	struct timespec begun = draft->begun;
	struct stat st;

	if (which == MAILDIR_IDS && draft->ids != NULL)
		return draft->file.fd != -1 && begun.tv_sec != 0 &&
		    fstat(draft->file.fd, &st) == 0 &&
		    is_before(draft->ids, &st.st_ctim);
	begun.tv_sec -= (time_t)draft->skew;
	return is_before(&stamp->changed[which], &begun);
}

bool
index_trusts_alike(const struct index_draft *draft,
    const struct index_head *head, const struct maildir_stamp *stamp)
{
	int i;

	for (i = 0; i < MAILDIR_STAMPS; i++)
		if (head->trusted[i] != is_trusted(draft, stamp, i))
			return false;
	return true;
}

static void
make_head(unsigned char head[INDEX_HEAD], const struct index_draft *draft,
    const struct maildir_stamp *stamp, const uint64_t numbers[4])
{
	unsigned char *p;
	int i;

	memset(head, 0, INDEX_HEAD);
	memcpy(head, MAGIC, MAGIC_LEN);
	for (i = 0; i < 4; i++)
		put(head + 16 + 8 * i, 8, numbers[i]);
	for (i = 0; i < MAILDIR_STAMPS; i++) {
		p = head + 48 + 16 * i;
		put_stamp(p, i == MAILDIR_IDS && draft->ids != NULL ?
		    draft->ids : &stamp->changed[i]);
		p[12] = is_trusted(draft, stamp, i);
	}
	head[DOUBTS_AT] = draft->doubts;
	head[DECODES_AT] = (unsigned char)stored_decodes();
	head[FORMS_AT] = draft->left_out.forms;
	put(head + STORED_AT, 4, draft->left_out.stored);
	put(head + TOO_LONG_AT, 4, draft->left_out.too_long);
	put(head + INDEX_HEAD - 8, 8, sum_add(SUM_START, head, INDEX_HEAD - 8));
}

/* Offsets of names are of four bytes. */
static bool
fits(const struct mails *list)
{
	uint64_t names = 0;
	size_t i;

	for (i = 0; i < list->n; i++)
		names += names_size(&list->v[i]);
	return names <= UINT32_MAX && list->n <= UINT32_MAX;
}

static int
write_body(struct writer *w, const struct mails *list, uint64_t numbers[4])
{
	uint64_t names = 0, octets = 0;
	const struct mail *m;
	size_t i;

	for (i = 0; i < list->n; i++) {
		add_record(w, &list->v[i], names);
		names += names_size(&list->v[i]);
		octets += list->v[i].octets;
	}
	for (i = 0; i < list->n; i++) {
		m = &list->v[i];
		add_bytes(w, m->file, strlen(m->file) + 1);
		if (m->uidl != NULL)
			add_bytes(w, m->uidl, strlen(m->uidl) + 1);
	}
	drain(w);
	numbers[0] = list->n;
	numbers[1] = octets;
	numbers[2] = names;
	numbers[3] = w->sum;
	return w->failed ? -1 : 0;
}

/* The body first; the header, without which it is nothing, at the end. */
static int
write_draft(const struct index_draft *draft, const struct mails *list,
    const struct maildir_stamp *stamp)
{
	struct writer *w;
	unsigned char head[INDEX_HEAD];
	uint64_t numbers[4];
	int r;

	if ((w = calloc(1, sizeof *w)) == NULL)
		return -1;
	w->fd = draft->file.fd;
	w->sum = SUM_START;
	r = lseek(w->fd, INDEX_HEAD, SEEK_SET) == -1 ? -1 :
	    write_body(w, list, numbers);
	free(w);
	if (r == -1)
		return -1;
	make_head(head, draft, stamp, numbers);
	return pwrite(draft->file.fd, head, sizeof head, 0) ==
	    (ssize_t)sizeof head ? 0 : -1;
}

int
index_commit(struct index_draft *draft, int top, const struct mails *list,
    const struct maildir_stamp *stamp)
{
	if (draft->file.fd == -1 &&
	    replace_begin(&draft->file, top, INDEX_FILE) == -1)
		return -1;
	if (fits(list) && write_draft(draft, list, stamp) == 0)
		return replace_commit(&draft->file, top);
	index_drop(draft, top);
	return -1;
}

void
index_doubt(int top)
{
	const struct maildir_stamp never = { 0 };
	struct index_draft draft;
	struct mails none;

	index_remove(top);
	mails_init(&none);
	index_draft_init(&draft);
	draft.doubts = true;
	(void)index_commit(&draft, top, &none, &never);
}
