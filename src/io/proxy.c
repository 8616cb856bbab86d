#include "io/proxy.h"

#include "base/ascii.h"
#include "base/num.h"
#include "io/wait.h"

#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define V1_MAX 107		/* with CRLF */
#define V1_MIN 15		/* "PROXY UNKNOWN\r\n" */
#define V1_MIN_TCP4 32		/* "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n" */
#define V1_MIN_TCP6 22		/* "PROXY TCP6 :: :: 0 0\r\n" */
#define V2_HEAD 16

static const unsigned char v1_begin[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };
static const unsigned char v2_begin[] = { '\r', '\n', '\r', '\n', '\0', '\r',
    '\n', 'Q', 'U', 'I', 'T', '\n' };

/* May this become, or is it, something that begins so? */
static bool
begins(const unsigned char *head, size_t len, const void *with, size_t n)
{
	return len == 0 || memcmp(head, with, len < n ? len : n) == 0;
}

static size_t
up_to(size_t whole, size_t len)
{
	return whole > len ? whole - len : 0;
}

/* The line is not ended while it is asked for more. */
static size_t
wants_v1(const unsigned char *head, size_t len)
{
	size_t least = V1_MIN;

	if (len >= V1_MIN && memcmp(head + 6, "TCP4 ", 5) == 0)
		least = V1_MIN_TCP4;
	if (len >= V1_MIN && memcmp(head + 6, "TCP6 ", 5) == 0)
		least = V1_MIN_TCP6;
	if (len > 0 && memchr(head, '\n', len) != NULL)
		return 0;
	if (len < least)
		return least - len;
	if (head[len - 1] == '\r')
		return up_to(V1_MAX, len) > 0 ? 1 : 0;
	return up_to(V1_MAX, len) >= 2 ? 2 : 0;
}

static size_t
v2_len(const unsigned char *head)
{
	return V2_HEAD + ((size_t)head[14] << 8 | head[15]);
}

static size_t
wants_v2(const unsigned char *head, size_t len)
{
	if (len < V2_HEAD)
		return V2_HEAD - len;
	return v2_len(head) <= PROXY_MAX ? up_to(v2_len(head), len) : 0;
}

size_t
proxy_wants(const unsigned char *head, size_t len)
{
	if (len == 0)
		return V1_MIN;
	if (begins(head, len, v1_begin, sizeof v1_begin))
		return wants_v1(head, len);
	if (begins(head, len, v2_begin, sizeof v2_begin))
		return wants_v2(head, len);
	return 0;
}

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

/* One blank before each word, as the document has it. */
static bool
take_word(struct span *line, struct span *word)
{
	const char *end;

	if (line->len < 2 || line->p[0] != ' ')
		return false;
	line->p++;
	line->len--;
	end = memchr(line->p, ' ', line->len);
	word->p = line->p;
	word->len = end != NULL ? (size_t)(end - line->p) : line->len;
	line->p += word->len;
	line->len -= word->len;
	return word->len > 0;
}

static bool
take_address(struct span *line, int family, unsigned char bytes[16])
{
	char text[INET6_ADDRSTRLEN];
	struct span word;

	return take_word(line, &word) &&
	    span_copy(text, sizeof text, word) == 0 &&
	    inet_pton(family, text, bytes) == 1;
}

static bool
take_port(struct span *line)
{
	struct span word;
	uint32_t port;

	return take_word(line, &word) && num_u32(word, 65535, &port) == 0 &&
	    (word.len == 1 || word.p[0] != '0');
}

static bool
eat(struct span *line, const char *text)
{
	size_t len = strlen(text);

	if (line->len < len || memcmp(line->p, text, len) != 0)
		return false;
	line->p += len;
	line->len -= len;
	return true;
}

/* Each address is written our way, whatever way it came. */
static int
tell(struct proxy *p, int family, const unsigned char *bytes)
{
	return inet_ntop(family, bytes, p->ip, sizeof p->ip) != NULL ? 0 : -1;
}

static int
tell_unknown(struct proxy *p)
{
	return span_copy(p->ip, sizeof p->ip, span_of(PEER_UNKNOWN));
}

