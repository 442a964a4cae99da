/*
 * draw.c - one panel into gnuplot commands
 *
 * A plot's x axis gets the range of its data, its y axis a round one that
 * holds still; not by setting them, which would undo a zoom, but by two
 * points that are not seen.  Colours have a range that is set: no mouse
 * changes it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "raster.h"

#define LABEL_MOST	48	/* characters of a label */
#define KEY_MOST	28	/* of a curve's name in the key */
#define KEY_SPACE	8	/* what stands around a name there */
#define FEW		60	/* points up to which they are marked */
#define CHUNK		2048
#define BLOCKS		4	/* shades where there are no colours */
#define PLACES		300000	/* most points or nodes of a grid */

/* viridis, of matplotlib (CC0). */
static const char viridis[] = "0 '#440154', 1 '#482878', 2 '#3e4989', "
    "3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', "
    "8 '#b5de2b', 9 '#fde725'";
/* RdBu of colorbrewer.org, reversed. */
static const char both_ways[] = "0 '#053061', 1 '#2166ac', 2 '#4393c3', "
    "3 '#92c5de', 4 '#d1e5f0', 5 '#f7f7f7', 6 '#fddbc7', 7 '#f4a582', "
    "8 '#d6604d', 9 '#b2182b', 10 '#67001f'";

/* Append "label [where]", the name where there is no label. */
static void
put_name(struct buffer *b, const struct field *f, const char *where)
{
	const char *label = field_attr(f, "label");
	int modulus = f->type == APREC_C64 || f->type == APREC_C128;

	buffer_printf(b, modulus ? "|%s|" : "%s",
	    label != NULL && *label != '\0' ? label : f->name);
	if (where != NULL && *where != '\0')
		buffer_printf(b, " %s", where);
}

static void
put_units(struct buffer *b, const struct field *f)
{
	const char *units = field_attr(f, "units");

	if (units != NULL && *units != '\0')
		buffer_printf(b, " (%s)", units);
}

/* "set what 'text'", made safe. */
static void
put_text(struct drawing *d, const char *what, struct buffer *line)
{
	struct buffer *b = &d->g->sheet.text;
	const char *text = buffer_text(line);

	buffer_printf(b, "set %s ", what);
	escape_quoted(b, text, strlen(text), LABEL_MOST);
	buffer_puts(b, " noenhanced\n");
	buffer_clear(line);
}

/* What all curves have as units, or NULL. */
static const char *
common_units(const struct panel *p)
{
	const char *units, *first = field_attr(p->curves[0].field, "units");
	unsigned i;

	for (i = 1; first != NULL && i < p->ncurves; i++) {
		units = field_attr(p->curves[i].field, "units");
		if (units == NULL || strcmp(units, first) != 0)
			return NULL;
	}
	return first;
}

/* How many names, and how many sources, the curves are of. */
static void
count_names(const struct panel *p, unsigned *names, unsigned *sources)
{
	const struct curve *c = p->curves;
	unsigned i, j;

	*names = *sources = 0;
	for (i = 0; i < p->ncurves; i++) {
		for (j = 0; j < i; j++) {
			if (strcmp(c[j].field->name, c[i].field->name) == 0 &&
			    strcmp(c[j].v.where, c[i].v.where) == 0)
				break;
		}
		*names += j == i;
		for (j = 0; j < i && c[j].source != c[i].source; j++)
			continue;
		*sources += j == i;
	}
}

/* The name of the panel's y axis, or colours, into line. */
static void
y_name(const struct panel *p, struct buffer *line)
{
	const char *units = common_units(p);
	unsigned names, sources;

	count_names(p, &names, &sources);
	if (names == 1) {
		put_name(line, p->curves[0].field, p->curves[0].v.where);
		put_units(line, p->curves[0].field);
	} else if (units != NULL) {
		buffer_puts(line, units);
	}
}

