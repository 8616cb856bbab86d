/*
 * Lists of networks: what is one, and what is in it.
 */
#include "base/cidr.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *list, *address;
	bool has;
} cases[] = {
	{ "192.0.2.7", "192.0.2.7", true },
	{ "192.0.2.7", "192.0.2.8", false },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "10.64.0.0/10", "10.127.255.255", true },
	{ "10.64.0.0/10", "10.128.0.0", false },
	{ "192.0.2.6/31", "192.0.2.7", true },
	{ "192.0.2.6/31", "192.0.2.5", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "::1", false },
	{ "0.0.0.0/0", "::ffff:10.0.0.1", true },
	{ "::/0", "::1", true },
	{ "::/0", "10.0.0.1", false },
	{ "::/0", "::ffff:10.0.0.1", false },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::1", "2001:DB8:0::1", true },
	{ "::ffff:192.0.2.0/120", "192.0.2.9", true },
	{ "::ffff:192.0.2.0/120", "192.0.3.9", false },
	{ "::ffff:192.0.2.7", "192.0.2.7", true },
	{ "::ffff:0:0/96", "198.51.100.1", true },
	{ "::ffff:0:0/95", "198.51.100.1", false },
	{ "192.0.2.7", "::ffff:192.0.2.7", true },
	{ "127.0.0.1 ::1,192.0.2.0/24", "::1", true },
	{ "127.0.0.1,, \t::1 , 192.0.2.0/24 ", "192.0.2.3", true },
	{ "127.0.0.1 ::1", "192.0.2.3", false },
	{ "127.0.0.1", "unknown", false },
	{ "0.0.0.0/0 ::/0", "", false },
	{ "0.0.0.0/0 ::/0", "192.0.2.1 ", false },
	{ "0.0.0.0/0 ::/0", "192.0.2.0/24", false },
	{ "rubbish 10.0.0.1/8 192.0.2.3", "192.0.2.3", true },
	{ "10.0.0.1/8", "10.0.0.1", false },
	{ NULL, "192.0.2.3", false },
};

static void
list__has_what_lies_in_its_networks(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (cidr_has(cases[i].list, cases[i].address) != cases[i].has)
			fail_msg("%s in %s", cases[i].address, cases[i].list);
}

/* Every length: the last address in it, and the first behind it. */
static void
list__of_any_length__ends_where_it_should(void **state)
{
	char list[32], last[32], behind[32];
	uint32_t mask, net;
	unsigned bits;

	(void)state;
	for (bits = 1; bits <= 32; bits++) {
		mask = 0xffffffffU << (32 - bits);
		net = 0x2a5a5a5aU & mask;
		(void)snprintf(list, sizeof list, "%u.%u.%u.%u/%u", net >> 24,
		    net >> 16 & 255, net >> 8 & 255, net & 255, bits);
		net |= ~mask;
		(void)snprintf(last, sizeof last, "%u.%u.%u.%u", net >> 24,
		    net >> 16 & 255, net >> 8 & 255, net & 255);
		net++;
		(void)snprintf(behind, sizeof behind, "%u.%u.%u.%u", net >> 24,
		    net >> 16 & 255, net >> 8 & 255, net & 255);
		assert_true(cidr_has(list, last));
		assert_false(cidr_has(list, behind));
	}
}

static const struct {
	const char *list, *why;		/* NULL: all is well */
} texts[] = {
	{ "127.0.0.1", NULL },
	{ "0.0.0.0/0,::/0", NULL },
	{ " 10.0.0.0/8\t", NULL },
	{ "", "expected networks, as in 192.0.2.0/24" },
	{ " , ", "expected networks, as in 192.0.2.0/24" },
	{ "10.0.0.0/33", "\"10.0.0.0/33\" wants a length from 0 to 32" },
	{ "::/129", "\"::/129\" wants a length from 0 to 128" },
	{ "10.0.0.0/", "\"10.0.0.0/\" wants a length from 0 to 32" },
	{ "10.0.0.0/-1", "\"10.0.0.0/-1\" wants a length from 0 to 32" },
	{ "10.0.0.0/+8", "\"10.0.0.0/+8\" wants a length from 0 to 32" },
	{ "10.0.0.0/8x", "\"10.0.0.0/8x\" wants a length from 0 to 32" },
	{ "10.0.0.0/8/8", "\"10.0.0.0/8/8\" wants a length from 0 to 32" },
	{ "10.0.0.0/255.0.0.0",
	    "\"10.0.0.0/255.0.0.0\" wants a length from 0 to 32" },
	{ "10.0.0.0/4294967304",
	    "\"10.0.0.0/4294967304\" wants a length from 0 to 32" },
	{ "10.0.0.1/8", "\"10.0.0.1/8\" has bits set behind its length" },
	{ "2001:db8::1/64",
	    "\"2001:db8::1/64\" has bits set behind its length" },
	{ "0.0.0.1/0", "\"0.0.0.1/0\" has bits set behind its length" },
	{ "10.0.0", "\"10.0.0\" is no IP address" },
	{ "10", "\"10\" is no IP address" },
	{ "10.0.0.256", "\"10.0.0.256\" is no IP address" },
	{ "10.0.0.0.", "\"10.0.0.0.\" is no IP address" },
	{ "127.0.0.1 localhost", "\"localhost\" is no IP address" },
	{ "127.0.0.1;10.0.0.1", "\"127.0.0.1;10.0.0.1\" is no IP address" },
	{ "fe80::1%eth0", "\"fe80::1%eth0\" is no IP address" },
	{ "[::1]", "\"[::1]\" is no IP address" },
	{ ":::1", "\":::1\" is no IP address" },
	{ "/8", "\"/8\" is no IP address" },
	{ "/", "\"/\" is no IP address" },
};

static void
check__says_which_word_and_why(void **state)
{
	char error[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		error[0] = '\0';
		errno = 0;
		if (texts[i].why == NULL) {
			assert_int_equal(cidr_check(texts[i].list, error,
			    sizeof error), 0);
			continue;
		}
		assert_int_equal(cidr_check(texts[i].list, error,
		    sizeof error), -1);
		assert_int_equal(errno, EINVAL);
		assert_string_equal(error, texts[i].why);
	}
}

static void
check__of_a_very_long_word__says_its_beginning(void **state)
{
	char word[1000], error[128];

	(void)state;
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	assert_int_equal(cidr_check(word, error, sizeof error), -1);
	assert_memory_equal(error, "\"xxxx", 5);
	assert_non_null(strstr(error, "x\" is no IP address"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__has_what_lies_in_its_networks),
		cmocka_unit_test(list__of_any_length__ends_where_it_should),
		cmocka_unit_test(check__says_which_word_and_why),
		cmocka_unit_test(check__of_a_very_long_word__says_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
