/*
 * What every role of the server is told: the settings, and the client.
 */
#ifndef PROCESS_SERVER_H
#define PROCESS_SERVER_H

#include "io/peer.h"
#include "pop3/pop3.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct server_conf {
	struct pop3_conf pop3;
	const char *maildir;		/* pattern: see user_maildir() */
	bool maildir_is_path;		/* ... but this one is literal */
	const char *pam_service;
	const char *secrets;		/* file for APOP, or NULL */
	const char *front_user;		/* who reads strangers' bytes */
	const char *empty_dir;		/* where it is locked up */
	bool no_auth;			/* by hand: any name, any password */
	bool log_login, statistics;
	uint32_t max_failures;		/* failed logins */
	int64_t failure_delay;		/* ms that each of them takes */
	uid_t min_uid;			/* below this nobody logs in */
};

/* The client's descriptors, 3 or above; nothing else ever stands on 0-2. */
struct client {
	int in, out;
	struct peer peer;
};

#endif
