/*
 * Goal: a thinned curve covers, column by column, what the whole one covers.
 *
 * Both are followed here as a plotter would: for every pixel column the rows
 * that the line's points and its joints to the neighbouring columns span, and
 * where it is broken.  In whatever pieces the points come, also too small ones
 * to be looked at together, the same ones stay.  Against gnuplot's own pixels:
 * gnuplot-thin.t.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/thin.h"

#define N	200000
#define COLUMNS	300

static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

/* What is drawn in a column, and how often the line enters it, from where. */
struct column {
	double	 lo, hi;
	unsigned long entered;
	double	 ends;		/* a sum over the points where it does */
};

struct drawn {
	struct column c[COLUMNS + 4];	/* 0 and the last: outside */
	unsigned long gaps;
};

static int
column_of(const struct thin_columns *t, double x)
{
	double lo = t->log ? log(t->lo) : t->lo;
	double hi = t->log ? log(t->hi) : t->hi;
	double at;

	if (t->log)
		x = log(x);
	/* Outside is outside, however near. */
	if (x < fmin(lo, hi))
		return (t->last > t->first) == (hi > lo) ? 0 : COLUMNS + 2;
	if (x > fmax(lo, hi))
		return (t->last > t->first) == (hi > lo) ? COLUMNS + 2 : 0;
	at = floor(t->first + (x - lo) * ((t->last - t->first) / (hi - lo)) +
	    0.5) - t->first;
	return at < 0 ? 0 : at > COLUMNS ? COLUMNS + 2 : (int)at + 1;
}

static void
follow(struct drawn *d, const struct thin_columns *t, const double *xy,
    size_t n)
{
	int last = -1, at;
	size_t i;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < COLUMNS + 4; i++) {
		d->c[i].lo = INFINITY;
		d->c[i].hi = -INFINITY;
	}
	for (i = 0; i < n; i++) {
		double x = xy[2 * i], y = xy[2 * i + 1];

		if (!(fabs(x) <= THIN_MOST) || !(fabs(y) <= THIN_MOST) ||
		    (t->log && x <= 0)) {
			d->gaps += last != -2;
			last = -2;
			continue;
		}
		at = column_of(t, x);
		d->c[at].lo = fmin(d->c[at].lo, y);
		d->c[at].hi = fmax(d->c[at].hi, y);
		if (at != last) {
			d->c[at].entered++;
			d->c[at].ends += y * (double)(d->c[at].entered);
			if (last >= 0)
				d->c[last].ends += xy[2 * i - 1] * 3;
		}
		last = at;
	}
}

static int
same(const struct drawn *a, const struct drawn *b)
{
	size_t i;

	if (a->gaps != b->gaps)
		return 0;
	for (i = 0; i < COLUMNS + 4; i++) {
		if (a->c[i].lo != b->c[i].lo || a->c[i].hi != b->c[i].hi ||
		    a->c[i].entered != b->c[i].entered ||
		    a->c[i].ends != b->c[i].ends)
			return 0;
	}
	return 1;
}

static double
noise(void)
{
	return (double)random() / RAND_MAX - 0.5;
}

/* Thin n points in pieces of at most most; x NULL: 0, 1, ... */
static void
thin(struct buffer *out, const struct thin_columns *c, const double *x,
    const double *y, size_t n, size_t most)
{
	struct thin t;
	size_t i, piece;

	thin_begin(&t, c, out);
	for (i = 0; i < n; i += piece) {
		piece = 1 + (size_t)random() % most;
		piece = piece < n - i ? piece : n - i;
		if (x != NULL)
			thin_add(&t, x + i, y + i, piece);
		else
			thin_add_even(&t, i, y + i, piece);
	}
	thin_end(&t);
}

