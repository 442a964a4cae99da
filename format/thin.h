/*
 * thin.h - a curve with no more points than its picture can show
 *
 * Of each run of points in one pixel column the first, the least, the
 * greatest and the last stay, in their order.  Drawn with lines they cover
 * the same pixels as all of the run: the line enters the column at the first,
 * sweeps from the least to the greatest, and leaves it at the last.  This
 * holds for any order of x, and is exact while the columns are those that
 * the picture is drawn on.
 */
#ifndef THIN_H
#define THIN_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define THIN_MOST	1e300

/*
 * The columns: as gnuplot maps it, x falls into column
 *
 *	floor(first + (x - lo) * (last - first) / (hi - lo) + 0.5)
 *
 * with log, the same of the logarithms (lo and hi above 0).  lo may be above
 * hi.
 */
struct thin_columns {
	double	 lo, hi;	/* the range of the axis */
	double	 first, last;	/* where it is drawn */
	int	 log;
};

struct thin {
	struct thin_columns columns;
	struct buffer	*out;
	double		 scale;
	double		 least, most;	/* the range, of logarithms under log */
	double		 left, right;	/* columns of what lies outside */
	double		 low, high;	/* where those inside begin and end */
	double		 column;	/* of the run, NaN: none */
	double		 x[4], y[4];	/* first, min, max, last */
	size_t		 at[4];		/* the points' numbers */
	size_t		 n;		/* points taken in */
	int		 gap;		/* an undefined point was put last */
};

/* Points go to out, as pairs of doubles. */
void thin_begin(struct thin *t, const struct thin_columns *c,
    struct buffer *out);

/*
 * Take n points.  One that is not a number, or beyond THIN_MOST (under log also
 * an x not above 0), is a gap in the line, put as one point of NaN however
 * many there are.
 */
void thin_add(struct thin *t, const double *x, const double *y, size_t n);

/* The same where x is first, first + 1, ...: up to 2^50. */
void thin_add_even(struct thin *t, uint64_t first, const double *y, size_t n);

void thin_end(struct thin *t);

#endif
