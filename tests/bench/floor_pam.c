/* What every server has to ask of PAM, and nothing besides. */
#include "floor.h"

#include <security/pam_appl.h>

#include <stdlib.h>
#include <string.h>

static const char *word;
static pam_handle_t *handle;

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **replies, void *ctx)
{
	int i;

	(void)ctx;
	*replies = calloc((size_t)n, sizeof **replies);
	for (i = 0; i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			(*replies)[i].resp = strdup(word);
	return PAM_SUCCESS;
}

int
let_in(const char *user, const char *password)
{
	struct pam_conv conv = { converse, NULL };

	word = password;
	if (pam_start("pop3", user, &conv, &handle) != PAM_SUCCESS ||
	    pam_set_item(handle, PAM_RHOST, "127.0.0.1") != PAM_SUCCESS ||
	    pam_authenticate(handle, PAM_SILENT) != PAM_SUCCESS ||
	    pam_acct_mgmt(handle, PAM_SILENT) != PAM_SUCCESS ||
	    pam_setcred(handle, PAM_ESTABLISH_CRED | PAM_SILENT) !=
	    PAM_SUCCESS ||
	    pam_open_session(handle, PAM_SILENT) != PAM_SUCCESS)
		return -1;
	return 0;
}

void
let_out(void)
{
	if (handle == NULL)
		return;
	(void)pam_close_session(handle, PAM_SILENT);
	(void)pam_setcred(handle, PAM_DELETE_CRED | PAM_SILENT);
	(void)pam_end(handle, PAM_SUCCESS);
}
