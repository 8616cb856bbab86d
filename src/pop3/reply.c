#include "pop3/reply.h"

#include "base/log.h"
#include "base/num.h"

#include <string.h>

#define OK "+OK "
#define ERR "-ERR "

/* One text for all dialects where the second is NULL. */
static const struct text {
	const char *status;
	const char *text[DIALECTS];
} texts[REPLY_COUNT] = {
	[REPLY_BANNER] = { OK, {
	    "POP3 solopop{version} at {host} starting.{gap}{stamp}" } },
	[REPLY_SHY_BANNER] = { OK, { "ready{gap}{stamp}" } },
	[REPLY_USER] = { OK, { "Password required for {user}." } },
	[REPLY_LOGIN] = { OK, {
	    "{user} has {count} message{s} ({octets} octets).",
	    "{user} has {count} visible message{s} (0 hidden) in {octets} "
	    "octets." } },
	[REPLY_STAT] = { OK, { "{count} {octets}" } },
	[REPLY_LIST] = { OK, { "{count} messages ({octets} octets)",
	    "{count} visible messages ({octets} octets)" } },
	[REPLY_LIST_ONE] = { OK, { "{msgno} {octets}" } },
	[REPLY_RETR] = { OK, { "{octets} octets" } },
	[REPLY_TOP] = { OK, { "{octets} octets", "Message follows" } },
	[REPLY_DELE] = { OK, { "Message {msgno} has been deleted." } },
	[REPLY_RSET] = { OK, {
	    "Maildrop has {count} messages ({octets} octets)" } },
	[REPLY_NOOP] = { OK, { "", "no big woop" } },
	[REPLY_LAST] = { OK, { "{msgno} is the last read message." } },
	[REPLY_UIDL] = { OK, { "uidl command accepted." } },
	[REPLY_UIDL_ONE] = { OK, { "{msgno} {word}" } },
	[REPLY_CAPA] = { OK, { "Capability list follows" } },
	[REPLY_STLS] = { OK, { "Begin TLS negotiation", "STLS" } },
	[REPLY_QUIT] = { OK, { "Pop server at {host} signing off." } },

	[REPLY_UNKNOWN] = { ERR, { "Unknown command: \"{word}\"." } },
	[REPLY_TOO_FEW] = { ERR, {
	    "Too few arguments for the {word} command." } },
	[REPLY_TOO_MANY] = { ERR, {
	    "Too many arguments for the {word} command." } },
	[REPLY_TOO_LONG] = { ERR, { "Command line too long." } },
	[REPLY_NUL] = { ERR, { "Command line holds a NUL." } },
	[REPLY_TOO_MANY_BAD] = { ERR, { "Too many bad commands." } },
	[REPLY_NO_MESSAGE] = { ERR, { "Message {word} does not exist." } },
	[REPLY_IS_DELETED] = { ERR, { "Message {msgno} has been deleted." } },
	[REPLY_UIDL_NO_NUMBER] = { ERR, { "Message {word} does not exist.",
	    "Parameter must be a number between 1 and {count}" } },
	[REPLY_UIDL_NO_MESSAGE] = { ERR, { "Message {word} does not exist.",
	    "Message {word} out of range." } },
	[REPLY_UIDL_IS_DELETED] = { ERR, {
	    "Message {msgno} has been marked for deletion." } },
	[REPLY_NOT_LINES] = { ERR, { "\"{word}\" is not a number of lines." } },

	[REPLY_BAD_NAME] = { ERR, { "[AUTH] That is no user name." } },
	[REPLY_WRONG] = { ERR, {
	    "[AUTH] Password supplied for \"{user}\" is incorrect." } },
	[REPLY_EXPIRED] = { ERR, { "[AUTH] \"{user}\": password expired." } },
	[REPLY_CLOSED] = { ERR, { "[AUTH] \"{user}\": access denied." } },
	[REPLY_TROUBLE] = { ERR, {
	    "[SYS/TEMP] Passwords cannot be checked now; try again later." } },
	[REPLY_NO_APOP] = { ERR, {
	    "[AUTH] APOP is not available here; use USER and PASS." } },

	[REPLY_STRONGER] = { ERR, {
	    "[AUTH] You must use stronger authentication such as APOP to "
	    "connect to this server" } },
	[REPLY_TLS_OR_STRONGER] = { ERR, {
	    "[AUTH] You must use TLS/SSL or stronger authentication such as "
	    "APOP to connect to this server" } },

	[REPLY_NO_TLS] = { ERR, { "Unknown command: \"{word}\".",
	    "Command not enabled" } },
	[REPLY_TLS_TWICE] = { ERR, { "Command not permitted when TLS active.",
	    "TLS in progress" } },
	[REPLY_TLS_INJECTED] = { ERR, {
	    "Nothing may follow STLS before TLS begins." } },

	[REPLY_IN_USE] = { ERR, {
	    "[IN-USE] Maildrop lock busy!  Is another session active?" } },
	[REPLY_BAD_LOCK] = { ERR, {
	    "[SYS/PERM] The lock file of your maildrop is not a plain file of "
	    "your own." } },
	[REPLY_NO_ACCESS] = { ERR, {
	    "[SYS/PERM] Your maildrop cannot be opened." } },
	[REPLY_NOT_NOW] = { ERR, {
	    "[SYS/TEMP] Your maildrop cannot be opened now; try again "
	    "later." } },
	[REPLY_VANISHED] = { ERR, {
	    "[SYS/TEMP] Message {msgno} cannot be read." } },
	[REPLY_NOT_REMOVED] = { ERR, {
	    "[SYS/TEMP] some deleted messages not removed" } },

	[REPLY_MISCONFIGURED] = { ERR, {
	    "[SYS/PERM] This server is not set up properly; its log says "
	    "why." } },
	[REPLY_ONLY_LOCAL] = { ERR, {
	    "[SYS/PERM] This server serves its own machine only." } },
	[REPLY_AS_WISHED] = { ERR, {
	    "[SYS/TEMP] This failure is the one you asked for." } },
};

