/*
 * The one status line that is not a conversation's: nothing can begin.
 */
#ifndef SERVER_REFUSE_H
#define SERVER_REFUSE_H

#include "pop3/pop3.h"

/* Say it, and wait for nothing. */
void refuse_client(int fd, const struct pop3_conf *conf, enum language language,
    enum reply reply);

#endif
