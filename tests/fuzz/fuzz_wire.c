/*
 * The encoder, cut into pieces anyhow, against one byte at a time.  The first
 * byte chooses the pieces, the second how many lines of the body TOP wants.
 */
#include "fuzz.h"
#include "../unit/plain_wire.h"

#include <stdlib.h>
#include <string.h>

/* What RFC 1939 says, as plainly as it can be said. */
static size_t
encode(unsigned char *dst, const uint8_t *p, size_t n, uint64_t *octets)
{
	unsigned char last = '\n';
	size_t i, d = 0;

	*octets = 0;
	for (i = 0; i < n; i++) {
		if (p[i] == '.' && last == '\n')
			dst[d++] = '.';
		if (p[i] == '\n' && last != '\r') {
			dst[d++] = '\r';
			++*octets;
		}
		last = dst[d++] = p[i];
		++*octets;
	}
	if (last != '\n') {
		dst[d++] = '\r';
		dst[d++] = '\n';
		*octets += 2;
	}
	return d;
}

/* The header, the blank line, and so many lines. */
static size_t
top(const uint8_t *p, size_t n, uint64_t lines)
{
	size_t i, start = 0, len;
	int in_body = 0;

	for (i = 0; i < n && !(in_body && lines == 0); i++) {
		if (p[i] != '\n')
			continue;
		len = i - start;
		if (in_body)
			lines--;
		else if (len == 0 || (len == 1 && p[start] == '\r'))
			in_body = 1;
		start = i + 1;
	}
	return in_body && lines == 0 ? start : n;
}

/* So long is the next piece: most + 1 bytes, or fewer. */
static size_t
piece(unsigned *seed, unsigned most, size_t left)
{
	size_t n;

	*seed = *seed * 1103515245 + 12345;
	n = 1 + (*seed >> 16) % (most + 1);
	return n < left ? n : left;
}

static void
check_pieces(const uint8_t *p, size_t n, unsigned most)
{
	unsigned char *expected = malloc(2 * n + 2);
	unsigned char *dst = malloc(2 * n + 2), *room;
	struct wire w, m, plain;
	uint64_t octets;
	size_t len, at, take, out = 0, more;
	unsigned seed = most;

	CHECK(expected != NULL && dst != NULL);
	len = encode(expected, p, n, &octets);
	wire_begin(&w);
	wire_begin(&m);
	for (at = 0; at < n; at += take) {
		take = piece(&seed, most, n - at);
		CHECK((room = malloc(WIRE_EXPANDED(take))) != NULL);
		more = wire_encode(&w, room, p + at, take);
		CHECK(more <= WIRE_EXPANDED(take));
		memcpy(dst + out, room, more);
		plain = m;
		CHECK(plain_encode(&plain, room, p + at, take) == more &&
		    memcmp(dst + out, room, more) == 0 &&
		    plain.octets == w.octets && plain.last == w.last);
		free(room);
		out += more;
		plain = m;
		plain_measure(&plain, p + at, take);
		wire_measure(&m, p + at, take);
		CHECK(plain.octets == m.octets);
		CHECK(m.octets == w.octets && m.last == w.last);
	}
	more = wire_end(&w, dst + out);
	CHECK(more <= WIRE_END_MAX);
	out += more;
	wire_measure_end(&m);
	CHECK(out == len && memcmp(dst, expected, len) == 0);
	CHECK(w.octets == octets && m.octets == octets);
	free(dst);
	free(expected);
}

static void
check_top(const uint8_t *p, size_t n, unsigned most, uint64_t lines)
{
	struct wire_top t;
	size_t at, take, cut, sum = 0;
	unsigned seed = most;
	bool ended = false;

	wire_top_begin(&t, lines);
	for (at = 0; at < n; at += take) {
		take = piece(&seed, most, n - at);
		cut = wire_top_cut(&t, p + at, take);
		CHECK(cut <= take && (!ended || cut == 0));
		ended = ended || cut < take;
		sum += cut;
	}
	CHECK(sum == top(p, n, lines));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned most, lines;

	if (size < 2)
		return 0;
	most = data[0];
	lines = data[1];
	check_pieces(data + 2, size - 2, most);
	check_top(data + 2, size - 2, most, lines);
	return 0;
}
