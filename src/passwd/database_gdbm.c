#include "passwd/database.h"

#include "base/fd.h"
#include "base/secret.h"

#include <gdbm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A damaged file must not keep us for ever. */
#define RECORDS_MAX 1000000

/* The library ends the program anyway; then with a word. */
static void
give_up(const char *why)
{
	static const char text[] = "the database is damaged: ";

	(void)fd_write_all(STDERR_FILENO, text, sizeof text - 1);
	(void)fd_write_all(STDERR_FILENO, why, strlen(why));
	(void)fd_write_all(STDERR_FILENO, "\n", 1);
	_exit(2);
}

static struct span
span_of_datum(datum d)
{
	return (struct span){ d.dptr, d.dsize > 0 ? (size_t)d.dsize : 0 };
}

static void
forget(datum d)
{
	if (d.dptr != NULL)
		secret_erase(d.dptr, span_of_datum(d).len);
	free(d.dptr);
}

static const char *
walk(GDBM_FILE db, const char *(*take)(void *, struct span, struct span),
    void *ctx)
{
	datum key = gdbm_firstkey(db), next, value;
	const char *why = NULL;
	unsigned n = 0;

	while (key.dptr != NULL && why == NULL) {
		value = gdbm_fetch(db, key);
		if (value.dptr == NULL || n++ >= RECORDS_MAX)
			why = "the database is damaged";
		else
			why = take(ctx, span_of_datum(key),
			    span_of_datum(value));
		forget(value);
		next = gdbm_nextkey(db, key);
		forget(key);
		key = next;
	}
	forget(key);
	if (why == NULL && gdbm_errno != GDBM_ITEM_NOT_FOUND &&
	    gdbm_errno != GDBM_NO_ERROR)
		why = gdbm_strerror(gdbm_errno);
	return why;
}

const char *
database_read(const char *path, const char *(*take)(void *ctx,
    struct span key, struct span value), void *ctx)
{
	const char *why;
	GDBM_FILE db;

	db = gdbm_open(path, 0, GDBM_READER, 0, give_up);
	if (db == NULL)
		return gdbm_strerror(gdbm_errno);
	why = walk(db, take, ctx);
	(void)gdbm_close(db);
	return why;
}
