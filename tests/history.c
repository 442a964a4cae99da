/*
 * Goal: the past of a number stays bounded for a run of any length and never
 * loses an extreme, the first or the newest value, however many numbers there
 * are; a window forgets what lies before it; a history record puts the past
 * before what is known.
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

/* Values that cannot be drawn are no extremes: those that can stay. */
static void
test_infinite(void)
{
	struct history *h = history_new(NULL, SIZE_MAX);
	struct feed f;
	const struct history_row *rows;
	size_t n = 0;
	int64_t i;

	feed_new(&f, 7);
	for (i = 0; i < 100000; i++)
		add(h, &f, i, i % 5 == 1 ? INFINITY : i % 5 == 2 ? -INFINITY :
		    i == 30000 ? 5 : i == 60000 ? -5 : 1);
	rows = history_rows(h, 7, "e", &n);
	ok(find(rows, n, 5) != NULL && find(rows, n, -5) != NULL,
	    "infinite ones do not either");
	record_drop(f.rec);
	history_free(h);
}

static void
test_kinds(void)
{
	static const enum aprec_type types[] = { APREC_I64, APREC_I32,
		APREC_I16, APREC_I8, APREC_U64, APREC_U32, APREC_U16, APREC_U8,
		APREC_BOOL };
	static const int64_t one = 1;
	float c64[2] = { 3, 4 };
	double c128[2] = { -5, 12 };
	struct aprec_field fields[12];
	struct aprec_header header = { .seq = 1, .wall = 1, .run = 7,
		.source = "s" };
	struct history *h = history_new(NULL, SIZE_MAX);
	const struct history_row *rows;
	struct record *rec;
	char names[12][4];
	size_t i, n;
	int all = 1;

	for (i = 0; i < 9; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		fields[i] = field(names[i], types[i], &one, 0);
	}
	fields[9] = field("c64", APREC_C64, c64, 0);
	fields[10] = field("c128", APREC_C128, c128, 0);
	fields[11] = field("word", APREC_TEXT, "word", 0);
	fields[11].text_len = 4;
	rec = make(&header, fields, 12);
	history_add(h, rec);
	for (i = 0; i < 9; i++) {
		rows = history_rows(h, 7, names[i], &n);
		all &= rows != NULL && n == 1 && rows[0].value == 1;
	}
	ok(all, "whole numbers and truth values have a past");
	rows = history_rows(h, 7, "c64", &n);
	ok(rows != NULL && rows[0].value == 5, "of complex ones the modulus");
	rows = history_rows(h, 7, "c128", &n);
	ok(rows != NULL && rows[0].value == 13, "has one");
	ok(history_rows(h, 7, "word", &n) == NULL, "and a text has none");
	record_drop(rec);
	history_free(h);
}

#define MANY		1000	/* numbers of each of so many sources */
#define SOURCES		64
#define LIMIT		((size_t)128 << 20)

/*
 * Where numbers are so many that there is no room for all their rows, each has
 * fewer, and its extremes.
 */
static void
test_many(void)
{
	static double values[MANY];
	static char names[MANY][8];
	static struct aprec_field fields[MANY];
	struct aprec_header header = { .seq = 1, .wall = 1, .run = 1,
		.source = "s" };
	struct history *h = history_new(NULL, LIMIT);
	struct record *rec;
	const struct history_row *rows;
	double *v;
	size_t i, n, most = 0, fewest = SIZE_MAX;
	unsigned s, k;
	int all = 1;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		fields[i] = field(names[i], APREC_F64, &values[i], 0);
	}
	rec = make(&header, fields, MANY);
	v = (double *)(uintptr_t)record_bytes(rec, &rec->table->fields[0]);
	for (k = 0; k < 100; k++) {
		for (s = 1; s <= SOURCES; s++) {
			for (i = 0; i < MANY; i++)
				v[i] = k == (i + s) % 90 ? 1 + (double)s :
				    0.1 * (k % 7);
			rec->run = s;
			rec->seq = k + 1;
			rec->wall = k;
			history_add(h, rec);
		}
		most = history_used(h) > most ? history_used(h) : most;
	}
	for (s = 1; s <= SOURCES; s++) {
		for (i = 0; i < MANY; i++) {
			rows = history_rows(h, s, names[i], &n);
			all &= rows != NULL && find(rows, n, 1 + (double)s) !=
			    NULL && rows[n - 1].wall == 99;
			fewest = rows != NULL && n < fewest ? n : fewest;
		}
	}
	printf("# %zu bytes, %zu rows at least\n", most, fewest);
	ok(most <= LIMIT && history_refused(h) == 0,
	    "64,000 numbers keep to the limit of memory");
	ok(all, "each with its extreme and its newest value");
	ok(fewest >= 16, "and some more");
	record_drop(rec);
	history_free(h);
}

/* The window is that of all runs in time, of each in steps. */
static void
test_windows(void)
{
	struct history_window seconds = { .seconds = 1 }, steps = { .steps =
		100 };
	struct history *h = history_new(&seconds, SIZE_MAX);
	const struct history_row *rows;
	struct feed a, b;
	size_t n = 0;
	int64_t i;

	feed_new(&a, 7);
	feed_new(&b, 8);
	for (i = 0; i < 10; i++)
		add(h, &a, i, 1);		/* 1 ms a step */
	for (i = 500; i < 1600; i++)
		add(h, &b, i, 1);
	rows = history_rows(h, 8, "e", &n);
	ok(n == 1001 && rows[0].step == 599, "a window of time is exact");
	ok(history_rows(h, 7, "e", &n) == NULL,
	    "what was silent for longer is not in it");
	history_free(h);
	h = history_new(&steps, SIZE_MAX);
	for (i = 0; i < 10; i++)
		add(h, &a, i, 1);
	for (i = 500; i < 1600; i++)
		add(h, &b, i, 1);
	rows = history_rows(h, 7, "e", &n);
	ok(rows != NULL && n == 10, "one of steps is each run's own");
	rows = history_rows(h, 8, "e", &n);
	ok(n == 101 && rows[0].step == 1499, "and exact, too");
	record_drop(a.rec);
	record_drop(b.rec);
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
	test_infinite();
	test_kinds();
	test_many();
	test_windows();
	test_past();
	test_late();
	test_prune();
	printf("1..%d\n", test);
	return failures > 0;
}
