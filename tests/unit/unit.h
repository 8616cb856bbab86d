/*
 * What every test program here begins with.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ascii.h"

#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

/* The bytes of a literal, NULs and all. */
#define SPAN(literal) ((struct span){ literal, sizeof literal - 1 })

/* The same, to begin a table with. */
#define BYTES(literal) { literal, sizeof literal - 1 }

#define assert_span(s, literal) do { \
	struct span span_ = (s); \
	assert_int_equal(span_.len, sizeof literal - 1); \
	assert_memory_equal(span_.p, literal, sizeof literal - 1); \
} while (0)

/* cmocka's own is deprecated in 2.0, and what replaces it is not in 1.1. */
#undef assert_in_range
#define assert_in_range(value, low, high) do { \
	intmax_t value_ = (intmax_t)(value); \
	assert_true(value_ >= (intmax_t)(low) && value_ <= (intmax_t)(high)); \
} while (0)

#define assert_errno(call, error) do { \
	errno = 0; \
	assert_int_equal((call), -1); \
	assert_int_equal(errno, error); \
} while (0)

#endif
