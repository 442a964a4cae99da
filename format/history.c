/*
 * history.c - the past of the numbers of all sources, bounded
 *
 * A series is a row of full buckets, of four rows each in the order of time,
 * and a last bucket that is still being filled.  All full buckets of a series
 * stand for the same number of values.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define BUCKET	4		/* rows of a bucket: first, min, max, last */

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

struct past {
	uint64_t	 run;
	uint64_t	 history_seq;	/* of the newest history record */
	int64_t		 step;
	int		 has_step;
	double		 t, time;	/* NaN: none */
	struct series	**series;	/* sorted by name */
	size_t		 nseries;
	size_t		 room;
	int		 seen;
};

struct history {
	struct history_window window;
	size_t		 memory;
	size_t		 used;
	uint64_t	 refused;
	struct past	**pasts;
	size_t		 npasts;
	size_t		 room;
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
past_free(struct history *h, struct past *p)
{
	size_t i;

	for (i = 0; i < p->nseries; i++)
		series_free(h, p->series[i]);
	h->used -= sizeof(*p) + p->room * sizeof(*p->series);
	free(p->series);
	free(p);
}

void
history_free(struct history *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->npasts; i++)
		past_free(h, h->pasts[i]);
	free(h->pasts);
	free(h);
}

/*
 * Make array, *room elements of size bytes, larger; its bytes are counted.
 * NULL at the limit.
 */
static void *
grow(struct history *h, void *array, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 16 : *room;
	void *p;

	if (h->used > h->memory || more * size > h->memory - h->used) {
		errno = ENOBUFS;
		return NULL;
	}
	p = realloc(array, (*room + more) * size);
	if (p == NULL)
		return NULL;
	h->used += more * size;
	*room += more;
	return p;
}

static struct past *
past_find(const struct history *h, uint64_t run)
{
	size_t i;

	if (h->hit != NULL && h->hit->run == run)
		return h->hit;
	for (i = 0; i < h->npasts; i++) {
		if (h->pasts[i]->run == run)
			return h->pasts[i];
	}
	return NULL;
}

