/*
 * solopop-passwd: who manages the secrets file with it needs no editor, and no
 * secret stands where others see it.
 */
#include "base/fd.h"
#include "base/signals.h"
#include "passwd/settings.h"
#include "confine/sandbox.h"

#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

/* A limit on the size of files is to be an error, and not our end. */
static void
set_signals(void)
{
	sigset_t none;

	signals_ignore(SIGXFSZ);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static enum status
run(int argc, char **argv)
{
	enum status status = STATUS_DONE;
	struct request r;
	char error[256];

	if (settings_parse(&r, argc, argv, error, sizeof error) == -1) {
		(void)fprintf(stderr, "%s: %s\n", r.program, error);
		return STATUS_TROUBLE;
	}
	if (r.run != NULL)
		status = r.run(&r);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		(void)fprintf(stderr, "%s: standard output: %s\n", r.program,
		    strerror(errno));
		return STATUS_TROUBLE;
	}
	return status;
}

int
main(int argc, char **argv)
{
	set_signals();
	(void)umask(077);
	if (fd_open_standard() == -1 || sandbox_no_core() == -1) {
		(void)fprintf(stderr, "solopop-passwd: %s\n", strerror(errno));
		return STATUS_TROUBLE;
	}
	return (int)run(argc, argv);
}
