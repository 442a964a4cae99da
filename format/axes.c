/*
 * axes.c - how far the axes of a panel reach, and how they are scaled
 *
 * A plot's x axis gets the range of its data, its y axis a round one that
 * holds still; not by setting them, which would undo a zoom, but by two
 * points that are not seen.  What of it is shown, the answer to the frame
 * before has told.  Colours have a range that is set: no mouse changes it.
 */
#include <math.h>
#include <string.h>

#include "picture.h"

#define FINE	4	/* cells a pixel where edges are soft */

void
axes_reach(struct drawing *d, double xlo, double xhi, double ylo, double yhi)
{
	struct gnuplot *g = d->g;
	struct sheet *s = &g->sheet;
	size_t from = s->own.len;

	d->memo->want_lo = xlo;
	d->memo->want_hi = xhi;
	d->memo->want_ylo = ylo;
	d->memo->want_yhi = yhi;
	sheet_spot(s, xlo, xhi, ylo, yhi);
	if (g->text) {
		/* A point is seen there, and there is no mouse. */
		if (!(g->settings & SET_XRANGE)) {
			buffer_puts(&s->text, "set xrange [");
			buffer_number(&s->text, xlo);
			buffer_puts(&s->text, ":");
			buffer_number(&s->text, xhi);
			buffer_puts(&s->text, "]\n");
		}
		if (!(g->settings & SET_YRANGE)) {
			buffer_puts(&s->text, "set yrange [");
			buffer_number(&s->text, ylo);
			buffer_puts(&s->text, ":");
			buffer_number(&s->text, yhi);
			buffer_puts(&s->text, "]\n");
		}
		return;
	}
	sheet_element(s, "plot");
	draw_row(&s->own, xlo, ylo);
	draw_row(&s->own, xhi, yhi);
	sheet_rows(s, from, 2, 2);
	buffer_puts(&s->plot, " using 1:2 with points pt -1 notitle");
}

struct thin_columns
axes_expect(struct drawing *d, double lo, double hi)
{
	struct memo *m = d->memo;
	const struct metrics *t = &d->g->m;
	struct thin_columns c;

	m->used_lo = lo;
	m->used_hi = hi;
	if (m->answered && m->zoomed_x) {
		m->used_lo = m->lo;
		m->used_hi = m->hi;
	}
	m->want_lo = lo;
	m->want_hi = hi;
	if (m->answered && memcmp(&m->box_answered, &m->box,
	    sizeof(m->box)) == 0) {
		m->used = m->at;
	} else {
		m->used.left = floor(d->box.left + 0.5);
		m->used.right = floor(d->box.right / t->width *
		    (t->width - 1) + 0.5);
		m->used.bottom = floor(d->box.bottom + 0.5);
		m->used.top = floor(d->box.top / t->height *
		    (t->height - 1) + 0.5);
		if (d->g->text)		/* as put_box() has it */
			m->used = d->box;
	}
	c.log = d->log_x && m->used_lo > 0 && m->used_hi > 0;
	c.lo = m->used_lo;
	c.hi = m->used_hi;
	c.first = m->used.left;
	c.last = m->used.right;
	return c;
}

struct thin_columns
axes_expect_rows(struct drawing *d, double lo, double hi)
{
	struct memo *m = d->memo;
	struct thin_columns c;

	m->used_ylo = lo;
	m->used_yhi = hi;
	if (m->answered && m->zoomed_y) {
		m->used_ylo = m->ylo;
		m->used_yhi = m->yhi;
	}
	m->want_ylo = lo;
	m->want_yhi = hi;
	c.log = !draw_has_colours(d->panel) && d->log_y && m->used_ylo > 0 &&
	    m->used_yhi > 0;
	c.lo = m->used_ylo;
	c.hi = m->used_yhi;
	c.first = m->used.bottom;
	c.last = m->used.top;
	return c;
}

unsigned
axes_fineness(const struct drawing *d)
{
	return d->g->m.scale > 1 ? FINE : 1;
}

int
axes_zoomed(const struct drawing *d, double x[2], double y[2])
{
	const struct memo *m = d->memo;

	x[0] = fmin(m->used_lo, m->used_hi);
	x[1] = fmax(m->used_lo, m->used_hi);
	y[0] = fmin(m->used_ylo, m->used_yhi);
	y[1] = fmax(m->used_ylo, m->used_yhi);
	return m->answered && (m->zoomed_x || m->zoomed_y);
}

int
axes_scale(const struct drawing *d, enum plot_scale said, int axis, int asks)
{
	unsigned set = d->g->settings, log, linear;
	const struct memo *m = d->memo;

	log = axis == 'x' ? SET_LOG_X : axis == 'y' ? SET_LOG_Y : SET_LOG_CB;
	linear = axis == 'x' ? SET_LINEAR_X : axis == 'y' ? SET_LINEAR_Y :
	    SET_LINEAR_CB;
	if (set & (log | linear))
		asks = (set & log) != 0;
	if (said != SCALE_ANY)
		asks = said == SCALE_LOG;
	return asks ^ (axis == 'x' ? m->toggled_x : m->toggled_y);
}

/* One axis of axes_put_scales(). */
static void
put_scale(struct drawing *d, const char *axis, int want, int *is)
{
	struct buffer *b = &d->g->sheet.text;

	if (want == *is)
		return;
	*is = want;
	buffer_printf(b, "%s logscale %s\n", want ? "set" : "unset", axis);
	/* gnuplot's own is of up to a dozen zeros. */
	if (d->g->settings & SET_FORMAT)
		return;
	if (want || picture_number(d->g) != 'h')
		buffer_printf(b, "set format %s '%%%c'\n", axis,
		    picture_number(d->g));
	else
		buffer_printf(b, "set format %s\n", axis);
}

/*
 * Scales are gnuplot's until they are changed.  Where a linear axis is zoomed
 * to what no logarithmic one has, all of it is shown again.
 */
void
axes_put_scales(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer *b = &g->sheet.text;
	int colours = draw_has_colours(d->panel), y = !colours && d->log_y;

	if (d->log_x && !g->log_x && !(g->settings & SET_XRANGE))
		buffer_puts(b, "if (exists('GPVAL_X_MIN') && GPVAL_X_MIN <= 0)"
		    " { set xrange [*:*]; set autoscale xfix }\n");
	if (y && !g->log_y && !(g->settings & SET_YRANGE))
		buffer_puts(b, "if (exists('GPVAL_Y_MIN') && GPVAL_Y_MIN <= 0)"
		    " { set yrange [*:*]; set autoscale yfix }\n");
	put_scale(d, "x", d->log_x, &g->log_x);
	put_scale(d, "y", y, &g->log_y);
	if (colours)
		put_scale(d, "cb", d->log_y, &g->log_cb);
}
