/*
 * recording.c - see recording.h
 *
 * What is always true: a place that is given out was read as a reader would
 * read it, from there on.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "past.h"
#include "reader.h"
#include "recap.h"
#include "recording.h"
#include "zstd.h"

#define WIDE		(256 * 1024)	/* read at once, */
#define NARROW		4096		/* and where records are big */
#define BIG		((uint64_t)64 * 1024)
#define STEP		((uint64_t)16 << 20)	/* looked at first */
#define HOPS_MAX	((uint64_t)1 << 24)	/* then there is no recap */
#define SMALL		4096		/* records that are not hopped over */
#define MARK		20		/* bytes of a skippable frame of ours */

/*
 * Bytes of the file: the piece that was read last.
 */
struct window {
	const struct recording *r;
	uint8_t		*buf;
	size_t		 room;
	uint64_t	 at;
	size_t		 n;
	uint64_t	 hops;		/* headers looked at */
};

static int
window_open(struct window *w, const struct recording *r)
{
	memset(w, 0, sizeof(*w));
	w->r = r;
	w->room = RECORD_HEADER + APREC_TABLE_MAX + WIDE;
	w->buf = malloc(w->room);
	return w->buf == NULL ? -1 : 0;
}

/* n bytes from at on, NULL where there are not so many.  What lies far from
 * the piece before it is read alone. */
static const uint8_t *
window_get(struct window *w, uint64_t at, size_t n)
{
	size_t want = at < w->at + w->n + BIG && w->n > 0 ? WIDE : NARROW;
	ssize_t got = 0;

	if (at > w->r->size || n > w->r->size - at || n > w->room)
		return NULL;
	if (at >= w->at && at + n <= w->at + w->n)
		return w->buf + (at - w->at);
	if (want < n)
		want = n;
	if (want > w->r->size - at)
		want = (size_t)(w->r->size - at);
	w->at = at;
	for (w->n = 0; w->n < n; w->n += (size_t)got) {
		got = w->r->read(w->r->arg, w->buf + w->n, want - w->n,
		    at + w->n);
		if (got <= 0) {
			w->n = 0;
			return NULL;
		}
	}
	return w->buf;
}

/*
 * Records, as a reader finds them
 */

struct scan {
	const struct recording *r;
	struct reader	*reader;
	uint64_t	 at;		/* of what is read next */
};

static int
scan_open(struct scan *s, const struct recording *r, uint64_t from)
{
	s->r = r;
	s->at = from;
	s->reader = reader_new(r->pool, r->pool->limit / 4);
	if (s->reader != NULL && from > 0)
		reader_skip(s->reader, (size_t)from);
	return s->reader == NULL ? -1 : 0;
}

/* Feed a piece: 1; 0 at the end, -1. */
static int
scan_feed(struct scan *s)
{
	size_t room;
	ssize_t n;
	void *p = reader_space(s->reader, &room);

	if (p == NULL)
		return -1;
	if (room > WIDE / 4 && reader_partial(s->reader) < BIG)
		room = WIDE / 4;
	n = s->r->read(s->r->arg, p, room, s->at);
	if (n <= 0)
		return (int)n;
	s->at += (uint64_t)n;
	reader_fill(s->reader, (size_t)n);
	return 1;
}

/* The next record, with a reference, and its place; NULL: none. */
static struct record *
scan_next(struct scan *s, uint64_t *at)
{
	struct reader_loss loss;
	struct record *rec;
	int end = 0, fed;

	for (;;) {
		switch (end ? reader_end(s->reader, &rec, &loss) :
		    reader_next(s->reader, &rec, &loss)) {
		case READER_RECORD:
			*at = reader_place(s->reader, NULL);
			return rec;
		case READER_FAILED:
			return NULL;
		case READER_MORE:
			if (end || (fed = scan_feed(s)) == -1)
				return NULL;
			end = fed == 0;
			break;
		case READER_TEXT:
		case READER_LOST:
		case READER_UNSUPPORTED:
			break;
		}
	}
}

/* The first record from a byte on, and its place; NULL: none. */
static struct record *
first_from(const struct recording *r, uint64_t from, uint64_t *at)
{
	struct record *rec = NULL;
	struct scan s;

	if (scan_open(&s, r, from) == 0)
		rec = scan_next(&s, at);
	reader_free(s.reader);
	return rec;
}

