#include "process/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
take(struct user *user, const struct passwd *pw)
{
	if (pw == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (pw->pw_dir == NULL || pw->pw_dir[0] != '/' ||
	    span_copy(user->name, sizeof user->name,
	    span_of(pw->pw_name)) == -1 ||
	    span_copy(user->home, sizeof user->home,
	    span_of(pw->pw_dir)) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (pw->pw_shell == NULL || span_copy(user->shell,
	    sizeof user->shell, span_of(pw->pw_shell)) == -1)
		user->shell[0] = '\0';
	user->folder[0] = '\0';
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	return 0;
}

int
user_find(struct user *user, const char *name)
{
	return take(user, getpwnam(name));
}

int
user_self(struct user *user)
{
	return take(user, getpwuid(geteuid()));
}

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
	char part[ASK_USER_MAX + 1];
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
append_letter(char path[PATH_MAX], size_t *len, char letter,
    const struct user *user)
{
	switch (letter) {
	case 'h':
		return append(path, len, user->home);
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
user_split_folder(struct user *user)
{
	char *plus = strchr(user->name, '+');
	size_t len;

	user->folder[0] = '\0';
	if (plus == NULL)
		return 0;
	len = strlen(plus + 1);
	if (!is_file_name(plus + 1) || plus[len] == '.' ||
	    strstr(plus + 1, "..") != NULL) {
		errno = EINVAL;
		return -1;
	}
	memcpy(user->folder, plus + 1, len + 1);
	*plus = '\0';
	return 0;
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
		if (append(path, &len, user->home) == -1)
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
	if (user->folder[0] == '\0')
		return 0;
	return append(path, &len, "/.") == -1 ? -1 :
	    append(path, &len, user->folder);
}
