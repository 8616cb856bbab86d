#include "qpopper.h"

#include "base/ascii.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char no_copying[] =
    "a Maildir is never copied, so there is nothing to tune";
static const char no_kerberos[] = "Kerberos is PAM's business now";
static const char no_relay[] = "this server relays and mangles nothing";
static const char no_debug[] = "there is no trace; see log-facility";
static const char by_openssl[] = "TLS 1.2 and 1.3 with OpenSSL's own choices";

static const struct qpopper_option options[] = {
	{ "announce-expire", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "messages do not expire, so EXPIRE NEVER is announced" },
	{ "announce-login-delay", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "a delay is announced when it is kept: see login-delay" },
	{ "auto-delete", QPOPPER_REFUSED, true, NULL, NULL,
	    "what was read is not yet safe with the client" },
	{ "bulldb-max-tries", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "bulletins need no database" },
	{ "bulldb-nonfatal", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "bulletins need no database" },
	{ "cache-dir", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "the index lives in the Maildir" },
	{ "cache-name", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "the index lives in the Maildir" },
	{ "check-hash-dir", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "nothing is created beside the spool" },
	{ "check-old-spool-loc", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "a temporary drop is always looked for" },
	{ "check-password-expired", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "PAM's account modules decide" },
	{ "chunky-writes", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "writes are large anyway" },
	{ "debug", QPOPPER_NO_EFFECT, true, NULL, NULL, no_debug },
	{ "drac-host", QPOPPER_NO_EFFECT, false, NULL, NULL, no_relay },
	{ "fast-update", QPOPPER_NO_EFFECT, true, NULL, NULL, no_copying },
	{ "group-no-server-mode", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    no_copying },
	{ "group-server-mode", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    no_copying },
	{ "keep-temp-drop", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "there is no temporary drop" },
	{ "kerberos", QPOPPER_NO_EFFECT, true, NULL, NULL, no_kerberos },
	{ "kerberos-service", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    no_kerberos },
	{ "mail-command", QPOPPER_NO_EFFECT, false, NULL, NULL, no_relay },
	{ "mail-lock-check", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    no_copying },
	{ "no-atomic-open", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "locks are always taken in the way that NFS needs" },
	{ "reverse-lookup", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "names of clients are never looked up" },
	{ "server-mode", QPOPPER_NO_EFFECT, true, NULL, NULL, no_copying },
	{ "spool-options", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "there are no settings for one user" },
	{ "timing", QPOPPER_NO_EFFECT, true, NULL, NULL, no_debug },
	{ "tls-cipher-list", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    by_openssl },
	{ "tls-identity-file", QPOPPER_RENAMED, false, "tls-cert tls-key", NULL,
	    "one file may hold both" },
	{ "tls-options", QPOPPER_NO_EFFECT, false, NULL, NULL, by_openssl },
	{ "tls-passphrase", QPOPPER_REFUSED, false, NULL, NULL,
	    "a key whose passphrase stands beside it: store it without one" },
	{ "tls-private-key-file", QPOPPER_RENAMED, false, "tls-key", NULL,
	    NULL },
	{ "tls-server-cert-file", QPOPPER_RENAMED, false, "tls-cert", NULL,
	    NULL },
	{ "tls-support", QPOPPER_RENAMED, false, "tls",
	    "default=false none=false stls=false alternate-port=true "
	    "0=false 1=false 2=true",
	    "STLS is there whenever a certificate is" },
	{ "tls-version", QPOPPER_NO_EFFECT, false, NULL, NULL, by_openssl },
	{ "tls-workarounds", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    by_openssl },
	{ "tracefile", QPOPPER_REFUSED, false, NULL, NULL,
	    "a trace written with privileges can be aimed at any file" },
	{ "update-status-headers", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "messages are never rewritten; flags stand in their names" },
	{ "user-options", QPOPPER_REFUSED, true, NULL, NULL,
	    "files of users do not steer a process of root's" },
	{ "UW-kludge", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "folder data is always left out" },
	{ "UW-kluge", QPOPPER_NO_EFFECT, true, NULL, NULL,
	    "folder data is always left out" },
	/* Letters without a name in the file. */
	{ "-V", QPOPPER_NO_EFFECT, true, NULL, NULL, "nobody knew it" },
	{ "-x", QPOPPER_NO_EFFECT, true, NULL, NULL, "nobody knew it" },
	{ "-e", QPOPPER_NO_EFFECT, false, NULL, NULL,
	    "only what is true is announced: see login-delay" },
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
