/*
 * Goal: whatever is published, however slow a reader is and whenever it comes,
 * it ends with the writer's last state, bit for bit, and its counts add up;
 * and all memory comes back.
 *
 * A random writer publishes records of random fields, of two sources, and a
 * model remembers the newest value of each.  Readers of every kind take from
 * the store at random moments, and merge what they get by themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"
#include "format/store.h"

#define NAMES	6
#define SOURCES	2
#define CURSORS	8
#define LIMIT	((size_t)64 << 20)
#define AMPLE	((size_t)4 << 30)

static unsigned long long rng = 88172645463325252ull;
static int test, failures;

static unsigned
roll(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)(rng >> 33) % n;
}

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

/* The newest of each name, as the writer has it or a reader ends up with. */
struct model {
	int64_t	 value[SOURCES][NAMES];		/* -1: none, -2: withdrawn */
	int	 final[SOURCES];
};

static void
model_init(struct model *m)
{
	for (int s = 0; s < SOURCES; s++) {
		m->final[s] = 0;
		for (int i = 0; i < NAMES; i++)
			m->value[s][i] = -1;
	}
}

static const char *const names[NAMES] = {
	"grid", "u", "v", "step", "energy", "note"
};

/* A record of the fields in mask, each with the value; of pad bytes more. */
static size_t
make(unsigned char *buf, size_t size, int source, uint64_t seq, unsigned mask,
    unsigned gone, int64_t value, size_t pad, unsigned flags)
{
	static double zeros[16384];
	struct aprec_field f[NAMES];
	struct aprec_header h = { .flags = flags, .seq = seq,
	    .wall = (int64_t)seq, .run = 100 + (uint64_t)source,
	    .source = source == 0 ? "a" : "b" };
	size_t n = 0, need;

	memset(f, 0, sizeof(f));
	for (int i = 0; i < NAMES; i++) {
		if (!(mask & 1u << i))
			continue;
		f[n].name = names[i];
		f[n].type = gone & 1u << i ? APREC_NONE : APREC_I64;
		f[n].data = &value;
		if (i == 1 && !(gone & 1u << i)) {	/* u is an array */
			zeros[0] = (double)value;
			f[n].type = APREC_F64;
			f[n].rank = 1;
			f[n].extents[0] = 1 + pad;
			f[n].data = zeros;
		}
		n++;
	}
	need = aprec_encoded_size(&h, f, n);
	if (need == 0 || need > size ||
	    aprec_encode(&h, f, n, buf, need) == -1)
		abort();
	return need;
}

static void
model_record(struct model *m, const struct record *r)
{
	int s = r->run == 100 ? 0 : 1;

	if (r->flags & APREC_FINAL)
		m->final[s] = 1;
	for (int i = 0; i < NAMES; i++) {
		const struct field *f = record_find(r, names[i]);

		if (f != NULL)
			m->value[s][i] = f->type == APREC_NONE ? -2 :
			    (int64_t)record_value(r, f, 0);
	}
}

/* Every record of a train. */
static void
model_train(struct model *m, struct pool *pool, const struct record *r,
    uint32_t train)
{
	struct reader *rd = reader_new(pool, LIMIT);
	struct reader_loss loss;
	struct record *rec;
	size_t taken, len = (size_t)r->length * (train + 1);

	if (reader_feed(rd, r->bytes + r->length - len, len, &taken) == -1)
		abort();
	while (reader_next(rd, &rec, &loss) == READER_RECORD) {
		model_record(m, rec);
		record_drop(rec);
	}
	reader_free(rd);
}

static int
same_state(const struct model *a, const struct model *b)
{
	/* A reader that came late need not know what was withdrawn. */
	for (int s = 0; s < SOURCES; s++) {
		if (a->final[s] != b->final[s])
			return 0;
		for (int i = 0; i < NAMES; i++)
			if (a->value[s][i] != b->value[s][i] &&
			    !(a->value[s][i] == -2 && b->value[s][i] == -1))
				return 0;
	}
	return 1;
}

