/*
 * planes.c - panels of colours: images, grids, and points
 */
#include <math.h>
#include <string.h>

#include "picture.h"
#include "raster.h"

#define SHADES		4	/* shades where there are no colours */
#define BLOCK		"\xe2\x96\x88"	/* U+2588 */
#define PLACES		300000	/* most points or nodes of a grid */

/* viridis, of matplotlib (CC0). */
static const char viridis[] = "0 '#440154', 1 '#482878', 2 '#3e4989', "
    "3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', "
    "8 '#b5de2b', 9 '#fde725'";
/* RdBu of colorbrewer.org, reversed. */
static const char both_ways[] = "0 '#053061', 1 '#2166ac', 2 '#4393c3', "
    "3 '#92c5de', 4 '#d1e5f0', 5 '#f7f7f7', 6 '#fddbc7', 7 '#f4a582', "
    "8 '#d6604d', 9 '#b2182b', 10 '#67001f'";

/* Colours from lo to hi, with their box beside the plot. */
static void
put_colours(struct drawing *d, double lo, double hi)
{
	struct gnuplot *g = d->g;
	struct memo *m = d->memo;
	struct buffer line = { 0 }, *b = &g->sheet.text;
	double most = fmax(fabs(lo), fabs(hi));

	if (lo < 0 && hi > 0 && fmin(-lo, hi) > 0.2 * most)
		m->both = 1;
	if (m->both)
		range_follow_both(&m->y, lo, hi);
	else
		range_follow(&m->y, lo, hi);
	draw_place(d, m->y.lo, m->y.hi);
	if (!(g->settings & SET_CBRANGE)) {
		buffer_puts(b, "set cbrange [");
		buffer_number(b, m->y.lo);
		buffer_puts(b, ":");
		buffer_number(b, m->y.hi);
		buffer_puts(b, "]\n");
	}
	if (!(g->settings & SET_PALETTE))
		buffer_printf(b, "set palette defined (%s)\n",
		    m->both ? both_ways : viridis);
	if (!(g->settings & SET_COLORBOX)) {
		if (g->text)
			buffer_puts(b, "unset colorbox\n");
		else
			buffer_printf(b, "set colorbox user origin screen %.6f,"
			    " screen %.6f size screen %.6f, screen %.6f\n",
			    (d->box.right + 1.5 * g->m.hchar) / g->m.width,
			    d->box.bottom / g->m.height, 1.6 * g->m.hchar /
			    g->m.width, (d->box.top - d->box.bottom) /
			    g->m.height);
	}
	if (!(g->settings & SET_CBLABEL) && !g->text) {
		draw_y_name(d->panel, &line);
		draw_text(d, "cblabel offset 0.7,0", &line, d->cell.top -
		    d->cell.bottom);
	}
	buffer_free(&line);
}

/* In text the colour box is made of labels. */
static void
put_text_box(struct drawing *d)
{
	const struct gnuplot *g = d->g;
	const struct memo *m = d->memo;
	struct buffer *b = &d->g->sheet.text;
	int rows = (int)(d->box.top - d->box.bottom) + 1, i;
	double v;

	for (i = 0; i < rows && i < 100 && rows > 1; i++) {
		v = m->y.lo + (m->y.hi - m->y.lo) * i / (rows - 1);
		if (g->o.colours > 2) {
			buffer_printf(b, "set label %d '%s%s' at screen %.5f, "
			    "screen %.5f left tc palette cb ", 9100 + i,
			    BLOCK, BLOCK, (d->box.right + 2) / g->m.width,
			    (d->box.bottom + i) / g->m.height);
			buffer_number(b, v);
			buffer_puts(b, "\n");
		}
		if (i == 0 || i == rows - 1 || 2 * i == rows - 1)
			buffer_printf(b, "set label %d '%.3g' at screen %.5f, "
			    "screen %.5f left\n", 9300 + i, v, (d->box.right +
			    5) / g->m.width, (d->box.bottom + i) /
			    g->m.height);
	}
}

static void
end_text_box(struct drawing *d)
{
	int rows = (int)(d->box.top - d->box.bottom) + 1, i;

	for (i = 0; i < rows && i < 100 && rows > 1; i++)
		buffer_printf(&d->g->sheet.text, "unset label %d\n"
		    "unset label %d\n", 9100 + i, 9300 + i);
}

