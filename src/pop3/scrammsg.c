#include "pop3/scrammsg.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

/* Those that have their place, and stand nowhere else. */
#define RESERVED "aceimnprsv"

static bool
take_byte(struct span *s, char byte)
{
	if (s->len == 0 || s->p[0] != byte)
		return false;
	s->p++;
	s->len--;
	return true;
}

/* Cut what stands before the next comma off *s, but leave the comma. */
static struct span
take_value(struct span *s)
{
	struct span value = *s;

	while (s->len > 0 && s->p[0] != ',') {
		s->p++;
		s->len--;
	}
	value.len -= s->len;
	return value;
}

static bool
take_attribute(struct span *s, char name, struct span *value)
{
	if (s->len < 2 || s->p[0] != name || s->p[1] != '=')
		return false;
	s->p += 2;
	s->len -= 2;
	*value = take_value(s);
	return true;
}

/* An extension, whose letter is new to *seen. */
static bool
take_extension(struct span *s, uint64_t *seen)
{
	char letter = s->len > 0 ? s->p[0] : '\0';
	struct span value;
	uint64_t bit;

	if (letter < 'A' || letter > 'z' || (letter > 'Z' && letter < 'a') ||
	    strchr(RESERVED, letter) != NULL)
		return false;
	bit = (uint64_t)1 << (letter - 'A');
	if ((*seen & bit) != 0)
		return false;
	*seen |= bit;
	return take_attribute(s, letter, &value) && value.len > 0;
}

static bool
is_nonce(struct span s)
{
	return s.len > 0 && span_is_graph(s);
}

/* "=2C" is a comma, "=3D" the sign itself, and no other stands there. */
static int
unescape(char dst[SCRAMMSG_NAME_MAX], size_t *len, struct span s)
{
	size_t i = 0;
	char c;

	for (; s.len > 0; i++) {
		c = s.p[0];
		if (c == '=') {
			if (s.len < 3 || (memcmp(s.p, "=2C", 3) != 0 &&
			    memcmp(s.p, "=3D", 3) != 0)) {
				errno = EINVAL;
				return -1;
			}
			c = s.p[1] == '2' ? ',' : '=';
			s.p += 2;
			s.len -= 2;
		}
		if (i == SCRAMMSG_NAME_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
		dst[i] = c;
		s.p++;
		s.len--;
	}
	*len = i;
	return 0;
}

static int
check_text(struct span message, size_t most)
{
	if (message.len > most)
		errno = EMSGSIZE;
	else if (span_has(message, '\0'))
		errno = EINVAL;
	else if (!utf8_is_valid(message))
		errno = EILSEQ;
	else
		return 0;
	return -1;
}

/* "n,," or "y,a=NAME,": an empty name there is as good as none. */
static bool
take_header(struct span *s, struct span *whom)
{
	*whom = span_of("");
	return (take_byte(s, 'n') || take_byte(s, 'y')) && take_byte(s, ',') &&
	    (take_byte(s, ',') ||
	    (take_attribute(s, 'a', whom) && take_byte(s, ',')));
}

static bool
take_bare(struct span s, struct span *name, struct span *nonce)
{
	uint64_t seen = 0;

	if (!take_attribute(&s, 'n', name) || !take_byte(&s, ',') ||
	    !take_attribute(&s, 'r', nonce) || !is_nonce(*nonce))
		return false;
	while (s.len > 0)
		if (!take_byte(&s, ',') || !take_extension(&s, &seen))
			return false;
	return true;
}

static int
unescape_both(struct scrammsg_first *f, struct span name, struct span whom)
{
	char other[SCRAMMSG_NAME_MAX];
	size_t len;

	if (unescape(f->name, &f->name_len, name) == -1 ||
	    unescape(other, &len, whom) == -1)
		return -1;
	f->for_another = len > 0 && (len != f->name_len ||
	    memcmp(other, f->name, len) != 0);
	return 0;
}

int
scrammsg_first(struct scrammsg_first *first, struct span message)
{
	struct scrammsg_first f = { .header = message };
	struct span whom, name;

	if (check_text(message, SCRAM_FIRST_MAX) == -1)
		return -1;
	f.bare = message;
	if (!take_header(&f.bare, &whom) ||
	    !take_bare(f.bare, &name, &f.nonce)) {
		errno = EINVAL;
		return -1;
	}
	f.header.len -= f.bare.len;
	if (f.nonce.len > SCRAM_NONCE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (unescape_both(&f, name, whom) == -1)
		return -1;
	*first = f;
	return 0;
}

/* Base64 of the header that the first message began with? */
static bool
is_header(struct span base64, struct span header)
{
	char text[SCRAM_FIRST_MAX];
	size_t len;

	return base64_decode(text, sizeof text, base64, &len) == 0 &&
	    len == header.len && memcmp(text, header.p, len) == 0;
}

static bool
is_both(struct span nonce, struct span client, const char *server)
{
	return nonce.len == client.len + strlen(server) &&
	    memcmp(nonce.p, client.p, client.len) == 0 &&
	    memcmp(nonce.p + client.len, server, strlen(server)) == 0;
}

/* Extensions, and then the proof, which *bare ends before. */
static bool
take_proof(struct span s, struct span *bare, unsigned char proof[SCRAM_PROOF])
{
	struct span value;
	uint64_t seen = 0;
	size_t len;

	for (;;) {
		bare->len = (size_t)(s.p - bare->p);
		if (!take_byte(&s, ','))
			return false;
		if (take_attribute(&s, 'p', &value))
			break;
		if (!take_extension(&s, &seen))
			return false;
	}
	return s.len == 0 && value.len == BASE64_LEN(SCRAM_PROOF) &&
	    base64_decode(proof, SCRAM_PROOF, value, &len) == 0 &&
	    len == SCRAM_PROOF;
}

int
scrammsg_last(struct scrammsg_last *last, const struct scrammsg_first *first,
    const char *nonce, struct span message)
{
	struct scrammsg_last l = { .bare = message };
	struct span s = message, header, both;

	if (check_text(message, SCRAM_LAST_MAX) == -1)
		return -1;
	if (!take_attribute(&s, 'c', &header) || !take_byte(&s, ',') ||
	    !take_attribute(&s, 'r', &both) ||
	    !is_header(header, first->header) ||
	    !is_both(both, first->nonce, nonce) ||
	    !take_proof(s, &l.bare, l.proof)) {
		errno = EINVAL;
		return -1;
	}
	*last = l;
	return 0;
}
