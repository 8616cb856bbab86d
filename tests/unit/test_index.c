/*
 * The index: what is written is read back, and whatever was changed behind our
 * back is noticed before it is believed.  The file is included, so that headers
 * with right checksums and wrong numbers can be made.
 */
#include "maildir/index.c"
#include "maildir/name.h"

#include "failing.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

static char top_path[] = "/tmp/solopop-index.XXXXXX";
static int top = -1;
static struct maildir md;

static const struct maildir_stamp old_stamp = { { { 1000, 1 }, { 2000, 2 } } };

static int
set_up(void **state)
{
	(void)state;
	memcpy(top_path + strlen(top_path) - 6, "XXXXXX", 6);
	if (mkdtemp(top_path) == NULL)
		return -1;
	maildir_init(&md);
	md.top = top = open(top_path, O_RDONLY | O_DIRECTORY);
	return top == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlinkat(top, INDEX_FILE, 0);
	(void)unlinkat(top, INDEX_FILE, AT_REMOVEDIR);
	(void)unlinkat(top, "elsewhere", 0);
	fd_close(&top);
	return rmdir(top_path);
}

static void
add(struct mails *list, enum maildir_where where, const char *file,
    uint64_t octets)
{
	struct mail m = mail_of(where, file);

	m.octets = octets;
	assert_int_equal(mails_add(list, &m), 0);
}

static void
fill(struct mails *list, size_t n)
{
	char name[64];
	size_t i;

	mails_init(list);
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, "%zu.M%zu.host%s",
		    1000 + i, i, i % 2 ? ":2,S" : "");
		add(list, i % 2 ? MAILDIR_CUR : MAILDIR_NEW, name, 10 * i);
	}
}

static void
write_index(size_t n, const struct maildir_stamp *stamp)
{
	struct index_draft draft;
	struct mails list;

	fill(&list, n);
	index_draft_init(&draft);
	index_begin(&draft, top);
	assert_int_not_equal(draft.file.fd, -1);
	assert_int_equal(index_commit(&draft, top, &list, stamp), 0);
	assert_int_equal(draft.file.fd, -1);
	mails_free(&list);
}

/* 0 if the index is believed from beginning to end. */
static int
read_all(void)
{
	struct index ix;
	struct mail m;
	int r = -1;
	size_t i;

	index_init(&ix);
	if (index_open(&ix, &md) == -1)
		return -1;
	if (index_verify(&ix) == 0)
		for (i = 0, r = 0; r == 0 && i < ix.head.count; i++)
			r = index_get(&ix, i, &m);
	index_close(&ix);
	return r;
}

static void
commit__then_open__gives_the_same(void **state)
{
	struct index ix;
	struct mail m;
	uint64_t octets;
	size_t i;

	(void)state;
	write_index(5000, &old_stamp);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_int_equal(index_verify(&ix), 0);
	assert_int_equal(ix.head.count, 5000);
	assert_int_equal(ix.head.octets, 10 * (4999 * 5000 / 2));
	assert_true(maildir_same_stamp(&ix.head.stamp, &old_stamp));
	assert_true(ix.head.trusted[MAILDIR_NEW]);
	for (i = 5000; i-- > 0;) {
		assert_int_equal(index_octets(&ix, i, &octets), 0);
		assert_int_equal(octets, 10 * i);
		assert_int_equal(index_get(&ix, i, &m), 0);
		assert_int_equal(m.where, i % 2 ? MAILDIR_CUR : MAILDIR_NEW);
		assert_int_equal(name_time(mail_unique(&m)), 1000 + i);
		assert_int_equal(m.bare, m.unique);
	}
	index_close(&ix);
}

static void
commit__of_nothing__is_an_empty_index(void **state)
{
	(void)state;
	write_index(0, &old_stamp);
	assert_int_equal(read_all(), 0);
}

