/*
 * A spool is drained and bulletins come, with another call failing each time.
 * Whatever it was, the next login without trouble has every message once, with
 * its unique-id, and nothing of the work is left lying about.
 */
#include "box.h"
#include "failing.h"
#include "fake_clock.h"
#include "import/bulletin.h"
#include "maildir/maildrop.h"
#include "import/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MBOX \
	"From jane Mon Jan  1 10:00:00 2024\n" \
	"X-UIDL: id-of-one\nStatus: RO\nSubject: one\n\nfirst\n\n" \
	"From jane Mon Jan  1 10:00:01 2024\n" \
	"X-UIDL: id-of-two\nSubject: two\n\n>From here on\n\n" \
	"From jane Mon Jan  1 10:00:02 2024\n" \
	"Subject: three\n\nno id, and no end of line"

static const int errors[] = { EIO, ESTALE, FAILING_SHORT };

static int
drain(void)
{
	char path[BOX_PATH_MAX];
	const struct spool_conf conf = { .path = box_path(path, "spool"),
	    .lock_gid = (gid_t)-1, .adopt = true, .lock_wait = 1000 };
	struct spool_report report;
	struct maildir md;
	int r;

	maildir_init(&md);
	r = maildir_open(&md, box_top());
	if (r == 0)
		r = spool_drain(&md, &conf, &report);
	maildir_close(&md);
	return r;
}

/* A session's messages: a word of each, by which it is known, and its id. */
static void
assert_maildrop(size_t n, const char *const words[], const char *const ids[])
{
	const struct maildrop_conf conf = { .lock = true };
	char text[256], uidl[UIDL_MAX];
	struct maildrop *d;
	uint32_t msgno;
	unsigned seen = 0;
	struct stored s;
	ssize_t len;
	size_t i;

	assert_int_equal(maildrop_open(&d, box_top(), &conf), 0);
	assert_int_equal(maildrop_count(d), n);
	for (msgno = 1; msgno <= n; msgno++) {
		assert_int_equal(maildrop_read(d, msgno, &s), 0);
		len = stored_read(&s, text, sizeof text - 1);
		assert_true(len > 0);
		text[len] = '\0';
		stored_close(&s);
		for (i = 0; i < n && strstr(text, words[i]) == NULL; i++)
			continue;
		assert_true(i < n);
		seen |= 1U << i;
		assert_int_equal(maildrop_uidl(d, msgno, uidl), 0);
		if (ids[i] != NULL)
			assert_string_equal(uidl, ids[i]);
	}
	assert_int_equal(seen, (1U << n) - 1);
	maildrop_close(d);
}

/* A lock file that could not be removed waits for somebody to look. */
static void
forget_lock(void)
{
	char path[BOX_PATH_MAX];

	(void)unlink(box_path(path, "spool.lock"));
}

static int
failing_drain(unsigned nth, int error)
{
	int r, failed;

	failing_begin(nth, error);
	r = drain();
	failed = failing_end();
	if (!failed || error == FAILING_SHORT)
		assert_int_equal(r, 0);
	/* All of it is safe, or still there. */
	if (r == 0)
		box_expect("spool", "");
	forget_lock();
	return failed;
}

static void
judge(void)
{
	static const char *const words[] = { "first", "From here on",
	    "no id, and no" };
	static const char *const ids[] = { "id-of-one", "id-of-two", NULL };

	assert_int_equal(drain(), 0);
	box_expect("spool", "");
	assert_false(box_has("solopop.drain"));
	assert_maildrop(3, words, ids);
}

static void
drain__whatever_fails__next_one_has_all_of_it_once(void **state)
{
	unsigned nth;
	size_t i;
	int more;

	for (i = 0; i < COUNT(errors); i++)
		for (nth = 1, more = 1; more; nth++) {
			assert_int_equal(box_set_up(state), 0);
			box_put("spool", SPAN(MBOX));
			more = failing_drain(nth, errors[i]);
			judge();
			assert_int_equal(box_tear_down(state), 0);
		}
}

