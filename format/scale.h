/*
 * scale.h - whether an axis should be logarithmic
 *
 * It should when the values span decades and a linear axis would show most of
 * them as one line at its foot: a spectrum, a residual that falls.  Not for a
 * peak with faint tails, nor where what is small is rounding or zero.
 */
#ifndef SCALE_H
#define SCALE_H

#include <stddef.h>

/* What has been seen of the values of an axis. */
struct scale_look {
	double	 lo, hi;	/* of the positive ones; lo > hi: none */
	size_t	 positive, zero, negative;
	size_t	 low;		/* less than a hundredth of hi */
};

/* Begin; then look at n values, every stride-th double, and when all were
 * seen once, at all of them again with scale_low(). */
void scale_begin(struct scale_look *l);
void scale_see(struct scale_look *l, const double *v, size_t n,
    size_t stride);
void scale_low(struct scale_look *l, const double *v, size_t n,
    size_t stride);

/* Of which values: a share of them must be low. */
#define SCALE_ARRAY	0.9	/* more than the tails of a peak are */
#define SCALE_PAST	0.5	/* of a number, as a residual */

/* Whether it should be logarithmic; is: it was so far, and remains so while
 * that makes sense. */
int scale_asks(const struct scale_look *l, double share, int is);

/*
 * Whether x, too, should be, given that y is: n rows of (x, y) are straighter
 * that way, x spans two decades, and at most the first is not positive.
 */
int scale_asks_both(const double *rows, size_t n);

/* Whether n rising values, every stride-th double, are spaced evenly on a
 * logarithmic axis and span two decades. */
int scale_is_even(const double *v, size_t n, size_t stride);

#endif
