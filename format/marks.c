/*
 * marks.c - points and error bars, no more of them than a picture can show
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"

#define SIDE_MOST	16384	/* cells along an axis */

struct grid {
	struct thin_columns c;
	double	 scale;
	double	 start;		/* the cell that is number 0 */
	int	 n;
};

struct marks {
	struct grid	 x, y;
	size_t		 words;	/* of a column of bits */
	uint64_t	*middle;	/* points; with bars also their ends */
	uint64_t	*low, *high;
	uint64_t	*bar;		/* painted by bars */
	uint32_t	*last;		/* the last point on each cell, + 1 */
	double		 least, most;	/* y so far */
	uint32_t	 n;		/* points covered */
	uint32_t	 asked;		/* points asked for */
};

static void
grid_init(struct grid *g, const struct thin_columns *c, unsigned fine)
{
	double a, b;

	g->c = *c;
	if (c->log) {
		g->c.lo = log(c->lo);
		g->c.hi = log(c->hi);
	}
	g->c.first *= fine;
	g->c.last *= fine;
	g->scale = (g->c.last - g->c.first) / (g->c.hi - g->c.lo);
	a = floor(fmin(g->c.first, g->c.last) + 0.5);
	b = floor(fmax(g->c.first, g->c.last) + 0.5);
	g->start = a;
	g->n = b - a < SIDE_MOST ? (int)(b - a) + 1 : SIDE_MOST;
}

/* The cell of v: -1 below, n above the grid, -2 where v is no place. */
static int
cell(const struct grid *g, double v)
{
	double at;

	if (g->c.log)
		v = v > 0 ? log(v) : NAN;
	if (isnan(v))
		return -2;
	/* As gnuplot has it: what is outside the range is not drawn, however
	 * near. */
	if (v < fmin(g->c.lo, g->c.hi))
		return g->scale > 0 ? -1 : g->n;
	if (v > fmax(g->c.lo, g->c.hi))
		return g->scale > 0 ? g->n : -1;
	at = floor(g->c.first + (v - g->c.lo) * g->scale + 0.5) - g->start;
	return at < 0 ? 0 : at >= g->n ? g->n - 1 : (int)at;
}

struct marks *
marks_new(const struct thin_columns *x, const struct thin_columns *y,
    unsigned fine)
{
	struct marks *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	grid_init(&m->x, x, fine);
	grid_init(&m->y, y, fine);
	m->least = INFINITY;
	m->most = -INFINITY;
	/* A place below and one above the grid have bits, too. */
	m->words = ((size_t)m->y.n + 2 + 63) / 64;
	return m;
}

void
marks_free(struct marks *m)
{
	if (m == NULL)
		return;
	free(m->middle);
	free(m->low);
	free(m->high);
	free(m->bar);
	free(m->last);
	free(m);
}

/* The bits of all columns, made when they are first used; NULL: no memory. */
static uint64_t *
bits(struct marks *m, uint64_t **p)
{
	if (*p == NULL)
		*p = calloc((size_t)m->x.n * m->words, sizeof(**p));
	return *p;
}

/* Set the bit of a cell from -1 to n; whether it was not. */
static int
put(uint64_t *column, int at)
{
	uint64_t bit = UINT64_C(1) << ((unsigned)(at + 1) % 64);
	uint64_t *word = &column[(unsigned)(at + 1) / 64];
	int is_new = (*word & bit) == 0;

	*word |= bit;
	return is_new;
}

/* Set the bits of the cells from a to b; whether some were not. */
static int
put_range(uint64_t *column, int a, int b)
{
	unsigned from = (unsigned)(a + 1), to = (unsigned)(b + 1), w;
	uint64_t mask, is_new = 0;

	for (w = from / 64; w <= to / 64; w++) {
		mask = UINT64_MAX;
		if (w == from / 64)
			mask &= UINT64_MAX << (from % 64);
		if (w == to / 64)
			mask &= UINT64_MAX >> (63 - to % 64);
		is_new |= mask & ~column[w];
		column[w] |= mask;
	}
	return is_new != 0;
}

