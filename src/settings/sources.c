#include "settings/sources.h"

#include <stdio.h>
#include <string.h>

/* The pattern of a temporary drop's name, with the user for %s. */
static int
temp_name(char name[NAME_MAX + 1], const char *pattern, const char *user)
{
	const char *at = strstr(pattern, "%s");
	int n;

	n = at == NULL ? snprintf(name, NAME_MAX + 1, "%s", pattern) :
	    snprintf(name, NAME_MAX + 1, "%.*s%s%s", (int)(at - pattern),
	    pattern, user, at + 2);
	return n > 0 && n <= NAME_MAX && strchr(name, '/') == NULL ? 0 : -1;
}

/* Beside the spool, unless the site has put it elsewhere. */
static int
find_temp_drop(struct waiting *s, const struct intake_conf *conf,
    const char *user)
{
	char name[NAME_MAX + 1];
	const char *slash;
	int n;

	if (temp_name(name, conf->temp_name, user) == -1)
		return -1;
	if (conf->temp_dir != NULL)
		n = snprintf(s->temp_drop, PATH_MAX, "%s/%s", conf->temp_dir,
		    name);
	else if ((slash = strrchr(s->spool, '/')) != NULL)
		n = snprintf(s->temp_drop, PATH_MAX, "%.*s/%s",
		    (int)(slash - s->spool), s->spool, name);
	else
		return -1;
	return n > 0 && n < PATH_MAX ? 0 : -1;
}

/* A directory that cannot be named is not there either. */
static void
name_directory(char to[PATH_MAX], const char *from)
{
	if (from != NULL)
		(void)span_copy(to, PATH_MAX, span_of(from));
}

void
sources_find(struct waiting *s, const struct intake_conf *conf,
    const struct user *user)
{
	int r = -1;

	memset(s, 0, sizeof *s);
	if (conf->home_mail != NULL)
		r = user_spool(s->spool, user->home, 0, conf->home_mail);
	else if (conf->spool_dir != NULL)
		r = user_spool(s->spool, conf->spool_dir, conf->hash_spool,
		    user->name);
	if (conf->home_mail == NULL)
		name_directory(s->named[0], conf->spool_dir);
	name_directory(s->named[1], conf->temp_dir);
	if (r == -1) {
		s->spool[0] = '\0';
		return;
	}
	if (find_temp_drop(s, conf, user->name) == -1)
		s->temp_drop[0] = '\0';
}
