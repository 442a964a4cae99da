/*
 * curves.c - panels of curves: 1-D fields, and numbers over their past
 */
#include <math.h>
#include <string.h>

#include "marks.h"
#include "picture.h"
#include "raster.h"

#define FEW		60	/* points up to which they are marked */
#define CHUNK		2048
#define SEVERAL		500	/* points up to which their marks are large */
#define FILLED_MOST	20000	/* corners of a filled curve, where all of its
				 * pixels are to be those of the whole */

/* How the curves of a panel can be drawn. */
static const struct style {
	const char	*name;		/* gnuplot's */
	const char	*with;		/* options of it */
	int		 marks;		/* each value has a mark of its own */
	int		 base;		/* it stands on 0 */
} styles[] = {
	[STYLE_ANY] = { "lines", "", 0, 0 },
	[STYLE_LINES] = { "lines", "", 0, 0 },
	[STYLE_POINTS] = { "points", "", 1, 0 },
	[STYLE_DOTS] = { "dots", "", 1, 0 },
	[STYLE_STEPS] = { "steps", "", 0, 0 },
	[STYLE_FSTEPS] = { "fsteps", "", 0, 0 },
	[STYLE_HISTEPS] = { "histeps", "", 0, 0 },
	[STYLE_IMPULSES] = { "impulses", "", 0, 1 },
	[STYLE_FILLED] = { "filledcurves", " y=0 fs solid 0.5 noborder", 0, 1 }
};

/* The style of a curve; NULL: one of the user's that is not known here. */
static const struct style *
style_of(const struct drawing *d, const struct curve *c)
{
	const char *set = d->g->style;
	size_t i;

	if (c->how.style != STYLE_ANY || *set == '\0')
		return &styles[c->how.style];
	for (i = STYLE_LINES; i < sizeof(styles) / sizeof(styles[0]); i++) {
		/* As gnuplot abbreviates them. */
		if (strncmp(styles[i].name, set, strlen(set)) == 0)
			return &styles[i];
	}
	return NULL;
}

/* The y axis of curves between lo and hi. */
static void
reach_y(struct drawing *d, double lo, double hi)
{
	struct range *r = &d->memo->y;

	if (d->memo->y_log != d->log_y)
		r->set = 0;
	d->memo->y_log = d->log_y;
	if (draw_is_phase(d->panel)) {
		r->lo = -M_PI;
		r->hi = M_PI;
		r->set = 1;
	} else if (d->log_y) {
		range_decades(r, lo, hi);
	} else {
		range_follow(r, lo, hi);
	}
}

/* Set n values that an axis cannot show to NaN. */
static void
undefine(double *v, size_t n, int log)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!(fabs(v[i]) <= RANGE_MOST) || (log && !(v[i] > 0)))
			v[i] = NAN;
	}
}

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

