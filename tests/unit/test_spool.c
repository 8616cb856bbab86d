#include "box.h"
#include "fake_clock.h"
#include "base/digest.h"
#include "maildir/adopted.h"
#include "maildir/maildrop.h"
#include "import/spool.h"
#include "maildir/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define F1 "From jane Mon Jan  1 10:00:00 2024\n"
#define F2 "From jane Mon Jan  1 10:00:01 2024\n"

static char spool[BOX_PATH_MAX], lock[BOX_PATH_MAX];
static struct spool_conf conf;
static struct spool_report report;
static struct maildir md;

static int
set_up(void **state)
{
	if (box_set_up(state) != 0)
		return -1;
	conf = (struct spool_conf){ .path = box_path(spool, "spool"),
	    .lock_gid = (gid_t)-1, .adopt = true, .old_uids = true };
	(void)box_path(lock, "spool.lock");
	maildir_init(&md);
	fake_step = 1000;
	return 0;
}

static int
tear_down(void **state)
{
	maildir_close(&md);
	return box_tear_down(state);
}

static int
drain(void)
{
	int r, kept;

	maildir_close(&md);
	maildir_init(&md);
	assert_int_equal(maildir_open(&md, box_top()), 0);
	r = spool_drain(&md, &conf, &report);
	kept = errno;
	assert_false(box_has("spool.lock"));
	errno = kept;
	return r;
}

/* Unique-ids and first bytes of what a session sees. */
static void
expect(const char *what)
{
	const struct maildrop_conf plain = { .adopt = "none" };
	char all[2048] = "", text[64], uidl[UIDL_MAX];
	struct maildrop *d;
	struct stored s;
	uint32_t i;
	ssize_t n;

	assert_int_equal(maildrop_open(&d, box_top(), &plain), 0);
	for (i = 1; i <= maildrop_count(d); i++) {
		assert_int_equal(maildrop_uidl(d, i, uidl), 0);
		assert_int_equal(maildrop_read(d, i, &s), 0);
		n = stored_read(&s, text, sizeof text - 1);
		assert_true(n >= 0);
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		stored_close(&s);
		(void)strcat(strcat(strcat(strcat(all, uidl), "="), text), " ");
	}
	assert_string_equal(all, what);
	maildrop_close(d);
}

static void
drain__brings_all_and_cuts_the_spool(void **state)
{
	struct stat before, after;

	(void)state;
	box_put("spool", SPAN(F2 "X-UIDL: two\n\nb\n\n" F1 "X-UIDL: one\n"
	    "Status: RO\n\na\n\n"));
	assert_int_equal(stat(spool, &before), 0);
	assert_int_equal(drain(), 0);
	assert_int_equal(report.messages, 2);
	assert_int_equal(report.raw, 14 + 14 + 2 + 11 + 2 - 2);
	assert_int_equal(stat(spool, &after), 0);
	assert_int_equal(after.st_size, 0);
	assert_int_equal(after.st_ino, before.st_ino);
	expect("one=X-UIDL: one two=X-UIDL: two ");
	assert_false(box_has("solopop.drain"));
	assert_int_equal(drain(), 0);
	assert_int_equal(report.messages, 0);
}

static void
drain__later__believes_no_header(void **state)
{
	(void)state;
	conf.adopt = false;
	box_put("spool", SPAN(F1 "X-UIDL: forged\n\na\n"));
	assert_int_equal(drain(), 0);
	assert_false(box_has(ADOPTED_FILE));
	conf.adopt = true;
	box_put("spool", SPAN(F2 "Subject: b\n\nb\n"));
	assert_int_equal(drain(), 0);
	assert_true(box_has(ADOPTED_FILE));
}

static void
drain__of_nothing__does_nothing(void **state)
{
	(void)state;
	assert_int_equal(drain(), 0);
	box_put("spool", SPAN(""));
	assert_int_equal(drain(), 0);
	assert_false(box_has("solopop.drain"));
	assert_false(box_has(ADOPTED_FILE));
}

static void
drain__of_what_is_no_mbox__leaves_it(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	box_put("spool", SPAN("Subject: a\n\n"));
	assert_int_equal(drain(), -1);
	assert_non_null(strstr(maildir_error(&md), "draining"));
	box_expect("spool", "Subject: a\n\n");
	assert_false(box_has("solopop.drain"));
	box_remove("spool");
	box_put("other", SPAN(F1 "a: b\n\n"));
	assert_int_equal(symlink(box_path(path, "other"), spool), 0);
	assert_int_equal(drain(), -1);
	box_remove("spool");
	assert_int_equal(link(path, spool), 0);
	assert_int_equal(drain(), -1);
	box_expect("other", F1 "a: b\n\n");
	expect("");
}

