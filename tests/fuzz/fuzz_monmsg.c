/*
 * A message of any bytes, read as any sequence of fields: the first byte says
 * which.  A message that is read to its end can be written again just so.
 */
#include "fuzz.h"
#include "io/monmsg.h"

#include <errno.h>
#include <string.h>

static bool
wants_bytes(unsigned shape, unsigned field)
{
	return (shape >> field % 8 & 1) != 0;
}

static void
read_and_write(struct monmsg *in, struct monmsg *out, unsigned shape)
{
	const char *first = (const char *)in->bytes;
	struct span s;
	unsigned field = 0;

	monmsg_start(out, monmsg_kind(in));
	while (!in->broken && in->next < in->len) {
		if (!wants_bytes(shape, field++)) {
			monmsg_put_number(out, monmsg_get_number(in));
			continue;
		}
		s = monmsg_get_bytes(in);
		CHECK(s.len == 0 || (s.p > first && s.len < in->len &&
		    s.p + s.len <= first + in->len));
		monmsg_put_bytes(out, s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct monmsg in, out;

	if (size < 1 || size - 1 > MONMSG_MAX)
		return 0;
	memset(&in, 0, sizeof in);
	if (size > 1)
		memcpy(in.bytes, data + 1, size - 1);
	in.len = size - 1;
	read_and_write(&in, &out, data[0]);
	if (monmsg_end(&in) == 0) {
		CHECK(in.len == out.len && !out.broken);
		CHECK(memcmp(in.bytes, out.bytes, in.len) == 0);
	} else {
		CHECK(errno == EBADMSG);
		CHECK(monmsg_get_number(&in) == 0 || !in.broken);
	}
	monmsg_wipe(&in);
	CHECK(monmsg_kind(&in) == 0 && monmsg_end(&in) == -1);
	return 0;
}
