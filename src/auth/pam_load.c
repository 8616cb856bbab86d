/*
 * The functions of libpam that auth/pam.c calls, from a library that is loaded
 * with the first call.  Most who connect never log in, and mapping libpam with
 * what it needs costs as much as all else before the banner.  In a file of its
 * own, so that configure can have them linked instead (--with-pam=link).
 */
#include <security/pam_appl.h>

#include <dlfcn.h>
#include <stddef.h>

/* Modules that are not linked with libpam find it as if we were. */
static void *
find(const char *name)
{
	static void *library;

	if (library == NULL)
		library = dlopen(LIBPAM, RTLD_NOW | RTLD_GLOBAL);
	return library != NULL ? dlsym(library, name) : NULL;
}

/* The union is the only way from void * to a function in ISO C. */
#define FORWARD(name, parameters, arguments)				\
	int								\
	name parameters							\
	{								\
		static union {						\
			void *found;					\
			__typeof__(name) *call;				\
		} u;							\
									\
		if (u.found == NULL && (u.found = find(#name)) == NULL)	\
			return PAM_OPEN_ERR;				\
		return u.call arguments;				\
	}

FORWARD(pam_start, (const char *service, const char *user,
    const struct pam_conv *conv, pam_handle_t **h), (service, user, conv, h))
FORWARD(pam_end, (pam_handle_t *h, int status), (h, status))
FORWARD(pam_set_item, (pam_handle_t *h, int item, const void *value),
    (h, item, value))
FORWARD(pam_get_item, (const pam_handle_t *h, int item, const void **value),
    (h, item, value))
FORWARD(pam_authenticate, (pam_handle_t *h, int flags), (h, flags))
FORWARD(pam_acct_mgmt, (pam_handle_t *h, int flags), (h, flags))
FORWARD(pam_setcred, (pam_handle_t *h, int flags), (h, flags))
FORWARD(pam_open_session, (pam_handle_t *h, int flags), (h, flags))
FORWARD(pam_close_session, (pam_handle_t *h, int flags), (h, flags))

const char *
pam_strerror(pam_handle_t *h, int status)
{
	static union {
		void *found;
		__typeof__(pam_strerror) *call;
	} u;

	if (u.found == NULL && (u.found = find("pam_strerror")) == NULL)
		return LIBPAM " cannot be loaded";
	return u.call(h, status);
}
