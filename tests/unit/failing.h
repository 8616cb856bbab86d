/*
 * Calls that fail when told to: the file's definitions stand in place of the C
 * library's for the program that links it, and pass everything on otherwise.
 * So each error that a function can meet is met, one run after the other:
 *
 *	for (unsigned nth = 1;; nth++) {
 *		prepare();
 *		failing_begin(nth, EIO);
 *		result = the_work();
 *		if (!failing_end())
 *			break;
 *		judge(result, failing_name);
 *	}
 */
#ifndef FAILING_H
#define FAILING_H

/*
 * The nth call from now (1: the next one; 0: none) fails with error, or, with
 * error FAILING_SHORT, a read or write does no more than one octet, and others
 * do not count.  An allocation that fails says ENOMEM, whatever error is.
 */
void failing_begin(unsigned nth, int error);
#define FAILING_SHORT (-1)

/* As failing_begin(), but only calls of this name count, "fsync" for one. */
void failing_begin_only(const char *name, unsigned nth, int error);

/* Between 1 and 0 nothing counts: the test itself is at work. */
void failing_pause(int on);

/* Nothing fails any more.  1 if something has failed since, otherwise 0. */
int failing_end(void);

/* The call that failed last; "" for none. */
extern const char *failing_name;

/* How many calls have counted since failing_begin(). */
extern unsigned failing_calls;

#endif
