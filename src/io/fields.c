#include "io/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of eight bytes; a text has two before it: is it there, its length. */
#define NUMBER 8

static struct span
text_of(const struct field *f, const char *member)
{
	const char *text = member;

	if (f->kind == FIELD_TEXT)
		memcpy(&text, member, sizeof text);
	return text == NULL ? (struct span){ NULL, 0 } : span_of(text);
}

static size_t
length_of(const struct field *f, const char *member)
{
	return f->kind == FIELD_TEXT || f->kind == FIELD_CHARS ?
	    2 * NUMBER + text_of(f, member).len : NUMBER;
}

static void
put(struct monmsg *m, const struct field *f, const char *member)
{
	struct span text;
	uint32_t small;
	uint64_t large;

	switch (f->kind) {
	case FIELD_BOOL:
		monmsg_put_number(m, *(const bool *)(const void *)member);
		break;
	case FIELD_U32:
		memcpy(&small, member, sizeof small);
		monmsg_put_number(m, small);
		break;
	case FIELD_U64:
		memcpy(&large, member, sizeof large);
		monmsg_put_number(m, large);
		break;
	case FIELD_TEXT:
	case FIELD_CHARS:
	default:
		text = text_of(f, member);
		monmsg_put_number(m, text.p != NULL);
		monmsg_put_bytes(m, text);
		break;
	}
}

/* A table that has grown or shrunk is another one: half of an upgrade. */
int
fields_send(int fd, const struct fields *f, const void *object)
{
	const char *base = object;
	struct monmsg m;
	size_t i;

	monmsg_start(&m, f->kind);
	monmsg_put_number(&m, f->n);
	for (i = 0; i < f->n; i++) {
		const char *member = base + f->at[i].at;

		if (length_of(&f->at[i], member) > sizeof m.bytes - m.len) {
			if (channel_send(fd, &m) == -1)
				return -1;
			monmsg_start(&m, f->kind);
		}
		put(&m, &f->at[i], member);
	}
	return channel_send(fd, &m);
}

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

static int
get_text(struct monmsg *m, const struct field *f, char *member)
{
	uint64_t there = monmsg_get_number(m);
	struct span s = monmsg_get_bytes(m);
	char *text = NULL;

	if (m->broken || there > 1 || (there == 0 && s.len > 0))
		return bad();
	if (f->kind == FIELD_CHARS)
		return there == 0 || span_copy(member, (size_t)f->most, s) == -1 ?
		    bad() : 0;
	if (there == 1) {
		if ((text = malloc(s.len + 1)) == NULL)
			return -1;
		if (span_copy(text, s.len + 1, s) == -1) {
			free(text);
			return bad();
		}
	}
	memcpy(member, &text, sizeof text);
	return 0;
}

static int
get_number(struct monmsg *m, const struct field *f, char *member)
{
	uint64_t n = monmsg_get_number(m);

	if (m->broken || n > f->most)
		return bad();
	if (f->kind == FIELD_BOOL)
		*(bool *)(void *)member = n == 1;
	else if (f->kind == FIELD_U32)
		memcpy(member, &(uint32_t){ (uint32_t)n }, sizeof(uint32_t));
	else
		memcpy(member, &n, sizeof n);
	return 0;
}

static int
hear(int fd, unsigned char kind, struct monmsg *m)
{
	int r;

	do
		r = channel_receive(fd, m);
	while (r == -1 && errno == EINTR);
	if (r == -1)
		return -1;
	return monmsg_kind(m) == kind ? 0 : bad();
}

int
fields_receive(int fd, const struct fields *f, void *object)
{
	struct monmsg m;
	char *member;
	size_t i;
	int r;

	if (hear(fd, f->kind, &m) == -1)
		return -1;
	if (monmsg_get_number(&m) != f->n)
		return bad();
	for (i = 0; i < f->n; i++) {
		if (m.next == m.len && hear(fd, f->kind, &m) == -1)
			return -1;
		member = (char *)object + f->at[i].at;
		r = f->at[i].kind == FIELD_TEXT ||
		    f->at[i].kind == FIELD_CHARS ?
		    get_text(&m, &f->at[i], member) :
		    get_number(&m, &f->at[i], member);
		if (r == -1)
			return -1;
	}
	return monmsg_end(&m);
}