/* Dimension dim's name: that of its coordinate, else its own. */
static void
axis_name(const struct curve *c, unsigned dim, const struct view *coordinate,
    struct buffer *line)
{
	if (coordinate->rec != NULL) {
		put_name(line, coordinate->field, coordinate->where);
		put_units(line, coordinate->field);
	} else if (*c->v.dims[dim] != '\0') {
		buffer_printf(line, "%s (index)", c->v.dims[dim]);
	} else if (c->v.rank == 1) {
		buffer_puts(line, "index");
	}
}

/* A curve's name in the key. */
static void
key_name(const struct panel *p, const struct curve *c, struct buffer *line)
{
	char shown[APREC_SOURCE_MAX + 16];
	unsigned names, sources;
	const char *s;
	size_t width;

	count_names(p, &names, &sources);
	if (names > 1)
		put_name(line, c->field, c->v.where);
	if (sources > 1 || names == 1) {
		s = source_shown(c->source, shown);
		width = escape_width(s);
		/* The end tells ranks apart. */
		for (; width > KEY_MOST; s++)
			width -= ((unsigned char)s[1] & 0xc0) != 0x80;
		buffer_printf(line, "%s%s", names > 1 ? " " : "", s);
	}
}

static void
put_title(struct drawing *d, const struct curve *c)
{
	const struct panel *p = d->panel;
	struct buffer line = { 0 }, *b = &d->g->sheet.plot;
	const char *text;
	double room;

	if (p->ncurves < 2) {
		buffer_puts(b, " notitle");
		return;
	}
	key_name(p, c, &line);
	text = buffer_text(&line);
	/* gnuplot warns when a name does not fit. */
	room = (d->box.right - d->box.left) / d->g->m.hchar - KEY_SPACE;
	buffer_puts(b, " title ");
	escape_quoted(b, text, strlen(text), room < 2 ? 2 : room < LABEL_MOST ?
	    (size_t)room : LABEL_MOST);
	buffer_puts(b, " noenhanced");
	buffer_free(&line);
}

/* Rows of the key above a plot so wide. */
static unsigned
key_rows(struct drawing *d, double width)
{
	struct buffer line = { 0 };
	const struct panel *p = d->panel;
	size_t w, most = 0;
	unsigned i, cols;

	if (p->ncurves < 2)
		return 0;
	for (i = 0; i < p->ncurves; i++) {
		buffer_clear(&line);
		key_name(p, &p->curves[i], &line);
		w = escape_width(buffer_text(&line));
		most = w > most ? w : most;
	}
	buffer_free(&line);
	cols = (unsigned)fmax(1, floor(width / ((double)(most +
	    KEY_SPACE) * d->g->m.hchar)));
	return (p->ncurves + cols - 1) / cols;
}

static int
has_colours(const struct panel *p)
{
	return p->kind == PANEL_IMAGE || p->kind == PANEL_GRID ||
	    p->kind == PANEL_POINTS;
}

