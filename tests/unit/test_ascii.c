#include "unit.h"

#include <errno.h>
#include <limits.h>

static void
is__ignores_case_and_nothing_else(void **state)
{
	(void)state;
	assert_true(span_is(SPAN("ReTr"), "RETR"));
	assert_true(span_is(SPAN(""), ""));
	assert_false(span_is(SPAN("RET"), "RETR"));
	assert_false(span_is(SPAN("RETRX"), "RETR"));
	assert_false(span_is(SPAN("RET\0"), "RET"));
	assert_false(span_is(SPAN("{etr"), "[etr"));
	assert_false(span_is(SPAN("\xc9"), "\xe9"));
}

static void
line__ends_at_its_lf__and_what_has_none_stays(void **state)
{
	struct span rest = span_of("a b\n\nno end"), line;

	(void)state;
	assert_true(span_line(&rest, &line));
	assert_true(span_is(line, "a b"));
	assert_true(span_line(&rest, &line));
	assert_int_equal(line.len, 0);
	assert_false(span_line(&rest, &line));
	assert_true(span_is(rest, "no end"));
	rest = (struct span){ NULL, 0 };
	assert_false(span_line(&rest, &line));
}

static void
word__cuts_at_blanks(void **state)
{
	struct span rest = SPAN("  a bc  d "), word;

	(void)state;
	assert_true(span_word(&rest, &word));
	assert_span(word, "a");
	assert_true(span_word(&rest, &word));
	assert_span(word, "bc");
	assert_true(span_word(&rest, &word));
	assert_span(word, "d");
	assert_false(span_word(&rest, &word));
	assert_int_equal(word.len, 0);
}

static void
copy__too_long_or_with_nul__leaves_the_target_alone(void **state)
{
	char dst[4] = "old";

	(void)state;
	assert_errno(span_copy(dst, sizeof dst, SPAN("four")), EMSGSIZE);
	assert_errno(span_copy(dst, sizeof dst, SPAN("a\0b")), EINVAL);
	assert_string_equal(dst, "old");
	assert_int_equal(span_copy(dst, sizeof dst, SPAN("new")), 0);
	assert_string_equal(dst, "new");
	assert_int_equal(span_copy(dst, sizeof dst, (struct span){ 0 }), 0);
	assert_string_equal(dst, "");
}

static void
classes__hold_for_every_byte(void **state)
{
	int c;

	(void)state;
	for (c = CHAR_MIN; c <= CHAR_MAX; c++) {
		assert_int_equal(ascii_digit((char)c), c >= '0' && c <= '9');
		assert_int_equal(ascii_graph((char)c), c >= '!' && c <= '~');
		assert_int_equal(ascii_lower((char)c),
		    c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
}

/* Every byte at every place, so that none is judged by its neighbours. */
static void
is_graph__one_byte_of_any_value_anywhere__decides(void **state)
{
	char text[20];
	size_t len, at, fill;
	int c;

	(void)state;
	assert_true(span_is_graph(span_of("")));
	for (fill = 0; fill < 2; fill++)
		for (len = 1; len <= sizeof text; len++)
			for (at = 0; at < len; at++)
				for (c = 0; c < 256; c++) {
					memset(text, fill ? '!' : '~', len);
					text[at] = (char)c;
					assert_int_equal(span_is_graph(
					    (struct span){ text, len }),
					    c > 0x20 && c < 0x7f);
				}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is__ignores_case_and_nothing_else),
		cmocka_unit_test(line__ends_at_its_lf__and_what_has_none_stays),
		cmocka_unit_test(word__cuts_at_blanks),
		cmocka_unit_test(
		    copy__too_long_or_with_nul__leaves_the_target_alone),
		cmocka_unit_test(classes__hold_for_every_byte),
		cmocka_unit_test(
		    is_graph__one_byte_of_any_value_anywhere__decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
