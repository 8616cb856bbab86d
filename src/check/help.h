/*
 * --help, in GNU's manner.
 */
#ifndef CHECK_HELP_H
#define CHECK_HELP_H

#include <stdio.h>

void help_print(FILE *f);

#endif