/* Room for any value in its quoted form: a word is one command line at most. */
#define VALUE_MAX LOG_QUOTED_MAX(REPLY_MAX)

static struct span
number(char scratch[VALUE_MAX], uint64_t n)
{
	return (struct span){ scratch, num_decimal(scratch, n) };
}

/* Nothing that a client sent may break our line in two. */
static struct span
foreign(char scratch[VALUE_MAX], struct span value, bool for_log)
{
	size_t i;

	if (for_log)
		return span_of(log_quote(scratch, VALUE_MAX, value));
	if (value.len > REPLY_MAX)
		value.len = REPLY_MAX;
	for (i = 0; i < value.len; i++)
		scratch[i] = (unsigned char)value.p[i] < ' ' ||
		    value.p[i] == 0x7f ? '?' : value.p[i];
	return (struct span){ scratch, value.len };
}

static struct span
value_of(char scratch[VALUE_MAX], struct span name,
    const struct reply_values *v, bool for_log)
{
	if (span_is(name, "user"))
		return foreign(scratch, span_of(v->user), for_log);
	if (span_is(name, "word"))
		return foreign(scratch, v->word, for_log);
	if (span_is(name, "msgno"))
		return number(scratch, v->msgno);
	if (span_is(name, "count"))
		return number(scratch, v->count);
	if (span_is(name, "octets"))
		return number(scratch, v->octets);
	if (span_is(name, "s"))
		return span_of(v->count == 1 ? "" : "s");
	if (span_is(name, "host"))
		return span_of(v->host);
	if (span_is(name, "stamp"))
		return span_of(v->stamp);
	if (span_is(name, "gap"))
		return span_of(v->stamp[0] != '\0' ? "  " : "");
	return span_of(v->version);
}

/* @audit appends to dst, never beyond REPLY_MAX - 3: room for CRLF and NUL. */
static void
append(char dst[REPLY_MAX], size_t *len, struct span s)
{
	size_t room = REPLY_MAX - 3 - *len;

	if (s.len > room)
		s.len = room;
	if (s.len > 0)
		memcpy(dst + *len, s.p, s.len);
	*len += s.len;
	dst[*len] = '\0';
}

bool
reply_is_ok(enum reply reply)
{
	return texts[reply].status[0] == '+';
}

void
reply_format(char dst[REPLY_MAX], enum reply reply, enum dialect dialect,
    const struct reply_values *values, bool for_log)
{
	const struct text *t = &texts[reply];
	const char *p = t->text[t->text[dialect] != NULL ? dialect : 0];
	char scratch[VALUE_MAX];
	size_t len = 0, run;

	append(dst, &len, span_of(t->status));
	while (*p != '\0') {
		run = strcspn(p, "{");
		append(dst, &len, (struct span){ p, run });
		p += run;
		if (*p == '\0')
			break;
		run = strcspn(++p, "}");
		append(dst, &len, value_of(scratch, (struct span){ p, run },
		    values, for_log));
		p += run + 1;
	}
}
