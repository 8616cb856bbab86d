/*
 * Every x86-64 has SSE2, so nothing is to be found out at run time: cpuid costs
 * a virtual machine more than most sessions have to encode.
 */
#include "io/bulk.h"

#include <emmintrin.h>

#define BLOCK 16
#define PAIR (2 * BLOCK)

/* A lane counts to 255 before it must be emptied. */
#define LANE_MAX 255

static __m128i
load(const unsigned char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static void
store(unsigned char *p, __m128i bytes)
{
	_mm_storeu_si128((__m128i *)(void *)p, bytes);
}

/* Two registers: fewer guesses for the processor, which are what it costs. */
struct pair {
	__m128i low, high;
};

static struct pair
load_pair(const unsigned char *p)
{
	return (struct pair){ load(p), load(p + BLOCK) };
}

static void
store_pair(unsigned char *p, struct pair v)
{
	store(p, v.low);
	store(p + BLOCK, v.high);
}

static uint32_t
where(struct pair v, char c)
{
	const __m128i wanted = _mm_set1_epi8(c);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v.low, wanted)) |
	    (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v.high, wanted)) << 16;
}

/*
 * @audit a CR goes before each LF that has none, a dot before each dot at the
 * beginning of a line: then the block from there on is written once more, one
 * byte further.  That reads up to 32 bytes beyond the block and writes as many
 * that are of no use; 64 are left at src, thus room for 128 at dst.
 */
size_t
bulk_encode(struct wire *w, unsigned char **dst, const unsigned char *src,
    size_t n)
{
	uint32_t lf, put, last = w->last;
	unsigned char *d = *dst;
	const unsigned char *s;
	uint64_t added = 0;
	size_t done, at;
	struct pair v;

	for (done = 0; n - done >= 2 * PAIR; done += PAIR, d += PAIR) {
		s = src + done;
		v = load_pair(s);
		lf = where(v, '\n');
		put = (lf & ~(where(v, '\r') << 1 | (last == '\r'))) |
		    (where(v, '.') & (lf << 1 | (last == '\n')));
		store_pair(d, v);
		for (; put != 0; put &= put - 1) {
			at = (size_t)__builtin_ctz(put);
			added += s[at] == '\n';
			d[at] = s[at] == '\n' ? '\r' : '.';
			store_pair(++d + at, load_pair(s + at));
		}
		last = s[PAIR - 1];
	}
	w->last = (unsigned char)last;
	w->octets += done + added;
	*dst = d;
	return done;
}

/* LFs without a CR before them, in so many blocks; p[-1] is there. */
static uint64_t
count_bare(const unsigned char *p, size_t blocks)
{
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	const __m128i zero = _mm_setzero_si128();
	__m128i lanes = zero;

	for (; blocks > 0; blocks--, p += BLOCK)
		lanes = _mm_sub_epi8(lanes, _mm_andnot_si128(
		    _mm_cmpeq_epi8(load(p - 1), cr),
		    _mm_cmpeq_epi8(load(p), lf)));
	lanes = _mm_sad_epu8(lanes, zero);
	return (uint64_t)_mm_cvtsi128_si64(lanes) +
	    (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(lanes, 8));
}

size_t
bulk_measure(struct wire *w, const unsigned char *src, size_t n)
{
	size_t done = 1, blocks;

	if (n == 0)
		return 0;
	w->octets += *src == '\n' && w->last != '\r';
	while ((blocks = (n - done) / BLOCK) > 0) {
		if (blocks > LANE_MAX)
			blocks = LANE_MAX;
		w->octets += count_bare(src + done, blocks);
		done += blocks * BLOCK;
	}
	w->octets += done;
	return done;
}
