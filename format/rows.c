/*
 * rows.c - the plot of a panel's curves, once their points are there
 */
#include <math.h>
#include <string.h>

#include "rows.h"

#define FEW		60	/* points up to which they are marked */
#define SEVERAL		500	/* points up to which their marks are large */

static const struct rows_style styles[] = {
	[STYLE_ANY] = { "lines", "", 0, 0, 0, 0 },
	[STYLE_LINES] = { "lines", "", 0, 0, 0, 0 },
	[STYLE_POINTS] = { "points", "", 1, 0, 0, 0 },
	[STYLE_DOTS] = { "dots", "", 1, 0, 0, 0 },
	[STYLE_STEPS] = { "steps", "", 0, 0, 0, 0 },
	[STYLE_FSTEPS] = { "fsteps", "", 0, 0, 0, 0 },
	[STYLE_HISTEPS] = { "histeps", "", 0, 0, 0, 1 },
	[STYLE_IMPULSES] = { "impulses", "", 0, 1, 0, 0 },
	[STYLE_FILLED] = { "filledcurves", " y=0 fs solid 0.5 noborder", 0, 1,
		1, 0 }
};

const struct rows_style *
rows_style(const struct drawing *d, const struct curve *c)
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

void
rows_undefine(double *v, size_t n, int log)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!(fabs(v[i]) <= RANGE_MOST) || (log && !(v[i] > 0)))
			v[i] = NAN;
	}
}

void
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

int
rows_can_be_thinned(const struct drawing *d, const struct curve *c)
{
	const struct rows_style *s = rows_style(d, c);

	return s != NULL && !s->marks;
}

/* An element of a plot: the rows as a line or points. */
static void
put_line(struct drawing *d, const struct curve *c, const struct rows *r,
    unsigned number)
{
	const struct rows_style *style = rows_style(d, c);
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
	buffer_printf(&s->plot, " lt %u%s%s", number, picture_width(d->g,
	    r->n), !few ? "" : phase ? " pt 7 ps 0.25" : r->n == 1 ?
	    " pt 7 ps 1" : " pt 7 ps 0.4");
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
	buffer_printf(&s->plot, " using 1:2:3:4 with yerrorlines lt %u%s%s",
	    number, picture_width(d->g, r->nbars), d->g->text ? "" :
	    r->nbars <= 2 * SEVERAL ? " pt 7 ps 0.5" : " pt 7 ps 0.2");
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
	const struct rows_style *s;
	unsigned i;

	for (i = 0; i < d->panel->ncurves; i++) {
		s = rows_style(d, &d->panel->curves[i]);
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
		strokes_curve(&s, d, rows[i].from, rows[i].n, rows_style(d,
		    &d->panel->curves[i])->marks, i, types[i]);
	strokes_close(&s);
	axes_reach(d, xlo, xhi, y->lo, y->hi);
	sheet_plot(&d->g->sheet);
	draw_answer(d);
}

void
rows_plot(struct drawing *d, const struct rows *rows, double xlo, double xhi,
    double beyond)
{
	const struct range *y = &d->memo->y;
	unsigned types[PANEL_CURVES], i;
	int phase = draw_is_phase(d->panel) &&
	    !(d->g->settings & SET_TICS);

	draw_settings(d);
	tics_put(d, "x", xlo, xhi, x_is_whole(d));
	tics_put(d, "y", y->lo, y->hi, y_is_whole(d));
	if (phase)
		buffer_printf(&d->g->sheet.text, "set ytics %s\n",
		    picture_pi(d->g));
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
	axes_reach(d, xlo, xhi, y->lo - beyond, y->hi + beyond);
	sheet_plot(&d->g->sheet);
	draw_answer(d);
	if (phase)
		buffer_puts(&d->g->sheet.text, "set ytics autofreq\n");
}

double
rows_beyond(const struct drawing *d)
{
	const struct range *y = &d->memo->y;

	return d->g->text && !d->log_y ? (y->hi - y->lo) /
	    fmax(2, d->box.top - d->box.bottom) : 0;
}

int
rows_follow(struct drawing *d, const struct rows *rows)
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
rows_look(struct drawing *d, const struct rows *rows, double share)
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

int
rows_log_y(const struct drawing *d)
{
	return !draw_is_phase(d->panel) && axes_scale(d,
	    d->panel->curves[0].how.scale, 'y', d->memo->log_y);
}

int
rows_changed(const struct drawing *d)
{
	const struct memo *m = d->memo;

	return rows_log_y(d) != d->log_y || (m->log_x && !d->log_x &&
	    axes_scale(d, d->panel->xscale, 'x', m->log_x));
}
