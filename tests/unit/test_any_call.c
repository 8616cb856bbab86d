/*
 * A whole session on a Maildir, again and again, with another call failing each
 * time.  What it answers is true, what it was not told to remove is there
 * afterwards, and the next session finds all of it.
 */
#include "base/fd.h"
#include "box.h"
#include "failing.h"
#include "maildir/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGES 4

/* None has another one's octets, in none of the two sets. */
struct message {
	const char *unique;	/* and the id, but for those taken over */
	const char *text;
	uint64_t octets;
};

static const struct message short_ones[MESSAGES] = {
	{ "1000.a", "x\n", 3 },
	{ "2000.b", "x\nyy", 7 },
	{ "3000.c", "x\nyy\nzzz\n", 12 },
	{ "4000.d", "x\r\nyy\nzzz\nA", 15 },
};

static const struct message qpoppers[MESSAGES] = {
	{ "1000.a", "X-UIDL: abc\n\nx\n", 18 },
	{ "2000.b", "Subject: bb\n\nyy\n", 19 },
	{ "3000.c", "Subject: c\nX-UIDL: def\n\n", 27 },
	{ "4000.d", "Subject: dd\n\nX-UIDL: ghi\n", 28 },
};

static const struct message *messages = short_ones;

#define DELETED 1		/* the second is removed, the first one read */

struct scene {
	const struct message *messages;	/* NULL: the short ones */
	const char *ids[MESSAGES];	/* NULL: as the unique names */
	const char *adopt;
	void (*prepare)(void);
	void (*meanwhile)(void);	/* what others do during the session */
};

/* Wait for the file system's clock, so that directories are beyond doubt. */
static void
settle(void)
{
	struct stat now, then;
	char path[BOX_PATH_MAX];

	assert_int_equal(stat(box_path(path, "new"), &then), 0);
	do {
		box_put("tmp/clock", SPAN(""));
		assert_int_equal(stat(box_path(path, "tmp/clock"), &now), 0);
		box_remove("tmp/clock");
	} while (now.st_ctim.tv_sec == then.st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec <= then.st_ctim.tv_nsec);
}

static void
session_of_another_day(const char *adopt)
{
	const struct maildrop_conf conf = { .lock = true, .index = INDEX_AUTO,
	    .adopt = adopt };
	struct maildrop *d;

	assert_int_equal(maildrop_open(&d, box_top(), &conf), 0);
	maildrop_save(d);
	maildrop_close(d);
}

static void
put(const char *name, const struct message *m)
{
	box_put(name, span_of(m->text));
}

static void
plain(void)
{
	put("new/1000.a", &messages[0]);
	put("cur/2000.b:2,", &messages[1]);
	put("cur/3000.c:2,S", &messages[2]);
	put("new/4000.d", &messages[3]);
}

static void
with_index(void)
{
	plain();
	settle();
	session_of_another_day("none");
	settle();
}

static void
with_index_and_a_delivery(void)
{
	plain();
	box_remove("new/4000.d");
	settle();
	session_of_another_day("none");
	put("new/4000.d", &messages[3]);
}

static void
with_sizes_to_keep(void)
{
	plain();
	box_put("maildirsize", SPAN("100000S,1000C\n100 10\n"));
}

static void
with_a_list_of_dovecots(void)
{
	plain();
	box_put("dovecot-uidlist", SPAN("3 V77 N9 Gabc\n5 :1000.a\n"
	    "7 P1234 :3000.c\n"));
}

static void
with_a_list_of_couriers(void)
{
	plain();
	box_put("courierpop3dsizelist", SPAN("/3 9 77\n"
	    "1000.a 1 5:77:0\n" "3000.c:2,S 1 6:78:0\n"));
}

static void
with_ids_taken_over(void)
{
	with_a_list_of_dovecots();
	session_of_another_day("auto");
	assert_true(box_has("solopop.uidl"));
}

static void
others_set_flags(void)
{
	box_move("new/1000.a", "cur/1000.a:2,F");
	box_move("cur/2000.b:2,", "cur/2000.b:2,R");
	box_move("cur/3000.c:2,S", "cur/3000.c:2,RS");
	box_move("new/4000.d", "cur/4000.d:2,");
}

static const char *
id_of(const struct scene *scene, size_t i)
{
	return scene->ids[i] != NULL ? scene->ids[i] : messages[i].unique;
}

/* Which of ours is it?  It must be one; MESSAGES if it is not told. */
static size_t
look(struct maildrop *d, uint32_t msgno, const struct scene *scene)
{
	char uidl[UIDL_MAX];
	uint64_t octets;
	size_t i;

	if (maildrop_uidl(d, msgno, uidl) == -1 ||
	    maildrop_octets(d, msgno, &octets) == -1)
		return MESSAGES;
	for (i = 0; i < MESSAGES; i++)
		if (strcmp(uidl, id_of(scene, i)) == 0)
			break;
	assert_true(i < MESSAGES);
	assert_int_equal(octets, messages[i].octets);
	return i;
}

static void
retrieve(struct maildrop *d, uint32_t msgno, size_t i)
{
	struct stored s;
	char text[64];
	ssize_t n;

	if (maildrop_read(d, msgno, &s) == -1)
		return;
	n = stored_read(&s, text, sizeof text);
	if (n > 1 || (n == 1 && failing_name[0] == '\0')) {
		assert_int_equal(n, strlen(messages[i].text));
		assert_memory_equal(text, messages[i].text, (size_t)n);
	}
	stored_close(&s);
	maildrop_mark_read(d, msgno);
}

struct outcome {
	bool deleted;		/* the session has marked it */
	bool removed;		/* and said that it is gone */
	bool all_shown;
};

