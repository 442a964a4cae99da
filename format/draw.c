/*
 * draw.c - one panel into gnuplot commands
 *
 * Here is what all panels have: names, box, key, answer.
 */
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "raster.h"

#define LABEL_MOST	48	/* characters of a label */
#define LOG_LABEL	6	/* of a tic's, as 1x10^-12 is wide */
#define USUAL		5	/* characters of a tic's label, at least, where
				 * boxes align */

void
draw_name(struct buffer *b, const struct field *f, const char *where)
{
	const char *label = field_attr(f, "label");

	buffer_puts(b, label != NULL && *label != '\0' ? label : f->name);
	if (where != NULL && *where != '\0')
		buffer_printf(b, " %s", where);
}

void
draw_curve_name(struct buffer *b, const struct curve *c)
{
	const struct view *v = &c->v;
	int modulus = v->component == VIEW_MODULUS ||
	    (v->component == VIEW_ANY && view_is_complex(v)) || c->vx != NULL;

	buffer_puts(b, modulus ? "|" : v->component == VIEW_PHASE ? "arg " :
	    v->component == VIEW_REAL ? "Re " : v->component == VIEW_IMAG ?
	    "Im " : "");
	buffer_puts(b, c->vx != NULL ? "(" : "");
	draw_name(b, c->field, NULL);
	if (c->vx != NULL) {
		buffer_puts(b, ", ");
		draw_name(b, c->vy->field, NULL);
		buffer_puts(b, ")");
	}
	buffer_puts(b, modulus ? "|" : "");
	if (*v->where != '\0')
		buffer_printf(b, " %s", v->where);
}

int
draw_is_phase(const struct panel *p)
{
	unsigned i, n = 0;

	for (i = 0; i < p->ncurves; i++)
		n += p->curves[i].v.component == VIEW_PHASE;
	return n > 0 && n == p->ncurves;
}

/* Whether they are to be shown: "1" is UDUNITS's for a pure number. */
static int
are_shown(const char *units)
{
	return units != NULL && *units != '\0' && strcmp(units, "1") != 0;
}

void
draw_units(struct buffer *b, const struct field *f)
{
	const char *units = field_attr(f, "units");

	if (are_shown(units))
		buffer_printf(b, " (%s)", units);
}

/*
 * A closing brace that none opens becomes one that looks alike: before 6.0
 * gnuplot measures labels as if they were enhanced, and complains.
 */
static void
put_balanced(struct buffer *b, const char *s)
{
	int open = 0;

	/* One behind a backslash opens none. */
	if (strchr(s, '\\') != NULL)
		open = INT_MIN / 2;
	for (; *s != '\0'; s++) {
		if (*s == '}' && open <= 0) {
			buffer_puts(b, "\xe2\x9d\xb5");	/* U+2775 */
			continue;
		}
		open += (*s == '{') - (*s == '}');
		buffer_put(b, s, 1);
	}
}

void
draw_text(struct drawing *d, const char *what, struct buffer *line,
    double width)
{
	struct buffer *b = &d->g->sheet.text, balanced = { 0 };
	double most = fmax(4, width / d->g->m.hchar);

	put_balanced(&balanced, buffer_text(line));
	buffer_printf(b, "set %s ", what);
	escape_quoted(b, buffer_text(&balanced), balanced.len, most <
	    LABEL_MOST ? (size_t)most : LABEL_MOST);
	buffer_puts(b, " noenhanced\n");
	buffer_free(&balanced);
	buffer_clear(line);
}

/* The units of what is drawn, or NULL. */
static const char *
units_of(const struct curve *c)
{
	return c->v.component == VIEW_PHASE ? "rad" :
	    field_attr(c->field, "units");
}

/* What all curves have as units, or NULL. */
static const char *
common_units(const struct panel *p)
{
	const char *units, *first = units_of(&p->curves[0]);
	unsigned i;

	for (i = 1; first != NULL && i < p->ncurves; i++) {
		units = units_of(&p->curves[i]);
		if (units == NULL || strcmp(units, first) != 0)
			return NULL;
	}
	return first;
}

/* The name of the panel's y axis, or colours, into line. */
void
draw_y_name(const struct panel *p, struct buffer *line)
{
	const char *units = common_units(p);
	unsigned names, sources;

	key_count(p, &names, &sources);
	if (names == 1)
		draw_curve_name(line, &p->curves[0]);
	if (are_shown(units))
		buffer_printf(line, names == 1 ? " (%s)" : "%s", units);
}

