/*
 * adopt-uidls: where the unique-ids come from that clients know from an earlier
 * server.  A list of sources, in order; see solopop-protocol(7).
 */
#ifndef MAILDIR_SOURCES_H
#define MAILDIR_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

enum source_kind {
	SOURCE_AUTO,		/* the newest list that fits */
	SOURCE_NAME,		/* the file's name up to the colon */
	SOURCE_NAME_MD5,	/* MD5 of that, in hexadecimal */
	SOURCE_DOVECOT,		/* dovecot-uidlist; detail: pop3_uidl_format */
	SOURCE_COURIER,		/* courierpop3dsizelist */
	SOURCE_UW,		/* X-UID and X-IMAPbase; detail: format */
	SOURCE_X_UIDL,		/* X-UIDL */
	SOURCE_IDS_FILE		/* detail: a file in the Maildir */
};

#define SOURCES_MAX 8
#define SOURCE_DETAIL_MAX 64

struct source {
	enum source_kind kind;
	char detail[SOURCE_DETAIL_MAX];	/* "" where a kind has none */
};

struct sources {
	struct source v[SOURCES_MAX];
	size_t n;			/* 0: none */
};

/*
 * Read the setting, "none" for one: words with commas or blanks between.  -1 with
 * a reason in why, of cap bytes.
 */
int sources_parse(struct sources *s, const char *text, char *why, size_t cap);

/* The same as text, without blanks: "none" or words with commas between. */
#define SOURCES_TEXT_MAX (SOURCES_MAX * (SOURCE_DETAIL_MAX + 12))
void sources_print(const struct sources *s, char text[SOURCES_TEXT_MAX]);

/* Does this setting take anything over?  A text that is wrong does not. */
bool sources_adopt(const char *text);

#endif
