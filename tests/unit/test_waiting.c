/*
 * Does mail wait outside the Maildir?  In doubt it does, until a first draining.
 */
#include "box.h"
#include "maildir/files.h"
#include "maildir/waiting.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct waiting w;

static void
name(char to[PATH_MAX], const char *file)
{
	char path[BOX_PATH_MAX];

	(void)strcpy(to, box_path(path, file));
}

static bool
is_due(void)
{
	return waiting_is_due(&w, box_top());
}

static void
mail__in_either_file__is_due(void **state)
{
	(void)state;
	memset(&w, 0, sizeof w);
	assert_false(is_due());
	name(w.spool, "spool");
	name(w.temp_drop, "drop");
	assert_false(is_due());
	box_put("spool", SPAN(""));
	box_put("drop", SPAN(""));
	assert_false(is_due());
	box_put("drop", SPAN("x"));
	assert_true(is_due());
	box_put("drop", SPAN(""));
	box_put("spool", SPAN("x"));
	assert_true(is_due());
}

static void
mail__that_cannot_be_looked_at__is_due(void **state)
{
	static const char *const paths[] = { "spool/below", "loop" };
	char loop[BOX_PATH_MAX];
	size_t i;

	(void)state;
	memset(&w, 0, sizeof w);
	box_put("spool", SPAN("a file"));
	assert_int_equal(symlink("loop/x", box_path(loop, "loop")), 0);
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		name(w.spool, paths[i]);
		assert_true(is_due());
	}
	assert_int_equal(mkfifo(box_path(loop, "fifo"), 0600), 0);
	name(w.spool, "fifo");
	assert_true(is_due());
	name(w.temp_drop, "fifo");
	w.spool[0] = '\0';
	assert_true(is_due());
}

static void
draining__cut_short__is_due(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	memset(&w, 0, sizeof w);
	assert_int_equal(mkdir(box_path(path, STAGE), 0700), 0);
	assert_false(waiting_staged(box_top()));
	assert_false(is_due());
	box_put(STAGE "/" JOURNAL, SPAN("x"));
	assert_true(waiting_staged(box_top()));
	assert_true(is_due());
}

static void
directory__missing__is_due_until_a_first_draining(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&w, 0, sizeof w);
		name(w.named[i], "new");
		assert_false(is_due());
		name(w.named[i], "nowhere");
		assert_true(is_due());
		assert_string_equal(waiting_missing(&w), w.named[i]);
		assert_int_equal(errno, ENOENT);
		assert_false(waiting_drained(box_top()));
		box_put(DRAINED_FILE, SPAN(""));
		assert_true(waiting_drained(box_top()));
		assert_false(is_due());
		box_remove(DRAINED_FILE);
	}
}

static void
maildir__that_cannot_be_seen__counts_as_drained(void **state)
{
	char path[BOX_PATH_MAX], endless[PATH_MAX];

	(void)state;
	box_put("file", SPAN(""));
	assert_true(waiting_drained(box_path(path, "file")));
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	assert_true(waiting_drained(endless));
	assert_false(waiting_staged(endless));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(mail__in_either_file__is_due),
		BOX_TEST(mail__that_cannot_be_looked_at__is_due),
		BOX_TEST(draining__cut_short__is_due),
		BOX_TEST(directory__missing__is_due_until_a_first_draining),
		BOX_TEST(maildir__that_cannot_be_seen__counts_as_drained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
