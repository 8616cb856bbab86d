#include "base/secret.h"

#include "compat/compat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int
secret_set(struct secret *secret, struct span bytes)
{
	if (span_copy(secret->text, sizeof secret->text, bytes) == -1)
		return -1;
	secret->len = bytes.len;
	return 0;
}

void
secret_wipe(struct secret *secret)
{
	secret_erase(secret, sizeof *secret);
}

void
secret_erase(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ |= (unsigned char)(x[i] ^ y[i]);
	return differ == 0;
}

int
secret_random_hex(char *dst, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char raw[64];
	size_t i;

	if (n > sizeof raw) {
		errno = EINVAL;
		return -1;
	}
	if (getentropy(raw, n) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		dst[2 * i] = hex[raw[i] >> 4];
		dst[2 * i + 1] = hex[raw[i] & 15];
	}
	dst[2 * n] = '\0';
	secret_erase(raw, sizeof raw);
	return 0;
}
