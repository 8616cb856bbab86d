#include "pop3/mechanisms.h"

#include <string.h>

static bool
has_scram(const struct pop3 *p)
{
	return p->secrets.scram;
}

static bool
has_cram(const struct pop3 *p)
{
	return p->secrets.password;
}

/* Nobody needs to be told of what nobody here can do. */
static enum reply
unknown(const struct pop3 *p)
{
	(void)p;
	return REPLY_NO_MECHANISM;
}

const struct mechanism mechanisms[MECHANISMS] = {
	[MECHANISM_SCRAM] = { "SCRAM-SHA-256", has_scram, unknown, true,
	    false },
	[MECHANISM_CRAM] = { "CRAM-MD5", has_cram, unknown, false, false },
	[MECHANISM_PLAIN] = { "PLAIN", pop3_cleartext_allowed,
	    pop3_cleartext_refusal, true, true },
	[MECHANISM_LOGIN] = { "LOGIN", pop3_cleartext_allowed,
	    pop3_cleartext_refusal, true, true },
};

bool
mechanisms_work(const struct pop3 *p)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++)
		if (mechanisms[i].works(p))
			return true;
	return false;
}

/* @audit a name is appended whole or not at all. */
void
mechanisms_list(const struct pop3 *p, char *dst, size_t cap)
{
	size_t i, len = strlen(dst), more;

	for (i = 0; i < MECHANISMS; i++) {
		more = strlen(mechanisms[i].name);
		if (!mechanisms[i].works(p) || more + 1 >= cap - len)
			continue;
		dst[len] = ' ';
		memcpy(dst + len + 1, mechanisms[i].name, more + 1);
		len += 1 + more;
	}
}
