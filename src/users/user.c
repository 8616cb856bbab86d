#include "users/user.h"

#include "base/num.h"
#include "base/utf8.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What getpwnam(3) leaves in errno for an account that does not exist. */
static bool
says_absent(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH ||
	    error == EBADF || error == EPERM;
}

static int
take(struct user *user, const struct passwd *pw)
{
	if (pw == NULL) {
		if (says_absent(errno))
			errno = ENOENT;
		return -1;
	}
	if (span_copy(user->name, sizeof user->name,
	    span_of(pw->pw_name)) == -1 ||
	    span_copy(user->account, sizeof user->account,
	    span_of(pw->pw_name)) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (pw->pw_dir == NULL || pw->pw_dir[0] != '/' ||
	    span_copy(user->home, sizeof user->home,
	    span_of(pw->pw_dir)) == -1)
		user->home[0] = '\0';
	if (pw->pw_shell == NULL || span_copy(user->shell,
	    sizeof user->shell, span_of(pw->pw_shell)) == -1)
		user->shell[0] = '\0';
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	return 0;
}

int
user_find(struct user *user, const char *name)
{
	errno = 0;
	return take(user, getpwnam(name));
}

int
user_self(struct user *user)
{
	errno = 0;
	return take(user, getpwuid(geteuid()));
}

/* --- Virtual users ------------------------------------------------------- */

/*
 * Parts between single dots, and no hyphen first, which programs take for an
 * option.  Bytes above ASCII are looked at elsewhere.
 */
static bool
is_dotted(struct span s, const char *others)
{
	char before = '.', c;
	size_t i;

	for (i = 0; i < s.len; i++, before = c) {
		c = ascii_lower(s.p[i]);
		if (c == '.' ? before == '.' : !(c >= 'a' && c <= 'z') &&
		    !ascii_digit(c) && (unsigned char)c < 0x80 &&
		    strchr(others, c) == NULL)
			return false;
	}
	return before != '.' && s.p[0] != '-';
}

static bool
is_virtual_name(const char *name)
{
	size_t at = strcspn(name, "@");

	return utf8_is_valid(span_of(name)) &&
	    is_dotted((struct span){ name, at }, "-_+=&'~") &&
	    (name[at] == '\0' || is_dotted(span_of(name + at + 1), "-"));
}

int
user_virtual_name(char name[USER_NAME_MAX + 1], const char *domain)
{
	size_t len = strlen(name);
	char *p;

	if (domain != NULL && strchr(name, '@') == NULL) {
		if (len + 1 + strlen(domain) > USER_NAME_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
		(void)snprintf(name + len, USER_NAME_MAX + 1 - len, "@%s",
		    domain);
	}
	for (p = name; *p != '\0'; p++)
		*p = ascii_lower(*p);
	if (!is_virtual_name(name)) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

/* In a container nobody may have written an account down. */
static int
take_number(struct user *user, uid_t uid)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwuid(uid);
	if (pw != NULL || uid != geteuid() || uid == 0)
		return take(user, pw);
	*user = (struct user){ .home = "/", .uid = uid, .gid = getegid() };
	return 0;
}

int
user_find_virtual(struct user *user, const char *account, const char *name)
{
	uint32_t uid;
	int r;

	if (num_u32(span_of(account), UINT32_MAX - 1, &uid) == 0)
		r = take_number(user, (uid_t)uid);
	else
		r = user_find(user, account);
	if (r == -1)
		return -1;
	if (!is_virtual_name(name)) {
		errno = EINVAL;
		return -1;
	}
	return span_copy(user->name, sizeof user->name, span_of(name));
}

/* --- Paths --------------------------------------------------------------- */

static int
append(char path[PATH_MAX], size_t *len, const char *text)
{
	size_t n = strlen(text);

	if (n >= PATH_MAX - *len) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path + *len, text, n + 1);
	*len += n;
	return 0;
}

/* May it be one component of a path? */
static bool
is_file_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

/* The name before its '@', or the domain behind it. */
static int
append_part(char path[PATH_MAX], size_t *len, char letter, const char *name)
{
	char part[USER_NAME_MAX + 1];
	size_t at = strcspn(name, "@");
	struct span s = { name, at };

	if (letter == 'd')
		s = span_of(name[at] == '@' ? name + at + 1 : "");
	if (span_copy(part, sizeof part, s) == -1 || !is_file_name(part)) {
		errno = EINVAL;
		return -1;
	}
	return append(path, len, part);
}

static int
append_home(char path[PATH_MAX], size_t *len, const struct user *user)
{
	if (user->home[0] == '\0') {
		errno = ENOENT;
		return -1;
	}
	return append(path, len, user->home);
}

static int
append_letter(char path[PATH_MAX], size_t *len, char letter,
    const struct user *user)
{
	switch (letter) {
	case 'h':
		return append_home(path, len, user);
	case 'u':
		if (!is_file_name(user->name))
			break;
		return append(path, len, user->name);
	case 'n':
	case 'd':
		return append_part(path, len, letter, user->name);
	case '%':
		return append(path, len, "%");
	default:
		break;
	}
	errno = EINVAL;
	return -1;
}

/* qpopper's first way: a directory for the sum of the first five letters. */
static char
hash_letter(const char *name)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < 5 && name[i] != '\0'; i++)
		sum += (unsigned char)name[i];
	return (char)('a' + sum % 26);
}

int
user_spool(char path[PATH_MAX], const char *directory, uint32_t hash,
    const char *name)
{
	char between[8] = "";
	int n;

	if (!is_file_name(name)) {
		errno = EINVAL;
		return -1;
	}
	if (hash == 1)
		(void)snprintf(between, sizeof between, "%c/",
		    hash_letter(name));
	else if (hash == 2)
		(void)snprintf(between, sizeof between, "%c/%c/", name[0],
		    name[1] != '\0' ? name[1] : name[0]);
	n = snprintf(path, PATH_MAX, "%s/%s%s", directory, between, name);
	if (n < 0 || n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
user_split_folder(char name[USER_NAME_MAX + 1],
    char folder[USER_NAME_MAX + 1], char delimiter)
{
	char *at = name + strcspn(name, "@");
	char *cut = memchr(name, delimiter, (size_t)(at - name));

	folder[0] = '\0';
	if (cut == NULL)
		return 0;
	(void)span_copy(folder, USER_NAME_MAX + 1, (struct span){ cut + 1,
	    (size_t)(at - cut) - 1 });
	memmove(cut, at, strlen(at) + 1);
	if (!is_file_name(folder) || folder[strlen(folder) - 1] == '.' ||
	    strstr(folder, "..") != NULL) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int
user_enter_folder(char path[PATH_MAX], const char *folder)
{
	size_t len = strlen(path);

	if (folder[0] == '\0')
		return 0;
	return append(path, &len, "/.") == -1 ? -1 :
	    append(path, &len, folder);
}

int
user_maildir(char path[PATH_MAX], const char *pattern, const struct user *user)
{
	char literal[2] = "";
	size_t len = 0;

	path[0] = '\0';
	if (pattern == NULL)
		pattern = "~/Maildir";
	if (pattern[0] == '~' && (pattern[1] == '/' || pattern[1] == '\0')) {
		if (append_home(path, &len, user) == -1)
			return -1;
		pattern++;
	}
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '%') {
			if (append_letter(path, &len, *++pattern, user) == -1)
				return -1;
			continue;
		}
		literal[0] = *pattern;
		if (append(path, &len, literal) == -1)
			return -1;
	}
	return 0;
}
