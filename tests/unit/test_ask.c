/*
 * The questions to the monitor, which here is the test: it reads what is asked
 * at the other end of a channel, and its answer is there before the question.
 */
#include "auth/ask.h"
#include "io/channel.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ask ask;
static int monitor;
static struct secret password = { 6, "secret" };

static int
set_up(void **state)
{
	int ends[2];

	(void)state;
	if (channel_pair(ends) == -1)
		return -1;
	ask = (struct ask){ .fd = ends[0] };
	monitor = ends[1];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)close(ask.fd);
	return monitor == -1 ? 0 : close(monitor);
}

static void
answer(const unsigned char *bytes, size_t len)
{
	assert_int_equal(send(monitor, bytes, len, 0), len);
}

static void
answer_verdict(uint64_t n)
{
	struct monmsg m;

	monmsg_start(&m, ASK_ANSWER);
	monmsg_put_number(&m, n);
	assert_int_equal(channel_send(monitor, &m), 0);
}

static void
verify__says_who_and_what__and_hears_the_verdict(void **state)
{
	enum verdict verdict;
	struct monmsg m;
	bool last = true;

	(void)state;
	answer_verdict(VERDICT_EXPIRED);
	assert_int_equal(ask_verify(&ask, "jane", &password, &verdict, &last),
	    0);
	assert_int_equal(verdict, VERDICT_EXPIRED);
	assert_false(last);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_VERIFY);
	assert_span(monmsg_get_bytes(&m), "jane");
	assert_span(monmsg_get_bytes(&m), "secret");
	assert_int_equal(monmsg_end(&m), 0);
}

static void
ask_apop__sends_user_and_digest__reads_last_flag(void **state)
{
	enum verdict verdict;
	struct monmsg m;
	bool last = false;

	(void)state;
	answer_verdict(VERDICT_WRONG | VERDICT_LAST);
	assert_int_equal(ask_apop(&ask, "jane", SPAN("0\xff"), &verdict,
	    &last), 0);
	assert_int_equal(verdict, VERDICT_WRONG);
	assert_true(last);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_APOP);
	assert_span(monmsg_get_bytes(&m), "jane");
	assert_span(monmsg_get_bytes(&m), "0\xff");
	assert_int_equal(monmsg_end(&m), 0);
}

static void
challenge__says_who__and_hears_nonce_and_salt(void **state)
{
	struct ask_challenge c;
	struct monmsg m;

	(void)state;
	monmsg_start(&m, ASK_CHALLENGE);
	monmsg_put_bytes(&m, SPAN("nonce"));
	monmsg_put_bytes(&m, SPAN("0\xff"));
	monmsg_put_number(&m, 4096);
	assert_int_equal(channel_send(monitor, &m), 0);
	assert_int_equal(ask_challenge(&ask, "jane", &c), 0);
	assert_string_equal(c.nonce, "nonce");
	assert_int_equal(c.salt.len, 2);
	assert_memory_equal(c.salt.bytes, "0\xff", 2);
	assert_int_equal(c.salt.iterations, 4096);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_CHALLENGE);
	assert_span(monmsg_get_bytes(&m), "jane");
	assert_int_equal(monmsg_end(&m), 0);
}

#define MANY "0123456789abcdef0123456789abcdef"

static const struct {
	unsigned char kind;
	struct span nonce, salt;
	uint64_t iterations;
} bad_challenges[] = {
	{ ASK_ANSWER, BYTES("nonce"), BYTES("s"), 4096 },
	{ ASK_CHALLENGE, BYTES(MANY), BYTES("s"), 4096 },
	{ ASK_CHALLENGE, BYTES("a\0b"), BYTES("s"), 4096 },
	{ ASK_CHALLENGE, BYTES("nonce"), BYTES(MANY MANY "x"), 4096 },
	{ ASK_CHALLENGE, BYTES("nonce"), BYTES("s"),
	    (uint64_t)SECRETS_ITERATIONS_MAX + 1 },
	{ ASK_CHALLENGE, BYTES("nonce"), BYTES("s"), (uint64_t)1 << 32 },
};

static void
challenge__of_any_other_form__is_refused(void **state)
{
	struct ask_challenge c = { .nonce = "as it was" };
	struct monmsg m;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad_challenges); i++) {
		monmsg_start(&m, bad_challenges[i].kind);
		monmsg_put_bytes(&m, bad_challenges[i].nonce);
		monmsg_put_bytes(&m, bad_challenges[i].salt);
		monmsg_put_number(&m, bad_challenges[i].iterations);
		assert_int_equal(channel_send(monitor, &m), 0);
		assert_errno(ask_challenge(&ask, "jane", &c), EBADMSG);
		assert_string_equal(c.nonce, "as it was");
	}
}

