/*
 * pace.h - when to send the records of a recording again
 *
 * Times are ns: wall times of records, and those of any steady clock.
 */
#ifndef PACE_H
#define PACE_H

#include <stdint.h>

struct pace {
	double		 speed;		/* 2: twice as fast; 0: at once */
	int		 begun;
	double		 wall;		/* the recording's time at */
	double		 clock;		/* that of the steady clock */
	double		 last;		/* the recording's, as far as it is */
};

/* What a run's clock differs by.  Zeros at first. */
struct pace_run {
	int		 known;
	double		 shift;		/* ns to add to its wall times */
	double		 wall;		/* of its last record */
};

/*
 * When a record of that wall time is due, now or later.  The time between
 * two records of a run is that between their wall times; a run whose clock is
 * behind those of others, or is set back, goes on at once.  When records are
 * late, because the reader was slow, all that follow are as much later.
 */
int64_t pace_due(struct pace *p, struct pace_run *run, int64_t wall,
    int64_t now);

#endif
