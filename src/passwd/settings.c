#include "passwd/settings.h"

#include "auth/secrets.h"
#include "base/num.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

static const struct {
	const char *name, *argument;	/* NULL: takes none */
	enum status (*run)(const struct request *);
	const char *help;
} commands[] = {
	{ "add", "USER", command_add, "give a user a secret, or another one" },
	{ "delete", "USER", command_delete, "take it away" },
	{ "list", NULL, command_list, "who has one, and for what" },
	{ "verify", "USER", command_verify, "is this the secret?" },
	{ "upgrade", "USER", command_upgrade,
	    "keep only what SCRAM-SHA-256 needs: ends APOP and CRAM-MD5" },
	{ "scram", "USER", command_upgrade, "the same" },
	{ "import", "FILE", command_import,
	    "take qpopper's pop.auth, or lines of user:secret" },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

enum { OPT_FILE = 'f', OPT_ITERATIONS = 'i', OPT_HELP = 'h',
    OPT_VERSION = 'V', OPT_OVERWRITE = 256, OPT_PLAIN, OPT_SCRAM };

static const struct option options[] = {
	{ "file", required_argument, NULL, OPT_FILE },
	{ "iterations", required_argument, NULL, OPT_ITERATIONS },
	{ "overwrite", no_argument, NULL, OPT_OVERWRITE },
	{ "plain", no_argument, NULL, OPT_PLAIN },
	{ "scram", no_argument, NULL, OPT_SCRAM },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int fail(char *, size_t, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(char *error, size_t cap, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, cap, format, ap);
	va_end(ap);
	errno = EINVAL;
	return -1;
}

static void
version(void)
{
	(void)puts("solopop-passwd (" PACKAGE_NAME ") " PACKAGE_VERSION);
}

static void
help(void)
{
	char left[32];
	size_t i;

	(void)puts("Usage: solopop-passwd [OPTION]... COMMAND\n"
	    "Manage the secrets for APOP, CRAM-MD5 and SCRAM-SHA-256.\n\n"
	    "Commands:");
	for (i = 0; i < COMMANDS; i++) {
		(void)snprintf(left, sizeof left, "%s %s", commands[i].name,
		    commands[i].argument != NULL ? commands[i].argument : "");
		(void)printf("  %-22s  %s\n", left, commands[i].help);
	}
	(void)printf("\nOptions:\n"
	    "  -f, --file=FILE         the secrets [" SETTINGS_FILE "]\n"
	    "  -i, --iterations=COUNT  work that SCRAM makes of a guess [%d]\n"
	    "      --overwrite         import: take what is there already, too\n"
	    "      --plain             add: for APOP, even if it was SCRAM\n"
	    "      --scram             add: for SCRAM-SHA-256 only\n"
	    "  -h, --help              this text\n"
	    "  -V, --version           name and version\n\n"
	    "Secrets are asked for on the terminal, or read from a pipe, a "
	    "line each.\nCalled as popauth it takes popauth's options.\n",
	    SECRETS_ITERATIONS);
}

static int
set_iterations(struct request *r, const char *text, char *error, size_t cap)
{
	if (num_u32(span_of(text), SECRETS_ITERATIONS_MAX,
	    &r->iterations) == -1 || r->iterations < SECRETS_ITERATIONS_MIN)
		return fail(error, cap, "--iterations takes %d to %d",
		    SECRETS_ITERATIONS_MIN, SECRETS_ITERATIONS_MAX);
	return 0;
}

/* 1: something was said, and nothing is to be done. */
static int
set_option(struct request *r, int option, char *error, size_t cap)
{
	switch (option) {
	case OPT_FILE:
		r->file = optarg;
		return 0;
	case OPT_ITERATIONS:
		return set_iterations(r, optarg, error, cap);
	case OPT_OVERWRITE:
		r->overwrite = true;
		return 0;
	case OPT_PLAIN:
		r->plain = true;
		return 0;
	case OPT_SCRAM:
		r->scram = true;
		return 0;
	case OPT_HELP:
		help();
		return 1;
	case OPT_VERSION:
		version();
		return 1;
	default:
		return fail(error, cap, "no such option, or its argument is "
		    "missing; see --help");
	}
}

static int
set_command(struct request *r, int argc, char **argv, char *error, size_t cap)
{
	size_t i;
	int want;

	if (argc == 0)
		return fail(error, cap, "missing command; see --help");
	for (i = 0; i < COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			break;
	if (i == COMMANDS)
		return fail(error, cap, "no command %.60s; see --help",
		    argv[0]);
	want = commands[i].argument != NULL ? 2 : 1;
	/* A secret must not stand where ps(1) shows it. */
	if (argc > want && want == 2)
		return fail(error, cap, "one %s only, and no secret here",
		    commands[i].argument);
	if (argc != want)
		return fail(error, cap, want == 2 ? "%s wants a %s" :
		    "%s wants no argument%s", argv[0],
		    want == 2 ? commands[i].argument : "");
	if (r->plain && r->scram)
		return fail(error, cap, "--plain or --scram, not both");
	r->user = argv[1];
	r->run = commands[i].run;
	return 0;
}

static int
parse_gnu(struct request *r, int argc, char **argv, char *error, size_t cap)
{
	int option, set;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "f:i:hV", options,
	    NULL)) != -1)
		if ((set = set_option(r, option, error, cap)) != 0)
			return set == 1 ? 0 : -1;
	return set_command(r, argc - optind, argv + optind, error, cap);
}

