/*
 * past.c - see past.h
 *
 * What is always true: the rows of a run rise in seq; those of one bucket have
 * the same seq >> shift.  The buckets before the row open are closed: they
 * have no row but the first, the last, and those of extremes.  In the open one
 * each column knows its extremes so far, so that a row that is none, and not
 * the last any more, is overwritten by the next.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "past.h"

#define RUN_LISTS	256	/* of runs; a power of 2 */
#define PLANS		4	/* tables of a run met again and again */
#define FIRST_ROWS	64
#define ALONE		2048	/* runs of which there is but a history */
#define ALL_NUMBERS	(PAST_NUMBERS + 3)	/* and step, t, time */
#define HASH		512

union number {
	double		 d;
	int64_t		 i;
	uint64_t	 u;
};

/* A row is so many of these: seq, wall, numbers. */
enum { SEQ, WALL, NUMBERS };

struct column {
	char		 name[APREC_NAME_MAX + 1];
	enum aprec_type	 type;		/* I64, U64, F64 */
	int		 carried;	/* step, t, time */
	struct table	*table;		/* of the newest record with it */
	uint32_t	 index;		/* there */
	union number	 least, most;	/* in the open bucket */
	uint64_t	 least_seq, most_seq;
};

/* How to get a column's value out of a record. */
struct load {
	uint64_t	 offset;
	enum aprec_type	 from;
	uint32_t	 column;
};

/* All that records with one table bring. */
struct plan {
	struct table	*table;
	uint32_t	 nloads, nabsent;
	struct load	*loads;
	uint32_t	*absent;	/* columns they make unknown */
};

struct run {
	uint64_t	 run;
	char		 source[APREC_SOURCE_MAX + 1];
	struct run	*next;		/* in its list */
	struct column	*columns;
	uint32_t	 ncolumns;
	union number	*rows;
	size_t		 room;		/* rows there is memory for */
	size_t		 n;
	size_t		 open;		/* where the open bucket begins */
	unsigned	 shift;
	unsigned	 refs;		/* extremes that the last row holds */
	uint8_t		 hash[HASH];	/* of names: a column + 1; 0: free */
	union number	 row[NUMBERS + ALL_NUMBERS];	/* being made */
	struct plan	 plans[PLANS];
	unsigned	 oldest;	/* plan, to be replaced */
	size_t		 bytes;		/* charged */
	int		 known;		/* by records, not a history alone */
	int		 seen;
};

struct past {
	struct pool	*pool;
	size_t		 memory;
	size_t		 used;
	struct run	*runs[RUN_LISTS];
	struct run	*hit;		/* found last */
	unsigned	 nruns;
};

/*
 * Memory
 */

static int
charge(struct past *p, struct run *r, size_t n)
{
	if (n > p->memory - p->used) {
		errno = ENOBUFS;
		return -1;
	}
	if (pool_charge(p->pool, n) == -1)
		return -1;
	p->used += n;
	r->bytes += n;
	return 0;
}

static void
credit(struct past *p, struct run *r, size_t n)
{
	pool_credit(p->pool, n);
	p->used -= n;
	r->bytes -= n;
}

static size_t
stride(const struct run *r)
{
	return NUMBERS + r->ncolumns;
}

static union number *
row_at(const struct run *r, size_t i)
{
	return r->rows + i * stride(r);
}

/* Rows that a run of so many numbers may have, at most and at least: two
 * buckets must fit in three quarters of them. */
static size_t
most_rows(size_t ncolumns)
{
	size_t n = PAST_BYTES / ((NUMBERS + ncolumns) * sizeof(union number));

	return n < PAST_ROWS ? n : PAST_ROWS;
}

static size_t
least_rows(size_t ncolumns)
{
	size_t n = 3 * (2 * ncolumns + 2);

	return n < FIRST_ROWS ? FIRST_ROWS : n;
}

/*
 * Runs
 */

static void
forget_plans(struct run *r)
{
	for (unsigned i = 0; i < PLANS; i++) {
		table_drop(r->plans[i].table);
		free(r->plans[i].loads);
		free(r->plans[i].absent);
		memset(&r->plans[i], 0, sizeof(r->plans[i]));
	}
}

