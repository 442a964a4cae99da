/*
 * columns: values under names, gathered into rows or arrays.
 *
 * Always true: the columns of a group that have values have as many as the
 * group has rows, but for those that pad() has still to fill at their ends.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"

#define NS		1000000000
#define EPOCH_MIN	100000000	/* stamps above are since 1970 */
#define WHOLE_MAX	9007199254740992.	/* 2^53: exact in a double */

static size_t
hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % COLUMNS_HASH;
}

static void
column_free(struct column *c)
{
	free(c->units);
	free(c->label);
	free(c->values);
	free(c->string);
	free(c);
}

static struct column *
column_new(struct columns *cs, const char *name)
{
	struct column *c, **more;

	if (cs->n == TEXT_COLUMNS_MAX)
		return NULL;
	more = realloc(cs->list, (cs->n + 1) * sizeof(*more));
	if (more != NULL)
		cs->list = more;
	if (more == NULL || (c = calloc(1, sizeof(*c))) == NULL) {
		cs->failed = 1;
		return NULL;
	}
	memcpy(c->name, name, strlen(name) + 1);
	c->whole = strcmp(name, "step") == 0;
	cs->list[cs->n++] = c;
	return c;
}

/* The column of that name, made if it is new.  NULL: too many. */
static struct column *
column_get(struct columns *cs, const char *name)
{
	size_t at = hash(name);
	struct column *c;

	for (; cs->hash[at] != 0; at = (at + 1) % COLUMNS_HASH) {
		c = cs->list[cs->hash[at] - 1];
		if (strcmp(c->name, name) == 0)
			return c;
	}
	if ((c = column_new(cs, name)) != NULL)
		cs->hash[at] = cs->n;
	return c;
}

struct column *
columns_for_row(struct columns *cs, const char *name)
{
	char other[WORD_NAME_SIZE];
	struct column *c = column_get(cs, name);
	unsigned int i;

	for (i = 2; c != NULL && c->row == cs->row_number; i++) {
		word_numbered(other, name, i);
		c = column_get(cs, other);
	}
	return c;
}

static char *
copied(struct columns *cs, const char *s, size_t n)
{
	char *p = malloc(n + 1);

	if (p == NULL) {
		cs->failed = 1;
		return NULL;
	}
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* Two quotes within quotes stand for one. */
static size_t
single_quotes(char *s, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		s[k++] = s[i];
		if (s[i] == '"' && i + 1 < n && s[i + 1] == '"')
			i++;
	}
	s[k] = '\0';
	return k;
}

char *
columns_attribute(struct columns *cs, const char *s, size_t n)
{
	char buf[TEXT_HEADING_MAX + 1];

	n = single_quotes(buf, word_text(buf, sizeof(buf), s, n));
	return n > 0 ? copied(cs, buf, n) : NULL;
}

void
columns_describe(struct columns *cs, struct column *c, struct span label,
    struct span units)
{
	if (c->label == NULL && label.n > 0 && !cells_same(label, c->name))
		c->label = columns_attribute(cs, label.s, label.n);
	if (c->units == NULL && units.n > 0)
		c->units = columns_attribute(cs, units.s, units.n);
}

static int
add_group(struct columns *cs)
{
	struct group *g = realloc(cs->groups, (cs->ngroups + 2) * sizeof(*g));

	if (g == NULL) {
		cs->failed = 1;
		return -1;
	}
	cs->groups = g;
	cs->groups[++cs->ngroups] = (struct group){ 0 };
	return 0;
}

/* Room for n values of the column.  -1: over the limit, or no memory. */
static int
reserve(struct columns *cs, struct column *c, size_t n)
{
	size_t room = c->room > 0 ? c->room : 1;
	double *v;

	if (n <= c->room)
		return 0;
	while (room < n)
		room *= 2;
	if (room - c->room > (cs->memory - cs->used) / sizeof(*v))
		return -1;
	if ((v = realloc(c->values, room * sizeof(*v))) == NULL) {
		cs->failed = 1;
		return -1;
	}
	cs->used += (room - c->room) * sizeof(*v);
	c->values = v;
	c->room = room;
	return 0;
}

/*
 * The index at which the column's value of this row lies.  Columns of a group
 * are of equal length; what a row leaves out is NaN.  -1: no memory.
 */
