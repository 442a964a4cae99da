/*
 * store.h - the records of a stream, for readers of different speed
 *
 * A store keeps records in the order of arrival.  A live record (state.h)
 * stays; a superseded one stays while some cursor has not passed it and it
 * lies within the backlog.  An output is a cursor: what it skips is dropped,
 * and for every cursor, at every moment,
 *
 *	in = out + dropped + (records it has not yet passed)
 *
 * so at the end in = out + dropped.  No call copies a record of
 * more than half its block.  Nothing here locks or blocks: the caller
 * serialises all calls on a store and its pool.
 */
#ifndef STORE_H
#define STORE_H

#include "state.h"

struct store;
struct entry;

/*
 * One output's place.  The caller reads the counts, and may set backlog and
 * patience after store_join(); the rest is the store's.
 */
struct cursor {
	uint64_t	 in;		/* records that were offered */
	uint64_t	 out;		/* taken by store_take() */
	uint64_t	 dropped;	/* skipped */
	uint64_t	 bytes;		/* of those taken */
	size_t		 backlog;	/* as store_new(); and */
	int64_t		 patience;	/* -1: live records only, from now on */
	int		 keep;		/* a recording: nothing superseded is
					 * skipped until memory runs out */
	int		 live;		/* joined for live records only */
	uint64_t	 passed;	/* index of the last record counted */
	uint64_t	 since;		/* index of the last before the join */
	struct entry	*at;		/* where it stands; NULL: before all */
	struct cursor	*next;
};

/*
 * backlog: bytes of superseded records that a cursor may be behind;
 * patience: how long, in ns, a superseded record waits for a cursor that is
 * behind, INT64_MAX for ever.
 */
struct store *store_new(struct pool *pool, size_t backlog, int64_t patience);
/* All cursors must have left. */
void store_free(struct store *s);

/* The merged state.  The caller must not change it. */
struct state *store_state(struct store *s);

/*
 * Add a record at time now (ns of any steady clock); the store takes a
 * reference of its own if it keeps it.  As state_merge(); only STATE_MERGED
 * records are in the store.
 */
enum state_event store_add(struct store *s, struct record *rec,
    unsigned input, int64_t now);

/* Duplicates among all records added. */
uint64_t store_duplicates(const struct store *s);

void store_input_ended(struct store *s, unsigned input);

/*
 * A cursor joins before the oldest live record and leaves.  c is the
 * caller's, and stays where it is between the two.
 */
void store_join(struct store *s, struct cursor *c, int keep);
/*
 * The same for who will never take but live records.  Nothing is kept for it
 * and no store_add() looks at it: there may be thousands.
 */
void store_join_live(struct store *s, struct cursor *c);
void store_leave(struct store *s, struct cursor *c);

/*
 * Take what the cursor is to send next: at most max records into recs, each
 * with a reference for the caller, at most bytes of them together (but one
 * always).  Returns how many; 0 when nothing is unsent.
 */
size_t store_take(struct store *s, struct cursor *c, struct record **recs,
    size_t max, size_t bytes, int64_t now);

/*
 * The same with the trains (reader_trains()) that the cursor is to send:
 * trains[i] records directly before recs[i], 0 where they are skipped or sent
 * already.  store_take() skips them all.
 */
size_t store_take_trains(struct store *s, struct cursor *c,
    struct record **recs, uint32_t *trains, size_t max, size_t bytes,
    int64_t now);

/* Whether store_take() would return something. */
int store_pending(struct store *s, struct cursor *c, int64_t now);

/* The index of the last record: one whose passed is not less is up to date. */
uint64_t store_index(const struct store *s);

/*
 * Give memory back until want bytes are free in the pool: superseded records
 * first, also those that a recording still wants; then live ones are moved
 * out of blocks they keep alive alone.  Returns 1 when enough is free.
 */
int store_shrink(struct store *s, size_t want);

/*
 * The last resort of a full pool: give up whole live records of the input
 * that holds most, oldest first, until want bytes are free.  Returns the
 * records given up, and the input they came from; 0: nothing to give up.
 */
size_t store_evict(struct store *s, size_t want, unsigned *input);

#endif