static int
decode_v1(struct proxy *p, const unsigned char *head, size_t len)
{
	struct span line = { (const char *)head, len };
	unsigned char from[16], to[16];
	int family;

	if (len < V1_MIN || len > V1_MAX || head[len - 2] != '\r' ||
	    memchr(head, '\n', len) != head + len - 1)
		return bad();
	line.len -= 2;
	(void)eat(&line, "PROXY");
	if (eat(&line, " UNKNOWN") && (line.len == 0 || line.p[0] == ' '))
		return tell_unknown(p);
	if (eat(&line, " TCP4"))
		family = AF_INET;
	else if (eat(&line, " TCP6"))
		family = AF_INET6;
	else
		return bad();
	if (!take_address(&line, family, from) ||
	    !take_address(&line, family, to) ||
	    !take_port(&line) || !take_port(&line) || line.len > 0)
		return bad();
	return tell(p, family, from);
}

/* Byte 12: version and command; 13: family and transport; 14, 15: length. */
static int
decode_v2(struct proxy *p, const unsigned char *head, size_t len)
{
	unsigned command = head[12] & 0xf, family = head[13] >> 4;
	unsigned transport = head[13] & 0xf;
	size_t body = len - V2_HEAD;

	if (head[12] >> 4 != 2 || command > 1 || family > 3 || transport > 2)
		return bad();
	p->ip[0] = '\0';
	if (command == 0)
		return 0;
	if (family == 0 || transport == 0)
		return tell_unknown(p);
	if (body < (family == 1 ? 12U : family == 2 ? 36U : 216U))
		return bad();
	return family == 3 ? tell_unknown(p) : tell(p, family == 1 ?
	    AF_INET : AF_INET6, head + V2_HEAD);
}

int
proxy_decode(struct proxy *p, const unsigned char *head, size_t len)
{
	struct proxy found = { .ip = "" };
	int r;

	if (len >= V2_HEAD && len <= PROXY_MAX && v2_len(head) == len &&
	    begins(head, len, v2_begin, sizeof v2_begin))
		r = decode_v2(&found, head, len);
	else if (len >= V1_MIN && begins(head, len, v1_begin, sizeof v1_begin))
		r = decode_v1(&found, head, len);
	else
		return bad();
	if (r == 0)
		*p = found;
	return r;
}

/* In the one form that we write; the text may be any of those there are. */
static int
tell_text(struct proxy *p, struct span text)
{
	int family = span_has(text, ':') ? AF_INET6 : AF_INET;
	char copy[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (span_copy(copy, sizeof copy, text) == -1 ||
	    inet_pton(family, copy, bytes) != 1)
		return bad();
	return tell(p, family, bytes);
}

/* Cut this off the beginning, if it stands there. */
static bool
eat_name(struct span *word, const char *name)
{
	size_t len = strlen(name);

	if (word->len < len || !span_is((struct span){ word->p, len }, name))
		return false;
	word->p += len;
	word->len -= len;
	return true;
}

int
proxy_xclient(struct proxy *p, struct span arguments)
{
	struct proxy found = { .ip = "" };
	struct span word;
	uint32_t port;

	while (span_word(&arguments, &word)) {
		if (eat_name(&word, "ADDR=")) {
			(void)eat_name(&word, "IPV6:");
			if (tell_text(&found, word) == -1)
				return -1;
		} else if (eat_name(&word, "PORT=")) {
			if (num_u32(word, 65535, &port) == -1)
				return bad();
		} else if (!span_has(word, '=') || word.p[0] == '=')
			return bad();
	}
	*p = found;
	return 0;
}

/* @audit reads at most n bytes, which the caller has room for. */
static ssize_t
read_some(int fd, unsigned char *to, size_t n, int64_t deadline)
{
	ssize_t got;

	do {
		if (wait_for(fd, POLLIN, deadline, NULL) == -1)
			return -1;
		got = read(fd, to, n);
	} while (got == -1 && (errno == EINTR || errno == EAGAIN));
	return got;
}

int
proxy_read(struct proxy *p, int fd, int64_t deadline)
{
	unsigned char head[PROXY_MAX];
	size_t len = 0, want;
	ssize_t n;

	while ((want = proxy_wants(head, len)) > 0) {
		if ((n = read_some(fd, head + len, want, deadline)) == -1)
			return -1;
		if (n == 0) {
			errno = len > 0 ? EPIPE : ENODATA;
			return -1;
		}
		len += (size_t)n;
	}
	return proxy_decode(p, head, len);
}