static int
place(struct columns *cs, struct column *c, size_t *at)
{
	struct group *g = NULL;

	*at = 0;
	if (!cs->arrays || c->scalar) {
		c->count = 0;
		return reserve(cs, c, 1);
	}
	if (c->group == 0 && cs->row_group == 0 && add_group(cs) == -1)
		return -1;
	if (c->group == 0)
		c->group = cs->row_group > 0 ? cs->row_group : cs->ngroups;
	cs->row_group = c->group;
	g = &cs->groups[c->group];
	*at = g->row == cs->row_number ? g->rows - 1 : g->rows;
	if (reserve(cs, c, *at + 1) == -1)
		return -1;
	g->rows = *at + 1;
	g->row = cs->row_number;
	while (c->count < *at)
		c->values[c->count++] = NAN;
	return 0;
}

int
columns_number(struct columns *cs, struct column *c, double v)
{
	size_t at;

	if (place(cs, c, &at) == -1)
		return -1;
	if (!(fabs(v) <= WHOLE_MAX && v == floor(v)))
		c->whole = 0;
	c->values[at] = v;
	c->count = at + 1;
	c->row = cs->row_number;
	return 0;
}

int
columns_string(struct columns *cs, struct column *c, struct span word)
{
	char *s;
	size_t n;

	if (!cs->arrays)
		c->count = 0;
	c->row = cs->row_number;
	if (c->string != NULL && c->string_len == word.n &&
	    memcmp(c->string, word.s, word.n) == 0)
		return 0;
	if ((s = realloc(c->string, word.n + 1)) == NULL) {
		cs->failed = 1;
		return -1;
	}
	c->mixed |= c->string != NULL && c->string_len > 0;
	c->string = s;
	n = single_quotes(s, word_text(s, word.n + 1, word.s, word.n));
	c->string_len = n;
	return 0;
}

/* The column t of a stamped row. */
static int
set_stamp(struct columns *cs)
{
	struct span none = { "", 0 }, seconds = { "s", 1 };
	struct column *c;
	int64_t from;

	if (!cs->stamped)
		return 0;
	if (cs->first_wall == 0)
		cs->first_wall = cs->wall / NS >= EPOCH_MIN ? cs->wall : 1;
	if ((c = columns_for_row(cs, "t")) == NULL)
		return -1;
	columns_describe(cs, c, none, seconds);
	from = cs->first_wall > 1 ? cs->first_wall : 0;
	return columns_number(cs, c, (double)(cs->wall - from) / NS);
}

int
columns_begin(struct columns *cs)
{
	cs->row_number++;
	cs->row_group = 0;
	return set_stamp(cs);
}

/* Adds the field of one column to the row that is given out. */
static struct text_field *
give(struct columns *cs, struct column *c)
{
	struct text_field *f = &cs->fields[cs->nfields++];
	int64_t whole;
	size_t i;

	*f = (struct text_field){ .name = c->name, .units = c->units,
	    .label = c->label, .kind = TEXT_NUMBER, .count = c->count,
	    .data = c->values };
	if (c->count == 0) {
		f->kind = TEXT_STRING;
		f->data = c->string;
		f->count = c->string_len;
	} else if (c->whole) {
		f->kind = TEXT_WHOLE;
		for (i = 0; i < c->count; i++) {
			whole = (int64_t)c->values[i];
			memcpy(&c->values[i], &whole, sizeof(whole));
		}
	}
	return f;
}

static int
fields_room(struct columns *cs)
{
	void *p = realloc(cs->fields, cs->n * sizeof(*cs->fields) + 1);

	if (p == NULL) {
		cs->failed = 1;
		return -1;
	}
	cs->fields = p;
	cs->nfields = 0;
	return 0;
}

int
columns_end(struct columns *cs)
{
	size_t i;
	struct column *c;

	if (cs->arrays) {
		cs->holding = 1;
		return 0;
	}
	if (fields_room(cs) == -1)
		return 0;
	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->row != cs->row_number)
			continue;
		give(cs, c);
		c->mixed = 0;
	}
	return cs->nfields > 0;
}

/* Behind the last row of a part.  All parts of a grid have one length. */
static void
end_part(struct group *g)
{
	size_t length = g->rows - g->part;

	if (length == 0)
		return;
	if (g->parts > 0 && length != g->length)
		g->uneven = 1;
	g->length = length;
	g->parts++;
	g->part = g->rows;
}

void
columns_part(struct columns *cs)
{
	size_t i;

	for (i = 1; i <= cs->ngroups; i++)
		end_part(&cs->groups[i]);
}

static int
is_monotonic(const struct column *c)
{
	size_t i;

	if (c->count < 2 || c->values[0] == c->values[1])
		return 0;
	for (i = 1; i < c->count; i++)
		if (!(c->values[0] < c->values[1] ?
		    c->values[i - 1] < c->values[i] :
		    c->values[i - 1] > c->values[i]))
			return 0;
	return isfinite(c->values[0]) && isfinite(c->values[c->count - 1]);
}

