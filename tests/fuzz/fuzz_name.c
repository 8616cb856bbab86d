/*
 * File names, which in a Maildir can be anything: their parts, their flags and
 * the unique-id made of them.
 */
#include "fuzz.h"
#include "maildir/name.h"
#include "maildir/uidl.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static void
check_parts(const char *file)
{
	struct span unique = name_unique(file), bare = name_bare(unique);
	struct span again;

	CHECK(unique.p == file && unique.len <= strlen(file));
	CHECK(name_has_info(file) == (unique.len < strlen(file)));
	CHECK(strchr(":;!", file[unique.len]) != NULL);
	CHECK(bare.p == file && bare.len <= unique.len);
	CHECK(bare.len > 0 || unique.len == 0);
	again = name_bare(bare);
	CHECK(again.len == bare.len);
	CHECK(name_time(bare) == name_time(unique));
}

static void
check_uidl(const char *file)
{
	char uidl[UIDL_MAX], other[UIDL_MAX];
	struct mail m = mail_of(MAILDIR_CUR, file);
	size_t len = mail_uidl(&m, uidl);

	CHECK(len == strlen(uidl) && name_is_uidl(span_of(uidl)));
	CHECK(m.unique == name_unique(file).len && m.bare <= m.unique);
	m = mail_of(MAILDIR_NEW, file);
	(void)mail_uidl(&m, other);
	CHECK(strcmp(uidl, other) == 0);
	m.uidl = "given";
	CHECK(mail_uidl(&m, other) == 5);
}

static void
check_flag(const char *file, char flag)
{
	char name[NAME_MAX + 1], twice[NAME_MAX + 1];
	struct span unique = name_unique(file);

	if (name_add_flag(name, sizeof name, file, flag, ':') == -1) {
		CHECK(errno == EINVAL || errno == ENAMETOOLONG);
		return;
	}
	CHECK(name_has_flag(name, flag));
	CHECK(name_unique(name).len == unique.len);
	CHECK(memcmp(name, file, unique.len) == 0);
	CHECK(strlen(name) <= strlen(file) + 4);
	if (name_add_flag(twice, sizeof twice, name, flag, ';') == 0)
		CHECK(name_has_flag(file, flag) || strcmp(twice, name) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char file[NAME_MAX + 1];

	if (size > NAME_MAX)
		size = NAME_MAX;
	if (size > 0)
		memcpy(file, data, size);
	file[size] = '\0';
	check_parts(file);
	check_uidl(file);
	check_flag(file, 'S');
	check_flag(file, 'A');
	return 0;
}
