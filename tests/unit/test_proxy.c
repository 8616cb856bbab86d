/*
 * The PROXY protocol: what is a header and what it tells, and that not a byte
 * behind it is read.
 */
#include "fake_clock.h"
#include "io/proxy.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\xc0\0\2\7" "\xc6\x33\x64\1" "\xdc\4\0\156"
#define V6 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7" \
	"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\xdc\4\0\156"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7" \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1" "\xdc\4\0\156"
#define ZEROS8 "\0\0\0\0\0\0\0\0"
#define ZEROS72 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8 ZEROS8
#define UNIX ZEROS72 ZEROS72 ZEROS72		/* 216 bytes */
#define FULL6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static const struct {
	struct span head;
	const char *ip;			/* NULL: no header */
} cases[] = {
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 110\r\n"),
	    "192.0.2.7" },
	{ BYTES("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0" },
	{ BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	    "255.255.255.255" },
	{ BYTES("PROXY TCP6 2001:db8::7 2001:db8::1 56324 110\r\n"),
	    "2001:db8::7" },
	{ BYTES("PROXY TCP6 :: :: 0 0\r\n"), "::" },
	{ BYTES("PROXY TCP6 2001:DB8:0:0::7 ::1 1 2\r\n"), "2001:db8::7" },
	{ BYTES("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"),
	    "::ffff:192.0.2.7" },
	{ BYTES("PROXY TCP6 " FULL6 " " FULL6 " 65535 65535\r\n"), FULL6 },
	{ BYTES("PROXY UNKNOWN\r\n"), "unknown" },
	{ BYTES("PROXY UNKNOWN " FULL6 " " FULL6 " 65535 65535\r\n"),
	    "unknown" },
	{ BYTES("PROXY UNKNOWN what \r ever\r\n"), "unknown" },

	{ BYTES(SIGNATURE "\x21\x11\0\14" V4), "192.0.2.7" },
	{ BYTES(SIGNATURE "\x21\x12\0\14" V4), "192.0.2.7" },
	{ BYTES(SIGNATURE "\x21\x11\0\23" V4 "\4\0\4abcd"), "192.0.2.7" },
	{ BYTES(SIGNATURE "\x21\x11\0\15" V4 "\4"), "192.0.2.7" },
	{ BYTES(SIGNATURE "\x21\x21\0\44" V6), "2001:db8::7" },
	{ BYTES(SIGNATURE "\x21\x21\0\44" MAPPED), "::ffff:192.0.2.7" },
	{ BYTES(SIGNATURE "\x21\x31\0\330" UNIX), "unknown" },
	{ BYTES(SIGNATURE "\x21\x00\0\0"), "unknown" },
	{ BYTES(SIGNATURE "\x21\x00\0\3abc"), "unknown" },
	{ BYTES(SIGNATURE "\x21\x10\0\14" V4), "unknown" },
	{ BYTES(SIGNATURE "\x20\x00\0\0"), "" },
	{ BYTES(SIGNATURE "\x20\x11\0\14" V4), "" },

	/* Not quite version 1. */
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 110\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 110 \r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 110 x\r\n"), NULL },
	{ BYTES("PROXY TCP4  192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324  110\r\n"), NULL },
	{ BYTES("PROXY TCP4\t192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 65536 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 1 99999999999\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 -1 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 0123 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.256 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2 198.51.100.1 56324 110 \r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7/8 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 2001:db8::7 2001:db8::1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP6 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 192.0.2.7\0 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP4 pop.example.org 198.51.100.1 1 110\r\n"), NULL },
	{ BYTES("PROXY TCP5 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY TCP46 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY UDP4 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXY UNKNOWNS\r\n"), NULL },
	{ BYTES("PROXY TCP4 \r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\n"), NULL },
	{ BYTES("PROXY \r\n        "), NULL },
	{ BYTES("proxy TCP4 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES("PROXYTCP4 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },
	{ BYTES(" PROXY TCP4 192.0.2.7 198.51.100.1 56324 110\r\n"), NULL },

	/* Not quite version 2. */
	{ BYTES(SIGNATURE "\x21\x11\0\13" V4), NULL },
	{ BYTES(SIGNATURE "\x21\x11\0\0"), NULL },
	{ BYTES(SIGNATURE "\x21\x21\0\43" V6), NULL },
	{ BYTES(SIGNATURE "\x21\x21\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x21\x31\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x11\x11\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x31\x11\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x22\x11\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x21\x41\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x21\x13\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x20\xf1\0\14" V4), NULL },
	{ BYTES(SIGNATURE "\x21\x11\x0f\xf1" V4), NULL },	/* 4097 */
	{ BYTES(SIGNATURE "\x21\x11\xff\xff" V4), NULL },
	{ BYTES("\r\n\r\n\0\r\nQUIT\r\x21\x11\0\14" V4), NULL },

	/* Not at all. */
	{ BYTES("USER jane\r\nPASS secret\r\n"), NULL },
	{ BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3abcdefghijklmnop"), NULL },
	{ BYTES("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"), NULL },
	{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NULL },
	{ BYTES("QUIT\r\n           "), NULL },
};

static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	return pipe(ends);
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(ends[0]);
	if (ends[1] != -1)
		(void)close(ends[1]);
	return 0;
}

static void
begin_anew(void)
{
	(void)tear_down(NULL);
	(void)set_up(NULL);
	fake_step = 0;
}

static void
put(const char *p, size_t len)
{
	assert_int_equal(write(ends[1], p, len), len);
}

static void
hang_up(void)
{
	(void)close(ends[1]);
	ends[1] = -1;
}

static void
expect_rest(const char *rest)
{
	char got[64];
	ssize_t n;

	hang_up();
	n = read(ends[0], got, sizeof got);
	assert_int_equal(n, strlen(rest));
	assert_memory_equal(got, rest, strlen(rest));
}

static void
header__tells_the_address__and_what_follows_stays(void **state)
{
	struct proxy p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		begin_anew();
		put(cases[i].head.p, cases[i].head.len);
		put("\x16\3\1", 3);
		memset(&p, 'x', sizeof p);
		if (cases[i].ip == NULL) {
			hang_up();
			assert_int_equal(proxy_read(&p, ends[0], fake_now), -1);
			assert_true(errno == EBADMSG || errno == EPIPE);
			assert_int_equal(p.ip[0], 'x');
			continue;
		}
		if (proxy_read(&p, ends[0], fake_now) == -1)
			fail_msg("case %zu: errno %d", i, errno);
		assert_string_equal(p.ip, cases[i].ip);
		expect_rest("\x16\3\1");
	}
}

