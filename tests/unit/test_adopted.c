#include "unit.h"

#include "box.h"
#include "failing.h"

#include "maildir/adopted.h"
#include "maildir/maildrop.h"
#include "maildir/table.h"
#include "maildir/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct maildir md;

#define ROW(name, id) { { name, sizeof name - 1 }, id }

static int
set_up(void **state)
{
	if (box_set_up(state) == -1)
		return -1;
	maildir_init(&md);
	return maildir_open(&md, box_top());
}

static int
tear_down(void **state)
{
	maildir_close(&md);
	return box_tear_down(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void
put(const char *text)
{
	box_put(ADOPTED_FILE, span_of(text));
}

static const char *
find(const struct adopted *a, const char *unique)
{
	const char *uidl = adopted_find(a, span_of(unique));

	return uidl != NULL ? uidl : "-";
}

static void
file__is_read__whatever_its_order(void **state)
{
	struct adopted a;

	(void)state;
	put("solopop uidl 1\nid-b 2.b\nid-a 1.a\nid-c 3.%41%25%0ac\n");
	assert_int_equal(adopted_read(&a, &md), 0);
	assert_int_equal(a.n, 3);
	assert_string_equal(find(&a, "1.a"), "id-a");
	assert_string_equal(find(&a, "2.b"), "id-b");
	assert_string_equal(find(&a, "3.A%\nc"), "id-c");
	assert_string_equal(find(&a, "1"), "-");
	assert_string_equal(find(&a, "1.ab"), "-");
	assert_string_equal(find(&a, "4"), "-");
	assert_null(adopted_find(&a, (struct span){ "1.ax", 2 }));
	assert_string_equal(adopted_find(&a, (struct span){ "1.ax", 3 }),
	    "id-a");
	adopted_free(&a);
}

#define X10 "xxxxxxxxxx"
#define LONGER_THAN_AN_ID X10 X10 X10 X10 X10 X10 X10 "x"

static void
lines__without_sense__are_passed_over(void **state)
{
	struct adopted a;

	(void)state;
	put("solopop uidl 1\n\nx\n 1.a\nid \nid%\nbad\tid 1.a\nid 1.%\nid 1.%0\n"
	    "id 1.%zz\nid 1.%00\nid%20x 1.a\ngood 2.b\n"
	    LONGER_THAN_AN_ID " 2.c\nid 3.cut");
	assert_int_equal(adopted_read(&a, &md), 0);
	assert_int_equal(a.n, 2);
	assert_string_equal(find(&a, "1.a"), "id%20x");
	assert_string_equal(find(&a, "2.b"), "good");
	adopted_free(&a);
}

static void
file__of_another_kind__is_refused(void **state)
{
	static const char *const texts[] = { "", "\n", "solopop uidl 1",
	    "solopop uidl 2\n", "solopop uidl 10\nid 1.a\n", "x" };
	struct adopted a;
	char path[BOX_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		put(texts[i]);
		assert_int_equal(adopted_read(&a, &md), -1);
		assert_int_equal(errno, EBADMSG);
		adopted_free(&a);
	}
	box_remove(ADOPTED_FILE);
	assert_int_equal(adopted_read(&a, &md), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(symlink("new", box_path(path, ADOPTED_FILE)), 0);
	assert_int_equal(adopted_read(&a, &md), -1);
	assert_int_equal(errno, EPERM);
	box_remove(ADOPTED_FILE);
	assert_int_equal(mkfifo(box_path(path, ADOPTED_FILE), 0600), 0);
	assert_int_equal(adopted_read(&a, &md), -1);
	assert_int_equal(errno, EPERM);
}

static void
add__replaces_the_rows_of_the_same_names(void **state)
{
	static const struct adopted_row first[] = {
		ROW("2.b", "early"), ROW("1.a", "one"), ROW("9 \n%", "odd"),
		ROW("3.c", "not lawful"), ROW("", "empty"), ROW("2.b", "two"),
	};
	static const struct adopted_row second[] = {
		ROW("1.a", "other"), ROW("0.z", "zero"), ROW("5.e", "five"),
	};

	(void)state;
	assert_int_equal(adopted_add(&md, first, 6, NULL), 0);
	box_expect(ADOPTED_FILE, "solopop uidl 1\none 1.a\ntwo 2.b\n"
	    "odd 9%20%0A%25\n");
	assert_int_equal(adopted_add(&md, second, 3, NULL), 0);
	box_expect(ADOPTED_FILE, "solopop uidl 1\nzero 0.z\nother 1.a\ntwo 2.b\n"
	    "five 5.e\nodd 9%20%0A%25\n");
}

/* More than a buffer's worth, twice. */
static void
add__of_many__keeps_each(void **state)
{
	enum { MANY = 6000 };
	static char names[MANY][16], ids[MANY][16];
	static struct adopted_row rows[MANY];
	int i, half;
	struct adopted a;

	(void)state;
	for (i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "%d. %d", i % 7, i);
		(void)snprintf(ids[i], sizeof ids[i], "id-%d", i);
		rows[i] = (struct adopted_row){ span_of(names[i]), ids[i] };
	}
	for (half = 0; half < 2; half++)
		assert_int_equal(adopted_add(&md, rows + half * (MANY / 2),
		    MANY / 2, NULL), 0);
	assert_int_equal(adopted_read(&a, &md), 0);
	assert_int_equal(a.n, MANY);
	for (i = 0; i < MANY; i++)
		assert_string_equal(find(&a, names[i]), ids[i]);
	adopted_free(&a);
}

/* The file, and then its name; what cannot be had is told. */
static void
add__is_on_the_disk__before_it_has_its_name(void **state)
{
	static const struct adopted_row old = ROW("1.a", "one");
	static const struct adopted_row row = ROW("2.b", "two");

	(void)state;
	assert_int_equal(adopted_add(&md, &old, 1, NULL), 0);
	failing_begin_only("fsync", 1, EIO);
	assert_int_equal(adopted_add(&md, &row, 1, NULL), -1);
	assert_true(failing_end());
	box_expect(ADOPTED_FILE, "solopop uidl 1\none 1.a\n");
	failing_begin_only("fsync", 2, EIO);
	assert_int_equal(adopted_add(&md, &row, 1, NULL), -1);
	assert_true(failing_end());
	box_expect(ADOPTED_FILE, "solopop uidl 1\none 1.a\ntwo 2.b\n");
}

static void
add__of_nothing__makes_the_file(void **state)
{

	(void)state;
	assert_int_equal(adopted_add(&md, NULL, 0, NULL), 0);
	box_expect(ADOPTED_FILE, "solopop uidl 1\n");
	put("something else\n");
	assert_int_equal(adopted_add(&md, NULL, 0, NULL), -1);
	assert_int_equal(errno, EBADMSG);
	box_expect(ADOPTED_FILE, "something else\n");
}

/* The message is removed all the same, and the log hears of the list. */
static void
twin__whose_row_cannot_be_written__is_told(void **state)
{
	const struct maildrop_conf conf = { .index = INDEX_AUTO };
	struct maildrop_sum removed;
	struct maildrop *d;

	(void)state;
	box_put("new/1.a", span_of("x\n"));
	box_put("cur/1.a:2,S", span_of("yy\n"));
	assert_int_equal(maildrop_open(&d, box_top(), &conf), MAILDROP_OPEN);
	assert_int_equal(maildrop_delete(d, 1), 0);
	failing_begin_only("renameat", 1, ENOSPC);
	assert_int_equal(maildrop_update(d, &removed), 0);
	assert_int_equal(failing_end(), 1);
	assert_int_equal(removed.count, 1);
	assert_non_null(strstr(maildrop_error(d), ADOPTED_FILE));
	maildrop_close(d);
	box_expect(ADOPTED_FILE, "solopop uidl 1\n#source=none\n");
}

/* --- Where a file system takes no colon -------------------------------------- */

static void
seen__file_system_refuses_a_colon__semicolon_and_the_same_id(void **state)
{
	const struct maildrop_conf conf = { .index = INDEX_OFF };
	struct maildrop_sum removed;
	struct maildrop *d;
	char uidl[UIDL_MAX];

	(void)state;
	box_put("new/1.a", span_of("x\n"));
	assert_int_equal(maildrop_open(&d, box_top(), &conf), MAILDROP_OPEN);
	maildrop_mark_read(d, 1);
	failing_begin_only("renameat", 1, EINVAL);
	assert_int_equal(maildrop_update(d, &removed), 0);
	assert_int_equal(failing_end(), 1);
	maildrop_close(d);
	assert_true(box_has("cur/1.a;2,S"));
	assert_false(box_has("new/1.a"));
	assert_int_equal(maildrop_open(&d, box_top(), &conf), MAILDROP_OPEN);
	assert_int_equal(maildrop_count(d), 1);
	assert_int_equal(maildrop_uidl(d, 1, uidl), 0);
	assert_string_equal(uidl, "1.a");
	maildrop_mark_read(d, 1);
	assert_int_equal(maildrop_update(d, &removed), 0);
	maildrop_close(d);
	assert_true(box_has("cur/1.a;2,S"));
}

static void
seen__any_other_error__keeps_the_name(void **state)
{
	static const int errors[] = { EACCES, EROFS, EIO, ENOSPC };
	const struct maildrop_conf conf = { .index = INDEX_OFF };
	struct maildrop_sum removed;
	struct maildrop *d;
	size_t i;

	(void)state;
	box_put("new/1.a", span_of("x\n"));
	for (i = 0; i < COUNT(errors); i++) {
		assert_int_equal(maildrop_open(&d, box_top(), &conf),
		    MAILDROP_OPEN);
		maildrop_mark_read(d, 1);
		failing_begin_only("renameat", 1, errors[i]);
		assert_int_equal(maildrop_update(d, &removed), 0);
		assert_int_equal(failing_end(), 1);
		maildrop_close(d);
		assert_true(box_has("new/1.a"));
	}
}

/* --- What a session sees ----------------------------------------------------- */

static void
expect_ids(const char *how, const char *ids)
{
	const struct maildrop_conf conf = { .index = INDEX_AUTO, .adopt = how };
	char uidl[UIDL_MAX], all[4096] = "";
	struct maildrop *d;
	uint32_t i;

	assert_int_equal(maildrop_open(&d, box_top(), &conf), 0);
	for (i = 1; i <= maildrop_count(d); i++) {
		assert_int_equal(maildrop_uidl(d, i, uidl), 0);
		(void)strcat(strcat(all, uidl), " ");
	}
	assert_string_equal(all, ids);
	maildrop_save(d);
	maildrop_close(d);
}

static void
put_three(void)
{
	box_put("new/1.a", span_of("X-UIDL: from-a\n\n"));
	box_put("cur/2.b:2,S", span_of("Subject: x\nx-uidl:  from-b \r\n"
	    "X-UIDL: second\n\n"));
	box_put("new/3.c", span_of("Subject: x\n\nX-UIDL: body\n"));
}

static void
ids__that_were_adopted__hold_with_index_and_without(void **state)
{
	(void)state;
	put_three();
	expect_ids("auto", "1.a 2.b 3.c ");
	put("solopop uidl 1\ntwo 2.b\n");
	expect_ids("auto", "1.a two 3.c ");
	expect_ids("auto", "1.a two 3.c ");
	box_move("cur/2.b:2,S", "cur/2.b:2,FS");
	expect_ids("auto", "1.a two 3.c ");
	put("solopop uidl 1\nTWO 2.b\nthree 3.c\n");
	expect_ids("auto", "1.a TWO three ");
	put("nonsense");
	{
		const struct maildrop_conf conf = { .index = INDEX_AUTO };
		struct maildrop *d;

		assert_int_equal(maildrop_open(&d, box_top(), &conf),
		    MAILDROP_NO_IDS);
		assert_non_null(strstr(maildrop_error(d), ADOPTED_FILE));
		maildrop_close(d);
	}
}

#define MD5_OF_1_A "4e98ad274faf47a40d5d4a0ccfad4843"
#define MD5_OF_2_B "4d17423dfce3bb2aa69549522d99884b"
#define MD5_OF_3_C "dc3afa79a92495c4762453f74f754005"

static void
id__of_two_messages__is_the_adopted_ones(void **state)
{
	(void)state;
	put_three();
	put("solopop uidl 1\n1.a 3.c\nsame 1.a\n");
	expect_ids("none", "same 2.b 1.a ");
	/* Known by now: an id that was given out stays, and is written again. */
	put("solopop uidl 1\n1.a 3.c\n");
	expect_ids("none", "same 2.b 1.a ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\nsame 1.a\n1.a 3.c\n");
	put("solopop uidl 1\n1.a 3.c\n");
	box_remove("solopop.index");
	expect_ids("none", MD5_OF_1_A " 2.b 1.a ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n" MD5_OF_1_A " 1.a\n"
	    "1.a 3.c\n");
}

/* IMAP sets a flag between the scan and the reading of the header. */
static int
open_renamed(void *ctx, size_t idx, struct stored *s)
{
	if (idx == 0 && box_has("new/1.a"))
		box_move("new/1.a", "cur/1.a:2,F");
	if (idx == 1 && box_has("cur/2.b:2,S"))
		box_move("cur/2.b:2,S", "cur/2.b:2,RS");
	return table_read(ctx, idx, s);
}

static void
flag__changed_during_adoption__header_gives_the_id(void **state)
{
	static const bool none[2];
	struct takeover o = { .setting = "auto,x-uidl", .open = open_renamed };
	struct table t;

	(void)state;
	o.ctx = &t;
	put_three();
	table_init(&t, &md);
	assert_int_equal(mails_scan(&t.list, &md, none, &t.scanned), 0);
	t.n = t.list.n;
	assert_int_equal(takeover_first(&md, &t.list, &o), 0);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.list.v[0].uidl, "from-a");
	assert_string_equal(t.list.v[1].uidl, "from-b");
	assert_null(t.list.v[2].uidl);
	table_close(&t);
}

static void
headers__are_asked_once_and_if_wanted(void **state)
{
	(void)state;
	put_three();
	expect_ids("auto", "1.a 2.b 3.c ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n#source=none\n");
	expect_ids("auto,x-uidl", "1.a 2.b 3.c ");
	box_remove("solopop.index");
	box_remove(ADOPTED_FILE);
	expect_ids("auto,x-uidl", "from-a from-b 3.c ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n#source=x-uidl\n"
	    "from-a 1.a\nfrom-b 2.b\n");
	box_put("new/4.d", span_of("X-UIDL: forged\n\n"));
	expect_ids("auto,x-uidl", "from-a from-b 3.c 4.d ");
}

static void
lists__of_other_servers__are_taken_over(void **state)
{
	static const struct {
		const char *file, *text, *ids;
	} cases[] = {
		{ "courierpop3dsizelist", "/3 5 77\n1.a 12 1:77:0\n"
		    "2.b:2,S 5 3:0:0\n3.c 1 0:0:0\nbroken\n9 9 9\n",
		    "UID1-77 UID3 3.c " },
		{ "courierpop3dsizelist", "/2 5 77\n1.a 12 1:77\n",
		    "UID1-77 2.b 3.c " },
		{ "courierpop3dsizelist", "/1 5 77\n1.a 12 1:77\n",
		    "1.a 2.b 3.c " },
		{ "dovecot-uidlist", "3 V1700000000 N9 Gabc\n1 :1.a\n"
		    "10 W33 Pown-id S3 :2.b:2,S\n11 W3 :3.c\nx :1.a\n",
		    "000000016553f100 own-id 0000000b6553f100 " },
		{ "dovecot-uidlist", "1 255 9\n1 1.a\n2 2.b\n",
		    "00000001000000ff 00000002000000ff 3.c " },
		{ "dovecot-uidlist", "3 N9 V77\n1 :1.a\n",
		    "000000010000004d 2.b 3.c " },
		{ "dovecot-uidlist", "3 V77\n1 P12345678901234567890123456789"
		    "01234567890123456789012345678901234567890123456789 :1.a\n"
		    "2 :2.b\n", "1.a 000000020000004d 3.c " },
		{ "dovecot-uidlist", "4 V1 N9\n1 :1.a\n", "1.a 2.b 3.c " },
		{ "dovecot-uidlist", "", "1.a 2.b 3.c " },
		{ "dovecot-uidlist", "3\n1 :1.a\n2", "1.a 2.b 3.c " },
		{ "dovecot-uidlist", "3 V1 N2\n1\n1 \n1  :1.a\n1 :\n",
		    "1.a 2.b 3.c " },
	};
	size_t i;

	(void)state;
	put_three();
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		box_put(cases[i].file, span_of(cases[i].text));
		expect_ids("auto", cases[i].ids);
		expect_ids("auto", cases[i].ids);
		assert_true(box_has(ADOPTED_FILE));
		box_remove(cases[i].file);
		box_remove(ADOPTED_FILE);
		box_remove("solopop.index");
	}
}

