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

/* Can any mechanism succeed on this connection? */
bool mechanisms_work(const struct pop3 *p);

/*
 * Append " NAME" for each that can to the string at dst, which has room for
 * cap bytes in all.
 */
void mechanisms_list(const struct pop3 *p, char *dst, size_t cap);

#endif
