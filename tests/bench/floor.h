/* The one thing in which floors differ: who may log in. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/* 0 if so. */
int let_in(const char *user, const char *password);
void let_out(void);

#endif
