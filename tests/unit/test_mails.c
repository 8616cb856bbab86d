/*
 * The list of messages: found once each, in order, and found again.
 */
#include "box.h"
#include "base/num.h"
#include "base/sum.h"
#include "maildir/files.h"
#include "maildir/mails.h"
#include "maildir/places.h"
#include "maildir/uidl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const bool skip_none[2];
static struct maildir md;
static struct mails list;
static struct maildir_stamp stamp;
static const char *untold;	/* of which the disk says nothing but EIO */
static int restless;		/* looks at solopop.uidl, each with another time */

/* In the place of the C library's.  The system call has a name for each width. */
int
fstatat(int at, const char *path, struct stat *st, int flags)
{
	int fd, r = -1;

	errno = EIO;
	if (untold != NULL && strcmp(path, untold) == 0)
		return -1;
	if (restless > 0 && strcmp(path, ADOPTED_FILE) == 0) {
		memset(st, 0, sizeof *st);
		st->st_ctim.tv_sec = restless++;
		return 0;
	}
	fd = openat(at, path, O_PATH |
	    (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0));
	if (fd != -1) {
		r = fstat(fd, st);
		(void)close(fd);
	}
	return r;
}

static int
set_up(void **state)
{
	maildir_init(&md);
	mails_init(&list);
	untold = NULL;
	restless = 0;
	return box_set_up(state);
}

static int
tear_down(void **state)
{
	mails_free(&list);
	maildir_close(&md);
	return box_tear_down(state);
}

static void
scan(void)
{
	mails_free(&list);
	if (md.top == -1)
		assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_int_equal(mails_scan(&list, &md, skip_none, &stamp), 0);
}

/* The files of the list, in its order, a blank behind each. */
static void
expect(const char *files)
{
	char got[2048] = "";
	size_t i, len = 0;

	for (i = 0; i < list.n; i++) {
		assert_true(len < sizeof got - 300);
		len += (size_t)snprintf(got + len, sizeof got - len, "%s%s%s ",
		    list.v[i].gone ? "!" : "",
		    list.v[i].where == MAILDIR_CUR ? "cur/" : "new/",
		    list.v[i].file);
	}
	assert_string_equal(got, files);
}

static const char *const ordered[] = {
	"cur/.no", "new/name", "cur/1", "new/9.a", "cur/10", "new/10.a:2,S",
	"cur/10.a1", "new/10.b", "cur/10.b1:2,", "new/11\xff",
	"new/99999999999"
};

static void
scan__orders_by_time_and_bytes__wherever_they_are(void **state)
{
	size_t i;

	(void)state;
	for (i = COUNT(ordered); i-- > 0;)
		box_put(ordered[i], SPAN(""));
	scan();
	expect("new/name cur/1 new/9.a cur/10 new/10.a:2,S cur/10.a1 new/10.b "
	    "cur/10.b1:2, new/11\xff new/99999999999 ");
}

/* Whatever is a file name, and not a dot-file, is a message's. */
static void
scan__of_any_file_name__finds_it(void **state)
{
	char name[4 + 255 + 1] = "new/";
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		if (c == '/' || c == '.')
			continue;
		(void)snprintf(name, sizeof name, "new/%c%d", c, c);
		box_put(name, SPAN(""));
	}
	memset(name + 4, 'x', 255);
	name[4 + 255] = '\0';
	box_put(name, SPAN(""));
	scan();
	assert_int_equal(list.n, 254);
}

static void
scan__leaves_out_what_is_no_file(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("new/.dot", SPAN(""));
	box_put("new/1.a", SPAN(""));
	assert_int_equal(mkdir(box_path(path, "new/2.dir"), 0700), 0);
	assert_int_equal(symlink("1.a", box_path(path, "new/4.link")), 0);
	scan();
	assert_string_equal(list.v[0].file, "1.a");
	/* Where readdir(3) does not tell, whoever opens them will. */
	assert_true(list.n == 1 || list.n == 3);
}

