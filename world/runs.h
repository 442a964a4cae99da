/*
 * runs.h - the runs of this user that can be joined
 */
#ifndef RUNS_H
#define RUNS_H

/*
 * The name of the only one.  Where there are others, or none, that is said
 * and the program ends.
 */
const char *runs_only(void);

#endif
