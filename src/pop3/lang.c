/*
 * LANG (RFC 6856, section 3): in which language we answer.
 */
#include "pop3/lang.h"

#include "pop3/say.h"

#include <stdio.h>
#include <string.h>

#define SUBTAG_MAX 8

static bool
is_subtag_char(char c)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || ascii_digit(c);
}

/* A basic language range (RFC 4647, section 2.1), "*" left out. */
static bool
is_range(struct span s)
{
	size_t i, run = 0;

	for (i = 0; i < s.len; i++) {
		run = s.p[i] == '-' ? 0 : run + 1;
		if (run > SUBTAG_MAX || (run > 0 && !is_subtag_char(s.p[i])) ||
		    (run == 0 && (i == 0 || s.p[i - 1] == '-')))
			return false;
	}
	return run > 0;
}

static bool
is_tag_of(struct span range, enum language *language)
{
	int i;

	for (i = 0; i < LANGUAGES; i++)
		if (span_is(range, reply_language_tag((enum language)i))) {
			*language = (enum language)i;
			return true;
		}
	return false;
}

/*
 * RFC 4647, section 3.4, a lookup: the range, then the range with less and less
 * of its end, so that "de-AT" finds "de".
 */
static bool
find(struct span range, enum language *language)
{
	if (!is_range(range))
		return false;
	while (!is_tag_of(range, language)) {
		while (range.len > 0 && range.p[range.len - 1] != '-')
			range.len--;
		if (range.len == 0)
			return false;
		range.len--;
	}
	return true;
}

static enum pop3_step
list_languages(struct pop3 *p)
{
	char line[POP3_LINE_MAX];
	int i;

	(void)say(p, REPLY_LANGS);
	for (i = 0; i < LANGUAGES; i++) {
		(void)snprintf(line, sizeof line, "%s %s",
		    reply_language_tag((enum language)i),
		    reply_language_name((enum language)i));
		say_line(p, line, strlen(line));
	}
	say_end(p);
	return STEP_NEXT;
}

enum pop3_step
lang_run(struct pop3 *p, const struct args *a)
{
	if (a->n == 0)
		return list_languages(p);
	if (span_is(a->v[0], "*"))
		p->language = p->conf->language;
	else if (!find(a->v[0], &p->language))
		return say_bad(p, REPLY_NO_LANG, a->v[0]);
	return say_word(p, REPLY_LANG,
	    span_of(reply_language_tag(p->language)));
}