static void
stamp__not_older_than_the_draft__is_not_trusted(void **state)
{
	struct maildir_stamp stamp = old_stamp;
	struct index_draft draft;
	struct mails list;
	struct index ix;

	(void)state;
	fill(&list, 1);
	index_draft_init(&draft);
	index_begin(&draft, top);
	stamp.changed[MAILDIR_NEW] = draft.begun;
	stamp.changed[MAILDIR_CUR] = draft.begun;
	stamp.changed[MAILDIR_CUR].tv_sec--;
	assert_int_equal(index_commit(&draft, top, &list, &stamp), 0);
	mails_free(&list);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_false(ix.head.trusted[MAILDIR_NEW]);
	assert_true(ix.head.trusted[MAILDIR_CUR]);
	index_close(&ix);
}

static void
stamp__younger_than_the_skew__is_not_trusted(void **state)
{
	struct maildir_stamp stamp = old_stamp;
	struct index_draft draft;
	struct mails list;
	struct index ix;

	(void)state;
	fill(&list, 1);
	index_draft_init(&draft);
	draft.skew = 10;
	index_begin(&draft, top);
	stamp.changed[MAILDIR_NEW] = draft.begun;
	stamp.changed[MAILDIR_NEW].tv_sec -= 9;
	stamp.changed[MAILDIR_CUR] = draft.begun;
	stamp.changed[MAILDIR_CUR].tv_sec -= 11;
	assert_int_equal(index_commit(&draft, top, &list, &stamp), 0);
	mails_free(&list);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_false(ix.head.trusted[MAILDIR_NEW]);
	assert_true(ix.head.trusted[MAILDIR_CUR]);
	assert_true(index_trusts_alike(&draft, &ix.head, &stamp));
	index_close(&ix);
}

/* What was left out is told by the header, and to a program that decodes alike. */
static void
left_out__is_written_down__for_programs_that_decode_alike(void **state)
{
	struct index_draft draft;
	struct mails list;
	struct index ix;
	unsigned char head[INDEX_HEAD];
	int fd;

	(void)state;
	fill(&list, 1);
	index_draft_init(&draft);
	draft.left_out = (struct left_out){ .stored = 7, .too_long = 300,
	    .forms = 1 << STORED_XZ };
	assert_int_equal(index_commit(&draft, top, &list, &old_stamp), 0);
	mails_free(&list);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_memory_equal(&ix.head.left_out, &draft.left_out,
	    sizeof draft.left_out);
	assert_false(ix.head.trusted[MAILDIR_NEW]);
	index_close(&ix);
	fd = openat(top, INDEX_FILE, O_RDWR);
	assert_int_equal(pread(fd, head, sizeof head, 0), INDEX_HEAD);
	head[DECODES_AT] ^= 1 << STORED_XZ;
	put(head + INDEX_HEAD - 8, 8, sum_add(SUM_START, head, INDEX_HEAD - 8));
	assert_int_equal(pwrite(fd, head, sizeof head, 0), INDEX_HEAD);
	assert_int_equal(close(fd), 0);
	assert_errno(index_open(&ix, &md), EBADMSG);
}

static size_t
size_of_index(void)
{
	struct stat st;

	assert_int_equal(fstatat(top, INDEX_FILE, &st, 0), 0);
	return (size_t)st.st_size;
}

static void
poke(off_t at, const void *bytes, size_t len)
{
	int fd = openat(top, INDEX_FILE, O_WRONLY);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	fd_close(&fd);
}

static void
file__cut_at_any_byte__is_not_believed(void **state)
{
	size_t size;

	(void)state;
	write_index(3, &old_stamp);
	for (size = size_of_index(); size-- > 0;) {
		int fd = openat(top, INDEX_FILE, O_WRONLY);

		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		fd_close(&fd);
		assert_int_equal(read_all(), -1);
	}
}

static void
file__changed_in_any_bit__is_not_believed(void **state)
{
	unsigned char byte, wrong;
	size_t size, i;
	int fd, bit;

	(void)state;
	write_index(3, &old_stamp);
	size = size_of_index();
	for (i = 0; i < size; i++) {
		fd = openat(top, INDEX_FILE, O_RDONLY);
		assert_int_equal(pread(fd, &byte, 1, (off_t)i), 1);
		fd_close(&fd);
		for (bit = 0; bit < 8; bit++) {
			wrong = (unsigned char)(byte ^ 1 << bit);
			poke((off_t)i, &wrong, 1);
			assert_int_equal(read_all(), -1);
		}
		poke((off_t)i, &byte, 1);
	}
	assert_int_equal(read_all(), 0);
}

