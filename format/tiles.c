/*
 * tiles.c - one array out of the tiles that several sources publish
 *
 * Nothing is copied but 1-D coordinates.  What a tile claims to be part of
 * costs no more than a few times what is there of it, or SMALL elements.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tiles.h"

#define GROUPS		8	/* arrays of one name */
#define SMALL		((uint64_t)1 << 18)	/* elements seen in any case */
#define SPARSE		64	/* times as many as are there may be */
#define MOST		((uint64_t)1 << 28)	/* elements of a view */

/* Whole numbers, n of them with single spaces between; 0: something else. */
static int
numbers(const char *s, unsigned n, uint64_t *out)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (i > 0 && *s++ != ' ')
			return 0;
		if (*s < '0' || *s > '9')
			return 0;
		for (out[i] = 0; *s >= '0' && *s <= '9'; s++) {
			if (out[i] > INT64_MAX / 10 - 1)
				return 0;
			out[i] = out[i] * 10 + (uint64_t)(*s - '0');
		}
	}
	return *s == '\0';
}

int
tiles_read(const struct field *f, uint64_t extents[APREC_RANK_MAX],
    uint64_t offset[APREC_RANK_MAX], const char **why)
{
	const char *e = field_attr(f, "tile_extents");
	const char *o = field_attr(f, "tile_offset");
	uint64_t count = 1;
	unsigned k;

	if ((e == NULL && o == NULL) || f->rank == 0 || f->count == 0)
		return 0;
	*why = "its tile_extents and tile_offset are not whole numbers, one "
	    "for each dimension";
	if (e == NULL || o == NULL || !numbers(e, f->rank, extents) ||
	    !numbers(o, f->rank, offset))
		return -1;
	*why = "its tile does not lie in the array that it says it is part of";
	for (k = 0; k < f->rank; k++) {
		if (f->extents[k] > extents[k] ||
		    offset[k] > extents[k] - f->extents[k] ||
		    count > (uint64_t)INT64_MAX / extents[k])
			return -1;
		count *= extents[k];
	}
	return f->count != count;
}

/* The job in the name of a source, program.rank@host:job, or "". */
static const char *
job_of(const struct source *s)
{
	const char *at = strrchr(s->name, '@');
	const char *job = at == NULL ? NULL : strchr(at, ':');

	return job == NULL ? "" : job;
}

/* A field of that name that is a tile of t's array. */
static int
belongs(const struct tiles *t, const struct source *s, const char *name,
    struct tile *tile)
{
	uint64_t extents[APREC_RANK_MAX];
	const struct field *f;
	const char *why;

	f = source_field(s, name, &tile->rec);
	if (f == NULL || f->rank != t->field.rank || f->type == APREC_TEXT ||
	    tiles_read(f, extents, tile->offset, &why) != 1 ||
	    memcmp(extents, t->field.extents, f->rank * sizeof(*extents)) !=
	    0 || strcmp(job_of(s), job_of(t->source)) != 0)
		return 0;
	tile->source = s;
	tile->field = f;
	return 1;
}

static int
by_age(const void *a, const void *b)
{
	const struct tile *x = a, *y = b;

	if (x->rec->wall != y->rec->wall)
		return x->rec->wall < y->rec->wall ? -1 : 1;
	return x->rec->seq < y->rec->seq ? -1 : x->rec->seq > y->rec->seq;
}

/* All tiles, the oldest first.  -1: no memory. */
static int
collect(struct tiles *t, struct state *st, const char *name)
{
	struct source *s;

	t->tiles = calloc(state_count(st), sizeof(*t->tiles));
	if (t->tiles == NULL)
		return -1;
	for (s = state_sources(st); s != NULL; s = s->next) {
		if (belongs(t, s, name, &t->tiles[t->n]))
			t->n++;
	}
	qsort(t->tiles, t->n, sizeof(*t->tiles), by_age);
	return 0;
}

static void *
make(struct tiles *t, size_t n, size_t size)
{
	if (t->nmade == sizeof(t->made) / sizeof(t->made[0]))
		return NULL;
	t->made[t->nmade] = calloc(n, size);
	return t->made[t->nmade] == NULL ? NULL : t->made[t->nmade++];
}

