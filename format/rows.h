/*
 * rows.h - the rows of a panel's curves, and their plot
 *
 * Rows are pairs of x and y in the frame's own data (sheet.h), those of error
 * bars of four numbers behind them: what a curve, whatever its points come
 * from, hands to gnuplot.
 */
#ifndef ROWS_H
#define ROWS_H

#include "picture.h"

/* How the curves of a panel can be drawn. */
struct rows_style {
	const char	*name;		/* gnuplot's */
	const char	*with;		/* options of it */
	int		 marks;		/* each value has a mark of its own */
	int		 base;		/* it stands on 0 */
	int		 filled;
	int		 sorted;	/* drawn in the order of x */
};

/* The rows of a curve in own: n, and nbars with error bars behind them. */
struct rows {
	size_t		 from;
	size_t		 n;
	size_t		 bars;		/* where those begin */
	size_t		 nbars;
	double		 lo, hi;	/* of y */
};

/* The style of a curve; NULL: one of the user's that is not known here. */
const struct rows_style *rows_style(const struct drawing *d,
    const struct curve *c);

/* Set n values that an axis, logarithmic or not, cannot show to NaN. */
void rows_undefine(double *v, size_t n, int log);

/* What was put into own from r->from on are the rows of a curve. */
void rows_end(const struct drawing *d, struct rows *r);

/* Whether thinning a curve by columns of pixels changes none of them. */
int rows_can_be_thinned(const struct drawing *d, const struct curve *c);

/* What the rows of all curves of the panel span, for its y axis; 0 when they
 * hold no value. */
int rows_follow(struct drawing *d, const struct rows *rows);

/*
 * Look whether the values ask for a logarithmic y axis (share: SCALE_ARRAY or
 * SCALE_PAST), and if so whether x has to be, too.  What is looked at are the
 * rows, which have all extremes.
 */
void rows_look(struct drawing *d, const struct rows *rows, double share);

/* Whether the y axis is to be logarithmic. */
int rows_log_y(const struct drawing *d);

/* Whether what the values ask for since is something else than is drawn. */
int rows_changed(const struct drawing *d);

/* By how much the y axis goes beyond its range: a line of characters on the
 * border would not be seen. */
double rows_beyond(const struct drawing *d);

/* The plot of the rows of all curves over x from xlo to xhi; the y axis goes
 * beyond its range by so much (rows_beyond(), or 0). */
void rows_plot(struct drawing *d, const struct rows *rows, double xlo,
    double xhi, double beyond);

#endif
