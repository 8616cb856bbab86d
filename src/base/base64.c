#include "base/base64.h"

#include <errno.h>
#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* @audit four characters for every three bytes begun, and the NUL. */
void
base64_encode(char *dst, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint32_t group;

	for (; len > 0; p += 3, dst += 4) {
		group = (uint32_t)p[0] << 16;
		if (len > 1)
			group |= (uint32_t)p[1] << 8;
		if (len > 2)
			group |= p[2];
		dst[0] = digits[group >> 18];
		dst[1] = digits[group >> 12 & 63];
		dst[2] = len > 1 ? digits[group >> 6 & 63] : '=';
		dst[3] = len > 2 ? digits[group & 63] : '=';
		len = len > 3 ? len - 3 : 0;
	}
	*dst = '\0';
}

/* 0-63, or 64 for what is no digit. */
static uint32_t
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (ascii_digit(c))
		return (uint32_t)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* How many '=' end the span: 0, 1 or 2, as many as may. */
static size_t
padding(struct span s)
{
	if (s.len == 0 || s.p[s.len - 1] != '=')
		return 0;
	return s.p[s.len - 2] == '=' ? 2 : 1;
}

/* RFC 4648, section 3.5: bits beyond the last byte are zero. */
static bool
is_canonical(struct span s, size_t pad)
{
	uint32_t unused = pad == 0 ? 0 : pad == 1 ? 3 : 15;
	size_t i;

	for (i = 0; i < s.len - pad; i++)
		if (value(s.p[i]) == 64)
			return false;
	return pad == 0 || (value(s.p[s.len - pad - 1]) & unused) == 0;
}

static uint32_t
digit(struct span s, size_t i)
{
	return s.p[i] == '=' ? 0 : value(s.p[i]);
}

/*
 * Each group of four is read before its three bytes are written, and those
 * stand no further on.
 * @audit n is what four characters give each, less what padding takes.
 */
int
base64_decode(void *dst, size_t cap, struct span s, size_t *len)
{
	unsigned char *out = dst;
	uint32_t group = 0;
	size_t i, n, pad;

	if (s.len % 4 != 0 || !is_canonical(s, pad = padding(s))) {
		errno = EINVAL;
		return -1;
	}
	n = s.len / 4 * 3 - pad;
	if (n > cap) {
		errno = EMSGSIZE;
		return -1;
	}
	for (i = 0; i < n; i++) {
		if (i % 3 == 0)
			group = digit(s, i / 3 * 4) << 18 |
			    digit(s, i / 3 * 4 + 1) << 12 |
			    digit(s, i / 3 * 4 + 2) << 6 |
			    digit(s, i / 3 * 4 + 3);
		out[i] = (unsigned char)(group >> (16 - i % 3 * 8));
	}
	*len = n;
	return 0;
}
