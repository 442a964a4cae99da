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

unsigned
range_label(double lo, double hi)
{
	/* As close as gnuplot puts tics, or closer. */
	double step = step_of(hi - lo), at = ceil(lo / step) * step;
	char text[40];
	size_t len, most = 1;
	int i, digits;

	for (i = 0; i < 24 && at <= hi + step / 2; i++, at += step) {
		/* What rounding leaves at zero would look wide. */
		if (fabs(at) < step * 1e-9)
			at = 0;
		digits = at == 0 ? 1 : (int)(log10(fabs(at) / step) + 1.5);
		snprintf(text, sizeof(text), "%.*g", digits < 6 ? 6 :
		    digits < 15 ? digits : 15, at);
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
