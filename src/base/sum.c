#include "base/sum.h"

#include "base/num.h"

#include <string.h>

static uint64_t
mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0xff51afd7ed558ccd;
	return sum ^ sum >> 29;
}

uint64_t
sum_add(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	unsigned char tail[8] = { 0 };

	for (; len >= 8; p += 8, len -= 8)
		sum = mix(sum, num_le64(p));
	if (len > 0) {
		memcpy(tail, p, len);
		sum = mix(sum, num_le64(tail));
	}
	return sum;
}
