/*
 * The PROXY protocol on any bytes: whatever comes, no more than the header is
 * asked for, and what is told is an address.  The first byte says how many come
 * at a time.
 */
#include "fuzz.h"
#include "io/peer.h"
#include "io/proxy.h"

#include <errno.h>
#include <string.h>

/* What proxy_read() would gather from this stream, so many at a time. */
static size_t
gather(const uint8_t *p, size_t size, size_t step)
{
	size_t len = 0, want, take;

	while ((want = proxy_wants(p, len)) > 0 && len < size) {
		CHECK(len + want <= PROXY_MAX);
		take = want < step ? want : step;
		if (take > size - len)
			take = size - len;
		len += take;
	}
	return len;
}

static void
check_told(const struct proxy *found)
{
	struct peer peer = { .ip = PEER_UNKNOWN, .local = true };

	if (found->ip[0] == '\0')
		return;
	CHECK(memchr(found->ip, '\0', sizeof found->ip) != NULL);
	CHECK(peer_set(&peer, span_of(found->ip), "PROXY") == 0);
	CHECK(peer.ip[0] != '\0' && (peer.known || !peer.local));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy found, shorter;
	size_t step, len;
	int r;

	if (size == 0)
		return 0;
	step = data[0] % 16 + 1U;
	data++;
	size--;
	len = gather(data, size, step);
	memset(&found, 'x', sizeof found);
	errno = 0;
	if ((r = proxy_decode(&found, data, len)) == -1) {
		CHECK(errno == EBADMSG && found.ip[0] == 'x');
		return 0;
	}
	check_told(&found);
	/* A header is one at its end and nowhere before. */
	CHECK(gather(data, size, PROXY_MAX) == len);
	CHECK(proxy_wants(data, len) == 0);
	while (len-- > 0) {
		CHECK(proxy_wants(data, len) > 0);
		CHECK(proxy_decode(&shorter, data, len) == -1);
	}
	return r;
}
