/*
 * raster.h - a plane of values on a uniform grid, no finer than it is shown
 *
 * gnuplot draws images on uniform grids only.  A cell of the new grid covers
 * the elements of which the middle lies in it, and each is covered by one; it
 * shows their mean or the greatest.  One that covers none shows the element
 * that its own middle lies in.
 */
#ifndef RASTER_H
#define RASTER_H

#include "buffer.h"
#include "view.h"

/*
 * What a cell shows of the values that it covers: their mean, the greatest,
 * or the one at its middle whatever the others are.  Values that are not
 * numbers or greater than RANGE_MOST are passed over.
 */
enum raster_how { RASTER_MEAN, RASTER_MAX, RASTER_NEAREST };

/* A dimension: where the cells of its n elements lie. */
struct axis {
	uint64_t	 n;
	int		 uniform;
	int		 flip;		/* element 0 has the greatest place */
	double		 first, step;	/* uniform: place of the least */
	double		*edges;		/* else: n + 1 of them, rising */
	double		 lo, hi;	/* the outer edges */
};

/*
 * The axis of dimension dim of v along its coordinate; by index where there
 * is none (rec NULL) or it does not rise or fall throughout.  -1: out of
 * memory.  axis_free() it.
 */
int axis_init(struct axis *a, const struct view *v, unsigned dim,
    const struct view *coordinate);
void axis_free(struct axis *a);

/* The least and greatest value up to RANGE_MOST; *odd: some are infinite or
 * greater.  lo > hi: none. */
void raster_extremes(const struct view *v, double *lo, double *hi, int *odd);

/* The grid to be made: cols x rows cells over a window in the axes' units. */
struct raster {
	unsigned	 cols, rows;
	double		 xlo, xhi, ylo, yhi;
	enum raster_how	 how;
};

/*
 * Append to out cols x rows doubles, the first row the lowest: what the cells
 * show of v, a view of rank 2 with the axes x and y.  Outside the axes, and
 * where no value is, they are NaN.  0; -1: out of memory.
 */
int raster_make(const struct view *v, const struct axis *x,
    const struct axis *y, const struct raster *r, struct buffer *out);

#endif
