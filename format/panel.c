/*
 * panel.c - which panels a picture has, and what is drawn in each
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "panel.h"

#define WHY		sizeof(((struct panel *)NULL)->why)
#define NAMES		512	/* names of a source looked at */
#define CANDIDATES	256	/* of them that could be drawn */
#define TOGETHER	8	/* curves of different names in a panel */
#define ALONE		4	/* numbers without units that get panels of
				 * their own */

/* A name that could be drawn, as its first source has it. */
struct candidate {
	const char	*name;
	const char	*units;		/* "" for none */
	enum panel_kind	 kind;
	struct term	 term;
	char		 across[APREC_NAME_MAX + 1];	/* of arrows, the name
							 * of the other field */
	int		 turned;	/* that is the one along x */
	struct curve	 curve;
	int		 size;		/* number without units: its greatest
					 * is about 100 to this power */
	int		 drawn;
};

struct choice {
	struct panels	*panels;
	struct state	*state;
	unsigned	 most;
	unsigned	 n;
	struct candidate candidates[CANDIDATES];
	unsigned	 beyond;	/* names that did not fit */
	int		 servants;	/* coordinates and errors, too */
	const char	*empty;		/* one that has no elements, or NULL */
};

int
panel_is_time(const char *name)
{
	return strcmp(name, "step") == 0 || strcmp(name, "t") == 0 ||
	    strcmp(name, "time") == 0;
}

int
panel_is_parameter(const struct field *f)
{
	const char *role = field_attr(f, "role");

	return role != NULL && strcmp(role, "parameter") == 0;
}

static int
is_complex(const struct field *f)
{
	return f->type == APREC_C64 || f->type == APREC_C128;
}

/* Whether the space-separated list has name. */
static int
listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list != NULL && *list != '\0') {
		list += strspn(list, " ");
		if (strncmp(list, name, len) == 0 &&
		    (list[len] == ' ' || list[len] == '\0'))
			return 1;
		list += strcspn(list, " ");
	}
	return 0;
}

/* Whether f is the coordinate of a dimension of other, by view_coordinate()'s
 * rules. */
static int
serves(const struct field *f, const struct field *other)
{
	static const char *const xyz[] = { "x", "y", "z" };
	uint64_t whole[APREC_RANK_MAX], offset[APREC_RANK_MAX];
	const char *name;
	unsigned k, place;

	if (listed(field_attr(other, "coordinates"), f->name))
		return 1;
	if (tiles_read(other, whole, offset, &name) != 1)
		memcpy(whole, other->extents, sizeof(whole));
	for (k = 0; k < other->rank && f->rank == 1; k++) {
		place = other->rank - 1 - k;
		name = *other->dims[k] != '\0' ? other->dims[k] :
		    place < 3 ? xyz[place] : "";
		if ((other->extents[k] == f->count || whole[k] == f->count) &&
		    strcmp(name, f->name) == 0)
			return 1;
	}
	return 0;
}

/* Whether f is drawn as the error bars of other. */
static int
is_error(const struct field *f, const struct field *other)
{
	const char *name = field_attr(other, "error");
	unsigned k, dims = 0;

	if (name == NULL || strcmp(name, f->name) != 0 ||
	    f->count != other->count)
		return 0;
	for (k = 0; k < other->rank; k++)
		dims += other->extents[k] > 1;
	return dims <= 1;	/* an image has none */
}

/* Whether field f serves another field of its source, as a coordinate or as
 * its error. */
static int
is_servant(const struct source *s, const struct field *f)
{
	const struct field *other;
	const struct record *rec;
	unsigned i;

	if (f->rank == 1 && strcmp(f->dims[0], f->name) == 0)
		return 1;
	for (i = 0; i < s->nslots; i++) {
		other = source_slot(s, i, &rec);
		if (other != NULL && other != f && (serves(f, other) ||
		    is_error(f, other)))
			return 1;
	}
	return 0;
}

/*
 * See a field of a source as a curve.  The kind it is to be drawn as, or
 * PANEL_WAIT with *why.
 */
static enum panel_kind
see(struct curve *c, const struct source *s, const struct term *t,
    const char **why)
{
	const struct record *rec;

	memset(c, 0, sizeof(*c));
	c->source = s;
	c->field = source_field(s, t->name, &rec);
	if (c->field != NULL && history_keeps(c->field) && t->nslices == 0)
		return PANEL_HISTORY;
	if (view_field(&c->v, s, t->name, t->slices, t->nslices, why) == -1)
		return PANEL_WAIT;
	if (view_positions(&c->v, s, &c->x, &c->y))
		return c->v.rank == 1 ? PANEL_POINTS : PANEL_GRID;
	c->x.rec = c->y.rec = NULL;
	if (!view_coordinate(&c->v, s, c->v.rank - 1, &c->x))
		c->x.rec = NULL;
	if (c->v.rank == 2 && !view_coordinate(&c->v, s, 0, &c->y))
		c->y.rec = NULL;
	return c->v.rank == 1 ? PANEL_LINES : PANEL_IMAGE;
}

