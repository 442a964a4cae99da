/*
 * Goal: the past of a number stays bounded for a run of any length and never
 * loses an extreme, the first or the newest value; a window forgets what
 * lies before it; a history record puts the past before what is known.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/history.h"
#include "format/pool.h"
#include "format/reader.h"

#define UPDATES	10000000

static int test, failures;
static struct pool pool;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
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
field(const char *name, enum aprec_type type, const void *data, size_t n)
{
	struct aprec_field f = { .name = name, .type = type, .data = data };

	f.rank = n > 0;
	f.extents[0] = n;
	return f;
}

/* One record whose numbers can be changed where they lie. */
struct feed {
	struct record	*rec;
	double		*t, *value;
	int64_t		*step;
};

static void
feed_new(struct feed *f, uint64_t run)
{
	double zero = 0;
	int64_t whole = 0;
	struct aprec_field fields[] = {
		field("step", APREC_I64, &whole, 0),
		field("t", APREC_F64, &zero, 0),
		field("e", APREC_F64, &zero, 0)
	};
	struct aprec_header h = { .seq = 1, .wall = 1, .run = run,
		.source = "s" };

	f->rec = make(&h, fields, 3);
	f->step = (int64_t *)(uintptr_t)record_bytes(f->rec,
	    record_find(f->rec, "step"));
	f->t = (double *)(uintptr_t)record_bytes(f->rec,
	    record_find(f->rec, "t"));
	f->value = (double *)(uintptr_t)record_bytes(f->rec,
	    record_find(f->rec, "e"));
}

static void
add(struct history *h, struct feed *f, int64_t step, double value)
{
	f->rec->seq = (uint64_t)step + 1;
	f->rec->wall = step * 1000000;
	*f->step = step;
	*f->t = (double)step * 0.5;
	*f->value = value;
	if (history_add(h, f->rec) == -1)
		err(1, "history_add");
}

static const struct history_row *
find(const struct history_row *rows, size_t n, double value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rows[i].value == value)
			return &rows[i];
	}
	return NULL;
}

static void
test_long(void)
{
	struct history *h = history_new(NULL, SIZE_MAX);
	const struct history_row *rows, *r;
	struct feed f;
	size_t n = 0, i, used = 0, most = 0;
	int rising = 1, spread = 1;

	feed_new(&f, 7);
	for (i = 0; i < UPDATES; i++) {
		add(h, &f, (int64_t)i, i == 1234567 ? 1000 : i == 7654321 ?
		    -1000 : sin((double)i / 1000));
		if (i % 100000 == 99999) {
			used = history_used(h);
			most = used > most ? used : most;
		}
	}
	rows = history_rows(h, 7, "e", &n);
	ok(rows != NULL && n <= HISTORY_ROWS + 4, "10^7 values in few rows");
	ok(n >= HISTORY_ROWS / 2 - 4, "and not fewer than need be");
	ok(most < 3 * 300000, "three numbers take less than 300 KB each");
	printf("# %zu rows, %zu bytes\n", n, used);
	r = find(rows, n, 1000);
	ok(r != NULL && r->step == 1234567 && r->t == 1234567 * 0.5 &&
	    r->wall == (int64_t)1234567 * 1000000,
	    "the greatest, with its step and time");
	r = find(rows, n, -1000);
	ok(r != NULL && r->step == 7654321, "the least");
	ok(rows[0].step == 0, "the first");
	ok(rows[n - 1].step == UPDATES - 1, "and the last are there");
	for (i = 1; i < n; i++) {
		rising &= rows[i].step >= rows[i - 1].step;
		spread &= rows[i].step - rows[i - 1].step < UPDATES / 500;
	}
	ok(rising, "rows are in the order of time");
	ok(spread, "and tell of all parts of the run alike");
	record_drop(f.rec);
	history_free(h);
}

/* Bounds that hold at every moment, with a window too. */
static void
test_window(void)
{
	struct history_window w = { .steps = 1000 };
	struct history *h = history_new(&w, SIZE_MAX);
	const struct history_row *rows;
	struct feed f;
	size_t n = 0;
	int64_t i;
	int in = 1, all = 1;

	feed_new(&f, 7);
	for (i = 0; i < 100000; i++) {
		add(h, &f, i, (double)i);
		if (i % 997 != 0)
			continue;
		rows = history_rows(h, 7, "e", &n);
		in &= rows[0].step >= i - 1000 - 8;
		all &= rows[n - 1].step == i && (i < 1000 || n > 990);
	}
	ok(in, "a window of 1000 steps keeps no more");
	ok(all, "and no less");
	record_drop(f.rec);
	history_free(h);
}

static void
test_limits(void)
{
	struct history *h = history_new(NULL, 100000);
	struct feed f;
	const struct history_row *rows;
	size_t n = 0;
	int64_t i;

	feed_new(&f, 7);
	for (i = 0; i < 200000; i++)
		add(h, &f, i, i == 5000 ? 9 : 0);
	ok(history_used(h) <= 100000, "memory keeps to its limit");
	rows = history_rows(h, 7, "e", &n);
	ok(rows != NULL && find(rows, n, 9) != NULL && rows[0].step == 0,
	    "with fewer rows, and the extremes");
	ok(history_rows(h, 8, "e", &n) == NULL, "another run has none");
	ok(history_rows(h, 7, "x", &n) == NULL, "another name has none");
	record_drop(f.rec);
	history_free(h);
}