static void
forget(void)
{
	box_remove(ADOPTED_FILE);
	box_remove("solopop.index");
}

static void
sources__named__give_their_ids(void **state)
{
	static const struct {
		const char *setting, *ids;
	} cases[] = {
		{ "none", "1.a 2.b 3.c " },
		{ "name", "1.a 2.b 3.c " },
		{ "name-md5", MD5_OF_1_A " " MD5_OF_2_B " " MD5_OF_3_C " " },
		{ "courier", "UID1-77 2.b 3.c " },
		{ "dovecot", "0000000100000009 own 3.c " },
		{ "dovecot:%u-%v", "1-9 own 3.c " },
		{ "dovecot:%Mf", MD5_OF_1_A " own 3.c " },
		{ "dovecot:%MUf", "4E98AD274FAF47A40D5D4A0CCFAD4843 own 3.c " },
		{ "dovecot:x%g%%", "xguid% own 3.c " },
		{ "x-uidl,dovecot", "from-a from-b 3.c " },
		{ "dovecot,x-uidl", "0000000100000009 own 3.c " },
		{ "courier,x-uidl", "UID1-77 from-b 3.c " },
		{ "ids-file:ids", "1.a mine two " },
		{ "ids-file:no-ids", "1.a 2.b 3.c " },
	};
	size_t i;

	(void)state;
	put_three();
	box_put("courierpop3dsizelist", SPAN("/3 5 77\n1.a 12 1:77:0\n"));
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 Gguid W9 :1.a\n"
	    "2 Pown :2.b:2,S\n"));
	box_put("ids", SPAN("mine 2.b\n# of old\ntwo 3.c\nhalf a line"));
	for (i = 0; i < COUNT(cases); i++) {
		expect_ids(cases[i].setting, cases[i].ids);
		box_remove("solopop.index");
		expect_ids("none", cases[i].ids);
		forget();
	}
}

