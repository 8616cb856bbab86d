/*
 * The arguments of XCLIENT, any bytes: what is told is an address, and telling it
 * again tells the same.
 */
#include "fuzz.h"
#include "io/peer.h"
#include "io/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span words = { (const char *)data, size };
	struct proxy found, again;
	struct peer peer;
	char text[64];

	memset(&found, 'x', sizeof found);
	errno = 0;
	if (proxy_xclient(&found, words) == -1) {
		CHECK(errno == EBADMSG && found.ip[0] == 'x');
		return 0;
	}
	if (found.ip[0] == '\0')
		return 0;
	CHECK(memchr(found.ip, '\0', sizeof found.ip) != NULL);
	CHECK(peer_set(&peer, span_of(found.ip), "XCLIENT") == 0 && peer.known);
	(void)snprintf(text, sizeof text, "ADDR=%s", found.ip);
	CHECK(proxy_xclient(&again, span_of(text)) == 0);
	CHECK(strcmp(found.ip, again.ip) == 0);
	return 0;
}
