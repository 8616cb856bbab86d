#include "auth/pam.h"
#include "unit.h"

/* The functions of libpam as they are when libpam is not to be had. */
#undef LIBPAM
#define LIBPAM "libsolopop-has-no-such.so.1"
#include "auth/pam_load.c"

static void
pam__without_libpam__is_trouble_and_told(void **state)
{
	struct secret password;
	struct pamauth *p;

	(void)state;
	assert_int_equal(secret_set(&password, span_of("tanstaaf")), 0);
	p = pamauth_new("pop3", "192.0.2.1", "pop3");
	assert_non_null(p);
	assert_null(pamauth_user(p));
	assert_int_equal(pamauth_verify(p, "mrose", &password),
	    VERDICT_TROUBLE);
	assert_string_equal(pamauth_error(p),
	    "libsolopop-has-no-such.so.1 cannot be loaded");
	assert_int_equal(pamauth_account(p, "mrose"), VERDICT_TROUBLE);
	assert_int_equal(pamauth_open(p), -1);
	pamauth_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pam__without_libpam__is_trouble_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
