/*
 * What we say.  Every text stands in one table, a column for each dialect and
 * each language; a text names its values in braces.  Each command answers with
 * one status line.
 *
 * Two things need no translation: the status with its response code, which has
 * a column of its own, and numbers in their places.
 */
#ifndef POP3_REPLY_H
#define POP3_REPLY_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply {
	/* +OK */
	REPLY_BANNER, REPLY_SHY_BANNER, REPLY_USER, REPLY_LOGIN, REPLY_STAT,
	REPLY_LIST, REPLY_LIST_ONE, REPLY_RETR, REPLY_TOP, REPLY_DELE,
	REPLY_RSET, REPLY_NOOP, REPLY_LAST, REPLY_UIDL, REPLY_UIDL_ONE,
	REPLY_CAPA, REPLY_AUTH, REPLY_STLS, REPLY_UTF8, REPLY_LANGS, REPLY_LANG,
	REPLY_XCLIENT, REPLY_QUIT, REPLY_HELP,
	/* -ERR, the command */
	REPLY_UNKNOWN, REPLY_TOO_FEW, REPLY_TOO_MANY, REPLY_TOO_LONG,
	REPLY_NUL, REPLY_TOO_MANY_BAD, REPLY_NO_MESSAGE, REPLY_IS_DELETED,
	REPLY_UIDL_NO_NUMBER, REPLY_UIDL_NO_MESSAGE, REPLY_UIDL_IS_DELETED,
	REPLY_NOT_LINES, REPLY_NO_LANG,
	/* -ERR, at a terminal */
	REPLY_AFTER_LOGIN, REPLY_BEFORE_LOGIN, REPLY_USER_FIRST, REPLY_USAGE,
	/* -ERR, the login */
	REPLY_BAD_NAME, REPLY_NOT_UTF8, REPLY_WRONG, REPLY_EXPIRED,
	REPLY_TROUBLE, REPLY_NO_LOGIN, REPLY_NO_APOP,
	REPLY_NO_APOP_NOR_USER, REPLY_STRONGER,
	REPLY_TLS_OR_STRONGER,
	/* -ERR, AUTH */
	REPLY_NO_MECHANISM, REPLY_CANCELLED, REPLY_NOT_BASE64,
	REPLY_BAD_RESPONSE, REPLY_FOR_ANOTHER,
	/* -ERR, STLS */
	REPLY_NO_TLS, REPLY_TLS_BROKEN, REPLY_TLS_TWICE, REPLY_TLS_INJECTED,
	/* -ERR, XCLIENT */
	REPLY_BAD_XCLIENT,
	/* -ERR, the maildrop */
	REPLY_IN_USE, REPLY_TOO_SOON, REPLY_BAD_LOCK, REPLY_NO_ACCESS,
	REPLY_NOT_NOW, REPLY_VANISHED, REPLY_NOT_REMOVED,
	/* -ERR, before anything */
	REPLY_MISCONFIGURED, REPLY_ONLY_LOCAL,
	/* -ERR, for tests of clients */
	REPLY_AS_WISHED,
	REPLY_COUNT
};

/* Of English. */
enum dialect { DIALECT_QPOPPER2, DIALECT_QPOPPER4, DIALECTS };

enum language { LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_FR, LANGUAGES };

struct voice {
	enum dialect dialect;
	enum language language;
};

/* What the braces stand for; a text uses those it names. */
struct reply_values {
	const char *user, *host;
	const char *stamp;		/* "<...>", or "" */
	const char *version;		/* " (version ...)", or "" */
	const char *mark;		/* "[XCLIENT] ", or "" */
	struct span word;		/* foreign */
	uint32_t msgno;
	uint64_t count, octets;
};

/* RFC 1939, section 3: a response line, its CRLF included. */
#define REPLY_MAX 512

bool reply_is_ok(enum reply reply);

/*
 * Write the status line, without line end, as a string at dst; what is too
 * long is cut.  for_log takes English, and quotes foreign values so that they
 * cannot pose as others.
 */
void reply_format(char dst[REPLY_MAX], enum reply reply, struct voice voice,
    const struct reply_values *values, bool for_log);

/* "de", and what it calls itself, in UTF-8: "Deutsch". */
const char *reply_language_tag(enum language language);
const char *reply_language_name(enum language language);

#endif
