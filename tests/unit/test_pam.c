/*
 * What libpam may say and ask, with a libpam of our own.
 */
#include "auth/pam.h"

#include "failing.h"
#include "unit.h"

#include <security/pam_appl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES 3

/* What each call gives, and what authentication asks. */
static struct {
	int start, item, authenticate, account, setcred, open;
	int asks, styles[MESSAGES];
	int asked, conversation;	/* how that went */
	char answers[MESSAGES][32];	/* "-" for none */
	int auth_flags, account_flags;
	unsigned started, ended, creds, sessions;
	char trace[512];		/* the calls, in order */
	const char *nologin;		/* a file that is there */
} pam;
static struct pam_conv conv;

static void
trace(const char *call, const char *value)
{
	size_t len = strlen(pam.trace);
	int n = snprintf(pam.trace + len, sizeof pam.trace - len, "%s%s%s ",
	    call, value != NULL ? "=" : "", value != NULL ? value : "");

	assert_true(n > 0 && (size_t)n < sizeof pam.trace - len);
}

/* In place of the C library's: no test makes /etc/nologin. */
int
access(const char *path, int mode)
{
	(void)mode;
	if (pam.nologin != NULL && strcmp(path, pam.nologin) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

int
pam_start(const char *service, const char *user, const struct pam_conv *c,
    pam_handle_t **h)
{
	(void)user;
	if (pam.start != PAM_SUCCESS)
		return pam.start;
	conv = *c;
	trace("start", service);
	*h = (pam_handle_t *)(void *)&pam;
	pam.started++;
	return PAM_SUCCESS;
}

int
pam_end(pam_handle_t *h, int status)
{
	(void)h;
	(void)status;
	trace("end", NULL);
	pam.ended++;
	return PAM_SUCCESS;
}

int
pam_set_item(pam_handle_t *h, int item, const void *value)
{
	(void)h;
	if (item == PAM_USER || item == PAM_RHOST || item == PAM_TTY)
		trace(item == PAM_USER ? "user" : item == PAM_RHOST ? "rhost" :
		    "tty", value);
	return item == PAM_USER ? pam.item : PAM_SUCCESS;
}

int
pam_get_item(const pam_handle_t *h, int item, const void **value)
{
	(void)h;
	(void)item;
	*value = "jane";
	return pam.item;
}

static void
keep_answer(int i, char *text)
{
	const char *kept = text != NULL ? text : "-";

	assert_true(strlen(kept) < sizeof pam.answers[i]);
	memcpy(pam.answers[i], kept, strlen(kept) + 1);
	free(text);
}

int
pam_authenticate(pam_handle_t *h, int flags)
{
	struct pam_message messages[MESSAGES] = { { .msg = "?" } };
	const struct pam_message *list[MESSAGES];
	struct pam_response *answers = NULL;
	int i;

	(void)h;
	pam.auth_flags = flags;
	trace("auth", NULL);
	if (pam.asks == 0)
		return pam.authenticate;
	for (i = 0; i < MESSAGES; i++) {
		messages[i] = (struct pam_message){ pam.styles[i], "?" };
		list[i] = &messages[i];
	}
	pam.conversation = conv.conv(pam.asks, list, &answers,
	    conv.appdata_ptr);
	pam.asked++;
	if (pam.conversation != PAM_SUCCESS)
		return pam.conversation;
	for (i = 0; i < pam.asks; i++)
		keep_answer(i, answers[i].resp);
	free(answers);
	return pam.authenticate;
}

int
pam_acct_mgmt(pam_handle_t *h, int flags)
{
	(void)h;
	pam.account_flags = flags;
	trace("account", NULL);
	return pam.account;
}

int
pam_setcred(pam_handle_t *h, int flags)
{
	(void)h;
	trace((unsigned)flags & PAM_ESTABLISH_CRED ? "establish" :
	    (unsigned)flags & PAM_DELETE_CRED ? "delete" : "setcred", NULL);
	if ((unsigned)flags & PAM_ESTABLISH_CRED)
		pam.creds++;
	if (((unsigned)flags & PAM_DELETE_CRED) && pam.creds > 0)
		pam.creds--;
	return pam.setcred;
}

int
pam_open_session(pam_handle_t *h, int flags)
{
	(void)h;
	(void)flags;
	trace("open", NULL);
	if (pam.open == PAM_SUCCESS)
		pam.sessions++;
	return pam.open;
}

/* The user has been away for long, and so has whoever gave the name. */
int
pam_close_session(pam_handle_t *h, int flags)
{
	const struct pam_message message = { PAM_PROMPT_ECHO_ON, "user:" };
	const struct pam_message *list[] = { &message };
	struct pam_response *answers = NULL;

	(void)h;
	(void)flags;
	pam.conversation = conv.conv(1, list, &answers, conv.appdata_ptr);
	trace("close", NULL);
	pam.sessions--;
	return PAM_SUCCESS;
}

const char *
pam_strerror(pam_handle_t *h, int status)
{
	(void)h;
	return status == PAM_SUCCESS ? "well" : "not well";
}

static struct pamauth *
new(void)
{
	memset(&pam, 0, sizeof pam);
	return pamauth_new("pop3", "192.0.2.7", NULL);
}

static enum verdict
verify(struct pamauth *p)
{
	struct secret password;
	enum verdict verdict;

	assert_int_equal(secret_set(&password, span_of("pass word")), 0);
	verdict = pamauth_verify(p, "jane", &password);
	secret_wipe(&password);
	return verdict;
}

static void
question__of_each_kind__has_its_answer(void **state)
{
	struct pamauth *p = new();

	(void)state;
	pam.asks = 3;
	pam.styles[0] = PAM_TEXT_INFO;
	pam.styles[1] = PAM_PROMPT_ECHO_OFF;
	pam.styles[2] = PAM_ERROR_MSG;
	assert_int_equal(verify(p), VERDICT_WELCOME);
	assert_string_equal(pam.answers[0], "-");
	assert_string_equal(pam.answers[1], "pass word");
	assert_string_equal(pam.answers[2], "-");
	/* PAM has the name: this asks for something else. */
	pam.styles[0] = PAM_PROMPT_ECHO_ON;
	(void)verify(p);
	assert_int_equal(pam.conversation, PAM_CONV_ERR);
	pamauth_free(p);
	assert_int_equal(pam.started, pam.ended);
}

/* An account is asked about; whoever wants a password then gets none. */
static void
question__outside_of_a_login__ends_the_conversation(void **state)
{
	struct pamauth *p = new();

	(void)state;
	pam.asks = 3;
	pam.styles[0] = PAM_ERROR_MSG;
	pam.styles[1] = PAM_PROMPT_ECHO_ON;
	pam.styles[2] = PAM_PROMPT_ECHO_OFF;
	assert_int_equal(pamauth_verify(p, "jane", NULL),
	    VERDICT_TROUBLE);
	assert_int_equal(pam.conversation, PAM_CONV_ERR);
	pamauth_free(p);
}

static void
question__when_a_session_closes__is_not_answered(void **state)
{
	char name[] = "jane";
	struct pamauth *p = new();
	struct secret password;

	(void)state;
	assert_int_equal(secret_set(&password, span_of("x")), 0);
	assert_int_equal(pamauth_verify(p, name, &password), VERDICT_WELCOME);
	assert_int_equal(pamauth_open(p), 0);
	memset(name, 'x', sizeof name - 1);
	secret_wipe(&password);
	pam.conversation = PAM_SUCCESS;
	pamauth_free(p);
	assert_int_equal(pam.sessions, 0);
	assert_int_equal(pam.conversation, PAM_CONV_ERR);
}

static void
question__none_or_too_many__ends_the_conversation(void **state)
{
	static const int counts[] = { -1, PAM_MAX_NUM_MSG + 1 };
	struct pamauth *p = new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(counts); i++) {
		pam.asks = counts[i];
		(void)verify(p);
		assert_int_equal(pam.conversation, PAM_CONV_ERR);
	}
	pamauth_free(p);
}

static void
memory__there_is_none__is_no_welcome(void **state)
{
	struct pamauth *p = new();

	(void)state;
	pam.asks = 1;
	pam.styles[0] = PAM_PROMPT_ECHO_OFF;
	failing_begin_only("calloc", 1, ENOMEM);
	assert_int_equal(verify(p), VERDICT_TROUBLE);
	assert_int_equal(failing_end(), 1);
	assert_int_equal(pam.conversation, PAM_BUF_ERR);
	pamauth_free(p);
	failing_begin_only("calloc", 1, ENOMEM);
	assert_null(new());
	assert_int_equal(failing_end(), 1);
}

static void
status__of_each_kind__is_the_right_verdict(void **state)
{
	static const struct {
		int start, item, authenticate, account;
		enum verdict verdict;
		bool guess;
	} cases[] = {
		{ PAM_SUCCESS, 0, PAM_SUCCESS, PAM_SUCCESS, VERDICT_WELCOME,
		    false },
		{ PAM_ABORT, 0, 0, 0, VERDICT_TROUBLE, false },
		{ 0, PAM_BUF_ERR, 0, 0, VERDICT_TROUBLE, false },
		{ 0, 0, PAM_AUTH_ERR, 0, VERDICT_WRONG, true },
		{ 0, 0, PAM_USER_UNKNOWN, 0, VERDICT_WRONG, true },
		{ 0, 0, PAM_MAXTRIES, 0, VERDICT_WRONG, true },
		{ 0, 0, PAM_PERM_DENIED, 0, VERDICT_WRONG, false },
		{ 0, 0, PAM_ACCT_EXPIRED, 0, VERDICT_WRONG, false },
		{ 0, 0, PAM_CONV_ERR, 0, VERDICT_TROUBLE, false },
		{ 0, 0, PAM_CRED_INSUFFICIENT, 0, VERDICT_TROUBLE, false },
		{ 0, 0, PAM_OPEN_ERR, 0, VERDICT_TROUBLE, false },
		{ 0, 0, PAM_SYSTEM_ERR, 0, VERDICT_TROUBLE, false },
		{ 0, 0, PAM_AUTHINFO_UNAVAIL, 0, VERDICT_TROUBLE, false },
		{ 0, 0, 0, PAM_NEW_AUTHTOK_REQD, VERDICT_EXPIRED, false },
		{ 0, 0, 0, PAM_USER_UNKNOWN, VERDICT_NOT_NOW, false },
		{ 0, 0, 0, PAM_ACCT_EXPIRED, VERDICT_WRONG, false },
		{ 0, 0, 0, PAM_PERM_DENIED, VERDICT_WRONG, false },
		{ 0, 0, 0, PAM_SERVICE_ERR, VERDICT_TROUBLE, false },
	};
	struct pamauth *p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		p = new();
		pamauth_free(p);
		memset(&pam, 0, sizeof pam);
		pam.start = cases[i].start;
		p = pamauth_new("pop3", "192.0.2.7", "tty");
		assert_non_null(p);
		pam.item = cases[i].item;
		pam.authenticate = cases[i].authenticate;
		pam.account = cases[i].account;
		assert_int_equal(verify(p), cases[i].verdict);
		assert_string_equal(pamauth_error(p), cases[i].verdict ==
		    VERDICT_WELCOME ? "well" : "not well");
		assert_int_equal(pamauth_was_guess(p), cases[i].guess);
		if (cases[i].start == PAM_SUCCESS && cases[i].item == 0)
			assert_string_equal(pamauth_step(p),
			    cases[i].authenticate != PAM_SUCCESS ? "auth" :
			    "account");
		if (cases[i].start == PAM_SUCCESS && cases[i].item == 0)
			assert_string_equal(pamauth_user(p), "jane");
		else
			assert_null(pamauth_user(p));
		pamauth_free(p);
		assert_int_equal(pam.started, pam.ended);
	}
}

