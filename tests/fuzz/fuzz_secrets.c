/*
 * A secrets file of any bytes, changed: the user has what was set, everybody
 * else what they had, and what comes of it can be taken back.
 */
#include "fuzz.h"
#include "passwd/edit.h"

#include <string.h>

static void
same_but_for(struct span before, struct span after, struct span user)
{
	struct span rest = before, name, secret;
	struct secrets_entry a, b;

	while (secrets_next(&rest, &name, &secret)) {
		if (name.len == user.len &&
		    memcmp(name.p, user.p, user.len) == 0)
			continue;
		secrets_search(before, name, &a);
		secrets_search(after, name, &b);
		CHECK(b.found && memcmp(&a, &b, sizeof a) == 0);
	}
}

static size_t
count(struct span text)
{
	struct span name, secret;
	size_t n = 0;

	while (secrets_next(&text, &name, &secret))
		n++;
	return n;
}

static void
change(struct span text, struct span user)
{
	struct span set, gone, rest, name, secret;
	struct secrets_entry e;
	size_t of_user = 0;

	rest = text;
	while (secrets_next(&rest, &name, &secret))
		of_user += name.len == user.len &&
		    memcmp(name.p, user.p, user.len) == 0;
	CHECK(edit_set(text, user, "new secret", &set) == 0);
	CHECK(count(set) == count(text) - of_user + 1);
	secrets_search(set, user, &e);
	CHECK(e.has_password && strcmp(e.password.text, "new secret") == 0);
	same_but_for(text, set, user);
	CHECK(edit_set(set, user, NULL, &gone) == 0);
	secrets_search(gone, user, &e);
	CHECK(!e.found);
	CHECK(count(gone) == count(text) - of_user);
	same_but_for(text, gone, user);
	secrets_unload(gone);
	secrets_unload(set);
}

/* Whatever is of use can be written, and is the same when read again. */
static void
write_again(struct span secret)
{
	char value[EDIT_VALUE_MAX];
	struct secrets_entry e, again;

	secrets_parse(secret, &e);
	CHECK(e.found && !(e.has_password && e.has_scram));
	if (edit_value(value, &e) == -1) {
		CHECK(!e.has_password && !e.has_scram);
		return;
	}
	secrets_parse(span_of(value), &again);
	CHECK(again.has_password == e.has_password);
	CHECK(again.has_scram == e.has_scram);
	if (e.has_scram)
		CHECK(strlen(value) <= secret.len &&
		    memcmp(&e, &again, sizeof e) == 0);
	else
		CHECK(strcmp(e.password.text, again.password.text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size }, rest, name, secret;

	change(text, span_of("jane"));
	change(text, span_of("a"));
	rest = text;
	while (secrets_next(&rest, &name, &secret)) {
		write_again(secret);
		if (edit_user_fits(name))
			CHECK(name.len <= EDIT_USER_MAX &&
			    memchr(name.p, ':', name.len) == NULL);
	}
	return 0;
}