/* Say why, for the panel that waits. */
static void __attribute__((format(printf, 2, 3)))
say(char why[WHY], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, WHY, format, ap);
	va_end(ap);
}

/* Say what is wrong with what a source (or NULL) publishes, each thing
 * once. */
static void __attribute__((format(printf, 3, 4)))
tell(struct panels *p, const struct source *s, const char *format, ...)
{
	char shown[SOURCE_SHOWN_MAX], what[200], *line;
	struct buffer name = { 0 };
	unsigned i;
	va_list ap;

	if (p->ntold == sizeof(p->told) / sizeof(p->told[0]))
		return;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	if (s != NULL) {
		source_shown(s, shown);
		escape_text(&name, shown, strlen(shown), 50);
		buffer_puts(&name, ": ");
	}
	line = p->told[p->ntold];
	snprintf(line, sizeof(p->told[0]), "%s%s", buffer_text(&name), what);
	buffer_free(&name);
	for (i = 0; i < p->ntold; i++) {
		if (strcmp(p->told[i], line) == 0)
			return;
	}
	p->ntold++;
}

/* What the field's attribute draw says: words of @. */
static void
read_draw(struct panels *p, const struct source *s, const struct field *f,
    struct plot_how *how)
{
	const char *word = field_attr(f, "draw"), *why;
	struct buffer shown = { 0 };
	size_t len;

	for (; word != NULL && *word != '\0'; word += len) {
		word += strspn(word, " ");
		len = strcspn(word, " ");
		if (len == 0 || plot_how_word(how, word, len, &why) == 0)
			continue;
		buffer_clear(&shown);
		escape_text(&shown, word, len, 20);
		tell(p, s, "the attribute draw of %s says %s, which is no "
		    "word of @ or contradicts another", f->name,
		    buffer_text(&shown));
	}
	buffer_free(&shown);
}

/*
 * The same of a source's field or, where that is a tile, of the array that it
 * is part of.  PANEL_WAIT too where that was seen already, since the list of
 * tiles was as given.
 */
static enum panel_kind
see_whole(struct panels *p, const struct tiles *since, struct state *st,
    struct curve *c, const struct source *s, const struct term *term,
    const char **why)
{
	const struct tiles *t;

	switch (tiles_join(&p->tiles, since, st, s, term->name, term->slices,
	    term->nslices, why)) {
	case TILES_NONE:
		if (*why != NULL)
			tell(p, s, "%s is drawn by itself: %s", term->name,
			    *why);
		return see(c, s, term, why);
	case TILES_BEFORE:
		return PANEL_WAIT;
	case TILES_JOINED:
		break;
	}
	t = p->tiles;
	memset(c, 0, sizeof(*c));
	c->source = s;
	c->tiles = t;
	c->field = &t->field;
	c->v = t->v;
	c->x = t->x;
	c->y = t->y;
	if (t->places)
		return c->v.rank == 1 ? PANEL_POINTS : PANEL_GRID;
	return c->v.rank == 1 ? PANEL_LINES : PANEL_IMAGE;
}

/* What of how is not for panels of that kind; *why is what may be said. */
static unsigned
unfit(const struct plot_how *how, enum panel_kind kind, const char **why)
{
	switch (kind) {
	case PANEL_LINES:
		*why = "is a line: @mean, @max and @nearest are for images";
		return how->given & HOW_REDUCE;
	case PANEL_HISTORY:
		*why = "is a number, for which there are styles and scales";
		return how->given & (HOW_COMPONENT | HOW_REDUCE);
	case PANEL_POINTS:
		*why = "is drawn as points: of styles, @points and @dots are "
		    "for it";
		return (how->given & HOW_REDUCE) | (how->style > STYLE_DOTS ||
		    how->style == STYLE_LINES ? HOW_STYLE : 0);
	default:
		*why = "is drawn as an image, which has no style";
		return how->given & HOW_STYLE;
	}
}

/* How the field of a curve is drawn: as is said, else as it says itself.
 * -1 with *why: that cannot be. */
static int
put_how(struct panels *p, struct curve *c, const struct plot_how *said,
    enum panel_kind kind, const char **why)
{
	static const struct plot_how none;
	struct plot_how own = { 0 };
	unsigned odd;

