/*
 * planes.c - panels of colours: images, grids, and points
 */
#include <math.h>
#include <string.h>

#include "marks.h"
#include "picture.h"
#include "raster.h"

#define SHADES		4	/* shades where there are no colours */
#define BLOCK		"\xe2\x96\x88"	/* U+2588 */
#define NODES		300000	/* of a grid, at most */
#define FEW_PLACES	2000	/* points up to which all are drawn */
#define CHUNK		1024
#define PROBES		PICTURE_PROBES

/* viridis, of matplotlib (CC0). */
static const char viridis[] = "0 '#440154', 1 '#482878', 2 '#3e4989', "
    "3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', "
    "8 '#b5de2b', 9 '#fde725'";
/* RdBu of colorbrewer.org, reversed. */
static const char both_ways[] = "0 '#053061', 1 '#2166ac', 2 '#4393c3', "
    "3 '#92c5de', 4 '#d1e5f0', 5 '#f7f7f7', 6 '#fddbc7', 7 '#f4a582', "
    "8 '#d6604d', 9 '#b2182b', 10 '#67001f'";

/* twilight, of matplotlib (CC0): it ends as it begins. */
static const char round_and_round[] = "0 '#e2d9e2', 1 '#c4ced4', "
    "2 '#95b5c7', 3 '#7297c1', 4 '#6276ba', 5 '#5e51ad', 6 '#592a8f', "
    "7 '#45135c', 8 '#2f1436', 9 '#4a1342', 10 '#741e4f', 11 '#983550', "
    "12 '#b25652', 13 '#c27c63', 14 '#cca389', 15 '#d8c7be', 16 '#e2d9e2'";

/* The range of the colours, for values from lo to hi. */
static void
follow_colours(struct drawing *d, double lo, double hi)
{
	struct memo *m = d->memo;
	double most = fmax(fabs(lo), fabs(hi));

	if (draw_is_phase(d->panel)) {
		m->y.lo = -M_PI;
		m->y.hi = M_PI;
		m->y.set = 1;
		return;
	}
	if (m->y_log != d->log_y)
		m->y.set = 0;
	m->y_log = d->log_y;
	if (lo < 0 && hi > 0 && fmin(-lo, hi) > 0.2 * most)
		m->both = 1;
	if (d->log_y)
		range_decades(&m->y, lo, hi);
	else if (m->both)
		range_follow_both(&m->y, lo, hi);
	else
		range_follow(&m->y, lo, hi);
}

/* Whether colours stand for whole numbers. */
static int
whole_values(const struct panel *p)
{
	return p->curves->vx == NULL && draw_is_whole(p->curves->field);
}

/* Colours from lo to hi, with their box beside the plot. */
static void
put_colours(struct drawing *d, double lo, double hi)
{
	struct gnuplot *g = d->g;
	struct memo *m = d->memo;
	struct buffer line = { 0 }, *b = &g->sheet.text;
	int phase = draw_is_phase(d->panel);

	follow_colours(d, lo, hi);
	draw_place(d, m->y.lo, m->y.hi);
	/* A range with negative numbers is none of a logarithmic axis. */
	axes_put_scales(d);
	if (!(g->settings & SET_CBRANGE)) {
		buffer_puts(b, "set cbrange [");
		buffer_number(b, m->y.lo);
		buffer_puts(b, ":");
		buffer_number(b, m->y.hi);
		buffer_puts(b, "]\n");
	}
	if (!(g->settings & SET_PALETTE))
		buffer_printf(b, "set palette defined (%s)\n", phase ?
		    round_and_round : m->both && !d->log_y ? both_ways :
		    viridis);
	tics_put(d, "cb", m->y.lo, m->y.hi, whole_values(d->panel));
	if (phase && !(g->settings & SET_TICS))
		buffer_printf(b, "set cbtics %s\n", picture_pi(g));
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
		draw_say_log(d->log_y, &line);
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
	int rows = (int)((d->box.top - d->box.bottom) / d->g->m.vchar) + 1, i;
	double v;

	for (i = 0; i < rows && i < 100 && rows > 1; i++) {
		v = d->log_y ? m->y.lo * pow(m->y.hi / m->y.lo,
		    i / (rows - 1.)) :
		    m->y.lo + (m->y.hi - m->y.lo) * i / (rows - 1);
		if (g->o.colours > 2) {
			buffer_printf(b, "set label %d '%s%s' at screen %.5f, "
			    "screen %.5f left tc palette cb ", 9100 + i,
			    BLOCK, BLOCK, picture_x(g, d->box.right +
			    2 * g->m.hchar), picture_y(g, d->box.bottom +
			    i * g->m.vchar));
			buffer_number(b, v);
			buffer_puts(b, "\n");
		}
		if (i == 0 || i == rows - 1 || 2 * i == rows - 1)
			buffer_printf(b, "set label %d '%.3g' at screen %.5f, "
			    "screen %.5f left\n", 9300 + i, v, picture_x(g,
			    d->box.right + 5 * g->m.hchar), picture_y(g,
			    d->box.bottom + i * g->m.vchar));
	}
}

