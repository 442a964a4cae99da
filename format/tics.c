/*
 * tics.c - tics of an axis that fit beside each other
 *
 * gnuplot puts five to eleven wherever there are so many pixels; where that is
 * right, it is left to it, for then there are tics also after a zoom.
 */
#include <math.h>
#include <string.h>

#include "picture.h"

#define WHOLE_MOST	1e15	/* greater ones are not written out */

/* The step that gnuplot chooses: as its make_tics() of 20. */
static double
usual_step(double span)
{
	double power = pow(10, floor(log10(span))), n = 20 / (span / power);

	return power * (n > 40 ? 0.05 : n > 20 ? 0.1 : n > 10 ? 0.2 : n > 4 ?
	    0.5 : 1);
}

/* The least of 1, 2, 5, 10 ... that is not below v. */
static double
round_above(double v)
{
	double power = pow(10, floor(log10(v))), m = v / power - 1e-9;

	return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static double
digits(double lo, double hi)
{
	double most = fmax(fabs(lo), fabs(hi));

	return (most < 10 ? 1 : floor(log10(most)) + 1) + (lo < 0);
}

/* Have tics no nearer than step, whole numbers if they are to be. */
static void
put_step(struct drawing *d, const char *axis, double lo, double hi,
    double most, int whole)
{
	struct buffer *b = &d->g->sheet.text;
	double step = usual_step(hi - lo), least;

	least = round_above((hi - lo) / fmax(most, 1));
	if (whole && least < 1 && step < 1 && hi - lo >= 1)
		least = 1;
	if (step >= least * (1 - 1e-9)) {
		buffer_printf(b, "set %stics autofreq\n", axis);
		return;
	}
	buffer_printf(b, "set %stics ", axis);
	buffer_number(b, least);
	buffer_puts(b, "\n");
}

/* With as many digits as tell the tics apart. */
static void
put_format(struct drawing *d, const char *axis, double lo, double hi,
    int whole)
{
	struct buffer *b = &d->g->sheet.text;
	int n = hi > lo ? range_digits(lo, hi) : 6;

	buffer_printf(b, "set format %s", axis);
	if (whole)
		buffer_puts(b, " '%.0f'");
	else if (n > 6)
		buffer_printf(b, " '%%.%d%c'", n, picture_number(d->g));
	else if (picture_number(d->g) != 'h')
		buffer_printf(b, " '%%%c'", picture_number(d->g));
	buffer_puts(b, "\n");
}

void
tics_put(struct drawing *d, const char *axis, double lo, double hi, int whole)
{
	struct gnuplot *g = d->g;
	const struct memo *m = d->memo;
	int is_x = strcmp(axis, "x") == 0, is_y = strcmp(axis, "y") == 0;
	int log = is_x ? d->log_x : d->log_y && !(is_y &&
	    draw_has_colours(d->panel)), written;
	double label, step = 0;

	if (is_x && g->clock)
		return;		/* of time: clock.c */
	/* What is shown, where the mouse has zoomed. */
	if (m->answered && !g->text && is_x && m->zoomed_x) {
		lo = fmin(m->lo, m->hi);
		hi = fmax(m->lo, m->hi);
	} else if (m->answered && !g->text && is_y && m->zoomed_y) {
		lo = fmin(m->ylo, m->yhi);
		hi = fmax(m->ylo, m->yhi);
	}
	written = whole && is_x && !log && fabs(lo) < WHOLE_MOST &&
	    fabs(hi) < WHOLE_MOST && hi - lo >= 1;
	if (!log && !(g->settings & SET_FORMAT))
		put_format(d, axis, lo, hi, written);
	if (g->settings & SET_TICS)
		return;
	if (g->text && (is_x || is_y))
		step = log || !(hi > lo) || g->settings & (is_x ? SET_XRANGE :
		    SET_YRANGE) ? 0 : strokes_step(d, *axis, lo, hi, whole);
	if (step > 0) {
		buffer_printf(&g->sheet.text, "set %stics ", axis);
		buffer_number(&g->sheet.text, step);
		buffer_puts(&g->sheet.text, "\n");
		return;
	}
	if (log || !(hi > lo) || g->text) {
		buffer_printf(&g->sheet.text, "set %stics autofreq\n", axis);
		return;
	}
	label = written ? digits(lo, hi) : (double)range_label(lo, hi);
	put_step(d, axis, lo, hi, is_x ? (d->box.right - d->box.left) /
	    g->m.hchar / (label + 1.5) : (d->box.top - d->box.bottom) /
	    g->m.vchar / 1.3, whole);
}
