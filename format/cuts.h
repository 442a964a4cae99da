/*
 * cuts.h - a curve thinned for several pictures at once
 *
 * As in thin.h, of each run of points in one pixel column the first, the
 * least, the greatest and the last stay.  Here runs end wherever a column of
 * any of the pictures does, so that the one curve is exact in all of them: a
 * run cut in two covers no less.  Points nearer to the edge of a column than
 * rounding can tell, and those with the least and the greatest x, stay, too.
 */
#ifndef CUTS_H
#define CUTS_H

#include <stddef.h>

#include "buffer.h"
#include "thin.h"

#define CUTS_Y	64

struct cut {
	double	 lo, hi;	/* too near to the edge of a column */
};

struct cuts {
	struct cut	*cut;	/* in order and apart, once sorted */
	size_t		 n;
	size_t		 room;
	double		 y[CUTS_Y];	/* runs end there, too */
	unsigned	 ny;
	/* Of the curve: */
	size_t		 least, greatest;	/* points kept in any case */
	struct buffer	*out;
	size_t		 seen;		/* points taken in */
	size_t		 in_run;	/* 0: none */
	double		 from, to;	/* between which x its run lies, */
	double		 above, below;	/* and between which y */
	double		 run_x[4], run_y[4];
	size_t		 at[4];
	int		 gap;
};

/* Add a picture's columns (at most CUTS_COLUMNS of them), before cuts_sort().
 * -1: out of memory, or too many. */
#define CUTS_COLUMNS	65536
int cuts_add(struct cuts *c, const struct thin_columns *columns);
/* Add an end of a range of y: of lines that cross it one may be drawn and
 * another not.  -1: too many. */
int cuts_add_y(struct cuts *c, double y);
void cuts_sort(struct cuts *c);
void cuts_clear(struct cuts *c);
void cuts_free(struct cuts *c);

/*
 * Begin a curve; its points go to out as pairs of doubles.  least and greatest
 * are the numbers of the points with the least and the greatest x, from 0.
 */
void cuts_begin(struct cuts *c, size_t least, size_t greatest,
    struct buffer *out);
/* Take n points; one that is not a number, or beyond THIN_MOST, is a gap. */
void cuts_points(struct cuts *c, const double *x, const double *y, size_t n);
void cuts_end(struct cuts *c);

#endif
