/*
 * curves.c - panels of 1-D fields against their coordinates
 */
#include <math.h>
#include <string.h>

#include "marks.h"
#include "raster.h"
#include "rows.h"

#define CHUNK		2048
#define FILLED_MOST	20000	/* corners of a filled curve, where all of its
				 * pixels are to be those of the whole */

/* y of n points of a curve from element i on: where they lie, or in ybuf. */
static const double *
fetch_y(const struct curve *c, uint64_t i, size_t n, double *ybuf)
{
	const double *d = view_doubles(&c->v);

	if (d != NULL)
		return d + i;
	view_values(&c->v, 0, i, n, ybuf);
	return ybuf;
}

/* Of x, the same. */
static const double *
fetch_x(const struct curve *c, uint64_t i, size_t n, double *xbuf)
{
	const double *d;
	size_t k;

	if (c->x.rec != NULL && (d = view_doubles(&c->x)) != NULL)
		return d + i;
	if (c->x.rec != NULL)
		view_values(&c->x, 0, i, n, xbuf);
	for (k = 0; c->x.rec == NULL && k < n; k++)
		xbuf[k] = (double)(i + k);
	return xbuf;
}

/* The same, with what axes cannot show as NaN. */
static void
fetch_defined(const struct drawing *d, const struct curve *c, uint64_t i,
    size_t n, double *xbuf, double *ybuf)
{
	const double *x, *y;

	x = fetch_x(c, i, n, xbuf);
	y = fetch_y(c, i, n, ybuf);
	x = clock_all(d, x, n, xbuf);
	if (x != xbuf)
		memcpy(xbuf, x, n * sizeof(*x));
	if (y != ybuf)
		memcpy(ybuf, y, n * sizeof(*y));
	rows_undefine(xbuf, n, d->log_x);
	rows_undefine(ybuf, n, d->log_y);
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

/* Put points of a line, thinned (t) or as they are. */
static void
put_run(struct thin *t, struct buffer *own, const double *x, const double *y,
    size_t n)
{
	size_t k;

	if (t != NULL)
		thin_add(t, x, y, n);
	for (k = 0; t == NULL && k < n; k++)
		draw_row(own, x[k], y[k]);
}

/* The same of a phase, with gaps where it goes from pi to -pi or back.  last
 * is the one before them. */
static void
put_phases(struct thin *t, struct buffer *own, const double *x,
    const double *y, size_t n, double last)
{
	const double gap = NAN;
	size_t from = 0, k;

	for (k = 0; k < n; k++) {
		if (fabs(y[k] - last) > M_PI) {
			put_run(t, own, x + from, y + from, k - from);
			put_run(t, own, &gap, &gap, 1);
			from = k;
		}
		last = y[k];
	}
	put_run(t, own, x + from, y + from, n - from);
}

/* Put the points of a curve that is drawn by a line, thinned if there are
 * many. */
static void
put_thinned(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, int many)
{
	struct buffer *own = &d->g->sheet.own;
	struct thin_columns finer = *columns;
	double xbuf[CHUNK], ybuf[CHUNK];
	const double *x = xbuf, *y = ybuf;
	double last = NAN;
	uint64_t n = c->v.extents[0], i;
	struct thin t;
	size_t len;

	if (strokes_wanted(d->g)) {	/* two dots a column */
		finer.first *= 2;
		finer.last *= 2;
	}
	if (many) {
		thin_begin(&t, &finer, own);
		d->memo->fitted = 1;
	}
	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		if (many && c->x.rec == NULL && !d->log_y && !d->log_x) {
			thin_add_even(&t, i, fetch_y(c, i, len, ybuf), len);
			continue;
		}
		if (many && !d->log_y && !d->log_x) {
			x = clock_all(d, fetch_x(c, i, len, xbuf), len, xbuf);
			y = fetch_y(c, i, len, ybuf);
		} else {
			fetch_defined(d, c, i, len, xbuf, ybuf);
		}
		if (c->v.component != VIEW_PHASE)
			put_run(many ? &t : NULL, own, x, y, len);
		else
			put_phases(many ? &t : NULL, own, x, y, len, last);
		last = y[len - 1];
	}
	if (many)
		thin_end(&t);
}

/* What the values of a curve span, with their error bars. */
static void
span(struct drawing *d, const struct curve *c, double *lo, double *hi)
{
	double y[CHUNK], e[CHUNK];
	uint64_t n = c->v.extents[0], i;
	size_t k, len;

	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		view_values(&c->v, 0, i, len, y);
		if (c->error.rec != NULL)
			view_values(&c->error, 0, i, len, e);
		for (k = 0; k < len; k++) {
			if (d->log_y && !(y[k] > 0))
				continue;
			draw_widen(lo, hi, y[k]);
			if (c->error.rec == NULL || !isfinite(e[k]) ||
			    !isfinite(y[k]))
				continue;
			if (!d->log_y || y[k] > fabs(e[k]))
				draw_widen(lo, hi, y[k] - fabs(e[k]));
			draw_widen(lo, hi, y[k] + fabs(e[k]));
		}
	}
}

