#include "auth/secrets.h"
#include "one_file.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	struct span text;
	int error;			/* 0: usable */
} files[] = {
	{ BYTES("a:b\n"), 0 },
	{ BYTES("a:b"), 0 },
	{ BYTES("a::"), 0 },
	{ BYTES(""), ENODATA },
	{ BYTES("\n\n"), ENODATA },
	{ BYTES("# a:b\n"), ENODATA },
	{ BYTES("a\n"), ENODATA },
	{ BYTES("a:\n"), ENODATA },
	{ BYTES(":b\n"), ENODATA },
	{ BYTES("a:{b}c\n"), ENODATA },
	{ BYTES("a:{\n"), ENODATA },
	{ BYTES("a:{PLAIN}\n"), ENODATA },
	{ BYTES("a:b\0c\n"), ENODATA },
	{ BYTES("a:{SCRAM-SHA-256}4096\n"), ENODATA },
	{ BYTES("a:{b}c\nd:{PLAIN}{b}c\n"), 0 },
};

static void
usable__needs_an_entry(void **state)
{
	struct secrets_kinds kinds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		one_file_fill(files[i].text);
		if (files[i].error != 0) {
			assert_errno(secrets_usable(one_file, &kinds),
			    files[i].error);
			continue;
		}
		assert_int_equal(secrets_usable(one_file, &kinds), 0);
		assert_true(kinds.password);
		assert_false(kinds.scram);
	}
}

static void
usable__needs_owner_and_mode(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0660, 0620, 0601, 0666 };
	struct secrets_kinds kinds;
	char other[64];
	size_t i;

	(void)state;
	one_file_fill(SPAN("a:b\n"));
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(fchmod(one_file_fd, bad[i]), 0);
		assert_errno(secrets_usable(one_file, &kinds), EPERM);
	}
	assert_int_equal(fchmod(one_file_fd, 0600), 0);
	(void)memcpy(other, one_file, sizeof one_file);
	memcpy(other + strlen(one_file), ".link", 6);
	assert_int_equal(symlink(one_file, other), 0);
	assert_errno(secrets_usable(other, &kinds), ELOOP);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_errno(secrets_usable(other, &kinds), EPERM);
	assert_int_equal(unlink(other), 0);
	assert_errno(secrets_usable(other, &kinds), ENOENT);
	if (geteuid() == 0) {
		assert_int_equal(fchown(one_file_fd, 1, 1), 0);
		assert_errno(secrets_usable(one_file, &kinds), EPERM);
	}
}

static void
usable__of_a_file_beyond_reason__is_not(void **state)
{
	struct secrets_kinds kinds;

	(void)state;
	assert_int_equal(ftruncate(one_file_fd, (off_t)1 << 30), 0);
	assert_errno(secrets_usable(one_file, &kinds), EFBIG);
}

/* RFC 7677, section 3: user "user", password "pencil". */
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define STORED "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define SCRAM "{SCRAM-SHA-256}4096," SALT "," STORED "," SERVER

static void
usable__tells_what_kinds_there_are(void **state)
{
	struct secrets_kinds kinds;

	(void)state;
	one_file_fill(SPAN("# one\nuser:" SCRAM "\n"));
	assert_int_equal(secrets_usable(one_file, &kinds), 0);
	assert_true(kinds.scram);
	assert_false(kinds.password);
	one_file_fill(SPAN("user:" SCRAM "\njane:x\n"));
	assert_int_equal(secrets_usable(one_file, &kinds), 0);
	assert_true(kinds.scram);
	assert_true(kinds.password);
}

static struct secrets_entry
find(const char *user)
{
	struct secrets_entry e;

	assert_int_equal(secrets_find(one_file, span_of(user), &e), 0);
	return e;
}

static void
find__takes_the_first_line_of_that_very_user(void **state)
{
	struct secrets_entry e;

	(void)state;
	one_file_fill(SPAN("jan:a\n#jane:b\njanet:c\nJANE:d\njane:\njane:e:f \n"
	    "jane:g\njane:" SCRAM "\nlast:h"));
	e = find("jane");
	assert_true(e.found);
	assert_true(e.has_password);
	assert_false(e.has_scram);
	assert_string_equal(e.password.text, "e:f ");
	assert_string_equal(find("last").password.text, "h");
	assert_string_equal(find("jan").password.text, "a");
	assert_false(find("ja").found);
	assert_false(find("").found);
	assert_false(find("#jane").found);
	assert_false(find("nobody").found);
}

