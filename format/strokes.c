/*
 * strokes.c - curves and their key in a picture made of characters
 *
 * gnuplot would draw lines with + - |; here each cell that a curve goes
 * through gets a character with dots where the curve is, as a point.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dots.h"
#include "escape.h"
#include "picture.h"

#define ENTRY		5	/* cells of the key beside a name */
#define NAME_MOST	32

/* Where there are no colours curves differ by characters. */
static const char letters[] = "*#o%@&=x";

int
strokes_wanted(const struct gnuplot *g)
{
	return g->text && !g->fine;
}

int
strokes_pairs(const struct gnuplot *g)
{
	return strokes_wanted(g) && g->o.shapes != DOTS_ASCII &&
	    g->o.colours > 2;
}

void
strokes_begin(const struct gnuplot *g, struct buffer *b)
{
	char text[DOTS_TEXT];

	if (!strokes_wanted(g))
		return;
	dots_characters((enum dots_shapes)g->o.shapes, text, sizeof(text));
	buffer_printf(b, "APLOT_dots = \"%s\"\n"
	    "APLOT_short(c) = (c >> 12 & 0xf00) | (c >> 8 & 0xf0) | "
	    "(c >> 4 & 0xf)\n"
	    "APLOT_pair(a, b) = APLOT_short(a) << 12 | APLOT_short(b)\n"
	    "APLOT_rest(c) = (c >> 14 & 0x30) | (c >> 8 & 0xc) | "
	    "(c >> 2 & 3)\n"
	    /* U+E000 and so on */
	    "APLOT_mark(a, b) = sprintf('%%c%%c%%c', 0xee, 0x80 | "
	    "APLOT_rest(a), 0x80 | APLOT_rest(b))\n", text);
}

/* A letter for curve i, or 0 where colours tell, or nothing needs to. */
static int
letter(const struct drawing *d, unsigned i)
{
	return d->g->o.colours > 2 || d->panel->ncurves < 2 ? 0 :
	    letters[i % (sizeof(letters) - 1)];
}

/* From a place on an axis to cells inside the box: all of the axis is there,
 * the border takes nothing. */
static double
place(const struct strokes_axis *a, double v)
{
	double t = a->log ? log(v / a->lo) / log(a->hi / a->lo) :
	    (v - a->lo) / (a->hi - a->lo);

	return fabs(t) < 1e9 ? t * a->cells : NAN;
}

/* The middle of a cell, on the axis. */
static double
middle(const struct strokes_axis *a, unsigned cell)
{
	double t = (cell + 1.) / (a->cells + 1.);

	return a->log ? a->lo * pow(a->hi / a->lo, t) :
	    a->lo + (a->hi - a->lo) * t;
}

static void
set_axis(struct strokes_axis *a, const struct thin_columns *c)
{
	a->lo = c->lo;
	a->hi = c->hi;
	a->log = c->log;
	a->cells = fmax(1, c->last - c->first - 1);
}

int
strokes_open(struct strokes *s, struct drawing *d, double xlo, double xhi,
    double ylo, double yhi)
{
	struct thin_columns c;

	c = axes_expect(d, xlo, xhi);
	set_axis(&s->x, &c);
	c = axes_expect_rows(d, ylo, yhi);
	set_axis(&s->y, &c);
	d->memo->fitted = 1;
	return dots_init(&s->dots, (unsigned)s->x.cells,
	    (unsigned)s->y.cells);
}

/* Rows of x and y in own: the dots of the curve. */
static void
trace(struct strokes *s, const struct buffer *own, size_t from, size_t n,
    int alone)
{
	double at[2], x, y, x0 = NAN, y0 = NAN;
	size_t i;

	for (i = 0; i < n; i++) {
		memcpy(at, own->p + from + i * sizeof(at), sizeof(at));
		x = place(&s->x, at[0]);
		y = place(&s->y, at[1]);
		/* One between gaps is a line of no length. */
		if (alone || isnan(x0 + y0))
			dots_line(&s->dots, x, y, x, y);
		else
			dots_line(&s->dots, x0, y0, x, y);
		x0 = x;
		y0 = y;
	}
}

static void
put_cell(struct buffer *b, double x, double y, unsigned c)
{
	double *to = buffer_room(b, 3 * sizeof(*to));

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	to[2] = c;
	b->len += 3 * sizeof(*to);
}

void
strokes_curve(struct strokes *s, struct drawing *d, size_t from, size_t n,
    int alone, unsigned i, unsigned type)
{
	struct sheet *sheet = &d->g->sheet;
	struct buffer *own = &sheet->own;
	unsigned col, row, c;
	size_t to = own->len, count = 0;

	if (own->failed)
		return;
	trace(s, own, from, n, alone);
	for (row = 0; row < s->dots.rows; row++) {
		for (col = 0; col < s->dots.cols; col++) {
			c = dots_cell(&s->dots, col, row);
			if (c == 0)
				continue;
			put_cell(own, middle(&s->x, col), middle(&s->y, row),
			    c + 1);
			count++;
		}
	}
	if (letter(d, i) == 0)
		dots_next(&s->dots);
	if (count == 0 || own->failed)
		return;
	sheet_element(sheet, "plot");
	sheet_rows(sheet, to, count, 3);
	if (letter(d, i) != 0)
		buffer_printf(&sheet->plot, " using 1:2 with points pt '%c' "
		    "notitle", letter(d, i));
	else
		buffer_printf(&sheet->plot, " using 1:2:(APLOT_dots[int($3):"
		    "int($3)]) with points pt variable lt %u notitle", type);
}

void
strokes_close(struct strokes *s)
{
	dots_free(&s->dots);
}

