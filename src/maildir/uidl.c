#include "maildir/uidl.h"

#include "base/digest.h"
#include "base/num.h"
#include "base/sum.h"
#include "maildir/name.h"

#include <stdint.h>
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

/*
 * Sums of ids, each at the first free place from its own on.  Equal sums are as
 * good as equal ids: a digest too many does no harm.
 */
struct seen {
	uint64_t *sums;			/* 0: a free place */
	size_t places;			/* a power of two, half of them free */
};

/*
 * Where it begins depends on an address that nobody can tell beforehand, lest
 * somebody give names that all begin at one place.
 */
static size_t
first_place(const struct seen *seen, uint64_t sum)
{
	sum = (sum ^ (uintptr_t)seen->sums) * SUM_START;
	return (size_t)(sum >> 32) & (seen->places - 1);
}

/* Is it there already?  Else it is from now on. */
static bool
see(struct seen *seen, const char *uidl, size_t len)
{
	uint64_t sum = sum_add(SUM_START, uidl, len) | 1;
	size_t at = first_place(seen, sum);

	while (seen->sums[at] != 0) {
		if (seen->sums[at] == sum)
			return true;
		at = (at + 1) & (seen->places - 1);
	}
	seen->sums[at] = sum;
	return false;
}

static void
mark(struct mails *list, struct seen *seen, bool known, bool adopted)
{
	char uidl[UIDL_MAX];
	struct mail *m;
	size_t i, len;

	for (i = 0; i < list->n; i++) {
		m = &list->v[i];
		if (m->known != known || (m->uidl != NULL) != adopted)
			continue;
		m->twin = false;
		len = uidl_make(m, uidl);
		m->twin = see(seen, uidl, len) || mails_namesake(list, i);
	}
}

int
uidl_mark_twins(struct mails *list)
{
	struct seen seen = { NULL, 16 };

	while (seen.places / 2 < list->n)
		seen.places *= 2;
	seen.sums = calloc(seen.places, sizeof seen.sums[0]);
	if (seen.sums == NULL)
		return -1;
	mark(list, &seen, true, true);
	mark(list, &seen, true, false);
	mark(list, &seen, false, true);
	mark(list, &seen, false, false);
	free(seen.sums);
	return 0;
}
