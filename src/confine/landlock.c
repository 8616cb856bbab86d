#include "confine/landlock.h"

#include "base/fd.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/*
 * The kernel's interface as we use it, which is newer than many systems'
 * headers.  The numbers are the same on all processors but Alpha.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define CREATE_VERSION 1
#define RULE_PATH_BENEATH 1

#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_DIR (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIR (UINT64_C(1) << 7)
#define MAKE_REG (UINT64_C(1) << 8)
#define REFER (UINT64_C(1) << 13)		/* version 2 */
#define TRUNCATE (UINT64_C(1) << 14)		/* version 3 */

/* All that there is to be handled, by version; from 5 on with ioctl(2). */
#define ALL_OF_2 ((REFER << 1) - 1)
#define ALL_OF_3 ((TRUNCATE << 1) - 1)
#define ALL_OF_5 ((TRUNCATE << 2) - 1)

#define TCP_BIND_AND_CONNECT 3
#define SCOPE_SOCKETS_AND_SIGNALS 3

#define READING (READ_FILE | READ_DIR)
#define WRITING (READING | WRITE_FILE | REMOVE_FILE | REMOVE_DIR | MAKE_DIR | \
	MAKE_REG | REFER | TRUNCATE)
#define LOCKING (WRITE_FILE | REMOVE_FILE | MAKE_REG)
#define OF_A_FILE (READ_FILE | WRITE_FILE | TRUNCATE)

/* An older kernel takes the longer form if it ends in zeros. */
struct ruleset {
	uint64_t files, network, scoped;
};

struct rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static struct ruleset
all_of(int abi)
{
	return (struct ruleset){
		.files = abi < 3 ? ALL_OF_2 : abi < 5 ? ALL_OF_3 : ALL_OF_5,
		.network = abi < LANDLOCK_ABI_NETWORK ? 0 :
		    TCP_BIND_AND_CONNECT,
		.scoped = abi < LANDLOCK_ABI_SIGNALS ? 0 :
		    SCOPE_SOCKETS_AND_SIGNALS,
	};
}

static bool
leads_nowhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES ||
	    error == ELOOP;
}

/* O_DIRECTORY triggers automounts; O_PATH alone does not. */
static int
open_path(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd != -1 || errno != ENOTDIR ? fd :
	    open(path, O_PATH | O_CLOEXEC);
}

static const uint64_t uses[] = {
	[SANDBOX_READ] = READING,
	[SANDBOX_WRITE] = WRITING,
	[SANDBOX_LOCK] = LOCKING,
};

static int
allow(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
	struct rule rule = { .allowed = handled & uses[path->use] };
	struct stat st;
	int fd, r;

	if (path->path == NULL)
		return 0;
	if ((fd = open_path(path->path)) == -1)
		return leads_nowhere(errno) ? 0 : -1;
	if ((r = fstat(fd, &st)) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed &= OF_A_FILE;
		rule.parent = fd;
		r = (int)syscall(SYS_landlock_add_rule, ruleset,
		    RULE_PATH_BENEATH, &rule, 0);
	}
	fd_close(&fd);
	return r;
}

int
landlock_apply(int abi, const struct sandbox_path *paths, size_t n)
{
	const struct ruleset all = all_of(abi);
	int ruleset, r = 0;
	size_t i;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all,
	    0);
	if (ruleset == -1)
		return -1;
	for (i = 0; i < n && r == 0; i++)
		r = allow(ruleset, &paths[i], all.files);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	fd_close(&ruleset);
	return r;
}