/*
 * The key: rows of names above the plot, as labels
 */

static size_t
entry_width(const struct drawing *d, unsigned i)
{
	struct buffer line = { 0 };
	size_t n;

	key_name(d->panel, &d->panel->curves[i], &line);
	n = escape_width(buffer_text(&line));
	buffer_free(&line);
	return (n < NAME_MOST ? n : NAME_MOST) + ENTRY;
}

/* Where the entries of a key stand that is so wide: the row of each from 0.
 * Returns how many rows they take. */
static unsigned
lay_out(const struct drawing *d, double width, unsigned row[PANEL_CURVES],
    double column[PANEL_CURVES])
{
	double at = 0, w;
	unsigned i, rows = 0;

	for (i = 0; i < d->panel->ncurves; i++) {
		w = (double)entry_width(d, i);
		if (i > 0 && at + w - 2 > width) {
			rows++;
			at = 0;
		}
		row[i] = rows;
		column[i] = at;
		at += w;
	}
	return rows + 1;
}

unsigned
strokes_key_rows(const struct drawing *d, double width)
{
	double column[PANEL_CURVES];
	unsigned row[PANEL_CURVES], n, most;

	if (d->panel->ncurves < 2 || d->g->settings & SET_KEY)
		return 0;
	n = lay_out(d, width / d->g->m.hchar, row, column);
	/* One that left no room for the curves is of no use. */
	most = (unsigned)((d->cell.top - d->cell.bottom) / d->g->m.vchar / 5);
	return n < most ? n : most;
}

/* An entry's sample and name at a place in cells. */
static void
put_entry(struct drawing *d, unsigned i, unsigned type, double x, double y,
    double room)
{
	const struct gnuplot *g = d->g;
	struct buffer *b = &d->g->sheet.text, line = { 0 };
	const char *sample = "--";
	char two[3] = { (char)letter(d, i), (char)letter(d, i), '\0' };

	if (letter(d, i) != 0)
		sample = two;
	else if (g->o.shapes == DOTS_BRAILLE)
		sample = "\xe2\xa0\x92\xe2\xa0\x92";
	else if (g->o.shapes == DOTS_BLOCKS)
		sample = "\xe2\x96\x80\xe2\x96\x80";
	buffer_printf(b, "set label %u '%s' at screen %.5f, screen %.5f left "
	    "noenhanced tc lt %u\n", STROKES_LABEL + 2 * i, sample,
	    picture_x(g, x), picture_y(g, y), type);
	key_name(d->panel, &d->panel->curves[i], &line);
	buffer_printf(b, "set label %u ", STROKES_LABEL + 2 * i + 1);
	escape_quoted(b, buffer_text(&line), line.len, (size_t)fmax(2,
	    fmin(room, NAME_MOST)));
	buffer_printf(b, " at screen %.5f, screen %.5f left noenhanced\n",
	    picture_x(g, x + 3 * g->m.hchar), picture_y(g, y));
	buffer_free(&line);
}

void
strokes_key(struct drawing *d, const unsigned *types)
{
	double column[PANEL_CURVES], h = d->g->m.hchar, v = d->g->m.vchar;
	double width = d->cell.right - d->box.left, x;
	unsigned row[PANEL_CURVES], rows, i;

	if (!d->g->text)
		return;
	rows = strokes_key_rows(d, width);
	(void)lay_out(d, width / h, row, column);
	for (i = 0; i < d->panel->ncurves; i++) {
		if (row[i] >= rows)
			return;
		x = d->box.left + column[i] * h;
		put_entry(d, i, types[i], x, d->box.top + (rows - row[i]) * v,
		    (d->cell.right - x) / h - 4);
	}
}

void
strokes_key_end(struct drawing *d)
{
	unsigned i;

	if (!d->g->text || d->panel->ncurves < 2)
		return;
	for (i = 0; i < 2 * d->panel->ncurves; i++)
		buffer_printf(&d->g->sheet.text, "unset label %u\n",
		    STROKES_LABEL + i);
}

/* Widest number at a tic of such a step, from lo to hi. */
static double
widest(double step, double lo, double hi)
{
	double at = ceil(lo / step - 1e-9) * step;
	int i, n, most = 1;

	for (i = 0; i < 100 && at <= hi + step * 1e-9; i++, at += step) {
		n = snprintf(NULL, 0, "%.6g", fabs(at) < step * 1e-9 ? 0 : at);
		most = n > most ? n : most;
	}
	return most;
}

/*
 * Marks of an axis at distances of 1, 2 or 5 times a power of ten, evenly
 * where that can be.
 */
double
strokes_step(const struct drawing *d, int axis, double lo, double hi,
    int whole)
{
	static const double nice[] = { 1, 2, 5 };
	double cells, apart = 2, step, each, cost, least = INFINITY, best = 0;
	double coarse = 0, usual = range_label(lo, hi) + 3;
	int i;

	cells = axis == 'x' ? (d->box.right - d->box.left) / d->g->m.hchar :
	    (d->box.top - d->box.bottom) / d->g->m.vchar;
	for (i = -3; i < 6; i++) {
		step = nice[(i + 3) % 3] * pow(10, floor(log10(hi - lo)) +
		    floor(i / 3.));
		if (step > (hi - lo) * 1.001 || (whole && step < 1))
			continue;
		coarse = step;
		each = cells * step / (hi - lo);
		if (axis == 'x')
			apart = widest(step, lo, hi) + 3;
		if (each < apart)
			continue;
		cost = range_tics_cost(each, axis == 'x' ? usual : apart);
		if (cost < least) {
			least = cost;
			best = step;
		}
	}
	return best > 0 ? best : coarse;
}
