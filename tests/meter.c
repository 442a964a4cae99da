/*
 * Goal: what is told of how the picture keeps up is true, holds still while
 * it is, and tells a clock that is wrong from a picture that is late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/meter.h"
#include "format/reader.h"

#define MS	INT64_C(1000000)
#define S	(1000 * MS)
#define START	(1000 * S)

static int test, failures;
static struct pool pool;

static void
is(const char *got, const char *wanted, const char *what)
{
	int good = strcmp(got, wanted) == 0;

	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	if (!good)
		printf("# wanted: %s\n# got: %s\n", wanted, got);
	failures += !good;
}

static void
is_number(int64_t got, int64_t wanted, const char *what)
{
	char a[32], b[32];

	snprintf(a, sizeof(a), "%lld", (long long)got);
	snprintf(b, sizeof(b), "%lld", (long long)wanted);
	is(a, b, what);
}

/* A state with n sources. */
static struct state *
sources(unsigned n)
{
	struct state *st = state_new(NULL, NULL, NULL);
	unsigned char buf[1024];
	struct record *r;
	size_t taken, size;
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		struct aprec_header h = { .seq = 1, .run = i + 1,
		    .source = name };
		struct reader *rd = reader_new(&pool, 1 << 20);

		snprintf(name, sizeof(name), "s%u", i);
		size = aprec_encoded_size(&h, NULL, 0);
		if (aprec_encode(&h, NULL, 0, buf, size) == -1 ||
		    reader_feed(rd, buf, size, &taken) == -1 ||
		    reader_next(rd, &r, NULL) != READER_RECORD ||
		    state_merge(st, r, 0, NULL, NULL) != STATE_MERGED)
			abort();
		record_drop(r);
		reader_free(rd);
	}
	return st;
}

/* n frames, every ns apart, each of them skip records later. */
static int64_t
frames(struct meter *m, struct state *st, unsigned n, int64_t now,
    int64_t every, uint64_t skip, int64_t age)
{
	for (unsigned i = 0; i < n; i++) {
		now += every;
		for (struct source *s = state_sources(st); s != NULL;
		    s = s->next)
			s->seq += skip;
		meter_frame(m, st, age, now);
	}
	return now;
}

static void
test_rates(void)
{
	static const struct {
		int64_t		 every, age;
		uint64_t	 skip;
		const char	*text;
	} cases[] = {
		{ 33 * MS, 20 * MS, 1, "<0.1 s old   30 frames/s   "
		    "every record" },
		{ 100 * MS, 300 * MS, 12, "0.3 s old   10 frames/s   "
		    "1 record in 12, the newest" },
		{ 1 * S, 20 * MS, 1, "<0.1 s old   1 frame/s   every record" },
		{ 5 * S, 2 * S, 400, "2 s old   1 frame in 5 s   "
		    "1 record in 400, the newest" },
		{ 60 * S, 20 * S, 1, "1 frame in 60 s   every record" },
	};
	struct state *st = sources(1), *three = sources(3);
	struct meter of_three = { 0 };
	char what[80];
	int64_t at;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct meter m = { 0 };
		int64_t now = frames(&m, st, 40, START, cases[i].every,
		    cases[i].skip, cases[i].age);

		snprintf(what, sizeof(what), "a frame in %lld ms",
		    (long long)(cases[i].every / MS));
		is(meter_text(&m, cases[i].age, now), cases[i].text, what);
	}
	at = frames(&of_three, three, 40, START, 100 * MS, 12, 0);
	is(meter_text(&of_three, 0, at), "<0.1 s old   10 frames/s   "
	    "1 record in 12, the newest", "of three sources, each one's");
	state_free(st);
	state_free(three);
}

static void
test_still(void)
{
	struct state *st = sources(1);
	struct meter m = { 0 };
	char last[112] = "";
	int64_t now = START, told = 0, age;
	int changes = 0, hasty = 0;

	/* 28 to 32 frames a second, 0.05 to 0.15 s old. */
	for (int i = 0; i < 3000; i++) {
		age = (110 + i * 13 % 90) * MS;
		now = frames(&m, st, 1, now, (31 + i * 7 % 5) * MS,
		    (uint64_t)(11 + i % 3), age);
		if (strcmp(meter_text(&m, age, now), last) == 0)
			continue;
		changes++;
		hasty += told != 0 && now - told < S / 2;
		told = now;
		snprintf(last, sizeof(last), "%s", m.text);
	}
	is_number(hasty, 0, "it changes at most twice a second");
	is_number(changes < 6, 1, "and does not tremble");
	now = frames(&m, st, 30, now, 100 * MS, 12, 400 * MS);
	is(meter_text(&m, 400 * MS, now), "0.4 s old   10 frames/s   "
	    "1 record in 12, the newest", "what is another is told");
	state_free(st);
}

static void
test_silence(void)
{
	struct state *st = sources(2);
	struct meter m = { 0 };
	int64_t now = START;

	is(meter_text(&m, 300 * MS, now), "0.3 s old",
	    "before there is a mean, the age");
	now = frames(&m, st, 40, now, 100 * MS, 1, 0);
	is_number(meter_due(&m, 200 * MS, 0, now), now + 800 * MS,
	    "when nothing more comes it is due at 1 s,");
	is(meter_text(&m, 2 * S, now + 2 * S), "2 s old",
	    "tells the age alone,");
	is_number(meter_due(&m, 2 * S, 0, now), now + 3 * S,
	    "is due at longer and longer times,");
	is_number(meter_due(&m, 5 * S, 0, now) == INT64_MAX, 1,
	    "until the title says it");
	is_number(meter_due(&m, 200 * MS, S, now), now + 20 * S,
	    "and more rarely where it costs much");
	now = frames(&m, st, 1, now + 60 * S, 0, 1, 0);
	is(meter_text(&m, 0, now), "<0.1 s old",
	    "silence does not count in the next mean");
	now = frames(&m, st, 20, now, S, 1, 0);
	is_number(meter_due(&m, 0, 0, now), now + 2 * S,
	    "where a record is expected soon, nothing is drawn before");
	now = frames(&m, st, 40, now, 100 * MS, 1, 0);
	state_sources(st)->run++;
	now = frames(&m, st, 1, now, 100 * MS, 50000, 0);
	is(meter_text(&m, 0, now + S), "<0.1 s old",
	    "a new run begins a new count");
	state_sources(st)->run--;	/* by which the state finds it */
	state_free(st);
}

static void
test_clocks(void)
{
	struct meter m = { 0 };

	is_number(meter_age(&m, 200 * MS, 50 * MS), 200 * MS,
	    "clocks that agree: since it was made");
	is_number(meter_age(&m, 3 * S, 50 * MS), 3 * S,
	    "also when it is late");
	memset(&m, 0, sizeof(m));
	is_number(meter_age(&m, -100 * S, 0), 0, "a clock ahead");
	is_number(meter_age(&m, -98 * S, 10 * MS), 2 * S,
	    "tells all the same what is late");
	memset(&m, 0, sizeof(m));
	is_number(meter_age(&m, 1000 * S, 0), 0, "a clock behind");
	is_number(meter_age(&m, 1000 * S + 300 * MS, 10 * MS), 300 * MS,
	    "so, too");
	is_number(meter_age(&m, 1000 * S, 40 * MS), 40 * MS,
	    "nothing is younger than its arrival");
}

int
main(void)
{
	pool_init(&pool, SIZE_MAX);
	test_rates();
	test_still();
	test_silence();
	test_clocks();
	pool_trim(&pool);
	printf("1..%d\n", test);
	return failures != 0;
}
