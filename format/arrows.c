/*
 * arrows.c - the arrows of a field of vectors, over the colours of their length
 *
 * An arrow is as long as a cell of the grid that arrows stand on where the
 * vector has the length that the memo's range ends at, which is round and
 * holds still.  Directions are those on the screen.
 */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "raster.h"

#define ACROSS		30	/* arrows side by side */
#define HIGH		25	/* and one above the other */
#define ARROWS		(ACROSS * HIGH)
#define CELL		3.4	/* characters that one takes at least */

struct arrow {
	double		 x, y;	/* its place */
	double		 u, v;	/* the vector */
};

struct arrows {
	struct arrow	 at[ARROWS];
	unsigned	 n;
	double		 tail;		/* how much of one is before its place:
					 * a half or nothing */
	double		 cell;		/* the length of the longest, in the
					 * terminal's units */
	double		 xunit, yunit;	/* of the axes, in such units */
};

/* The round number not above v, of 1, 2 and 5. */
static double
round_below(double v)
{
	double ten = pow(10, floor(log10(v) + 1e-9)), part = v / ten + 1e-9;

	return ten * (part >= 5 ? 5 : part >= 2 ? 2 : 1);
}

/* How long an arrow is, above the plot's right corner. */
static void
put_scale(struct drawing *d, const struct arrows *a)
{
	struct gnuplot *g = d->g;
	const struct metrics *m = &g->m;
	const char *units = field_attr(d->panel->curves->field, "units");
	struct buffer line = { 0 }, *b = &g->sheet.text;
	double most = d->memo->arrows.hi, value = round_below(most), right;
	double y = d->box.top + 0.6 * m->vchar, length = a->cell * value / most;

	buffer_printf(&line, "%g", value);
	if (units != NULL && strcmp(units, "1") != 0)
		buffer_printf(&line, " %s", units);
	right = d->box.right - (double)escape_width(buffer_text(&line)) *
	    m->hchar;
	buffer_puts(b, "set label 9005 ");
	escape_quoted(b, buffer_text(&line), line.len, 40);
	buffer_printf(b, " at screen %.5f, screen %.5f right noenhanced\n"
	    "set arrow 9005 from screen %.5f, screen %.5f to screen %.5f, "
	    "screen %.5f lw 1.5 lc rgb 'black'\n", d->box.right / m->width,
	    y / m->height, (right - length - m->hchar) / m->width,
	    y / m->height, (right - m->hchar) / m->width, y / m->height);
	buffer_free(&line);
}

/* Rows of the arrows in own: x, y, then as many zeros as z wants. */
static size_t
put_rows(struct drawing *d, const struct arrows *a, int deep)
{
	struct buffer *own = &d->g->sheet.own;
	double most = d->memo->arrows.hi, dx, dy, row[6];
	size_t size = (deep ? 6 : 4) * sizeof(*row), n = 0;
	unsigned i;
	void *to;

	for (i = 0; i < a->n; i++) {
		const struct arrow *at = &a->at[i];

		dx = a->cell * at->u / most;
		dy = a->cell * at->v / most;
		if (!(hypot(dx, dy) >= 0.04 * a->cell) ||
		    (to = buffer_room(own, size)) == NULL)
			continue;
		memset(row, 0, sizeof(row));
		row[0] = at->x - a->tail * dx / a->xunit;
		row[1] = at->y - a->tail * dy / a->yunit;
		row[2] = deep ? d->memo->y.lo : dx / a->xunit;
		row[3] = deep ? dx / a->xunit : dy / a->yunit;
		row[4] = dy / a->yunit;
		memcpy(to, row, size);
		own->len += size;
		n++;
	}
	return n;
}

/* The arrows as elements of the plot: white with a dark edge, as can be seen
 * on every colour. */
static void
put_arrows(struct drawing *d, struct arrows *a, int deep)
{
	static const char *const lines[] = { "lw 3.2 lc rgb '#202020'",
		"lw 1.1 lc rgb 'white'" };
	struct sheet *s = &d->g->sheet;
	double most = 0;
	size_t from = s->own.len, n;
	unsigned i;

	for (i = 0; i < a->n; i++)
		most = fmax(most, hypot(a->at[i].u, a->at[i].v));
	if (!(most > 0) || !(most <= RANGE_MOST))
		return;
	range_follow(&d->memo->arrows, 0, most);
	n = put_rows(d, a, deep);
	for (i = 0; i < 2 && n > 0; i++) {
		sheet_element(s, deep ? "splot" : "plot");
		sheet_rows(s, from, n, deep ? 6 : 4);
		buffer_printf(&s->plot, " using 1:2:3:4%s noautoscale with "
		    "vectors head filled size char 0.55,22 %s notitle", deep ?
		    ":5:6" : "", lines[i]);
	}
	put_scale(d, a);
}

/* As many arrows as there is room for in length, of n elements. */
static unsigned
count(const struct drawing *d, double length, uint64_t n, unsigned most)
{
	double room = floor(length / (CELL * d->g->m.hchar));

	if (room > most)
		room = most;
	if (room > (double)n)
		room = (double)n;
	return room < 1 ? 1 : (unsigned)room;
}

/* The units of the axes, which reach so far. */
static void
set_units(struct drawing *d, struct arrows *a, double xlo, double xhi,
    double ylo, double yhi)
{
	a->xunit = (d->box.right - d->box.left) / (xhi - xlo);
	a->yunit = (d->box.top - d->box.bottom) / (yhi - ylo);
}

/* The part of an image that is seen, in which there are to be as many cells
 * as there is room for arrows. */
