#include "auth/secrets.h"

#include "base/base64.h"
#include "base/fd.h"
#include "base/hmac.h"
#include "base/num.h"
#include "compat/compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRAM "{SCRAM-SHA-256}"
#define NOBODY "nobody's secret"

static int
check_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if ((st.st_mode & 077) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
secrets_load(const char *path, struct span *text)
{
	char *p = NULL;
	size_t len;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && check_mode(fd) == 0)
		p = fd_read_all(fd, SECRETS_FILE_MAX, &len);
	fd_close(&fd);
	if (p == NULL)
		return -1;
	*text = (struct span){ p, len };
	return 0;
}

void
secrets_unload(struct span text)
{
	char *p = (char *)(uintptr_t)text.p;

	if (p == NULL)
		return;
	secret_erase(p, text.len);
	free(p);
}

/* Cut the bytes before the next such byte off *s, and that byte. */
static struct span
cut(struct span *s, char at)
{
	const char *p = s->len > 0 ? memchr(s->p, at, s->len) : NULL;
	struct span taken = *s;

	if (p == NULL) {
		s->p += s->len;
		s->len = 0;
		return taken;
	}
	taken.len = (size_t)(p - s->p);
	s->p = p + 1;
	s->len -= taken.len + 1;
	return taken;
}

bool
secrets_next(struct span *text, struct span *user, struct span *secret)
{
	struct span line;

	while (text->len > 0) {
		line = cut(text, '\n');
		if (line.len == 0 || line.p[0] == '#')
			continue;
		*user = cut(&line, ':');
		*secret = line;
		if (user->len > 0 && secret->len > 0)
			return true;
	}
	return false;
}

/* Does it begin so?  Then what follows is left of it. */
static bool
strip(struct span *s, struct span prefix)
{
	if (s->len < prefix.len || memcmp(s->p, prefix.p, prefix.len) != 0)
		return false;
	s->p += prefix.len;
	s->len -= prefix.len;
	return true;
}

static bool
decode_key(unsigned char key[SECRETS_KEY], struct span s)
{
	size_t len;

	return s.len == BASE64_LEN(SECRETS_KEY) &&
	    base64_decode(key, SECRETS_KEY, s, &len) == 0 &&
	    len == SECRETS_KEY;
}

static bool
parse_scram(struct span s, struct secrets_entry *e)
{
	struct span number = cut(&s, ','), salt = cut(&s, ',');
	struct span stored = cut(&s, ',');

	return num_u32(number, SECRETS_ITERATIONS_MAX, &e->iterations) == 0 &&
	    e->iterations >= SECRETS_ITERATIONS_MIN &&
	    base64_decode(e->salt, sizeof e->salt, salt, &e->salt_len) == 0 &&
	    e->salt_len > 0 && decode_key(e->stored_key, stored) &&
	    decode_key(e->server_key, s);
}

void
secrets_parse(struct span secret, struct secrets_entry *e)
{
	memset(e, 0, sizeof *e);
	e->found = true;
	if (strip(&secret, span_of(SCRAM)))
		e->has_scram = parse_scram(secret, e);
	else if (strip(&secret, span_of("{PLAIN}")) || secret.p[0] != '{')
		e->has_password = secret.len > 0 &&
		    secret_set(&e->password, secret) == 0;
}

int
secrets_usable(const char *path, struct secrets_kinds *kinds)
{
	struct secrets_kinds seen = { false, false };
	struct span text, rest, user, secret;
	struct secrets_entry e;

	if (secrets_load(path, &text) == -1)
		return -1;
	rest = text;
	while (!(seen.password && seen.scram) &&
	    secrets_next(&rest, &user, &secret)) {
		secrets_parse(secret, &e);
		seen.password |= e.has_password;
		seen.scram |= e.has_scram;
	}
	secrets_wipe(&e);
	secrets_unload(text);
	if (!seen.password && !seen.scram) {
		errno = ENODATA;
		return -1;
	}
	*kinds = seen;
	return 0;
}

bool
secrets_salt_key(struct span text, unsigned char key[SECRETS_KEY])
{
	struct span line;

	while (text.len > 0) {
		line = cut(&text, '\n');
		if (strip(&line, span_of(SECRETS_SALT_KEY)) &&
		    decode_key(key, line))
			return true;
	}
	return false;
}

/*
 * All of it, since a key from one user's secret alone would let any client try
 * passwords of that user at home.
 */
bool
secrets_stand_in_key(struct span text, unsigned char key[SECRETS_KEY])
{
	struct span whole[] = { span_of("solopop salt key"), text };
	struct span user, secret;
	struct secrets_entry e;
	bool found = false;

	while (!found && secrets_next(&text, &user, &secret))
		found = strip(&secret, span_of(SCRAM)) &&
		    parse_scram(secret, &e);
	digest_sha256(key, whole, 2);
	return found;
}

