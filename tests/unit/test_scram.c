/*
 * SCRAM-SHA-256's sums: the example of RFC 7677, each of its bits changed, and
 * what a user gets who is not there.
 */
#include "auth/scram.h"
#include "base/hmac.h"
#include "one_file.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* RFC 7677, section 3: user "user", password "pencil". */
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define KEYS "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
	"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define ENTRY "user:{SCRAM-SHA-256}4096," SALT "," KEYS "\n"
#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define SERVER_NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SIGNATURE "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

#define SALT_KEY "#salt-key:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static const unsigned char key[SECRETS_KEY] = "the key of this process, 32 by";
static void
fill(const char *text)
{
	one_file_fill(span_of(text));
}

static void
decode(unsigned char bytes[SCRAM_PROOF], const char *text)
{
	size_t len;

	assert_int_equal(base64_decode(bytes, SCRAM_PROOF, span_of(text),
	    &len), 0);
	assert_int_equal(len, SCRAM_PROOF);
}

static struct scram_claim
claim_of(const char *user)
{
	struct scram_claim c = { span_of(user), SPAN("n=user,r=" NONCE),
	    SPAN(NONCE), SPAN("c=biws,r=" NONCE SERVER_NONCE), { 0 } };

	decode(c.proof, PROOF);
	return c;
}

static bool
matches(const struct scram_claim *c, const char *nonce)
{
	unsigned char signature[SCRAM_PROOF], right[SCRAM_PROOF];
	bool match;

	memset(signature, 77, sizeof signature);
	assert_int_equal(scram_verify(one_file, c, nonce, key, &match,
	    signature), 0);
	if (match)
		decode(right, SIGNATURE);
	else
		memset(right, 77, sizeof right);
	assert_memory_equal(signature, right, sizeof right);
	return match;
}

static void
verify__of_the_example_in_rfc_7677(void **state)
{
	struct scram_claim c = claim_of("user");

	(void)state;
	fill("# secrets\nother:x\n" ENTRY);
	assert_true(matches(&c, SERVER_NONCE));
	c.user = SPAN("other");
	assert_false(matches(&c, SERVER_NONCE));
	c.user = SPAN("nobody");
	assert_false(matches(&c, SERVER_NONCE));
	c.user = SPAN("USER");
	assert_false(matches(&c, SERVER_NONCE));
}

static void
verify__of_anything_else_that_was_said__does_not_match(void **state)
{
	struct scram_claim c;
	size_t i;

	(void)state;
	fill(ENTRY);
	for (i = 0; i < SCRAM_PROOF; i++) {
		c = claim_of("user");
		c.proof[i] ^= 0x80;
		assert_false(matches(&c, SERVER_NONCE));
	}
	c = claim_of("user");
	assert_false(matches(&c, SERVER_NONCE "x"));
	assert_false(matches(&c, ""));
	c.first.len--;
	assert_false(matches(&c, SERVER_NONCE));
	c = claim_of("user");
	c.nonce.len--;
	assert_false(matches(&c, SERVER_NONCE));
	c = claim_of("user");
	c.last.len--;
	assert_false(matches(&c, SERVER_NONCE));
}

static struct scram_salt
salt_of(const char *user)
{
	struct scram_salt salt;

	assert_int_equal(scram_find_salt(one_file, span_of(user), key,
	    &salt), 0);
	return salt;
}

/* As a client does it, from what it was told and its password. */
static void
prove(struct scram_claim *c, const char *password,
    const struct scram_salt *salt)
{
	unsigned char k[SCRAM_PROOF], sum[SCRAM_PROOF];
	struct span ks = { (const char *)k, sizeof k };
	struct span name = SPAN("Client Key");
	char middle[SCRAM_SALT_TEXT_MAX + 64], text[SCRAM_SALT_TEXT_MAX];
	struct span parts[4] = { c->first, { middle, 0 }, c->last };
	size_t i;

	scram_put_salt(text, salt);
	parts[1].len = (size_t)snprintf(middle, sizeof middle, ",r=%s%s%s,",
	    NONCE, SERVER_NONCE, text);
	pbkdf2_sha256(k, span_of(password),
	    (struct span){ (const char *)salt->bytes, salt->len },
	    salt->iterations);
	hmac_sha256(k, ks, &name, 1);
	digest_sha256(sum, &ks, 1);
	hmac_sha256(sum, (struct span){ (const char *)sum, sizeof sum }, parts,
	    3);
	for (i = 0; i < sizeof k; i++)
		c->proof[i] = k[i] ^ sum[i];
}

