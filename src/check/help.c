#include "check/help.h"

#include "settings/options.h"

#include <string.h>

static const struct row {
	const char *name;		/* or a title */
	int letter;			/* short option, or 0 */
	const char *argument;		/* NULL: it takes none */
	const char *help;		/* NULL for a title */
} rows[] = {
#define GROUP(title) { title, 0, NULL, NULL },
#define ROW(name, letter, kind, at, min, max, choices, argument, help) \
	{ name, letter, argument, help },
#include "settings/options_rows.h"
#undef GROUP
#undef ROW
};

static void
help_row(FILE *f, const struct row *row)
{
	char left[64], letter[8] = "    ";

	if (row->letter != 0)
		(void)snprintf(letter, sizeof letter, "-%c, ", row->letter);
	(void)snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name,
	    row->argument != NULL ? "=" : "",
	    row->argument != NULL ? row->argument : "");
	if (strlen(left) > 30)
		(void)fprintf(f, "  %s\n  %30s  %s\n", left, "", row->help);
	else
		(void)fprintf(f, "  %-30s  %s\n", left, row->help);
}

void
help_print(FILE *f)
{
	size_t i;

	(void)fputs("Usage: solopop [OPTION]... [MAILDIR]\n"
	    "Speak POP3 on standard input and output, for one session.\n"
	    "\n"
	    "Started as root by a superserver it serves everybody whom PAM "
	    "lets in; started\nby hand it serves you.  Every long option is a "
	    "key of the configuration file,\ntoo: set NAME = VALUE.\n", f);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].help == NULL)
			(void)fprintf(f, "\n%s\n", rows[i].name);
		else
			help_row(f, &rows[i]);
}
