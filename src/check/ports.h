/*
 * The programs that listen at the ports of POP3.
 */
#ifndef CHECK_PORTS_H
#define CHECK_PORTS_H

#include "check/report.h"

/*
 * Report which program holds port 110 and port 995.  A program that is neither
 * a superserver nor a proxy is a problem.  Linux only; silent elsewhere.
 */
void ports_check(struct report *r);

#endif
