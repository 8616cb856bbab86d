#include "compat/compat.h"

/* What is free stays with us until it is used again. */
int
malloc_trim(size_t pad)
{
	(void)pad;
	return 0;
}
