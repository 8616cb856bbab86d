#include "maildir/name.h"
#include "maildir/uidl.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

static const struct {
	const char *file;
	size_t unique, bare;
	uint64_t when;
	bool seen;
} cases[] = {
	{ "1700000000.M1P2.host", 20, 20, 1700000000, false },
	{ "1700000000.M1P2.host:2,S", 20, 20, 1700000000, true },
	{ "1700000000.M1P2.host:2,FRS", 20, 20, 1700000000, true },
	{ "1700000000.M1P2.host:2,", 20, 20, 1700000000, false },
	{ "1.a,S=12", 8, 3, 1, false },
	{ "1.a,S=12,W=13:2,S", 13, 3, 1, true },
	{ "1.a,W=13,S=12", 13, 3, 1, false },
	{ "1.a,S=", 6, 6, 1, false },
	{ "1.a,S=1x", 8, 8, 1, false },
	{ "1.a,X=1", 7, 7, 1, false },
	{ "1.a,S=1,X=1", 11, 11, 1, false },
	{ ",S=1", 4, 4, 0, false },
	{ "name", 4, 4, 0, false },
	{ "99999999999999999999.x", 22, 22, 0, false },
	{ "1.S:1,S", 3, 3, 1, false },
	{ "1.S", 3, 3, 1, false },
	{ ":2,S", 0, 0, 0, true },
	{ "1.a;2,S", 3, 3, 1, true },
	{ "1.a!2,FS", 3, 3, 1, true },
	{ "1.a!2,", 3, 3, 1, false },
	{ "1.a;2,S:2,F", 7, 7, 1, false },
	{ "1.a:2,F;2,S", 7, 7, 1, true },
	{ "1.a;2,S.x", 9, 9, 1, false },
	{ "1.a!3,S", 7, 7, 1, false },
	{ "1.fe80::1", 9, 9, 1, false },
	{ "1.fe80::1:2,S", 9, 9, 1, true },
	{ "1.a,U=1", 7, 3, 1, false },
	{ "1.a,U=", 6, 6, 1, false },
	{ "1.a,U=x", 7, 7, 1, false },
	{ "1.a,S=9,U=7:2,S", 11, 3, 1, true },
	{ "1.a,U=7,S=9,W=9", 15, 3, 1, false },
	{ "1.a,U=1,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,", 45, 3, 1,
	    false },
	{ "1.a,FMD5=7E33429F656F1E6E9D79B29C3F82C57E", 41, 3, 1, false },
	{ "1.a,FMD5=7e33429f656f1e6e9d79b29c3f82c57", 40, 40, 1, false },
	{ "1.a,FMD5=7e33429f656f1e6e9d79b29c3f82c57g", 41, 41, 1, false },
};

static void
parts__of_each_name(void **state)
{
	struct span unique;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		unique = name_unique(cases[i].file);
		assert_int_equal(unique.len, cases[i].unique);
		assert_int_equal(name_bare(unique).len, cases[i].bare);
		assert_int_equal(name_time(unique), cases[i].when);
		assert_int_equal(name_has_flag(cases[i].file, 'S'),
		    cases[i].seen);
	}
}

/* What the size fields of a name tell, if they fit each other. */
static void
octets__of_each_name(void **state)
{
	static const struct {
		const char *file;
		uint64_t octets;
	} told[] = {
		{ "1.a,S=12,W=13:2,S", 13 },
		{ "1.a,W=13,S=12", 13 },
		{ "1.a,S=0,W=0", 0 },
		{ "1.a,S=12,W=12", 12 },
		{ "1.a,S=12,W=24", 24 },
		{ "1.a,S=12,W=25", NAME_SILENT },
		{ "1.a,S=12,W=11", NAME_SILENT },
		{ "1.a,S=12", NAME_SILENT },
		{ "1.a,W=12", NAME_SILENT },
		{ "1.a", NAME_SILENT },
		{ "1.a,S=12,W=13,S=12", NAME_SILENT },
		{ "1.a,W=14,S=12,W=13", NAME_SILENT },
		{ "1.a,S=12,X=1,W=13", NAME_SILENT },
		{ "1.a,S=18446744073709551615,W=18446744073709551615",
		    NAME_SILENT },
		{ "1.a,S=18446744073709551616,W=13", NAME_SILENT },
	};
	struct name_sizes sizes;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(told); i++) {
		(void)name_split(name_unique(told[i].file), &sizes);
		assert_int_equal(sizes.octets, told[i].octets);
	}
	(void)name_split(SPAN("1.a,S=12,U=3"), &sizes);
	assert_int_equal(sizes.raw, 12);
	(void)name_split(SPAN("1.a,S=12,S=12"), &sizes);
	assert_true(sizes.raw == NAME_SILENT);
}

