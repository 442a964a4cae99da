/*
 * Goal: runs are told apart over any number of inputs: what comes twice is
 * counted once, also when its run has been replaced; a run goes on as long as
 * one input brings it; no input takes the room of another; what inputs leave
 * behind is bounded, and all memory is counted and comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"
#include "format/state.h"

/* Ample: each record here has a block of its own. */
#define LIMIT	((size_t)16 << 30)

static int test, failures;
static struct pool pool;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

/* A record of a number called field. */
static struct record *
make(const char *source, uint64_t run, uint64_t seq, const char *field,
    unsigned flags)
{
	struct aprec_field f = { .name = field, .type = APREC_F64 };
	struct aprec_header h = { .flags = flags, .seq = seq, .run = run,
	    .source = source };
	struct reader *rd = reader_new(&pool, 1 << 20);
	unsigned char buf[1024];
	struct record *r = NULL;
	double v = (double)seq;
	size_t taken, n;

	f.data = &v;
	n = aprec_encoded_size(&h, &f, 1);
	if (n == 0 || n > sizeof(buf) ||
	    aprec_encode(&h, &f, 1, buf, n) == -1 ||
	    reader_feed(rd, buf, n, &taken) == -1 ||
	    reader_next(rd, &r, NULL) != READER_RECORD)
		abort();
	reader_free(rd);
	return r;
}

static enum state_event
merge(struct state *st, unsigned input, const char *source, uint64_t run,
    uint64_t seq, unsigned flags)
{
	struct record *r = make(source, run, seq, "v", flags);
	enum state_event e = state_merge(st, r, input, NULL, NULL);

	record_drop(r);
	return e;
}

/* The source as it is shown, NULL where there is none. */
static struct source *
find(struct state *st, const char *shown)
{
	char buf[SOURCE_SHOWN_MAX];

	for (struct source *s = state_sources(st); s != NULL; s = s->next)
		if (strcmp(source_shown(s, buf), shown) == 0)
			return s;
	return NULL;
}

static void
end(struct state *st, const char *what)
{
	state_free(st);
	pool_trim(&pool);
	ok(pool.used == 0, what);
}

static void
late_duplicates(void)
{
	struct state *st = state_new(&pool, NULL, NULL);

	merge(st, 0, "wave", 1, 1, 0);
	merge(st, 0, "wave", 1, 2, APREC_FINAL);
	merge(st, 0, "wave", 2, 1, 0);
	ok(state_count(st) == 1 && find(st, "wave")->run == 2,
	    "a new run replaces one that is final");
	ok(merge(st, 1, "wave", 1, 1, 0) == STATE_DUPLICATE &&
	    merge(st, 1, "wave", 1, 2, APREC_FINAL) == STATE_DUPLICATE &&
	    state_count(st) == 1,
	    "over a slower path, the old one is a duplicate");
	ok(state_seq(st, 1) == 2, "whose last seq is known");
	ok(merge(st, 1, "wave", 2, 1, 0) == STATE_DUPLICATE,
	    "and so is the new one");
	merge(st, 0, "wave", 3, 1, 0);
	ok(state_count(st) == 2 && find(st, "wave")->run == 2 &&
	    find(st, "wave#2")->run == 3, "two that go on stay apart");
	state_input_ended(st, 1);
	state_input_ended(st, 0);
	merge(st, 2, "wave", 4, 1, 0);
	ok(state_count(st) == 1, "both are replaced when their inputs ended");
	ok(merge(st, 2, "wave", 3, 2, 0) == STATE_MERGED &&
	    state_count(st) == 2, "one that goes on after all is back");
	for (uint64_t run = 100; run < 100 + 3 * STATE_RUNS_MAX; run++)
		merge(st, 3, "short", run, 1, APREC_FINAL);
	ok(merge(st, 4, "short", 99 + 2 * STATE_RUNS_MAX + 2, 1, 0) ==
	    STATE_DUPLICATE && state_count(st) == 3,
	    "as many replaced runs are remembered as it says");
	end(st, "its memory comes back");
}

