/*
 * pack.c - see pack.h
 *
 * What is always true: contents holds whole records, each as it came or with
 * numbers shuffled and its CRCs made right for that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "shuffle.h"
#include "zstd.h"

#define SAMPLE	((size_t)32 * 1024)	/* bytes of a field, tried */
#define WORTH		256	/* bytes from which a field is looked at */
#define AGAIN		256	/* records after which it is tried again */
#define TABLES		64	/* tables of which the choices are kept */

/* What was chosen for the fields of a table. */
struct choice {
	struct table	*table;		/* held; NULL: none */
	unsigned	 age;		/* records since */
	uint8_t		*shuffled;	/* by field */
};

struct pack {
	struct pool	*pool;
	struct zip	*zip;
	pack_put	*put;
	void		*arg;
	struct block	*contents;	/* or NULL */
	size_t		 size;		/* bytes of them */
	uint8_t		*out;		/* a frame */
	size_t		 room;
	size_t		 charged;
	uint8_t		*sample;	/* one shuffled; NULL: never shuffle */
	struct choice	 choices[TABLES];
	uint8_t		*frames;	/* entries of the seek table, */
	size_t		 nframes;
	size_t		 frames_room;
	int		 no_table;
};

struct pack *
pack_new(struct pool *pool, int level, int shuffle, pack_put *put, void *arg)
{
	struct pack *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->pool = pool;
	p->put = put;
	p->arg = arg;
	p->room = zip_bound(PACK_FRAME);
	p->charged = sizeof(*p) + p->room + (shuffle ? SAMPLE : 0);
	if (pool_charge(pool, p->charged) == -1) {
		p->charged = 0;
		pack_free(p);
		errno = ENOBUFS;
		return NULL;
	}
	p->zip = zip_new(pool, level);
	p->out = malloc(p->room);
	p->sample = shuffle ? malloc(SAMPLE) : NULL;
	if (p->zip == NULL || p->out == NULL || (shuffle && !p->sample)) {
		pack_free(p);
		errno = ENOMEM;
		return NULL;
	}
	return p;
}

static void
choice_free(struct choice *c)
{
	table_drop(c->table);
	free(c->shuffled);
	c->table = NULL;
	c->shuffled = NULL;
}

void
pack_free(struct pack *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < TABLES; i++)
		choice_free(&p->choices[i]);
	if (p->contents != NULL)
		block_drop(p->contents);
	zip_free(p->zip);
	pool_credit(p->pool, p->charged + p->frames_room);
	free(p->frames);
	free(p->sample);
	free(p->out);
	free(p);
}

int
pack_levels(void)
{
	return zip_levels();
}

size_t
pack_size(const struct pack *p)
{
	return p->size;
}

/*
 * The seek table
 */

