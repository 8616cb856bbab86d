/*
 * The table of commands, and the way from a line to its row.  To add a
 * command: a row in commands.c, a handler in authorization.c or transaction.c,
 * a line in capa.c if it is announced.
 */
#ifndef POP3_COMMANDS_H
#define POP3_COMMANDS_H

#include "pop3/pop3.h"

/* As many as any command takes; qpopper, too, kept four. */
#define ARGS_MAX 4

/* For a command that takes the rest of its line, whatever is in it. */
#define ARGS_REST 99

struct args {
	struct span command;
	size_t n;			/* how many there were */
	struct span v[ARGS_MAX];	/* the first of them */
	struct span rest;		/* all behind "COMMAND " */
};

/* Run the command in this line.  The span is good for this call only. */
enum pop3_step command_run(struct pop3 *p, struct span line);

/* A command nobody should have sent: answer, and count it before login. */
enum pop3_step command_bad(struct pop3 *p, enum reply reply, struct span word);

/*
 * For every way to log in.  The name as the client said it, or as the site
 * wants it, becomes p->user; false if it is none, and there is no user then.
 */
bool login_take_name(struct pop3 *p, struct span name);

/* Behind UTF8: may this be a name or a password (RFC 6856, section 2.2)? */
bool login_is_text(const struct pop3 *p, struct span s);

/*
 * Before the monitor is asked: the answers so far leave, so that a client need
 * not wait for them, too.  False if that failed.
 */
bool login_can_wait(struct pop3 *p);

/* ask_verify(), and those answers before it. */
int login_verify(struct pop3 *p, const struct secret *password,
    enum verdict *verdict, bool *last);

/* What the monitor said, to the client. */
enum pop3_step login_answer(struct pop3 *p, enum verdict verdict, bool last);

/* authorization.c */
enum pop3_step auth_user(struct pop3 *p, const struct args *a);
enum pop3_step auth_pass(struct pop3 *p, const struct args *a);
enum pop3_step auth_apop(struct pop3 *p, const struct args *a);
enum pop3_step auth_stls(struct pop3 *p, const struct args *a);
enum pop3_step auth_utf8(struct pop3 *p, const struct args *a);
enum pop3_step auth_xclient(struct pop3 *p, const struct args *a);
enum pop3_step auth_quit(struct pop3 *p, const struct args *a);

/* sasl.c */
enum pop3_step auth_sasl(struct pop3 *p, const struct args *a);

/* transaction.c */
enum pop3_step trans_stat(struct pop3 *p, const struct args *a);
enum pop3_step trans_list(struct pop3 *p, const struct args *a);
enum pop3_step trans_uidl(struct pop3 *p, const struct args *a);
enum pop3_step trans_last(struct pop3 *p, const struct args *a);
enum pop3_step trans_retr(struct pop3 *p, const struct args *a);
enum pop3_step trans_top(struct pop3 *p, const struct args *a);
enum pop3_step trans_dele(struct pop3 *p, const struct args *a);
enum pop3_step trans_rset(struct pop3 *p, const struct args *a);
enum pop3_step trans_noop(struct pop3 *p, const struct args *a);
enum pop3_step trans_quit(struct pop3 *p, const struct args *a);

/* capa.c, lang.c */
enum pop3_step any_capa(struct pop3 *p, const struct args *a);
enum pop3_step any_lang(struct pop3 *p, const struct args *a);

#endif