/* Dimension dim's name: that of its coordinate, else its own. */
void
draw_axis_name(const struct curve *c, unsigned dim,
    const struct view *coordinate, struct buffer *line)
{
	if (coordinate->rec != NULL) {
		draw_name(line, coordinate->field, coordinate->where);
		draw_units(line, coordinate->field);
	} else if (*c->v.dims[dim] != '\0') {
		buffer_printf(line, "%s (index)", c->v.dims[dim]);
	} else if (c->v.rank == 1) {
		buffer_puts(line, "index");
	}
}

int
draw_is_whole(const struct field *f)
{
	return f == NULL || (f->type >= APREC_I8 && f->type <= APREC_U64) ||
	    f->type == APREC_BOOL;
}

int
draw_has_colours(const struct panel *p)
{
	return p->kind == PANEL_IMAGE || p->kind == PANEL_GRID ||
	    p->kind == PANEL_POINTS;
}

/* Width over height of what lies at places of its own; of points, which may
 * move, as it was drawn. */
static double
places_aspect(const struct panel *p, const struct memo *m)
{
	const struct curve *c = p->curves;
	double x[2], y[2];
	int odd;

	if (p->kind == PANEL_POINTS && m != NULL && m->x.set && m->places.set)
		return (m->x.hi - m->x.lo) / (m->places.hi - m->places.lo);
	raster_extremes(&c->x, &x[0], &x[1], &odd);
	raster_extremes(&c->y, &y[0], &y[1], &odd);
	return (x[1] - x[0]) / (y[1] - y[0]);
}

static double
image_aspect(const struct curve *c)
{
	struct axis x, y;
	double aspect = NAN;

	if (axis_init(&x, &c->v, 1, &c->x) == -1)
		return aspect;
	if (axis_init(&y, &c->v, 0, &c->y) == 0)
		aspect = (x.hi - x.lo) / (y.hi - y.lo);
	axis_free(&x);
	axis_free(&y);
	return aspect;
}

double
draw_aspect(const struct panel *p, const struct memo *m)
{
	const struct curve *c = p->curves;
	const char *ux, *uy;
	double aspect;

	if (!draw_has_colours(p))
		return 0;
	ux = c->x.rec != NULL ? field_attr(c->x.field, "units") : NULL;
	uy = c->y.rec != NULL ? field_attr(c->y.field, "units") : NULL;
	/* Metres against seconds have no aspect. */
	if ((c->x.rec == NULL) != (c->y.rec == NULL) || (ux == NULL) !=
	    (uy == NULL) || (ux != NULL && strcmp(ux, uy) != 0))
		return 1.4;
	aspect = p->kind == PANEL_IMAGE ? image_aspect(c) : places_aspect(p, m);
	return aspect >= 0.2 && aspect <= 5 ? aspect : 1.4;
}

/* Whether a line above the plot names something: put_axes(). */
static int
has_title(const struct drawing *d)
{
	return !(d->g->settings & SET_TITLE) && (*d->ylabel != '\0' ||
	    d->log_y || (draw_has_colours(d->panel) && d->several));
}

/* A box of characters, each twice as high as wide, with the aspect that the
 * panel wants, to the nearest cell and where there is room for it. */
static void
keep_aspect(struct drawing *d)
{
	double h = d->g->m.hchar, v = d->g->m.vchar, spare;
	double aspect = 2 * draw_aspect(d->panel, d->memo);
	double cols = (d->box.right - d->box.left) / h;
	double rows = (d->box.top - d->box.bottom) / v;

	if (aspect <= 0 || rows < 8 || cols < 16)
		return;
	if (cols > rows * aspect) {
		spare = cols - fmax(12, floor(rows * aspect + 0.5));
		d->box.left += floor(spare / 2) * h;
		d->box.right -= ceil(spare / 2) * h;
	} else {
		spare = rows - fmax(5, floor(cols / aspect + 0.5));
		d->box.bottom += ceil(spare / 2) * v;
		d->box.top -= floor(spare / 2) * v;
	}
}

/*
 * The same where all is made of characters.  Rows of the cell are those above
 * its bottom up to its top, columns those from its left to before its right.
 */
