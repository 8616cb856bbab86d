/*
 * solopop-check: --check and --help of solopop(8), which starts it with the same
 * command line.  It explains; no session needs it.
 */
#include "check/check.h"
#include "check/demo.h"
#include "check/help.h"

#include "base/fd.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static int
run(const struct options *o)
{
	struct peer peer;
	int r = 0;

	peer_find(&peer, STDIN_FILENO);
	if (o->mode == RUN_DEMO)
		return demo_run();
	if (o->mode == RUN_HELP)
		help_print(stdout);
	else
		r = check_run(stdout, o, &peer) != 0;
	return r == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = EX_USAGE;

	if (fd_open_standard() == -1)
		return EX_OSERR;
	if (options_parse(&o, argc, argv) == -1)
		(void)fprintf(stderr, "solopop: %s\n", o.error);
	else {
		(void)log_open(o.ident, o.log_facility, o.log, true);
		status = run(&o);
	}
	options_free(&o);
	return status;
}
