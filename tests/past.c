/*
 * Goal: a past keeps whole rows that stood in the records, bounded for any
 * run, and never loses the first, the newest, or an extreme of any number, by
 * whichever path the records came; its record is one that readers take.
 */
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/past.h"
#include "format/pool.h"
#include "format/reader.h"

#define RECORDS	200000
#define NUMS	4

static int test, failures;
static struct pool pool;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static uint64_t
chance(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* Encode fields and read them back as a record. */
static struct record *
make(const struct aprec_header *h, const struct aprec_field *fields, size_t n)
{
	size_t size = aprec_encoded_size(h, fields, n), taken;
	struct reader *r = reader_new(&pool, APREC_RECORD_MAX);
	struct reader_loss loss;
	struct record *rec;
	void *buf = malloc(size);

	if (buf == NULL || aprec_encode(h, fields, n, buf, size) == -1 ||
	    reader_feed(r, buf, size, &taken) == -1 ||
	    reader_next(r, &rec, &loss) != READER_RECORD)
		errx(1, "make");
	reader_free(r);
	free(buf);
	return rec;
}

static struct aprec_field
number(const char *name, enum aprec_type type, const void *data)
{
	struct aprec_field f = { .name = name, .type = type, .data = data };

	return f;
}

/* What a record says of the numbers; NaN: it does not bring it. */
struct row {
	uint64_t	 seq;
	int64_t		 wall;
	int64_t		 step;
	double		 v[NUMS];
};

static const char *const names[NUMS] = { "a", "b", "c", "d" };

static struct record *
row_record(const struct row *row, uint64_t run)
{
	struct aprec_header h = { .seq = row->seq, .wall = row->wall,
		.run = run, .source = "s" };
	struct aprec_attribute units = { "units", "m" };
	struct aprec_field fields[NUMS + 2];
	size_t n = 0;

	fields[n++] = number("step", APREC_I64, &row->step);
	for (int k = 0; k < NUMS; k++)
		if (!isnan(row->v[k])) {
			fields[n] = number(names[k], APREC_F64, &row->v[k]);
			fields[n].attrs = &units;
			fields[n++].nattrs = k == 0;
		}
	return make(&h, fields, n);
}

static double
column(const struct record *rec, const char *name, uint64_t i)
{
	const struct field *f = record_find(rec, name);

	return f == NULL ? NAN : record_value(rec, f, i);
}

static uint64_t
rows_of(const struct record *rec)
{
	return rec == NULL ? 0 : rec->table->fields[0].count;
}

static int
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Whether every row of the history is one of the n there were, whole. */
static int
is_true(const struct record *rec, const struct row *rows, size_t n)
{
	size_t at = 0;

	for (uint64_t i = 0; i < rows_of(rec); i++, at++) {
		while (at < n &&
		    (double)rows[at].seq < column(rec, "HISTORY_seq", i))
			at++;
		if (at == n ||
		    (double)rows[at].seq != column(rec, "HISTORY_seq", i) ||
		    (double)rows[at].wall != column(rec, "HISTORY_wall", i) ||
		    (double)rows[at].step != column(rec, "step", i))
			return 0;
		for (int k = 0; k < NUMS; k++)
			if (!same(rows[at].v[k], column(rec, names[k], i)))
				return 0;
	}
	return 1;
}

/* Least and greatest of number k, or -1 where the history has others. */
static int
has_extremes(const struct record *rec, const struct row *rows, size_t n, int k)
{
	double least = INFINITY, most = -INFINITY;
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		least = fmin(least, rows[i].v[k]);
		most = fmax(most, rows[i].v[k]);
	}
	for (uint64_t i = 0; i < rows_of(rec); i++) {
		low = fmin(low, column(rec, names[k], i));
		high = fmax(high, column(rec, names[k], i));
	}
	return least == low && most == high;
}

static int
is_whole(const struct record *rec, const struct row *rows, size_t n)
{
	int good = rec != NULL && rows_of(rec) > 0 && n > 0 &&
	    rec->seq == rows[n - 1].seq &&
	    column(rec, "HISTORY_seq", 0) == (double)rows[0].seq &&
	    column(rec, "HISTORY_seq", rows_of(rec) - 1) ==
	    (double)rows[n - 1].seq && is_true(rec, rows, n);

	for (int k = 0; good && k < NUMS; k++)
		good = has_extremes(rec, rows, n, k);
	return good;
}

