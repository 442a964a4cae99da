/*
 * record.h - one record as it came: checked, shared, never changed
 *
 * A record points into the block of memory it was received in.  Whoever
 * keeps a record holds a reference (record_hold, record_drop); the last
 * drop gives the memory back.  Any thread may hold and drop.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "aprec.h"
#include "pool.h"

#define RECORD_HEADER	128	/* bytes before the table */
#define RECORD_TRAILER	8
#define RECORD_UNIT	64	/* a record's length is a multiple of it */
#define RECORD_MIN	192	/* no record is shorter */

struct attr {
	const char	*key;
	const char	*value;
};

/* A field's description.  The strings end in NUL and live with the table. */
struct field {
	const char	*name;
	enum aprec_type	 type;
	unsigned	 encoding;	/* RECORD_PLAIN, RECORD_SHUFFLED */
	unsigned	 rank;
	uint64_t	 extents[APREC_RANK_MAX];
	const char	*dims[APREC_RANK_MAX];	/* "" where there is none */
	const struct attr *attrs;
	unsigned	 nattrs;
	uint64_t	 offset;	/* of the data in the record */
	uint64_t	 length;	/* bytes of the data */
	uint64_t	 count;		/* elements; text: bytes; none: 0 */
};

enum { RECORD_PLAIN, RECORD_SHUFFLED };

/*
 * A table, shared by records whose table bytes are equal: two records of a
 * source with the same struct table describe the same fields.
 */
struct table {
	atomic_uint	 refs;
	struct pool	*pool;		/* size is charged to it */
	size_t		 size;
	uint32_t	 nfields;
	uint32_t	 length;	/* bytes in the record */
	const uint8_t	*bytes;		/* a copy of them */
	struct field	*fields;	/* in the record's order */
	uint64_t	 record;	/* bytes of a record with this table */
	int		 history;	/* of a history record */
};

struct record {
	atomic_uint	 refs;
	struct block	*block;
	struct table	*table;
	const uint8_t	*bytes;
	uint64_t	 length;
	unsigned	 flags;		/* APREC_FINAL ... */
	uint64_t	 seq;
	int64_t		 wall;
	uint64_t	 run;
	uint32_t	 data_crc;
	char		 source[APREC_SOURCE_MAX + 1];
	uint32_t	 train;		/* records like it that end where it
					 * begins, see reader_trains() */
	uint64_t	 first;		/* seq of the first of these, or its */
};

/* What the fixed header says, not yet believed beyond its own bounds. */
struct header {
	unsigned	 version;
	unsigned	 flags;
	uint32_t	 nfields;
	uint32_t	 table;		/* bytes */
	uint32_t	 crc;
	uint64_t	 length;
	uint64_t	 seq;
	int64_t		 wall;
	uint64_t	 run;
	uint32_t	 data_crc;
	char		 source[APREC_SOURCE_MAX + 1];
};

extern const uint8_t record_magic[8];

/* What a check found. */
enum record_status {
	RECORD_OK,
	RECORD_NOT,		/* no magic: not a record */
	RECORD_BAD,		/* a record, and damaged */
	RECORD_UNSUPPORTED	/* whole, of a version or kind not known here */
};

/*
 * Read the fixed header from RECORD_HEADER bytes.  RECORD_UNSUPPORTED: of
 * another version; then version, table, crc and length alone are set.  The
 * lengths are within the format's limits.  why, when not NULL, is set to a
 * constant text.
 */
enum record_status record_header(const uint8_t *bytes, struct header *h,
    const char **why);

/* Whether the header CRC of RECORD_HEADER + h->table bytes is right. */
int record_header_crc_ok(const uint8_t *bytes, const struct header *h);

/*
 * Check the rest of a header whose CRC is right: flags, seq, run, source.
 */
enum record_status record_header_ok(const uint8_t *bytes,
    const struct header *h, const char **why);

