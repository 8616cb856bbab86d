/*
 * What a role may reach of the file system.
 */
#ifndef CONFINE_PATHS_H
#define CONFINE_PATHS_H

enum sandbox_use {
	SANDBOX_READ,
	SANDBOX_WRITE,	/* and read, make, move and remove */
	SANDBOX_LOCK,	/* make, write and remove files, and read none */
};

/* A file, or a directory with all that is below it; NULL for none. */
struct sandbox_path {
	const char *path;
	enum sandbox_use use;
};

#endif
