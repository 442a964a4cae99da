/*
 * moment.h - a place in the course of a recording, as people say it
 *
 *	100			a step
 *	t=0.5			simulated time
 *	90s  10m  2h  3d	since the recording's first record
 *	2026-11-20T10:00	a wall time: UTC, or with +01:00 behind it
 *	50%			a share of the recording's time
 */
#ifndef MOMENT_H
#define MOMENT_H

#include "record.h"

enum moment_kind {
	MOMENT_NONE, MOMENT_STEP, MOMENT_TIME, MOMENT_SINCE, MOMENT_WALL,
	MOMENT_SHARE
};

struct moment {
	enum moment_kind kind;
	int64_t		 step;
	double		 t;		/* or the share, 0 to 1 */
	int64_t		 wall;		/* ns; MOMENT_SINCE: since the first */
};

/* Where a run stands: what its records have said so far.  Zeros at first. */
struct standing {
	int		 has_step;	/* of its own; else step is seq */
	int64_t		 step;
	int		 has_t;
	double		 t;
	int64_t		 wall;
};

/* 0, or -1 where the text says none of these. */
int moment_parse(struct moment *m, const char *text);

/*
 * Make a wall time of a time since the first record, or a share; first and
 * last: the recording's wall times.
 */
void moment_resolve(struct moment *m, int64_t first, int64_t last);

/* The run has come to r, neither a history nor a duplicate. */
void standing_note(struct standing *s, const struct record *r);

/*
 * Below 0: the run stands before the moment, which is not MOMENT_SINCE or
 * MOMENT_SHARE any more; 0: at it; above 0: behind it.  Where it has told no
 * simulated time, it stands before each.
 */
int moment_compare(const struct moment *m, const struct standing *s);

#endif
