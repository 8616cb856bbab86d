/* A PAM that says what it is told, in place of auth/pam.c. */
#ifndef FAKE_PAM_H
#define FAKE_PAM_H

#include "auth/pam.h"

#include <stdint.h>

extern enum verdict fake_verdict;
extern bool fake_guess;		/* VERDICT_WRONG is for a wrong password */
extern int64_t fake_pam_takes;	/* ms that each verification lasts */
extern char fake_password[SECRET_MAX + 1];	/* the last one seen */
extern unsigned fake_pam_started;
extern char fake_rhost[64];	/* "" for none */

#endif
