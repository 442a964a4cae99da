/*
 * Goal: what is packed into frames comes out as it was, and damage costs the
 * frames that it touches and nothing else; every loss is told, and no value is
 * ever wrong.
 *
 * A recording of frames is made whose places are known.  It is damaged at a
 * random place in each of several ways and read again.  Beside what the
 * reader says, a model says: a frame of which no byte changed comes out whole;
 * one that changed comes out as it was or not at all; and all bytes that did
 * not come out are told of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/pack.h"
#include "format/reader.h"
#include "format/shuffle.h"
#include "format/zstd.h"

#define RECORDS	400
#define LIMIT	((size_t)256 << 20)
#define PLACES	400		/* for each kind of stream */

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

static void *
grab(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		abort();
	return p;
}

/*
 * Streams
 */

struct stream {
	uint8_t		*p;
	size_t		 n;
	size_t		 room;
};

static int
append(void *arg, const void *p, size_t n)
{
	struct stream *s = arg;

	if (s->n + n > s->room) {
		s->room = 2 * (s->n + n);
		if ((s->p = realloc(s->p, s->room)) == NULL)
			abort();
	}
	if (n > 0)
		memcpy(s->p + s->n, p, n);
	s->n += n;
	return 0;
}

static struct pool pool;
static struct record *made[RECORDS + 1];	/* by seq */

/* A record of numbers of all sizes, smooth, noise or both, rarely with a data
 * CRC; behind it those of its stream. */
static void
make(struct stream *s, uint64_t seq, size_t most)
{
	static double u[1 << 17];
	static uint16_t h[1000];
	static float c[600];
	size_t n = 1 + roll((unsigned)most), need;
	int noise = roll(3) == 0;
	struct aprec_field f[5] = {
		{ .name = "step", .type = APREC_U64, .data = &seq },
		{ .name = "u", .type = APREC_F64, .rank = 1,
		    .extents = { n }, .data = u },
		{ .name = "h", .type = APREC_U16, .rank = 1,
		    .extents = { 1 + roll(1000) }, .data = h },
		{ .name = "c", .type = APREC_C64, .rank = 1,
		    .extents = { 1 + roll(300) }, .data = c },
		{ .name = "note", .type = APREC_TEXT, .data = "text",
		    .extents = { 4 } },
	};
	struct aprec_header head = { .seq = seq, .wall = (int64_t)seq,
	    .run = 77, .source = "zstd@test",
	    .flags = seq == 1 || roll(20) == 0 ? APREC_DATA_CRC : 0 };
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		u[i] = noise ? roll(1u << 30) / 3.0 :
		    (double)seq + (double)i / 64;
	for (size_t i = 0; i < 1000; i++)
		h[i] = (uint16_t)(i + roll(3));
	for (size_t i = 0; i < 600; i++)
		c[i] = (float)i / 7;
	need = aprec_encoded_size(&head, f, 4 + roll(2));
	p = grab(need + 4096);
	if (aprec_encode(&head, f, 4, p, need =
	    aprec_encoded_size(&head, f, 4)) == -1)
		abort();
	append(s, p, need);
	free(p);
}

static struct stream
plain_stream(size_t most)
{
	struct stream s = { 0 };

	for (uint64_t seq = 1; seq <= RECORDS; seq++)
		make(&s, seq, most);
	return s;
}

/* Whether two records say the same. */
static int
is_same(const struct record *a, const struct record *b)
{
	int same = a->seq == b->seq && a->wall == b->wall &&
	    a->length == b->length && a->table->nfields == b->table->nfields;

	for (uint32_t i = 0; same && i < a->table->nfields; i++) {
		const struct field *f = &a->table->fields[i];
		const struct field *g = &b->table->fields[i];
		uint8_t *p = grab((size_t)f->length + 1);
		uint8_t *q = grab((size_t)f->length + 1);

		same = strcmp(f->name, g->name) == 0 &&
		    f->length == g->length && f->count == g->count;
		if (same) {
			record_copy(a, f, 0, f->count, p);
			record_copy(b, g, 0, g->count, q);
			same = memcmp(p, q, (size_t)f->length) == 0;
		}
		free(p);
		free(q);
	}
	return same && record_data_ok(a);
}

/*
 * Reading
 */

struct result {
	unsigned	 records;
	unsigned	 wrong;		/* that are not as they were made */
	uint64_t	 lost;		/* bytes, */
	uint64_t	 least, most;	/* first and last of them */
	uint8_t		 came[RECORDS + 1];
	int		 failed;
	uint64_t	 offset;	/* at the end */
};

