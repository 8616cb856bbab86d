#include "tls/identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits.h>
#include <string.h>

/* A key with a passphrase is of no use: nobody is here to be asked. */
static int
no_passphrase(char *buffer, int size, int writing, void *ctx)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static BIO *
open_bytes(const struct bytes *b)
{
	return BIO_new_mem_buf(b->p != NULL ? b->p : "",
	    b->len < INT_MAX ? (int)b->len : INT_MAX);
}

/* The end of the file is told as an error, too. */
static int
is_end(void)
{
	unsigned long e = ERR_peek_last_error();

	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return -1;
	ERR_clear_error();
	return 0;
}

static int
parse_certs(struct identity *id, BIO *bio)
{
	X509 *x;

	id->cert = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL);
	id->chain = sk_X509_new_null();
	if (id->cert == NULL || id->chain == NULL)
		return -1;
	while ((x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL)
		if (sk_X509_push(id->chain, x) == 0) {
			X509_free(x);
			return -1;
		}
	return is_end();
}

static int
parse_key(struct identity *id, BIO *bio)
{
	id->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	return id->key != NULL && X509_check_private_key(id->cert, id->key) ?
	    0 : -1;
}

int
identity_parse(struct identity *id, const struct bytes *cert,
    const struct bytes *key)
{
	BIO *certs = open_bytes(cert);
	BIO *keys = open_bytes(key->p != NULL ? key : cert);
	int r = -1;

	memset(id, 0, sizeof *id);
	if (certs != NULL && keys != NULL && parse_certs(id, certs) == 0)
		r = parse_key(id, keys);
	(void)BIO_free(certs);
	(void)BIO_free(keys);
	if (r == -1)
		identity_free(id);
	return r;
}

void
identity_free(struct identity *id)
{
	X509_free(id->cert);
	sk_X509_pop_free(id->chain, X509_free);
	EVP_PKEY_free(id->key);
	memset(id, 0, sizeof *id);
}

const char *
identity_error(void)
{
	unsigned long e = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(e);

	ERR_clear_error();
	return text != NULL ? text : "no reason given";
}