/* Whether a curve has more points than are worth drawing.  Thinned, a phase
 * would lose what stands between two gaps. */
static int
is_many(const struct drawing *d, const struct curve *c,
    const struct thin_columns *columns)
{
	if (d->memo->whole == 1 || (c->v.component == VIEW_PHASE &&
	    c->v.extents[0] <= PANEL_PHASES))
		return 0;
	return (double)c->v.extents[0] > 4 * fabs(columns->last -
	    columns->first);
}

/* Whether x only grows, or only falls. */
static int
is_in_order(const struct curve *c)
{
	double buf[CHUNK], last = NAN;
	const double *x;
	uint64_t n = c->v.extents[0], i;
	size_t k, len;
	int grows = 0, falls = 0;

	for (i = 0; i < n && c->x.rec != NULL && !(grows && falls); i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		x = fetch_x(c, i, len, buf);
		for (k = 0; k < len; k++) {
			grows |= x[k] > last;
			falls |= x[k] < last;
			last = isnan(x[k]) ? last : x[k];
		}
	}
	return !(grows && falls);
}

/*
 * Whether fewer points than all show the same in the style.  gnuplot sorts
 * those of histeps by x, so that what follows each other in a column is not
 * what was published so.  It fills polygons by their corners, and the tip of
 * one that is left out may be a pixel.
 */
static int
can_be_thinned(struct drawing *d, const struct curve *c)
{
	const struct rows_style *s = rows_style(d, c);

	if (s == NULL || (s->sorted && !is_in_order(c))) {
		draw_tell(d, "style %s%s: all points are drawn", s == NULL ?
		    d->g->style : s->name, s == NULL ? "" :
		    " and x to and fro");
		return 0;
	}
	if (s->filled && c->v.extents[0] > FILLED_MOST)
		draw_tell(d, "filled curves of more than %d points are "
		    "thinned: single pixels at their edge may be missing",
		    FILLED_MOST);
	return !s->filled || c->v.extents[0] > FILLED_MOST;
}

/* Put a curve's line, or for marks just what they span. */
static void
put_curve(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, struct rows *r)
{
	const struct rows_style *s = rows_style(d, c);
	struct buffer *own = &d->g->sheet.own;
	int many = is_many(d, c, columns) && can_be_thinned(d, c);

	r->from = own->len;
	if (s == NULL || !s->marks)
		put_thinned(d, c, columns, many);
	rows_end(d, r);
	if ((s != NULL && s->marks) || c->error.rec != NULL)
		span(d, c, &r->lo, &r->hi);
	if (s != NULL && s->base && r->lo <= r->hi && !d->log_y) {
		r->lo = fmin(r->lo, 0);
		r->hi = fmax(r->hi, 0);
	}
}

/* Put n points: all that are seen, or without m all. */
static void
put_points(struct marks *m, const double *x, const double *y, size_t n,
    struct buffer *out)
{
	size_t i;

	if (m != NULL)
		marks_points(m, x, y, n, out);
	for (i = 0; m == NULL && i < n; i++)
		draw_row(out, x[i], y[i]);
}

/* The same of error bars. */
static void
put_errors(struct marks *m, const double *x, const double *y,
    const double *error, size_t n, struct buffer *out)
{
	double e;
	size_t i;

	if (m != NULL)
		marks_bars(m, x, y, error, n, out);
	for (i = 0; m == NULL && i < n; i++) {
		e = isfinite(error[i]) ? fabs(error[i]) : 0;
		marks_bar(out, x[i], y[i], e);
	}
}

/* Put a curve's points, and its error bars. */
static void
put_marks(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, const struct thin_columns *rows,
    struct rows *r)
{
	const struct rows_style *s = rows_style(d, c);
	struct buffer *own = &d->g->sheet.own, bars = { 0 };
	double x[CHUNK], y[CHUNK], e[CHUNK];
	int points = s != NULL && s->marks;
	struct marks *m = NULL;
	uint64_t n = c->v.extents[0], i;
	size_t len;

	if (!points && c->error.rec == NULL)
		return;
	if (is_many(d, c, columns)) {
		m = marks_new(columns, rows, axes_fineness(d));
		own->failed |= m == NULL;
		d->memo->fitted = 1;
	}
	if (points)
		r->from = own->len;
	for (i = 0; i < n && !own->failed; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		fetch_defined(d, c, i, len, x, y);
		if (c->error.rec == NULL) {
			put_points(m, x, y, len, own);
		} else {
			view_values(&c->error, 0, i, len, e);
			put_errors(m, x, y, e, len, &bars);
		}
	}
	marks_free(m);
	if (points)
		r->n = (own->len - r->from) / (2 * sizeof(double));
	r->bars = own->len;
	r->nbars = bars.len / (4 * sizeof(double));
	buffer_put(own, bars.p, bars.len);
	own->failed |= bars.failed;
	buffer_free(&bars);
}

