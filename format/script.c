/*
 * script.c - a state as the variables and macros of a user's script
 *
 *	energy		a number (of several sources: the first's)
 *	energy_2	that of the second source
 *	TEXT_mode	a text; TEXT_mode_2
 *	@u		an array: the data source of all sources that have it,
 *			of several as a loop "for [S ...]": of a line with the
 *			columns coordinate (else index) and value, of a plane
 *			x, y, value, to be drawn "using 1:2:3"
 *	@u_2		that of the second source
 *	@u_thin		thinned for the columns of the last plot
 *	@x__u, @x__y__T	columns of these fields, also numbers over their past
 *	NSRC, SRC(i)	how many sources, and their names; S is 1 but in loops
 *
 * A field's own name comes before what these forms would make of it.  Names
 * that gnuplot or this page has taken begin with F_.  What a name stands for
 * when it is first seen, number, text or array, it stands for until the end:
 * with any other value it has none (NaN, '', no points).
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "raster.h"

#define TEXT_MOST	4095	/* characters of a text that are handed over */
#define PARTS		3	/* fields of a macro */
#define MACROS		256	/* that a script may use */
#define MACRO_MOST	(4 * APREC_NAME_MAX)
#define CHUNK		2048

enum kind { NOTHING, NUMBER, TEXT, ARRAY };

struct name {
	char		 name[APREC_NAME_MAX + 1];
	enum kind	 kind;
	int		 told;
};

/* A macro that the script uses. */
struct macro {
	char		 name[MACRO_MOST + 1];
};

struct script {
	const char	*text;
	const char	*file;
	struct macro	*macros;
	unsigned	 nmacros;
	int		 all;		/* it runs others: offer all arrays */
	struct name	*names;		/* sorted */
	size_t		 nnames;
	size_t		 room;
	char		 told[4][160];
	unsigned	 ntold;
};

/* What a macro stands for. */
struct meaning {
	char		 part[PARTS][APREC_NAME_MAX + 1];
	unsigned	 nparts;
	unsigned	 source;	/* from 1; 0: all of them */
	int		 thin;
};

/* Remember the macros in the script's text. */
static void
find_macros(struct script *s)
{
	const char *at = s->text;
	struct macro *m;
	size_t len;
	unsigned i;

	while ((at = strchr(at, '@')) != NULL && s->nmacros < MACROS) {
		at++;
		for (len = 0; isalnum((unsigned char)at[len]) ||
		    at[len] == '_'; len++)
			continue;
		if (len == 0 || len > MACRO_MOST)
			continue;
		m = &s->macros[s->nmacros];
		memcpy(m->name, at, len);
		m->name[len] = '\0';
		for (i = 0; i < s->nmacros; i++) {
			if (strcmp(s->macros[i].name, m->name) == 0)
				break;
		}
		s->nmacros += i == s->nmacros;
	}
}

struct script *
script_new(const struct gnuplot_options *o)
{
	struct script *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->macros = calloc(MACROS + 1, sizeof(*s->macros));
	if (s->macros == NULL) {
		free(s);
		return NULL;
	}
	s->text = o->script;
	s->file = o->script_file;
	s->all = strstr(s->text, "load") != NULL ||
	    strstr(s->text, "call") != NULL ||
	    strstr(s->text, "eval") != NULL;
	find_macros(s);
	return s;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	free(s->macros);
	free(s->names);
	free(s);
}

/* Append the variable's name of a field. */
static void
put_variable(struct buffer *b, const char *name)
{
	static const char *const begin[] = { "GPVAL_", "GPFUN_", "MOUSE_",
		"STATS_", "APLOT_", "ARG", "F_" };
	static const char *const whole[] = { "pi", "NaN", "I", "S", "SRC",
		"NSRC" };
	size_t i;

	for (i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		if (strncmp(name, begin[i], strlen(begin[i])) == 0)
			buffer_puts(b, "F_");
	}
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (strcmp(name, whole[i]) == 0)
			buffer_puts(b, "F_");
	}
	buffer_puts(b, name);
}

static enum kind
kind_of(const struct field *f)
{
	if (f == NULL || f->type == APREC_NONE)
		return NOTHING;
	return f->type == APREC_TEXT ? TEXT : field_is_number(f) ? NUMBER :
	    ARRAY;
}