static void
free_run(struct past *p, struct run *r)
{
	forget_plans(r);
	for (uint32_t k = 0; k < r->ncolumns; k++)
		table_drop(r->columns[k].table);
	free(r->columns);
	free(r->rows);
	pool_credit(p->pool, r->bytes);
	p->used -= r->bytes;
	p->nruns--;
	free(r);
}

static struct run **
run_list(struct past *p, uint64_t run)
{
	return &p->runs[(run ^ run >> 32) % RUN_LISTS];
}

static struct run *
find_run(const struct past *p, uint64_t run)
{
	struct run *r = p->hit;

	if (r != NULL && r->run == run)
		return r;
	for (r = p->runs[(run ^ run >> 32) % RUN_LISTS]; r != NULL; r = r->next)
		if (r->run == run)
			break;
	return r;
}

static struct run *
get_run(struct past *p, const struct record *rec)
{
	struct run *r = find_run(p, rec->run), **list;

	if (r != NULL)
		return p->hit = r;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	if (charge(p, r, sizeof(*r)) == -1) {
		free(r);
		return NULL;
	}
	r->run = rec->run;
	memcpy(r->source, rec->source, sizeof(r->source));
	list = run_list(p, rec->run);
	r->next = *list;
	*list = r;
	p->nruns++;
	return p->hit = r;
}

struct past *
past_new(struct pool *pool, size_t memory)
{
	struct past *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		p->pool = pool;
		p->memory = memory;
	}
	return p;
}

void
past_free(struct past *p)
{
	struct run *r, *next;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < RUN_LISTS; i++)
		for (r = p->runs[i]; r != NULL; r = next) {
			next = r->next;
			free_run(p, r);
		}
	free(p);
}

void
past_prune(struct past *p, const struct state *st)
{
	struct run *r, **at;

	if (p->nruns <= state_count(st))
		return;
	for (const struct source *s = state_sources(st); s; s = s->next)
		if ((r = find_run(p, s->run)) != NULL)
			r->seen = 1;
	for (unsigned i = 0; i < RUN_LISTS; i++)
		for (at = &p->runs[i]; (r = *at) != NULL;)
			if (r->seen || (!r->known && p->nruns <= ALONE)) {
				r->seen = 0;
				at = &r->next;
			} else {
				*at = r->next;
				free_run(p, r);
			}
	p->hit = NULL;
}

/*
 * Values
 */

static int
is_unknown(const struct column *c, union number v)
{
	return c->type == APREC_F64 && isnan(v.d);
}

static int
is_less(const struct column *c, union number a, union number b)
{
	if (c->type == APREC_F64)
		return a.d < b.d;
	return c->type == APREC_I64 ? a.i < b.i : a.u < b.u;
}

static void
make_real(const struct column *c, union number *v)
{
	double d = c->type == APREC_I64 ? (double)v->i : (double)v->u;

	v->d = d;
}

/* A column of whole numbers that shall hold others, or unknown ones. */
static void
column_real(struct run *r, uint32_t k)
{
	struct column *c = &r->columns[k];

	if (c->type == APREC_F64)
		return;
	for (size_t i = 0; i < r->n; i++)
		make_real(c, row_at(r, i) + NUMBERS + k);
	make_real(c, &r->row[NUMBERS + k]);
	if (c->least_seq == 0)
		c->least.d = (double)INFINITY;
	else
		make_real(c, &c->least);
	if (c->most_seq == 0)
		c->most.d = (double)-INFINITY;
	else
		make_real(c, &c->most);
	c->type = APREC_F64;
}

/* The type that holds every value of another, as far as one does. */
static enum aprec_type
type_for(enum aprec_type from)
{
	if (from == APREC_F32 || from == APREC_F64)
		return APREC_F64;
	return from == APREC_U64 ? APREC_U64 : APREC_I64;
}

static union number
get_value(const struct column *c, enum aprec_type from, const uint8_t *at)
{
	union number v;

	if (from == c->type)
		memcpy(&v, at, sizeof(v));
	else if (c->type == APREC_F64)
		v.d = record_number(from, at);
	else
		v.i = (int64_t)record_number(from, at);
	return v;
}