	read_draw(p, c->source, c->field, &own);
	odd = unfit(&own, kind, why);
	c->how = none;
	own.given &= ~odd;
	plot_how_over(&c->how, &own);
	if (unfit(said, kind, why) != 0)
		return -1;
	plot_how_over(&c->how, said);
	c->v.component = c->how.component;
	if (c->v.component == VIEW_PHASE && kind == PANEL_LINES &&
	    !(c->how.given & HOW_STYLE) && c->v.extents[0] > PANEL_PHASES)
		c->how.style = STYLE_POINTS;
	/* The mean of pi and -pi is neither. */
	if (c->v.component == VIEW_PHASE && !(c->how.given & HOW_REDUCE))
		c->how.reduce = RASTER_NEAREST;
	return 0;
}

/* See the field of that name as c's error, with the slices of t where it has
 * as many dimensions. */
static int
see_error(struct panels *p, struct state *st, struct curve *c,
    const struct term *t, const char *name, const char **why)
{
	const struct record *rec;
	const struct field *f = source_field(c->source, name, &rec);
	struct term term = *t;
	struct curve e;

	snprintf(term.name, sizeof(term.name), "%s", name);
	if (f != NULL && f->rank != c->field->rank)
		term.nslices = 0;
	if (see_whole(p, p->tiles, st, &e, c->source, &term, why) ==
	    PANEL_WAIT)
		return -1;
	*why = "is not real numbers";
	if (is_complex(e.field))
		return -1;
	*why = "has other extents";
	if ((e.v.rec == NULL) != (c->v.rec == NULL) || (e.v.rec != NULL &&
	    (e.v.rank != 1 || e.v.extents[0] != c->v.extents[0])))
		return -1;
	c->error = e.v;
	c->error.field = e.field;
	return 0;
}

/* Error bars: as is said, else as the field says.  -1 with the text why:
 * what was said cannot be. */
static int
put_error(struct panels *p, struct state *st, struct curve *c,
    const struct term *t, enum panel_kind kind, char why[WHY])
{
	const char *name = t->error, *what = "is not drawn: there are error "
	    "bars for lines and numbers alone";
	int said = *name != '\0', lines = kind == PANEL_LINES ||
	    kind == PANEL_HISTORY;

	if (!said)
		name = lines ? field_attr(c->field, "error") : NULL;
	if (name == NULL || (lines && strlen(name) <= APREC_NAME_MAX &&
	    see_error(p, st, c, t, name, &what) == 0))
		return 0;
	if (!said && strlen(name) <= APREC_NAME_MAX &&
	    source_field(c->source, name, &(const struct record *){ NULL }) !=
	    NULL)
		tell(p, c->source, "%s, the error of %s, %s", name,
		    c->field->name, what);
	say(why, "%s, the error of %s, %s", name, c->field->name,
	    what);
	return said ? -1 : 0;
}

/* What the curve of a term has besides its values. */
static int
complete(struct panels *p, struct state *st, struct curve *c,
    const struct term *t, enum panel_kind kind, char why[WHY])
{
	const char *what;

	if (put_how(p, c, &t->how, kind, &what) == -1) {
		say(why, "%s %s", t->name, what);
		return -1;
	}
	return put_error(p, st, c, t, kind, why);
}

/* Whether a field could be drawn in a picture that nobody named. */
static int
could_be(const struct field *f)
{
	return !panel_is_parameter(f) && f->type != APREC_TEXT &&
	    f->type != APREC_NONE && f->count > 0 && (f->rank > 0 ||
	    !panel_is_time(f->name));
}

/* The field as a candidate, as it is or a part of it. */
static void
add_candidate(struct choice *c, const struct candidate *like,
    enum view_component component)
{
	struct candidate *d;

	if (c->n == CANDIDATES) {
		c->beyond++;
		return;
	}
	d = &c->candidates[c->n++];
	*d = *like;
	d->term.how.component = component;
	if (component != VIEW_ANY)
		d->term.how.given |= HOW_COMPONENT;
	if (component == VIEW_PHASE)
		d->units = "rad";
}

static void
consider(struct choice *c, const struct source *s, const struct field *f)
{
	const struct tiles *since = c->panels->tiles;
	struct candidate d = { .name = f->name, .units = field_attr(f,
	    "units") };
	struct plot_how how = { 0 };
	const char *why;
	unsigned i;

	for (i = 0; i < c->n; i++) {
		if (strcmp(c->candidates[i].name, f->name) == 0)
			return;
	}
	if (f->rank > 0 && f->count == 0 && f->type != APREC_NONE) {
		tell(c->panels, s, "%s is empty", f->name);
		c->empty = f->name;
	}
	if (!could_be(f) || (!c->servants && is_servant(s, f)))
		return;
	d.units = d.units == NULL ? "" : d.units;
	snprintf(d.term.name, sizeof(d.term.name), "%s", f->name);
	d.kind = see_whole(c->panels, since, c->state, &d.curve, s, &d.term,
	    &why);
	if (d.curve.tiles != NULL) {
		/* Made anew where it is drawn. */
		tiles_free(&c->panels->tiles, since);
		d.curve.tiles = NULL;
		d.curve.field = d.curve.v.field = f;
		d.curve.v.parts = NULL;
	}
	if (d.kind == PANEL_WAIT)
		return;
	read_draw(c->panels, s, f, &how);
	/* The past of a number has its modulus alone. */
	if (!is_complex(f) || f->rank == 0 || (how.given & HOW_COMPONENT)) {
		add_candidate(c, &d, VIEW_ANY);
	} else {
		add_candidate(c, &d, VIEW_MODULUS);
		add_candidate(c, &d, VIEW_PHASE);
	}
}

