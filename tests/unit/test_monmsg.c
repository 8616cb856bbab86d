#include "io/monmsg.h"
#include "unit.h"

#include <errno.h>

static void
make(struct monmsg *m)
{
	monmsg_start(m, 7);
	monmsg_put_number(m, UINT64_MAX - 1);
	monmsg_put_bytes(m, SPAN("a\0b"));
	monmsg_put_bytes(m, SPAN(""));
	monmsg_put_number(m, 0);
}

/* 0 if it is just what make() made. */
static int
take(struct monmsg *m)
{
	bool same = monmsg_kind(m) == 7 &&
	    monmsg_get_number(m) == UINT64_MAX - 1;
	struct span s = monmsg_get_bytes(m);

	same = same && s.len == 3 && memcmp(s.p, "a\0b", 3) == 0;
	same = same && monmsg_get_bytes(m).len == 0;
	same = same && monmsg_get_number(m) == 0;
	return same ? monmsg_end(m) : -1;
}

static void
fields__come_out_as_they_went_in(void **state)
{
	struct monmsg m;

	(void)state;
	make(&m);
	assert_int_equal(take(&m), 0);
	assert_int_equal(monmsg_body(&m), m.len - 1);
}

static void
message__cut_anywhere__is_broken(void **state)
{
	struct monmsg m;
	size_t whole;

	(void)state;
	make(&m);
	for (whole = m.len; m.len > 0; ) {
		m.len--;
		assert_int_equal(take(&m), -1);
	}
	m.len = whole + 1;
	m.bytes[whole] = 0;
	assert_errno(take(&m), EBADMSG);
}

static void
message__with_a_length_that_lies__is_broken(void **state)
{
	static const uint64_t lies[] = { 4, 5, 1000, MONMSG_MAX, UINT32_MAX,
	    UINT64_MAX - 8, UINT64_MAX };
	struct monmsg m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lies); i++) {
		monmsg_start(&m, 1);
		monmsg_put_number(&m, lies[i]);
		m.bytes[m.len++] = 'a';
		m.bytes[m.len++] = 'b';
		m.bytes[m.len++] = 'c';
		assert_int_equal(monmsg_kind(&m), 1);
		assert_int_equal(monmsg_get_bytes(&m).len, 0);
		assert_errno(monmsg_end(&m), EBADMSG);
	}
}

static void
message__fuller_than_full__is_broken(void **state)
{
	char big[MONMSG_MAX] = "";
	struct monmsg m;

	(void)state;
	monmsg_start(&m, 1);
	monmsg_put_bytes(&m, (struct span){ big, sizeof big - 9 });
	assert_false(m.broken);
	assert_int_equal(m.len, MONMSG_MAX);
	monmsg_put_number(&m, 1);
	assert_true(m.broken);
	assert_int_equal(m.len, MONMSG_MAX);
	/* What would fit again does not make it whole again. */
	monmsg_put_bytes(&m, SPAN(""));
	assert_true(m.broken);
}

static void
message__empty_or_wiped__is_of_no_kind(void **state)
{
	struct monmsg m;
	size_t i, whole;

	(void)state;
	make(&m);
	whole = m.len;
	monmsg_wipe(&m);
	for (i = 0; i < whole; i++)
		assert_int_equal(m.bytes[i], 0);
	assert_int_equal(monmsg_kind(&m), 0);
	assert_int_equal(monmsg_body(&m), 0);
	assert_int_equal(monmsg_get_number(&m), 0);
	assert_int_equal(monmsg_get_bytes(&m).len, 0);
	assert_errno(monmsg_end(&m), EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields__come_out_as_they_went_in),
		cmocka_unit_test(message__cut_anywhere__is_broken),
		cmocka_unit_test(message__with_a_length_that_lies__is_broken),
		cmocka_unit_test(message__fuller_than_full__is_broken),
		cmocka_unit_test(message__empty_or_wiped__is_of_no_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
