/*
 * raster.c - a plane of values on a uniform grid, no finer than it is shown
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "range.h"
#include "raster.h"

#define CHUNK	1024

void
axis_free(struct axis *a)
{
	free(a->edges);
	a->edges = NULL;
}

static void
by_index(struct axis *a)
{
	a->uniform = 1;
	a->flip = 0;
	a->first = 0;
	a->step = 1;
	a->lo = -0.5;
	a->hi = (double)a->n - 0.5;
}

/* Turn n rising places into the edges of their cells. */
static void
make_edges(struct axis *a, const double *at)
{
	uint64_t i;

	for (i = 1; i < a->n; i++)
		a->edges[i] = at[i - 1] / 2 + at[i] / 2;
	a->edges[0] = at[0] - (a->edges[1] - at[0]);
	a->edges[a->n] = at[a->n - 1] + (at[a->n - 1] - a->edges[a->n - 1]);
	a->lo = a->edges[0];
	a->hi = a->edges[a->n];
}

/* Whether the places rise; one that falls is turned round. */
static int
rises(struct axis *a, double *at)
{
	double swap;
	uint64_t i;

	a->flip = at[0] > at[a->n - 1];
	for (i = 0; a->flip && i < a->n / 2; i++) {
		swap = at[i];
		at[i] = at[a->n - 1 - i];
		at[a->n - 1 - i] = swap;
	}
	for (i = 1; i < a->n; i++) {
		if (!(at[i] > at[i - 1]))
			return 0;
	}
	return fabs(at[0]) <= RANGE_MOST && fabs(at[a->n - 1]) <= RANGE_MOST;
}

int
axis_init(struct axis *a, const struct view *v, unsigned dim,
    const struct view *coordinate)
{
	double *at, off = 0;
	uint64_t i;

	memset(a, 0, sizeof(*a));
	a->n = v->extents[dim];
	by_index(a);
	if (coordinate->rec == NULL || a->n < 2)
		return 0;
	at = calloc((size_t)a->n, sizeof(*at));
	a->edges = calloc((size_t)a->n + 1, sizeof(*a->edges));
	if (at == NULL || a->edges == NULL) {
		free(at);
		axis_free(a);
		return -1;
	}
	view_values(coordinate, 0, 0, (size_t)a->n, at);
	if (!rises(a, at)) {
		by_index(a);
	} else {
		a->first = at[0];
		a->step = (at[a->n - 1] - at[0]) / (double)(a->n - 1);
		for (i = 0; i < a->n; i++)
			off = fmax(off, fabs(at[i] - a->first -
			    (double)i * a->step));
		/* A tenth of a cell is not seen. */
		a->uniform = off < a->step / 10;
		make_edges(a, at);
		if (a->uniform) {
			a->lo = a->first - a->step / 2;
			a->hi = at[a->n - 1] + a->step / 2;
		}
	}
	free(at);
	if (a->uniform)
		axis_free(a);
	return 0;
}

/* The cell that u lies in. */
static uint64_t
cell_at(const struct axis *a, double u)
{
	uint64_t lo = 0, hi = a->n, mid;
	double at;

	if (a->uniform) {
		at = floor((u - a->lo) / (a->hi - a->lo) * (double)a->n);
		return at <= 0 ? 0 : at >= (double)a->n ? a->n - 1 :
		    (uint64_t)at;
	}
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (u < a->edges[mid])
			hi = mid;
		else
			lo = mid;
	}
	return lo;
}

/* The elements, first to before last, that cell k of m shows. */
static void
covered(const struct axis *a, unsigned k, unsigned m, uint64_t *first,
    uint64_t *last)
{
	double width = (a->hi - a->lo) / m;
	uint64_t swap;

	*first = cell_at(a, a->lo + k * width);
	*last = cell_at(a, a->lo + (k + 1) * width);
	if (*last - *first <= 1)
		*first = cell_at(a, a->lo + (k + 0.5) * width);
	if (*last <= *first)
		*last = *first + 1;
	if (a->flip) {
		swap = a->n - *first;
		*first = a->n - *last;
		*last = swap;
	}
}

/* Widen lo to hi by n values, in four lanes that do not wait for each other;
 * one that is not a number is passed over. */