static const struct {
	const char *before, *after;
} flags[] = {
	{ "1.a", "1.a:2,S" },
	{ "1.a:2,", "1.a:2,S" },
	{ "1.a:2,F", "1.a:2,FS" },
	{ "1.a:2,FT", "1.a:2,FST" },
	{ "1.a:2,T", "1.a:2,ST" },
	{ "1.a:2,S", "1.a:2,S" },
	{ "1.a:2,FSab", "1.a:2,FSab" },
	{ "1.a,S=3", "1.a,S=3:2,S" },
	{ "1.a:1,x", NULL },
	{ "1.a;2,F", "1.a;2,FS" },
	{ "1.a!2,", "1.a!2,S" },
};

static void
add_flag__keeps_the_others_in_order(void **state)
{
	char name[32];
	size_t i, cap;

	(void)state;
	for (i = 0; i < COUNT(flags); i++) {
		if (flags[i].after == NULL) {
			assert_errno(name_add_flag(name, sizeof name,
			    flags[i].before, 'S', ':'), EINVAL);
			continue;
		}
		assert_int_equal(name_add_flag(name, sizeof name,
		    flags[i].before, 'S', ':'), 0);
		assert_string_equal(name, flags[i].after);
		for (cap = 0; cap <= strlen(flags[i].after); cap++)
			assert_errno(name_add_flag(name, cap,
			    flags[i].before, 'S', ':'), ENAMETOOLONG);
	}
}

static void
uidl__is_the_bare_name__or_its_digest(void **state)
{
	static const struct {
		const char *file, *uidl;
	} ids[] = {
		{ "1.a:2,S", "1.a" },
		{ "1.a,S=12,W=13", "1.a" },
		{ "1.a b", NULL },
	};
	char uidl[UIDL_MAX], long_name[80];
	struct mail m;

	(void)state;
	m = mail_of(MAILDIR_CUR, ids[0].file);
	assert_int_equal(mail_uidl(&m, uidl), 3);
	assert_string_equal(uidl, ids[0].uidl);
	m = mail_of(MAILDIR_CUR, ids[1].file);
	(void)mail_uidl(&m, uidl);
	assert_string_equal(uidl, ids[1].uidl);
	m = mail_of(MAILDIR_CUR, ids[2].file);
	assert_int_equal(mail_uidl(&m, uidl), 32);
	memset(long_name, 'x', sizeof long_name);
	long_name[70] = '\0';
	m = mail_of(MAILDIR_NEW, long_name);
	assert_int_equal(mail_uidl(&m, uidl), 70);
	long_name[70] = 'x';
	long_name[71] = '\0';
	m = mail_of(MAILDIR_NEW, long_name);
	assert_int_equal(mail_uidl(&m, uidl), 32);
	m = mail_of(MAILDIR_NEW, "");
	assert_int_equal(mail_uidl(&m, uidl), 32);
}

static void
twins__get_ids_of_their_own__and_only_they(void **state)
{
	static const char *const files[] = { "1.a,S=1", "1.a,S=2", "2.b",
	    "2.b:2,S", "3.c" };
	char uidl[COUNT(files)][UIDL_MAX];
	struct mails list;
	struct mail m;
	size_t i, j;

	(void)state;
	mails_init(&list);
	for (i = 0; i < COUNT(files); i++) {
		m = mail_of(MAILDIR_NEW, files[i]);
		m.twins = i == 3;
		assert_int_equal(mails_add(&list, &m), 0);
	}
	assert_int_equal(uidl_separate(&list), 0);
	for (i = 0; i < list.n; i++)
		(void)mail_uidl(&list.v[i], uidl[i]);
	for (i = 0; i < list.n; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(uidl[i], uidl[j]);
	assert_string_equal(uidl[0], "1.a");
	assert_string_equal(uidl[1], "aa150654ecdf6821f8314aa7d5a20560");
	assert_string_equal(uidl[2], "2.b");
	assert_string_equal(uidl[4], "3.c");
	mails_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts__of_each_name),
		cmocka_unit_test(octets__of_each_name),
		cmocka_unit_test(add_flag__keeps_the_others_in_order),
		cmocka_unit_test(uidl__is_the_bare_name__or_its_digest),
		cmocka_unit_test(twins__get_ids_of_their_own__and_only_they),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