/* A lot of this user, from the one that is drawn for a name. */
static uint64_t
draw(uint64_t lot, struct span user)
{
	size_t i;

	for (i = 0; i < user.len; i++)		/* FNV-1a */
		lot = (lot ^ (unsigned char)user.p[i]) *
		    UINT64_C(1099511628211);
	lot = (lot ^ lot >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return lot ^ lot >> 33;
}

/*
 * The entry whose lot is the highest: a new entry takes over few names, and
 * counts are as frequent among the unknown as among the known.
 */
void
secrets_model(struct span text, uint64_t lot, struct secrets_entry *model)
{
	struct span user, secret;
	struct secrets_entry e;
	uint64_t own, best = 0;

	model->iterations = SECRETS_ITERATIONS;
	model->salt_len = SECRETS_SALT;
	while (secrets_next(&text, &user, &secret)) {
		if (!strip(&secret, span_of(SCRAM)) ||
		    (own = draw(lot, user)) < best || !parse_scram(secret, &e))
			continue;
		best = own;
		model->iterations = e.iterations;
		model->salt_len = e.salt_len;
	}
}

struct span
secrets_password(const struct secrets_entry *e)
{
	return e->has_password ?
	    (struct span){ e->password.text, e->password.len } : span_of(NOBODY);
}

/*
 * The whole file is read for everybody, and what stands in for an unknown
 * user's secret is parsed like any other.
 */
void
secrets_search(struct span text, struct span user, struct secrets_entry *e)
{
	struct span name, secret, chosen = span_of(NOBODY);
	bool found = false;

	while (secrets_next(&text, &name, &secret))
		if (name.len == user.len &&
		    secret_equal(name.p, user.p, user.len) && !found) {
			found = true;
			chosen = secret;
		}
	secrets_parse(chosen, e);
	if (!found)
		secrets_wipe(e);
}

int
secrets_find(const char *path, struct span user, struct secrets_entry *e)
{
	struct span text;

	if (secrets_load(path, &text) == -1)
		return -1;
	secrets_search(text, user, e);
	secrets_unload(text);
	return 0;
}

int
secrets_compare(const char *path, struct span user, const char *challenge,
    secrets_sum *sum, struct span digest, bool *match)
{
	char hex[DIGEST_MD5_HEX + 1];
	struct secrets_entry e;

	if (secrets_find(path, user, &e) == -1)
		return -1;
	sum(hex, challenge, secrets_password(&e));
	*match = digest.len == DIGEST_MD5_HEX &&
	    secret_equal(hex, digest.p, DIGEST_MD5_HEX) && e.has_password;
	secret_erase(hex, sizeof hex);
	secrets_wipe(&e);
	return 0;
}

void
secrets_wipe(struct secrets_entry *e)
{
	secret_erase(e, sizeof *e);
}

/* RFC 5802, section 3: one of the two keys under the salted password. */
static void
derive_key(unsigned char key[SECRETS_KEY], const unsigned char *salted,
    const char *name)
{
	struct span part = span_of(name);

	hmac_sha256(key, (struct span){ (const char *)salted, DIGEST_SHA256 },
	    &part, 1);
}

void
secrets_derive(const struct secret *password, struct secrets_entry *e)
{
	struct span salt = { (const char *)e->salt, e->salt_len };
	struct span key = { (const char *)e->stored_key, SECRETS_KEY };
	unsigned char salted[DIGEST_SHA256];

	pbkdf2_sha256(salted, (struct span){ password->text, password->len },
	    salt, e->iterations);
	derive_key(e->stored_key, salted, "Client Key");
	digest_sha256(e->stored_key, &key, 1);
	derive_key(e->server_key, salted, "Server Key");
	secret_erase(salted, sizeof salted);
}

static bool
matches(const struct secrets_entry *e, const struct secret *password)
{
	struct secrets_entry made;
	bool same;

	if (e->has_password)
		return e->password.len == password->len &&
		    secret_equal(e->password.text, password->text,
		    password->len);
	if (!e->has_scram)
		return false;
	made = *e;
	secrets_derive(password, &made);
	same = secret_equal(made.stored_key, e->stored_key, SECRETS_KEY);
	secrets_wipe(&made);
	return same;
}

int
secrets_verify(const char *path, struct span user,
    const struct secret *password, bool *match)
{
	struct secrets_entry e;

	if (secrets_find(path, user, &e) == -1)
		return -1;
	*match = matches(&e, password);
	secrets_wipe(&e);
	return 0;
}

int
secrets_make_scram(const struct secret *password, uint32_t iterations,
    struct secrets_entry *e)
{
	unsigned char salt[SECRETS_SALT];

	if (iterations < SECRETS_ITERATIONS_MIN ||
	    iterations > SECRETS_ITERATIONS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (getentropy(salt, sizeof salt) == -1)
		return -1;
	memset(e, 0, sizeof *e);
	e->found = e->has_scram = true;
	e->iterations = iterations;
	memcpy(e->salt, salt, sizeof salt);
	e->salt_len = sizeof salt;
	secrets_derive(password, e);
	return 0;
}