static void
place_text(struct drawing *d)
{
	const struct gnuplot *g = d->g;
	const struct layout_area *cell = &d->cell;
	double h = g->m.hchar, v = g->m.vchar, cols, rows, right = 2;
	double label = d->memo->label, left, key, bottom;
	int title = has_title(d);

	cols = floor((cell->right - cell->left) / h);
	rows = floor((cell->top - cell->bottom) / v);
	/* Small pictures show curves rather than what they are of. */
	left = fmin(label + 2, floor(cols / 3));
	if (draw_has_colours(d->panel))
		right = cols < 30 ? 1 : fmin(label + 6, floor(cols / 3));
	key = strokes_key_rows(d, cell->right - cell->left - left * h);
	bottom = rows < 6 + key || (*d->xlabel == '\0' && !d->log_x) ? 2 : 3;
	d->box.left = (ceil(cell->left / h) + left) * h;
	d->box.right = (ceil(cell->right / h) - 1 - right) * h;
	d->box.top = (floor(cell->top / v) - title - key) * v;
	d->box.bottom = (floor(cell->bottom / v) + bottom) * v;
	if (d->box.right < d->box.left + 3 * h)
		d->box.right = d->box.left + 3 * h;
	if (d->box.top < d->box.bottom + 2 * v)
		d->box.top = d->box.bottom + 2 * v;
	keep_aspect(d);
	d->memo->box = d->box;
}

/* The plot's box in the panel's cell; it is kept in the memo. */
void
draw_place(struct drawing *d, double lo, double hi)
{
	struct gnuplot *g = d->g;
	struct layout_area margins;
	struct memo *m = d->memo;
	unsigned label = d->log_y ? LOG_LABEL : range_label(lo, hi);
	int colours = draw_has_colours(d->panel);
	double h = g->m.hchar, v = g->m.vchar, labels;

	/* Boxes do not move because a label became shorter. */
	if (label > m->label)
		m->label = label;
	if (g->text) {
		place_text(d);
		return;
	}
	label = m->label;
	if (d->row && label < USUAL)
		label = USUAL;
	labels = (label + 2) * h;
	/* In a row, boxes align: there is room for a name in any case. */
	margins.left = labels + (*d->ylabel == '\0' && !d->row ? 0 : 2 * v);
	if (colours)
		margins.left = 7 * h + 2 * v;
	margins.bottom = 1.5 * v + (*d->xlabel != '\0' || d->row ?
	    1.7 * v : 0);
	margins.right = !colours ? fmax(3, d->tic_width / 2 + 1) * h :
	    labels + 3.5 * h + 1.8 * v;
	margins.top = 0.9 * v;
	if (d->panel->ncurves > 1)
		margins.top += 1.05 * v * key_rows(d, d->cell.right -
		    d->cell.left - margins.left - margins.right);
	else if (colours && d->crown)
		margins.top += 0.6 * v;
	d->box = layout_inside(&d->cell, &margins, draw_aspect(d->panel, m));
	/* Where there is no room, the names go over the edge. */
	if (d->box.right - d->box.left < 4 * h) {
		d->box.left = d->cell.left + (d->cell.right - d->cell.left) / 4;
		d->box.right = d->cell.right - 2 * h;
	}
	if (d->box.top - d->box.bottom < 2 * v) {
		d->box.bottom = d->cell.bottom + (d->cell.top -
		    d->cell.bottom) / 4;
		d->box.top = d->cell.top - v;
	}
	m->box = d->box;
}

double
picture_x(const struct gnuplot *g, double x)
{
	return x / (g->text ? g->m.width - 1 : g->m.width);
}

double
picture_y(const struct gnuplot *g, double y)
{
	return y / (g->text ? g->m.height - 1 : g->m.height);
}

static void
put_box(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer *b = &g->sheet.text;
	const struct layout_area *x = &d->box;

	if (g->settings & SET_MARGINS)
		return;
	if (g->text) {
		/* gnuplot counts the right and the top from 0, the others
		 * from 1, and leaves fractions away. */
		buffer_printf(b, "set lmargin at screen %.6f\n"
		    "set rmargin at screen %.6f\nset bmargin at screen %.6f\n"
		    "set tmargin at screen %.6f\n", (x->left + 0.1) /
		    g->m.width, (x->right + 0.1) / (g->m.width - 1),
		    (x->bottom + 0.1) / g->m.height, (x->top + 0.1) /
		    (g->m.height - 1));
		return;
	}
	buffer_printf(b, "set lmargin at screen %.6f\n"
	    "set rmargin at screen %.6f\nset bmargin at screen %.6f\n"
	    "set tmargin at screen %.6f\n", x->left / g->m.width,
	    x->right / g->m.width, x->bottom / g->m.height,
	    x->top / g->m.height);
}

