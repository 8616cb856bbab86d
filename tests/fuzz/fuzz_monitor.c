/*
 * A front, or a session, that has been taken over and sends the monitor
 * anything.  The input is messages, each behind a byte for what PAM would say
 * and a byte for the message's length.
 */
#include "fuzz.h"
#include "server/monitor.h"

#include "../unit/fake_clock.h"
#include "../unit/fake_pam.h"

#include <string.h>

/* Nobody that has one has an account, too, so all of them are wrong. */
#define SECRETS "#salt-key:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n" \
	"jane of the secrets:tanstaaf\n" \
	"u:{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==," \
	"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
	"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n"
static char secrets[256];

static struct server_conf conf = {
	.pop3 = { .host = "pop.example.org", .max_bad = 10,
	    .xclient_from = "192.0.2.7" },
	.pam_service = "pop3",
	.log_login = "%1 is in",
	.statistics = true,
	.max_failures = 3,
	.failure_delay = 3000,
	.min_uid = 100,
};

static void
take_line(void *ctx, enum log_level level, const char *line)
{
	size_t i, len = strlen(line);

	(void)ctx;
	CHECK(level <= LOG_TRACE && len <= LOG_LINE_MAX);
	for (i = 0; i < len; i++)
		CHECK(line[i] == ' ' || ascii_graph(line[i]));
}

/* What came of one lawful message. */
static void
check_answer(const struct monitor *m, enum monitor_phase before,
    bool offered, unsigned char kind, struct monmsg *answer, int64_t asked)
{
	uint64_t n;

	CHECK(!m->offered || kind == ASK_HAND_OVER || offered);
	switch (kind) {
	case ASK_VERIFY:
	case ASK_APOP:
	case ASK_CRAM:
	case ASK_SCRAM:
		CHECK(before == FRONT_ASKS);
		if (m->phase == USER_RUNS) {	/* and the front has its end */
			CHECK(kind == ASK_VERIFY && offered);
			CHECK(fake_verdict == VERDICT_WELCOME);
			break;
		}
		CHECK(monmsg_kind(answer) == ASK_ANSWER);
		n = monmsg_get_number(answer);
		if (kind == ASK_SCRAM)
			CHECK(monmsg_get_bytes(answer).len == SCRAM_PROOF);
		CHECK(monmsg_end(answer) == 0);
		CHECK((n == VERDICT_WELCOME) == (m->phase == HANDING_OVER));
		CHECK(n != VERDICT_WELCOME || fake_verdict == VERDICT_WELCOME);
		CHECK((n & VERDICT_LAST) == 0 || m->phase == TURNED_AWAY);
		CHECK(n == VERDICT_WELCOME ||
		    fake_now == asked + conf.failure_delay);
		return;
	case ASK_CHALLENGE:
		CHECK(m->phase == FRONT_ASKS);
		CHECK(monmsg_kind(answer) == ASK_CHALLENGE);
		CHECK(monmsg_get_bytes(answer).len == ASK_NONCE_MAX - 1);
		CHECK(monmsg_get_bytes(answer).len <= SECRETS_SALT_MAX);
		CHECK(monmsg_get_number(answer) <= SECRETS_ITERATIONS_MAX);
		CHECK(monmsg_end(answer) == 0);
		return;
	case ASK_HAND_OVER:
		CHECK(before == FRONT_ASKS ? m->phase == before && m->offered :
		    before == HANDING_OVER && m->phase == USER_RUNS);
		break;
	case ASK_STLS:
		CHECK(before == FRONT_ASKS && m->phase == BEFORE_TLS);
		CHECK(monmsg_get_number(answer) == 1);
		CHECK(monmsg_end(answer) == 0);
		return;
	case ASK_REPORT:
		CHECK(before == USER_RUNS && m->phase == ALL_DONE);
		break;
	default:
		CHECK(kind == ASK_LOG || kind == ASK_EXPECT ||
		    (kind == ASK_PEER && m->xclient_done) ||
		    (before == USER_RUNS && (kind == ASK_WORKING ||
		    (kind == ASK_ANSWERS && m->answered))));
		CHECK(m->phase == before);
		break;
	}
	CHECK(answer->len == 0);
}

/* Cut the next message off.  The last one may be cut short by the end. */
static size_t
next_message(struct monmsg *m, const uint8_t *p, size_t size)
{
	size_t len;

	fake_verdict = (enum verdict)(VERDICT_WELCOME + p[0] % 6);
	len = p[1];
	if (len > size - 2)
		len = size - 2;
	monmsg_start(m, 0);
	memcpy(m->bytes, p + 2, len);
	m->len = len;
	return 2 + len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = { .in = -1, .out = -1, .ucspi_control = 99,
	    .peer = { .ip = "192.0.2.7", .known = true } };
	enum monitor_phase before;
	struct monmsg message;
	struct monitor m;
	bool offered;
	unsigned char kind;
	int64_t asked;
	size_t used;

	log_divert(take_line, NULL);
	if (conf.secrets == NULL) {
		conf.secrets = fuzz_path(secrets, "secrets");
		fuzz_write(secrets, SECRETS, sizeof SECRETS - 1);
	}
	monitor_init(&m, &conf, &client);
	CHECK(monitor_prepare(&m) == 0);
	m.login.root = false;
	m.tls_offered = true;
	while (size >= 2) {
		used = next_message(&message, data, size);
		data += used;
		size -= used;
		kind = monmsg_kind(&message);
		before = m.phase;
		offered = m.offered;
		asked = fake_now;
		if (monitor_answer(&m, &message) == -1)
			break;
		check_answer(&m, before, offered, kind, &message, asked);
	}
	monitor_free(&m);
	return 0;
}
