#include "settings/options.h"

#include "base/cidr.h"
#include "base/conf.h"
#include "base/num.h"
#include "base/log.h"
#include "compat/compat.h"
#include "pop3/mechanisms.h"
#include "settings/qpopper.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
	KIND_BOOL,
	KIND_TEXT,
	KIND_NETWORKS,		/* text, see base/cidr.h */
	KIND_MECHANISMS,	/* text, see pop3/mechanisms.h */
	KIND_SOURCES,		/* text, see maildir/sources.h */
	KIND_COUNT,		/* uint32_t */
	KIND_WHOLE_SECONDS,	/* int64_t */
	KIND_SECONDS,		/* int64_t ms, written in seconds */
	KIND_UID,
	KIND_WORD,		/* int, one of choices */
	KIND_LOCK,		/* bool, one of choices */
	KIND_OCTETS,		/* uint64_t */
	KIND_MILLISECONDS,	/* int64_t ms */
	KIND_SIGN,		/* text, one that can stand in a name */
	KIND_LINE,		/* text; on or off for the usual one or none */
	KIND_MODE		/* the command line's alone, no argument */
};

struct choice {
	const char *word;
	int value;
};

static const struct choice dialects[] = {
	{ "qpopper2", DIALECT_QPOPPER2 }, { "qpopper4", DIALECT_QPOPPER4 },
	{ NULL, 0 }
};

static const struct choice languages[] = {
	{ "en", LANGUAGE_EN }, { "de", LANGUAGE_DE }, { "fr", LANGUAGE_FR },
	{ NULL, 0 }
};

static const struct choice locks[] = {
	{ "fcntl", true }, { "none", false }, { NULL, 0 }
};

static const struct choice targets[] = {
	{ "auto", LOG_AUTO }, { "syslog", LOG_SYSTEM },
	{ "stderr", LOG_STDERR }, { "none", LOG_NOWHERE }, { NULL, 0 }
};

static const struct choice facilities[] = {
	{ "mail", 0 }, { "local0", 0 }, { "local1", 0 }, { "local2", 0 },
	{ "local3", 0 }, { "local4", 0 }, { "local5", 0 }, { "local6", 0 },
	{ "local7", 0 }, { NULL, 0 }
};

static const struct choice clears[] = {
	{ "default", CLEAR_DEFAULT }, { "never", CLEAR_NEVER },
	{ "always", CLEAR_ALWAYS }, { "local", CLEAR_LOCAL },
	{ "tls", CLEAR_TLS }, { "ssl", CLEAR_TLS },
	{ "0", CLEAR_DEFAULT }, { "1", CLEAR_NEVER }, { "2", CLEAR_ALWAYS },
	{ "3", CLEAR_LOCAL }, { "4", CLEAR_TLS }, { NULL, 0 }
};

static const struct choice index_uses[] = {
	{ "auto", INDEX_AUTO }, { "full", INDEX_FULL },
	{ "sizes", INDEX_SIZES }, { "off", INDEX_OFF }, { "on", INDEX_AUTO },
	{ "true", INDEX_AUTO }, { "yes", INDEX_AUTO },
	{ "false", INDEX_OFF }, { "no", INDEX_OFF }, { NULL, 0 }
};

/* qpopper's: %0 version, %1 user, %2 host, %3 address. */
#define LOGIN_LINE "(v%0) POP login by user \"%1\" at (%2) %3"

#define AT(field) offsetof(struct options, field)

static const struct option_row {
	const char *name;
	const struct choice *choices;
	uint64_t min, max;
	uint16_t at;			/* in struct options */
	char letter;			/* short option, or 0 */
	unsigned char kind;		/* enum kind */
} rows[] = {
#define GROUP(title)
#define ROW(name, letter, kind, at, min, max, choices, argument, help) \
	{ name, choices, min, max, at, letter, kind },
#include "settings/options_rows.h"
#undef GROUP
#undef ROW
};

static_assert(sizeof(struct options) <= UINT16_MAX, "option_row.at");