/* A bare P stands for the name; ids of Dovecot's %g and %f are names, too. */
static void
dovecot__saved_ids_that_are_names__are_kept(void **state)
{
	(void)state;
	box_put("new/1.a,S=3", SPAN("a\n"));
	box_put("new/2.b,S=3", SPAN("b\n"));
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 P :1.a,S=3\n"
	    "2 P2.b,S=3 :2.b,S=3\n"));
	expect_ids("auto", "1.a,S=3 2.b,S=3 ");
	forget();
	expect_ids("dovecot:%f", "1.a,S=3 2.b,S=3 ");
	forget();
	expect_ids("name", "1.a,S=3 2.b,S=3 ");
}

static void
uw__numbers_of_headers__are_ids(void **state)
{
	(void)state;
	box_put("new/1.a", SPAN("X-IMAPbase: 255 00010\nX-UID: 9\n\nx\n"));
	box_put("new/2.b", SPAN("Subject: b\nX-UID: 10\n\nx\n"));
	box_put("new/3.c", SPAN("Subject: c\n\nX-UID: 11\n"));
	expect_ids("uw", "000000ff00000009 000000ff0000000a 3.c ");
	forget();
	expect_ids("uw:%08Xu%08Xv", "00000009000000ff 0000000a000000ff 3.c ");
}

