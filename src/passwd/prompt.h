/*
 * Questions: on the terminal, without an echo where that matters, or, where
 * standard input is none, of a line from there.
 */
#ifndef PASSWD_PROMPT_H
#define PASSWD_PROMPT_H

#include "base/secret.h"

/*
 * Ask for a secret, and on a terminal a second time with the words of again,
 * unless that is NULL.  From a pipe one line is read and not a byte more.  NULL
 * when there is one, else what went wrong, in words.  A signal that ends the
 * program finds the terminal as it was; after one that stopped it the question
 * is put once more.
 */
const char *prompt_secret(struct secret *secret, const char *question,
    const char *again);

/* Yes, or anything else? */
bool prompt_yes(const char *question);

#endif
