/*
 * A real Maildir in a temporary directory, one for each test.
 */
#ifndef BOX_H
#define BOX_H

#include "unit.h"

#include <stdbool.h>

#define BOX_PATH_MAX 512

/* For cmocka: make it, with new/, cur/ and tmp/ in it; and remove it. */
int box_set_up(void **state);
int box_tear_down(void **state);

const char *box_top(void);

/* The path of a name in it; returns path. */
const char *box_path(char path[BOX_PATH_MAX], const char *name);

/* Names are of the form "new/1.a". */
void box_put(const char *name, struct span bytes);
void box_move(const char *from, const char *to);
void box_remove(const char *name);
bool box_has(const char *name);

/* Is the file's content just this? */
void box_expect(const char *name, const char *text);

/* Does reading a directory tell here what is a file?  Not everywhere. */
bool box_tells_kinds(void);

/*
 * From here to the end of the test root is not root: it owns the Maildir as
 * nobody, and permissions count.
 */
void box_be_nobody(void);

#define BOX_TEST(name) \
	cmocka_unit_test_setup_teardown(name, box_set_up, box_tear_down)

#endif