static struct raster
window(const struct drawing *d, const struct axis *x, const struct axis *y)
{
	const struct memo *m = d->memo;
	struct raster r = { 0, 0, x->lo, x->hi, y->lo, y->hi, RASTER_MEAN };
	double share;

	if (m->answered && m->zoomed_x) {
		r.xlo = fmax(fmin(m->lo, m->hi), x->lo);
		r.xhi = fmin(fmax(m->lo, m->hi), x->hi);
	}
	if (m->answered && m->zoomed_y) {
		r.ylo = fmax(fmin(m->ylo, m->yhi), y->lo);
		r.yhi = fmin(fmax(m->ylo, m->yhi), y->hi);
	}
	share = (r.xhi - r.xlo) / (x->hi - x->lo);
	r.cols = count(d, d->box.right - d->box.left,
	    (uint64_t)fmax(1, share * (double)x->n), ACROSS);
	share = (r.yhi - r.ylo) / (y->hi - y->lo);
	r.rows = count(d, d->box.top - d->box.bottom,
	    (uint64_t)fmax(1, share * (double)y->n), HIGH);
	return r;
}

/* The mean of each cell, where its middle has a value, into v; 0 or -1. */
static int
means(const struct view *view, const struct axis *x, const struct axis *y,
    const struct raster *r, double v[ARROWS])
{
	struct raster middle = *r;
	struct buffer b = { 0 };
	size_t n = (size_t)r->cols * r->rows, i;
	double at;
	int status = -1;

	middle.how = RASTER_NEAREST;
	if (raster_make(view, x, y, r, &b) == 0 &&
	    raster_make(view, x, y, &middle, &b) == 0) {
		for (i = 0; i < n; i++) {
			memcpy(&v[i], b.p + i * sizeof(at), sizeof(at));
			memcpy(&at, b.p + (n + i) * sizeof(at), sizeof(at));
			v[i] = isnan(at) ? NAN : v[i];
		}
		status = 0;
	}
	buffer_free(&b);
	return status;
}

void
arrows_image(struct drawing *d, const struct axis *x, const struct axis *y)
{
	const struct curve *c = d->panel->curves;
	struct raster r = window(d, x, y);
	struct arrows a = { .tail = 0.5 };
	double u[ARROWS], v[ARROWS];
	unsigned i;

	if (!(r.xlo < r.xhi) || !(r.ylo < r.yhi))
		return;
	if (means(c->vx, x, y, &r, u) == -1 || means(c->vy, x, y, &r, v) ==
	    -1) {
		d->g->sheet.own.failed = 1;
		return;
	}
	for (i = 0; i < r.cols * r.rows; i++) {
		if (isnan(u[i]) || isnan(v[i]))
			continue;
		a.at[a.n++] = (struct arrow){ r.xlo + (r.xhi - r.xlo) *
		    (i % r.cols + 0.5) / r.cols, r.ylo + (r.yhi - r.ylo) *
		    (i / r.cols + 0.5) / r.rows, u[i], v[i] };
	}
	set_units(d, &a, r.xlo, r.xhi, r.ylo, r.yhi);
	a.cell = 0.95 * fmin((d->box.right - d->box.left) / r.cols,
	    (d->box.top - d->box.bottom) / r.rows);
	put_arrows(d, &a, 0);
}

/* The mean of rows by cols elements from row and col on; elements without a
 * place or a value do not count.  0: there is none. */
static int
mean(const struct curve *c, uint64_t row, uint64_t rows, uint64_t col,
    uint64_t cols, struct arrow *to)
{
	const struct view *views[] = { &c->x, &c->y, c->vx, c->vy };
	double value[4], sum[4] = { 0 };
	uint64_t i, j, n = 0;
	unsigned k;

	for (i = row; i < row + rows; i++) {
		for (j = col; j < col + cols; j++) {
			for (k = 0; k < 4; k++) {
				view_values(views[k], i, j, 1, &value[k]);
				if (!(fabs(value[k]) <= RANGE_MOST))
					break;
			}
			if (k < 4)
				continue;
			n++;
			for (k = 0; k < 4; k++)
				sum[k] += value[k];
		}
	}
	*to = (struct arrow){ sum[0] / (double)n, sum[1] / (double)n,
		sum[2] / (double)n, sum[3] / (double)n };
	return n > 0;
}

void
arrows_places(struct drawing *d, const double x[2], const double y[2],
    int deep)
{
	const struct curve *c = d->panel->curves;
	double wide = d->box.right - d->box.left;
	double high = d->box.top - d->box.bottom;
	uint64_t rows = c->v.rank == 2 ? c->v.extents[0] : 1;
	uint64_t cols = c->v.extents[c->v.rank - 1];
	unsigned nx = count(d, wide, UINT64_MAX, ACROSS), i, j;
	unsigned ny = count(d, high, UINT64_MAX, HIGH);
	struct arrows a = { .tail = 0.5 };
	uint64_t at[2], next[2];

	a.cell = 0.95 * fmin(wide / nx, high / ny);
	if (rows == 1) {
		/* From points, some: the same ones while they move. */
		a.tail = 0;
		nx = cols < nx * ny ? (unsigned)cols : nx * ny;
		ny = 1;
	} else {
		nx = cols < nx ? (unsigned)cols : nx;
		ny = rows < ny ? (unsigned)rows : ny;
	}
	for (i = 0; i < ny; i++) {
		at[0] = rows * i / ny;
		next[0] = rows * (i + 1) / ny;
		for (j = 0; j < nx; j++) {
			at[1] = cols * j / nx;
			next[1] = rows == 1 ? at[1] + 1 : cols * (j + 1) / nx;
			a.n += (unsigned)mean(c, at[0], next[0] - at[0], at[1],
			    next[1] - at[1], &a.at[a.n]);
		}
	}
	set_units(d, &a, x[0], x[1], y[0], y[1]);
	put_arrows(d, &a, deep);
}
