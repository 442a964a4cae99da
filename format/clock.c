/*
 * clock.c - the x axis of a panel as one of time
 *
 * While the user has zoomed, what is zoomed stays: the numbers that gnuplot
 * gets then go on as they were.
 */
#include <math.h>
#include <string.h>

#include "picture.h"

/* Whether the axis has to show numbers as they are: a range or a format of
 * the user's is for them. */
static int
stays_plain(const struct drawing *d)
{
	return d->log_x || (d->g->settings & (SET_XRANGE | SET_FORMAT_X |
	    SET_LOG_X)) != 0;
}

void
clock_choose(struct drawing *d, const struct timeaxis *t, double lo, double hi)
{
	struct memo *m = d->memo;
	struct timeaxis_map old = m->clock;

	d->time = *t;
	if (m->answered && m->zoomed_x && m->clock_set &&
	    !(d->g->settings & SET_XRANGE))
		return;
	if (stays_plain(d))
		timeaxis_base(t, t->date ? TIMEAXIS_DATE : TIMEAXIS_OWN,
		    &m->clock);
	else
		timeaxis_choose(t, lo, hi, &m->clock);
	m->clock_set = 1;
	if (old.scale != m->clock.scale || old.offset != m->clock.offset)
		m->x.set = 0;
}

double
clock_x(const struct drawing *d, double v)
{
	if (d->time.unit == 0)
		return v;
	return v * d->memo->clock.scale + d->memo->clock.offset;
}

const double *
clock_all(const struct drawing *d, const double *x, size_t n, double *buf)
{
	const struct timeaxis_map *m = &d->memo->clock;
	size_t i;

	if (d->time.unit == 0 || (m->scale == 1 && m->offset == 0))
		return x;
	for (i = 0; i < n; i++)
		buf[i] = x[i] * m->scale + m->offset;
	return buf;
}

/* The tics of the axis, of which gnuplot shows the part that it answered. */
static void
tics_of(const struct drawing *d, double lo, double hi,
    struct timeaxis_tics *tics)
{
	const struct memo *m = d->memo;
	const struct layout_area *a = d->box.right > d->box.left ? &d->box :
	    &d->cell;
	double width = (a->right - a->left) / d->g->m.hchar;

	if (m->answered && m->zoomed_x) {
		lo = fmin(m->lo, m->hi);
		hi = fmax(m->lo, m->hi);
	}
	timeaxis_tics(&d->time, &m->clock, lo, hi, width, d->g->text, tics);
	if (stays_plain(d) && !d->time.date)
		tics->format = NULL;
}

void
clock_label(struct drawing *d, double lo, double hi, const char *units,
    struct buffer *line)
{
	struct timeaxis_tics tics = { 0 };

	if (d->time.unit > 0)
		tics_of(d, lo, hi, &tics);
	d->tic_width = tics.width;
	if (*tics.label != '\0')
		buffer_puts(line, tics.label);
	else if (units != NULL)
		buffer_printf(line, " (%s)", units);
}

void
clock_settings(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer *b = &g->sheet.text;
	const struct memo *m = d->memo;
	struct timeaxis_tics tics = { 0 };

	if (d->time.unit > 0)
		tics_of(d, m->want_lo, m->want_hi, &tics);
	if (tics.format == NULL) {
		if (g->clock)
			buffer_printf(b, "set format x '%% %c' numeric\n%s",
			    picture_number(g), g->settings & SET_TICS ? "" :
			    "set xtics autofreq\n");
		g->clock = 0;
		return;
	}
	/* They are to be made anew when others are shown. */
	d->memo->timed = 1;
	g->clock = 1;
	if (g->settings & SET_FORMAT_X)
		buffer_puts(b, "set xtics time\n");
	else
		buffer_printf(b, "set format x '%s' timedate\n", tics.format);
	if (g->settings & SET_TICS)
		return;
	buffer_puts(b, "set xtics ");
	/* Far enough back, a multiple of all such steps. */
	if (tics.step >= TIMEAXIS_MONTH)
		buffer_puts(b, "-18934387200,");
	if (tics.step > 0)
		buffer_number(b, tics.step);
	else
		buffer_puts(b, "autofreq");
	buffer_puts(b, "\n");
}