static void
put_le32(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void
pack_no_table(struct pack *p)
{
	p->no_table = 1;
	pool_credit(p->pool, p->frames_room);
	free(p->frames);
	p->frames = NULL;
	p->frames_room = p->nframes = 0;
}

static void
add_entries(struct pack *p, const uint8_t *entries, size_t n)
{
	size_t room = p->frames_room, need = (p->nframes + n) * 8;
	uint8_t *more;

	if (need > room) {
		room = need > 2 * room ? need + 8192 : 2 * room;
		if (pool_charge(p->pool, room - p->frames_room) == -1) {
			pack_no_table(p);
			return;
		}
		if ((more = realloc(p->frames, room)) == NULL) {
			pool_credit(p->pool, room - p->frames_room);
			pack_no_table(p);
			return;
		}
		p->frames = more;
		p->frames_room = room;
	}
	memcpy(p->frames + p->nframes * 8, entries, n * 8);
	p->nframes += n;
}

/* A frame of length bytes was put, with so many in it. */
static void
count_frame(struct pack *p, size_t length, size_t contents)
{
	uint8_t entry[8];

	if (p->no_table)
		return;
	if (length > UINT32_MAX || contents > UINT32_MAX ||
	    p->nframes >= ZSTD_TABLE_MOST) {
		pack_no_table(p);
		return;
	}
	put_le32(entry, length);
	put_le32(entry + 4, contents);
	add_entries(p, entry, 1);
}

int
pack_continue(struct pack *p, const uint8_t *table, size_t n)
{
	int is_table;

	if (n < 8 + 9 || !zstd_is_ours(table, n, &is_table) || !is_table ||
	    (table[n - 5] & 0x80) != 0)
		return -1;
	add_entries(p, table + 8, (n - 8 - 9) / 8);
	return 0;
}

int
pack_table(struct pack *p)
{
	uint8_t head[8], foot[9];

	if (p->no_table || p->nframes == 0)
		return 0;
	zstd_table(head, foot, p->nframes);
	if (p->put(p->arg, head, sizeof(head)) == -1 ||
	    p->put(p->arg, p->frames, p->nframes * 8) == -1)
		return -1;
	return p->put(p->arg, foot, sizeof(foot));
}

int
pack_mark(struct pack *p)
{
	uint8_t mark[8 + sizeof(ZSTD_RECAP_TEXT) - 1];

	put_le32(mark, ZSTD_RECAP);
	put_le32(mark + 4, sizeof(mark) - 8);
	memcpy(mark + 8, ZSTD_RECAP_TEXT, sizeof(mark) - 8);
	if (p->put(p->arg, mark, sizeof(mark)) == -1)
		return -1;
	count_frame(p, sizeof(mark), 0);
	return 0;
}

/*
 * Shuffling
 */

static int
is_worth(const struct field *f)
{
	return f->encoding == RECORD_PLAIN && f->length >= WORTH &&
	    f->type != APREC_TEXT && field_unit(f) > 1;
}

/* Whether a sample of the field is smaller shuffled. */
static int
wins(struct pack *p, const struct record *r, const struct field *f)
{
	size_t unit = field_unit(f), n = SAMPLE / unit, plain, shuffled;
	const uint8_t *from;

	if (n > f->length / unit)
		n = (size_t)f->length / unit;
	from = r->bytes + f->offset + (f->length / unit - n) / 2 * unit;
	plain = zip_whole(p->zip, p->out, p->room, from, n * unit);
	shuffle_bytes(p->sample, n, from, n, unit);
	shuffled = zip_whole(p->zip, p->out, p->room, p->sample, n * unit);
	return plain > 0 && shuffled > 0 && shuffled < plain - plain / 64;
}

/* The choice for the record's table, or NULL: shuffle nothing. */
static const struct choice *
choose(struct pack *p, const struct record *r)
{
	struct choice *c = &p->choices[((uintptr_t)r->table >> 6) % TABLES];
	const struct table *t = r->table;
	int any = 0;

	for (uint32_t i = 0; i < t->nfields && !any; i++)
		any = is_worth(&t->fields[i]);
	if (!any)
		return NULL;
	if (c->table == t && c->age++ < AGAIN)
		return c;
	choice_free(c);
	if ((c->shuffled = calloc(t->nfields, 1)) == NULL)
		return NULL;
	c->table = table_hold(r->table);
	c->age = 0;
	for (uint32_t i = 0; i < t->nfields; i++)
		c->shuffled[i] = is_worth(&t->fields[i]) &&
		    wins(p, r, &t->fields[i]);
	return c;
}

static uint32_t
entry_size(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/* The record at out, as c says. */
static void
encode(const struct record *r, const struct choice *c, uint8_t *out)
{
	uint64_t at = RECORD_HEADER + r->table->length;
	uint8_t *entry = out + RECORD_HEADER;
	int any = 0;

	memcpy(out, r->bytes, (size_t)at);
	for (uint32_t i = 0; i < r->table->nfields; i++) {
		const struct field *f = &r->table->fields[i];
		size_t unit = field_unit(f);

		if (c->shuffled[i]) {
			memcpy(out + at, r->bytes + at,
			    (size_t)(f->offset - at));
			shuffle_bytes(out + f->offset, f->length / unit,
			    r->bytes + f->offset, f->length / unit, unit);
			entry[5] = RECORD_SHUFFLED;
			at = f->offset + f->length;
			any = 1;
		}
		entry += entry_size(entry);
	}
	memcpy(out + at, r->bytes + at, (size_t)(r->length - at));
	if (any)
		record_reseal(r, out);
}

/*
 * Frames
 */

/* n bytes as a frame. */
static int
put_frame(struct pack *p, const void *bytes, size_t n)
{
	size_t length;

	if (n <= PACK_FRAME) {
		length = zip_whole(p->zip, p->out, p->room, bytes, n);
		if (length == 0) {
			errno = ENOMEM;
			return -1;
		}
		if (p->put(p->arg, p->out, length) == -1)
			return -1;
	} else {
		length = zip_pieces(p->zip, bytes, n, p->out, p->room, p->put,
		    p->arg);
		if (length == 0)
			return -1;
	}
	count_frame(p, length, n);
	return 0;
}

int
pack_flush(struct pack *p)
{
	int result = 0, e;

	if (p->size > 0)
		result = put_frame(p, p->contents->bytes, p->size);
	e = errno;
	if (p->contents != NULL)
		block_drop(p->contents);
	p->contents = NULL;
	p->size = 0;
	errno = e;
	return result;
}

int
pack_add(struct pack *p, const struct record *r, uint32_t train)
{
	size_t size = (size_t)r->length * (1 + (size_t)train);
	const uint8_t *from = r->bytes + r->length - size;
	const struct choice *c = NULL;

	if (p->size > 0 && p->size + size > PACK_FRAME)
		return 0;
	if (p->contents == NULL) {
		p->contents = block_new(p->pool,
		    size > PACK_FRAME ? size : PACK_FRAME);
		if (p->contents == NULL)
			return put_frame(p, from, size) == -1 ? -1 : 1;
	}
	if (p->sample != NULL && train == 0)
		c = choose(p, r);
	if (c != NULL)
		encode(r, c, p->contents->bytes + p->size);
	else
		memcpy(p->contents->bytes + p->size, from, size);
	p->size += size;
	return 1;
}
