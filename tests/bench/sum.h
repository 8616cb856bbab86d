/*
 * What the helpers of the bench share: the files they hand one another, and a
 * hash that is quick enough not to be what is measured.
 */
#ifndef BENCH_SUM_H
#define BENCH_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a client must get for one message. */
struct sum {
	uint64_t octets;	/* what LIST says */
	uint64_t wire;		/* with dot-stuffing, without the last dot */
	uint64_t hash;		/* of what goes over the wire */
};

/* A row of the table that the floor prints from. */
struct row {
	uint64_t octets;
	char name[56];
};

/* Bytes in, in pieces of any size. */
struct hash {
	uint64_t lane[4];
	unsigned char rest[32];
	size_t have;
};

static inline void
hash_start(struct hash *h)
{
	memset(h, 0, sizeof *h);
}

static inline void
hash_block(struct hash *h, const unsigned char *p)
{
	uint64_t word;
	int i;

	for (i = 0; i < 4; i++) {
		memcpy(&word, p + 8 * i, 8);
		h->lane[i] = (h->lane[i] ^ word) * 0x9e3779b97f4a7c15u;
		h->lane[i] ^= h->lane[i] >> 29;
	}
}

static inline void
hash_add(struct hash *h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t part;

	if (h->have > 0) {
		part = 32 - h->have < n ? 32 - h->have : n;
		memcpy(h->rest + h->have, p, part);
		h->have += part;
		p += part;
		n -= part;
		if (h->have < 32)
			return;
		hash_block(h, h->rest);
		h->have = 0;
	}
	for (; n >= 32; p += 32, n -= 32)
		hash_block(h, p);
	memcpy(h->rest, p, n);
	h->have = n;
}

static inline uint64_t
hash_end(struct hash *h)
{
	uint64_t all = h->have;
	int i;

	memset(h->rest + h->have, 0, 32 - h->have);
	hash_block(h, h->rest);
	for (i = 0; i < 4; i++)
		all = (all ^ h->lane[i]) * 0xff51afd7ed558ccdu;
	return all ^ all >> 32;
}

#endif
