#include "base/conf.h"

#include "base/ascii.h"
#include "base/fd.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define REASON_MAX 256

static void
skip_blanks(char **p)
{
	*p += strspn(*p, " \t");
}

/* Cut a bare word off: up to a blank or '='. */
static char *
take_word(char **p)
{
	char *word;

	skip_blanks(p);
	word = *p;
	*p += strcspn(*p, " \t=");
	return *p > word ? word : NULL;
}

static int
fail(char reason[REASON_MAX], const char *text)
{
	(void)snprintf(reason, REASON_MAX, "%s", text);
	return -1;
}

/* Only blanks and a comment may follow a value. */
static int
expect_end(char *p, char reason[REASON_MAX])
{
	skip_blanks(&p);
	return *p == '\0' || *p == '#' ? 0 :
	    fail(reason, "something follows the value: put a list in quotes");
}

static int
take_value(char *p, char **value, char reason[REASON_MAX])
{
	char *end;

	skip_blanks(&p);
	if (*p == '\0' || *p == '#')
		return fail(reason, "a value is missing after '='");
	if (*p == '"' || *p == '\'' || *p == '`') {
		if ((end = strchr(p + 1, *p)) == NULL)
			return fail(reason, "a quotation does not end");
		*value = p + 1;
	} else {
		*value = p;
		if (*(end = p + strcspn(p, " \t#")) == '\0')
			return 0;
		if (*end == '#' ) {
			*end = '\0';
			return 0;
		}
	}
	*end = '\0';
	return expect_end(end + 1, reason);
}

static int
include(struct conf *c, const char *path, char reason[REASON_MAX])
{
	char kept[sizeof c->error];

	if (c->depth >= CONF_DEPTH_MAX)
		return fail(reason, "files include each other too deeply");
	if (conf_read(c, path) == 0)
		return 0;
	memcpy(kept, c->error, sizeof kept);
	(void)snprintf(reason, REASON_MAX, "%.250s", kept);
	return -1;
}

static int
take_line(struct conf *c, char *line, char reason[REASON_MAX])
{
	char *verb, *verb_end, *name, *name_end, *value = NULL, *p = line;
	bool set;

	skip_blanks(&p);
	if (*p == '\0' || *p == '#')
		return 0;
	verb = take_word(&p);
	verb_end = p;
	if (verb == NULL || (name = take_word(&p)) == NULL)
		return fail(reason, "expected \"set NAME = VALUE\" or "
		    "\"reset NAME\"");
	name_end = p;
	skip_blanks(&p);
	set = span_is((struct span){ verb, (size_t)(verb_end - verb) }, "set");
	if (!set && !span_is((struct span){ verb, (size_t)(verb_end - verb) },
	    "reset"))
		return fail(reason, "a line begins with \"set\" or \"reset\"");
	if (*p == '=' && !set)
		return fail(reason, "\"reset\" takes no value");
	if (*p == '=' ? take_value(p + 1, &value, reason) == -1 :
	    expect_end(p, reason) == -1)
		return -1;
	*name_end = '\0';
	if (set && value != NULL && span_is(span_of(name), "config-file"))
		return include(c, value, reason);
	return c->take(c->ctx, name, value, set, reason, REASON_MAX);
}

static int
check_file(const struct conf *c, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	if (c->strict && (st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static FILE *
open_file(struct conf *c, const char *path)
{
	FILE *f = NULL;
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || check_file(c, fd) == -1 ||
	    (f = fdopen(fd, "r")) == NULL) {
		(void)snprintf(c->error, sizeof c->error, "%s: %s", path,
		    errno == EPERM ? "not owned by root, or others may write it"
		    : strerror(errno));
		fd_close(&fd);
	}
	return f;
}

static int
read_line(FILE *f, char line[CONF_LINE_MAX], char reason[REASON_MAX])
{
	size_t len = strlen(line);

	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	else if (!feof(f))
		return fail(reason, "the line is too long, or has a NUL");
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return 0;
}

int
conf_read(struct conf *c, const char *path)
{
	char line[CONF_LINE_MAX], reason[REASON_MAX];
	unsigned number = 0;
	int r = 0;
	FILE *f;

	if ((f = open_file(c, path)) == NULL)
		return -1;
	c->depth++;
	while (r == 0 && fgets(line, sizeof line, f) != NULL) {
		number++;
		r = read_line(f, line, reason);
		if (r == 0)
			r = take_line(c, line, reason);
	}
	c->depth--;
	if (r == -1) {
		(void)snprintf(c->error, sizeof c->error, "%.200s:%u: %s",
		    path, number, reason);
		errno = EINVAL;
	} else if (ferror(f)) {
		(void)snprintf(c->error, sizeof c->error, "%.200s: cannot be "
		    "read", path);
		r = -1;
	}
	(void)fclose(f);
	return r;
}
