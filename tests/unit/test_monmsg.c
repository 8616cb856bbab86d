#include "auth/ask.h"
#include "io/channel.h"
#include "io/monmsg.h"
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void
make(struct monmsg *m)
{
	monmsg_start(m, 7);
	monmsg_put_number(m, UINT64_MAX - 1);
	monmsg_put_bytes(m, SPAN("a\0b"));
	monmsg_put_bytes(m, SPAN(""));
	monmsg_put_number(m, 0);
}

/* 0 if it is just what make() made. */
static int
take(struct monmsg *m)
{
	bool same = monmsg_kind(m) == 7 &&
	    monmsg_get_number(m) == UINT64_MAX - 1;
	struct span s = monmsg_get_bytes(m);

	same = same && s.len == 3 && memcmp(s.p, "a\0b", 3) == 0;
	same = same && monmsg_get_bytes(m).len == 0;
	same = same && monmsg_get_number(m) == 0;
	return same ? monmsg_end(m) : -1;
}

static void
fields__come_out_as_they_went_in(void **state)
{
	struct monmsg m;

	(void)state;
	make(&m);
	assert_int_equal(take(&m), 0);
	assert_int_equal(monmsg_body(&m), m.len - 1);
}

static void
message__cut_anywhere__is_broken(void **state)
{
	struct monmsg m;
	size_t whole;

	(void)state;
	make(&m);
	for (whole = m.len; m.len > 0; ) {
		m.len--;
		assert_int_equal(take(&m), -1);
	}
	m.len = whole + 1;
	m.bytes[whole] = 0;
	assert_errno(take(&m), EBADMSG);
}

static void
message__with_a_length_that_lies__is_broken(void **state)
{
	static const uint64_t lies[] = { 4, 5, 1000, MONMSG_MAX, UINT32_MAX,
	    UINT64_MAX - 8, UINT64_MAX };
	struct monmsg m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lies); i++) {
		monmsg_start(&m, 1);
		monmsg_put_number(&m, lies[i]);
		m.bytes[m.len++] = 'a';
		m.bytes[m.len++] = 'b';
		m.bytes[m.len++] = 'c';
		assert_int_equal(monmsg_kind(&m), 1);
		assert_int_equal(monmsg_get_bytes(&m).len, 0);
		assert_errno(monmsg_end(&m), EBADMSG);
	}
}

static void
message__fuller_than_full__is_broken_and_not_sent(void **state)
{
	char big[MONMSG_MAX] = "";
	struct monmsg m;
	int ends[2];

	(void)state;
	monmsg_start(&m, 1);
	monmsg_put_bytes(&m, (struct span){ big, sizeof big - 9 });
	assert_false(m.broken);
	assert_int_equal(m.len, MONMSG_MAX);
	monmsg_put_number(&m, 1);
	assert_true(m.broken);
	assert_int_equal(channel_pair(ends), 0);
	assert_errno(channel_send(ends[0], &m), EBADMSG);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
channel__keeps_messages_apart__and_tells_its_end(void **state)
{
	char big[MONMSG_MAX + 1] = "";
	struct monmsg m;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	make(&m);
	assert_int_equal(channel_send(ends[0], &m), 0);
	monmsg_start(&m, 9);
	assert_int_equal(channel_send(ends[0], &m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(take(&m), 0);
	assert_int_equal(channel_receive(ends[1], &m), 0);
	assert_int_equal(monmsg_kind(&m), 9);
	assert_int_equal(send(ends[0], big, sizeof big, 0), sizeof big);
	assert_errno(channel_receive(ends[1], &m), EBADMSG);
	(void)close(ends[0]);
	assert_errno(channel_receive(ends[1], &m), EPIPE);
	monmsg_start(&m, 1);
	assert_errno(channel_send(ends[1], &m), EPIPE);
	(void)close(ends[1]);
}

/* An answer of so many bytes from the other side, ready before it is asked. */
static int
ask_with_answer(const unsigned char *answer, size_t len, enum verdict *verdict)
{
	struct secret password = { 0 };
	struct ask a = { .fd = -1 };
	int ends[2], r;
	bool last;

	assert_int_equal(channel_pair(ends), 0);
	a.fd = ends[0];
	assert_int_equal(send(ends[1], answer, len, 0), len);
	r = ask_verify(&a, "jane", &password, verdict, &last);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return r;
}

static void
ask__takes_no_answer_but_a_lawful_one(void **state)
{
	unsigned char answer[10] = { ASK_ANSWER };
	enum verdict verdict = VERDICT_TROUBLE;
	unsigned n;

	(void)state;
	for (n = 0; n < 256; n++) {
		unsigned plain = n & ~(unsigned)VERDICT_LAST;

		answer[8] = (unsigned char)n;
		assert_int_equal(ask_with_answer(answer, 9, &verdict),
		    plain >= VERDICT_WELCOME && plain <= VERDICT_TROUBLE ?
		    0 : -1);
	}
	answer[8] = VERDICT_WELCOME;
	assert_int_equal(ask_with_answer(answer, 10, &verdict), -1);
	assert_int_equal(ask_with_answer(answer, 8, &verdict), -1);
	answer[0] = ASK_VERIFY;
	assert_int_equal(ask_with_answer(answer, 9, &verdict), -1);
}

static void
ask__when_the_monitor_is_gone__fails(void **state)
{
	struct secret password = { 0 };
	enum verdict verdict;
	struct ask a;
	int ends[2];
	bool last;

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	(void)close(ends[1]);
	a.fd = ends[0];
	assert_errno(ask_verify(&a, "jane", &password, &verdict, &last),
	    EPIPE);
	(void)close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields__come_out_as_they_went_in),
		cmocka_unit_test(message__cut_anywhere__is_broken),
		cmocka_unit_test(message__with_a_length_that_lies__is_broken),
		cmocka_unit_test(
		    message__fuller_than_full__is_broken_and_not_sent),
		cmocka_unit_test(
		    channel__keeps_messages_apart__and_tells_its_end),
		cmocka_unit_test(ask__takes_no_answer_but_a_lawful_one),
		cmocka_unit_test(ask__when_the_monitor_is_gone__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
