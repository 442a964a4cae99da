/*
 * curves.c - panels of curves: 1-D fields, and numbers over their past
 */
#include <math.h>
#include <string.h>

#include "picture.h"
#include "raster.h"

#define FEW		60	/* points up to which they are marked */
#define CHUNK		2048

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

/* NaN for what cannot be drawn. */
static double
defined(double v)
{
	return fabs(v) <= RANGE_MOST ? v : NAN;
}

/*
 * x and y of n points of a curve from element i on: where they lie, or in the
 * buffers.
 */
static void
fetch(const struct curve *c, uint64_t i, size_t n, double *xbuf,
    double *ybuf, const double **x, const double **y)
{
	const double *d;
	size_t k;

	d = view_doubles(&c->v);
	*y = d != NULL ? d + i : ybuf;
	if (d == NULL)
		view_values(&c->v, 0, i, n, ybuf);
	*x = xbuf;
	if (c->x.rec == NULL) {
		for (k = 0; k < n; k++)
			xbuf[k] = (double)(i + k);
	} else if ((d = view_doubles(&c->x)) != NULL) {
		*x = d + i;
	} else {
		view_values(&c->x, 0, i, n, xbuf);
	}
}

/* What a coordinate spans: remembered, for it is often published once. */
static void
x_extremes(struct drawing *d, const struct curve *c, double *lo, double *hi)
{
	struct memo *m = d->memo;
	const struct record *rec = c->x.rec;
	double a, b;
	int odd;

	if (rec == NULL) {
		a = 0;
		b = (double)(c->v.extents[0] - 1);
	} else if (c->x.values == NULL && m->x_run == rec->run &&
	    m->x_seq == rec->seq && m->x_first == c->x.first +
	    c->x.field->offset) {
		a = m->x_lo;
		b = m->x_hi;
	} else {
		raster_extremes(&c->x, &a, &b, &odd);
		m->x_run = rec->run;
		m->x_seq = rec->seq;
		m->x_first = c->x.first + c->x.field->offset;
		m->x_lo = a;
		m->x_hi = b;
	}
	*lo = fmin(*lo, a);
	*hi = fmax(*hi, b);
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
		draw_widen(&r->lo, &r->hi, v);
	}
}

/* Put a curve's points, thinned if there are many. */
static void
put_curve(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, struct rows *r)
{
	struct buffer *own = &d->g->sheet.own;
	double xbuf[CHUNK], ybuf[CHUNK];
	const double *x, *y;
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
		fetch(c, i, len, xbuf, ybuf, &x, &y);
		if (many)
			thin_add(&t, x, y, len);
		for (k = 0; !many && k < len; k++)
			draw_row(own, defined(x[k]), defined(y[k]));
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
	key_title(d, c);
}

/* The plot of curves whose rows are in own. */
static void
plot_rows(struct drawing *d, const struct rows *rows, double xlo, double xhi)
{
	const struct range *y = &d->memo->y;
	unsigned types[PANEL_CURVES], i;
	double row = 0;

	draw_settings(d);
	key_lines(d, types);
	for (i = 0; i < d->panel->ncurves; i++) {
		if (rows[i].lo > rows[i].hi)
			continue;
		put_line(d, &d->panel->curves[i], &rows[i], types[i]);
	}
	/* A line of characters on the border would not be seen. */
	if (d->g->text && !(d->g->settings & SET_LOG_Y))
		row = (y->hi - y->lo) / fmax(2, d->box.top - d->box.bottom);
	draw_reach(d, xlo, xhi, y->lo - row, y->hi + row);
	sheet_plot(&d->g->sheet);
	draw_answer(d);
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

void
curves_lines(struct drawing *d)
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
		x_extremes(d, &p->curves[i], &xlo, &xhi);
	if (!(xlo <= xhi)) {
		draw_without(d, "has no value yet");
		return;
	}
	range_part(&xlo, &xhi);
	draw_axis_name(&p->curves[0], 0, &p->curves[0].x, &name);
	d->xlabel = buffer_text(&name);
	do {
		/* Once more if the new labels move the box. */
		label = m->label;
		d->g->sheet.own.len = from;
		draw_place(d, m->y.set ? m->y.lo : 0, m->y.set ? m->y.hi : 1);
		columns = draw_expect(d, xlo, xhi);
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
		draw_widen(xlo, xhi, x);
		draw_row(own, x, fabs(y) <= RANGE_MOST ? y : NAN);
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
			draw_widen(xlo, xhi, hx[i].value);
			draw_row(own, fabs(hx[i].value) <= RANGE_MOST ?
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
	draw_name(line, f, NULL);
	draw_units(line, f);
}

void
curves_history(struct drawing *d)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	struct rows rows[PANEL_CURVES];
	struct buffer name = { 0 };
	double xlo = INFINITY, xhi = -INFINITY;
	int over_step = p->over_step || without_time(d);
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
	draw_place(d, m->y.lo, m->y.hi);
	plot_rows(d, rows, m->x.lo, m->x.hi);
	buffer_free(&name);
}
