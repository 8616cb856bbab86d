#include "maildir/uidl.h"

#include "base/digest.h"
#include "base/num.h"
#include "maildir/name.h"

#include <stdlib.h>
#include <string.h>

/* More than the bare name: the whole unique one, and which of its kind. */
static void
digest_twin(const struct mail *m, char uidl[UIDL_MAX])
{
	char number[NUM_DECIMAL_MAX];
	struct span parts[3];

	(void)num_decimal(number, m->twins);
	parts[0] = mail_unique(m);
	parts[1] = span_of(":");
	parts[2] = span_of(number);
	digest_md5(uidl, parts, 3);
}

size_t
uidl_make(const struct mail *m, char uidl[UIDL_MAX])
{
	struct span bare = { m->file, m->bare };

	if (!m->twin && m->uidl != NULL) {
		bare = span_of(m->uidl);
		memcpy(uidl, bare.p, bare.len + 1);
		return bare.len;
	}
	if (!m->twin && name_is_uidl(bare)) {
		memcpy(uidl, bare.p, bare.len);
		uidl[bare.len] = '\0';
		return bare.len;
	}
	if (m->twin)
		digest_twin(m, uidl);
	else {
		bare = name_bare(mail_unique(m));
		digest_md5(uidl, &bare, 1);
	}
	return DIGEST_MD5_HEX;
}

struct hashed {
	uint64_t hash;
	size_t idx;
	bool adopted;
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
compare(const void *pa, const void *pb)
{
	const struct hashed *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->adopted != b->adopted)
		return a->adopted ? -1 : 1;
	return a->idx < b->idx ? -1 : a->idx > b->idx;
}

/* Equal hashes are as good as equal ids: a digest too many does no harm. */
int
uidl_mark_twins(struct mails *list)
{
	char uidl[UIDL_MAX];
	struct hashed *h;
	size_t i;

	if (list->n < 2)
		return 0;
	if ((h = calloc(list->n, sizeof *h)) == NULL)
		return -1;
	for (i = 0; i < list->n; i++) {
		list->v[i].twin = false;
		(void)uidl_make(&list->v[i], uidl);
		h[i] = (struct hashed){ hash(uidl), i,
		    list->v[i].uidl != NULL };
	}
	qsort(h, list->n, sizeof *h, compare);
	for (i = 1; i < list->n; i++)
		if (h[i].hash == h[i - 1].hash)
			list->v[h[i].idx].twin = true;
	free(h);
	return 0;
}