/* --- popauth ---------------------------------------------------------------- */

enum want { WANT_NONE, WANT_USER, WANT_WHOM, WANT_ARGUMENT };

static const struct {
	const char *word;
	enum want want;
	enum status (*run)(const struct request *);
	const char *note;		/* of what is accepted, and no more */
} words[] = {
	{ "-init", WANT_NONE, command_init, NULL },
	{ "-list", WANT_WHOM, command_list, NULL },
	{ "-delete", WANT_USER, command_delete, NULL },
	{ "-user", WANT_USER, command_add, NULL },
	{ "-dump", WANT_NONE, NULL, "use -list" },
	{ "-quiet", WANT_NONE, NULL, "little is said anyway" },
	{ "-safe", WANT_NONE, NULL, "every change is safe" },
	{ "-trace", WANT_ARGUMENT, NULL, "no trace is written" },
};

#define WORDS (sizeof words / sizeof words[0])

static void
popauth_help(const struct request *r)
{
	(void)printf("Usage: %s [-init | -list [USER | ALL] | -user USER | "
	    "-delete USER] [--file FILE]\n"
	    "Manage secrets as qpopper's popauth did; without an option, "
	    "one's own.\nThe program is solopop-passwd: see there, and use it "
	    "under that name.\n", r->program);
}

/* "-list", "-list jane", "-list -user jane" and "-list ALL". */
static int
set_whom(struct request *r, char **argv, int left)
{
	int at = 0;

	if (left > 1 && strcmp(argv[0], "-user") == 0)
		at = 1;
	if (left <= at || argv[at][0] == '-')
		return 0;
	if (strcmp(argv[at], "ALL") != 0)
		r->user = argv[at];
	return at + 1;
}

/* How many arguments the word took; -1 with error. */
static int
set_word(struct request *r, size_t i, char **argv, int left, char *error,
    size_t cap)
{
	if (words[i].want >= WANT_USER && words[i].want != WANT_WHOM &&
	    left == 0)
		return fail(error, cap, "%s wants an argument", words[i].word);
	if (words[i].note != NULL) {
		(void)fprintf(stderr, "%s: %s has no effect: %s\n", r->program,
		    words[i].word, words[i].note);
		return words[i].want == WANT_ARGUMENT;
	}
	if (r->run != command_own)
		return fail(error, cap, "one thing at a time");
	r->run = words[i].run;
	if (words[i].want == WANT_WHOM)
		return set_whom(r, argv, left);
	if (words[i].want == WANT_NONE)
		return 0;
	r->user = argv[0];
	return 1;
}

static int
parse_popauth(struct request *r, int argc, char **argv, char *error, size_t cap)
{
	int at, took;
	size_t i;

	r->run = command_own;
	for (at = 1; at < argc; at += took) {
		for (i = 0; i < WORDS; i++)
			if (strcmp(argv[at], words[i].word) == 0)
				break;
		if (strcmp(argv[at], "-help") == 0 ||
		    strcmp(argv[at], "-version") == 0) {
			if (argv[at][1] == 'h')
				popauth_help(r);
			else
				version();
			r->run = NULL;
			return 0;
		}
		if (strcmp(argv[at], "--file") == 0 && at + 1 < argc) {
			r->file = argv[at + 1];
			took = 2;
			continue;
		}
		if (i == WORDS)
			return fail(error, cap, "unknown: %.60s; see -help",
			    argv[at]);
		took = set_word(r, i, argv + at + 1, argc - at - 1, error,
		    cap);
		if (took++ == -1)
			return -1;
	}
	return 0;
}

int
settings_parse(struct request *r, int argc, char **argv, char *error,
    size_t cap)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	memset(r, 0, sizeof *r);
	r->file = SETTINGS_FILE;
	r->iterations = SECRETS_ITERATIONS;
	r->program = "solopop-passwd";
	if (argc > 0)
		r->program = slash != NULL ? slash + 1 : argv[0];
	r->popauth = strcmp(r->program, "popauth") == 0 ||
	    strcmp(r->program, "qpopauth") == 0;
	return (r->popauth ? parse_popauth : parse_gnu)(r, argc, argv, error,
	    cap);
}
