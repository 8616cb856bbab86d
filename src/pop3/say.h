/*
 * What the client hears: one status line for each command, and lists.
 */
#ifndef POP3_SAY_H
#define POP3_SAY_H

#include "pop3/pop3.h"

/* Say it, once a command; logs what is not +OK.  Returns STEP_NEXT. */
enum pop3_step say_with(struct pop3 *p, enum reply reply,
    const struct reply_values *values);

/* The same without values but those of the conversation. */
enum pop3_step say(struct pop3 *p, enum reply reply);

/* The same about a foreign word. */
enum pop3_step say_word(struct pop3 *p, enum reply reply, struct span word);

/* A command nobody should have sent: answer, and count it before login. */
enum pop3_step say_bad(struct pop3 *p, enum reply reply, struct span word);

/* A line of a multi-line response; say_end() ends it. */
void say_line(struct pop3 *p, const char *text, size_t len);
void say_end(struct pop3 *p);

#endif
