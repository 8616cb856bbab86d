#include "tls/settings.h"

#include "base/num.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_MS, KIND_PID, KIND_LOG };

#define AT(field) offsetof(struct settings, field)

static const struct row {
	const char *name;
	enum kind kind;
	size_t at;
} rows[] = {
	{ "check", KIND_FLAG, AT(check) },
	{ "no-sandbox", KIND_FLAG, AT(no_sandbox) },
	{ "cert", KIND_TEXT, AT(cert) },
	{ "key", KIND_TEXT, AT(key) },
	{ "sni-dir", KIND_TEXT, AT(sni_dir) },
	{ "ticket-file", KIND_TEXT, AT(ticket_file) },
	{ "user", KIND_TEXT, AT(user) },
	{ "empty-dir", KIND_TEXT, AT(empty_dir) },
	{ "monitor", KIND_PID, AT(monitor) },
	{ "handshake-time", KIND_MS, AT(handshake_time) },
	{ "patience", KIND_MS, AT(patience) },
	{ "log", KIND_LOG, AT(log) },
	{ "log-facility", KIND_TEXT, AT(log_facility) },
	{ "log-session", KIND_TEXT, AT(log_session) },
};

#define ROWS (sizeof rows / sizeof rows[0])

static int
set_log(enum log_target *log, const char *value)
{
	if (strcmp(value, "syslog") == 0)
		*log = LOG_SYSTEM;
	else if (strcmp(value, "stderr") == 0)
		*log = LOG_STDERR;
	else if (strcmp(value, "none") == 0)
		*log = LOG_NOWHERE;
	else
		return -1;
	return 0;
}

static int
set(struct settings *s, const struct row *row, const char *value)
{
	char *to = (char *)s + row->at;
	uint64_t n;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)(void *)to = true;
		return 0;
	case KIND_TEXT:
		memcpy(to, &value, sizeof value);
		return 0;
	case KIND_LOG:
		return set_log(&s->log, value);
	case KIND_MS:
	case KIND_PID:
	default:
		break;
	}
	if (num_u64(span_of(value), INT32_MAX, &n) == -1)
		return -1;
	if (row->kind == KIND_PID)
		s->monitor = (pid_t)n;
	else
		memcpy(to, &(int64_t){ (int64_t)n }, sizeof(int64_t));
	return 0;
}

static void
make_getopt(struct option longs[ROWS + 1])
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		longs[i] = (struct option){ rows[i].name,
		    rows[i].kind == KIND_FLAG ? no_argument :
		    required_argument, NULL, (int)(256 + i) };
	longs[ROWS] = (struct option){ NULL, 0, NULL, 0 };
}

int
settings_parse(struct settings *s, int argc, char **argv, char *error,
    size_t cap)
{
	struct option longs[ROWS + 1];
	int c;

	*s = (struct settings){ .handshake_time = 30000,
	    .patience = 600000, .log = LOG_STDERR, .log_facility = "mail" };
	make_getopt(longs);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1)
		if (c < 256 || set(s, &rows[c - 256], optarg) == -1) {
			(void)snprintf(error, cap, "%.100s: no such option, or "
			    "not with that value", argv[optind - 1]);
			return -1;
		}
	if (optind < argc) {
		(void)snprintf(error, cap, "%.100s: nothing but options is "
		    "expected", argv[optind]);
		return -1;
	}
	return 0;
}