static void
find__of_an_unknown_user__shows_nothing(void **state)
{
	struct secrets_entry e, nothing;

	(void)state;
	memset(&nothing, 0, sizeof nothing);
	one_file_fill(SPAN("jane:x\nuser:" SCRAM "\n"));
	e = find("nobody");
	assert_memory_equal(&e, &nothing, sizeof e);
}

static void
find__of_a_file_that_is_not_usable__says_why(void **state)
{
	struct secrets_entry e;

	(void)state;
	one_file_fill(SPAN("jane:x\n"));
	assert_int_equal(fchmod(one_file_fd, 0640), 0);
	assert_errno(secrets_find(one_file, SPAN("jane"), &e), EPERM);
	assert_errno(secrets_find("/nonexistent", SPAN("jane"), &e), ENOENT);
}

static void
scram__of_rfc_7677__has_its_keys(void **state)
{
	struct secret password = { 0 };
	struct secrets_entry e, again;

	(void)state;
	one_file_fill(SPAN("user:" SCRAM "\n"));
	e = again = find("user");
	assert_true(e.found && e.has_scram);
	assert_false(e.has_password);
	assert_int_equal(e.iterations, 4096);
	assert_int_equal(e.salt_len, 16);
	assert_int_equal(secret_set(&password, SPAN("pencil")), 0);
	memset(again.stored_key, 0, sizeof again.stored_key);
	memset(again.server_key, 0, sizeof again.server_key);
	secrets_derive(&password, &again);
	assert_memory_equal(&e, &again, sizeof e);
}

static const char *const bad[] = {
	"", "4096", ",,,", "4096," SALT, "4096," SALT "," STORED,
	"4096," SALT "," STORED ",", "4096," SALT ",," SERVER,
	"4096,," STORED "," SERVER, "," SALT "," STORED "," SERVER,
	"4095," SALT "," STORED "," SERVER,
	"0," SALT "," STORED "," SERVER,
	"10000001," SALT "," STORED "," SERVER,
	"4294971392," SALT "," STORED "," SERVER,
	"18446744073709555712," SALT "," STORED "," SERVER,
	"-4096," SALT "," STORED "," SERVER,
	"+4096," SALT "," STORED "," SERVER,
	" 4096," SALT "," STORED "," SERVER,
	"0x1000," SALT "," STORED "," SERVER,
	"4096 ," SALT "," STORED "," SERVER,
	"4096,W22ZaJ0SNY7soEsUEjb6gQ," STORED "," SERVER,
	"4096,W22ZaJ0SNY7soEsUEjb6gR==," STORED "," SERVER,
	"4096, " SALT "," STORED "," SERVER,
	"4096," SALT "," SALT "," SERVER,
	"4096," SALT "," STORED "," SALT,
	"4096," SALT "," STORED "," STORED SERVER,
	"4096," SALT "," STORED STORED "," SERVER,
	"4096," SALT "," STORED "," SERVER "\r",
	"4096," SALT "," STORED "," SERVER ",",
	"4096," SALT "," STORED "," SERVER "," SERVER,
	"4096," SALT ",WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qYA," SERVER,
	"4096," SALT ",WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4g==," SERVER,
};

static void
scram__of_a_wrong_line__is_of_no_use(void **state)
{
	char line[512];
	struct secrets_entry e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_true(snprintf(line, sizeof line,
		    "user:{SCRAM-SHA-256}%s\nuser:x\n", bad[i]) > 0);
		one_file_fill(span_of(line));
		e = find("user");
		assert_true(e.found);
		assert_false(e.has_scram);
		assert_false(e.has_password);
	}
}

/* One character too few is another secret at most, never a SCRAM line. */
static void
scram__cut_short_anywhere__is_none(void **state)
{
	static const char line[] = "user:" SCRAM;
	struct secrets_entry e;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof line - 1; len++) {
		one_file_fill((struct span){ line, len });
		e = find("user");
		assert_false(e.has_scram);
		assert_false(e.has_password);
	}
}

static void
scram__with_a_salt_too_long__is_of_no_use(void **state)
{
	char text[1024], salt[128];
	int n;

	(void)state;
	memset(salt, 'A', sizeof salt);
	n = snprintf(text, sizeof text,
	    "a:{SCRAM-SHA-256}4096,%.84s%s," STORED "," SERVER "\n"
	    "b:{SCRAM-SHA-256}4096,%.88s," STORED "," SERVER "\n",
	    salt, "AA==", salt);
	assert_true(n > 0 && (size_t)n < sizeof text);
	one_file_fill(span_of(text));
	assert_true(find("a").has_scram);
	assert_int_equal(find("a").salt_len, SECRETS_SALT_MAX);
	assert_true(find("b").found);
	assert_false(find("b").has_scram);
}

