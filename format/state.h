/*
 * state.h - the newest value of every field of every source
 *
 * A state merges records.  For each source it knows the fields by name, each
 * with the record that last set it.  A record is held exactly as long as at
 * least one of its fields is the newest of its name (or it is its source's
 * final record, or its newest history): then it is live, else superseded.
 */
#ifndef STATE_H
#define STATE_H

#include "record.h"

#define STATE_NAMES_MAX		4096	/* names of one source */
#define STATE_SOURCES_MAX	1024	/* sources of one input */
#define STATE_GONE_MAX		4096	/* of all inputs that have ended */
#define STATE_RUNS_MAX		1024	/* replaced runs that are remembered */
#define STATE_NO_INPUT		UINT32_MAX

/* One live record. */
struct holding {
	struct record	*rec;
	struct source	*source;
	unsigned	 owned;		/* fields that are the newest */
	void		*user;		/* the caller's, from state_merge() */
	struct holding	*twin;		/* state_snapshot()'s */
};

/* One name of a source.  Withdrawn fields keep their slot, type none. */
struct slot {
	struct holding	*holding;
	uint32_t	 index;		/* the field in the record's table */
};

struct source {
	char		 name[APREC_SOURCE_MAX + 1];
	unsigned	 number;	/* 2: shown as name#2; 1: as name */
	uint64_t	 run;
	uint64_t	 seq;		/* the last one's */
	uint64_t	 filled;	/* the seq of the last with a field */
	int64_t		 wall;		/* the last one's */
	uint64_t	 records;	/* merged, duplicates not counted */
	unsigned	 input;		/* the first of those it comes over, or
					 * STATE_NO_INPUT: all have ended */
	int		 final;		/* the final record has come */
	int		 ended;		/* final, or all inputs are */
	unsigned	 nslots;
	struct slot	*slots;		/* in the order of first appearance */
	struct holding	*history;	/* its newest history record, or NULL */
	struct source	*next;		/* in state_sources()' order */
	struct source_private *private;
};

enum state_event {
	STATE_MERGED,
	STATE_DUPLICATE,	/* seq not above the last of its run, which
				 * may have been replaced meanwhile */
	STATE_NAMES,		/* refused: above STATE_NAMES_MAX */
	STATE_SOURCES,		/* refused: above STATE_SOURCES_MAX */
	STATE_FAILED		/* out of memory, errno */
};

struct state;

/*
 * What sources and names take is charged to pool; NULL: to nobody.
 * superseded(arg, user) is called for each record that ceases to be live,
 * with the user pointer it was merged with, before the state drops its
 * reference.  NULL: nobody wants to know.
 */
struct state *state_new(struct pool *pool,
    void (*superseded)(void *arg, void *user), void *arg);
void state_free(struct state *st);

/*
 * Merge rec, taking a reference of its own.  input tells inputs apart for
 * state_input_ended(); user is handed to superseded().  *live, when live is
 * not NULL, is the record's holding, or NULL where it owns nothing; it is the
 * caller's to look at until superseded() names its user.  Refused records
 * change nothing.
 */
enum state_event state_merge(struct state *st, struct record *rec,
    unsigned input, void *user, struct holding **live);

/* The seq of the run's last record, also of a replaced one that is remembered;
 * 0 where the run is not known. */
uint64_t state_seq(struct state *st, uint64_t run);

/*
 * No more records come from that input: sources that come over no other are
 * ended, and a new run of their name replaces them.  Of all that inputs have
 * left so, the last STATE_GONE_MAX stay.
 */
void state_input_ended(struct state *st, unsigned input);

/* Give up a live record: its names are forgotten (superseded() is called).
 * For use over the memory limit only. */
void state_evict(struct state *st, struct holding *h);

/* Put a copy of its record in its place, whose table must be the same one. */
void state_replace(struct holding *h, struct record *copy);

/*
 * The sources, first to last: by name, where digits count as numbers, so
 * that rank 10 comes after rank 9.
 */
struct source *state_sources(const struct state *st);
unsigned state_count(const struct state *st);

/* "name" or "name#2" into buf. */
#define SOURCE_SHOWN_MAX	(APREC_SOURCE_MAX + 16)
const char *source_shown(const struct source *s, char buf[SOURCE_SHOWN_MAX]);

/*
 * The field of that name and its record; NULL when it is unknown or
 * withdrawn.
 */
const struct field *source_field(const struct source *s, const char *name,
    const struct record **rec);

/* Slot i's field and record; NULL when it is withdrawn. */
const struct field *source_slot(const struct source *s, unsigned i,
    const struct record **rec);

/* The step: the whole-number field `step`, else the seq of the last record
 * that had a field. */
int64_t source_step(const struct source *s);

/* Simulated time: the number `t`, else `time`.  1 when there is one. */
int source_time(const struct source *s, double *t);

/*
 * A copy that holds its own references and does not change: for drawing
 * while the state goes on.  NULL: out of memory.  state_free() it.
 */
struct state *state_snapshot(const struct state *st);

#endif