static int
is_compressed(const struct recording *r)
{
	uint8_t head[4];

	return r->size >= sizeof(head) &&
	    r->read(r->arg, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    zstd_begins(head, sizeof(head)) == 1;
}

/*
 * Hopping from header to header of a plain recording
 */

/* The header of the record at a byte: 1 when it is one. */
static int
header_at(struct window *w, uint64_t at, struct header *h)
{
	const uint8_t *p = window_get(w, at, RECORD_HEADER);

	return p != NULL && record_header(p, h, NULL) == RECORD_OK &&
	    h->length <= w->r->size - at;
}

/* Its table too, and all of its header is right: 1. */
static int
table_at(struct window *w, uint64_t at, struct header *h, struct table **t)
{
	enum record_status status;
	const uint8_t *p;

	*t = NULL;
	if (!header_at(w, at, h) ||
	    (p = window_get(w, at, RECORD_HEADER + h->table)) == NULL ||
	    !record_header_crc_ok(p, h) ||
	    record_header_ok(p, h, NULL) != RECORD_OK)
		return 0;
	*t = table_parse(w->r->pool, p, h, &status, NULL);
	return *t != NULL;
}

/* Whether all records of a recap are there. */
static int
is_whole(struct window *w, uint64_t at, uint64_t count)
{
	struct header h;

	for (; count > 0; count--, at += h.length)
		if (!header_at(w, at, &h))
			return 0;
	return 1;
}

/* Whether a recap begins at a history record that stands there. */
static int
recap_at(struct window *w, uint64_t at, struct recap_mark *m)
{
	struct record rec = { .flags = APREC_HISTORY };
	struct header h;
	int is = 0;

	if (table_at(w, at, &h, &rec.table) && (h.flags & APREC_HISTORY))
		is = past_is_recap(&rec, m) && m->at == at &&
		    is_whole(w, at, m->count);
	table_drop(rec.table);
	return is;
}

/* The last recap that begins between the record at a byte and end: 1. */
static int
hop(struct window *w, uint64_t at, uint64_t end, struct place *found)
{
	struct recap_mark m;
	struct record *rec;
	struct header h;

	found->records = 0;
	while (at < end && w->hops++ < HOPS_MAX) {
		if (!header_at(w, at, &h)) {
			if ((rec = first_from(w->r, at + 8, &at)) == NULL)
				break;
			record_drop(rec);
			continue;
		}
		if ((h.flags & APREC_HISTORY) && recap_at(w, at, &m)) {
			found->at = at;
			found->records = m.count;
		}
		at += h.length;
	}
	return found->records > 0;
}

static int
last_plain(const struct recording *r, uint64_t end, struct place *p)
{
	struct window w;
	struct record *rec;
	uint64_t step = STEP, from, at;

	p->at = p->records = 0;
	if (window_open(&w, r) == -1)
		return -1;
	for (; end > 0; end = from, step *= 2) {
		from = end > step ? end - step : 0;
		if ((rec = first_from(r, from, &at)) == NULL)
			continue;
		record_drop(rec);
		if (hop(&w, at, end, p) || w.hops >= HOPS_MAX)
			break;
	}
	free(w.buf);
	return 0;
}

/*
 * The marks of compressed recordings
 */

/* Whether the frame at a byte begins with a recap that is all there. */
static int
frame_recap(const struct recording *r, uint64_t at, struct place *p)
{
	struct recap_mark m = { 0 };
	struct record *rec = NULL;
	struct scan s;
	uint64_t place;

	p->at = at;
	p->records = 0;
	if (scan_open(&s, r, at) == 0 &&
	    (rec = scan_next(&s, &place)) != NULL && place == at &&
	    past_is_recap(rec, &m) && m.at == at)
		p->records = m.count;
	for (uint64_t i = 1; rec != NULL && i < p->records; i++) {
		record_drop(rec);
		rec = scan_next(&s, &place);
	}
	if (rec == NULL)
		p->records = 0;
	record_drop(rec);
	reader_free(s.reader);
	return p->records > 0;
}

static int
is_mark(const uint8_t *p)
{
	int table;

	return zstd_is_ours(p, MARK, &table) && !table;
}

/* The last recap whose mark stands in the n bytes from at on: 1. */
static int
last_mark(const struct recording *r, const uint8_t *buf, size_t n,
    uint64_t at, struct place *p)
{
	for (size_t i = n < MARK ? 0 : n - MARK + 1; i-- > 0;)
		if (buf[i] == (ZSTD_RECAP & 0xff) && is_mark(buf + i) &&
		    frame_recap(r, at + i + MARK, p))
			return 1;
	return 0;
}

static int
last_compressed(const struct recording *r, uint64_t end, struct place *p)
{
	uint8_t *buf = malloc(WIDE);
	uint64_t at = end < r->size ? end : r->size;
	size_t n, got;
	ssize_t m;
	int found = 0;

	if (buf == NULL)
		return -1;
	while (!found && at > 0) {
		n = at < WIDE ? (size_t)at : WIDE;
		for (got = 0; got < n; got += (size_t)m)
			if ((m = r->read(r->arg, buf + got, n - got,
			    at - n + got)) <= 0)
				break;
		if (got < n)
			break;
		at -= n;
		found = last_mark(r, buf, n, at, p);
		if (at > 0)
			at += MARK - 1;	/* one may lie across */
	}
	free(buf);
	if (!found)
		p->at = p->records = 0;
	return 0;
}

/*
 * Finding
 */

/* What a recap's first record says of the last step, else of its seq. */
static int64_t
last_step(const struct record *rec)
{
	const struct field *f = record_find(rec, "step");
	double v = (double)NAN;

	if (f != NULL && f->rank == 1 && f->count > 0)
		v = record_value(rec, f, f->count - 1);
	return v > -9e18 && v < 9e18 ? (int64_t)v : (int64_t)rec->seq;
}

static int
is_before(const struct record *rec, uint64_t at,
    const struct recording_target *target)
{
	switch (target->kind) {
	case RECORDING_END:
		break;
	case RECORDING_WALL:
		return rec->wall < target->value;
	case RECORDING_STEP:
		return last_step(rec) < target->value;
	case RECORDING_BYTE:
		return at < (uint64_t)target->value;
	}
	return 1;
}

int
recording_find(const struct recording *r,
    const struct recording_target *target, struct place *p)
{
	int compressed = is_compressed(r), good;
	uint64_t end = r->size, at;
	struct recap_mark m;
	struct record *rec;

	for (;;) {
		if ((compressed ? last_compressed(r, end, p) :
		    last_plain(r, end, p)) == -1)
			return -1;
		/* Each tells where the one before it is. */
		while (p->records > 0) {
			if ((rec = first_from(r, p->at, &at)) == NULL)
				break;
			end = p->at;
			good = at == end && past_is_recap(rec, &m) &&
			    m.at == at;
			if (good && is_before(rec, at, target)) {
				p->records = m.count;
				record_drop(rec);
				return 0;
			}
			record_drop(rec);
			if (!good)
				break;
			p->at = m.before;
			p->records = m.before > 0 && m.before < end;
		}
		if (p->at == 0 || p->records == 0)
			break;
	}
	p->at = p->records = 0;
	return 0;
}

int
recording_read(const struct recording *r, const struct place *p,
    void (*take)(void *arg, struct record *rec, const struct place *p,
    uint64_t n), void *arg)
{
	struct record *rec;
	struct scan s;
	uint64_t at, n = 0;
	int result = scan_open(&s, r, p->at);

	if (result == 0)
		while ((rec = scan_next(&s, &at)) != NULL) {
			take(arg, rec, p, ++n);
			record_drop(rec);
		}
	reader_free(s.reader);
	return result;
}

static void
take_wall(void *arg, struct record *rec, const struct place *p, uint64_t n)
{
	int64_t *last = arg;

	(void)p;
	(void)n;
	if (rec->wall > *last)
		*last = rec->wall;
}

/* The newest wall time that the headers from a record on tell, up to the end
 * or to damage. */
static int
last_wall(const struct recording *r, uint64_t at, int64_t *last)
{
	struct window w;
	struct header h;

	if (window_open(&w, r) == -1)
		return -1;
	for (; header_at(&w, at, &h); at += h.length)
		if (h.wall > *last)
			*last = h.wall;
	free(w.buf);
	return 0;
}

int
recording_span(const struct recording *r, int64_t *first, int64_t *last)
{
	const struct recording_target end = { .kind = RECORDING_END };
	struct record *rec;
	struct place p;
	uint64_t at;

	if ((rec = first_from(r, 0, &at)) == NULL) {
		errno = EINVAL;
		return -1;
	}
	*first = *last = rec->wall;
	record_drop(rec);
	if (recording_find(r, &end, &p) == -1)
		return -1;
	return is_compressed(r) ? recording_read(r, &p, take_wall, last) :
	    last_wall(r, p.at, last);
}

/*
 * Recordings without recaps: headers and numbers make one.  A hollow record
 * has its header, its table and its numbers; in the place of its trailer it
 * keeps where it stands in the file.
 */

/* The numbers of the record at a byte. */
static void
copy_numbers(struct window *w, uint64_t at, const struct table *t,
    uint8_t *bytes)
{
	const uint8_t *p;

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (field_is_number(f) && (p = window_get(w, at + f->offset,
		    (size_t)f->length)) != NULL)
			memcpy(bytes + f->offset, p, (size_t)f->length);
	}
}

