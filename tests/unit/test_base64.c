#include "base/base64.h"
#include "unit.h"

#include <errno.h>

/* RFC 4648, section 10; then all of the alphabet. */
static const struct {
	struct span bytes, text;
} pairs[] = {
	{ BYTES(""), BYTES("") },
	{ BYTES("f"), BYTES("Zg==") },
	{ BYTES("fo"), BYTES("Zm8=") },
	{ BYTES("foo"), BYTES("Zm9v") },
	{ BYTES("foob"), BYTES("Zm9vYg==") },
	{ BYTES("fooba"), BYTES("Zm9vYmE=") },
	{ BYTES("foobar"), BYTES("Zm9vYmFy") },
	{ BYTES("\0"), BYTES("AA==") },
	{ BYTES("\0\0\0"), BYTES("AAAA") },
	{ BYTES("\xff\xff\xff"), BYTES("////") },
	{ BYTES("\0jane\0secret"), BYTES("AGphbmUAc2VjcmV0") },
	{ BYTES("\0\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93"
	    "\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7"
	    "\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb"
	    "\xf3\xdf\xbf"),
	    BYTES("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/") },
};

static void
both_ways__as_in_the_rfc(void **state)
{
	char text[128], bytes[64];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		base64_encode(text, pairs[i].bytes.p, pairs[i].bytes.len);
		assert_string_equal(text, pairs[i].text.p);
		assert_int_equal(BASE64_LEN(pairs[i].bytes.len),
		    pairs[i].text.len);
		assert_int_equal(base64_decode(bytes, sizeof bytes,
		    pairs[i].text, &len), 0);
		assert_int_equal(len, pairs[i].bytes.len);
		assert_memory_equal(bytes, pairs[i].bytes.p, len);
		assert_int_equal(base64_decode(text, sizeof text,
		    (struct span){ text, pairs[i].text.len }, &len), 0);
		assert_memory_equal(text, pairs[i].bytes.p, len);
	}
}

static const struct span wrong[] = {
	BYTES("Z"), BYTES("Zg"), BYTES("Zg="), BYTES("Zm8"), BYTES("="),
	BYTES("=="), BYTES("===="), BYTES("Z==="), BYTES("=Zg="),
	BYTES("Zg==Zg=="), BYTES("Zg==Zm9v"), BYTES("Zm9v="),
	BYTES("Zm9v===="), BYTES("Z=8="), BYTES("Zg=v"), BYTES("=m9v"),
	/* bits that no byte uses */
	BYTES("Zh=="), BYTES("Z/=="), BYTES("Zm9="), BYTES("Zm/="),
	/* no digits, and digits of others */
	BYTES("Zm9-"), BYTES("Zm9_"), BYTES("Zm9v\r\n"), BYTES("Zm9v\n"),
	BYTES(" m9v"), BYTES("Zm 9"), BYTES("Zm\n9"), BYTES("Zm9\0"),
	BYTES("\0\0\0\0"), BYTES("Zm9\xff"), BYTES("Zm9@"), BYTES("Zm9["),
	BYTES("Zm9`"), BYTES("Zm9{"), BYTES("Zm9:"), BYTES("Zm9."),
	BYTES("\xc3\xa4" "9v"),
};

static void
decode__of_anything_else__is_refused_and_writes_nothing(void **state)
{
	char bytes[64];
	size_t i, k, len = 77;

	(void)state;
	memset(bytes, '.', sizeof bytes);
	for (i = 0; i < COUNT(wrong); i++)
		assert_errno(base64_decode(bytes, sizeof bytes, wrong[i],
		    &len), EINVAL);
	assert_int_equal(len, 77);
	for (k = 0; k < sizeof bytes; k++)
		assert_int_equal(bytes[k], '.');
}

static void
decode__fills_no_more_than_there_is(void **state)
{
	char bytes[4] = { '.', '.', '.', '.' };
	size_t len = 77;

	(void)state;
	assert_errno(base64_decode(bytes, 2, SPAN("Zm9v"), &len), EMSGSIZE);
	assert_errno(base64_decode(bytes, 0, SPAN("Zg=="), &len), EMSGSIZE);
	assert_memory_equal(bytes, "....", 4);
	assert_int_equal(base64_decode(bytes, 3, SPAN("Zm9v"), &len), 0);
	assert_memory_equal(bytes, "foo.", 4);
	assert_int_equal(base64_decode(bytes, 0, SPAN(""), &len), 0);
	assert_int_equal(len, 0);
}

/* Every byte in every place: what decodes is what encoding gives. */
static void
decode__of_each_byte_in_each_place__has_one_form(void **state)
{
	static const char seeds[][5] = { "AAAA", "Zm9v", "Zm8=", "Zg==" };
	char text[5], again[5], bytes[3];
	size_t i, at, len;
	int c;

	(void)state;
	for (i = 0; i < COUNT(seeds); i++)
		for (at = 0; at < 4; at++)
			for (c = 0; c < 256; c++) {
				memcpy(text, seeds[i], sizeof text);
				text[at] = (char)c;
				if (base64_decode(bytes, sizeof bytes,
				    (struct span){ text, 4 }, &len) == -1)
					continue;
				base64_encode(again, bytes, len);
				assert_memory_equal(again, text, 4);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways__as_in_the_rfc),
		cmocka_unit_test(
		    decode__of_anything_else__is_refused_and_writes_nothing),
		cmocka_unit_test(decode__fills_no_more_than_there_is),
		cmocka_unit_test(
		    decode__of_each_byte_in_each_place__has_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
