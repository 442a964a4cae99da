/*
 * record.c - the layout of aprec(5) taken apart and checked
 *
 * What is always true: no byte of a record is believed before it is checked,
 * and no length is added up before it is compared with what is left.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "shuffle.h"

#define VERSION		1
#define KNOWN_FLAGS	(APREC_FINAL | APREC_HISTORY | APREC_DATA_CRC)
#define ENTRY		32	/* bytes of an entry before its extents */

const uint8_t record_magic[8] = {
	0x89, 'A', 'P', 'R', '\r', '\n', 0x1a, '\n'
};

static uint16_t
get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static uint64_t
get_le64(const uint8_t *p)
{
	return (uint64_t)get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static int
is_zero(const uint8_t *p, uint64_t n)
{
	uint64_t word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word != 0)
			return 0;
	}
	for (; n > 0; n--)
		if (*p++ != 0)
			return 0;
	return 1;
}

static uint64_t
round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Say why, and what it is. */
static enum record_status
is(enum record_status status, const char **why, const char *text)
{
	if (why != NULL)
		*why = text;
	return status;
}

enum record_status
record_header(const uint8_t *bytes, struct header *h, const char **why)
{
	if (memcmp(bytes, record_magic, sizeof(record_magic)) != 0)
		return is(RECORD_NOT, why, "not a record");
	h->version = get_le16(bytes + 8);
	h->flags = get_le16(bytes + 10);
	h->nfields = get_le32(bytes + 12);
	h->table = get_le32(bytes + 16);
	h->crc = get_le32(bytes + 20);
	h->length = get_le64(bytes + 24);
	h->seq = get_le64(bytes + 32);
	h->wall = (int64_t)get_le64(bytes + 40);
	h->run = get_le64(bytes + 48);
	h->data_crc = get_le32(bytes + 56);
	memcpy(h->source, bytes + 64, APREC_SOURCE_MAX);
	h->source[APREC_SOURCE_MAX] = '\0';
	if (h->length < RECORD_MIN || h->length > APREC_RECORD_MAX ||
	    h->length % RECORD_UNIT != 0)
		return is(RECORD_BAD, why, "length outside the limits");
	if (h->table > APREC_TABLE_MAX || h->table % 8 != 0 ||
	    h->table > h->length - RECORD_HEADER - RECORD_TRAILER)
		return is(RECORD_BAD, why, "table outside the limits");
	if (h->version != VERSION)
		return is(RECORD_UNSUPPORTED, why, "unknown version");
	if (h->nfields > APREC_FIELDS_MAX)
		return is(RECORD_BAD, why, "too many fields");
	return is(RECORD_OK, why, NULL);
}

void
record_when(const uint8_t *bytes, uint64_t *seq, int64_t *wall)
{
	*seq = get_le64(bytes + 32);
	*wall = (int64_t)get_le64(bytes + 40);
}

int
record_header_crc_ok(const uint8_t *bytes, const struct header *h)
{
	uint8_t head[512];
	size_t n = RECORD_HEADER + h->table;
	uint32_t crc;

	/* One piece, as far as it goes, is faster than two. */
	if (n > sizeof(head))
		n = sizeof(head);
	memcpy(head, bytes, n);
	memset(head + 20, 0, 4);	/* the CRC itself counts as 0 */
	crc = aprec_crc32(0, head, n);
	return aprec_crc32(crc, bytes + n, RECORD_HEADER + h->table - n) ==
	    h->crc;
}

enum record_status
record_header_ok(const uint8_t *bytes, const struct header *h, const char **why)
{
	size_t n = strlen(h->source);

	if (h->flags & ~(unsigned)KNOWN_FLAGS)
		return is(RECORD_UNSUPPORTED, why, "unknown flag");
	if (h->seq == 0 || h->run == 0)
		return is(RECORD_BAD, why, "seq or run is 0");
	if (!is_zero(bytes + 60, 4) || (!(h->flags & APREC_DATA_CRC) &&
	    h->data_crc != 0))
		return is(RECORD_BAD, why, "unused header bytes are not 0");
	if (n == 0 || !aprec_is_text(h->source, n, 0) ||
	    !is_zero(bytes + 64 + n, APREC_SOURCE_MAX - n))
		return is(RECORD_BAD, why, "bad source name");
	return RECORD_OK;
}

