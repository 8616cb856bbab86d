#include "tls/inspect.h"

#include "base/clock.h"
#include "tls/identity.h"
#include "tls/names.h"
#include "tls/tickets.h"

#include <sys/stat.h>

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* A certificate that ends within so many seconds is worth a word. */
#define SOON (7 * 86400)

struct inspect {
	FILE *f;
	unsigned problems;
};

static void fix(struct inspect *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
fix(struct inspect *i, const char *format, ...)
{
	va_list ap;

	i->problems++;
	(void)fputs("-> ", i->f);
	va_start(ap, format);
	(void)vfprintf(i->f, format, ap);
	va_end(ap);
	(void)fputc('\n', i->f);
}

static void
check_dates(struct inspect *i, const char *what, const X509 *x)
{
	time_t soon = clock_date() + SOON;
	int days = 0, seconds = 0;

	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0) {
		(void)fprintf(i->f, "%s: not valid yet\n", what);
		fix(i, "look at the clock of this machine");
	}
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0) {
		(void)fprintf(i->f, "%s: has expired\n", what);
		fix(i, "renew the certificate");
	} else if (X509_cmp_time(X509_get0_notAfter(x), &soon) < 0 &&
	    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) == 1)
		(void)fprintf(i->f, "%s: expires in %d days\n", what, days);
}

static void
check_owner(struct inspect *i, const char *path, const struct bytes *b)
{
	if (bytes_is_public(b)) {
		(void)fprintf(i->f, "%s: a key that others can read\n", path);
		fix(i, "chmod o= %s", path);
	}
}

/* what: the certificate's file; key_path: the key's, or the same. */
static void
check_pair(struct inspect *i, const char *what, const char *key_path,
    const struct bytes *cert, const struct bytes *key)
{
	char subject[256] = "";
	struct identity id;

	check_owner(i, key_path, key->p != NULL ? key : cert);
	if (identity_parse(&id, cert, key) == -1) {
		(void)fprintf(i->f, "%s and %s: %s\n", what, key_path,
		    identity_error());
		fix(i, "name PEM files: a certificate, and the key that "
		    "belongs to it, without a passphrase");
		return;
	}
	(void)X509_NAME_oneline(X509_get_subject_name(id.cert), subject,
	    sizeof subject);
	(void)fprintf(i->f, "%s: certificate of %s\n", what, subject);
	check_dates(i, what, id.cert);
	identity_free(&id);
}

static void
check_default(struct inspect *i, const struct settings *s)
{
	struct bytes cert = { .p = NULL }, key = { .p = NULL };
	const char *path = s->cert;

	if (path == NULL) {
		(void)fputs("no certificate is named\n", i->f);
		fix(i, "tls-cert=FILE, and tls-key=FILE if the key stands "
		    "elsewhere");
		return;
	}
	if (bytes_read(&cert, AT_FDCWD, path) == -1 || (s->key != NULL &&
	    bytes_read(&key, AT_FDCWD, path = s->key) == -1)) {
		(void)fprintf(i->f, "%s: %s\n", path, strerror(errno));
		fix(i, "name a file that is there and can be read");
	} else
		check_pair(i, s->cert, s->key != NULL ? s->key : s->cert,
		    &cert, &key);
	bytes_free(&cert);
	bytes_free(&key);
}

static void
check_names(struct inspect *i, const char *dir)
{
	const struct name *name;
	struct names names;
	char key[NAMES_LEN + 16];

	if (names_read(&names, dir) == -1) {
		(void)fprintf(i->f, "%s: %s\n", dir, strerror(errno));
		fix(i, "make that directory, or name another one");
		return;
	}
	(void)fprintf(i->f, "%s: %zu names\n", dir, names.count);
	for (name = names.first; name != NULL; name = name->next) {
		if (name->error != 0) {
			(void)fprintf(i->f, "%s: %s\n", name->host,
			    strerror(name->error));
			fix(i, "let its certificate and key be read");
			continue;
		}
		(void)span_copy(key, sizeof key, span_of("its key"));
		check_pair(i, name->host, key, &name->cert, &name->key);
	}
	names_free(&names);
}

/* Looking must not make the file: whoever checks may be somebody else. */
static void
check_tickets(struct inspect *i, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1 && errno != ENOENT) {
		(void)fprintf(i->f, "%s: %s\n", path, strerror(errno));
		fix(i, "name a file in a directory that can be written");
	} else
		(void)fprintf(i->f, "sessions resume, with %s\n", path);
}

unsigned
inspect_run(FILE *f, const struct settings *s)
{
	struct inspect i = { .f = f };

	check_default(&i, s);
	if (s->sni_dir != NULL)
		check_names(&i, s->sni_dir);
	if (s->ticket_file != NULL)
		check_tickets(&i, s->ticket_file);
	return i.problems;
}