/* The name's entry, or NULL; made if need be with make. */
static struct name *
name_get(struct script *s, const char *name, int make)
{
	size_t lo = 0, hi = s->nnames, mid;
	struct name *names;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(name, s->names[mid].name);
		if (c == 0)
			return &s->names[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (!make)
		return NULL;
	if (s->nnames == s->room) {
		names = realloc(s->names, (s->room * 2 + 64) * sizeof(*names));
		if (names == NULL)
			return NULL;
		s->names = names;
		s->room = s->room * 2 + 64;
	}
	memmove(s->names + lo + 1, s->names + lo,
	    (s->nnames - lo) * sizeof(*s->names));
	s->nnames++;
	memset(&s->names[lo], 0, sizeof(s->names[lo]));
	snprintf(s->names[lo].name, sizeof(s->names[lo].name), "%s", name);
	return &s->names[lo];
}

/* The kind the name has for good; tells once when f is of another. */
static enum kind
settle(struct script *s, struct gnuplot *g, const char *name,
    const struct field *f)
{
	static const char *const what[] = { "nothing", "a number", "a text",
		"an array" };
	struct name *n = name_get(s, name, 1);
	enum kind kind = kind_of(f);

	if (n == NULL)
		return NOTHING;
	if (n->kind == NOTHING)
		n->kind = kind;
	if (kind != n->kind && kind != NOTHING && !n->told &&
	    s->ntold < sizeof(s->told) / sizeof(s->told[0])) {
		n->told = 1;
		snprintf(s->told[s->ntold], sizeof(s->told[0]), "%s is %s now,"
		    " and was %s: withheld from the script", name, what[kind],
		    what[n->kind]);
		g->told[g->ntold++] = s->told[s->ntold++];
	}
	return n->kind;
}

/* "name = value" for a number or text of source number i. */
static void
put_scalar(struct script *s, struct gnuplot *g, const struct source *src,
    const char *name, unsigned i)
{
	struct buffer *b = &g->sheet.text;
	const struct record *rec;
	const struct field *f = source_field(src, name, &rec);
	enum kind kind = settle(s, g, name, f);

	if (kind != NUMBER && kind != TEXT)
		return;
	if (kind == TEXT)
		buffer_printf(b, "TEXT_%s", name);
	else
		put_variable(b, name);
	if (i > 0)
		buffer_printf(b, "_%u", i);
	buffer_puts(b, " = ");
	if (kind_of(f) != kind)
		buffer_puts(b, kind == TEXT ? "''" : "NaN");
	else if (kind == TEXT)
		escape_value(b, record_bytes(rec, f), (size_t)f->length,
		    TEXT_MOST);
	else
		buffer_number(b, record_value(rec, f, 0));
	buffer_puts(b, "\n");
}

/* The first source that has a field of that name, or NULL. */
static const struct source *
first_with(struct state *st, const char *name)
{
	const struct record *rec;
	struct source *s;

	for (s = state_sources(st); s != NULL; s = s->next) {
		if (source_field(s, name, &rec) != NULL)
			return s;
	}
	return NULL;
}

/* Whether any source has, or had, a field of that name. */
static int
is_field(struct script *s, struct state *st, const char *name)
{
	const struct name *n;

	if (first_with(st, name) != NULL)
		return 1;
	n = name_get(s, name, 0);
	return n != NULL && n->kind != NOTHING;
}

/* Take a suffix of "_" and a number, or "_thin", off name; its number. */
static int
cut_suffix(char *name, int digits, unsigned *number)
{
	char *at = strrchr(name, '_');
	unsigned long n;

	if (at == NULL || at == name)
		return 0;
	if (!digits) {
		if (strcmp(at, "_thin") != 0)
			return 0;
		*at = '\0';
		return 1;
	}
	if (at[1] == '\0' || strspn(at + 1, "0123456789") != strlen(at + 1))
		return 0;
	n = strtoul(at + 1, NULL, 10);
	if (n < 1 || n > STATE_SOURCES_MAX)
		return 0;
	*number = (unsigned)n;
	*at = '\0';
	return 1;
}

/* Split name at "__" into fields; 0 if some part is none. */
static int
split(struct script *s, struct state *st, const char *name, struct meaning *m)
{
	const char *end;
	size_t len;

	for (m->nparts = 0; m->nparts < PARTS; name = end + 2) {
		end = strstr(name, "__");
		len = end == NULL ? strlen(name) : (size_t)(end - name);
		if (len == 0 || len > APREC_NAME_MAX)
			return 0;
		memcpy(m->part[m->nparts], name, len);
		m->part[m->nparts][len] = '\0';
		if (!is_field(s, st, m->part[m->nparts++]))
			return 0;
		if (end == NULL)
			return 1;
	}
	return 0;
}

/* What a macro stands for; 0: nothing here. */
static int
understand(struct script *s, struct state *st, const char *macro,
    struct meaning *m)
{
	char name[MACRO_MOST + 1];
	const char *own;
	int tries;

	memset(m, 0, sizeof(*m));
	snprintf(name, sizeof(name), "%s", macro);
	for (tries = 0; tries < 3; tries++) {
		own = strncmp(name, "F_", 2) == 0 ? name + 2 : name;
		if (strlen(own) <= APREC_NAME_MAX && is_field(s, st, own)) {
			snprintf(m->part[0], sizeof(m->part[0]), "%s", own);
			m->nparts = 1;
			return 1;
		}
		if (split(s, st, name, m))
			return m->nparts > 1;
		if (!m->thin && cut_suffix(name, 0, NULL))
			m->thin = 1;
		else if (m->source != 0 ||
		    !cut_suffix(name, 1, &m->source))
			return 0;
	}
	return 0;
}

/* A data source: rows of doubles in own. */
struct columns {
	size_t		 from;
	size_t		 n;
	unsigned	 cols;
	uint64_t	 across;	/* grids: rows of one line; else 0 */
};

static void
put_value(struct buffer *b, double v)
{
	double *to = buffer_room(b, sizeof(*to));

	if (to == NULL)
		return;
	*to = fabs(v) <= RANGE_MOST ? v : NAN;
	b->len += sizeof(*to);
}

/* One row that is no point, for gnuplot wants one. */
static void
no_columns(struct gnuplot *g, struct columns *c, unsigned cols)
{
	unsigned i;

	c->from = g->sheet.own.len;
	c->n = 1;
	c->cols = cols;
	c->across = 0;
	for (i = 0; i < cols; i++)
		put_value(&g->sheet.own, NAN);
}

/* The index in the whole of a tile's first element; of others 0. */
static double
tile_start(const struct view *v, unsigned dim)
{
	uint64_t extents[APREC_RANK_MAX], offset[APREC_RANK_MAX];
	const char *why;

	if (tiles_read(v->field, extents, offset, &why) != 1)
		return 0;
	return (double)offset[v->field->rank - 1 - v->places[dim]];
}

/* (coordinate, value) of a line, thinned where that is asked for. */
static void
line_columns(struct gnuplot *g, const struct source *s, const struct view *v,
    int thin, struct columns *c)
{
	struct buffer *own = &g->sheet.own;
	struct memo *m = &g->memos[0];
	struct thin_columns at = { m->lo, m->hi, m->at.left, m->at.right, 0 };
	double x[CHUNK], y[CHUNK];
	uint64_t n = v->extents[0], i;
	struct view place;
	struct thin t;
	size_t len, k;
	int has = view_coordinate(v, s, 0, &place);
	double start = tile_start(v, 0);

	thin = thin && m->answered && at.hi > at.lo && at.last > at.first;
	if (thin)
		thin_begin(&t, &at, own);
	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		view_values(v, 0, i, len, y);
		for (k = 0; k < len; k++)
			x[k] = start + (double)(i + k);
		if (has)
			view_values(&place, 0, i, len, x);
		if (thin)
			thin_add(&t, x, y, len);
		for (k = 0; !thin && k < len; k++) {
			put_value(own, x[k]);
			put_value(own, y[k]);
		}
	}
	if (thin)
		thin_end(&t);
	c->cols = 2;
	c->n = (own->len - c->from) / (2 * sizeof(double));
}

