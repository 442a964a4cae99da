/*
 * Goal: no bytes, in no pieces, make the reader read where it must not, lose
 * count, or give out a record that is not whole.
 *
 * Every input is read as it is, and again with its header CRCs and trailers
 * made right: no fuzzer guesses a CRC, and the table behind it would stay
 * unread.  It is read whole and in pieces, whose size the input's own CRC
 * chooses.  What comes out is the same, and adds up to what went in.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"
#include "format/state.h"
#include "format/zstd.h"

#define LIMIT	(64u << 20)
#define LARGEST	(1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "fuzz-reader: not true: %s\n", what);
		abort();
	}
}

static uint64_t
get_le(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/* Make the header CRC and the trailer of every record right. */
static void
repair(uint8_t *p, size_t size)
{
	size_t at;
	uint64_t table, length;
	uint32_t crc;

	for (at = 0; at + RECORD_MIN <= size; at++) {
		if (memcmp(p + at, "\211APR\r\n\032\n", 8) != 0)
			continue;
		table = get_le(p + at + 16, 4);
		length = get_le(p + at + 24, 8);
		if (table > size - at - RECORD_HEADER)
			continue;
		memset(p + at + 20, 0, 4);
		crc = aprec_crc32(0, p + at, (size_t)(RECORD_HEADER + table));
		memcpy(p + at + 20, &crc, 4);	/* little-endian machines */
		if (length > size - at || length < RECORD_MIN)
			continue;
		memcpy(p + at + length - 8, p + at + 20, 4);
		memcpy(p + at + length - 4, p + at + 32, 4);
	}
}

/* Look at all that a record claims to have. */
static uint64_t
look(const struct record *rec)
{
	const struct field *f;
	uint64_t sum = rec->seq * 31 + rec->length;
	uint32_t i;
	uint8_t buf[64];
	size_t unit;

	check(rec->length >= RECORD_MIN && rec->length <= LARGEST, "length");
	sum += (uint64_t)record_data_ok(rec);
	for (i = 0; i < rec->table->nfields; i++) {
		f = &rec->table->fields[i];
		check(f->length <= rec->length - f->offset, "field inside");
		sum = sum * 31 + f->count + strlen(f->name);
		if (f->count == 0)
			continue;
		sum += *(const uint8_t *)record_bytes(rec, f);
		sum += ((const uint8_t *)record_bytes(rec, f))[f->length - 1];
		if (f->type == APREC_TEXT)
			continue;
		(void)record_value(rec, f, f->count - 1);
		(void)record_imag(rec, f, f->count - 1);
		unit = aprec_type_size(f->type);
		check(unit <= sizeof(buf), "element");
		record_copy(rec, f, f->count - 1, 1, buf);
		check(record_find(rec, f->name) == f, "name");
	}
	return sum;
}

struct result {
	uint64_t bytes;		/* in records and reports */
	uint64_t records;
	uint64_t sum;		/* of what the records hold */
};

static void
take(enum reader_event e, struct record *rec, const struct reader_loss *loss,
    struct state *st, struct result *res)
{
	switch (e) {
	case READER_RECORD:
		res->records++;
		res->bytes += rec->length;
		res->sum = res->sum * 31 + look(rec);
		state_merge(st, rec, 0, NULL, NULL);
		record_drop(rec);
		break;
	case READER_TEXT:
	case READER_LOST:
	case READER_UNSUPPORTED:
		check(loss->at == res->bytes, "reports follow each other");
		res->bytes += loss->bytes;
		break;
	default:
		check(0, "memory suffices");
	}
}

static void
read_all(const uint8_t *data, size_t size, size_t piece, struct result *res)
{
	struct pool pool;
	struct reader *r;
	struct state *st;
	struct record *rec;
	struct reader_loss loss;
	enum reader_event e;
	size_t room, n;
	void *p;

	memset(res, 0, sizeof(*res));
	pool_init(&pool, LIMIT);
	if ((r = reader_new(&pool, LARGEST)) == NULL ||
	    (st = state_new(NULL, NULL, NULL)) == NULL)
		abort();
	while (size > 0) {
		check((p = reader_space(r, &room)) != NULL, "there is room");
		n = piece < room ? piece : room;
		if (n > size)
			n = size;
		memcpy(p, data, n);
		reader_fill(r, n);
		data += n;
		size -= n;
		while ((e = reader_next(r, &rec, &loss)) != READER_MORE)
			take(e, rec, &loss, st, res);
	}
	while ((e = reader_end(r, &rec, &loss)) != READER_MORE)
		take(e, rec, &loss, st, res);
	check(reader_offset(r) == res->bytes, "the offset is what came out");
	state_free(st);
	reader_free(r);
	pool_trim(&pool);
	check(pool.used == 0, "all memory came back");
}

static void
compare(const uint8_t *data, size_t size)
{
	struct result whole, pieces;

	read_all(data, size, size + 1, &whole);
	read_all(data, size, aprec_crc32(0, data, size) % 300 + 1, &pieces);
	check(whole.bytes == size, "every byte comes out");
	check(pieces.bytes == size, "every byte comes out, in pieces");
	check(whole.records == pieces.records, "as many records in pieces");
	check(whole.sum == pieces.sum, "the same records in pieces");
}

/* fuzz-zstd is for these: their bytes are not those of records. */
static int
has_frame(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (zstd_begins(data + i, size - i) == 1)
			return 1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 1 || has_frame(data, size) || (copy = malloc(size)) == NULL)
		return 0;
	compare(data, size);
	memcpy(copy, data, size);
	repair(copy, size);
	if (!has_frame(copy, size))
		compare(copy, size);
	free(copy);
	return 0;
}