/*
 * Vectors
 */

/* Whether they are the same, or neither is there. */
static int
same_attr(const struct field *a, const struct field *b, const char *key)
{
	const char *s = field_attr(a, key), *t = field_attr(b, key);

	return s == NULL ? t == NULL : t != NULL && strcmp(s, t) == 0;
}

/* Whether b is a with the one word, where it first comes, for the other. */
static int
other_way(const char *a, const char *b, const char *one, const char *other)
{
	const char *at = strstr(a, one);
	size_t n = at == NULL ? 0 : (size_t)(at - a);

	return at != NULL && strncmp(a, b, n) == 0 &&
	    strncmp(b + n, other, strlen(other)) == 0 &&
	    strcmp(at + strlen(one), b + n + strlen(other)) == 0;
}

/* Which component a field is by its attribute, or '\0'. */
static char
component_of(const struct field *f)
{
	const char *s = field_attr(f, "component");

	return s != NULL && *s >= 'x' && *s <= 'z' && s[1] == '\0' ? *s : '\0';
}

/* Whether u and v, as they are often called, are velocities. */
static int
are_velocities(const struct field *a, const struct field *b)
{
	static const char *const units[] = { "m/s", "m s-1", "m s^-1", "m.s-1",
		"cm/s", "cm s-1", "km/s", "km s-1", "km/h", "mm/s", "mm s-1" };
	const char *of = field_attr(a, "units");
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (of != NULL && strcmp(of, units[i]) == 0)
			return strcmp(a->name, "u") == 0 &&
			    strcmp(b->name, "v") == 0;
	}
	return 0;
}

/*
 * Whether names say that the fields are the components of one vector: vx and
 * vy, flux_x and flux_y, x_flux and y_flux, but not the x and y of a tensor,
 * sxx and sxy.  They are left in xy.
 */
static int
are_components(const char *a, const char *b, char xy[2])
{
	size_t n = strlen(a), at = n - 1;

	if (n < 2 || strlen(b) != n)
		return 0;
	if (a[1] == '_' && b[1] == '_' && n > 2)
		at = 0;
	if (strncmp(a, b, at) != 0 || strcmp(a + at + 1, b + at + 1) != 0 ||
	    (at > 0 && strchr("xyzXYZ", a[at - 1]) != NULL))
		return 0;
	xy[0] = a[at];
	xy[1] = b[at];
	if (xy[0] >= 'X' && xy[0] <= 'Z' && xy[1] >= 'X' && xy[1] <= 'Z') {
		xy[0] += 'x' - 'X';
		xy[1] += 'x' - 'X';
	}
	return xy[0] >= 'x' && xy[1] > xy[0] && xy[1] <= 'z';
}

/* Whether two fields say that they are the components of one vector, the first
 * the earlier one; 0 or 1. */
static int
say_so(const struct field *a, const struct field *b, char xy[2])
{
	const char *one = field_attr(a, "standard_name");
	const char *other = field_attr(b, "standard_name");
	const char *vector = field_attr(a, "vector");

	xy[0] = 'x';
	xy[1] = 'y';
	if (vector != NULL || field_attr(b, "vector") != NULL) {
		if (component_of(a) != '\0' && component_of(b) != '\0') {
			xy[0] = component_of(a);
			xy[1] = component_of(b);
		}
		return vector != NULL && xy[0] < xy[1] &&
		    same_attr(a, b, "vector");
	}
	if (one != NULL && other != NULL)
		return other_way(one, other, "eastward", "northward") ||
		    other_way(one, other, "x_", "y_");
	return are_components(a->name, b->name, xy) || are_velocities(a, b);
}

/* Whether the plane that is seen is that of the components: 1, or -1 where the
 * first of them goes up. */
static int
in_plane(const struct view *v, const char xy[2])
{
	const char *across = v->dims[1], *up = v->dims[0];
	static const char letters[] = "xyz";
	int named[2] = { strlen(across) == 1 && strchr(letters, *across),
		strlen(up) == 1 && strchr(letters, *up) };

	if (v->rank == 1 || (!named[0] && !named[1]))
		return xy[0] == 'x' && xy[1] == 'y';
	if (*across == xy[0] && *up == xy[1])
		return 1;
	return *across == xy[1] && *up == xy[0] ? -1 : 0;
}

