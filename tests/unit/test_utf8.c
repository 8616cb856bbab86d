/*
 * UTF-8, against another way to read it: decode, then look at the number.
 */
#include "base/utf8.h"
#include "unit.h"

#include <stdint.h>
#include <string.h>

static const struct {
	struct span text;
	bool valid;
} cases[] = {
	{ BYTES(""), true },
	{ BYTES("plain"), true },
	{ BYTES("\0"), true },			/* a NUL is for others */
	{ BYTES("\x7f"), true },
	{ BYTES("Gr\xc3\xbc\xc3\x9f" "e"), true },
	{ BYTES("\xc2\x80"), true },
	{ BYTES("\xdf\xbf"), true },
	{ BYTES("\xe0\xa0\x80"), true },
	{ BYTES("\xed\x9f\xbf"), true },
	{ BYTES("\xee\x80\x80"), true },
	{ BYTES("\xef\xbf\xbf"), true },		/* no character, well-formed */
	{ BYTES("\xf0\x90\x80\x80"), true },
	{ BYTES("\xf4\x8f\xbf\xbf"), true },
	{ BYTES("\x80"), false },		/* what follows, alone */
	{ BYTES("\xbf"), false },
	{ BYTES("a\x80" "b"), false },
	{ BYTES("\xc3"), false },		/* cut short */
	{ BYTES("\xe2\x82"), false },
	{ BYTES("\xf0\x9f\x94"), false },
	{ BYTES("\xf0\x9f"), false },
	{ BYTES("\xf0"), false },
	{ BYTES("\xc3" "a"), false },
	{ BYTES("\xe2\x82" "a"), false },
	{ BYTES("\xf0\x9f\x94" "a"), false },
	{ BYTES("\xe2" "a\x82"), false },
	{ BYTES("\xc3\xc3\xbc"), false },
	{ BYTES("\xc0\x80"), false },		/* overlong */
	{ BYTES("\xc0\xaf"), false },
	{ BYTES("\xc1\xbf"), false },
	{ BYTES("\xe0\x80\xaf"), false },
	{ BYTES("\xe0\x9f\xbf"), false },
	{ BYTES("\xf0\x80\x80\xaf"), false },
	{ BYTES("\xf0\x8f\xbf\xbf"), false },
	{ BYTES("\xf8\x80\x80\x80\xaf"), false },
	{ BYTES("\xfc\x80\x80\x80\x80\xaf"), false },
	{ BYTES("\xed\xa0\x80"), false },	/* surrogates */
	{ BYTES("\xed\xbf\xbf"), false },
	{ BYTES("\xed\xa0\xbd\xed\xb4\x91"), false },
	{ BYTES("\xf4\x90\x80\x80"), false },	/* above U+10FFFF */
	{ BYTES("\xf5\x80\x80\x80"), false },
	{ BYTES("\xf7\xbf\xbf\xbf"), false },
	{ BYTES("\xfe"), false },
	{ BYTES("\xff"), false },
	{ BYTES("j\xfcrgen"), false },		/* Latin-1 */
};

static void
is_valid__tells_well_formed_from_hostile(void **state)
{
	char doubled[2 * 8];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		len = cases[i].text.len;
		assert_int_equal(utf8_is_valid(cases[i].text), cases[i].valid);
		if (2 * len > sizeof doubled)
			continue;
		memcpy(doubled, cases[i].text.p, len);
		memcpy(doubled + len, cases[i].text.p, len);
		assert_int_equal(utf8_is_valid((struct span){ doubled,
		    2 * len }), cases[i].valid);
	}
}

static uint32_t
more(unsigned char first)
{
	return first < 0x80 ? 0 : (first & 0xe0) == 0xc0 ? 1 :
	    (first & 0xf0) == 0xe0 ? 2 : (first & 0xf8) == 0xf0 ? 3 : 9;
}

/* One character that takes all of the len bytes. */
static bool
is_character(const unsigned char *p, size_t len)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t n = more(p[0]), code, i;

	if (n + 1 != len)
		return false;
	code = n == 0 ? p[0] : p[0] & (0x3fU >> n);
	for (i = 1; i <= n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (p[i] & 0x3f);
	}
	return code >= least[n] && code <= 0x10ffff &&
	    (code < 0xd800 || code > 0xdfff);
}

static bool
is_text(const unsigned char *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = more(p[0]) + 1;
		if (n > len || !is_character(p, n))
			return false;
	}
	return true;
}

static void
compare(const unsigned char *p, size_t len)
{
	if (utf8_is_valid((struct span){ (const char *)p, len }) !=
	    is_text(p, len))
		fail_msg("%02x %02x %02x %02x, %zu bytes", p[0], p[1], p[2],
		    p[3], len);
}

static void
is_valid__of_all_three_bytes__is_what_decoding_says(void **state)
{
	unsigned char p[4] = { 0 };
	uint32_t n;

	(void)state;
	for (n = 0; n < 1U << 24; n++) {
		p[0] = (unsigned char)(n >> 16);
		p[1] = (unsigned char)(n >> 8);
		p[2] = (unsigned char)n;
		compare(p, 3);
		if (p[2] == 0)
			compare(p, 2);
	}
}

static void
is_valid__of_four_bytes__is_what_decoding_says(void **state)
{
	static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0,
	    0xff };
	unsigned char p[4];
	size_t i, j;
	int a, b;

	(void)state;
	for (a = 0xc0; a < 0x100; a++)
		for (b = 0; b < 0x100; b++)
			for (i = 0; i < COUNT(edges); i++)
				for (j = 0; j < COUNT(edges); j++) {
					p[0] = (unsigned char)a;
					p[1] = (unsigned char)b;
					p[2] = edges[i];
					p[3] = edges[j];
					compare(p, 4);
				}
}

static void
cut__of_valid_text__leaves_whole_characters(void **state)
{
	const struct span text = BYTES("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91");
	static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10,
	    10, 10 };
	size_t len, cut;

	(void)state;
	for (len = 0; len < COUNT(expected); len++) {
		cut = utf8_cut(text, len);
		assert_int_equal(cut, expected[len]);
		assert_true(utf8_is_valid((struct span){ text.p, cut }));
	}
	assert_int_equal(utf8_cut(SPAN(""), 5), 0);
	assert_int_equal(utf8_cut(SPAN("\x80\x80\x80"), 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_valid__tells_well_formed_from_hostile),
		cmocka_unit_test(
		    is_valid__of_all_three_bytes__is_what_decoding_says),
		cmocka_unit_test(
		    is_valid__of_four_bytes__is_what_decoding_says),
		cmocka_unit_test(cut__of_valid_text__leaves_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