/* Width over height of what lies at places of its own. */
static double
places_aspect(const struct curve *c)
{
	double x[2], y[2];
	int odd;

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
draw_aspect(const struct panel *p)
{
	const struct curve *c = p->curves;
	const char *ux, *uy;
	double aspect;

	if (!has_colours(p))
		return 0;
	ux = c->x.rec != NULL ? field_attr(c->x.field, "units") : NULL;
	uy = c->y.rec != NULL ? field_attr(c->y.field, "units") : NULL;
	/* Metres against seconds have no aspect. */
	if ((c->x.rec == NULL) != (c->y.rec == NULL) || (ux == NULL) !=
	    (uy == NULL) || (ux != NULL && strcmp(ux, uy) != 0))
		return 1.4;
	aspect = p->kind == PANEL_IMAGE ? image_aspect(c) : places_aspect(c);
	return aspect >= 0.2 && aspect <= 5 ? aspect : 1.4;
}

/* The plot's box in the panel's cell; it is kept in the memo. */
static void
place(struct drawing *d, double lo, double hi)
{
	struct gnuplot *g = d->g;
	struct layout_area margins;
	struct memo *m = d->memo;
	unsigned label = range_label(lo, hi);
	int colours = has_colours(d->panel), text = g->text;
	double h = g->m.hchar, v = g->m.vchar, labels;

	/* Boxes do not move because a label became shorter. */
	if (label > m->label)
		m->label = label;
	labels = (m->label + (text ? 3. : 2.)) * h;
	margins.left = labels + (text || *d->ylabel == '\0' ? 0 : 2 * v);
	if (colours && !text)
		margins.left = 7 * h + 2 * v;
	margins.bottom = text ? 2 + (*d->xlabel != '\0') : 1.5 * v +
	    (*d->xlabel != '\0' ? 1.7 * v : 0);
	/* splot puts the name of its x axis lower. */
	if (d->panel->kind == PANEL_GRID && !text)
		margins.bottom += 0.8 * v;
	margins.right = !colours ? 3 * h : text ? labels + 4 :
	    labels + 3.5 * h + 1.8 * v;
	margins.top = text ? 1 : 0.9 * v;
	if (d->panel->ncurves > 1 && !text)
		margins.top += 1.05 * v * key_rows(d, d->cell.right -
		    d->cell.left - margins.left - margins.right);
	else if (colours && d->several)
		margins.top += 0.6 * v;
	if (text)
		margins.top = 2;
	d->box = layout_inside(&d->cell, &margins, text ? 0 :
	    draw_aspect(d->panel));
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
	if (text) {
		d->box.left = ceil(d->box.left);
		d->box.right = floor(d->box.right);
		d->box.bottom = ceil(d->box.bottom);
		d->box.top = floor(d->box.top);
	}
	m->box = d->box;
}

static void
put_box(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer *b = &g->sheet.text;
	const struct layout_area *x = &d->box;

	if (g->settings & SET_MARGINS)
		return;
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
	if (d->panel->ncurves < 2) {
		buffer_puts(b, "unset key\n");
		return;
	}
	if (g->text) {
		buffer_puts(b, "set key default inside top right opaque Left "
		    "reverse noenhanced samplen 2\n");
		return;
	}
	buffer_printf(b, "set key at screen %.6f, screen %.6f center bottom "
	    "horizontal Left reverse noenhanced samplen 1.5 width 1\n",
	    (d->box.left + d->box.right) / 2 / g->m.width,
	    (d->box.top + 0.25 * g->m.vchar) / g->m.height);
}

/* Names of the axes; in text terminals y's stands above the plot. */
static void
put_axes(struct drawing *d)
{
	struct gnuplot *g = d->g;
	struct buffer line = { 0 }, *b = &g->sheet.text;
	char shown[APREC_SOURCE_MAX + 16];
	int colours = has_colours(d->panel);

	buffer_puts(&line, d->xlabel);
	if (!(g->settings & SET_XLABEL))
		put_text(d, "xlabel", &line);
	buffer_clear(&line);
	if (!(g->settings & SET_YLABEL)) {
		buffer_puts(&line, g->text ? "" : d->ylabel);
		put_text(d, "ylabel", &line);
	}
	buffer_puts(b, "unset title\n");
	if (!(g->settings & SET_TITLE)) {
		if (g->text)
			y_name(d->panel, &line);
		if (colours && d->several)
			buffer_printf(&line, "%s%s", line.len > 0 ? "  " : "",
			    source_shown(d->panel->curves->source, shown));
		if (line.len > 0)
			put_text(d, g->text ? "title" : "title offset 0,-0.5",
			    &line);
	}
	buffer_free(&line);
}

/* After the plot: where it was drawn. */
static void
put_answer(struct drawing *d)
{
	if (d->g->sheet.path == NULL)
		return;
	buffer_printf(&d->g->sheet.text, "APLOT_answer = APLOT_answer."
	    "sprintf(' p %u %%.17g %%.17g %%.17g %%.17g %%.17g %%.17g', "
	    "GPVAL_TERM_XMIN, GPVAL_TERM_XMAX, GPVAL_TERM_YMIN, "
	    "GPVAL_TERM_YMAX, GPVAL_X_MIN, GPVAL_X_MAX)\n", d->number);
}

static void
put_row(struct buffer *b, double x, double y)
{
	double *to = buffer_room(b, 2 * sizeof(*to));

	if (to == NULL)
		return;
	to[0] = x;
	to[1] = y;
	b->len += 2 * sizeof(*to);
}

/* Make the axes reach from lo to hi, without setting them. */
static void
put_reach(struct drawing *d, double xlo, double xhi, double ylo, double yhi)
{
	struct gnuplot *g = d->g;
	struct sheet *s = &g->sheet;
	size_t from = s->own.len;

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
	put_row(&s->own, xlo, ylo);
	put_row(&s->own, xhi, yhi);
	sheet_rows(s, from, 2, 2);
	buffer_puts(&s->plot, " using 1:2 with points pt -1 notitle");
}

/* The y axis of curves between lo and hi. */
static void
reach_y(struct drawing *d, double lo, double hi)
{
	struct range *r = &d->memo->y;

	if (d->g->settings & SET_LOG_Y && hi > 0) {
		r->lo = lo > 0 ? pow(10, floor(log10(lo))) : hi;
		r->hi = pow(10, ceil(log10(hi)));
		if (r->lo == r->hi)
			r->lo /= 10;
		r->set = 1;
	} else {
		range_follow(r, lo, hi);
	}
}

static void
widen(double *lo, double *hi, double v)
{
	if (!(fabs(v) <= RANGE_MOST))
		return;
	*lo = fmin(*lo, v);
	*hi = fmax(*hi, v);
}

/* x and y of n points of a curve from element i on; odd ones are NaN. */
static void
fetch(const struct curve *c, uint64_t i, size_t n, double *x, double *y)
{
	size_t k;

	view_values(&c->v, 0, i, n, y);
	if (c->x.rec != NULL) {
		view_values(&c->x, 0, i, n, x);
	} else {
		for (k = 0; k < n; k++)
			x[k] = (double)(i + k);
	}
	for (k = 0; k < n; k++) {
		if (!(fabs(x[k]) <= RANGE_MOST))
			x[k] = NAN;
		if (!(fabs(y[k]) <= RANGE_MOST))
			y[k] = NAN;
	}
}

static void
x_extremes(const struct curve *c, double *lo, double *hi)
{
	double a, b;
	int odd;

	if (c->x.rec == NULL) {
		a = 0;
		b = (double)(c->v.extents[0] - 1);
	} else {
		raster_extremes(&c->x, &a, &b, &odd);
	}
	*lo = fmin(*lo, a);
	*hi = fmax(*hi, b);
}

/*
 * The columns that the panel will, as far as is known, be drawn on, when
 * its x axis is to reach from lo to hi.
 */
static struct thin_columns
expect(struct drawing *d, double lo, double hi)
{
	struct memo *m = d->memo;
	const struct metrics *t = &d->g->m;
	struct thin_columns c;

	/* Other than was wanted: zoomed, or the user's own range. */
	m->used_lo = lo;
	m->used_hi = hi;
	if (m->answered && (m->lo != m->want_lo || m->hi != m->want_hi)) {
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
	}
	c.log = (d->g->settings & SET_LOG_X) != 0 && m->used_lo > 0 &&
	    m->used_hi > 0;
	c.lo = m->used_lo;
	c.hi = m->used_hi;
	c.first = m->used.left;
	c.last = m->used.right;
	return c;
}

/* The rows of a curve in own. */
struct rows {
	size_t		 from;
	size_t		 n;
	double		 lo, hi;	/* of y */
};

static void
rows_end(const struct buffer *own, struct rows *r)
{
	double v;
	size_t i;

	r->lo = INFINITY;
	r->hi = -INFINITY;
	r->n = own->failed ? 0 : (own->len - r->from) / (2 * sizeof(v));
	for (i = 0; i < r->n; i++) {
		memcpy(&v, own->p + r->from + (2 * i + 1) * sizeof(v),
		    sizeof(v));
		widen(&r->lo, &r->hi, v);
	}
}

/* Put a curve's points, thinned if there are many. */
static void
put_curve(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, struct rows *r)
{
	struct buffer *own = &d->g->sheet.own;
	double x[CHUNK], y[CHUNK];
	uint64_t n = c->v.extents[0], i;
	struct thin t;
	size_t k, len;
	int many;

	r->from = own->len;
	many = (double)n > 4 * fabs(columns->last - columns->first);
	if (many) {
		thin_begin(&t, columns, own);
		d->memo->fitted = 1;
	}
	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		fetch(c, i, len, x, y);
		if (many)
			thin_add(&t, x, y, len);
		for (k = 0; !many && k < len; k++)
			put_row(own, x[k], y[k]);
	}
	if (many)
		thin_end(&t);
	rows_end(own, r);
}

