#include "base/num.h"

#include <errno.h>
#include <string.h>

/* Any number of so many digits fits an uint64_t. */
#define SAFE_DIGITS 19

int
num_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0, digit;
	size_t i;

	if (s.len == 0)
		goto invalid;
	for (i = 0; i < s.len; i++)
		if (!ascii_digit(s.p[i]))
			goto invalid;
	for (i = 0; i < s.len; i++) {
		digit = (uint64_t)(s.p[i] - '0');
		if (i >= SAFE_DIGITS && n > (UINT64_MAX - digit) / 10)
			goto too_large;
		n = n * 10 + digit;
	}
	if (n > max)
		goto too_large;
	*out = n;
	return 0;
invalid:
	errno = EINVAL;
	return -1;
too_large:
	errno = ERANGE;
	return -1;
}

int
num_u32(struct span s, uint32_t max, uint32_t *out)
{
	uint64_t n;

	if (num_u64(s, max, &n) == -1)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

static size_t
count_digits(uint64_t n)
{
	static const uint64_t least[] = {	/* [n]: of n + 1 digits */
		0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
		1000000000, 10000000000, 100000000000, 1000000000000,
		10000000000000, 100000000000000, 1000000000000000,
		10000000000000000, 100000000000000000, 1000000000000000000,
		10000000000000000000u
	};
	size_t digits = 1;

	while (digits < sizeof least / sizeof least[0] && n >= least[digits])
		digits++;
	return digits;
}

/* Lists of a million messages are made of these. */
size_t
num_decimal(char *dst, uint64_t n)
{
	static const char pairs[] =
	    "0001020304050607080910111213141516171819"
	    "2021222324252627282930313233343536373839"
	    "4041424344454647484950515253545556575859"
	    "6061626364656667686970717273747576777879"
	    "8081828384858687888990919293949596979899";
	size_t len = count_digits(n);
	char *p = dst + len;

	*p = '\0';
	for (; n >= 100; n /= 100) {
		p -= 2;
		memcpy(p, pairs + 2 * (n % 100), 2);
	}
	if (n >= 10)
		memcpy(dst, pairs + 2 * n, 2);
	else
		*dst = (char)('0' + n);
	return len;
}
