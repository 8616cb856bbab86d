#include "tls/names.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
names_fold(char host[NAMES_LEN + 1], struct span text)
{
	char lower[NAMES_LEN + 1];
	size_t i;

	if (text.len > 0 && text.p[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > NAMES_LEN || text.p[0] == '.')
		return -1;
	for (i = 0; i < text.len; i++) {
		lower[i] = ascii_lower(text.p[i]);
		if (!ascii_digit(lower[i]) && lower[i] != '.' &&
		    lower[i] != '-' && lower[i] != '_' &&
		    (lower[i] < 'a' || lower[i] > 'z'))
			return -1;
	}
	return span_copy(host, NAMES_LEN + 1, (struct span){ lower, i });
}

static const struct name *
find_exact(const struct names *n, const char *host)
{
	const struct name *name = n->first;

	while (name != NULL && strcmp(name->host, host) != 0)
		name = name->next;
	return name;
}

const struct name *
names_find(const struct names *n, struct span host)
{
	char folded[NAMES_LEN + 1], *dot;
	const struct name *name;

	if (names_fold(folded, host) == -1)
		return NULL;
	if ((name = find_exact(n, folded)) != NULL)
		return name;
	if ((dot = strchr(folded, '.')) == NULL || dot == folded)
		return NULL;
	*--dot = '_';
	return find_exact(n, dot);
}

/* The key of its own may be missing; then it stands beside the certificate. */
static int
read_pair(struct name *name, int dir, const char *cert, const char *key)
{
	if (bytes_read(&name->cert, dir, cert) == -1)
		return -1;
	if (bytes_read(&name->key, dir, key) == -1 && errno != ENOENT)
		return -1;
	return 0;
}

static void
add(struct names *n, int dir, struct span host, const char *cert,
    const char *key)
{
	struct name *name;

	if (n->count >= NAMES_MAX || (name = calloc(1, sizeof *name)) == NULL)
		return;
	if (names_fold(name->host, host) == -1 ||
	    find_exact(n, name->host) != NULL) {
		free(name);
		return;
	}
	if (read_pair(name, dir, cert, key) == -1)
		name->error = errno;
	name->next = n->first;
	n->first = name;
	n->count++;
}

static bool
ends_in(const char *text, const char *end, struct span *stem)
{
	size_t len = strlen(text), n = strlen(end);

	if (len <= n || strcmp(text + len - n, end) != 0)
		return false;
	*stem = (struct span){ text, len - n };
	return true;
}

static void
add_entry(struct names *n, int dir, const char *entry)
{
	char cert[NAMES_LEN + 32], key[NAMES_LEN + 32];
	struct span stem;

	if (entry[0] == '.' || strlen(entry) > NAMES_LEN)
		return;
	if (ends_in(entry, ".crt", &stem) || ends_in(entry, ".pem", &stem)) {
		(void)snprintf(key, sizeof key, "%.*s.key", (int)stem.len,
		    stem.p);
		add(n, dir, stem, entry, key);
		return;
	}
	(void)snprintf(cert, sizeof cert, "%s/fullchain.pem", entry);
	(void)snprintf(key, sizeof key, "%s/privkey.pem", entry);
	if (!ends_in(entry, ".key", &stem) &&
	    faccessat(dir, cert, F_OK, 0) == 0)
		add(n, dir, span_of(entry), cert, key);
}

int
names_read(struct names *n, const char *dir)
{
	struct dirent *entry;
	int fd, copy;
	DIR *d;

	*n = (struct names){ .first = NULL };
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((copy = fd_copy(fd)) == -1 || (d = fdopendir(copy)) == NULL) {
		fd_close(&copy);
		fd_close(&fd);
		return -1;
	}
	while ((entry = readdir(d)) != NULL)
		add_entry(n, fd, entry->d_name);
	(void)closedir(d);
	fd_close(&fd);
	return 0;
}

void
names_free(struct names *n)
{
	struct name *name;

	while ((name = n->first) != NULL) {
		n->first = name->next;
		bytes_free(&name->cert);
		bytes_free(&name->key);
		free(name);
	}
	n->count = 0;
}