/* An element of a plot: the rows as a line. */
static void
put_line(struct drawing *d, const struct curve *c, const struct rows *r,
    unsigned number)
{
	struct sheet *s = &d->g->sheet;
	int few = r->n <= FEW && !d->g->text;

	sheet_element(s, "plot");
	sheet_rows(s, r->from, r->n, 2);
	buffer_printf(&s->plot, " using 1:2 with %s lt %u%s", r->n == 1 ?
	    "points" : few ? "linespoints" : "lines", number,
	    few ? " pt 7 ps 0.4" : "");
	put_title(d, c);
}

static void
draw_message(struct drawing *d, const char *text)
{
	struct sheet *s = &d->g->sheet;
	struct buffer *b = &s->text;
	struct rows r = { .from = s->own.len, .n = 2 };

	d->xlabel = d->ylabel = "";
	place(d, 0, 1);
	put_box(d);
	buffer_puts(b, "unset title\nunset key\nunset border\nunset tics\n"
	    "unset xlabel\nunset ylabel\nunset colorbox\nset label 9003 ");
	escape_quoted(b, text, strlen(text), 100);
	buffer_printf(b, " at screen %.5f, screen %.5f center noenhanced\n",
	    (d->cell.left + d->cell.right) / 2 / d->g->m.width,
	    (d->cell.top + d->cell.bottom) / 2 / d->g->m.height);
	sheet_element(s, "plot");
	put_row(&s->own, 0, 0);
	put_row(&s->own, 1, 1);
	sheet_rows(s, r.from, r.n, 2);
	buffer_puts(&s->plot, d->g->text ? " using 1:2 with lines lc bgnd" :
	    " using 1:2 with points pt -1");
	sheet_plot(s);
	put_answer(d);
	buffer_puts(b, "unset label 9003\nset border\nset tics\n");
}

