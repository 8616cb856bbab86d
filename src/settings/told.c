#include "settings/told.h"

#define U32(member) FIELD_OF_U32(struct told, member)
#define CHARS(member) FIELD_OF_CHARS(struct told, member)

static const struct field fields[] = {
	U32(monitor),
	FIELD_OF_BOOL(struct told, logs),
	CHARS(session),
	U32(uid),
	U32(gid),
	CHARS(name),
	CHARS(home),
	CHARS(maildir),
};

const struct fields told_fields = FIELDS(CHANNEL_INTAKE, fields);
