#include "pop3/say.h"

#include "compat/compat.h"

#include <string.h>

enum pop3_step
say_with(struct pop3 *p, enum reply reply, const struct reply_values *values)
{
	const struct voice voice = { p->conf->dialect, p->language };
	struct reply_values v = *values;
	char text[REPLY_MAX];

	v.user = p->user;
	v.host = p->conf->host;
	v.stamp = p->stamp;
	v.mark = pop3_is_proxy(p) ? "[XCLIENT] " : "";
	v.version = p->conf->show_version ?
	    " (version " PACKAGE_VERSION ")" : "";
	reply_format(text, reply, voice, &v, false);
	say_line(p, text, strlen(text));
	p->answers++;
	if (!reply_is_ok(reply)) {
		reply_format(text, reply, voice, &v, true);
		log_line(LOG_NOTE, "%s: %s", pop3_who(p), text);
	}
	return STEP_NEXT;
}

enum pop3_step
say(struct pop3 *p, enum reply reply)
{
	return say_word(p, reply, span_of(""));
}

enum pop3_step
say_word(struct pop3 *p, enum reply reply, struct span word)
{
	return say_with(p, reply, &(struct reply_values){ .word = word });
}

enum pop3_step
say_bad(struct pop3 *p, enum reply reply, struct span word)
{
	if (p->state == AUTHORIZATION && ++p->bad >= p->conf->max_bad) {
		(void)say(p, REPLY_TOO_MANY_BAD);
		return STEP_END;
	}
	return say_word(p, reply, word);
}

void
say_line(struct pop3 *p, const char *text, size_t len)
{
	(void)out_put(p->out, text, len);
	(void)out_put(p->out, "\r\n", 2);
}

void
say_end(struct pop3 *p)
{
	(void)out_put(p->out, ".\r\n", 3);
}
