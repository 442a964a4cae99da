/*
 * thin.c - a curve with no more points than its picture can show
 */
#include <math.h>
#include <string.h>

#include "thin.h"

#define BLOCK	64	/* points looked at together */
#define LANES	8	/* that do not wait for each other */

enum { FIRST, MIN, MAX, LAST };

/* Points to be taken in: x NULL is first, first + 1, ... */
struct points {
	const double	*x, *y;
	uint64_t	 first;
	size_t		 n;
};

static inline double
x_of(const struct points *p, size_t i)
{
	return p->x != NULL ? p->x[i] : (double)(p->first + i);
}

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
	t->low = floor(fmin(c->first, c->last) + 0.5);
	t->high = floor(fmax(c->first, c->last) + 0.5) + 1;
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
 * seen, nor do their values count where gnuplot chooses the range of y.  But
 * what is so near that it would be in the last column of pixels is drawn there
 * by gnuplot, which clips pixels, and is in one of its own.
 */
static inline double
position(const struct thin *t, double x)
{
	const struct thin_columns *c = &t->columns;
	double at;

	if (c->log)
		x = x > 0 ? log(x) : NAN;
	at = c->first + (x - c->lo) * t->scale + 0.5;
	if (x < t->least || x > t->most) {
		if (fabs(x) > THIN_MOST)
			return NAN;
		if ((x < t->least) == (t->scale > 0))
			return at >= t->low ? t->left + 1 : t->left;
		return at < t->high ? t->right - 1 : t->right;
	}
	return at;
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

/* What the values of a block span; 0: one is not a number, or too great. */
static int
span(const double *v, double *lo, double *hi)
{
	double l[LANES], h[LANES], odd[LANES] = { 0 };
	size_t i, k;

	for (k = 0; k < LANES; k++)
		l[k] = h[k] = v[k];
	for (i = 0; i < BLOCK; i += LANES) {
		for (k = 0; k < LANES; k++) {
			l[k] = v[i + k] < l[k] ? v[i + k] : l[k];
			h[k] = v[i + k] > h[k] ? v[i + k] : h[k];
			odd[k] += v[i + k] * 0;
		}
	}
	for (k = 1; k < LANES; k++) {
		l[0] = l[k] < l[0] ? l[k] : l[0];
		h[0] = h[k] > h[0] ? h[k] : h[0];
		odd[0] += odd[k];
	}
	*lo = l[0];
	*hi = h[0];
	return odd[0] == 0 && l[0] >= -THIN_MOST && h[0] <= THIN_MOST;
}

static inline int
in_column(const struct thin *t, double x)
{
	double at = position(t, x);

	return at >= t->column && at < t->column + 1;
}

/*
 * Whether all of the block from point i on is of the run, for its columns grow
 * or fall with x throughout: then what its y span.
 */
static int
block_in_run(const struct thin *t, const struct points *p, size_t i,
    double *lo, double *hi)
{
	double first = x_of(p, i), last = x_of(p, i + BLOCK - 1);

	/* Most that do not fit end outside. */
	if (!in_column(t, last))
		return 0;
	if (p->x != NULL && !span(p->x + i, &first, &last))
		return 0;
	return in_column(t, first) && in_column(t, last) &&
	    span(p->y + i, lo, hi);
}

static size_t
find(const double *v, double value)
{
	size_t i = 0;

	while (v[i] != value)
		i++;
	return i;
}

/* The least and the greatest of a run, and which points they are of. */
struct most {
	double	 min, max;
	size_t	 imin, imax;
};

/* Blocks that are of the run as a whole; returns the first point behind. */
static size_t
run_blocks(const struct thin *t, const struct points *p, size_t i,
    struct most *m)
{
	double lo, hi;

	for (; p->n - i >= BLOCK && block_in_run(t, p, i, &lo, &hi);
	    i += BLOCK) {
		if (lo < m->min) {
			m->min = lo;
			m->imin = i + find(p->y + i, lo);
		}
		if (hi > m->max) {
			m->max = hi;
			m->imax = i + find(p->y + i, hi);
		}
	}
	return i;
}

/* Points before end, one by one; returns the first that is not of the run. */
static size_t
run_points(const struct thin *t, const struct points *p, size_t i, size_t end,
    struct most *m)
{
	const double *y = p->y;

	for (; i < end; i++) {
		if (!in_column(t, x_of(p, i)))
			break;
		if (y[i] < m->min) {
			if (y[i] < -THIN_MOST)
				break;
			m->min = y[i];
			m->imin = i;
		} else if (!(y[i] <= m->max)) {
			if (!(y[i] <= THIN_MOST))
				break;
			m->max = y[i];
			m->imax = i;
		}
	}
	return i;
}

/* Go on with the run from point i; returns the first that is not of it. */
static size_t
run(struct thin *t, const struct points *p, size_t i)
{
	const size_t first = i, n = p->n;
	struct most m = { t->y[MIN], t->y[MAX], n, n };
	size_t end;

	do {
		i = run_blocks(t, p, i, &m);
		end = n - i < BLOCK ? n : i + BLOCK;
		i = run_points(t, p, i, end, &m);
	} while (i == end && i < n);
	if (m.imin < n)
		set(t, MIN, x_of(p, m.imin), p->y[m.imin], t->n + m.imin);
	if (m.imax < n)
		set(t, MAX, x_of(p, m.imax), p->y[m.imax], t->n + m.imax);
	if (i > first)
		set(t, LAST, x_of(p, i - 1), p->y[i - 1], t->n + i - 1);
	return i;
}

static void
add(struct thin *t, const struct points *p)
{
	size_t i = 0;
	double x;

	while (i < p->n) {
		if (!isnan(t->column))
			i = run(t, p, i);
		if (i < p->n) {
			x = x_of(p, i);
			begin_run(t, floor(position(t, x)), x, p->y[i],
			    t->n + i);
			i++;
		}
	}
	t->n += p->n;
}

void
thin_add(struct thin *t, const double *x, const double *y, size_t n)
{
	struct points p = { x, y, 0, n };

	if (n > 0)
		add(t, &p);
}

void
thin_add_even(struct thin *t, uint64_t first, const double *y, size_t n)
{
	struct points p = { NULL, y, first, n };

	add(t, &p);
}

void
thin_end(struct thin *t)
{
	end_run(t);
}
