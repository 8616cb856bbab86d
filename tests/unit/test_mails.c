/*
 * The list of messages: found once each, in order, and found again.
 */
#include "box.h"
#include "maildir/mails.h"
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

/* In the place of the C library's.  The system call has a name for each width. */
int
fstatat(int at, const char *path, struct stat *st, int flags)
{
	int fd, r = -1;

	errno = EIO;
	if (untold != NULL && strcmp(path, untold) == 0)
		return -1;
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
		TEST(list__of_many__keeps_every_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