/* Coloured points from x, y and value: rows of three doubles in own. */
static void
put_coloured(struct drawing *d, size_t from, size_t n, double size)
{
	static const char *const shades[] = { "\xe2\x96\x91",
		"\xe2\x96\x92", "\xe2\x96\x93", BLOCK };
	const struct range *r = &d->memo->y;
	struct sheet *s = &d->g->sheet;
	double lo;
	int i;

	if (!d->g->text || d->g->o.colours > 2) {
		sheet_element(s, "plot");
		sheet_rows(s, from, n, 3);
		if (d->g->text)
			buffer_puts(&s->plot, " using 1:2:3 with points pt '"
			    BLOCK "' lc palette notitle");
		else
			buffer_printf(&s->plot, " using 1:2:3 with points pt 7"
			    " ps %.2f lc palette notitle", size);
		return;
	}
	/* No colours: four shades, the least is blank. */
	for (i = 0; i < SHADES; i++) {
		lo = r->lo + (r->hi - r->lo) * (i + 1) / (SHADES + 1);
		sheet_element(s, "plot");
		sheet_rows(s, from, n, 3);
		buffer_puts(&s->plot, " using 1:($3 >= ");
		buffer_number(&s->plot, lo);
		buffer_printf(&s->plot, " ? $2 : NaN) with points pt '%s' "
		    "notitle", shades[i]);
	}
}

static void
put_three(struct buffer *b, double x, double y, double v)
{
	double *to = buffer_room(b, 3 * sizeof(*to));

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	to[2] = v;
	b->len += 3 * sizeof(*to);
}

/* An image of characters: one in every cell inside the box. */
static void
put_cells(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y)
{
	struct buffer cells = { 0 }, *own = &d->g->sheet.own;
	struct raster grid = { 0, 0, x->lo, x->hi, y->lo, y->hi, RASTER_MEAN };
	struct memo *m = d->memo;
	unsigned cols, rows, i, j;
	size_t from = own->len, n = 0;
	double value;

	axes_expect(d, x->lo, x->hi);
	m->fitted = 1;
	cols = (unsigned)fmax(1, m->used.right - m->used.left - 1);
	rows = (unsigned)fmax(1, m->used.top - m->used.bottom - 1);
	grid.cols = cols;
	grid.rows = rows;
	if (raster_make(v, x, y, &grid, &cells) == -1)
		own->failed = 1;
	for (i = 0; i < rows && !own->failed; i++) {
		for (j = 0; j < cols; j++) {
			memcpy(&value, cells.p + ((size_t)i * cols + j) *
			    sizeof(value), sizeof(value));
			if (isnan(value))
				continue;
			put_three(own, x->lo + (x->hi - x->lo) * (j + 1) /
			    (cols + 1), y->lo + (y->hi - y->lo) * (i + 1) /
			    (rows + 1), value);
			n++;
		}
	}
	buffer_free(&cells);
	put_coloured(d, from, n, 1);
}

/* Cells of an image worth having on such a length: x11's units are finer
 * than its pixels. */
static double
cells(double length)
{
	return fmax(2, fmin(ceil(length), 1600));
}

/* Whether gnuplot can take the image's values where they lie. */
static const void *
in_place(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y, int odd)
{
	double wide = 2 * cells(d->box.right - d->box.left);
	double high = 2 * cells(d->box.top - d->box.bottom);

	if (d->g->sheet.path == NULL || odd || !x->uniform || !y->uniform ||
	    x->flip || y->flip || sheet_type(v->field->type) == NULL ||
	    (double)x->n * (double)y->n > wide * high)
		return NULL;
	return view_bytes(v);
}

/* An image of pixels. */
static void
put_image(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y, int odd)
{
	struct sheet *s = &d->g->sheet;
	double wide = cells(d->box.right - d->box.left);
	double high = cells(d->box.top - d->box.bottom);
	struct sheet_grid grid = { x->n, y->n, x->first, x->step, y->first,
		y->step };
	struct raster reduced = { 0, 0, x->lo, x->hi, y->lo, y->hi,
		RASTER_MEAN };
	size_t from = s->own.len;
	const void *p;

	sheet_element(s, "plot");
	p = in_place(d, v, x, y, odd);
	if (p != NULL) {
		sheet_grid_at(s, p, v->field->type, &grid);
	} else {
		/* Cells of other widths need all the pixels there are. */
		if (!x->uniform || (double)x->n > wide)
			grid.nx = (uint64_t)wide;
		if (!y->uniform || (double)y->n > high)
			grid.ny = (uint64_t)high;
		grid.dx = (x->hi - x->lo) / (double)grid.nx;
		grid.dy = (y->hi - y->lo) / (double)grid.ny;
		grid.x0 = x->lo + grid.dx / 2;
		grid.y0 = y->lo + grid.dy / 2;
		reduced.cols = (unsigned)grid.nx;
		reduced.rows = (unsigned)grid.ny;
		if (raster_make(v, x, y, &reduced, &s->own) == -1)
			s->own.failed = 1;
		sheet_grid(s, from, &grid);
	}
	buffer_puts(&s->plot, " with image notitle");
}

