#include "settings/qpopper.h"

#include "base/ascii.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The log tells why for what is dangerous; --check tells it for all. */
static const struct qpopper_option options[] = {
#define ROW(name, fate, is_bool, now, values, why) \
	{ name, fate, is_bool, now, values, \
	    (fate) == QPOPPER_REFUSED ? (why) : NULL },
#include "settings/qpopper_rows.h"
#undef ROW
};

static const struct letter {
	int letter;
	const char *name;
} letters[] = {
	{ 'b', "bulldir" }, { 'B', "bulldb-nonfatal" },
	{ 'c', "downcase-user" }, { 'C', "trim-domain" }, { 'd', "debug" },
	{ 'D', "drac-host" }, { 'e', "-e" }, { 'f', "config-file" },
	{ 'F', "fast-update" }, { 'k', "kerberos" },
	{ 'K', "kerberos-service" }, { 'l', "tls-support" },
	{ 'L', "mail-lock-check" }, { 'p', "clear-text-password" },
	{ 'R', "reverse-lookup" }, { 's', "statistics" },
	{ 'S', "server-mode" }, { 't', "tracefile" }, { 'T', "timeout" },
	{ 'u', "user-options" }, { 'U', "spool-options" },
	{ 'v', "version" }, { 'V', "-V" }, { 'x', "-x" },
	{ 'y', "log-facility" },
};

const char *const qpopper_differences[] = {
	"messages live in a Maildir; the spool is emptied into it at login",
	"nothing is removed without QUIT (update-on-abort)",
	"an idle client is dropped after 600 seconds, not 120 (timeout)",
	"five failed logins end a session, not the first (max-failures)",
	"where there is TLS, passwords from elsewhere need it, unless "
	    "clear-text-password is always",
	"every failed login takes equally long (failure-delay)",
	"an answer is one line: no \"signing off\" after an error",
	"the octets of STAT, LIST and RETR are the octets sent",
	"X-UIDL and Status are sent as they are stored, and never written",
	"LAST is the highest message that is read and not deleted, as in 2.x",
	"XTND, RPOP, EUIDL, mangling and macros are unknown commands",
	NULL
};

bool
qpopper_is_name(const char *argv0)
{
	const char *slash = argv0 != NULL ? strrchr(argv0, '/') : NULL;
	const char *base = slash != NULL ? slash + 1 : argv0;

	return base != NULL && (strcmp(base, "popper") == 0 ||
	    strcmp(base, "qpopper") == 0 || strcmp(base, "in.qpopper") == 0);
}

const struct qpopper_option *
qpopper_option(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof options / sizeof options[0]; i++)
		if (span_is(span_of(name), options[i].name))
			return &options[i];
	return NULL;
}

const char *
qpopper_letter(int letter)
{
	size_t i;

	for (i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].letter == letter)
			return letters[i].name;
	return NULL;
}

int
qpopper_value(char *dst, unsigned long cap, const struct qpopper_option *o,
    const char *value)
{
	struct span rest, pair, word;
	const char *equals;

	if (o->values == NULL)
		return span_copy(dst, cap, span_of(value));
	rest = span_of(o->values);
	while (span_word(&rest, &pair)) {
		equals = memchr(pair.p, '=', pair.len);
		word = (struct span){ pair.p, (size_t)(equals - pair.p) };
		if (!span_is(word, value))
			continue;
		pair.p += word.len + 1;
		pair.len -= word.len + 1;
		return span_copy(dst, cap, pair);
	}
	errno = EINVAL;
	return -1;
}