static struct row *
random_rows(size_t n)
{
	struct row *rows = calloc(n, sizeof(*rows));
	uint64_t seq = 0;
	double walk = 0;

	if (rows == NULL)
		err(1, NULL);
	for (size_t i = 0; i < n; i++) {
		seq += 1 + (chance() % 16 == 0 ? chance() % 50 : 0);
		walk += (double)(chance() % 1000) / 1000 - .5;
		rows[i].seq = seq;
		rows[i].wall = (int64_t)seq * 1000 - 7;
		rows[i].step = (int64_t)seq * 10;
		rows[i].v[0] = walk;
		rows[i].v[1] = (double)i;
		rows[i].v[2] = (double)(chance() % 100000);
		/* Ever further up and down: each is an extreme. */
		rows[i].v[3] = chance() % 3 == 0 ? (double)NAN :
		    i % 2 ? (double)i : -(double)i;
	}
	return rows;
}

static void
add_rows(struct past *p, const struct row *rows, size_t n, uint64_t run)
{
	for (size_t i = 0; i < n; i++) {
		struct record *rec = row_record(&rows[i], run);

		past_add(p, rec);
		record_drop(rec);
	}
}

static void
test_random(void)
{
	struct row *rows = random_rows(RECORDS);
	static const size_t stops[] = { 1, 2, 3, 65, 5000, 8192, 8193, 9000,
		50000, 100001, RECORDS };
	struct past *p = past_new(&pool, SIZE_MAX);
	struct record *rec;
	size_t done = 0, most = 0;
	int whole = 1, data = 1;

	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
		add_rows(p, rows + done, stops[i] - done, 7);
		done = stops[i];
		rec = past_record(p, 7);
		whole &= is_whole(rec, rows, done);
		data &= rec != NULL && record_data_ok(rec) &&
		    (rec->flags & APREC_DATA_CRC) != 0;
		if (rows_of(rec) > most)
			most = rows_of(rec);
		if (done <= 5000)
			whole &= rows_of(rec) == done;
		record_drop(rec);
	}
	ok(whole, "first, last, extremes are there, in rows as they came");
	ok(most <= PAST_ROWS, "bounded");
	ok(data, "the record has a data CRC that is right");
	rec = past_record(p, 7);
	ok(rows_of(rec) > PAST_ROWS / 4, "and not fewer than need be");
	printf("# %" PRIu64 " rows\n", rows_of(rec));
	ok(record_find(rec, "step")->type == APREC_I64 &&
	    record_find(rec, "a")->type == APREC_F64,
	    "whole numbers are whole");
	ok(strcmp(field_attr(record_find(rec, "a"), "units"), "m") == 0,
	    "units are carried");
	record_drop(rec);
	past_free(p);
	free(rows);
}

/* The past of the first part comes as a record, in any order with the rest. */
static void
test_merge(void)
{
	size_t n = 30000, cut = 20000;
	struct row *rows = random_rows(n);
	struct past *whole = past_new(&pool, SIZE_MAX);
	struct past *p = past_new(&pool, SIZE_MAX);
	struct record *early, *late, *rec;

	add_rows(whole, rows, cut, 7);
	early = past_record(whole, 7);
	add_rows(whole, rows + cut, n - cut, 7);
	late = past_record(whole, 7);
	past_add(p, early);
	add_rows(p, rows + cut - 500, n - cut + 500, 7);
	rec = past_record(p, 7);
	ok(is_whole(rec, rows, n), "a history, then records that overlap it");
	record_drop(rec);
	past_free(p);

	p = past_new(&pool, SIZE_MAX);
	add_rows(p, rows + cut, n - cut, 7);
	past_add(p, early);
	rec = past_record(p, 7);
	ok(is_whole(rec, rows, n), "records, then the history of what was "
	    "before");
	past_add(p, late);
	past_add(p, early);
	record_drop(rec);
	rec = past_record(p, 7);
	ok(is_whole(rec, rows, n), "what is known is not added twice");
	record_drop(rec);
	past_free(p);

	p = past_new(&pool, SIZE_MAX);
	add_rows(p, rows, 100, 7);
	past_add(p, late);
	rec = past_record(p, 7);
	ok(is_whole(rec, rows, n), "the first records, then the history of "
	    "all: nothing is missing after a break");
	record_drop(rec);
	past_free(p);
	past_free(whole);
	record_drop(early);
	record_drop(late);
	free(rows);
}

