/*
 * script.c - a state as the variables and macros of a user's script
 *
 *	energy		a number (of several sources: the first's), whole
 *			ones exactly
 *	energy_2	that of the second source
 *	@energy_past	its past: time (else step), value, step, wall time
 *	TEXT_mode	a text; TEXT_mode_2
 *	@u		an array: the data source of all sources that have it,
 *			of several as a loop "for [S ...]": of a line with the
 *			columns coordinate (else index) and value, of a plane
 *			x, y, value, to be drawn "using 1:2:3"
 *	@u_2		that of the second source
 *	@u_thin		thinned for the columns that gnuplot draws on
 *	@x__u, @x__y__T	columns of these fields, also numbers over their past
 *	NSRC, SRC(i)	how many sources, and their names; S is 1 but in loops
 *	APLOT_WIDTH ...	of the picture: script_settings()
 *
 * A field's own name comes before what these forms would make of it.  Names
 * that gnuplot or this page has taken begin with F_.  What a name stands for
 * when it is first seen, number, text or array, it stands for until the end:
 * with any other value it has none (NaN, '', no points).
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "places.h"
#include "raster.h"
#include "uses.h"

#define TEXT_MOST	4095	/* characters of a text that are handed over */
#define PARTS		3	/* fields of a macro */
#define VARIABLE_MOST	49	/* characters of its name that gnuplot takes */
#define CHUNK		2048

enum kind { NOTHING, NUMBER, TEXT, ARRAY };

struct name {
	char		 name[APREC_NAME_MAX + 1];
	enum kind	 kind;
	int		 told;
};

struct script {
	const char	*text;
	const char	*file;
	struct uses	 uses;
	int		 size;		/* it asks for the picture's size */
	int		 counts;	/* it asks how many sources there are */
	char		 awaits[256];	/* script_awaits() */
	struct places	 places;
	int		 line[USES_MOST];	/* a use's number among the
						 * thinned, or -1 */
	int		 first;		/* for this gnuplot */
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
	int		 line;		/* number of it thinned, or -1 */
	int		 past;
};

static int
asks_size(const char *text)
{
	return strstr(text, "APLOT_WIDTH") != NULL ||
	    strstr(text, "APLOT_HEIGHT") != NULL;
}

/* Which macros it cannot do without: of what is computed nothing is known. */
static void
need(struct script *s, const struct gnuplot_options *o)
{
	const char *const texts[] = { o->script, o->script_loads,
		o->commands };

	s->counts = strstr(o->script, "NSRC") != NULL ||
	    (o->script_loads != NULL && strstr(o->script_loads, "NSRC") !=
	    NULL);
	if (s->uses.computed)
		return;
	uses_needed(&s->uses, o->script, texts, 3);
	if (o->script_loads != NULL)
		uses_needed(&s->uses, o->script_loads, texts, 3);
}

struct script *
script_new(const struct gnuplot_options *o)
{
	struct script *s;

	const char *at = o->script;
	char name[1024];

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->first = 1;
	s->text = o->script;
	s->file = o->script_file;
	uses_settings(&s->uses, o->commands);
	if ((o->script_loads != NULL &&
	    uses_add(&s->uses, o->script_loads) == -1) ||
	    uses_add(&s->uses, s->text) == -1) {
		script_free(s);
		return NULL;
	}
	if (o->script_loads == NULL && uses_load(&at, name, sizeof(name), NULL))
		s->uses.computed = 1;
	need(s, o);
	s->size = asks_size(s->text) || (o->script_loads != NULL &&
	    asks_size(o->script_loads));
	return s;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	uses_free(&s->uses);
	places_free(&s->places);
	free(s->names);
	free(s);
}

/* Whether gnuplot or the page has taken that name. */
static int
is_taken(const char *name)
{
	static const char *const begin[] = { "GPVAL_", "GPFUN_", "MOUSE_",
		"STATS_", "APLOT_", "ARG", "F_" };
	static const char *const whole[] = { "pi", "NaN", "I", "S", "SRC",
		"NSRC" };
	size_t i;

	for (i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		if (strncmp(name, begin[i], strlen(begin[i])) == 0)
			return 1;
	}
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (strcmp(name, whole[i]) == 0)
			return 1;
	}
	return 0;
}

