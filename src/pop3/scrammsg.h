/*
 * The messages of a SCRAM client (RFC 5802, section 7), which any client may
 * send: pure, no memory, no secret.
 *
 * Channel binding is not offered: gs2's flag is 'n' or 'y', and 'p' is refused.
 * Attributes that nobody knows are taken where extensions may stand, once each;
 * 'm', which means that all must understand it, is not.
 */
#ifndef POP3_SCRAMMSG_H
#define POP3_SCRAMMSG_H

#include "auth/scram.h"

#define SCRAMMSG_NAME_MAX 255		/* bytes */

/* Spans are on loan from the message. */
struct scrammsg_first {
	struct span header;		/* gs2's, its last comma included */
	struct span bare;		/* the rest */
	struct span nonce;
	size_t name_len;
	char name[SCRAMMSG_NAME_MAX];	/* without escapes */
	bool for_another;		/* authzid is somebody else */
};

/*
 * Take the first message apart.  -1 with EINVAL if it is none, EMSGSIZE if
 * something in it is longer than we take, EILSEQ if it is no UTF-8.
 */
int scrammsg_first(struct scrammsg_first *first, struct span message);

struct scrammsg_last {
	struct span bare;		/* all before the proof */
	unsigned char proof[SCRAM_PROOF];
};

/*
 * The second, which has to fit the first, and our nonce.  -1 as above.
 */
int scrammsg_last(struct scrammsg_last *last,
    const struct scrammsg_first *first, const char *nonce,
    struct span message);

#endif