/*
 * A table as one piece of memory: struct table, fields, attributes, a copy of
 * the bytes, and strings.  Strings take at most as much as their bytes, since
 * each loses its length byte and gains a NUL; attribute values too.
 */
struct arena {
	struct attr	*attrs;
	char		*strings;
};

static const char *
keep(struct arena *a, const uint8_t *p, size_t n)
{
	char *s = a->strings;

	memcpy(s, p, n);
	s[n] = '\0';
	a->strings += n + 1;
	return s;
}

/* Attributes at p, end behind the entry: where they end, or NULL. */
static const uint8_t *
parse_attrs(const uint8_t *p, const uint8_t *end, struct field *f,
    struct arena *a)
{
	f->attrs = a->attrs;
	for (unsigned i = 0; i < f->nattrs; i++, a->attrs++) {
		size_t nk, nv;

		if (end - p < 3)
			return NULL;
		nk = p[0];
		nv = get_le16(p + 1);
		p += 3;
		if ((size_t)(end - p) < nk + nv || nv > APREC_ATTR_MAX ||
		    !aprec_is_identifier((const char *)p, nk) ||
		    !aprec_is_text((const char *)p + nk, nv, 0))
			return NULL;
		a->attrs->key = keep(a, p, nk);
		a->attrs->value = keep(a, p + nk, nv);
		p += nk + nv;
		for (unsigned j = 0; j < i; j++)
			if (strcmp(f->attrs[j].key, a->attrs->key) == 0)
				return NULL;
	}
	return p;
}

/* Name, dimensions and attributes of an entry: 1 when they are right. */
static int
parse_texts(const uint8_t *p, const uint8_t *end, size_t name,
    unsigned flags, struct field *f, struct arena *a)
{
	if ((size_t)(end - p) < name ||
	    !aprec_is_identifier((const char *)p, name))
		return 0;
	f->name = keep(a, p, name);
	if (strncmp(f->name, "TEXT_", 5) == 0 ||
	    (!(flags & APREC_HISTORY) && strncmp(f->name, "HISTORY_", 8) == 0))
		return 0;
	p += name;
	for (unsigned k = 0; k < f->rank; k++) {
		size_t n;

		if (p == end || (size_t)(end - p - 1) < (n = *p))
			return 0;
		if (n > 0 && !aprec_is_identifier((const char *)p + 1, n))
			return 0;
		f->dims[k] = keep(a, p + 1, n);
		p += 1 + n;
	}
	p = parse_attrs(p, end, f, a);
	return p != NULL && end - p < 8 && is_zero(p, (uint64_t)(end - p));
}

/* Count and length of the data against the type: 1 when they agree. */
static int
parse_shape(const uint8_t *p, struct field *f)
{
	uint64_t size = aprec_type_size(f->type), n = size;
	int zero = 0;

	for (unsigned k = 0; k < f->rank; k++) {
		f->extents[k] = get_le64(p + 8 * k);
		zero |= f->extents[k] == 0;
	}
	if (f->type == APREC_TEXT || f->type == APREC_NONE) {
		f->count = f->length;
		return f->rank == 0 &&
		    (f->type == APREC_TEXT ||
		    (f->length == 0 && f->nattrs == 0));
	}
	for (unsigned k = 0; k < f->rank && !zero; k++) {
		if (n > APREC_RECORD_MAX / f->extents[k])
			return 0;
		n *= f->extents[k];
	}
	if (zero)
		n = 0;
	f->count = n / size;
	return f->length == n;
}