static void
put_key(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer *b = &g->sheet.text;

	if (g->settings & SET_KEY)
		return;
	/* One that left no room for the curves is of no use. */
	if (d->panel->ncurves < 2 || g->text || d->box.right - d->box.left <
	    (KEY_SPACE + 12) * g->m.hchar || key_rows(d, d->box.right -
	    d->box.left) * g->m.vchar > (d->cell.top - d->cell.bottom) / 2) {
		buffer_puts(b, "unset key\n");
		return;
	}
	buffer_printf(b, "set key at screen %.6f, screen %.6f center bottom "
	    "horizontal Left reverse noenhanced samplen 1.5 width 1\n",
	    (d->box.left + d->box.right) / 2 / g->m.width,
	    (d->box.top + 0.25 * g->m.vchar) / g->m.height);
}

/* Whose plane it is. */
static void
name_plane(const struct curve *c, struct buffer *line)
{
	char shown[SOURCE_SHOWN_MAX];

	if (c->tiles == NULL) {
		buffer_puts(line, source_shown(c->source, shown));
		return;
	}
	buffer_printf(line, "%u tile%s", c->v.nparts, c->v.nparts == 1 ?
	    "" : "s");
	if (c->tiles->share < 1)
		buffer_printf(line, ", %.0f %% missing", ceil(100 *
		    (1 - c->tiles->share)));
}

void
draw_say_log(int log, struct buffer *line)
{
	if (log)
		buffer_puts(line, line->len > 0 ? ", log scale" : "log scale");
}

/* In terminals of characters: the title above the plot and its key. */
static void
title_text(struct drawing *d, struct buffer *line)
{
	char what[32];
	unsigned rows = strokes_key_rows(d, d->cell.right - d->box.left);

	if (line->len == 0)
		return;
	snprintf(what, sizeof(what), "title offset 0,%u", rows);
	draw_text(d, what, line, d->cell.right - d->cell.left);
}

/* Names of the axes; in text terminals y's stands above the plot. */
static void
put_axes(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer line = { 0 }, *b = &g->sheet.text;
	int colours = draw_has_colours(d->panel);
	double wide = d->cell.right - d->cell.left;

	buffer_puts(&line, d->xlabel);
	draw_say_log(d->log_x, &line);
	if (!(g->settings & SET_XLABEL)) {
		draw_text(d, "xlabel", &line, wide);
		if (!g->text)
			buffer_printf(b, "set xlabel offset 0,%s\n",
			    d->panel->kind == PANEL_GRID ? "0.8" : "0");
	}
	buffer_clear(&line);
	if (!(g->settings & SET_YLABEL)) {
		buffer_puts(&line, g->text ? "" : d->ylabel);
		draw_say_log(!g->text && !colours && d->log_y, &line);
		draw_text(d, "ylabel", &line, d->cell.top -
		    d->cell.bottom);
	}
	buffer_puts(b, "unset title\n");
	if (!(g->settings & SET_TITLE)) {
		if (g->text) {
			draw_y_name(d->panel, &line);
			draw_say_log(d->log_y, &line);
		}
		if (colours && d->several) {
			buffer_puts(&line, line.len > 0 ? "  " : "");
			name_plane(d->panel->curves, &line);
		}
		if (g->text)
			title_text(d, &line);
		else if (line.len > 0)
			draw_text(d, "title offset 0,-0.5", &line, wide);
	}
	buffer_free(&line);
}

void
draw_settings(struct drawing *d)
{
	put_box(d);
	axes_put_scales(d);
	put_axes(d);
	clock_settings(d);
	put_key(d);
	buffer_puts(&d->g->sheet.text, "unset label 9005\nunset arrow 9005\n");
}

void
draw_where(unsigned number, struct buffer *b)
{
	buffer_printf(b, "APLOT_answer = APLOT_answer.sprintf("
	    "' p %u %%.17g %%.17g %%.17g %%.17g %%.17g %%.17g %%.17g %%.17g', "
	    "GPVAL_TERM_XMIN, GPVAL_TERM_XMAX, GPVAL_TERM_YMIN, "
	    "GPVAL_TERM_YMAX, GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, "
	    "GPVAL_Y_MAX)\n", number);
}

/* After the plot: where it was drawn. */
void
draw_answer(struct drawing *d)
{
	if (d->g->sheet.path != NULL)
		draw_where(d->number, &d->g->sheet.text);
}

void
draw_row(struct buffer *b, double x, double y)
{
	double *to = buffer_room(b, 2 * sizeof(*to));

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	b->len += 2 * sizeof(*to);
}

