#include "io/peer.h"
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	const char *name, *value;
	const char *ip;			/* what is made of it; NULL: nothing */
	bool local;
} cases[] = {
	{ "TCPREMOTEIP", "192.0.2.7", "192.0.2.7", false },
	{ "TCPREMOTEIP", "127.3.2.1", "127.3.2.1", true },
	{ "TCPREMOTEIP", "::ffff:192.0.2.7", "192.0.2.7", false },
	{ "TCPREMOTEIP", "::ffff:127.0.0.1", "127.0.0.1", true },
	{ "TCPREMOTEIP", "::1", "::1", true },
	{ "TCPREMOTEIP", "2001:DB8::7", "2001:db8::7", false },
	{ "REMOTE_ADDR", "192.0.2.8", "192.0.2.8", false },
	{ "REMOTE_HOST", "192.0.2.9", "192.0.2.9", false },
	{ "SOCAT_PEERADDR", "[2001:db8::1]", "2001:db8::1", false },
	{ "SOCAT_PEERADDR", "192.0.2.10", "192.0.2.10", false },
	{ "REMOTE_HOST", "mail.example.org", NULL, true },
	{ "TCPREMOTEIP", "", NULL, true },
	{ "TCPREMOTEIP", "192.0.2.7 x", NULL, true },
	{ "TCPREMOTEIP", "192.0.2.7\n", NULL, true },
	{ "TCPREMOTEIP", "192.0.2.256", NULL, true },
	{ "TCPREMOTEIP", "[]", NULL, true },
	{ "TCPREMOTEIP", "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20",
	    NULL, true },
	{ "HTTP_X_FORWARDED_FOR", "192.0.2.7", NULL, true },
};

static void
find__without_a_socket__believes_addresses_only(void **state)
{
	struct peer peer;
	int ends[2];
	size_t i;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(setenv(cases[i].name, cases[i].value, 1), 0);
		peer_find(&peer, ends[0]);
		assert_int_equal(unsetenv(cases[i].name), 0);
		assert_int_equal(peer.known, cases[i].ip != NULL);
		assert_int_equal(peer.local, cases[i].local);
		assert_string_equal(peer.ip, cases[i].ip != NULL ?
		    cases[i].ip : "unknown");
		assert_string_equal(peer.source, cases[i].ip != NULL ?
		    cases[i].name : "none");
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* A connection to ourselves; *far is the end that asks who is there. */
static void
connect_loopback(int *near, int *far)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
	*near = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*near, (struct sockaddr *)&a, sizeof a), 0);
	*far = accept(l, NULL, NULL);
	assert_int_not_equal(*far, -1);
	(void)close(l);
}

static void
find__on_loopback__asks_the_superserver_too(void **state)
{
	struct peer peer;
	int near, far;

	(void)state;
	connect_loopback(&near, &far);
	peer_find(&peer, far);
	assert_string_equal(peer.ip, "127.0.0.1");
	assert_string_equal(peer.source, "socket");
	assert_true(peer.local);
	assert_int_equal(setenv("REMOTE_HOST", "192.0.2.7", 1), 0);
	peer_find(&peer, far);
	assert_int_equal(unsetenv("REMOTE_HOST"), 0);
	assert_string_equal(peer.ip, "192.0.2.7");
	assert_false(peer.local);
	peer_tune(far);
	(void)close(near);
	(void)close(far);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    find__without_a_socket__believes_addresses_only),
		cmocka_unit_test(find__on_loopback__asks_the_superserver_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