size_t
field_unit(const struct field *f)
{
	size_t size = aprec_type_size(f->type);

	return f->type == APREC_C64 || f->type == APREC_C128 ? size / 2 : size;
}

static int
can_shuffle(const struct field *f)
{
	return f->type != APREC_TEXT && field_unit(f) >= 2;
}

/* One entry of left bytes: its length, or 0 with status and why. */
static uint32_t
parse_entry(const uint8_t *p, uint32_t left, unsigned flags, struct field *f,
    struct arena *a, enum record_status *status, const char **why)
{
	uint32_t size;

	*status = RECORD_BAD;
	if (left < ENTRY + 8 || (size = get_le32(p)) > left || size % 8 != 0 ||
	    p[6] > APREC_RANK_MAX || size < ENTRY + 8u * p[6]) {
		is(RECORD_BAD, why, "bad table entry");
		return 0;
	}
	f->type = p[4];
	f->encoding = p[5];
	f->rank = p[6];
	f->nattrs = get_le16(p + 8);
	f->offset = get_le64(p + 16);
	f->length = get_le64(p + 24);
	if (f->type < APREC_I8 || f->type > APREC_NONE ||
	    f->encoding > RECORD_SHUFFLED) {
		*status = is(RECORD_UNSUPPORTED, why,
		    "unknown type or encoding");
		return 0;
	}
	if (!is_zero(p + 10, 6) || f->nattrs > APREC_ATTRS_MAX ||
	    !parse_shape(p + ENTRY, f) ||
	    (f->encoding == RECORD_SHUFFLED && !can_shuffle(f)) ||
	    !parse_texts(p + ENTRY + 8 * f->rank, p + size, p[7], flags, f,
	    a)) {
		is(RECORD_BAD, why, "bad table entry");
		return 0;
	}
	*status = RECORD_OK;
	return size;
}

uint32_t
field_hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static int
names_differ(const struct table *t)
{
	uint16_t seen[2 * APREC_FIELDS_MAX];
	size_t size = 8;

	while (size < 2 * (size_t)t->nfields)
		size *= 2;
	memset(seen, 0, size * sizeof(*seen));
	for (uint32_t i = 0; i < t->nfields; i++) {
		uint32_t h = field_hash(t->fields[i].name);

		for (; seen[h & (size - 1)] != 0; h++)
			if (strcmp(t->fields[seen[h & (size - 1)] - 1].name,
			    t->fields[i].name) == 0)
				return 0;
		seen[h & (size - 1)] = (uint16_t)(i + 1);
	}
	return 1;
}

/* All entries, the offsets they must have, and the record's length. */
static enum record_status
parse_table(struct table *t, const struct header *h, struct arena *a,
    const char **why)
{
	const uint8_t *p = t->bytes;
	uint32_t left = h->table, size;
	uint64_t end = RECORD_HEADER + h->table;
	enum record_status status;

	for (uint32_t i = 0; i < h->nfields; i++, p += size, left -= size) {
		struct field *f = &t->fields[i];

		size = parse_entry(p, left, h->flags, f, a, &status, why);
		if (size == 0)
			return status;
		end = round_up(end, f->length >= RECORD_UNIT ? RECORD_UNIT : 8);
		if (f->offset != end ||
		    f->length > h->length - RECORD_TRAILER ||
		    end > h->length - RECORD_TRAILER - f->length)
			return is(RECORD_BAD, why, "data outside its place");
		end += f->length;
	}
	if (left != 0)
		return is(RECORD_BAD, why, "bytes behind the table's entries");
	if (h->length != round_up(end + RECORD_TRAILER, RECORD_UNIT))
		return is(RECORD_BAD, why, "length is not that of the data");
	if (!names_differ(t))
		return is(RECORD_BAD, why, "two fields of one name");
	t->record = h->length;
	t->history = (h->flags & APREC_HISTORY) != 0;
	return RECORD_OK;
}

