/*
 * What solopop-tls is told on its command line.  The monitor writes it; people
 * do for --check.
 */
#ifndef TLS_SETTINGS_H
#define TLS_SETTINGS_H

#include "base/log.h"
#include "io/peer.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct settings {
	bool check;			/* look, and serve nobody */
	bool no_sandbox;		/* for debugging */
	const char *cert;		/* file; NULL: none is named */
	const char *key;		/* file, or NULL: in the one above */
	const char *sni_dir;		/* certificates by name, or NULL */
	const char *ticket_file;	/* or NULL: no session resumes */
	const char *user;		/* for root: become this account ... */
	const char *empty_dir;		/* ... locked up here */
	struct peer peer;		/* told later: the client, for the log */
	pid_t monitor;			/* end when it does; 0: whoever began */
	int64_t handshake_time;		/* ms the handshake may take */
	int64_t patience;		/* ms the client may take no byte */
	enum log_target log;
	const char *log_facility;
	const char *log_session;	/* id of the connection, or NULL */
};

/*
 * Read the command line; strings are kept by reference.  -1 with a text for
 * people in error.
 */
int settings_parse(struct settings *s, int argc, char **argv, char *error,
    size_t cap);

#endif