static struct record *
hollow_record(struct window *w, uint64_t at, const struct header *h,
    struct table *t)
{
	struct block *b = block_new(w->r->pool, (size_t)h->length);
	const uint8_t *p;
	struct record *rec = NULL;

	if (b == NULL)
		return NULL;
	p = window_get(w, at, RECORD_HEADER + h->table);
	if (p != NULL) {
		memcpy(b->bytes, p, RECORD_HEADER + h->table);
		copy_numbers(w, at, t, b->bytes);
		memcpy(b->bytes + h->length - sizeof(at), &at, sizeof(at));
		rec = record_new(b, 0, h, t);
	}
	block_drop(b);
	return rec;
}

/* All n bytes from at on: 1. */
static int
read_whole(const struct recording *r, uint8_t *buf, size_t n, uint64_t at)
{
	ssize_t got;

	for (size_t done = 0; done < n; done += (size_t)got)
		if ((got = r->read(r->arg, buf + done, n - done,
		    at + done)) <= 0)
			return 0;
	return 1;
}

/* The record that a hollow one stands for; NULL where it is damaged. */
static struct record *
fill_record(const struct recording *r, const struct record *hollow)
{
	struct block *b = block_new(r->pool, (size_t)hollow->length);
	struct record *rec = NULL;
	struct header h;
	uint64_t at;

	memcpy(&at, hollow->bytes + hollow->length - sizeof(at), sizeof(at));
	if (b != NULL && read_whole(r, b->bytes, (size_t)hollow->length, at) &&
	    record_header(b->bytes, &h, NULL) == RECORD_OK &&
	    h.seq == hollow->seq && table_is(hollow->table, b->bytes, &h) &&
	    record_end_ok(b->bytes, &h, hollow->table, NULL))
		rec = record_new(b, 0, &h, hollow->table);
	if (b != NULL)
		block_drop(b);
	return rec;
}

