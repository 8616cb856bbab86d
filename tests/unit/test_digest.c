#include "base/digest.h"
#include "unit.h"

/* RFC 1939, section 7; then RFC 1321, A.5. */
static const struct {
	struct span parts[3];
	size_t n;
	const char *hex;
} cases[] = {
	{ { BYTES("<1896.697170952@dbc.mtview.ca.us>"), BYTES("tanstaaf") }, 2,
	    "c4c9334bac560ecc979e58001b3e22fb" },
	{ { BYTES("<1896.697170952@dbc.mtview.ca.us>tanstaaf") }, 1,
	    "c4c9334bac560ecc979e58001b3e22fb" },
	{ { BYTES("") }, 0, "d41d8cd98f00b204e9800998ecf8427e" },
	{ { BYTES(""), BYTES("a"), BYTES("") }, 3,
	    "0cc175b9c0f1b6a831c399e269772661" },
	{ { BYTES("a"), BYTES("b"), BYTES("c") }, 3,
	    "900150983cd24fb0d6963f7d28e17f72" },
	{ { BYTES("message digest") }, 1, "f96b697d7cb7938d525a2f31aaf161d0" },
	{ { BYTES("1234567890123456789012345678901234567890"
	    "1234567890123456789012345678901234567890") }, 1,
	    "57edf4a22be3c955ac49da2e2107b67a" },
	{ { BYTES("\0"), BYTES("\0") }, 2,
	    "c4103f122d27677c9db144cae1394a66" },
};

static void
md5__over_parts__is_as_over_the_whole(void **state)
{
	char hex[DIGEST_MD5_HEX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		digest_md5(hex, cases[i].parts, cases[i].n);
		assert_string_equal(hex, cases[i].hex);
	}
}

static void
raw__says_the_same_as_hex(void **state)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[DIGEST_MD5];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		digest_md5_raw(sum, cases[i].parts, cases[i].n);
		for (k = 0; k < sizeof sum; k++) {
			assert_int_equal(cases[i].hex[2 * k],
			    digits[sum[k] >> 4]);
			assert_int_equal(cases[i].hex[2 * k + 1],
			    digits[sum[k] & 15]);
		}
	}
}

/* FIPS 180-4's examples. */
static void
sha256__over_parts__is_as_over_the_whole(void **state)
{
	static const unsigned char of_abc[DIGEST_SHA256] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	static const struct span parts[] = {
		BYTES("a"), BYTES(""), BYTES("bc"),
	};
	static const struct span whole = BYTES("abc");
	unsigned char sum[DIGEST_SHA256];

	(void)state;
	digest_sha256(sum, &whole, 1);
	assert_memory_equal(sum, of_abc, sizeof sum);
	digest_sha256(sum, parts, 3);
	assert_memory_equal(sum, of_abc, sizeof sum);
}

/* Of every length up to three blocks, in two pieces, from a copied state. */
static void
sha256__in_pieces_and_copied__is_as_over_the_whole(void **state)
{
	unsigned char bytes[3 * DIGEST_BLOCK], sum[DIGEST_SHA256];
	unsigned char expected[DIGEST_SHA256];
	struct digest_sha256 s, at;
	size_t i, len;
	struct span whole;

	(void)state;
	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 5);
	for (len = 0; len <= sizeof bytes; len++) {
		whole = (struct span){ (const char *)bytes, len };
		digest_sha256(expected, &whole, 1);
		digest_sha256_begin(&at);
		for (i = 0; i <= len; i++) {
			s = at;			/* goes on from here */
			digest_sha256_add(&s, bytes + i, len - i);
			digest_sha256_end(&s, sum);
			assert_memory_equal(sum, expected, sizeof sum);
			digest_sha256_add(&at, bytes + i, i < len);
		}
	}
}

/* FIPS 180-4's long one, of a million letters. */
static void
sha256__of_a_million_letters(void **state)
{
	static const unsigned char expected[DIGEST_SHA256] = {
		0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
		0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
		0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
		0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
	};
	unsigned char letters[1000], sum[DIGEST_SHA256];
	struct digest_sha256 s;
	int i;

	(void)state;
	memset(letters, 'a', sizeof letters);
	digest_sha256_begin(&s);
	for (i = 0; i < 1000; i++)
		digest_sha256_add(&s, letters, sizeof letters);
	digest_sha256_end(&s, sum);
	assert_memory_equal(sum, expected, sizeof sum);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5__over_parts__is_as_over_the_whole),
		cmocka_unit_test(raw__says_the_same_as_hex),
		cmocka_unit_test(sha256__over_parts__is_as_over_the_whole),
		cmocka_unit_test(sha256__in_pieces_and_copied__is_as_over_the_whole),
		cmocka_unit_test(sha256__of_a_million_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
