#include "base/hmac.h"
#include "unit.h"

#define TEN(x) x x x x x x x x x x
#define FIFTY(x) TEN(x) TEN(x) TEN(x) TEN(x) TEN(x)
#define COUNTED "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13" \
	"\x14\x15\x16\x17\x18\x19"

struct vector {
	struct span key, message;
	const char *mac;
};

/* RFC 2202, section 2. */
static const struct vector of_md5[] = {
	{ BYTES("\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb\xb"),
	    BYTES("Hi There"), "9294727a3638bb1c13f48ef8158bfc9d" },
	{ BYTES("Jefe"), BYTES("what do ya want for nothing?"),
	    "750c783e6ab0b503eaa86e310a5db738" },
	{ BYTES(TEN("\xaa") "\xaa\xaa\xaa\xaa\xaa\xaa"), BYTES(FIFTY("\xdd")),
	    "56be34521d144c88dbb8c733f0e8b3f6" },
	{ BYTES(COUNTED), BYTES(FIFTY("\xcd")),
	    "697eaf0aca3a3aea3a75164746ffaa79" },
	{ BYTES(TEN("\xc") "\xc\xc\xc\xc\xc\xc"),
	    BYTES("Test With Truncation"),
	    "56461ef2342edc00f9bab995690efd4c" },
	{ BYTES(FIFTY("\xaa") TEN("\xaa") TEN("\xaa") TEN("\xaa")),
	    BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
	{ BYTES(FIFTY("\xaa") TEN("\xaa") TEN("\xaa") TEN("\xaa")),
	    BYTES("Test Using Larger Than Block-Size Key and Larger Than One "
	    "Block-Size Data"), "6f630fad67cda0ee1fb1f562db3aa53e" },
	/* RFC 2195, section 2 */
	{ BYTES("tanstaaftanstaaf"),
	    BYTES("<1896.697170952@postoffice.reston.mci.net>"),
	    "b913a602c7eda7a495b4e6e7334d3890" },
	{ BYTES(""), BYTES(""), "74e6f7298a9c2d168935f58c001bad88" },
};

/* RFC 4231, section 4; the fifth is cut short there. */
static const struct vector of_sha256[] = {
	{ BYTES(TEN("\xb") TEN("\xb")), BYTES("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ BYTES("Jefe"), BYTES("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ BYTES(TEN("\xaa") TEN("\xaa")), BYTES(FIFTY("\xdd")),
	    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ BYTES(COUNTED), BYTES(FIFTY("\xcd")),
	    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ BYTES(TEN("\xc") TEN("\xc")), BYTES("Test With Truncation"),
	    "a3b6167473100ee06e0c796c2955552b" },
	{ BYTES(FIFTY("\xaa") FIFTY("\xaa") TEN("\xaa") TEN("\xaa")
	    TEN("\xaa") "\xaa"),
	    BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ BYTES(FIFTY("\xaa") FIFTY("\xaa") TEN("\xaa") TEN("\xaa")
	    TEN("\xaa") "\xaa"),
	    BYTES("This is a test using a larger than block-size key and a "
	    "larger than block-size data. The key needs to be hashed before "
	    "being used by the HMAC algorithm."),
	    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static void
assert_hex(const unsigned char *bytes, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; hex[i] != '\0'; i += 2) {
		assert_int_equal(hex[i], digits[bytes[i / 2] >> 4]);
		assert_int_equal(hex[i + 1], digits[bytes[i / 2] & 15]);
	}
}

/* Whole, and cut in two at every byte. */
static void
try(const struct vector *v, size_t sum,
    void (*hmac)(unsigned char *, struct span, const struct span *, size_t))
{
	unsigned char mac[DIGEST_SHA256 + 1];
	struct span parts[2];
	size_t at;

	for (at = 0; at <= v->message.len; at++) {
		mac[sum] = '.';
		parts[0] = (struct span){ v->message.p, at };
		parts[1] = (struct span){ v->message.p + at,
		    v->message.len - at };
		hmac(mac, v->key, parts, 2);
		assert_hex(mac, v->mac);
		assert_int_equal(mac[sum], '.');
	}
	hmac(mac, v->key, &v->message, 1);
	assert_hex(mac, v->mac);
}

static void
md5__as_in_rfc_2202_and_2195(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(of_md5); i++)
		try(&of_md5[i], DIGEST_MD5, hmac_md5);
}

static void
sha256__as_in_rfc_4231(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(of_sha256); i++)
		try(&of_sha256[i], DIGEST_SHA256, hmac_sha256);
}

static void
mac__may_stand_where_key_or_message_stood(void **state)
{
	unsigned char a[DIGEST_SHA256] = { 1 }, b[DIGEST_SHA256] = { 1 };
	struct span of_a = { (const char *)a, sizeof a };
	struct span of_b = { (const char *)b, sizeof b };
	unsigned char mac[DIGEST_SHA256];

	(void)state;
	hmac_sha256(mac, of_a, &of_a, 1);
	hmac_sha256(a, of_a, &of_b, 1);
	assert_memory_equal(a, mac, sizeof a);
	a[0] = b[0] = 1;
	memset(a + 1, 0, sizeof a - 1);
	hmac_sha256(b, of_a, &of_b, 1);
	assert_memory_equal(b, mac, sizeof b);
}

static void
pbkdf2__as_others_count(void **state)
{
	unsigned char key[DIGEST_SHA256];

	(void)state;
	pbkdf2_sha256(key, SPAN("password"), SPAN("salt"), 1);
	assert_hex(key,
	    "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b");
	pbkdf2_sha256(key, SPAN("password"), SPAN("salt"), 2);
	assert_hex(key,
	    "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43");
	pbkdf2_sha256(key, SPAN("password"), SPAN("salt"), 4096);
	assert_hex(key,
	    "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5__as_in_rfc_2202_and_2195),
		cmocka_unit_test(sha256__as_in_rfc_4231),
		cmocka_unit_test(mac__may_stand_where_key_or_message_stood),
		cmocka_unit_test(pbkdf2__as_others_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
