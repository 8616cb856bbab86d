#include "tls/context.h"

#include "base/clock.h"
#include "base/secret.h"
#include "tls/identity.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * For TLS 1.2: a fresh key for each connection, and encryption that vouches for
 * itself.  All ciphers of TLS 1.3 are so, and stay as the library has them.
 */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

#define SECURITY_LEVEL 2

/* Bytes of a key that no longer serves are wiped by those who own them. */
static int
use_identity(SSL_CTX *ctx, SSL *ssl, const struct bytes *cert,
    const struct bytes *key)
{
	struct identity id;
	int r;

	if (identity_parse(&id, cert, key) == -1)
		return -1;
	if (ssl != NULL) {
		SSL_certs_clear(ssl);	/* one of another kind would stay */
		r = SSL_use_cert_and_key(ssl, id.cert, id.key, id.chain, 1);
	} else
		r = SSL_CTX_use_cert_and_key(ctx, id.cert, id.key, id.chain, 1);
	identity_free(&id);
	return r == 1 ? 0 : -1;
}

/* what: the file of the key, or the name of the server that has it. */
static void
warn_of_public_key(const char *what, const struct bytes *cert,
    const struct bytes *key)
{
	if (bytes_is_public(key->p != NULL ? key : cert))
		log_line(LOG_WARN, "TLS: %s: every user can read this key: "
		    "chmod o= its file", what);
}

static int
read_identity(SSL_CTX *ctx, const struct settings *s)
{
	struct bytes cert = { .p = NULL }, key = { .p = NULL };
	const char *path = s->cert;
	int r = -1;

	if (path == NULL) {
		log_line(LOG_FAULT, "TLS: no certificate is named");
		return -1;
	}
	if (bytes_read(&cert, AT_FDCWD, path) == -1 || (s->key != NULL &&
	    bytes_read(&key, AT_FDCWD, path = s->key) == -1))
		log_line(LOG_FAULT, "TLS: %s: %s", path, strerror(errno));
	else if (use_identity(ctx, NULL, &cert, &key) == -1)
		log_line(LOG_FAULT, "TLS: %s%s%s: %s", s->cert,
		    s->key != NULL ? " and " : "",
		    s->key != NULL ? s->key : "", identity_error());
	else {
		warn_of_public_key(path, &cert, &key);
		r = 0;
	}
	bytes_free(&cert);
	bytes_free(&key);
	return r;
}

/*
 * RFC 6066, section 3: a name that we do not have is no reason to refuse; the
 * client will look at the certificate and decide.
 */
static int
choose_name(SSL *ssl, int *alert, void *ctx)
{
	const struct context *c = ctx;
	const char *said = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct name *name;
	const char *why = NULL;

	(void)alert;
	if (said == NULL || (name = names_find(&c->names, span_of(said))) ==
	    NULL)
		return SSL_TLSEXT_ERR_OK;
	if (name->error != 0)
		why = strerror(name->error);
	else if (use_identity(NULL, ssl, &name->cert, &name->key) == -1)
		why = identity_error();
	else
		warn_of_public_key(name->host, &name->cert, &name->key);
	if (why != NULL)
		log_line(LOG_WARN, "TLS: no certificate for %s: %s; the "
		    "default one serves", name->host, why);
	return SSL_TLSEXT_ERR_OK;
}

static int
use_key(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const struct ticket_key *key,
    const unsigned char *iv, int seal)
{
	unsigned char secret[TICKETS_SECRET];
	char sha256[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, secret,
		    sizeof secret),
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256,
		    sizeof sha256 - 1),
		OSSL_PARAM_END
	};
	int r;

	memcpy(secret, key->mac, sizeof secret);
	r = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv,
	    seal) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1 ? 0 : -1;
	secret_erase(secret, sizeof secret);
	return r;
}

/*
 * In TLS 1.3 a client uses a ticket once (RFC 8446, appendix C.4), so each
 * session that resumes gets a new one.
 */
static bool
wants_another(const SSL *ssl, bool old_key)
{
	return old_key || SSL_version(ssl) >= TLS1_3_VERSION;
}

/* 0: no key for this ticket; 1: well; 2: well, and give a new one; -1: no. */
static int
seal_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	const struct context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct ticket_key *key = &c->tickets.key[0];
	int old = 0;

	if (seal) {
		memcpy(name, key->name, TICKETS_NAME);
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return -1;
	} else if ((key = tickets_find(&c->tickets, name, &old)) == NULL)
		return 0;
	if (use_key(cipher, mac, key, iv, seal) == -1)
		return -1;
	return !seal && wants_another(ssl, old) ? 2 : 1;
}

/* Without a shared key no other process can open a ticket: then give none. */
static int
set_up_tickets(struct context *c, const struct settings *s)
{
	static const unsigned char mine[] = "solopop";

	(void)SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_timeout(c->ssl, TICKETS_PERIOD);
	if (s->ticket_file != NULL && tickets_open(&c->tickets, s->ticket_file,
	    clock_date()) == -1 && errno != EAGAIN)
		log_line(LOG_WARN, "TLS: no session will resume: %s: %s",
		    s->ticket_file, strerror(errno));
	if (c->tickets.n == 0) {
		(void)SSL_CTX_set_options(c->ssl, SSL_OP_NO_TICKET);
		return SSL_CTX_set_num_tickets(c->ssl, 0) == 1 ? 0 : -1;
	}
	return SSL_CTX_set_session_id_context(c->ssl, mine,
	    sizeof mine - 1) == 1 && SSL_CTX_set_tlsext_ticket_key_evp_cb(
	    c->ssl, seal_ticket) == 1 ? 0 : -1;
}

/*
 * RFC 7301, section 3.2: a client that offers other protocols alone has come to
 * the wrong port, or was led here by an attacker (RFC 9325, section 3.7).
 */
static int
choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *len,
    const unsigned char *offered, unsigned n, void *ctx)
{
	static const unsigned char pop3[] = "\4pop3";
	unsigned char *at;

	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&at, len, pop3, sizeof pop3 - 1, offered,
	    n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*chosen = at;
	return SSL_TLSEXT_ERR_OK;
}

static int
set_up(struct context *c)
{
	SSL_CTX *ctx = c->ssl;

	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1)
		return -1;
	/*
	 * An end without a goodbye is an end like any other for POP3, where
	 * only QUIT means something; the answers so far may still leave.  What
	 * the client sends may be a password, and is kept no longer than needed.
	 */
	(void)SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
	    SSL_OP_CLEANSE_PLAINTEXT);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	(void)SSL_CTX_set_app_data(ctx, c);
	(void)SSL_CTX_set_tlsext_servername_callback(ctx, choose_name);
	(void)SSL_CTX_set_tlsext_servername_arg(ctx, c);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return 0;
}

int
context_open(struct context *c, const struct settings *s)
{
	memset(c, 0, sizeof *c);
	if ((c->ssl = SSL_CTX_new(TLS_server_method())) == NULL ||
	    set_up(c) == -1 || set_up_tickets(c, s) == -1) {
		log_line(LOG_FAULT, "TLS: %s", identity_error());
		return -1;
	}
	if (s->sni_dir != NULL && names_read(&c->names, s->sni_dir) == -1)
		log_line(LOG_WARN, "TLS: %s: %s", s->sni_dir, strerror(errno));
	return read_identity(c->ssl, s);
}

void
context_free(struct context *c)
{
	SSL_CTX_free(c->ssl);
	c->ssl = NULL;
	names_free(&c->names);
	secret_erase(&c->tickets, sizeof c->tickets);
}