#define ROWS (sizeof rows / sizeof rows[0])

static void
set_defaults(struct options *o)
{
	memset(o, 0, sizeof *o);
	o->server = (struct server_conf){
		.pop3 = {
			.idle_time = 600 * 1000,
			.login_time = 180 * 1000,
			.yield_time = 30 * 1000,
			.max_bad = 10,
			.pace = { .burst = 3 },
			.drop = { .lock = true, .lock_wait = 5 * 1000,
			    .index = INDEX_AUTO,
			    .adopt = "auto" },
		},
		.intake = { .old_uids = true, .max_bulletins = 1,
		    .temp_name = ".%s.pop", .program = IMPORT_PROGRAM },
		.tls = { .program = TLS_PROGRAM, .handshake_time = 30 * 1000 },
		.secrets = geteuid() == 0 ?
		    SYSCONFDIR "/solopop.secrets" : NULL,
		.proxy_time = 10 * 1000,
		.front_user = "solopop",
		.empty_dir = EMPTYDIR,
		.storage_time = 60 * 1000,
		.session_memory = 1024,
		.log_login = LOGIN_LINE,
		.statistics = true,
		.max_failures = 5,
		.failure_delay = 3 * 1000,
		.min_uid = 100,
	};
	o->log = LOG_AUTO;
	o->log_facility = "mail";
	o->ident = "solopop";
	o->last_note = &o->notes;
}