static void
set_age(const char *file, time_t days)
{
	char path[BOX_PATH_MAX];
	struct timespec when[2] = { { time(NULL) - days * (time_t)86400, 0 } };

	when[1] = when[0];
	assert_int_equal(utimensat(AT_FDCWD, box_path(path, file), when, 0),
	    0);
}

/* Courier long ago and Dovecot since, or the other way round, or an empty list. */
static void
auto__of_two_lists__takes_the_newest_that_fits(void **state)
{
	(void)state;
	put_three();
	box_put("courierpop3dsizelist", SPAN("/3 5 77\n1.a 12 1:77:0\n"));
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 W9 :1.a\n"));
	set_age("courierpop3dsizelist", 700);
	expect_ids("auto", "0000000100000009 2.b 3.c ");
	forget();
	set_age("dovecot-uidlist", 900);
	expect_ids("auto", "UID1-77 2.b 3.c ");
	forget();
	box_put("courierpop3dsizelist", SPAN(""));
	expect_ids("auto", "0000000100000009 2.b 3.c ");
	forget();
	box_put("courierpop3dsizelist", SPAN("/3 5 77\nanother 12 1:77:0\n"));
	expect_ids("auto", "0000000100000009 2.b 3.c ");
}

static void
auto__where_dovecot_served_imap_alone__keeps_names(void **state)
{
	(void)state;
	put_three();
	box_put("dovecot.index.log", SPAN("x"));
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 :1.a\n2 :2.b\n"));
	expect_ids("auto", "1.a 2.b 3.c ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n#source=none\n");
	forget();
	expect_ids("dovecot", "0000000100000009 0000000200000009 3.c ");
	forget();
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 :1.a\n2 W7 :2.b\n"));
	expect_ids("auto", "0000000100000009 0000000200000009 3.c ");
}