static bool
proves(const char *user, const char *password)
{
	struct scram_claim c = claim_of(user);
	unsigned char signature[SCRAM_PROOF];
	struct scram_salt salt = salt_of(user);
	bool match;

	prove(&c, password, &salt);
	assert_int_equal(scram_verify(one_file, &c, SERVER_NONCE, key, &match,
	    signature), 0);
	return match;
}

static void
verify__of_a_plain_secret__and_of_none(void **state)
{
	(void)state;
	fill("jane:pencil\njoe:{PLAIN}{x\nodd:{b}c\n" ENTRY);
	assert_true(proves("user", "pencil"));
	assert_true(proves("jane", "pencil"));
	assert_true(proves("joe", "{x"));
	assert_false(proves("user", "Pencil"));
	assert_false(proves("jane", "Pencil"));
	assert_false(proves("odd", "c"));
	assert_false(proves("odd", "nobody's secret"));
	assert_false(proves("nobody", "nobody's secret"));
	assert_false(proves("nobody", ""));
	assert_false(proves("nobody", "pencil"));
}

static clock_t
work_of(struct scram_claim *c, bool match)
{
	clock_t begun = clock();
	unsigned char signature[SCRAM_PROOF];
	bool matched;

	assert_int_equal(scram_verify(one_file, c, SERVER_NONCE, key, &matched,
	    signature), 0);
	assert_int_equal(matched, match);
	return clock() - begun;
}

/*
 * In processor time: a busy machine does not change what is half of what.  The
 * second user is not there, the third has a plain secret, the fourth is odd.
 */
static void
verify__of_a_wrong_proof__is_as_much_work_for_everybody(void **state)
{
	static const char *const users[] = { "user", "nobody", "jane", "odd" };
	struct scram_claim right = claim_of("user"), wrong;
	struct scram_salt salt;
	clock_t least, spared;
	size_t i;

	(void)state;
	one_file_fill(SPAN("user:{SCRAM-SHA-256}50000," SALT
	    ",kSoG9y5OPoMbakmONgdakf2/lmx3tb1GPWjSGgzcKFE="
	    ",+ly5UAlQM/AtRpp7x8pRRsr4+9qhYU4vexHPT3ypKok=\n"
	    "jane:pencil\nodd:{b}c\n"));
	salt = salt_of("user");
	prove(&right, "pencil", &salt);
	spared = work_of(&right, true);
	for (i = 0; i < COUNT(users); i++) {
		wrong = right;
		wrong.user = span_of(users[i]);
		wrong.proof[0] ^= 1;
		least = work_of(&wrong, false);
		assert_true(least > 10 * spared);
	}
}

static void
salt__of_who_has_one__is_that(void **state)
{
	struct scram_salt salt;
	char text[SCRAM_SALT_TEXT_MAX];

	(void)state;
	fill(SALT_KEY ENTRY);
	salt = salt_of("user");
	scram_put_salt(text, &salt);
	assert_string_equal(text, ",s=" SALT ",i=4096");
}

static bool
same(struct scram_salt a, struct scram_salt b)
{
	return a.iterations == b.iterations && a.len == b.len &&
	    memcmp(a.bytes, b.bytes, a.len) == 0;
}

static void
salt__of_anybody_else__comes_from_the_key_of_the_file(void **state)
{
	static const unsigned char other[SECRETS_KEY] = "another process's";
	struct scram_salt jane, nobody, again;

	(void)state;
	fill("jane:x\n" SALT_KEY ENTRY);
	jane = salt_of("jane");
	nobody = salt_of("nobody");
	assert_int_equal(jane.len, SECRETS_SALT);
	assert_int_equal(jane.iterations, 4096);
	assert_int_equal(nobody.iterations, 4096);
	assert_false(same(jane, nobody));
	assert_int_equal(scram_find_salt(one_file, SPAN("nobody"), other,
	    &again), 0);
	assert_true(same(nobody, again));
	fill(SALT_KEY "jane:y\nnobody:z\n" ENTRY "#salt-key:other\n");
	assert_true(same(jane, salt_of("jane")));
	assert_true(same(nobody, salt_of("nobody")));
}