/* What of a tile lies in the view of the array; 0: nothing. */
static int
part_of(const struct tiles *t, struct tile *tile)
{
	const struct view *v = &t->v;
	struct view *part = &tile->part.v;
	uint64_t global = 1, local = 1, at, start[2] = { 0, 0 };
	unsigned i, k;

	*part = *v;
	part->parts = NULL;
	part->nparts = 0;
	part->rec = tile->rec;
	part->field = tile->field;
	part->first = 0;
	for (k = t->field.rank; k-- > 0;) {
		for (i = 0; i < v->rank; i++) {
			if (v->places[i] == t->field.rank - 1 - k)
				break;
		}
		if (i < v->rank) {
			part->extents[i] = tile->field->extents[k];
			part->strides[i] = local;
			start[i] = tile->offset[k];
		} else {
			at = v->first / global % t->field.extents[k];
			if (at < tile->offset[k] || at - tile->offset[k] >=
			    tile->field->extents[k])
				return 0;
			part->first += (at - tile->offset[k]) * local;
		}
		global *= t->field.extents[k];
		local *= tile->field->extents[k];
	}
	tile->part.row = v->rank == 2 ? start[0] : 0;
	tile->part.col = start[v->rank - 1];
	return 1;
}

/* Have the view be of its parts.  -1: there are none, or it is too much. */
static int
put_together(struct tiles *t, const char **why)
{
	struct view_part *parts = make(t, t->n, sizeof(*parts));
	uint64_t there = 0, n;
	unsigned i;

	*why = "there is no memory to put its tiles together";
	if (parts == NULL)
		return -1;
	t->v.parts = parts;
	for (i = 0; i < t->n; i++) {
		t->tiles[i].seen = part_of(t, &t->tiles[i]);
		if (!t->tiles[i].seen)
			continue;
		parts[t->v.nparts++] = t->tiles[i].part;
		there += view_count(&t->tiles[i].part.v);
	}
	n = view_count(&t->v);
	t->share = fmin(1, (double)there / (double)n);
	*why = "too little is there of the array that it is a tile of";
	return n > MOST || (n > SMALL && n / SPARSE > there) ? -1 : 0;
}

/* What is looked for as a coordinate: by a name, or as tile's own. */
static int
coordinate_of(const struct source *s, const struct view *v, unsigned dim,
    const char *name, struct view *out)
{
	const char *why;

	if (name == NULL)
		return view_coordinate(v, s, dim, out);
	return view_field(out, s, name, NULL, 0, &why) == 0 &&
	    out->rank == 1 && out->extents[0] == v->extents[dim];
}

/* Fill in what is not known: gaps in proportion, ends as beside them. */
static void
fill_gaps(double *at, uint64_t n)
{
	uint64_t i, j, k, first = n, last = n;

	for (i = 0; i < n; i = j) {
		j = i + 1;
		if (isnan(at[i]))
			continue;
		if (first == n)
			first = i;
		for (; j < n && isnan(at[j]); j++)
			continue;
		for (k = i + 1; j < n && k < j; k++)
			at[k] = at[i] + (at[j] - at[i]) * (double)(k - i) /
			    (double)(j - i);
		last = i;
	}
	if (first == n)
		return;
	for (k = first; k-- > 0;)
		at[k] = at[k + 1] - (last > first ? at[first + 1] -
		    at[first] : 1);
	for (k = last + 1; k < n; k++)
		at[k] = at[k - 1] + (last > first ? at[last] -
		    at[last - 1] : 1);
}

/* Along dimension dim: the coordinates of the tiles, or the whole one that
 * any source has. */
static int
along(struct tiles *t, struct state *st, unsigned dim, const char *name,
    struct view *out)
{
	uint64_t n = t->v.extents[dim], known = 0, i;
	struct source *s;
	struct view c;
	double *at;
	unsigned k;

	memset(out, 0, sizeof(*out));
	for (k = 0; k < t->n; k++) {
		if (t->tiles[k].seen && coordinate_of(t->tiles[k].source,
		    &t->tiles[k].part.v, dim, name, &c))
			known += c.extents[0];
	}
	for (s = state_sources(st); s != NULL && known == 0; s = s->next) {
		if (coordinate_of(s, &t->v, dim, name, out))
			return 1;
		out->rec = NULL;
	}
	if (known == 0 || (n > SMALL && n / SPARSE > known) ||
	    (at = make(t, (size_t)n, sizeof(*at))) == NULL)
		return 0;
	for (i = 0; i < n; i++)
		at[i] = NAN;
	for (k = 0; k < t->n; k++) {
		const struct view_part *p = &t->tiles[k].part;

		if (!t->tiles[k].seen || !coordinate_of(t->tiles[k].source,
		    &p->v, dim, name, &c))
			continue;
		view_values(&c, 0, 0, (size_t)c.extents[0], at +
		    (dim + 1 < p->v.rank ? p->row : p->col));
		*out = c;
	}
	fill_gaps(at, n);
	out->values = at;
	out->extents[0] = n;
	return 1;
}