/* Of x and y, the same. */
static void
fetch(const struct curve *c, uint64_t i, size_t n, double *xbuf,
    double *ybuf, const double **x, const double **y)
{
	const double *d;
	size_t k;

	*y = fetch_y(c, i, n, ybuf);
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

/* The same, with what axes cannot show as NaN. */
static void
fetch_defined(const struct drawing *d, const struct curve *c, uint64_t i,
    size_t n, double *xbuf, double *ybuf)
{
	const double *x, *y;

	fetch(c, i, n, xbuf, ybuf, &x, &y);
	x = clock_all(d, x, n, xbuf);
	if (x != xbuf)
		memcpy(xbuf, x, n * sizeof(*x));
	if (y != ybuf)
		memcpy(ybuf, y, n * sizeof(*y));
	undefine(xbuf, n, d->log_x);
	undefine(ybuf, n, d->log_y);
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

/* The rows of a curve in own: n, and nbars with error bars behind them. */
struct rows {
	size_t		 from;
	size_t		 n;
	size_t		 bars;		/* where those begin */
	size_t		 nbars;
	double		 lo, hi;	/* of y */
};

static void
rows_end(const struct drawing *d, struct rows *r)
{
	const struct buffer *own = &d->g->sheet.own;
	double v;
	size_t i;

	r->lo = INFINITY;
	r->hi = -INFINITY;
	r->n = own->failed ? 0 : (own->len - r->from) / (2 * sizeof(v));
	r->bars = own->len;
	r->nbars = 0;
	for (i = 0; i < r->n; i++) {
		memcpy(&v, own->p + r->from + (2 * i + 1) * sizeof(v),
		    sizeof(v));
		if (!d->log_y || v > 0)
			draw_widen(&r->lo, &r->hi, v);
	}
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
			fetch(c, i, len, xbuf, ybuf, &x, &y);
			x = clock_all(d, x, len, xbuf);
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
is_many(const struct curve *c, const struct thin_columns *columns)
{
	return (double)c->v.extents[0] > 4 * fabs(columns->last -
	    columns->first) && (c->v.component != VIEW_PHASE ||
	    c->v.extents[0] > PANEL_PHASES);
}

/* Whether thinning the rows of a number changes no pixel. */
static int
can_be_thinned(const struct drawing *d, const struct curve *c)
{
	const struct style *s = style_of(d, c);

	return s != NULL && !s->marks;
}

/* Put a curve's line, or for marks just what they span. */
static void
put_curve(struct drawing *d, const struct curve *c,
    const struct thin_columns *columns, struct rows *r)
{
	const struct style *s = style_of(d, c);
	struct buffer *own = &d->g->sheet.own;
	int many = is_many(c, columns);

	r->from = own->len;
	if (s == NULL && many) {
		draw_tell(d, "style %s: all points are drawn", d->g->style);
		many = 0;
	}
	/* gnuplot fills polygons by their corners, and the tip of one that is
	 * left out may be a pixel. */
	if (s == &styles[STYLE_FILLED] && many) {
		many = c->v.extents[0] > FILLED_MOST;
		if (many)
			draw_tell(d, "filled curves of more than %d points "
			    "are thinned: single pixels at their edge may be "
			    "missing", FILLED_MOST);
	}
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
	const struct style *s = style_of(d, c);
	struct buffer *own = &d->g->sheet.own, bars = { 0 };
	double x[CHUNK], y[CHUNK], e[CHUNK];
	int points = s != NULL && s->marks;
	struct marks *m = NULL;
	uint64_t n = c->v.extents[0], i;
	size_t len;

	if (!points && c->error.rec == NULL)
		return;
	if (is_many(c, columns)) {
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

/* An element of a plot: the rows as a line or points. */
static void
put_line(struct drawing *d, const struct curve *c, const struct rows *r,
    unsigned number)
{
	const struct style *style = style_of(d, c);
	struct sheet *s = &d->g->sheet;
	int any = c->how.style == STYLE_ANY && *d->g->style == '\0';
	/* Where a phase is all gaps, points alone are seen. */
	int phase = any && c->v.component == VIEW_PHASE && r->n >
	    c->v.extents[0] + c->v.extents[0] / 8;
	int few = any && (r->n <= FEW || phase) && !d->g->text;

	sheet_element(s, "plot");
	sheet_rows(s, r->from, r->n, 2);
	buffer_puts(&s->plot, " using 1:2");
	if (style != NULL)
		buffer_printf(&s->plot, " with %s%s", any && r->n == 1 ?
		    "points" : few ? "linespoints" : style->name, style->with);
	buffer_printf(&s->plot, " lt %u%s", number, !few ? "" : phase ?
	    " pt 7 ps 0.25" : r->n == 1 ? " pt 7 ps 1" :
	    " pt 7 ps 0.4");
	if (style == &styles[STYLE_POINTS] && !d->g->text)
		buffer_puts(&s->plot, r->n <= SEVERAL ? " pt 7 ps 0.6" :
		    " pt 7 ps 0.3");
	key_title(d, c);
}

/* An element of a plot: the error bars, with their middles. */
static void
put_bars(struct drawing *d, const struct curve *c, const struct rows *r,
    unsigned number, int titled)
{
	struct sheet *s = &d->g->sheet;

	sheet_element(s, "plot");
	sheet_rows(s, r->bars, r->nbars, 4);
	buffer_printf(&s->plot, " using 1:2:3:4 with yerrorlines lt %u%s",
	    number, d->g->text ? "" : r->nbars <= 2 * SEVERAL ? " pt 7 ps 0.5" :
	    " pt 7 ps 0.2");
	if (titled)
		key_title(d, c);
	else
		buffer_puts(&s->plot, " notitle");
}

/* Whether the numbers along an axis are whole. */
static int
x_is_whole(const struct drawing *d)
{
	const struct panel *p = d->panel;
	const struct record *rec;
	const struct field *f = p->curves->x.rec == NULL ? NULL :
	    p->curves->x.field;

	if (p->kind == PANEL_HISTORY && p->against == NULL)
		return d->over_step;
	if (p->kind == PANEL_HISTORY)
		f = source_field(p->curves->source, p->against, &rec);
	return draw_is_whole(f);
}

static int
y_is_whole(const struct drawing *d)
{
	const struct panel *p = d->panel;
	unsigned i;

	for (i = 0; i < p->ncurves; i++) {
		if (!draw_is_whole(p->curves[i].field))
			return 0;
	}
	return 1;
}

/* Whether in a terminal of characters all curves are lines or points, which
 * are drawn there as strokes. */
static int
are_strokes(const struct drawing *d, const struct rows *rows)
{
	const struct style *s;
	unsigned i;

	for (i = 0; i < d->panel->ncurves; i++) {
		s = style_of(d, &d->panel->curves[i]);
		if (s == NULL || rows[i].nbars > 0 || (!s->marks &&
		    strcmp(s->name, "lines") != 0))
			return 0;
	}
	return strokes_wanted(d->g);
}

/* The same in a terminal of characters. */
static void
stroke_rows(struct drawing *d, const struct rows *rows, const unsigned *types,
    double xlo, double xhi)
{
	const struct range *y = &d->memo->y;
	struct strokes s;
	unsigned i;

	if (strokes_open(&s, d, xlo, xhi, y->lo, y->hi) == -1)
		d->g->sheet.own.failed = 1;
	for (i = 0; i < d->panel->ncurves; i++)
		strokes_curve(&s, d, rows[i].from, rows[i].n, style_of(d,
		    &d->panel->curves[i])->marks, i, types[i]);
	strokes_close(&s);
	axes_reach(d, xlo, xhi, y->lo, y->hi);
	sheet_plot(&d->g->sheet);
	draw_answer(d);
}

/* The plot of curves whose rows are in own. */
static void
plot_rows(struct drawing *d, const struct rows *rows, double xlo, double xhi,
    double row)
{
	const struct range *y = &d->memo->y;
	unsigned types[PANEL_CURVES], i;
	int phase = draw_is_phase(d->panel) &&
	    !(d->g->settings & SET_TICS);

	draw_settings(d);
	tics_put(d, "x", xlo, xhi, x_is_whole(d));
	tics_put(d, "y", y->lo, y->hi, y_is_whole(d));
	if (phase)
		buffer_puts(&d->g->sheet.text, "set ytics (" DRAW_PI ")\n");
	key_lines(d, types);
	strokes_key(d, types);
	if (are_strokes(d, rows)) {
		stroke_rows(d, rows, types, xlo, xhi);
		return;
	}
	for (i = 0; i < d->panel->ncurves; i++) {
		const struct curve *c = &d->panel->curves[i];

		if (rows[i].lo > rows[i].hi)
			continue;
		if (rows[i].n > 0)
			put_line(d, c, &rows[i], types[i]);
		if (rows[i].nbars > 0)
			put_bars(d, c, &rows[i], types[i], rows[i].n == 0);
	}
	axes_reach(d, xlo, xhi, y->lo - row, y->hi + row);
	sheet_plot(&d->g->sheet);
	draw_answer(d);
	if (phase)
		buffer_puts(&d->g->sheet.text, "set ytics autofreq\n");
}

/* By how much the y axis goes beyond its range: a line of characters on the
 * border would not be seen. */
static double
beyond(const struct drawing *d)
{
	const struct range *y = &d->memo->y;

	return d->g->text && !d->log_y ? (y->hi - y->lo) /
	    fmax(2, d->box.top - d->box.bottom) : 0;
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

/*
 * Look whether the values ask for a logarithmic y axis, and if so whether x
 * has to be, too.  What is looked at are the rows, which have all extremes.
 */
static void
look_at_scales(struct drawing *d, const struct rows *rows, double share)
{
	const struct panel *p = d->panel;
	const struct buffer *own = &d->g->sheet.own;
	struct memo *m = d->memo;
	struct scale_look look;
	const double *at;
	unsigned i, both = 0;

	scale_begin(&look);
	for (i = 0; i < p->ncurves && !own->failed; i++) {
		at = (const double *)(const void *)(own->p + rows[i].from);
		scale_see(&look, at + 1, rows[i].n, 2);
		/* With error bars it is for the user to say. */
		look.negative += p->curves[i].error.rec != NULL;
	}
	for (i = 0; i < p->ncurves && !own->failed; i++) {
		at = (const double *)(const void *)(own->p + rows[i].from);
		scale_low(&look, at + 1, rows[i].n, 2);
		both += share == SCALE_ARRAY && scale_asks_both(at, rows[i].n);
	}
	m->log_y = scale_asks(&look, share, m->log_y);
	m->log_x |= m->log_y && both == p->ncurves;
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

/* Whether the y axis is to be logarithmic. */
static int
is_log_y(const struct drawing *d)
{
	return !draw_is_phase(d->panel) && axes_scale(d,
	    d->panel->curves[0].how.scale, 'y', d->memo->log_y);
}

/* Settle how the axes are scaled, y not by logarithms where none of its values
 * has one; the x axis from *lo to *hi. */
static void
settle_scales(struct drawing *d, int none, double *lo, double hi)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	double least = least_positive(p, *lo);

	d->log_y = !none && is_log_y(d);
	d->log_x = hi > 0 && least < hi && axes_scale(d, p->xscale, 'x',
	    m->log_x);
	if (d->log_x)
		*lo = least;
}

/* Whether what the values ask for since is something else. */
static int
scales_changed(const struct drawing *d)
{
	const struct memo *m = d->memo;

	return is_log_y(d) != d->log_y || (m->log_x && !d->log_x &&
	    axes_scale(d, d->panel->xscale, 'x', m->log_x));
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
	if (!follow_rows(d, rows))
		return 0;
	row = beyond(d);
	for (i = 0; i < p->ncurves; i++) {
		const struct style *s = style_of(d, &p->curves[i]);

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
			look_at_scales(d, rows, SCALE_ARRAY);
		none |= !any && d->log_y;
	} while (tries++ < 3 && ((!any && d->log_y) ||
	    (any && !none && scales_changed(d)) || (any && label == 0 &&
	    range_label(m->y.lo, m->y.hi) > m->label)));
	if (any)
		plot_rows(d, rows, xlo, xhi, beyond(d));
	else
		draw_without(d, "has no finite value");
	buffer_free(&name);
}

/* What numbers are drawn over: simulated time, step, or the clock's time. */
enum over { OVER_TIME, OVER_STEP, OVER_CLOCK };

static double
moment_of(const struct history_row *r, enum over over)
{
	return over == OVER_STEP ? (double)r->step :
	    over == OVER_CLOCK ? (double)r->wall / 1e9 : r->t;
}

/* What the moments of all numbers span. */
static void
past_span(struct drawing *d, enum over over, double *lo, double *hi)
{
	const struct panel *p = d->panel;
	const struct history_row *h;
	unsigned k;
	size_t i, n;

	for (k = 0; k < p->ncurves; k++) {
		n = 0;
		h = history_rows(d->history, p->curves[k].source->run,
		    p->against != NULL ? p->against :
		    p->curves[k].field->name, &n);
		for (i = 0; h != NULL && i < n; i++)
			draw_widen(lo, hi, p->against != NULL ? h[i].value :
			    moment_of(&h[i], over));
	}
}

/* Rows of a number over time or step; those without x are left out. */
static void
put_history(struct drawing *d, const struct curve *c, enum over over,
    const struct thin_columns *columns, struct rows *r)
{
	struct buffer *own = &d->g->sheet.own;
	const struct history_row *h;
	struct thin t;
	double x, y;
	size_t i, n = 0;
	int many;

	r->from = own->len;
	h = history_rows(d->history, c->source->run, c->field->name, &n);
	many = (double)n > 4 * fabs(columns->last - columns->first) &&
	    can_be_thinned(d, c);
	if (many) {
		thin_begin(&t, columns, own);
		d->memo->fitted = 1;
	}
	for (i = 0; h != NULL && i < n; i++) {
		x = clock_x(d, moment_of(&h[i], over));
		y = h[i].value;
		if (!(fabs(x) <= RANGE_MOST))
			continue;
		undefine(&y, 1, d->log_y);
		if (many)
			thin_add(&t, &x, &y, 1);
		else
			draw_row(own, x, y);
	}
	if (many)
		thin_end(&t);
	rows_end(d, r);
}

/* The rows of two numbers of the same moments, one against the other. */
static void
put_pairs(struct drawing *d, const struct curve *c, struct rows *r)
{
	struct buffer *own = &d->g->sheet.own;
	const struct history_row *hx, *hy;
	size_t i = 0, j = 0, nx = 0, ny = 0;

	r->from = own->len;
	hx = history_rows(d->history, c->source->run, d->panel->against, &nx);
	hy = history_rows(d->history, c->source->run, c->field->name, &ny);
	while (hx != NULL && hy != NULL && i < nx && j < ny) {
		if (hx[i].wall == hy[j].wall && hx[i].step == hy[j].step) {
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
	rows_end(d, r);
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

/* The field that tells time, or NULL. */
static const struct field *
time_field(const struct source *s)
{
	const struct record *rec;
	const struct field *f = source_field(s, "t", &rec);

	if (f == NULL || !field_is_number(f))
		f = source_field(s, "time", &rec);
	return f != NULL && field_is_number(f) ? f : NULL;
}

/*
 * What the numbers of a panel are drawn over.  Where there is neither time nor
 * step, a record's number says nothing: there the clock tells more.
 */
static enum over
choose_over(struct drawing *d)
{
	const struct panel *p = d->panel;
	const struct history_row *h;
	const struct record *rec;
	unsigned i;
	size_t n;
	int clock = 1;

	if (p->over_step)
		return OVER_STEP;
	if (!p->over_wall && !without_time(d))
		return OVER_TIME;
	for (i = 0; i < p->ncurves; i++) {
		n = 0;
		h = history_rows(d->history, p->curves[i].source->run,
		    p->curves[i].field->name, &n);
		clock &= n == 0 || h[n - 1].wall > 0;
		clock &= p->over_wall || source_field(p->curves[i].source,
		    "step", &rec) == NULL;
	}
	return clock ? OVER_CLOCK : OVER_STEP;
}

/* Read what the time is that they are drawn over, from lo to hi. */
static void
read_time(struct drawing *d, enum over over, double lo, double hi)
{
	struct timeaxis time = { 0 };
	const struct field *f;

	if (d->panel->against != NULL || over == OVER_STEP)
		return;
	f = time_field(d->panel->curves->source);
	if (over == OVER_CLOCK)
		timeaxis_clock(&time, hi);
	else if (f != NULL)
		timeaxis_units(&time, field_attr(f, "units"),
		    field_attr(f, "calendar"));
	if (time.unit > 0)
		clock_choose(d, &time, lo, hi);
}

/* The name of time's axis. */
static void
time_name(struct drawing *d, enum over over, struct buffer *line)
{
	const struct curve *c = d->panel->curves;
	const struct range *x = &d->memo->x;
	const struct record *rec;
	const struct field *f;

	if (d->panel->against != NULL) {
		f = source_field(c->source, d->panel->against, &rec);
		if (f == NULL) {
			buffer_puts(line, d->panel->against);
			return;
		}
		draw_name(line, f, NULL);
		draw_units(line, f);
	} else if (over == OVER_STEP) {
		buffer_puts(line, "step");
	} else {
		f = over == OVER_TIME ? time_field(c->source) : NULL;
		if (f != NULL)
			draw_name(line, f, NULL);
		else
			buffer_puts(line, over == OVER_TIME ? "t" :
			    "wall time");
		clock_label(d, x->lo, x->hi, f != NULL ?
		    field_attr(f, "units") : NULL, line);
	}
}

/* Put the rows of all numbers; 0 when they have no value. */
static int
put_past(struct drawing *d, struct rows *rows, enum over over)
{
	const struct panel *p = d->panel;
	const struct memo *m = d->memo;
	struct thin_columns columns;
	unsigned i;

	draw_place(d, m->y.set ? m->y.lo : 0, m->y.set ? m->y.hi : 1);
	columns = axes_expect(d, m->x.lo, m->x.hi);
	for (i = 0; i < p->ncurves; i++) {
		if (p->against != NULL)
			put_pairs(d, &p->curves[i], &rows[i]);
		else
			put_history(d, &p->curves[i], over, &columns,
			    &rows[i]);
	}
	return follow_rows(d, rows);
}

/* The range of the x axis, for what lies between lo and hi. */
static void
follow_moments(struct drawing *d, double lo, double hi)
{
	struct range *x = &d->memo->x;

	/* The first moment stays at the edge; the last moves in steps. */
	range_part(&lo, &hi);
	range_follow(x, lo, hi);
	if (d->panel->against == NULL)
		x->lo = fmax(x->lo, lo);
}

void
curves_history(struct drawing *d)
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	struct rows rows[PANEL_CURVES];
	struct buffer name = { 0 };
	double lo = INFINITY, hi = -INFINITY;
	size_t from = d->g->sheet.own.len;
	enum over over = choose_over(d);
	unsigned label, tries = 0;
	int any, none = 0;

	past_span(d, over, &lo, &hi);
	if (!(lo <= hi)) {
		draw_without(d, "has no finite value");
		return;
	}
	d->log_x = 0;
	read_time(d, over, lo, hi);
	follow_moments(d, clock_x(d, lo), clock_x(d, hi));
	time_name(d, over, &name);
	d->xlabel = buffer_text(&name);
	d->over_step = over == OVER_STEP;
	do {
		label = m->label;
		d->g->sheet.own.len = from;
		d->log_y = !none && axes_scale(d, p->curves[0].how.scale, 'y',
		    m->log_y);
		any = put_past(d, rows, over);
		if (any)
			look_at_scales(d, rows, SCALE_PAST);
		none |= !any && d->log_y;
	} while (tries++ < 3 && ((!any && d->log_y) ||
	    (any && !none && scales_changed(d)) ||
	    (any && label == 0 && range_label(m->y.lo, m->y.hi) > m->label)));
	if (any)
		plot_rows(d, rows, m->x.lo, m->x.hi, beyond(d));
	else
		draw_without(d, "has no finite value");
	buffer_free(&name);
}
