/*
 * grid: points in rows seen as a grid.
 *
 * Always true: what is called a grid is one exactly, to the last bit of every
 * coordinate.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"

/* Is the value the same all along each row, and rises or falls across? */
static int
stays(const double *v, size_t rows, size_t n)
{
	size_t r, i;
	double d = v[n] - v[0];

	for (r = 0; r < rows; r++) {
		for (i = 0; i < n; i++)
			if (!(v[r * n + i] == v[r * n]))
				return 0;
		if (r > 0 && !((v[r * n] - v[(r - 1) * n]) * d > 0))
			return 0;
	}
	return isfinite(v[0]) && isfinite(v[(rows - 1) * n]);
}

/* Does it rise or fall along the row, in the same way in all rows? */
static int
repeats(const double *v, size_t rows, size_t n)
{
	size_t r, i;
	double d = v[1] - v[0];

	for (i = 1; i < n; i++)
		if (!((v[i] - v[i - 1]) * d > 0))
			return 0;
	for (r = 1; r < rows; r++)
		for (i = 0; i < n; i++)
			if (!(v[r * n + i] == v[i]))
				return 0;
	return isfinite(v[0]) && isfinite(v[n - 1]);
}

enum grid
grid_kind(const double *x, const double *y, size_t rows, size_t n)
{
	if (repeats(x, rows, n) && stays(y, rows, n))
		return GRID_ALONG_X;
	if (stays(x, rows, n) && repeats(y, rows, n))
		return GRID_ALONG_Y;
	return GRID_NONE;
}

void
grid_across(double *v, size_t rows, size_t n)
{
	size_t r;

	for (r = 1; r < rows; r++)
		v[r] = v[r * n];
}

int
grid_transpose(double *v, size_t rows, size_t n)
{
	double *copy;
	size_t r, i;

	if (rows > SIZE_MAX / sizeof(*copy) / n ||
	    (copy = malloc(rows * n * sizeof(*copy))) == NULL)
		return -1;
	memcpy(copy, v, rows * n * sizeof(*copy));
	for (r = 0; r < rows; r++)
		for (i = 0; i < n; i++)
			v[i * rows + r] = copy[r * n + i];
	free(copy);
	return 0;
}
