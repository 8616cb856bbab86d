#include "import/expected.h"

#include "base/fd.h"
#include "io/wire.h"
#include "maildir/maildrop.h"
#include "import/mbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
expected_init(struct expected *e)
{
	*e = (struct expected){ NULL, 0, 0, 0 };
}

void
expected_free(struct expected *e)
{
	free(e->v);
	expected_init(e);
}

static struct expected_mail *
add(struct expected *e)
{
	size_t cap = e->cap == 0 ? 64 : 2 * e->cap;
	struct expected_mail *grown;

	if (e->n == e->cap) {
		if ((grown = realloc(e->v, cap * sizeof *grown)) == NULL)
			return NULL;
		e->v = grown;
		e->cap = cap;
	}
	memset(&e->v[e->n], 0, sizeof e->v[e->n]);
	return &e->v[e->n++];
}

static int
measure(int fd, off_t at, off_t end, uint64_t *octets)
{
	unsigned char chunk[65536];
	struct wire w;
	ssize_t n;

	wire_begin(&w);
	for (; at < end; at += n) {
		n = fd_read_at(fd, chunk, sizeof chunk, at, end);
		if (n == 0)
			errno = EBADMSG;
		if (n <= 0)
			return -1;
		wire_measure(&w, chunk, (size_t)n);
	}
	wire_measure_end(&w);
	*octets = w.octets;
	return 0;
}

static int
add_mail(struct expected *e, int fd, const struct mbox_mail *mail, bool ids,
    bool old_uids)
{
	struct expected_mail *m;
	const char *uidl;

	if ((m = add(e)) == NULL ||
	    measure(fd, mail->start, mail->end, &m->octets) == -1)
		return -1;
	uidl = mail->x_uidl[0] != '\0' ? mail->x_uidl :
	    old_uids ? mail->old_uid : mail->new_uid;
	if (ids)
		(void)span_copy(m->uidl, sizeof m->uidl, span_of(uidl));
	e->octets += m->octets;
	return 0;
}

static int
read_mbox(struct expected *e, int fd, off_t size, bool ids, bool old_uids)
{
	struct mbox_mail mail;
	struct mbox *m;
	int r;

	if ((m = malloc(sizeof *m)) == NULL)
		return -1;
	mbox_begin(m, fd, 0, size);
	while ((r = mbox_next(m, &mail)) == 1)
		if (!mail.folder_data &&
		    add_mail(e, fd, &mail, ids, old_uids) == -1) {
			r = -1;
			break;
		}
	free(m);
	return r;
}

int
expected_add(struct expected *e, const char *mbox, bool ids, bool old_uids)
{
	struct stat st;
	int fd, r;

	if (mbox[0] == '\0')
		return 0;
	fd = open(mbox, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	r = fstat(fd, &st);
	if (r == 0 && !S_ISREG(st.st_mode)) {
		errno = EPERM;
		r = -1;
	}
	if (r == 0)
		r = read_mbox(e, fd, st.st_size, ids, old_uids);
	fd_close(&fd);
	return r;
}

/* Ids first, so that those of a name stand together; then octets. */
static int
compare(const void *pa, const void *pb)
{
	const struct expected_mail *a = pa, *b = pb;
	int c = strcmp(a->uidl, b->uidl);

	if (c != 0)
		return c;
	return a->octets < b->octets ? -1 : a->octets > b->octets;
}

static int
compare_octets(const void *pa, const void *pb)
{
	const struct expected_mail *a = pa, *b = pb;

	return a->octets < b->octets ? -1 : a->octets > b->octets;
}

static int
read_maildir(struct expected *found, const char *path)
{
	const struct maildrop_conf conf = { .read_only = true };
	struct expected_mail *m;
	struct maildrop *d;
	uint32_t i;
	int r;

	r = maildrop_open(&d, path, &conf) == MAILDROP_OPEN ? 0 : -1;
	for (i = 1; r == 0 && i <= maildrop_count(d); i++)
		r = (m = add(found)) == NULL ? -1 :
		    maildrop_octets(d, i, &m->octets) == -1 ? -1 :
		    maildrop_uidl(d, i, m->uidl);
	maildrop_close(d);
	return r;
}

static void
forget_ids(struct expected *e, size_t from, size_t to)
{
	for (; from < to; from++)
		e->v[from].uidl[0] = '\0';
}

/*
 * Of several messages with one id only the first keeps it, and here they are no
 * more in order: all are looked for by their octets alone.
 */
static void
forget_repeated(struct expected *e)
{
	size_t i, j;

	qsort(e->v, e->n, sizeof e->v[0], compare);
	for (i = 0; i < e->n; i = j) {
		for (j = i + 1; j < e->n &&
		    strcmp(e->v[j].uidl, e->v[i].uidl) == 0;)
			j++;
		if (j - i > 1)
			forget_ids(e, i, j);
	}
}

static long
missing_ids(const struct expected *e, struct expected *found)
{
	long missing = 0;
	size_t i;

	qsort(found->v, found->n, sizeof found->v[0], compare);
	for (i = 0; i < e->n; i++)
		if (e->v[i].uidl[0] != '\0' && bsearch(&e->v[i], found->v,
		    found->n, sizeof found->v[0], compare) == NULL)
			missing++;
	return missing;
}

/* Every size as often as it should be, or more. */
static long
missing_octets(struct expected *e, struct expected *found)
{
	long missing = 0;
	size_t i, j = 0;

	qsort(e->v, e->n, sizeof e->v[0], compare_octets);
	qsort(found->v, found->n, sizeof found->v[0], compare_octets);
	for (i = 0; i < e->n; i++) {
		while (j < found->n && found->v[j].octets < e->v[i].octets)
			j++;
		if (j == found->n || found->v[j].octets != e->v[i].octets)
			missing++;
		else
			j++;
	}
	return missing;
}

long
expected_missing(struct expected *e, const char *path)
{
	struct expected found;
	long ids, octets;

	expected_init(&found);
	if (e->n == 0)
		return 0;
	if (read_maildir(&found, path) == -1) {
		expected_free(&found);
		return -1;
	}
	if (found.n == 0)
		return (long)e->n;
	forget_repeated(e);
	ids = missing_ids(e, &found);
	octets = missing_octets(e, &found);
	expected_free(&found);
	return ids > octets ? ids : octets;
}
