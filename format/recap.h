/*
 * recap.h - what a recording repeats now and then for who begins in its middle
 *
 * A recap is one history record (aprec(5)) of each source that has numbers,
 * or one without rows where none has, then all live records once more.  So a
 * reader that begins there has the whole state and the whole curves, and for
 * one that has read what stands before all of it is duplicates.  The first
 * record is marked, and says how many there are: past_recap_count().
 *
 * A recap belongs to one recording: it knows what stands in that file, and
 * nothing else.  Nothing here locks; the pool may be shared.
 *
 *	recap_add(r, rec);			each record that was written
 *	if (recap_due(r, 0)) {
 *		recap_begin(r, at, 0);
 *		while ((rec = recap_next(r)) != NULL) {
 *			write it
 *			record_drop(rec);
 *		}
 *	}
 */
#ifndef RECAP_H
#define RECAP_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define RECAP_LEAST	((uint64_t)16 << 20)	/* bytes between two, */
#define RECAP_TIMES	20		/* or so many times those of one */
#define RECAP_END	((uint64_t)1 << 20)	/* before one at the end */

struct recap;

/* memory: of the past it keeps, charged to pool.  NULL: out of memory. */
struct recap *recap_new(struct pool *pool, size_t memory);
void recap_free(struct recap *r);

/*
 * rec was written, or stands in the file to be appended to; references are
 * taken.  History records that come from elsewhere are not to be written: they
 * go here alone, and what they tell into the next recap, which is due
 * earlier.  -1 where what it says does not fit (errno): then what is written
 * from now on has no recaps (recap_due() is 0 for ever), since they would not
 * be whole.
 */
int recap_add(struct recap *r, struct record *rec);

/* In a file to be appended to: the recap that begins at that byte has been
 * added. */
void recap_found(struct recap *r, uint64_t at);

/* Give all memory back: no more recaps, as above. */
void recap_give_up(struct recap *r);

/* Whether to write one now; end: it is the end of the recording. */
int recap_due(struct recap *r, int end);

/*
 * At the end a recap has the curves as whole as they are, else about
 * PAST_SHORT rows.  It will begin at byte at of the file: a record, or the
 * frame it is in.  It is believed there alone, so that in a file put together
 * from others none is taken for one that has all.
 *
 * The records of a recap one after the other, with a reference for the caller;
 * NULL: that was all.  Nothing may be added in between.
 */
void recap_begin(struct recap *r, uint64_t at, int end);
struct record *recap_next(struct recap *r);

#endif
