#include "io/wire.h"

#include "io/bulk.h"

#include <string.h>

void
wire_begin(struct wire *w)
{
	w->last = '\n';
	w->octets = 0;
}

/* @audit dst holds 2n: a byte becomes two at most, LF by CR and dot by dot. */
size_t
wire_encode(struct wire *w, unsigned char *dst, const unsigned char *src,
    size_t n)
{
	const unsigned char *s, *end = src + n, *lf;
	unsigned char *d = dst;
	size_t run;

	s = src + bulk_encode(w, &d, src, n);
	w->octets += (size_t)(end - s);
	while (s < end) {
		if (w->last == '\n' && *s == '.')
			*d++ = '.';
		lf = memchr(s, '\n', (size_t)(end - s));
		run = (size_t)((lf != NULL ? lf : end) - s);
		if (run > 0) {
			memcpy(d, s, run);
			d += run;
			s += run;
			w->last = s[-1];
		}
		if (lf == NULL)
			break;
		if (w->last != '\r') {
			*d++ = '\r';
			w->octets++;
		}
		*d++ = w->last = *s++;
	}
	return (size_t)(d - dst);
}

size_t
wire_end(struct wire *w, unsigned char *dst)
{
	if (w->last == '\n')
		return 0;
	wire_measure_end(w);
	memcpy(dst, "\r\n", 2);
	return 2;
}

void
wire_measure(struct wire *w, const unsigned char *src, size_t n)
{
	const unsigned char *s, *end = src + n, *lf;

	s = src + bulk_measure(w, src, n);
	w->octets += (size_t)(end - s);
	while (s < end && (lf = memchr(s, '\n', (size_t)(end - s))) != NULL) {
		w->octets += (lf > src ? lf[-1] : w->last) != '\r';
		s = lf + 1;
	}
	if (n > 0)
		w->last = end[-1];
}

void
wire_measure_end(struct wire *w)
{
	if (w->last == '\n')
		return;
	w->octets += 2;
	w->last = '\n';
}

void
wire_top_begin(struct wire_top *t, uint64_t lines)
{
	t->lines = lines;
	t->in_body = false;
	t->line = TOP_LINE_EMPTY;
}

/* Only the length of the header's present line matters: none, a CR, more. */
static void
widen_line(struct wire_top *t, const unsigned char *p, size_t len)
{
	if (len == 0)
		return;
	t->line = t->line == TOP_LINE_EMPTY && len == 1 && *p == '\r' ?
	    TOP_LINE_CR : TOP_LINE_TEXT;
}

static void
end_line(struct wire_top *t)
{
	if (t->in_body)
		t->lines--;
	else if (t->line != TOP_LINE_TEXT)
		t->in_body = true;
	t->line = TOP_LINE_EMPTY;
}

size_t
wire_top_cut(struct wire_top *t, const unsigned char *src, size_t n)
{
	const unsigned char *s = src, *end = src + n, *lf;

	while (s < end && !(t->in_body && t->lines == 0)) {
		if ((lf = memchr(s, '\n', (size_t)(end - s))) == NULL) {
			widen_line(t, s, (size_t)(end - s));
			return n;
		}
		widen_line(t, s, (size_t)(lf - s));
		end_line(t);
		s = lf + 1;
	}
	return (size_t)(s - src);
}
