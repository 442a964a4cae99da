/*
 * Goal: the range of an axis holds everything, holds still while what it
 * shows swings, narrows when little of it is used for long, and stays
 * symmetric where it must.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/range.h"

static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static void
test_swing(void)
{
	struct range r = { 0 }, old;
	double most;
	int i, moved = 0, holds = 1;

	for (i = 0; i < 1000; i++) {
		most = 1 + 0.5 * sin(i / 7.);
		old = r;
		range_follow(&r, -most, most * 0.9);
		holds &= r.lo <= -most && r.hi >= most * 0.9;
		moved += r.lo != old.lo || r.hi != old.hi;
	}
	ok(holds, "it holds what swings");
	ok(moved < 8, "and holds still");
}

static void
test_narrow(void)
{
	struct range r = { 0 };
	int i;

	range_follow(&r, 0, 100);
	range_follow(&r, 0, 1);
	ok(r.hi == 100, "one small frame does not narrow it");
	for (i = 0; i < 2 * RANGE_PATIENCE; i++)
		range_follow(&r, 0, 1);
	ok(r.lo == 0 && r.hi == 1, "many do");
}

static void
test_one(void)
{
	struct range r = { 0 };

	range_follow(&r, 0, 0);
	ok(r.lo < 0 && r.hi > 0, "one value is in the middle");
	range_follow(&r, 0, 2);
	ok(r.lo == 0 && r.hi == 2, "of which nothing is left with the next");
}

static void
test_symmetric(void)
{
	struct range r = { 0 };
	int i, good = 1;

	range_follow(&r, 0, 5);
	for (i = 0; i < 100; i++) {
		range_follow_both(&r, -3 + i * 0.01, 1 + i * 0.04);
		good &= r.lo == -r.hi && r.hi >= 1 + i * 0.04;
	}
	ok(good, "symmetric, also when it was not before");
}

static void
test_odd(void)
{
	static const double at[][2] = {
		{ 0, 0 }, { 5, 5 }, { -5, -5 }, { 1e300, 1e300 },
		{ -1e300, 1e300 }, { 0, 5e-324 }, { 1e9, 1e9 + 1e-6 },
		{ 1e-300, 2e-300 }, { INFINITY, -INFINITY }, { 300, 300 }
	};
	struct range r;
	size_t i;
	int good = 1;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		r = (struct range) { 0 };
		range_follow(&r, at[i][0], at[i][1]);
		good &= isfinite(r.lo) && isfinite(r.hi) && r.lo < r.hi;
		if (at[i][0] <= at[i][1])
			good &= r.lo <= at[i][0] && r.hi >= at[i][1];
		good &= range_label(r.lo, r.hi) < 30;
	}
	ok(good, "equal, huge, tiny and no values have a range");
	ok(range_label(-6e-15, 1e-14) >= 8 && range_label(0, 8) == 1,
	    "labels with an exponent have room for it");
}

/* What tells tics apart, as they are then written. */
static void
test_digits(void)
{
	static const double at[][2] = {		/* from, step */
		{ 1.59e8, 20 }, { 1, 5e-10 }, { -2e-5, 1e-13 },
		{ 123456, 0.1 }, { 1e14, 1 }, { -3, 2e-7 }, { 1e-9, 5e-17 }
	};
	char one[40], other[40];
	double lo, hi;
	size_t i;
	int good = 1, n, k;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		lo = at[i][0];
		hi = lo + 10 * at[i][1];
		n = range_digits(lo, hi);
		other[0] = '\0';
		for (k = 0; k <= 10; k++) {
			snprintf(one, sizeof(one), "%.*g", n,
			    lo + k * at[i][1]);
			good &= strcmp(one, other) != 0 && fabs(strtod(one,
			    NULL) - lo - k * at[i][1]) < at[i][1] / 100;
			memcpy(other, one, sizeof(one));
		}
		good &= range_label(lo, hi) <= 15 + 7;
	}
	ok(good, "tics close together have digits to be told apart");
	ok(range_digits(0, 1) == 6 && range_digits(-1e300, 1e300) == 6 &&
	    range_digits(100000, 900000) == 6, "others have no more than ever");
	ok(range_digits(159000000, 159000180) == 9 && range_label(159000000,
	    159000180) == 9, "whole ones are written out");
}

int
main(void)
{
	test_digits();
	test_swing();
	test_narrow();
	test_one();
	test_symmetric();
	test_odd();
	printf("1..%d\n", test);
	return failures > 0;
}
