/*
 * SHA-256 by one set of names.  libmd and OpenBSD have SHA256Init, FreeBSD and
 * NetBSD have SHA256_Init, in one header or the other.
 */
#ifndef COMPAT_SHA256_H
#define COMPAT_SHA256_H

#include "compat/compat.h"

#include <sys/types.h>

#ifdef WITH_SHA256_H
#include <sha256.h>
#else
#include <sha2.h>
#endif

#ifdef WITH_SHA256INIT
#define SHA256_CTX SHA2_CTX
#define SHA256_Init SHA256Init
#define SHA256_Update SHA256Update
#define SHA256_Final SHA256Final
#endif

#endif