static void
draw_without(struct drawing *d, const char *why)
{
	char text[APREC_NAME_MAX + 64];

	snprintf(text, sizeof(text), "%s %s", d->panel->curves->field->name,
	    why);
	draw_message(d, text);
}

/* The plot of curves whose rows are in own. */
static void
plot_rows(struct drawing *d, const struct rows *rows, double xlo, double xhi)
{
	const struct range *y = &d->memo->y;
	double row = 0;
	unsigned i;

	put_box(d);
	put_axes(d);
	put_key(d);
	for (i = 0; i < d->panel->ncurves; i++) {
		if (rows[i].lo > rows[i].hi)
			continue;
		put_line(d, &d->panel->curves[i], &rows[i], i + 1);
	}
	/* A line of characters on the border would not be seen. */
	if (d->g->text && !(d->g->settings & SET_LOG_Y))
		row = (y->hi - y->lo) / fmax(2, d->box.top - d->box.bottom);
	put_reach(d, xlo, xhi, y->lo - row, y->hi + row);
	sheet_plot(&d->g->sheet);
	put_answer(d);
}

/* What all the rows span along y; 0 when they hold no value. */
static int
follow_rows(struct drawing *d, const struct rows *rows)
{
	double lo = INFINITY, hi = -INFINITY;
	unsigned i;

	for (i = 0; i < d->panel->ncurves; i++) {
		lo = fmin(lo, rows[i].lo);
		hi = fmax(hi, rows[i].hi);
	}
	if (lo <= hi)
		reach_y(d, lo, hi);
	return lo <= hi;
}

