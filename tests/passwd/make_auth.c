/*
 * make_auth FILE [USER SECRET]...: a pop.auth as qpopper's popauth made them:
 * the key with its NUL, every byte of the secret inverted, a NUL behind it.
 * A secret "SCRAM" stands for an entry with data for SCRAM-MD5 and no more, and
 * "RAW" for a value that ends with the file's patience: no NUL at all.
 */
#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
store(GDBM_FILE db, char *user, const char *secret)
{
	char text[4096] = { 0 };
	datum key = { user, (int)strlen(user) + 1 };
	datum value = { text, 0 };
	size_t i, len = strlen(secret);

	if (len >= sizeof text - 16)
		exit(1);
	for (i = 0; i < len; i++)
		text[i] = (char)(secret[i] ^ '\xff');
	value.dsize = (int)len + 1;
	if (strcmp(secret, "SCRAM") == 0) {
		memcpy(text, "\0\1\2\3\4\5\6\7", 8);
		value.dsize = 8;
	} else if (strcmp(secret, "RAW") == 0) {
		key.dsize--;
		value.dsize--;
	}
	if (gdbm_store(db, key, value, GDBM_REPLACE) != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	GDBM_FILE db;
	int i;

	if (argc < 2 || (db = gdbm_open(argv[1], 0, GDBM_NEWDB, 0600,
	    NULL)) == NULL)
		return 1;
	for (i = 2; i + 1 < argc; i += 2)
		store(db, argv[i], argv[i + 1]);
	return gdbm_close(db) == 0 ? 0 : 1;
}
