/*
 * AUTH with responses of any bytes.  The first byte chooses the mechanism; the
 * responses stand one behind the other, a NUL byte doubled being one of them
 * and a single one their end.  All are put into base64, but for those that
 * begin with '!'.
 */
#include "fuzz.h"
#include "pop3/pop3.h"

#include "base/digest.h"
#include "base/utf8.h"
#include "pop3/authorization.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX 20000			/* base64 of it fits into a pipe */
#define NONCE "NONCE"

static const struct pop3_conf conf = {
	.idle_time = 600000, .login_time = 180000, .max_bad = 10,
	.host = "pop.example.org",
};

static const char *const mechanisms[] = { "SCRAM-SHA-256", "CRAM-MD5",
    "PLAIN", "LOGIN", "GSSAPI" };

static void
check_name(struct span name)
{
	size_t i;

	CHECK(name.len > 0 && name.len <= ASK_USER_MAX);
	for (i = 0; i < name.len; i++)
		CHECK(ascii_graph(name.p[i]) || (name.p[i] & 0x80) != 0);
}

static void
check_claim(struct monmsg *m)
{
	struct span first = monmsg_get_bytes(m), nonce = monmsg_get_bytes(m);
	struct span last = monmsg_get_bytes(m);

	CHECK(first.len <= SCRAM_FIRST_MAX && utf8_is_valid(first));
	CHECK(nonce.len > 0 && nonce.len <= SCRAM_NONCE_MAX);
	CHECK(last.len <= SCRAM_LAST_MAX && utf8_is_valid(last));
	CHECK(!span_has(first, '\0') && !span_has(last, '\0'));
	CHECK(monmsg_get_bytes(m).len == SCRAM_PROOF);
}

/* In the monitor's place: who is "u" gets in. */
static void
answer_verdict(struct monmsg *m, unsigned char kind)
{
	struct span user = monmsg_get_bytes(m);
	bool known = span_is(user, "u");

	check_name(user);
	if (kind == ASK_SCRAM)
		check_claim(m);
	else if (kind == ASK_CRAM)
		CHECK(monmsg_get_bytes(m).len == DIGEST_MD5_HEX);
	else
		CHECK(!span_has(monmsg_get_bytes(m), '\0'));
	CHECK(monmsg_end(m) == 0);
	monmsg_start(m, ASK_ANSWER);
	monmsg_put_number(m, known ? VERDICT_WELCOME : VERDICT_WRONG);
	if (kind == ASK_SCRAM)
		monmsg_put_bytes(m, span_of("0123456789abcdef"
		    "0123456789abcdef"));
}

static int
answer(void *ctx, struct monmsg *m)
{
	unsigned char kind = monmsg_kind(m);
	struct span user;

	(void)ctx;
	switch (kind) {
	case ASK_VERIFY:
	case ASK_CRAM:
	case ASK_SCRAM:
		answer_verdict(m, kind);
		return 0;
	case ASK_CHALLENGE:
		user = monmsg_get_bytes(m);
		CHECK(monmsg_end(m) == 0);
		if (user.len > 0)
			check_name(user);
		monmsg_start(m, ASK_CHALLENGE);
		monmsg_put_bytes(m, span_of(NONCE));
		monmsg_put_bytes(m, span_of("salt"));
		monmsg_put_number(m, 4096);
		return 0;
	default:
		CHECK(kind == ASK_EXPECT);
		m->len = 0;
		return 0;
	}
}

/* The next response, taken off data; returns its length. */
static size_t
next_response(char *dst, const uint8_t **data, size_t *size)
{
	size_t n = 0;

	for (; *size > 0; ++*data, --*size) {
		if (**data == 0) {
			++*data;
			--*size;
			if (*size == 0 || **data != 0)
				break;
		}
		dst[n++] = (char)**data;
	}
	return n;
}

static size_t
write_input(char *text, const uint8_t *data, size_t size)
{
	char response[INPUT_MAX];
	size_t len, n;

	memcpy(text, "AUTH ", 5);
	len = 5;
	if (size > 0) {
		n = data[0] % (sizeof mechanisms / sizeof mechanisms[0]);
		memcpy(text + len, mechanisms[n], strlen(mechanisms[n]));
		len += strlen(mechanisms[n]);
		data++;
		size--;
	}
	text[len++] = '\r';
	text[len++] = '\n';
	while (size > 0) {
		n = next_response(response, &data, &size);
		if (n > 0 && response[0] == '!') {
			memcpy(text + len, response + 1, n - 1);
			len += n - 1;
		} else {
			base64_encode(text + len, response, n);
			len += BASE64_LEN(n);
		}
		text[len++] = '\r';
		text[len++] = '\n';
	}
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer peer = { .ip = "192.0.2.7", .known = true };
	struct ask ask = { .fd = -1, .answer = answer };
	/* A response of one byte becomes four characters and a line end. */
	static char text[64 + 6 * INPUT_MAX];
	int ends[2], out = open("/dev/null", O_WRONLY);
	struct pop3 *p;
	size_t len;

	if (size > INPUT_MAX / 2)
		size = INPUT_MAX / 2;
	log_divert(fuzz_take_line, NULL);
	len = write_input(text, data, size);
	CHECK(out != -1 && pipe(ends) == 0);
	CHECK(len < 65536 && write(ends[1], text, len) == (ssize_t)len);
	CHECK(close(ends[1]) == 0);
	CHECK((p = pop3_new(&conf, &peer, &ask, "", ends[0], out)) != NULL);
	p->secrets = (struct secrets_kinds){ true, true };
	p->utf8 = len % 2 == 0;
	if (authorization_run(p) == STEP_LOGIN)
		CHECK(strcmp(p->user, "u") == 0 || strcmp(p->user, "U") == 0);
	pop3_free(p);
	(void)close(ends[0]);
	(void)close(out);
	return 0;
}
