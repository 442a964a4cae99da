/*
 * Goal: of points and error bars that cover each other one is kept, and what
 * is painted by those kept is what is painted by all.
 *
 * Painted here as a plotter would, cell by cell.  Against gnuplot's own
 * pixels: gnuplot-exact.t.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/marks.h"

#define N	100000
#define W	200
#define H	100

/* What is seen of a cell: a point, ends of bars, a bar. */
struct cell {
	unsigned char	 point, low, high, bar;
};

static double x[N], y[N], e[N];
static struct cell all[H + 2][W], some[H + 2][W];
static const struct thin_columns columns = { -1, 1, 10, 10 + W - 1, 0 };
static const struct thin_columns rows = { 0, 5, 7, 7 + H - 1, 0 };
static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static int
at(const struct thin_columns *c, double v)
{
	return (int)floor(c->first + (v - c->lo) * ((c->last - c->first) /
	    (c->hi - c->lo)) + 0.5) - (int)c->first;
}

/* A row from 0 to H + 1: below, in and above the picture. */
static int
row_of(double v)
{
	return v < rows.lo ? 0 : v > rows.hi ? H + 1 : at(&rows, v) + 1;
}

static void
paint(struct cell (*to)[W], double px, double py, double low, double high)
{
	int column, i;

	if (!(px >= columns.lo && px <= columns.hi) ||
	    !(py >= rows.lo && py <= rows.hi))
		return;
	column = at(&columns, px);
	to[row_of(py)][column].point = 1;
	to[row_of(low)][column].low = 1;
	to[row_of(high)][column].high = 1;
	for (i = row_of(low); i <= row_of(high); i++)
		to[i][column].bar = 1;
}

static double
uniform(double lo, double hi)
{
	return lo + (hi - lo) * rand() / RAND_MAX;
}

static void
points(void)
{
	struct buffer b = { 0 };
	struct marks *m = marks_new(&columns, &rows, 1);
	double most = -INFINITY, p[2];
	size_t i, n;

	memset(all, 0, sizeof(all));
	memset(some, 0, sizeof(some));
	for (i = 0; i < N; i++)
		paint(all, x[i], y[i], y[i], y[i]);
	marks_points(m, x, y, N / 2, &b);
	marks_points(m, x + N / 2, y + N / 2, N - N / 2, &b);
	n = b.len / sizeof(p);
	for (i = 0; i < n; i++) {
		memcpy(p, b.p + i * sizeof(p), sizeof(p));
		paint(some, p[0], p[1], p[1], p[1]);
		most = fmax(most, p[1]);
	}
	ok(memcmp(all, some, sizeof(all)) == 0, "points: the same is seen");
	ok(n > 100 && n < W * H + 200, "and not more than there are cells");
	ok(most > rows.hi, "the extreme is among them, though outside");
	marks_free(m);
	buffer_free(&b);
}

static void
bars(void)
{
	struct buffer b = { 0 };
	struct marks *m = marks_new(&columns, &rows, 1);
	double p[8];
	size_t i, n;
	int parted = 1;

	memset(all, 0, sizeof(all));
	memset(some, 0, sizeof(some));
	for (i = 0; i < N; i++)
		paint(all, x[i], y[i], y[i] - fabs(e[i]), y[i] + fabs(e[i]));
	marks_bars(m, x, y, e, N, &b);
	n = b.len / sizeof(p);
	for (i = 0; i < n; i++) {
		memcpy(p, b.p + i * sizeof(p), sizeof(p));
		paint(some, p[0], p[1], p[2], p[3]);
		parted &= isnan(p[4]) && isnan(p[7]);
	}
	ok(memcmp(all, some, sizeof(all)) == 0, "bars: the same is seen");
	ok(n > 100 && n < N / 2, "of fewer");
	ok(parted, "each is parted from the next");
	marks_free(m);
	buffer_free(&b);
}

/* The last of the points on a cell is that which is seen. */
static void
colours(void)
{
	static size_t last[H + 2][W], got[H + 2][W];
	struct marks *m = marks_new(&columns, &rows, 1);
	size_t i, n = 0;

	for (i = 0; i < N; i++) {
		if (x[i] >= columns.lo && x[i] <= columns.hi &&
		    y[i] >= rows.lo && y[i] <= rows.hi)
			last[row_of(y[i])][at(&columns, x[i])] = i + 1;
	}
	ok(marks_cover(m, x, y, N / 3) == 0 && marks_cover(m, x + N / 3,
	    y + N / 3, N - N / 3) == 0, "colours: there is memory");
	for (i = 0; i < N; i++) {
		if (!marks_seen(m, x[i], y[i]))
			continue;
		n++;
		got[row_of(y[i])][at(&columns, x[i])] = i + 1;
	}
	ok(memcmp(last, got, sizeof(last)) == 0, "the last ones are seen");
	ok(n > 100 && n <= W * H, "and no other");
	marks_free(m);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < N; i++) {
		x[i] = uniform(-1.1, 1.1);
		y[i] = 2.5 + uniform(-1, 1) * uniform(0, 3);
		e[i] = uniform(-0.2, 0.2);
		if (rand() % 100 == 0)
			*(rand() % 2 ? &x[i] : &y[i]) = NAN;
		if (rand() % 100 == 0)
			e[i] = 0;
	}
	points();
	bars();
	colours();
	printf("1..%d\n", test);
	return failures > 0;
}
