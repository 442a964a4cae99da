/*
 * history.c - the past of the numbers of all sources, bounded
 *
 * A series is a row of full buckets, of four rows each in the order of time,
 * and a last bucket that is still being filled.  All full buckets of a series
 * stand for the same number of values.  No series has more than h->most rows,
 * which is halved where memory is short: numbers are many then, and each gets
 * the same share.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define BUCKET	4		/* rows of a bucket: first, min, max, last */
#define LEAST_ROWS	16	/* of a series, where memory is short */
#define PLANS	4		/* tables of a run met again and again */
#define LISTS	256		/* of runs; a power of 2 */

struct series {
	char		 name[APREC_NAME_MAX + 1];
	struct history_row *rows;
	size_t		 from;		/* rows before it left the window */
	size_t		 n;		/* end of the full buckets */
	size_t		 room;		/* rows that fit, BUCKET more do too */
	uint64_t	 per;		/* values of a full bucket */
	uint64_t	 filled;	/* values of the last, unfinished one */
	struct history_row last[BUCKET];
	uint64_t	 first_seq;	/* of the oldest value, */
	uint64_t	 last_seq;	/* and of the newest; 0: none */
};

/* Where the number of a field goes. */
struct load {
	const struct field *f;
	struct series	*series;	/* NULL: no room for it yet */
};

/* Where the numbers of records with one table go. */
struct plan {
	struct table	*table;
	const struct field *step, *t, *time;	/* or NULL */
	size_t		 n;
	struct load	*loads;
};

struct past {
	struct past	*next;		/* in its list */
	uint64_t	 run;
	uint64_t	 history_seq;	/* of the newest history record */
	int64_t		 step;
	int		 has_step;
	double		 t, time;	/* NaN: none */
	struct series	**series;	/* sorted by name */
	size_t		 nseries;
	size_t		 room;
	int64_t		 last_step;	/* of a row */
	struct plan	 plans[PLANS];
	unsigned	 oldest;	/* plan, to be replaced */
	int		 seen;
};

struct history {
	struct history_window window;
	size_t		 memory;
	size_t		 used;
	size_t		 most;		/* rows of a series */
	uint64_t	 refused;
	int64_t		 wall;		/* the newest of all runs */
	struct past	*lists[LISTS];
	struct past	*hit;		/* found last */
};

struct history *
history_new(const struct history_window *w, size_t memory)
{
	struct history *h;

	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	if (w != NULL)
		h->window = *w;
	h->memory = memory;
	h->used = sizeof(*h);
	h->most = HISTORY_ROWS;
	h->wall = INT64_MIN;
	return h;
}

static void
series_free(struct history *h, struct series *s)
{
	if (s->rows != NULL)
		h->used -= (s->room + BUCKET) * sizeof(*s->rows);
	h->used -= sizeof(*s);
	free(s->rows);
	free(s);
}

static void
plan_free(struct history *h, struct plan *plan)
{
	if (plan->table == NULL)
		return;
	h->used -= plan->n * sizeof(*plan->loads) + plan->table->size;
	table_drop(plan->table);
	free(plan->loads);
	memset(plan, 0, sizeof(*plan));
}

static void
past_free(struct history *h, struct past *p)
{
	size_t i;

	for (i = 0; i < PLANS; i++)
		plan_free(h, &p->plans[i]);
	for (i = 0; i < p->nseries; i++)
		series_free(h, p->series[i]);
	h->used -= sizeof(*p) + p->room * sizeof(*p->series);
	free(p->series);
	free(p);
}

void
history_free(struct history *h)
{
	struct past *p, *next;
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < LISTS; i++) {
		for (p = h->lists[i]; p != NULL; p = next) {
			next = p->next;
			past_free(h, p);
		}
	}
	free(h);
}

/*
 * The first, least, greatest and last of n rows in the order of time, some
 * of them twice where they are the same.  What cannot be drawn is neither
 * least nor greatest.  out may be in.
 */