static struct past *
past_get(struct history *h, const struct record *rec)
{
	struct past *p, **pasts;

	p = past_find(h, rec->run);
	if (p != NULL)
		return h->hit = p;
	if (h->npasts == h->room) {
		pasts = grow(h, h->pasts, &h->room, sizeof(*pasts));
		if (pasts == NULL)
			return NULL;
		h->pasts = pasts;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->run = rec->run;
	p->t = p->time = NAN;
	h->used += sizeof(*p);
	h->pasts[h->npasts++] = p;
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
	size_t at;
	int found;

	at = series_at(p, name, &found);
	if (found)
		return p->series[at];
	if (p->nseries == p->room) {
		series = grow(h, p->series, &p->room, sizeof(*series));
		if (series == NULL)
			return NULL;
		p->series = series;
	}
	if (h->used > h->memory || sizeof(*s) > h->memory - h->used) {
		errno = ENOBUFS;
		return NULL;
	}
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

/*
 * The first, least, greatest and last of n rows in the order of time, some
 * of them twice where they are the same.  out may be in.
 */
static void
reduce(const struct history_row *in, size_t n, struct history_row *out)
{
	struct history_row row[BUCKET];
	size_t i, min = 0, max = 0, a, b;

	for (i = 0; i < n; i++) {
		if (in[i].value < in[min].value || isnan(in[min].value))
			min = i;
		if (in[i].value > in[max].value || isnan(in[max].value))
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

/*
 * Each two neighbouring full buckets into one.  Called when the last one is
 * full too: if one is left over, these two are the last full one.
 */
static void
halve(struct series *s)
{
	struct history_row two[2 * BUCKET];
	size_t at, to = 0;

	for (at = s->from; at + BUCKET < s->n; at += 2 * BUCKET, to += BUCKET)
		reduce(s->rows + at, 2 * BUCKET, s->rows + to);
	if (at < s->n) {
		memcpy(two, s->rows + at, sizeof(s->last));
		memcpy(two + BUCKET, s->last, sizeof(s->last));
		reduce(two, 2 * BUCKET, s->last);
		s->filled = 2 * s->per;
	}
	s->from = 0;
	s->n = to;
	s->per *= 2;
}

/* Forget what lies before the window that ends with the row now. */
static void
forget(struct history *h, struct series *s, const struct history_row *now)
{
	const struct history_row *r;

	for (; s->from < s->n; s->from += BUCKET) {
		r = s->rows + s->from + BUCKET - 1;
		if ((h->window.steps <= 0 ||
		    r->step >= now->step - h->window.steps) &&
		    (h->window.seconds <= 0 || (double)(now->wall - r->wall) <=
		    h->window.seconds * 1e9))
			break;
	}
}

/* Rows for twice as many, up to the limits; -1: it stays as it is. */
static int
series_grow(struct history *h, struct series *s)
{
	struct history_row *rows;
	size_t room, more;

	if (s->room >= HISTORY_ROWS)
		return -1;
	room = s->room == 0 ? 64 : 2 * s->room;
	more = room - s->room + (s->rows == NULL ? BUCKET : 0);
	if (h->used > h->memory ||
	    more * sizeof(*rows) > h->memory - h->used) {
		errno = ENOBUFS;
		return -1;
	}
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
	halve(s);
	return 0;
}

static int
series_add(struct history *h, struct series *s, const struct history_row *row)
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
		forget(h, s, row);
	return 0;
}

/* The value that a record with that seq brought, above the last one's. */
static int
series_put(struct history *h, struct series *s, uint64_t seq,
    const struct history_row *row)
{
	if (s->first_seq == 0)
		s->first_seq = seq;
	s->last_seq = seq;
	return series_add(h, s, row);
}

/* Keep step and time as of rec. */
static void
take_time(struct past *p, const struct record *rec)
{
	const struct field *f;

	f = record_find(rec, "step");
	if (f != NULL)
		p->has_step = record_integer(rec, f, &p->step);
	f = record_find(rec, "t");
	if (f != NULL)
		p->t = field_is_number(f) ? record_value(rec, f, 0) : NAN;
	f = record_find(rec, "time");
	if (f != NULL)
		p->time = field_is_number(f) ? record_value(rec, f, 0) : NAN;
}

static int add_past(struct history *, struct past *, const struct record *);

int
history_add(struct history *h, const struct record *rec)
{
	struct history_row row;
	struct series *s;
	struct past *p;
	const struct field *f;
	uint32_t i;
	int status = 0;

	p = past_get(h, rec);
	if (p == NULL) {
		h->refused++;
		return errno == ENOBUFS ? 0 : -1;
	}
	if (rec->flags & APREC_HISTORY)
		return add_past(h, p, rec);
	take_time(p, rec);
	row.step = p->has_step ? p->step : (int64_t)rec->seq;
	row.t = isnan(p->t) ? p->time : p->t;
	row.wall = rec->wall;
	for (i = 0; i < rec->table->nfields; i++) {
		f = &rec->table->fields[i];
		if (!field_is_number(f))
			continue;
		row.value = record_value(rec, f, 0);
		s = series_get(h, p, f->name);
		if (s != NULL && rec->seq <= s->last_seq)
			continue;	/* told by a history record */
		if (s == NULL || series_put(h, s, rec->seq, &row) == -1) {
			h->refused++;
			if (errno != ENOBUFS)
				status = -1;
		}
	}
	return status;
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
put_before(struct history *h, struct series *s, const struct columns *c,
    const struct field *f)
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
			series_put(h, s, column_seq(c, i), &row);
	}
	for (i = old.from; i < old.n; i++)
		series_add(h, s, &old.rows[i]);
	known = old.filled < BUCKET ? old.filled : BUCKET;
	for (i = 0; i < known; i++)
		series_add(h, s, &old.last[i]);
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
		put_before(h, s, c, f);
	for (i = 0; i < c->n; i++) {
		column_row(c, f, i, &row);
		if (!isnan(row.value) && column_seq(c, i) > s->last_seq)
			series_put(h, s, column_seq(c, i), &row);
	}
	return 0;
}

/* Step and time as of the last row of a history record, unless newer are
 * known. */
static void
take_last(struct past *p, const struct columns *c)
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
	take_last(p, &c);
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
	struct past *p;
	size_t i, to = 0;

	for (i = 0; i < h->npasts; i++)
		h->pasts[i]->seen = 0;
	for (src = state_sources(st); src != NULL; src = src->next) {
		p = past_find(h, src->run);
		if (p != NULL)
			p->seen = 1;
	}
	for (i = 0; i < h->npasts; i++) {
		p = h->pasts[i];
		if (p->seen)
			h->pasts[to++] = p;
		else
			past_free(h, p);
	}
	h->npasts = to;
	h->hit = NULL;
}

const struct history_row *
history_rows(const struct history *h, uint64_t run, const char *name,
    size_t *n)
{
	const struct past *p;
	const struct series *s;
	size_t at, known;
	int found;

	p = past_find(h, run);
	if (p == NULL)
		return NULL;
	at = series_at(p, name, &found);
	if (!found)
		return NULL;
	s = p->series[at];
	known = s->filled < BUCKET ? (size_t)s->filled : BUCKET;
	if (s->rows == NULL) {
		*n = known;
		return s->last;
	}
	/* There is always room for these behind the full buckets. */
	memcpy(s->rows + s->n, s->last, known * sizeof(*s->rows));
	*n = s->n - s->from + known;
	return s->rows + s->from;
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