/* A header of any numbers, with its checksum right. */
static void
poke_head(uint64_t count, uint64_t names, uint64_t body_sum)
{
	unsigned char head[INDEX_HEAD] = { 0 };

	memcpy(head, MAGIC, MAGIC_LEN);
	put(head + 16, 8, count);
	put(head + 32, 8, names);
	put(head + 40, 8, body_sum);
	put(head + INDEX_HEAD - 8, 8,
	    sum_add(SUM_START, head, INDEX_HEAD - 8));
	poke(0, head, sizeof head);
}

static void
header__with_lies__is_not_believed(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 2, 1000, UINT32_MAX,
	    (uint64_t)UINT32_MAX + 1, UINT64_MAX / INDEX_RECORD, UINT64_MAX };
	const size_t n = sizeof numbers / sizeof numbers[0];
	size_t i, j;

	(void)state;
	write_index(3, &old_stamp);
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			poke_head(numbers[i], numbers[j], 0);
			assert_int_equal(read_all(), -1);
		}
}

/* One message with any record and name, all checksums right. */
static int
read_forged(const unsigned char record[INDEX_RECORD], const char *names,
    size_t len)
{
	unsigned char body[INDEX_RECORD + 300];

	memcpy(body, record, INDEX_RECORD);
	memcpy(body + INDEX_RECORD, names, len);
	write_index(0, &old_stamp);
	poke(INDEX_HEAD, body, INDEX_RECORD + len);
	poke_head(1, len, sum_add(SUM_START, body, INDEX_RECORD + len));
	return read_all();
}

static void
record__with_lies__is_not_believed(void **state)
{
	static const struct {
		unsigned char at, len, unique, bare;
		const char *names;
		size_t names_len;
		int expected;
	} cases[] = {
		{ 0, 4, 4, 4, "1.ab", 5, 0 },
		{ 0, 4, 2, 0, "1.ab", 5, 0 },
		{ 0, 0, 0, 0, "1.ab", 5, -1 },		/* no name */
		{ 0, 3, 3, 3, "1.ab", 5, -1 },		/* not its end */
		{ 0, 5, 5, 5, "1.ab", 5, -1 },		/* beyond */
		{ 1, 4, 4, 4, "1.ab", 5, -1 },
		{ 255, 1, 1, 1, "1.ab", 5, -1 },
		{ 0, 4, 5, 4, "1.ab", 5, -1 },		/* unique > name */
		{ 0, 4, 3, 4, "1.ab", 5, -1 },		/* bare > unique */
		{ 0, 4, 4, 4, "1/ab", 5, -1 },
		{ 0, 4, 4, 4, "..ab", 5, -1 },
		{ 0, 4, 4, 4, "1.\0b", 5, -1 },
	};
	unsigned char record[INDEX_RECORD];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(record, 0, sizeof record);
		record[8] = cases[i].at;
		record[12] = cases[i].len;
		record[13] = cases[i].unique;
		record[14] = cases[i].bare;
		assert_int_equal(read_forged(record, cases[i].names,
		    cases[i].names_len), cases[i].expected);
	}
}