static void
scan__with_a_directory_known__adds_only_the_other(void **state)
{
	const bool skip_cur[2] = { [MAILDIR_CUR] = true };
	struct mail known;

	(void)state;
	box_put("new/2.b", SPAN(""));
	box_put("cur/3.c", SPAN(""));
	known = mail_of(MAILDIR_CUR, "1.a");
	assert_int_equal(mails_add(&list, &known), 0);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_int_equal(mails_scan(&list, &md, skip_cur, &stamp), 0);
	expect("cur/1.a new/2.b ");
}

static void
scan__of_one_name_twice__is_two_messages_if_it_is_two_files(void **state)
{
	char a[BOX_PATH_MAX], b[BOX_PATH_MAX];

	(void)state;
	box_put("new/1.a", SPAN("one"));
	box_put("cur/1.a:2,S", SPAN("other"));
	box_put("cur/1.a:2,F", SPAN("third"));
	box_put("new/2.b", SPAN("same"));
	assert_int_equal(link(box_path(a, "new/2.b"),
	    box_path(b, "cur/2.b:2,S")), 0);
	scan();
	expect("cur/1.a:2,F cur/1.a:2,S new/1.a cur/2.b:2,S ");
	assert_int_equal(list.v[0].twins, 0);
	assert_int_equal(list.v[1].twins, 1);
	assert_int_equal(list.v[2].twins, 2);
	assert_int_equal(list.v[3].twins, 0);
}

/* Whoever removes one of two files must not take the other for it. */
static void
scan__of_one_name_twice__hides_neither_if_the_disk_does_not_tell(void **state)
{
	(void)state;
	box_put("new/1.a", SPAN("one"));
	box_put("cur/1.a:2,S", SPAN("other"));
	untold = "1.a";
	scan();
	expect("cur/1.a:2,S new/1.a ");
	untold = "1.a:2,S";
	scan();
	expect("cur/1.a:2,S new/1.a ");
}

static void
update__of_one_name_twice__finds_a_message_in_its_own_place(void **state)
{
	struct mails newer;

	(void)state;
	box_put("new/1.a", SPAN("one"));
	box_put("cur/1.a:2,S", SPAN("other"));
	scan();
	box_remove("cur/1.a:2,S");
	mails_init(&newer);
	assert_int_equal(mails_scan(&newer, &md, skip_none, &stamp), 0);
	assert_int_equal(mails_update(&list, &newer), 0);
	expect("!cur/1.a:2,S new/1.a ");
	mails_free(&newer);
}

