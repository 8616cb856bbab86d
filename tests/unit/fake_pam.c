#include "fake_pam.h"

#include "fake_clock.h"

#include <string.h>

enum verdict fake_verdict = VERDICT_WRONG;
bool fake_guess = true;
int64_t fake_pam_takes;
char fake_password[SECRET_MAX + 1];
unsigned fake_pam_started;
char fake_rhost[64];

static char pam_user[ASK_USER_MAX + 1];
static char object;

struct pamauth *
pamauth_new(const char *service, const char *rhost, const char *tty)
{
	(void)service;
	(void)tty;
	fake_rhost[0] = '\0';
	if (rhost != NULL)
		(void)span_copy(fake_rhost, sizeof fake_rhost, span_of(rhost));
	fake_pam_started++;
	return (struct pamauth *)&object;
}

void
pamauth_free(struct pamauth *p)
{
	(void)p;
}

enum verdict
pamauth_account(struct pamauth *p, const char *user)
{
	(void)p;
	(void)span_copy(pam_user, sizeof pam_user, span_of(user));
	fake_now += fake_pam_takes;
	return fake_verdict;
}

enum verdict
pamauth_verify(struct pamauth *p, const char *user,
    const struct secret *password)
{
	memcpy(fake_password, password->text, sizeof fake_password);
	return pamauth_account(p, user);
}

const char *
pamauth_user(const struct pamauth *p)
{
	(void)p;
	return pam_user;
}

int
pamauth_open(struct pamauth *p)
{
	(void)p;
	return 0;
}

bool
pamauth_was_guess(const struct pamauth *p)
{
	(void)p;
	return fake_guess && fake_verdict == VERDICT_WRONG;
}

bool
pamauth_was_right(const struct pamauth *p)
{
	return !pamauth_was_guess(p) && fake_verdict != VERDICT_TROUBLE;
}

const char *
pamauth_step(const struct pamauth *p)
{
	(void)p;
	return "account";
}

const char *
pamauth_error(const struct pamauth *p)
{
	(void)p;
	return "as told";
}
