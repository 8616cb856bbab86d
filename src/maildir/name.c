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

/* Is this "S=digits" or "W=digits"?  Its letter, or 0. */
static char
read_field(struct span field, uint64_t *size)
{
	char letter;

	if (field.len < 3 || (field.p[0] != 'S' && field.p[0] != 'W') ||
	    field.p[1] != '=')
		return 0;
	letter = field.p[0];
	field.p += 2;
	field.len -= 2;
	return num_u64(field, UINT64_MAX, size) == 0 ? letter : 0;
}

/* Take the last size field off a name, which keeps something before it. */
static char
take_field(struct span *name, uint64_t *size)
{
	struct span field;
	size_t comma;
	char letter;

	for (comma = name->len; comma > 0; comma--)
		if (name->p[comma - 1] == ',')
			break;
	if (comma <= 1)
		return 0;
	field = (struct span){ name->p + comma, name->len - comma };
	if ((letter = read_field(field, size)) != 0)
		name->len = comma - 1;
	return letter;
}

struct span
name_split(struct span unique, uint64_t *octets)
{
	uint64_t size, raw = NAME_SILENT, wire = NAME_SILENT, *field;
	bool once = true;
	char letter;

	while ((letter = take_field(&unique, &size)) != 0) {
		field = letter == 'S' ? &raw : &wire;
		once = once && *field == NAME_SILENT;
		*field = size;
	}
	*octets = once && raw <= wire && wire - raw <= raw ? wire :
	    NAME_SILENT;
	return unique;
}

struct span
name_bare(struct span unique)
{
	uint64_t octets;

	return name_split(unique, &octets);
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