/* The old server goes on, before and after ours, in any order. */
static void
list__that_lives_on__has_the_ids_of_new_mail_alone(void **state)
{
	(void)state;
	put_three();
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 W9 :1.a\n"));
	expect_ids("auto", "0000000100000009 2.b 3.c ");
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 W9 :1.a\n2 :2.b\n"
	    "4 :4.d\n"));
	box_put("new/4.d", SPAN("d\n"));
	box_put("new/5.e", SPAN("e\n"));
	expect_ids("none", "0000000100000009 2.b 3.c 0000000400000009 5.e ");
	box_put("dovecot-uidlist", SPAN("3 V8 N9 Gabc\n1 :1.a\n3 :3.c\n"
	    "5 :5.e\n"));
	box_remove("solopop.index");
	expect_ids("none", "0000000100000009 2.b 3.c 0000000400000009 5.e ");
	box_remove("dovecot-uidlist");
	box_remove("solopop.index");
	expect_ids("none", "0000000100000009 2.b 3.c 0000000400000009 5.e ");
}

static void
list__that_nobody_has_written_to_for_a_month__is_asked_no_more(void **state)
{
	(void)state;
	put_three();
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 W9 :1.a\n4 :4.d\n"));
	set_age("dovecot-uidlist", 31);
	expect_ids("auto", "0000000100000009 2.b 3.c ");
	box_put("new/4.d", SPAN("d\n"));
	expect_ids("auto", "0000000100000009 2.b 3.c 4.d ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n"
	    "#source=dovecot:%08Xu%08Xv\n0000000100000009 1.a\n");
}

