/*
 * Base64 of any bytes: what encodes decodes again, and what decodes is just
 * what encoding gives.
 */
#include "base/base64.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
there_and_back(const uint8_t *data, size_t size)
{
	char *text = malloc(BASE64_LEN(size) + 1), *bytes = malloc(size + 1);
	size_t len;

	CHECK(text != NULL && bytes != NULL);
	base64_encode(text, data, size);
	CHECK(strlen(text) == BASE64_LEN(size));
	CHECK(base64_decode(bytes, size, span_of(text), &len) == 0);
	CHECK(len == size && memcmp(bytes, data, size) == 0);
	CHECK(size == 0 ||
	    base64_decode(bytes, size - 1, span_of(text), &len) == -1);
	free(text);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	char *bytes = malloc(size + 1), *again = malloc(size + 5);
	size_t len = 0;

	CHECK(bytes != NULL && again != NULL);
	if (base64_decode(bytes, size, s, &len) == 0) {
		CHECK(BASE64_LEN(len) == size);
		base64_encode(again, bytes, len);
		CHECK(memcmp(again, data, size) == 0);
	}
	free(bytes);
	free(again);
	if (size > 0)
		there_and_back(data, size);
	return 0;
}