/* Whether y from low to high is beyond all before: where gnuplot chooses the
 * range, by what it is shown, the extremes must be there to the last bit. */
static int
is_extreme(struct marks *m, double low, double high)
{
	int extreme = low < m->least || high > m->most;

	m->least = fmin(m->least, low);
	m->most = fmax(m->most, high);
	return extreme;
}

void
marks_points(struct marks *m, const double *x, const double *y, size_t n,
    struct buffer *out)
{
	uint64_t *all = bits(m, &m->middle);
	double *to;
	size_t i;
	int cx, cy;

	for (i = 0; i < n; i++) {
		cx = cell(&m->x, x[i]);
		cy = cell(&m->y, y[i]);
		if (cx < 0 || cx >= m->x.n || cy == -2)
			continue;
		if (!is_extreme(m, y[i], y[i]) && (cy < 0 || cy >= m->y.n ||
		    (all != NULL && !put(all + (size_t)cx * m->words, cy))))
			continue;
		to = buffer_room(out, 2 * sizeof(*to));
		if (to == NULL)
			return;
		to[0] = x[i];
		to[1] = y[i];
		out->len += 2 * sizeof(*to);
	}
}

/* Whether a bar shows something that those before it do not. */
static int
is_needed(struct marks *m, int column, int middle, int low, int high)
{
	size_t at = (size_t)column * m->words;
	int needed;

	if (bits(m, &m->middle) == NULL || bits(m, &m->low) == NULL ||
	    bits(m, &m->high) == NULL || bits(m, &m->bar) == NULL)
		return 1;
	needed = put(m->middle + at, middle);
	needed |= put(m->low + at, low);
	needed |= put(m->high + at, high);
	return put_range(m->bar + at, low, high) || needed;
}

void
marks_bar(struct buffer *out, double x, double y, double e)
{
	double *to = buffer_room(out, 8 * sizeof(*to));
	int i;

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	to[2] = y - e;
	to[3] = y + e;
	for (i = 4; i < 8; i++)
		to[i] = NAN;
	out->len += 8 * sizeof(*to);
}

void
marks_bars(struct marks *m, const double *x, const double *y,
    const double *error, size_t n, struct buffer *out)
{
	int column, middle, low, high;
	double e;
	size_t i;

	for (i = 0; i < n; i++) {
		e = isfinite(error[i]) ? fabs(error[i]) : 0;
		column = cell(&m->x, x[i]);
		middle = cell(&m->y, y[i]);
		low = cell(&m->y, y[i] - e);
		high = cell(&m->y, y[i] + e);
		if (column < 0 || column >= m->x.n || middle == -2)
			continue;
		/* On a logarithmic axis it may have no low end.  A bar the
		 * middle of which is not seen is not drawn by gnuplot. */
		low = low == -2 ? -1 : low;
		if (!is_extreme(m, y[i] - e, y[i] + e) &&
		    (middle < 0 || middle == m->y.n ||
		    !is_needed(m, column, middle, low, high)))
			continue;
		marks_bar(out, x[i], y[i], e);
	}
}

/* The place of a point in last, or -1. */
static ptrdiff_t
place(const struct marks *m, double x, double y)
{
	int cx = cell(&m->x, x), cy = cell(&m->y, y);

	if (cx < 0 || cx >= m->x.n || cy < 0 || cy >= m->y.n)
		return -1;
	return (ptrdiff_t)cy * m->x.n + cx;
}

int
marks_cover(struct marks *m, const double *x, const double *y, size_t n)
{
	ptrdiff_t at;
	size_t i;

	if (m->last == NULL) {
		m->last = calloc((size_t)m->x.n * (size_t)m->y.n,
		    sizeof(*m->last));
		if (m->last == NULL)
			return -1;
	}
	for (i = 0; i < n; i++) {
		at = place(m, x[i], y[i]);
		m->n++;
		if (at >= 0)
			m->last[at] = m->n;
	}
	return 0;
}

int
marks_seen(struct marks *m, double x, double y)
{
	ptrdiff_t at = place(m, x, y);

	m->asked++;
	return at >= 0 && m->last[at] == m->asked;
}
