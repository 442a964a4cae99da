/*
 * range.h - ranges of axes that do not tremble from frame to frame
 *
 * A range follows what is drawn in round steps: it widens as soon as
 * something lies outside, and narrows only after RANGE_PATIENCE frames that
 * used less than two fifths of it.  One made for one value alone, which says
 * nothing of what is to come, is made anew for the first other.
 */
#ifndef RANGE_H
#define RANGE_H

#define RANGE_PATIENCE	20
#define RANGE_MOST	1e300	/* greater values are not drawn */

struct range {
	double	 lo, hi;	/* lo < hi */
	int	 set;
	unsigned slack;		/* frames that used little of it */
	int	 one;		/* made for one value alone */
};

/* Follow the values from lo to hi; lo > hi: there are none.  After it the
 * range is always set. */
void range_follow(struct range *r, double lo, double hi);

/* The same, but the range is always from -hi to hi. */
void range_follow_both(struct range *r, double lo, double hi);

/* The decades that have lo, which is above 0, and hi. */
void range_decades(struct range *r, double lo, double hi);

/* Move apart what is too close for an axis: equal, or but for rounding. */
void range_part(double *lo, double *hi);

/* What it costs to have tics so many cells apart in a picture of characters,
 * where labels want so many: more where there are few, and where a cell more
 * here and there would look like another scale. */
double range_tics_cost(double each, double apart);

/* Significant digits by which tics from lo to hi differ, 6 to 15: 6 is what
 * gnuplot writes when it is told nothing. */
int range_digits(double lo, double hi);

/* Widest label, in characters, that gnuplot gives tics from lo to hi. */
unsigned range_label(double lo, double hi);

#endif