/* In qpopper's place some defaults are what its sites expect. */
static void
become_qpopper(struct options *o, const char *argv0)
{
	const char *slash = argv0 != NULL ? strrchr(argv0, '/') : NULL;

	o->qpopper = true;
	if (argv0 != NULL && argv0[0] != '\0')
		o->ident = slash != NULL ? slash + 1 : argv0;
	o->server.intake.spool_dir = "/var/mail";
	o->server.pop3.drop.adopt = "auto,x-uidl";
	o->server.pop3.trim_no_mime = true;
	o->server.min_uid = 11;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* qpopper's own file, where a site has it. */
static const char *
find_pam_service(const struct options *o)
{
	if (!WITH_PAM)
		return SERVER_NO_PAM;
	return o->qpopper && (is_there("/etc/pam.d/qpopper") ||
	    is_there("/usr/lib/pam.d/qpopper")) ? "qpopper" : "pop3";
}

static void *
field(struct options *o, const struct option_row *row)
{
	return (char *)o + row->at;
}

static int
fail(char *error, size_t cap, const struct option_row *row, const char *what)
{
	(void)snprintf(error, cap, "%s: %s", row->name, what);
	return -1;
}

static const struct choice *
choose(const struct option_row *row, const char *value)
{
	const struct choice *c = row->choices;

	while (c->word != NULL && !span_is(span_of(value), c->word))
		c++;
	return c->word != NULL ? c : NULL;
}

static int
set_bool(bool *to, const char *value)
{
	static const struct choice words[] = {
		{ "true", true }, { "1", true }, { "yes", true },
		{ "on", true }, { "false", false }, { "0", false },
		{ "no", false }, { "off", false },
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (span_is(span_of(value), words[i].word)) {
			*to = words[i].value;
			return 0;
		}
	return -1;
}

static int
set_line(const char **to, const char *value)
{
	bool on;

	if (set_bool(&on, value) == 0)
		*to = on ? LOGIN_LINE : NULL;
	else
		*to = value;
	return 0;
}

static int
set_number(struct options *o, const struct option_row *row, const char *value,
    char *error, size_t cap)
{
	char text[96];
	uint64_t n;

	if (num_u64(span_of(value), row->max, &n) == -1 || n < row->min) {
		(void)snprintf(text, sizeof text, "expected a number from %"
		    PRIu64 " to %" PRIu64, row->min, row->max);
		return fail(error, cap, row, text);
	}
	if (row->kind == KIND_SECONDS)
		*(int64_t *)field(o, row) = (int64_t)n * 1000;
	else if (row->kind == KIND_MILLISECONDS ||
	    row->kind == KIND_WHOLE_SECONDS)
		*(int64_t *)field(o, row) = (int64_t)n;
	else if (row->kind == KIND_OCTETS)
		*(uint64_t *)field(o, row) = n;
	else if (row->kind == KIND_UID)
		*(uid_t *)field(o, row) = (uid_t)n;
	else
		*(uint32_t *)field(o, row) = (uint32_t)n;
	return 0;
}

static int
set_networks(struct options *o, const struct option_row *row,
    const char *value, char *error, size_t cap)
{
	char why[160];

	if (cidr_check(value, why, sizeof why) == -1)
		return fail(error, cap, row, why);
	*(const char **)field(o, row) = value;
	return 0;
}

static int
set_mechanisms(struct options *o, const struct option_row *row,
    const char *value, char *error, size_t cap)
{
	char why[160];

	if (mechanisms_check(value, why, sizeof why) == -1)
		return fail(error, cap, row, why);
	*(const char **)field(o, row) = value;
	return 0;
}

/* lists is an older name of auto. */
static int
set_sources(struct options *o, const struct option_row *row,
    const char *value, char *error, size_t cap)
{
	struct sources sources;
	char why[160];

	if (strcmp(value, "lists") == 0)
		value = "auto";
	if (sources_parse(&sources, value, why, sizeof why) == -1)
		return fail(error, cap, row, why);
	*(const char **)field(o, row) = value;
	return 0;
}

/* Words of qpopper's come behind ours, and mean the same. */
static int
fail_choice(char *error, size_t cap, const struct option_row *row)
{
	char text[160] = "no such choice; expected ";
	const struct choice *c = row->choices;
	size_t len = strlen(text);

	for (; c->word != NULL && len < sizeof text; c++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
		    c == row->choices ? "" : c[1].word == NULL ? " or " :
		    ", ", c->word);
	return fail(error, cap, row, text);
}

static int
set_sign(struct options *o, const struct option_row *row, const char *value,
    char *error, size_t cap)
{
	if (strlen(value) != 1 || strchr("+-_=#!~", value[0]) == NULL)
		return fail(error, cap, row, "expected one of + - _ = # ! ~");
	*(const char **)field(o, row) = value;
	return 0;
}

/* value is kept by reference. */
static int
set(struct options *o, const struct option_row *row, const char *value,
    char *error, size_t cap)
{
	static const struct choice nothing = { NULL, 0 };
	const struct choice *c = &nothing;

	if (row->choices != NULL && (c = choose(row, value)) == NULL)
		return fail_choice(error, cap, row);
	switch ((enum kind)row->kind) {
	case KIND_BOOL:
		if (set_bool(field(o, row), value) == -1)
			return fail(error, cap, row, "expected true or false");
		return 0;
	case KIND_TEXT:
		*(const char **)field(o, row) = value;
		return 0;
	case KIND_NETWORKS:
		return set_networks(o, row, value, error, cap);
	case KIND_MECHANISMS:
		return set_mechanisms(o, row, value, error, cap);
	case KIND_SOURCES:
		return set_sources(o, row, value, error, cap);
	case KIND_SIGN:
		return set_sign(o, row, value, error, cap);
	case KIND_LINE:
		return set_line(field(o, row), value);
	case KIND_WORD:
		memcpy(field(o, row), &c->value, sizeof c->value);
		return 0;
	case KIND_LOCK:
		*(bool *)field(o, row) = c->value;
		return 0;
	case KIND_MODE:
		o->mode = (enum run_mode)row->min;
		return 0;
	case KIND_COUNT:
	case KIND_SECONDS:
	case KIND_WHOLE_SECONDS:
	case KIND_MILLISECONDS:
	case KIND_OCTETS:
	case KIND_UID:
	default:
		return set_number(o, row, value, error, cap);
	}
}

static const struct option_row *
find(const char *name)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (span_is(span_of(name), rows[i].name))
			return &rows[i];
	return NULL;
}

/* A value from a file, which is not ours to keep: the copy is. */
struct options_text {
	struct options_text *next;
	char bytes[];
};

static const char *
keep(struct options *o, const char *value)
{
	size_t size = strlen(value) + 1;
	struct options_text *text;

	if ((text = malloc(sizeof *text + size)) == NULL)
		return NULL;
	memcpy(text->bytes, value, size);
	text->next = o->texts;
	o->texts = text;
	return text->bytes;
}

static int
note(struct options *o, const char *name, const char *value,
    const struct qpopper_option *old)
{
	struct options_note *n;

	if ((n = calloc(1, sizeof *n)) == NULL)
		return -1;
	*n = (struct options_note){ NULL, name, value, old };
	*o->last_note = n;
	o->last_note = &n->next;
	return 0;
}

void
options_free(struct options *o)
{
	struct options_text *text;
	struct options_note *n;

	while ((text = o->texts) != NULL) {
		o->texts = text->next;
		free(text);
	}
	while ((n = o->notes) != NULL) {
		o->notes = n->next;
		free(n);
	}
	o->last_note = &o->notes;
}

static bool
is_option_only(const struct option_row *row)
{
	return row->kind == KIND_MODE || row->at == AT(fixture) ||
	    row->at == AT(server.no_auth) ||
	    row->at == AT(server.no_sandbox) ||
	    row->at == AT(qpopper);
}

/* One of ours.  value may be NULL for what can be just on or off. */
static int
take_own(struct options *o, const struct option_row *row, const char *value,
    bool on, char *error, size_t cap)
{
	if (is_option_only(row))
		return fail(error, cap, row, "only on the command line");
	if (value == NULL && row->kind != KIND_BOOL && row->kind != KIND_LINE)
		return fail(error, cap, row, "expected a value");
	if (value == NULL)
		value = on ? "true" : "false";
	if ((value = keep(o, value)) == NULL ||
	    note(o, row->name, value, NULL) == -1)
		return fail(error, cap, row, strerror(errno));
	return set(o, row, value, error, cap);
}

/* One of qpopper's that is now one of ours, or two. */
static int
take_renamed(struct options *o, const struct qpopper_option *old,
    const char *value, char *error, size_t cap)
{
	struct span names = span_of(old->now), word;
	const struct option_row *row;
	char name[64], now[256];

	if (qpopper_value(now, sizeof now, old, value) == -1) {
		(void)snprintf(error, cap, "%s: no such choice", old->name);
		return -1;
	}
	while (span_word(&names, &word)) {
		if (span_copy(name, sizeof name, word) == -1 ||
		    (row = find(name)) == NULL)
			continue;
		if (take_own(o, row, now, true, error, cap) == -1)
			return -1;
	}
	return 0;
}

static int
take_old(struct options *o, const struct qpopper_option *old,
    const char *value, bool on, char *error, size_t cap)
{
	bool truth;

	if (value == NULL && old->is_bool)
		value = on ? "true" : "false";
	if (value == NULL || (old->is_bool && set_bool(&truth, value) == -1)) {
		(void)snprintf(error, cap, "%s: expected %s", old->name,
		    old->is_bool ? "true or false" : "a value");
		return -1;
	}
	if ((value = keep(o, value)) == NULL ||
	    note(o, old->name, value, old) == -1) {
		(void)snprintf(error, cap, "%s", strerror(errno));
		return -1;
	}
	return old->fate == QPOPPER_RENAMED ?
	    take_renamed(o, old, value, error, cap) : 0;
}

/* A setting from a file, or of qpopper's command line. */
static int
take(void *ctx, const char *name, const char *value, bool on, char *error,
    size_t cap)
{
	const struct option_row *row = find(name);
	const struct qpopper_option *old = qpopper_option(name);

	if (row != NULL)
		return take_own(ctx, row, value, on, error, cap);
	if (old != NULL)
		return take_old(ctx, old, value, on, error, cap);
	(void)snprintf(error, cap, "%.64s: no such setting", name);
	return -1;
}

static int
read_config(struct options *o)
{
	struct conf c = { .take = take, .ctx = o,
	    .strict = geteuid() == 0 };
	const char *path = o->config_file;

	if (path == NULL ? o->fixture != NULL : path[0] == '\0')
		return 0;
	if (path == NULL)
		path = OPTIONS_CONFIG_FILE;
	if (conf_read(&c, path) == -1) {
		if (o->config_file == NULL && errno == ENOENT)
			return 0;
		memcpy(o->error, c.error, sizeof o->error);
		return -1;
	}
	o->config_file = path;
	o->config_read = true;
	return 0;
}

/* The table as getopt_long(3) wants it. */
static void
make_getopt(struct option longs[ROWS + 1], char shorts[2 * ROWS + 2])
{
	size_t i, n = 0;
	char *s = shorts;

	*s++ = ':';
	for (i = 0; i < ROWS; i++) {
		longs[n++] = (struct option){ rows[i].name,
		    rows[i].kind == KIND_MODE ? no_argument :
		    rows[i].kind == KIND_BOOL ? optional_argument :
		    required_argument, NULL, (int)(256 + i) };
		if (rows[i].letter == 0)
			continue;
		*s++ = rows[i].letter;
		if (rows[i].kind != KIND_MODE && rows[i].kind != KIND_BOOL)
			*s++ = ':';
	}
	longs[n] = (struct option){ NULL, 0, NULL, 0 };
	*s = '\0';
}

static const struct option_row *
row_of(int c)
{
	size_t i;

	if (c >= 256)
		return &rows[c - 256];
	for (i = 0; i < ROWS; i++)
		if (rows[i].letter == c)
			return &rows[i];
	return NULL;
}

static int
bad_option(struct options *o, int c, const char *word)
{
	(void)snprintf(o->error, sizeof o->error, c == ':' ?
	    "option %.100s needs an argument; see --help" :
	    "unknown option %.100s; see --help", word);
	return -1;
}

/* These two decide whether a configuration file is read, and which. */
static bool
is_early(const struct option_row *row)
{
	return row != NULL && row->kind == KIND_TEXT &&
	    (row->at == AT(config_file) || row->at == AT(fixture));
}

/* A letter of qpopper's, but for -f, which is early. */
static int
take_letter(struct options *o, int letter, const char *value)
{
	if (letter == 'v') {
		o->mode = RUN_VERSION;
		return 0;
	}
	return take(o, qpopper_letter(letter), value, true, o->error,
	    sizeof o->error);
}

static int
take_option(struct options *o, const struct option_row *row, const char *value)
{
	return set(o, row, value != NULL ? value : "true", o->error,
	    sizeof o->error);
}

/* early: look for what must be known first, and at nothing else. */
static int
parse_line(struct options *o, int argc, char **argv, bool early)
{
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 2];
	const struct option_row *row;
	bool letter;
	int c, r;

	make_getopt(longs, shorts);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, o->qpopper ? QPOPPER_LETTERS :
	    shorts, longs, NULL)) != -1) {
		row = row_of(c);
		if (early != is_early(row))
			continue;
		letter = o->qpopper && c < 256 && qpopper_letter(c) != NULL;
		if (row == NULL && !letter)
			return bad_option(o, c, argv[optind - 1]);
		r = letter && !early ? take_letter(o, c, optarg) :
		    take_option(o, row, optarg);
		if (r == -1)
			return -1;
	}
	return 0;
}

