/*
 * A name as a client gives it, and a domain in the line behind it: whatever
 * they are, the Maildir is two levels below the root of all mail, and the
 * folder one more.
 */
#include "users/user.h"
#include "base/utf8.h"
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOT "/srv/mail/"

/* One name of a file, and none that begins with a dot. */
static size_t
check_part(const char *p, const char *end)
{
	size_t len = strcspn(p, "/");

	CHECK(len > 0 && p[0] != '.' && p[0] != '-');
	CHECK(p[len] == end[0]);
	return len;
}

static void
check_maildir(const struct user *user, const char *folder)
{
	char path[PATH_MAX];
	const char *p = path + strlen(ROOT);

	if (user_maildir(path, ROOT "%d/%n", user) == -1)
		return;
	CHECK(strncmp(path, ROOT, strlen(ROOT)) == 0);
	CHECK(strstr(path, "..") == NULL && strstr(path, "/.") == NULL);
	p += check_part(p, "/") + 1;
	p += check_part(p, "");
	CHECK(user_enter_folder(path, folder) == 0);
	if (folder[0] == '\0')
		return;
	CHECK(p[0] == '/' && p[1] == '.' && p[2] != '.' && p[2] != '\0');
	CHECK(strchr(p + 1, '/') == NULL && strstr(p, "..") == NULL);
	CHECK(p[strlen(p) - 1] != '.');
}

/* What has the one form keeps it, and the account's place is found. */
static void
check_name(const char *name, const char *folder)
{
	char again[USER_NAME_MAX + 1], number[16];
	struct user user;

	CHECK(strlen(name) <= USER_NAME_MAX && utf8_is_valid(span_of(name)));
	memcpy(again, name, strlen(name) + 1);
	CHECK(user_virtual_name(again, NULL) == 0);
	CHECK(strcmp(again, name) == 0);
	(void)snprintf(number, sizeof number, "%u", (unsigned)geteuid());
	CHECK(user_find_virtual(&user, number, name) == 0);
	CHECK(strcmp(user.name, name) == 0 && user.uid == geteuid());
	check_maildir(&user, folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[USER_NAME_MAX + 1], folder[USER_NAME_MAX + 1];
	char domain[USER_NAME_MAX + 1] = "";
	const char *text = (const char *)data;
	struct span said = { text, 0 };

	while (said.len < size && text[said.len] != '\n')
		said.len++;
	if (span_copy(name, sizeof name, said) == -1 || (said.len < size &&
	    span_copy(domain, sizeof domain, (struct span){
	    text + said.len + 1, size - said.len - 1 }) == -1))
		return 0;
	if (user_split_folder(name, folder, '+') == 0 &&
	    user_virtual_name(name, domain[0] != '\0' ? domain : NULL) == 0)
		check_name(name, folder);
	return 0;
}
