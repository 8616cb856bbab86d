#include "confine/privilege.h"

#include "base/log.h"
#include "compat/compat.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

bool
privilege_is_root(void)
{
	return geteuid() == 0;
}

/*
 * Make what is missing above the directory that we were built with, for
 * everybody to pass: Debian has no /var/empty.  A path that the site has named
 * and that leads nowhere is more likely mistyped.
 */
static void
make_parents(void)
{
	char path[] = EMPTYDIR;
	char *p;

	for (p = path + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(path, 0755);
			*p = '/';
		}
}

static int
make_dir(const char *path)
{
	mode_t before = umask(022);
	int r;

	if (strcmp(path, EMPTYDIR) == 0)
		make_parents();
	r = mkdir(path, 0555);
	(void)umask(before);
	return r;
}

int
privilege_empty_dir(const char *path, bool make)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno != ENOENT || !make || make_dir(path) == -1 ||
		    lstat(path, &st) == -1)
			return -1;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/* Trust the result, not the return value. */
int
privilege_verify(uid_t uid, gid_t gid)
{
	if (uid == 0 || getuid() != uid || geteuid() != uid || getgid() != gid ||
	    getegid() != gid || setuid(0) != -1 || seteuid(0) != -1) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/*
 * For root, setgid(2) and setuid(2) set the real, the effective and the saved
 * id.
 */
int
privilege_become(uid_t uid, gid_t gid)
{
	if (uid == 0 || setgid(gid) == -1 || setuid(uid) == -1)
		return -1;
	return privilege_verify(uid, gid);
}

int
privilege_become_sparing(uid_t uid, gid_t gid, gid_t spare)
{
	if (spare == (gid_t)-1)
		return privilege_become(uid, gid);
	if (uid == 0 || spare == 0 || setresgid(gid, gid, spare) == -1 ||
	    setuid(uid) == -1)
		return -1;
	return privilege_verify(uid, gid);
}

/* Libraries of PAM, and 16 MB for a hash of yescrypt. */
#define MONITOR_MEMORY ((rlim_t)64 * 1024 * 1024)

/*
 * The superserver's or PAM's hard limit may be lower than ours: then that one
 * holds, and the administrator hears of it, since what it is too small for will
 * fail.
 */
static void
fit_limit(struct rlimit *limit, const char *name, uint64_t wanted,
    const char *remedy)
{
	if (limit->rlim_max != RLIM_INFINITY && limit->rlim_max < wanted)
		log_line(LOG_WARN, "%s is %ju, less than our %ju: raise %s",
		    name, (uintmax_t)limit->rlim_max, (uintmax_t)wanted,
		    remedy);
	else
		limit->rlim_max = (rlim_t)wanted;
	limit->rlim_cur = limit->rlim_max;
}

int
privilege_limit(int fds)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit limit;

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return -1;
	fit_limit(&limit, "RLIMIT_NOFILE", (uint64_t)fds,
	    "LimitNOFILE= or nofile of pam_limits");
	return setrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1 ? -1 : 0;
}

/* Up to the hard limit, of which the log hears if it is too small. */
static void
lift_limit(struct rlimit *limit, const char *name, const char *remedy)
{
	if (limit->rlim_max < MONITOR_MEMORY)
		log_line(LOG_WARN, "%s is %ju, less than the %ju that "
		    "passwords may need: raise %s", name,
		    (uintmax_t)limit->rlim_max, (uintmax_t)MONITOR_MEMORY,
		    remedy);
	limit->rlim_cur = limit->rlim_max;
}

void
privilege_lift_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0) {
		lift_limit(&limit, "RLIMIT_AS", "LimitAS= or ulimit -v");
		(void)setrlimit(RLIMIT_AS, &limit);
	}
	if (getrlimit(RLIMIT_DATA, &limit) == 0) {
		lift_limit(&limit, "RLIMIT_DATA", "LimitDATA= or ulimit -d");
		(void)setrlimit(RLIMIT_DATA, &limit);
	}
}

int
privilege_limit_memory(uint64_t bytes)
{
	struct rlimit limit;

	if (!MEMORY_LIMITS || bytes == 0)
		return 0;
	if (getrlimit(RLIMIT_DATA, &limit) == -1)
		return -1;
	fit_limit(&limit, "RLIMIT_DATA", bytes, "LimitDATA= or data of "
	    "pam_limits, or lower session-memory");
	return setrlimit(RLIMIT_DATA, &limit);
}

int
privilege_lock_up(const char *empty_dir, uid_t uid, gid_t gid, int fds)
{
	if (chdir(empty_dir) == -1 || chroot(".") == -1 ||
	    setgroups(0, NULL) == -1 || privilege_become(uid, gid) == -1)
		return -1;
	return privilege_limit(fds);
}