/* Attributes that the entries claim; what it says is checked later. */
static size_t
count_attrs(const uint8_t *p, const struct header *h)
{
	uint32_t left = h->table, size;
	size_t n = 0;

	for (uint32_t i = 0; i < h->nfields; i++, p += size, left -= size) {
		if (left < ENTRY || (size = get_le32(p)) > left || size < ENTRY)
			break;
		if (get_le16(p + 8) <= APREC_ATTRS_MAX)
			n += get_le16(p + 8);
	}
	return n;
}

struct table *
table_parse(struct pool *pool, const uint8_t *bytes,
    const struct header *h, enum record_status *status, const char **why)
{
	struct table *t;
	struct arena a;
	size_t nattrs, size;
	uint8_t *copy;

	*status = RECORD_OK;
	if (h->nfields > h->table / (ENTRY + 8)) {
		*status = is(RECORD_BAD, why, "more fields than the table has");
		return NULL;
	}
	nattrs = count_attrs(bytes + RECORD_HEADER, h);
	size = sizeof(*t) + h->nfields * sizeof(*t->fields) +
	    nattrs * sizeof(*a.attrs) + 2 * (size_t)h->table;
	if (pool_charge(pool, size) == -1)
		return NULL;
	if ((t = malloc(size)) == NULL) {
		pool_credit(pool, size);
		return NULL;
	}
	t->pool = pool;
	t->size = size;
	t->fields = (struct field *)(t + 1);
	a.attrs = (struct attr *)(t->fields + h->nfields);
	copy = (uint8_t *)(a.attrs + nattrs);
	a.strings = (char *)copy + h->table;
	memcpy(copy, bytes + RECORD_HEADER, h->table);
	t->bytes = copy;
	t->nfields = h->nfields;
	t->length = h->table;
	atomic_init(&t->refs, 1);
	if ((*status = parse_table(t, h, &a, why)) != RECORD_OK) {
		table_drop(t);
		return NULL;
	}
	return t;
}

int
table_is(const struct table *t, const uint8_t *bytes, const struct header *h)
{
	return t->length == h->table && t->nfields == h->nfields &&
	    t->record == h->length &&
	    t->history == ((h->flags & APREC_HISTORY) != 0) &&
	    memcmp(t->bytes, bytes + RECORD_HEADER, h->table) == 0;
}

