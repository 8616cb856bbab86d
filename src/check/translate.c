#include "check/translate.h"

#include <stddef.h>
#include <string.h>

static const struct reason {
	const char *name, *why;		/* why: NULL for none */
} reasons[] = {
#define ROW(name, fate, is_bool, now, values, why) { name, why },
#include "settings/qpopper_rows.h"
#undef ROW
};

static const char *
reason_of(const struct qpopper_option *old)
{
	const struct reason *r = reasons;

	while (strcmp(r->name, old->name) != 0)	/* it is one of them */
		r++;
	return r->why;
}

static void
tell(FILE *f, const struct options_note *n)
{
	const char *why = reason_of(n->old);

	if (n->old->fate == QPOPPER_RENAMED)
		(void)fprintf(f, "# %s = %s:%s%s\n", n->name, n->value,
		    why != NULL ? " " : "", why != NULL ? why : "");
	else
		(void)fprintf(f, "# %s = %s: %s; %s\n", n->name, n->value,
		    n->old->fate == QPOPPER_REFUSED ? "not done" :
		    "no effect", why);
}

void
translate(FILE *f, const struct options *o)
{
	const struct options_note *n;

	for (n = o->notes; n != NULL; n = n->next)
		if (n->old == NULL)
			(void)fprintf(f, "set %s = \"%s\"\n", n->name, n->value);
		else
			tell(f, n);
}