/* The header of the record at a byte and, in *t, its table, where *t may be the
 * one before it: 1 when they are right. */
static int
next_table(struct window *w, uint64_t at, struct header *h, struct table **t)
{
	const uint8_t *p;
	struct table *new;

	if (*t != NULL && header_at(w, at, h) &&
	    (p = window_get(w, at, RECORD_HEADER + h->table)) != NULL &&
	    table_is(*t, p, h) && record_header_crc_ok(p, h) &&
	    record_header_ok(p, h, NULL) == RECORD_OK)
		return 1;
	if (!table_at(w, at, h, &new))
		return 0;
	table_drop(*t);
	*t = new;
	return 1;
}

/* All records, hollow, into the recap; where they end. */
static int
hop_all(struct window *w, struct recap *recap, uint64_t *end)
{
	uint64_t at = 0;
	struct table *t = NULL;
	struct record *rec;
	struct header h;
	int result = 0;

	while (at < w->r->size && result == 0) {
		/* Reading it all is as fast. */
		if (++w->hops > 100 * SMALL && at / w->hops < SMALL)
			result = -1;
		if (!next_table(w, at, &h, &t)) {
			if ((rec = first_from(w->r, at + 8, &at)) == NULL)
				break;
			record_drop(rec);
			continue;
		}
		if (!(h.flags & APREC_HISTORY)) {
			if ((rec = hollow_record(w, at, &h, t)) == NULL ||
			    recap_add(recap, rec) == -1)
				result = -1;
			record_drop(rec);
		}
		at += h.length;
	}
	table_drop(t);
	*end = at;
	return result;
}

int
recording_hop(const struct recording *r,
    void (*take)(void *arg, struct record *rec), void *arg, uint64_t *end)
{
	struct recap *recap = recap_new(r->pool, r->pool->limit / 8);
	struct record *rec, *full;
	struct window w = { 0 };
	int result = -1;

	if (recap != NULL && window_open(&w, r) == 0)
		result = hop_all(&w, recap, end);
	if (result == 0)
		recap_begin(recap, 0, 1);
	while (result == 0 && (rec = recap_next(recap)) != NULL) {
		full = rec->flags & APREC_HISTORY ? record_hold(rec) :
		    fill_record(r, rec);
		record_drop(rec);
		if (full != NULL)
			take(arg, full);
		record_drop(full);
	}
	free(w.buf);
	recap_free(recap);
	return result;
}
