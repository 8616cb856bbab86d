#include "auth/apop.h"
#include "one_file.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#define STAMP "<1896.697170952@dbc.mtview.ca.us>"
#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"	/* of tanstaaf */

static bool
matches(const char *user, const char *digest)
{
	bool match = false;

	assert_int_equal(apop_verify(one_file, span_of(user), STAMP,
	    span_of(digest), &match), 0);
	return match;
}

static void
verify__of_the_example_in_rfc_1939(void **state)
{
	(void)state;
	one_file_fill(SPAN("# secrets\nfred:other\nmrose:tanstaaf\n"));
	assert_true(matches("mrose", DIGEST));
	assert_false(matches("fred", DIGEST));
	assert_false(matches("MROSE", DIGEST));
	assert_false(matches("mros", DIGEST));
	assert_false(matches("nobody", DIGEST));
	assert_false(matches("", DIGEST));
	assert_false(matches("mrose", "C4C9334BAC560ECC979E58001B3E22FB"));
	assert_false(matches("mrose", ""));
	assert_false(matches("mrose", DIGEST "0"));
	assert_false(matches("# secrets", DIGEST));
}

static void
verify__takes_the_first_entry__to_the_end_of_its_line(void **state)
{
	(void)state;
	one_file_fill(SPAN("mrose:tanstaaf\nmrose:second\n"));
	assert_true(matches("mrose", DIGEST));
	one_file_fill(SPAN("\n:x\nmrose\nmrose:\nmrose:tanstaaf"));
	assert_true(matches("mrose", DIGEST));
	one_file_fill(SPAN("mrose:{PLAIN}tanstaaf\nmrose:second\n"));
	assert_true(matches("mrose", DIGEST));
	one_file_fill(SPAN("mrose:tanstaaf \n"));
	assert_false(matches("mrose", DIGEST));
}

/* A digest of what is taken in place of a secret that is not there. */
static void
verify__of_an_unknown_user__never_matches(void **state)
{
	(void)state;
	one_file_fill(SPAN("fred:x\n"));
	assert_false(matches("mrose", "ebf1a4c86f74b6f0422c8060c2893e22"));
	one_file_fill(SPAN("mrose:{other}tanstaaf\nmrose:tanstaaf\n"));
	assert_false(matches("mrose", "ebf1a4c86f74b6f0422c8060c2893e22"));
	assert_false(matches("mrose", DIGEST));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, one_file_set_up, \
	    one_file_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__of_the_example_in_rfc_1939),
		TEST(verify__takes_the_first_entry__to_the_end_of_its_line),
		TEST(verify__of_an_unknown_user__never_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