static void
verify__allows_no_empty_password_and_says_nothing(void **state)
{
	struct pamauth *p = new();

	(void)state;
	assert_int_equal(verify(p), VERDICT_WELCOME);
	assert_int_equal(pam.auth_flags,
	    PAM_SILENT | (int)PAM_DISALLOW_NULL_AUTHTOK);
	assert_int_equal(pam.account_flags,
	    PAM_SILENT | (int)PAM_DISALLOW_NULL_AUTHTOK);
	pamauth_free(p);
}

#define ITEMS "start=pop3 rhost=192.0.2.7 tty=pop3 user=jane "

/* pam_access and pam_faillock want to know where the client is beforehand. */
static void
login__of_each_step__comes_in_order(void **state)
{
	struct pamauth *p;

	(void)state;
	memset(&pam, 0, sizeof pam);
	p = pamauth_new("pop3", "192.0.2.7", "pop3");
	assert_int_equal(verify(p), VERDICT_WELCOME);
	assert_int_equal(pamauth_open(p), 0);
	pamauth_free(p);
	assert_string_equal(pam.trace, ITEMS "auth account establish open "
	    "close delete end ");
}

static void
login__after_a_wrong_password__has_a_handle_with_all_items(void **state)
{
	struct pamauth *p;

	(void)state;
	memset(&pam, 0, sizeof pam);
	p = pamauth_new("pop3", "192.0.2.7", "pop3");
	pam.authenticate = PAM_AUTH_ERR;
	assert_int_equal(verify(p), VERDICT_WRONG);
	pam.authenticate = PAM_SUCCESS;
	assert_int_equal(verify(p), VERDICT_WELCOME);
	pamauth_free(p);
	assert_string_equal(pam.trace, ITEMS "auth end " ITEMS
	    "auth account end ");
}