/* Values of row j of a plane's coordinate along dimension dim, n of them. */
static void
place_values(const struct view *v, const struct source *s, unsigned dim,
    uint64_t j, size_t n, double *out)
{
	double start = tile_start(v, dim);
	struct view x, y;
	size_t i;

	if (view_positions(v, s, &x, &y)) {
		view_values(dim == 1 ? &x : &y, j, 0, n, out);
	} else if (view_coordinate(v, s, dim, &x)) {
		view_values(&x, 0, dim == 1 ? 0 : j, dim == 1 ? n : 1, out);
		for (i = 1; dim == 0 && i < n; i++)
			out[i] = out[0];
	} else {
		for (i = 0; i < n; i++)
			out[i] = start + (double)(dim == 1 ? i : j);
	}
}

/* (x, y, value) of a plane. */
static void
plane_columns(struct gnuplot *g, const struct source *s,
    const struct view *v, struct columns *c)
{
	struct buffer *own = &g->sheet.own;
	size_t n = (size_t)v->extents[1], i;
	double *row = calloc(n, 3 * sizeof(*row));
	uint64_t j;

	if (row == NULL)
		own->failed = 1;
	for (j = 0; j < v->extents[0] && !own->failed; j++) {
		place_values(v, s, 1, j, n, row);
		place_values(v, s, 0, j, n, row + n);
		view_values(v, j, 0, n, row + 2 * n);
		for (i = 0; i < n; i++) {
			put_value(own, row[i]);
			put_value(own, row[n + i]);
			put_value(own, row[2 * n + i]);
		}
	}
	free(row);
	c->cols = 3;
	c->across = v->extents[1];
	c->n = (size_t)(v->extents[0] * v->extents[1]);
}

