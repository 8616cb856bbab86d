#include "base/cidr.h"

#include "base/num.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX (INET6_ADDRSTRLEN + 4)

/* An address and how many of its bits count. */
struct network {
	bool six;
	size_t bits;
	unsigned char bytes[16];
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static size_t
all_bits(const struct network *n)
{
	return n->six ? 128 : 32;
}

/* ::ffff:192.0.2.0/120 is 192.0.2.0/24. */
static void
unmap_v4(struct network *n)
{
	if (!n->six || n->bits < 96 ||
	    memcmp(n->bytes, mapped, sizeof mapped) != 0)
		return;
	memmove(n->bytes, n->bytes + sizeof mapped, 4);
	n->six = false;
	n->bits -= 96;
}

/* Parse without converting IPv4-mapped addresses. */
static int
parse_address(struct network *n, struct span text)
{
	char copy[INET6_ADDRSTRLEN];

	if (span_copy(copy, sizeof copy, text) == -1)
		return -1;
	memset(n, 0, sizeof *n);
	n->six = span_has(text, ':');
	n->bits = all_bits(n);
	return inet_pton(n->six ? AF_INET6 : AF_INET, copy, n->bytes) == 1 ?
	    0 : -1;
}

static bool
ends_there(const struct network *n)
{
	size_t i;

	for (i = n->bits; i < all_bits(n); i++)
		if (n->bytes[i / 8] & (0x80U >> i % 8))
			return false;
	return true;
}

/* NULL, or what is wrong with it. */
static const char *
parse_network(struct network *n, struct span word)
{
	struct span address = word, length;
	const char *slash = memchr(word.p, '/', word.len);
	uint32_t bits;

	if (slash != NULL)
		address.len = (size_t)(slash - word.p);
	if (parse_address(n, address) == -1)
		return "is no IP address";
	if (slash != NULL) {
		length.p = slash + 1;
		length.len = word.len - address.len - 1;
		if (num_u32(length, (uint32_t)all_bits(n), &bits) == -1)
			return n->six ? "wants a length from 0 to 128" :
			    "wants a length from 0 to 32";
		n->bits = bits;
	}
	if (!ends_there(n))
		return "has bits set behind its length";
	unmap_v4(n);
	return NULL;
}

static bool
next_word(struct span *list, struct span *word)
{
	static const char between[] = " \t,";
	size_t len = 0;

	while (list->len > 0 && memchr(between, list->p[0],
	    sizeof between - 1) != NULL) {
		list->p++;
		list->len--;
	}
	while (len < list->len && memchr(between, list->p[len],
	    sizeof between - 1) == NULL)
		len++;
	*word = (struct span){ list->p, len };
	list->p += len;
	list->len -= len;
	return len > 0;
}

int
cidr_check(const char *list, char *error, size_t cap)
{
	struct span rest = span_of(list), word;
	struct network n;
	const char *why;
	size_t count;

	for (count = 0; next_word(&rest, &word); count++) {
		if ((why = parse_network(&n, word)) == NULL)
			continue;
		(void)snprintf(error, cap, "\"%.*s\" %s", (int)(word.len <
		    WORD_MAX ? word.len : WORD_MAX), word.p, why);
		errno = EINVAL;
		return -1;
	}
	if (count > 0)
		return 0;
	(void)snprintf(error, cap, "expected networks, as in 192.0.2.0/24");
	errno = EINVAL;
	return -1;
}

static bool
holds(const struct network *n, const struct network *one)
{
	size_t whole = n->bits / 8, rest = n->bits % 8;
	unsigned mask = 0xff00U >> rest & 0xff;

	if (n->six != one->six || memcmp(n->bytes, one->bytes, whole) != 0)
		return false;
	return rest == 0 || ((n->bytes[whole] ^ one->bytes[whole]) & mask) == 0;
}

bool
cidr_has(const char *list, const char *address)
{
	struct network n, one;
	struct span rest, word;

	if (list == NULL || parse_address(&one, span_of(address)) == -1)
		return false;
	unmap_v4(&one);
	rest = span_of(list);
	while (next_word(&rest, &word))
		if (parse_network(&n, word) == NULL && holds(&n, &one))
			return true;
	return false;
}
