/*
 * Where a user's mail may wait outside the Maildir, by the settings.
 */
#ifndef SETTINGS_SOURCES_H
#define SETTINGS_SOURCES_H

#include "maildir/waiting.h"
#include "settings/server.h"
#include "users/user.h"

/* Looks at no file. */
void sources_find(struct waiting *w, const struct intake_conf *conf,
    const struct user *user);

#endif
