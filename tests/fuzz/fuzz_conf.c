/*
 * A configuration file of any bytes.  Names and values come out as strings that
 * stand in the file, and the reader always ends.
 */
#include "base/conf.h"
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct text {
	const uint8_t *p;
	size_t len;
	unsigned taken;
};

static bool
stands_in(const struct text *t, const char *s)
{
	size_t i, len = strlen(s);

	for (i = 0; i + len <= t->len; i++)
		if (memcmp(t->p + i, s, len) == 0)
			return true;
	return false;
}

static int
take(void *ctx, const char *name, const char *value, bool set, char *error,
    size_t cap)
{
	struct text *t = ctx;

	CHECK(name[0] != '\0' && strpbrk(name, " \t=\n") == NULL);
	CHECK(cap > 0);
	CHECK(value == NULL || set);
	CHECK(value == NULL || strlen(value) < CONF_LINE_MAX);
	CHECK(stands_in(t, name) && (value == NULL || stands_in(t, value)));
	t->taken++;
	if (strcmp(name, "bad") != 0)
		return 0;
	strcpy(error, "bad");
	return -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = { data, size, 0 };
	struct conf c = { .take = take, .ctx = &t };
	char path[256];
	int home;

	/* "set config-file = c" finds the file itself, and nothing else. */
	CHECK((home = open(".", O_RDONLY | O_DIRECTORY)) != -1);
	CHECK(chdir(fuzz_dir()) == 0);
	fuzz_write(fuzz_path(path, "c"), data, size);
	if (conf_read(&c, path) == -1) {
		CHECK(errno == EINVAL);
		CHECK(strncmp(c.error, path, strlen(path)) == 0);
		CHECK(strlen(c.error) < sizeof c.error);
	}
	CHECK(c.depth == 0);
	CHECK(t.taken <= size * CONF_DEPTH_MAX);
	CHECK(fchdir(home) == 0 && close(home) == 0);
	return 0;
}
