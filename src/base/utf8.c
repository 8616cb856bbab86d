#include "base/utf8.h"

/*
 * RFC 3629, section 4: by its first byte, how many follow, and where the
 * second must lie.  What is beyond these rows begins no character.
 */
static const struct form {
	unsigned char first, last;	/* of the first byte */
	unsigned char more;
	unsigned char low, high;	/* of the second */
} forms[] = {
	{ 0x00, 0x7f, 0, 0x00, 0x00 },
	{ 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf },	/* below: overlong */
	{ 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f },	/* above: surrogates */
	{ 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf },	/* below: overlong */
	{ 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },	/* above: beyond U+10FFFF */
};

static const struct form *
find(unsigned char first)
{
	const struct form *f = forms;
	const struct form *end = f + sizeof forms / sizeof forms[0];

	while (f < end && (first < f->first || first > f->last))
		f++;
	return f < end ? f : NULL;
}

static bool
is_within(char byte, unsigned char low, unsigned char high)
{
	return (unsigned char)byte >= low && (unsigned char)byte <= high;
}

/* @audit the length of the first character, 0 if it is none. */
static size_t
character(struct span s)
{
	const struct form *f = find((unsigned char)s.p[0]);
	size_t i;

	if (f == NULL || f->more >= s.len ||
	    (f->more > 0 && !is_within(s.p[1], f->low, f->high)))
		return 0;
	for (i = 2; i <= f->more; i++)
		if (!is_within(s.p[i], 0x80, 0xbf))
			return 0;
	return 1 + (size_t)f->more;
}

bool
utf8_is_valid(struct span s)
{
	size_t n;

	for (; s.len > 0; s.p += n, s.len -= n)
		if ((n = character(s)) == 0)
			return false;
	return true;
}

size_t
utf8_cut(struct span s, size_t len)
{
	if (len >= s.len)
		return s.len;
	while (len > 0 && is_within(s.p[len], 0x80, 0xbf))
		len--;
	return len;
}
