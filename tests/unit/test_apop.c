#include "auth/apop.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAMP "<1896.697170952@dbc.mtview.ca.us>"
#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"	/* of tanstaaf */

static char path[] = "/tmp/solopop-apop.XXXXXX";
static int fd;

static int
set_up(void **state)
{
	(void)state;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	return (fd = mkstemp(path)) == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(fd);
	return unlink(path);
}

static void
fill(struct span text)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, text.p, text.len, 0), text.len);
}

static bool
matches(const char *user, const char *digest)
{
	bool match = false;

	assert_int_equal(apop_verify(path, span_of(user), STAMP,
	    span_of(digest), &match), 0);
	return match;
}

static void
verify__of_the_example_in_rfc_1939(void **state)
{
	(void)state;
	fill(SPAN("# secrets\nfred:other\nmrose:tanstaaf\n"));
	assert_true(matches("mrose", DIGEST));
	assert_false(matches("fred", DIGEST));
	assert_false(matches("MROSE", DIGEST));
	assert_false(matches("mros", DIGEST));
	assert_false(matches("nobody", DIGEST));
	assert_false(matches("", DIGEST));
	assert_false(matches("mrose", "C4C9334BAC560ECC979E58001B3E22FB"));
	assert_false(matches("mrose", ""));
	assert_false(matches("mrose", DIGEST "0"));
	assert_false(matches("# secrets", DIGEST));
}

static void
verify__takes_the_first_entry__to_the_end_of_its_line(void **state)
{
	(void)state;
	fill(SPAN("mrose:tanstaaf\nmrose:second\n"));
	assert_true(matches("mrose", DIGEST));
	fill(SPAN("\n:x\nmrose\nmrose:\nmrose:tanstaaf"));
	assert_true(matches("mrose", DIGEST));
	fill(SPAN("mrose:tanstaaf \n"));
	assert_false(matches("mrose", DIGEST));
}

/* A digest of what is taken in place of a secret that is not there. */
static void
verify__of_an_unknown_user__never_matches(void **state)
{
	(void)state;
	fill(SPAN("fred:x\n"));
	assert_false(matches("mrose", "ebf1a4c86f74b6f0422c8060c2893e22"));
	assert_false(matches("mrose", DIGEST));
}

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
};

static void
usable__needs_an_entry(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		fill(files[i].text);
		if (files[i].error == 0)
			assert_int_equal(apop_usable(path), 0);
		else
			assert_errno(apop_usable(path), files[i].error);
	}
}

static void
usable__needs_owner_and_mode(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0660, 0620, 0601, 0666 };
	char other[64];
	size_t i;

	(void)state;
	fill(SPAN("a:b\n"));
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(fchmod(fd, bad[i]), 0);
		assert_errno(apop_usable(path), EPERM);
	}
	assert_int_equal(fchmod(fd, 0600), 0);
	(void)memcpy(other, path, sizeof path);
	memcpy(other + strlen(path), ".link", 6);
	assert_int_equal(symlink(path, other), 0);
	assert_errno(apop_usable(other), ELOOP);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_errno(apop_usable(other), EPERM);
	assert_int_equal(unlink(other), 0);
	assert_errno(apop_usable(other), ENOENT);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 1, 1), 0);
		assert_errno(apop_usable(path), EPERM);
	}
}

static void
usable__of_a_file_beyond_reason__is_not(void **state)
{
	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
	assert_errno(apop_usable(path), EFBIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__of_the_example_in_rfc_1939),
		TEST(verify__takes_the_first_entry__to_the_end_of_its_line),
		TEST(verify__of_an_unknown_user__never_matches),
		TEST(usable__needs_an_entry),
		TEST(usable__needs_owner_and_mode),
		TEST(usable__of_a_file_beyond_reason__is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