/* Whether b goes with a as the other component of a vector. */
static int
make_vector(const struct candidate *a, const struct candidate *b, int *turned)
{
	const struct view *v = &a->curve.v, *w = &b->curve.v;
	const struct field *f = v->field, *g = w->field;
	char xy[2];
	int way;

	if (a->kind > PANEL_POINTS || b->kind != a->kind ||
	    a->curve.source != b->curve.source || is_complex(f) ||
	    is_complex(g) || f->type == APREC_BOOL || g->type == APREC_BOOL ||
	    f->rank != g->rank || !view_fits(v, w) ||
	    strcmp(a->units, b->units) != 0 ||
	    !same_attr(f, g, "coordinates") ||
	    !same_attr(f, g, "tile_extents") || !say_so(f, g, xy) ||
	    strcmp(v->where, w->where) != 0 ||
	    strcmp(v->dims[0], w->dims[0]) != 0 ||
	    (v->rank == 2 && strcmp(v->dims[1], w->dims[1]) != 0))
		return 0;
	way = in_plane(v, xy);
	*turned = way == -1;
	return way != 0;
}

/* Find the components of vectors. */
static void
pair_vectors(struct choice *c)
{
	struct candidate *a, *b;
	unsigned i, j;
	int turned;

	for (i = 0; i < c->n; i++) {
		for (j = 0; j < c->n; j++) {
			a = &c->candidates[i];
			b = &c->candidates[j];
			if (i == j || *a->across != '\0' || a->drawn ||
			    *b->across != '\0' || b->drawn ||
			    !make_vector(a, b, &turned))
				continue;
			snprintf(a->across, sizeof(a->across), "%s", b->name);
			a->turned = turned;
			b->drawn = 1;
		}
	}
}

/* About how large a number has been. */
static int
size_of(const struct history *h, const struct candidate *d)
{
	const struct history_row *rows;
	double most = 0;
	size_t i, n = 0;

	rows = history_rows(h, d->curve.source->run, d->name, &n);
	for (i = 0; rows != NULL && i < n; i++) {
		if (isfinite(rows[i].value))
			most = fmax(most, fabs(rows[i].value));
	}
	return most == 0 ? -1000 : (int)ceil(log10(most) / 2 - 1e-9);
}

/* Numbers without units, if they are many, go together by size. */
static void
size_numbers(struct choice *c, const struct history *h)
{
	struct candidate *d;
	unsigned i, n = 0;

	for (i = 0; i < c->n; i++) {
		d = &c->candidates[i];
		n += d->kind == PANEL_HISTORY && *d->units == '\0';
	}
	for (i = 0; i < c->n; i++) {
		d = &c->candidates[i];
		d->size = n > ALONE ? size_of(h, d) : 1000 + (int)i;
	}
}

/* Whether two names go into one panel. */
static int
go_together(const struct candidate *a, const struct candidate *b)
{
	const struct field *fa = a->curve.x.field, *fb = b->curve.x.field;

	if (a->kind != b->kind || strcmp(a->units, b->units) != 0)
		return 0;
	if (a->kind == PANEL_HISTORY)
		return *a->units != '\0' || a->size == b->size;
	return a->kind == PANEL_LINES && *a->units != '\0' &&
	    a->term.how.component == b->term.how.component &&
	    a->curve.source == b->curve.source &&
	    a->curve.v.extents[0] == b->curve.v.extents[0] &&
	    (a->curve.x.rec == NULL) == (b->curve.x.rec == NULL) &&
	    (a->curve.x.rec == NULL || fa == fb);
}

static struct panel *
panel_add(struct panels *p, enum panel_kind kind)
{
	struct panel *new = &p->panel[p->n];

	memset(new, 0, sizeof(*new));
	new->kind = kind;
	new->curves = p->curves[p->n++];
	return new;
}

/* Add the term's curve of each source that has it as this kind. */
static void
add_sources(struct panels *all, struct panel *p, struct state *st,
    const struct term *t)
{
	const struct tiles *since = all->tiles;
	struct source *s;
	struct curve c;
	const char *why;
	char text[WHY];
	unsigned left = 0;

	for (s = state_sources(st); s != NULL; s = s->next) {
		if (see_whole(all, since, st, &c, s, t, &why) != p->kind ||
		    complete(all, st, &c, t, p->kind, text) == -1)
			continue;
		if (p->ncurves < PANEL_CURVES)
			p->curves[p->ncurves++] = c;
		else
			left++;
	}
	if (left > all->sources)
		all->sources = left;
}

/* Have the panel's only curve be the length of a vector, with arrows: its
 * values are the component along x (turned: along y), across is the other. */