static void
was_right__behind_a_right_password__alone(void **state)
{
	struct pamauth *p = new();

	(void)state;
	assert_false(pamauth_was_right(p));
	pam.authenticate = PAM_AUTH_ERR;
	assert_int_equal(verify(p), VERDICT_WRONG);
	assert_false(pamauth_was_right(p));
	assert_true(pamauth_was_guess(p));
	pam.authenticate = PAM_SUCCESS;
	pam.account = PAM_ACCT_EXPIRED;
	assert_int_equal(verify(p), VERDICT_WRONG);
	assert_true(pamauth_was_right(p));
	assert_false(pamauth_was_guess(p));
	pam.item = PAM_BUF_ERR;
	assert_int_equal(verify(p), VERDICT_TROUBLE);
	assert_false(pamauth_was_right(p));
	pamauth_free(p);
}

static void
maintenance__while_a_file_is_there__is_not_the_users_fault(void **state)
{
	static const char *const files[] = { "/etc/nologin", "/run/nologin" };
	struct pamauth *p = new();
	size_t i;

	(void)state;
	pam.account = PAM_AUTH_ERR;
	assert_int_equal(verify(p), VERDICT_WRONG);
	for (i = 0; i < COUNT(files); i++) {
		pam.nologin = files[i];
		assert_int_equal(verify(p), VERDICT_NOT_NOW);
	}
	pam.account = PAM_PERM_DENIED;
	assert_int_equal(verify(p), VERDICT_WRONG);
	pam.account = PAM_SUCCESS;
	assert_int_equal(verify(p), VERDICT_WELCOME);
	pamauth_free(p);
}