struct taker {
	struct cursor	 c;
	struct model	 m;
	int		 joined;
	int		 late;
	int		 trains;
	uint64_t	 offered;	/* records added since it joined */
};

static void
take(struct store *st, struct pool *pool, struct taker *t, int64_t now,
    unsigned max)
{
	struct record *recs[16];
	uint32_t trains[16];
	size_t n = store_take_trains(st, &t->c, recs,
	    t->trains ? trains : NULL, max, 1 + roll(200000), now);

	for (size_t i = 0; i < n; i++) {
		model_train(&t->m, pool, recs[i], t->trains ? trains[i] : 0);
		record_drop(recs[i]);
	}
}

static int
drain(struct store *st, struct pool *pool, struct taker *t, int64_t now)
{
	while (store_pending(st, &t->c, now))
		take(st, pool, t, now, 16);
	take(st, pool, t, now, 16);
	return t->c.in == t->c.out + t->c.dropped;
}

static void
join(struct store *st, struct taker *t, int kind)
{
	model_init(&t->m);
	if (kind == 4)
		store_join_live(st, &t->c);
	else
		store_join(st, &t->c, kind == 1);
	t->joined = 1;
	t->trains = kind != 2;
	if (kind == 3)
		t->c.patience = -1;
}

/* The store's state must be the model's. */
static int
state_is(struct store *st, const struct model *m)
{
	struct model have;
	struct source *s;
	const struct record *rec;

	model_init(&have);
	for (s = state_sources(store_state(st)); s != NULL; s = s->next) {
		int n = s->run == 100 ? 0 : 1;

		have.final[n] = s->final;
		for (int i = 0; i < NAMES; i++) {
			const struct field *f = source_field(s, names[i], &rec);

			if (f != NULL)
				have.value[n][i] =
				    (int64_t)record_value(rec, f, 0);
		}
	}
	for (int n = 0; n < SOURCES; n++)
		for (int i = 0; i < NAMES; i++)
			if (have.value[n][i] !=
			    (m->value[n][i] == -2 ? -1 : m->value[n][i]))
				return 0;
	return have.final[0] == m->final[0] && have.final[1] == m->final[1];
}

struct world {
	struct pool	 pool;
	struct store	*st;
	struct reader	*rd;
	struct model	 m;
	struct taker	 t[CURSORS];
	uint64_t	 seq[SOURCES];
	uint64_t	 added;
	int64_t		 now;
	int		 good;
};

static void
add(struct world *w, const struct record *rec)
{
	(void)rec;
	w->added += 1 + (uint64_t)rec->train;
	for (int k = 0; k < CURSORS; k++)
		if (w->t[k].joined)
			w->t[k].offered += 1 + (uint64_t)rec->train;
}

static void
publish(struct world *w, unsigned flags)
{
	static unsigned char buf[1 << 20];
	struct reader_loss loss;
	struct record *rec;
	size_t used = 0, taken;
	int s = (int)roll(SOURCES);
	unsigned mask = 1 + roll((1 << NAMES) - 1), gone = 0, n = 1 + roll(5);
	size_t pad = roll(4) == 0 ? roll(16000) : roll(20);

	if (roll(3) > 0)
		mask = 1 << 1 | 1 << 3;		/* the usual: u and step */
	if (roll(10) == 0)
		gone = mask & roll(1 << NAMES);
	if (flags != 0)
		n = 1;
	for (unsigned i = 0; i < n; i++) {
		int64_t value = (int64_t)++w->seq[s];

		used += make(buf + used, sizeof(buf) - used, s, w->seq[s],
		    mask, gone, value, pad, flags);
		for (int k = 0; k < NAMES; k++)
			if (mask & 1u << k)
				w->m.value[s][k] = gone & 1u << k ? -2 : value;
	}
	if (flags & APREC_FINAL)
		w->m.final[s] = 1;
	for (size_t at = 0; at < used; at += taken) {
		if (reader_feed(w->rd, buf + at, used - at, &taken) == -1)
			abort();
		while (reader_next(w->rd, &rec, &loss) == READER_RECORD) {
			if (store_add(w->st, rec, 0, w->now) != STATE_MERGED)
				w->good = 0;
			add(w, rec);
			record_drop(rec);
		}
	}
}

