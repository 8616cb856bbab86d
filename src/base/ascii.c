#include "base/ascii.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct span
span_of(const char *string)
{
	return (struct span){ string, strlen(string) };
}

bool
span_is(struct span s, const char *word)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (word[i] == '\0' ||
		    ascii_lower(s.p[i]) != ascii_lower(word[i]))
			return false;
	return word[i] == '\0';
}

bool
span_has(struct span s, char byte)
{
	return s.len > 0 && memchr(s.p, byte, s.len) != NULL;
}

/*
 * Eight at a time: a byte below 0x21 borrows and one above 0x7e carries into
 * its highest bit.  What spills over to a neighbour comes from a bad one.
 */
bool
span_is_graph(struct span s)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t eight, bad = 0;

	for (; s.len >= sizeof eight; s.p += 8, s.len -= 8) {
		memcpy(&eight, s.p, sizeof eight);
		bad |= eight | (eight - 0x21 * ones) | (eight + ones);
	}
	for (; s.len > 0; s.p++, s.len--)
		if (!ascii_graph(*s.p))
			return false;
	return (bad & 0x80 * ones) == 0;
}

bool
span_word(struct span *s, struct span *word)
{
	while (s->len > 0 && *s->p == ' ') {
		s->p++;
		s->len--;
	}
	word->p = s->p;
	for (word->len = 0; s->len > 0 && *s->p != ' '; word->len++) {
		s->p++;
		s->len--;
	}
	return word->len > 0;
}

bool
span_line(struct span *s, struct span *line)
{
	const char *end;

	if (s->len == 0 ||
	    (end = memchr(s->p, '\n', s->len)) == NULL)
		return false;
	*line = (struct span){ s->p, (size_t)(end - s->p) };
	s->p += line->len + 1;
	s->len -= line->len + 1;
	return true;
}

int
span_copy(char *dst, size_t cap, struct span s)
{
	if (s.len >= cap) {
		errno = EMSGSIZE;
		return -1;
	}
	if (span_has(s, '\0')) {
		errno = EINVAL;
		return -1;
	}
	if (s.len > 0)
		memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return 0;
}
