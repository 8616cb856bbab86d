/*
 * What a client may say as the name of its server, and which entry of the
 * directory that is.
 */
#include "tls/names.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
fold__names__in_lower_case_or_refused(void **state)
{
	static const struct {
		const char *said, *folded;
	} cases[] = {
		{ "mail.example.org", "mail.example.org" },
		{ "MAIL.Example.ORG.", "mail.example.org" },
		{ "localhost", "localhost" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "_.example.org", "_.example.org" },
		{ "", NULL }, { ".", NULL }, { "..", NULL }, { "..a", NULL },
		{ ".hidden", NULL }, { "../../etc/passwd", NULL },
		{ "a/b", NULL }, { "a b", NULL }, { "a\nb", NULL },
		{ "*.example.org", NULL }, { "b\xfc""cher.example", NULL },
	};
	char host[NAMES_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		(void)snprintf(host, sizeof host, "untouched");
		assert_int_equal(names_fold(host, span_of(cases[i].said)),
		    cases[i].folded != NULL ? 0 : -1);
		assert_string_equal(host, cases[i].folded != NULL ?
		    cases[i].folded : "untouched");
	}
}

static void
fold__nul_and_length__are_looked_at(void **state)
{
	char host[NAMES_LEN + 1], text[NAMES_LEN + 2];

	(void)state;
	assert_int_equal(names_fold(host, (struct span){ "a\0b", 3 }), -1);
	memset(text, 'a', sizeof text);
	assert_int_equal(names_fold(host,
	    (struct span){ text, NAMES_LEN }), 0);
	assert_int_equal(strlen(host), NAMES_LEN);
	assert_int_equal(names_fold(host,
	    (struct span){ text, NAMES_LEN + 1 }), -1);
}

static void
find__exact_then_one_label_below(void **state)
{
	struct name all = { .host = "_.example.org" };
	struct name one = { .host = "pop.example.org", .next = &all };
	const struct names n = { .first = &one, .count = 2 };
	static const struct {
		const char *said;
		int which;		/* 0: none */
	} cases[] = {
		{ "pop.example.org", 1 }, { "POP.EXAMPLE.ORG", 1 },
		{ "imap.example.org", 2 }, { "i.example.org", 2 },
		{ "a.b.example.org", 0 }, { "example.org", 0 },
		{ "org", 0 }, { "x.example.com", 0 }, { "", 0 },
	};
	const struct name *wanted[] = { NULL, &one, &all };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_ptr_equal(names_find(&n, span_of(cases[i].said)),
		    wanted[cases[i].which]);
}

static void
read__no_directory__fails(void **state)
{
	struct names n;

	(void)state;
	assert_int_equal(names_read(&n, "no/such/directory"), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(n.first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fold__names__in_lower_case_or_refused),
		cmocka_unit_test(fold__nul_and_length__are_looked_at),
		cmocka_unit_test(find__exact_then_one_label_below),
		cmocka_unit_test(read__no_directory__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
