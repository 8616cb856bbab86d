/*
 * Memory that a process which only waits need not keep.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/*
 * Give back what lies unused on the heap and below the caller's stack, where
 * what stood there is gone, too; and code, which comes back when it runs.
 */
void memory_give_back(void);

#endif
