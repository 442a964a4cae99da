/*
 * raster.h - a plane of values on a uniform grid, no finer than it is shown
 *
 * gnuplot draws images on uniform grids only.  A cell of the new grid
 * has the mean of the values whose cells it covers, or where it is the
 * smaller, the value of the one that its middle lies in.
 */
#ifndef RASTER_H
#define RASTER_H

#include "buffer.h"
#include "view.h"

/* What a cell shows of the values that it covers. */
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

/*
 * Append to out cols x rows doubles, the first row the lowest: the plane of v
 * between the edges of its axes.
 */
int raster_make(const struct view *v, const struct axis *x,
    const struct axis *y, unsigned cols, unsigned rows, struct buffer *out);

#endif
