#include "base/sha256.h"

#include <string.h>

/* The cube roots of the first 64 primes, behind the point. */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
get_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
put_be32(unsigned char *p, uint32_t n)
{
	p[0] = (unsigned char)(n >> 24);
	p[1] = (unsigned char)(n >> 16);
	p[2] = (unsigned char)(n >> 8);
	p[3] = (unsigned char)n;
}

/* Section 6.2.2, step 1: w has 16 words, and gets the other 48. */
static void
stretch(uint32_t w[64])
{
	uint32_t a, b;
	size_t i;

	for (i = 16; i < 64; i++) {
		a = w[i - 15];
		b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] +
		    (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		    (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* Steps 2 to 4; v is a, b, ... h. */
static void
add_block(struct sha256 *s)
{
	uint32_t v[8], t1, t2;
	size_t i;

	for (i = 0; i < 16; i++)
		s->w[i] = get_be32(s->block + 4 * i);
	stretch(s->w);
	memcpy(v, s->h, sizeof v);
	for (i = 0; i < 64; i++) {
		t1 = v[7] + k[i] + s->w[i] + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
		    (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25));
		t2 = ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])) +
		    (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22));
		v[7] = v[6];
		v[6] = v[5];
		v[5] = v[4];
		v[4] = v[3] + t1;
		v[3] = v[2];
		v[2] = v[1];
		v[1] = v[0];
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

/* Of the square roots of the first 8 primes the same. */
void
sha256_begin(struct sha256 *s)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
		0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, first, sizeof s->h);
	s->len = 0;
}

/* @audit fewer than SHA256_BLOCK bytes wait in the block; s->len tells. */
void
sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t filled, n;

	for (; len > 0; p += n, len -= n) {
		filled = s->len % SHA256_BLOCK;
		n = SHA256_BLOCK - filled < len ? SHA256_BLOCK - filled : len;
		memcpy(s->block + filled, p, n);
		s->len += n;
		if (filled + n == SHA256_BLOCK)
			add_block(s);
	}
}

/* Section 5.1.1: a bit, as many zeros as there is room for, and the length. */
void
sha256_end(struct sha256 *s, unsigned char sum[SHA256_SUM])
{
	static const unsigned char padding[SHA256_BLOCK] = { 0x80 };
	uint64_t bits = s->len * 8;
	unsigned char length[8];
	size_t i;

	put_be32(length, (uint32_t)(bits >> 32));
	put_be32(length + 4, (uint32_t)bits);
	sha256_add(s, padding, 1 + (119 - s->len % SHA256_BLOCK) % SHA256_BLOCK);
	sha256_add(s, length, sizeof length);
	for (i = 0; i < 8; i++)
		put_be32(sum + 4 * i, s->h[i]);
}