/*
 * Buckets
 */

static void
clear_extremes(struct run *r)
{
	for (uint32_t k = 0; k < r->ncolumns; k++) {
		struct column *c = &r->columns[k];

		c->least_seq = c->most_seq = 0;
		if (c->type == APREC_F64) {
			c->least.d = (double)INFINITY;
			c->most.d = (double)-INFINITY;
		} else if (c->type == APREC_I64) {
			c->least.i = INT64_MAX;
			c->most.i = INT64_MIN;
		} else {
			c->least.u = UINT64_MAX;
			c->most.u = 0;
		}
	}
}

/* The last row takes the place of extremes that v is beyond. */
static inline void
offer(struct column *c, union number v, uint64_t seq, uint64_t last,
    unsigned *lost, unsigned *won)
{
	if (is_less(c, v, c->least)) {
		*lost += c->least_seq == last;
		c->least = v;
		c->least_seq = seq;
		(*won)++;
	}
	if (is_less(c, c->most, v)) {
		*lost += c->most_seq == last;
		c->most = v;
		c->most_seq = seq;
		(*won)++;
	}
}

/* Mark the rows of the least and the greatest of a column in [a, b). */
static void
mark_extremes(const struct run *r, uint32_t k, size_t a, size_t b,
    uint8_t *marks)
{
	const struct column *c = &r->columns[k];
	size_t least = b, most = b;
	union number v, low = { 0 }, high = { 0 };

	for (size_t i = a; i < b; i++) {
		v = row_at(r, i)[NUMBERS + k];
		if (is_unknown(c, v))
			continue;
		if (least == b || is_less(c, v, low)) {
			least = i;
			low = v;
		}
		if (most == b || is_less(c, high, v)) {
			most = i;
			high = v;
		}
	}
	if (least < b)
		marks[least - a] = marks[most - a] = 1;
}

/* Keep of the rows [a, b), a bucket, what stays, from row to on; where they
 * end. */
static size_t
reduce(struct run *r, size_t a, size_t b, size_t to)
{
	uint8_t marks[PAST_ROWS + 1];
	size_t size = stride(r) * sizeof(union number);

	memset(marks, b - a <= 2, b - a);
	marks[0] = marks[b - a - 1] = 1;
	for (uint32_t k = 0; b - a > 2 && k < r->ncolumns; k++)
		mark_extremes(r, k, a, b, marks);
	for (size_t i = a; i < b; i++)
		if (marks[i - a]) {
			if (to != i)
				memcpy(row_at(r, to), row_at(r, i), size);
			to++;
		}
	return to;
}

/* What is known of the open bucket, from its rows. */
static void
reopen(struct run *r)
{
	uint64_t last = r->n > 0 ? row_at(r, r->n - 1)[SEQ].u : 0;
	unsigned lost = 0, won = 0;

	clear_extremes(r);
	r->refs = 0;
	for (uint32_t k = 0; k < r->ncolumns; k++) {
		struct column *c = &r->columns[k];

		for (size_t i = r->open; i < r->n; i++)
			offer(c, row_at(r, i)[NUMBERS + k],
			    row_at(r, i)[SEQ].u, 0, &lost, &won);
		r->refs += c->least_seq == last;
		r->refs += c->most_seq == last;
	}
}

/* Reduce all buckets to at most so many rows, making them larger where need
 * be. */
static void
regroup(struct run *r, size_t most)
{
	size_t a, b, to;

	for (;; r->shift++) {
		for (a = to = 0; a < r->n; a = b) {
			uint64_t bucket = row_at(r, a)[SEQ].u >> r->shift;

			for (b = a + 1; b < r->n; b++)
				if (row_at(r, b)[SEQ].u >> r->shift != bucket)
					break;
			r->open = to;
			to = reduce(r, a, b, to);
		}
		r->n = to;
		if (r->n <= most || r->shift == 63)
			break;
	}
	reopen(r);
}