static void
secret__too_long_or_with_a_nul__is_of_no_use(void **state)
{
	char text[SECRET_MAX + 8] = "jane:";

	(void)state;
	memset(text + 5, 'x', SECRET_MAX + 1);
	one_file_fill((struct span){ text, 5 + SECRET_MAX });
	assert_int_equal(find("jane").password.len, SECRET_MAX);
	one_file_fill((struct span){ text, 5 + SECRET_MAX + 1 });
	assert_true(find("jane").found);
	assert_false(find("jane").has_password);
	one_file_fill(SPAN("jane:a\0b\n"));
	assert_true(find("jane").found);
	assert_false(find("jane").has_password);
}

static void
make_scram__salts_afresh_and_derives(void **state)
{
	struct secret password = { 0 };
	struct secrets_entry a, b, again;

	(void)state;
	assert_int_equal(secret_set(&password, SPAN("pencil")), 0);
	assert_int_equal(secrets_make_scram(&password, 4096, &a), 0);
	assert_int_equal(secrets_make_scram(&password, 5000, &b), 0);
	assert_true(a.found && a.has_scram && !a.has_password);
	assert_int_equal(a.salt_len, SECRETS_SALT);
	assert_memory_not_equal(a.salt, b.salt, SECRETS_SALT);
	assert_memory_not_equal(a.stored_key, b.stored_key, SECRETS_KEY);
	again = b;
	secrets_derive(&password, &again);
	assert_memory_equal(&again, &b, sizeof b);
	again = b;
	assert_errno(secrets_make_scram(&password, 4095, &b), EINVAL);
	assert_errno(secrets_make_scram(&password, 10000001, &b), EINVAL);
	assert_memory_equal(&again, &b, sizeof b);
}