static void
cram__says_who_and_what(void **state)
{
	enum verdict verdict;
	struct monmsg m;
	bool last;

	(void)state;
	answer_verdict(VERDICT_WELCOME);
	assert_int_equal(ask_cram(&ask, "jane", SPAN(MANY), &verdict, &last),
	    0);
	assert_int_equal(verdict, VERDICT_WELCOME);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_CRAM);
	assert_span(monmsg_get_bytes(&m), "jane");
	assert_span(monmsg_get_bytes(&m), MANY);
	assert_int_equal(monmsg_end(&m), 0);
}

static void
answer_signed(uint64_t n, struct span signature)
{
	struct monmsg m;

	monmsg_start(&m, ASK_ANSWER);
	monmsg_put_number(&m, n);
	monmsg_put_bytes(&m, signature);
	assert_int_equal(channel_send(monitor, &m), 0);
}

static void
scram__says_all__and_hears_the_signature(void **state)
{
	struct scram_claim c = { BYTES("jane"), BYTES("first"),
	    BYTES("nonce"), BYTES("last"), { 0 } };
	unsigned char signature[SCRAM_PROOF] = "as it was";
	enum verdict verdict = VERDICT_TROUBLE;
	struct monmsg m;
	bool last;

	(void)state;
	memcpy(c.proof, MANY, SCRAM_PROOF);
	answer_signed(VERDICT_WELCOME, SPAN(MANY));
	assert_int_equal(ask_scram(&ask, &c, &verdict, &last, signature), 0);
	assert_int_equal(verdict, VERDICT_WELCOME);
	assert_memory_equal(signature, MANY, SCRAM_PROOF);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_SCRAM);
	assert_span(monmsg_get_bytes(&m), "jane");
	assert_span(monmsg_get_bytes(&m), "first");
	assert_span(monmsg_get_bytes(&m), "nonce");
	assert_span(monmsg_get_bytes(&m), "last");
	assert_span(monmsg_get_bytes(&m), MANY);
	assert_int_equal(monmsg_end(&m), 0);
	verdict = VERDICT_TROUBLE;
	answer_signed(VERDICT_WELCOME, SPAN("short"));
	assert_errno(ask_scram(&ask, &c, &verdict, &last, signature), EBADMSG);
	answer_signed(VERDICT_WELCOME, SPAN(MANY "x"));
	assert_errno(ask_scram(&ask, &c, &verdict, &last, signature), EBADMSG);
	answer_verdict(VERDICT_WELCOME);
	assert_errno(ask_scram(&ask, &c, &verdict, &last, signature), EBADMSG);
	assert_int_equal(verdict, VERDICT_TROUBLE);
}

static void
statements__need_no_answer(void **state)
{
	const struct ask_totals totals = { 1, 2, UINT64_MAX, 4 };
	struct monmsg m;

	(void)state;
	ask_expect(&ask);
	assert_int_equal(ask_hand_over(&ask, 2, SPAN("STAT\r\nQU")), 0);
	ask_log(&ask, LOG_WARN, "a line");
	assert_int_equal(ask_report(&ask, &totals), 0);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_EXPECT);
	assert_int_equal(monmsg_end(&m), 0);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_HAND_OVER);
	assert_int_equal(monmsg_get_number(&m), 2);
	assert_span(monmsg_get_bytes(&m), "STAT\r\nQU");
	assert_int_equal(monmsg_end(&m), 0);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_LOG);
	assert_int_equal(monmsg_get_number(&m), LOG_WARN);
	assert_span(monmsg_get_bytes(&m), "a line");
	assert_int_equal(monmsg_end(&m), 0);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_int_equal(monmsg_kind(&m), ASK_REPORT);
	assert_int_equal(monmsg_get_number(&m), 1);
	assert_int_equal(monmsg_get_number(&m), 2);
	assert_true(monmsg_get_number(&m) == UINT64_MAX);
	assert_int_equal(monmsg_get_number(&m), 4);
	assert_int_equal(monmsg_end(&m), 0);
}

/* 0 if that answer is taken; and the outputs are touched only then. */
static int
verify_with(const unsigned char *bytes, size_t len, enum verdict *verdict)
{
	const enum verdict before = *verdict;
	struct monmsg m;
	bool last;
	int r;

	answer(bytes, len);
	r = ask_verify(&ask, "jane", &password, verdict, &last);
	assert_int_equal(channel_receive(monitor, &m), 0);
	assert_true(r == 0 || *verdict == before);
	return r;
}

