#include "check/translate.h"

void
translate(FILE *f, const struct options *o)
{
	const struct options_note *n;

	for (n = o->notes; n != NULL; n = n->next)
		if (n->old == NULL)
			(void)fprintf(f, "set %s = \"%s\"\n", n->name, n->value);
		else if (n->old->fate == QPOPPER_RENAMED)
			(void)fprintf(f, "# %s = %s:%s%s\n", n->name, n->value,
			    n->old->why != NULL ? " " : "",
			    n->old->why != NULL ? n->old->why : "");
		else
			(void)fprintf(f, "# %s = %s: %s; %s\n", n->name,
			    n->value, n->old->fate == QPOPPER_REFUSED ?
			    "not done" : "no effect", n->old->why);
}
