#include "auth/cram.h"
#include "one_file.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHALLENGE "<1896.697170952@postoffice.reston.mci.net>"

/* RFC 2195, section 2 */
#define DIGEST "b913a602c7eda7a495b4e6e7334d3890"

static bool
matches(const char *user, const char *challenge, const char *digest)
{
	bool match = false;

	assert_int_equal(cram_verify(one_file, span_of(user), challenge,
	    span_of(digest), &match), 0);
	return match;
}

static void
verify__of_the_example_in_rfc_2195(void **state)
{
	char other[] = DIGEST;
	size_t i;

	(void)state;
	one_file_fill(SPAN("# secrets\nfred:other\ntim:tanstaaftanstaaf\n"));
	assert_true(matches("tim", CHALLENGE, DIGEST));
	assert_false(matches("fred", CHALLENGE, DIGEST));
	assert_false(matches("TIM", CHALLENGE, DIGEST));
	assert_false(matches("nobody", CHALLENGE, DIGEST));
	assert_false(matches("tim", CHALLENGE "x", DIGEST));
	assert_false(matches("tim", CHALLENGE, ""));
	assert_false(matches("tim", CHALLENGE, DIGEST "0"));
	assert_false(matches("tim", CHALLENGE,
	    "B913A602C7EDA7A495B4E6E7334D3890"));
	for (i = 0; i < sizeof other - 1; i++) {
		other[i] ^= 1;
		assert_false(matches("tim", CHALLENGE, other));
		other[i] ^= 1;
	}
}

/* The HMAC under what is taken in place of a secret that is not there. */
static void
verify__of_who_has_no_plain_secret__never_matches(void **state)
{
	static const char nobody[] = "9e941b297053e2cd87a70f45cf65967a";

	(void)state;
	one_file_fill(SPAN("fred:nobody's secret\nodd:{b}c\n"));
	assert_true(matches("fred", "<x@y>", nobody));
	assert_false(matches("tim", "<x@y>", nobody));
	assert_false(matches("odd", "<x@y>", nobody));
}

static void
verify__without_the_file__is_trouble(void **state)
{
	bool match = true;

	(void)state;
	assert_errno(cram_verify("/nonexistent", SPAN("tim"), "<x@y>",
	    SPAN(DIGEST), &match), ENOENT);
	assert_true(match);
}

static void
challenge__is_as_the_rfc_has_it__or_none(void **state)
{
	char challenge[CRAM_CHALLENGE_MAX], host[CRAM_CHALLENGE_MAX];

	(void)state;
	assert_int_equal(cram_challenge(challenge, "1896.697170952",
	    "postoffice.reston.mci.net"), 0);
	assert_string_equal(challenge, CHALLENGE);
	memset(host, 'h', sizeof host);
	host[CRAM_CHALLENGE_MAX - 5] = '\0';
	assert_int_equal(cram_challenge(challenge, "n", host), 0);
	host[CRAM_CHALLENGE_MAX - 5] = 'h';
	host[CRAM_CHALLENGE_MAX - 4] = '\0';
	assert_errno(cram_challenge(challenge, "n", host), EMSGSIZE);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, one_file_set_up, \
	    one_file_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__of_the_example_in_rfc_2195),
		TEST(verify__of_who_has_no_plain_secret__never_matches),
		TEST(verify__without_the_file__is_trouble),
		TEST(challenge__is_as_the_rfc_has_it__or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