void
planes_image(struct drawing *d)
{
	const struct curve *c = d->panel->curves;
	struct buffer xname = { 0 }, yname = { 0 };
	struct axis x, y;
	double lo, hi;
	int odd;

	raster_extremes(&c->v, &lo, &hi, &odd);
	if (!(lo <= hi)) {
		draw_without(d, "has no value yet");
		return;
	}
	if (axis_init(&x, &c->v, 1, &c->x) == -1 ||
	    axis_init(&y, &c->v, 0, &c->y) == -1) {
		axis_free(&x);
		d->g->sheet.own.failed = 1;
		return;
	}
	draw_axis_name(c, 1, &c->x, &xname);
	draw_axis_name(c, 0, &c->y, &yname);
	d->xlabel = buffer_text(&xname);
	d->ylabel = buffer_text(&yname);
	put_colours(d, lo, hi);
	draw_settings(d);
	if (d->g->text) {
		put_text_box(d);
		axes_reach(d, x.lo, x.hi, y.lo, y.hi);
		put_cells(d, &c->v, &x, &y);
	} else {
		put_image(d, &c->v, &x, &y, odd);
	}
	sheet_plot(&d->g->sheet);
	draw_answer(d);
	if (d->g->text)
		end_text_box(d);
	axis_free(&x);
	axis_free(&y);
	buffer_free(&xname);
	buffer_free(&yname);
}

/* x, y and value of all elements, every stride-th of each row and column. */
static uint64_t
put_elements(struct buffer *own, const struct curve *c, uint64_t stride,
    double x[2], double y[2])
{
	uint64_t rows = c->v.rank == 2 ? c->v.extents[0] : 1;
	uint64_t cols = c->v.extents[c->v.rank - 1], row, col;
	double at[3];

	for (row = 0; row < rows; row += stride) {
		for (col = 0; col < cols; col += stride) {
			view_values(&c->x, row, col, 1, &at[0]);
			view_values(&c->y, row, col, 1, &at[1]);
			view_values(&c->v, row, col, 1, &at[2]);
			draw_widen(&x[0], &x[1], at[0]);
			draw_widen(&y[0], &y[1], at[1]);
			put_three(own, fabs(at[0]) <= RANGE_MOST ? at[0] : NAN,
			    fabs(at[1]) <= RANGE_MOST ? at[1] : NAN,
			    fabs(at[2]) <= RANGE_MOST ? at[2] : NAN);
		}
	}
	return (cols + stride - 1) / stride;
}

/* Points, or a grid's quadrangles, at places of their own. */
void
planes_places(struct drawing *d)
{
	const struct curve *c = d->panel->curves;
	struct sheet *s = &d->g->sheet;
	struct buffer name[2] = { { 0 }, { 0 } };
	double x[2] = { INFINITY, -INFINITY }, y[2] = { INFINITY, -INFINITY };
	double lo, hi;
	uint64_t count = view_count(&c->v), stride = 1, cols;
	size_t from = s->own.len, n;
	int odd, grid = d->panel->kind == PANEL_GRID && !d->g->text;

	while (count / stride / stride > PLACES)
		stride++;
	raster_extremes(&c->v, &lo, &hi, &odd);
	cols = put_elements(&s->own, c, stride, x, y);
	n = (s->own.len - from) / (3 * sizeof(double));
	if (!(lo <= hi) || !(x[0] <= x[1]) || !(y[0] <= y[1])) {
		draw_without(d, "has no value yet");
		return;
	}
	draw_name(&name[0], c->x.field, c->x.where);
	draw_units(&name[0], c->x.field);
	draw_name(&name[1], c->y.field, c->y.where);
	draw_units(&name[1], c->y.field);
	d->xlabel = buffer_text(&name[0]);
	d->ylabel = buffer_text(&name[1]);
	range_part(&x[0], &x[1]);
	range_part(&y[0], &y[1]);
	put_colours(d, lo, hi);
	if (!grid) {
		/* Round, lest gnuplot make long labels of it. */
		range_follow(&d->memo->x, x[0], x[1]);
		range_follow(&d->memo->places, y[0], y[1]);
	}
	draw_settings(d);
	if (d->g->text)
		put_text_box(d);
	if (grid) {
		buffer_puts(&s->text, "set view map\nset pm3d corners2color "
		    "mean\nunset grid\n");
		sheet_element(s, "splot");
		sheet_grid_rows(s, from, cols, n / cols);
		buffer_puts(&s->plot, " using 1:2:3 with pm3d notitle");
	} else {
		axes_reach(d, d->memo->x.lo, d->memo->x.hi,
		    d->memo->places.lo, d->memo->places.hi);
		put_coloured(d, from, n, n < 500 ? 1 : n < 5000 ? 0.6 : 0.3);
	}
	sheet_plot(s);
	draw_answer(d);
	if (grid)
		buffer_puts(&s->text, "set grid\n");
	if (d->g->text)
		end_text_box(d);
	buffer_free(&name[0]);
	buffer_free(&name[1]);
}
