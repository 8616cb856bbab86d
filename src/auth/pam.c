#include "auth/pam.h"

#include <security/pam_appl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pamauth {
	const char *service, *rhost, *tty;
	pam_handle_t *handle;		/* NULL: not started */
	int status;			/* PAM's last word */
	const char *step;		/* what it was said to */
	bool fresh;			/* started, and nobody tried yet */
	bool has_cred, has_session;
	const struct secret *password;	/* to give when asked; NULL: none */
};

/*
 * PAM has the name from PAM_USER.  A question that is answered in the open asks
 * for something else, a code, say, which POP3 cannot give.
 */
static char *
reply_to(const struct pamauth *p, int style)
{
	return style == PAM_PROMPT_ECHO_OFF && p->password != NULL ?
	    strdup(p->password->text) : NULL;
}

static bool
is_question(int style)
{
	return style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF;
}

static void
free_replies(struct pam_response *replies, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (replies[i].resp == NULL)
			continue;
		secret_erase(replies[i].resp, strlen(replies[i].resp));
		free(replies[i].resp);
	}
	free(replies);
}

/* POP3 can show no text and ask nothing: it is name and password. */
static int
converse(int n, const struct pam_message **messages,
    struct pam_response **out, void *ctx)
{
	struct pam_response *replies;
	const struct pamauth *p = ctx;
	int i;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	if ((replies = calloc((size_t)n, sizeof *replies)) == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < n; i++) {
		replies[i].resp = reply_to(p, messages[i]->msg_style);
		if (replies[i].resp == NULL &&
		    is_question(messages[i]->msg_style)) {
			free_replies(replies, n);
			return PAM_CONV_ERR;
		}
	}
	*out = replies;
	return PAM_SUCCESS;
}

#ifdef PAM_FAIL_DELAY
static void
no_delay(int status, unsigned usec, void *ctx)
{
	(void)status;
	(void)usec;
	(void)ctx;
}

static int
set_no_delay(pam_handle_t *handle)
{
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} u = { .function = no_delay };

	return pam_set_item(handle, PAM_FAIL_DELAY, u.item);
}
#else
static int
set_no_delay(pam_handle_t *handle)
{
	(void)handle;
	return PAM_SUCCESS;
}
#endif

/* A step is named before it is done, so that a failure can be told by it. */
static void
begin(struct pamauth *p, const char *step)
{
	p->step = step;
}

static bool
done(struct pamauth *p, int status)
{
	p->status = status;
	return status == PAM_SUCCESS;
}

static bool
set_item(struct pamauth *p, int item, const char *value)
{
	return value == NULL || done(p, pam_set_item(p->handle, item, value));
}

static void
stop(struct pamauth *p)
{
	if (p->handle == NULL)
		return;
	if (p->has_session)
		p->status = pam_close_session(p->handle, PAM_SILENT);
	if (p->has_cred)
		p->status = pam_setcred(p->handle,
		    PAM_DELETE_CRED | PAM_SILENT);
	p->has_session = p->has_cred = false;
	(void)pam_end(p->handle, p->status);
	p->handle = NULL;
}

static bool
start(struct pamauth *p)
{
	struct pam_conv conv = { converse, p };

	if (!done(p, pam_start(p->service, NULL, &conv, &p->handle))) {
		p->handle = NULL;
		return false;
	}
	p->fresh = true;
	return set_item(p, PAM_RHOST, p->rhost) &&
	    set_item(p, PAM_TTY, p->tty) && done(p, set_no_delay(p->handle));
}

struct pamauth *
pamauth_new(const char *service, const char *rhost, const char *tty)
{
	struct pamauth *p;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	p->service = service;
	p->rhost = rhost;
	p->tty = tty;
	p->step = "start";
	(void)start(p);
	return p;
}

void
pamauth_free(struct pamauth *p)
{
	if (p == NULL)
		return;
	stop(p);
	free(p);
}

