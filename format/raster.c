/*
 * raster.c - a plane of values on a uniform grid, no finer than it is shown
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "range.h"
#include "raster.h"

#define CHUNK	1024
#define LANES	8	/* values that do not wait for each other */

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

/* How many elements have their middle below u. */
static uint64_t
below(const struct axis *a, double u)
{
	uint64_t lo = 0, hi = a->n, mid;
	double at;

	if (a->uniform) {
		at = ceil((u - a->lo) / (a->hi - a->lo) * (double)a->n - 0.5);
		return !(at > 0) ? 0 : at >= (double)a->n ? a->n :
		    (uint64_t)at;
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (a->edges[mid] / 2 + a->edges[mid + 1] / 2 < u)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The elements, first to before last, that a cell shows. */
struct cover {
	uint64_t	 first, last;
};

/* What cell k of m from lo to hi shows. */
static struct cover
covered(const struct axis *a, double lo, double hi, unsigned k, unsigned m,
    enum raster_how how)
{
	double middle = lo + (hi - lo) * ((k + 0.5) / m);
	struct cover c = { 0, 0 };
	uint64_t swap;

	if (how != RASTER_NEAREST) {
		c.first = below(a, lo + (hi - lo) * ((double)k / m));
		c.last = below(a, lo + (hi - lo) * ((k + 1.0) / m));
	}
	if (c.first >= c.last) {
		if (!(middle >= a->lo && middle <= a->hi))
			return (struct cover){ 0, 0 };
		c.first = cell_at(a, middle);
		c.last = c.first + 1;
	}
	if (a->flip) {
		swap = a->n - c.first;
		c.first = a->n - c.last;
		c.last = swap;
	}
	return c;
}

/* n values of a row from col on: where they lie, or in buf. */
static const double *
row_values(const struct view *v, uint64_t row, uint64_t col, size_t n,
    double *buf)
{
	const double *d = view_doubles(v);

	if (d != NULL)
		return d + (v->rank == 2 ? row * v->extents[1] : 0) + col;
	view_values(v, row, col, n, buf);
	return buf;
}

/* Widen lo to hi by n values; one that is not a number is passed over. */
static void
extremes(const double *v, size_t n, double *lo, double *hi)
{
	double l[LANES], h[LANES];
	size_t i, k;

	for (k = 0; k < LANES; k++) {
		l[k] = *lo;
		h[k] = *hi;
	}
	for (i = 0; i + LANES <= n; i += LANES) {
		for (k = 0; k < LANES; k++) {
			l[k] = v[i + k] < l[k] ? v[i + k] : l[k];
			h[k] = v[i + k] > h[k] ? v[i + k] : h[k];
		}
	}
	for (; i < n; i++) {
		l[0] = v[i] < l[0] ? v[i] : l[0];
		h[0] = v[i] > h[0] ? v[i] : h[0];
	}
	for (k = 0; k < LANES; k++) {
		*lo = l[k] < *lo ? l[k] : *lo;
		*hi = h[k] > *hi ? h[k] : *hi;
	}
}

/* The extremes of n values of a row, without those that are too great. */
static int
row_extremes(const struct view *v, uint64_t row, uint64_t col, size_t n,
    double *lo, double *hi)
{
	double buf[CHUNK], l = INFINITY, h = -INFINITY;
	const double *value = row_values(v, row, col, n, buf);
	size_t i;

	extremes(value, n, &l, &h);
	if (!(l < -RANGE_MOST || h > RANGE_MOST)) {
		*lo = l < *lo ? l : *lo;
		*hi = h > *hi ? h : *hi;
		return 0;
	}
	for (i = 0; i < n; i++)
		buf[i] = fabs(value[i]) > RANGE_MOST ? NAN : value[i];
	extremes(buf, n, lo, hi);
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

/*
 * What is summed up of the rows that a row of cells covers, element by element
 * first: the cells are then gathered once for all those rows.
 */
struct gather {
	enum raster_how	 how;
	uint64_t	 first, last;	/* elements of a row that are shown */
	struct cover	*cells;
	double		*values;	/* of a row */
	double		*sum;		/* or the greatest */
	double		*count;
};

/* Add LANES values, that do not wait for each other. */
static inline void
add_values(struct gather *g, size_t i, const double *value)
{
	size_t k;

	for (k = 0; k < LANES; k++) {
		g->sum[i + k] += fabs(value[k]) <= RANGE_MOST ? value[k] : 0;
		g->count[i + k] += fabs(value[k]) <= RANGE_MOST ? 1 : 0;
	}
}

static inline void
raise_values(struct gather *g, size_t i, const double *value)
{
	double v;
	size_t k;

	for (k = 0; k < LANES; k++) {
		v = fabs(value[k]) <= RANGE_MOST ? value[k] : -INFINITY;
		g->sum[i + k] = v > g->sum[i + k] ? v : g->sum[i + k];
	}
}

static void
add_row(struct gather *g, const struct view *v, uint64_t row)
{
	size_t n = (size_t)(g->last - g->first), i, k;
	const double *value = row_values(v, row, g->first, n, g->values);
	double left[LANES];

	for (i = 0; i + LANES <= n; i += LANES) {
		if (g->how == RASTER_MAX)
			raise_values(g, i, value + i);
		else
			add_values(g, i, value + i);
	}
	if (i == n)
		return;
	for (k = 0; k < LANES; k++)
		left[k] = i + k < n ? value[i + k] : NAN;
	if (g->how == RASTER_MAX)
		raise_values(g, i, left);
	else
		add_values(g, i, left);
}

/* One row of cells, of what was summed up. */
static void
gather_cells(const struct gather *g, unsigned cols, double *to)
{
	double sum, most, count;
	uint64_t i, last;
	unsigned j;

	for (j = 0; j < cols; j++) {
		sum = count = 0;
		most = -INFINITY;
		last = g->cells[j].last - g->first;
		for (i = g->cells[j].first - g->first; i < last; i++) {
			sum += g->sum[i];
			most = g->sum[i] > most ? g->sum[i] : most;
			count += g->count[i];
		}
		if (g->how == RASTER_MAX)
			to[j] = most >= -RANGE_MOST ? most : NAN;
		else
			to[j] = count > 0 ? sum / count : NAN;
	}
}

/* The cells' columns, and memory; -1: there is none. */
static int
gather_init(struct gather *g, const struct axis *x, const struct raster *r)
{
	struct cover *c;
	size_t n;

	memset(g, 0, sizeof(*g));
	g->how = r->how;
	g->cells = calloc(r->cols, sizeof(*g->cells));
	if (g->cells == NULL)
		return -1;
	g->first = x->n;
	for (c = g->cells; c < g->cells + r->cols; c++) {
		*c = covered(x, r->xlo, r->xhi, (unsigned)(c - g->cells),
		    r->cols, r->how);
		if (c->first == c->last)
			continue;
		g->first = c->first < g->first ? c->first : g->first;
		g->last = c->last > g->last ? c->last : g->last;
	}
	if (g->first > g->last)
		g->first = g->last = 0;
	for (c = g->cells; c < g->cells + r->cols; c++)
		if (c->first == c->last)
			c->first = c->last = g->first;
	n = (size_t)(g->last - g->first) + LANES;
	g->values = calloc(n, 3 * sizeof(*g->values));
	if (g->values == NULL)
		return -1;
	g->sum = g->values + n;
	g->count = g->sum + n;
	return 0;
}

int
raster_make(const struct view *v, const struct axis *x,
    const struct axis *y, const struct raster *r, struct buffer *out)
{
	size_t size = (size_t)r->cols * r->rows * sizeof(double), n, i;
	struct gather g;
	struct cover c;
	double *to;
	unsigned k;
	int status = -1;

	to = buffer_room(out, size);
	if (gather_init(&g, x, r) == -1 || to == NULL)
		goto done;
	n = (size_t)(g.last - g.first) + LANES;
	for (k = 0; k < r->rows; k++) {
		for (i = 0; i < n; i++)
			g.sum[i] = r->how == RASTER_MAX ? -INFINITY : 0;
		memset(g.count, 0, n * sizeof(*g.count));
		c = covered(y, r->ylo, r->yhi, k, r->rows, r->how);
		for (; c.first < c.last; c.first++)
			add_row(&g, v, c.first);
		gather_cells(&g, r->cols, to + (size_t)k * r->cols);
	}
	out->len += size;
	status = 0;
done:
	free(g.cells);
	free(g.values);
	return status;
}
