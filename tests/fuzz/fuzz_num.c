/*
 * Numbers: right for whatever strtoull(3) would take that is digits only, and
 * refused for all else.
 */
#include "base/num.h"
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool
all_digits(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (strchr("0123456789", s.p[i]) == NULL || s.p[i] == '\0')
			return false;
	return s.len > 0;
}

static void
check(struct span s, uint64_t max)
{
	char text[NUM_DECIMAL_MAX], *copy;
	unsigned long long expected;
	uint64_t n = 4711;
	int r;

	errno = 0;
	r = num_u64(s, max, &n);
	CHECK(r == 0 || (r == -1 && n == 4711));
	if (!all_digits(s)) {
		CHECK(r == -1 && errno == EINVAL);
		return;
	}
	CHECK((copy = malloc(s.len + 1)) != NULL);
	memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	errno = 0;
	expected = strtoull(copy, NULL, 10);
	free(copy);
	if (errno == ERANGE || expected > max) {
		CHECK(num_u64(s, max, &n) == -1 && errno == ERANGE);
		return;
	}
	CHECK(r == 0 && n == expected);
	CHECK(num_decimal(text, n) == strlen(text));
	CHECK(strtoull(text, NULL, 10) == n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span s = { (const char *)data, size };
	uint32_t n;

	check(s, UINT64_MAX);
	check(s, UINT32_MAX);
	check(s, 99);
	check(s, 0);
	if (num_u32(s, 1000, &n) == 0)
		CHECK(n <= 1000);
	return 0;
}