bool
pamauth_was_guess(const struct pamauth *p)
{
	return strcmp(p->step, "auth") == 0 && (p->status == PAM_AUTH_ERR ||
	    p->status == PAM_USER_UNKNOWN || p->status == PAM_MAXTRIES);
}

bool
pamauth_was_right(const struct pamauth *p)
{
	return strcmp(p->step, "account") == 0;
}

const char *
pamauth_step(const struct pamauth *p)
{
	return p->step;
}

const char *
pamauth_error(const struct pamauth *p)
{
	return pam_strerror(p->handle, p->status);
}

const char *
pamauth_user(const struct pamauth *p)
{
	const void *item = NULL;

	if (p->handle == NULL ||
	    pam_get_item(p->handle, PAM_USER, &item) != PAM_SUCCESS)
		return NULL;
	return item;
}

static bool
is_trouble(int status)
{
	switch (status) {
	case PAM_OPEN_ERR:
	case PAM_SYMBOL_ERR:
	case PAM_SERVICE_ERR:
	case PAM_SYSTEM_ERR:
	case PAM_BUF_ERR:
	case PAM_AUTHINFO_UNAVAIL:
	case PAM_ABORT:
	case PAM_CONV_ERR:		/* a module asks what POP3 cannot */
	case PAM_CRED_INSUFFICIENT:	/* ... or may not read what it must */
#ifdef PAM_MODULE_UNKNOWN
	case PAM_MODULE_UNKNOWN:
#endif
		return true;
	default:
		return false;
	}
}

/*
 * pam_nologin(8) refuses everybody but root while one of these is there, and has
 * the same word for it as other modules for an account that is closed.
 */
static bool
is_maintenance(int status)
{
	return status == PAM_AUTH_ERR && (access("/etc/nologin", F_OK) == 0 ||
	    access("/run/nologin", F_OK) == 0);
}

/*
 * proven: PAM has accepted the password, so that a module which now does not
 * know the user has lost its name service.
 */
static enum verdict
check_account(struct pamauth *p, bool proven)
{
	begin(p, "account");
	if (done(p, pam_acct_mgmt(p->handle,
	    PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK)))
		return VERDICT_WELCOME;
	if (p->status == PAM_NEW_AUTHTOK_REQD)
		return VERDICT_EXPIRED;
	if (p->status == PAM_USER_UNKNOWN)
		return proven ? VERDICT_NOT_NOW : VERDICT_WRONG;
	if (is_maintenance(p->status))
		return VERDICT_NOT_NOW;
	return is_trouble(p->status) ? VERDICT_TROUBLE : VERDICT_WRONG;
}

/* Modules keep notes in a handle, so a second try gets a new one. */
static bool
ready(struct pamauth *p, const char *user)
{
	begin(p, "start");
	if (p->handle == NULL || !p->fresh) {
		stop(p);
		if (!start(p))
			return false;
	}
	p->fresh = false;
	return set_item(p, PAM_USER, user);
}

enum verdict
pamauth_verify(struct pamauth *p, const char *user,
    const struct secret *password)
{
	enum verdict verdict = VERDICT_WRONG;

	if (!ready(p, user))
		return VERDICT_TROUBLE;
	p->password = password;
	begin(p, "auth");
	if (done(p, pam_authenticate(p->handle,
	    PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK)))
		verdict = check_account(p, true);
	else if (is_trouble(p->status))
		verdict = VERDICT_TROUBLE;
	p->password = NULL;
	return verdict;
}

enum verdict
pamauth_account(struct pamauth *p, const char *user)
{
	return ready(p, user) ? check_account(p, false) : VERDICT_TROUBLE;
}

int
pamauth_open(struct pamauth *p)
{
	begin(p, "setcred");
	if (p->handle == NULL || !done(p, pam_setcred(p->handle,
	    PAM_ESTABLISH_CRED | PAM_SILENT)))
		return -1;
	p->has_cred = true;
	begin(p, "session");
	if (!done(p, pam_open_session(p->handle, PAM_SILENT)))
		return -1;
	p->has_session = true;
	return 0;
}