/* Whether the coordinate's places ask for a logarithmic x axis. */
static int
is_even(const struct curve *c)
{
	double v[17];
	uint64_t n = c->v.extents[0];
	size_t i;

	if (c->x.rec == NULL || n < 17)
		return 0;
	for (i = 0; i < 17; i++)
		view_values(&c->x, 0, (n - 1) / 16 * i, 1, &v[i]);
	return scale_is_even(v, 17, 1);
}

/* The least x above 0 of curves whose first element may be at 0. */
static double
least_positive(const struct panel *p, double lo)
{
	double v[2], least = INFINITY;
	unsigned i;

	if (lo > 0)
		return lo;
	for (i = 0; i < p->ncurves; i++) {
		v[0] = 0;
		v[1] = 1;
		if (p->curves[i].v.extents[0] < 2)
			continue;
		if (p->curves[i].x.rec != NULL)
			view_values(&p->curves[i].x, 0, 0, 2, v);
		least = fmin(least, v[1] > 0 ? v[1] : INFINITY);
	}
	return least;
}

/* Settle how the axes are scaled, y not by logarithms where none of its values
 * has one; the x axis from *lo to *hi. */
static void
settle_scales(struct drawing *d, int none, double *lo, double hi)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	double least = least_positive(p, *lo);

	d->log_y = !none && rows_log_y(d);
	d->log_x = hi > 0 && least < hi && axes_scale(d, p->xscale, 'x',
	    m->log_x);
	if (d->log_x)
		*lo = least;
}

/* Put all curves; 0 when they have no value that can be drawn. */
static int
put_curves(struct drawing *d, struct rows *rows, double xlo, double xhi)
{
	const struct panel *p = d->panel;
	const struct range *y = &d->memo->y;
	struct thin_columns columns, at;
	double row;
	unsigned i;

	draw_place(d, y->set ? y->lo : 0, y->set ? y->hi : 1);
	columns = axes_expect(d, xlo, xhi);
	for (i = 0; i < p->ncurves; i++)
		put_curve(d, &p->curves[i], &columns, &rows[i]);
	if (!rows_follow(d, rows))
		return 0;
	row = rows_beyond(d);
	for (i = 0; i < p->ncurves; i++) {
		const struct rows_style *s = rows_style(d, &p->curves[i]);

		if ((s == NULL || !s->marks) && p->curves[i].error.rec == NULL)
			continue;
		at = axes_expect_rows(d, y->lo - row, y->hi + row);
		put_marks(d, &p->curves[i], &columns, &at, &rows[i]);
	}
	return 1;
}

/*
 * The name of the x axis into line.  If what is along it is a time, from *lo to
 * *hi, these become what gnuplot gets.
 */
static void
name_coordinate(struct drawing *d, double *lo, double *hi, struct buffer *line)
{
	const struct curve *c = d->panel->curves;
	struct timeaxis time = { 0 };

	if (c->x.rec != NULL && c->x.field->rank == 1 && !axes_scale(d,
	    d->panel->xscale, 'x', d->memo->log_x))
		timeaxis_units(&time, field_attr(c->x.field, "units"),
		    field_attr(c->x.field, "calendar"));
	d->log_x = 0;
	d->time.unit = 0;
	buffer_clear(line);
	if (time.unit == 0) {
		range_part(lo, hi);
		draw_axis_name(c, 0, &c->x, line);
		return;
	}
	clock_choose(d, &time, *lo, *hi);
	*lo = clock_x(d, *lo);
	*hi = clock_x(d, *hi);
	range_part(lo, hi);
	draw_name(line, c->x.field, c->x.where);
	clock_label(d, *lo, *hi, field_attr(c->x.field, "units"), line);
}

void
curves_lines(struct drawing *d)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	struct rows rows[PANEL_CURVES];
	struct buffer name = { 0 };
	double lo = INFINITY, hi = -INFINITY, xlo, xhi;
	size_t from = d->g->sheet.own.len;
	unsigned i, label, tries = 0;
	int any, none = 0;

	for (i = 0; i < p->ncurves; i++)
		x_extremes(d, &p->curves[i], &lo, &hi);
	if (!(lo <= hi)) {
		draw_without(d, "has no finite value");
		return;
	}
	m->log_x = (m->log_x && m->log_y) ||
	    (lo > 0 && is_even(&p->curves[0]));
	do {
		/* Once more if the new labels move the box, or an axis
		 * is to be logarithmic. */
		label = m->label;
		d->g->sheet.own.len = from;
		xlo = lo;
		xhi = hi;
		name_coordinate(d, &xlo, &xhi, &name);
		d->xlabel = buffer_text(&name);
		settle_scales(d, none, &xlo, xhi);
		any = put_curves(d, rows, xlo, xhi);
		if (any)
			rows_look(d, rows, SCALE_ARRAY);
		none |= !any && d->log_y;
	} while (tries++ < 3 && ((!any && d->log_y) ||
	    (any && !none && rows_changed(d)) || (any && label == 0 &&
	    range_label(m->y.lo, m->y.hi) > m->label)));
	if (any)
		rows_plot(d, rows, xlo, xhi, rows_beyond(d));
	else
		draw_without(d, "has no finite value");
	buffer_free(&name);
}