static void
draw_lines(struct drawing *d)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	struct rows rows[PANEL_CURVES];
	struct buffer name = { 0 };
	struct thin_columns columns;
	double xlo = INFINITY, xhi = -INFINITY;
	size_t from = d->g->sheet.own.len;
	unsigned i, label;

	for (i = 0; i < p->ncurves; i++)
		x_extremes(&p->curves[i], &xlo, &xhi);
	if (!(xlo <= xhi)) {
		draw_without(d, "has no value yet");
		return;
	}
	range_part(&xlo, &xhi);
	axis_name(&p->curves[0], 0, &p->curves[0].x, &name);
	d->xlabel = buffer_text(&name);
	do {
		/* Once more if the new labels move the box. */
		label = m->label;
		d->g->sheet.own.len = from;
		place(d, m->y.set ? m->y.lo : 0, m->y.set ? m->y.hi : 1);
		columns = expect(d, xlo, xhi);
		for (i = 0; i < p->ncurves; i++)
			put_curve(d, &p->curves[i], &columns, &rows[i]);
	} while (follow_rows(d, rows) && label == 0 &&
	    range_label(m->y.lo, m->y.hi) > m->label);
	if (m->y.set)
		plot_rows(d, rows, xlo, xhi);
	else
		draw_without(d, "has no value yet");
	buffer_free(&name);
}

/* Rows of a number over time or step; those without x are left out. */
static void
put_history(struct drawing *d, const struct curve *c, int over_step,
    struct rows *r, double *xlo, double *xhi)
{
	struct buffer *own = &d->g->sheet.own;
	const struct history_row *h;
	double x, y;
	size_t i, n = 0;

	r->from = own->len;
	h = history_rows(d->history, c->source->run, c->field->name, &n);
	for (i = 0; h != NULL && i < n; i++) {
		x = over_step ? (double)h[i].step : h[i].t;
		y = h[i].value;
		if (!(fabs(x) <= RANGE_MOST))
			continue;
		widen(xlo, xhi, x);
		put_row(own, x, fabs(y) <= RANGE_MOST ? y : NAN);
	}
	rows_end(own, r);
}

/* The rows of two numbers of the same moments, one against the other. */
static void
put_pairs(struct drawing *d, const struct curve *c, struct rows *r,
    double *xlo, double *xhi)
{
	struct buffer *own = &d->g->sheet.own;
	const struct history_row *hx, *hy;
	size_t i = 0, j = 0, nx = 0, ny = 0;

	r->from = own->len;
	hx = history_rows(d->history, c->source->run, d->panel->against, &nx);
	hy = history_rows(d->history, c->source->run, c->field->name, &ny);
	while (hx != NULL && hy != NULL && i < nx && j < ny) {
		if (hx[i].wall == hy[j].wall && hx[i].step == hy[j].step) {
			widen(xlo, xhi, hx[i].value);
			put_row(own, fabs(hx[i].value) <= RANGE_MOST ?
			    hx[i].value : NAN, fabs(hy[j].value) <=
			    RANGE_MOST ? hy[j].value : NAN);
			i++;
			j++;
		} else if (hx[i].wall < hy[j].wall) {
			i++;
		} else {
			j++;
		}
	}
	rows_end(own, r);
}

/* Whether some curve has no simulated time. */
static int
without_time(struct drawing *d)
{
	const struct panel *p = d->panel;
	const struct history_row *h;
	size_t n = 0;
	unsigned i;

	for (i = 0; i < p->ncurves; i++) {
		h = history_rows(d->history, p->curves[i].source->run,
		    p->curves[i].field->name, &n);
		if (h == NULL || n == 0 || isnan(h[n - 1].t))
			return 1;
	}
	return 0;
}

/* The name of time's axis. */
static void
time_name(struct drawing *d, int over_step, struct buffer *line)
{
	const struct curve *c = d->panel->curves;
	const struct field *f = NULL;
	const struct record *rec;

	if (d->panel->against != NULL) {
		f = source_field(c->source, d->panel->against, &rec);
	} else if (!over_step) {
		f = source_field(c->source, "t", &rec);
		if (f == NULL || !field_is_number(f))
			f = source_field(c->source, "time", &rec);
	}
	if (f == NULL) {
		buffer_puts(line, over_step ? "step" : "t");
		return;
	}
	put_name(line, f, NULL);
	put_units(line, f);
}

