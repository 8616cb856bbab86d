#include "io/bulk.h"

size_t
bulk_encode(struct wire *w, unsigned char **dst, const unsigned char *src,
    size_t n)
{
	(void)w;
	(void)dst;
	(void)src;
	(void)n;
	return 0;
}

size_t
bulk_measure(struct wire *w, const unsigned char *src, size_t n)
{
	(void)w;
	(void)src;
	(void)n;
	return 0;
}
