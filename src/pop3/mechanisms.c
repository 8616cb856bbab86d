#include "pop3/mechanisms.h"

#include <stdio.h>
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

/* Report a mechanism that no user can use as unknown. */
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

/* The next name of the list; it moves on behind it.  False at the end. */
static bool
next_name(const char **list, struct span *name)
{
	*list += strspn(*list, " \t,");
	*name = (struct span){ *list, strcspn(*list, " \t,") };
	*list += name->len;
	return name->len > 0;
}

static bool
is_known(struct span name)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++)
		if (span_is(name, mechanisms[i].name))
			return true;
	return span_is(name, "APOP");
}

int
mechanisms_check(const char *list, char *why, size_t cap)
{
	struct span name;
	bool any = false;

	for (; next_name(&list, &name); any = true)
		if (!is_known(name)) {
			(void)snprintf(why, cap, "%.*s is none of APOP, "
			    "SCRAM-SHA-256, CRAM-MD5, PLAIN and LOGIN",
			    name.len > 40 ? 40 : (int)name.len, name.p);
			return -1;
		}
	if (!any)
		(void)snprintf(why, cap, "expected a name");
	return any ? 0 : -1;
}

bool
mechanisms_allow(const struct pop3_conf *conf, const char *name)
{
	const char *list = conf->mechanisms;
	struct span word;

	if (list == NULL)
		return true;
	while (next_name(&list, &word))
		if (span_is(word, name))
			return true;
	return false;
}

bool
mechanism_works(const struct pop3 *p, const struct mechanism *m)
{
	return mechanisms_allow(p->conf, m->name) && m->works(p);
}

bool
mechanisms_work(const struct pop3 *p)
{
	size_t i;

	for (i = 0; i < MECHANISMS; i++)
		if (mechanism_works(p, &mechanisms[i]))
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
		if (!mechanism_works(p, &mechanisms[i]) || more + 1 >= cap - len)
			continue;
		dst[len] = ' ';
		memcpy(dst + len + 1, mechanisms[i].name, more + 1);
		len += 1 + more;
	}
}
