#include "passwd/commands.h"

#include "base/log.h"
#include "compat/compat.h"
#include "confine/locked.h"
#include "passwd/edit.h"
#include "passwd/import.h"
#include "passwd/prompt.h"
#include "passwd/store.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status trouble(const struct request *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static enum status
trouble(const struct request *r, const char *format, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: ", r->program);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return STATUS_TROUBLE;
}

/* popauth was setuid, and its users may not know better. */
static enum status
store_trouble(const struct request *r, const struct store *s)
{
	bool denied = r->popauth && geteuid() != 0 && errno == EACCES;

	(void)trouble(r, "%s", store_error(s));
	if (denied)
		(void)trouble(r, "this program runs with your rights only: ask "
		    "root to run \"solopop-passwd add\" for you");
	return STATUS_TROUBLE;
}

/* A name may hold anything printable, and the file anything at all. */
static void say(struct span, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct span user, const char *format, ...)
{
	char quoted[LOG_QUOTED_MAX(EDIT_USER_MAX)];
	va_list ap;

	(void)printf("%s: ", log_quote(quoted, sizeof quoted, user));
	va_start(ap, format);
	(void)vprintf(format, ap);
	va_end(ap);
	(void)putchar('\n');
}

static enum status
no_entry(const struct request *r)
{
	say(span_of(r->user), "no entry in %s", r->file);
	return STATUS_NO;
}

/* So that nobody is asked for what cannot be kept. */
static enum status
look(const struct request *r)
{
	enum status status = STATUS_DONE;
	struct store s;

	if (!edit_user_fits(span_of(r->user)))
		return trouble(r, "a user's name has 1 to %d bytes, no colon "
		    "and no control character, and no # in front",
		    EDIT_USER_MAX);
	if (store_read(&s, r->file) == -1)
		status = store_trouble(r, &s);
	store_close(&s);
	return status;
}

static void
replace(struct store *s, struct span text)
{
	secrets_unload(s->text);
	s->text = text;
}

/* Put the entry, or none, in the place of the user's in s. */
static int
change(struct store *s, struct span user, const struct secrets_entry *e)
{
	char value[EDIT_VALUE_MAX];
	struct span text;
	int r;

	if (e != NULL && edit_value(value, e) == -1)
		return -1;
	r = edit_set(s->text, user, e != NULL ? value : NULL, &text);
	if (r == 0)
		replace(s, text);
	secret_erase(value, sizeof value);
	return r;
}

static bool
has_scram(struct span text)
{
	struct span user, secret;
	struct secrets_entry e;
	bool found = false;

	while (!found && secrets_next(&text, &user, &secret)) {
		secrets_parse(secret, &e);
		found = e.has_scram;
		secrets_wipe(&e);
	}
	return found;
}

/*
 * Whose salt stays the same is known to have one, unless everybody's does: see
 * auth/scram.h.
 */
static int
add_salt_key(struct store *s)
{
	unsigned char key[SECRETS_KEY];
	struct span text;

	if (!has_scram(s->text) || secrets_salt_key(s->text, key))
		return 0;
	if (getentropy(key, sizeof key) == -1 ||
	    edit_salt_key(s->text, key, &text) == -1)
		return -1;
	replace(s, text);
	return 0;
}

static enum status
keep(const struct request *r, struct store *s)
{
	if (add_salt_key(s) == -1)
		return trouble(r, "%s: %s", r->file, strerror(errno));
	return store_write(s, s->text) == -1 ? store_trouble(r, s) :
	    STATUS_DONE;
}

/* The same, and then into the file. */
static enum status
commit(const struct request *r, struct store *s, const struct secrets_entry *e)
{
	if (change(s, span_of(r->user), e) == -1)
		return trouble(r, "%s: %s", r->file, strerror(errno));
	return keep(r, s);
}

/* RFC 7613 and RFC 4013 have clients prepare what is beyond ASCII. */
static void
warn_of_unicode(const struct secret *secret)
{
	size_t i;

	for (i = 0; i < secret->len; i++)
		if ((unsigned char)secret->text[i] >= 0x80) {
			(void)puts("This secret is not all ASCII: clients that "
			    "write it in another way may fail.");
			return;
		}
}

static int
make_entry(const struct request *r, const struct secret *secret, bool scram,
    struct secrets_entry *e)
{
	warn_of_unicode(secret);
	if (scram)
		return secrets_make_scram(secret, r->iterations, e);
	memset(e, 0, sizeof *e);
	e->found = e->has_password = true;
	e->password = *secret;
	return 0;
}

