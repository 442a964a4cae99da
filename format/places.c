/*
 * places.c - where gnuplot draws the thinned lines of a script, as it tells
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "places.h"

#define ANSWER_MOST	20000	/* characters */

void
places_free(struct places *p)
{
	unsigned i;

	for (i = 0; i < PLACES_LINES; i++)
		cuts_free(&p->lines[i].cuts);
}

void
places_reset(struct places *p)
{
	unsigned i;

	for (i = 0; i < PLACES_LINES; i++) {
		p->lines[i].nplaces = 0;
		p->lines[i].cut = 0;
	}
	p->unknown = 0;
}

void
places_begin(struct places *p, unsigned n)
{
	unsigned i;

	p->nlines = n;
	for (i = 0; i < PLACES_LINES; i++)
		p->lines[i].thinned = 0;
}

/* An end of the second axis, when the plot has one, else of the first. */
static void
put_end(struct buffer *b, char axis, const char *end)
{
	buffer_printf(b, ", strstrt(GPVAL_LAST_PLOT, '%c2') ? GPVAL_%c2_%s : "
	    "GPVAL_%c_%s", axis, axis == 'x' ? 'X' : 'Y', end,
	    axis == 'x' ? 'X' : 'Y', end);
}

/*
 * The lines are bits: asked are those of which the place is not known; the
 * last plot had the second number's.
 */
void
places_notes(const struct places *p, struct buffer *b)
{
	unsigned k;

	buffer_puts(b, "APLOT_log = ''\nAPLOT_at = ''\nAPLOT_asked = 0\n"
	    "APLOT_had(k) = strstrt(GPVAL_LAST_PLOT, sprintf('APLOT_t%d(', k))"
	    " ? 2**k : 0\n"
	    "APLOT_where(n) = exists('GPVAL_LAST_PLOT') ? "
	    "sprintf(' s %d %d', APLOT_asked, GPVAL_PLOT ? 0");
	for (k = 0; k < p->nlines; k++)
		buffer_printf(b, " + APLOT_had(%u)", k);
	buffer_puts(b, " : 0).sprintf(' %.17g %.17g %.17g %.17g %.17g %.17g "
	    "%.17g %.17g %.17g %.17g %.17g %.17g', GPVAL_TERM_XMIN, "
	    "GPVAL_TERM_XMAX, GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, "
	    "GPVAL_Y_MAX");
	put_end(b, 'x', "MIN");
	put_end(b, 'x', "MAX");
	put_end(b, 'y', "MIN");
	put_end(b, 'y', "MAX");
	buffer_printf(b, ", GPVAL_TERM_YMIN, GPVAL_TERM_YMAX) : ''\n"
	    "APLOT_place(n) = exists('GPVAL_LAST_PLOT') ? "
	    "GPVAL_LAST_PLOT.sprintf(' %%.17g %%.17g %%.17g %%.17g %%.17g "
	    "%%.17g', GPVAL_TERM_XMIN, GPVAL_TERM_XMAX, GPVAL_X_MIN, "
	    "GPVAL_X_MAX, GPVAL_TERM_YMIN, GPVAL_TERM_YMAX) : ''\n"
	    "APLOT_add(w) = strlen(APLOT_log) < %d ? APLOT_log.w : ' s 1 0'\n"
	    "APLOT_see(k) = (APLOT_now = APLOT_place(0), "
	    "APLOT_asked && APLOT_now ne APLOT_at ? (APLOT_log = "
	    "APLOT_add(APLOT_where(0)), APLOT_asked = 0) : 0, "
	    "APLOT_at = APLOT_now, APLOT_asked = APLOT_asked | k)\n"
	    "APLOT_n(n) = (APLOT_see(0), n)\n", ANSWER_MOST);
	for (k = 0; k < p->nlines; k++)
		buffer_printf(b, "APLOT_t%u(n) = (APLOT_see(%u), n)\n", k,
		    1U << k);
}

static int
cut_for(struct cuts *c, const struct place *at, int log)
{
	struct thin_columns t = { at->lo, at->hi, at->first, at->last, 0 };

	if (cuts_add(c, &t) == -1 || cuts_add_y(c, at->ylo) == -1 ||
	    cuts_add_y(c, at->yhi) == -1)
		return -1;
	t.log = log && t.lo > 0 && t.hi > 0;
	return t.log ? cuts_add(c, &t) : 0;
}