/* A view like the array's of the places that its tiles have for each value. */
static struct view_part *
like(struct tiles *t, struct view *out)
{
	struct view_part *parts = make(t, t->n, sizeof(*parts));

	*out = t->v;
	out->rec = NULL;
	out->parts = parts;
	out->nparts = 0;
	return parts;
}

static int
same_shape(const struct view *a, const struct view *b)
{
	return a->rank == b->rank && a->extents[0] == b->extents[0] &&
	    (a->rank == 1 || a->extents[1] == b->extents[1]);
}

/* The places of one tile's values: by the names, or its own. */
static int
places_of(const struct tile *tile, const char *x, const char *y,
    struct view *vx, struct view *vy)
{
	const struct view *v = &tile->part.v;
	const char *why;

	if (x == NULL)
		return view_positions(v, tile->source, vx, vy);
	return view_field(vx, tile->source, x, NULL, 0, &why) == 0 &&
	    view_field(vy, tile->source, y, NULL, 0, &why) == 0 &&
	    same_shape(v, vx) && same_shape(v, vy);
}

/* 1 when there are such; x and y are left alone otherwise. */
static int
find_places(struct tiles *t, const char *x, const char *y)
{
	struct view vx, vy, allx, ally;
	struct view_part *px, *py;
	unsigned i;

	px = like(t, &allx);
	py = like(t, &ally);
	for (i = 0; px != NULL && py != NULL && i < t->n; i++) {
		if (!t->tiles[i].seen || !places_of(&t->tiles[i], x, y, &vx,
		    &vy))
			continue;
		px[allx.nparts] = py[ally.nparts] = t->tiles[i].part;
		px[allx.nparts++].v = vx;
		py[ally.nparts++].v = vy;
		allx.rec = vx.rec;
		allx.field = vx.field;
		ally.rec = vy.rec;
		ally.field = vy.field;
	}
	if (allx.rec == NULL)
		return 0;
	t->x = allx;
	t->y = ally;
	return t->places = 1;
}

int
tiles_place(struct tiles *t, struct state *st, const char *x, const char *y)
{
	t->places = 0;
	if (y != NULL && find_places(t, x, y))
		return 0;
	if (!along(t, st, t->v.rank - 1, x, &t->x))
		return -1;
	if (y == NULL)
		return t->v.rank == 1 ? 0 : -1;
	return t->v.rank == 2 && along(t, st, 0, y, &t->y) ? 0 : -1;
}

void
tiles_free(struct tiles **list, const struct tiles *since)
{
	struct tiles *t;

	while ((t = *list) != since && t != NULL) {
		*list = t->next;
		while (t->nmade > 0)
			free(t->made[--t->nmade]);
		free(t->tiles);
		free(t);
	}
}

enum tiles_found
tiles_join(struct tiles **list, const struct tiles *since, struct state *st,
    const struct source *s, const char *name, const struct slice *slices,
    unsigned nslices, const char **why)
{
	uint64_t extents[APREC_RANK_MAX], offset[APREC_RANK_MAX];
	const struct record *rec;
	const struct field *f = source_field(s, name, &rec);
	unsigned k, groups = 0;
	int is;
	const char *slice;
	struct tile tile;
	struct tiles *t;

	is = f == NULL ? 0 : tiles_read(f, extents, offset, why);
	if (is != -1)
		*why = NULL;
	if (is != 1)
		return TILES_NONE;
	for (t = *list; t != since && t != NULL; t = t->next, groups++) {
		if (strcmp(t->field.name, name) == 0 &&
		    belongs(t, s, name, &tile))
			return TILES_BEFORE;
	}
	*why = "there are tiles of too many arrays of that name";
	if (groups >= GROUPS || (t = calloc(1, sizeof(*t))) == NULL)
		return TILES_NONE;
	t->next = *list;
	*list = t;
	t->source = s;
	t->field = *f;
	t->field.count = 1;
	for (k = 0; k < f->rank; k++) {
		t->field.extents[k] = extents[k];
		t->field.count *= extents[k];
	}
	*why = NULL;
	if (view_array(&t->v, rec, &t->field, slices, nslices, &slice) == -1 ||
	    collect(t, st, name) == -1 || put_together(t, why) == -1) {
		tiles_free(list, t->next);
		return TILES_NONE;
	}
	if (!find_places(t, NULL, NULL)) {
		along(t, st, t->v.rank - 1, NULL, &t->x);
		if (t->v.rank == 2)
			along(t, st, 0, NULL, &t->y);
	}
	*why = NULL;
	return TILES_JOINED;
}
