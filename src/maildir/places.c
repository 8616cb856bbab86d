#include "maildir/places.h"

#include "base/sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A user can choose names whose sums are alike; so many slots are looked at. */
#define SUMS_COMPARED 256

static uint64_t
sum_of(enum maildir_where where, const char *file)
{
	return sum_add(SUM_START + (uint64_t)where, file, strlen(file));
}

/* The slot of this sum, or the free one for it; NULL after SUMS_COMPARED. */
static struct place *
find_slot(const struct places *p, uint64_t sum)
{
	size_t at = (size_t)(sum ^ sum >> 32), probes;
	struct place *slot;

	for (probes = 0; probes < SUMS_COMPARED; probes++) {
		slot = &p->slot[(at + probes) & p->mask];
		if (slot->number == 0 || slot->sum == sum)
			return slot;
	}
	return NULL;
}

int
places_open(struct places *p, size_t n)
{
	size_t size = 1;

	while (size / 4 < n / 3 + 1)
		size *= 2;
	p->mask = size - 1;
	p->slot = calloc(size, sizeof *p->slot);
	p->found = calloc(n + 1, sizeof *p->found);
	if (p->slot != NULL && p->found != NULL)
		return 0;
	places_close(p);
	return -1;
}

int
places_enter(struct places *p, size_t idx, enum maildir_where where,
    const char *file)
{
	uint64_t sum = sum_of(where, file);
	struct place *slot = find_slot(p, sum);

	if (slot == NULL || slot->number != 0) {
		errno = EAGAIN;
		return -1;
	}
	*slot = (struct place){ sum, (uint32_t)(idx + 1) };
	return 0;
}

void
places_close(struct places *p)
{
	int kept = errno;

	free(p->slot);
	free(p->found);
	p->slot = NULL;
	p->found = NULL;
	errno = kept;
}

enum places_result
places_find(struct places *p, enum maildir_where where, const char *file)
{
	const struct place *slot = find_slot(p, sum_of(where, file));

	if (slot == NULL || slot->number == 0)
		return PLACES_NEW;
	if (p->found[slot->number - 1])
		return PLACES_AGAIN;
	p->found[slot->number - 1] = true;
	return PLACES_FOUND;
}