/* Rows for room of them, columns more each; -1: it stays as it is. */
static int
resize(struct past *p, struct run *r, size_t room, uint32_t columns)
{
	size_t was = r->room * stride(r) * sizeof(union number);
	size_t wide = stride(r) + columns;
	size_t size = room * wide * sizeof(union number);
	union number *rows;

	if (charge(p, r, size) == -1)
		return -1;
	if ((rows = malloc(size)) == NULL) {
		credit(p, r, size);
		return -1;
	}
	for (size_t i = 0; i < r->n; i++) {
		memcpy(rows + i * wide, row_at(r, i),
		    stride(r) * sizeof(*rows));
		for (size_t k = stride(r); k < wide; k++)
			rows[i * wide + k].d = (double)NAN;
	}
	free(r->rows);
	credit(p, r, was);
	r->rows = rows;
	r->room = room;
	return 0;
}

/* Room for one more row. */
static void
make_room(struct past *p, struct run *r)
{
	size_t most = most_rows(r->ncolumns), want = 2 * r->room;

	if (want > most)
		want = most;
	if (r->n < r->room ||
	    (want > r->room && resize(p, r, want, 0) == 0))
		return;
	regroup(r, r->room * 3 / 4);
}

/*
 * Rows
 */

static void
close_bucket(struct run *r)
{
	if (r->n - r->open > 2)
		r->n = reduce(r, r->open, r->n, r->open);
	r->open = r->n;
	r->refs = 0;
	clear_extremes(r);
}

/* Stand at the bucket of seq, with room for a row; the seq of the last one. */
static uint64_t
row_begin(struct past *p, struct run *r, uint64_t seq)
{
	uint64_t last = r->n > 0 ? row_at(r, r->n - 1)[SEQ].u : 0;

	if (r->n == r->room)
		make_room(p, r);
	if (r->n > r->open && last >> r->shift != seq >> r->shift)
		close_bucket(r);
	return last;
}

/* Put down the row that is made: it took lost extremes from the last one and
 * has won of them. */
static void
row_end(struct run *r, unsigned lost, unsigned won)
{
	size_t at = r->n;

	if (r->n - r->open > 1 && r->refs == lost)
		at--;
	else
		r->n++;
	memcpy(row_at(r, at), r->row, stride(r) * sizeof(*r->row));
	r->refs = won;
}

/* The row that is made, with all its columns. */
static void
add_row(struct past *p, struct run *r)
{
	uint64_t last = row_begin(p, r, r->row[SEQ].u);
	unsigned lost = 0, won = 0;

	for (uint32_t k = 0; k < r->ncolumns; k++)
		offer(&r->columns[k], r->row[NUMBERS + k], r->row[SEQ].u,
		    last, &lost, &won);
	row_end(r, lost, won);
}

/*
 * Columns
 */

static int
is_carried(const char *name)
{
	return strcmp(name, "step") == 0 || strcmp(name, "t") == 0 ||
	    strcmp(name, "time") == 0;
}

/* The place of a name in the hash. */
static uint8_t *
find_place(struct run *r, const char *name)
{
	uint32_t i = field_hash(name);

	for (;; i++) {
		uint8_t *e = &r->hash[i % HASH];

		if (*e == 0 || strcmp(r->columns[*e - 1].name, name) == 0)
			return e;
	}
}

/* The column of that name, or ncolumns. */
static uint32_t
find_column(struct run *r, const char *name)
{
	uint8_t e = *find_place(r, name);

	return e == 0 ? r->ncolumns : e - 1u;
}

/* Whether the field is a column's value, or in a history all of them. */
static int
is_column(const struct table *t, const struct field *f)
{
	if (!t->history)
		return field_is_number(f);
	return f->rank == 1 && f->count == t->fields[0].count &&
	    strncmp(f->name, "HISTORY_", 8) != 0 &&
	    f->type != APREC_C64 && f->type != APREC_C128;
}

/* How many new columns the table brings, as far as there may be so many. */
static uint32_t
new_columns(struct run *r, const struct table *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (is_column(t, f) && find_column(r, f->name) == r->ncolumns &&
		    (r->ncolumns + n < PAST_NUMBERS || is_carried(f->name)))
			n++;
	}
	return n;
}