/*
 * Parse and check the table of a header that record_header_ok() has passed.
 * NULL when it is bad or unsupported (status), or memory ran out (status
 * RECORD_OK, errno ENOBUFS where the pool's limit stands in the way, else
 * ENOMEM).  table_drop() it.
 */
struct table *table_parse(struct pool *pool, const uint8_t *bytes,
    const struct header *h, enum record_status *status, const char **why);
/* Whether the header and the table bytes behind it are those of t. */
int table_is(const struct table *t, const uint8_t *bytes,
    const struct header *h);
struct table *table_hold(struct table *t);
void table_drop(struct table *t);
/* The field of that name, or NULL. */
const struct field *table_find(const struct table *t, const char *name);

/* Whether padding and trailer of a whole record are right. */
int record_end_ok(const uint8_t *bytes, const struct header *h,
    const struct table *t, const char **why);

/*
 * Whether at next, directly behind the record of h and t at bytes, stands one
 * like it, whole and right: of the same run, source and table, with a higher
 * seq, without flags but for the data CRC's.  Then h becomes its header.  The
 * bytes of both are there.
 */
int record_follows(const uint8_t *bytes, struct header *h,
    const struct table *t);

/* Whether the data CRC is right; 1 too where there is none. */
int record_data_ok(const struct record *r);

/*
 * The record of h and t at offset at in block, with references of its own to
 * both.  NULL: out of memory.
 */
struct record *record_new(struct block *block, size_t at,
    const struct header *h, struct table *t);
/*
 * The header and the trailer that the record has with a data CRC; nothing
 * between them differs.  For records that have none.
 */
void record_seal(const struct record *r, uint8_t header[RECORD_HEADER],
    uint8_t trailer[RECORD_TRAILER]);

/*
 * A copy in a block of its own, of a record that fills its block to less than
 * half; NULL for others, and without memory.
 */
struct record *record_alone(struct pool *pool, const struct record *r);

/* Make the CRCs right in a copy of the record of which encodings and data were
 * changed. */
void record_reseal(const struct record *r, uint8_t *bytes);

struct record *record_hold(struct record *r);
void record_drop(struct record *r);

/* The field of that name, or NULL. */
const struct field *record_find(const struct record *r, const char *name);

/*
 * The field's data where it lies, f->length bytes as they were encoded.
 * Aligned to 8, from 64 bytes on to 64, counted from the record's start.
 */
const void *record_bytes(const struct record *r, const struct field *f);

/*
 * Copy count elements from element first on into out, plain whatever the
 * encoding: out has count * aprec_type_size() bytes.
 */
void record_copy(const struct record *r, const struct field *f,
    uint64_t first, uint64_t count, void *out);

/*
 * Element i of a numeric field as a double; of a complex one its real part
 * (record_imag() the other); NaN for text and none.
 */
double record_value(const struct record *r, const struct field *f,
    uint64_t i);
double record_imag(const struct record *r, const struct field *f,
    uint64_t i);

/*
 * A field of rank 0 and a whole-number type into *v, 1; else 0.  An f64 that
 * holds a whole number below 2^53 counts.
 */
int record_integer(const struct record *r, const struct field *f,
    int64_t *v);

/* An attribute's value, or NULL. */
const char *field_attr(const struct field *f, const char *key);

/* A number of that type that stands at p, as a double; NaN for text, none. */
double record_number(enum aprec_type type, const uint8_t *p);

/* Seq and wall time of the record that stands at bytes. */
void record_when(const uint8_t *bytes, uint64_t *seq, int64_t *wall);

/* A hash of a field's name, FNV-1a (Fowler, Noll and Vo). */
uint32_t field_hash(const char *name);

/* Bytes of a number of the field: an element, or a part of a complex one. */
size_t field_unit(const struct field *f);

/* A field that is one real number: rank 0, neither complex, text nor none. */
int field_is_number(const struct field *f);

#endif
