/*
 * Calls that only some have: the elder ones that newer processors do without,
 * the newer ones that older headers do not know, and those that a compiler's
 * sanitizers make on their own behalf.
 */
#ifndef CONFINE_SECCOMP_CALLS_H
#define CONFINE_SECCOMP_CALLS_H

#include "compat/compat.h"

#include <sys/syscall.h>

#ifndef SYS_open
#define SYS_open (-1)
#endif
#ifndef SYS_poll
#define SYS_poll (-1)
#endif
#ifndef SYS_select
#define SYS_select (-1)
#endif
#ifndef SYS_time
#define SYS_time (-1)
#endif
#ifndef SYS_getrlimit
#define SYS_getrlimit (-1)
#endif
#ifndef SYS_readlink
#define SYS_readlink (-1)
#endif

/* A sanitizer looks around before it tells what it has found. */
#ifdef WITH_SANITIZERS
#define SANITIZER_CALLS \
	{ SYS_openat, EVERY, FREELY }, { SYS_readlink, EVERY, FREELY }, \
	{ SYS_mmap, EVERY, FREELY }, { SYS_mprotect, EVERY, FREELY }, \
	{ SYS_getrlimit, EVERY, FREELY }, { SYS_prctl, EVERY, FREELY }, \
	{ SYS_sigaltstack, EVERY, FREELY }, { SYS_tgkill, EVERY, FREELY }, \
	{ SYS_newfstatat, EVERY, FREELY }, { SYS_lseek, EVERY, FREELY },
#define SANITIZED true
#else
#define SANITIZER_CALLS
#define SANITIZED false
#endif

#endif
