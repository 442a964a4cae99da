/*
 * cuts.c - a curve thinned for several pictures at once
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

enum { FIRST, MIN, MAX, LAST };

/* Of a column: how near to its edge gnuplot's rounding may decide. */
#define NEAR	1e-9
#define ROUNDED	1e-14	/* of a number itself */

static int
put_cut(struct cuts *c, double lo, double hi)
{
	struct cut *p;

	if (!isfinite(lo) || !isfinite(hi))
		return 0;
	if (c->n == c->room) {
		p = realloc(c->cut, (c->room * 2 + 4096) * sizeof(*p));
		if (p == NULL)
			return -1;
		c->cut = p;
		c->room = c->room * 2 + 4096;
	}
	c->cut[c->n].lo = lo;
	c->cut[c->n].hi = hi;
	c->n++;
	return 0;
}

/* Where an x of the linear or logarithmic axis lies, give or take. */
static int
put_edge(struct cuts *c, double v, double near, int log)
{
	double a, b;

	near += ROUNDED * fabs(v);
	a = log ? exp(v - near) : v - near;
	b = log ? exp(v + near) : v + near;
	return put_cut(c, a, b);
}

int
cuts_add(struct cuts *c, const struct thin_columns *t)
{
	double lo = t->log ? log(t->lo) : t->lo, hi = t->log ? log(t->hi) :
	    t->hi;
	double column = (hi - lo) / (t->last - t->first), k, v;
	double first = floor(fmin(t->first, t->last)) - 1;
	double last = ceil(fmax(t->first, t->last)) + 1;

	if (!(fabs(column) > 0) || !isfinite(column) ||
	    last - first > CUTS_COLUMNS)
		return -1;
	for (k = first; k <= last; k++) {
		v = lo + (k - 0.5 - t->first) * column;
		if (put_edge(c, v, fabs(column) * NEAR +
		    ROUNDED * fmax(fabs(lo), fabs(hi)), t->log) == -1)
			return -1;
	}
	/* What lies outside is not asked for y's range. */
	return put_cut(c, t->lo, t->lo) == -1 ||
	    put_cut(c, t->hi, t->hi) == -1 ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

void
cuts_sort(struct cuts *c)
{
	size_t i, n = 0;

	if (c->n == 0)
		return;
	qsort(c->cut, c->n, sizeof(*c->cut), compare);
	for (i = 1; i < c->n; i++) {
		if (c->cut[i].lo <= c->cut[n].hi)
			c->cut[n].hi = fmax(c->cut[n].hi, c->cut[i].hi);
		else
			c->cut[++n] = c->cut[i];
	}
	c->n = n + 1;
}

int
cuts_add_y(struct cuts *c, double y)
{
	unsigned i;

	for (i = 0; i < c->ny && c->y[i] != y; i++)
		continue;
	if (i < c->ny || !isfinite(y))
		return 0;
	if (c->ny == CUTS_Y)
		return -1;
	c->y[c->ny++] = y;
	return 0;
}

void
cuts_clear(struct cuts *c)
{
	c->n = 0;
	c->ny = 0;
}

void
cuts_free(struct cuts *c)
{
	free(c->cut);
	memset(c, 0, sizeof(*c));
}

static void
put(struct cuts *c, double x, double y)
{
	double *to;

	to = buffer_room(c->out, 2 * sizeof(*to));
	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	c->out->len += 2 * sizeof(*to);
}

/* Put the points of the run, each once and in their order. */
static void
end_run(struct cuts *c)
{
	int a = c->at[MIN] < c->at[MAX] ? MIN : MAX;
	int b = a == MIN ? MAX : MIN;

	if (c->in_run == 0)
		return;
	put(c, c->run_x[FIRST], c->run_y[FIRST]);
	if (c->at[a] != c->at[FIRST] && c->at[a] != c->at[LAST])
		put(c, c->run_x[a], c->run_y[a]);
	if (c->at[b] != c->at[FIRST] && c->at[b] != c->at[LAST] &&
	    c->at[b] != c->at[a])
		put(c, c->run_x[b], c->run_y[b]);
	if (c->at[LAST] != c->at[FIRST])
		put(c, c->run_x[LAST], c->run_y[LAST]);
	c->in_run = 0;
}

static void
set(struct cuts *c, int which, double x, double y, size_t at)
{
	c->run_x[which] = x;
	c->run_y[which] = y;
	c->at[which] = at;
}

/* Between which cuts x and y lie; 0: in one. */
static int
locate(struct cuts *c, double x, double y)
{
	size_t lo = 0, hi = c->n, mid;
	unsigned i;

	/* cut[lo - 1].lo <= x < cut[lo].lo in the end */
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (c->cut[mid].lo <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	c->from = lo == 0 ? -INFINITY : c->cut[lo - 1].hi;
	c->to = lo == c->n ? INFINITY : c->cut[lo].lo;
	c->above = -INFINITY;
	c->below = INFINITY;
	for (i = 0; i < c->ny; i++) {
		if (c->y[i] <= y)
			c->above = fmax(c->above, c->y[i]);
		if (c->y[i] >= y)
			c->below = fmin(c->below, c->y[i]);
	}
	return x > c->from && y > c->above && y < c->below;
}

/* The first of a run, or one that is in none. */
static void
begin_run(struct cuts *c, double x, double y)
{
	int i;

	end_run(c);
	if (!(fabs(x) <= THIN_MOST) || !(fabs(y) <= THIN_MOST)) {
		if (!c->gap)
			put(c, NAN, NAN);
		c->gap = 1;
		return;
	}
	c->gap = 0;
	if (!locate(c, x, y) || c->seen == c->least || c->seen == c->greatest) {
		put(c, x, y);
		return;
	}
	c->in_run = 1;
	for (i = FIRST; i <= LAST; i++)
		set(c, i, x, y, c->seen);
}

void
cuts_begin(struct cuts *c, size_t least, size_t greatest, struct buffer *out)
{
	c->least = least;
	c->greatest = greatest;
	c->out = out;
	c->seen = 0;
	c->in_run = 0;
	c->gap = 0;
}

void
cuts_points(struct cuts *c, const double *x, const double *y, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++, c->seen++) {
		if (c->in_run == 0 || !(x[i] > c->from && x[i] < c->to) ||
		    !(y[i] > c->above && y[i] < c->below) ||
		    !(fabs(y[i]) <= THIN_MOST) || c->seen == c->least ||
		    c->seen == c->greatest) {
			begin_run(c, x[i], y[i]);
			continue;
		}
		if (y[i] < c->run_y[MIN])
			set(c, MIN, x[i], y[i], c->seen);
		else if (y[i] > c->run_y[MAX])
			set(c, MAX, x[i], y[i], c->seen);
		set(c, LAST, x[i], y[i], c->seen);
	}
}

void
cuts_end(struct cuts *c)
{
	end_run(c);
}
