/*
 * What solopop-passwd can be told to do, each a function that says what it did
 * and gives the status to exit with.
 */
#ifndef PASSWD_COMMANDS_H
#define PASSWD_COMMANDS_H

#include "base/ascii.h"

#include <stdbool.h>
#include <stdint.h>

enum status {
	STATUS_DONE,
	STATUS_NO,			/* no such entry, or not that secret */
	STATUS_TROUBLE			/* the file is as it was */
};

struct request {
	const char *program;		/* the name we are called by */
	bool popauth;			/* it is one of popauth's */
	enum status (*run)(const struct request *);
	const char *file;
	const char *user;		/* or NULL; of what is imported: FILE */
	uint32_t iterations;
	bool overwrite, plain, scram;
};

enum status command_add(const struct request *r);
enum status command_delete(const struct request *r);
enum status command_import(const struct request *r);
enum status command_list(const struct request *r);
enum status command_upgrade(const struct request *r);
enum status command_verify(const struct request *r);

/* popauth's own: an empty file, and one's own secret. */
enum status command_init(const struct request *r);
enum status command_own(const struct request *r);

#endif