static void
put_arrows(struct panels *p, struct panel *panel, const struct view *across,
    int turned)
{
	struct view *v = p->arrows[panel - p->panel];
	struct curve *c = panel->curves;

	v[0] = turned ? *across : c->v;
	v[1] = turned ? c->v : *across;
	c->v = v[0];
	c->field = v[0].field;
	c->vx = &v[0];
	c->vy = &v[1];
	c->v.across = c->vy;
}

/* The other component, of the curve's own extents.  0; -1 with why. */
static int
see_across(struct panels *p, struct state *st, const struct curve *c,
    const struct term *t, struct view *across, char why[WHY])
{
	struct curve other;
	const char *what;

	if (see_whole(p, p->tiles, st, &other, c->source, t, &what) !=
	    PANEL_WAIT) {
		what = "does not go with the other component: it has other "
		    "extents";
		if (view_fits(&other.v, &c->v) && put_how(p, &other, &t->how,
		    PANEL_IMAGE, &what) == 0) {
			*across = other.v;
			return 0;
		}
	}
	say(why, "%s %s", t->name, what);
	return -1;
}

/* Whether there is room for a panel more: an image with its colours takes that
 * of two. */
static int
room_for(const struct choice *c, enum panel_kind kind)
{
	unsigned used = kind < PANEL_LINES && c->panels->n > 0 ? 2 : 1, i;

	for (i = 0; i < c->panels->n; i++)
		used += c->panels->panel[i].kind < PANEL_LINES ? 2 : 1;
	return c->panels->n < PANEL_MOST && used <= c->most;
}

/* One panel a source, or for the tiles of many. */
static void
draw_planes(struct choice *c, struct candidate *d)
{
	const struct tiles *since = c->panels->tiles;
	struct term other = { 0 };
	struct view across;
	struct source *s;
	struct panel *p;
	struct curve curve;
	const char *why;
	char text[WHY];
	unsigned left = 0;
	int arrows;

	for (s = state_sources(c->state); s != NULL; s = s->next) {
		if (see_whole(c->panels, since, c->state, &curve, s, &d->term,
		    &why) != d->kind || complete(c->panels, c->state, &curve,
		    &d->term, d->kind, text) == -1)
			continue;
		d->drawn = 1;
		if (!room_for(c, d->kind)) {
			left++;
			continue;
		}
		snprintf(other.name, sizeof(other.name), "%s", d->across);
		arrows = *d->across != '\0' && see_across(c->panels, c->state,
		    &curve, &other, &across, text) == 0;
		p = panel_add(c->panels, d->kind);
		p->curves[p->ncurves++] = curve;
		if (arrows)
			put_arrows(c->panels, p, &across, d->turned);
	}
	if (left > c->panels->sources)
		c->panels->sources = left;
}

static void
draw(struct choice *c, unsigned at)
{
	struct candidate *d = &c->candidates[at];
	struct panel *p;
	unsigned i, names = 0;

	if (d->drawn || !room_for(c, d->kind))
		return;
	if (d->kind < PANEL_LINES) {
		draw_planes(c, d);
		return;
	}
	p = panel_add(c->panels, d->kind);
	for (i = at; i < c->n && names < TOGETHER; i++) {
		if (c->candidates[i].drawn ||
		    (i != at && !go_together(d, &c->candidates[i])))
			continue;
		/* All of its sources or none. */
		if (names > 0 && p->ncurves + p->ncurves / names > PANEL_CURVES)
			break;
		add_sources(c->panels, p, c->state, &c->candidates[i].term);
		c->candidates[i].drawn = 1;
		names++;
	}
}

/* Name what was not drawn. */
static void
leave_out(struct choice *c)
{
	struct panels *p = c->panels;
	size_t len = 0;
	unsigned i;

	p->nleft_out = c->beyond;
	for (i = 0; i < c->n; i++) {
		if (c->candidates[i].drawn)
			continue;
		p->nleft_out++;
		if (len < sizeof(p->left_out) - APREC_NAME_MAX - 3)
			len += (size_t)snprintf(p->left_out + len,
			    sizeof(p->left_out) - len, "%s%s",
			    len == 0 ? "" : ", ", c->candidates[i].name);
		else if (strcmp(p->left_out + len - 3, "...") != 0)
			len += (size_t)snprintf(p->left_out + len,
			    sizeof(p->left_out) - len, "...");
	}
}

void
panels_free(struct panels *p)
{
	if (p != NULL)
		tiles_free(&p->tiles, NULL);
	free(p);
}

static void
begin(struct panels *p)
{
	tiles_free(&p->tiles, NULL);
	p->n = p->nleft_out = p->sources = p->ntold = 0;
	p->left_out[0] = '\0';
}