/* In pieces the same is understood, and before the end nothing is. */
static void
header__cut_at_every_byte(void **state)
{
	const unsigned char *head;
	struct proxy p;
	size_t i, len, cut, wanted;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		head = (const unsigned char *)cases[i].head.p;
		len = cases[i].head.len;
		for (cut = 0; cut < len; cut++) {
			wanted = proxy_wants(head, cut);
			if (cases[i].ip != NULL)
				assert_true(wanted > 0 && wanted <= len - cut);
			assert_int_equal(proxy_decode(&p, head, cut), -1);
		}
		assert_int_equal(proxy_decode(&p, head, len),
		    cases[i].ip != NULL ? 0 : -1);
		if (cases[i].ip != NULL)
			assert_int_equal(proxy_wants(head, len), 0);
	}
}

static void
end__inside_a_header(void **state)
{
	struct proxy p;
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (cases[i].ip == NULL)
			continue;
		for (cut = 0; cut < cases[i].head.len; cut++) {
			begin_anew();
			put(cases[i].head.p, cut);
			hang_up();
			assert_errno(proxy_read(&p, ends[0], fake_now),
			    cut == 0 ? ENODATA : EPIPE);
		}
	}
}

static void
silence__before_or_inside_a_header__is_not_waited_for(void **state)
{
	struct proxy p;
	int64_t began;
	size_t cut;

	(void)state;
	for (cut = 0; cut < cases[0].head.len; cut++) {
		begin_anew();
		put(cases[0].head.p, cut);
		fake_step = 1;
		began = fake_now;
		assert_errno(proxy_read(&p, ends[0], began + 3), ETIMEDOUT);
		assert_true(fake_now - began >= 3 && fake_now - began <= 20);
	}
	fake_step = 0;
}

static void
line__too_long__is_no_header(void **state)
{
	char line[200] = "PROXY UNKNOWN ";
	struct proxy p;
	size_t len;

	(void)state;
	for (len = 100; len < 120; len++) {
		begin_anew();
		memset(line + 14, 'x', sizeof line - 14);
		line[len - 2] = '\r';
		line[len - 1] = '\n';
		put(line, len);
		if (len <= 107) {
			assert_int_equal(proxy_read(&p, ends[0], fake_now), 0);
			expect_rest("");
			continue;
		}
		assert_errno(proxy_read(&p, ends[0], fake_now), EBADMSG);
	}
}

