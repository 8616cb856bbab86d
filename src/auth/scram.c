#include "auth/scram.h"

#include "base/hmac.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PARTS 6				/* of what is signed */

static struct span
bytes_of(const unsigned char *bytes, size_t len)
{
	return (struct span){ (const char *)bytes, len };
}

/*
 * A key that no client knows.  Where some users have salts of their own, which
 * stay the same, it must stay the same, too.
 */
static void
find_key(struct span text, const unsigned char key[SECRETS_KEY],
    unsigned char found[SECRETS_KEY])
{
	unsigned char instead[SECRETS_KEY];
	bool stays = secrets_stand_in_key(text, instead);

	if (!secrets_salt_key(text, found))
		memcpy(found, stays ? instead : key, SECRETS_KEY);
	secret_erase(instead, sizeof instead);
}

/* Secret bytes about a user, with a number of their own for each use. */
static void
derive_bytes(unsigned char mac[DIGEST_SHA256],
    const unsigned char key[SECRETS_KEY], const char *number, struct span user)
{
	const struct span parts[] = { span_of(number), user };

	hmac_sha256(mac, bytes_of(key, SECRETS_KEY), parts, 2);
}

/* All is done for every user, so that it takes as long. */
static void
lend_salt(struct span text, struct span user,
    const unsigned char key[SECRETS_KEY], struct secrets_entry *e)
{
	unsigned char own[SECRETS_KEY], mac[DIGEST_SHA256];
	struct secrets_entry lent = { .found = false };
	uint64_t lot;

	static_assert(sizeof lent.salt == 2 * sizeof mac, "two fill a salt");
	find_key(text, key, own);
	derive_bytes(mac, own, "0", user);
	memcpy(&lot, mac, sizeof lot);
	derive_bytes(lent.salt, own, "1", user);
	derive_bytes(lent.salt + sizeof mac, own, "2", user);
	secret_erase(own, sizeof own);
	secrets_model(text, lot, &lent);
	if (e->has_scram)
		return;
	memcpy(e->salt, lent.salt, sizeof lent.salt);
	e->salt_len = lent.salt_len;
	e->iterations = lent.iterations;
}

/* The user's entry, and in any case a salt in it. */
static int
look_up(const char *path, struct span user,
    const unsigned char key[SECRETS_KEY], struct secrets_entry *e)
{
	struct span text;

	if (secrets_load(path, &text) == -1)
		return -1;
	secrets_search(text, user, e);
	lend_salt(text, user, key, e);
	secrets_unload(text);
	return 0;
}

static void
take_salt(struct scram_salt *salt, const struct secrets_entry *e)
{
	memcpy(salt->bytes, e->salt, e->salt_len);
	salt->len = e->salt_len;
	salt->iterations = e->iterations;
}

int
scram_find_salt(const char *path, struct span user,
    const unsigned char key[SECRETS_KEY], struct scram_salt *salt)
{
	struct secrets_entry e;

	if (look_up(path, user, key, &e) == -1)
		return -1;
	take_salt(salt, &e);
	secrets_wipe(&e);
	return 0;
}

void
scram_put_salt(char text[SCRAM_SALT_TEXT_MAX], const struct scram_salt *salt)
{
	char base64[BASE64_LEN(SECRETS_SALT_MAX) + 1];

	base64_encode(base64, salt->bytes, salt->len);
	(void)snprintf(text, SCRAM_SALT_TEXT_MAX, ",s=%s,i=%" PRIu32, base64,
	    salt->iterations);
}

/* The two keys from a password, or in as much time from none. */
static void
derive(struct secrets_entry *e)
{
	if (!e->has_password)
		(void)secret_set(&e->password, secrets_password(e));
	secrets_derive(&e->password, e);
}

/* RFC 5802, section 3, in its own words. */
static bool
check(const struct secrets_entry *e, const struct scram_claim *c,
    const char *nonce, unsigned char signature[SCRAM_PROOF])
{
	char salt_text[SCRAM_SALT_TEXT_MAX + 1];
	struct span auth_message[PARTS] = { c->first, span_of(",r="), c->nonce,
	    span_of(nonce), { salt_text, 0 }, c->last };
	unsigned char client_key[SCRAM_PROOF];
	struct span key = bytes_of(client_key, sizeof client_key);
	struct scram_salt salt;
	bool same;
	size_t i;

	take_salt(&salt, e);
	scram_put_salt(salt_text, &salt);
	i = strlen(salt_text);
	salt_text[i++] = ',';
	auth_message[4].len = i;
	hmac_sha256(client_key, bytes_of(e->stored_key, SECRETS_KEY),
	    auth_message, PARTS);
	for (i = 0; i < sizeof client_key; i++)
		client_key[i] ^= c->proof[i];
	digest_sha256(client_key, &key, 1);
	hmac_sha256(signature, bytes_of(e->server_key, SECRETS_KEY),
	    auth_message, PARTS);
	same = secret_equal(client_key, e->stored_key, SECRETS_KEY);
	secret_erase(client_key, sizeof client_key);
	return same;
}

/*
 * Who has SCRAM's keys spares us the work that a password makes, unless the
 * proof is wrong: then it is done for nothing, since it would tell of a user.
 */
int
scram_verify(const char *path, const struct scram_claim *claim,
    const char *nonce, const unsigned char key[SECRETS_KEY], bool *match,
    unsigned char signature[SCRAM_PROOF])
{
	unsigned char made[SCRAM_PROOF];
	struct secrets_entry e;
	bool usable;

	if (look_up(path, claim->user, key, &e) == -1)
		return -1;
	usable = e.has_password || e.has_scram;
	if (!e.has_scram)
		derive(&e);
	*match = check(&e, claim, nonce, made) && usable;
	if (*match)
		memcpy(signature, made, sizeof made);
	else if (e.has_scram)
		derive(&e);
	secret_erase(made, sizeof made);
	secrets_wipe(&e);
	return 0;
}