static void
verify__the_password_of_either_kind(void **state)
{
	static const struct {
		const char *user, *password;
		bool match;
	} rows[] = {
		{ "plain", "pencil", true }, { "marked", "pencil", true },
		{ "scram", "pencil", true },
		{ "plain", "pencil ", false }, { "plain", "pencils", false },
		{ "plain", "penci", false }, { "plain", "", false },
		{ "marked", "{PLAIN}pencil", false },
		{ "scram", "Pencil", false }, { "scram", "", false },
		{ "odd", "pencil", false }, { "odd", "{X}pencil", false },
		{ "nobody", "nobody's secret", false }, { "", "", false },
		{ "Plain", "pencil", false },
	};
	struct secret password;
	bool match;
	size_t i;

	(void)state;
	/* RFC 7677, section 3, has "pencil". */
	one_file_fill(SPAN("plain:pencil\nmarked:{PLAIN}pencil\n"
	    "odd:{X}pencil\nscram:"
	    "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
	    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n"));
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(secret_set(&password,
		    span_of(rows[i].password)), 0);
		match = !rows[i].match;
		assert_int_equal(secrets_verify(one_file, span_of(rows[i].user),
		    &password, &match), 0);
		assert_int_equal(match, rows[i].match);
	}
	assert_int_equal(fchmod(one_file_fd, 0644), 0);
	assert_errno(secrets_verify(one_file, SPAN("plain"), &password, &match),
	    EPERM);
}

static const struct {
	const char *text;
	int first;			/* byte of the key; -1: there is none */
} salt_keys[] = {
	{ "", -1 },
	{ "a:b\n", -1 },
	{ "#salt-key:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 0 },
	{ "a:b\n#salt-key:/wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
	    255 },
	{ "#salt-key:short\n"
	    "#salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	    "#salt-key:CAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 7 },
	{ "#salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \n", -1 },
	{ "#salt-key: BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", -1 },
	{ "#salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", -1 },
	{ "salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", -1 },
	{ " #salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", -1 },
	{ "a:#salt-key:BwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", -1 },
};

static void
salt_key__is_the_first_whole_line_of_that_form(void **state)
{
	unsigned char key[SECRETS_KEY];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(salt_keys); i++) {
		assert_int_equal(secrets_salt_key(span_of(salt_keys[i].text),
		    key), salt_keys[i].first != -1);
		if (salt_keys[i].first != -1)
			assert_int_equal(key[0], salt_keys[i].first);
	}
}

#define SCRAM_OF(n) "{SCRAM-SHA-256}" n "," SALT "," STORED "," SERVER "\n"

static uint32_t
iterations_of(const char *text, uint64_t lot)
{
	struct secrets_entry e = { .found = false };

	secrets_model(span_of(text), lot, &e);
	assert_int_equal(e.salt_len, 16);
	return e.iterations;
}

static void
model__without_a_scram_entry__is_what_we_make(void **state)
{
	(void)state;
	assert_int_equal(iterations_of("", 1), SECRETS_ITERATIONS);
	assert_int_equal(iterations_of("a:b\n", 1), SECRETS_ITERATIONS);
	assert_int_equal(iterations_of("#c:" SCRAM_OF("4096") "d:"
	    SCRAM_OF("4095") "e:" SCRAM_OF("5000"), 1), 5000);
}

/* As often as among those who have an entry, and always the same by a name. */
static void
model__of_two_counts__each_as_often_as_in_the_file(void **state)
{
	static const char text[] = "a:" SCRAM_OF("5000") "b:" SCRAM_OF("6000")
	    "c:" SCRAM_OF("6000") "d:" SCRAM_OF("6000");
	static const char more[] = "a:" SCRAM_OF("5000") "b:" SCRAM_OF("6000")
	    "c:" SCRAM_OF("6000") "d:" SCRAM_OF("6000")
	    "e:" SCRAM_OF("7000");
	uint32_t n, rare = 0, moved = 0;
	uint64_t lot;

	(void)state;
	for (lot = 1; lot <= 1000; lot++) {
		n = iterations_of(text, lot * UINT64_C(0x9e3779b97f4a7c15));
		assert_true(n == 5000 || n == 6000);
		assert_int_equal(n, iterations_of(text,
		    lot * UINT64_C(0x9e3779b97f4a7c15)));
		rare += n == 5000;
		moved += n != iterations_of(more,
		    lot * UINT64_C(0x9e3779b97f4a7c15));
	}
	assert_in_range(rare, 200, 300);
	assert_in_range(moved, 150, 250);
}

static void
stand_in_key__is_there_with_a_salt_that_stays(void **state)
{
	unsigned char a[SECRETS_KEY], b[SECRETS_KEY];

	(void)state;
	assert_false(secrets_stand_in_key(SPAN("a:b\n"), a));
	assert_false(secrets_stand_in_key(SPAN("a:" SCRAM_OF("4095")), a));
	assert_true(secrets_stand_in_key(SPAN("a:b\nc:" SCRAM_OF("4096")),
	    a));
	assert_true(secrets_stand_in_key(SPAN("a:b\nc:" SCRAM_OF("4096")),
	    b));
	assert_memory_equal(a, b, sizeof a);
	/* Of both secrets: neither can be tried by itself. */
	assert_true(secrets_stand_in_key(SPAN("a:d\nc:" SCRAM_OF("4096")),
	    b));
	assert_memory_not_equal(a, b, sizeof a);
	assert_true(secrets_stand_in_key(SPAN("a:b\nc:" SCRAM_OF("4097")),
	    b));
	assert_memory_not_equal(a, b, sizeof a);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, one_file_set_up, \
	    one_file_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__the_password_of_either_kind),
		TEST(salt_key__is_the_first_whole_line_of_that_form),
		TEST(model__without_a_scram_entry__is_what_we_make),
		TEST(model__of_two_counts__each_as_often_as_in_the_file),
		TEST(stand_in_key__is_there_with_a_salt_that_stays),
		TEST(usable__needs_an_entry),
		TEST(usable__needs_owner_and_mode),
		TEST(usable__of_a_file_beyond_reason__is_not),
		TEST(usable__tells_what_kinds_there_are),
		TEST(find__takes_the_first_line_of_that_very_user),
		TEST(find__of_an_unknown_user__shows_nothing),
		TEST(find__of_a_file_that_is_not_usable__says_why),
		TEST(scram__of_rfc_7677__has_its_keys),
		TEST(scram__of_a_wrong_line__is_of_no_use),
		TEST(scram__cut_short_anywhere__is_none),
		TEST(scram__with_a_salt_too_long__is_of_no_use),
		TEST(secret__too_long_or_with_a_nul__is_of_no_use),
		TEST(make_scram__salts_afresh_and_derives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