/* Once, in the worst moments, and again while that is being mended. */
static void
drain__fails_twice__the_third_has_all_of_it_once(void **state)
{
	static const char *const moments[] = { "fsync", "renameat",
	    "ftruncate" };
	unsigned first, nth;
	size_t i;
	int more = 1;

	for (i = 0; i < COUNT(moments); i++)
		for (first = 1; first < 4; first++)
			for (nth = 1, more = 1; more; nth++) {
				assert_int_equal(box_set_up(state), 0);
				box_put("spool", SPAN(MBOX));
				failing_begin_only(moments[i], first, EIO);
				(void)drain();
				(void)failing_end();
				forget_lock();
				more = failing_drain(nth, EIO);
				judge();
				assert_int_equal(box_tear_down(state), 0);
			}
}

/* --- Bulletins ---------------------------------------------------------------- */

static int
deliver(void)
{
	char path[BOX_PATH_MAX];
	const struct bulletin_conf conf = { .max = 9,
	    .directory = box_path(path, "bulletins") };
	struct maildir md;
	uint32_t n;
	int r;

	maildir_init(&md);
	r = maildir_open(&md, box_top());
	if (r == 0)
		r = bulletin_deliver(&md, &conf, &n);
	maildir_close(&md);
	return r;
}

static void
post(void)
{
	char path[BOX_PATH_MAX];

	assert_int_equal(mkdir(box_path(path, "bulletins"), 0700), 0);
	box_put("bulletins/1.a", SPAN("From root Mon Jan  1 10:00:00 2024\n"
	    "Subject: a\n\nthe first\n"));
	box_put("bulletins/2.b", SPAN("Subject: b\n\nthe second\n"));
}

static int
failing_delivery(unsigned nth, int error)
{
	failing_begin(nth, error);
	(void)deliver();
	return failing_end();
}

static void
bulletins__whatever_fails__next_one_has_each_of_them_once(void **state)
{
	static const char *const words[] = { "the first", "the second" };
	static const char *const none[] = { NULL, NULL };
	unsigned nth;
	size_t i;
	int more;

	for (i = 0; i < COUNT(errors); i++)
		for (nth = 1, more = 1; more; nth++) {
			assert_int_equal(box_set_up(state), 0);
			post();
			more = failing_delivery(nth, errors[i]);
			assert_int_equal(deliver(), 0);
			assert_maildrop(2, words, none);
			assert_int_equal(box_tear_down(state), 0);
		}
}

static void
bulletins__read_and_deleted__never_come_again(void **state)
{
	const struct maildrop_conf conf = { .lock = true };
	struct maildrop_sum removed;
	struct maildrop *d;
	unsigned nth;
	size_t i;
	int more;

	for (i = 0; i < COUNT(errors); i++)
		for (nth = 1, more = 1; more; nth++) {
			assert_int_equal(box_set_up(state), 0);
			post();
			assert_int_equal(deliver(), 0);
			assert_int_equal(maildrop_open(&d, box_top(), &conf),
			    0);
			assert_int_equal(maildrop_delete(d, 1), 0);
			assert_int_equal(maildrop_delete(d, 2), 0);
			assert_int_equal(maildrop_update(d, &removed), 0);
			maildrop_close(d);
			more = failing_delivery(nth, errors[i]);
			assert_maildrop(0, NULL, NULL);
			assert_int_equal(box_tear_down(state), 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    drain__whatever_fails__next_one_has_all_of_it_once),
		cmocka_unit_test(
		    drain__fails_twice__the_third_has_all_of_it_once),
		cmocka_unit_test(
		    bulletins__whatever_fails__next_one_has_each_of_them_once),
		cmocka_unit_test(bulletins__read_and_deleted__never_come_again),
	};

	fake_step = 10;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
