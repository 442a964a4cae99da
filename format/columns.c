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
	size_t n = cs->groups + 1;
	size_t *rows = realloc(cs->group_rows, (n + 1) * sizeof(*rows));
	uint64_t *row;

	if (rows != NULL)
		cs->group_rows = rows;
	row = realloc(cs->group_row, (n + 1) * sizeof(*row));
	if (row != NULL)
		cs->group_row = row;
	if (rows == NULL || row == NULL) {
		cs->failed = 1;
		return -1;
	}
	cs->groups = n;
	cs->group_rows[n] = 0;
	cs->group_row[n] = 0;
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
	*at = 0;
	if (!cs->arrays || c->scalar) {
		c->count = 0;
	} else {
		if (c->group == 0 && cs->row_group == 0 && add_group(cs) == -1)
			return -1;
		if (c->group == 0)
			c->group = cs->row_group > 0 ? cs->row_group :
			    cs->groups;
		cs->row_group = c->group;
		*at = cs->group_rows[c->group];
		if (cs->group_row[c->group] == cs->row_number)
			(*at)--;
	}
	if (reserve(cs, c, *at + 1) == -1)
		return -1;
	if (cs->arrays && !c->scalar &&
	    cs->group_row[c->group] != cs->row_number) {
		cs->group_row[c->group] = cs->row_number;
		cs->group_rows[c->group]++;
	}
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
static void
give(struct columns *cs, struct column *c, int array)
{
	struct text_field *f = &cs->fields[cs->nfields++];
	int64_t whole;
	size_t i;

	*f = (struct text_field){ .name = c->name, .units = c->units,
	    .label = c->label, .array = array, .kind = TEXT_NUMBER,
	    .count = c->count, .data = c->values };
	if (c->count == 0) {
		f->kind = TEXT_STRING;
		f->data = c->string;
		f->count = c->string_len;
		f->array = 0;
	} else if (c->whole) {
		f->kind = TEXT_WHOLE;
		for (i = 0; i < c->count; i++) {
			whole = (int64_t)c->values[i];
			memcpy(&c->values[i], &whole, sizeof(whole));
		}
	}
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
		give(cs, c, 0);
		c->mixed = 0;
	}
	return cs->nfields > 0;
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

/* Is no other column in its group? */
static int
is_alone(const struct columns *cs, const struct column *c)
{
	size_t i;

	for (i = 0; i < cs->n; i++)
		if (cs->list[i] != c && cs->list[i]->count > 0 &&
		    !cs->list[i]->scalar && cs->list[i]->group == c->group)
			return 0;
	return 1;
}

/*
 * The coordinate of each group, by its number: the column that was asked for,
 * else the first one, if it rises or falls and has another beside it.
 */
static void
coordinates(struct columns *cs, struct column **found)
{
	struct column *c;
	size_t i;

	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->count == 0 || c->scalar)
			continue;
		if (found[c->group] == NULL || (c->coordinate &&
		    !found[c->group]->coordinate))
			found[c->group] = c;
	}
	for (i = 1; i <= cs->groups; i++)
		if (found[i] != NULL && (!is_monotonic(found[i]) ||
		    is_alone(cs, found[i])))
			found[i] = NULL;
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
		rows = cs->group_rows[c->group];
		if (reserve(cs, c, rows) == -1)
			c->count = 0;		/* withheld: cannot be whole */
		while (c->count > 0 && c->count < rows)
			c->values[c->count++] = NAN;
		for (rows = 0; c->whole && rows < c->count; rows++)
			c->whole = !isnan(c->values[rows]);
	}
}

int
columns_block(struct columns *cs)
{
	struct column *c, **found;
	size_t i;

	if (!cs->holding)
		return 0;
	cs->holding = 0;
	if (fields_room(cs) == -1 ||
	    (found = calloc(cs->groups + 1, sizeof(struct column *))) == NULL) {
		cs->failed = 1;
		return 0;
	}
	pad(cs);
	coordinates(cs, found);
	for (i = 0; i < cs->n; i++) {
		c = cs->list[i];
		if (c->count == 0 && (c->string_len == 0 || c->mixed))
			continue;
		give(cs, c, !c->scalar);
		if (!c->scalar && c->count > 0 && found[c->group] != NULL)
			cs->fields[cs->nfields - 1].dim = found[c->group]->name;
	}
	free(found);
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
	cs->groups = 0;
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
	free(cs->group_rows);
	free(cs->group_row);
	free(cs->fields);
}
