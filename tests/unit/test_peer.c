/*
 * Who is at the other end.  The file is included with a getpeername() of our
 * own, so that no test needs a network.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *far_address;		/* NULL: fd is no socket */
static sa_family_t far_family;		/* of a socket without an address */
static int far_error = ENOTSOCK;

static int
tell_address(int fd, struct sockaddr *to, socklen_t *len)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	(void)fd;
	if (far_address == NULL && far_family == AF_UNSPEC) {
		errno = far_error;
		return -1;
	}
	if (far_address == NULL) {
		to->sa_family = far_family;
		*len = sizeof to->sa_family;
		return 0;
	}
	if (inet_pton(AF_INET, far_address, &v4.sin_addr) == 1) {
		assert_true(*len >= sizeof v4);
		memcpy(to, &v4, *len = sizeof v4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, far_address,
		    &v6.sin6_addr), 1);
		assert_true(*len >= sizeof v6);
		memcpy(to, &v6, *len = sizeof v6);
	}
	return 0;
}

#define getpeername tell_address
#include "io/peer.c"

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
	{ "REMOTE_HOST", "fe80::1%eth0", "fe80::1", false },
	{ "REMOTE_HOST", "fe80::1%2", "fe80::1", false },
	{ "SOCAT_PEERADDR", "[fe80::1%eth0]", "fe80::1", false },
	{ "REMOTE_HOST", "::1%lo", "::1", true },
	{ "REMOTE_HOST", "::ffff:192.0.2.7%3", "192.0.2.7", false },
	{ "REMOTE_HOST", "mail.example.org", NULL, false },
	{ "REMOTE_HOST", "localhost", NULL, false },
	{ "REMOTE_HOST", "unknown", NULL, false },
	{ "REMOTE_ADDR", "vsock:2", NULL, false },
	{ "TCPREMOTEIP", "", NULL, false },
	{ "TCPREMOTEIP", "192.0.2.7 x", NULL, false },
	{ "TCPREMOTEIP", "192.0.2.7\n", NULL, false },
	{ "TCPREMOTEIP", "192.0.2.256", NULL, false },
	{ "TCPREMOTEIP", "127.0.0.1%lo", NULL, false },
	{ "TCPREMOTEIP", "fe80::1%", NULL, false },
	{ "TCPREMOTEIP", "%eth0", NULL, false },
	{ "TCPREMOTEIP", "[]", NULL, false },
	{ "TCPREMOTEIP", "[::1", NULL, false },
	{ "TCPREMOTEIP", "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20",
	    NULL, false },
	{ "REMOTE_ADDR", "/run/client.socket", NULL, true },
	{ "REMOTE_ADDR", "@client", NULL, true },
	{ "SOCAT_PEERADDR", "<anon>", NULL, true },
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
		if (cases[i].ip == NULL && !cases[i].local)
			assert_string_equal(peer.doubt, cases[i].name);
		else
			assert_null(peer.doubt);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static const struct {
	const char *address;		/* the socket's; NULL: it has none */
	const char *variable;		/* REMOTE_HOST, or NULL */
	const char *ip, *source;
	bool local;
} sockets[] = {
	{ "192.0.2.7", NULL, "192.0.2.7", "socket", false },
	{ "192.0.2.7", "192.0.2.99", "192.0.2.7", "socket", false },
	{ "2001:db8::7", "192.0.2.99", "2001:db8::7", "socket", false },
	{ "::ffff:192.0.2.7", "192.0.2.99", "192.0.2.7", "socket", false },
	{ "127.0.0.1", NULL, "127.0.0.1", "socket", true },
	{ "127.0.0.1", "192.0.2.99", "192.0.2.99", "REMOTE_HOST", false },
	{ "127.0.0.1", "localhost", "127.0.0.1", "socket", false },
	{ "127.0.0.1", "fe80::1%eth0", "fe80::1", "REMOTE_HOST", false },
	{ "127.0.0.1", "/run/client", "127.0.0.1", "socket", true },
	{ "127.0.0.1", "::1", "::1", "REMOTE_HOST", true },
	{ "::1", "192.0.2.99", "192.0.2.99", "REMOTE_HOST", false },
	{ "::ffff:127.0.0.1", "192.0.2.99", "192.0.2.99", "REMOTE_HOST",
	    false },
	{ NULL, "192.0.2.99", "192.0.2.99", "REMOTE_HOST", false },
	{ NULL, NULL, "unknown", "none", true },
};

static void
find__with_a_socket__believes_others_on_loopback_only(void **state)
{
	struct peer peer;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sockets); i++) {
		far_address = sockets[i].address;
		if (sockets[i].variable != NULL)
			assert_int_equal(setenv("REMOTE_HOST",
			    sockets[i].variable, 1), 0);
		peer_find(&peer, 0);
		assert_int_equal(unsetenv("REMOTE_HOST"), 0);
		assert_string_equal(peer.ip, sockets[i].ip);
		assert_string_equal(peer.source, sockets[i].source);
		assert_int_equal(peer.local, sockets[i].local);
		assert_int_equal(peer.known, strcmp(peer.source, "none") != 0);
	}
	far_address = NULL;
}

static void
find__socket_of_another_family__unknown_and_remote(void **state)
{
	static const sa_family_t families[] = { AF_UNSPEC, 40 /* AF_VSOCK */,
	    31 /* AF_BLUETOOTH */, AF_UNIX };
	static const int errors[] = { ENOTCONN, EINVAL, ENOTSOCK };
	struct peer peer;
	size_t i;

	(void)state;
	for (i = 1; i < COUNT(families); i++) {
		far_family = families[i];
		peer_find(&peer, 0);
		assert_false(peer.known);
		assert_int_equal(peer.local, families[i] == AF_UNIX);
		assert_int_equal(peer.doubt == NULL, families[i] == AF_UNIX);
	}
	far_family = AF_UNSPEC;
	for (i = 0; i < COUNT(errors); i++) {
		far_error = errors[i];
		peer_find(&peer, 0);
		assert_false(peer.known);
		assert_int_equal(peer.local, errors[i] == ENOTSOCK);
	}
}

static void
set__unknown__keeps_the_address_and_is_remote(void **state)
{
	struct peer peer = { .ip = "127.0.0.1", .known = true, .local = true,
	    .source = "socket" };

	(void)state;
	assert_int_equal(peer_set(&peer, span_of(PEER_UNKNOWN), "PROXY"), 0);
	assert_string_equal(peer.ip, "127.0.0.1");
	assert_string_equal(peer.source, "socket");
	assert_string_equal(peer.doubt, "PROXY");
	assert_false(peer.local);
	assert_int_equal(peer_set(&peer, span_of("::1"), "PROXY"), 0);
	assert_true(peer.local);
	assert_null(peer.doubt);
}

static void
tune__of_any_descriptor__is_no_failure(void **state)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0), ends[2], on = 0;
	socklen_t len = sizeof on;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	peer_tune(ends[0]);
	peer_tune(-1);
	peer_tune(tcp);
	assert_int_equal(getsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, &len),
	    0);
	assert_true(on);
	assert_int_equal(getsockopt(tcp, SOL_SOCKET, SO_KEEPALIVE, &on, &len),
	    0);
	assert_true(on);
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(tcp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    find__without_a_socket__believes_addresses_only),
		cmocka_unit_test(
		    find__with_a_socket__believes_others_on_loopback_only),
		cmocka_unit_test(
		    find__socket_of_another_family__unknown_and_remote),
		cmocka_unit_test(
		    set__unknown__keeps_the_address_and_is_remote),
		cmocka_unit_test(tune__of_any_descriptor__is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
