#include "auth/apop.h"

#include "base/digest.h"
#include "base/fd.h"
#include "base/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (8 * 1024 * 1024)

static int
check_owner(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() ||
	    (st->st_mode & 077) != 0)
		errno = EPERM;
	else if (st->st_size > FILE_MAX)
		errno = EFBIG;
	else
		return 0;
	return -1;
}

static int
read_all(int fd, char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = read(fd, text, len)) == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;	/* it shrank under our eyes */
		if (n <= 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The caller owns text->p, text->len bytes, and erases it before free(3). */
static int
load(const char *path, struct span *text)
{
	struct stat st;
	char *p = NULL;
	size_t len;
	int fd, r = -1;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || check_owner(&st) == -1)
		goto out;
	len = (size_t)st.st_size;
	if ((p = malloc(len + 1)) == NULL)
		goto out;
	if (read_all(fd, p, len) == -1) {
		secret_erase(p, len);
		free(p);
		goto out;
	}
	*text = (struct span){ p, len };
	r = 0;
out:
	fd_close(&fd);
	return r;
}

static void
unload(struct span text)
{
	char *p = (char *)(uintptr_t)text.p;

	secret_erase(p, text.len);
	free(p);
}

/* Cut the next "user:secret" off the text; comments and other lines pass. */
static bool
next_entry(struct span *text, struct span *user, struct span *secret)
{
	struct span line;
	const char *colon;
	size_t taken;

	while (text->len > 0) {
		line.p = text->p;
		for (line.len = 0; line.len < text->len; line.len++)
			if (line.p[line.len] == '\n')
				break;
		taken = line.len < text->len ? line.len + 1 : line.len;
		text->p += taken;
		text->len -= taken;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		colon = memchr(line.p, ':', line.len);
		if (colon == NULL || colon == line.p ||
		    colon + 1 == line.p + line.len)
			continue;
		*user = (struct span){ line.p, (size_t)(colon - line.p) };
		*secret = (struct span){ colon + 1,
		    line.len - user->len - 1 };
		return true;
	}
	return false;
}

int
apop_usable(const char *path)
{
	struct span text, rest, user, secret;
	bool any;

	if (load(path, &text) == -1)
		return -1;
	rest = text;
	any = next_entry(&rest, &user, &secret);
	unload(text);
	if (!any) {
		errno = ENODATA;
		return -1;
	}
	return 0;
}

static bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

int
apop_verify(const char *path, struct span user, const char *stamp,
    struct span digest, bool *match)
{
	struct span text, rest, name, secret, parts[2];
	char hex[DIGEST_MD5_HEX + 1];
	bool known = false;

	if (load(path, &text) == -1)
		return -1;
	parts[0] = span_of(stamp);
	parts[1] = span_of("nobody's secret");
	rest = text;
	while (!known && next_entry(&rest, &name, &secret))
		if ((known = span_equal(name, user)))
			parts[1] = secret;
	digest_md5(hex, parts, 2);
	*match = digest.len == DIGEST_MD5_HEX &&
	    secret_equal(hex, digest.p, DIGEST_MD5_HEX) && known;
	secret_erase(hex, sizeof hex);
	unload(text);
	return 0;
}
