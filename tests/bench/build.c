/*
 * Build mailboxes for the bench: always the same ones for the same arguments.
 *
 *	build UID maildir DIR COUNT SEED real|small|NUMBER plain|sized
 *	build UID mbox DIR FILE
 *	build UID link FROM TO
 *
 * A Maildir gets its messages in cur/, read, in the order of their names.  Real
 * ones have heavy-tailed lengths (about 75 KB in the mean, half of them below
 * 9 KB), small ones about 1 KB, and NUMBER is a length for all.  COUNT may end
 * in G: so many gigabytes.  Beside DIR stand DIR.sums, what a client must get
 * (struct sum each), and DIR.table, a table of names for the floor.  Names are
 * plain or tell their sizes (,S= and ,W=).
 *
 * mbox writes the messages of a Maildir to one file; link makes a second
 * Maildir of the same files.
 */
#define _GNU_SOURCE
#include "sum.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST (20 << 20)
#define FIRST_SECOND 1500000000u

static uint64_t state;
static uid_t owner;

static uint64_t
random_u64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double
random_unit(void)
{
	return (double)(random_u64() >> 11) / 9007199254740992.0 + 1e-17;
}

static double
random_normal(void)
{
	return sqrt(-2 * log(random_unit())) *
	    cos(2 * acos(-1) * random_unit());
}

static size_t
pick_length(const char *kind)
{
	double length;

	if (strcmp(kind, "small") == 0)
		return 500 + (size_t)(random_u64() % 1000);
	if (strcmp(kind, "real") != 0)
		return strtoul(kind, NULL, 10);
	length = 9000 * exp(2.06 * random_normal());
	return length < 400 ? 400 : length > LONGEST ? LONGEST : (size_t)length;
}

/* Lines as people write them, some of them empty, some with a leading dot. */
static size_t
text_line(char *to)
{
	static const char letters[] = "etaoin shrdlu cmfwyp vbgkqj xz. ,";
	size_t i, len = random_u64() % 8 == 0 ? 0 : random_u64() % 78;
	uint64_t bits = 0;

	for (i = 0; i < len; i++) {
		if (i % 8 == 0)
			bits = random_u64();
		to[i] = letters[(bits >> i % 8 * 8 & 255) %
		    (sizeof letters - 1)];
	}
	if (len > 0 && random_u64() % 50 == 0)
		to[0] = '.';
	to[len] = '\n';
	return len + 1;
}

/* Lines as attachments have them. */
static size_t
base64_line(char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < 76; i++) {
		if (i % 10 == 0)
			bits = random_u64();
		to[i] = digits[bits >> i % 10 * 6 & 63];
	}
	to[76] = '\n';
	return 77;
}

static size_t
write_text(char *to, size_t number, size_t length)
{
	size_t len;

	len = (size_t)sprintf(to, "Return-Path: <sender%zu@example.org>\n"
	    "From: Sender %zu <sender%zu@example.org>\n"
	    "To: bench@example.net\nMessage-ID: <%016jx@example.org>\n"
	    "Date: Mon, 1 Jan 2024 12:00:00 +0000\nSubject: number %zu\n\n",
	    number, number, number, (uintmax_t)random_u64(), number);
	while (len < length)
		len += len < 8000 ? text_line(to + len) : base64_line(to + len);
	return len;
}

/* What goes over the wire for this file; octets are those without stuffing. */
static struct sum
expect(const char *text, size_t len, char *wire)
{
	struct sum s = { 0, 0, 0 };
	struct hash h;
	const char *end = text + len, *nl;
	size_t dots = 0, line;
	char *to = wire;

	for (; text < end; text = nl + 1) {
		nl = memchr(text, '\n', (size_t)(end - text));
		line = (size_t)(nl - text);
		if (*text == '.') {
			*to++ = '.';
			dots++;
		}
		memcpy(to, text, line);
		memcpy(to + line, "\r\n", 2);
		to += line + 2;
	}
	s.wire = (uint64_t)(to - wire);
	s.octets = s.wire - dots;
	hash_start(&h);
	hash_add(&h, wire, s.wire);
	s.hash = hash_end(&h);
	return s;
}

static FILE *
create(const char *dir, const char *what)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s%s", dir, what);
	if ((f = fopen(path, "w")) == NULL)
		err(1, "%s", path);
	return f;
}

static void
make_dirs(const char *dir)
{
	static const char *parts[] = { "", "/new", "/cur", "/tmp" };
	char path[4096];
	size_t i;

	for (i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof path, "%s%s", dir, parts[i]);
		if (mkdir(path, 0700) == -1 || chown(path, owner, owner) == -1)
			err(1, "%s", path);
	}
}

