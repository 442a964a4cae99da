/*
 * writer.c - publish records from a computation; the encoder of aprec(5)
 *
 * Needs libc and POSIX threads alone, so that it can be dropped into any
 * code.  What is always true: a whole record is written or, where writing
 * failed half-way into a file, cut off again; no call here ends the
 * computation or touches its arrays after publish has returned.
 */
#if !defined(_GNU_SOURCE) && defined(__linux__)
#define _GNU_SOURCE
#endif

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aprec.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "aprec writes little-endian records and does not swap bytes"
#endif

/* Layout, aprec(5). */
#define HEADER		128
#define TRAILER		8
#define UNIT		64
#define ENTRY		32	/* bytes of a table entry before its extents */
#define VERSION		1

/*
 * CRC-32, sixteen bytes a step: crc_table[k][b] is the CRC of byte b followed
 * by k zero bytes (Kounavis and Berry, "Slicing by 8", 2005).
 */
static uint32_t crc_table[16][256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void
crc_init(void)
{
	for (unsigned b = 0; b < 256; b++) {
		uint32_t c = b;

		for (int k = 0; k < 8; k++)
			c = (c & 1) ? (c >> 1) ^ 0xedb88320u : c >> 1;
		crc_table[0][b] = c;
	}
	for (unsigned k = 1; k < 16; k++)
		for (unsigned b = 0; b < 256; b++) {
			uint32_t c = crc_table[k - 1][b];

			crc_table[k][b] = (c >> 8) ^ crc_table[0][c & 0xff];
		}
}

static uint32_t
crc_word(uint32_t word, int k)
{
	return crc_table[k][word & 0xff] ^ crc_table[k - 1][word >> 8 & 0xff] ^
	    crc_table[k - 2][word >> 16 & 0xff] ^ crc_table[k - 3][word >> 24];
}

uint32_t
aprec_crc32(uint32_t crc, const void *buf, size_t len)
{
	const unsigned char *p = buf;
	uint32_t w[4];

	pthread_once(&crc_once, crc_init);
	crc = ~crc;
	for (; len >= 16; p += 16, len -= 16) {
		memcpy(w, p, sizeof(w));
		crc = crc_word(w[0] ^ crc, 15) ^ crc_word(w[1], 11) ^
		    crc_word(w[2], 7) ^ crc_word(w[3], 3);
	}
	while (len-- > 0)
		crc = (crc >> 8) ^ crc_table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

/*
 * The encoder
 */

size_t
aprec_type_size(enum aprec_type type)
{
	static const unsigned char size[] = {
		[APREC_I8] = 1, [APREC_I16] = 2, [APREC_I32] = 4,
		[APREC_I64] = 8, [APREC_U8] = 1, [APREC_U16] = 2,
		[APREC_U32] = 4, [APREC_U64] = 8, [APREC_F32] = 4,
		[APREC_F64] = 8, [APREC_C64] = 8, [APREC_C128] = 16,
		[APREC_BOOL] = 1, [APREC_TEXT] = 1, [APREC_NONE] = 0
	};

	return (size_t)type < sizeof(size) ? size[type] : 0;
}

int
aprec_is_identifier(const char *s, size_t len)
{
	if (len == 0 || len > APREC_NAME_MAX || (*s >= '0' && *s <= '9'))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
			return 0;
	return 1;
}

int
aprec_is_text(const char *s, size_t len, int control)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len;

	while (p < end) {
		uint32_t c = *p++, least;
		int more;

		if (c < 0x80) {
			if (c == 0 || (!control && (c < 0x20 || c == 0x7f)))
				return 0;
			continue;
		} else if (c >= 0xc2 && c < 0xe0) {
			c &= 0x1f, more = 1, least = 0x80;
		} else if (c >= 0xe0 && c < 0xf0) {
			c &= 0x0f, more = 2, least = 0x800;
		} else if (c >= 0xf0 && c < 0xf5) {
			c &= 0x07, more = 3, least = 0x10000;
		} else
			return 0;
		for (; more > 0; more--) {
			if (p == end || (*p & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return 0;
		if (!control && c < 0xa0)
			return 0;
	}
	return 1;
}

static uint64_t
round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static uint64_t
data_offset(uint64_t end, uint64_t len)
{
	return round_up(end, len >= UNIT ? UNIT : 8);
}

/* Bytes of a field's data into *len; -1: more than a record may have. */
static int
data_length(const struct aprec_field *f, uint64_t *len)
{
	uint64_t n = f->type == APREC_TEXT ? f->text_len :
	    aprec_type_size(f->type);
	int zero = 0;

	for (int k = 0; k < f->rank; k++)
		zero |= f->extents[k] == 0;
	for (int k = 0; k < f->rank && !zero; k++) {
		if (n > APREC_RECORD_MAX / f->extents[k])
			return -1;
		n *= f->extents[k];
	}
	*len = zero ? 0 : n;
	return *len > APREC_RECORD_MAX ? -1 : 0;
}

static int
name_ok(const char *name, unsigned flags)
{
	if (name == NULL || !aprec_is_identifier(name, strlen(name)) ||
	    strncmp(name, "TEXT_", 5) == 0)
		return 0;
	return (flags & APREC_HISTORY) || strncmp(name, "HISTORY_", 8) != 0;
}

static int
attrs_ok(const struct aprec_attribute *a, size_t n)
{
	if (n > APREC_ATTRS_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (a[i].key == NULL || a[i].value == NULL ||
		    !aprec_is_identifier(a[i].key, strlen(a[i].key)) ||
		    strlen(a[i].value) > APREC_ATTR_MAX ||
		    !aprec_is_text(a[i].value, strlen(a[i].value), 0))
			return 0;
		for (size_t j = 0; j < i; j++)
			if (strcmp(a[i].key, a[j].key) == 0)
				return 0;
	}
	return 1;
}

static int
field_ok(const struct aprec_field *f, unsigned flags)
{
	if (!name_ok(f->name, flags) || f->type < APREC_I8 ||
	    f->type > APREC_NONE || f->rank < 0 || f->rank > APREC_RANK_MAX)
		return 0;
	if ((f->type == APREC_TEXT || f->type == APREC_NONE) && f->rank != 0)
		return 0;
	if (f->type == APREC_NONE && f->nattrs != 0)
		return 0;
	for (int k = 0; k < f->rank; k++)
		if (f->dims[k] != NULL && *f->dims[k] != '\0' &&
		    !aprec_is_identifier(f->dims[k], strlen(f->dims[k])))
			return 0;
	if (f->type == APREC_TEXT && f->text_len > 0 &&
	    !aprec_is_text(f->data, f->text_len, 1))
		return 0;
	return attrs_ok(f->attrs, f->nattrs);
}

/* Whether no two fields have one name: a hash table of indices + 1. */
static int
names_differ(const struct aprec_field *f, size_t n)
{
	uint16_t seen[2 * APREC_FIELDS_MAX];
	size_t size = 8;

	while (size < 2 * n)
		size *= 2;
	memset(seen, 0, size * sizeof(*seen));
	for (size_t i = 0; i < n; i++) {
		uint32_t h = 2166136261u;	/* FNV-1a */

		for (const char *p = f[i].name; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * 16777619u;
		for (;; h++) {
			uint16_t *s = &seen[h & (size - 1)];

			if (*s == 0) {
				*s = (uint16_t)(i + 1);
				break;
			}
			if (strcmp(f[*s - 1].name, f[i].name) == 0)
				return 0;
		}
	}
	return 1;
}

static uint64_t
entry_length(const struct aprec_field *f)
{
	uint64_t n = ENTRY + 8 * (uint64_t)f->rank + strlen(f->name);

	for (int k = 0; k < f->rank; k++)
		n += 1 + (f->dims[k] != NULL ? strlen(f->dims[k]) : 0);
	for (size_t i = 0; i < f->nattrs; i++)
		n += 3 + strlen(f->attrs[i].key) + strlen(f->attrs[i].value);
	return round_up(n, 8);
}

/* Where everything goes. */
struct layout {
	uint64_t	 table;		/* bytes of the table */
	uint64_t	 length;	/* of the record */
};

/* Check all and lay it out: 0, or -1 and errno. */
static int
lay_out(const struct aprec_header *h, const struct aprec_field *f, size_t n,
    struct layout *l)
{
	uint64_t end, len;

	errno = EINVAL;
	if (h->seq == 0 || h->run == 0 || h->source == NULL ||
	    h->source[0] == '\0' || strlen(h->source) > APREC_SOURCE_MAX ||
	    !aprec_is_text(h->source, strlen(h->source), 0) ||
	    (h->flags & ~(unsigned)(APREC_FINAL | APREC_HISTORY |
	    APREC_DATA_CRC)) != 0)
		return -1;
	if (n > APREC_FIELDS_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	l->table = 0;
	for (size_t i = 0; i < n; i++) {
		if (!field_ok(&f[i], h->flags))
			return -1;
		l->table += entry_length(&f[i]);
	}
	if (!names_differ(f, n))
		return -1;
	errno = EOVERFLOW;
	if (l->table > APREC_TABLE_MAX)
		return -1;
	end = HEADER + l->table;
	for (size_t i = 0; i < n; i++) {
		if (data_length(&f[i], &len) == -1)
			return -1;
		end = data_offset(end, len) + len;
		if (end > APREC_RECORD_MAX - UNIT)
			return -1;
	}
	l->length = round_up(end + TRAILER, UNIT);
	return 0;
}

/*
 * What the encoder writes to: buf takes bytes; with iov set, data worth it
 * are pointed to instead of copied, and iov has the whole record in pieces.
 */
struct out {
	uint8_t		*buf;
	size_t		 used;		/* bytes in buf */
	size_t		 begun;		/* of those not yet in iov */
	uint64_t	 pos;		/* offset in the record */
	struct iovec	*iov;
	size_t		 niov;
};

#define POINT_AT	4096	/* bytes of data from which pointing pays */

static void
out_bytes(struct out *o, const void *p, size_t n)
{
	if (n > 0)
		memcpy(o->buf + o->used, p, n);
	o->used += n;
	o->pos += n;
}

static void
out_le(struct out *o, uint64_t v, unsigned n)
{
	uint8_t b[8];

	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	out_bytes(o, b, n);
}

static void
out_zero(struct out *o, uint64_t pos)
{
	size_t n = (size_t)(pos - o->pos);

	memset(o->buf + o->used, 0, n);
	o->used += n;
	o->pos = pos;
}

/* Close the piece of iov that lies in buf. */
static void
out_flush(struct out *o)
{
	if (o->iov != NULL && o->used > o->begun) {
		o->iov[o->niov].iov_base = o->buf + o->begun;
		o->iov[o->niov++].iov_len = o->used - o->begun;
		o->begun = o->used;
	}
}

static void
out_point(struct out *o, const void *p, size_t n)
{
	out_flush(o);
	o->iov[o->niov].iov_base = (void *)(uintptr_t)p;
	o->iov[o->niov++].iov_len = n;
	o->pos += n;
}

static int
is_packed(const struct aprec_field *f)
{
	size_t step = aprec_type_size(f->type);

	if (f->strides == NULL)
		return 1;
	for (int k = f->rank - 1; k >= 0; k--) {
		if (f->extents[k] != 1 && f->strides[k] != (ptrdiff_t)step)
			return 0;
		step *= f->extents[k];
	}
	return 1;
}

/* Elements that do not lie packed, the last index fastest. */
static void
out_strided(struct out *o, const struct aprec_field *f)
{
	size_t size = aprec_type_size(f->type), at[APREC_RANK_MAX] = { 0 };
	size_t inner = f->extents[f->rank - 1];
	ptrdiff_t step = f->strides[f->rank - 1];
	const char *p = f->data;

	for (;;) {
		int k = f->rank - 2;

		if (step == (ptrdiff_t)size)
			out_bytes(o, p, inner * size);
		else
			for (size_t i = 0; i < inner; i++)
				out_bytes(o, p + (ptrdiff_t)i * step, size);
		for (; k >= 0; k--) {
			p += f->strides[k];
			if (++at[k] < f->extents[k])
				break;
			p -= (ptrdiff_t)at[k] * f->strides[k];
			at[k] = 0;
		}
		if (k < 0)
			return;
	}
}

static void
out_data(struct out *o, const struct aprec_field *f)
{
	uint64_t len;

	if (data_length(f, &len) == -1)
		return;			/* lay_out() has seen to it */
	out_zero(o, data_offset(o->pos, len));
	if (len == 0)
		return;
	if (!is_packed(f))
		out_strided(o, f);
	else if (o->iov != NULL && len >= POINT_AT)
		out_point(o, f->data, (size_t)len);
	else
		out_bytes(o, f->data, (size_t)len);
}

static void
out_entry(struct out *o, const struct aprec_field *f, uint64_t *data_end)
{
	uint64_t start = o->pos, size = entry_length(f), len = 0;

	data_length(f, &len);
	*data_end = data_offset(*data_end, len);
	out_le(o, size, 4);
	out_le(o, f->type, 1);
	out_le(o, 0, 1);
	out_le(o, (uint64_t)f->rank, 1);
	out_le(o, strlen(f->name), 1);
	out_le(o, f->nattrs, 2);
	out_le(o, 0, 6);
	out_le(o, *data_end, 8);
	out_le(o, len, 8);
	*data_end += len;
	for (int k = 0; k < f->rank; k++)
		out_le(o, f->extents[k], 8);
	out_bytes(o, f->name, strlen(f->name));
	for (int k = 0; k < f->rank; k++) {
		const char *d = f->dims[k] != NULL ? f->dims[k] : "";

		out_le(o, strlen(d), 1);
		out_bytes(o, d, strlen(d));
	}
	for (size_t i = 0; i < f->nattrs; i++) {
		out_le(o, strlen(f->attrs[i].key), 1);
		out_le(o, strlen(f->attrs[i].value), 2);
		out_bytes(o, f->attrs[i].key, strlen(f->attrs[i].key));
		out_bytes(o, f->attrs[i].value, strlen(f->attrs[i].value));
	}
	out_zero(o, start + size);
}

static void
put_le32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* The CRC of the data: all behind the table, before the trailer. */
static uint32_t
out_data_crc(const struct out *o, size_t head)
{
	uint32_t crc = 0;

	if (o->iov == NULL)
		return aprec_crc32(0, o->buf + head, o->used - head);
	for (size_t i = 0; i < o->niov; i++) {
		const char *p = o->iov[i].iov_base;
		size_t n = o->iov[i].iov_len;

		crc = i == 0 ? aprec_crc32(0, p + head, n - head) :
		    aprec_crc32(crc, p, n);
	}
	return crc;
}

/* Encode into o what lay_out() has passed. */
static void
encode(const struct aprec_header *h, const struct aprec_field *f, size_t n,
    const struct layout *l, struct out *o)
{
	uint64_t end = HEADER + l->table;
	uint32_t crc;

	out_bytes(o, "\x89" "APR\r\n\x1a\n", 8);
	out_le(o, VERSION, 2);
	out_le(o, h->flags, 2);
	out_le(o, n, 4);
	out_le(o, l->table, 4);
	out_le(o, 0, 4);
	out_le(o, l->length, 8);
	out_le(o, h->seq, 8);
	out_le(o, (uint64_t)h->wall, 8);
	out_le(o, h->run, 8);
	out_le(o, 0, 8);
	out_bytes(o, h->source, strlen(h->source));
	out_zero(o, HEADER);
	for (size_t i = 0; i < n; i++)
		out_entry(o, &f[i], &end);
	for (size_t i = 0; i < n; i++)
		out_data(o, &f[i]);
	out_zero(o, l->length - TRAILER);
	out_flush(o);
	if (h->flags & APREC_DATA_CRC)
		put_le32(o->buf + 56, out_data_crc(o, HEADER + l->table));
	crc = aprec_crc32(0, o->buf, HEADER + l->table);
	put_le32(o->buf + 20, crc);
	out_le(o, crc, 4);
	out_le(o, h->seq, 4);
	out_flush(o);
}

size_t
aprec_encoded_size(const struct aprec_header *h,
    const struct aprec_field *fields, size_t nfields)
{
	struct layout l;

	return lay_out(h, fields, nfields, &l) == -1 ? 0 : (size_t)l.length;
}

int
aprec_encode(const struct aprec_header *h, const struct aprec_field *fields,
    size_t nfields, void *buf, size_t size)
{
	struct layout l;
	struct out o = { .buf = buf };

	if (lay_out(h, fields, nfields, &l) == -1)
		return -1;
	if (size < l.length) {
		errno = EOVERFLOW;
		return -1;
	}
	encode(h, fields, nfields, &l, &o);
	return 0;
}