static struct outcome
work(const struct scene *scene)
{
	const struct maildrop_conf conf = { .lock = true, .index = INDEX_AUTO,
	    .adopt = scene->adopt };
	struct outcome o = { .deleted = false };
	struct maildrop_sum removed;
	struct maildrop *d;
	uint32_t msgno;
	size_t i;

	if (maildrop_open(&d, box_top(), &conf) == 0) {
		o.all_shown = maildrop_count(d) == MESSAGES;
		assert_true(o.all_shown || maildrop_unreadable(d) > 0);
		maildrop_save(d);
		failing_pause(1);
		if (scene->meanwhile != NULL)
			scene->meanwhile();
		failing_pause(0);
		for (msgno = 1; msgno <= maildrop_count(d); msgno++) {
			i = look(d, msgno, scene);
			if (i == 0)
				retrieve(d, msgno, i);
			if (i == DELETED && maildrop_delete(d, msgno) == 0)
				o.deleted = true;
		}
		if (maildrop_update(d, &removed) == 0) {
			o.removed = o.deleted;
			assert_int_equal(removed.count, o.deleted);
		}
	}
	maildrop_close(d);
	return o;
}

/* Nothing fails any more: what does the next session see? */
static void
judge(const struct scene *scene, const struct outcome *o)
{
	const struct maildrop_conf conf = { .lock = true, .index = INDEX_AUTO,
	    .adopt = scene->adopt };
	bool seen[MESSAGES] = { false };
	struct maildrop *d;
	uint32_t msgno;
	size_t i;

	assert_int_equal(maildrop_open(&d, box_top(), &conf), 0);
	for (msgno = 1; msgno <= maildrop_count(d); msgno++) {
		i = look(d, msgno, scene);
		assert_true(i < MESSAGES && !seen[i]);
		seen[i] = true;
		retrieve(d, msgno, i);
	}
	maildrop_close(d);
	for (i = 0; i < MESSAGES; i++) {
		if (i != DELETED || !o->deleted)
			assert_true(seen[i]);
		else if (o->removed)
			assert_false(seen[i]);
	}
}

/* 0 when no call was left to fail. */
static int
one_run(void **state, const struct scene *scene, unsigned nth, int error)
{
	struct outcome o;
	int failed;

	messages = scene->messages != NULL ? scene->messages : short_ones;
	assert_int_equal(box_set_up(state), 0);
	scene->prepare();
	failing_begin(nth, error);
	o = work(scene);
	failed = failing_end();
	if (!failed)
		assert_true(o.all_shown && o.removed);
	judge(scene, &o);
	assert_int_equal(box_tear_down(state), 0);
	return failed;
}

static void
play(void **state, const struct scene *scene)
{
	static const int errors[] = { EIO, ESTALE, EMFILE,
	    FAILING_SHORT };
	unsigned nth;
	size_t i;

	for (i = 0; i < COUNT(errors); i++)
		for (nth = 1; one_run(state, scene, nth, errors[i]); nth++)
			;
}

static void
any_syscall_failure__reports_error_or_succeeds(void **state)
{
	play(state, &(struct scene){ .prepare = plain });
}

static void
plain__flags_change_meanwhile__whatever_fails(void **state)
{
	play(state, &(struct scene){ .prepare = plain,
	    .meanwhile = others_set_flags });
}

static void
index__whatever_fails__is_told_or_true(void **state)
{
	play(state, &(struct scene){ .prepare = with_index });
}

static void
index__flags_change_meanwhile__whatever_fails(void **state)
{
	play(state, &(struct scene){ .prepare = with_index,
	    .meanwhile = others_set_flags });
}

static void
index__and_a_delivery__whatever_fails(void **state)
{
	play(state, &(struct scene){ .prepare = with_index_and_a_delivery });
}

static void
maildirsize__whatever_fails__is_told_or_true(void **state)
{
	play(state, &(struct scene){ .prepare = with_sizes_to_keep });
}

/* Dovecot's ids: message and mailbox in hexadecimal, or one that it has taken over. */
static const struct scene dovecots = { .adopt = "auto",
	.ids = { "000000050000004d", NULL, "1234" },
	.prepare = with_a_list_of_dovecots };

static void
list_of_dovecots__whatever_fails__its_ids_or_no_session(void **state)
{
	play(state, &dovecots);
}

static void
list_of_couriers__whatever_fails__its_ids_or_no_session(void **state)
{
	play(state, &(struct scene){ .adopt = "auto",
	    .ids = { "UID5-77", NULL, "UID6-78" },
	    .prepare = with_a_list_of_couriers });
}

static void
headers__whatever_fails__their_ids_or_no_session(void **state)
{
	play(state, &(struct scene){ .adopt = "auto,x-uidl",
	    .messages = qpoppers, .ids = { "abc", NULL, "def" },
	    .prepare = plain });
}

static void
ids_taken_over__whatever_fails__these_or_no_session(void **state)
{
	struct scene scene = dovecots;

	scene.prepare = with_ids_taken_over;
	play(state, &scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_syscall_failure__reports_error_or_succeeds),
		cmocka_unit_test(plain__flags_change_meanwhile__whatever_fails),
		cmocka_unit_test(index__whatever_fails__is_told_or_true),
		cmocka_unit_test(index__flags_change_meanwhile__whatever_fails),
		cmocka_unit_test(index__and_a_delivery__whatever_fails),
		cmocka_unit_test(maildirsize__whatever_fails__is_told_or_true),
		cmocka_unit_test(
		    list_of_dovecots__whatever_fails__its_ids_or_no_session),
		cmocka_unit_test(
		    list_of_couriers__whatever_fails__its_ids_or_no_session),
		cmocka_unit_test(
		    headers__whatever_fails__their_ids_or_no_session),
		cmocka_unit_test(
		    ids_taken_over__whatever_fails__these_or_no_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
