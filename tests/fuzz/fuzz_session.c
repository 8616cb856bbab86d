/*
 * A whole session: any bytes as what a client sends, over a small Maildir.
 * What comes back are lines that end in CRLF, and nothing leaves the Maildir
 * without QUIT.
 */
#include "fuzz.h"
#include "io/monmsg.h"
#include "pop3/pop3.h"
#include "pop3/authorization.h"
#include "session/session.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So much goes into a pipe at once. */
#define INPUT_MAX 32768

static const struct message {
	const char *file, *text;
} messages[] = {
	{ "new/1.a.h", "Subject: one\n\n.\n..\nno end" },
	{ "cur/2.b.h:2,S", "Subject: two\r\n\r\nline\r\n" },
	{ "new/3.c h", "\n\n\r\r\n.\r\n" },
};
#define MESSAGES (sizeof messages / sizeof messages[0])

static const struct pop3_conf conf = {
	.idle_time = 600 * 1000,
	.login_time = 180 * 1000,
	.yield_time = 30 * 1000,
	.max_bad = 10,
	.clear = CLEAR_ALWAYS,
	.host = "pop.example.org",
	.drop = { .lock = true },
};
static const struct pop3_conf conf4 = {
	.dialect = DIALECT_QPOPPER4,
	.language = LANGUAGE_FR,
	.shy = true,
	.idle_time = 600 * 1000,
	.login_time = 180 * 1000,
	.yield_time = 30 * 1000,
	.max_bad = 1000,
	.clear = CLEAR_ALWAYS,
	.xclient_from = "192.0.2.7",
	.host = "pop.example.org",
	.drop = { .lock = false },
};

static bool
is_there(const char *file)
{
	char path[256];

	return access(fuzz_path(path, file), F_OK) == 0;
}

static void
fill_maildir(void)
{
	static const char *const seen[] = { "cur/1.a.h:2,S", "cur/3.c h:2,S" };
	char path[256];
	size_t i;

	(void)mkdir(fuzz_path(path, "new"), 0700);
	(void)mkdir(fuzz_path(path, "cur"), 0700);
	for (i = 0; i < sizeof seen / sizeof seen[0]; i++)
		(void)unlink(fuzz_path(path, seen[i]));
	for (i = 0; i < MESSAGES; i++)
		if (!is_there(messages[i].file))
			fuzz_write(fuzz_path(path, messages[i].file),
			    messages[i].text, strlen(messages[i].text));
}

/* In the monitor's place: three tries, and one name that gets in. */
static int
answer(void *ctx, struct monmsg *m)
{
	unsigned char kind = monmsg_kind(m);
	unsigned *failures = ctx;
	uint64_t verdict = VERDICT_WELCOME;
	struct span user;

	if (kind == ASK_VERIFY || kind == ASK_APOP) {
		user = monmsg_get_bytes(m);
		(void)monmsg_get_bytes(m);
		CHECK(monmsg_end(m) == 0);
		CHECK(user.len > 0 && user.len <= ASK_USER_MAX);
		if (!span_is(user, "u"))
			verdict = ++*failures < 3 ? VERDICT_WRONG :
			    VERDICT_WRONG | VERDICT_LAST;
		monmsg_start(m, ASK_ANSWER);
		monmsg_put_number(m, verdict);
		return 0;
	}
	if (kind == ASK_STLS) {
		monmsg_start(m, ASK_STLS);
		monmsg_put_number(m, 1);
		return 0;
	}
	CHECK(kind == ASK_EXPECT || kind == ASK_REPORT || kind == ASK_PEER ||
	    kind == ASK_ANSWERS);
	m->len = 0;
	return 0;
}

static void
converse(const struct pop3_conf *c, int in, int out)
{
	struct peer peer = { .ip = "192.0.2.7", .known = true };
	unsigned failures = 0;
	struct ask ask = { .fd = -1, .answer = answer, .ctx = &failures };
	struct pop3 *p;

	p = pop3_new(c, &peer, &ask, "<1.2.3@pop.example.org>", in, out);
	CHECK(p != NULL);
	p->tls_offered = true;
	if (authorization_run(p) == STEP_LOGIN)
		session_run(p, fuzz_dir());
	pop3_free(p);
}

/* No line feed without its CR, none but whole lines, a status line first. */
static void
check_output(int fd)
{
	struct stat st;
	char *text;
	off_t i;

	CHECK(fstat(fd, &st) == 0 && st.st_size > 2);
	CHECK((text = malloc((size_t)st.st_size)) != NULL);
	CHECK(pread(fd, text, (size_t)st.st_size, 0) == (ssize_t)st.st_size);
	CHECK(memcmp(text, "+OK ", 4) == 0);
	CHECK(text[st.st_size - 1] == '\n');
	for (i = 1; i < st.st_size; i++)
		CHECK(text[i] != '\n' || text[i - 1] == '\r');
	free(text);
}

static bool
has_quit(const uint8_t *p, size_t size)
{
	size_t i;

	for (i = 0; i + 4 <= size; i++)
		if (span_is((struct span){ (const char *)p + i, 4 }, "QUIT"))
			return true;
	return false;
}

static void
run(const struct pop3_conf *c, const uint8_t *data, size_t size)
{
	char path[256];
	int ends[2], out;
	size_t i;

	fill_maildir();
	CHECK(pipe(ends) == 0);
	CHECK(size == 0 || write(ends[1], data, size) == (ssize_t)size);
	CHECK(close(ends[1]) == 0);
	out = open(fuzz_path(path, "out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(out != -1);
	converse(c, ends[0], out);
	check_output(out);
	(void)close(ends[0]);
	(void)close(out);
	for (i = 0; i < MESSAGES && !has_quit(data, size); i++)
		CHECK(is_there(messages[i].file));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		size = INPUT_MAX;
	log_divert(fuzz_take_line, NULL);
	run(&conf, data, size);
	run(&conf4, data, size);
	return 0;
}