/* Memory for n more columns: 0, or -1. */
static int
reserve_columns(struct past *p, struct run *r, uint32_t n)
{
	uint32_t all = r->ncolumns + n;
	size_t room = r->room, size = n * sizeof(*r->columns);
	struct column *columns;

	if (room < least_rows(all))
		room = least_rows(all);
	if (room > most_rows(all))
		room = most_rows(all);
	if (r->n >= room)
		regroup(r, room * 3 / 4);
	if (charge(p, r, size) == -1)
		return -1;
	columns = realloc(r->columns, all * sizeof(*columns));
	if (columns != NULL)
		r->columns = columns;
	if (columns == NULL || resize(p, r, room, n) == -1) {
		credit(p, r, size);
		return -1;
	}
	return 0;
}

static void
add_columns(struct past *p, struct run *r, const struct table *t)
{
	uint32_t n = new_columns(r, t);

	if (n == 0 || reserve_columns(p, r, n) == -1)
		return;
	for (uint32_t i = 0; i < t->nfields && n > 0; i++) {
		const struct field *f = &t->fields[i];
		struct column *c = &r->columns[r->ncolumns];

		if (!is_column(t, f) || find_column(r, f->name) < r->ncolumns ||
		    (r->ncolumns >= PAST_NUMBERS && !is_carried(f->name)))
			continue;
		memset(c, 0, sizeof(*c));
		memcpy(c->name, f->name, strlen(f->name));
		c->type = r->n > 0 ? APREC_F64 : type_for(f->type);
		c->carried = is_carried(f->name);
		r->row[NUMBERS + r->ncolumns++].d = (double)NAN;
		*find_place(r, f->name) = (uint8_t)r->ncolumns;
		n--;
	}
	reopen(r);
}

/* The newest description of a column is that of t's field i. */
static void
column_table(struct column *c, struct table *t, uint32_t i)
{
	table_hold(t);
	table_drop(c->table);
	c->table = t;
	c->index = i;
}

/*
 * Plans
 */

/* Make the columns that t's records bring and do not bring what they must be;
 * loads in the order of the table. */
static void
fill_plan(struct run *r, struct plan *plan, struct table *t)
{
	uint8_t here[ALL_NUMBERS] = { 0 };

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];
		uint32_t k = find_column(r, f->name);

		if (!is_column(t, f) || k == r->ncolumns)
			continue;
		column_table(&r->columns[k], t, i);
		if (type_for(f->type) != r->columns[k].type)
			column_real(r, k);
		plan->loads[plan->nloads++] = (struct load){ f->offset,
			f->type, k };
		here[k] = 1;
	}
	for (uint32_t k = 0; k < r->ncolumns; k++)
		if (!here[k] && (t->history || !r->columns[k].carried)) {
			column_real(r, k);
			plan->absent[plan->nabsent++] = k;
		}
}

static int
plan_new(struct past *p, struct run *r, struct plan *plan, struct table *t)
{
	add_columns(p, r, t);
	memset(plan, 0, sizeof(*plan));
	plan->loads = calloc(r->ncolumns + 1, sizeof(*plan->loads));
	plan->absent = calloc(r->ncolumns + 1, sizeof(*plan->absent));
	if (plan->loads == NULL || plan->absent == NULL) {
		free(plan->loads);
		free(plan->absent);
		plan->loads = NULL;
		plan->absent = NULL;
		return -1;
	}
	plan->table = table_hold(t);
	fill_plan(r, plan, t);
	return 0;
}

/* The plan for records with that table, or NULL. */
static const struct plan *
get_plan(struct past *p, struct run *r, struct table *t)
{
	struct plan *plan;

	for (unsigned i = 0; i < PLANS; i++)
		if (r->plans[i].table == t)
			return &r->plans[i];
	if (new_columns(r, t) > 0)
		forget_plans(r);	/* theirs do not know of these */
	plan = &r->plans[r->oldest++ % PLANS];
	if (plan->table != NULL) {
		table_drop(plan->table);
		free(plan->loads);
		free(plan->absent);
		memset(plan, 0, sizeof(*plan));
	}
	return plan_new(p, r, plan, t) == 0 ? plan : NULL;
}

/*
 * Adding
 */