static int
parse_operand(struct options *o, int argc, char **argv)
{
	if (optind == argc)
		return 0;
	if (o->qpopper) {
		(void)snprintf(o->error, sizeof o->error, "%.100s: this server "
		    "has no address of its own, inetd or its like listens",
		    argv[optind]);
		return -1;
	}
	if (argc - optind > 1) {
		(void)span_copy(o->error, sizeof o->error,
		    span_of("more than one Maildir; see --help"));
		return -1;
	}
	if (o->mode == RUN_CHECK && geteuid() == 0 &&
	    strchr(argv[optind], '/') == NULL) {
		o->check_user = argv[optind];
		return 0;
	}
	o->server.maildir = argv[optind];
	o->server.maildir_is_path = true;
	return 0;
}

/*
 * For tests: the same answers on every machine and every day, nothing written
 * that is not asked for.
 */
static void
become_fixture(struct options *o)
{
	o->server.no_auth = true;
	o->server.maildir = o->fixture;
	o->server.maildir_is_path = true;
	o->server.pop3.drop.lock = false;
	o->server.pop3.drop.index = INDEX_OFF;
	o->server.pop3.drop.flat = true;
	if (o->server.pop3.host == NULL)
		o->server.pop3.host = "localhost";
}

/* It stands in the banner and in APOP's stamp: plain characters only. */
static void
find_host(struct options *o)
{
	char *p = o->host;

	if (o->server.pop3.host != NULL)
		(void)snprintf(o->host, sizeof o->host, "%s",
		    o->server.pop3.host);
	else if (gethostname(o->host, sizeof o->host - 1) == -1)
		o->host[0] = '\0';
	o->host[sizeof o->host - 1] = '\0';
	for (; *p != '\0'; p++)
		if (!ascii_graph(*p) || *p == '<' || *p == '>' || *p == '@')
			*p = '-';
	if (o->host[0] == '\0')
		(void)span_copy(o->host, sizeof o->host, span_of("localhost"));
	o->server.pop3.host = o->host;
}