/* A column of each of the fields, all with the same number of elements. */
static int
pair_columns(struct gnuplot *g, const struct source *s,
    const struct meaning *m, struct columns *c)
{
	struct view v[PARTS];
	const char *why;
	double value;
	uint64_t i, n = 0, across;
	unsigned k;

	for (k = 0; k < m->nparts; k++) {
		if (view_field(&v[k], s, m->part[k], NULL, 0, &why) == -1 ||
		    (k > 0 && view_count(&v[k]) != n))
			return -1;
		n = view_count(&v[k]);
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < m->nparts; k++) {
			across = v[k].extents[v[k].rank - 1];
			view_values(&v[k], i / across, i % across, 1, &value);
			put_value(&g->sheet.own, value);
		}
	}
	c->cols = m->nparts;
	c->n = (size_t)n;
	c->across = v[m->nparts - 1].rank == 2 ?
	    v[m->nparts - 1].extents[1] : 0;
	return 0;
}

/* Numbers over their past: rows of the moments that all of them have. */
static int
past_columns(struct gnuplot *g, const struct history *h,
    const struct source *s, const struct meaning *m, struct columns *c)
{
	const struct history_row *rows[PARTS];
	size_t n[PARTS], at[PARTS] = { 0 };
	unsigned k, last = m->nparts - 1;

	for (k = 0; k < m->nparts; k++) {
		rows[k] = history_rows(h, s->run, m->part[k], &n[k]);
		if (rows[k] == NULL)
			return -1;
	}
	for (; at[last] < n[last]; at[last]++) {
		const struct history_row *r = &rows[last][at[last]];

		for (k = 0; k < last; k++) {
			while (at[k] < n[k] && rows[k][at[k]].wall < r->wall)
				at[k]++;
			if (at[k] == n[k] || rows[k][at[k]].wall != r->wall)
				break;
		}
		for (; k == last; k++) {
			for (k = 0; k <= last; k++)
				put_value(&g->sheet.own,
				    rows[k][at[k]].value);
		}
	}
	c->cols = m->nparts;
	c->n = g->sheet.own.failed ? 0 : (g->sheet.own.len - c->from) /
	    (m->nparts * sizeof(double));
	return c->n > 0 ? 0 : -1;
}

