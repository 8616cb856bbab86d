#include "maildir/sources.h"

#include "base/ascii.h"
#include "maildir/uidformat.h"

#include <stdio.h>
#include <string.h>

#define DOVECOT_FORMAT "%08Xu%08Xv"
#define UW_FORMAT "%08Xv%08Xu"

static const struct {
	const char *name;
	const char *usual;	/* NULL: takes no detail; "": needs one */
} kinds[] = {
	[SOURCE_AUTO] = { "auto", NULL },
	[SOURCE_NAME] = { "name", NULL },
	[SOURCE_NAME_MD5] = { "name-md5", NULL },
	[SOURCE_DOVECOT] = { "dovecot", DOVECOT_FORMAT },
	[SOURCE_COURIER] = { "courier", NULL },
	[SOURCE_UW] = { "uw", UW_FORMAT },
	[SOURCE_X_UIDL] = { "x-uidl", NULL },
	[SOURCE_IDS_FILE] = { "ids-file", "" },
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static int
fail(char *why, size_t cap, const char *what, struct span word)
{
	(void)snprintf(why, cap, "%s: %.*s", what, (int)word.len, word.p);
	return -1;
}

static bool
next_word(const char **text, struct span *word)
{
	*text += strspn(*text, ", \t");
	*word = (struct span){ *text, strcspn(*text, ", \t") };
	*text += word->len;
	return word->len > 0;
}

/* A file in the Maildir itself: a session sees no other. */
static bool
is_detail(enum source_kind kind, const char *detail)
{
	if (kind == SOURCE_IDS_FILE)
		return detail[0] != '\0' && detail[0] != '.' &&
		    strchr(detail, '/') == NULL && span_is_graph(span_of(detail));
	return uidformat_check(detail) == 0;
}

static int
parse_word(struct source *s, struct span word, char *why, size_t cap)
{
	const char *colon = memchr(word.p, ':', word.len);
	struct span name = { word.p, colon != NULL ?
	    (size_t)(colon - word.p) : word.len };
	struct span detail = { NULL, 0 };
	size_t k;

	for (k = 0; k < KINDS && !span_is(name, kinds[k].name); k++)
		continue;
	if (k == KINDS)
		return fail(why, cap, "no such source", word);
	*s = (struct source){ .kind = (enum source_kind)k };
	if (kinds[k].usual == NULL)
		return colon == NULL ? 0 :
		    fail(why, cap, "takes nothing behind a colon", word);
	detail = colon != NULL ? (struct span){ colon + 1,
	    word.len - name.len - 1 } : span_of(kinds[k].usual);
	if (span_copy(s->detail, sizeof s->detail, detail) == -1)
		return fail(why, cap, "too long", word);
	return is_detail(s->kind, s->detail) ? 0 :
	    fail(why, cap, kinds[k].usual[0] == '\0' ?
	    "not the name of a file in the Maildir" : "no such format", word);
}

int
sources_parse(struct sources *s, const char *text, char *why, size_t cap)
{
	const char *rest = text;
	struct span word;

	s->n = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	while (next_word(&rest, &word)) {
		if (s->n == SOURCES_MAX)
			return fail(why, cap, "too many sources", word);
		if (parse_word(&s->v[s->n++], word, why, cap) == -1)
			return -1;
	}
	return s->n > 0 ? 0 : fail(why, cap, "expected none or sources",
	    span_of(text));
}

void
sources_print(const struct sources *s, char text[SOURCES_TEXT_MAX])
{
	size_t i, at = 0;
	const struct source *v;

	(void)snprintf(text, SOURCES_TEXT_MAX, "none");
	for (i = 0; i < s->n; i++) {
		v = &s->v[i];
		at += (size_t)snprintf(text + at, SOURCES_TEXT_MAX - at,
		    "%s%s%s%s", i > 0 ? "," : "", kinds[v->kind].name,
		    v->detail[0] != '\0' ? ":" : "", v->detail);
	}
}

bool
sources_adopt(const char *text)
{
	char why[8];
	struct sources s;

	return sources_parse(&s, text, why, sizeof why) == 0 && s.n > 0;
}
