/*
 * The command line of solopop-tls.
 */
#include "tls/settings.h"
#include "unit.h"

#include <stdio.h>

static struct settings s;
static char error[256];

static int
parse(const char *a, const char *b)
{
	char one[64], two[64], zero[] = "solopop-tls";
	char *argv[] = { zero, one, two, NULL };

	(void)snprintf(one, sizeof one, "%s", a);
	(void)snprintf(two, sizeof two, "%s", b != NULL ? b : "");
	if (b == NULL)
		argv[2] = NULL;
	return settings_parse(&s, b != NULL ? 3 : 2, argv, error,
	    sizeof error);
}

static void
parse__each_option__is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("--cert=/a", "--key=/b"), 0);
	assert_false(s.check);
	assert_null(s.sni_dir);
	assert_int_equal(parse("--check", "--handshake-time=1234"), 0);
	assert_true(s.check);
	assert_int_equal(s.handshake_time, 1234);
	assert_int_equal(parse("--monitor=77", "--log=syslog"), 0);
	assert_int_equal(s.monitor, 77);
	assert_int_equal(s.log, LOG_SYSTEM);
	assert_int_equal(parse("--log=none", "--patience=5"), 0);
	assert_int_equal(s.log, LOG_NOWHERE);
	assert_int_equal(s.patience, 5);
	assert_false(s.no_sandbox);
	assert_int_equal(parse("--no-sandbox", NULL), 0);
	assert_true(s.no_sandbox);
	assert_false(s.check);
}

static void
parse__what_it_does_not_know__is_refused(void **state)
{
	static const char *const wrong[] = {
		"--nonsense", "-x", "operand", "--cert", "--monitor=",
		"--monitor=-1", "--patience=1s", "--handshake-time=2147483648",
		"--log=auto", "--check=yes",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		error[0] = '\0';
		assert_int_equal(parse(wrong[i], NULL), -1);
		assert_int_not_equal(error[0], '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__each_option__is_taken),
		cmocka_unit_test(parse__what_it_does_not_know__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