static void
additions__up_to_the_bound__are_skipped(void **state)
{
	static char head[PROXY_MAX + 8];
	size_t len;
	struct proxy p;

	(void)state;
	for (len = PROXY_MAX - 1; len <= PROXY_MAX + 1; len++) {
		begin_anew();
		memcpy(head, SIGNATURE "\x21\x11\0\0" V4, 28);
		memset(head + 28, 0xee, sizeof head - 28);
		head[14] = (char)((len - 16) >> 8);
		head[15] = (char)((len - 16) & 0xff);
		put(head, len);
		put("+", 1);
		if (len > PROXY_MAX) {
			assert_errno(proxy_read(&p, ends[0], fake_now),
			    EBADMSG);
			continue;
		}
		assert_int_equal(proxy_read(&p, ends[0], fake_now), 0);
		assert_string_equal(p.ip, "192.0.2.7");
		expect_rest("+");
	}
}

static const struct {
	struct span words;
	const char *ip;			/* NULL: not lawful */
} xclients[] = {
	{ BYTES("ADDR=192.0.2.7 PORT=110"), "192.0.2.7" },
	{ BYTES("addr=192.0.2.7"), "192.0.2.7" },
	{ BYTES(" PORT=0  ADDR=2001:DB8::7 "), "2001:db8::7" },
	{ BYTES("ADDR=IPV6:2001:db8::7"), "2001:db8::7" },
	{ BYTES("ADDR=::ffff:192.0.2.7"), "::ffff:192.0.2.7" },
	{ BYTES("ADDR=192.0.2.7 PORT=56324 SESSION=ZHQ4q0RjJtDAAAIH TTL=4 "
	    "FORWARD=dXNlcj1yb290 NAME= LOGIN=root"), "192.0.2.7" },
	{ BYTES("ADDR=192.0.2.7 ADDR=192.0.2.8"), "192.0.2.8" },
	{ BYTES("PORT=65535"), "" },
	{ BYTES("SESSION=x"), "" },
	{ BYTES(""), "" },

	{ BYTES("ADDR="), NULL },
	{ BYTES("ADDR=[UNAVAILABLE]"), NULL },
	{ BYTES("ADDR=localhost"), NULL },
	{ BYTES("ADDR=192.0.2.7/24"), NULL },
	{ BYTES("ADDR=192.0.2.7\0"), NULL },
	{ BYTES("ADDR=192.0.2.7\t"), NULL },
	{ BYTES("ADDR=IPV6:192.0.2.7:"), NULL },
	{ BYTES("ADDR=IPV6:IPV6:::1"), NULL },
	{ BYTES("ADDR=fe80::1%eth0"), NULL },
	{ BYTES("ADDR=" FULL6 ":ffff:ffff:ffff:ffff:ffff:ffff:ffff"), NULL },
	{ BYTES("ADDR=192.0.2.7 PORT="), NULL },
	{ BYTES("ADDR=192.0.2.7 PORT=65536"), NULL },
	{ BYTES("ADDR=192.0.2.7 PORT=-1"), NULL },
	{ BYTES("ADDR=192.0.2.7 PORT=pop3"), NULL },
	{ BYTES("ADDR=192.0.2.7 PORT=99999999999999999999"), NULL },
	{ BYTES("ADDR 192.0.2.7"), NULL },
	{ BYTES("192.0.2.7"), NULL },
	{ BYTES("=192.0.2.7"), NULL },
	{ BYTES("="), NULL },
	{ BYTES("ADDR=192.0.2.7 x"), NULL },
};

static void
xclient__tells_the_address_or_is_refused_whole(void **state)
{
	struct proxy p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(xclients); i++) {
		memset(&p, 'x', sizeof p);
		errno = 0;
		if (proxy_xclient(&p, xclients[i].words) == -1) {
			assert_null(xclients[i].ip);
			assert_int_equal(errno, EBADMSG);
			assert_int_equal(p.ip[0], 'x');
			continue;
		}
		assert_non_null(xclients[i].ip);
		assert_string_equal(p.ip, xclients[i].ip);
	}
}

static void
read__of_what_cannot_be_read__says_so(void **state)
{
	struct proxy p;
	int fd = open("/", O_RDONLY);

	(void)state;
	assert_errno(proxy_read(&p, fd, fake_now), EISDIR);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(header__tells_the_address__and_what_follows_stays),
		T(header__cut_at_every_byte),
		T(end__inside_a_header),
		T(silence__before_or_inside_a_header__is_not_waited_for),
		T(line__too_long__is_no_header),
		T(additions__up_to_the_bound__are_skipped),
		T(xclient__tells_the_address_or_is_refused_whole),
		T(read__of_what_cannot_be_read__says_so),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