/* The macro's data of one source into own. */
static void
put_columns(struct script *s, struct gnuplot *g, const struct history *h,
    const struct source *src, const struct meaning *m, struct columns *c)
{
	const struct record *rec;
	const char *why;
	enum kind kind;
	struct view v;
	unsigned k, arrays = 0, numbers = 0;
	int ok = 0;

	memset(c, 0, sizeof(*c));
	c->from = g->sheet.own.len;
	for (k = 0; k < m->nparts; k++) {
		kind = settle(s, g, m->part[k], source_field(src, m->part[k],
		    &rec));
		arrays += kind == ARRAY;
		numbers += kind == NUMBER;
	}
	if (m->nparts > 1) {
		ok = arrays == m->nparts ? pair_columns(g, src, m, c) == 0 :
		    numbers == m->nparts &&
		    past_columns(g, h, src, m, c) == 0;
	} else if (arrays == 1 &&
	    view_field(&v, src, m->part[0], NULL, 0, &why) == 0) {
		ok = 1;
		if (v.rank == 1)
			line_columns(g, src, &v, m->thin, c);
		else
			plane_columns(g, src, &v, c);
	}
	if (!ok)
		no_columns(g, c, m->nparts > 1 ? m->nparts : 2);
}

/* "name = 'data source'" from what the plot buffer has. */
static void
put_macro(struct gnuplot *g, const char *name)
{
	struct sheet *s = &g->sheet;
	const char *text = buffer_text(&s->plot);

	put_variable(&s->text, name);
	buffer_puts(&s->text, " = ");
	escape_quoted(&s->text, text, strlen(text), SIZE_MAX);
	buffer_puts(&s->text, "\n");
	buffer_clear(&s->plot);
}

static void
put_source(struct gnuplot *g, const struct columns *c)
{
	if (c->across > 0)
		sheet_grid_rows(&g->sheet, c->from, c->across,
		    c->n / (size_t)c->across);
	else
		sheet_rows(&g->sheet, c->from, c->n, c->cols);
}

/* The data source of a loop over the listed sources. */
static void
put_loop_source(struct gnuplot *g, const struct macro *macro,
    const struct columns *c, const char *list)
{
	struct buffer *b = &g->sheet.plot;
	unsigned i;

	buffer_printf(b, "for [S in '%s'] ", list);
	if (g->sheet.path == NULL) {
		buffer_printf(b, "APLOT_a_%s[S+0]", macro->name);
		return;
	}
	escape_quoted(b, g->sheet.path, strlen(g->sheet.path), SIZE_MAX);
	buffer_printf(b, " binary skip=(APLOT_a_%s[S+0]) "
	    "record=(APLOT_b_%s[S+0]", macro->name, macro->name);
	if (c->across > 0)
		buffer_printf(b, ",APLOT_c_%s[S+0]", macro->name);
	buffer_puts(b, ") format='");
	for (i = 0; i < c->cols; i++)
		buffer_puts(b, "%float64");
	buffer_puts(b, "'");
}

/*
 * The macro of all sources: a loop, in which arrays say where the data of
 * each begin and how many rows there are.
 */
static void
put_loop(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h, const struct macro *macro,
    const struct meaning *m)
{
	struct buffer *b = &g->sheet.text, list = { 0 };
	const struct record *rec;
	struct source *src;
	struct columns c = { .cols = 2 };
	unsigned i = 1, n = state_count(st);
	uint64_t skip;

	buffer_printf(b, "array APLOT_a_%s[%u]\narray APLOT_b_%s[%u]\n"
	    "array APLOT_c_%s[%u]\n", macro->name, n, macro->name, n,
	    macro->name, n);
	for (src = state_sources(st); src != NULL; src = src->next, i++) {
		if (source_field(src, m->part[m->nparts - 1], &rec) == NULL)
			continue;
		put_columns(s, g, h, src, m, &c);
		skip = g->sheet.size;
		put_source(g, &c);
		buffer_clear(&g->sheet.plot);
		buffer_printf(&list, "%s%u", list.len == 0 ? "" : " ", i);
		if (g->sheet.path == NULL)
			buffer_printf(b, "APLOT_a_%s[%u] = '$APLOT_%u'\n",
			    macro->name, i, g->sheet.blocks);
		else
			buffer_printf(b, "APLOT_a_%s[%u] = %llu\n",
			    macro->name, i, (unsigned long long)skip);
		buffer_printf(b, "APLOT_b_%s[%u] = %llu\nAPLOT_c_%s[%u] = "
		    "%llu\n", macro->name, i, (unsigned long long)(c.across >
		    0 ? c.across : c.n), macro->name, i, (unsigned long long)
		    (c.across > 0 ? c.n / c.across : 0));
	}
	put_loop_source(g, macro, &c, buffer_text(&list));
	put_macro(g, macro->name);
	buffer_free(&list);
}