/* By the clock of the file system, as it is written now. */
static void
make_old(const char *path, time_t seconds)
{
	struct timespec times[2] = { { 0 } };
	char path_of_it[BOX_PATH_MAX];
	struct stat st;

	box_put("clock", SPAN(""));
	assert_int_equal(stat(box_path(path_of_it, "clock"), &st), 0);
	box_remove("clock");
	times[0].tv_sec = times[1].tv_sec = st.st_mtime - seconds;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
lock__of_another__is_respected_until_it_is_old(void **state)
{
	(void)state;
	box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
	box_put("spool.lock", SPAN("1\n"));
	conf.lock_wait = 5000;
	assert_int_equal(maildir_open(&md, box_top()), 0);
	make_old(lock, 3 * 60);
	assert_errno(spool_drain(&md, &conf, &report), EAGAIN);
	assert_true(box_has("spool.lock"));
	expect("");
	make_old(lock, 5 * 60 + 1);
	assert_int_equal(drain(), 0);
	expect("one=X-UIDL: one ");
}

/* The spool of a user who is called "spool.lock", or what else there may be. */
static void
lock__that_is_no_lock_file__is_never_removed(void **state)
{
	static const char mail[] = F1 "a: b\n\n";
	static const char mmdf[] = "\1\1\1\1\nFrom a\n";
	char path[BOX_PATH_MAX], large[257];
	struct stat st;
	size_t i;

	(void)state;
	memset(large, '1', sizeof large);
	for (i = 0; i < 5; i++) {
		box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
		(void)box_path(path, "spool.lock");
		if (i == 0)
			box_put("spool.lock", SPAN(mail));
		else if (i == 1)
			box_put("spool.lock", SPAN(mmdf));
		else if (i == 2)
			box_put("spool.lock",
			    (struct span){ large, sizeof large });
		else if (i == 3)
			assert_int_equal(mkdir(path, 0700), 0);
		else
			assert_int_equal(symlink("spool", path), 0);
		if (i < 4)
			make_old(lock, 5 * 60 + 1);
		maildir_close(&md);
		assert_int_equal(maildir_open(&md, box_top()), 0);
		assert_int_equal(spool_drain(&md, &conf, &report), 0);
		assert_int_equal(report.no_dotlock, EEXIST);
		box_expect("spool", "");
		assert_int_equal(lstat(path, &st), 0);
		if (i == 0)
			box_expect("spool.lock", mail);
		if (i == 2)
			assert_int_equal(st.st_size, sizeof large);
		if (i == 3)
			assert_int_equal(rmdir(path), 0);
		else
			box_remove("spool.lock");
	}
}

/* Perhaps it is a lock, and perhaps an empty mailbox. */
static void
lock__of_another_user__is_waited_for_and_never_removed(void **state)
{
	char path[BOX_PATH_MAX];

	(void)state;
	if (geteuid() != 0)
		skip();
	box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
	box_put("spool.lock", SPAN(""));
	assert_int_equal(chown(box_path(path, "spool.lock"), 12345, 12345), 0);
	conf.lock_wait = 1000;
	assert_int_equal(maildir_open(&md, box_top()), 0);
	make_old(lock, 5 * 60 - 60);
	assert_errno(spool_drain(&md, &conf, &report), EAGAIN);
	make_old(lock, 5 * 60 + 1);
	assert_int_equal(spool_drain(&md, &conf, &report), 0);
	assert_int_equal(report.no_dotlock, EEXIST);
	assert_true(box_has("spool.lock"));
}

static void
lock__by_fcntl__is_respected(void **state)
{
	struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ready[2], life[2], fd, status;
	char byte;
	pid_t pid;

	(void)state;
	box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(life), 0);
	if ((pid = fork()) == 0) {
		fd = open(spool, O_RDWR);
		if (fcntl(fd, F_SETLK, &f) == -1 || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)close(life[1]);
		/* Until the test ends, however it does. */
		_exit(read(life[0], &byte, 1) != 0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_errno(drain(), EAGAIN);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(drain(), 0);
	expect("one=X-UIDL: one ");
}

static void
drain__adds_to_maildirsize(void **state)
{
	(void)state;
	box_put("maildirsize", SPAN("1000S\n10 1\n"));
	box_put("spool", SPAN(F1 "a: b\n\n\n" F1 "c: d\n\n\n"));
	assert_int_equal(drain(), 0);
	box_expect("maildirsize", "1000S\n10 1\n12 2\n");
}

/* --- Interruptions ------------------------------------------------------------ */

/* A journal that a draining of this spool would have written, two messages. */
static void
put_journal(const char *path, const char *text, off_t length)
{
	char journal[512], hex[DIGEST_MD5_HEX + 1], top[DIGEST_MD5_HEX + 1];
	const struct span of = { text, (size_t)length };
	const struct span name = span_of(path);
	char dir[BOX_PATH_MAX];

	digest_md5(hex, &of, 1);
	digest_md5(top, &name, 1);
	assert_int_equal(mkdir(box_path(dir, "solopop.drain"), 0700), 0);
	(void)snprintf(journal, sizeof journal, "solopop drain 1\n%s %jd %s 2\n"
	    "1704103200.M000001R0.spool one\n"
	    "1704103201.M000002R0.spool:2,S -\n", top, (intmax_t)length, hex);
	box_put("solopop.drain/journal", span_of(journal));
	box_put("solopop.drain/1704103200.M000001R0.spool", SPAN("first\n"));
	box_put("solopop.drain/1704103201.M000002R0.spool:2,S",
	    SPAN("second\n"));
}

#define SECOND "1704103201.M000002R0.spool=second "

static void
journal__of_a_spool_that_is_cut__is_finished(void **state)
{
	static const char old[] = F1 "what it was\n";

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	box_put("spool", SPAN(""));
	assert_true(waiting_staged(box_top()));
	assert_int_equal(drain(), 0);
	assert_false(waiting_staged(box_top()));
	expect("one=first " SECOND);
	assert_false(box_has("solopop.drain"));
}

static void
journal__of_a_spool_that_is_not__is_begun_anew(void **state)
{
	static const char old[] = F1 "X-UIDL: was\n\n";

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	box_put("spool", span_of(old));
	assert_int_equal(drain(), 0);
	assert_int_equal(report.messages, 1);
	expect("was=X-UIDL: was ");
	box_expect("spool", "");
	assert_false(box_has("solopop.drain"));
}

/* The first time its last message was half there. */
static void
journal__of_a_spool_that_grew__is_begun_anew(void **state)
{
	static const char old[] = F1 "X-UIDL: was\n\nha";
	char grown[256];

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	(void)snprintf(grown, sizeof grown, "%s%s", old,
	    "lf\n\n" F2 "X-UIDL: three\n\nc\n");
	box_put("spool", span_of(grown));
	assert_int_equal(drain(), 0);
	assert_int_equal(report.messages, 2);
	expect("was=X-UIDL: was three=X-UIDL: three ");
	box_expect("spool", "");
}

static void
journal__with_new_mail_in_a_cut_spool__takes_both(void **state)
{
	static const char old[] = F1 "what it was, and longer than that\n";

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	box_put("spool", SPAN(F2 "X-UIDL: three\n\nc\n"));
	assert_int_equal(drain(), 0);
	expect("one=first three=X-UIDL: three " SECOND);
}

static void
journal__whose_messages_are_partly_in_place__is_finished(void **state)
{
	static const char old[] = F1 "what it was\n";

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	box_move("solopop.drain/1704103200.M000001R0.spool",
	    "new/1704103200.M000001R0.spool");
	assert_int_equal(drain(), 0);
	assert_int_equal(report.messages, 1);
	expect("one=first " SECOND);
}

static void
journal__of_another_spool__is_finished_first(void **state)
{
	static const char old[] = F1 "what it was\n";

	(void)state;
	put_journal("/another/one", old, sizeof old - 1);
	box_put("spool", SPAN(F2 "X-UIDL: three\n\nc\n"));
	assert_int_equal(drain(), 0);
	assert_true(report.waits);
	expect("");
	conf.orphans = true;
	assert_int_equal(drain(), 0);
	expect("one=first three=X-UIDL: three " SECOND);
}

/* Whoever put it there has something of ours in its way: both stay. */
static void
journal__whose_name_another_file_has__overwrites_nothing(void **state)
{
	static const char old[] = F1 "what it was\n";

	(void)state;
	put_journal(spool, old, sizeof old - 1);
	box_put("spool", SPAN(""));
	box_put("new/1704103200.M000001R0.spool", SPAN("other\n"));
	assert_errno(drain(), EEXIST);
	box_expect("new/1704103200.M000001R0.spool", "other\n");
	box_expect("solopop.drain/1704103200.M000001R0.spool", "first\n");
	assert_true(box_has("solopop.drain/journal"));
	box_move("new/1704103200.M000001R0.spool", "new/1.other");
	assert_int_equal(drain(), 0);
	box_remove("new/1.other");
	expect("one=first " SECOND);
}

#define TEN "0123456789"

static void
journal__without_sense__is_left_alone(void **state)
{
	static const char *const texts[] = { "", "x\n", "solopop drain 1\n",
	    "solopop drain 1\na b c d\n", "solopop drain 2\n",
	    "solopop drain 1\na 1 b 1\n", "solopop drain 1\na 1 b 1\nx\n",
	    "solopop drain 1\na 1 b 1\n../x -\n",
	    "solopop drain 1\na 1 b 1\n.x -\n",
	    "solopop drain 1\na 1 b 0\nx -\n", "solopop drain 1\na 1 b\n",
	    "solopop drain 1\na -1 b 0\n", "solopop drain 1\na 1 b -1\n",
	    "solopop drain 1\na 1 0123456789abcdef0123456789abcdef0 0\n",
	    "solopop drain 1\na 1 b 1\n\n", "solopop drain 1\na 1 b 1\nx\n",
	    "solopop drain 1\na 1 b 1\nx/y -\n",
	    "solopop drain 1\na 1 b 1\nx -", "solopop drain 1\na 1 b 2\nx -\n",
	    "solopop drain 1\na 1 b 1\nx " TEN TEN TEN TEN TEN TEN TEN "1\n",
	    "solopop drain 1\na 1 b 1\n" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	    " -\n" };
	char dir[BOX_PATH_MAX];
	size_t i;

	(void)state;
	box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
	assert_int_equal(mkdir(box_path(dir, "solopop.drain"), 0700), 0);
	for (i = 0; i < COUNT(texts); i++) {
		box_put("solopop.drain/journal", span_of(texts[i]));
		assert_int_equal(drain(), -1);
		assert_int_equal(errno, EBADMSG);
		box_expect("solopop.drain/journal", texts[i]);
		box_expect("spool", F1 "X-UIDL: one\n\na\n");
	}
}

static void
stage__without_a_journal__is_begun_anew(void **state)
{
	char dir[BOX_PATH_MAX];

	(void)state;
	assert_int_equal(mkdir(box_path(dir, "solopop.drain"), 0700), 0);
	box_put("solopop.drain/1.M1.spool", SPAN("half"));
	box_put("solopop.drain/journal.new", SPAN("half"));
	box_put("spool", SPAN(F1 "X-UIDL: one\n\na\n"));
	assert_int_equal(drain(), 0);
	expect("one=X-UIDL: one ");
	assert_int_equal(mkdir(dir, 0700), 0);
	box_put("solopop.drain/1.M1.spool", SPAN("half"));
	assert_int_equal(drain(), 0);
	assert_false(box_has("solopop.drain"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drain__brings_all_and_cuts_the_spool),
		TEST(drain__later__believes_no_header),
		TEST(drain__of_nothing__does_nothing),
		TEST(drain__of_what_is_no_mbox__leaves_it),
		TEST(lock__of_another__is_respected_until_it_is_old),
		TEST(lock__that_is_no_lock_file__is_never_removed),
		TEST(lock__of_another_user__is_waited_for_and_never_removed),
		TEST(lock__by_fcntl__is_respected),
		TEST(drain__adds_to_maildirsize),
		TEST(journal__of_a_spool_that_is_cut__is_finished),
		TEST(journal__of_a_spool_that_is_not__is_begun_anew),
		TEST(journal__of_a_spool_that_grew__is_begun_anew),
		TEST(journal__with_new_mail_in_a_cut_spool__takes_both),
		TEST(journal__whose_messages_are_partly_in_place__is_finished),
		TEST(journal__of_another_spool__is_finished_first),
		TEST(journal__whose_name_another_file_has__overwrites_nothing),
		TEST(journal__without_sense__is_left_alone),
		TEST(stage__without_a_journal__is_begun_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
