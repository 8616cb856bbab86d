/*
 * The promise of RFC 1939, section 11: the octets that LIST tells are those
 * that RETR sends, without the stuffed dots, for every file.  Through a real
 * Maildir and a real socket or pipe, whose other end reads as it likes.
 */
#include "box.h"
#include "io/out.h"
#include "maildir/maildrop.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MB (1024 * 1024)

static const struct maildrop_conf conf = { .index = INDEX_AUTO };
static unsigned seed;

static unsigned
random_number(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

/* Letters that are picked for the text; NULL: any byte. */
static const struct span alphabets[] = {
	BYTES("\n"), BYTES("\r"), BYTES("."), BYTES("a"),
	BYTES(".\n"), BYTES("\r\n"), BYTES("\r\n.\0\xe9"),
	BYTES("abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz\n"),
	{ NULL, 0 },
};

static char *
make_text(const struct span *alphabet, size_t n)
{
	char *text = malloc(n + 1);
	size_t i;

	assert_non_null(text);
	for (i = 0; i < n; i++)
		text[i] = alphabet->p == NULL ? (char)random_number(256) :
		    alphabet->p[random_number((unsigned)alphabet->len)];
	return text;
}

/* What the client must have in the end; the caller frees it. */
static char *
canonical(const char *text, size_t n, size_t *len)
{
	char *c = malloc(2 * n + 2);
	size_t i;

	assert_non_null(c);
	for (i = *len = 0; i < n; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			c[(*len)++] = '\r';
		c[(*len)++] = text[i];
	}
	if (n > 0 && text[n - 1] != '\n') {
		c[(*len)++] = '\r';
		c[(*len)++] = '\n';
	}
	return c;
}

/* The client: takes from its end what and when it likes. */
static struct {
	int end;
	char *bytes;
	size_t len, cap;
} client;

static ssize_t
take_some(size_t most)
{
	ssize_t n;

	if (most > client.cap - client.len)
		most = client.cap - client.len;
	n = read(client.end, client.bytes + client.len, most);
	if (n > 0)
		client.len += (size_t)n;
	return n;
}

/* In place of io/wait.c: whoever waits to write waits for the client. */
int
wait_acked(int fd, short events, int64_t deadline, int out,
    const struct interrupt *interrupt)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	(void)deadline;
	(void)out;
	(void)interrupt;
	assert_int_equal(events, POLLOUT);
	do
		(void)take_some(1 + random_number(300000));
	while (poll(&pfd, 1, 0) == 0);
	return 0;
}

int
wait_for(int fd, short events, int64_t deadline,
    const struct interrupt *interrupt)
{
	return wait_acked(fd, events, deadline, -1, interrupt);
}

static uint64_t
send_message(struct maildrop *drop, uint32_t msgno, int to)
{
	struct out *o = out_new(to, 1000);
	struct stored s;
	uint64_t octets;

	assert_non_null(o);
	assert_int_equal(maildrop_read(drop, msgno, &s), 0);
	assert_int_equal(out_message(o, &s, NULL, &octets), 0);
	assert_int_equal(out_put(o, ".\r\n", 3), 0);
	assert_int_equal(out_flush(o), 0);
	stored_close(&s);
	out_free(o);
	return octets;
}

/* As a client does it: a line that begins with a dot loses it or ends it. */
static size_t
unstuff(char *got, size_t len)
{
	size_t i, d = 0;
	bool start = true;

	for (i = 0; i < len; i++) {
		if (start && got[i] == '.' && ++i == len - 2 &&
		    memcmp(got + i, "\r\n", 2) == 0)
			return d;
		start = got[i] == '\n' && i > 0 && got[i - 1] == '\r';
		got[d++] = got[i];
	}
	fail_msg("no final dot");
	return 0;
}

static void
connect_client(int ends[2], bool pipes)
{
	if (pipes)
		assert_int_equal(pipe(ends), 0);
	else
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	client.end = ends[0];
}

static void
retrieve(struct maildrop *drop, uint32_t msgno, const char *text, size_t n,
    bool pipes)
{
	size_t expected;
	char *c = canonical(text, n, &expected);
	uint64_t octets;
	int ends[2];

	assert_int_equal(maildrop_octets(drop, msgno, &octets), 0);
	assert_int_equal(octets, expected);
	connect_client(ends, pipes);
	client.cap = 3 * n + 16;
	client.len = 0;
	client.bytes = malloc(client.cap);
	assert_non_null(client.bytes);
	assert_int_equal(send_message(drop, msgno, ends[1]), expected);
	while (take_some(client.cap) > 0)
		continue;
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(unstuff(client.bytes, client.len), expected);
	assert_int_equal(memcmp(client.bytes, c, expected), 0);
	free(client.bytes);
	free(c);
}

/*
 * One message alone in the Maildir, in a first session over a socket, and with
 * the index over a pipe.  Its name is its own: the index knows messages by it.
 */
static void
check(const struct span *alphabet, size_t n, const char *rest)
{
	static unsigned number;
	char *text = make_text(alphabet, n), name[64];
	struct maildrop *drop;
	int session;

	(void)snprintf(name, sizeof name, "cur/%u.a%s", ++number, rest);
	box_put(name, (struct span){ text, n });
	for (session = 0; session < 2; session++) {
		assert_int_equal(maildrop_open(&drop, box_top(), &conf), 0);
		assert_int_equal(maildrop_count(drop), 1);
		assert_int_equal(maildrop_unreadable(drop), 0);
		retrieve(drop, 1, text, n, session == 1);
		maildrop_save(drop);
		maildrop_close(drop);
	}
	box_remove(name);
	free(text);
}

static void
octets__at_the_edges_of_the_buffers__are_those_sent(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 65535, 65536, 65537,
	    131071, 131072, 131073, OUT_BUFFER - 1, OUT_BUFFER + 1 };
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++)
		for (j = 0; j < COUNT(alphabets); j++)
			check(&alphabets[j], sizes[i], ":2,");
}

static void
octets__of_generated_messages__are_those_sent(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 60; i++)
		check(&alphabets[i % COUNT(alphabets)], i < 50 ?
		    random_number(3000) : random_number(3 * MB), "");
}

static void
octets__of_a_name_that_lies__are_those_sent(void **state)
{
	(void)state;
	check(&alphabets[7], 1000, ",S=5,W=7:2,S");
	check(&alphabets[7], 1000, ",S=1000,W=1001:2,");
}

static void
octets__of_50_mb__are_those_sent(void **state)
{
	(void)state;
	check(&alphabets[7], 50 * MB + 1, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(octets__at_the_edges_of_the_buffers__are_those_sent),
		BOX_TEST(octets__of_generated_messages__are_those_sent),
		BOX_TEST(octets__of_a_name_that_lies__are_those_sent),
		BOX_TEST(octets__of_50_mb__are_those_sent),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
