/*
 * Goal: whatever is asked of aprec play, and whatever stands in a recording
 * that it or aprec check reads: no place is taken that is not one, no record
 * is due before now or never, and what is printed is text.
 *
 * The bytes are a moment's text, wall times, and a recording.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/audit.h"
#include "format/moment.h"
#include "format/pace.h"

#define YEARS	INT64_C(100000000000000000)	/* about three, in ns */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "fuzz-aprec: not true: %s\n", what);
		abort();
	}
}

static void
try_moment(const uint8_t *data, size_t size)
{
	struct standing s = { .step = 1, .wall = 1 };
	struct moment m;
	char text[64];

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	if (moment_parse(&m, text) == -1)
		return;
	check(m.kind != MOMENT_NONE && text[0] != '\0', "it says something");
	check(m.kind != MOMENT_SHARE || (m.t >= 0 && m.t <= 1), "a share");
	check(m.kind != MOMENT_TIME || isfinite(m.t), "a time");
	moment_resolve(&m, INT64_MAX - 5, INT64_MAX);
	check(m.kind != MOMENT_SINCE && m.kind != MOMENT_SHARE, "resolved");
	check(abs(moment_compare(&m, &s)) <= 1, "compared");
}

static void
try_pace(const uint8_t *data, size_t size)
{
	struct pace p = { .speed = size > 0 ? data[0] / 16.0 : 1 };
	struct pace_run runs[2] = { { 0 }, { 0 } };
	int64_t now = 0, wall, due;

	for (size_t i = 0; i + 8 <= size && i < 8000; i += 8) {
		memcpy(&wall, data + i, sizeof(wall));
		due = pace_due(&p, &runs[i / 8 % 2], wall, now);
		check(due >= now && due <= now + 2 * YEARS, "due");
		now = due > 10 * YEARS ? 0 : due + data[i];
	}
}

/* What is printed is lines of text. */
static void
check_text(struct buffer *b)
{
	const char *text = buffer_text(b), *end;

	check(!b->failed, "memory suffices");
	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		check(end != NULL, "lines end");
		check(aprec_is_text(text, (size_t)(end - text), 0), "text");
	}
}

static void
take(struct audit *a, struct buffer *b, struct reader *r,
    enum reader_event (*next)(struct reader *, struct record **,
    struct reader_loss *), uint64_t *lost)
{
	struct reader_loss loss;
	struct record *rec;
	enum reader_event e;

	while ((e = next(r, &rec, &loss)) != READER_MORE) {
		check(e != READER_FAILED, "memory suffices");
		if (e != READER_RECORD) {
			*lost += e != READER_TEXT;
			audit_loss(a, b, "name", e, &loss);
			continue;
		}
		check(audit_record(a, rec, reader_place(r, NULL),
		    0) == 0, "memory suffices");
		record_drop(rec);
	}
}

static void
try_audit(const uint8_t *data, size_t size)
{
	struct buffer b = { 0 };
	struct audit a;
	struct pool pool;
	struct reader *r;
	uint64_t lost = 0;
	size_t taken;

	pool_init(&pool, 64u << 20);
	if ((r = reader_new(&pool, 1u << 20)) == NULL)
		abort();
	audit_init(&a);
	check(reader_feed(r, data, size, &taken) == 0, "memory suffices");
	take(&a, &b, r, reader_next, &lost);
	take(&a, &b, r, reader_end, &lost);
	audit_tell(&a, &b, "name", size);
	check(audit_is_whole(&a) == (lost == 0 && a.records + a.repeats > 0),
	    "what is lost is damage");
	check_text(&b);
	buffer_free(&b);
	audit_free(&a);
	reader_free(r);
	pool_trim(&pool);
	check(pool.used == 0, "all memory came back");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_moment(data, size);
	try_pace(data, size);
	try_audit(data, size);
	return 0;
}
