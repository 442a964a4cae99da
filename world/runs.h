/*
 * runs.h - the runs of this user that can be joined
 */
#ifndef RUNS_H
#define RUNS_H

/* Whether that is the name of one. */
int runs_is(const char *name);

/*
 * The name of the only one.  Where there are others, or none, that is said
 * and the program ends.
 */
const char *runs_only(void);

#endif