static void
reduce(const struct history_row *in, size_t n, struct history_row *out)
{
	struct history_row row[BUCKET];
	size_t i, min = 0, max = 0, a, b;

	for (i = 0; i < n; i++) {
		if (!isfinite(in[i].value))
			continue;
		if (in[i].value < in[min].value || !isfinite(in[min].value))
			min = i;
		if (in[i].value > in[max].value || !isfinite(in[max].value))
			max = i;
	}
	a = min < max ? min : max;
	b = min < max ? max : min;
	row[0] = in[0];
	row[1] = in[a];
	row[2] = in[b];
	row[3] = in[n - 1];
	memcpy(out, row, sizeof(row));
}

/* Rows of the last, unfinished bucket. */
static size_t
unfinished(const struct series *s)
{
	return s->filled < BUCKET ? (size_t)s->filled : BUCKET;
}

/*
 * Each two neighbouring full buckets into one.  If one is left over, it goes
 * into the last one.
 */
static void
halve(struct series *s)
{
	struct history_row two[2 * BUCKET];
	size_t at, to = 0, n = unfinished(s);

	for (at = s->from; at + BUCKET < s->n; at += 2 * BUCKET, to += BUCKET)
		reduce(s->rows + at, 2 * BUCKET, s->rows + to);
	if (at < s->n) {
		memcpy(two, s->rows + at, BUCKET * sizeof(*two));
		memcpy(two + BUCKET, s->last, n * sizeof(*two));
		reduce(two, BUCKET + n, s->last);
		s->filled += s->per;
	}
	s->from = 0;
	s->n = to;
	s->per *= 2;
}

/* A series' rows within h->most. */
static void
shrink(struct history *h, struct series *s)
{
	struct history_row *rows;

	while (s->n - s->from > h->most)
		halve(s);
	if (s->room <= h->most)
		return;
	memmove(s->rows, s->rows + s->from,
	    (s->n - s->from) * sizeof(*s->rows));
	s->n -= s->from;
	s->from = 0;
	rows = realloc(s->rows, (h->most + BUCKET) * sizeof(*rows));
	if (rows != NULL)
		s->rows = rows;
	h->used -= (s->room - h->most) * sizeof(*rows);
	s->room = h->most;
}

/* Half the rows for everybody; -1: there are too few already. */
static int
squeeze(struct history *h)
{
	struct past *p;
	size_t i, k;

	if (h->most <= LEAST_ROWS)
		return -1;
	h->most /= 2;
	for (i = 0; i < LISTS; i++)
		for (p = h->lists[i]; p != NULL; p = p->next)
			for (k = 0; k < p->nseries; k++)
				shrink(h, p->series[k]);
	return 0;
}

/* So many bytes more within the limit; -1, ENOBUFS: not to be had. */
static int
afford(struct history *h, size_t n)
{
	while (h->used > h->memory || n > h->memory - h->used) {
		if (squeeze(h) == -1) {
			errno = ENOBUFS;
			return -1;
		}
	}
	return 0;
}

static struct past *
past_find(const struct history *h, uint64_t run)
{
	struct past *p;

	if (h->hit != NULL && h->hit->run == run)
		return h->hit;
	/* Runs are random numbers. */
	for (p = h->lists[run % LISTS]; p != NULL; p = p->next) {
		if (p->run == run)
			return p;
	}
	return NULL;
}

static struct past *
past_get(struct history *h, const struct record *rec)
{
	struct past *p, **list = &h->lists[rec->run % LISTS];

	p = past_find(h, rec->run);
	if (p != NULL)
		return h->hit = p;
	if (afford(h, sizeof(*p)) == -1)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->run = rec->run;
	p->t = p->time = NAN;
	h->used += sizeof(*p);
	p->next = *list;
	*list = p;
	return h->hit = p;
}

