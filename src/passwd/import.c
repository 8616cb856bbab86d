#include "passwd/import.h"

#include "base/fd.h"
#include "base/log.h"
#include "passwd/database.h"
#include "passwd/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
leave_out(struct import *im, struct span user, const char *why)
{
	char quoted[LOG_QUOTED_MAX(EDIT_USER_MAX)];

	(void)printf("%s: left out: %s\n",
	    log_quote(quoted, sizeof quoted, user), why);
	im->left_out++;
	return NULL;
}

/* realloc(3) would leave a copy of the secrets behind. */
static int
grow(struct import *im, size_t need)
{
	size_t cap = 2 * im->cap + need;
	char *p;

	if (im->cap - im->len >= need)
		return 0;
	if (cap > 2 * SECRETS_FILE_MAX) {
		errno = EFBIG;
		return -1;
	}
	if ((p = malloc(cap)) == NULL)
		return -1;
	if (im->len > 0)
		memcpy(p, im->p, im->len);
	if (im->p != NULL)
		secret_erase(im->p, im->len);
	free(im->p);
	im->p = p;
	im->cap = cap;
	return 0;
}

/* @audit user and value fit, with colon, line end and NUL, after grow(). */
static const char *
keep(struct import *im, struct span user, const struct secrets_entry *e)
{
	char value[EDIT_VALUE_MAX];
	const char *why = NULL;

	if (!edit_user_fits(user))
		return leave_out(im, user, "no name for a user");
	if (edit_value(value, e) == -1)
		return leave_out(im, user, "its secret is of no use here");
	if (grow(im, user.len + sizeof value + 2) == -1)
		why = strerror(errno);
	else
		im->len += (size_t)snprintf(im->p + im->len,
		    im->cap - im->len, "%.*s:%s\n", (int)user.len, user.p,
		    value);
	secret_erase(value, sizeof value);
	return why;
}

/*
 * qpopper's key is the name and a NUL.  Its value is the secret for APOP, every
 * byte inverted, and a NUL; what may follow is for SCRAM-MD5, which is no more.
 */
static const char *
take_record(void *ctx, struct span key, struct span value)
{
	const char *end = value.len > 0 ? memchr(value.p, '\0', value.len) :
	    NULL;
	struct secrets_entry e = { .found = true, .has_password = true };
	struct import *im = ctx;
	const char *why;
	size_t i;

	if (key.len > 0 && key.p[key.len - 1] == '\0')
		key.len--;
	e.password.len = end != NULL ? (size_t)(end - value.p) : value.len;
	if (e.password.len == 0)
		return leave_out(im, key, "it has no secret for APOP");
	if (e.password.len > SECRET_MAX)
		return leave_out(im, key, "its secret is too long");
	for (i = 0; i < e.password.len; i++)
		e.password.text[i] = (char)((unsigned char)value.p[i] ^ 0xff);
	why = keep(im, key, &e);
	secrets_wipe(&e);
	return why;
}

static const char *
take_lines(struct import *im, struct span text)
{
	struct span user, secret;
	struct secrets_entry e;
	const char *why = NULL;

	if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL)
		return "neither a database of gdbm's nor lines of user:secret: "
		    "see IMPORT in solopop-passwd(8)";
	while (why == NULL && secrets_next(&text, &user, &secret)) {
		secrets_parse(secret, &e);
		why = keep(im, user, &e);
		secrets_wipe(&e);
	}
	return why;
}

/* The magic number of gdbm's kinds of files, in either order of bytes. */
static bool
is_gdbm(struct span s)
{
	return s.len >= 4 && (memcmp(s.p, "\x13\x57\x9a", 3) == 0 ||
	    memcmp(s.p + 1, "\x9a\x57\x13", 3) == 0);
}

const char *
import_read(struct import *im, const char *path)
{
	const char *why;
	struct span text;
	int fd;

	memset(im, 0, sizeof *im);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	text.p = fd == -1 ? NULL : fd_read_all(fd, SECRETS_FILE_MAX, &text.len);
	fd_close(&fd);
	if (text.p == NULL)
		return errno == EPERM ? "it is no plain file of yours" :
		    strerror(errno);
	if (is_gdbm(text))
		why = database_read(path, take_record, im);
	else
		why = take_lines(im, text);
	secrets_unload(text);
	return why;
}

void
import_free(struct import *im)
{
	if (im->p != NULL)
		secret_erase(im->p, im->len);
	free(im->p);
	im->p = NULL;
	im->len = im->cap = 0;
}
