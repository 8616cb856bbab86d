/*
 * The machine's own limits, as a POP3 server with nothing inside: each kind
 * does what no server can do without, and drive checks its answers as anybody
 * else's.  Not safe, not complete, not a server.
 *
 *	floor none			no messages
 *	floor table MAILDIR		from MAILDIR.table, which is mapped
 *	floor dents MAILDIR		read the directories, for STAT
 *	floor scan MAILDIR		read and sort; sizes stand in names
 *	floor count MAILDIR		... and read all messages for their sizes
 *	floor copy MAILDIR		from MAILDIR.table; RETR works
 *	floor unlink MAILDIR		... and DELE
 */
#define _GNU_SOURCE
#include "floor.h"
#include "sum.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (128 * 1024)

static char out[2 * CHUNK + 4096];
static char in[65536];
static size_t out_len, in_from, in_have;
static struct row *rows;
static size_t n;
static int cur = -1;
static unsigned char *gone;

static void
flush(void)
{
	size_t done;
	ssize_t got;

	for (done = 0; done < out_len; done += (size_t)got)
		if ((got = write(1, out + done, out_len - done)) <= 0)
			_exit(1);
	out_len = 0;
}

static void
room(size_t bytes)
{
	if (out_len + bytes > sizeof out)
		flush();
}

static void
put(const char *text)
{
	size_t len = strlen(text);

	room(len);
	memcpy(out + out_len, text, len);
	out_len += len;
}

static void
put_number(uint64_t number)
{
	char text[24], *s = text + sizeof text;

	*--s = '\0';
	do
		*--s = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put(s);
}

/* NULL at the end of the input. */
static char *
line(void)
{
	char *nl, *s;
	ssize_t got;

	while ((nl = memchr(in + in_from, '\n', in_have - in_from)) == NULL) {
		memmove(in, in + in_from, in_have -= in_from);
		in_from = 0;
		flush();
		got = read(0, in + in_have, sizeof in - in_have);
		if (got <= 0)
			return NULL;
		in_have += (size_t)got;
	}
	s = in + in_from;
	in_from = (size_t)(nl + 1 - in);
	nl[nl > s && nl[-1] == '\r' ? -1 : 0] = '\0';
	return s;
}

/* ---- the mailbox --------------------------------------------------------- */

static void
add(const char *name, size_t *cap)
{
	const char *w;
	struct row *r;

	if (n == *cap) {
		*cap = *cap ? 2 * *cap : 1024;
		if ((rows = realloc(rows, *cap * sizeof *rows)) == NULL)
			_exit(1);
	}
	r = &rows[n++];
	w = strstr(name, ",W=");
	r->octets = w != NULL ? strtoull(w + 3, NULL, 10) : 0;
	(void)strncpy(r->name, name, sizeof r->name);
	r->name[sizeof r->name - 1] = '\0';
}

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static void
scan(const char *maildir, const char *part, size_t *cap, int keep)
{
	static char bytes[1 << 20];
	char path[4096];
	struct entry *e;
	long got, at;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", maildir, part);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	while ((got = syscall(SYS_getdents64, fd, bytes, sizeof bytes)) > 0)
		for (at = 0; at < got; at += e->len) {
			e = (struct entry *)(bytes + at);
			if (e->name[0] != '.' && keep)
				add(e->name, cap);
			else if (e->name[0] != '.')
				n++;
		}
	if (cur == -1 && part[0] == 'c')
		cur = fd;
	else
		(void)close(fd);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name,
	    ((const struct row *)b)->name);
}

static size_t
lines_plain(const char *p, size_t len)
{
	const char *end = p + len;
	size_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

static size_t (*count_lines)(const char *, size_t) = lines_plain;

/* Octets of a file: its bytes, and one more for each line. */
static uint64_t
measure(const char *name)
{
	static char bytes[CHUNK];
	uint64_t octets = 0;
	ssize_t got;
	int fd = openat(cur, name, O_RDONLY | O_NOFOLLOW);

	while ((got = read(fd, bytes, sizeof bytes)) > 0)
		octets += (uint64_t)got + count_lines(bytes, (size_t)got);
	(void)close(fd);
	return octets;
}

static void
load_table(const char *maildir)
{
	char path[4096];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof path, "%s.table", maildir);
	if ((fd = open(path, O_RDONLY)) == -1 || fstat(fd, &st) == -1)
		_exit(1);
	n = (size_t)st.st_size / sizeof *rows;
	rows = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)snprintf(path, sizeof path, "%s/cur", maildir);
	cur = open(path, O_RDONLY | O_DIRECTORY);
}

static void
load(const char *kind, const char *maildir)
{
	size_t i, cap = 0;
	char *colon;

	if (strcmp(kind, "none") == 0)
		return;
	if (strchr("tku", kind[0]) != NULL || strcmp(kind, "copy") == 0) {
		load_table(maildir);
		gone = calloc(n + 1, 1);
		return;
	}
	scan(maildir, "new", &cap, kind[0] != 'd');
	scan(maildir, "cur", &cap, kind[0] != 'd');
	if (kind[0] == 'd')
		return;
	qsort(rows, n, sizeof *rows, by_name);
	for (i = 0; i < n; i++) {
		if (kind[0] == 'c')
			rows[i].octets = measure(rows[i].name);
		if ((colon = strpbrk(rows[i].name, ",:")) != NULL)
			*colon = '\0';
	}
}

/* ---- the answers --------------------------------------------------------- */