static bool
wants_qpopper(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--qpopper") == 0)
			return true;
	return argc > 0 && qpopper_is_name(argv[0]);
}

/* systemd's LoadCredential=, where nothing else is named. */
static const char *
find_credential(struct options *o, const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int n;

	if (dir == NULL)
		return NULL;
	n = snprintf(path, sizeof path, "%s/%s", dir, name);
	return n > 0 && (size_t)n < sizeof path && is_there(path) ?
	    keep(o, path) : NULL;
}

static void
find_certificate(struct options *o)
{
	struct tls_conf *tls = &o->server.tls;

	if (tls->cert != NULL)
		return;
	if ((tls->cert = find_credential(o, "tls-cert")) != NULL &&
	    tls->key == NULL)
		tls->key = find_credential(o, "tls-key");
}

int
options_parse(struct options *o, int argc, char **argv)
{
	set_defaults(o);
	if (wants_qpopper(argc, argv))
		become_qpopper(o, argv[0]);
	if (parse_line(o, argc, argv, true) == -1 || read_config(o) == -1 ||
	    parse_line(o, argc, argv, false) == -1 ||
	    parse_operand(o, argc, argv) == -1)
		return -1;
	if (o->server.pam_service == NULL)
		o->server.pam_service = find_pam_service(o);
	o->server.no_pam = strcmp(o->server.pam_service, SERVER_NO_PAM) == 0;
	if (o->fixture != NULL)
		become_fixture(o);
	if (o->server.virtual_user != NULL)	/* their account's is none */
		o->server.access.check_shell = false;
	o->server.pop3.only_local = o->server.no_auth;
	find_host(o);
	find_certificate(o);
	return 0;
}

void
options_log(const struct options *o)
{
	char line[LOG_LINE_MAX] = "";
	const struct options_note *n;
	size_t len = 0;

	for (n = o->notes; n != NULL; n = n->next) {
		if (n->old == NULL)
			continue;
		if (n->old->fate == QPOPPER_REFUSED)
			log_line(LOG_WARN, "option %s is not done: %s",
			    n->name, n->old->why);
		else if (n->old->fate == QPOPPER_NO_EFFECT &&
		    len + strlen(n->name) + 2 < sizeof line)
			len += (size_t)snprintf(line + len, sizeof line - len,
			    " %s", n->name);
	}
	if (len > 0)
		log_line(LOG_CHAT, "options without effect:%s", line);
}