static void
play(unsigned long long seed, const char *what, size_t backlog,
    int64_t patience)
{
	static const int late[] = { 0, 3, 4 };
	struct world *w = calloc(1, sizeof(*w));

	rng = seed * 2654435761u + 88172645463325252ull;
	w->good = 1;
	pool_init(&w->pool, AMPLE);
	w->st = store_new(&w->pool, backlog, patience);
	w->rd = reader_new(&w->pool, LIMIT);
	reader_trains(w->rd);
	model_init(&w->m);
	for (int k = 0; k < 5; k++)
		join(w->st, &w->t[k], k);
	for (int i = 0; i < 3000; i++, w->now += roll(30)) {
		unsigned k = roll(CURSORS);

		publish(w, 0);
		if (!w->t[k].joined && roll(300) == 0) {
			join(w->st, &w->t[k], late[roll(3)]);
			w->t[k].late = 1;
		}
		if (w->t[k].joined && roll(k + 1) == 0)
			take(w->st, &w->pool, &w->t[k], w->now, 1 + roll(16));
	}
	publish(w, APREC_FINAL);
	ok(w->good && state_is(w->st, &w->m), what);
	for (int k = 0; k < CURSORS; k++) {
		struct taker *t = &w->t[k];

		if (!t->joined)
			continue;
		if (!drain(w->st, &w->pool, t, w->now))
			w->good = 0;
		if (!same_state(&w->m, &t->m)) {
			printf("# reader %d ends with another state\n", k);
			w->good = 0;
		}
		if (!t->late && t->c.in != w->added) {
			printf("# reader %d: in %llu of %llu\n", k,
			    (unsigned long long)t->c.in,
			    (unsigned long long)w->added);
			w->good = 0;
		}
		if (k == 1 && t->c.dropped != 0)
			w->good = 0;		/* it keeps */
		store_leave(w->st, &t->c);
	}
	ok(w->good, "every reader ends with the state, and counts all");
	reader_free(w->rd);
	store_free(w->st);
	pool_trim(&w->pool);
	ok(w->pool.used == 0, "all memory comes back");
	free(w);
}

/* Live records, of many bytes and few, under a limit. */
static void
shrink(void)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned input;

	pool_init(&w->pool, LIMIT);
	w->st = store_new(&w->pool, 32 << 20, INT64_MAX);
	w->rd = reader_new(&w->pool, LIMIT);
	store_join(w->st, &w->t[1].c, 1);	/* keeps, and never takes */
	w->t[1].joined = 1;
	w->good = 1;
	for (int i = 0; i < 400; i++)
		publish(w, 0);
	ok(store_shrink(w->st, LIMIT - ((size_t)8 << 20)),
	    "what is superseded goes, also what a recording wants");
	ok(w->t[1].c.in == w->t[1].c.out + w->t[1].c.dropped,
	    "and is counted when the recording comes to it");
	while (store_pending(w->st, &w->t[1].c, 0))
		take(w->st, &w->pool, &w->t[1], 0, 16);
	ok(w->t[1].c.in == w->t[1].offered && w->t[1].c.dropped > 0 &&
	    w->t[1].c.in == w->t[1].c.out + w->t[1].c.dropped,
	    "in = out + dropped");
	ok(store_evict(w->st, LIMIT - 4096, &input) > 0 && input == 0,
	    "then the live ones of the input that holds most");
	store_leave(w->st, &w->t[1].c);
	reader_free(w->rd);
	store_free(w->st);
	pool_trim(&w->pool);
	ok(w->pool.used == 0, "all memory comes back");
	free(w);
}

int
main(void)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		play(seed, "a small backlog", 64 << 10, INT64_MAX);
		play(seed, "a big one", 16 << 20, INT64_MAX);
		play(seed, "none", 0, INT64_MAX);
		play(seed, "little patience", 16 << 20, 100);
	}
	shrink();
	printf("1..%d\n", test);
	return failures > 0;
}
