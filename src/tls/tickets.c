#include "tls/tickets.h"

#include "base/fd.h"
#include "base/secret.h"

#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char mark[16] = "solopop-tickets";

#define DIGEST 32
#define SIGNED (TICKETS_SIZE - DIGEST)

/* A FILE.new older than this was left by a crashed process, s. */
#define STALE 60

static unsigned char *
put_key(unsigned char *p, const struct ticket_key *key)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		*p++ = (unsigned char)(key->born >> (56 - 8 * i));
	memcpy(p, key->name, sizeof key->name);
	p += sizeof key->name;
	memcpy(p, key->cipher, sizeof key->cipher);
	p += sizeof key->cipher;
	memcpy(p, key->mac, sizeof key->mac);
	return p + sizeof key->mac;
}

static const unsigned char *
get_key(const unsigned char *p, struct ticket_key *key)
{
	unsigned i;

	key->born = 0;
	for (i = 0; i < 8; i++)
		key->born = key->born << 8 | *p++;
	memcpy(key->name, p, sizeof key->name);
	p += sizeof key->name;
	memcpy(key->cipher, p, sizeof key->cipher);
	p += sizeof key->cipher;
	memcpy(key->mac, p, sizeof key->mac);
	return p + sizeof key->mac;
}

static int
digest(unsigned char sum[DIGEST], const unsigned char *bytes)
{
	return EVP_Digest(bytes, SIGNED, sum, NULL, EVP_sha256(), NULL) == 1 ?
	    0 : -1;
}

int
tickets_encode(unsigned char bytes[TICKETS_SIZE], const struct tickets *t)
{
	static const struct ticket_key none;

	memcpy(bytes, mark, sizeof mark);
	(void)put_key(put_key(bytes + sizeof mark,
	    t->n > 0 ? &t->key[0] : &none), t->n > 1 ? &t->key[1] : &none);
	return digest(bytes + SIGNED, bytes);
}

int
tickets_decode(struct tickets *t, const unsigned char *bytes, size_t len)
{
	unsigned char sum[DIGEST];

	if (len != TICKETS_SIZE || memcmp(bytes, mark, sizeof mark) != 0 ||
	    digest(sum, bytes) == -1 ||
	    memcmp(sum, bytes + SIGNED, sizeof sum) != 0)
		return -1;
	(void)get_key(get_key(bytes + sizeof mark, &t->key[0]), &t->key[1]);
	t->n = t->key[0].born == 0 ? 0 : t->key[1].born == 0 ? 1 : 2;
	return 0;
}

/* A key from the future is as good as none: the clock was wrong. */
static bool
is_younger(const struct ticket_key *key, time_t now, uint64_t seconds)
{
	return key->born <= (uint64_t)now &&
	    (uint64_t)now - key->born < seconds;
}

static int
make_key(struct ticket_key *key, time_t now)
{
	key->born = (uint64_t)now;
	return RAND_bytes(key->name, sizeof key->name) == 1 &&
	    RAND_priv_bytes(key->cipher, sizeof key->cipher) == 1 &&
	    RAND_priv_bytes(key->mac, sizeof key->mac) == 1 ? 0 : -1;
}

int
tickets_rotate(struct tickets *t, time_t now)
{
	struct ticket_key fresh;
	int r;

	if (t->n > 0 && is_younger(&t->key[0], now, TICKETS_PERIOD))
		return 0;
	if (t->n > 0 && !is_younger(&t->key[0], now, 2 * TICKETS_PERIOD))
		t->n = 0;
	if ((r = make_key(&fresh, now)) == 0) {
		t->key[1] = t->key[0];
		t->key[0] = fresh;
		t->n = t->n > 0 ? 2 : 1;
	}
	secret_erase(&fresh, sizeof fresh);
	return r == 0 ? 1 : -1;
}

/* Ours, a file, and nobody else's to read: else it is no secret. */
static bool
is_private(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* No keys at all when there is no file, or none that can be believed. */
static void
read_file(struct tickets *t, const char *path)
{
	unsigned char bytes[TICKETS_SIZE + 1];
	ssize_t n = -1;
	int fd;

	t->n = 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return;
	if (is_private(fd))
		n = read(fd, bytes, sizeof bytes);
	if (n > 0 && tickets_decode(t, bytes, (size_t)n) == -1)
		t->n = 0;
	secret_erase(bytes, sizeof bytes);
	fd_close(&fd);
}

/* Whoever makes the new file is the one who writes it; others go on. */
static int
make_file(const char *path, time_t now)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;
	int fd;

	fd = open(path, flags, 0600);
	if (fd != -1 || errno != EEXIST)
		return fd;
	if (lstat(path, &st) == 0 && now - st.st_mtime > STALE &&
	    unlink(path) == 0)
		return open(path, flags, 0600);
	errno = EAGAIN;
	return -1;
}

static int
write_file(const struct tickets *t, int fd)
{
	unsigned char bytes[TICKETS_SIZE];
	int r = -1;

	if (tickets_encode(bytes, t) == 0 &&
	    fd_write_all(fd, bytes, sizeof bytes) == 0 && fsync(fd) == 0)
		r = 0;
	secret_erase(bytes, sizeof bytes);
	return r;
}

/*
 * Once the new file is ours, look again: another process may have renewed the
 * keys while we made up our mind.
 */
static int
renew(struct tickets *t, const char *path, time_t now)
{
	char fresh[PATH_MAX];
	int fd, r, n = snprintf(fresh, sizeof fresh, "%s.new", path);

	if (n < 0 || (size_t)n >= sizeof fresh) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = make_file(fresh, now)) == -1)
		return -1;
	read_file(t, path);
	r = tickets_rotate(t, now);
	if (r == 1 && (write_file(t, fd) == -1 || rename(fresh, path) == -1))
		r = -1;
	if (r != 1)
		(void)unlink(fresh);
	fd_close(&fd);
	return r == -1 ? -1 : 0;
}

/* When the file cannot be renewed, the keys in it serve while they may. */
int
tickets_open(struct tickets *t, const char *path, time_t now)
{
	struct tickets kept;

	read_file(t, path);
	if (t->n > 0 && is_younger(&t->key[0], now, TICKETS_PERIOD))
		return 0;
	kept = *t;
	if (renew(t, path, now) == 0)
		return 0;
	*t = kept;
	if (t->n > 0 && is_younger(&t->key[0], now, 2 * TICKETS_PERIOD))
		return 0;
	t->n = 0;
	return -1;
}

const struct ticket_key *
tickets_find(const struct tickets *t, const unsigned char name[TICKETS_NAME],
    int *old)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (memcmp(t->key[i].name, name, TICKETS_NAME) == 0) {
			*old = i > 0;
			return &t->key[i];
		}
	return NULL;
}
