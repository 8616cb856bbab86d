#include "base/conf.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/solopop-conf.XXXXXX";
static char got[512];

static int
take(void *ctx, const char *name, const char *value, bool set, char *error,
    size_t cap)
{
	size_t len = strlen(got);

	(void)ctx;
	if (strcmp(name, "bad") == 0) {
		(void)snprintf(error, cap, "it is bad");
		return -1;
	}
	(void)snprintf(got + len, sizeof got - len, "%s%s=%s;",
	    set ? "" : "!", name, value != NULL ? value : "-");
	return 0;
}

static int
read_text(const char *text, size_t len, struct conf *c)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	*c = (struct conf){ .take = take };
	got[0] = '\0';
	assert_int_equal(write(fd, text, len), len);
	(void)close(fd);
	return conf_read(c, path);
}

static const struct {
	struct span text;
	const char *expected;		/* what was taken */
	const char *error;		/* NULL: none */
} cases[] = {
	{ BYTES(""), "", NULL },
	{ BYTES("# nothing\n\n   \n\t# more\n"), "", NULL },
	{ BYTES("set a = b\n"), "a=b;", NULL },
	{ BYTES("set a=b"), "a=b;", NULL },
	{ BYTES("SET a = b\n"), "a=b;", NULL },
	{ BYTES("  set\ta\t=\tb\t\n"), "a=b;", NULL },
	{ BYTES("set a = b # c\n"), "a=b;", NULL },
	{ BYTES("set a = b#c\n"), "a=b;", NULL },
	{ BYTES("set a = \"b c\" # d\n"), "a=b c;", NULL },
	{ BYTES("set a = 'b\"c'\nset d = `e'f`\n"),
	    "a=b\"c;d=e'f;", NULL },
	{ BYTES("set a = \"\"\n"), "a=;", NULL },
	{ BYTES("set a = \"#\"\n"), "a=#;", NULL },
	{ BYTES("set a\nreset b\nReset c # d\n"), "a=-;!b=-;!c=-;",
	    NULL },
	{ BYTES("set a = b\r\n"), "a=b;", NULL },
	{ BYTES("set a = b\nset a = \n"), "a=b;", ":2: a value is missing" },
	{ BYTES("set\n"), "", ":1: expected" },
	{ BYTES("a = b\n"), "", ":1: expected" },
	{ BYTES("put a = b\n"), "", ":1: a line begins with" },
	{ BYTES("= b\n"), "", ":1: expected" },
	{ BYTES("set a = 'b\n"), "", ":1: a quotation does not end" },
	{ BYTES("set a = 'b' c\n"), "", ":1: something follows" },
	{ BYTES("set a = b c\n"), "", ":1: something follows" },
	{ BYTES("set a b\n"), "", ":1: something follows" },
	{ BYTES("reset a = b\n"), "", ":1: \"reset\" takes no value" },
	{ BYTES("set bad\n"), "", ":1: it is bad" },
	{ BYTES("set a = b\0c\n"), "", ":1: the line is too long, or has" },
};

static void
read__of_each_line(void **state)
{
	struct conf c;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		r = read_text(cases[i].text.p, cases[i].text.len, &c);
		assert_string_equal(got, cases[i].expected);
		if (cases[i].error == NULL) {
			assert_int_equal(r, 0);
			continue;
		}
		assert_int_equal(r, -1);
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(c.error, cases[i].error));
		assert_non_null(strstr(c.error, path));
	}
}

static void
read__of_a_line_at_the_limit(void **state)
{
	char line[CONF_LINE_MAX + 1];
	struct conf c;

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "set a = ", 8);
	line[CONF_LINE_MAX - 2] = '\n';
	assert_int_equal(read_text(line, CONF_LINE_MAX - 1, &c), 0);
	memset(line + 8, 'x', sizeof line - 8);
	line[CONF_LINE_MAX - 1] = '\n';
	assert_errno(read_text(line, CONF_LINE_MAX, &c), EINVAL);
}

static void
read__of_a_file_that_includes_itself__ends(void **state)
{
	char line[128];
	struct conf c;
	int n;

	(void)state;
	n = snprintf(line, sizeof line, "set a = b\nset config-file = %s\n",
	    path);
	assert_errno(read_text(line, (size_t)n, &c), EINVAL);
	assert_non_null(strstr(got, "a=b;a=b;"));
}

static void
read__of_no_file(void **state)
{
	struct conf c = { .take = take };

	(void)state;
	assert_errno(conf_read(&c, "/nonexistent/x"), ENOENT);
	assert_errno(conf_read(&c, "/tmp"), EINVAL);
	assert_errno(conf_read(&c, "/dev/null"), EINVAL);
}

static void
read__strictly__refuses_files_that_others_may_write(void **state)
{
	struct conf c;

	(void)state;
	(void)read_text("set a = b\n", 10, &c);
	c.strict = true;
	assert_int_equal(chmod(path, 0666), 0);
	assert_errno(conf_read(&c, path), EPERM);
	assert_int_equal(chmod(path, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(conf_read(&c, path), 0);
		assert_int_equal(chmod(path, 0664), 0);
		assert_errno(conf_read(&c, path), EPERM);
		assert_int_equal(chmod(path, 0646), 0);
		assert_errno(conf_read(&c, path), EPERM);
		assert_int_equal(chmod(path, 0644), 0);
		assert_int_equal(chown(path, 1, 1), 0);
	}
	assert_errno(conf_read(&c, path), EPERM);
}

static int
make_file(void **state)
{
	int fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1)
		return -1;
	return close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__of_each_line),
		cmocka_unit_test(read__of_a_line_at_the_limit),
		cmocka_unit_test(read__of_a_file_that_includes_itself__ends),
		cmocka_unit_test(read__of_no_file),
		cmocka_unit_test(
		    read__strictly__refuses_files_that_others_may_write),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
