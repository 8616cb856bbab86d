#include "io/monmsg.h"

#include "base/secret.h"

#include <errno.h>
#include <string.h>

void
monmsg_start(struct monmsg *m, unsigned char kind)
{
	m->bytes[0] = kind;
	m->len = 1;
	m->next = 1;
	m->broken = false;
}

/* @audit every byte of a message we send is written here. */
static void
put(struct monmsg *m, const void *p, size_t len)
{
	if (m->broken || len > sizeof m->bytes - m->len) {
		m->broken = true;
		return;
	}
	if (len > 0)
		memcpy(m->bytes + m->len, p, len);
	m->len += len;
}

void
monmsg_put_number(struct monmsg *m, uint64_t n)
{
	unsigned char b[8];
	size_t i;

	for (i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(n >> (56 - 8 * i));
	put(m, b, sizeof b);
}

void
monmsg_put_bytes(struct monmsg *m, struct span s)
{
	monmsg_put_number(m, s.len);
	put(m, s.p, s.len);
}

unsigned char
monmsg_kind(struct monmsg *m)
{
	m->next = 1;
	m->broken = m->len == 0;
	return m->broken ? 0 : m->bytes[0];
}

size_t
monmsg_body(const struct monmsg *m)
{
	return m->len > 0 ? m->len - 1 : 0;
}

/* @audit every byte of a message we receive is read through here. */
static const unsigned char *
get(struct monmsg *m, uint64_t len)
{
	const unsigned char *p = m->bytes + m->next;

	if (m->broken || m->next > m->len || len > m->len - m->next) {
		m->broken = true;
		return NULL;
	}
	m->next += (size_t)len;
	return p;
}

uint64_t
monmsg_get_number(struct monmsg *m)
{
	const unsigned char *p = get(m, 8);
	uint64_t n = 0;
	size_t i;

	for (i = 0; p != NULL && i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

struct span
monmsg_get_bytes(struct monmsg *m)
{
	uint64_t len = monmsg_get_number(m);
	const unsigned char *p = get(m, len);

	if (p == NULL)
		return (struct span){ "", 0 };
	return (struct span){ (const char *)p, (size_t)len };
}

int
monmsg_end(const struct monmsg *m)
{
	if (m->broken || m->next != m->len) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

void
monmsg_wipe(struct monmsg *m)
{
	secret_erase(m->bytes, m->len);
	m->len = 0;
}
