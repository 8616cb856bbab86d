/*
 * The encoder against a model that a reader can check by eye: one byte at a
 * time, one rule a line.
 */
#include "plain_wire.h"
#include "unit.h"

#include <stdlib.h>

struct model {
	unsigned char out[4096];
	size_t len;
	uint64_t octets;
};

static void
put(struct model *m, char c, bool counted)
{
	m->out[m->len++] = (unsigned char)c;
	m->octets += counted;
}

static void
encode_by_eye(struct model *m, const unsigned char *p, size_t n)
{
	unsigned char last = '\n';
	size_t i;

	m->len = 0;
	m->octets = 0;
	for (i = 0; i < n; last = p[i++]) {
		if (last == '\n' && p[i] == '.')
			put(m, '.', false);
		if (p[i] == '\n' && last != '\r')
			put(m, '\r', true);
		put(m, (char)p[i], true);
	}
	if (last != '\n') {
		put(m, '\r', true);
		put(m, '\n', true);
	}
}

/* The loops of C alone say the same of this piece. */
static void
check_plain(const struct wire *before, const struct wire *after,
    const unsigned char *p, size_t n, const unsigned char *out, size_t len)
{
	struct wire w = *before, counted = *before;
	unsigned char plain[4096];

	assert_int_equal(plain_encode(&w, plain, p, n), len);
	assert_memory_equal(plain, out, len);
	assert_int_equal(w.octets, after->octets);
	assert_int_equal(w.last, after->last);
	plain_measure(&counted, p, n);
	assert_int_equal(counted.octets, after->octets);
	assert_int_equal(counted.last, after->last);
}

/* In pieces of at most so many bytes. */
static void
check_pieces(const unsigned char *p, size_t n, size_t piece)
{
	unsigned char out[4096];
	struct wire w, counted, before;
	struct model m;
	size_t at, take, more, len = 0;

	encode_by_eye(&m, p, n);
	wire_begin(&w);
	wire_begin(&counted);
	for (at = 0; at < n; at += take) {
		take = n - at < piece ? n - at : piece;
		before = w;
		more = wire_encode(&w, out + len, p + at, take);
		check_plain(&before, &w, p + at, take, out + len, more);
		wire_measure(&counted, p + at, take);
		assert_int_equal(counted.last, w.last);
		len += more;
	}
	len += wire_end(&w, out + len);
	wire_measure_end(&counted);
	assert_int_equal(len, m.len);
	assert_memory_equal(out, m.out, len);
	assert_int_equal(w.octets, m.octets);
	assert_int_equal(counted.octets, m.octets);
}

static const struct span texts[] = {
	BYTES(""), BYTES("\n"), BYTES("."), BYTES(".\n"), BYTES("\r"),
	BYTES("\r\n"), BYTES("\n\r\n\r"), BYTES("a\r.\n.\r\n..\n"),
	BYTES("no end"), BYTES("ends in cr\r"), BYTES("\0\0\n\0"),
	BYTES("\xff\n.\xff"), BYTES("\r\r\n\n\n...\n...")
};

static void
encode__in_pieces_of_any_size__matches_reference(void **state)
{
	size_t i, piece;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		for (piece = 1; piece <= texts[i].len + 1; piece++)
			check_pieces((const unsigned char *)texts[i].p,
			    texts[i].len, piece);
}

static void
encode__of_generated_bytes__matches_reference(void **state)
{
	static const char alphabet[] = "\n\n\r..aaab\0\xe9";
	unsigned char text[500];
	unsigned seed = 4711;
	size_t i, n, round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % sizeof text;
		for (i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = (unsigned char)
			    alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		}
		check_pieces(text, n, 1 + round % 70);
		check_pieces(text, n, sizeof text);
	}
}

/* So many line ends that any narrow counter would have gone round. */
static void
measure__of_long_texts__is_as_by_the_plain_loop(void **state)
{
	static const char *const units[] = { "\n", "\r\n", "\r\n\n", "ab\n" };
	struct wire w, plain;
	static unsigned char text[70001];
	size_t i, k, unit;

	(void)state;
	for (k = 0; k < COUNT(units); k++) {
		unit = strlen(units[k]);
		for (i = 0; i < sizeof text; i++)
			text[i] = (unsigned char)units[k][i % unit];
		wire_begin(&w);
		wire_begin(&plain);
		wire_measure(&w, text, sizeof text);
		plain_measure(&plain, text, sizeof text);
		assert_int_equal(w.octets, plain.octets);
		assert_int_equal(w.last, plain.last);
	}
}

static void
encode__of_nothing_but_line_ends__needs_twice_the_room(void **state)
{
	unsigned char text[64], *out;
	struct wire w;

	(void)state;
	memset(text, '\n', sizeof text);
	out = malloc(WIRE_EXPANDED(sizeof text));
	assert_non_null(out);
	wire_begin(&w);
	assert_int_equal(wire_encode(&w, out, text, sizeof text),
	    WIRE_EXPANDED(sizeof text));
	free(out);
}

static const struct {
	struct span text;
	uint64_t lines;
	size_t top;
} tops[] = {
	{ BYTES("H: h\n\na\nb\n"), 0, 6 },
	{ BYTES("H: h\n\na\nb\n"), 1, 8 },
	{ BYTES("H: h\n\na\nb\n"), 2, 10 },
	{ BYTES("H: h\n\na\nb\n"), UINT64_MAX, 10 },
	{ BYTES("H: h\r\n\r\na\r\nb\r\n"), 0, 8 },
	{ BYTES("H: h\r\n\r\na\r\nb\r\n"), 1, 11 },
	{ BYTES("H: h\n\na\nb"), 2, 9 },
	{ BYTES("H: h\n"), 0, 5 },
	{ BYTES("H: h\nI: i\n"), 0, 10 },
	{ BYTES("no header"), 5, 9 },
	{ BYTES("\nbody\nmore\n"), 0, 1 },
	{ BYTES("\nbody\nmore\n"), 1, 6 },
	{ BYTES("\r\nbody\n"), 0, 2 },
	{ BYTES("H: h\n\r\r\nstill header\n\nbody\n"), 0, 22 },
	{ BYTES(""), 3, 0 },
};

static void
top__in_pieces_of_any_size__ends_where_it_should(void **state)
{
	const unsigned char *p;
	struct wire_top t;
	size_t i, at, piece, take, cut, sum;

	(void)state;
	for (i = 0; i < COUNT(tops); i++) {
		p = (const unsigned char *)tops[i].text.p;
		for (piece = 1; piece <= tops[i].text.len + 1; piece++) {
			wire_top_begin(&t, tops[i].lines);
			sum = 0;
			for (at = 0; at < tops[i].text.len; at += take) {
				take = tops[i].text.len - at;
				if (take > piece)
					take = piece;
				cut = wire_top_cut(&t, p + at, take);
				assert_true(cut == take || sum + cut ==
				    tops[i].top);
				sum += cut;
			}
			assert_int_equal(sum, tops[i].top);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__in_pieces_of_any_size__matches_reference),
		cmocka_unit_test(encode__of_generated_bytes__matches_reference),
		cmocka_unit_test(
		    measure__of_long_texts__is_as_by_the_plain_loop),
		cmocka_unit_test(
		    encode__of_nothing_but_line_ends__needs_twice_the_room),
		cmocka_unit_test(
		    top__in_pieces_of_any_size__ends_where_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