static void
stat_box(void)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; rows != NULL && i < n; i++)
		all += rows[i].octets;
	put("+OK ");
	put_number(n);
	put(" ");
	put_number(all);
	put("\r\n");
}

static void
list_box(int uidl)
{
	size_t i;

	put("+OK\r\n");
	for (i = 0; i < n; i++) {
		put_number(i + 1);
		put(" ");
		if (uidl)
			put(rows[i].name);
		else
			put_number(rows[i].octets);
		put("\r\n");
	}
	put(".\r\n");
}

static int
open_message(size_t idx)
{
	char name[sizeof rows->name + 8];

	(void)snprintf(name, sizeof name, "%s:2,S", rows[idx].name);
	return openat(cur, name, O_RDONLY | O_NOFOLLOW);
}

#ifdef __x86_64__
#include <immintrin.h>

/* CR before each LF, a dot before a dot at the start of a line. */
__attribute__((target("avx2"))) static size_t
convert_avx2(char *to, const char *p, size_t len, char *last)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	const char *end = p + len, *base;
	char *start = to;
	uint32_t mask;
	unsigned at, done;

	if (len > 0 && *last == '\n' && *p == '.')
		*to++ = '.';
	for (; end - p >= 32; p += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)p);

		mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, lf));
		_mm256_storeu_si256((__m256i *)to, v);
		for (base = p, done = 0; mask != 0; mask &= mask - 1) {
			at = (unsigned)__builtin_ctz(mask);
			to += at - done;
			*to++ = '\r';
			*to++ = '\n';
			done = at + 1;
			if (base + done < end && base[done] == '.')
				*to++ = '.';
			/* May read past this block, never past the buffer. */
			_mm256_storeu_si256((__m256i *)to, _mm256_loadu_si256(
			    (const __m256i *)(base + done)));
		}
		to += 32 - done;
	}
	for (; p < end; p++) {
		if (*p == '\n')
			*to++ = '\r';
		*to++ = *p;
		if (*p == '\n' && p + 1 < end && p[1] == '.')
			*to++ = '.';
	}
	*last = end[-1];
	return (size_t)(to - start);
}

__attribute__((target("avx2,popcnt"))) static size_t
lines_avx2(const char *p, size_t len)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	size_t lines = 0;

	for (; len >= 32; p += 32, len -= 32)
		lines += (size_t)__builtin_popcount((unsigned)
		    _mm256_movemask_epi8(_mm256_cmpeq_epi8(
		    _mm256_loadu_si256((const __m256i *)p), lf)));
	return lines + lines_plain(p, len);
}
#endif

static size_t
convert_plain(char *to, const char *p, size_t len, char *last)
{
	const char *end = p + len, *nl;
	char *start = to;

	for (; p < end; p = nl + 1) {
		if (*last == '\n' && *p == '.')
			*to++ = '.';
		nl = memchr(p, '\n', (size_t)(end - p));
		*last = nl != NULL ? '\n' : end[-1];
		if (nl == NULL)
			nl = end;
		memcpy(to, p, (size_t)(nl - p));
		to += nl - p;
		if (nl == end)
			break;
		*to++ = '\r';
		*to++ = '\n';
	}
	return (size_t)(to - start);
}

static size_t (*convert)(char *, const char *, size_t, char *) = convert_plain;

static void
choose_code(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		convert = convert_avx2;
		count_lines = lines_avx2;
	}
#endif
}

static void
retr(size_t idx)
{
	static char bytes[CHUNK + 64];
	char last = '\n';
	ssize_t got;
	int fd = open_message(idx);

	put("+OK\r\n");
	while ((got = read(fd, bytes, CHUNK)) > 0) {
		room(2 * (size_t)got + 64);
		out_len += convert(out + out_len, bytes, (size_t)got, &last);
	}
	(void)close(fd);
	put(".\r\n");
}

static void
remove_all(void)
{
	char name[sizeof rows->name + 8];
	size_t i;

	for (i = 0; gone != NULL && i < n; i++) {
		if (!gone[i])
			continue;
		(void)snprintf(name, sizeof name, "%s:2,S", rows[i].name);
		if (unlinkat(cur, name, 0) == -1)
			_exit(1);
	}
}

static void
answer(const char *command, const char *kind, const char *maildir)
{
	size_t idx = strlen(command) > 5 ?
	    strtoul(command + 5, NULL, 10) - 1 : 0;

	if (strcmp(command, "STAT") == 0)
		stat_box();
	else if (strcmp(command, "LIST") == 0)
		list_box(0);
	else if (strcmp(command, "UIDL") == 0)
		list_box(1);
	else if (strncmp(command, "RETR", 4) == 0)
		retr(idx);
	else {
		if (strncmp(command, "DELE", 4) == 0 && gone != NULL)
			gone[idx] = 1;
		if (strncmp(command, "PASS", 4) == 0)
			load(kind, maildir);
		put("+OK\r\n");
	}
}

int
main(int argc, char **argv)
{
	char user[64] = "", *s;
	int on = 1;

	if (argc < 2)
		return 2;
	choose_code();
	(void)setsockopt(1, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	put("+OK\r\n");
	while ((s = line()) != NULL && strcmp(s, "QUIT") != 0) {
		if (strncmp(s, "USER ", 5) == 0)
			(void)snprintf(user, sizeof user, "%s", s + 5);
		if (strncmp(s, "PASS ", 5) == 0 && let_in(user, s + 5) == -1)
			return 1;
		answer(s, argv[1], argv[2]);
	}
	remove_all();
	put("+OK\r\n");
	flush();
	let_out();
	return 0;
}
