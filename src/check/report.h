/*
 * The text that --check prints: a line for each fact, and below a fact that is
 * wrong an arrow with the cure.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdio.h>

struct report {
	FILE *f;
	unsigned problems;
};

/* A fact about a topic; "" continues the topic of the line before. */
void report_say(struct report *r, const char *topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The cure for what the line before said.  Counts one problem. */
void report_fix(struct report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
