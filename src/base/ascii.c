#include "base/ascii.h"

#include <errno.h>
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

bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
ascii_graph(char c)
{
	return c > 0x20 && c < 0x7f;
}

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