/* A source of many numbers; value(i, k) of number k in record i. */
static double
value(uint64_t i, size_t k)
{
	return i == 1000 + 7 * k ? 1e6 : i == 3000 + 11 * k ? -1e6 :
	    sin((double)(i * (k + 1)));
}

static void
add_many(struct past *p, uint64_t seq, uint64_t run, size_t n)
{
	static char name[4096][8];
	static double v[4096];
	static struct aprec_field fields[4097];
	struct aprec_header h = { .seq = seq, .wall = 1, .run = run,
		.source = "many" };
	int64_t step = (int64_t)seq;
	struct record *rec;

	for (size_t k = 0; k < n; k++) {
		snprintf(name[k], sizeof(name[k]), "n%zu", k);
		v[k] = value(seq, k);
		fields[k] = number(name[k], APREC_F64, &v[k]);
	}
	fields[n] = number("step", APREC_I64, &step);
	rec = make(&h, fields, n + 1);
	past_add(p, rec);
	record_drop(rec);
}

static void
test_many(void)
{
	struct past *p = past_new(&pool, SIZE_MAX);
	struct record *rec;
	char name[16];
	double least, most;
	int good = 1;

	for (uint64_t i = 1; i <= 5000; i++)
		add_many(p, i, 7, 100);
	rec = past_record(p, 7);
	for (size_t k = 0; k < 100; k++) {
		snprintf(name, sizeof(name), "n%zu", k);
		least = INFINITY;
		most = -INFINITY;
		for (uint64_t i = 0; i < rows_of(rec); i++) {
			least = fmin(least, column(rec, name, i));
			most = fmax(most, column(rec, name, i));
		}
		good &= least == -1e6 && most == 1e6;
	}
	ok(good, "a hundred numbers: no extreme is lost");
	ok(rec->length <= PAST_BYTES + 16384, "in a bounded record");
	printf("# %" PRIu64 " rows, %" PRIu64 " bytes\n", rows_of(rec),
	    rec->length);
	record_drop(rec);
	for (uint64_t i = 1; i <= 300; i++)
		add_many(p, i, 8, 4000);
	rec = past_record(p, 8);
	ok(rec != NULL && rec->table->nfields == 2 + PAST_NUMBERS + 1 &&
	    record_find(rec, "n0") != NULL && record_find(rec, "step") != NULL,
	    "of 4000 numbers the first have a past, and the step");
	record_drop(rec);
	past_free(p);
}

static void
test_limits(void)
{
	size_t used = (pool_trim(&pool), pool.used), limit = pool.limit;
	struct past *p = past_new(&pool, 200000);
	struct row *rows = random_rows(20000);
	struct record *rec;
	struct state *st;

	for (uint64_t run = 1; run <= 10; run++)
		add_rows(p, rows, 2000, run);
	add_rows(p, rows, 20000, 1);
	pool_trim(&pool);
	/* The tables of some records are held, too. */
	ok(pool.used - used <= 200000 + 10 * 8 * 4096,
	    "memory keeps to its limit");
	rec = past_record(p, 1);
	ok(is_whole(rec, rows, 20000), "with fewer rows");
	st = state_new(NULL, NULL, NULL);
	state_merge(st, rec, 0, NULL, NULL);
	past_prune(p, st);
	record_drop(rec);
	rec = past_record(p, 2);
	ok(rec == NULL, "runs that are gone are forgotten");
	rec = past_record(p, 1);
	ok(rec != NULL, "and no others");
	record_drop(rec);
	pool.limit = pool.used + 1000;
	ok(past_record(p, 1) == NULL, "without memory there is no record");
	pool.limit = limit;
	state_free(st);
	past_free(p);
	pool_trim(&pool);
	ok(pool.used == used, "all memory comes back");
	free(rows);
}

