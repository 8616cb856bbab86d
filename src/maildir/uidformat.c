#include "maildir/uidformat.h"

#include "base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 512
#define WIDTH_MAX 64

/* What stands between a % and its letter. */
struct place {
	int width;
	bool zeros;
	struct span modifiers;
	char letter;
};

/* Parse behind the %; the end of the place, or NULL. */
static const char *
parse(struct place *p, const char *s)
{
	*p = (struct place){ .zeros = *s == '0' };
	for (; ascii_digit(*s); s++)
		if ((p->width = p->width * 10 + *s - '0') > WIDTH_MAX)
			return NULL;
	p->modifiers = (struct span){ s, strspn(s, "XLUM") };
	s += p->modifiers.len;
	p->letter = *s;
	return *s != '\0' && strchr("uvgf%", *s) != NULL ? s + 1 : NULL;
}

static void
print_number(char value[VALUE_MAX], const struct place *p, uint64_t n)
{
	bool hex = span_has(p->modifiers, 'X');

	if (hex && p->zeros)
		(void)snprintf(value, VALUE_MAX, "%0*" PRIx64, p->width, n);
	else if (hex)
		(void)snprintf(value, VALUE_MAX, "%" PRIx64, n);
	else if (p->zeros)
		(void)snprintf(value, VALUE_MAX, "%0*" PRIu64, p->width, n);
	else
		(void)snprintf(value, VALUE_MAX, "%" PRIu64, n);
}

static void
modify(char value[VALUE_MAX], struct span modifiers)
{
	struct span whole = span_of(value);
	char digest[DIGEST_MD5_HEX + 1];
	size_t i;
	char *c;

	for (i = 0; i < modifiers.len; i++) {
		whole = span_of(value);
		if (modifiers.p[i] == 'M') {
			digest_md5(digest, &whole, 1);
			memcpy(value, digest, sizeof digest);
		}
		for (c = value; *c != '\0'; c++)
			if (modifiers.p[i] == 'L')
				*c = ascii_lower(*c);
			else if (modifiers.p[i] == 'U' && *c >= 'a' &&
			    *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
	}
}

static int
print_value(char value[VALUE_MAX], const struct place *p,
    const struct uidformat_values *v)
{
	switch (p->letter) {
	case 'u':
		print_number(value, p, v->uid);
		break;
	case 'v':
		print_number(value, p, v->validity);
		break;
	case '%':
		memcpy(value, "%", 2);
		return 0;
	default:
		if (span_copy(value, VALUE_MAX, p->letter == 'g' ? v->guid :
		    v->name) == -1)
			return -1;
		break;
	}
	modify(value, p->modifiers);
	return 0;
}

int
uidformat_check(const char *format)
{
	struct place p;
	bool tells = false;

	while (*format != '\0') {
		if (!ascii_graph(*format))
			return -1;
		if (*format++ != '%')
			continue;
		if ((format = parse(&p, format)) == NULL)
			return -1;
		tells = tells || p.letter == 'u' || p.letter == 'g' ||
		    p.letter == 'f';
	}
	return tells ? 0 : -1;
}

int
uidformat_print(char *id, size_t cap, const char *format,
    const struct uidformat_values *v)
{
	char value[VALUE_MAX];
	struct place p;
	size_t n = 0, len;

	while (*format != '\0') {
		if (*format != '%') {
			value[0] = *format++;
			value[1] = '\0';
		} else if ((format = parse(&p, format + 1)) == NULL ||
		    print_value(value, &p, v) == -1) {
			return -1;
		}
		len = strlen(value);
		if (len >= cap - n)
			return -1;
		memcpy(id + n, value, len);
		n += len;
	}
	id[n] = '\0';
	return 0;
}
