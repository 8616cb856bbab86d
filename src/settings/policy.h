/*
 * What the settings come to, where they are of no use together.
 */
#ifndef SETTINGS_POLICY_H
#define SETTINGS_POLICY_H

#include "settings/options.h"

/*
 * Why no session may begin here at all, in words with the cure; NULL when it
 * may.  *reply is what a client on the network is told.
 */
const char *policy_refusal(const struct options *o, const struct peer *peer,
    enum reply *reply);

/*
 * Does clear-text-password leave a way to log in?  NULL, or what is missing: a
 * warning, for nobody is refused because of it.  tls and secrets say whether
 * these would work.
 */
const char *policy_warning(const struct server_conf *conf, bool tls,
    bool secrets);

#endif