static void
consider_all(struct choice *c)
{
	struct source *s;
	const struct field *f;
	const struct record *rec;
	unsigned i, seen = 0;

	for (s = state_sources(c->state); s != NULL && seen < PANEL_CURVES;
	    s = s->next, seen++) {
		for (i = 0; i < s->nslots && i < NAMES; i++) {
			f = source_slot(s, i, &rec);
			if (f != NULL)
				consider(c, s, f);
		}
		c->beyond += s->nslots - i;
	}
}

void
panels_choose(struct panels *p, struct state *st, const struct history *h,
    unsigned most)
{
	static const enum panel_kind order[] = { PANEL_IMAGE, PANEL_GRID,
		PANEL_POINTS, PANEL_LINES, PANEL_HISTORY };
	struct choice *c;
	unsigned i, k;

	begin(p);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return;
	c->panels = p;
	c->state = st;
	c->most = most;
	consider_all(c);
	/* A grid of which nothing stands is better seen than nothing. */
	if (c->n == 0) {
		c->servants = 1;
		c->beyond = 0;
		consider_all(c);
	}
	size_numbers(c, h);
	pair_vectors(c);
	for (k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (i = 0; i < c->n; i++) {
			if (c->candidates[i].kind == order[k])
				draw(c, i);
		}
	}
	leave_out(c);
	if (p->n == 0 && c->empty != NULL)
		say(panel_add(p, PANEL_WAIT)->why, "%s is empty", c->empty);
	free(c);
}

/* The named plot's panel waits for its first term that no source has. */
static void
wait_for(struct panels *p, struct state *st, const struct plot *plot)
{
	struct panel *new = panel_add(p, PANEL_WAIT);
	const struct term *terms[PLOT_TERMS + 2];
	const char *why = "is not there yet";
	struct source *s;
	struct curve c;
	unsigned i, n = 0;
	int found;

	/* That there is a clock and a step, one need not wait for. */
	if (*plot->x.name != '\0' && strcmp(plot->x.name, "wall") != 0 &&
	    strcmp(plot->x.name, "step") != 0)
		terms[n++] = &plot->x;
	if (*plot->y.name != '\0')
		terms[n++] = &plot->y;
	for (i = 0; i < plot->nterms; i++)
		terms[n++] = &plot->terms[i];
	for (i = 0; i < n; i++) {
		why = "is not there yet";
		found = 0;
		for (s = state_sources(st); s != NULL && !found; s = s->next)
			found = see_whole(p, p->tiles, st, &c, s, terms[i],
			    &why) != PANEL_WAIT;
		if (!found)
			break;
	}
	snprintf(new->why, sizeof(new->why), "%s %s", i < n ? terms[i]->name :
	    plot->text, i < n ? why : "cannot be drawn together");
}

/* The same where the curve is put together from tiles: t's views. */
static int
place_tiles(struct curve *c, struct tiles *t, struct state *st,
    const struct plot *plot, enum panel_kind *kind)
{
	const char *y = *plot->y.name == '\0' ? NULL : plot->y.name;

	if (plot->x.nslices + plot->y.nslices > 0 ||
	    tiles_place(t, st, plot->x.name, y) == -1)
		return -1;
	c->x = t->x;
	c->y = t->y;
	*kind = y == NULL ? PANEL_LINES : !t->places ? PANEL_IMAGE :
	    c->v.rank == 1 ? PANEL_POINTS : PANEL_GRID;
	return 0;
}

/* Put the plot's own x and y in the place of the coordinates. */
static int
place(struct panels *p, struct curve *c, struct state *st,
    const struct plot *plot, enum panel_kind *kind)
{
	const struct source *s = c->source;
	const char *why;

	if (*plot->x.name == '\0')
		return 0;
	if (c->tiles != NULL)
		return place_tiles(c, p->tiles, st, plot, kind);
	if (view_field(&c->x, s, plot->x.name, plot->x.slices,
	    plot->x.nslices, &why) == -1)
		return -1;
	if (*plot->y.name == '\0') {
		*kind = PANEL_LINES;
		c->y.rec = NULL;
		return c->v.rank == 1 && c->x.rank == 1 &&
		    c->x.extents[0] == c->v.extents[0] ? 0 : -1;
	}
	if (view_field(&c->y, s, plot->y.name, plot->y.slices,
	    plot->y.nslices, &why) == -1)
		return -1;
	*kind = c->v.rank == 1 ? PANEL_POINTS : PANEL_GRID;
	if (c->v.rank == 2 && c->x.rank == 1 && c->y.rank == 1) {
		*kind = PANEL_IMAGE;
		return c->x.extents[0] == c->v.extents[1] &&
		    c->y.extents[0] == c->v.extents[0] ? 0 : -1;
	}
	return c->x.rank == c->v.rank && c->y.rank == c->v.rank &&
	    view_count(&c->x) == view_count(&c->v) &&
	    view_count(&c->y) == view_count(&c->v) ? 0 : -1;
}