/* Append the variable's name of a field. */
static void
put_variable(struct buffer *b, const char *name)
{
	buffer_printf(b, "%s%s", is_taken(name) ? "F_" : "", name);
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

/* The number as gnuplot takes it: whole ones by their 64 bits. */
static void
put_number(struct buffer *b, const struct record *rec, const struct field *f)
{
	double v = record_value(rec, f, 0);
	int64_t i;

	if (f->type == APREC_F32 || f->type == APREC_F64)
		buffer_number(b, v);
	else if (f->type == APREC_BOOL)
		buffer_printf(b, "%d", v != 0);
	else if (!record_integer(rec, f, &i))
		buffer_number(b, v);
	else if (i == INT64_MIN)	/* the literal without - is too big */
		buffer_printf(b, "(-%" PRId64 "-1)", INT64_MAX);
	else
		buffer_printf(b, "%" PRId64, i);
}

/* Whether gnuplot takes a field's variable with so long a name; tells once
 * when not. */
static int
fits(struct script *s, struct gnuplot *g, const char *name, size_t len)
{
	struct name *n = name_get(s, name, 1);

	if (len <= VARIABLE_MOST)
		return 1;
	if (n != NULL && !n->told &&
	    s->ntold < sizeof(s->told) / sizeof(s->told[0])) {
		n->told = 1;
		snprintf(s->told[s->ntold], sizeof(s->told[0]), "%s is too "
		    "long a name for gnuplot: withheld from the script", name);
		g->told[g->ntold++] = s->told[s->ntold++];
	}
	return 0;
}

static void
put_assignment(struct buffer *b, const char *variable,
    const struct record *rec, const struct field *f, enum kind kind)
{
	buffer_printf(b, "%s = ", variable);
	if (kind_of(f) != kind)
		buffer_puts(b, kind == TEXT ? "''" : "NaN");
	else if (kind == TEXT)
		escape_value(b, record_bytes(rec, f), (size_t)f->length,
		    TEXT_MOST);
	else
		put_number(b, rec, f);
	buffer_puts(b, "\n");
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
	struct buffer own = { 0 };

	if (kind != NUMBER && kind != TEXT)
		return;
	if (kind == TEXT)
		buffer_printf(&own, "TEXT_%s", name);
	else
		put_variable(&own, name);
	if (i > 0)
		buffer_printf(&own, "_%u", i);
	if (fits(s, g, name, own.len))
		put_assignment(b, buffer_text(&own), rec, f, kind);
	buffer_free(&own);
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

/* Whether any source has, or had, a value of that name. */
static int
is_valued(struct script *s, struct state *st, const char *name)
{
	const struct name *n = name_get(s, name, 0);
	const struct record *rec;
	const struct source *src;

	if (n != NULL && n->kind != NOTHING)
		return 1;
	for (src = state_sources(st); src != NULL; src = src->next)
		if (kind_of(source_field(src, name, &rec)) != NOTHING)
			return 1;
	return 0;
}

/* Take a suffix off name; 1 when it was there. */
static int
cut_suffix(char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	if (len <= n || strcmp(name + len - n, suffix) != 0)
		return 0;
	name[len - n] = '\0';
	return 1;
}

/* The same of "_" and a number. */
static int
cut_number(char *name, unsigned *number)
{
	char *at = strrchr(name, '_');
	unsigned long n;

	if (at == NULL || at == name || at[1] == '\0' ||
	    strspn(at + 1, "0123456789") != strlen(at + 1))
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
	char name[USES_NAME_MAX + 1];
	const char *own;
	int tries;

	memset(m, 0, sizeof(*m));
	snprintf(name, sizeof(name), "%s", macro);
	for (tries = 0; tries < 4; tries++) {
		own = strncmp(name, "F_", 2) == 0 ? name + 2 : name;
		if (strlen(own) <= APREC_NAME_MAX && is_field(s, st, own)) {
			snprintf(m->part[0], sizeof(m->part[0]), "%s", own);
			m->nparts = 1;
			return 1;
		}
		if (split(s, st, name, m))
			return m->nparts > 1;
		if (!m->thin && cut_suffix(name, "_thin"))
			m->thin = 1;
		else if (!m->past && cut_suffix(name, "_past"))
			m->past = 1;
		else if (m->source != 0 || !cut_number(name, &m->source))
			return 0;
	}
	return 0;
}

/* Whether the macro has a value, or will be given one by this state. */
static int
is_there(struct script *s, struct state *st, const char *macro)
{
	char name[USES_NAME_MAX + 1];
	struct meaning m;
	unsigned n = 0;

	if (strncmp(macro, "TEXT_", 5) == 0) {
		snprintf(name, sizeof(name), "%s", macro + 5);
		if (is_valued(s, st, name))
			return 1;
		return cut_number(name, &n) && is_valued(s, st, name) &&
		    (s->counts || n <= state_count(st));
	}
	if (!understand(s, st, macro, &m))
		return 0;
	while (n < m.nparts && is_valued(s, st, m.part[n]))
		n++;
	return n == m.nparts && (s->counts || m.source <= state_count(st));
}

const char *
script_awaits(struct script *s, struct state *st)
{
	const struct source *src;
	const struct use *use;
	size_t len = 0;
	unsigned i;

	for (src = state_sources(st); src != NULL; src = src->next)
		if (src->nslots > 0)
			break;
	*s->awaits = '\0';
	for (i = 0; i < s->uses.n; i++) {
		use = &s->uses.use[i];
		if (use->needed && (!is_taken(use->name) ||
		    strncmp(use->name, "F_", 2) == 0) &&
		    len < sizeof(s->awaits) && !is_there(s, st, use->name))
			len += (size_t)snprintf(s->awaits + len,
			    sizeof(s->awaits) - len, "%s@%s", len > 0 ? ", " :
			    "", use->name);
	}
	return src == NULL || len > 0 ? s->awaits : NULL;
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

/* n points of a line from i on. */
static void
line_points(const struct view *v, const struct view *place, double start,
    uint64_t i, size_t n, double *x, double *y)
{
	size_t k;

	if (y != NULL)
		view_values(v, 0, i, n, y);
	if (place->rec != NULL)
		view_values(place, 0, i, n, x);
	for (k = 0; place->rec == NULL && k < n; k++)
		x[k] = start + (double)(i + k);
}

/* The numbers of the points with the least and the greatest x. */
static void
line_ends(const struct view *v, const struct view *place, double start,
    size_t ends[2], double range[2])
{
	double x[CHUNK];
	uint64_t n = v->extents[0], i;
	size_t len, k;

	range[0] = INFINITY;
	range[1] = -INFINITY;
	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		line_points(v, place, start, i, len, x, NULL);
		for (k = 0; k < len; k++) {
			if (x[k] < range[0] && x[k] >= -RANGE_MOST) {
				range[0] = x[k];
				ends[0] = (size_t)i + k;
			}
			if (x[k] > range[1] && x[k] <= RANGE_MOST) {
				range[1] = x[k];
				ends[1] = (size_t)i + k;
			}
		}
	}
}

/* (coordinate, value) of a line, thinned where that is asked for. */
static void
line_columns(struct script *s, struct gnuplot *g, const struct source *src,
    const struct view *v, int line, struct columns *c)
{
	struct buffer *own = &g->sheet.own;
	struct cuts *cuts = NULL;
	double x[CHUNK], y[CHUNK], range[2], start = tile_start(v, 0);
	uint64_t n = v->extents[0], i;
	struct view place;
	size_t len, k, ends[2] = { 0 };

	if (!view_coordinate(v, src, 0, &place))
		place.rec = NULL;
	if (line >= 0) {
		line_ends(v, &place, start, ends, range);
		cuts = places_cuts(&s->places, (unsigned)line, range,
		    g->m.width, s->uses.log);
	}
	if (cuts != NULL)
		cuts_begin(cuts, ends[0], ends[1], own);
	for (i = 0; i < n; i += len) {
		len = n - i < CHUNK ? (size_t)(n - i) : CHUNK;
		line_points(v, &place, start, i, len, x, y);
		if (cuts != NULL)
			cuts_points(cuts, x, y, len);
		for (k = 0; cuts == NULL && k < len; k++) {
			put_value(own, x[k]);
			put_value(own, y[k]);
		}
	}
	if (cuts != NULL)
		cuts_end(cuts);
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

/* A number's past: (time, else step; value; step; wall time in s). */
static int
past_of(struct gnuplot *g, const struct history *h, const struct source *s,
    const char *name, struct columns *c)
{
	const struct history_row *rows;
	struct buffer *own = &g->sheet.own;
	size_t n, i;
	int timed;

	rows = history_rows(h, s->run, name, &n);
	if (rows == NULL || n == 0)
		return -1;
	timed = !isnan(rows[n - 1].t);
	for (i = 0; i < n; i++) {
		put_value(own, timed ? rows[i].t : (double)rows[i].step);
		put_value(own, rows[i].value);
		put_value(own, (double)rows[i].step);
		put_value(own, (double)rows[i].wall / 1e9);
	}
	c->cols = 4;
	c->n = n;
	return 0;
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
	} else if (m->past) {
		ok = numbers == 1 && past_of(g, h, src, m->part[0], c) == 0;
	} else if (arrays == 1 &&
	    view_field(&v, src, m->part[0], NULL, 0, &why) == 0) {
		ok = 1;
		if (v.rank == 1)
			line_columns(s, g, src, &v, m->line, c);
		else
			plane_columns(g, src, &v, c);
	}
	if (!ok)
		no_columns(g, c, m->nparts > 1 ? m->nparts : m->past ? 4 : 2);
}

/*
 * "name = 'data source'" from what the plot buffer has.  Beside lines that
 * are thinned, every use tells that it is one (places.h).
 */
static void
put_macro(struct gnuplot *g, const char *name, const char *noted)
{
	struct sheet *s = &g->sheet;
	const char *text = buffer_text(&s->plot), *skip, *end;
	struct buffer b = { 0 };

	skip = s->path == NULL || *noted == '\0' ? NULL :
	    strstr(text, " skip=");
	if (skip != NULL) {
		skip += strlen(" skip=");
		end = skip + strcspn(skip, " ");
		buffer_put(&b, text, (size_t)(skip - text));
		buffer_printf(&b, "(APLOT_%s(%.*s))%s", noted,
		    (int)(end - skip), skip, end);
		s->text.failed |= b.failed;
		text = buffer_text(&b);
	}
	put_variable(&s->text, name);
	buffer_puts(&s->text, " = ");
	escape_quoted(&s->text, text, strlen(text), SIZE_MAX);
	buffer_puts(&s->text, "\n");
	buffer_clear(&s->plot);
	buffer_free(&b);
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
put_loop_source(struct gnuplot *g, const struct use *use,
    const struct columns *c, const char *list)
{
	struct buffer *b = &g->sheet.plot;
	unsigned i;

	buffer_printf(b, "for [S in '%s'] ", list);
	if (g->sheet.path == NULL) {
		buffer_printf(b, "APLOT_a_%s[S+0]", use->name);
		return;
	}
	escape_quoted(b, g->sheet.path, strlen(g->sheet.path), SIZE_MAX);
	buffer_printf(b, " binary skip=(APLOT_a_%s[S+0]) "
	    "record=(APLOT_b_%s[S+0]", use->name, use->name);
	if (c->across > 0)
		buffer_printf(b, ",APLOT_c_%s[S+0]", use->name);
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
    const struct history *h, const struct use *use,
    const struct meaning *m, const char *noted)
{
	struct buffer *b = &g->sheet.text, list = { 0 };
	const struct record *rec;
	struct source *src;
	struct columns c = { .cols = 2 };
	unsigned i = 1, n = state_count(st);
	uint64_t skip;

	buffer_printf(b, "array APLOT_a_%s[%u]\narray APLOT_b_%s[%u]\n"
	    "array APLOT_c_%s[%u]\n", use->name, n, use->name, n,
	    use->name, n);
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
			    use->name, i, g->sheet.blocks);
		else
			buffer_printf(b, "APLOT_a_%s[%u] = %llu\n",
			    use->name, i, (unsigned long long)skip);
		buffer_printf(b, "APLOT_b_%s[%u] = %llu\nAPLOT_c_%s[%u] = "
		    "%llu\n", use->name, i, (unsigned long long)(c.across >
		    0 ? c.across : c.n), use->name, i, (unsigned long long)
		    (c.across > 0 ? c.n / c.across : 0));
	}
	put_loop_source(g, use, &c, buffer_text(&list));
	put_macro(g, use->name, noted);
	buffer_free(&list);
}

/* Whether it is thinned, or would be once it is known where it is drawn. */
static int
can_thin(const struct script *s, const struct gnuplot *g,
    const struct use *use, const struct meaning *m)
{
	return m->thin && !m->past && m->nparts == 1 && use->lines &&
	    !s->uses.odd && g->sheet.path != NULL;
}

/* Number the lines that are thinned. */
static void
number_lines(struct script *s, const struct gnuplot *g, struct state *st)
{
	struct meaning m;
	unsigned i;
	int n = 0;

	for (i = 0; i < s->uses.n; i++) {
		s->line[i] = -1;
		if (n < PLACES_LINES && understand(s, st,
		    s->uses.use[i].name, &m) &&
		    can_thin(s, g, &s->uses.use[i], &m))
			s->line[i] = n++;
	}
	places_begin(&s->places, (unsigned)n);
}

static void
put_array(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h, const struct use *use, int line)
{
	struct source *src = state_sources(st);
	const struct source *first;
	const struct record *rec;
	struct meaning m;
	struct columns c;
	unsigned i;
	char noted[16] = "";

	if (!understand(s, st, use->name, &m))
		return;
	m.line = line;
	if (line >= 0)
		snprintf(noted, sizeof(noted), "t%d", line);
	else if (s->places.nlines > 0)
		snprintf(noted, sizeof(noted), "n");
	/* A number or text keeps its own variable. */
	first = first_with(st, m.part[0]);
	if (m.nparts == 1 && settle(s, g, m.part[0], first == NULL ? NULL :
	    source_field(first, m.part[0], &rec)) != (m.past ? NUMBER : ARRAY))
		return;
	/* A loop's own variables have its name behind APLOT_a_. */
	if (!fits(s, g, m.part[0], strlen(use->name) + (state_count(st) > 1 ?
	    8 : 0)))
		return;
	if (m.source == 0 && state_count(st) > 1) {
		put_loop(s, g, st, h, use, &m, noted);
		return;
	}
	for (i = 1; src != NULL && i < m.source; i++)
		src = src->next;
	if (src == NULL)
		return;
	put_columns(s, g, h, src, &m, &c);
	put_source(g, &c);
	put_macro(g, use->name, noted);
}

/* All arrays, for a script that runs others. */
static void
put_all(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h)
{
	struct source *src;
	struct use use = { .lines = 0 };
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
		snprintf(use.name, sizeof(use.name), "%s",
		    s->names[i].name);
		put_array(s, g, st, h, &use, -1);
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

/* The picture's size in pixels, or cells. */
static void
put_size(struct gnuplot *g)
{
	double pixel = picture_pixel(g);

	buffer_printf(&g->sheet.text, "APLOT_WIDTH = %.0f\n"
	    "APLOT_HEIGHT = %.0f\n", g->m.width / pixel,
	    g->m.height / pixel);
}

/* What a script may want to know of the picture. */
static void
put_picture(struct script *s, struct gnuplot *g, const char *title,
    const char *status)
{
	struct buffer *b = &g->sheet.text;

	put_size(g);
	buffer_printf(b, "APLOT_TEXT = %d\nAPLOT_FIRST = %d\nAPLOT_TITLE = ",
	    g->text, s->first);
	escape_quoted(b, title, strlen(title), TEXT_MOST);
	buffer_puts(b, "\nAPLOT_STATUS = ");
	escape_quoted(b, status, strlen(status), TEXT_MOST);
	buffer_puts(b, "\n");
}

/* A terminal that the script took for itself is given back. */
static void
put_terminal(struct gnuplot *g)
{
	struct buffer *b = &g->sheet.text;
	const char *set = gnuplot_terminal(g, NULL);

	if (g->o.terminal == NULL)
		return;
	buffer_printf(b, "if (exists('APLOT_terminal') && "
	    "APLOT_terminal ne GPVAL_TERM) %s"
	    "APLOT_terminal = GPVAL_TERM\n", set);
}

int
script_frame(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h, const char *title, const char *status)
{
	struct buffer *b = &g->sheet.text;
	unsigned i;

	s->ntold = 0;
	g->npanels = 1;
	put_picture(s, g, title, status);
	put_scalars(s, g, st);
	number_lines(s, g, st);
	if (s->places.nlines > 0)
		places_notes(&s->places, b);
	for (i = 0; i < s->uses.n; i++)
		put_array(s, g, st, h, &s->uses.use[i], s->line[i]);
	if (s->uses.computed)
		put_all(s, g, st, h);
	if (g->sheet.path == NULL) {
		buffer_puts(b, s->text);
		buffer_puts(b, "\n");
		return 0;
	}
	put_terminal(g);
	buffer_puts(b, "load ");
	escape_quoted(b, s->file, strlen(s->file), SIZE_MAX);
	buffer_puts(b, "\n");
	if (s->places.nlines > 0)
		buffer_puts(b, PLACES_ASK);
	buffer_puts(b, "APLOT_answer = APLOT_answer.' d'\n");
	return 0;
}

const char *
script_ask(const struct script *s)
{
	return s->places.nlines > 0 ? "APLOT_answer = ''\n" PLACES_ASK : NULL;
}

void
script_begin(struct script *s)
{
	s->first = 1;
	places_reset(&s->places);
}

int
script_answer(struct script *s, const char *answer)
{
	/* One that stopped at an error has not begun. */
	if (strstr(answer, " d") != NULL)
		s->first = 0;
	return s->places.nlines > 0 && places_answer(&s->places, answer);
}

int
script_sizes(const struct script *s)
{
	return s->size;
}
