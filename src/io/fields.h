/*
 * A struct on its way to another program of ours: a table says which members
 * travel.  They go in one message, or in several when one is not enough, and
 * each message is read to its end or nothing of it counts.
 */
#ifndef IO_FIELDS_H
#define IO_FIELDS_H

#include "io/channel.h"

enum field_kind {
	FIELD_BOOL,
	FIELD_U32,		/* and enums, uid_t and the like */
	FIELD_U64,
	FIELD_TEXT,		/* const char *, NULL or allocated here */
	FIELD_CHARS		/* a string in an array */
};

struct field {
	enum field_kind kind;
	size_t at;		/* offset of the member */
	uint64_t most;		/* the largest number, or the array's size */
};

/* A row for the member of a struct. */
#define FIELD(kind, type, member, most) { kind, offsetof(type, member), most }
#define FIELD_OF_BOOL(type, member) FIELD(FIELD_BOOL, type, member, 1)
#define FIELD_OF_U32(type, member) FIELD(FIELD_U32, type, member, UINT32_MAX)
#define FIELD_OF_ENUM(type, member, count) \
	FIELD(FIELD_U32, type, member, (count) - 1)
#define FIELD_OF_U64(type, member) FIELD(FIELD_U64, type, member, UINT64_MAX)
#define FIELD_OF_TEXT(type, member) FIELD(FIELD_TEXT, type, member, 0)
#define FIELD_OF_CHARS(type, member) \
	FIELD(FIELD_CHARS, type, member, sizeof ((type *)0)->member)

struct fields {
	unsigned char kind;	/* of the messages */
	size_t n;
	const struct field *at;
};

#define FIELDS(kind, table) { kind, sizeof (table) / sizeof (table)[0], table }

/* -1 with EBADMSG for a text that no message holds, or as channel_send(). */
int fields_send(int fd, const struct fields *f, const void *object);

/*
 * Fill the object.  -1 with EBADMSG when what comes is of another table or out
 * of bounds, ENOMEM, or as channel_receive(); the object may be in part filled
 * then.  Texts are the caller's; a process of one session leaves them to exit.
 */
int fields_receive(int fd, const struct fields *f, void *object);

#endif