static void
take(struct result *res, enum reader_event e, struct record *rec,
    const struct reader_loss *loss)
{
	if (e == READER_RECORD) {
		res->records++;
		if (rec->seq > RECORDS || res->came[rec->seq] ||
		    (made[rec->seq] != NULL &&
		    !is_same(rec, made[rec->seq])))
			res->wrong++;
		else
			res->came[rec->seq] = 1;
		record_drop(rec);
	} else if (e == READER_FAILED) {
		res->failed = 1;
	} else {
		if (res->lost == 0)
			res->least = loss->at;
		res->lost += loss->bytes;
		res->most = loss->at + loss->bytes;
	}
}

static struct result
read_stream(const uint8_t *p, size_t n, size_t piece, uint64_t limit)
{
	struct reader *r = reader_new(&pool, limit);
	struct result res = { 0 };
	struct reader_loss loss;
	struct record *rec;
	enum reader_event e;
	size_t room;
	void *to;

	while (n > 0 && !res.failed) {
		if ((to = reader_space(r, &room)) == NULL)
			abort();
		room = room < piece ? room : piece;
		room = room < n ? room : n;
		memcpy(to, p, room);
		reader_fill(r, room);
		p += room;
		n -= room;
		while (!res.failed &&
		    (e = reader_next(r, &rec, &loss)) != READER_MORE)
			take(&res, e, rec, &loss);
	}
	while (!res.failed && (e = reader_end(r, &rec, &loss)) != READER_MORE)
		take(&res, e, rec, &loss);
	res.offset = reader_offset(r);
	reader_free(r);
	return res;
}

/* Keep the records of a plain stream in made[]. */
static void
keep_records(const struct stream *s)
{
	struct reader *r = reader_new(&pool, LIMIT / 4);
	struct reader_loss loss;
	struct record *rec;
	size_t taken;

	for (size_t i = 1; i <= RECORDS; i++) {
		record_drop(made[i]);
		made[i] = NULL;
	}
	for (size_t at = 0; at < s->n; at += taken) {
		size_t n = s->n - at < 65536 ? s->n - at : 65536;

		if (reader_feed(r, s->p + at, n, &taken) == -1)
			abort();
		while (reader_next(r, &rec, &loss) == READER_RECORD)
			made[rec->seq] = rec;
	}
	reader_free(r);
}

/*
 * Packing
 */

struct frame {
	size_t		 at;
	size_t		 end;
	uint64_t	 first, last;	/* seq; 0: no records */
};

static struct frame frames[2 * RECORDS];
static size_t nframes;

static void
frame_done(const struct stream *s, uint64_t first, uint64_t last)
{
	size_t at = nframes > 0 ? frames[nframes - 1].end : 0;

	if (s->n > at)
		frames[nframes++] = (struct frame){ at, s->n, first, last };
}

/* All of made[] in frames of up to so many records, marks between them. */
static struct stream
pack_all(int level, int shuffle, unsigned most)
{
	struct stream s = { 0 };
	struct pack *p = pack_new(&pool, level, shuffle, append, &s);
	uint64_t first = 1;

	nframes = 0;
	for (uint64_t seq = 1; seq <= RECORDS; seq++) {
		if (pack_add(p, made[seq], 0) == 0) {
			if (pack_flush(p) == -1)
				abort();
			frame_done(&s, first, seq - 1);
			first = seq;
			if (pack_add(p, made[seq], 0) != 1)
				abort();
		}
		if (seq - first + 1 >= 1 + roll(most)) {
			if (pack_flush(p) == -1)
				abort();
			frame_done(&s, first, seq);
			first = seq + 1;
			if (roll(8) == 0 && pack_mark(p) == -1)
				abort();
			frame_done(&s, 0, 0);
		}
	}
	if (pack_flush(p) == -1)
		abort();
	frame_done(&s, first, RECORDS);
	if (pack_table(p) == -1)
		abort();
	frame_done(&s, 0, 0);
	pack_free(p);
	return s;
}

/*
 * Damage
 */

enum kind { FLIP, CUT, ZERO, INSERT, REMOVE, SWAP, KINDS };

static const char *const kind_names[KINDS] = {
	"a bit flipped", "the end cut off", "a page zeroed",
	"garbage inserted", "bytes removed", "bytes exchanged"
};