/* A named list that is not there at the first session is not asked later. */
static void
list__that_appears_after_the_first_session__changes_no_id(void **state)
{
	(void)state;
	put_three();
	expect_ids("courier,dovecot", "1.a 2.b 3.c ");
	box_expect(ADOPTED_FILE, "solopop uidl 1\n#source=none\n");
	box_put("dovecot-uidlist", SPAN("3 V9 N9 Gabc\n1 W9 :1.a\n2 :2.b\n"));
	box_remove("solopop.index");
	expect_ids("courier,dovecot", "1.a 2.b 3.c ");
}

static void
names__that_get_a_size_later__keep_the_ids_they_had(void **state)
{
	(void)state;
	put_three();
	expect_ids("name", "1.a 2.b 3.c ");
	box_put("new/4.d", SPAN("d\n"));
	expect_ids("name", "1.a 2.b 3.c 4.d ");
	box_move("new/3.c", "new/3.c,S=9");
	box_move("new/4.d", "new/4.d,S=2");
	box_remove("solopop.index");
	expect_ids("name", "1.a 2.b 3.c 4.d ");
}

/* A program that adds a size to a name changes no id. */
static void
name__that_gets_or_loses_a_size__keeps_its_adopted_id(void **state)
{
	(void)state;
	put_three();
	put("solopop uidl 1\none 1.a\ntwo 2.b,S=4\nthree 3.c,S=1\n"
	    "three-too 3.c,S=2\n");
	expect_ids("none", "one two 3.c ");
	box_move("new/1.a", "new/1.a,S=3");
	box_remove("solopop.index");
	expect_ids("none", "one two 3.c ");
}