static void
put_array(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h, const struct macro *macro)
{
	struct source *src = state_sources(st);
	const struct source *first;
	const struct record *rec;
	struct meaning m;
	struct columns c;
	unsigned i;

	if (!understand(s, st, macro->name, &m))
		return;
	/* A number or text keeps its own variable. */
	first = first_with(st, m.part[0]);
	if (m.nparts == 1 && settle(s, g, m.part[0], first == NULL ? NULL :
	    source_field(first, m.part[0], &rec)) != ARRAY)
		return;
	if (m.source == 0 && state_count(st) > 1) {
		put_loop(s, g, st, h, macro, &m);
		return;
	}
	for (i = 1; src != NULL && i < m.source; i++)
		src = src->next;
	if (src == NULL)
		return;
	put_columns(s, g, h, src, &m, &c);
	put_source(g, &c);
	put_macro(g, macro->name);
}

/* All arrays, for a script that runs others. */
static void
put_all(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h)
{
	struct source *src;
	struct macro macro;
	size_t i;

	for (src = state_sources(st); src != NULL; src = src->next) {
		for (i = 0; i < src->nslots; i++) {
			const struct record *rec;
			const struct field *f = source_slot(src,
			    (unsigned)i, &rec);

			if (f != NULL)
				settle(s, g, f->name, f);
		}
	}
	for (i = 0; i < s->nnames; i++) {
		if (s->names[i].kind != ARRAY)
			continue;
		snprintf(macro.name, sizeof(macro.name), "%s",
		    s->names[i].name);
		put_array(s, g, st, h, &macro);
	}
}

/* The variables of one slot of source number number. */
static void
put_scalars_of(struct script *s, struct gnuplot *g, struct state *st,
    const struct source *src, const struct field *f, unsigned number)
{
	const struct source *first = first_with(st, f->name);
	char name[APREC_NAME_MAX + 16];

	if (settle(s, g, f->name, f) == ARRAY)
		return;
	if (first == src || first == NULL)
		put_scalar(s, g, src, f->name, 0);
	snprintf(name, sizeof(name), "%s_%u", f->name, number);
	if (state_count(st) > 1 && !is_field(s, st, name))
		put_scalar(s, g, src, f->name, number);
}

/* Numbers, texts and names of the sources. */
static void
put_scalars(struct script *s, struct gnuplot *g, struct state *st)
{
	struct buffer *b = &g->sheet.text;
	struct source *src;
	const struct field *f;
	char shown[APREC_SOURCE_MAX + 16];
	unsigned number = 1, i;

	buffer_printf(b, "S = 1\nNSRC = %u\narray APLOT_source[%u]\n"
	    "SRC(i) = APLOT_source[i+0]\n", state_count(st),
	    state_count(st) + 1);
	for (src = state_sources(st); src != NULL; src = src->next) {
		buffer_printf(b, "APLOT_source[%u] = ", number);
		source_shown(src, shown);
		escape_value(b, shown, strlen(shown), sizeof(shown));
		buffer_puts(b, "\n");
		for (i = 0; i < src->nslots; i++) {
			f = &src->slots[i].holding->rec->table->fields[
			    src->slots[i].index];
			put_scalars_of(s, g, st, src, f, number);
		}
		number++;
	}
}

int
script_frame(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h)
{
	struct buffer *b = &g->sheet.text;
	unsigned i;

	s->ntold = 0;
	g->npanels = 1;
	put_scalars(s, g, st);
	for (i = 0; i < s->nmacros; i++)
		put_array(s, g, st, h, &s->macros[i]);
	if (s->all)
		put_all(s, g, st, h);
	if (g->sheet.path == NULL) {
		buffer_puts(b, s->text);
		buffer_puts(b, "\n");
		return 0;
	}
	buffer_puts(b, "load ");
	escape_quoted(b, s->file, strlen(s->file), SIZE_MAX);
	buffer_puts(b, "\n");
	return 0;
}