static void
put_file(const char *dir, const char *name, const char *text, size_t len)
{
	char path[4096];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "%s/cur/%s:2,S", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1 || fchown(fd, owner, owner) == -1)
		err(1, "%s", path);
	for (; len > 0; text += n, len -= (size_t)n)
		if ((n = write(fd, text, len)) <= 0)
			err(1, "%s", path);
	(void)close(fd);
}

static void
maildir(const char *dir, const char *count, const char *kind, int sized)
{
	size_t i, len, bytes = 0, n = strtoul(count, NULL, 10);
	char *text = malloc(2 * LONGEST + (100 << 20));
	char *wire = malloc(4 * LONGEST + (100 << 20));
	int giga = strchr(count, 'G') != NULL;
	uint64_t when = FIRST_SECOND;
	struct row row;
	struct sum s;
	FILE *sums, *table;

	if (text == NULL || wire == NULL)
		err(1, "memory");
	make_dirs(dir);
	sums = create(dir, ".sums");
	table = create(dir, ".table");
	for (i = 0; giga ? bytes < n * 1000000000 : i < n; i++) {
		len = write_text(text, i, pick_length(kind));
		bytes += len;
		s = expect(text, len, wire);
		memset(&row, 0, sizeof row);
		row.octets = s.octets;
		when += 1 + random_u64() % 99;
		(void)snprintf(row.name, sizeof row.name, "%ju.M%uP%u.bench",
		    (uintmax_t)when, (unsigned)(random_u64() % 1000000),
		    1000 + (unsigned)(random_u64() % 30000));
		if (sized)
			(void)sprintf(row.name + strlen(row.name),
			    ",S=%zu,W=%zu", len, (size_t)s.octets);
		put_file(dir, row.name, text, len);
		(void)fwrite(&s, sizeof s, 1, sums);
		if (sized)
			*strchr(row.name, ',') = '\0';
		(void)fwrite(&row, sizeof row, 1, table);
	}
	if (fclose(sums) != 0 || fclose(table) != 0)
		err(1, "%s", dir);
	(void)printf("%zu %zu\n", i, bytes);
}

static int
is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
mbox(const char *dir, const char *file)
{
	char path[4096], buffer[65536];
	struct dirent **names;
	FILE *out = create(file, "");
	int i, n, in;
	ssize_t got;

	(void)snprintf(path, sizeof path, "%s/cur", dir);
	if ((n = scandir(path, &names, is_file, alphasort)) == -1 ||
	    chdir(path) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++) {
		if ((in = open(names[i]->d_name, O_RDONLY)) == -1)
			err(1, "%s", names[i]->d_name);
		(void)fputs("From sender@example.org  "
		    "Mon Jan  1 12:00:00 2024\n", out);
		while ((got = read(in, buffer, sizeof buffer)) > 0)
			(void)fwrite(buffer, (size_t)got, 1, out);
		(void)fputs("\n", out);
		(void)close(in);
	}
	if (fchmod(fileno(out), 0600) == -1 ||
	    fchown(fileno(out), owner, owner) == -1 || fclose(out) != 0)
		err(1, "%s", file);
}

static void
link_all(const char *from, const char *to)
{
	char path[4096];
	struct dirent *e;
	DIR *d;
	int there;

	make_dirs(to);
	(void)snprintf(path, sizeof path, "%s/cur", to);
	if ((there = open(path, O_RDONLY | O_DIRECTORY)) == -1)
		err(1, "%s", path);
	(void)snprintf(path, sizeof path, "%s/cur", from);
	if ((d = opendir(path)) == NULL)
		err(1, "%s", path);
	while ((e = readdir(d)) != NULL)
		if (is_file(e) && linkat(dirfd(d), e->d_name, there, e->d_name,
		    0) == -1)
			err(1, "%s", e->d_name);
	(void)closedir(d);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		owner = (uid_t)strtoul(*++argv, NULL, 10);
	if (argc == 8 && strcmp(argv[1], "maildir") == 0) {
		state = strtoul(argv[4], NULL, 10) * 2654435761u + 88172645463u;
		maildir(argv[2], argv[3], argv[5],
		    strcmp(argv[6], "sized") == 0);
	} else if (argc == 5 && strcmp(argv[1], "mbox") == 0)
		mbox(argv[2], argv[3]);
	else if (argc == 5 && strcmp(argv[1], "link") == 0)
		link_all(argv[2], argv[3]);
	else
		errx(2, "see the head of build.c");
	return 0;
}