static void
add_record(struct past *p, struct run *r, const struct plan *plan,
    const uint8_t *bytes)
{
	unsigned lost = 0, won = 0;
	uint64_t seq, last;

	record_when(bytes, &seq, &r->row[WALL].i);
	if (r->n > 0 && seq <= row_at(r, r->n - 1)[SEQ].u)
		return;
	last = row_begin(p, r, seq);
	r->row[SEQ].u = seq;
	for (uint32_t i = 0; i < plan->nloads; i++) {
		const struct load *l = &plan->loads[i];
		struct column *c = &r->columns[l->column];
		union number v = get_value(c, l->from, bytes + l->offset);

		r->row[NUMBERS + l->column] = v;
		offer(c, v, seq, last, &lost, &won);
	}
	for (uint32_t i = 0; i < plan->nabsent; i++)
		r->row[NUMBERS + plan->absent[i]].d = (double)NAN;
	row_end(r, lost, won);
}

/* Row i of a history record is the one being made. */
static void
history_row(struct run *r, const struct plan *plan, const struct record *rec,
    uint64_t i)
{
	const struct field *f;
	uint8_t b[8];

	record_copy(rec, &rec->table->fields[0], i, 1, &r->row[SEQ]);
	record_copy(rec, &rec->table->fields[1], i, 1, &r->row[WALL]);
	for (uint32_t k = 0; k < plan->nloads; k++) {
		const struct load *l = &plan->loads[k];
		struct column *c = &r->columns[l->column];

		f = &rec->table->fields[c->index];
		record_copy(rec, f, i, 1, b);
		r->row[NUMBERS + l->column] = get_value(c, l->from, b);
	}
	for (uint32_t k = 0; k < plan->nabsent; k++)
		r->row[NUMBERS + plan->absent[k]].d = (double)NAN;
}

/* Whether its first fields are HISTORY_seq, rising from 1 at least, and
 * HISTORY_wall. */
static int
is_history(const struct record *rec)
{
	const struct field *f = rec->table->fields;
	uint64_t seq, before = 0;

	if (rec->table->nfields < 2 || f[0].type != APREC_U64 ||
	    f[1].type != APREC_I64 || f[0].rank != 1 || f[1].rank != 1 ||
	    f[0].count != f[1].count || f[0].count > PAST_BYTES ||
	    strcmp(f[0].name, "HISTORY_seq") != 0 ||
	    strcmp(f[1].name, "HISTORY_wall") != 0)
		return 0;
	for (uint64_t i = 0; i < f[0].count; i++, before = seq) {
		record_copy(rec, &f[0], i, 1, &seq);
		if (seq <= before)
			return 0;
	}
	return f[0].count > 0;
}

static uint64_t
history_seq(const struct record *rec, uint64_t i)
{
	uint64_t seq;

	record_copy(rec, &rec->table->fields[0], i, 1, &seq);
	return seq;
}

/* The rows of a history record before the first that is known: they, then
 * those that are known, are added anew. */
static void
put_before(struct past *p, struct run *r, const struct plan *plan,
    const struct record *rec, uint64_t count)
{
	size_t n = r->n, size = r->room * stride(r) * sizeof(*r->rows);
	uint64_t known = row_at(r, 0)[SEQ].u;
	union number *rows = r->rows, row[NUMBERS + ALL_NUMBERS];

	if (charge(p, r, size) == -1)
		return;
	if ((r->rows = malloc(size)) == NULL) {
		r->rows = rows;
		credit(p, r, size);
		return;
	}
	memcpy(row, r->row, sizeof(row));
	r->n = r->open = 0;
	clear_extremes(r);
	for (uint64_t i = 0; i < count && history_seq(rec, i) < known; i++) {
		history_row(r, plan, rec, i);
		add_row(p, r);
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(r->row, rows + i * stride(r),
		    stride(r) * sizeof(*rows));
		add_row(p, r);
	}
	memcpy(r->row, row, sizeof(row));
	free(rows);
	credit(p, r, size);
}

