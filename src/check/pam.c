#include "check/pam.h"

#include "base/ascii.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1024	/* as in libpam */
#define INCLUDES_MAX 16		/* nested files; libpam stops at 32 */

enum stack { STACK_AUTH, STACK_ACCOUNT, STACK_OTHER, STACKS };

struct service {
	struct report *r;
	bool can_find_modules;
	unsigned lines[STACKS];		/* in service and included files */
};

/* One line of a service file, cut into words. */
struct line {
	const char *file;
	unsigned number;
	bool optional;			/* a leading "-": no module, no error */
	struct span type, control, module;
};

static const char *const directories[] = { "/etc/pam.d", "/usr/lib/pam.d",
    "/usr/share/pam.d", "/usr/local/etc/pam.d" };

/* Linux-PAM's directories, those of other architectures, FreeBSD's. */
static const char *const module_patterns[] = {
    "/lib/security", "/lib64/security", "/lib/*/security",
    "/usr/lib/security", "/usr/lib64/security", "/usr/lib/*/security",
    "/usr/lib", "/usr/local/lib",
};

static bool
has_module(const char *name)
{
	size_t i, n = sizeof module_patterns / sizeof module_patterns[0];
	char path[PATH_MAX];
	bool found = false;
	glob_t g;

	for (i = 0; i < n && !found; i++) {
		(void)snprintf(path, sizeof path, "%s/%.256s",
		    module_patterns[i], name);
		found = glob(path, GLOB_NOSORT, NULL, &g) == 0;
		globfree(&g);
	}
	return found;
}

static bool
is_installed(const struct service *s, struct span module)
{
	char name[PATH_MAX];

	if (span_copy(name, sizeof name, module) == -1)
		return false;
	if (name[0] == '/')
		return access(name, F_OK) == 0;
	return !s->can_find_modules || has_module(name);
}

static bool
is_word(struct span word, const char *const *words)
{
	while (*words != NULL && !span_is(word, *words))
		words++;
	return *words != NULL;
}

static bool
is_control(struct span control)
{
	static const char *const words[] = { "required", "requisite",
	    "sufficient", "optional", "binding", "include", "substack", NULL };

	return is_word(control, words) || (control.len > 1 &&
	    control.p[0] == '[' && control.p[control.len - 1] == ']');
}

static bool
is_include(struct span control)
{
	static const char *const words[] = { "include", "substack", NULL };

	return is_word(control, words);
}

/* -1 if this is no type of module. */
static int
find_stack(struct span type)
{
	static const char *const auth[] = { "auth", NULL };
	static const char *const account[] = { "account", NULL };
	static const char *const others[] = { "session", "password", NULL };

	return is_word(type, auth) ? STACK_AUTH :
	    is_word(type, account) ? STACK_ACCOUNT :
	    is_word(type, others) ? STACK_OTHER : -1;
}

/* The next word of text; "[a=b c=d]" is one. */
static struct span
cut_word(char **text)
{
	struct span word;
	char *p = *text + strspn(*text, " \t");

	word.p = p;
	p += *p == '[' ? strcspn(p, "]") + (strchr(p, ']') != NULL) :
	    strcspn(p, " \t");
	word.len = (size_t)(p - word.p);
	*text = p;
	return word;
}

static void
say_wrong(struct report *r, const struct line *line, const char *what,
    struct span word)
{
	report_say(r, "", "%s line %u: %s \"%.*s\"", line->file, line->number,
	    what, (int)(word.len < 80 ? word.len : 80), word.p);
}

/* Modules that do harm, or cannot work, in a session of the shipped unit. */
static const struct misfit {
	const char *module, *why, *cure;
} misfits[] = {
	{ "pam_systemd.so", "takes the session out of its unit and starts a "
	    "user manager for each poll", "leave it out: name the session's "
	    "modules instead of including a file for people" },
	{ "pam_namespace.so", "mounts directories, which the shipped unit "
	    "forbids", "leave it out, or take RestrictNamespaces= and "
	    "CapabilityBoundingSet= out of the unit" },
};

static void
check_misfit(struct report *r, const struct line *line)
{
	struct span name = line->module;
	size_t i;

	for (i = name.len; i > 0; i--)
		if (name.p[i - 1] == '/')
			break;
	name = (struct span){ name.p + i, name.len - i };
	for (i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
		if (!span_is(name, misfits[i].module))
			continue;
		report_say(r, "", "%s line %u: %s %s", line->file,
		    line->number, misfits[i].module, misfits[i].why);
		report_fix(r, "%s", misfits[i].cure);
	}
}

static void read_file(struct service *, const char *, unsigned);

