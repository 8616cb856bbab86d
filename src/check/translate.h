/*
 * The settings, each as a line of the configuration file, with a remark where
 * an option of qpopper's has become something else.
 */
#ifndef CHECK_TRANSLATE_H
#define CHECK_TRANSLATE_H

#include "settings/options.h"

#include <stdio.h>

void translate(FILE *f, const struct options *o);

#endif