/* The stream with the damage: bytes [from, to) of it differ or are gone. */
static struct stream
damage(const struct stream *s, enum kind kind, size_t *from, size_t *to)
{
	struct stream d = { 0 };
	size_t at = roll((unsigned)s->n), n = 1 + roll(3000);
	uint8_t *q = grab(n + 4096);

	for (size_t i = 0; i < n; i++)
		q[i] = (uint8_t)roll(256);
	*from = at;
	*to = at + n < s->n ? at + n : s->n;
	if (kind == FLIP)
		*to = at + 1;
	else if (kind == CUT)
		*to = s->n;
	else if (kind == ZERO) {
		*from = at / 4096 * 4096;
		*to = *from + 4096 < s->n ? *from + 4096 : s->n;
		memset(q, 0, 4096);
	} else if (kind == INSERT)
		*to = at;
	append(&d, s->p, *from);
	if (kind == FLIP)
		q[0] = (uint8_t)(s->p[at] ^ (1 << roll(8)));
	if (kind == INSERT)
		append(&d, q, n);
	else if (kind != CUT && kind != REMOVE)
		append(&d, q, *to - *from);
	append(&d, s->p + *to, s->n - *to);
	free(q);
	return d;
}

/* Whether the model agrees: see above. */
static int
agrees(const struct stream *s, const struct stream *d, size_t from, size_t to,
    const struct result *res)
{
	int64_t grown = (int64_t)d->n - (int64_t)s->n;
	uint64_t owed = 0, most = 0;
	int good = res->wrong == 0 && !res->failed;

	for (size_t i = 0; i < nframes && good; i++) {
		struct frame *f = &frames[i];
		/* An insertion at its beginning does not touch a frame. */
		int touched = from == to ? f->at < from && from < f->end :
		    f->at < to && from < f->end;
		int came = 1, some = 0;

		if (touched && grown == 0 && memcmp(s->p + f->at, d->p + f->at,
		    f->end - f->at) == 0)
			touched = 0;
		for (uint64_t q = f->first; q != 0 && q <= f->last; q++) {
			came &= res->came[q];
			some |= res->came[q];
		}
		if (!touched)
			good = came;
		else if (f->first != 0) {
			good = came || !some;
			if (!came)
				owed += f->end - f->at;
		}
		if (touched)
			most += f->end - f->at;
	}
	/* What is lost is told, and nothing else: the touched frames, as
	 * long as they are now. */
	if (from < to && grown < 0) {
		owed = owed > to - from ? owed - (to - from) : 0;
		most = most > to - from ? most - (to - from) : 0;
	}
	if (grown > 0)
		most += (uint64_t)grown;
	good = good && res->lost >= owed && res->lost <= most;
	return good;
}

static void
test_damage(const struct stream *s, const char *what)
{
	for (int kind = 0; kind < KINDS; kind++) {
		unsigned bad = 0;
		char text[200];

		for (unsigned i = 0; i < PLACES / KINDS + 1; i++) {
			unsigned long long was = rng;
			size_t from, to;
			struct stream d = damage(s, (enum kind)kind, &from,
			    &to);
			struct result res = read_stream(d.p, d.n,
			    1 + roll(100000), LIMIT / 4);

			if (!agrees(s, &d, from, to, &res) && bad++ == 0)
				printf("# rng %llu: [%zu, %zu) of %zu: %u "
				    "records, %u wrong, lost %llu from %llu "
				    "to %llu\n", was, from, to, s->n,
				    res.records, res.wrong,
				    (unsigned long long)res.lost,
				    (unsigned long long)res.least,
				    (unsigned long long)res.most);
			free(d.p);
		}
		snprintf(text, sizeof(text), "%s: %s: only the frames touched "
		    "are lost", what, kind_names[kind]);
		ok(bad == 0, text);
	}
}

/*
 * Whole streams
 */

static int
all_came(const struct result *res, const struct stream *s)
{
	return res->records == RECORDS && res->wrong == 0 && res->lost == 0 &&
	    !res->failed && res->offset == s->n;
}

static void
test_whole(const struct stream *s, const char *what)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 7, 4096 };
	struct result res;
	char text[100];
	int good = 1;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (pieces[i] == 1 && s->n > 3 << 20)
			continue;
		res = read_stream(s->p, s->n, pieces[i], LIMIT / 4);
		good &= all_came(&res, s);
	}
	snprintf(text, sizeof(text), "%s: all comes out", what);
	ok(good, text);
}