/* Whole numbers beyond what a double holds; types that change. */
static void
test_types(void)
{
	uint64_t big = UINT64_MAX - 1;
	int64_t low = INT64_MIN + 1;
	double half = .5;
	uint8_t yes = 1;
	struct aprec_header h = { .seq = 1, .wall = 1, .run = 7,
		.source = "s" };
	struct aprec_field fields[] = { number("u", APREC_U64, &big),
		number("i", APREC_I64, &low), number("b", APREC_BOOL, &yes),
		number("x", APREC_I64, &low) };
	struct past *p = past_new(&pool, SIZE_MAX);
	struct record *rec = make(&h, fields, 4);
	uint64_t u = 0;
	int64_t i = 0;

	past_add(p, rec);
	record_drop(rec);
	h.seq = 2;
	fields[3] = number("x", APREC_F64, &half);
	rec = make(&h, fields, 4);
	past_add(p, rec);
	record_drop(rec);
	rec = past_record(p, 7);
	record_copy(rec, record_find(rec, "u"), 1, 1, &u);
	record_copy(rec, record_find(rec, "i"), 1, 1, &i);
	ok(u == big && i == low, "64-bit whole numbers keep every bit");
	ok(column(rec, "b", 0) == 1, "a bool is a number");
	ok(column(rec, "x", 0) == (double)low && column(rec, "x", 1) == .5,
	    "a number that ceases to be whole");
	record_drop(rec);
	h.seq = 3;
	rec = make(&h, fields, 1);
	past_add(p, rec);
	record_drop(rec);
	rec = past_record(p, 7);
	ok(rows_of(rec) == 3 && isnan(column(rec, "i", 2)) &&
	    column(rec, "i", 1) == (double)low, "what is unknown is NaN");
	record_drop(rec);
	past_free(p);
}

/* Records in a train are as those one by one. */
static void
test_train(void)
{
	struct past *one = past_new(&pool, SIZE_MAX);
	struct past *all = past_new(&pool, SIZE_MAX);
	struct reader *r = reader_new(&pool, APREC_RECORD_MAX);
	struct row *rows = random_rows(20000);
	struct record *rec, *a, *b;
	struct reader_loss loss;
	size_t taken;
	uint32_t most = 0;

	reader_trains(r);
	for (size_t i = 0; i < 20000; i++) {
		rows[i].v[3] = 1;
		rec = row_record(&rows[i], 7);
		past_add(one, rec);
		if (reader_feed(r, rec->bytes, rec->length, &taken) == -1)
			err(1, "reader_feed");
		record_drop(rec);
		while (i % 1000 == 999 &&
		    reader_next(r, &rec, &loss) == READER_RECORD) {
			past_add(all, rec);
			most = rec->train > most ? rec->train : most;
			record_drop(rec);
		}
	}
	a = past_record(one, 7);
	b = past_record(all, 7);
	ok(most > 100 && a->length == b->length &&
	    memcmp(a->bytes, b->bytes, a->length) == 0,
	    "trains make the same past");
	record_drop(a);
	record_drop(b);
	reader_free(r);
	past_free(one);
	past_free(all);
	free(rows);
}

/* What claims to be a history and is not. */
static void
test_hostile(void)
{
	uint64_t seq[] = { 5, 4 }, falling[] = { 0, 1 };
	int64_t wall[] = { 1, 2 };
	struct aprec_header h = { .flags = APREC_HISTORY, .seq = 9, .run = 7,
		.source = "s" };
	struct aprec_field fields[] = {
		{ .name = "HISTORY_seq", .type = APREC_U64, .rank = 1,
		.extents = { 2 }, .data = seq },
		{ .name = "HISTORY_wall", .type = APREC_I64, .rank = 1,
		.extents = { 2 }, .data = wall } };
	struct past *p = past_new(&pool, SIZE_MAX);
	struct record *rec;
	int none = 1;

	for (int i = 0; i < 5; i++) {
		size_t n = i == 1 ? 0 : i == 2 ? 1 : 2;

		if (i == 3)
			fields[0].data = falling;
		if (i == 4)
			fields[1].extents[0] = 1;
		rec = make(&h, fields, n);
		past_add(p, rec);
		record_drop(rec);
		none &= past_record(p, 7) == NULL;
	}
	ok(none, "a history that is none is left alone");
	past_free(p);
}

int
main(void)
{
	pool_init(&pool, (size_t)1 << 30);
	test_random();
	test_merge();
	test_many();
	test_limits();
	test_types();
	test_train();
	test_hostile();
	printf("1..%d\n", test);
	return failures > 0;
}