static void
add_history(struct past *p, struct run *r, const struct record *rec)
{
	uint64_t count = rec->table->fields[0].count, i, last;
	struct plan plan;

	last = r->n > 0 ? row_at(r, r->n - 1)[SEQ].u : 0;
	if (r->n > 0 && history_seq(rec, 0) >= row_at(r, 0)[SEQ].u &&
	    history_seq(rec, count - 1) <= last)
		return;
	forget_plans(r);
	if (plan_new(p, r, &plan, rec->table) == -1)
		return;
	if (r->n > 0 && history_seq(rec, 0) < row_at(r, 0)[SEQ].u)
		put_before(p, r, &plan, rec, count);
	for (i = 0; r->room > 0 && i < count; i++)
		if (history_seq(rec, i) > last) {
			history_row(r, &plan, rec, i);
			add_row(p, r);
		}
	table_drop(plan.table);
	free(plan.loads);
	free(plan.absent);
}

void
past_add(struct past *p, const struct record *rec)
{
	const struct plan *plan;
	struct run *r;

	if ((rec->flags & APREC_HISTORY) && !is_history(rec))
		return;
	if ((r = get_run(p, rec)) == NULL)
		return;
	if (rec->flags & APREC_HISTORY) {
		add_history(p, r, rec);
		return;
	}
	r->known = 1;
	plan = get_plan(p, r, rec->table);
	if (plan == NULL || plan->nloads == 0)
		return;
	for (uint64_t i = (uint64_t)rec->train + 1; i-- > 0;)
		add_record(p, r, plan, rec->bytes - i * rec->length);
}

/*
 * The record
 */

static void
history_field(struct aprec_field *f, const struct run *r, const char *name,
    enum aprec_type type, size_t word)
{
	memset(f, 0, sizeof(*f));
	f->name = name;
	f->type = type;
	f->rank = 1;
	if (r == NULL)
		return;
	f->extents[0] = r->n;
	f->data = r->rows + word;
}

/* All fields of the run's history but the first two; attrs has room for the
 * attributes of all. */
static void
history_fields(const struct run *r, struct aprec_field *fields,
    struct aprec_attribute *attrs)
{
	for (uint32_t k = 0; k < r->ncolumns; k++) {
		const struct column *c = &r->columns[k];
		const struct field *f = &c->table->fields[c->index];
		struct aprec_field *to = &fields[NUMBERS + k];

		history_field(to, r, c->name, c->type, NUMBERS + k);
		to->attrs = attrs;
		to->nattrs = f->nattrs;
		for (unsigned i = 0; i < f->nattrs; i++, attrs++) {
			attrs->key = f->attrs[i].key;
			attrs->value = f->attrs[i].value;
		}
	}
}

/* The encoded record, as one that came. */
static struct record *
encoded_record(struct pool *pool, const struct aprec_header *head,
    const struct aprec_field *fields, size_t n)
{
	size_t size = aprec_encoded_size(head, fields, n);
	enum record_status status;
	struct record *rec = NULL;
	struct table *t = NULL;
	struct block *b;
	struct header h;

	if (size == 0 || (b = block_new(pool, size)) == NULL)
		return NULL;
	if (aprec_encode(head, fields, n, b->bytes, size) == 0 &&
	    record_header(b->bytes, &h, NULL) == RECORD_OK &&
	    (t = table_parse(pool, b->bytes, &h, &status, NULL)) != NULL)
		rec = record_new(b, 0, &h, t);
	table_drop(t);
	block_drop(b);
	return rec;
}

/* The rows of r, or none where it is NULL, with mark on the first field. */
static struct record *
history_record(const struct past *p, const struct run *r,
    struct aprec_header *head, const struct aprec_attribute *mark)
{
	struct aprec_field fields[NUMBERS + ALL_NUMBERS];
	size_t n = r == NULL ? NUMBERS : stride(r);
	ptrdiff_t step = (ptrdiff_t)(n * sizeof(union number));
	struct aprec_attribute *attrs;
	struct record *rec;