struct cuts *
places_cuts(struct places *p, unsigned k, const double range[2], double width,
    int log)
{
	struct lines *l = &p->lines[k];
	struct place guess = { 0, fmin(width, CUTS_COLUMNS / 2), range[0],
		range[1], -INFINITY, INFINITY };
	unsigned i;
	int r = 0;

	if (p->unknown)
		return NULL;
	if (l->nplaces == 0 && (l->lo != range[0] || l->hi != range[1]))
		l->cut = 0;
	l->lo = range[0];
	l->hi = range[1];
	l->thinned = 1;
	if (l->cut)
		return l->cuts.n > 0 ? &l->cuts : NULL;
	l->cut = 1;
	cuts_clear(&l->cuts);
	for (i = 0; i < l->nplaces && r == 0; i++)
		r = cut_for(&l->cuts, &l->places[i], log);
	if (l->nplaces == 0)
		r = cut_for(&l->cuts, &guess, log);
	if (log && r == 0)
		r = cuts_add_y(&l->cuts, 0);
	if (r == -1)
		cuts_clear(&l->cuts);
	cuts_sort(&l->cuts);
	return l->cuts.n > 0 ? &l->cuts : NULL;
}

static int
has_place(const struct lines *l, const struct place *q)
{
	unsigned i;

	for (i = 0; i < l->nplaces; i++)
		if (memcmp(&l->places[i], q, sizeof(*q)) == 0)
			return 1;
	return 0;
}

/* A place of all lines among bits; -1: there are too many. */
static int
add_place(struct lines *lines, int bits, const struct place *q)
{
	unsigned k;

	for (k = 0; k < PLACES_LINES; k++) {
		if ((bits & 1 << k) == 0 || has_place(&lines[k], q))
			continue;
		if (lines[k].nplaces == PLACES_MOST)
			return -1;
		lines[k].places[lines[k].nplaces++] = *q;
	}
	return 0;
}

/* The places in an answer; -1: some are not known. */
static int
read_places(const char *answer, struct lines *lines)
{
	const char *at = answer;
	struct place q, second;
	int asked, had;

	for (; (at = strstr(at, " s ")) != NULL; at++) {
		if (sscanf(at, " s %d %d %lf %lf %lf %lf %lf %lf %lf %lf %lf "
		    "%lf", &asked, &had, &q.first, &q.last, &q.lo, &q.hi,
		    &q.ylo, &q.yhi, &second.lo, &second.hi, &second.ylo,
		    &second.yhi) != 12 || (asked & ~had) != 0)
			return -1;
		second.first = q.first;
		second.last = q.last;
		if (add_place(lines, had, &q) == -1 ||
		    add_place(lines, had, &second) == -1)
			return -1;
		/* x of the one may go with y of the other. */
		second.lo = q.lo;
		second.hi = q.hi;
		if (add_place(lines, had, &second) == -1)
			return -1;
	}
	return 0;
}

/* Take over where a line was drawn; 1: it was thinned for elsewhere. */
static int
take_places(struct lines *l, const struct lines *drawn)
{
	unsigned i;
	int others = 0;

	for (i = 0; i < drawn->nplaces; i++)
		others |= !has_place(l, &drawn->places[i]);
	if (others || drawn->nplaces != l->nplaces) {
		memcpy(l->places, drawn->places, sizeof(l->places));
		l->nplaces = drawn->nplaces;
		l->cut = 0;
	}
	return others && l->thinned;
}

/* It stopped at an error: 1 when that may be for want of points in a range
 * that lies between two of those that were kept. */
static int
stopped(struct places *p)
{
	unsigned k;
	int thinned = 0;

	for (k = 0; k < p->nlines; k++)
		thinned |= p->lines[k].thinned;
	p->unknown = thinned && !p->tried;
	p->tried |= p->unknown;
	return p->unknown;
}

int
places_answer(struct places *p, const char *answer)
{
	struct lines drawn[PLACES_LINES];
	unsigned k;
	int again = 0;

	/* One that stopped tells nothing. */
	if (strstr(answer, " s ") == NULL)
		return stopped(p);
	p->tried = 0;
	memset(drawn, 0, sizeof(drawn));
	p->unknown = read_places(answer, drawn) == -1;
	for (k = 0; k < p->nlines; k++) {
		if (p->unknown)
			again |= p->lines[k].thinned;
		else if (drawn[k].nplaces > 0)
			again |= take_places(&p->lines[k], &drawn[k]);
	}
	return again;
}
