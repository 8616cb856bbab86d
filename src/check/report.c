#include "check/report.h"

#include <stdarg.h>

void
report_say(struct report *r, const char *topic, const char *format, ...)
{
	va_list ap;

	(void)fprintf(r->f, "%-14s", topic);
	va_start(ap, format);
	(void)vfprintf(r->f, format, ap);
	va_end(ap);
	(void)fputc('\n', r->f);
}

void
report_fix(struct report *r, const char *format, ...)
{
	va_list ap;

	r->problems++;
	(void)fprintf(r->f, "%-14s-> ", "");
	va_start(ap, format);
	(void)vfprintf(r->f, format, ap);
	va_end(ap);
	(void)fputc('\n', r->f);
}