static void
paths(void)
{
	struct state *st = state_new(&pool, NULL, NULL);

	merge(st, 0, "wave", 1, 1, 0);
	ok(merge(st, 1, "wave", 1, 1, 0) == STATE_DUPLICATE,
	    "a diamond's second path brings duplicates");
	state_input_ended(st, 0);
	ok(!find(st, "wave")->ended && find(st, "wave")->input == 1,
	    "a run lives on over it when the first ends");
	merge(st, 1, "wave", 2, 1, 0);
	ok(state_count(st) == 2, "so another run does not replace it");
	state_input_ended(st, 1);
	ok(find(st, "wave")->ended && find(st, "wave#2")->ended &&
	    find(st, "wave")->input == STATE_NO_INPUT,
	    "with the last path it ends");
	ok(merge(st, 2, "wave", 2, 1, 0) == STATE_DUPLICATE &&
	    !find(st, "wave#2")->ended,
	    "a duplicate over a new path shows that it does not");
	merge(st, 2, "wave", 2, 2, 0);
	ok(state_count(st) == 1 && find(st, "wave")->run == 2,
	    "then it replaces the older one, which has ended");
	end(st, "its memory comes back");
}

static void
limits(void)
{
	struct state *st = state_new(&pool, NULL, NULL);
	char name[32];
	int good = 1;

	for (unsigned i = 0; i < STATE_SOURCES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "bad%u", i);
		good &= merge(st, 0, name, 1000 + i, 1, 0) ==
		    (i < STATE_SOURCES_MAX ? STATE_MERGED : STATE_SOURCES);
	}
	ok(good, "an input has so many sources and no more");
	ok(merge(st, 1, "good", 1, 1, 0) == STATE_MERGED,
	    "which takes nothing from another");
	for (unsigned input = 2; input < 10; input++) {
		for (unsigned i = 0; i < STATE_SOURCES_MAX; i++) {
			snprintf(name, sizeof(name), "gone%u-%u", input, i);
			merge(st, input, name, 5000 * input + i, 1, 0);
		}
		state_input_ended(st, input);
	}
	ok(state_count(st) == STATE_SOURCES_MAX + 1 + STATE_GONE_MAX,
	    "what inputs leave behind is bounded");
	ok(find(st, "gone9-0") != NULL && find(st, "gone2-0") == NULL &&
	    find(st, "good") != NULL, "the oldest goes");
	end(st, "its memory comes back");
}

static void
memory(void)
{
	struct state *st = state_new(&pool, NULL, NULL);
	struct record *r = make("wave", 1, 1, "v", 0);
	size_t before = pool.used;
	char name[32];

	state_merge(st, r, 0, NULL, NULL);
	ok(pool.used > before + sizeof(struct source),
	    "a source is charged to the pool");
	before = pool.used;
	for (unsigned i = 0; i < 64; i++) {
		struct record *more;

		snprintf(name, sizeof(name), "n%u", i);
		more = make("wave", 1, 2 + i, name, 0);
		state_merge(st, more, 0, NULL, NULL);
		record_drop(more);
	}
	ok(pool.used > before + 64 * sizeof(struct slot),
	    "so are its names");
	record_drop(r);
	r = make("other", 2, 1, "v", 0);
	pool.limit = pool.used;
	ok(state_merge(st, r, 0, NULL, NULL) == STATE_FAILED &&
	    state_count(st) == 1, "where there is no memory it is refused");
	pool.limit = LIMIT;
	ok(state_merge(st, r, 0, NULL, NULL) == STATE_MERGED,
	    "and taken when there is");
	record_drop(r);
	end(st, "its memory comes back");
}

int
main(void)
{
	pool_init(&pool, LIMIT);
	late_duplicates();
	paths();
	limits();
	memory();
	printf("1..%d\n", test);
	return failures > 0;
}
