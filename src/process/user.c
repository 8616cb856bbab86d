#include "process/user.h"

#include <errno.h>
#include <pwd.h>
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

static int
append_letter(char path[PATH_MAX], size_t *len, char letter,
    const struct user *user)
{
	switch (letter) {
	case 'h':
		return append(path, len, user->home);
	case 'u':
		if (strchr(user->name, '/') != NULL || user->name[0] == '.')
			break;
		return append(path, len, user->name);
	case '%':
		return append(path, len, "%");
	default:
		break;
	}
	errno = EINVAL;
	return -1;
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
	return 0;
}