static void
end_text_box(struct drawing *d)
{
	int rows = (int)((d->box.top - d->box.bottom) / d->g->m.vchar) + 1, i;

	for (i = 0; i < rows && i < 100 && rows > 1; i++)
		buffer_printf(&d->g->sheet.text, "unset label %d\n"
		    "unset label %d\n", 9100 + i, 9300 + i);
}

/* Axes are drawn with a plot alone. */
static void
plot_nothing(struct sheet *s)
{
	sheet_element(s, "plot");
	buffer_puts(&s->plot, " NaN notitle");
}

/* The shade of a value, from 0; -1: blank, as the least and none are. */
static int
shade(const struct drawing *d, double v)
{
	const struct range *r = &d->memo->y;
	double t = d->log_y ? log(v / r->lo) / log(r->hi / r->lo) :
	    (v - r->lo) / (r->hi - r->lo);

	return !(t >= 0) ? -1 : (int)fmin(t * (SHADES + 1), SHADES) - 1;
}

/* The same without colours: four shades, each of its own rows.  One without
 * any would be none that gnuplot survives. */
static void
put_shades(struct drawing *d, size_t from, size_t n)
{
	static const char *const shades[] = { "\xe2\x96\x91",
		"\xe2\x96\x92", "\xe2\x96\x93", BLOCK };
	struct sheet *s = &d->g->sheet;
	size_t to, count, k;
	double row[3];
	int i, some = 0;

	for (i = 0; i < SHADES; i++) {
		to = s->own.len;
		count = 0;
		for (k = 0; k < n && !s->own.failed; k++) {
			memcpy(row, s->own.p + from + k * sizeof(row),
			    sizeof(row));
			if (shade(d, row[2]) != i)
				continue;
			buffer_put(&s->own, row, sizeof(row));
			count++;
		}
		if (count == 0)
			continue;
		sheet_element(s, "plot");
		sheet_rows(s, to, count, 3);
		buffer_printf(&s->plot, " using 1:2 with points pt '%s' "
		    "notitle", shades[i]);
		some = 1;
	}
	if (!some)
		plot_nothing(s);
}

