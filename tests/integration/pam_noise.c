/*
 * A PAM module that writes where it should not: to standard output and
 * standard error, at every call.  It refuses nobody.
 */
#include <security/pam_modules.h>

#include <unistd.h>

static int
noise(void)
{
	static const char text[] = "NOISE from a module\n";

	(void)!write(STDOUT_FILENO, text, sizeof text - 1);
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	return PAM_SUCCESS;
}

#define CALL(name) \
int \
name(pam_handle_t *pamh, int flags, int argc, const char **argv) \
{ \
	(void)pamh; \
	(void)flags; \
	(void)argc; \
	(void)argv; \
	return noise(); \
}

CALL(pam_sm_authenticate)
CALL(pam_sm_setcred)
CALL(pam_sm_acct_mgmt)
CALL(pam_sm_open_session)
CALL(pam_sm_close_session)