/* Who has SCRAM keeps it: a plain secret would be a step back. */
static enum status
set(const struct request *r, struct store *s, const struct secret *secret)
{
	struct secrets_entry was, e;
	enum status status;
	bool scram, known;

	secrets_search(s->text, span_of(r->user), &was);
	known = was.found;
	scram = r->scram || (was.has_scram && !r->plain);
	secrets_wipe(&was);
	if (make_entry(r, secret, scram, &e) == -1)
		return trouble(r, "%s", strerror(errno));
	status = commit(r, s, &e);
	secrets_wipe(&e);
	if (status == STATUS_DONE)
		say(span_of(r->user), "%s, for %s%s", known ? "changed" :
		    "added", scram ? "SCRAM-SHA-256" : "APOP and CRAM-MD5",
		    account_is_locked(r->user) ? "; the account is locked, and "
		    "the secret of no use until usermod -U" : "");
	return status;
}

enum status
command_add(const struct request *r)
{
	enum status status = look(r);
	struct secret secret;
	struct store s;
	const char *why;

	if (status != STATUS_DONE)
		return status;
	why = prompt_secret(&secret, "New secret: ", "The same again: ");
	if (why != NULL)
		return trouble(r, "%s", why);
	if (store_lock(&s, r->file) == -1)
		status = store_trouble(r, &s);
	else
		status = set(r, &s, &secret);
	store_close(&s);
	secret_wipe(&secret);
	return status;
}

/* What is done with an entry that is there, the file read or locked. */
static enum status
with_entry(const struct request *r, int (*take)(struct store *, const char *),
    enum status (*work)(const struct request *, struct store *,
    const struct secrets_entry *))
{
	struct secrets_entry e;
	enum status status;
	struct store s;

	if (take(&s, r->file) == -1) {
		status = store_trouble(r, &s);
	} else {
		secrets_search(s.text, span_of(r->user), &e);
		status = e.found ? work(r, &s, &e) : no_entry(r);
		secrets_wipe(&e);
	}
	store_close(&s);
	return status;
}

static enum status
delete(const struct request *r, struct store *s, const struct secrets_entry *e)
{
	enum status status = commit(r, s, NULL);

	(void)e;
	if (status == STATUS_DONE)
		say(span_of(r->user), "deleted");
	return status;
}

enum status
command_delete(const struct request *r)
{
	return with_entry(r, store_lock, delete);
}

static void
list_entry(struct span user, struct span secret)
{
	struct secrets_entry e;

	secrets_parse(secret, &e);
	if (e.has_scram)
		say(user, "SCRAM-SHA-256, %" PRIu32 " iterations",
		    e.iterations);
	else
		say(user, e.has_password ? "APOP and CRAM-MD5" :
		    "unusable: neither a secret nor SCRAM keys");
	secrets_wipe(&e);
}

/* All of it, or one user's. */
static bool
list(struct span text, const char *wanted)
{
	struct span user, secret;
	bool any = false;

	while (secrets_next(&text, &user, &secret)) {
		if (wanted != NULL && (user.len != strlen(wanted) ||
		    memcmp(user.p, wanted, user.len) != 0))
			continue;
		list_entry(user, secret);
		any = true;
		if (wanted != NULL)
			break;
	}
	return any;
}

enum status
command_list(const struct request *r)
{
	enum status status = STATUS_DONE;
	struct store s;

	if (store_read(&s, r->file) == -1)
		status = store_trouble(r, &s);
	else if (!list(s.text, r->user) && r->user != NULL)
		status = no_entry(r);
	store_close(&s);
	return status;
}

static bool
is_secret(const struct secrets_entry *e, const struct secret *secret)
{
	struct secrets_entry derived = *e;
	bool same;

	if (!e->has_scram)
		return secret->len == e->password.len &&
		    secret_equal(secret->text, e->password.text, secret->len);
	secrets_derive(secret, &derived);
	same = secret_equal(derived.stored_key, e->stored_key, SECRETS_KEY) &&
	    secret_equal(derived.server_key, e->server_key, SECRETS_KEY);
	secrets_wipe(&derived);
	return same;
}

static enum status
verify(const struct request *r, const struct secrets_entry *e,
    const char *question)
{
	struct secret secret;
	const char *why;
	bool same;

	if (!e->has_password && !e->has_scram) {
		say(span_of(r->user), "the entry is of no use");
		return STATUS_NO;
	}
	if ((why = prompt_secret(&secret, question, NULL)) != NULL)
		return trouble(r, "%s", why);
	same = is_secret(e, &secret);
	secret_wipe(&secret);
	say(span_of(r->user), same ? "that is the secret" :
	    "that is not the secret");
	return same ? STATUS_DONE : STATUS_NO;
}