static void
test_nan(void)
{
	struct history *h = history_new(NULL, SIZE_MAX);
	struct feed f;
	const struct history_row *rows;
	size_t n = 0;
	int64_t i;

	feed_new(&f, 7);
	for (i = 0; i < 100000; i++)
		add(h, &f, i, i % 3 != 0 ? NAN : i == 30000 ? 5 : i == 60000 ?
		    -5 : 1);
	rows = history_rows(h, 7, "e", &n);
	ok(find(rows, n, 5) != NULL && find(rows, n, -5) != NULL,
	    "values that are none do not hide the extremes");
	record_drop(f.rec);
	history_free(h);
}

static void
test_past(void)
{
	uint64_t seq[] = { 1, 2, 3, 4, 5, 6 };
	int64_t wall[] = { 10, 20, 30, 40, 50, 60 };
	double t[] = { 0, .5, 1, 1.5, 2, 2.5 }, e[] = { 6, 5, 4, 3, 2, 1 };
	struct aprec_field fields[] = {
		field("HISTORY_seq", APREC_U64, seq, 6),
		field("HISTORY_wall", APREC_I64, wall, 6),
		field("t", APREC_F64, t, 6), field("e", APREC_F64, e, 6)
	};
	struct aprec_header header = { .flags = APREC_HISTORY, .seq = 6,
		.wall = 60, .run = 7, .source = "s" };
	struct history *h = history_new(NULL, SIZE_MAX);
	struct record *past = make(&header, fields, 4);
	const struct history_row *rows;
	struct feed f;
	size_t n = 0;

	feed_new(&f, 7);
	add(h, &f, 4, 100);		/* seq 5: known before the past comes */
	add(h, &f, 5, 101);
	history_add(h, past);
	rows = history_rows(h, 7, "e", &n);
	ok(n == 6 && rows[0].value == 6 && rows[0].step == 1 &&
	    rows[0].wall == 10 && rows[3].value == 3 && rows[3].t == 1.5,
	    "a history record is the past");
	ok(n == 6 && rows[4].value == 100 && rows[5].value == 101,
	    "up to the first value that was known");
	history_add(h, past);
	rows = history_rows(h, 7, "e", &n);
	ok(n == 6, "once");
	record_drop(past);
	record_drop(f.rec);
	history_free(h);
}

/* History first, live records that it tells of, then a newer history. */
static void
test_late(void)
{
	uint64_t seq[] = { 1, 3, 5, 7, 9 };
	int64_t wall[] = { 10, 30, 50, 70, 90 };
	double step[] = { NAN, 2, 4, 6, 8 }, e[] = { 6, NAN, 4, 3, 8 };
	struct aprec_field fields[] = {
		field("HISTORY_seq", APREC_U64, seq, 3),
		field("HISTORY_wall", APREC_I64, wall, 3),
		field("step", APREC_F64, step, 3), field("e", APREC_F64, e, 3)
	};
	struct aprec_header header = { .flags = APREC_HISTORY, .seq = 5,
		.wall = 50, .run = 7, .source = "s" };
	struct history *h = history_new(NULL, SIZE_MAX);
	struct record *past = make(&header, fields, 4);
	const struct history_row *rows;
	struct feed f;
	size_t n = 0;

	feed_new(&f, 7);
	history_add(h, past);
	record_drop(past);
	add(h, &f, 3, 44);		/* seq 4: told already */
	add(h, &f, 4, 55);		/* seq 5 */
	add(h, &f, 5, 66);
	rows = history_rows(h, 7, "e", &n);
	ok(n == 3 && rows[0].value == 6 && rows[0].step == 1 &&
	    rows[1].value == 4 && rows[1].step == 4 && rows[2].value == 66,
	    "live records that the history tells of are left out");
	for (int i = 0; i < 4; i++)
		fields[i].extents[0] = 5;
	header.seq = 9;
	past = make(&header, fields, 4);
	history_add(h, past);
	record_drop(past);
	rows = history_rows(h, 7, "e", &n);
	ok(n == 5 && rows[2].value == 66 && rows[3].value == 3 &&
	    rows[4].value == 8 && rows[4].step == 8,
	    "after a break, a history brings what was missed");
	record_drop(f.rec);
	history_free(h);
}

static void
test_prune(void)
{
	struct history *h = history_new(NULL, SIZE_MAX);
	struct state *st = state_new(NULL, NULL, NULL);
	struct feed a, b;
	size_t n, before = history_used(h);

	feed_new(&a, 7);
	feed_new(&b, 8);
	state_merge(st, b.rec, 0, NULL, NULL);
	add(h, &a, 1, 1);
	add(h, &b, 1, 1);
	history_prune(h, st);
	ok(history_rows(h, 7, "e", &n) == NULL &&
	    history_rows(h, 8, "e", &n) != NULL,
	    "runs that are gone are forgotten");
	state_free(st);
	st = state_new(NULL, NULL, NULL);
	history_prune(h, st);
	printf("# %zu, %zu bytes\n", before, history_used(h));
	ok(history_used(h) <= before + 16 * sizeof(void *),
	    "and their memory comes back");
	state_free(st);
	record_drop(a.rec);
	record_drop(b.rec);
	history_free(h);
}

int
main(void)
{
	pool_init(&pool, SIZE_MAX);
	test_long();
	test_window();
	test_limits();
	test_nan();
	test_past();
	test_late();
	test_prune();
	printf("1..%d\n", test);
	return failures > 0;
}
