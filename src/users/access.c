#include "users/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In /etc/shells: whatever the shell is, it will do (wu-ftpd began that). */
#define ANY_SHELL "/POPPER/ANY/SHELL/"

/* Longer lines cannot match a user name and are skipped. */
#define NAME_LINE_MAX 512

/* Cut the line end off.  False: the line is longer than this. */
static bool
trim(char line[NAME_LINE_MAX])
{
	size_t len = strcspn(line, "\n");
	bool whole = line[len] == '\n' || len + 1 < NAME_LINE_MAX;

	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return whole;
}

int
access_lists(const char *path, const char *name)
{
	char line[NAME_LINE_MAX];
	bool begins = true, whole;
	int found = 0;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (found == 0 && fgets(line, sizeof line, f) != NULL) {
		whole = trim(line);
		if (begins && whole && strcmp(line, name) == 0)
			found = 1;
		begins = whole;
	}
	if (found == 0 && ferror(f))
		found = -1;
	(void)fclose(f);
	return found;
}

static bool
has_shell(const char *shell)
{
	const char *allowed;
	bool has = false;

	setusershell();
	while (!has && (allowed = getusershell()) != NULL)
		has = strcmp(allowed, shell) == 0 ||
		    strcmp(allowed, ANY_SHELL) == 0;
	endusershell();
	return has;
}

/*
 * As with qpopper a list that is not there lists nobody, and allows everybody.
 * One that is there and cannot be read allows nobody.
 */
const char *
access_refusal(const struct access_conf *conf, const struct user *user,
    bool *trouble)
{
	int listed;

	*trouble = false;
	if (conf->nonauth_file != NULL) {
		listed = access_lists(conf->nonauth_file, user->name);
		*trouble = listed == -1 && errno != ENOENT;
		if (listed == 1 || *trouble)
			return conf->nonauth_file;
	}
	if (conf->auth_file != NULL) {
		listed = access_lists(conf->auth_file, user->name);
		*trouble = listed == -1 && errno != ENOENT;
		if (listed == 0 || *trouble)
			return conf->auth_file;
	}
	return conf->check_shell && !has_shell(user->shell) ? ACCESS_SHELLS :
	    NULL;
}
