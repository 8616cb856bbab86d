#include "passwd/edit.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

static const struct {
	const char *before, *user, *value, *after;
} edits[] = {
	{ "", "jane", "x", "jane:x\n" },
	{ "# all\n", "jane", "x", "# all\njane:x\n" },
	{ "a:b", "jane", "x", "a:b\njane:x\n" },
	{ "a:b\n", "jane", "x", "a:b\njane:x\n" },
	{ "a:b\n\n", "jane", "x", "a:b\n\njane:x\n" },
	{ "jane:y\na:b\n", "jane", "x", "jane:x\na:b\n" },
	{ "a:b\njane:y", "jane", "x", "a:b\njane:x\n" },
	{ "a:b\njane:y\n# c\n", "jane", "x", "a:b\njane:x\n# c\n" },
	{ "jane:y\na:b\njane:z\n", "jane", "x", "jane:x\na:b\n" },
	{ "jane:y\njane:z\njane:w", "jane", "x", "jane:x\n" },
	{ "jan:y\njanet:z\nJane:w\n", "jane", "x",
	    "jan:y\njanet:z\nJane:w\njane:x\n" },
	{ "# jane:y\n jane:z\n", "jane", "x", "# jane:y\n jane:z\njane:x\n" },
	{ "jane\njane:\n:jane\n", "jane", "x",
	    "jane\njane:\n:jane\njane:x\n" },
	{ "a:jane:y\n", "jane", "x", "a:jane:y\njane:x\n" },
	{ "jane:{broken\n", "jane", "x", "jane:x\n" },
	{ "", "jane", NULL, "" },
	{ "a:b\n", "jane", NULL, "a:b\n" },
	{ "a:b", "jane", NULL, "a:b" },
	{ "jane:y\n", "jane", NULL, "" },
	{ "# all\njane:y\na:b\n", "jane", NULL, "# all\na:b\n" },
	{ "a:b\njane:y", "jane", NULL, "a:b\n" },
	{ "jane:y\na:b\njane:z\n# end", "jane", NULL, "a:b\n# end" },
};

static void
set__changes_one_user__and_nothing_else(void **state)
{
	struct span out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(edits); i++) {
		assert_int_equal(edit_set(span_of(edits[i].before),
		    span_of(edits[i].user), edits[i].value, &out), 0);
		assert_int_equal(out.len, strlen(edits[i].after));
		assert_memory_equal(out.p, edits[i].after, out.len);
		secrets_unload(out);
	}
}

static void
salt_key__stands_in_front__and_is_found(void **state)
{
	static const unsigned char key[SECRETS_KEY] = "any bytes at all";
	unsigned char found[SECRETS_KEY];
	struct span out, none = { NULL, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(edits); i++) {
		assert_int_equal(edit_salt_key(span_of(edits[i].before), key,
		    &out), 0);
		assert_memory_equal(out.p, "#salt-key:", 10);
		assert_int_equal(out.len, 10 + 44 + 1 +
		    strlen(edits[i].before));
		assert_memory_equal(out.p + 55, edits[i].before, out.len - 55);
		assert_true(secrets_salt_key(out, found));
		assert_memory_equal(found, key, sizeof key);
		secrets_unload(out);
	}
	assert_int_equal(edit_salt_key(none, key, &out), 0);
	assert_int_equal(out.len, 55);
	secrets_unload(out);
}

static void
set__of_no_text_at_all__is_a_line(void **state)
{
	struct span out;

	(void)state;
	assert_int_equal(edit_set((struct span){ NULL, 0 }, SPAN("jane"), "x",
	    &out), 0);
	assert_span(out, "jane:x\n");
	secrets_unload(out);
}

static void
set__beyond_what_the_server_reads__is_refused(void **state)
{
	struct span out, text = { calloc(1, SECRETS_FILE_MAX),
	    SECRETS_FILE_MAX - 7 };

	(void)state;
	memset((char *)(uintptr_t)text.p, '\n', SECRETS_FILE_MAX);
	assert_int_equal(edit_set(text, SPAN("jane"), "x", &out), 0);
	assert_int_equal(out.len, SECRETS_FILE_MAX);
	secrets_unload(out);
	text.len++;
	assert_errno(edit_set(text, SPAN("jane"), "x", &out), EFBIG);
	free((char *)(uintptr_t)text.p);
}