/* Courier had them from names, and what it found odd as +XX. */
static void
courier__message_of_number_0__has_its_name_as_id(void **state)
{
	(void)state;
	box_put("new/1.it's", SPAN("Subject: a\n\n"));
	box_put("new/2.b+c", SPAN("Subject: b\n\n"));
	box_put("courierpop3dsizelist", SPAN("/3 5 77\n1.it's 12 0:0:0\n"
	    "2.b+c 12 0:0:0\n"));
	expect_ids("auto", "1.it+27s 2.b+2Bc ");
}

static void
ids__that_cannot_be_written__hold_for_the_session(void **state)
{
	(void)state;
	put_three();
	failing_begin_only("renameat", 1, ENOSPC);
	expect_ids("auto,x-uidl", "from-a from-b 3.c ");
	assert_true(failing_end());
	assert_false(box_has(ADOPTED_FILE));
	assert_false(box_has("solopop.index"));
	expect_ids("auto,x-uidl", "from-a from-b 3.c ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file__is_read__whatever_its_order),
		TEST(lines__without_sense__are_passed_over),
		TEST(file__of_another_kind__is_refused),
		TEST(add__replaces_the_rows_of_the_same_names),
		TEST(add__of_many__keeps_each),
		TEST(add__is_on_the_disk__before_it_has_its_name),
		TEST(add__of_nothing__makes_the_file),
		TEST(ids__that_were_adopted__hold_with_index_and_without),
		TEST(id__of_two_messages__is_the_adopted_ones),
		TEST(twin__whose_row_cannot_be_written__is_told),
		TEST(seen__file_system_refuses_a_colon__semicolon_and_the_same_id),
		TEST(seen__any_other_error__keeps_the_name),
		TEST(flag__changed_during_adoption__header_gives_the_id),
		TEST(headers__are_asked_once_and_if_wanted),
		TEST(sources__named__give_their_ids),
		TEST(dovecot__saved_ids_that_are_names__are_kept),
		TEST(uw__numbers_of_headers__are_ids),
		TEST(auto__of_two_lists__takes_the_newest_that_fits),
		TEST(auto__where_dovecot_served_imap_alone__keeps_names),
		TEST(list__that_lives_on__has_the_ids_of_new_mail_alone),
		TEST(
		    list__that_nobody_has_written_to_for_a_month__is_asked_no_more),
		TEST(name__that_gets_or_loses_a_size__keeps_its_adopted_id),
		TEST(list__that_appears_after_the_first_session__changes_no_id),
		TEST(names__that_get_a_size_later__keep_the_ids_they_had),
		TEST(lists__of_other_servers__are_taken_over),
		TEST(courier__message_of_number_0__has_its_name_as_id),
		TEST(ids__that_cannot_be_written__hold_for_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