/* One frame above the limit, as zstd(1) makes of a recording. */
static void
test_foreign(const struct stream *plain)
{
	struct stream s = { 0 }, t = { 0 };
	struct zip *z = zip_new(&pool, 1);
	static uint8_t buf[100000];
	struct result res, torn;

	zip_pieces(z, plain->p, plain->n, buf, sizeof(buf), append, &s);
	zip_free(z);
	ok(plain->n > 3 << 20, "a frame above the limit");
	res = read_stream(s.p, s.n, 10000, 1 << 20);
	ok(all_came(&res, &s), "comes out in pieces");
	torn = read_stream(s.p, s.n / 2, 10000, 1 << 20);
	ok(torn.wrong == 0 && torn.records > RECORDS / 4 && torn.lost > 0,
	    "cut short: what is whole comes out, the rest is told");
	append(&t, s.p, s.n / 2);
	append(&t, plain->p, 0);
	append(&t, s.p, s.n);
	memset(torn.came, 0, sizeof(torn.came));
	res = read_stream(t.p, t.n, 10000, 1 << 20);
	ok(res.records - res.wrong == RECORDS,
	    "a whole one behind it comes out whole");
	free(s.p);
	free(t.p);
}

/* Parts of both kinds behind each other. */
static void
test_mixed(const struct stream *plain, const struct stream *packed)
{
	struct stream s = { 0 };
	struct result res;

	append(&s, plain->p, plain->n);
	append(&s, packed->p, packed->n);
	append(&s, plain->p, plain->n);
	res = read_stream(s.p, s.n, 5000, LIMIT / 4);
	ok(res.records == 3 * RECORDS && res.lost == 0 &&
	    res.offset == s.n, "plain and compressed parts, joined");
	s.n = 0;
	append(&s, "login: you have mail\n", 21);
	append(&s, packed->p, packed->n);
	res = read_stream(s.p, s.n, 5000, LIMIT / 4);
	ok(res.records == RECORDS && res.wrong == 0 && res.lost == 21,
	    "text before a compressed stream is passed over");
	free(s.p);
}

/* Frames that claim more than they have cost what they have. */
static void
test_bombs(void)
{
	static const uint8_t head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe4,
	    0, 0, 0, 0, 0x10, 0, 0, 0, 0x02, 0, 0x10, 0 };
	struct pool was = pool;
	struct stream s = { 0 };
	struct result res;
	struct reader *r;
	size_t taken, used;

	pool_init(&pool, (size_t)16 << 20);
	append(&s, head, sizeof(head));
	res = read_stream(s.p, s.n, 1, LIMIT);
	ok(res.records == 0 && res.lost == s.n && !res.failed,
	    "a frame that claims 2^36 bytes is passed over");
	s.p[4] = 0xa4;				/* 4 bytes of size: 2^28 */
	s.p[8] = 0x10;
	r = reader_new(&pool, LIMIT);
	(void)reader_feed(r, s.p, s.n, &taken);
	used = pool.used;
	ok(taken == s.n && used < 1 << 20, "a claim alone costs no memory");
	reader_free(r);
	free(s.p);
	pool_trim(&pool);
	ok(pool.used == 0, "all memory comes back");
	pool = was;
}

/* Byte b of number i lies at b * stride + i, for any count. */
static void
test_shuffle(void)
{
	static uint8_t in[808], out[1616], back[808];
	unsigned bad = 0;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)roll(256);
	for (size_t size = 2; size <= 8; size *= 2)
		for (size_t n = 0; n <= 100; n++) {
			size_t stride = n + roll(100);

			shuffle_bytes(out, stride, in, n, size);
			for (size_t i = 0; i < n * size; i++)
				bad += out[i % size * stride + i / size] !=
				    in[i];
			shuffle_back(back, out, stride, n, size);
			bad += memcmp(back, in, n * size) != 0;
		}
	ok(bad == 0, "bytes are regrouped as the format says, and back");
}

static void
test_kind(size_t most, int level, int shuffle, unsigned records,
    const char *what)
{
	struct stream plain = plain_stream(most), s;
	char text[100];

	keep_records(&plain);
	s = pack_all(level, shuffle, records);
	test_whole(&s, what);
	snprintf(text, sizeof(text), "%s: not larger than plain", what);
	ok(s.n < plain.n + plain.n / 1000 + 32 * nframes, text);
	test_damage(&s, what);
	free(plain.p);
	free(s.p);
}

int
main(void)
{
	struct stream plain, packed;

	test_shuffle();
	pool_init(&pool, LIMIT);
	plain = plain_stream(4000);
	keep_records(&plain);
	packed = pack_all(1, 1, 20);
	test_foreign(&plain);
	test_mixed(&plain, &packed);
	free(plain.p);
	free(packed.p);
	test_bombs();
	test_kind(300, 1, 1, 12, "frames of some records");
	test_kind(20, 3, 0, 2, "frames of one or two records");
	test_kind(2000, 1, 0, 40, "large frames, not shuffled");
	for (size_t i = 1; i <= RECORDS; i++)
		record_drop(made[i]);
	pool_trim(&pool);
	ok(pool.used == 0, "all memory comes back");
	printf("1..%d\n", test);
	return failures > 0;
}
