/*
 * strips.c - panels of numbers over their past, as strip charts draw them
 *
 * What is drawn is all that the history has kept, and that has all extremes.
 */
#include <math.h>

#include "rows.h"

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
	many = d->memo->whole != 1 && (double)n > 4 * fabs(columns->last -
	    columns->first) && rows_can_be_thinned(d, c);
	if (many) {
		thin_begin(&t, columns, own);
		d->memo->fitted = 1;
	}
	for (i = 0; h != NULL && i < n; i++) {
		x = clock_x(d, moment_of(&h[i], over));
		y = h[i].value;
		if (!(fabs(x) <= RANGE_MOST))
			continue;
		rows_undefine(&y, 1, d->log_y);
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
	return rows_follow(d, rows);
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
strips_draw(struct drawing *d)
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
			rows_look(d, rows, SCALE_PAST);
		none |= !any && d->log_y;
	} while (tries++ < 3 && ((!any && d->log_y) ||
	    (any && !none && rows_changed(d)) ||
	    (any && label == 0 && range_label(m->y.lo, m->y.hi) > m->label)));
	if (any)
		rows_plot(d, rows, m->x.lo, m->x.hi, rows_beyond(d));
	else
		draw_without(d, "has no finite value");
	buffer_free(&name);
}

