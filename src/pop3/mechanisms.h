/*
 * The mechanisms of AUTH (RFC 5034), and which of them can succeed here.
 */
#ifndef POP3_MECHANISMS_H
#define POP3_MECHANISMS_H

#include "pop3/pop3.h"

/* The better ones first: some clients take the first they know. */
enum { MECHANISM_SCRAM, MECHANISM_CRAM, MECHANISM_PLAIN, MECHANISM_LOGIN,
	MECHANISMS };

struct mechanism {
	const char *name;
	bool (*works)(const struct pop3 *);
	enum reply (*refusal)(const struct pop3 *);	/* if it does not */
	bool client_first;
	bool by_pam;			/* no: by a secret of ours */
};

extern const struct mechanism mechanisms[MECHANISMS];

/*
 * Is list made of names of mechanisms, and of APOP, with blanks or commas
 * between?  -1, and why says what is wrong.
 */
int mechanisms_check(const char *list, char *why, size_t cap);

/* Does the site have this one?  name is that of a mechanism, or "APOP". */
bool mechanisms_allow(const struct pop3_conf *conf, const char *name);

/* The same, and can it succeed on this connection? */
bool mechanism_works(const struct pop3 *p, const struct mechanism *m);

/* Can any mechanism succeed on this connection? */
bool mechanisms_work(const struct pop3 *p);

/*
 * Append " NAME" for each that can to the string at dst, which has room for
 * cap bytes in all.
 */
void mechanisms_list(const struct pop3 *p, char *dst, size_t cap);

#endif