static void
answer__of_any_number__is_a_verdict_or_refused(void **state)
{
	unsigned char bytes[9] = { ASK_ANSWER };
	enum verdict verdict;
	unsigned n, plain;

	(void)state;
	for (n = 0; n < 256; n++) {
		verdict = VERDICT_TROUBLE;
		plain = n & ~(unsigned)VERDICT_LAST;
		bytes[8] = (unsigned char)n;
		if (plain >= VERDICT_WELCOME && plain <= VERDICT_NOT_NOW) {
			assert_int_equal(verify_with(bytes, 9, &verdict), 0);
			assert_int_equal(verdict, plain);
		} else
			assert_errno(verify_with(bytes, 9, &verdict),
			    EBADMSG);
	}
	bytes[8] = VERDICT_WELCOME;
	bytes[4] = 1;			/* 2^32 and more */
	assert_errno(verify_with(bytes, 9, &verdict), EBADMSG);
}

static void
answer__of_another_kind_or_length__is_refused(void **state)
{
	unsigned char bytes[MONMSG_MAX + 1] = { ASK_ANSWER };
	enum verdict verdict = VERDICT_TROUBLE;
	size_t len;
	unsigned kind;

	(void)state;
	bytes[8] = VERDICT_WELCOME;
	for (len = 1; len < 20; len++)
		if (len != 9)
			assert_errno(verify_with(bytes, len, &verdict),
			    EBADMSG);
	assert_errno(verify_with(bytes, sizeof bytes, &verdict), EBADMSG);
	for (kind = 0; kind < 256; kind++) {
		bytes[0] = (unsigned char)kind;
		if (kind != ASK_ANSWER)
			assert_errno(verify_with(bytes, 9, &verdict),
			    EBADMSG);
	}
}

static void
monitor__that_is_gone__is_told(void **state)
{
	const struct ask_totals totals = { 0 };
	struct ask_challenge challenge;
	enum verdict verdict;
	bool last;

	(void)state;
	(void)close(monitor);
	monitor = -1;
	assert_errno(ask_verify(&ask, "jane", &password, &verdict, &last),
	    EPIPE);
	assert_errno(ask_apop(&ask, "jane", SPAN(""), &verdict, &last), EPIPE);
	assert_errno(ask_challenge(&ask, "", &challenge), EPIPE);
	assert_errno(ask_hand_over(&ask, 0, SPAN("")), EPIPE);
	assert_errno(ask_report(&ask, &totals), EPIPE);
	ask_expect(&ask);
	ask_log(&ask, LOG_NOTE, "nobody hears");
}

static void
question__that_does_not_fit__is_not_asked(void **state)
{
	static char big[MONMSG_MAX];
	enum verdict verdict;
	char byte;
	bool last;

	(void)state;
	assert_errno(ask_hand_over(&ask, 0, (struct span){ big, sizeof big }),
	    EMSGSIZE);
	assert_errno(ask_apop(&ask, "jane", (struct span){ big, sizeof big },
	    &verdict, &last), EMSGSIZE);
	assert_int_equal(recv(monitor, &byte, 1, MSG_DONTWAIT), -1);
}

/* Run by hand, the monitor's rules are a function. */
static int
answer_in_place(void *ctx, struct monmsg *m)
{
	int *asked = ctx;

	++*asked;
	if (monmsg_kind(m) != ASK_VERIFY) {
		m->len = 0;
		return 0;
	}
	if (*asked > 1)
		return -1;
	monmsg_start(m, ASK_ANSWER);
	monmsg_put_number(m, VERDICT_EXPIRED);
	return 0;
}

static void
question__in_one_process__is_answered_in_place(void **state)
{
	int asked = 0;
	struct ask a = { .fd = -1, .answer = answer_in_place, .ctx = &asked };
	enum verdict verdict;
	bool last;

	(void)state;
	assert_int_equal(ask_verify(&a, "jane", &password, &verdict, &last),
	    0);
	assert_int_equal(verdict, VERDICT_EXPIRED);
	assert_int_equal(ask_verify(&a, "jane", &password, &verdict, &last),
	    -1);
	ask_log(&a, LOG_NOTE, "line");
	assert_int_equal(asked, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verify__says_who_and_what__and_hears_the_verdict),
		TEST(ask_apop__sends_user_and_digest__reads_last_flag),
		TEST(challenge__says_who__and_hears_nonce_and_salt),
		TEST(challenge__of_any_other_form__is_refused),
		TEST(cram__says_who_and_what),
		TEST(scram__says_all__and_hears_the_signature),
		TEST(statements__need_no_answer),
		TEST(answer__of_any_number__is_a_verdict_or_refused),
		TEST(answer__of_another_kind_or_length__is_refused),
		TEST(monitor__that_is_gone__is_told),
		TEST(question__that_does_not_fit__is_not_asked),
		TEST(question__in_one_process__is_answered_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
