/*
 * A list of networks of any bytes, and an address in the line behind it.  A
 * list that is one holds each of its own addresses.
 */
#include "base/cidr.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

static void
check_own(const char *list)
{
	const char *p = list;
	char word[64];
	size_t len;

	while (*(p += strspn(p, " \t,")) != '\0') {
		len = strcspn(p, " \t,/");
		CHECK(len < sizeof word);
		memcpy(word, p, len);
		word[len] = '\0';
		CHECK(cidr_has(list, word));
		p += strcspn(p, " \t,");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512], error[100];
	char *address;
	bool has;

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	address = strchr(text, '\n');
	if (address != NULL)
		*address++ = '\0';
	else
		address = text + strlen(text);
	errno = 0;
	memset(error, 'x', sizeof error);
	has = cidr_has(text, address);
	if (cidr_check(text, error, sizeof error) == 0) {
		check_own(text);
		CHECK(error[0] == 'x');
	} else {
		CHECK(errno == EINVAL);
		CHECK(memchr(error, '\0', sizeof error) != NULL);
	}
	return has && *address == '\0';
}
