/*
 * A SCRAM client's two messages, the second behind a line feed: what is taken
 * is all there was, and can be put together again.
 */
#include "fuzz.h"
#include "pop3/scrammsg.h"

#include <string.h>

#define SERVER "SERVER"

static bool
has_prefix(struct span s, struct span prefix)
{
	return s.len >= prefix.len && memcmp(s.p, prefix.p, prefix.len) == 0;
}

/* Cut off what must stand there. */
static void
take(struct span *s, struct span wanted)
{
	CHECK(has_prefix(*s, wanted));
	s->p += wanted.len;
	s->len -= wanted.len;
}

static void
check_first(const struct scrammsg_first *f, struct span message)
{
	struct span s = message;
	size_t i;

	CHECK(f->header.p == message.p);
	CHECK(f->bare.p == message.p + f->header.len);
	CHECK(f->header.len + f->bare.len == message.len);
	CHECK(f->name_len <= SCRAMMSG_NAME_MAX);
	CHECK(f->nonce.len > 0 && f->nonce.len <= SCRAM_NONCE_MAX);
	CHECK(span_is_graph(f->nonce) && !span_has(f->nonce, ','));
	CHECK(f->header.p[0] == 'n' || f->header.p[0] == 'y');
	take(&s, f->header);
	take(&s, span_of("n="));
	for (i = 0; i < f->name_len; i++)
		take(&s, f->name[i] == ',' ? span_of("=2C") :
		    f->name[i] == '=' ? span_of("=3D") :
		    (struct span){ f->name + i, 1 });
	take(&s, span_of(",r="));
	take(&s, f->nonce);
	CHECK(s.len == 0 || s.p[0] == ',');
}

static void
check_last(const struct scrammsg_last *l, const struct scrammsg_first *f,
    struct span message)
{
	char base64[BASE64_LEN(SCRAM_FIRST_MAX) + 1];
	struct span s = l->bare;

	base64_encode(base64, f->header.p, f->header.len);
	take(&s, span_of("c="));
	take(&s, span_of(base64));
	take(&s, span_of(",r="));
	take(&s, f->nonce);
	take(&s, span_of(SERVER));
	CHECK(s.len == 0 || s.p[0] == ',');
	s = message;
	take(&s, l->bare);
	take(&s, span_of(",p="));
	base64_encode(base64, l->proof, SCRAM_PROOF);
	take(&s, span_of(base64));
	CHECK(s.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = { (const char *)data, size };
	const char *lf = size > 0 ? memchr(data, '\n', size) : NULL;
	struct span second = span_of("");
	struct scrammsg_first f;
	struct scrammsg_last l;

	if (lf != NULL) {
		message.len = (size_t)(lf - message.p);
		second = (struct span){ lf + 1, size - message.len - 1 };
	}
	if (scrammsg_first(&f, message) == -1)
		return 0;
	check_first(&f, message);
	if (scrammsg_last(&l, &f, SERVER, second) == 0)
		check_last(&l, &f, second);
	return 0;
}
