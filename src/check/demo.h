/*
 * --demo: a session over sample mail, for a person at a terminal.
 */
#ifndef CHECK_DEMO_H
#define CHECK_DEMO_H

/*
 * Make a Maildir with a few messages, serve one session over it by a process of
 * its own, and remove it.  Root does so as nobody, because by hand solopop does
 * not serve root.  Returns the exit status.
 */
int demo_run(void);

#endif
