#include "settings/place.h"

#include <string.h>

static bool
is_in_home(const struct server_conf *conf)
{
	const char *pattern = conf->maildir;

	return conf->virtual_user == NULL && !conf->maildir_is_path &&
	    (pattern == NULL || pattern[0] == '~' ||
	    strstr(pattern, "%h") != NULL);
}

int
place_find(struct mounted *m, const struct server_conf *conf,
    const struct user *user, const char *maildir)
{
	*m = (struct mounted){ .owned = false };
	if (conf->mail_marker != NULL &&
	    user_maildir(m->marker, conf->mail_marker, user) == -1)
		return -1;
	if (!is_in_home(conf)) {
		mounted_parent(m->above, maildir);
		return 0;
	}
	m->owned = true;
	m->owner = user->uid;
	return span_copy(m->above, sizeof m->above, span_of(user->home));
}

int
place_check(const struct server_conf *conf, const struct user *user,
    const char *maildir)
{
	struct mounted m;

	return place_find(&m, conf, user, maildir) == -1 ? -1 :
	    mounted_require(&m, maildir, user->name);
}
