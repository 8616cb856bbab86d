/*
 * The file names of maildir(5): what they say of delivery time, identity and
 * flags.  Pure, and safe for any name a directory can hold.
 *
 *	1700000000.M12P34.host,S=4321,W=4400:2,FS
 *	|---- bare -----------|            |
 *	|------------- unique -------------| info
 */
#ifndef MAILDIR_NAME_H
#define MAILDIR_NAME_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The info is what the last ':', ';' or '!' with "2," behind it begins: programs
 * write ';' or '!' where the file system refuses a colon.
 */

/* The name up to its info: what stays when flags change. */
struct span name_unique(const char *file);

bool name_has_info(const char *file);

/*
 * The unique name without the fields at its end that programs add and change
 * after delivery (,S= ,W= ,U= and ,FMD5=), and the sizes that they tell: raw is
 * S, the bytes of the file; octets is W, with a CR counted for each LF.  A size
 * that is not there, not there once, or does not fit the other is NAME_SILENT;
 * octets without raw as well.  A name says so; the file may differ.
 */
#define NAME_SILENT UINT64_MAX
struct name_sizes {
	uint64_t raw, octets;
};
struct span name_split(struct span unique, struct name_sizes *sizes);

struct span name_bare(struct span unique);

/*
 * Is it a unique-id by RFC 1939: 1 to 70 characters of 0x21-0x7E?
 */
#define NAME_UIDL_MAX 70
bool name_is_uidl(struct span s);

/* Seconds since 1970 at the name's beginning; 0 if there are none. */
uint64_t name_time(struct span unique);

/* Does the info (":2,...") have this flag? */
bool name_has_flag(const char *file, char flag);

/*
 * The name with the flag added, the flags in ASCII order, as maildir(5) asks.
 * An info keeps its sign; one that is made gets this.  -1 with ENAMETOOLONG
 * when cap is too small, EINVAL when the info is of a kind that we do not know
 * and must leave alone.
 */
int name_add_flag(char *dst, size_t cap, const char *file, char flag,
    char sign);

#endif