static void
salt__without_a_key_in_the_file__comes_from_the_one_given(void **state)
{
	static const unsigned char other[SECRETS_KEY] = "another process's";
	struct scram_salt jane, again;

	(void)state;
	fill("jane:x\n#salt-key:short\n");
	jane = salt_of("jane");
	assert_int_equal(jane.iterations, SECRETS_ITERATIONS);
	assert_true(same(jane, salt_of("jane")));
	assert_int_equal(scram_find_salt(one_file, SPAN("jane"), other, &again),
	    0);
	assert_false(same(jane, again));
}

/*
 * Users with an entry keep their salt from one connection to the next, so all
 * names do.
 */
static void
salt__without_a_key_beside_an_entry__stays_the_same_for_all(void **state)
{
	static const char *const names[] = { "jane", "stranger", "" };
	static const unsigned char other[SECRETS_KEY] = "another process's";
	struct scram_salt first, again, before = { .len = 0 };
	size_t i;

	(void)state;
	fill("jane:x\n" ENTRY);
	for (i = 0; i < COUNT(names); i++) {
		first = salt_of(names[i]);
		assert_int_equal(scram_find_salt(one_file, span_of(names[i]),
		    other, &again), 0);
		assert_true(same(first, again));
		assert_int_equal(first.len, 16);
		assert_int_equal(first.iterations, 4096);
		assert_false(same(first, before));
		before = first;
	}
	/* The file as it is to an attacker who has another one. */
	fill("jane:y\n" ENTRY);
	assert_false(same(first, salt_of(names[i - 1])));
}

#define LONG_SALT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm" \
	"JygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="

/* Strangers have counts and lengths of all users, not of the first alone. */
static void
salt__of_different_entries__strangers_look_like_each(void **state)
{
	bool seen[2] = { false, false };
	struct scram_salt salt, again;
	char text[1024], name[16];
	const char *keys = strchr(strchr(ENTRY, ',') + 1, ',');
	unsigned i;

	(void)state;
	(void)snprintf(text, sizeof text, SALT_KEY ENTRY
	    "other:{SCRAM-SHA-256}9999,%s%s\n", LONG_SALT, keys);
	fill(text);
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "stranger%u", i);
		salt = salt_of(name);
		again = salt_of(name);
		assert_true(same(salt, again));
		assert_int_equal(salt.len, salt.iterations == 9999 ? 64 : 16);
		seen[salt.iterations == 9999] = true;
		assert_memory_not_equal(salt.bytes, salt.bytes + 32, 16);
	}
	assert_true(seen[0] && seen[1]);
}

static void
without_the_file__there_is_neither(void **state)
{
	struct scram_claim c = claim_of("user");
	unsigned char signature[SCRAM_PROOF];
	struct scram_salt salt;
	bool match;

	(void)state;
	assert_errno(scram_find_salt("/nonexistent", c.user, key, &salt),
	    ENOENT);
	assert_errno(scram_verify("/nonexistent", &c, SERVER_NONCE, key,
	    &match, signature), ENOENT);
	assert_int_equal(fchmod(one_file_fd, 0644), 0);
	assert_errno(scram_find_salt(one_file, c.user, key, &salt), EPERM);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, one_file_set_up, \
	    one_file_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__of_the_example_in_rfc_7677),
		TEST(verify__of_anything_else_that_was_said__does_not_match),
		TEST(verify__of_a_plain_secret__and_of_none),
		TEST(verify__of_a_wrong_proof__is_as_much_work_for_everybody),
		TEST(salt__of_who_has_one__is_that),
		TEST(salt__of_anybody_else__comes_from_the_key_of_the_file),
		TEST(salt__without_a_key_in_the_file__comes_from_the_one_given),
		TEST(
		    salt__without_a_key_beside_an_entry__stays_the_same_for_all),
		TEST(salt__of_different_entries__strangers_look_like_each),
		TEST(without_the_file__there_is_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
