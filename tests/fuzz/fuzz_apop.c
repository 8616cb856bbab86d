/*
 * A file of secrets of any bytes, read as secrets.h tells it: whose digest is
 * right, and whose is not.
 */
#include "auth/apop.h"
#include "auth/secrets.h"
#include "base/digest.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define STAMP "<1896.697170952@dbc.mtview.ca.us>"

/* A secret in clear, or what follows "{PLAIN}". */
static bool
is_plain(struct span *secret)
{
	if (secret->len >= 7 && memcmp(secret->p, "{PLAIN}", 7) == 0) {
		secret->p += 7;
		secret->len -= 7;
	} else if (secret->p[0] == '{')
		return false;
	return secret->len > 0 && secret->len <= SECRET_MAX &&
	    memchr(secret->p, '\0', secret->len) == NULL;
}

/* Line by line: the first of this user's, or of anybody's whose is plain. */
static bool
find(const uint8_t *p, size_t size, struct span user, struct span *secret)
{
	const uint8_t *end = p + size, *lf, *colon;

	for (; p < end; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		colon = memchr(p, ':', (size_t)(lf - p));
		if (*p == '#' || colon == NULL || colon == p ||
		    colon + 1 == lf)
			continue;
		*secret = (struct span){ (const char *)colon + 1,
		    (size_t)(lf - colon) - 1 };
		if (user.len == 0 && is_plain(secret))
			return true;
		if ((size_t)(colon - p) == user.len &&
		    memcmp(p, user.p, user.len) == 0)
			return is_plain(secret);
	}
	return false;
}

static void
check_user(const char *path, const uint8_t *p, size_t size, const char *user)
{
	struct span parts[2] = { span_of(STAMP) };
	char hex[DIGEST_MD5_HEX + 1];
	bool known = find(p, size, span_of(user), &parts[1]), match;

	if (!known)
		parts[1] = span_of("nobody's secret");
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
	struct secrets_kinds kinds;
	struct span any;
	char path[256];
	int r;

	fuzz_write(fuzz_path(path, "secrets"), data, size);
	errno = 0;
	r = secrets_usable(path, &kinds);
	CHECK((r == 0 && kinds.password) ==
	    find(data, size, span_of(""), &any));
	CHECK(r != 0 || kinds.password || kinds.scram);
	CHECK(r == 0 || errno == ENODATA);
	check_user(path, data, size, "jane");
	check_user(path, data, size, "a");
	return 0;
}
