/*
 * history.h - the past of the numbers of all sources, bounded
 *
 * For each run of each source and each of its numbers (fields of rank 0; of
 * complex ones the modulus) a history keeps rows of (step, time, wall, value),
 * at most HISTORY_ROWS of them for a run of any length, in buckets of four.
 * When they are full, each two neighbouring buckets become one, in which the
 * first, the least, the greatest and the last value stay, each with its own
 * step and time.  So no extreme is ever lost, and a number takes at most
 * 256 KiB; where the numbers are so many that there is no room for that, all
 * keep fewer rows.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define HISTORY_ROWS	8192

struct history;

/* The last so many seconds of wall time or steps; 0: no bound. */
struct history_window {
	double		 seconds;
	int64_t		 steps;
};

/*
 * Curves keep what lies in the window alone, which ends with the newest wall
 * time of all runs, or the newest step of each.  memory bounds all bytes; when
 * it is full, all numbers keep half the rows, and where that is not
 * enough new ones get no history (history_refused()).
 */
struct history *history_new(const struct history_window *w, size_t memory);
void history_free(struct history *h);

/* Whether a field is a number that a history is kept of. */
int history_keeps(const struct field *f);

/*
 * Add the numbers that rec brought; call it for every record that was merged
 * (STATE_MERGED).  Step and time are as in aprec(5), kept from earlier
 * records of the run where rec has none.  A history record (APREC_HISTORY)
 * puts the past before what is known.  -1: out of memory.
 */
int history_add(struct history *h, const struct record *rec);

/* Forget the runs that are no longer in st. */
void history_prune(struct history *h, struct state *st);

struct history_row {
	int64_t		 step;
	double		 t;		/* NaN: none */
	int64_t		 wall;
	double		 value;
};

/*
 * The rows of a number of a run, in the window, oldest first; *n of them.
 * NULL: none.
 * Valid until the next call on h that changes it.
 */
const struct history_row *history_rows(const struct history *h,
    uint64_t run, const char *name, size_t *n);

/* Bytes in use, and numbers refused for want of them. */
size_t history_used(const struct history *h);
uint64_t history_refused(const struct history *h);

#endif
