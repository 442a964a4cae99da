/*
 * meter.h - how the picture keeps up with the run, as it is told beside it
 *
 *	30 frames/s of which each shows the newest of 12 records, 0.1 s old:
 *	"0.1 s old   30 frames/s   1 record in 12, the newest"
 *
 * The numbers are means over about a second, and change at most twice a
 * second and only where they change by much.
 */
#ifndef METER_H
#define METER_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

/* Frames of some time; ages are summed, ns. */
struct meter_block {
	int64_t		 begun;
	uint64_t	 published;	/* as of then */
	unsigned	 frames;	/* since */
	int64_t		 ages;
};

/* All zero at first.  Times are ns of a steady clock, as are those below. */
struct meter {
	struct meter_block now, before;
	uint64_t	 runs;		/* another when sources change */
	unsigned	 sources;
	int64_t		 last;		/* frame */
	int64_t		 every;		/* ns from frame to frame; 0: unknown */
	double		 age, rate, skip;	/* as they are shown */
	int		 learned;
	int64_t		 least;		/* lag of a record that just came */
	int64_t		 told;		/* when text was made */
	char		 text[112];
};

/*
 * How old a state is, ns: since is the time since the newest of its records
 * came, lag the time since it was made, by the clocks of here and there.  Of
 * clocks that cannot agree only the difference counts.
 */
int64_t meter_age(struct meter *m, int64_t lag, int64_t since);

/* A state of that age that was not drawn yet is drawn. */
void meter_frame(struct meter *m, struct state *st, int64_t age, int64_t now);

/* The line, for a picture whose state has that age now. */
const char *meter_text(struct meter *m, int64_t age, int64_t now);

/* When, with no other frame until then, the line is to be drawn anew: cost is
 * the time that takes.  INT64_MAX: never. */
int64_t meter_due(const struct meter *m, int64_t age, int64_t cost,
    int64_t now);

#endif
