/*
 * A file of secrets of any bytes, read as apop.h tells it: whose digest is
 * right, and whose is not.
 */
#include "auth/apop.h"
#include "base/digest.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define STAMP "<1896.697170952@dbc.mtview.ca.us>"

/* Line by line: the first of this user's, if it has a secret. */
static bool
find(const uint8_t *p, size_t size, struct span user, struct span *secret)
{
	const uint8_t *end = p + size, *lf, *colon;
	bool any = false;

	for (; p < end; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		colon = memchr(p, ':', (size_t)(lf - p));
		if (*p == '#' || colon == NULL || colon == p ||
		    colon + 1 == lf)
			continue;
		any = true;
		if ((size_t)(colon - p) == user.len &&
		    memcmp(p, user.p, user.len) == 0) {
			*secret = (struct span){ (const char *)colon + 1,
			    (size_t)(lf - colon) - 1 };
			return true;
		}
		if (user.len == 0)
			break;
	}
	return user.len == 0 && any;
}

static void
check_user(const char *path, const uint8_t *p, size_t size, const char *user)
{
	struct span parts[2] = { span_of(STAMP), span_of("nobody's secret") };
	char hex[DIGEST_MD5_HEX + 1];
	bool known = find(p, size, span_of(user), &parts[1]), match;

	digest_md5(hex, parts, 2);
	CHECK(apop_verify(path, span_of(user), STAMP, span_of(hex),
	    &match) == 0);
	CHECK(match == known);
	hex[0] = hex[0] == '0' ? '1' : '0';
	CHECK(apop_verify(path, span_of(user), STAMP, span_of(hex),
	    &match) == 0);
	CHECK(!match);
	CHECK(apop_verify(path, span_of(user), STAMP,
	    (struct span){ hex, DIGEST_MD5_HEX - 1 }, &match) == 0);
	CHECK(!match);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span none;
	char path[256];
	int r;

	fuzz_write(fuzz_path(path, "secrets"), data, size);
	errno = 0;
	r = apop_usable(path);
	CHECK((r == 0) == find(data, size, span_of(""), &none));
	CHECK(r == 0 || errno == ENODATA);
	check_user(path, data, size, "jane");
	check_user(path, data, size, "a");
	return 0;
}
