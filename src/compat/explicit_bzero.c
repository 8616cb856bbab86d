#include "compat/compat.h"

#include <string.h>

/* Called through a volatile pointer, memset cannot be left out. */
static void *(*const volatile forget)(void *, int, size_t) = memset;

void
explicit_bzero(void *memory, size_t len)
{
	(void)forget(memory, 0, len);
}