static void
check_line(struct service *s, const struct line *line, unsigned depth)
{
	char name[NAME_MAX + 1];
	int stack = find_stack(line->type);

	if (stack == -1) {
		say_wrong(s->r, line, "unknown type", line->type);
		report_fix(s->r, "write auth, account, session or password");
	} else if (!is_control(line->control)) {
		say_wrong(s->r, line, "unknown control", line->control);
		report_fix(s->r, "write required, requisite, sufficient, "
		    "optional, include, substack or [...]");
	} else if (line->module.len == 0) {
		say_wrong(s->r, line, "no module after", line->control);
		report_fix(s->r, "add the name of a module: pam_unix.so");
	} else if (is_include(line->control)) {
		if (span_copy(name, sizeof name, line->module) == 0)
			read_file(s, name, depth + 1);
	} else {
		s->lines[stack]++;
		check_misfit(s->r, line);
		if (line->optional || is_installed(s, line->module))
			return;
		say_wrong(s->r, line, "module not installed:", line->module);
		report_fix(s->r, "install the package of the module, or "
		    "correct its name");
	}
}

static void
parse_line(struct service *s, struct line *line, char *text, unsigned depth)
{
	char name[NAME_MAX + 1];

	text[strcspn(text, "#\n")] = '\0';
	line->type = cut_word(&text);
	if (line->type.len == 0)
		return;
	line->control = cut_word(&text);
	if (span_is(line->type, "@include")) {
		if (span_copy(name, sizeof name, line->control) == 0)
			read_file(s, name, depth + 1);
		return;
	}
	line->optional = line->type.p[0] == '-';
	if (line->optional) {
		line->type.p++;
		line->type.len--;
	}
	line->module = cut_word(&text);
	check_line(s, line, depth);
}

/* Join lines that end in a backslash.  False at the end of the file. */
static bool
read_line(FILE *f, char text[LINE_MAX_OCTETS], unsigned *number)
{
	size_t len = 0;

	memset(text, 0, LINE_MAX_OCTETS);
	while (len < LINE_MAX_OCTETS - 1 &&
	    fgets(text + len, (int)(LINE_MAX_OCTETS - len), f) != NULL) {
		++*number;
		len += strlen(text + len);
		if (len < 2 || text[len - 1] != '\n' || text[len - 2] != '\\')
			return true;
		len -= 2;
		text[len++] = ' ';
		text[len] = '\0';
	}
	return len > 0;
}

static FILE *
open_service(const char *name, char path[PATH_MAX])
{
	size_t i;
	FILE *f;

	if (name[0] == '/') {
		(void)snprintf(path, PATH_MAX, "%s", name);
		return fopen(path, "re");
	}
	for (i = 0; i < sizeof directories / sizeof directories[0]; i++) {
		(void)snprintf(path, PATH_MAX, "%s/%.256s", directories[i],
		    name);
		if ((f = fopen(path, "re")) != NULL || errno != ENOENT)
			return f;
	}
	return NULL;
}

static void
read_file(struct service *s, const char *name, unsigned depth)
{
	char text[LINE_MAX_OCTETS], path[PATH_MAX];
	struct line line = { .file = path };
	FILE *f;

	if (depth > INCLUDES_MAX) {
		report_say(s->r, "", "%s: included %u files deep", name, depth);
		report_fix(s->r, "remove the include that leads back");
		return;
	}
	if ((f = open_service(name, path)) == NULL) {
		report_say(s->r, "", "PAM cannot read %s: %s", name,
		    strerror(errno));
		report_fix(s->r, "install the file, or remove its include");
		return;
	}
	while (read_line(f, text, &line.number))
		parse_line(s, &line, text, depth);
	(void)fclose(f);
}

static void
check_stack(struct service *s, enum stack stack, const char *type)
{
	if (s->lines[stack] > 0)
		return;
	report_say(s->r, "", "no %s line: PAM uses the service \"other\" for "
	    "it", type);
	report_fix(s->r, "add one: %s required pam_unix.so", type);
}

void
pam_check(struct report *r, const char *service)
{
	struct service s = { .r = r,
	    .can_find_modules = has_module("pam_permit.so*") };
	unsigned before = r->problems;
	char path[PATH_MAX];
	FILE *f;

	if ((f = open_service(service, path)) == NULL && errno == ENOENT) {
		report_say(r, "passwords", "by PAM, but there is no service "
		    "%s: PAM uses the service \"other\"", service);
		report_fix(r, "install examples/pam.d-pop3 as /etc/pam.d/%s",
		    service);
		return;
	}
	if (f != NULL)
		(void)fclose(f);
	report_say(r, "passwords", "by PAM, service %s (%s)", service, path);
	read_file(&s, service, 0);
	if (r->problems > before)
		return;			/* the missing line may be the wrong one */
	check_stack(&s, STACK_AUTH, "auth");
	check_stack(&s, STACK_ACCOUNT, "account");
}
