/*
 * key.c - what tells the curves of a panel apart: names and line types
 *
 * A curve that was drawn before has the line type that it had.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "ranks.h"

#define LABEL_MOST	48	/* characters of a label */
#define KEY_MOST	28	/* of a curve's name in the key */

static int
same_name(const struct curve *a, const struct curve *b)
{
	return strcmp(a->field->name, b->field->name) == 0 &&
	    strcmp(a->v.where, b->v.where) == 0 &&
	    a->v.component == b->v.component;
}

void
key_count(const struct panel *p, unsigned *names, unsigned *sources)
{
	const struct curve *c = p->curves;
	unsigned i, j;

	*names = *sources = 0;
	for (i = 0; i < p->ncurves; i++) {
		for (j = 0; j < i; j++) {
			if (same_name(&c[j], &c[i]))
				break;
		}
		*names += j == i;
		for (j = 0; j < i && c[j].source != c[i].source; j++)
			continue;
		*sources += j == i;
	}
}

/* Whether the names tell all sources apart without their hosts. */
static int
told_apart(const struct panel *p)
{
	const struct curve *a, *b;
	size_t n;

	for (a = p->curves; a < p->curves + p->ncurves; a++) {
		n = strcspn(a->source->name, "@");
		if (n == 0 || a->source->number > 1)
			return 0;
		for (b = p->curves; b < a; b++) {
			if (b->source != a->source && strncmp(b->source->name,
			    a->source->name, n) == 0 &&
			    strcspn(b->source->name, "@") == n)
				return 0;
		}
	}
	return 1;
}

/* A curve's name in the key. */
void
key_name(const struct panel *p, const struct curve *c, struct buffer *line)
{
	char shown[APREC_SOURCE_MAX + 16];
	unsigned names, sources;
	const char *s;
	size_t width;

	key_count(p, &names, &sources);
	if (names > 1)
		draw_curve_name(line, c);
	if (sources > 1 || names == 1) {
		s = source_shown(c->source, shown);
		if (told_apart(p))
			shown[strcspn(shown, "@")] = '\0';
		width = escape_width(s);
		/* The end tells ranks apart. */
		for (; width > KEY_MOST; s++)
			width -= ((unsigned char)s[1] & 0xc0) != 0x80;
		buffer_printf(line, "%s%s", names > 1 ? " " : "", s);
	}
}

void
key_title(struct drawing *d, const struct curve *c)
{
	const struct panel *p = d->panel;
	struct buffer line = { 0 }, *b = &d->g->sheet.plot;
	unsigned only = d->g->sheet.panel;	/* where panels are gathered */
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
	if (only > 0)
		buffer_printf(b, "(APLOT_on == %u ? ", only);
	escape_quoted(b, text, strlen(text), room < 2 ? 2 : room < LABEL_MOST ?
	    (size_t)room : LABEL_MOST);
	buffer_puts(b, only > 0 ? " : '') noenhanced" : " noenhanced");
	buffer_free(&line);
}

/* Rows of the key above a plot so wide. */
unsigned
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

/*
 * Line types
 */

/* What a curve is remembered by. */
static uint64_t
key_of(const struct curve *c)
{
	char shown[SOURCE_SHOWN_MAX], text[APREC_NAME_MAX + 400];
	uint64_t key = UINT64_C(14695981039346656037);
	const char *s;

	snprintf(text, sizeof(text), "%s %s %d %s", c->field->name,
	    c->v.where, (int)c->v.component, c->tiles != NULL ? "" :
	    source_shown(c->source, shown));
	for (s = text; *s != '\0'; s++)
		key = (key ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return key;
}

/* The line type from 0 that curve i of many ranks has in every panel, or i. */
static unsigned
wanted(const struct panel *p, unsigned i, unsigned names)
{
	const char *name = p->curves[i].source->name;
	struct rank r;
	unsigned j;

	if (names > 1 || p->curves[i].tiles != NULL || !ranks_read(name, &r))
		return i;
	for (j = 0; j < p->ncurves; j++) {
		if (j != i && ranks_alike(p->curves[j].source->name, name))
			return (unsigned)(r.number % LINES);
	}
	/* One alone, of several: its writer says so by a dot. */
	return r.before > 0 && name[r.before - 1] == '.' ?
	    (unsigned)(r.number % LINES) : i;
}

/* A line type for a new curve: the wanted one, if it can be. */
static unsigned
choose(const struct memo *m, unsigned want)
{
	unsigned i, oldest = want;

	if (m->line_frame[want] == 0)
		return want;
	for (i = 0; i < LINES; i++) {
		if (m->line_frame[i] == 0)
			return i;
		if (m->line_frame[i] < m->line_frame[oldest])
			oldest = i;
	}
	return oldest;
}

void
key_lines(struct drawing *d, unsigned types[PANEL_CURVES])
{
	const struct panel *p = d->panel;
	struct memo *m = d->memo;
	uint64_t keys[PANEL_CURVES];
	unsigned names, sources, i, k;

	key_count(p, &names, &sources);
	for (i = 0; i < p->ncurves; i++) {
		types[i] = 0;
		keys[i] = key_of(&p->curves[i]);
		for (k = 0; k < LINES && types[i] == 0; k++) {
			if (m->line_frame[k] != 0 && m->line_key[k] == keys[i])
				types[i] = k + 1;
		}
		if (types[i] > 0)
			m->line_frame[types[i] - 1] = d->g->frame;
	}
	for (i = 0; i < p->ncurves; i++) {
		if (types[i] > 0)
			continue;
		k = choose(m, wanted(p, i, names));
		m->line_key[k] = keys[i];
		m->line_frame[k] = d->g->frame;
		types[i] = k + 1;
	}
}
