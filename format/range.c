/*
 * range.c - ranges of axes that do not tremble from frame to frame
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "range.h"

void
range_part(double *lo, double *hi)
{
	double most = fmax(fabs(*lo), fabs(*hi)), mid = *lo / 2 + *hi / 2;
	double least = fmax(most * 1e-9, 1e-290);

	if (*hi - *lo >= least)
		return;
	if (*hi - *lo <= most * 1e-13)
		least = most == 0 ? 2 : most / 5;
	least = fmax(least, 1e-290);
	*lo = mid - least / 2;
	*hi = mid + least / 2;
}

/* A round number of about a tenth of span. */
static double
step_of(double span)
{
	double power = pow(10, floor(log10(span / 10))), m = span / 10 / power;

	return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void
widen(struct range *r, double lo, double hi)
{
	double step;

	range_part(&lo, &hi);
	step = step_of(hi - lo);
	r->lo = floor(lo / step + 1e-9) * step;
	r->hi = ceil(hi / step - 1e-9) * step;
	r->set = 1;
	r->slack = 0;
}

void
range_follow(struct range *r, double lo, double hi)
{
	double a, b;
	int one;

	if (!(lo <= hi)) {
		if (!r->set)
			widen(r, 0, 1);
		r->set = 1;
		return;
	}
	one = lo == hi;
	range_part(&lo, &hi);
	if (!r->set || (r->one && !one)) {
		widen(r, lo, hi);
		r->one = one;
		return;
	}
	if (lo >= r->lo && hi <= r->hi) {
		if (hi - lo > 0.4 * (r->hi - r->lo))
			r->slack = 0;
		else if (++r->slack > RANGE_PATIENCE)
			widen(r, lo, hi);
		return;
	}
	a = fmin(lo, r->lo);
	b = fmax(hi, r->hi);
	if (b - a > 2.5 * (hi - lo))
		widen(r, lo, hi);
	else
		widen(r, a, b);
}

void
range_decades(struct range *r, double lo, double hi)
{
	r->lo = pow(10, floor(log10(lo) + 1e-9));
	r->hi = pow(10, ceil(log10(hi) - 1e-9));
	if (!(r->lo < r->hi))
		r->lo = r->hi / 10;
	r->set = 1;
	r->slack = 0;
}

void
range_follow_both(struct range *r, double lo, double hi)
{
	double most = fmax(fabs(lo), fabs(hi));

	if (!(lo <= hi)) {
		range_follow(r, lo, hi);
		return;
	}
	if (r->lo != -r->hi)
		r->set = 0;
	range_follow(r, -most, most);
}

/* Tics as close as gnuplot puts them, or closer: the i-th of *step, -1: there
 * is none any more. */
static int
tic(double lo, double hi, int i, double *step, double *at)
{
	*step = step_of(hi - lo);
	*at = (ceil(lo / *step) + i) * *step;
	/* What rounding leaves at zero would look wide. */
	if (fabs(*at) < *step * 1e-9)
		*at = 0;
	return i < 24 && *at <= hi + *step / 2 ? 0 : -1;
}

int
range_digits(double lo, double hi)
{
	double step, at;
	int i, digits, most = 6, whole = 0;

	for (i = 0; tic(lo, hi, i, &step, &at) == 0; i++) {
		if (at == 0)
			continue;
		digits = (int)(floor(log10(fabs(at)) + 1e-9) -
		    floor(log10(step) + 1e-9)) + 1;
		most = digits > most ? digits : most;
		digits = (int)floor(log10(fabs(at)) + 1e-9) + 1;
		whole = digits > whole ? digits : whole;
	}
	/* A power of ten is wider than the zeros that it stands for. */
	if (most > 6 && whole > most && whole <= most + 4)
		most = whole;
	return most < 15 ? most : 15;
}

unsigned
range_label(double lo, double hi)
{
	double step, at;
	char text[40];
	size_t len, most = 1;
	int i, digits = range_digits(lo, hi);

	for (i = 0; tic(lo, hi, i, &step, &at) == 0; i++) {
		snprintf(text, sizeof(text), "%.*g", digits, at);
		len = strlen(text);
		/* 2e-15 is written as 2x10 with a small -15. */
		len += strchr(text, 'e') != NULL ? 2 : 0;
		most = len > most ? len : most;
	}
	return (unsigned)most;
}

double
range_tics_cost(double each, double apart)
{
	double off = fabs(each - floor(each + 0.5)) < 1e-6 ? 0 : 1 / each;

	return off + each / apart / 3;
}