static const struct {
	struct span user;
	bool fits;
} users[] = {
	{ BYTES("a"), true }, { BYTES("jane@example.org"), true },
	{ BYTES("j\xc3\xa4ne"), true }, { BYTES("a#"), true },
	{ BYTES("a b"), true }, { BYTES("{a}"), true },
	{ BYTES("1234567890123456789012345678901234567890123456789012345678901"
	    "23456789012345678901234567890"), true },
	{ BYTES("1234567890123456789012345678901234567890123456789012345678901"
	    "234567890123456789012345678901"), false },
	{ BYTES(""), false }, { BYTES("#a"), false }, { BYTES("a:b"), false },
	{ BYTES(":"), false }, { BYTES("a\nb"), false },
	{ BYTES("a\n"), false }, { BYTES("a\0"), false },
	{ BYTES("\0"), false }, { BYTES("a\tb"), false },
	{ BYTES("a\x7f"), false }, { BYTES("\x1b[2J"), false },
};

static void
user__fits_as_the_server_takes_them(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(users); i++)
		assert_int_equal(edit_user_fits(users[i].user),
		    users[i].fits);
}

/* What is written is what is read. */
static void
value__of_any_secret__is_read_again(void **state)
{
	static const struct span secrets[] = {
		BYTES("x"), BYTES("{"), BYTES("{PLAIN}x"), BYTES("a:b:"),
		BYTES("{SCRAM-SHA-256}4096"), BYTES(" # "), BYTES("\xff"),
		BYTES("\r"),
	};
	struct secrets_entry e = { .found = true, .has_password = true }, read;
	char value[EDIT_VALUE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(secrets); i++) {
		assert_int_equal(secret_set(&e.password, secrets[i]), 0);
		assert_int_equal(edit_value(value, &e), 0);
		secrets_parse(span_of(value), &read);
		assert_true(read.has_password);
		assert_string_equal(read.password.text, e.password.text);
	}
	memset(e.password.text, '{', SECRET_MAX);
	e.password.len = SECRET_MAX;
	assert_int_equal(edit_value(value, &e), 0);
	secrets_parse(span_of(value), &read);
	assert_string_equal(read.password.text, e.password.text);
}

static void
value__of_scram__is_read_again(void **state)
{
	struct secret secret = { 0 };
	char value[EDIT_VALUE_MAX];
	struct secrets_entry e, read;

	(void)state;
	assert_int_equal(secret_set(&secret, SPAN("pencil")), 0);
	assert_int_equal(secrets_make_scram(&secret, 4096, &e), 0);
	e.salt_len = SECRETS_SALT_MAX;
	e.iterations = SECRETS_ITERATIONS_MAX;
	assert_int_equal(edit_value(value, &e), 0);
	secrets_parse(span_of(value), &read);
	assert_memory_equal(&read, &e, sizeof e);
}

static void
value__of_nothing__or_of_two_lines__is_refused(void **state)
{
	struct secrets_entry e = { .found = true };
	char value[EDIT_VALUE_MAX];

	(void)state;
	assert_errno(edit_value(value, &e), EINVAL);
	e.has_password = true;
	assert_errno(edit_value(value, &e), EINVAL);
	assert_int_equal(secret_set(&e.password, SPAN("a\nroot:b")), 0);
	assert_errno(edit_value(value, &e), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set__changes_one_user__and_nothing_else),
		cmocka_unit_test(salt_key__stands_in_front__and_is_found),
		cmocka_unit_test(set__of_no_text_at_all__is_a_line),
		cmocka_unit_test(set__beyond_what_the_server_reads__is_refused),
		cmocka_unit_test(user__fits_as_the_server_takes_them),
		cmocka_unit_test(value__of_any_secret__is_read_again),
		cmocka_unit_test(value__of_scram__is_read_again),
		cmocka_unit_test(value__of_nothing__or_of_two_lines__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
