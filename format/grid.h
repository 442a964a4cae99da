/*
 * grid: points in rows, as gnuplot's splot reads them, seen as a grid.
 *
 * Programs print a function of x and y as lines "x y z", with a blank line
 * behind each row of points.  Either x is the same all along a row, or y is.
 * Where the other one is then the same in all rows, z is an array over a
 * rectangular grid, and x and y are its coordinates.  Pure.
 */

#ifndef GRID_H
#define GRID_H

#include <stddef.h>

enum grid {
	GRID_NONE,
	GRID_ALONG_X,		/* in a row x rises or falls, y stays */
	GRID_ALONG_Y
};

/*
 * What the points are; x and y are rows * n numbers, row after row, with rows
 * and n at least 2.  A coordinate has to rise or fall all the way.
 */
enum grid grid_kind(const double *x, const double *y, size_t rows, size_t n);

/* The coordinate along the rows is v[0..n).  Makes v[0..rows) the other. */
void grid_across(double *v, size_t rows, size_t n);

/* Makes rows of columns: rows * n values, in place.  -1: out of memory. */
int grid_transpose(double *v, size_t rows, size_t n);

#endif
