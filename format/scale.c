/*
 * scale.c - whether an axis should be logarithmic
 */
#include <math.h>

#include "scale.h"

#define DECADES_LEAST	3	/* to begin with a logarithmic axis */
#define DECADES_STAY	2	/* to remain at it */
#define DECADES_MOST	16	/* below that is what rounding leaves */
#define ZEROS		100	/* one value in so many may be 0 */
#define PROBES		16	/* places at which spacing is looked at */

void
scale_begin(struct scale_look *l)
{
	l->lo = INFINITY;
	l->hi = -INFINITY;
	l->positive = l->zero = l->negative = l->low = 0;
}

void
scale_see(struct scale_look *l, const double *v, size_t n, size_t stride)
{
	size_t i;

	for (i = 0; i < n; i++, v += stride) {
		if (*v > 0 && isfinite(*v)) {
			l->positive++;
			l->lo = fmin(l->lo, *v);
			l->hi = fmax(l->hi, *v);
		} else {
			l->zero += *v == 0;
			l->negative += *v < 0;
		}
	}
}

void
scale_low(struct scale_look *l, const double *v, size_t n, size_t stride)
{
	size_t i;

	for (i = 0; i < n; i++, v += stride)
		l->low += *v > 0 && *v < l->hi / 100;
}

int
scale_asks(const struct scale_look *l, double share, int is)
{
	double decades;

	if (l->negative > 0 || l->positive < 3 ||
	    l->zero > 1 + l->positive / ZEROS)
		return 0;
	decades = log10(l->hi) - log10(l->lo);
	if (decades > DECADES_MOST)
		return 0;
	if (is)
		return decades >= DECADES_STAY;
	return decades >= DECADES_LEAST &&
	    (double)l->low >= share * (double)l->positive;
}

/* What is needed for a correlation. */
struct sums {
	double	 n, a, b, aa, bb, ab;
};

static void
sum(struct sums *s, double a, double b)
{
	s->n++;
	s->a += a;
	s->b += b;
	s->aa += a * a;
	s->bb += b * b;
	s->ab += a * b;
}

/* Pearson's correlation, squared. */
static double
straightness(const struct sums *s)
{
	double ab = s->n * s->ab - s->a * s->b;
	double aa = s->n * s->aa - s->a * s->a;
	double bb = s->n * s->bb - s->b * s->b;

	return aa > 0 && bb > 0 ? ab * ab / aa / bb : 0;
}

int
scale_asks_both(const double *rows, size_t n)
{
	struct sums linear = { 0 }, both = { 0 };
	double lo = INFINITY, hi = 0, x, y;
	size_t i;

	for (i = 0; i < n; i++) {
		x = rows[2 * i];
		y = rows[2 * i + 1];
		if (!(x > 0) && i > 0 && !isnan(x))
			return 0;
		if (!(x > 0) || !(y > 0))
			continue;
		lo = fmin(lo, x);
		hi = fmax(hi, x);
		sum(&linear, x, log(y));
		sum(&both, log(x), log(y));
	}
	return hi >= 100 * lo && straightness(&both) > straightness(&linear);
}

int
scale_is_even(const double *v, size_t n, size_t stride)
{
	double first, last, at;
	size_t i, k;

	if (n < 8 || !(v[0] > 0) || !(v[(n - 1) * stride] >= 100 * v[0]))
		return 0;
	first = log(v[0]);
	last = log(v[(n - 1) * stride]);
	for (i = 1; i < PROBES; i++) {
		k = (size_t)((double)(n - 1) / PROBES * (double)i);
		at = first + (last - first) * (double)k / (double)(n - 1);
		if (!(v[k * stride] > 0) ||
		    fabs(log(v[k * stride]) - at) > 0.01 * (last - first))
			return 0;
	}
	return 1;
}
