/*
 * A build without PAM.  Settings ask for none then; whoever asks all the same is
 * told, and no password is right.
 */
#include "auth/pam.h"

#include <stdlib.h>

struct pamauth {
	char nothing;
};

struct pamauth *
pamauth_new(const char *service, const char *rhost, const char *tty)
{
	(void)service;
	(void)rhost;
	(void)tty;
	return calloc(1, sizeof(struct pamauth));
}

void
pamauth_free(struct pamauth *p)
{
	free(p);
}

enum verdict
pamauth_verify(struct pamauth *p, const char *user,
    const struct secret *password)
{
	(void)p;
	(void)user;
	(void)password;
	return VERDICT_TROUBLE;
}

enum verdict
pamauth_account(struct pamauth *p, const char *user)
{
	(void)p;
	(void)user;
	return VERDICT_TROUBLE;
}

const char *
pamauth_user(const struct pamauth *p)
{
	(void)p;
	return NULL;
}

int
pamauth_open(struct pamauth *p)
{
	(void)p;
	return -1;
}

bool
pamauth_was_guess(const struct pamauth *p)
{
	(void)p;
	return false;
}

bool
pamauth_was_right(const struct pamauth *p)
{
	(void)p;
	return false;
}

const char *
pamauth_step(const struct pamauth *p)
{
	(void)p;
	return "auth";
}

const char *
pamauth_error(const struct pamauth *p)
{
	(void)p;
	return "this solopop is built without PAM";
}
