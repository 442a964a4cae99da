/*
 * thin.c - a curve with no more points than its picture can show
 */
#include <math.h>
#include <string.h>

#include "thin.h"

enum { FIRST, MIN, MAX, LAST };

void
thin_begin(struct thin *t, const struct thin_columns *c, struct buffer *out)
{
	memset(t, 0, sizeof(*t));
	t->columns = *c;
	if (c->log) {
		t->columns.lo = log(c->lo);
		t->columns.hi = log(c->hi);
	}
	t->scale = (c->last - c->first) / (t->columns.hi - t->columns.lo);
	t->least = fmin(t->columns.lo, t->columns.hi);
	t->most = fmax(t->columns.lo, t->columns.hi);
	t->left = floor(fmin(c->first, c->last)) - 2;
	t->right = ceil(fmax(c->first, c->last)) + 3;
	t->out = out;
	t->column = NAN;
}

static void
put(struct thin *t, double x, double y)
{
	double *to;

	to = buffer_room(t->out, 2 * sizeof(*to));
	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	t->out->len += 2 * sizeof(*to);
}

/* Put the points of the run, each once and in their order. */
static void
end_run(struct thin *t)
{
	int a, b;

	if (isnan(t->column))
		return;
	a = t->at[MIN] < t->at[MAX] ? MIN : MAX;
	b = a == MIN ? MAX : MIN;
	put(t, t->x[FIRST], t->y[FIRST]);
	if (t->at[a] != t->at[FIRST] && t->at[a] != t->at[LAST])
		put(t, t->x[a], t->y[a]);
	if (t->at[b] != t->at[FIRST] && t->at[b] != t->at[LAST] &&
	    t->at[b] != t->at[a])
		put(t, t->x[b], t->y[b]);
	if (t->at[LAST] != t->at[FIRST])
		put(t, t->x[LAST], t->y[LAST]);
	t->column = NAN;
}

static void
set(struct thin *t, int which, double x, double y, size_t at)
{
	t->x[which] = x;
	t->y[which] = y;
	t->at[which] = at;
}

/*
 * Where x is drawn; its column is the whole part.  What lies outside the range
 * is in one column on either side, for no line between two of its points is
 * seen, nor do their values count where gnuplot chooses the range of y.
 */
static inline double
position(const struct thin *t, double x)
{
	const struct thin_columns *c = &t->columns;

	if (c->log)
		x = x > 0 ? log(x) : NAN;
	if (x < t->least || x > t->most) {
		if (fabs(x) > THIN_MOST)
			return NAN;
		return (x < t->least) == (t->scale > 0) ? t->left : t->right;
	}
	return c->first + (x - c->lo) * t->scale + 0.5;
}

/* The first of a run, or a gap. */
static void
begin_run(struct thin *t, double column, double x, double y, size_t at)
{
	int i;

	end_run(t);
	if (!isfinite(column) || !(fabs(y) <= THIN_MOST)) {
		if (!t->gap)
			put(t, NAN, NAN);
		t->gap = 1;
		return;
	}
	t->gap = 0;
	t->column = column;
	for (i = FIRST; i <= LAST; i++)
		set(t, i, x, y, at);
}

/* Go on with the run from point i; returns the first that is not of it. */
static size_t
run(struct thin *t, const double *x, const double *y, size_t i, size_t n)
{
	const double column = t->column;
	double at, min = t->y[MIN], max = t->y[MAX];
	size_t first = i, imin = n, imax = n;

	for (; i < n; i++) {
		at = position(t, x[i]);
		if (!(at >= column && at < column + 1))
			break;
		if (y[i] < min) {
			if (y[i] < -THIN_MOST)
				break;
			min = y[i];
			imin = i;
		} else if (!(y[i] <= max)) {
			if (!(y[i] <= THIN_MOST))
				break;
			max = y[i];
			imax = i;
		}
	}
	if (imin < n)
		set(t, MIN, x[imin], y[imin], t->n + imin);
	if (imax < n)
		set(t, MAX, x[imax], y[imax], t->n + imax);
	if (i > first)
		set(t, LAST, x[i - 1], y[i - 1], t->n + i - 1);
	return i;
}

void
thin_add(struct thin *t, const double *x, const double *y, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (!isnan(t->column))
			i = run(t, x, y, i, n);
		if (i < n) {
			begin_run(t, floor(position(t, x[i])), x[i], y[i],
			    t->n + i);
			i++;
		}
	}
	t->n += n;
}

void
thin_end(struct thin *t)
{
	end_run(t);
}