struct table *
table_hold(struct table *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void
table_drop(struct table *t)
{
	if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	pool_credit(t->pool, t->size);
	free(t);
}

const struct field *
table_find(const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

int
record_end_ok(const uint8_t *bytes, const struct header *h,
    const struct table *t, const char **why)
{
	const uint8_t *end = bytes + h->length - RECORD_TRAILER;
	uint64_t pos = RECORD_HEADER + h->table;

	if (get_le32(end) != h->crc || get_le32(end + 4) != (uint32_t)h->seq) {
		is(RECORD_BAD, why, "cut short");
		return 0;
	}
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (!is_zero(bytes + pos, t->fields[i].offset - pos)) {
			is(RECORD_BAD, why, "padding is not 0");
			return 0;
		}
		pos = t->fields[i].offset + t->fields[i].length;
	}
	if (!is_zero(bytes + pos, h->length - RECORD_TRAILER - pos)) {
		is(RECORD_BAD, why, "padding is not 0");
		return 0;
	}
	return 1;
}

int
record_follows(const uint8_t *bytes, struct header *h, const struct table *t)
{
	const uint8_t *next = bytes + h->length;
	struct header n;

	/* The same bytes but for flags, CRCs, seq and wall time. */
	if (memcmp(bytes, next, 10) != 0 ||
	    memcmp(bytes + 12, next + 12, 8) != 0 ||
	    memcmp(bytes + 24, next + 24, 8) != 0 ||
	    memcmp(bytes + 48, next + 48, 8) != 0 ||
	    memcmp(bytes + 60, next + 60, RECORD_HEADER - 60 + h->table) != 0)
		return 0;
	n = *h;
	n.flags = get_le16(next + 10);
	n.crc = get_le32(next + 20);
	n.seq = get_le64(next + 32);
	n.wall = (int64_t)get_le64(next + 40);
	n.data_crc = get_le32(next + 56);
	if ((n.flags & ~(unsigned)APREC_DATA_CRC) != 0 || n.seq <= h->seq ||
	    (n.flags == 0 && n.data_crc != 0) ||
	    !record_header_crc_ok(next, &n) ||
	    !record_end_ok(next, &n, t, NULL))
		return 0;
	*h = n;
	return 1;
}

int
record_data_ok(const struct record *r)
{
	size_t head = RECORD_HEADER + r->table->length;

	return !(r->flags & APREC_DATA_CRC) || aprec_crc32(0, r->bytes + head,
	    (size_t)r->length - RECORD_TRAILER - head) == r->data_crc;
}

struct record *
record_new(struct block *block, size_t at, const struct header *h,
    struct table *t)
{
	struct record *r;

	if ((r = malloc(sizeof(*r))) == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	r->block = block_hold(block);
	r->table = table_hold(t);
	r->bytes = block->bytes + at;
	r->length = h->length;
	r->flags = h->flags;
	r->seq = r->first = h->seq;
	r->train = 0;
	r->wall = h->wall;
	r->run = h->run;
	r->data_crc = h->data_crc;
	memcpy(r->source, h->source, sizeof(r->source));
	return r;
}

static void
put_le(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void
record_seal(const struct record *r, uint8_t header[RECORD_HEADER],
    uint8_t trailer[RECORD_TRAILER])
{
	size_t head = RECORD_HEADER + r->table->length;
	uint32_t crc = aprec_crc32(0, r->bytes + head,
	    (size_t)r->length - RECORD_TRAILER - head);

	memcpy(header, r->bytes, RECORD_HEADER);
	put_le(header + 10, r->flags | APREC_DATA_CRC, 2);
	put_le(header + 20, 0, 4);
	put_le(header + 56, crc, 4);
	crc = aprec_crc32(0, header, RECORD_HEADER);
	crc = aprec_crc32(crc, r->bytes + RECORD_HEADER, r->table->length);
	put_le(header + 20, crc, 4);
	put_le(trailer, crc, 4);
	put_le(trailer + 4, r->seq, 4);
}

void
record_reseal(const struct record *r, uint8_t *bytes)
{
	size_t head = RECORD_HEADER + r->table->length;
	size_t end = (size_t)r->length - RECORD_TRAILER;

	put_le(bytes + 20, 0, 4);
	if (r->flags & APREC_DATA_CRC)
		put_le(bytes + 56, aprec_crc32(0, bytes + head, end - head),
		    4);
	put_le(bytes + 20, aprec_crc32(0, bytes, head), 4);
	memcpy(bytes + end, bytes + 20, 4);
}

struct record *
record_alone(struct pool *pool, const struct record *r)
{
	struct record *copy;
	struct block *b;
	struct header h;

	if (r->length * 2 > r->block->size ||
	    record_header(r->bytes, &h, NULL) != RECORD_OK ||
	    (b = block_new(pool, (size_t)r->length)) == NULL)
		return NULL;
	memcpy(b->bytes, r->bytes, (size_t)r->length);
	copy = record_new(b, 0, &h, r->table);
	block_drop(b);
	return copy;
}

struct record *
record_hold(struct record *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void
record_drop(struct record *r)
{
	if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	table_drop(r->table);
	block_drop(r->block);
	free(r);
}

const struct field *
record_find(const struct record *r, const char *name)
{
	return table_find(r->table, name);
}

const void *
record_bytes(const struct record *r, const struct field *f)
{
	return r->bytes + f->offset;
}

/*
 * Numbers of a field: an element, or a part of a complex one.
 */
/* Number i, size bytes of it, plain, into out. */
static void
number_bytes(const struct record *r, const struct field *f, uint64_t i,
    size_t size, uint8_t *out)
{
	const uint8_t *p = r->bytes + f->offset;
	uint64_t n = f->length / size;

	if (f->encoding == RECORD_PLAIN)
		memcpy(out, p + i * size, size);
	else
		for (size_t b = 0; b < size; b++)
			out[b] = p[b * n + i];
}

void
record_copy(const struct record *r, const struct field *f, uint64_t first,
    uint64_t count, void *out)
{
	size_t element = aprec_type_size(f->type), size = field_unit(f);
	const uint8_t *p = r->bytes + f->offset;
	uint8_t *q = out;
	uint64_t n;

	if (count == 0 || element == 0)
		return;
	if (f->encoding == RECORD_PLAIN) {
		memcpy(q, p + first * element, (size_t)(count * element));
		return;
	}
	n = f->length / size;
	first *= element / size;
	count *= element / size;
	shuffle_back(q, p + first, (size_t)n, (size_t)count, size);
}

double
record_number(enum aprec_type type, const uint8_t *p)
{
	int8_t i8; int16_t i16; int32_t i32; int64_t i64;
	uint16_t u16; uint32_t u32; uint64_t u64;
	float f32; double f64;

	switch (type) {
	case APREC_I8: memcpy(&i8, p, 1); return i8;
	case APREC_I16: memcpy(&i16, p, 2); return i16;
	case APREC_I32: memcpy(&i32, p, 4); return i32;
	case APREC_I64: memcpy(&i64, p, 8); return (double)i64;
	case APREC_U8: return *p;
	case APREC_BOOL: return *p != 0;
	case APREC_U16: memcpy(&u16, p, 2); return u16;
	case APREC_U32: memcpy(&u32, p, 4); return u32;
	case APREC_U64: memcpy(&u64, p, 8); return (double)u64;
	case APREC_F32: case APREC_C64: memcpy(&f32, p, 4); return (double)f32;
	case APREC_F64: case APREC_C128: memcpy(&f64, p, 8); return f64;
	case APREC_TEXT: case APREC_NONE: break;
	}
	return (double)NAN;
}

static double
part(const struct record *r, const struct field *f, uint64_t i)
{
	uint8_t b[8];
	size_t size = field_unit(f);

	if (f->type == APREC_TEXT || f->type == APREC_NONE)
		return (double)NAN;
	number_bytes(r, f, i, size, b);
	return record_number(f->type, b);
}

double
record_value(const struct record *r, const struct field *f, uint64_t i)
{
	if (f->type == APREC_C64 || f->type == APREC_C128)
		i *= 2;
	return part(r, f, i);
}

double
record_imag(const struct record *r, const struct field *f, uint64_t i)
{
	if (f->type != APREC_C64 && f->type != APREC_C128)
		return 0;
	return part(r, f, 2 * i + 1);
}

int
record_integer(const struct record *r, const struct field *f, int64_t *v)
{
	double d;
	uint64_t u;
	uint8_t b[8];

	if (f->rank != 0 || f->type == APREC_BOOL || !field_is_number(f))
		return 0;
	if (f->type == APREC_I64 || f->type == APREC_U64) {
		number_bytes(r, f, 0, 8, b);
		memcpy(&u, b, 8);
		if (f->type == APREC_U64 && u > INT64_MAX)
			return 0;
		memcpy(v, &u, 8);
		return 1;
	}
	d = record_value(r, f, 0);
	if (!(fabs(d) < 9007199254740992.0) || d != trunc(d))
		return 0;
	*v = (int64_t)d;
	return 1;
}

const char *
field_attr(const struct field *f, const char *key)
{
	for (unsigned i = 0; i < f->nattrs; i++)
		if (strcmp(f->attrs[i].key, key) == 0)
			return f->attrs[i].value;
	return NULL;
}

int
field_is_number(const struct field *f)
{
	return f->rank == 0 && f->type != APREC_C64 && f->type != APREC_C128 &&
	    f->type != APREC_TEXT && f->type != APREC_NONE;
}