static void
draw_history(struct drawing *d)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	struct rows rows[PANEL_CURVES];
	struct buffer name = { 0 };
	double xlo = INFINITY, xhi = -INFINITY;
	int over_step = without_time(d);
	unsigned i;

	for (i = 0; i < p->ncurves; i++) {
		if (p->against != NULL)
			put_pairs(d, &p->curves[i], &rows[i], &xlo, &xhi);
		else
			put_history(d, &p->curves[i], over_step, &rows[i],
			    &xlo, &xhi);
	}
	if (!(xlo <= xhi) || !follow_rows(d, rows)) {
		draw_without(d, "has no value yet");
		return;
	}
	time_name(d, over_step, &name);
	d->xlabel = buffer_text(&name);
	/* The first moment stays at the edge; the last moves in steps. */
	range_part(&xlo, &xhi);
	range_follow(&m->x, xlo, xhi);
	if (p->against == NULL)
		m->x.lo = fmax(m->x.lo, xlo);
	place(d, m->y.lo, m->y.hi);
	plot_rows(d, rows, m->x.lo, m->x.hi);
	buffer_free(&name);
}

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
	place(d, m->y.lo, m->y.hi);
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
		y_name(d->panel, &line);
		put_text(d, "cblabel", &line);
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
			buffer_printf(b, "set label %d '\xe2\x96\x88\xe2\x96\x88'"
			    " at screen %.5f, screen %.5f left tc palette cb ",
			    9100 + i, (d->box.right + 2) / g->m.width,
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
	static const char *const shades[] = { "\xe2\x96\x91", "\xe2\x96\x92",
		"\xe2\x96\x93", "\xe2\x96\x88" };
	const struct range *r = &d->memo->y;
	struct sheet *s = &d->g->sheet;
	double lo;
	int i;

	if (!d->g->text || d->g->o.colours > 2) {
		sheet_element(s, "plot");
		sheet_rows(s, from, n, 3);
		if (d->g->text)
			buffer_puts(&s->plot, " using 1:2:3 with points pt "
			    "'\xe2\x96\x88' lc palette notitle");
		else
			buffer_printf(&s->plot, " using 1:2:3 with points pt 7"
			    " ps %.2f lc palette notitle", size);
		return;
	}
	/* No colours: four shades, the least is blank. */
	for (i = 0; i < BLOCKS; i++) {
		lo = r->lo + (r->hi - r->lo) * (i + 1) / (BLOCKS + 1);
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
	struct memo *m = d->memo;
	unsigned cols, rows, i, j;
	size_t from = own->len, n = 0;
	double value;

	expect(d, x->lo, x->hi);
	m->fitted = 1;
	cols = (unsigned)fmax(1, m->used.right - m->used.left - 1);
	rows = (unsigned)fmax(1, m->used.top - m->used.bottom - 1);
	if (raster_make(v, x, y, cols, rows, &cells) == -1)
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

/* Whether gnuplot can take the image's values where they lie. */
static const void *
in_place(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y, int odd)
{
	double wide = 2 * (d->box.right - d->box.left);
	double high = 2 * (d->box.top - d->box.bottom);

	if (d->g->sheet.path == NULL || odd || !x->uniform || !y->uniform ||
	    x->flip || y->flip || sheet_type(v->field->type) == NULL ||
	    ((double)x->n > wide && (double)x->n * (double)y->n >
	    4 * wide * high))
		return NULL;
	return view_bytes(v);
}

/* An image of pixels. */
static void
put_image(struct drawing *d, const struct view *v, const struct axis *x,
    const struct axis *y, int odd)
{
	struct sheet *s = &d->g->sheet;
	double wide = fmax(2, ceil(d->box.right - d->box.left));
	double high = fmax(2, ceil(d->box.top - d->box.bottom));
	struct sheet_grid grid = { x->n, y->n, x->first, x->step, y->first,
		y->step };
	size_t from = s->own.len;
	const void *p;

	sheet_element(s, "plot");
	p = in_place(d, v, x, y, odd);
	if (p != NULL) {
		sheet_grid_at(s, p, v->field->type, &grid);
	} else {
		/* Cells of other widths need all the pixels there are. */
		if (!x->uniform || (double)x->n > 2 * wide)
			grid.nx = (uint64_t)wide;
		if (!y->uniform || (double)y->n > 2 * high)
			grid.ny = (uint64_t)high;
		grid.dx = (x->hi - x->lo) / (double)grid.nx;
		grid.dy = (y->hi - y->lo) / (double)grid.ny;
		grid.x0 = x->lo + grid.dx / 2;
		grid.y0 = y->lo + grid.dy / 2;
		if (raster_make(v, x, y, (unsigned)grid.nx, (unsigned)grid.ny,
		    &s->own) == -1)
			s->own.failed = 1;
		sheet_grid(s, from, &grid);
	}
	buffer_puts(&s->plot, " with image notitle");
}

static void
draw_image(struct drawing *d)
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
	axis_name(c, 1, &c->x, &xname);
	axis_name(c, 0, &c->y, &yname);
	d->xlabel = buffer_text(&xname);
	d->ylabel = buffer_text(&yname);
	put_colours(d, lo, hi);
	put_box(d);
	put_axes(d);
	put_key(d);
	if (d->g->text) {
		put_text_box(d);
		put_reach(d, x.lo, x.hi, y.lo, y.hi);
		put_cells(d, &c->v, &x, &y);
	} else {
		put_image(d, &c->v, &x, &y, odd);
	}
	sheet_plot(&d->g->sheet);
	put_answer(d);
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
			widen(&x[0], &x[1], at[0]);
			widen(&y[0], &y[1], at[1]);
			put_three(own, fabs(at[0]) <= RANGE_MOST ? at[0] : NAN,
			    fabs(at[1]) <= RANGE_MOST ? at[1] : NAN,
			    fabs(at[2]) <= RANGE_MOST ? at[2] : NAN);
		}
	}
	return (cols + stride - 1) / stride;
}