/* Where name is among the series of p, or where it belongs. */
static size_t
series_at(const struct past *p, const char *name, int *found)
{
	size_t lo = 0, hi = p->nseries, mid;
	int c;

	*found = 0;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(name, p->series[mid]->name);
		if (c == 0) {
			*found = 1;
			return mid;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static struct series *
series_get(struct history *h, struct past *p, const char *name)
{
	struct series *s, **series;
	size_t at, more;
	int found;

	at = series_at(p, name, &found);
	if (found)
		return p->series[at];
	if (p->nseries == p->room) {
		more = p->room == 0 ? 16 : p->room;
		if (afford(h, more * sizeof(*series)) == -1)
			return NULL;
		series = realloc(p->series, (p->room + more) *
		    sizeof(*series));
		if (series == NULL)
			return NULL;
		h->used += more * sizeof(*series);
		p->room += more;
		p->series = series;
	}
	if (afford(h, sizeof(*s)) == -1)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	h->used += sizeof(*s);
	memcpy(s->name, name, strnlen(name, APREC_NAME_MAX));
	s->per = BUCKET;
	memmove(p->series + at + 1, p->series + at,
	    (p->nseries - at) * sizeof(*p->series));
	p->series[at] = s;
	p->nseries++;
	return s;
}

/* The windows end with the newest moment of all runs, the newest step of
 * each. */
static void
note_moment(struct history *h, struct past *p, const struct history_row *row)
{
	h->wall = row->wall > h->wall ? row->wall : h->wall;
	p->last_step = row->step;
}

/* Whether a row of the run lies in the window. */
static int
in_window(const struct history *h, const struct past *p,
    const struct history_row *r)
{
	return (h->window.steps <= 0 || (double)p->last_step -
	    (double)r->step <= (double)h->window.steps) &&
	    (h->window.seconds <= 0 || (double)h->wall - (double)r->wall <=
	    h->window.seconds * 1e9);
}

/* Forget what lies before the window. */
static void
forget(const struct history *h, const struct past *p, struct series *s)
{
	while (s->from < s->n &&
	    !in_window(h, p, &s->rows[s->from + BUCKET - 1]))
		s->from += BUCKET;
}

/* Rows for twice as many; -1: there are as many as may be. */
static int
series_grow(struct history *h, struct series *s)
{
	struct history_row *rows;
	size_t room, more, most = h->most;

	if (s->room >= most)
		return -1;
	room = s->room == 0 ? LEAST_ROWS : 2 * s->room;
	more = room - s->room + (s->rows == NULL ? BUCKET : 0);
	if (afford(h, more * sizeof(*rows)) == -1)
		return -1;
	if (h->most < most && room > h->most)
		return -1;
	rows = realloc(s->rows, (room + BUCKET) * sizeof(*rows));
	if (rows == NULL)
		return -1;
	h->used += more * sizeof(*rows);
	s->rows = rows;
	s->room = room;
	return 0;
}

/* Room for one more full bucket. */
static int
make_room(struct history *h, struct series *s)
{
	if (s->n + BUCKET <= s->room)
		return 0;
	if (s->from > s->room / 2) {
		memmove(s->rows, s->rows + s->from,
		    (s->n - s->from) * sizeof(*s->rows));
		s->n -= s->from;
		s->from = 0;
		return 0;
	}
	if (series_grow(h, s) == 0)
		return 0;
	if (s->rows == NULL)
		return -1;
	/* To grow may have taken rows from all. */
	if (s->n + BUCKET > s->room)
		halve(s);
	return 0;
}

static int
series_add(struct history *h, const struct past *p, struct series *s,
    const struct history_row *row)
{
	struct history_row five[BUCKET + 1];

	if (s->filled < BUCKET) {
		s->last[s->filled++] = *row;
	} else {
		memcpy(five, s->last, sizeof(s->last));
		five[BUCKET] = *row;
		reduce(five, BUCKET + 1, s->last);
		s->filled++;
	}
	if (s->filled < s->per)
		return 0;
	if (make_room(h, s) == -1) {
		s->filled = 0;
		return -1;
	}
	if (s->filled >= s->per) {
		memcpy(s->rows + s->n, s->last, sizeof(s->last));
		s->n += BUCKET;
		s->filled = 0;
	}
	if (h->window.steps > 0 || h->window.seconds > 0)
		forget(h, p, s);
	return 0;
}

/* The value that a record with that seq brought, above the last one's. */
static int
series_put(struct history *h, const struct past *p, struct series *s,
    uint64_t seq, const struct history_row *row)
{
	if (s->first_seq == 0)
		s->first_seq = seq;
	s->last_seq = seq;
	return series_add(h, p, s, row);
}

int
history_keeps(const struct field *f)
{
	return f->rank == 0 && f->type != APREC_TEXT && f->type != APREC_NONE;
}

/* A number; of a complex one the modulus. */
static double
value_of(const struct record *rec, const struct field *f)
{
	if (f->type == APREC_C64 || f->type == APREC_C128)
		return hypot(record_value(rec, f, 0), record_imag(rec, f, 0));
	return record_value(rec, f, 0);
}

/* The numbers of a table, and the series of those there was room for. */
static int
plan_make(struct history *h, struct past *p, struct plan *plan,
    struct table *table)
{
	const struct field *f = table->fields;
	struct load *l;
	uint32_t i;
	size_t n = 0;

	for (i = 0; i < table->nfields; i++)
		n += (size_t)history_keeps(&f[i]);
	if (afford(h, n * sizeof(*l) + table->size) == -1)
		return -1;
	l = calloc(n + 1, sizeof(*l));
	if (l == NULL)
		return -1;
	h->used += n * sizeof(*l) + table->size;
	plan->table = table_hold(table);
	plan->loads = l;
	plan->n = n;
	plan->step = table_find(table, "step");
	plan->t = table_find(table, "t");
	plan->time = table_find(table, "time");
	for (i = 0; i < table->nfields; i++) {
		if (!history_keeps(&f[i]))
			continue;
		l->f = &f[i];
		l->series = series_get(h, p, f[i].name);
		l++;
	}
	return 0;
}

/* What to do with records of that table; NULL, errno: no memory. */
static struct plan *
plan_get(struct history *h, struct past *p, struct table *table)
{
	struct plan *plan;
	unsigned i;

	for (i = 0; i < PLANS; i++) {
		if (p->plans[i].table == table)
			return &p->plans[i];
	}
	plan = &p->plans[p->oldest];
	plan_free(h, plan);
	p->oldest = (p->oldest + 1) % PLANS;
	return plan_make(h, p, plan, table) == -1 ? NULL : plan;
}

/* Keep step and time as of rec. */
static void
take_time(struct past *p, const struct plan *plan, const struct record *rec)
{
	const struct field *f;

	f = plan->step;
	if (f != NULL)
		p->has_step = record_integer(rec, f, &p->step);
	f = plan->t;
	if (f != NULL)
		p->t = field_is_number(f) ? record_value(rec, f, 0) : NAN;
	f = plan->time;
	if (f != NULL)
		p->time = field_is_number(f) ? record_value(rec, f, 0) : NAN;
}

static int add_past(struct history *, struct past *, const struct record *);

/* The numbers of a record at the moment that row has. */
static int
add_numbers(struct history *h, struct past *p, struct plan *plan,
    const struct record *rec, struct history_row *row)
{
	struct load *l;
	int status = 0;

	for (l = plan->loads; l < plan->loads + plan->n; l++) {
		if (l->series == NULL)
			l->series = series_get(h, p, l->f->name);
		if (l->series != NULL && rec->seq <= l->series->last_seq)
			continue;	/* told by a history record */
		row->value = value_of(rec, l->f);
		if (l->series == NULL ||
		    series_put(h, p, l->series, rec->seq, row) == -1) {
			h->refused++;
			if (errno != ENOBUFS)
				status = -1;
		}
	}
	return status;
}

int
history_add(struct history *h, const struct record *rec)
{
	struct history_row row;
	struct plan *plan;
	struct past *p;

	p = past_get(h, rec);
	if (p != NULL && rec->flags & APREC_HISTORY)
		return add_past(h, p, rec);
	plan = p == NULL ? NULL : plan_get(h, p, rec->table);
	if (plan == NULL) {
		h->refused++;
		return errno == ENOBUFS ? 0 : -1;
	}
	take_time(p, plan, rec);
	row.step = p->has_step ? p->step : (int64_t)rec->seq;
	row.t = isnan(p->t) ? p->time : p->t;
	row.wall = rec->wall;
	note_moment(h, p, &row);
	return add_numbers(h, p, plan, rec, &row);
}

/* Whether a history record's field has n values to take. */
static int
is_column(const struct field *f, uint64_t n)
{
	return f != NULL && f->rank == 1 && f->count == n &&
	    f->type != APREC_TEXT && f->type != APREC_NONE;
}

/* A double as a whole number; what does not fit is other. */
static int64_t
whole(double v, int64_t other)
{
	return v > -9e18 && v < 9e18 ? (int64_t)v : other;
}

/* The columns of a history record that every value goes with. */
struct columns {
	const struct record *rec;
	const struct field *seq, *wall;
	const struct field *step, *t;	/* or NULL */
	uint64_t	 n;		/* rows */
};

static uint64_t
column_seq(const struct columns *c, uint64_t i)
{
	return (uint64_t)whole(record_value(c->rec, c->seq, i), 0);
}

/* Row i with its value of f; step and time that are not known are those of
 * the row before it. */
static void
column_row(const struct columns *c, const struct field *f, uint64_t i,
    struct history_row *row)
{
	double v;

	row->value = record_value(c->rec, f, i);
	row->wall = whole(record_value(c->rec, c->wall, i), 0);
	if (i == 0)
		row->t = NAN;
	if (c->step == NULL || i == 0)
		row->step = (int64_t)column_seq(c, i);
	if (c->step != NULL)
		row->step = whole(record_value(c->rec, c->step, i), row->step);
	if (c->t != NULL && !isnan(v = record_value(c->rec, c->t, i)))
		row->t = v;
}

/*
 * The rows of f before the first value that is known here, then those that
 * are known, all anew.
 */
static void
put_before(struct history *h, const struct past *p, struct series *s,
    const struct columns *c, const struct field *f)
{
	struct history_row row;
	struct series old = *s;
	size_t i, known;

	s->rows = NULL;
	s->from = s->n = s->room = 0;
	s->per = BUCKET;
	s->filled = 0;
	s->first_seq = s->last_seq = 0;
	for (i = 0; i < c->n && column_seq(c, i) < old.first_seq; i++) {
		column_row(c, f, i, &row);
		if (!isnan(row.value))
			series_put(h, p, s, column_seq(c, i), &row);
	}
	for (i = old.from; i < old.n; i++)
		series_add(h, p, s, &old.rows[i]);
	known = unfinished(&old);
	for (i = 0; i < known; i++)
		series_add(h, p, s, &old.last[i]);
	s->last_seq = old.last_seq;
	if (old.rows != NULL)
		h->used -= (old.room + BUCKET) * sizeof(*old.rows);
	free(old.rows);
}

/* Whether row i of f has a value. */
static int
has_value(const struct columns *c, const struct field *f, uint64_t i)
{
	return !isnan(record_value(c->rec, f, i));
}

/*
 * The column f of a history record as the past of the number of its name:
 * what lies before the values that are known, and what lies behind them.
 */
static int
add_column(struct history *h, struct past *p, const struct columns *c,
    const struct field *f)
{
	struct history_row row = { .t = NAN };
	struct series *s = series_get(h, p, f->name);
	uint64_t i = 0;

	if (s == NULL) {
		h->refused++;
		return errno == ENOBUFS ? 0 : -1;
	}
	while (i < c->n && !has_value(c, f, i))
		i++;
	if (i < c->n && column_seq(c, i) < s->first_seq)
		put_before(h, p, s, c, f);
	for (i = 0; i < c->n; i++) {
		column_row(c, f, i, &row);
		if (!isnan(row.value) && column_seq(c, i) > s->last_seq)
			series_put(h, p, s, column_seq(c, i), &row);
	}
	return 0;
}

/* Step and time as of the last row of a history record, unless newer are
 * known. */
static void
take_last(struct history *h, struct past *p, const struct columns *c)
{
	struct history_row row = { .t = NAN };

	for (uint64_t i = 0; i < c->n; i++)
		column_row(c, c->seq, i, &row);
	if (c->step != NULL && !p->has_step) {
		p->has_step = 1;
		p->step = row.step;
	}
	if (isnan(p->t) && isnan(p->time))
		p->t = row.t;
	if (c->n > 0 && row.step >= p->last_step)
		note_moment(h, p, &row);
}

static int
add_past(struct history *h, struct past *p, const struct record *rec)
{
	struct columns c = { .rec = rec };
	const struct field *f;

	c.seq = record_find(rec, "HISTORY_seq");
	c.wall = record_find(rec, "HISTORY_wall");
	if (c.seq == NULL || !is_column(c.seq, c.seq->count) ||
	    c.wall == NULL || !is_column(c.wall, c.seq->count) ||
	    rec->seq <= p->history_seq)
		return 0;
	p->history_seq = rec->seq;
	c.n = c.seq->count;
	c.step = record_find(rec, "step");
	if (c.step != NULL && !is_column(c.step, c.n))
		c.step = NULL;
	c.t = record_find(rec, "t");
	if (c.t == NULL)
		c.t = record_find(rec, "time");
	if (c.t != NULL && !is_column(c.t, c.n))
		c.t = NULL;
	take_last(h, p, &c);
	for (uint32_t i = 0; i < rec->table->nfields; i++) {
		f = &rec->table->fields[i];
		if (is_column(f, c.n) && f != c.seq && f != c.wall &&
		    f->type != APREC_C64 && f->type != APREC_C128 &&
		    add_column(h, p, &c, f) == -1)
			return -1;
	}
	return 0;
}

void
history_prune(struct history *h, struct state *st)
{
	const struct source *src;
	struct past *p, **link;
	size_t i;

	for (i = 0; i < LISTS; i++)
		for (p = h->lists[i]; p != NULL; p = p->next)
			p->seen = 0;
	for (src = state_sources(st); src != NULL; src = src->next) {
		p = past_find(h, src->run);
		if (p != NULL)
			p->seen = 1;
	}
	for (i = 0; i < LISTS; i++) {
		for (link = &h->lists[i]; (p = *link) != NULL;) {
			if (p->seen) {
				link = &p->next;
				continue;
			}
			*link = p->next;
			past_free(h, p);
		}
	}
	h->hit = NULL;
}

const struct history_row *
history_rows(const struct history *h, uint64_t run, const char *name,
    size_t *n)
{
	const struct past *p;
	const struct series *s;
	const struct history_row *row, *end;
	size_t at, known;
	int found;

	p = past_find(h, run);
	if (p == NULL)
		return NULL;
	at = series_at(p, name, &found);
	if (!found)
		return NULL;
	s = p->series[at];
	known = unfinished(s);
	if (s->rows == NULL) {
		row = s->last;
		end = row + known;
	} else {
		/* There is always room for these behind the full buckets. */
		memcpy(s->rows + s->n, s->last, known * sizeof(*s->rows));
		row = s->rows + s->from;
		end = s->rows + s->n + known;
	}
	while (row < end && !in_window(h, p, row))
		row++;
	*n = (size_t)(end - row);
	return row == end ? NULL : row;
}

size_t
history_used(const struct history *h)
{
	return h->used;
}

uint64_t
history_refused(const struct history *h)
{
	return h->refused;
}