static void
session__that_cannot_begin__leaves_nothing_open(void **state)
{
	struct pamauth *p = new();

	(void)state;
	pam.setcred = PAM_CRED_ERR;
	assert_int_equal(pamauth_open(p), -1);
	pam.setcred = PAM_SUCCESS;
	pam.creds = 0;
	pam.open = PAM_SESSION_ERR;
	assert_int_equal(pamauth_open(p), -1);
	pamauth_free(p);
	assert_int_equal(pam.creds, 0);
	p = new();
	assert_int_equal(pamauth_account(p, "jane"), VERDICT_WELCOME);
	assert_int_equal(pamauth_open(p), 0);
	assert_int_equal(pam.sessions, 1);
	pamauth_free(p);
	assert_int_equal(pam.sessions, 0);
	assert_int_equal(pam.creds, 0);
	memset(&pam, 0, sizeof pam);
	pam.start = PAM_ABORT;
	p = pamauth_new("pop3", NULL, NULL);
	assert_int_equal(pamauth_open(p), -1);
	assert_int_equal(pamauth_account(p, "jane"), VERDICT_TROUBLE);
	pamauth_free(p);
	pamauth_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question__of_each_kind__has_its_answer),
		cmocka_unit_test(
		    question__outside_of_a_login__ends_the_conversation),
		cmocka_unit_test(
		    question__when_a_session_closes__is_not_answered),
		cmocka_unit_test(
		    verify__allows_no_empty_password_and_says_nothing),
		cmocka_unit_test(
		    question__none_or_too_many__ends_the_conversation),
		cmocka_unit_test(login__of_each_step__comes_in_order),
		cmocka_unit_test(
		    login__after_a_wrong_password__has_a_handle_with_all_items),
		cmocka_unit_test(was_right__behind_a_right_password__alone),
		cmocka_unit_test(
		    maintenance__while_a_file_is_there__is_not_the_users_fault),
		cmocka_unit_test(memory__there_is_none__is_no_welcome),
		cmocka_unit_test(status__of_each_kind__is_the_right_verdict),
		cmocka_unit_test(
		    session__that_cannot_begin__leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