/* Whether the term is the clock's time: "wall", where no field is called so. */
static int
is_wall(const struct term *t, const struct source *s)
{
	const struct record *rec;

	return strcmp(t->name, "wall") == 0 &&
	    source_field(s, t->name, &rec) == NULL;
}

/* Add the curve to the panel it belongs in: the last, or a new one. */
static struct panel *
put_curve(struct panels *p, struct panel *last, const struct curve *c,
    const struct plot *plot, enum panel_kind kind)
{
	if (last == NULL || last->kind != kind || kind < PANEL_LINES) {
		if (p->n == PANEL_MOST) {
			p->sources++;
			return last;
		}
		last = panel_add(p, kind);
		last->xscale = plot->x.how.scale;
		last->yscale = plot->y.how.scale;
		last->over_step = kind == PANEL_HISTORY &&
		    strcmp(plot->x.name, "step") == 0;
		last->over_wall = kind == PANEL_HISTORY &&
		    is_wall(&plot->x, c->source);
		if (kind == PANEL_HISTORY && *plot->x.name != '\0' &&
		    !panel_is_time(plot->x.name) && !last->over_wall)
			last->against = plot->x.name;
	}
	if (last->ncurves < PANEL_CURVES)
		last->curves[last->ncurves++] = *c;
	else
		p->sources++;
	return last;
}

/* The named plot's curve of one source, in the panel last or a new one.  NULL
 * with why, unless "": it is not there. */
static struct panel *
draw_term(struct panels *p, const struct tiles *since, struct state *st,
    const struct plot *plot, const struct term *t, const struct source *s,
    struct panel *last, char why[WHY])
{
	struct view across;
	struct curve c;
	const char *what;
	enum panel_kind kind = see_whole(p, since, st, &c, s, t, &what);

	if (kind == PANEL_WAIT || (kind == PANEL_HISTORY ?
	    *plot->y.name != '\0' : place(p, &c, st, plot, &kind) == -1) ||
	    complete(p, st, &c, t, kind, why) == -1)
		return NULL;
	if (plot->vectors && see_across(p, st, &c, &plot->terms[1], &across,
	    why) == -1)
		return NULL;
	last = put_curve(p, last, &c, plot, kind);
	if (plot->vectors && last != NULL && last->curves[0].vx == NULL)
		put_arrows(p, last, &across, 0);
	return last;
}

/* The same of all sources. */
static struct panel *
draw_sources(struct panels *p, struct state *st, const struct plot *plot,
    const struct term *t, struct panel *last, char why[WHY])
{
	const struct tiles *since = p->tiles;
	struct panel *drawn;
	struct source *s;

	for (s = state_sources(st); s != NULL; s = s->next) {
		drawn = draw_term(p, since, st, plot, t, s, last, why);
		last = drawn != NULL ? drawn : last;
	}
	return last;
}

/* Whether the term is complex numbers, and nobody said which part of them. */
static int
in_parts(struct panels *p, struct state *st, const struct term *t)
{
	struct plot_how how = { 0 };
	const struct record *rec;
	const struct field *f = NULL;
	struct source *s;

	for (s = state_sources(st); s != NULL && f == NULL; s = s->next) {
		f = source_field(s, t->name, &rec);
		if (f != NULL)
			read_draw(p, s, f, &how);
	}
	return f != NULL && is_complex(f) && f->rank > 0 &&
	    ((how.given | t->how.given) & HOW_COMPONENT) == 0;
}

static void
draw_named(struct panels *p, struct state *st, const struct plot *plot)
{
	struct panel *last = NULL, *phases = NULL;
	char why[WHY] = "";
	struct term term;
	unsigned i, left = p->sources;

	p->sources = 0;
	for (i = 0; i < (plot->vectors ? 1 : plot->nterms); i++)
		last = draw_sources(p, st, plot, &plot->terms[i], last, why);
	/* Complex numbers of which no part was named: after the modulus. */
	for (i = 0; i < plot->nterms && !plot->vectors; i++) {
		term = plot->terms[i];
		if (!in_parts(p, st, &term))
			continue;
		term.how.component = VIEW_PHASE;
		term.how.given |= HOW_COMPONENT;
		phases = draw_sources(p, st, plot, &term, phases, why);
	}
	p->sources = left > p->sources ? left : p->sources;
	if (last != NULL && *why != '\0')
		tell(p, NULL, "%s", why);
	if (last != NULL || p->n == PANEL_MOST)
		return;
	if (*why == '\0')
		wait_for(p, st, plot);
	else
		memcpy(panel_add(p, PANEL_WAIT)->why, why, WHY);
}

void
panels_named(struct panels *p, struct state *st, const struct plot *plots,
    unsigned nplots)
{
	unsigned i;

	begin(p);
	for (i = 0; i < nplots; i++)
		draw_named(p, st, &plots[i]);
}