/* Compare it with the whole. */
static void
try(const char *what, const struct thin_columns *t, const double *x,
    const double *y, size_t n, size_t most)
{
	struct buffer out = { 0 }, other = { 0 };
	struct drawn whole, thinned;
	double *xy = calloc(n, 2 * sizeof(*xy)), *at = calloc(n, sizeof(*at));
	size_t i;
	char name[128];

	for (i = 0; i < n; i++) {
		xy[2 * i] = at[i] = x != NULL ? x[i] : (double)i;
		xy[2 * i + 1] = y[i];
	}
	thin(&out, t, x, y, n, 3000);
	follow(&whole, t, xy, n);
	follow(&thinned, t, (double *)(void *)out.p, out.len / 16);
	snprintf(name, sizeof(name), "%s: the same is drawn", what);
	ok(same(&whole, &thinned), name);
	snprintf(name, sizeof(name), "%s: %zu of %zu points", what,
	    out.len / 16, n);
	ok(out.len / 16 <= most, name);
	thin(&other, t, at, y, n, 60);
	snprintf(name, sizeof(name), "%s: the same points stay, in pieces",
	    what);
	ok(out.len == other.len && (out.len == 0 ||
	    memcmp(out.p, other.p, out.len) == 0), name);
	buffer_free(&out);
	buffer_free(&other);
	free(xy);
	free(at);
}

/* Points that are evenly spaced, in columns that begin and end anywhere. */
static void
try_even(const double *y)
{
	char name[128];
	int i;

	for (i = 0; i < 12; i++) {
		struct thin_columns t = { 0, N - 1, 100, 100 + COLUMNS, 0 };

		if (i % 4 != 0) {
			t.lo = noise() * N;
			t.hi = t.lo + (noise() + 0.6) * N;
		}
		if (i % 3 == 0) {
			t.lo = N - 1 - t.lo;
			t.hi = N - 1 - t.hi;
		}
		t.log = i % 4 == 3;
		if (t.log) {
			t.lo = 1 + fabs(t.lo) / 1000;
			t.hi = 10 + fabs(t.hi);
		}
		snprintf(name, sizeof(name), "even, %g to %g%s", t.lo, t.hi,
		    t.log ? ", log" : "");
		try(name, &t, NULL, y, N, 12 * (COLUMNS + 100));
	}
}

int
main(void)
{
	static double x[N], y[N];
	struct thin_columns t = { 0, 1, 100, 100 + COLUMNS, 0 };
	struct thin_columns zoom = { 0.3, 0.4, 100, 100 + COLUMNS, 0 };
	struct thin_columns logx = { 1e-3, 1, 100, 100 + COLUMNS, 1 };
	size_t i;

	for (i = 0; i < N; i++) {
		x[i] = (double)i / (N - 1);
		y[i] = sin(20 * x[i]) + noise();
	}
	try("a noisy line", &t, x, y, N, 4 * (COLUMNS + 1));
	try("zoomed", &zoom, x, y, N, 4 * (COLUMNS + 3));
	try("a logarithmic axis", &logx, x, y, N, 4 * (COLUMNS + 3));
	for (i = 0; i < N; i++)
		y[i] = i % 5000 < 300 ? NAN : i % 77777 == 1001 ? INFINITY :
		    i % 50000 == 1007 ? -INFINITY : i % 40000 == 1009 ? 1e305 :
		    i % 40000 == 2009 ? -1e305 : y[i];
	try("gaps", &t, x, y, N, 5 * (COLUMNS + 100));
	try_even(y);
	for (i = 0; i < N; i++) {
		x[i] = 0.5 + 0.5 * cos((double)i / 9000);
		y[i] = noise();
	}
	try("to and fro", &t, x, y, N, N / 10);
	for (i = 0; i < N; i++)
		x[i] = noise() + 0.5;
	try("in no order", &t, x, y, N, N);
	for (i = 0; i < N; i++)
		y[i] = NAN;
	try("no value at all", &t, x, y, N, 1);
	try("no points", &t, x, y, 0, 0);
	printf("1..%d\n", test);
	return failures > 0;
}
