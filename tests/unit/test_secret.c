#include "base/secret.h"
#include "unit.h"

#include <errno.h>

static void
set__takes_any_bytes_but_nul__up_to_the_limit(void **state)
{
	char bytes[SECRET_MAX + 1];
	struct secret secret;

	(void)state;
	memset(bytes, '\xff', sizeof bytes);
	assert_int_equal(secret_set(&secret,
	    (struct span){ bytes, SECRET_MAX }), 0);
	assert_int_equal(secret.len, SECRET_MAX);
	assert_int_equal(secret.text[SECRET_MAX], '\0');
	assert_errno(secret_set(&secret,
	    (struct span){ bytes, SECRET_MAX + 1 }), EMSGSIZE);
	assert_errno(secret_set(&secret, SPAN("a\0b")), EINVAL);
}

static void
wipe__leaves_nothing(void **state)
{
	struct secret secret, nothing;

	(void)state;
	memset(&nothing, 0, sizeof nothing);
	memset(&secret, 'x', sizeof secret);
	secret_wipe(&secret);
	assert_memory_equal(&secret, &nothing, sizeof secret);
}

static void
equal__sees_any_difference(void **state)
{
	char a[32], b[32];
	size_t i;

	(void)state;
	memset(a, 'a', sizeof a);
	memset(b, 'a', sizeof b);
	assert_true(secret_equal(a, b, sizeof a));
	assert_true(secret_equal(a, "", 0));
	for (i = 0; i < sizeof a; i++) {
		b[i] ^= 1;
		assert_false(secret_equal(a, b, sizeof a));
		b[i] ^= 1;
	}
}

static void
random_hex__is_hex_and_never_the_same(void **state)
{
	char a[129], b[129];

	(void)state;
	assert_int_equal(secret_random_hex(a, 64), 0);
	assert_int_equal(secret_random_hex(b, 64), 0);
	assert_int_equal(strspn(a, "0123456789abcdef"), 128);
	assert_string_not_equal(a, b);
	assert_errno(secret_random_hex(a, 65), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set__takes_any_bytes_but_nul__up_to_the_limit),
		cmocka_unit_test(wipe__leaves_nothing),
		cmocka_unit_test(equal__sees_any_difference),
		cmocka_unit_test(random_hex__is_hex_and_never_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
