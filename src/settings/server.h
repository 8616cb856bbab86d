/*
 * What every role of the server is told: the settings, and the client.
 */
#ifndef SETTINGS_SERVER_H
#define SETTINGS_SERVER_H

#include "io/peer.h"
#include "pop3/pop3.h"
#include "users/access.h"

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/* Where the other programs are, if the settings do not say. */
#define IMPORT_PROGRAM SBINDIR "/solopop-import"
#define TLS_PROGRAM LIBEXECDIR "/solopop-tls"

/* What comes into the Maildir before a session begins: server/pending. */
struct intake_conf {
	const char *program;		/* solopop-import */
	const char *spool_dir;		/* of mboxes to drain, or NULL */
	uint32_t hash_spool;		/* 0-2: qpopper's ways to spread them */
	const char *home_mail;		/* ... or this file in the home */
	const char *temp_dir;		/* of qpopper's temporary drops */
	const char *temp_name;		/* pattern: %s is the user */
	bool old_uids;			/* computed as qpopper 2 did */
	const char *bulletin_dir;	/* or NULL */
	uint32_t max_bulletins;		/* old ones for a new user */
	bool group_bulletins;
};

/* What solopop-tls is told; nobody else opens these files. */
struct tls_conf {
	bool first;			/* TLS from the first byte */
	const char *cert;		/* file; NULL: there is no TLS */
	const char *key;		/* file; NULL: in the one above */
	const char *sni_dir;		/* more of both by name, or NULL */
	const char *user;		/* who does it; NULL: front_user */
	const char *ticket_file;	/* or NULL: no session resumes */
	const char *program;
	int64_t handshake_time;		/* ms */
};

/* The pam_service that stands for the secrets alone. */
#define SERVER_NO_PAM "none"

struct server_conf {
	struct pop3_conf pop3;
	struct tls_conf tls;
	struct intake_conf intake;
	const char *proxy_from;		/* networks that begin with PROXY, or NULL */
	int64_t proxy_time;		/* ms they have for it */
	const char *maildir;		/* pattern: see user_maildir() */
	bool maildir_is_path;		/* ... but this one is literal */
	const char *mail_marker;	/* pattern: a file that must exist, or NULL */
	const char *virtual_user;	/* whose all mail is, or NULL */
	const char *virtual_domain;	/* of names without one, or NULL */
	const char *folder_delimiter;	/* a character, or NULL */
	const char *pam_service;
	bool no_pam;			/* ... as it is SERVER_NO_PAM */
	const char *secrets;		/* file for APOP, or NULL */
	const char *front_user;		/* account that reads client input */
	const char *empty_dir;		/* where it is locked up */
	int64_t storage_time;		/* ms that storage may hang at a login */
	uint32_t session_memory;	/* MB; 0: any amount */
	bool no_sandbox;		/* for debugging */
	bool no_auth;			/* by hand: any name, any password */
	const char *log_login;		/* what a login line says, or NULL */
	bool statistics;
	uint32_t max_failures;		/* failed logins */
	int64_t failure_delay;		/* ms that each of them takes */
	uid_t min_uid;			/* below this nobody logs in */
	struct access_conf access;
};

/* The client's descriptors, 3 or above; nothing else ever stands on 0-2. */
struct client {
	int in, out;
	struct peer peer;
	/* UCSPI-TLS: to ask for it, and what then takes the client's place. */
	int ucspi_control, ucspi_in, ucspi_out;		/* below 3: none */
};

#endif
