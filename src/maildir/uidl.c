#include "maildir/uidl.h"

#include "base/digest.h"
#include "base/num.h"
#include "base/sum.h"
#include "maildir/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The digest of the whole unique name; of more where a number tells it apart. */
static void
digest_twin(const struct mail *m, uint32_t n, char uidl[UIDL_MAX])
{
	char number[NUM_DECIMAL_MAX];
	struct span parts[3];

	(void)num_decimal(number, n);
	parts[0] = mail_unique(m);
	parts[1] = span_of(":");
	parts[2] = span_of(number);
	digest_md5(uidl, parts, n == 0 ? 1 : 3);
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

/* Give it an id that no other message has, unless it has one. */
static int
separate(struct mails *list, struct seen *seen, struct mail *m)
{
	char uidl[UIDL_MAX];
	uint32_t n = m->twins;
	size_t len = mail_uidl(m, uidl);

	if (!see(seen, uidl, len))
		return 0;
	do
		digest_twin(m, n++, uidl);
	while (see(seen, uidl, DIGEST_MD5_HEX));
	m->unrecorded = true;
	return (m->uidl = mails_keep(list, uidl)) != NULL ? 0 : -1;
}

static int
separate_all(struct mails *list, struct seen *seen, bool known, bool given)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].known == known &&
		    (list->v[i].uidl != NULL) == given &&
		    separate(list, seen, &list->v[i]) == -1)
			return -1;
	return 0;
}

int
uidl_separate(struct mails *list)
{
	struct seen seen = { NULL, 16 };
	int r;

	while (seen.places / 2 < list->n)
		seen.places *= 2;
	seen.sums = calloc(seen.places, sizeof seen.sums[0]);
	if (seen.sums == NULL)
		return -1;
	r = separate_all(list, &seen, true, true) == -1 ||
	    separate_all(list, &seen, true, false) == -1 ||
	    separate_all(list, &seen, false, true) == -1 ||
	    separate_all(list, &seen, false, false) == -1 ? -1 : 0;
	free(seen.sums);
	return r;
}
