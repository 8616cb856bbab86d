/*
 * What must be there besides a user's Maildir, by the settings.
 */
#ifndef SETTINGS_PLACE_H
#define SETTINGS_PLACE_H

#include "base/mounted.h"
#include "settings/server.h"
#include "users/user.h"

/*
 * For the Maildir at this path: the home of a system user whose Maildir is in
 * it, else the directory above; and mail-marker.  Looks at no file.  -1 with
 * errno when the marker's pattern has no place for the user.
 */
int place_find(struct mounted *m, const struct server_conf *conf,
    const struct user *user, const char *maildir);

/* Find, and check.  -1: the storage is not there, and the log says why. */
int place_check(const struct server_conf *conf, const struct user *user,
    const char *maildir);

#endif
