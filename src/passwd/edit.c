#include "passwd/edit.h"

#include "auth/ask.h"
#include "base/base64.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(EDIT_USER_MAX == ASK_USER_MAX, "one limit for both");

bool
edit_user_fits(struct span user)
{
	size_t i;

	if (user.len == 0 || user.len > EDIT_USER_MAX || user.p[0] == '#')
		return false;
	for (i = 0; i < user.len; i++)
		if ((unsigned char)user.p[i] < ' ' || user.p[i] == 0x7f ||
		    user.p[i] == ':')
			return false;
	return true;
}

static int
scram_value(char value[EDIT_VALUE_MAX], const struct secrets_entry *e)
{
	char salt[BASE64_LEN(SECRETS_SALT_MAX) + 1];
	char stored[BASE64_LEN(SECRETS_KEY) + 1];
	char server[BASE64_LEN(SECRETS_KEY) + 1];
	int n;

	base64_encode(salt, e->salt, e->salt_len);
	base64_encode(stored, e->stored_key, SECRETS_KEY);
	base64_encode(server, e->server_key, SECRETS_KEY);
	n = snprintf(value, EDIT_VALUE_MAX, "{SCRAM-SHA-256}%" PRIu32
	    ",%s,%s,%s", e->iterations, salt, stored, server);
	return n > 0 && (size_t)n < EDIT_VALUE_MAX ? 0 : -1;
}

int
edit_value(char value[EDIT_VALUE_MAX], const struct secrets_entry *e)
{
	const struct secret *p = &e->password;

	if (e->has_scram)
		return scram_value(value, e);
	if (!e->has_password || p->len == 0 ||
	    memchr(p->text, '\n', p->len) != NULL) {
		errno = EINVAL;
		return -1;
	}
	(void)snprintf(value, EDIT_VALUE_MAX, "%s%s",
	    p->text[0] == '{' ? "{PLAIN}" : "", p->text);
	return 0;
}

static char *
put(char *dst, const char *p, size_t len)
{
	if (len > 0)
		memcpy(dst, p, len);
	return dst + len;
}

static char *
put_line(char *dst, struct span user, const char *value)
{
	dst = put(dst, user.p, user.len);
	*dst++ = ':';
	dst = put(dst, value, strlen(value));
	*dst++ = '\n';
	return dst;
}

/*
 * @audit dst has room for the text, one line more, and the line end that the
 * last line may want.
 */
static char *
rewrite(char *dst, struct span text, struct span user, const char *value)
{
	const char *begun = dst, *kept = text.p;
	struct span rest = text, name, secret;

	while (secrets_next(&rest, &name, &secret)) {
		if (name.len != user.len ||
		    memcmp(name.p, user.p, user.len) != 0)
			continue;
		dst = put(dst, kept, (size_t)(name.p - kept));
		if (value != NULL)
			dst = put_line(dst, user, value);
		value = NULL;
		kept = rest.p;
	}
	dst = put(dst, kept, (size_t)(text.p + text.len - kept));
	if (value == NULL)
		return dst;
	if (dst > begun && dst[-1] != '\n')
		*dst++ = '\n';
	return put_line(dst, user, value);
}

static int
give(struct span *out, struct span made)
{
	if (made.len > SECRETS_FILE_MAX) {
		secrets_unload(made);
		errno = EFBIG;
		return -1;
	}
	*out = made;
	return 0;
}

int
edit_set(struct span text, struct span user, const char *value,
    struct span *out)
{
	size_t more = user.len + (value != NULL ? strlen(value) : 0) + 3;
	char *p;

	if (text.len == 0)
		text.p = "";
	if ((p = malloc(text.len + more)) == NULL)
		return -1;
	more = (size_t)(rewrite(p, text, user, value) - p);
	return give(out, (struct span){ p, more });
}

int
edit_salt_key(struct span text, const unsigned char key[SECRETS_KEY],
    struct span *out)
{
	static const char name[] = SECRETS_SALT_KEY;
	char base64[BASE64_LEN(SECRETS_KEY) + 1], *p, *end;

	base64_encode(base64, key, SECRETS_KEY);
	if ((p = malloc(sizeof name + sizeof base64 + text.len)) == NULL)
		return -1;
	end = put(p, name, sizeof name - 1);
	end = put(end, base64, sizeof base64 - 1);
	*end++ = '\n';
	end = put(end, text.p, text.len);
	return give(out, (struct span){ p, (size_t)(end - p) });
}
