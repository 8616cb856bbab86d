/*
 * What solopop-import says of a Maildir after the draining: never "all there"
 * when something is missing or could not be looked at, and no false alarm.
 */
#include "box.h"
#include "failing.h"
#include "import/expected.h"
#include "import/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define F "From jane Mon Jan  1 10:00:00 2024\n"

/* Of 14, 17 and 20 octets. */
#define ONE "a: b\n\n1234\n"
#define TWO "a: b\n\n1234567\n"
#define THREE "a: b\n\n1234567890\n"

static struct expected e;

static int
add_spool(struct span text, bool ids)
{
	char path[BOX_PATH_MAX];

	box_put("spool", text);
	expected_init(&e);
	return expected_add(&e, box_path(path, "spool"), ids, false);
}

static long
missing(void)
{
	long n = expected_missing(&e, box_top());

	expected_free(&e);
	return n;
}

static const struct {
	const char *const in_maildir[4];
	long missing;
} sizes[] = {
	{ { ONE, TWO, THREE }, 0 },
	{ { ONE, TWO, THREE, TWO }, 0 },
	{ { "a: b\n\n", ONE, TWO, THREE }, 0 },
	{ { TWO, THREE, ONE, "a: b\n\n12345678901234\n" }, 0 },
	{ { TWO, THREE }, 1 },
	{ { ONE, THREE }, 1 },
	{ { ONE, TWO }, 1 },
	{ { ONE, "a: b\n\n12345\n", THREE }, 1 },
	{ { ONE, "a: b\n\n12345\n", "a: b\n\n123456\n" }, 2 },
	{ { TWO, TWO, TWO, TWO }, 2 },
	{ { NULL }, 3 },
};

static void
messages__of_other_sizes__are_no_substitute(void **state)
{
	static const char *const names[] = { "new/1.a", "new/2.a", "new/3.a",
	    "new/4.a" };
	size_t i, j;
	long n;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		for (j = 0; j < COUNT(names); j++)
			if (sizes[i].in_maildir[j] != NULL)
				box_put(names[j],
				    span_of(sizes[i].in_maildir[j]));
			else if (box_has(names[j]))
				box_remove(names[j]);
		assert_int_equal(add_spool(SPAN(F ONE "\n" F TWO "\n" F THREE),
		    false), 0);
		assert_int_equal(e.n, 3);
		assert_int_equal(e.octets, 14 + 17 + 20);
		if ((n = missing()) != sizes[i].missing)
			fail_msg("case %zu: %ld", i, n);
	}
}

/* --- Unique-ids ---------------------------------------------------------------- */

static void
drain(void)
{
	char path[BOX_PATH_MAX];
	const struct spool_conf conf = { .path = box_path(path, "spool"),
	    .lock_gid = (gid_t)-1, .adopt = true, .lock_wait = 1000 };
	struct spool_report report;
	struct maildir md;

	maildir_init(&md);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_int_equal(spool_drain(&md, &conf, &report), 0);
	maildir_close(&md);
}

static void
ids__that_are_lost__are_missing(void **state)
{
	(void)state;
	assert_int_equal(add_spool(SPAN(F "X-UIDL: one\n" ONE "\n" F
	    "X-UIDL: two\n" TWO "\n" F THREE), true), 0);
	drain();
	assert_int_equal(expected_missing(&e, box_top()), 0);
	box_remove("solopop.uidl");
	assert_int_equal(missing(), 3);
}

/* The first keeps it, which need be neither the smallest nor the largest. */
static void
ids__that_several_have__are_no_alarm(void **state)
{
	static const char *const spools[] = {
		F "X-UIDL: x\n" TWO "\n" F "X-UIDL: x\n" ONE,
		F "X-UIDL: x\n" TWO "\n" F "X-UIDL: x\n" ONE "\n"
		    F "X-UIDL: x\n" THREE,
		F "X-UIDL: x\n" THREE "\n" F "X-UIDL: y\n" ONE "\n"
		    F "X-UIDL: x\n" ONE "\n" F "X-UIDL: x\n" TWO "\n"
		    F "X-UIDL: x\n" TWO,
	};
	size_t i;
	long n;

	for (i = 0; i < COUNT(spools); i++) {
		assert_int_equal(box_set_up(state), 0);
		assert_int_equal(add_spool(span_of(spools[i]), true), 0);
		drain();
		if ((n = missing()) != 0)
			fail_msg("spool %zu: %ld", i, n);
		assert_int_equal(box_tear_down(state), 0);
	}
}

/* --- What cannot be read ------------------------------------------------------- */

static void
spool__that_is_none__promises_nothing_or_is_told(void **state)
{
	char path[BOX_PATH_MAX], to[BOX_PATH_MAX];

	(void)state;
	expected_init(&e);
	assert_int_equal(expected_add(&e, "", true, false), 0);
	assert_int_equal(expected_add(&e, box_path(path, "none"), true, false),
	    0);
	assert_int_equal(e.n, 0);
	assert_int_equal(missing(), 0);
	assert_errno(expected_add(&e, box_top(), true, false), EPERM);
	assert_int_equal(mkfifo(box_path(path, "pipe"), 0600), 0);
	assert_errno(expected_add(&e, path, true, false), EPERM);
	assert_int_equal(symlink(box_path(to, "spool"),
	    box_path(path, "link")), 0);
	assert_errno(expected_add(&e, path, true, false), ELOOP);
	assert_errno(add_spool(SPAN("no mbox\n"), true), EBADMSG);
	expected_free(&e);
}

static void
any_call__that_fails__is_no_success(void **state)
{
	char path[BOX_PATH_MAX];
	long n, lacking;
	unsigned nth;

	(void)state;
	box_put("new/1.a", SPAN(ONE));
	box_put("new/3.a", SPAN(THREE));
	box_put("spool", SPAN(F ONE "\n" F TWO "\n" F THREE));
	for (nth = 1;; nth++) {
		expected_init(&e);
		failing_begin(nth, EIO);
		n = expected_add(&e, box_path(path, "spool"), false, false);
		lacking = n == 0 ? expected_missing(&e, box_top()) : -1;
		n = (long)e.n;
		expected_free(&e);
		if (!failing_end())
			break;
		/* What is without effect may fail. */
		if (lacking != -1 && (n != 3 || lacking < 1))
			fail_msg("%s, call %u: %ld of %ld", failing_name, nth,
			    lacking, n);
	}
	assert_int_equal(n, 3);
	assert_int_equal(lacking, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(messages__of_other_sizes__are_no_substitute),
		BOX_TEST(ids__that_are_lost__are_missing),
		cmocka_unit_test(ids__that_several_have__are_no_alarm),
		BOX_TEST(spool__that_is_none__promises_nothing_or_is_told),
		BOX_TEST(any_call__that_fails__is_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