static void
extremes(const double *v, size_t n, double *lo, double *hi)
{
	double l[4] = { *lo, *lo, *lo, *lo }, h[4] = { *hi, *hi, *hi, *hi };
	size_t i, k;

	for (i = 0; i + 4 <= n; i += 4) {
		for (k = 0; k < 4; k++) {
			l[k] = v[i + k] < l[k] ? v[i + k] : l[k];
			h[k] = v[i + k] > h[k] ? v[i + k] : h[k];
		}
	}
	for (; i < n; i++) {
		l[0] = v[i] < l[0] ? v[i] : l[0];
		h[0] = v[i] > h[0] ? v[i] : h[0];
	}
	for (k = 0; k < 4; k++) {
		*lo = l[k] < *lo ? l[k] : *lo;
		*hi = h[k] > *hi ? h[k] : *hi;
	}
}

/* The extremes of n values of a row, without those that are too great. */
static int
row_extremes(const struct view *v, uint64_t row, uint64_t col, size_t n,
    double *lo, double *hi)
{
	double value[CHUNK], l = INFINITY, h = -INFINITY;
	size_t i;
	int odd;

	view_values(v, row, col, n, value);
	extremes(value, n, &l, &h);
	odd = l <= h && (l < -RANGE_MOST || h > RANGE_MOST);
	if (!odd) {
		*lo = l < *lo ? l : *lo;
		*hi = h > *hi ? h : *hi;
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (fabs(value[i]) > RANGE_MOST)
			value[i] = NAN;
	}
	extremes(value, n, lo, hi);
	return 1;
}

void
raster_extremes(const struct view *v, double *lo, double *hi, int *odd)
{
	uint64_t row, col, rows = v->rank == 2 ? v->extents[0] : 1;
	uint64_t cols = v->extents[v->rank - 1];
	size_t n;

	*lo = INFINITY;
	*hi = -INFINITY;
	*odd = 0;
	for (row = 0; row < rows; row++) {
		for (col = 0; col < cols; col += n) {
			n = cols - col < CHUNK ? (size_t)(cols - col) : CHUNK;
			*odd |= row_extremes(v, row, col, n, lo, hi);
		}
	}
}

/* Add the values of one row of v to the cells that show them. */
static void
add_row(const struct view *v, uint64_t row, double *values,
    const uint64_t *cover, unsigned cols, double *sum, double *count)
{
	unsigned j;
	uint64_t i;

	view_values(v, row, 0, (size_t)v->extents[1], values);
	for (j = 0; j < cols; j++) {
		for (i = cover[2 * j]; i < cover[2 * j + 1]; i++) {
			if (!(fabs(values[i]) <= RANGE_MOST))
				continue;
			sum[j] += values[i];
			count[j]++;
		}
	}
}

int
raster_make(const struct view *v, const struct axis *x,
    const struct axis *y, unsigned cols, unsigned rows, struct buffer *out)
{
	uint64_t *cover, first, last, i;
	double *values, *sum, *to;
	unsigned j, k;
	int status = -1;

	cover = calloc(cols, 2 * sizeof(*cover));
	values = calloc((size_t)v->extents[1], sizeof(*values));
	sum = calloc(cols, 2 * sizeof(*sum));
	to = buffer_room(out, (size_t)cols * rows * sizeof(*to));
	if (cover == NULL || values == NULL || sum == NULL || to == NULL)
		goto done;
	for (j = 0; j < cols; j++)
		covered(x, j, cols, &cover[2 * j], &cover[2 * j + 1]);
	for (k = 0; k < rows; k++) {
		memset(sum, 0, cols * 2 * sizeof(*sum));
		covered(y, k, rows, &first, &last);
		for (i = first; i < last; i++)
			add_row(v, i, values, cover, cols, sum, sum + cols);
		for (j = 0; j < cols; j++)
			to[(size_t)k * cols + j] = sum[cols + j] > 0 ?
			    sum[j] / sum[cols + j] : NAN;
	}
	out->len += (size_t)cols * rows * sizeof(*to);
	status = 0;
done:
	free(cover);
	free(values);
	free(sum);
	return status;
}
