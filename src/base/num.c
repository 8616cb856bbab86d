#include "base/num.h"

#include <errno.h>
#include <string.h>

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
		if (digit > max || n > (max - digit) / 10) {
			errno = ERANGE;
			return -1;
		}
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
invalid:
	errno = EINVAL;
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

size_t
num_decimal(char *dst, uint64_t n)
{
	char digits[NUM_DECIMAL_MAX];
	size_t i = sizeof digits, len;

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	len = sizeof digits - i;
	memcpy(dst, digits + i, len);
	dst[len] = '\0';
	return len;
}