void
draw_widen(double *lo, double *hi, double v)
{
	if (!(fabs(v) <= RANGE_MOST))
		return;
	*lo = fmin(*lo, v);
	*hi = fmax(*hi, v);
}

void
draw_tell(struct drawing *d, const char *fmt, ...)
{
	struct gnuplot *g = d->g;
	va_list ap;

	if (g->ntelling == sizeof(g->telling) / sizeof(g->telling[0]))
		return;
	va_start(ap, fmt);
	vsnprintf(g->telling[g->ntelling++], sizeof(g->telling[0]), fmt, ap);
	va_end(ap);
}

void
draw_style(int text, unsigned settings, struct buffer *b)
{
	if (!(settings & SET_BORDER))
		buffer_printf(b, "set border 31%s\n", text ? "" :
		    " lc rgb '#606060'");
	if (!(settings & SET_TICS))
		buffer_printf(b, "set xtics nomirror\nset ytics nomirror\n"
		    "set cbtics\nset tics out %s\n", text ? "scale 0" :
		    "scale 0.6 textcolor rgb 'black'");
	if (!text)
		buffer_puts(b, "set grid lc rgb '#dcdcdc' lt 1 lw 0.7\n");
}

static void
draw_message(struct drawing *d, const char *text)
{
	struct sheet *s = &d->g->sheet;
	struct buffer *b = &s->text;
	const char *after = "";
	size_t from = s->own.len;

	d->xlabel = d->ylabel = "";
	d->log_x = d->log_y = 0;
	draw_place(d, 0, 1);
	put_box(d);
	axes_put_scales(d);
	buffer_puts(b, "unset title\nunset key\nunset xlabel\nunset ylabel\n"
	    "unset colorbox\n");
	buffer_puts(b, d->g->settings & SET_BORDER ? "" : "unset border\n");
	buffer_puts(b, d->g->settings & SET_TICS ? "" : "unset tics\n");
	buffer_puts(b, "set label 9003 ");
	escape_quoted(b, text, strlen(text), 100);
	buffer_printf(b, " at screen %.5f, screen %.5f center noenhanced\n",
	    picture_x(d->g, (d->cell.left + d->cell.right) / 2),
	    picture_y(d->g, (d->cell.top + d->cell.bottom) / 2));
	/* Whatever the user's range, or a zoom of what was here before. */
	if (s->panel > 0)
		buffer_puts(b, "set xrange [0:1]\nset yrange [0:1]\n");
	sheet_spot(s, 0, 1, 0, 1);
	sheet_element(s, s->panel > 0 ? "plot" : "plot [0:1] [0:1]");
	draw_row(&s->own, 0, 0);
	draw_row(&s->own, 1, 1);
	sheet_rows(s, from, 2, 2);
	buffer_puts(&s->plot, d->g->text ? " using 1:2 with points pt ' '" :
	    " using 1:2 with points pt -1 notitle");
	if (s->panel > 0)
		after = "set xrange [*:*]\nset yrange [*:*]\n"
		    "set autoscale fix\n";
	sheet_plot(s);
	draw_answer(d);
	buffer_printf(b, "unset label 9003\n%s", after);
	draw_style(d->g->text, d->g->settings, b);
}

void
draw_without(struct drawing *d, const char *why)
{
	struct buffer text = { 0 };

	draw_curve_name(&text, d->panel->curves);
	buffer_printf(&text, " %s", why);
	draw_message(d, buffer_text(&text));
	buffer_free(&text);
}

void
draw_panel(struct drawing *d)
{
	struct buffer name = { 0 };

	if (d->g->sheet.panel > 0)
		buffer_puts(&d->g->sheet.text, "unset colorbox\n");
	if (d->panel->kind == PANEL_WAIT) {
		draw_message(d, d->panel->why);
		return;
	}
	draw_y_name(d->panel, &name);
	d->ylabel = buffer_text(&name);
	d->xlabel = "";
	d->time.unit = d->tic_width = 0;
	memset(&d->box, 0, sizeof(d->box));
	switch (d->panel->kind) {
	case PANEL_IMAGE:
		planes_image(d);
		break;
	case PANEL_GRID:
	case PANEL_POINTS:
		planes_places(d);
		break;
	case PANEL_HISTORY:
		strips_draw(d);
		break;
	default:
		curves_lines(d);
		break;
	}
	strokes_key_end(d);
	buffer_free(&name);
}
