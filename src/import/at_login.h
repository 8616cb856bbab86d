/*
 * solopop-import as the server starts it: for one user, told by the server who
 * that is, with nobody to talk to.
 */
#ifndef IMPORT_AT_LOGIN_H
#define IMPORT_AT_LOGIN_H

/*
 * The command line of server/pending.c; about whom, the channel says.  Returns what the process exits with:
 * 0, or 1 when something was left where it was, as the log says.
 */
int at_login(int argc, char **argv);

#endif