	attrs = calloc(n, APREC_ATTRS_MAX * sizeof(*attrs));
	if (attrs == NULL)
		return NULL;
	history_field(&fields[SEQ], r, "HISTORY_seq", APREC_U64, SEQ);
	history_field(&fields[WALL], r, "HISTORY_wall", APREC_I64, WALL);
	if (r != NULL)
		history_fields(r, fields, attrs);
	fields[SEQ].attrs = mark;
	fields[SEQ].nattrs = mark != NULL;
	for (size_t i = 0; r != NULL && i < n; i++)
		fields[i].strides = &step;
	head->flags = APREC_HISTORY | APREC_DATA_CRC;
	rec = encoded_record(p->pool, head, fields, n);
	if (rec == NULL && errno == EOVERFLOW) {
		/* Together they have more attributes than a table holds. */
		for (size_t i = NUMBERS; i < n; i++)
			fields[i].nattrs = 0;
		rec = encoded_record(p->pool, head, fields, n);
	}
	free(attrs);
	return rec;
}

static void
history_head(struct aprec_header *head, const struct run *r)
{
	memset(head, 0, sizeof(*head));
	head->seq = row_at(r, r->n - 1)[SEQ].u;
	head->wall = row_at(r, r->n - 1)[WALL].i;
	head->run = r->run;
	head->source = r->source;
}

struct record *
past_record(const struct past *p, uint64_t run)
{
	const struct run *r = find_run(p, run);
	struct aprec_header head;

	errno = 0;
	if (r == NULL || r->n == 0)
		return NULL;
	history_head(&head, r);
	return history_record(p, r, &head, NULL);
}

/* The record of a copy of the run that has fewer rows. */
static struct record *
short_record(const struct past *p, const struct run *r,
    struct aprec_header *head, const struct aprec_attribute *mark, size_t rows)
{
	struct run copy = *r;
	size_t size = r->n * stride(r) * sizeof(*r->rows);
	struct record *rec = NULL;

	copy.rows = malloc(size);
	copy.columns = calloc(r->ncolumns, sizeof(*r->columns));
	if (copy.rows != NULL && copy.columns != NULL) {
		memcpy(copy.rows, r->rows, size);
		memcpy(copy.columns, r->columns,
		    r->ncolumns * sizeof(*r->columns));
		if (rows < least_rows(r->ncolumns))
			rows = least_rows(r->ncolumns);
		regroup(&copy, rows);
		rec = history_record(p, &copy, head, mark);
	}
	free(copy.rows);
	free(copy.columns);
	return rec;
}

struct record *
past_recap(const struct past *p, const struct source *s,
    const struct recap_mark *m, size_t rows)
{
	const struct run *r = find_run(p, s->run);
	char text[64] = "";
	struct aprec_attribute mark = { PAST_RECAP, text };
	struct aprec_header head = { .seq = s->seq, .wall = s->wall,
		.run = s->run, .source = s->name };

	if (m != NULL)
		snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %"
		    PRIu64, m->count, m->at, m->before);
	if (r == NULL || r->n == 0)
		return m == NULL ? NULL : history_record(p, NULL, &head, &mark);
	history_head(&head, r);
	if (r->n <= rows)
		return history_record(p, r, &head, m == NULL ? NULL : &mark);
	return short_record(p, r, &head, m == NULL ? NULL : &mark, rows);
}

int
past_is_recap(const struct record *rec, struct recap_mark *m)
{
	const char *text;
	char *end;

	if (!(rec->flags & APREC_HISTORY) || rec->table->nfields == 0 ||
	    strcmp(rec->table->fields[0].name, "HISTORY_seq") != 0 ||
	    (text = field_attr(&rec->table->fields[0], PAST_RECAP)) == NULL)
		return 0;
	m->count = strtoull(text, &end, 10);
	m->at = strtoull(end, &end, 10);
	m->before = strtoull(end, &end, 10);
	return *end == '\0' && m->count > 0 && m->before <= m->at;
}

int
past_has(const struct past *p, uint64_t run)
{
	const struct run *r = find_run(p, run);

	return r != NULL && r->n > 0;
}

size_t
past_bytes(const struct past *p, size_t rows)
{
	size_t n = 0;

	for (unsigned i = 0; i < RUN_LISTS; i++)
		for (const struct run *r = p->runs[i]; r != NULL; r = r->next)
			n += ((r->n < rows ? r->n : rows) *
			    sizeof(union number) + 64) * stride(r);
	return n;
}
