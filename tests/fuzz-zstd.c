/*
 * Goal: no bytes, in no pieces, make the reader of compressed streams read
 * where it must not, lose its place, keep memory, or depend on the pieces.
 *
 * Every input is read as it is, behind a frame's magic; and as the contents of
 * frames, whole, cut and with one byte changed, since no fuzzer guesses a
 * checksum.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"
#include "format/zstd.h"

#define LIMIT	((size_t)64 << 20)
#define LARGEST	(1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "fuzz-zstd: not true: %s\n", what);
		abort();
	}
}

struct result {
	uint64_t records;
	uint64_t sum;
	uint64_t end;
};

/* Look at all that a record has. */
static uint64_t
look(const struct record *rec)
{
	uint64_t sum = rec->seq * 31 + rec->length;

	for (uint32_t i = 0; i < rec->table->nfields; i++) {
		const struct field *f = &rec->table->fields[i];
		uint8_t *p = malloc((size_t)f->length + 1);

		if (p == NULL)
			abort();
		record_copy(rec, f, 0, f->count, p);
		sum = sum * 31 + aprec_crc32(0, p, (size_t)f->length);
		free(p);
	}
	return sum;
}

static void
take(enum reader_event e, struct record *rec, struct result *res)
{
	check(e != READER_FAILED, "memory suffices");
	if (e != READER_RECORD)
		return;
	res->records++;
	res->sum = res->sum * 31 + look(rec);
	record_drop(rec);
}

static struct result
read_all(const uint8_t *p, size_t n, size_t piece)
{
	struct result res = { 0, 0, 0 };
	struct reader_loss loss;
	enum reader_event e;
	struct record *rec;
	struct reader *r;
	struct pool pool;
	size_t room;
	void *to;

	pool_init(&pool, LIMIT);
	if ((r = reader_new(&pool, LARGEST)) == NULL)
		abort();
	for (; n > 0; p += room, n -= room) {
		check((to = reader_space(r, &room)) != NULL, "there is room");
		room = room < piece ? room : piece;
		room = room < n ? room : n;
		memcpy(to, p, room);
		reader_fill(r, room);
		while ((e = reader_next(r, &rec, &loss)) != READER_MORE)
			take(e, rec, &res);
	}
	while ((e = reader_end(r, &rec, &loss)) != READER_MORE)
		take(e, rec, &res);
	res.end = reader_offset(r);
	reader_free(r);
	pool_trim(&pool);
	check(pool.used == 0, "all memory came back");
	return res;
}

static void
compare(const uint8_t *p, size_t n)
{
	struct result a = read_all(p, n, SIZE_MAX);
	struct result b = read_all(p, n, aprec_crc32(0, p, n) % 300 + 1);

	check(a.end == n && b.end == n, "all is told of");
	check(a.records == b.records && a.sum == b.sum,
	    "pieces make no difference");
}

static void
framed(const uint8_t *data, size_t size)
{
	struct pool pool;
	struct zip *z;
	size_t room = zip_bound(size), n, m;
	uint8_t *p = malloc(2 * room + 8);

	pool_init(&pool, LIMIT);
	if (p == NULL || (z = zip_new(&pool, 1)) == NULL)
		abort();
	n = zip_whole(z, p, room, data, size / 2);
	m = zip_whole(z, p + n, room, data + size / 2, size - size / 2);
	zip_free(z);
	check(n > 0 && m > 0, "it is compressed");
	compare(p, n + m);
	compare(p, n + m / 2);
	p[aprec_crc32(0, data, size) % (n + m)] ^= data[0] | 1;
	compare(p, n + m);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p;

	if (size < 2 || (p = malloc(size + 4)) == NULL)
		return 0;
	memcpy(p, "\x28\xb5\x2f\xfd", 4);
	memcpy(p + 4, data, size);
	compare(p, size + 4);
	framed(data, size);
	free(p);
	return 0;
}