/*
 * The coordinates of each group: the column that was asked for, else the first
 * one, and the next one for a grid.
 */
static void
coordinates(struct columns *cs)
{
	struct column *c;
	struct group *g;
	size_t i;

	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->count == 0 || c->scalar)
			continue;
		g = &cs->groups[c->group];
		if (g->first == NULL)
			g->first = c;
		else if (c->coordinate && !g->first->coordinate) {
			g->second = g->first;
			g->first = c;
		} else if (g->second == NULL)
			g->second = c;
	}
	for (i = 1; i <= cs->ngroups; i++) {
		g = &cs->groups[i];
		end_part(g);
		if (g->second != NULL && !g->uneven && g->parts > 1 &&
		    g->length > 1)
			g->grid = grid_kind(g->first->values,
			    g->second->values, g->parts, g->length);
		if (g->grid == GRID_NONE && g->second != NULL &&
		    g->parts > 1 && g->rows >= 2 * g->parts)
			cs->loose += g->parts;
		if (g->grid == GRID_NONE && (g->second == NULL ||
		    !is_monotonic(g->first)))
			g->first = NULL;
	}
}

/* Makes the columns of a group equally long. */
static void
pad(struct columns *cs)
{
	struct column *c;
	size_t i, rows;

	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->count == 0 || c->scalar)
			continue;
		rows = cs->groups[c->group].rows;
		if (reserve(cs, c, rows) == -1)
			c->count = 0;		/* withheld: cannot be whole */
		while (c->count > 0 && c->count < rows)
			c->values[c->count++] = NAN;
		for (rows = 0; c->whole && rows < c->count; rows++)
			c->whole = !isnan(c->values[rows]);
	}
}

/*
 * A column of a grid: the coordinates become 1-D, the others 2-D, with the
 * first coordinate along the rows.  -1: no memory.
 */
static int
shape_grid(const struct group *g, struct column *c)
{
	if (c != g->first && c != g->second)
		return g->grid == GRID_ALONG_X ? 0 :
		    grid_transpose(c->values, g->parts, g->length);
	if ((c == g->first) == (g->grid == GRID_ALONG_X)) {
		c->count = g->length;
	} else {
		grid_across(c->values, g->parts, g->length);
		c->count = g->parts;
	}
	return 0;
}

/* Gives out an array, and its shape. */
static void
give_array(struct columns *cs, struct column *c)
{
	const struct group *g = &cs->groups[c->group];
	struct text_field *f;

	if (g->grid != GRID_NONE && shape_grid(g, c) == -1) {
		cs->failed = 1;
		return;
	}
	f = give(cs, c);
	f->rank = 1;
	f->extents[0] = c->count;
	f->dims[0] = g->first != NULL ? g->first->name : NULL;
	if (g->grid == GRID_NONE || c == g->first)
		return;
	f->dims[0] = g->second->name;
	if (c == g->second)
		return;
	f->rank = 2;
	f->extents[0] = g->grid == GRID_ALONG_X ? g->parts : g->length;
	f->extents[1] = g->grid == GRID_ALONG_X ? g->length : g->parts;
	f->dims[1] = g->first->name;
}

static void
give_arrays(struct columns *cs)
{
	struct column *c;
	size_t i;

	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->count > 0 && !c->scalar)
			give_array(cs, c);
		else if (c->count > 0 || (c->string_len > 0 && !c->mixed))
			give(cs, c);
	}
}

int
columns_block(struct columns *cs)
{
	if (!cs->holding)
		return 0;
	cs->holding = 0;
	if (fields_room(cs) == -1)
		return 0;
	pad(cs);
	coordinates(cs);
	give_arrays(cs);
	cs->given = cs->nfields > 0;
	return cs->given;
}

void
columns_clear(struct columns *cs)
{
	struct column *c;
	size_t i;

	if (cs->holding || !cs->given)
		return;
	cs->given = 0;
	cs->row_number++;
	cs->row_group = 0;
	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		c->count = 0;
		c->string_len = 0;
		c->mixed = 0;
		c->group = 0;
		c->scalar = 0;
		c->whole = strcmp(c->name, "step") == 0;
	}
	cs->ngroups = 0;
}

void
columns_init(struct columns *cs, int arrays, size_t memory)
{
	memset(cs, 0, sizeof(*cs));
	cs->arrays = arrays;
	cs->memory = memory;
}

void
columns_free(struct columns *cs)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		column_free(cs->list[i]);
	free(cs->list);
	free(cs->groups);
	free(cs->fields);
}
