#include "base/num.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>

#include <errno.h>

static const struct {
	struct span text;
	uint64_t max;
	int error;
	uint64_t value;
} cases[] = {
	{ BYTES("0"), 10, 0, 0 },
	{ BYTES("10"), 10, 0, 10 },
	{ BYTES("0000010"), 10, 0, 10 },
	{ BYTES("11"), 10, ERANGE, 0 },
	{ BYTES("18446744073709551615"), UINT64_MAX, 0, UINT64_MAX },
	{ BYTES("18446744073709551616"), UINT64_MAX, ERANGE, 0 },
	{ BYTES("99999999999999999999999999"), UINT64_MAX, ERANGE, 0 },
	{ BYTES("4294967297"), UINT32_MAX, ERANGE, 0 },
	{ BYTES("5"), 3, ERANGE, 0 },
	{ BYTES("0"), 0, 0, 0 },
	{ BYTES("1"), 0, ERANGE, 0 },
	{ BYTES(""), 10, EINVAL, 0 },
	{ BYTES("1x"), 10, EINVAL, 0 },
	{ BYTES("x1"), 10, EINVAL, 0 },
	{ BYTES("-1"), 10, EINVAL, 0 },
	{ BYTES("+1"), 10, EINVAL, 0 },
	{ BYTES(" 1"), 10, EINVAL, 0 },
	{ BYTES("1 "), 10, EINVAL, 0 },
	{ BYTES("1\0"), 10, EINVAL, 0 },
	{ BYTES("0x1"), 10, EINVAL, 0 },
	{ BYTES("99999999999999999999x"), 10, EINVAL, 0 },
};

static void
u64__takes_digits_up_to_max_and_nothing_else(void **state)
{
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = 77;
		if (cases[i].error != 0) {
			assert_errno(num_u64(cases[i].text, cases[i].max, &n),
			    cases[i].error);
			assert_int_equal(n, 77);
			continue;
		}
		assert_int_equal(num_u64(cases[i].text, cases[i].max, &n), 0);
		assert_int_equal(n, cases[i].value);
	}
}

static void
decimal__then_u64__gives_the_same(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 9, 10, 99, 100, UINT32_MAX,
	    1000000007, UINT64_MAX - 1, UINT64_MAX };
	char text[NUM_DECIMAL_MAX];
	uint64_t n;
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(numbers); i++) {
		len = num_decimal(text, numbers[i]);
		assert_int_equal(len, strlen(text));
		assert_int_equal(num_u64(span_of(text), UINT64_MAX, &n), 0);
		assert_true(n == numbers[i]);
	}
}

/* Where a digit is gained, and every pair of digits at both ends. */
static void
decimal__around_powers_of_ten__is_as_printf_has_it(void **state)
{
	char text[NUM_DECIMAL_MAX], expected[32];
	uint64_t power = 1, n;
	unsigned digits, i;

	(void)state;
	for (digits = 1; digits <= 20; digits++) {
		for (i = 0; i < 205; i++) {
			n = power + i - 102;
			(void)snprintf(expected, sizeof expected, "%" PRIu64,
			    n);
			assert_int_equal(num_decimal(text, n),
			    strlen(expected));
			assert_string_equal(text, expected);
		}
		power *= 10;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64__takes_digits_up_to_max_and_nothing_else),
		cmocka_unit_test(decimal__then_u64__gives_the_same),
		cmocka_unit_test(
		    decimal__around_powers_of_ten__is_as_printf_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
