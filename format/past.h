/*
 * past.h - the past of the sources' numbers, as whole rows, bounded
 *
 * For each run a past keeps rows of (seq, wall time, every number); a number
 * is a field of rank 0 that is real.  A record that brings a number makes a
 * row, in which the numbers it does not bring are unknown, but for step, t and
 * time, which are carried on.
 *
 * Rows of neighbouring seqs are a bucket.  While all rows fit, a bucket is one
 * seq; when they do not, each two neighbouring buckets become one, that keeps
 * its first and its last row and for each number the rows of its least and its
 * greatest value.  So no extreme is ever lost, and what is kept depends on the
 * records alone, not on the path that they took.
 *
 * Bounds: PAST_ROWS rows and PAST_BYTES of a run; all runs together the
 * memory they are given, charged to the pool, where a run that finds less
 * keeps fewer rows.  Of a source with more than PAST_NUMBERS numbers the first
 * that came have a past.
 *
 * This is what late viewers and recordings get as history records (aprec(5)).
 * aplot's curves, one number at a time and with windows, are history.h.
 * Nothing here locks: the caller serialises all calls on a past.
 */
#ifndef PAST_H
#define PAST_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define PAST_ROWS	8192
#define PAST_SHORT	2048	/* in a recap that more records follow */
#define PAST_BYTES	((size_t)1 << 20)
#define PAST_NUMBERS	128
#define PAST_RECAP	"recap"	/* an attribute of HISTORY_seq */

struct past;

/* At most memory bytes.  NULL: out of memory. */
struct past *past_new(struct pool *pool, size_t memory);
void past_free(struct past *p);

/*
 * Add a record that was merged (STATE_MERGED), with its train
 * (reader_trains()).  Rows with a seq not above the last one's are known and
 * left out.  A history record puts its rows before those that are known, and
 * behind them what is newer than the last; call it with those also that are
 * duplicates.  Without memory there are fewer rows, never an error.
 */
void past_add(struct past *p, const struct record *rec);

/*
 * The run's past as a history record with a data CRC, one reference for the
 * caller.  NULL where there is none, or no memory for it (errno ENOBUFS,
 * ENOMEM).  It takes up to PAST_BYTES and its table from the pool and about a
 * millisecond: make one when it can be sent, not those of all runs at once.
 */
struct record *past_record(const struct past *p, uint64_t run);

/*
 * A record of a recap (recap.h): as past_record() for that source, with about
 * as many rows at most.  The first has a mark: the attribute PAST_RECAP,
 * "count at before"; where the source has no past it is a history without
 * rows.  m is NULL for the others.
 */
struct recap_mark {
	uint64_t	 count;		/* records of the recap, this too */
	uint64_t	 at;		/* byte of the file it begins at */
	uint64_t	 before;	/* that of the recap before it, or 0 */
};

struct record *past_recap(const struct past *p, const struct source *s,
    const struct recap_mark *m, size_t rows);

/* Whether a record is such a one, and then its mark. */
int past_is_recap(const struct record *rec, struct recap_mark *m);

/* Whether there are rows. */
int past_has(const struct past *p, uint64_t run);

/* About as many bytes as the records of all runs would have, of so many rows at
 * most. */
size_t past_bytes(const struct past *p, size_t rows);

/* Forget the runs that have brought records and are no longer in st. */
void past_prune(struct past *p, const struct state *st);

#endif
