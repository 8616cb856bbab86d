/*
 * Bytes from outside, and the few questions we ask of them.
 *
 * A span is a loan: it points into somebody's buffer, may hold NULs and is
 * never terminated.  Locale plays no part in any of this.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *p;
	size_t len;
};

/* The bytes of a string, without its NUL. */
struct span span_of(const char *string);

/* Is the span this word, whatever the case of its ASCII letters? */
bool span_is(struct span s, const char *word);

/* Does the byte stand anywhere in the span? */
bool span_has(struct span s, char byte);

/* Are all its bytes 0x21-0x7E? */
bool span_is_graph(struct span s);

/*
 * Cut the next word off *s: leading blanks are skipped, the word ends at a
 * blank or at the end.  False, and *word empty, when there is none.
 */
bool span_word(struct span *s, struct span *word);

/*
 * Cut the next line off *s, with its LF, which is not in *line.  False when there
 * is no LF.
 */
bool span_line(struct span *s, struct span *line);

/*
 * Copy into dst as a string.  -1 with EMSGSIZE when it does not fit whole,
 * EINVAL when it holds a NUL; dst is untouched then.
 */
int span_copy(char *dst, size_t cap, struct span s);

/* Here, since they are asked of every character of every name. */
static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0x21-0x7E? */
static inline bool
ascii_graph(char c)
{
	return c > 0x20 && c < 0x7f;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
