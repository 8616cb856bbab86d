/*
 * The monitor's capabilities: root without what a login never needs.
 */
#ifndef CONFINE_CAPS_H
#define CONFINE_CAPS_H

/*
 * Give up, for good, what neither we nor a PAM module has a use for, and keep
 * programs that PAM starts from the worst of it.  -1 with errno.
 */
int caps_drop(void);

#endif