static enum status
verify_any(const struct request *r, struct store *s,
    const struct secrets_entry *e)
{
	(void)s;
	return verify(r, e, "Secret: ");
}

static enum status
verify_own(const struct request *r, struct store *s,
    const struct secrets_entry *e)
{
	(void)s;
	return verify(r, e, "Old secret: ");
}

enum status
command_verify(const struct request *r)
{
	return with_entry(r, store_read, verify_any);
}

static enum status
upgrade(const struct request *r, struct store *s, const struct secrets_entry *e)
{
	struct secrets_entry scram;
	enum status status;

	if (e->has_scram) {
		say(span_of(r->user), "SCRAM-SHA-256 already");
		return STATUS_DONE;
	}
	if (!e->has_password) {
		say(span_of(r->user), "the entry is of no use");
		return STATUS_NO;
	}
	if (make_entry(r, &e->password, true, &scram) == -1)
		return trouble(r, "%s", strerror(errno));
	status = commit(r, s, &scram);
	secrets_wipe(&scram);
	if (status == STATUS_DONE)
		say(span_of(r->user), "for SCRAM-SHA-256 from now on; APOP and "
		    "CRAM-MD5 stop working for this user");
	return status;
}

enum status
command_upgrade(const struct request *r)
{
	return with_entry(r, store_lock, upgrade);
}

struct counts {
	unsigned taken, kept;
};

static enum status
merge_one(const struct request *r, struct store *s, struct span user,
    struct span secret, struct counts *n)
{
	struct secrets_entry was, e;
	int failed;

	secrets_search(s->text, user, &was);
	if (was.found && !r->overwrite) {
		say(user, "kept as it is");
		n->kept++;
		secrets_wipe(&was);
		return STATUS_DONE;
	}
	secrets_parse(secret, &e);
	failed = change(s, user, &e);
	secrets_wipe(&e);
	if (failed == -1)
		return trouble(r, "%s: %s", r->file, strerror(errno));
	say(user, was.found ? "overwritten" : "taken");
	n->taken++;
	secrets_wipe(&was);
	return STATUS_DONE;
}

static enum status
merge(const struct request *r, struct store *s, const struct import *im)
{
	struct span text = { im->p, im->len }, user, secret;
	enum status status = STATUS_DONE;
	struct counts n = { 0, 0 };

	while (status == STATUS_DONE && secrets_next(&text, &user, &secret))
		status = merge_one(r, s, user, secret, &n);
	if (status == STATUS_DONE && n.taken > 0)
		status = keep(r, s);
	if (status == STATUS_DONE)
		(void)printf("%u taken, %u kept as they are, %u left out\n",
		    n.taken, n.kept, im->left_out);
	else
		(void)trouble(r, "nothing was taken");
	return status;
}

enum status
command_import(const struct request *r)
{
	enum status status;
	struct import im;
	struct store s;
	const char *why;

	if ((why = import_read(&im, r->user)) != NULL) {
		status = trouble(r, "%s: %s", r->user, why);
	} else {
		if (store_lock(&s, r->file) == -1)
			status = store_trouble(r, &s);
		else
			status = merge(r, &s, &im);
		store_close(&s);
	}
	import_free(&im);
	return status;
}

static enum status
empty(const struct request *r, struct store *s)
{
	if (s->text.len > 0 &&
	    !prompt_yes("Really initialize POP authorization DB? "))
		return STATUS_NO;
	return store_write(s, (struct span){ "", 0 }) == -1 ?
	    store_trouble(r, s) : STATUS_DONE;
}

enum status
command_init(const struct request *r)
{
	enum status status;
	struct store s;

	if (store_lock(&s, r->file) == -1)
		status = store_trouble(r, &s);
	else
		status = empty(r, &s);
	store_close(&s);
	return status;
}

enum status
command_own(const struct request *r)
{
	const struct passwd *pw = getpwuid(getuid());
	struct request own = *r;
	enum status status = STATUS_DONE;

	if (pw == NULL)
		return trouble(r, "you have no account here");
	own.user = pw->pw_name;
	if (geteuid() != 0)
		status = with_entry(&own, store_read, verify_own);
	return status == STATUS_DONE ? command_add(&own) : status;
}