/* Coloured points from x, y and value: rows of three doubles in own. */
static void
put_coloured(struct drawing *d, size_t from, size_t n, double size)
{
	struct sheet *s = &d->g->sheet;

	if (n == 0 && d->g->text) {
		plot_nothing(s);
	} else if (!d->g->text || d->g->o.colours > 2) {
		sheet_element(s, "plot");
		sheet_rows(s, from, n, 3);
		if (d->g->text)
			buffer_puts(&s->plot, " using 1:2:3 with points pt '"
			    BLOCK "' lc palette notitle");
		else
			buffer_printf(&s->plot, " using 1:2:3 with points pt 7"
			    " ps %.2f lc palette notitle", size);
	} else {
		put_shades(d, from, n);
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

static void
put_four(struct buffer *b, double x, double y, double low, double high)
{
	double *to = buffer_room(b, 4 * sizeof(*to));

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	to[2] = low;
	to[3] = high;
	b->len += 4 * sizeof(*to);
}

/* Points of characters that show the lower, the upper or both halves of a
 * cell: rows of x, y and the two values in own. */
static void
plot_halves(struct drawing *d, size_t from, size_t n)
{
	static const struct {
		int		 low, high;
		const char	*using, *how;
	} kinds[] = {
		{ 1, 1, "(APLOT_mark(palette($4), palette($3))):"
		    "(APLOT_pair(palette($4), palette($3)))",
		    "pt variable lc rgb variable" },
		{ 1, 0, "3", "pt '\xe2\x96\x84' lc palette" },
		{ 0, 1, "4", "pt '\xe2\x96\x80' lc palette" },
	};
	struct sheet *s = &d->g->sheet;
	size_t i, k, to, count;
	double row[4];

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		to = s->own.len;
		count = 0;
		for (k = 0; k < n && !s->own.failed; k++) {
			memcpy(row, s->own.p + from + k * sizeof(row),
			    sizeof(row));
			if (kinds[i].low != !isnan(row[2]) ||
			    kinds[i].high != !isnan(row[3]))
				continue;
			buffer_put(&s->own, row, sizeof(row));
			count++;
		}
		if (count == 0)
			continue;
		sheet_element(s, "plot");
		sheet_rows(s, to, count, 4);
		buffer_printf(&s->plot, " using 1:2:%s with points %s notitle",
		    kinds[i].using, kinds[i].how);
	}
	if (n == 0)
		plot_nothing(s);
}

/* An image of characters with two colours each, one above the other. */
static void
put_halves(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y)
{
	struct buffer cells = { 0 }, *own = &d->g->sheet.own;
	struct raster grid = { 0, 0, x->lo, x->hi, y->lo, y->hi, RASTER_MEAN };
	struct memo *m = d->memo;
	unsigned cols, rows, i, j;
	size_t from = own->len, n = 0;
	double value[2];

	axes_expect(d, x->lo, x->hi);
	m->fitted = 1;
	cols = (unsigned)fmax(1, m->used.right - m->used.left - 1);
	rows = (unsigned)fmax(1, m->used.top - m->used.bottom - 1);
	grid.cols = cols;
	grid.rows = 2 * rows;
	if (raster_make(v, x, y, &grid, &cells) == -1)
		own->failed = 1;
	for (i = 0; i < rows && !own->failed; i++) {
		for (j = 0; j < cols; j++) {
			memcpy(&value[0], cells.p + (2 * (size_t)i * cols +
			    j) * sizeof(value[0]), sizeof(value[0]));
			memcpy(&value[1], cells.p + ((2 * (size_t)i + 1) *
			    cols + j) * sizeof(value[1]), sizeof(value[1]));
			if (isnan(value[0]) && isnan(value[1]))
				continue;
			put_four(own, x->lo + (x->hi - x->lo) * (j + 1) /
			    (cols + 1), y->lo + (y->hi - y->lo) * (i + 1) /
			    (rows + 1), value[0], value[1]);
			n++;
		}
	}
	buffer_free(&cells);
	plot_halves(d, from, n);
}

/* An image of characters: one in every cell inside the box. */
static void
put_cells(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y)
{
	struct buffer cells = { 0 }, *own = &d->g->sheet.own;
	struct raster grid = { 0, 0, x->lo, x->hi, y->lo, y->hi,
		d->panel->curves->how.reduce };
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

/* Cells of an image worth having on such a length. */
static double
cells(const struct gnuplot *g, double length)
{
	return fmax(2, ceil(length / picture_pixel(g)));
}

/* Whether gnuplot can take the image's values where they lie. */
static const void *
in_place(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y, int odd)
{
	double wide = cells(d->g, d->box.right - d->box.left);
	double high = cells(d->g, d->box.top - d->box.bottom);

	if (d->g->sheet.path == NULL || odd || !x->uniform || !y->uniform ||
	    x->flip || y->flip || sheet_type(v->field->type) == NULL ||
	    (double)x->n > wide || (double)y->n > high)
		return NULL;
	return view_bytes(v);
}

/*
 * The part of an axis from lo to hi, as n cells from *first on, step wide:
 * whole elements where there are no more of them than most, else most cells.
 */
static uint64_t
window(const struct axis *a, double lo, double hi, double most, double *first,
    double *step)
{
	double width = (a->hi - a->lo) / (double)a->n, i, j;

	lo = fmax(lo, a->lo);
	hi = fmin(hi, a->hi);
	if (!(lo < hi)) {
		lo = a->lo;
		hi = a->hi;
	}
	/* Cells of other widths need all the pixels there are. */
	if (!a->uniform) {
		*step = (hi - lo) / most;
		*first = lo + *step / 2;
		return (uint64_t)most;
	}
	i = fmax(0, floor((lo - a->lo) / width));
	j = fmin((double)a->n, ceil((hi - a->lo) / width));
	*step = j - i > most ? (j - i) * width / most : width;
	*first = a->lo + i * width + *step / 2;
	return (uint64_t)fmin(most, j - i);
}

/* The cells of an image that the window has place for, of what it shows. */
static void
put_reduced(struct drawing *d, const struct axis *x, const struct axis *y)
{
	const struct curve *c = d->panel->curves;
	struct sheet *s = &d->g->sheet;
	double wide = cells(d->g, d->box.right - d->box.left), at[2], up[2];
	double high = cells(d->g, d->box.top - d->box.bottom);
	struct sheet_grid grid;
	struct raster r = { .how = c->how.reduce };
	size_t from = s->own.len;

	axes_zoomed(d, at, up);
	grid.nx = window(x, at[0], at[1], wide, &grid.x0, &grid.dx);
	grid.ny = window(y, up[0], up[1], high, &grid.y0, &grid.dy);
	r.cols = (unsigned)grid.nx;
	r.rows = (unsigned)grid.ny;
	r.xlo = grid.x0 - grid.dx / 2;
	r.xhi = r.xlo + grid.dx * r.cols;
	r.ylo = grid.y0 - grid.dy / 2;
	r.yhi = r.ylo + grid.dy * r.rows;
	if (raster_make(&c->v, x, y, &r, &s->own) == -1)
		s->own.failed = 1;
	sheet_grid(s, from, &grid);
	d->memo->fitted = 1;
}

/* An image of pixels.  Axes reach all of it, though less may be drawn. */
static void
put_image(struct drawing *d, const struct axis *x, const struct axis *y,
    int odd)
{
	const struct view *v = &d->panel->curves->v;
	struct sheet *s = &d->g->sheet;
	struct sheet_grid grid = { x->n, y->n, x->first, x->step, y->first,
		y->step };
	const void *p = in_place(d, v, x, y, odd);
	double at[2], up[2];

	axes_expect(d, x->lo, x->hi);
	axes_expect_rows(d, y->lo, y->hi);
	sheet_spot(s, x->lo, x->hi, y->lo, y->hi);
	if (p == NULL && axes_zoomed(d, at, up))
		axes_reach(d, x->lo, x->hi, y->lo, y->hi);
	sheet_element(s, "plot");
	if (p != NULL)
		sheet_grid_at(s, p, v->field->type, &grid);
	else
		put_reduced(d, x, y);
	buffer_puts(&s->plot, " with image notitle");
}

/* Whether the values of a plane ask for colours on a logarithmic scale; a few
 * thousand of them tell. */
static int
asks_log(struct drawing *d, const struct view *v, double lo, double hi)
{
	struct scale_look look;
	uint64_t rows = v->extents[0], cols = v->extents[1], i, j;
	double *values = d->g->probes;
	size_t n = 0;

	scale_begin(&look);
	look.negative = lo < 0;
	for (i = 0; i < PROBES && lo >= 0; i++) {
		for (j = 0; j < PROBES; j++)
			view_values(v, rows * i / PROBES, cols * j / PROBES,
			    1, &values[n++]);
	}
	scale_see(&look, values, n, 1);
	if (look.positive > 0 && lo > 0)
		look.lo = fmin(look.lo, lo);
	if (look.positive > 0)
		look.hi = hi;
	scale_low(&look, values, n, 1);
	d->memo->least = look.lo;
	return scale_asks(&look, SCALE_ARRAY, d->memo->log_y);
}

/* Settle the scale of the colours for values from *lo to hi; of a logarithmic
 * one, *lo becomes the least that is seen. */
static void
settle_colours(struct drawing *d, const struct curve *c, double *lo, double hi)
{
	struct memo *m = d->memo;

	m->log_y = c->v.rank == 2 && asks_log(d, &c->v, *lo, hi);
	d->log_y = hi > 0 && !draw_is_phase(d->panel) &&
	    axes_scale(d, c->how.scale, 'c', m->log_y);
	if (d->log_y && !(*lo > 0))
		*lo = c->v.rank == 2 && m->least < hi ? m->least : hi / 1e3;
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
		draw_without(d, "has no finite value");
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
	settle_colours(d, c, &lo, hi);
	put_colours(d, lo, hi);
	draw_settings(d);
	tics_put(d, "x", x.lo, x.hi, draw_is_whole(c->x.rec == NULL ? NULL :
	    c->x.field));
	tics_put(d, "y", y.lo, y.hi, draw_is_whole(c->y.rec == NULL ? NULL :
	    c->y.field));
	if (d->g->text) {
		put_text_box(d);
		axes_reach(d, x.lo, x.hi, y.lo, y.hi);
		if (strokes_pairs(d->g))
			put_halves(d, &c->v, &x, &y);
		else
			put_cells(d, &c->v, &x, &y);
	} else {
		put_image(d, &x, &y, odd);
		if (c->vx != NULL)
			arrows_image(d, &x, &y);
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

/* x, y and value of elements of a row from col on, NaN where they cannot be
 * drawn. */
static void
fetch_three(const struct curve *c, uint64_t row, uint64_t col, size_t n,
    double *x, double *y, double *v)
{
	size_t i;

	view_values(&c->x, row, col, n, x);
	view_values(&c->y, row, col, n, y);
	view_values(&c->v, row, col, n, v);
	for (i = 0; i < n; i++) {
		x[i] = fabs(x[i]) <= RANGE_MOST ? x[i] : NAN;
		y[i] = fabs(y[i]) <= RANGE_MOST ? y[i] : NAN;
		v[i] = fabs(v[i]) <= RANGE_MOST ? v[i] : NAN;
	}
}

/* The nodes of a grid, every stride-th of each row and column. */
static uint64_t
put_nodes(struct drawing *d, const struct curve *c)
{
	struct buffer *own = &d->g->sheet.own;
	uint64_t rows = c->v.extents[0], cols = c->v.extents[1], row, col;
	uint64_t stride = 1;
	double x, y, v;

	while (rows * cols / stride / stride > NODES)
		stride++;
	if (stride > 1)
		draw_tell(d, "%s: one in %llu rows and columns is drawn",
		    c->field->name, (unsigned long long)stride);
	for (row = 0; row < rows; row += stride) {
		for (col = 0; col < cols; col += stride) {
			fetch_three(c, row, col, 1, &x, &y, &v);
			put_three(own, x, y, v);
		}
	}
	return (cols + stride - 1) / stride;
}

/* Call with all points of a curve, CHUNK at a time: those without a colour are
 * nowhere. */
static void
each_point(const struct curve *c, struct marks *m, struct buffer *own)
{
	uint64_t rows = c->v.rank == 2 ? c->v.extents[0] : 1, row, col;
	uint64_t cols = c->v.extents[c->v.rank - 1];
	double x[CHUNK], y[CHUNK], v[CHUNK];
	size_t i, n;

	for (row = 0; row < rows; row++) {
		for (col = 0; col < cols; col += n) {
			n = cols - col < CHUNK ? (size_t)(cols - col) : CHUNK;
			fetch_three(c, row, col, n, x, y, v);
			for (i = 0; i < n; i++)
				x[i] = isnan(v[i]) ? NAN : x[i];
			if (own == NULL && marks_cover(m, x, y, n) == -1)
				return;
			for (i = 0; own != NULL && i < n; i++) {
				if (m == NULL || marks_seen(m, x[i], y[i]))
					put_three(own, x[i], y[i], v[i]);
			}
		}
	}
}

/* Points: of many, those that others do not cover. */
static void
put_places(struct drawing *d, const struct curve *c)
{
	const struct range *x = &d->memo->x, *y = &d->memo->places;
	struct thin_columns columns, rows;
	struct buffer *own = &d->g->sheet.own;
	struct marks *m = NULL;

	columns = axes_expect(d, x->lo, x->hi);
	rows = axes_expect_rows(d, y->lo, y->hi);
	if (view_count(&c->v) > FEW_PLACES) {
		m = marks_new(&columns, &rows, axes_fineness(d));
		own->failed |= m == NULL;
		d->memo->fitted = 1;
	}
	if (m != NULL)
		each_point(c, m, NULL);
	each_point(c, m, own);
	marks_free(m);
}

/* Points, or a grid's quadrangles, at places of their own. */
void
planes_places(struct drawing *d)
{
	const struct curve *c = d->panel->curves;
	struct sheet *s = &d->g->sheet;
	struct buffer name[2] = { { 0 }, { 0 } };
	double x[2], y[2], lo, hi;
	uint64_t cols = 1;
	size_t from = s->own.len, n;
	int odd, grid = d->panel->kind == PANEL_GRID && !d->g->text;

	raster_extremes(&c->v, &lo, &hi, &odd);
	raster_extremes(&c->x, &x[0], &x[1], &odd);
	raster_extremes(&c->y, &y[0], &y[1], &odd);
	if (!(lo <= hi) || !(x[0] <= x[1]) || !(y[0] <= y[1])) {
		draw_without(d, "has no finite value");
		return;
	}
	draw_name(&name[0], c->x.field, c->x.where);
	draw_units(&name[0], c->x.field);
	draw_name(&name[1], c->y.field, c->y.where);
	draw_units(&name[1], c->y.field);
	d->xlabel = buffer_text(&name[0]);
	d->ylabel = buffer_text(&name[1]);
	grid = grid && x[0] < x[1] && y[0] < y[1];
	range_part(&x[0], &x[1]);
	range_part(&y[0], &y[1]);
	settle_colours(d, c, &lo, hi);
	put_colours(d, lo, hi);
	if (grid) {
		cols = put_nodes(d, c);
	} else {
		/* Round, lest gnuplot make long labels of it. */
		range_follow(&d->memo->x, x[0], x[1]);
		range_follow(&d->memo->places, y[0], y[1]);
		put_places(d, c);
	}
	n = (s->own.len - from) / (3 * sizeof(double));
	draw_settings(d);
	tics_put(d, "x", grid ? x[0] : d->memo->x.lo, grid ? x[1] :
	    d->memo->x.hi, draw_is_whole(c->x.field));
	tics_put(d, "y", grid ? y[0] : d->memo->places.lo, grid ? y[1] :
	    d->memo->places.hi, draw_is_whole(c->y.field));
	if (d->g->text)
		put_text_box(d);
	if (grid) {
		axes_expect(d, x[0], x[1]);
		axes_expect_rows(d, y[0], y[1]);
		buffer_puts(&s->text, "set view map\nset pm3d corners2color ");
		buffer_puts(&s->text, draw_is_phase(d->panel) ? "c1" : "mean");
		buffer_puts(&s->text, "\nunset grid\n");
		sheet_element(s, "splot");
		sheet_grid_rows(s, from, cols, n / cols);
		buffer_puts(&s->plot, " using 1:2:3 with pm3d notitle");
	} else {
		axes_reach(d, d->memo->x.lo, d->memo->x.hi,
		    d->memo->places.lo, d->memo->places.hi);
		x[0] = d->memo->x.lo;
		x[1] = d->memo->x.hi;
		y[0] = d->memo->places.lo;
		y[1] = d->memo->places.hi;
		put_coloured(d, from, n, n < 500 ? 1 : n < 5000 ? 0.6 : 0.3);
	}
	if (c->vx != NULL && !d->g->text)
		arrows_places(d, x, y, grid);
	sheet_plot(s);
	draw_answer(d);
	if (grid)
		buffer_puts(&s->text, "set grid\n");
	if (d->g->text)
		end_text_box(d);
	buffer_free(&name[0]);
	buffer_free(&name[1]);
}