/* Points, or a grid's quadrangles, at places of their own. */
static void
draw_places(struct drawing *d)
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
	put_name(&name[0], c->x.field, c->x.where);
	put_units(&name[0], c->x.field);
	put_name(&name[1], c->y.field, c->y.where);
	put_units(&name[1], c->y.field);
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
	put_box(d);
	put_axes(d);
	put_key(d);
	if (d->g->text)
		put_text_box(d);
	if (grid) {
		buffer_puts(&s->text, "set view map\nset pm3d corners2color "
		    "mean\nunset grid\n");
		sheet_element(s, "splot");
		sheet_grid_rows(s, from, cols, n / cols);
		buffer_puts(&s->plot, " using 1:2:3 with pm3d notitle");
	} else {
		put_reach(d, d->memo->x.lo, d->memo->x.hi,
		    d->memo->places.lo, d->memo->places.hi);
		put_coloured(d, from, n, n < 500 ? 1 : n < 5000 ? 0.6 : 0.3);
	}
	sheet_plot(s);
	put_answer(d);
	if (grid)
		buffer_puts(&s->text, "set grid\n");
	if (d->g->text)
		end_text_box(d);
	buffer_free(&name[0]);
	buffer_free(&name[1]);
}

void
draw_panel(struct drawing *d)
{
	struct buffer name = { 0 };

	if (d->panel->kind == PANEL_WAIT) {
		draw_message(d, d->panel->why);
		return;
	}
	y_name(d->panel, &name);
	d->ylabel = buffer_text(&name);
	d->xlabel = "";
	switch (d->panel->kind) {
	case PANEL_IMAGE:
		draw_image(d);
		break;
	case PANEL_GRID:
	case PANEL_POINTS:
		draw_places(d);
		break;
	case PANEL_HISTORY:
		draw_history(d);
		break;
	default:
		draw_lines(d);
		break;
	}
	buffer_free(&name);
}
