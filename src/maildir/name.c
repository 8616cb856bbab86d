#include "maildir/name.h"

#include "base/num.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INFO_VERSION "2,"
#define FMD5_DIGITS 32

static bool
is_letters(const char *s)
{
	while (ascii_lower(*s) >= 'a' && ascii_lower(*s) <= 'z')
		s++;
	return *s == '\0';
}

/*
 * The sign before "2," is ':', or ';' or '!' where the file system refuses a
 * colon.  Only flags follow the two others, because a name may hold them.
 */
static bool
begins_info(const char *s)
{
	if (*s == ':')
		return strncmp(s + 1, INFO_VERSION, strlen(INFO_VERSION)) == 0;
	return (*s == ';' || *s == '!') &&
	    strncmp(s + 1, INFO_VERSION, strlen(INFO_VERSION)) == 0 &&
	    is_letters(s + 1 + strlen(INFO_VERSION));
}

/* Info of another version, which is left alone: ":1,", for one. */
static const char *
find_other_info(const char *file)
{
	const char *s;

	for (s = file; (s = strchr(s, ':')) != NULL; s++)
		if (ascii_digit(s[1]) && s[2] == ',')
			return s;
	return NULL;
}

/* The info with its sign, or NULL. */
static const char *
find_info(const char *file)
{
	const char *s = file + strlen(file);

	while (s > file)
		if (begins_info(--s))
			return s;
	return find_other_info(file);
}

struct span
name_unique(const char *file)
{
	const char *info = find_info(file);

	return (struct span){ file, info != NULL ? (size_t)(info - file) :
	    strlen(file) };
}

static bool
is_hex(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!ascii_digit(s.p[i]) && (ascii_lower(s.p[i]) < 'a' ||
		    ascii_lower(s.p[i]) > 'f'))
			return false;
	return true;
}

/* What comes behind the letters that a field begins with, if it does. */
static bool
take_letters(struct span *field, const char *letters)
{
	size_t len = strlen(letters);

	if (field->len <= len || memcmp(field->p, letters, len) != 0)
		return false;
	field->p += len;
	field->len -= len;
	return true;
}

/*
 * Is it a field that programs add to a name after delivery?  Its first letter,
 * or 0.  S and W are sizes, U and FMD5 belong to mbsync and offlineimap.
 */
static char
read_field(struct span field, uint64_t *size)
{
	char letter = field.len > 0 ? field.p[0] : '\0';

	if (take_letters(&field, "FMD5="))
		return field.len == FMD5_DIGITS && is_hex(field) ? letter : 0;
	if (take_letters(&field, "S=") || take_letters(&field, "W=") ||
	    take_letters(&field, "U="))
		return num_u64(field, UINT64_MAX, size) == 0 ? letter : 0;
	return 0;
}

/* Take the last field off a name, which keeps something before it. */
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
name_split(struct span unique, struct name_sizes *sizes)
{
	uint64_t size = 0, *field;
	bool once = true;
	char letter;

	*sizes = (struct name_sizes){ NAME_SILENT, NAME_SILENT };
	while ((letter = take_field(&unique, &size)) != 0) {
		if (letter != 'S' && letter != 'W')
			continue;
		field = letter == 'S' ? &sizes->raw : &sizes->octets;
		once = once && *field == NAME_SILENT;
		*field = size;
	}
	if (!once || sizes->raw > sizes->octets ||
	    sizes->octets - sizes->raw > sizes->raw)
		sizes->octets = NAME_SILENT;
	if (!once)
		sizes->raw = NAME_SILENT;
	return unique;
}

struct span
name_bare(struct span unique)
{
	struct name_sizes sizes;

	return name_split(unique, &sizes);
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
	const char *info = find_info(file);

	return info != NULL && begins_info(info) ?
	    info + 1 + strlen(INFO_VERSION) : NULL;
}

bool
name_has_info(const char *file)
{
	return find_info(file) != NULL;
}

bool
name_has_flag(const char *file, char flag)
{
	const char *flags = flags_of(file);

	return flags != NULL && strchr(flags, flag) != NULL;
}

int
name_add_flag(char *dst, size_t cap, const char *file, char flag, char sign)
{
	struct span unique = name_unique(file);
	const char *flags = flags_of(file);
	size_t before = 0;
	int n;

	if (flags == NULL && file[unique.len] != '\0') {
		errno = EINVAL;
		return -1;
	}
	if (flags != NULL)
		sign = file[unique.len];
	else
		flags = "";
	while (flags[before] != '\0' && flags[before] < flag)
		before++;
	n = snprintf(dst, cap, "%.*s%c" INFO_VERSION "%.*s%c%s", (int)unique.len,
	    file, sign, (int)before, flags, flag,
	    flags + before + (flags[before] == flag));
	if (n >= 0 && (size_t)n < cap)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}
