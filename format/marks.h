/*
 * marks.h - points and error bars, no more of them than a picture can show
 *
 * Marks of one colour that fall on the same cells of a picture's grid cover
 * each other: one of them is enough.  So is an error bar away whose ends and
 * middle lie where other bars of its column have theirs, on what those have
 * painted.  Exact while the grid is that of the picture and its edges are not
 * softened; what lies outside is not seen, and left out.
 */
#ifndef MARKS_H
#define MARKS_H

#include <stdint.h>

#include "buffer.h"
#include "thin.h"

struct marks;

/*
 * A grid: along x and y as in thin.h, fine cells a unit (1 where units are
 * the pixels).  NULL: out of memory.
 */
struct marks *marks_new(const struct thin_columns *x,
    const struct thin_columns *y, unsigned fine);
void marks_free(struct marks *m);

/* Append the n points that are needed to out, as pairs of doubles. */
void marks_points(struct marks *m, const double *x, const double *y,
    size_t n, struct buffer *out);

/*
 * Append a bar from y - e to y + e, as two rows of four doubles: x, y, low and
 * high end, and one of NaN.  gnuplot's yerrorlines, without a line between
 * rows that such a one parts, are bars that leave others' pixels alone; its
 * yerrorbars clear some around each middle.
 */
void marks_bar(struct buffer *out, double x, double y, double e);

/* Append the bars of n points that are needed; an error that is not finite is
 * none. */
void marks_bars(struct marks *m, const double *x, const double *y,
    const double *error, size_t n, struct buffer *out);

/*
 * Points of various colours cover those before them.  First marks_cover()
 * with all of them; marks_seen() then tells of each, in the same order,
 * whether any of it is seen.
 */
int marks_cover(struct marks *m, const double *x, const double *y, size_t n);
int marks_seen(struct marks *m, double x, double y);

#endif