static void
open__of_no_plain_file__fails(void **state)
{
	(void)state;
	assert_int_equal(read_all(), -1);
	assert_int_equal(mkdirat(top, INDEX_FILE, 0700), 0);
	assert_int_equal(read_all(), -1);
	assert_int_equal(unlinkat(top, INDEX_FILE, AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(top, INDEX_FILE, 0600), 0);
	assert_int_equal(read_all(), -1);
	index_remove(top);
	write_index(1, &old_stamp);
	assert_int_equal(renameat(top, INDEX_FILE, top, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", top, INDEX_FILE), 0);
	assert_int_equal(read_all(), -1);
}

static void
commit__over_a_directory__leaves_no_draft(void **state)
{
	struct index_draft draft;
	struct mails list;

	(void)state;
	assert_int_equal(mkdirat(top, INDEX_FILE, 0700), 0);
	fill(&list, 1);
	index_draft_init(&draft);
	index_begin(&draft, top);
	assert_int_equal(index_commit(&draft, top, &list, &old_stamp), -1);
	mails_free(&list);
	assert_int_equal(draft.file.fd, -1);
	assert_int_equal(faccessat(top, draft.file.draft, F_OK, 0), -1);
}

static void
draft__of_a_session_that_died__is_no_hindrance(void **state)
{
	struct index_draft dead, draft;
	struct mails list;

	(void)state;
	index_draft_init(&dead);
	index_begin(&dead, top);
	fill(&list, 2);
	index_draft_init(&draft);
	index_begin(&draft, top);
	assert_int_not_equal(draft.file.fd, -1);
	assert_int_equal(index_commit(&draft, top, &list, &old_stamp), 0);
	mails_free(&list);
	index_drop(&dead, top);
	assert_int_equal(read_all(), 0);
}

/* Over an index of three, with the nth call failing; 1 when there is none. */
static int
replace_failing(unsigned nth, int error)
{
	struct index_draft draft;
	struct index ix;
	struct mails list;
	int failed, r;

	write_index(3, &old_stamp);
	fill(&list, 4000);
	failing_begin(nth, error);
	index_draft_init(&draft);
	index_begin(&draft, top);
	r = index_commit(&draft, top, &list, &old_stamp);
	failed = failing_end();
	mails_free(&list);

	assert_int_equal(draft.file.fd, -1);
	assert_int_equal(read_all(), 0);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_int_equal(ix.head.count, r == 0 ? 4000 : 3);
	index_close(&ix);
	if (strcmp(failing_name, "unlinkat") != 0)
		assert_int_equal(faccessat(top, draft.file.draft, F_OK, 0),
		    -1);
	else
		(void)unlinkat(top, draft.file.draft, 0);
	if (strcmp(failing_name, "fsync") == 0)
		assert_int_equal(r, -1);
	if (strcmp(failing_name, "write") == 0 &&
	    (error == EINTR || error == FAILING_SHORT))
		assert_int_equal(r, 0);
	return !failed;
}

static void
commit__any_call_fails__leaves_the_old_or_the_new(void **state)
{
	static const int errors[] = { EIO, ENOSPC, EINTR, FAILING_SHORT };
	unsigned nth;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		for (nth = 1; !replace_failing(nth, errors[i]); nth++)
			;
		assert_true(nth > 3);
	}
}

static void
commit__is_on_the_disk__before_it_has_its_name(void **state)
{
	struct index_draft draft;
	struct index ix;
	struct mails list;

	(void)state;
	write_index(3, &old_stamp);
	fill(&list, 4);
	index_draft_init(&draft);
	index_begin(&draft, top);
	failing_begin_only("fsync", 1, EIO);
	assert_int_equal(index_commit(&draft, top, &list, &old_stamp), -1);
	assert_true(failing_end());
	mails_free(&list);
	index_init(&ix);
	assert_int_equal(index_open(&ix, &md), 0);
	assert_int_equal(ix.head.count, 3);
	index_close(&ix);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commit__then_open__gives_the_same),
		TEST(commit__of_nothing__is_an_empty_index),
		TEST(stamp__not_older_than_the_draft__is_not_trusted),
		TEST(stamp__younger_than_the_skew__is_not_trusted),
		TEST(
	    left_out__is_written_down__for_programs_that_decode_alike),
		TEST(file__cut_at_any_byte__is_not_believed),
		TEST(file__changed_in_any_bit__is_not_believed),
		TEST(header__with_lies__is_not_believed),
		TEST(record__with_lies__is_not_believed),
		TEST(open__of_no_plain_file__fails),
		TEST(commit__over_a_directory__leaves_no_draft),
		TEST(draft__of_a_session_that_died__is_no_hindrance),
		TEST(commit__any_call_fails__leaves_the_old_or_the_new),
		TEST(commit__is_on_the_disk__before_it_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
