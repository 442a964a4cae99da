/*
 * Goal: a logarithmic axis is taken where a physicist would take one, and
 * nowhere else; once taken it does not flicker.
 */
#include <math.h>
#include <stdio.h>

#include "format/scale.h"

#define N	1000

static double v[2 * N];
static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

/* Whether the y of the first n rows of v ask for it. */
static int
asks(size_t n, double share, int is)
{
	struct scale_look l;

	scale_begin(&l);
	scale_see(&l, v + 1, n, 2);
	scale_low(&l, v + 1, n, 2);
	return scale_asks(&l, share, is);
}

/* y of row i, at x from lo to hi. */
static void
fill(double (*y)(double), double lo, double hi)
{
	size_t i;

	for (i = 0; i < N; i++) {
		v[2 * i] = lo + (hi - lo) * (double)i / (N - 1);
		v[2 * i + 1] = y(v[2 * i]);
	}
}

static double
gauss(double x)
{
	return exp(-x * x / 2);
}

static double
soliton(double x)
{
	return 1 / cosh(x) / cosh(x);
}

static double
power(double x)
{
	return pow(x, -5. / 3);
}

static double
decay(double x)
{
	return exp(-x);
}

static double
line(double x)
{
	return x;
}

int
main(void)
{
	size_t i;

	fill(power, 1, 2000);
	ok(asks(N, SCALE_ARRAY, 0), "a spectrum asks for it");
	ok(scale_asks_both(v, N), "and is straight with both");
	v[0] = v[1] = 0;
	ok(asks(N, SCALE_ARRAY, 0) && scale_asks_both(v, N),
	    "the same with a mean at 0");
	v[200] = -1;
	ok(!scale_asks_both(v, N), "not where x is not positive");
	v[201] = -1e-9;
	ok(!asks(N, SCALE_ARRAY, 1), "nor where a value is negative");
	fill(decay, 0, 20);
	ok(asks(N, SCALE_PAST, 0), "a residual asks for it");
	ok(!scale_asks_both(v, N), "but not for x");
	fill(gauss, -5, 5);
	ok(!asks(N, SCALE_ARRAY, 0), "a peak does not");
	fill(gauss, -8.5, 8.5);
	ok(!asks(N, SCALE_ARRAY, 0), "nor with faint tails");
	fill(gauss, -20, 20);
	ok(!asks(N, SCALE_ARRAY, 0), "nor down to rounding");
	fill(gauss, -60, 60);
	ok(!asks(N, SCALE_ARRAY, 0), "nor to zero");
	fill(soliton, -18, 18);
	ok(!asks(N, SCALE_ARRAY, 0), "nor does a soliton");
	fill(line, 1, 1000);
	ok(!asks(N, SCALE_ARRAY, 0), "a straight line does not");
	ok(!asks(N, SCALE_PAST, 0), "as the past of a number, too");
	fill(power, 1, 40);
	ok(!asks(N, SCALE_ARRAY, 0), "less than three decades do not");
	ok(asks(N, SCALE_ARRAY, 1), "but keep an axis as it is");
	for (i = 0; i < N; i++)
		v[2 * i + 1] = NAN;
	ok(!asks(N, SCALE_ARRAY, 1), "nothing does not");

	for (i = 0; i < N; i++)
		v[i] = pow(10, -2 + 5 * (double)i / N);
	ok(scale_is_even(v, N, 1), "even spacing of logarithms");
	for (i = 0; i < N; i++)
		v[i] = 1 + (double)i;
	ok(!scale_is_even(v, N, 1), "is not that of numbers");
	for (i = 0; i < N; i++)
		v[i] = 1 + 0.001 * (double)i;
	ok(!scale_is_even(v, N, 1), "nor of what spans nothing");
	printf("1..%d\n", test);
	return failures > 0;
}
