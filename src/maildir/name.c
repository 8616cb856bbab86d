#include "maildir/name.h"

#include "base/num.h"

#include <errno.h>
#include <string.h>

#define INFO ":2,"

struct span
name_unique(const char *file)
{
	return (struct span){ file, strcspn(file, ":") };
}

/* Is this "S=digits" or "W=digits"? */
static bool
is_size_field(struct span field)
{
	uint64_t size;

	if (field.len < 3 || (field.p[0] != 'S' && field.p[0] != 'W') ||
	    field.p[1] != '=')
		return false;
	field.p += 2;
	field.len -= 2;
	return num_u64(field, UINT64_MAX, &size) == 0;
}

struct span
name_bare(struct span unique)
{
	struct span bare = unique, field;
	size_t comma;

	for (;;) {
		for (comma = bare.len; comma > 0; comma--)
			if (bare.p[comma - 1] == ',')
				break;
		if (comma <= 1)
			return bare;
		field = (struct span){ bare.p + comma, bare.len - comma };
		if (!is_size_field(field))
			return bare;
		bare.len = comma - 1;
	}
}

bool
name_is_uidl(struct span s)
{
	return s.len >= 1 && s.len <= NAME_UIDL_MAX && span_is_graph(s);
}

uint64_t
name_time(struct span unique)
{
	struct span digits = { unique.p, 0 };
	uint64_t when;

	while (digits.len < unique.len && ascii_digit(unique.p[digits.len]))
		digits.len++;
	return num_u64(digits, UINT64_MAX, &when) == 0 ? when : 0;
}

static const char *
flags_of(const char *file)
{
	const char *info = strchr(file, ':');

	if (info == NULL || strncmp(info, INFO, strlen(INFO)) != 0)
		return NULL;
	return info + strlen(INFO);
}

bool
name_has_flag(const char *file, char flag)
{
	const char *flags = flags_of(file);

	return flags != NULL && strchr(flags, flag) != NULL;
}

int
name_add_flag(char *dst, size_t cap, const char *file, char flag)
{
	struct span unique = name_unique(file);
	const char *flags = flags_of(file);
	size_t before = 0, len;

	if (flags == NULL && file[unique.len] != '\0') {
		errno = EINVAL;
		return -1;
	}
	if (flags == NULL)
		flags = "";
	len = unique.len + strlen(INFO) + strlen(flags) + 1;
	if (len >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	while (flags[before] != '\0' && flags[before] < flag)
		before++;
	memcpy(dst, file, unique.len);
	dst += unique.len;
	memcpy(dst, INFO, strlen(INFO));
	dst += strlen(INFO);
	memcpy(dst, flags, before);
	dst += before;
	if (flags[before] != flag)
		*dst++ = flag;
	memcpy(dst, flags + before, strlen(flags + before) + 1);
	return 0;
}