static void
uidls__of_twins__are_unique_and_stay(void **state)
{
	char uidl[6][UIDL_MAX];
	size_t i, j;

	(void)state;
	box_put("new/1.a", SPAN("one"));
	box_put("cur/1.a:2,S", SPAN("other"));
	box_put("new/1.a,S=3", SPAN("x"));
	box_put("new/1.a,S=4", SPAN("y"));
	box_put("new/2.b c", SPAN("z"));
	scan();
	assert_int_equal(uidl_separate(&list), 0);
	assert_int_equal(list.n, 5);
	for (i = 0; i < 5; i++) {
		(void)mail_uidl(&list.v[i], uidl[i]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(uidl[i], uidl[j]);
	}
	/* A flag more, and the move to cur/, leave them all as they are. */
	box_move("cur/1.a:2,S", "cur/1.a:2,FS");
	box_move("new/1.a,S=4", "cur/1.a,S=4:2,");
	scan();
	assert_int_equal(uidl_separate(&list), 0);
	assert_int_equal(list.n, 5);
	for (i = 0; i < 5; i++) {
		(void)mail_uidl(&list.v[i], uidl[5]);
		assert_string_equal(uidl[5], uidl[i]);
	}
}

static void
update__takes_new_names__and_keeps_numbers(void **state)
{
	struct mails newer;

	(void)state;
	box_put("new/1.a", SPAN(""));
	box_put("new/2.b", SPAN(""));
	box_put("cur/3.c:2,", SPAN(""));
	scan();
	box_remove("new/1.a");
	box_move("new/2.b", "cur/2.b:2,FS");
	box_move("cur/3.c:2,", "cur/3.c:2,T");
	box_put("new/0.z", SPAN(""));
	box_put("new/2.c", SPAN(""));
	mails_init(&newer);
	assert_int_equal(mails_scan(&newer, &md, skip_none, &stamp), 0);
	assert_int_equal(newer.n, 4);
	assert_int_equal(mails_update(&list, &newer), 0);
	mails_free(&newer);
	expect("!new/1.a cur/2.b:2,FS cur/3.c:2,T ");
	box_put("cur/1.a:2,S", SPAN(""));
	mails_init(&newer);
	assert_int_equal(mails_scan(&newer, &md, skip_none, &stamp), 0);
	assert_int_equal(mails_update(&list, &newer), 0);
	mails_free(&newer);
	expect("cur/1.a:2,S cur/2.b:2,FS cur/3.c:2,T ");
}

static void
add(struct mails *to, enum maildir_where where, const char *file,
    uint64_t octets)
{
	struct mail m = mail_of(where, file);

	m.octets = octets;
	assert_int_equal(mails_add(to, &m), 0);
}

static void
recognize__where_a_name_is_one_messages_alone(void **state)
{
	struct mails known;

	(void)state;
	mails_init(&known);
	add(&known, MAILDIR_NEW, "1.a", 11);
	add(&known, MAILDIR_NEW, "2.b", 22);
	add(&known, MAILDIR_CUR, "2.b:2,S", 23);
	add(&known, MAILDIR_NEW, "3.c", 33);
	add(&known, MAILDIR_NEW, "5.e", 55);
	add(&list, MAILDIR_CUR, "1.a:2,S", MAIL_UNMEASURED);
	add(&list, MAILDIR_CUR, "2.b", MAIL_UNMEASURED);
	add(&list, MAILDIR_NEW, "3.c", MAIL_UNMEASURED);
	add(&list, MAILDIR_CUR, "3.c:2,", MAIL_UNMEASURED);
	add(&list, MAILDIR_NEW, "4.d", MAIL_UNMEASURED);
	add(&list, MAILDIR_NEW, "5.e,S=1", MAIL_UNMEASURED);
	assert_int_equal(mails_recognize(&list, &known), 2);
	assert_true(list.v[2].known && !list.v[3].known);
	assert_int_equal(list.v[0].octets, 11);
	assert_true(list.v[1].octets == MAIL_UNMEASURED);
	assert_true(list.v[2].octets == MAIL_UNMEASURED);
	assert_true(list.v[3].octets == MAIL_UNMEASURED);
	assert_true(list.v[4].octets == MAIL_UNMEASURED);
	assert_true(list.v[5].octets == MAIL_UNMEASURED);
	mails_free(&known);
}

/* The messages before a session, all of them known, and what compares them. */
static int
compare(const struct mails *before, struct mails *gone)
{
	size_t i;

	mails_free(&list);
	for (i = 0; i < before->n; i++)
		assert_int_equal(mails_add(&list, &before->v[i]), 0);
	return mails_compare(&list, gone, &md, skip_none, &stamp);
}

/* A list of the directories as they are, with octets that tell messages apart. */
static void
remember(struct mails *before)
{
	size_t i;

	mails_init(before);
	if (md.top == -1)
		assert_int_equal(maildir_open(&md, box_top()), 0);
	assert_int_equal(mails_scan(before, &md, skip_none, &stamp), 0);
	for (i = 0; i < before->n; i++) {
		before->v[i].octets = 1000 + i;
		before->v[i].known = true;
	}
}

static void
compare__after_changes__has_what_is_there_and_what_is_gone(void **state)
{
	struct mails before, gone;

	(void)state;
	mails_init(&gone);
	box_put("cur/10.a:2,", SPAN(""));
	box_put("cur/20.b:2,S", SPAN(""));
	box_put("new/30.c", SPAN(""));
	box_put("cur/40.d", SPAN(""));
	remember(&before);
	box_remove("cur/20.b:2,S");
	box_move("cur/10.a:2,", "cur/10.a:2,S");
	box_move("new/30.c", "cur/30.c:2,S");
	box_put("new/25.z", SPAN(""));
	box_put("new/50.e", SPAN(""));
	assert_int_equal(compare(&before, &gone), 0);
	expect("cur/10.a:2,S new/25.z cur/30.c:2,S cur/40.d new/50.e ");
	assert_int_equal(gone.n, 3);
	assert_int_equal(mails_recognize(&list, &gone), 2);
	assert_int_equal(list.v[0].octets, 1000);
	assert_true(list.v[1].octets == MAIL_UNMEASURED);
	assert_int_equal(list.v[2].octets, 1002);
	assert_int_equal(list.v[3].octets, 1003);
	assert_true(list.v[4].octets == MAIL_UNMEASURED);
	mails_free(&gone);
	mails_free(&before);
}

/* It was a message of new/ that the session before knew. */
static void
compare__same_name_in_the_other_directory__is_another_place(void **state)
{
	struct mails before, gone;

	(void)state;
	mails_init(&gone);
	box_put("new/10.a", SPAN(""));
	remember(&before);
	box_move("new/10.a", "cur/10.a");
	assert_int_equal(compare(&before, &gone), 0);
	expect("cur/10.a ");
	assert_int_equal(gone.n, 1);
	mails_free(&gone);
	mails_free(&before);
}

static void
compare__unique_name_twice__eagain(void **state)
{
	char a[BOX_PATH_MAX], b[BOX_PATH_MAX];
	struct mails before, gone;

	(void)state;
	mails_init(&gone);
	box_put("new/10.a", SPAN(""));
	box_put("new/20.b", SPAN(""));
	remember(&before);
	assert_int_equal(link(box_path(a, "new/20.b"),
	    box_path(b, "cur/20.b:2,S")), 0);
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	mails_free(&gone);
	mails_free(&before);
}

/* An index is its owner's to write. */
static void
compare__list_out_of_order_or_with_a_name_twice__eagain(void **state)
{
	struct mails before, gone;
	struct mail first;

	(void)state;
	mails_init(&gone);
	box_put("new/10.a", SPAN(""));
	box_put("new/20.b", SPAN(""));
	remember(&before);
	first = before.v[0];
	before.v[0] = before.v[1];
	before.v[1] = first;
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	before.v[0] = first;
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	mails_free(&gone);
	mails_free(&before);
}

static void
compare__while_something_changes__eagain(void **state)
{
	struct mails before, gone;

	(void)state;
	mails_init(&gone);
	box_put("new/10.a", SPAN(""));
	remember(&before);
	restless = 1;
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(restless, 3);
	mails_free(&gone);
	mails_free(&before);
}

/* Two names of 16 bytes with one sum: the formula can be turned round. */
static void
make_alike(char a[17], char b[17])
{
	uint64_t sum, word;
	unsigned i, k;

	(void)snprintf(a, 17, "10000000aaaaaaaa");
	sum = sum_add(SUM_START + MAILDIR_NEW, a, 8);
	for (i = 1;; i++) {
		(void)snprintf(b, 17, "%08uaaaaaaaa", 10000000 + i);
		word = num_le64((const unsigned char *)a + 8) ^ sum ^
		    sum_add(SUM_START + MAILDIR_NEW, b, 8);
		for (k = 0; k < 8; k++)
			b[8 + k] = (char)(word >> 8 * k);
		if (memchr(b, '\0', 16) == NULL && memchr(b, '/', 16) == NULL)
			return;
	}
}

static void
compare__two_names_of_one_sum__eagain(void **state)
{
	char a[17], b[17], path[64];
	struct mails before, gone;

	(void)state;
	make_alike(a, b);
	mails_init(&gone);
	(void)snprintf(path, sizeof path, "new/%s", a);
	box_put(path, SPAN(""));
	remember(&before);
	(void)snprintf(path, sizeof path, "new/%s", b);
	box_put(path, SPAN(""));
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	mails_free(&before);
	remember(&before);
	assert_int_equal(before.n, 2);
	assert_int_equal(compare(&before, &gone), -1);
	assert_int_equal(errno, EAGAIN);
	mails_free(&gone);
	mails_free(&before);
}

static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* The message of a number, by one of the names that it can have. */
static const char *
name_it(char name[64], unsigned number, unsigned form)
{
	static const char *const info[] = { "", ":2,", ":2,S", ":2,FS" };

	(void)snprintf(name, 64, "%s/%u.m%s", form == 0 ? "new" : "cur", number,
	    info[form]);
	return name;
}

/* One change of any kind, to a message that is there or not. */
static void
change(unsigned *seed)
{
	unsigned number = draw(seed, 60), form;
	char name[64], to[64];

	name_it(to, number, draw(seed, 4));
	for (form = 0; form < 4; form++) {
		if (!box_has(name_it(name, number, form)))
			continue;
		if (draw(seed, 3) == 0)
			box_remove(name);
		else
			box_move(name, to);
		return;
	}
	box_put(to, SPAN(""));
}

/* Whatever happened, it says what a scan says. */
static void
compare__after_any_changes__agrees_with_a_scan(void **state)
{
	struct mails before, gone, whole;
	unsigned seed = 7, round, i;

	(void)state;
	for (i = 0; i < 80; i++)
		change(&seed);
	for (round = 0; round < 200; round++) {
		remember(&before);
		for (i = draw(&seed, 12); i > 0; i--)
			change(&seed);
		mails_init(&gone);
		mails_init(&whole);
		assert_int_equal(compare(&before, &gone), 0);
		assert_int_not_equal(mails_recognize(&list, &gone), -1);
		assert_int_equal(mails_scan(&whole, &md, skip_none, &stamp), 0);
		assert_int_not_equal(mails_recognize(&whole, &before), -1);
		assert_int_equal(list.n, whole.n);
		for (i = 0; i < list.n; i++) {
			assert_string_equal(list.v[i].file, whole.v[i].file);
			assert_int_equal(list.v[i].where, whole.v[i].where);
			assert_true(list.v[i].octets == whole.v[i].octets);
			assert_int_equal(list.v[i].known, whole.v[i].known);
			assert_int_equal(list.v[i].moved, whole.v[i].moved);
			assert_false(list.v[i].gone);
		}
		mails_free(&whole);
		mails_free(&gone);
		mails_free(&before);
	}
}

static void
list__of_many__keeps_every_name(void **state)
{
	char name[300], file[300];
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof name, "%0*zu",
		    (int)(1 + i % 255), i);
		add(&list, MAILDIR_NEW, name, i);
	}
	for (i = 0; i < 3000; i++) {
		(void)snprintf(file, sizeof file, "%0*zu",
		    (int)(1 + i % 255), i);
		assert_string_equal(list.v[i].file, file);
		assert_int_equal(list.v[i].octets, i);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scan__orders_by_time_and_bytes__wherever_they_are),
		TEST(scan__of_any_file_name__finds_it),
		TEST(scan__leaves_out_what_is_no_file),
		TEST(scan__with_a_directory_known__adds_only_the_other),
		TEST(
	    scan__of_one_name_twice__is_two_messages_if_it_is_two_files),
		TEST(
	    scan__of_one_name_twice__hides_neither_if_the_disk_does_not_tell),
		TEST(update__of_one_name_twice__finds_a_message_in_its_own_place),
		TEST(uidls__of_twins__are_unique_and_stay),
		TEST(update__takes_new_names__and_keeps_numbers),
		TEST(recognize__where_a_name_is_one_messages_alone),
		TEST(compare__after_changes__has_what_is_there_and_what_is_gone),
		TEST(compare__same_name_in_the_other_directory__is_another_place),
		TEST(compare__unique_name_twice__eagain),
		TEST(compare__list_out_of_order_or_with_a_name_twice__eagain),
		TEST(compare__while_something_changes__eagain),
		TEST(compare__two_names_of_one_sum__eagain),
		TEST(compare__after_any_changes__agrees_with_a_scan),
		TEST(list__of_many__keeps_every_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
