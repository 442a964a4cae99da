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
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <fnmatch.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
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
static int crc_by_folding;

static int can_fold(void);

static void
crc_init(void)
{
	crc_by_folding = can_fold();
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

/*
 * The same by carry-less multiplication, 64 bytes a step (Gopal et al., "Fast
 * CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009, whose
 * constants these are).  len is a multiple of 16, and at least 64; crc and
 * the result are not inverted.
 */
#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_CRC_FOLD

typedef long long v2di __attribute__((vector_size(16)));

static inline __attribute__((target("pclmul,sse4.1"))) v2di
fold(v2di x, v2di k, v2di next)
{
	return __builtin_ia32_pclmulqdq128(x, k, 0x00) ^
	    __builtin_ia32_pclmulqdq128(x, k, 0x11) ^ next;
}

static inline v2di
load(const unsigned char *p)
{
	v2di x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static __attribute__((target("pclmul,sse4.1"))) uint32_t
crc_fold(uint32_t crc, const unsigned char *p, size_t len)
{
	const v2di k12 = { 0x154442bd4, 0x1c6e41596 };
	const v2di k34 = { 0x1751997d0, 0x0ccaa009e };
	const v2di k5 = { 0x163cd6124, 0 };
	const v2di barrett = { 0x1db710641, 0x1f7011641 };
	const v2di low = { 0xffffffff, 0xffffffff };
	v2di a = load(p) ^ (v2di){ crc, 0 }, b = load(p + 16);
	v2di c = load(p + 32), d = load(p + 48), x, y;

	for (p += 64, len -= 64; len >= 64; p += 64, len -= 64) {
		a = fold(a, k12, load(p));
		b = fold(b, k12, load(p + 16));
		c = fold(c, k12, load(p + 32));
		d = fold(d, k12, load(p + 48));
	}
	x = fold(fold(fold(a, k34, b), k34, c), k34, d);
	for (; len >= 16; p += 16, len -= 16)
		x = fold(x, k34, load(p));
	/* 128 bits to 64, these to 32 by Barrett's reduction. */
	x = (v2di){ x[1], 0 } ^ __builtin_ia32_pclmulqdq128(x, k34, 0x10);
	y = (v2di){ (long long)((unsigned long long)x[0] >> 32 |
	    (unsigned long long)x[1] << 32),
	    (long long)((unsigned long long)x[1] >> 32) };
	x = y ^ __builtin_ia32_pclmulqdq128(x & low, k5, 0x00);
	y = __builtin_ia32_pclmulqdq128(x & low, barrett, 0x10);
	y = __builtin_ia32_pclmulqdq128(y & low, barrett, 0x00);
	return (uint32_t)((unsigned long long)(x ^ y)[0] >> 32);
}

static int
can_fold(void)
{
	return __builtin_cpu_supports("pclmul") &&
	    __builtin_cpu_supports("sse4.1");
}
#else
static int
can_fold(void)
{
	return 0;
}
#endif

uint32_t
aprec_crc32(uint32_t crc, const void *buf, size_t len)
{
	const unsigned char *p = buf;
	uint32_t w[4];

	pthread_once(&crc_once, crc_init);
	crc = ~crc;
#ifdef HAVE_CRC_FOLD
	if (len >= 64 && crc_by_folding) {
		size_t n = len / 16 * 16;

		crc = crc_fold(crc, p, n);
		p += n;
		len -= n;
	}
#endif
	for (; len >= 16; p += 16, len -= 16) {
		memcpy(w, p, sizeof(w));
		crc = crc_word(w[0] ^ crc, 15) ^ crc_word(w[1], 11) ^
		    crc_word(w[2], 7) ^ crc_word(w[3], 3);
	}
	if (len >= 8) {
		memcpy(w, p, 8);
		crc = crc_word(w[0] ^ crc, 7) ^ crc_word(w[1], 3);
		p += 8;
		len -= 8;
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

/* Whether it is what aprec(5) has, but for its sizes: 0, or -1 and errno. */
static int
check(const struct aprec_header *h, const struct aprec_field *f, size_t n)
{
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
	for (size_t i = 0; i < n; i++)
		if (!field_ok(&f[i], h->flags))
			return -1;
	return names_differ(f, n) ? 0 : -1;
}

/* Lay out what has been checked: 0, or -1 and errno. */
static int
lay_out(const struct aprec_field *f, size_t n, struct layout *l)
{
	uint64_t end, len;

	errno = EOVERFLOW;
	l->table = 0;
	for (size_t i = 0; i < n; i++)
		l->table += entry_length(&f[i]);
	if (n > APREC_FIELDS_MAX || l->table > APREC_TABLE_MAX)
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
	memcpy(o->buf + o->used, &v, n);	/* this machine is one */
	o->used += n;
	o->pos += n;
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
	uint8_t *begin = o->buf + o->begun;
	size_t n = o->used - o->begun;
	struct iovec *last;

	if (o->iov == NULL || n == 0)
		return;
	o->begun = o->used;
	if (o->niov > 0) {
		last = &o->iov[o->niov - 1];
		if ((uint8_t *)last->iov_base + last->iov_len == begin) {
			last->iov_len += n;	/* one piece, then */
			return;
		}
	}
	o->iov[o->niov].iov_base = begin;
	o->iov[o->niov++].iov_len = n;
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

/* n elements that lie so far apart; with the size known it is a move each. */
#define GATHER(size)							\
	for (size_t i = 0; i < n; i++, from += step)			\
	memcpy(to + i * (size), from, (size))

static void
gather(uint8_t *to, const char *from, size_t n, ptrdiff_t step, size_t size)
{
	switch (size) {
	case 1:
		GATHER(1);
		break;
	case 2:
		GATHER(2);
		break;
	case 4:
		GATHER(4);
		break;
	case 8:
		GATHER(8);
		break;
	default:
		GATHER(16);
	}
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
		else {
			gather(o->buf + o->used, p, inner, step, size);
			o->used += inner * size;
			o->pos += inner * size;
		}
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

	return check(h, fields, nfields) == -1 ||
	    lay_out(fields, nfields, &l) == -1 ? 0 : (size_t)l.length;
}

int
aprec_encode(const struct aprec_header *h, const struct aprec_field *fields,
    size_t nfields, void *buf, size_t size)
{
	struct layout l;
	struct out o = { .buf = buf };

	if (check(h, fields, nfields) == -1 ||
	    lay_out(fields, nfields, &l) == -1)
		return -1;
	if (size < l.length) {
		errno = EOVERFLOW;
		return -1;
	}
	encode(h, fields, nfields, &l, &o);
	return 0;
}

/*
 * The writer
 */

#define KEPT		4096	/* a skipped record up to this is kept */
#define CRC_EVERY	1000000000	/* ns; a record at least has its CRC */

/* One dimension of a slice, as Python has it. */
struct slice {
	int		 index;		/* start is the one index taken */
	int		 has_start;
	int		 has_stop;
	int64_t		 start, stop, step;
};

/* A word of $APREC_FIELDS. */
struct item {
	char		*pattern;
	int		 leave_out;	/* ! */
	int		 nslices;
	struct slice	 slices[APREC_RANK_MAX];
	int		 used;		/* it has met a name */
};

/* The attributes of a tile of which a slice is published. */
struct cut {
	struct aprec_attribute attrs[APREC_ATTRS_MAX];
	size_t		 nattrs;
	char		 extents[APREC_RANK_MAX * 21];
	char		 offset[APREC_RANK_MAX * 21];
};

/* What is known of a name, for the whole run. */
struct name {
	char		*name;
	int		 rank;		/* of dims; -1: none given */
	char		*dims[APREC_RANK_MAX];
	struct aprec_attribute *attrs;
	size_t		 nattrs;
	uint64_t	 round;		/* the last one it was put in */
	size_t		 put;		/* and as which */
	int		 seen;		/* the rank it was put with; -1 */
	int		 wanted;
	const struct item *item;	/* whose slices it has, or NULL */
	size_t		 parent;	/* or has the name it belongs to */
	struct cut	*cut;
	int		 shown;		/* by $APREC_DEBUG */
	int		 told;		/* that its slices do not fit */
};

/* A field put for the next publish. */
struct put {
	size_t		 name;		/* index of its struct name */
	enum aprec_type	 type;
	int		 rank;
	size_t		 extents[APREC_RANK_MAX];
	int		 strided;
	ptrdiff_t	 strides[APREC_RANK_MAX];
	int		 sliced;
	int		 whole;		/* then its rank before, */
	int		 from[APREC_RANK_MAX];	/* which index this was, */
	const struct cut *cut;		/* and its attributes, if others */
	const void	*data;		/* the caller's; NULL: value, text */
	uint64_t	 value;		/* the bytes of a number */
	char		*text;
	size_t		 text_len;
};

/* What publishing has cost. */
struct cost {
	uint64_t	 written;	/* records, and their bytes; the */
	uint64_t	 bytes;		/* thread's, where there is one */
	uint64_t	 by_newest, by_rate, by_every, by_fields; /* skipped */
	uint64_t	 superseded;	/* copies, before they were sent */
	int64_t		 publishing, worst;	/* ns, without pauses */
	int64_t		 paused;		/* ns */
};

/* A record copied for the thread. */
struct copy {
	struct copy	*next;
	uint8_t		*bytes;
	size_t		 length;
	size_t		 room;
	uint64_t	 names;		/* hash of its names and types */
};

/* A whole number of any type. */
struct whole {
	int		 negative;
	uint64_t	 size;
};

/* A number or text of the program's that can be set. */
struct param {
	size_t		 name;		/* index of its struct name */
	enum aprec_type	 type;
	void		*value;		/* the program's; NULL: withdrawn */
	size_t		 size;		/* of a text's memory */
	double		 min, max;
	struct whole	 least, most;	/* the same for whole numbers */
	int		 sent;		/* readers have what follows */
	uint64_t	 last;
	char		*text;
};

/* A command that waits for its step. */
struct waiting {
	struct waiting	*next;
	int64_t		 step;
	char		 text[];
};

#define COMMAND_MAX	4095		/* bytes of a line */

/* What the run is steered by. */
enum channel { SEARCHED, BY_SOCKET, BY_FIFO, BY_STDIN, BY_FILE };

struct control {
	char		*path;		/* as it was given; NULL: none */
	char		*place;		/* the same, wherever the run goes */
	int		 given;		/* by $APREC_CONTROL */
	enum channel	 kind;
	int		 fd;		/* -1: not connected, or a file */
	off_t		 pos;		/* read of the file */
	int64_t		 look_at;	/* not looked at before */
	int64_t		 try_at;	/* nor tried to open */
	int		 settled;	/* the first look was made */
	int64_t		 missed_at;	/* when it was first not there */
	int		 told;		/* that it is not there */
	unsigned	 complaints;	/* told of lines that say nothing */
	char		 line[COMMAND_MAX + 1];
	size_t		 len;
	int		 too_long;	/* the line is, and is passed over */
	char		*answers;	/* not yet taken */
	size_t		 nanswers;
	size_t		 answers_room;

	struct param	*params;
	size_t		 nparams;
	struct aprec_field *fields;	/* room for them and one more */
	struct waiting	*waiting;	/* by step, then as they came */
	struct waiting	*last_waiting;
	size_t		 nwaiting;

	int64_t		 step;		/* of the last publish */
	int64_t		 steps_left;	/* until it is paused again; 0: none */
	int		 paused;
	int		 stop;
	atomic_int	 interrupted;	/* by aprec_interrupt() */
	char		*log;		/* what was applied, to be published */
	size_t		 log_len;
	size_t		 log_room;
	char		*queued;	/* that of the last such record */

	/* Several processes */
	aprec_broadcast_fn *broadcast;	/* NULL: this one alone */
	void		*arg;
	int		 rank;
	int		 alone;		/* as the program says */
	int		 quiet;		/* rank 0 will never say anything */
	int		 owes;		/* the others wait for what follows */
};

struct aprec_writer {
	/* Where to */
	int		 fd;		/* -1: nowhere */
	int		 close_fd;
	int		 regular;	/* a file that can be cut back */
	int		 locked;	/* against others who record into it */
	int		 socket;	/* of aptee -l */
	int		 ended;		/* nobody reads any more */
	int		 stop_at_end;	/* then the run is to stop */
	char		*where;		/* for messages */
	unsigned	 forks;		/* a forked child writes nothing */

	/* The run */
	char		 source[APREC_SOURCE_MAX + 1];
	uint64_t	 run;
	uint64_t	 seq;
	int64_t		 crc_at;	/* when the last data CRC was given */
	int64_t		 interval;	/* ns between publishes; 0: all */
	int64_t		 next_at;
	char		*error;

	/* The fields put */
	struct name	*names;
	size_t		 nnames;
	struct put	*puts;
	size_t		 nputs;
	size_t		 puts_room;
	size_t		 guess;		/* name that is likely put next */
	uint64_t	 round;
	uint64_t	 last_names;	/* hash of those of the last publish */
	int		 behind;	/* the last publish was skipped */
	struct copy	*kept;		/* too early to be sent, oldest first */
	struct aprec_field *fields;	/* room for puts_room */
	struct iovec	*iov;
	uint8_t		*head;		/* for what is not pointed to */
	size_t		 head_room;

	/* The thread; lock guards what follows */
	int		 newest;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;		/* work for the thread */
	pthread_cond_t	 done;		/* the thread is through */
	struct copy	*queue;		/* to be written, oldest first */
	struct copy	*flying;	/* is being written */
	struct copy	*spare;
	atomic_int	 busy;		/* something is queued or written */
	int		 closing;
	int		 gone;		/* the thread has ended */
	int		 thread_errno;	/* why it ended its output */

	/* What is published */
	uint64_t	 calls;		/* of aprec_publish() */
	uint64_t	 every;		/* of those one is sent; 0: all are */
	struct item	*items;
	size_t		 nitems;
	uint64_t	 described;	/* rises when a name is */
	uint64_t	 looked;	/* up to when names were looked up */

	/* The command that reads */
	pid_t		 command;	/* its process and group; 0: none */

	/* What $APREC_DEBUG tells */
	struct cost	*cost;		/* NULL: nothing */

	/* Steering */
	int		 has_step;	/* one was put: the next is it */
	int64_t		 step;
	int		 finished;	/* the final record was published */
	struct control	 control;
};

static char no_memory[] = "out of memory";

static pthread_mutex_t stdout_lock = PTHREAD_MUTEX_INITIALIZER;
static int stdout_taken;

/* A child has one more than its parent. */
static atomic_uint forks;
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

static void
count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

static int
is_ours(const struct aprec_writer *w)
{
	return w->forks == atomic_load(&forks);
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static const char *rank_text(void);
static void debug(const struct aprec_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The first error is kept and told. */
static void
fail(struct aprec_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
fail(struct aprec_writer *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (w->error != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if ((w->error = strdup(text)) == NULL)
		w->error = no_memory;
	fprintf(stderr, "aprec: %s; nothing more is published\n", text);
}

/*
 * Signals that come while a command is waited for
 *
 * It is in a process group of its own, so a Ctrl-C reaches the computation
 * alone.  Where that is held up by a command that does not read, or end, the
 * signal is passed on to it, and the third one is SIGKILL; then the
 * computation gets what came.
 */

#define ENDING	3

static const int ending[ENDING] = { SIGHUP, SIGINT, SIGTERM };
static volatile sig_atomic_t ending_came[ENDING];
static pthread_mutex_t vigil_lock = PTHREAD_MUTEX_INITIALIZER;

struct vigil {
	int		 on;
	int		 kept[ENDING];	/* old is to be restored */
	struct sigaction old[ENDING];
	int		 passed[ENDING];	/* how many of each */
	int		 total;
};

static void
on_ending(int sig)
{
	for (int i = 0; i < ENDING; i++)
		if (ending[i] == sig)
			ending_came[i]++;
}

/* Catch the signals that have a handler, or (all) end the process. */
static void
begin_vigil(struct vigil *v, int all)
{
	struct sigaction sa = { .sa_handler = on_ending };

	pthread_mutex_lock(&vigil_lock);
	v->on = 1;
	sigemptyset(&sa.sa_mask);
	for (int i = 0; i < ENDING; i++) {
		ending_came[i] = 0;
		v->kept[i] = sigaction(ending[i], NULL, &v->old[i]) == 0 &&
		    ((v->old[i].sa_flags & SA_SIGINFO) ||
		    (v->old[i].sa_handler != SIG_IGN &&
		    (all || v->old[i].sa_handler != SIG_DFL))) &&
		    sigaction(ending[i], &sa, NULL) == 0;
	}
}

/* Pass on to the command what has come. */
static void
keep_vigil(const struct aprec_writer *w, struct vigil *v)
{
	for (int i = 0; i < ENDING; i++)
		for (; v->passed[i] < ending_came[i]; v->passed[i]++)
			kill(-w->command, ++v->total > 2 ? SIGKILL :
			    ending[i]);
}

static void
end_vigil(struct vigil *v)
{
	if (!v->on)
		return;
	for (int i = 0; i < ENDING; i++)
		if (v->kept[i])
			sigaction(ending[i], &v->old[i], NULL);
	v->on = 0;
	pthread_mutex_unlock(&vigil_lock);
	for (int i = 0; i < ENDING; i++)
		if (v->passed[i] > 0)
			raise(ending[i]);
}

/* A signal has come in mid-write; what comes from now on is passed on. */
static void
urge(const struct aprec_writer *w, struct vigil *v)
{
	if (w->command == 0)
		return;
	if (!v->on)
		begin_vigil(v, 0);
	keep_vigil(w, v);
}

/*
 * Writing whole records
 */

/*
 * Write with SIGPIPE kept away from the process.  It comes also where a part
 * was written before the reader went.  One that is not blocked cannot have
 * been pending.
 */
static ssize_t
write_quietly(const struct aprec_writer *w, struct iovec *iov, int n)
{
	sigset_t pipe, old, pending;
	ssize_t done;
	size_t size = 0;
	int sig, error, was_pending = 0;

#ifdef MSG_NOSIGNAL
	if (w->socket) {
		struct msghdr m = { .msg_iov = iov };

		m.msg_iovlen = (unsigned)n;
		return sendmsg(w->fd, &m, MSG_NOSIGNAL);
	}
#endif
	if (w->regular)
		return writev(w->fd, iov, n);
	for (int i = 0; i < n; i++)
		size += iov[i].iov_len;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	if (sigismember(&old, SIGPIPE)) {
		sigpending(&pending);
		was_pending = sigismember(&pending, SIGPIPE);
	}
	done = n == 1 ? write(w->fd, iov->iov_base, iov->iov_len) :
	    writev(w->fd, iov, n);
	error = errno;
	if ((done == -1 ? error == EPIPE : (size_t)done < size) &&
	    !was_pending) {
		sigpending(&pending);
		if (sigismember(&pending, SIGPIPE))
			sigwait(&pipe, &sig);
	}
	if (!sigismember(&old, SIGPIPE))
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return done;
}

/* All of iov, which is changed; 0, or -1 and errno. */
static int
write_all(const struct aprec_writer *w, struct iovec *iov, size_t n)
{
	struct vigil v = { 0 };

	while (n > 0) {
		ssize_t done = write_quietly(w, iov, n < 64 ? (int)n : 64);

		if (done == -1 && errno == EINTR) {
			urge(w, &v);
			continue;
		}
		if (done == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			struct pollfd p = { .fd = w->fd, .events = POLLOUT };

			poll(&p, 1, -1);
			continue;
		}
		if (done == -1) {
			end_vigil(&v);
			return -1;
		}
		for (; n > 0 && (size_t)done >= iov->iov_len; iov++, n--)
			done -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + done;
			iov->iov_len -= (size_t)done;
		}
	}
	end_vigil(&v);
	return 0;
}

/* One record; a file is cut back to the one before it when that fails. */
static int
write_record(const struct aprec_writer *w, struct iovec *iov, size_t n)
{
	off_t before = w->regular ? lseek(w->fd, 0, SEEK_CUR) : -1;
	uint64_t bytes = 0;
	int error;

	for (size_t i = 0; w->cost != NULL && i < n; i++)
		bytes += iov[i].iov_len;
	if (write_all(w, iov, n) == 0) {
		if (w->cost != NULL) {
			w->cost->written++;
			w->cost->bytes += bytes;
		}
		return 0;
	}
	error = errno;
	if (before != -1 && ftruncate(w->fd, before) == 0)
		lseek(w->fd, before, SEEK_SET);
	errno = error;
	return -1;
}

/* What a server has said before it hung up, into text: whether it did. */
static int
refusal(const struct aprec_writer *w, char *text, size_t size)
{
	ssize_t n;

	if (!w->socket || (n = recv(w->fd, text, size - 1, MSG_DONTWAIT)) < 6)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strncmp(text, "error ", 6) == 0;
}

static void
tell_status(struct aprec_writer *w, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fail(w, "%.200s: exited with status 127: is there no such "
		    "command?", w->where);
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail(w, "%.200s: exited with status %d", w->where,
		    WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		fail(w, "%.200s: ended by signal %d", w->where,
		    WTERMSIG(status));
}

/*
 * Wait for the command, at most so many ms (-1: until it ends), and see how
 * it ended.  force: when they are over, kill it.
 */
static void
end_command(struct aprec_writer *w, long ms, int force)
{
	int64_t until = now_ns(CLOCK_MONOTONIC) + ms * INT64_C(1000000);
	struct timespec nap = { .tv_nsec = 100000 };
	struct vigil v = { 0 };
	int status = 0;
	pid_t got;

	begin_vigil(&v, 1);
	while ((got = waitpid(w->command, &status, WNOHANG)) == 0 ||
	    (got == -1 && errno == EINTR)) {
		keep_vigil(w, &v);
		if (ms >= 0 && now_ns(CLOCK_MONOTONIC) >= until) {
			if (!force)
				break;
			kill(-w->command, SIGKILL);
		}
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 20000000)
			nap.tv_nsec *= 2;
	}
	if (got > 0 && v.total == 0)
		tell_status(w, status);
	if (got != 0)
		w->command = 0;
	end_vigil(&v);
}

/* A write has failed: nobody reads any more, or an error to tell. */
static void
end_output(struct aprec_writer *w, int error)
{
	char text[256];

	w->ended = 1;
	debug(w, "%s: %s", w->where, strerror(error));
	if (w->command != 0)
		end_command(w, 500, 0);
	if (refusal(w, text, sizeof(text)))
		fail(w, "%s: %s", w->where, text + 6);
	else if (error != EPIPE && error != ECONNRESET)
		fail(w, "%s: %s", w->where, strerror(error));
}

/*
 * The thread of newest: writes what is queued, oldest first
 */

static void *
run_thread(void *arg)
{
	struct aprec_writer *w = arg;
	struct copy *c;
	struct iovec iov;
	int error = 0;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->queue == NULL && !w->closing)
			pthread_cond_wait(&w->wake, &w->lock);
		if ((c = w->queue) == NULL)
			break;
		w->queue = c->next;
		c->next = NULL;
		w->flying = c;
		pthread_mutex_unlock(&w->lock);
		iov.iov_base = c->bytes;
		iov.iov_len = c->length;
		if (write_record(w, &iov, 1) == -1)
			error = errno;
		pthread_mutex_lock(&w->lock);
		w->flying = NULL;
		c->next = w->spare;
		w->spare = c;
		if (error != 0)
			break;
		if (w->queue == NULL)
			atomic_store(&w->busy, 0);
	}
	w->thread_errno = error;
	w->gone = 1;
	atomic_store(&w->busy, 0);	/* the next publish is to see it */
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int
start_thread(struct aprec_writer *w)
{
	sigset_t all, old;
	int error;

	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->done, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&w->thread, NULL, run_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error != 0) {
		fail(w, "cannot start a thread: %s", strerror(error));
		return -1;
	}
	w->newest = 1;
	return 0;
}

/* A copy with room for size bytes; called with the lock held. */
static struct copy *
get_copy(struct aprec_writer *w, size_t size)
{
	struct copy *c = w->spare;

	if (c != NULL)
		w->spare = c->next;
	else if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if (c->room < size) {
		free(c->bytes);
		c->room = (c->bytes = malloc(size)) != NULL ? size : 0;
	}
	if (c->bytes == NULL) {
		c->next = w->spare;
		w->spare = c;
		return NULL;
	}
	c->length = size;
	c->next = NULL;
	return c;
}

/* Give up what the list has of those names; called with the lock held. */
static void
supersede(struct aprec_writer *w, struct copy **list, uint64_t names)
{
	while (*list != NULL)
		if ((*list)->names == names) {
			struct copy *old = *list;

			*list = old->next;
			old->next = w->spare;
			w->spare = old;
			if (w->cost != NULL)
				w->cost->superseded++;
		} else
			list = &(*list)->next;
}

/* Append it to the list in place of what has the same names; called with the
 * lock held. */
static void
append_copy(struct aprec_writer *w, struct copy **list, struct copy *c)
{
	supersede(w, list, c->names);
	while (*list != NULL)
		list = &(*list)->next;
	c->next = NULL;
	*list = c;
}

/* Let the thread have it. */
static void
queue_copy(struct aprec_writer *w, struct copy *c)
{
	append_copy(w, &w->queue, c);
	atomic_store(&w->busy, 1);
	pthread_cond_signal(&w->wake);
}

/*
 * Numbers as texts, in any locale
 */

static struct whole
load_whole(enum aprec_type type, const void *data)
{
	struct whole v = { 0, 0 };
	unsigned bits = 8 * (unsigned)aprec_type_size(type);

	memcpy(&v.size, data, bits / 8);	/* little-endian */
	v.negative = type <= APREC_I64 && (v.size >> (bits - 1)) != 0;
	if (v.negative)
		v.size = (UINT64_MAX >> (64 - bits)) - v.size + 1;
	return v;
}

static int
compare_whole(struct whole a, struct whole b)
{
	if (a.negative != b.negative)
		return a.size == 0 && b.size == 0 ? 0 : a.negative ? -1 : 1;
	if (a.size == b.size)
		return 0;
	return (a.size < b.size) == !a.negative ? -1 : 1;
}

/* The type's least and greatest number. */
static void
whole_range(enum aprec_type type, struct whole *least, struct whole *most)
{
	unsigned bits = 8 * (unsigned)aprec_type_size(type);
	int is_signed = type <= APREC_I64;

	most->negative = 0;
	most->size = UINT64_MAX >> (64 - bits + (unsigned)is_signed);
	least->negative = is_signed;
	least->size = is_signed ? most->size + 1 : 0;
}

/* The whole number at x or, where there is none, above or below. */
static struct whole
round_whole(double x, int up)
{
	struct whole v = { x < 0, UINT64_MAX };
	double d = x < 0 ? -x : x;

	if (d < 18446744073709551616.0)
		v.size = (uint64_t)d;
	if (d < 9007199254740992.0 && (double)v.size < d && up != v.negative)
		v.size++;
	return v;
}

#define NUMBER_MAX	40		/* bytes of a number's text */

static void
whole_text(struct whole v, char *buf)
{
	snprintf(buf, NUMBER_MAX, "%s%llu", v.negative && v.size > 0 ? "-" :
	    "", (unsigned long long)v.size);
}

/* Whether it belongs to a number as C writes it, but for the point. */
static int
is_number_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '+' ||
	    c == '-';
}

/* The shortest of 15 to 17 digits (6 to 9 for an f32) that reads back. */
static void
real_text(double x, int is_f32, char *buf)
{
	int digits = is_f32 ? 6 : 15, most = is_f32 ? 9 : 17;
	char *from, *to;

	for (;; digits++) {
		double y;

		snprintf(buf, NUMBER_MAX, "%.*g", digits, x);
		if (digits == most)
			break;
		y = strtod(buf, NULL);
		if (is_f32 ? (float)y == (float)x : y == x)
			break;
	}
	for (from = to = buf; *from != '\0'; from++)	/* the locale's point */
		if (is_number_char(*from))
			*to++ = *from;
		else if (to == buf || to[-1] != '.')
			*to++ = '.';
	*to = '\0';
}

static void
number_text(enum aprec_type type, const void *data, char *buf)
{
	double d;
	float f;

	switch (type) {
	case APREC_F32:
		memcpy(&f, data, sizeof(f));
		real_text((double)f, 1, buf);
		break;
	case APREC_F64:
		memcpy(&d, data, sizeof(d));
		real_text(d, 0, buf);
		break;
	case APREC_BOOL:
		snprintf(buf, NUMBER_MAX, "%d", *(const uint8_t *)data != 0);
		break;
	default:
		whole_text(load_whole(type, data), buf);
	}
}

/* Skip digits: how many. */
static size_t
skip_digits(const char **s)
{
	size_t n = strspn(*s, "0123456789");

	*s += n;
	return n;
}

/* Only digits behind a sign: 0, 1 for one that has no room, or -1. */
static int
parse_whole(const char *s, struct whole *v)
{
	const char *p;

	v->negative = *s == '-';
	v->size = 0;
	if (*s == '-' || *s == '+')
		s++;
	p = s;
	if (skip_digits(&p) == 0 || *p != '\0')
		return -1;
	for (; *s != '\0'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (v->size > (UINT64_MAX - digit) / 10) {
			v->size = UINT64_MAX;
			return 1;
		}
		v->size = 10 * v->size + digit;
	}
	return 0;
}

/*
 * A number with a point, at most COMMAND_MAX bytes: 0, or -1.  What strtod(3)
 * is given has the locale's point.
 */
static int
parse_real(const char *s, double *x)
{
	char text[COMMAND_MAX + NUMBER_MAX], half[NUMBER_MAX];
	const char *p = s, *point = NULL;
	size_t digits, n;

	if (*p == '-' || *p == '+')
		p++;
	digits = skip_digits(&p);
	if (*p == '.') {
		point = p++;
		digits += skip_digits(&p);
	}
	if (digits > 0 && (*p == 'e' || *p == 'E')) {
		p++;
		if (*p == '-' || *p == '+')
			p++;
		digits = skip_digits(&p);
	}
	if (digits == 0 || *p != '\0' || p - s > COMMAND_MAX)
		return -1;
	if (point == NULL)
		point = p;
	snprintf(half, sizeof(half), "%.1f", 0.5);	/* 0, the point, 5 */
	n = strlen(half);
	if (n > 1)
		half[n - 1] = '\0';
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(point - s), s,
	    *point == '.' ? half + 1 : "", *point == '.' ? point + 1 : "");
	*x = strtod(text, NULL);
	return 0;
}

/*
 * Names and puts
 */

static int
usable(const struct aprec_writer *w)
{
	return w != NULL && w->error == NULL;
}

/* The name's index; (size_t)-1 when memory runs out. */
static size_t
find_name(struct aprec_writer *w, const char *name)
{
	struct name *names;
	size_t i = w->guess;

	if (i < w->nnames && strcmp(w->names[i].name, name) == 0)
		return i;
	for (i = 0; i < w->nnames; i++)
		if (strcmp(w->names[i].name, name) == 0)
			return i;
	if ((i & (i - 1)) == 0) {
		names = realloc(w->names, (i == 0 ? 1 : 2 * i) *
		    sizeof(*names));
		if (names == NULL)
			return (size_t)-1;
		w->names = names;
	}
	memset(&w->names[i], 0, sizeof(*w->names));
	w->names[i].rank = w->names[i].seen = -1;
	w->described++;
	if ((w->names[i].name = strdup(name)) == NULL)
		return (size_t)-1;
	return w->nnames++;
}

static int
out_of_memory(struct aprec_writer *w)
{
	fail(w, "%s", no_memory);
	return -1;
}

/* Room for one more put. */
static int
reserve_put(struct aprec_writer *w)
{
	size_t room = w->puts_room == 0 ? 8 : 2 * w->puts_room;
	void *p;

	if (w->nputs < w->puts_room)
		return 0;
	if ((p = realloc(w->puts, room * sizeof(*w->puts))) == NULL)
		return -1;
	w->puts = p;
	if ((p = realloc(w->fields, room * sizeof(*w->fields))) == NULL)
		return -1;
	w->fields = p;
	/* Each field is pointed to, with a piece of head before it, and one
	 * behind the last. */
	if ((p = realloc(w->iov, (2 * room + 2) * sizeof(*w->iov))) == NULL)
		return -1;
	w->iov = p;
	w->puts_room = room;
	return 0;
}

/* A field step was put: the publish is known by it if it is a whole number. */
static void
note_step(struct aprec_writer *w, const char *name, enum aprec_type type,
    const void *data)
{
	struct whole v;

	if (w == NULL || name == NULL || strcmp(name, "step") != 0)
		return;
	w->has_step = data != NULL && type >= APREC_I8 && type <= APREC_U64;
	if (!w->has_step)
		return;
	v = load_whole(type, data);
	if (v.size > INT64_MAX)
		v.size = INT64_MAX;
	w->step = v.negative ? -(int64_t)v.size : (int64_t)v.size;
}

/* The put for that name in this round, empty; NULL after an error. */
static struct put *
new_put(struct aprec_writer *w, const char *name, enum aprec_type type,
    int rank)
{
	size_t i;
	struct put *p;
	struct name *n;

	note_step(w, name, APREC_NONE, NULL);
	if (!usable(w))
		return NULL;
	if (!name_ok(name, 0)) {
		fail(w, "%.80s: not a field name: a C identifier of at most "
		    "63 bytes, not beginning with TEXT_ or HISTORY_",
		    name == NULL ? "(null)" : name);
		return NULL;
	}
	if (type < APREC_I8 || type > APREC_NONE || rank < 0 ||
	    rank > APREC_RANK_MAX) {
		fail(w, "%s: unknown type, or rank outside 0 to %d", name,
		    APREC_RANK_MAX);
		return NULL;
	}
	if ((i = find_name(w, name)) == (size_t)-1 || reserve_put(w) == -1) {
		out_of_memory(w);
		return NULL;
	}
	n = &w->names[i];
	w->guess = i + 1 < w->nnames ? i + 1 : 0;
	if (n->round == w->round && n->put < w->nputs) {
		p = &w->puts[n->put];
		free(p->text);
	} else {
		n->round = w->round;
		n->put = w->nputs;
		p = &w->puts[w->nputs++];
	}
	memset(p, 0, sizeof(*p));
	p->name = i;
	p->type = type;
	p->rank = rank;
	return p;
}

int
aprec_put_strided(struct aprec_writer *w, const char *name,
    enum aprec_type type, const void *data, int rank, const size_t *extents,
    const ptrdiff_t *strides)
{
	struct put *p;
	int empty = 0;

	if (usable(w) && (type == APREC_TEXT || type == APREC_NONE)) {
		fail(w, "%.80s: texts are put by aprec_put_text", name);
		return -1;
	}
	p = new_put(w, name, type, rank);
	if (rank == 0)
		note_step(w, name, type, data);
	if (p == NULL)
		return -1;
	for (int k = 0; k < rank; k++) {
		p->extents[k] = extents[k];
		empty |= extents[k] == 0;
		if (strides != NULL)
			p->strides[k] = strides[k];
	}
	p->strided = strides != NULL;
	p->data = data;
	if (data == NULL && !empty) {
		fail(w, "%s: no data", name);
		return -1;
	}
	return 0;
}

int
aprec_put(struct aprec_writer *w, const char *name, enum aprec_type type,
    const void *data, int rank, const size_t *extents)
{
	return aprec_put_strided(w, name, type, data, rank, extents, NULL);
}

static int
put_number(struct aprec_writer *w, const char *name, enum aprec_type type,
    const void *value)
{
	struct put *p = new_put(w, name, type, 0);

	note_step(w, name, type, value);
	if (p == NULL)
		return -1;
	memcpy(&p->value, value, aprec_type_size(type));
	return 0;
}

int
aprec_put_bool(struct aprec_writer *w, const char *name, int value)
{
	uint8_t b = value != 0;

	return put_number(w, name, APREC_BOOL, &b);
}

int
aprec_put_i64(struct aprec_writer *w, const char *name, int64_t value)
{
	return put_number(w, name, APREC_I64, &value);
}

int
aprec_put_u64(struct aprec_writer *w, const char *name, uint64_t value)
{
	return put_number(w, name, APREC_U64, &value);
}

int
aprec_put_f64(struct aprec_writer *w, const char *name, double value)
{
	return put_number(w, name, APREC_F64, &value);
}

int
aprec_put_text(struct aprec_writer *w, const char *name, const char *text)
{
	struct put *p = new_put(w, name, APREC_TEXT, 0);

	if (p == NULL)
		return -1;
	if (text == NULL || !aprec_is_text(text, strlen(text), 1)) {
		fail(w, "%s: not UTF-8 text", name);
		return -1;
	}
	if ((p->text = strdup(text)) == NULL)
		return out_of_memory(w);
	p->text_len = strlen(text);
	return 0;
}

int
aprec_withdraw(struct aprec_writer *w, const char *name)
{
	return new_put(w, name, APREC_NONE, 0) == NULL ? -1 : 0;
}

static void
free_dims(struct name *n)
{
	for (int k = 0; k < n->rank; k++)
		free(n->dims[k]);
	n->rank = -1;
}

int
aprec_dims(struct aprec_writer *w, const char *name, int rank,
    const char *const *dims)
{
	struct name *n;
	size_t i;

	if (!usable(w))
		return -1;
	if (!name_ok(name, 0) || rank < 0 || rank > APREC_RANK_MAX) {
		fail(w, "%.80s: bad name or rank of dimensions",
		    name == NULL ? "(null)" : name);
		return -1;
	}
	if ((i = find_name(w, name)) == (size_t)-1)
		return out_of_memory(w);
	n = &w->names[i];
	w->described++;
	free_dims(n);
	for (int k = 0; k < rank; k++) {
		const char *d = dims[k] == NULL ? "" : dims[k];

		if (*d != '\0' && !aprec_is_identifier(d, strlen(d))) {
			fail(w, "%s: %.80s: not a dimension's name", name, d);
			return -1;
		}
		if ((n->dims[k] = strdup(d)) == NULL)
			return out_of_memory(w);
		n->rank = k + 1;
	}
	n->rank = rank;
	return 0;
}

static void
remove_attr(struct name *n, const char *key)
{
	for (size_t i = 0; i < n->nattrs; i++)
		if (strcmp(n->attrs[i].key, key) == 0) {
			free((void *)(uintptr_t)n->attrs[i].key);
			free((void *)(uintptr_t)n->attrs[i].value);
			memmove(&n->attrs[i], &n->attrs[i + 1],
			    (--n->nattrs - i) * sizeof(*n->attrs));
			return;
		}
}

int
aprec_attr(struct aprec_writer *w, const char *name, const char *key,
    const char *value)
{
	struct aprec_attribute a, *attrs;
	struct name *n;
	size_t i;

	if (!usable(w))
		return -1;
	a.key = key;
	a.value = value == NULL ? "" : value;
	if (!name_ok(name, 0) || !attrs_ok(&a, 1)) {
		fail(w, "%.80s: bad name or attribute %.80s",
		    name == NULL ? "(null)" : name,
		    key == NULL ? "(null)" : key);
		return -1;
	}
	if ((i = find_name(w, name)) == (size_t)-1)
		return out_of_memory(w);
	n = &w->names[i];
	w->described++;
	remove_attr(n, key);
	if (value == NULL)
		return 0;
	if (n->nattrs == APREC_ATTRS_MAX) {
		fail(w, "%s: more than %d attributes", name, APREC_ATTRS_MAX);
		return -1;
	}
	attrs = realloc(n->attrs, (n->nattrs + 1) * sizeof(*attrs));
	if (attrs == NULL)
		return out_of_memory(w);
	n->attrs = attrs;
	a.key = strdup(key);
	a.value = strdup(value);
	n->attrs[n->nattrs++] = a;
	return a.key == NULL || a.value == NULL ? out_of_memory(w) : 0;
}

/*
 * What $APREC_DEBUG tells
 */

static void
debug(const struct aprec_writer *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (w->cost == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "aprec: %s: %s\n", w->source, text);
}

/* A name that is published for the first time, or is left out. */
static void
show_field(struct aprec_writer *w, const struct put *p, int published)
{
	static const char *const types[] = { "", "i8", "i16", "i32", "i64",
	    "u8", "u16", "u32", "u64", "f32", "f64", "c64", "c128", "bool",
	    "text", "none" };
	struct name *n = &w->names[p->name];
	char shape[APREC_RANK_MAX * 23 + 3] = "";
	size_t at = 0;

	if (w->cost == NULL || n->shown++)
		return;
	for (int k = 0; k < p->rank; k++)
		at += (size_t)snprintf(shape + at, 23, "%s%zu",
		    k > 0 ? ", " : " [", p->extents[k]);
	if (p->rank > 0)
		memcpy(shape + at, "]", 2);
	debug(w, "record %llu: %s: %s%s%s", (unsigned long long)w->seq,
	    n->name, types[p->type], shape, !published ?
	    ", left out by APREC_FIELDS" : p->sliced ?
	    ", by APREC_FIELDS" : "");
}

/* A publish that is skipped: how often, and the first is told. */
#define COUNT(w, what)	((w)->cost == NULL ? NULL : &(w)->cost->what)

static void
count_skip(const struct aprec_writer *w, uint64_t *count, const char *why)
{
	if (count != NULL && (*count)++ == 0)
		debug(w, "record %llu is skipped: %s (later ones are counted)",
		    (unsigned long long)w->seq, why);
}

/* A publish is over; it took from begun until now, paused in between. */
static void
count_publish(struct aprec_writer *w, int64_t begun, int64_t paused)
{
	int64_t ns;

	if (w->cost == NULL)
		return;
	ns = now_ns(CLOCK_MONOTONIC) - begun - (w->cost->paused - paused);
	w->cost->publishing += ns;
	if (ns > w->cost->worst)
		w->cost->worst = ns;
}

static void
show_cost(const struct aprec_writer *w)
{
	const struct cost *c = w->cost;

	if (c == NULL)
		return;
	debug(w, "%llu publishes, %llu records written, %.6g MB; skipped: "
	    "%llu by newest, %llu by APREC_RATE, %llu by APREC_EVERY, %llu by "
	    "APREC_FIELDS; superseded before they were sent: %llu",
	    (unsigned long long)w->calls, (unsigned long long)c->written,
	    (double)c->bytes / 1e6, (unsigned long long)c->by_newest,
	    (unsigned long long)c->by_rate, (unsigned long long)c->by_every,
	    (unsigned long long)c->by_fields,
	    (unsigned long long)c->superseded);
	debug(w, "%.6f s in publish, %.1f us each, %.1f us the longest; "
	    "%.3f s paused", (double)c->publishing / 1e9,
	    w->calls > 0 ? (double)c->publishing / 1e3 / (double)w->calls : 0,
	    (double)c->worst / 1e3, (double)c->paused / 1e9);
}

/*
 * What is published: $APREC_FIELDS and $APREC_EVERY
 */

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* A whole number, as far as an index can be one: what is behind, or NULL. */
static const char *
parse_index(const char *p, int64_t *value)
{
	const int64_t most = (int64_t)APREC_RECORD_MAX;
	char *end;

	*value = strtoll(p, &end, 10);
	if (*value > most)
		*value = most;
	if (*value < -most)
		*value = -most;
	return end == p ? NULL : skip_blanks(end);
}

/* index, or [start]:[stop][:[step]]: what is behind, or NULL. */
static const char *
parse_slice(const char *p, struct slice *s)
{
	memset(s, 0, sizeof(*s));
	s->step = 1;
	p = skip_blanks(p);
	if (*p != ':') {
		s->has_start = 1;
		if ((p = parse_index(p, &s->start)) == NULL)
			return NULL;
		if (*p != ':') {
			s->index = 1;
			return p;
		}
	}
	p = skip_blanks(p + 1);
	if (strchr(":,]", *p) == NULL) {
		s->has_stop = 1;
		if ((p = parse_index(p, &s->stop)) == NULL)
			return NULL;
	}
	if (*p != ':')
		return p;
	p = skip_blanks(p + 1);
	if (strchr(",]", *p) == NULL)
		p = parse_index(p, &s->step);
	return s->step == 0 ? NULL : p;
}

/* [!]name[slices]: what is behind, or NULL. */
static const char *
parse_item(const char *p, struct item *item)
{
	size_t n;

	p = skip_blanks(p);
	item->leave_out = *p == '!';
	p = skip_blanks(p + item->leave_out);
	n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_*?");
	if (n == 0 || (item->pattern = strndup(p, n)) == NULL)
		return NULL;
	p = skip_blanks(p + n);
	if (*p == '[' && !item->leave_out) {
		do {
			if (item->nslices == APREC_RANK_MAX)
				return NULL;
			p = parse_slice(p + 1, &item->slices[item->nslices++]);
		} while (p != NULL && *p == ',');
		if (p == NULL || *p++ != ']')
			return NULL;
	}
	p = skip_blanks(p);
	return *p == ',' || *p == '\0' ? p : NULL;
}

static void
free_items(struct aprec_writer *w)
{
	for (size_t i = 0; i < w->nitems; i++)
		free(w->items[i].pattern);
	free(w->items);
	w->items = NULL;
	w->nitems = 0;
}

static void
parse_fields(struct aprec_writer *w, const char *text)
{
	const char *p = text, *begin;
	struct item *items;

	for (;; p++) {
		items = realloc(w->items, (w->nitems + 1) * sizeof(*items));
		if (items == NULL) {
			out_of_memory(w);
			return;
		}
		w->items = items;
		memset(&items[w->nitems], 0, sizeof(*items));
		begin = p;
		if ((p = parse_item(p, &items[w->nitems++])) == NULL) {
			fprintf(stderr, "aprec: APREC_FIELDS: \"%.60s\" is not "
			    "NAME, !NAME or NAME[START:STOP:STEP,...]; all "
			    "fields are published whole\n", begin);
			free_items(w);
			return;
		}
		if (*p == '\0')
			return;
	}
}

static const char *
find_attr(const struct name *n, const char *key)
{
	for (size_t i = 0; i < n->nattrs; i++)
		if (strcmp(n->attrs[i].key, key) == 0)
			return n->attrs[i].value;
	return NULL;
}

/* What tells of the run itself is always published. */
static int
is_of_the_run(const struct name *n)
{
	const char *role = find_attr(n, "role");

	return strcmp(n->name, "step") == 0 || strcmp(n->name, "t") == 0 ||
	    strcmp(n->name, "time") == 0 || strcmp(n->name, "control") == 0 ||
	    (role != NULL && strcmp(role, "parameter") == 0);
}

/* Find what the items say of a name. */
static void
look_up(struct aprec_writer *w, struct name *n)
{
	int only_out = 1, out = 0;

	n->wanted = 0;
	n->item = NULL;
	n->parent = (size_t)-1;
	for (size_t i = 0; i < w->nitems; i++) {
		struct item *item = &w->items[i];
		int meets = fnmatch(item->pattern, n->name, 0) == 0;

		item->used |= meets;
		out |= meets && item->leave_out;
		only_out &= item->leave_out;
		if (!meets || item->leave_out || n->wanted)
			continue;
		n->wanted = 1;
		/* A pattern's slices are for the arrays that have so many. */
		if (item->nslices > 0 && (n->seen >= item->nslices ||
		    strpbrk(item->pattern, "*?") == NULL))
			n->item = item;
	}
	n->wanted = (n->wanted || only_out) && !out;
	if (is_of_the_run(n))
		n->wanted = 1;
}

/* Whether the text, names separated by spaces, has that one. */
static int
has_word(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (; *text != '\0'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (len == n && memcmp(text, name, n) == 0)
			return 1;
		text += len;
	}
	return 0;
}

/* Whether n is a coordinate of g, of which slices are published. */
static int
is_coordinate(const struct name *n, const struct name *g)
{
	const char *text = find_attr(g, "coordinates");

	for (int k = 0; k < g->rank && k < g->item->nslices; k++)
		if (n->seen == 1 && strcmp(g->dims[k], n->name) == 0)
			return 1;
	return text != NULL && has_word(text, n->name);
}

static void
look_all_up(struct aprec_writer *w)
{
	for (size_t i = 0; i < w->nnames; i++)
		look_up(w, &w->names[i]);
	for (size_t g = 0; g < w->nnames; g++)
		for (size_t i = 0; w->names[g].item != NULL &&
		    i < w->nnames; i++)
			if (w->names[i].item == NULL &&
			    w->names[i].parent == (size_t)-1 &&
			    is_coordinate(&w->names[i], &w->names[g]))
				w->names[i].parent = g;
	w->looked = w->described;
}

/* The dimension of its parent that is its index k, or -1. */
static int
parent_dim(const struct name *n, int rank, const struct name *g, int k)
{
	const char *dim = n->rank == rank ? n->dims[k] : "";

	if (rank == 1 && *dim == '\0')
		dim = n->name;
	for (int j = 0; j < g->rank; j++)
		if (strcmp(g->dims[j], dim) == 0)
			return j;
	return (n->rank == -1 || g->rank == -1) && g->seen == rank ? k : -1;
}

/* Where an array lies in the larger one that it is a tile of. */
struct tile {
	int64_t		 extents[APREC_RANK_MAX];
	int64_t		 offset[APREC_RANK_MAX];
};

static int
parse_numbers(const char *p, int64_t *v, int count)
{
	for (int i = 0; i < count; i++) {
		if (p == NULL || *p < '0' || *p > '9')
			return -1;
		p = parse_index(p, &v[i]);
	}
	return *p == '\0' ? 0 : -1;
}

/* The tile that a name is, or -1. */
static int
find_tile(const struct name *n, int rank, struct tile *t)
{
	return rank < 1 ||
	    parse_numbers(find_attr(n, "tile_extents"), t->extents,
	    rank) == -1 ||
	    parse_numbers(find_attr(n, "tile_offset"), t->offset,
	    rank) == -1 ? -1 : 0;
}

/* The indices that a slice takes: first, first + step, ... */
struct range {
	int64_t		 first;
	int64_t		 step;
	int64_t		 count;
	int64_t		 extent;	/* of the sliced larger array, */
	int64_t		 offset;	/* and where in it this lies */
};

static int64_t
bound(int64_t i, int64_t n, int64_t least, int64_t most)
{
	if (i < 0)
		i += n;
	return i < least ? least : i > most ? most : i;
}

/* Of n elements, as Python does it; -1: the index is not there. */
static int
resolve(const struct slice *s, int64_t n, struct range *r)
{
	int64_t least = s->step > 0 ? 0 : -1, most = s->step > 0 ? n : n - 1;
	int64_t stop, span;

	r->step = s->step;
	r->offset = 0;
	if (s->index) {
		r->first = s->start + (s->start < 0 ? n : 0);
		r->count = r->extent = 1;
		return r->first < 0 || r->first >= n ? -1 : 0;
	}
	r->first = s->has_start ? bound(s->start, n, least, most) :
	    s->step > 0 ? least : most;
	stop = s->has_stop ? bound(s->stop, n, least, most) :
	    s->step > 0 ? most : least;
	span = s->step > 0 ? stop - r->first : r->first - stop;
	r->count = span > 0 ? (span - 1) / llabs(s->step) + 1 : 0;
	r->extent = r->count;
	return 0;
}

/* Of these, what lies in the n elements from offset on, seen from there. */
static void
clip(struct range *r, int64_t offset, int64_t n)
{
	int64_t step = llabs(r->step), before, last;

	/* How far the first is before this end of the tile, and the other. */
	before = r->step > 0 ? offset - r->first :
	    r->first - (offset + n - 1);
	last = r->step > 0 ? offset + n - 1 - r->first : r->first - offset;
	r->offset = before > 0 ? (before - 1) / step + 1 : 0;
	last = last < 0 ? -1 : last / step;
	if (last > r->count - 1)
		last = r->count - 1;
	if (r->offset > last + 1)
		r->offset = last + 1;
	r->count = last + 1 - r->offset;
	r->first += r->offset * r->step - offset;
}

static void
complain(struct name *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(struct name *n, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (n->told++)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "aprec: APREC_FIELDS: %s %s; it is published whole\n",
	    n->name, text);
}

/* The slice of index k of what was put, and its tile's numbers. */
static const struct slice *
find_slice(const struct aprec_writer *w, const struct put *p, int k,
    int64_t *extent, int64_t *offset)
{
	const struct name *n = &w->names[p->name], *g = n;
	struct tile t;
	int j = k;

	if (n->item == NULL && n->parent != (size_t)-1) {
		g = &w->names[n->parent];
		j = parent_dim(n, p->rank, g, k);
	}
	*extent = (int64_t)p->extents[k];
	*offset = 0;
	if (g->item == NULL || j == -1 || j >= g->item->nslices)
		return NULL;
	/* Others may need the coordinate of an index that is gone here. */
	if (g != n && p->rank == 1 && g->item->slices[j].index)
		return NULL;
	if (find_tile(n, p->rank, &t) == -1) {
		k = j;
		if (g == n || find_tile(g, g->seen, &t) == -1)
			return &g->item->slices[j];
	}
	if (t.offset[k] + *extent <= t.extents[k]) {
		*extent = t.extents[k];
		*offset = t.offset[k];
	}
	return &g->item->slices[j];
}

/* The attributes of a slice of a tile, which is a tile of the sliced array. */
static struct cut *
cut_attrs(struct name *n, const struct tile *t, int rank)
{
	struct cut *c = n->cut;
	size_t at[2] = { 0, 0 };

	if (c == NULL && (c = n->cut = malloc(sizeof(*c))) == NULL)
		return NULL;
	c->extents[0] = c->offset[0] = '\0';
	for (int k = 0; t != NULL && k < rank; k++) {
		at[0] += (size_t)snprintf(c->extents + at[0], 21, "%s%lld",
		    k > 0 ? " " : "", (long long)t->extents[k]);
		at[1] += (size_t)snprintf(c->offset + at[1], 21, "%s%lld",
		    k > 0 ? " " : "", (long long)t->offset[k]);
	}
	c->nattrs = 0;
	for (size_t i = 0; i < n->nattrs; i++) {
		struct aprec_attribute a = n->attrs[i];

		if (strcmp(a.key, "tile_extents") == 0)
			a.value = c->extents;
		else if (strcmp(a.key, "tile_offset") == 0)
			a.value = c->offset;
		if (*a.value != '\0' || a.value == n->attrs[i].value)
			c->attrs[c->nattrs++] = a;
	}
	return c;
}

/* Take a slice of each index that has one.  0: what is put has none of it. */
static int
cut_put(struct aprec_writer *w, struct put *p, const struct range *r,
    const int *slice)
{
	struct name *n = &w->names[p->name];
	struct tile t = { 0 };
	const char *data = p->data;
	int tiled = find_tile(n, p->rank, &t) == 0, rank = 0, empty = 0;
	ptrdiff_t step = (ptrdiff_t)aprec_type_size(p->type);

	for (int k = p->rank - 1; !p->strided && k >= 0; k--) {
		p->strides[k] = step;
		step *= (ptrdiff_t)p->extents[k];
	}
	for (int k = 0; k < p->rank; k++) {
		empty |= r[k].count == 0;
		if (slice[k] == 1 && r[k].count == 0)
			return 0;	/* another process has it */
		if (r[k].count > 0 && data != NULL)
			data += r[k].first * p->strides[k];
		if (slice[k] == 1)
			continue;
		p->from[rank] = k;
		p->extents[rank] = (size_t)r[k].count;
		p->strides[rank] = p->strides[k] * (ptrdiff_t)r[k].step;
		if (slice[k] != 0) {
			t.extents[k] = r[k].extent;
			t.offset[k] = r[k].offset;
		}
		t.extents[rank] = t.extents[k];
		t.offset[rank++] = t.offset[k];
	}
	p->whole = p->rank;
	p->rank = rank;
	p->sliced = p->strided = 1;
	if (!empty)
		p->data = data;
	if (find_attr(n, "tile_extents") != NULL ||
	    find_attr(n, "tile_offset") != NULL)
		p->cut = cut_attrs(n, tiled ? &t : NULL, rank);
	return 1;
}

/* Slice what was put.  0: nothing of it is left. */
static int
slice_put(struct aprec_writer *w, struct put *p)
{
	struct name *n = &w->names[p->name];
	struct range r[APREC_RANK_MAX];
	int slice[APREC_RANK_MAX], any = 0;	/* 1: an index, 2: a range */

	if (p->type == APREC_NONE || (n->item == NULL &&
	    n->parent == (size_t)-1))
		return 1;
	if (n->item != NULL && p->rank < n->item->nslices) {
		complain(n, "has %d dimensions, not %d", p->rank,
		    n->item->nslices);
		return 1;
	}
	for (int k = 0; k < p->rank; k++) {
		int64_t extent, offset, here = (int64_t)p->extents[k];
		const struct slice *s = find_slice(w, p, k, &extent, &offset);

		slice[k] = s == NULL ? 0 : s->index ? 1 : 2;
		any |= slice[k];
		r[k] = (struct range){ .step = 1, .count = here };
		if (s == NULL)
			continue;
		if (resolve(s, extent, &r[k]) == -1) {
			complain(n, "has no index %lld: dimension %d has %lld",
			    (long long)s->start, k + 1, (long long)extent);
			return 1;
		}
		if (offset > 0 || extent > here)
			clip(&r[k], offset, here);
	}
	return !any || cut_put(w, p, r, slice);
}

/*
 * Leave what is to be published of what was put; 0: nothing.  It is sliced
 * by strides, in place.
 */
static int
select_fields(struct aprec_writer *w)
{
	size_t put = w->nputs, left = 0;

	if (w->nitems == 0)
		return 1;
	for (size_t i = 0; i < put; i++) {
		struct put *p = &w->puts[i];

		w->described += w->names[p->name].seen != p->rank;
		w->names[p->name].seen = p->rank;
	}
	if (w->looked != w->described)
		look_all_up(w);
	for (size_t i = 0; i < put; i++) {
		struct put *p = &w->puts[i];

		if (w->names[p->name].wanted && slice_put(w, p)) {
			w->puts[left++] = *p;
			continue;
		}
		show_field(w, p, 0);
		free(p->text);
	}
	w->nputs = left;
	return left > 0 || put == 0;
}

/* Names in $APREC_FIELDS that no field had: told at the end, by one rank. */
static void
tell_unused(const struct aprec_writer *w)
{
	const char *rank = rank_text();

	if (w->calls == 0 || (rank != NULL && strtol(rank, NULL, 10) != 0))
		return;
	for (size_t i = 0; i < w->nitems; i++)
		if (!w->items[i].used)
			fprintf(stderr, "aprec: APREC_FIELDS: no field was "
			    "called %.63s\n", w->items[i].pattern);
}

static int
is_turn(const struct aprec_writer *w)
{
	return w->every == 0 || (w->calls - 1) % w->every == 0;
}

/*
 * Publishing
 */

static void
forget_puts(struct aprec_writer *w)
{
	for (size_t i = 0; i < w->nputs; i++)
		free(w->puts[i].text);
	w->nputs = 0;
	w->round++;
	w->guess = 0;
}

/* The fields for the encoder. */
static void
describe_fields(struct aprec_writer *w)
{
	for (size_t i = 0; i < w->nputs; i++) {
		struct put *p = &w->puts[i];
		struct name *n = &w->names[p->name];
		struct aprec_field *f = &w->fields[i];

		memset(f, 0, sizeof(*f));
		f->name = n->name;
		f->type = p->type;
		f->rank = p->rank;
		memcpy(f->extents, p->extents, sizeof(f->extents));
		f->strides = p->strided ? p->strides : NULL;
		if (n->rank == (p->sliced ? p->whole : p->rank))
			for (int k = 0; k < p->rank; k++)
				f->dims[k] = n->dims[p->sliced ? p->from[k] :
				    k];
		if (p->type != APREC_NONE) {
			f->attrs = p->cut != NULL ? p->cut->attrs : n->attrs;
			f->nattrs = p->cut != NULL ? p->cut->nattrs :
			    n->nattrs;
		}
		f->data = p->text != NULL ? (const void *)p->text :
		    p->data != NULL ? p->data : &p->value;
		f->text_len = p->text_len;
	}
}

/* Names and types, to tell whether a publish repeats the one before. */
static uint64_t
hash_names(const struct aprec_writer *w)
{
	uint64_t h = 14695981039346656037u;	/* FNV-1a */

	for (size_t i = 0; i < w->nputs; i++)
		h = (h ^ (w->puts[i].name << 4 | (size_t)w->puts[i].type)) *
		    UINT64_C(1099511628211);
	return h;
}

/* The header of the record to come. */
static void
describe_record(struct aprec_writer *w, unsigned flags,
    struct aprec_header *h)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);

	h->flags = flags;
	h->seq = w->seq;
	h->wall = now_ns(CLOCK_REALTIME);
	h->run = w->run;
	h->source = w->source;
	if (w->regular || w->crc_at == 0 || now - w->crc_at >= CRC_EVERY ||
	    (flags & APREC_FINAL)) {
		h->flags |= APREC_DATA_CRC;
		w->crc_at = now;
	}
}

/* Bytes that encode() puts into head when it points to big data. */
static size_t
head_size(const struct aprec_writer *w, const struct layout *l)
{
	uint64_t size = l->length, len;

	for (size_t i = 0; i < w->nputs; i++)
		if (is_packed(&w->fields[i]) &&
		    data_length(&w->fields[i], &len) == 0 && len >= POINT_AT)
			size -= len;
	return (size_t)size;
}

/* Policy all: write what was put, from where it lies. */
static int
write_now(struct aprec_writer *w, const struct aprec_header *h,
    const struct layout *l)
{
	struct out o = { .iov = w->iov };
	size_t size = head_size(w, l);

	if (size > w->head_room) {
		free(w->head);
		w->head_room = (w->head = malloc(size)) != NULL ? size : 0;
	}
	if ((o.buf = w->head) == NULL)
		return out_of_memory(w);
	encode(h, w->fields, w->nputs, l, &o);
	if (write_record(w, w->iov, o.niov) == -1) {
		end_output(w, errno);
		return w->error != NULL ? -1 : 0;
	}
	return 1;
}

/* Copy it for the thread (policy newest), or to be sent later. */
static int
keep(struct aprec_writer *w, const struct aprec_header *h,
    const struct layout *l, uint64_t names, int later)
{
	struct out o = { 0 };
	struct copy *c;

	pthread_mutex_lock(&w->lock);
	if (w->gone) {
		pthread_mutex_unlock(&w->lock);
		end_output(w, w->thread_errno);
		return w->error != NULL ? -1 : 0;
	}
	c = get_copy(w, (size_t)l->length);
	pthread_mutex_unlock(&w->lock);
	if (c == NULL)
		return out_of_memory(w);
	o.buf = c->bytes;
	c->names = names;
	encode(h, w->fields, w->nputs, l, &o);
	pthread_mutex_lock(&w->lock);
	if (later)
		append_copy(w, &w->kept, c);
	else
		queue_copy(w, c);
	pthread_mutex_unlock(&w->lock);
	return 1;
}

/* Send what was kept, but for what a record of these names supersedes. */
static void
send_kept(struct aprec_writer *w, uint64_t names)
{
	struct copy *c;

	pthread_mutex_lock(&w->lock);
	supersede(w, &w->kept, names);
	while ((c = w->kept) != NULL) {
		struct iovec iov = { c->bytes, c->length };

		w->kept = c->next;
		if (w->newest) {
			queue_copy(w, c);
			continue;
		}
		c->next = w->spare;
		w->spare = c;
		if (!w->ended && write_record(w, &iov, 1) == -1)
			end_output(w, errno);
	}
	pthread_mutex_unlock(&w->lock);
}

/*
 * Whether a publish that is not convenient now is skipped.  One with other
 * names than the last is not, since nothing need follow that supersedes it;
 * nor a small one, since keeping it costs nothing.
 */
static int
may_skip(const struct aprec_writer *w, uint64_t names, size_t size)
{
	return names == w->last_names && size > KEPT;
}

static int
is_early(const struct aprec_writer *w)
{
	return w->interval > 0 && now_ns(CLOCK_MONOTONIC) < w->next_at;
}

/* Roughly the bytes of the data, without looking at them. */
static size_t
data_size(const struct aprec_writer *w)
{
	size_t sum = 0;

	for (size_t i = 0; i < w->nputs; i++) {
		const struct put *p = &w->puts[i];
		size_t n = p->text_len + aprec_type_size(p->type);

		for (int k = 0; k < p->rank; k++) {
			if (p->extents[k] > 0 && n > KEPT / p->extents[k])
				return SIZE_MAX;
			n *= p->extents[k];
		}
		sum += n;
	}
	return sum;
}

/* Send what was put, or keep a copy for later. */
static int
send_record(struct aprec_writer *w, unsigned flags, uint64_t names, int later)
{
	struct aprec_header h;
	struct layout l;

	if (reserve_put(w) == -1)	/* a record may have no field */
		return out_of_memory(w);
	describe_fields(w);
	for (size_t i = 0; w->cost != NULL && i < w->nputs; i++)
		show_field(w, &w->puts[i], 1);
	describe_record(w, flags, &h);
	/* What the caller has given has been checked as it came. */
	if (lay_out(w->fields, w->nputs, &l) == -1) {
		fail(w, "record %llu: above the format's limits",
		    (unsigned long long)w->seq);
		return -1;
	}
	if (later)
		return keep(w, &h, &l, names, 1);
	if (w->interval > 0)
		w->next_at = now_ns(CLOCK_MONOTONIC) + w->interval;
	if (w->kept != NULL)
		send_kept(w, names);
	if (w->ended)
		return 0;
	return w->newest ? keep(w, &h, &l, names, 0) : write_now(w, &h, &l);
}

static void obey(struct aprec_writer *);
static void send_params(struct aprec_writer *, int);
static void drop_control(struct aprec_writer *);

/* Whether this process has somewhere to write to. */
static int
can_write(const struct aprec_writer *w)
{
	return w->error == NULL && w->fd != -1 && !w->ended &&
	    is_ours(w);
}

/* What was put: sent, kept for later (1) or skipped (0). */
static int
publish_puts(struct aprec_writer *w)
{
	int busy = w->newest && atomic_load(&w->busy);
	int early = is_early(w), turn = is_turn(w), result = 0;
	uint64_t names;

	send_params(w, early || !turn);
	w->seq++;
	if (!can_write(w))
		return w->error != NULL ? -1 : 0;
	if (!select_fields(w)) {
		count_skip(w, COUNT(w, by_fields), "no field is left");
		return 0;
	}
	names = hash_names(w);
	w->behind = (busy || early || !turn) &&
	    may_skip(w, names, data_size(w));
	if (!w->behind)
		result = send_record(w, 0, names, early || !turn);
	else if (!turn)
		count_skip(w, COUNT(w, by_every), "APREC_EVERY");
	else if (early)
		count_skip(w, COUNT(w, by_rate), "APREC_RATE");
	else
		count_skip(w, COUNT(w, by_newest), "the last one is still "
		    "being written");
	w->last_names = names;
	return result;
}

int
aprec_publish(struct aprec_writer *w)
{
	int64_t begun = 0, paused = 0;
	int result = 0;

	if (w == NULL)
		return -1;
	if (w->finished) {
		forget_puts(w);
		return w->error != NULL ? -1 : 0;
	}
	if (w->cost != NULL) {
		begun = now_ns(CLOCK_MONOTONIC);
		paused = w->cost->paused;
	}
	w->calls++;
	w->control.step = w->has_step ? w->step : (int64_t)w->calls;
	w->has_step = 0;
	if (can_write(w))
		result = publish_puts(w);
	else if (w->error != NULL)
		result = -1;
	else
		w->seq++;
	obey(w);
	forget_puts(w);
	count_publish(w, begun, paused);
	return result;
}

/* Send what was put as the last record. */
static int
finish(struct aprec_writer *w)
{
	int result = 0;

	w->finished = 1;
	if (can_write(w))
		send_params(w, 0);
	w->seq++;
	if (can_write(w)) {
		select_fields(w);
		result = send_record(w, APREC_FINAL, hash_names(w), 0);
	}
	forget_puts(w);
	drop_control(w);
	return w->error != NULL ? -1 : result;
}

int
aprec_publish_final(struct aprec_writer *w)
{
	if (w == NULL)
		return -1;
	if (w->finished) {
		forget_puts(w);
		return w->error != NULL ? -1 : 0;
	}
	return finish(w);
}

int
aprec_stopped(const struct aprec_writer *w)
{
	if (w == NULL)
		return 0;
	if (w->control.broadcast != NULL)
		return w->control.stop;
	return w->control.stop || (w->ended && w->stop_at_end);
}

const char *
aprec_error(const struct aprec_writer *w)
{
	return w == NULL ? no_memory : w->error;
}

/* Let the thread write what it has, but not for ever: whether it has. */
static int
join_thread(struct aprec_writer *w)
{
	const char *linger = getenv("APREC_LINGER");
	double seconds = linger != NULL && *linger != '\0' ?
	    strtod(linger, NULL) : 5;
	struct timespec until;
	int64_t ns;
	int late = 0;

	if (!(seconds >= 0 && seconds < 1e9))
		seconds = 5;
	ns = now_ns(CLOCK_REALTIME) + (int64_t)(seconds * 1e9);
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	pthread_mutex_lock(&w->lock);
	w->closing = 1;
	pthread_cond_signal(&w->wake);
	while (!w->gone && late != ETIMEDOUT)
		late = pthread_cond_timedwait(&w->done, &w->lock, &until);
	late = !w->gone;
	pthread_mutex_unlock(&w->lock);
	if (late) {
		/* It sits in write(2), where alone it can be cancelled. */
		pthread_cancel(w->thread);
		if (w->error == NULL)
			fail(w, "%s: the last state was not taken within %g s",
			    w->where, seconds);
	}
	pthread_join(w->thread, NULL);
	if (!late && w->thread_errno != 0)
		end_output(w, w->thread_errno);
	return !late;
}

static void
free_copies(struct copy *c)
{
	struct copy *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c->bytes);
		free(c);
	}
}

static void free_control(struct aprec_writer *);

static void
free_writer(struct aprec_writer *w)
{
	forget_puts(w);
	for (size_t i = 0; i < w->nnames; i++) {
		struct name *n = &w->names[i];

		free_dims(n);
		while (n->nattrs > 0)
			remove_attr(n, n->attrs[0].key);
		free(n->attrs);
		free(n->name);
		free(n->cut);
	}
	free_items(w);
	free(w->cost);
	free_control(w);
	free_copies(w->queue);
	free_copies(w->flying);	/* of a thread that was cancelled */
	free_copies(w->kept);
	free_copies(w->spare);
	free(w->names);
	free(w->puts);
	free(w->fields);
	free(w->iov);
	free(w->head);
	free(w->where);
	if (w->error != no_memory)
		free(w->error);
	free(w);
}

/*
 * Opening: where records go
 */

static const char *
env(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* The first of the variables (NULL ends them) that is set, or NULL. */
static const char *
first_env(const char *const *names)
{
	const char *value = NULL;

	for (; *names != NULL && value == NULL; names++)
		value = env(*names);
	return value;
}

static const char *
rank_text(void)
{
	static const char *const names[] = { "OMPI_COMM_WORLD_RANK",
	    "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID",
	    NULL };

	return first_env(names);
}

static const char *
job_text(void)
{
	static const char *const names[] = { "SLURM_JOB_ID", "PBS_JOBID",
	    "LSB_JOBID", "COBALT_JOBID", "FLUX_JOB_ID", "OAR_JOB_ID", NULL };

	return first_env(names);
}

/* Processes of the parallel run that this one is part of; 1: alone. */
static long
run_size(void)
{
	static const char *const names[] = { "OMPI_COMM_WORLD_SIZE",
	    "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS",
	    "SLURM_NTASKS", NULL };
	const char *size = first_env(names);
	long n = size != NULL ? strtol(size, NULL, 10) : 1;

	return n > 1 ? n : 1;
}

static const char *
program_name(void)
{
#if defined(__GLIBC__)
	return program_invocation_short_name;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
	return getprogname();
#else
	return "run";
#endif
}

static void
host_name(char *buf, size_t size)
{
	if (gethostname(buf, size) == -1)
		buf[0] = '\0';
	buf[size - 1] = '\0';
	buf[strcspn(buf, ".")] = '\0';
	if (buf[0] == '\0')
		snprintf(buf, size, "localhost");
}

/* A name that aprec(5) allows, of whatever text. */
static void
set_source(struct aprec_writer *w, const char *text)
{
	size_t n = strlen(text);

	if (n > APREC_SOURCE_MAX)
		n = APREC_SOURCE_MAX;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memset(w->source, 0, sizeof(w->source));
	memcpy(w->source, text, n);
	if (!aprec_is_text(w->source, n, 0))
		for (size_t i = 0; i < n; i++)
			if (w->source[i] < 0x20 || w->source[i] > 0x7e)
				w->source[i] = '_';
	if (n == 0)
		w->source[0] = '_';
}

/* Replace %h %r %j %p by host, rank, job, pid, and %% by %. */
static char *
expand(const char *text)
{
	char host[256], pid[32], *out;
	size_t size = 1, n = 0;
	const char *rank = rank_text(), *job = job_text();

	host_name(host, sizeof(host));
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	for (const char *p = text; *p != '\0'; p++)
		size += 2 + (*p != '%' ? 0 : strlen(host) + strlen(pid) +
		    (rank != NULL ? strlen(rank) : 1) +
		    (job != NULL ? strlen(job) : 1));
	if ((out = malloc(size)) == NULL)
		return NULL;
	for (const char *p = text; *p != '\0'; p++) {
		const char *value = NULL;

		if (*p == '%')
			value = p[1] == 'h' ? host : p[1] == 'p' ? pid :
			    p[1] == 'r' ? (rank != NULL ? rank : "0") :
			    p[1] == 'j' ? (job != NULL ? job : "0") :
			    p[1] == '%' ? "%" : NULL;
		if (value == NULL) {
			out[n++] = *p;
			continue;
		}
		memcpy(out + n, value, strlen(value));
		n += strlen(value);
		p++;
	}
	out[n] = '\0';
	return out;
}

static void
default_source(struct aprec_writer *w)
{
	char host[256], text[512];
	const char *rank = run_size() > 1 ? rank_text() : NULL;
	const char *job = job_text(), *given = env("APREC_SOURCE");
	char *expanded;

	if (given != NULL && (expanded = expand(given)) != NULL) {
		set_source(w, expanded);
		free(expanded);
		return;
	}
	host_name(host, sizeof(host));
	snprintf(text, sizeof(text), "%s%s%s@%s%s%s", program_name(),
	    rank != NULL ? "." : "", rank != NULL ? rank : "", host,
	    job != NULL ? ":" : "", job != NULL ? job : "");
	set_source(w, text);
}

int
aprec_source(struct aprec_writer *w, const char *name)
{
	if (!usable(w))
		return -1;
	if (env("APREC_SOURCE") != NULL)
		return 0;
	if (name == NULL || *name == '\0' ||
	    !aprec_is_text(name, strlen(name), 0)) {
		fail(w, "the source's name is not 1 to 64 bytes of text");
		return -1;
	}
	if (w->seq > 0) {
		fail(w, "%.64s: the source was named after the first publish",
		    name);
		return -1;
	}
	set_source(w, name);
	return 0;
}

static uint64_t
random_run(void)
{
	uint64_t run = 0;

	if (getentropy(&run, sizeof(run)) == -1 || run == 0)
		run = ((uint64_t)now_ns(CLOCK_REALTIME) *
		    UINT64_C(0x9e3779b97f4a7c15) ^
		    (uint64_t)getpid() << 1) | 1;
	return run;
}

static int
by_ssh(void)
{
	return env("SSH_CONNECTION") != NULL && env("SSH_TTY") == NULL;
}

static const char *
or_dash(const char *name)
{
	return env(name) != NULL ? env(name) : "-";
}

static void
set_selection(struct aprec_writer *w)
{
	const char *every = env("APREC_EVERY"), *fields = env("APREC_FIELDS");
	long long n;
	char *rest;

	if (every != NULL) {
		n = strtoll(every, &rest, 10);
		if (n > 0 && *rest == '\0')
			w->every = (uint64_t)n;
		else
			fprintf(stderr, "aprec: APREC_EVERY is a whole number "
			    "from 1 on, not %.40s\n", every);
	}
	if (fields != NULL)
		parse_fields(w, fields);
}

/* The policies, for an output that is open. */
static void
set_policy(struct aprec_writer *w, int is_stdout)
{
	const char *policy = env("APREC_POLICY"), *end = env("APREC_EPIPE");
	const char *rate = env("APREC_RATE");
	int newest = is_stdout && by_ssh() && !w->regular;
	double hz;
	char *rest;

	w->stop_at_end = by_ssh();
	if (policy != NULL && strcmp(policy, "all") != 0 &&
	    strcmp(policy, "newest") != 0)
		fprintf(stderr, "aprec: APREC_POLICY is all or newest, not "
		    "%.40s\n", policy);
	else if (policy != NULL)
		newest = strcmp(policy, "newest") == 0;
	if (end != NULL && strcmp(end, "stop") != 0 && strcmp(end, "go") != 0)
		fprintf(stderr, "aprec: APREC_EPIPE is stop or go, not "
		    "%.40s\n", end);
	else if (end != NULL)
		w->stop_at_end = strcmp(end, "stop") == 0;
	if (rate != NULL) {
		hz = strtod(rate, &rest);
		if (hz > 0 && *rest == '\0')
			w->interval = (int64_t)(1e9 / (hz < 1e-6 ? 1e-6 : hz));
		else
			fprintf(stderr, "aprec: APREC_RATE is a number of "
			    "publishes a second, not %.40s\n", rate);
	}
	set_selection(w);
	if (newest)
		start_thread(w);
	debug(w, "run %016llx goes to %s, policy %s; APREC_RATE %s, "
	    "APREC_EVERY %s, APREC_FIELDS %s", (unsigned long long)w->run,
	    w->where, newest ? "newest" : "all", or_dash("APREC_RATE"),
	    or_dash("APREC_EVERY"), or_dash("APREC_FIELDS"));
}

/*
 * Let nobody else record into the file: 0, or -1 when another does.  Who
 * follows a file locks it for a moment, to see whether it is recorded.
 */
static int
lock_file(struct aprec_writer *w)
{
	for (int tries = 0; flock(w->fd, LOCK_EX | LOCK_NB) == -1; tries++) {
		if (errno != EWOULDBLOCK)
			return 0;	/* locks do not work here */
		if (tries == 10) {
			fail(w, "%s: is being recorded by another process",
			    w->where);
			return -1;
		}
		poll(NULL, 0, 50);
	}
	w->locked = 1;
	return 0;
}

/* Take the descriptor as the output; where is for messages. */
static void
set_output(struct aprec_writer *w, int fd, int close_fd, const char *where,
    int is_stdout)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	w->fd = fd;
	w->close_fd = close_fd;
	if ((w->where = strdup(where)) == NULL) {
		out_of_memory(w);
		return;
	}
	if (isatty(fd)) {
		fail(w, "%s: a terminal; records go to a pipe or a file",
		    where);
		return;
	}
	w->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (w->regular && close_fd && lock_file(w) == -1)
		return;
	if (w->regular && close_fd && !is_stdout && ftruncate(fd, 0) == -1)
		fail(w, "%s: %s", where, strerror(errno));
	if (w->regular && flags != -1 && (flags & O_APPEND))
		lseek(fd, 0, SEEK_END);
	set_policy(w, is_stdout);
}

/*
 * Make stdout the output.  The records get a private duplicate, and
 * descriptor 1 becomes stderr's, so that no print can come between them.
 */
static void
take_stdout(struct aprec_writer *w)
{
	int fd = -1, null;

	pthread_mutex_lock(&stdout_lock);
	if (!stdout_taken && (fd = fcntl(1, F_DUPFD_CLOEXEC, 3)) != -1) {
		stdout_taken = 1;
		if (dup2(2, 1) == -1 &&
		    (null = open("/dev/null", O_WRONLY)) != -1 && null != 1) {
			dup2(null, 1);
			close(null);
		}
	}
	pthread_mutex_unlock(&stdout_lock);
	if (fd != -1)
		set_output(w, fd, 1, "(stdout)", 1);
	else if (stdout_taken)
		fail(w, "stdout carries the records of another writer");
	else
		fail(w, "stdout: %s", strerror(errno));
}

/*
 * Sockets of aptee -l
 */

/* Whether the folder is ours alone. */
static int
is_private(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

/* Whether it is a run's name, and a file of that name is none of ours. */
static int
is_word(const char *path)
{
	return strpbrk(path, "/.|") == NULL && strcmp(path, "-") != 0;
}

/*
 * The socket that path means: itself or, where there is no such file, a run's
 * in the private folder.  1 and its address, 0 when there is none, -1 after
 * an error, told in why.
 */
static int
find_socket(const char *path, struct sockaddr_un *at, char *why, size_t size)
{
	const char *dir = env("APTEE_DIR");
	char folder[sizeof(at->sun_path)];
	struct stat st;
	int n;

	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	if (strcmp(path, "-") == 0 || *path == '|')
		return 0;
	if (stat(path, &st) == 0 && (!is_word(path) || S_ISSOCK(st.st_mode) ||
	    S_ISFIFO(st.st_mode))) {
		if (!S_ISSOCK(st.st_mode))
			return 0;
		n = snprintf(at->sun_path, sizeof(at->sun_path), "%s", path);
		if (n < 0 || (size_t)n >= sizeof(at->sun_path)) {
			snprintf(why, size, "%.200s: too long for a socket",
			    path);
			return -1;
		}
		return 1;
	}
	if (strchr(path, '/') != NULL || *path == '.')
		return 0;
	n = dir != NULL ? snprintf(folder, sizeof(folder), "%s", dir) :
	    snprintf(folder, sizeof(folder), "/tmp/aptee-%ld",
	    (long)geteuid());
	if (n < 0 || (size_t)n + strlen(path) + 2 > sizeof(at->sun_path))
		return 0;
	memcpy(at->sun_path, folder, (size_t)n);
	at->sun_path[n] = '/';
	memcpy(at->sun_path + n + 1, path, strlen(path) + 1);
	if (lstat(at->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return 0;
	if (is_private(folder))
		return 1;
	snprintf(why, size, "%s: not a folder that is yours alone (chmod 700 "
	    "it, or set APTEE_DIR to one that is)", folder);
	return -1;
}

/* Whether who serves the socket is this user, or root. */
static int
is_our_peer(int fd)
{
#if defined(SO_PEERCRED) && defined(__linux__)
	struct ucred c;
	socklen_t len = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0 &&
	    (c.uid == geteuid() || c.uid == 0);
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
	uid_t uid;
	gid_t gid;

	return getpeereid(fd, &uid, &gid) == 0 &&
	    (uid == geteuid() || uid == 0);
#else
	(void)fd;
	return 1;		/* the folder's and the socket's modes do */
#endif
}

/* Connect, which waits at most so many seconds: a descriptor, or -1. */
static int
dial(const struct sockaddr_un *at, int seconds)
{
	struct timeval limit = { .tv_sec = seconds }, none = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result, error;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	do
		result = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	while (result == -1 && errno == EINTR);
	if (result == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
		return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Be steered by what path, which is taken, says; a run's name is no path. */
static void
set_control(struct aprec_writer *w, char *path)
{
	struct control *c = &w->control;
	char here[4096];

	c->path = path;
	if (path == NULL || *path == '/' || is_word(path) ||
	    getcwd(here, sizeof(here)) == NULL) {
		c->place = path == NULL ? NULL : strdup(path);
	} else if ((c->place = malloc(strlen(here) + strlen(path) + 2)) !=
	    NULL)
		sprintf(c->place, "%s/%s", here, path);
	if (c->place == NULL) {
		free(c->path);
		c->path = NULL;
	}
}

static void
open_socket(struct aprec_writer *w, const char *path,
    const struct sockaddr_un *at)
{
	static char hello[] = "publish\n";
	struct iovec iov = { hello, sizeof(hello) - 1 };
	int fd = dial(at, 5);

	if (fd == -1) {
		fail(w, "%.200s: %s", path, errno == ECONNREFUSED ?
		    "nobody serves it" : errno == EAGAIN ?
		    "does not answer" : strerror(errno));
		return;
	}
	if (!is_our_peer(fd)) {
		fail(w, "%.200s: another user serves it", path);
		close(fd);
		return;
	}
	w->socket = 1;
	set_output(w, fd, 1, path, 0);
	if (usable(w) && write_all(w, &iov, 1) == -1)
		end_output(w, errno);
	if (w->control.path == NULL)
		set_control(w, strdup(path));
}

/*
 * Steering: parameters
 */

static struct param *
find_param(struct aprec_writer *w, const char *name)
{
	struct control *c = &w->control;

	for (size_t i = 0; i < c->nparams; i++)
		if (strcmp(w->names[c->params[i].name].name, name) == 0)
			return &c->params[i];
	return NULL;
}

/* An attribute that a parameter has, whatever has become of the writer. */
static int
set_attr(struct aprec_writer *w, size_t name, const char *key,
    const char *value)
{
	struct name *n = &w->names[name];
	struct aprec_attribute *attrs;
	char *k, *v;

	remove_attr(n, key);
	if (value == NULL || n->nattrs == APREC_ATTRS_MAX)
		return 0;
	attrs = realloc(n->attrs, (n->nattrs + 1) * sizeof(*attrs));
	if (attrs == NULL)
		return -1;
	n->attrs = attrs;
	k = strdup(key);
	v = strdup(value);
	if (k == NULL || v == NULL) {
		free(k);
		free(v);
		return -1;
	}
	n->attrs[n->nattrs].key = k;
	n->attrs[n->nattrs++].value = v;
	return 0;
}

/* role, valid_min, valid_max and label. */
static int
describe_param(struct aprec_writer *w, const struct param *p,
    const char *what)
{
	char least[NUMBER_MAX], most[NUMBER_MAX];
	int below = p->min > -HUGE_VAL, above = p->max < HUGE_VAL;

	if (p->type == APREC_TEXT || p->type == APREC_BOOL)
		below = above = 0;
	if (p->type <= APREC_U64) {
		whole_text(p->least, least);
		whole_text(p->most, most);
	} else {
		real_text(p->min, 0, least);
		real_text(p->max, 0, most);
	}
	if (set_attr(w, p->name, "role", "parameter") == -1 ||
	    set_attr(w, p->name, "valid_min", below ? least : NULL) == -1 ||
	    set_attr(w, p->name, "valid_max", above ? most : NULL) == -1)
		return -1;
	return what == NULL ? 0 : set_attr(w, p->name, "label", what);
}

/* The parameter's place, new or not; NULL when memory runs out. */
static struct param *
new_param(struct aprec_writer *w, const char *name)
{
	struct control *c = &w->control;
	struct param *p = find_param(w, name);
	size_t n = c->nparams, i;
	void *room;

	if (p != NULL) {
		free(p->text);
		p->text = NULL;
		i = p->name;
	} else {
		if ((i = find_name(w, name)) == (size_t)-1)
			return NULL;
		room = realloc(c->params, (n + 1) * sizeof(*c->params));
		if (room == NULL)
			return NULL;
		c->params = room;
		room = realloc(c->fields, (n + 2) * sizeof(*c->fields));
		if (room == NULL)
			return NULL;
		c->fields = room;
		p = &c->params[c->nparams++];
	}
	memset(p, 0, sizeof(*p));
	p->name = i;
	return p;
}

/* Stop steering it; readers that have it are told. */
static int
withdraw_param(struct aprec_writer *w, const char *name)
{
	struct param *p = name == NULL ? NULL : find_param(w, name);

	if (p != NULL) {
		p->value = NULL;
		p->type = APREC_NONE;
		p->sent = 0;
		free(p->text);
		p->text = NULL;
		set_attr(w, p->name, "role", NULL);
		set_attr(w, p->name, "valid_min", NULL);
		set_attr(w, p->name, "valid_max", NULL);
	}
	return w->error != NULL ? -1 : 0;
}

static int
add_param(struct aprec_writer *w, const char *name, const struct param *like,
    const char *what)
{
	struct param *p;
	size_t i;

	if (!name_ok(name, 0)) {
		fail(w, "%.80s: not a parameter's name: a C identifier of at "
		    "most 63 bytes, not beginning with TEXT_ or HISTORY_",
		    name == NULL ? "(null)" : name);
		return -1;
	}
	if (what != NULL && (strlen(what) > APREC_ATTR_MAX ||
	    !aprec_is_text(what, strlen(what), 0))) {
		fail(w, "%s: its description is not a line of text", name);
		return -1;
	}
	if (w->control.nparams == APREC_FIELDS_MAX - 1) {
		fail(w, "%s: a parameter too many", name);
		return -1;
	}
	if ((p = new_param(w, name)) == NULL)
		return out_of_memory(w);
	i = p->name;
	*p = *like;
	p->name = i;
	if (describe_param(w, p, what) == -1)
		return out_of_memory(w);
	return w->error != NULL ? -1 : 0;
}

int
aprec_param(struct aprec_writer *w, const char *name, enum aprec_type type,
    void *value, double min, double max, const char *what)
{
	struct param p = { .type = type, .value = value, .min = min,
	    .max = max };
	struct whole v;

	if (w == NULL)
		return -1;
	if (value == NULL)
		return withdraw_param(w, name);
	if ((type < APREC_I8 || type > APREC_F64) && type != APREC_BOOL) {
		fail(w, "%.80s: a parameter is a real or whole number, or a "
		    "bool", name == NULL ? "(null)" : name);
		return -1;
	}
	if (type != APREC_BOOL && !(min <= max)) {
		fail(w, "%.80s: its limits are none",
		    name == NULL ? "(null)" : name);
		return -1;
	}
	if (type <= APREC_U64) {
		whole_range(type, &p.least, &p.most);
		v = round_whole(min, 1);
		if (compare_whole(v, p.least) > 0)
			p.least = v;
		v = round_whole(max, 0);
		if (compare_whole(v, p.most) < 0)
			p.most = v;
	}
	return add_param(w, name, &p, what);
}

int
aprec_param_text(struct aprec_writer *w, const char *name, char *value,
    size_t size, const char *what)
{
	struct param p = { .type = APREC_TEXT, .value = value, .size = size,
	    .min = -HUGE_VAL, .max = HUGE_VAL };

	if (w == NULL)
		return -1;
	if (value == NULL)
		return withdraw_param(w, name);
	if (size == 0) {
		fail(w, "%.80s: no room for a text",
		    name == NULL ? "(null)" : name);
		return -1;
	}
	return add_param(w, name, &p, what);
}

/* Whether readers have another value; theirs is then the present one. */
static int
renew_param(struct aprec_writer *w, struct param *p)
{
	uint64_t now = 0;
	int same;

	if (p->type == APREC_TEXT) {
		size_t len = strnlen(p->value, p->size);

		if (p->sent && strlen(p->text) == len &&
		    memcmp(p->text, p->value, len) == 0)
			return 0;
		free(p->text);
		if ((p->text = strndup(p->value, len)) == NULL) {
			out_of_memory(w);
			return 0;
		}
	} else {
		if (p->type == APREC_BOOL)
			now = *(const uint8_t *)p->value != 0;
		else if (p->type != APREC_NONE)
			memcpy(&now, p->value, aprec_type_size(p->type));
		same = p->sent && now == p->last;
		p->last = now;
		if (same)
			return 0;
	}
	p->sent = 1;
	return 1;
}

/*
 * Describe for the encoder the parameters that readers have not, or all: how
 * many.  What they are is hashed into *names.
 */
static size_t
take_params(struct aprec_writer *w, struct aprec_field *fields, int all,
    uint64_t *names)
{
	struct control *c = &w->control;
	size_t count = 0;

	for (size_t i = 0; i < c->nparams; i++) {
		struct param *p = &c->params[i];
		struct aprec_field *f = &fields[count];

		if (!renew_param(w, p) && !all)
			continue;
		memset(f, 0, sizeof(*f));
		f->name = w->names[p->name].name;
		f->type = p->type;
		f->data = p->type == APREC_TEXT ? (void *)p->text : &p->last;
		f->text_len = p->text != NULL ? strlen(p->text) : 0;
		if (p->type != APREC_NONE) {
			f->attrs = w->names[p->name].attrs;
			f->nattrs = w->names[p->name].nattrs;
		}
		*names = (*names ^ (p->name << 4 | (size_t)p->type)) *
		    UINT64_C(1099511628211);
		count++;
	}
	return count;
}

/* Forget those that were withdrawn, once readers have. */
static void
forget_params(struct control *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nparams; i++)
		if (c->params[i].type != APREC_NONE)
			c->params[n++] = c->params[i];
	c->nparams = n;
}

/*
 * Send a record of the writer's own: now, in place of what is queued of the
 * same names, or kept for later.
 */
static void
send_own(struct aprec_writer *w, const struct aprec_field *fields, size_t n,
    uint64_t names, int later)
{
	struct aprec_header h;
	struct layout l;
	struct out o = { 0 };
	struct copy *c;
	struct iovec iov;
	int gone;

	w->seq++;
	describe_record(w, 0, &h);
	if (check(&h, fields, n) == -1 || lay_out(fields, n, &l) == -1) {
		fail(w, "parameters: %s", errno == EOVERFLOW ?
		    "above the format's limits" : "a text is not UTF-8");
		return;
	}
	if (!later && w->kept != NULL)
		send_kept(w, names);
	if (!can_write(w))
		return;
	pthread_mutex_lock(&w->lock);
	gone = w->gone;
	c = gone ? NULL : get_copy(w, (size_t)l.length);
	pthread_mutex_unlock(&w->lock);
	if (c == NULL) {
		if (gone)
			end_output(w, w->thread_errno);
		else
			out_of_memory(w);
		return;
	}
	o.buf = c->bytes;
	c->names = names;
	encode(&h, fields, n, &l, &o);
	iov.iov_base = c->bytes;
	iov.iov_len = c->length;
	if (!later && !w->newest && write_record(w, &iov, 1) == -1)
		end_output(w, errno);
	pthread_mutex_lock(&w->lock);
	if (later)
		append_copy(w, &w->kept, c);
	else if (w->newest)
		queue_copy(w, c);
	else {
		c->next = w->spare;
		w->spare = c;
	}
	pthread_mutex_unlock(&w->lock);
}

/* Publish what has changed of the parameters. */
static void
send_params(struct aprec_writer *w, int later)
{
	struct control *c = &w->control;
	uint64_t names = 14695981039346656037u;
	size_t n;

	if (c->nparams == 0 || c->rank != 0)
		return;
	if ((n = take_params(w, c->fields, 0, &names)) > 0) {
		send_own(w, c->fields, n, names, later);
		forget_params(c);
	}
}

/*
 * Steering: what a line means
 */

#define WAITING_MAX	65536		/* commands that wait for a step */
#define STEPS_MAX	1000000000
#define ANSWER_MAX	512		/* bytes of an answer */
#define SHOWN_MAX	40		/* bytes of a word that it shows */
#define TEXT_MAX	(COMMAND_MAX + 2 * NUMBER_MAX)	/* of a command */

struct command {
	enum verb { PAUSE, RESUME, STEP, STOP, SET } verb;
	int64_t		 count;		/* of steps */
	struct param	*param;
	uint64_t	 value;
	const char	*text;
	int		 has_step;	/* then it is for that one */
	int64_t		 step;
};

static int wrong(char *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/* The answer to a line that cannot be obeyed. */
static int
wrong(char *answer, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(answer, ANSWER_MAX, "error ");

	va_start(ap, fmt);
	vsnprintf(answer + n, ANSWER_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* A word for an answer, cut at a character. */
static const char *
shown(const char *word, char *buf)
{
	size_t n = strlen(word);

	if (n <= SHOWN_MAX)
		return word;
	n = SHOWN_MAX;
	while (n > 0 && ((unsigned char)word[n] & 0xc0) == 0x80)
		n--;
	memcpy(buf, word, n);
	memcpy(buf + n, "...", 4);
	return buf;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of *s, ended there, or "". */
static char *
next_word(char **s)
{
	char *word, *p = *s;

	while (is_blank(*p))
		p++;
	for (word = p; *p != '\0' && !is_blank(*p); p++)
		;
	if (*p != '\0')
		*p++ = '\0';
	while (is_blank(*p))
		p++;
	*s = p;
	return word;
}

static int
no_such_param(struct aprec_writer *w, const char *name, char *answer)
{
	struct control *c = &w->control;
	char list[ANSWER_MAX / 2], buf[SHOWN_MAX + 4];
	size_t n = 0;

	for (size_t i = 0; i < c->nparams; i++) {
		const char *p = w->names[c->params[i].name].name;

		if (c->params[i].type == APREC_NONE)
			continue;
		if (n + strlen(p) + 8 > sizeof(list)) {
			n += (size_t)snprintf(list + n, sizeof(list) - n,
			    ", ...");
			break;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    n > 0 ? ", " : "", p);
	}
	if (n == 0)
		return wrong(answer, "this run has no parameters");
	return wrong(answer, "there is no parameter \"%s\" (%s)",
	    shown(name, buf), list);
}

/* A whole number for p, within its limits. */
static int
whole_value(const char *name, const struct param *p, const char *value,
    struct command *cmd, char *answer)
{
	char buf[SHOWN_MAX + 4], least[NUMBER_MAX], most[NUMBER_MAX];
	struct whole v;
	int status = parse_whole(value, &v);

	if (status == -1)
		return wrong(answer, "%s: \"%s\" is not a whole number", name,
		    shown(value, buf));
	if (status == 1 || compare_whole(v, p->least) < 0 ||
	    compare_whole(v, p->most) > 0) {
		whole_text(p->least, least);
		whole_text(p->most, most);
		return wrong(answer, "%s: %s is not from %s to %s", name,
		    shown(value, buf), least, most);
	}
	cmd->value = v.negative ? -v.size : v.size;
	return 0;
}

static int
real_value(const char *name, const struct param *p, const char *value,
    struct command *cmd, char *answer)
{
	char buf[SHOWN_MAX + 4], least[NUMBER_MAX], most[NUMBER_MAX];
	double x;
	float f;

	if (parse_real(value, &x) == -1)
		return wrong(answer, "%s: \"%s\" is not a number", name,
		    shown(value, buf));
	f = x > FLT_MAX ? HUGE_VALF : x < -FLT_MAX ? -HUGE_VALF : (float)x;
	if (x - x != 0 || (p->type == APREC_F32 && f - f != 0))
		return wrong(answer, "%s: %s is too large", name,
		    shown(value, buf));
	real_text(p->min, 0, least);
	real_text(p->max, 0, most);
	if ((x < p->min || x > p->max) && p->min > -HUGE_VAL &&
	    p->max < HUGE_VAL)
		return wrong(answer, "%s: %s is not from %s to %s", name,
		    shown(value, buf), least, most);
	if (x < p->min)
		return wrong(answer, "%s: %s is not at least %s", name,
		    shown(value, buf), least);
	if (x > p->max)
		return wrong(answer, "%s: %s is not at most %s", name,
		    shown(value, buf), most);
	if (p->type == APREC_F32)
		memcpy(&cmd->value, &f, sizeof(f));
	else
		memcpy(&cmd->value, &x, sizeof(x));
	return 0;
}

static int
bool_value(const char *name, const char *value, struct command *cmd,
    char *answer)
{
	static const char *const words[] = { "0", "1", "false", "true",
	    "off", "on", "no", "yes" };
	char buf[SHOWN_MAX + 4];

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(value, words[i]) == 0) {
			cmd->value = i % 2;
			return 0;
		}
	return wrong(answer, "%s: \"%s\" is not 0 or 1 (false true, off on, "
	    "no yes)", name, shown(value, buf));
}

static int
parse_set(struct aprec_writer *w, char *s, struct command *cmd, char *answer)
{
	char *name = next_word(&s), buf[SHOWN_MAX + 4];
	struct param *p;

	cmd->verb = SET;
	if (*name == '\0')
		return wrong(answer, "set takes a name and a value");
	p = cmd->param = find_param(w, name);
	if (p == NULL || p->type == APREC_NONE)
		return no_such_param(w, name, answer);
	cmd->text = s;
	if (p->type == APREC_TEXT)
		return strlen(s) < p->size ? 0 : wrong(answer, "%s: longer "
		    "than %zu bytes", shown(name, buf), p->size - 1);
	if (*s == '\0')
		return wrong(answer, "%s: no value", name);
	if (p->type == APREC_BOOL)
		return bool_value(name, s, cmd, answer);
	if (p->type == APREC_F32 || p->type == APREC_F64)
		return real_value(name, p, s, cmd, answer);
	return whole_value(name, p, s, cmd, answer);
}

static int
parse_step(const char *s, struct command *cmd, char *answer)
{
	char buf[SHOWN_MAX + 4];
	struct whole v = { 0, 1 };

	cmd->verb = STEP;
	if (*s != '\0' && (parse_whole(s, &v) == -1 || v.negative ||
	    v.size < 1 || v.size > STEPS_MAX))
		return wrong(answer, "step takes a number from 1 to %d, not "
		    "\"%s\"", STEPS_MAX, shown(s, buf));
	cmd->count = (int64_t)v.size;
	return 0;
}

static int parse_command(struct aprec_writer *, char *, struct command *,
    char *);

static int
parse_at(struct aprec_writer *w, char *s, struct command *cmd, char *answer)
{
	char *step = next_word(&s), buf[SHOWN_MAX + 4];
	struct whole v;

	if (*step == '\0' || *s == '\0')
		return wrong(answer, "at takes a step and a command");
	if (parse_whole(step, &v) == -1 || v.size > INT64_MAX)
		return wrong(answer, "not a step: \"%s\"", shown(step, buf));
	if (strncmp(s, "at", 2) == 0 && (s[2] == '\0' || is_blank(s[2])))
		return wrong(answer, "at takes no at");
	cmd->has_step = 1;
	cmd->step = v.negative ? -(int64_t)v.size : (int64_t)v.size;
	return parse_command(w, s, cmd, answer);
}

/* A line without blanks around it, which is changed: 0, or -1. */
static int
parse_command(struct aprec_writer *w, char *s, struct command *cmd,
    char *answer)
{
	static const struct {
		const char	*word;
		enum verb	 verb;
	} alone[] = { { "pause", PAUSE }, { "resume", RESUME },
	    { "continue", RESUME }, { "stop", STOP } };
	char *word = next_word(&s), buf[SHOWN_MAX + 4];

	if (strcmp(word, "set") == 0)
		return parse_set(w, s, cmd, answer);
	if (strcmp(word, "step") == 0)
		return parse_step(s, cmd, answer);
	if (strcmp(word, "at") == 0)
		return parse_at(w, s, cmd, answer);
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
		if (strcmp(word, alone[i].word) == 0) {
			cmd->verb = alone[i].verb;
			return *s == '\0' ? 0 : wrong(answer,
			    "%s takes no more words", word);
		}
	return wrong(answer, "not a command: \"%s\" (pause, resume, continue, "
	    "step [N], stop, set NAME VALUE, at STEP COMMAND)",
	    shown(word, buf));
}

/* The command as it is told to others, of at most TEXT_MAX bytes. */
static void
command_text(const struct aprec_writer *w, const struct command *cmd,
    char *buf)
{
	static const char *const words[] = { "pause", "resume", "step",
	    "stop", "set" };
	char number[NUMBER_MAX];
	const char *word = words[cmd->verb], *name, *value = number;

	if (cmd->verb == STEP)
		snprintf(buf, TEXT_MAX, "%s %lld", word,
		    (long long)cmd->count);
	else if (cmd->verb != SET)
		snprintf(buf, TEXT_MAX, "%s", word);
	else {
		name = w->names[cmd->param->name].name;
		if (cmd->param->type != APREC_TEXT)
			number_text(cmd->param->type, &cmd->value, number);
		if (cmd->param->type == APREC_TEXT)
			value = cmd->text;
		snprintf(buf, TEXT_MAX, "%s %s%s%s", word, name,
		    *value != '\0' ? " " : "", value);
	}
}

/*
 * Steering: obeying
 */

static void
log_applied(struct aprec_writer *w, const struct command *cmd)
{
	struct control *c = &w->control;
	char text[TEXT_MAX];
	size_t room = c->log_room;
	char *log = c->log;

	command_text(w, cmd, text);
	debug(w, "at %lld %s", (long long)c->step, text);
	while (room < c->log_len + strlen(text) + 32)
		room = room == 0 ? 256 : 2 * room;
	if (room > c->log_room) {
		if ((log = realloc(c->log, room)) == NULL)
			return;
		c->log = log;
		c->log_room = room;
	}
	c->log_len += (size_t)snprintf(log + c->log_len, room - c->log_len,
	    "%sat %lld %s", c->log_len > 0 ? "\n" : "", (long long)c->step,
	    text);
}

static void
apply(struct aprec_writer *w, const struct command *cmd)
{
	struct control *c = &w->control;
	struct param *p = cmd->param;

	if (cmd->verb == SET && p->type == APREC_TEXT)
		memcpy(p->value, cmd->text, strlen(cmd->text) + 1);
	else if (cmd->verb == SET)
		memcpy(p->value, &cmd->value, aprec_type_size(p->type));
	else {
		c->paused = cmd->verb == PAUSE;
		c->steps_left = cmd->verb == STEP ? cmd->count : 0;
		c->stop |= cmd->verb == STOP;
	}
	log_applied(w, cmd);
}

/* Keep it until its step, behind those of the same. */
static int
let_wait(struct aprec_writer *w, const struct command *cmd)
{
	struct control *c = &w->control;
	struct waiting *e, **at = &c->waiting;
	char text[TEXT_MAX];

	command_text(w, cmd, text);
	if ((e = malloc(sizeof(*e) + strlen(text) + 1)) == NULL)
		return -1;
	e->step = cmd->step;
	memcpy(e->text, text, strlen(text) + 1);
	if (c->last_waiting != NULL && c->last_waiting->step <= e->step)
		at = &c->last_waiting->next;
	while (*at != NULL && (*at)->step <= e->step)
		at = &(*at)->next;
	if ((e->next = *at) == NULL)
		c->last_waiting = e;
	*at = e;
	c->nwaiting++;
	return 0;
}

/* Obey a line, or keep it, and say so. */
static void
take_command(struct aprec_writer *w, char *line, char *answer)
{
	struct control *c = &w->control;
	struct command cmd = { 0 };

	if (parse_command(w, line, &cmd, answer) == -1)
		return;
	if (cmd.has_step && cmd.step > c->step) {
		if (c->nwaiting == WAITING_MAX || let_wait(w, &cmd) == -1)
			wrong(answer, "%zu commands wait already",
			    c->nwaiting);
		else
			snprintf(answer, ANSWER_MAX, "ok waits for step %lld",
			    (long long)cmd.step);
	} else if (c->stop && (cmd.verb == PAUSE || cmd.verb == STEP))
		wrong(answer, "the run is stopping");
	else {
		apply(w, &cmd);
		snprintf(answer, ANSWER_MAX, "ok at step %lld",
		    (long long)c->step);
	}
}

static void reject(struct control *, const char *);

/* Obey what has waited for this step. */
static void
take_due(struct aprec_writer *w)
{
	struct control *c = &w->control;
	struct waiting *e;
	char answer[ANSWER_MAX];

	while ((e = c->waiting) != NULL && e->step <= c->step) {
		c->waiting = e->next;
		if (c->waiting == NULL)
			c->last_waiting = NULL;
		c->nwaiting--;
		take_command(w, e->text, answer);
		if (strncmp(answer, "error ", 6) == 0)
			reject(c, answer + 6);
		free(e);
	}
}

/*
 * Steering: where lines come from
 */

#define LOOK_EVERY	5000000		/* ns between looks at what is open */
#define TRY_EVERY	1000000000	/* ns between tries to open it */
#define START_TIME	3000000000	/* ns until a server must be there */
#define LOOK_CHUNKS	16		/* read at one look */
#define ANSWERS_MAX	65536		/* bytes that nobody takes */
#define COMPLAINTS_MAX	10

/* Of a line that came by a way that has no way back. */
static void
reject(struct control *c, const char *why)
{
	const char *from = c->path == NULL ? "control" :
	    c->kind == BY_STDIN ? "(stdin)" : c->path;

	if (c->complaints++ < COMPLAINTS_MAX)
		fprintf(stderr, "aprec: %.200s: %s\n", from, why);
	else if (c->complaints == COMPLAINTS_MAX + 1)
		fprintf(stderr, "aprec: %.200s: no more is told of such "
		    "lines\n", from);
}

static void
hang_up(struct control *c)
{
	if (c->fd != -1 && c->kind != BY_STDIN)
		close(c->fd);
	c->fd = -1;
	c->len = c->nanswers = 0;
	c->too_long = 0;
}

/* Nobody can end a pause any more. */
static void
lose_control(struct aprec_writer *w, int64_t now)
{
	struct control *c = &w->control;

	hang_up(c);
	c->try_at = now + TRY_EVERY;
	if (c->kind == BY_STDIN) {
		free(c->path);
		c->path = NULL;
	}
	c->kind = SEARCHED;
}

/* Write to a socket of ours without waiting, or a signal. */
static ssize_t
say(int fd, const char *text, size_t len)
{
#ifdef MSG_NOSIGNAL
	return send(fd, text, len, MSG_NOSIGNAL);
#else
	return send(fd, text, len, 0);		/* see join_server() */
#endif
}

static void
flush_answers(struct control *c)
{
	ssize_t n;

	if (c->nanswers == 0 ||
	    (n = say(c->fd, c->answers, c->nanswers)) <= 0)
		return;		/* one that is gone shows when it is read */
	c->nanswers -= (size_t)n;
	memmove(c->answers, c->answers + n, c->nanswers);
}

static void
give_answer(struct control *c, const char *answer)
{
	size_t len = strlen(answer);
	char *room;

	if (c->kind != BY_SOCKET) {
		if (strncmp(answer, "error ", 6) == 0)
			reject(c, answer + 6);
		return;
	}
	if (c->nanswers + len + 1 > c->answers_room) {
		room = realloc(c->answers, 2 * (c->nanswers + len + 1));
		if (room == NULL)
			return;
		c->answers = room;
		c->answers_room = 2 * (c->nanswers + len + 1);
	}
	memcpy(c->answers + c->nanswers, answer, len);
	c->nanswers += len;
	c->answers[c->nanswers++] = '\n';
}

/* The line that has come whole. */
static void
take_line(struct aprec_writer *w)
{
	struct control *c = &w->control;
	char *s = c->line, answer[ANSWER_MAX];
	size_t len = c->len, i;

	c->len = 0;
	if (c->too_long) {
		c->too_long = 0;
		wrong(answer, "a line is longer than %d bytes", COMMAND_MAX);
		give_answer(c, answer);
		return;
	}
	for (; len > 0 && is_blank(*s); s++, len--)
		;
	while (len > 0 && (is_blank(s[len - 1]) || s[len - 1] == '\r'))
		len--;
	if (c->kind != BY_SOCKET && (len == 0 || *s == '#'))
		return;
	s[len] = '\0';
	for (i = 0; i < len; i++)
		if (s[i] == '\t')
			s[i] = ' ';
	if (!aprec_is_text(s, len, 0)) {
		wrong(answer, "a line that is not text");
		give_answer(c, answer);
	} else if (c->kind == BY_SOCKET && strncmp(s, "error ", 6) == 0)
		reject(c, s + 6);	/* the server refuses us */
	else {
		take_command(w, s, answer);
		give_answer(c, answer);
	}
}

/* Bytes that have come. */
static void
feed_lines(struct aprec_writer *w, const char *p, size_t n)
{
	struct control *c = &w->control;

	while (n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t part = end != NULL ? (size_t)(end - p) : n;

		if (c->too_long || part > COMMAND_MAX - c->len)
			c->too_long = 1;
		else {
			memcpy(c->line + c->len, p, part);
			c->len += part;
		}
		if (end == NULL)
			return;
		take_line(w);
		p += part + 1;
		n -= part + 1;
	}
}

/* What a regular file has more, which need not be there. */
static void
read_file(struct aprec_writer *w)
{
	struct control *c = &w->control;
	int fd = open(c->place, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char buf[4096];
	struct stat st;
	ssize_t n;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	c->kind = BY_FILE;
	if (st.st_size < c->pos) {
		c->pos = 0;
		c->len = 0;
		c->too_long = 0;
	}
	while ((n = pread(fd, buf, sizeof(buf), c->pos)) > 0) {
		c->pos += n;
		feed_lines(w, buf, (size_t)n);
	}
	close(fd);
}

static void
tell_once(struct control *c, const char *what)
{
	if (!c->told && c->given)
		fprintf(stderr, "aprec: %.400s\n", what);
	c->told = 1;
}

/*
 * Nobody is there, which is no news while the run and its server are being
 * started, in any order.
 */
static void
miss_server(struct control *c)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	char text[512];

	if (c->missed_at == 0)
		c->missed_at = now;
	if (now - c->missed_at < START_TIME) {
		c->try_at = now + START_TIME / 30;
		return;
	}
	snprintf(text, sizeof(text), "%.200s: nobody serves it yet; tried "
	    "again", c->path);
	tell_once(c, text);
}

/* Connect without waiting, and say who we are. */
static void
join_server(struct aprec_writer *w, const struct sockaddr_un *at)
{
	struct control *c = &w->control;
	char text[512];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), n;

	if (fd == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    connect(fd, (const struct sockaddr *)at, sizeof(*at)) == -1) {
		if (fd != -1)
			close(fd);
		miss_server(c);
		return;
	}
	if (!is_our_peer(fd)) {
		snprintf(text, sizeof(text), "%.200s: another user serves it",
		    c->path);
		tell_once(c, text);
		close(fd);
		return;
	}
	n = snprintf(text, sizeof(text), "control %s\n", w->source);
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
	if (say(fd, text, (size_t)n) != n) {
		close(fd);
		return;
	}
	c->kind = BY_SOCKET;
	c->fd = fd;
	c->missed_at = 0;
}

/* Open what the lines come from, or read it if it is a file. */
static void
open_control(struct aprec_writer *w, int64_t now)
{
	struct control *c = &w->control;
	struct sockaddr_un at;
	struct stat st;
	char why[512];
	int found;

	c->try_at = now + TRY_EVERY;
	if (strcmp(c->path, "-") == 0) {
		c->kind = BY_STDIN;
		c->fd = 0;
		return;
	}
	found = find_socket(c->place, &at, why, sizeof(why));
	if (found == -1)
		tell_once(c, why);
	else if (found == 1)
		join_server(w, &at);
	else if (stat(c->place, &st) == -1) {
		if (is_word(c->place))
			miss_server(c);
		else
			c->kind = BY_FILE;	/* that may come */
	} else if (S_ISFIFO(st.st_mode)) {
		/* For writing too, so that it has no end. */
		c->fd = open(c->place, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		c->kind = c->fd != -1 ? BY_FIFO : SEARCHED;
	} else if (is_word(c->place))
		miss_server(c);
	else if (S_ISREG(st.st_mode))
		read_file(w);
	else {
		snprintf(why, sizeof(why), "%.200s: neither a socket, a FIFO "
		    "nor a file to be steered by", c->path);
		tell_once(c, why);
	}
}

/* Take the lines that are there. */
static void
read_lines(struct aprec_writer *w, int64_t now)
{
	struct control *c = &w->control;
	char buf[4096];
	ssize_t n;

	for (int i = 0; i < LOOK_CHUNKS && c->nanswers < ANSWERS_MAX; i++) {
		n = read(c->fd, buf, sizeof(buf));
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			lose_control(w, now);
			return;
		}
		feed_lines(w, buf, (size_t)n);
		if (c->kind == BY_STDIN)
			break;		/* the next read might wait */
	}
}

/* A background process that reads its terminal would be stopped. */
static int
may_read(const struct control *c)
{
	return c->kind != BY_STDIN || !isatty(c->fd) ||
	    tcgetpgrp(c->fd) == getpgrp();
}

/*
 * Take the lines that come until then, and return as soon as there was one:
 * 0, or -1 when a signal was caught.
 */
static int
listen_until(struct aprec_writer *w, int64_t until)
{
	struct control *c = &w->control;
	int64_t now = now_ns(CLOCK_MONOTONIC), wake = now + TRY_EVERY;
	struct pollfd p = { .fd = -1 };

	if (c->path != NULL && c->fd == -1 && now >= c->try_at)
		open_control(w, now);
	c->look_at = c->fd == -1 ? c->try_at : now + LOOK_EVERY;
	if (c->path != NULL && c->fd == -1)
		wake = c->try_at;
	if (c->log_len > 0)
		until = now;
	if (until < wake)
		wake = until;
	if (c->fd != -1 && may_read(c)) {
		p.fd = c->fd;
		p.events = (short)((c->nanswers < ANSWERS_MAX ? POLLIN : 0) |
		    (c->nanswers > 0 ? POLLOUT : 0));
	}
	if (poll(&p, 1, wake <= now ? 0 :
	    (int)((wake - now + 999999) / 1000000)) == -1)
		return errno == EINTR ? -1 : 0;
	if (p.revents & POLLOUT)
		flush_answers(c);
	if (p.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
		read_lines(w, now);
	return 0;
}

/* Whether somebody could end a pause. */
static int
can_hear(struct aprec_writer *w)
{
	struct control *c = &w->control;

	int64_t now = now_ns(CLOCK_MONOTONIC);

	if (c->path != NULL && c->fd == -1 && now >= c->try_at)
		open_control(w, now);
	return c->path != NULL && (c->fd != -1 || c->kind == BY_FILE);
}

/*
 * Steering: telling others what was applied
 */

#define CONTROL_NAMES	1	/* instead of the hash of names: see below */
#define QUEUED_MAX	(1u << 20)	/* bytes of a text that is queued */

/* Whether the last of these records is still queued; it is then not. */
static int
unqueue_control(struct aprec_writer *w)
{
	struct copy **list;
	int found = 0;

	pthread_mutex_lock(&w->lock);
	for (list = &w->queue; *list != NULL; list = &(*list)->next)
		found |= (*list)->names == CONTROL_NAMES;
	supersede(w, &w->queue, CONTROL_NAMES);
	pthread_mutex_unlock(&w->lock);
	return found && w->control.queued != NULL &&
	    strlen(w->control.queued) < QUEUED_MAX;
}

/*
 * Publish what was applied, and the parameters that it changed.  A record of
 * these that the thread has not taken yet is replaced by one that has its
 * lines too, so that none is lost.
 */
static void
send_control(struct aprec_writer *w)
{
	struct control *c = &w->control;
	static const char *const states[] = { "running", "paused", "stopping" };
	struct aprec_attribute state = { "state",
	    states[c->stop ? 2 : c->paused] };
	struct aprec_field *f = c->fields, alone;
	uint64_t names = 0;
	char *text = c->log;
	int merged;
	size_t n = 1;

	if (f == NULL)
		f = &alone;
	merged = w->newest && unqueue_control(w);
	if (merged && (text = malloc(strlen(c->queued) + c->log_len + 2)) !=
	    NULL)
		sprintf(text, "%s\n%s", c->queued, c->log);
	if (text == NULL) {
		out_of_memory(w);
		return;
	}
	memset(f, 0, sizeof(*f));
	f->name = "control";
	f->type = APREC_TEXT;
	f->attrs = &state;
	f->nattrs = 1;
	f->data = text;
	f->text_len = strlen(text);
	if (c->nparams > 0)
		n += take_params(w, f + 1, merged, &names);
	send_own(w, f, n, CONTROL_NAMES, 0);
	forget_params(c);
	if (w->newest) {
		free(c->queued);
		c->queued = merged ? text : strdup(text);
	}
}

/* Nothing more comes, and nothing waits. */
static void
forget_control(struct control *c)
{
	struct waiting *e;

	hang_up(c);
	free(c->path);
	c->path = NULL;
	while ((e = c->waiting) != NULL) {
		c->waiting = e->next;
		free(e);
	}
	c->last_waiting = NULL;
	c->nwaiting = 0;
}

static void
end_broadcast(struct aprec_writer *w)
{
	struct control *c = &w->control;

	if (c->broadcast != NULL && is_ours(w))
		c->broadcast(c->arg, NULL, 0);
	c->broadcast = NULL;
}

/* The broadcast has failed: nobody is steered any more. */
static void
fail_broadcast(struct control *c)
{
	fprintf(stderr, "aprec: the broadcast has failed; the run is no longer "
	    "steered\n");
	c->quiet = 1;
	c->paused = c->owes = 0;
	c->steps_left = 0;
	forget_control(c);
}

/* What rank 0 tells the others, before the lines that they are to obey. */
struct round {
	uint64_t	 length;	/* bytes of the lines */
	int64_t		 step;
	int32_t		 result;	/* of aprec_wait() */
	uint8_t		 hold;		/* another follows */
	uint8_t		 stop;
	uint8_t		 paused;
	uint8_t		 quiet;		/* none follows, ever */
};

/* Rank 0: have the others obey what was applied here. */
static void
tell_ranks(struct aprec_writer *w, int hold, int result)
{
	struct control *c = &w->control;
	struct round r = { .length = c->log_len, .step = c->step,
	    .result = result, .hold = (uint8_t)hold };

	if (c->broadcast == NULL || c->quiet)
		return;
	c->stop |= w->ended && w->stop_at_end;
	r.stop = (uint8_t)c->stop;
	r.paused = (uint8_t)c->paused;
	r.quiet = c->path == NULL && c->waiting == NULL && !hold &&
	    !w->stop_at_end;
	c->quiet = r.quiet;
	c->owes = hold;
	if (c->broadcast(c->arg, &r, sizeof(r)) != 0 || (r.length > 0 &&
	    c->broadcast(c->arg, c->log, c->log_len) != 0))
		fail_broadcast(c);
}

/* Another rank: obey what rank 0 tells, until it tells no more; its result. */
static int
follow(struct aprec_writer *w)
{
	struct control *c = &w->control;
	struct round r;
	char *lines, answer[ANSWER_MAX];

	do {
		lines = NULL;
		if (c->quiet)
			return 0;
		if (c->broadcast(c->arg, &r, sizeof(r)) != 0 ||
		    (r.length > 0 &&
		    ((lines = malloc((size_t)r.length + 1)) == NULL ||
		    c->broadcast(c->arg, lines, (size_t)r.length) != 0))) {
			free(lines);
			fail_broadcast(c);
			return -1;
		}
		c->step = r.step;
		for (char *s = lines, *end; lines != NULL; s = end + 1) {
			end = lines + r.length;
			*end = '\0';
			if (memchr(s, '\n', (size_t)(end - s)) != NULL)
				end = memchr(s, '\n', (size_t)(end - s));
			*end = '\0';
			take_command(w, s, answer);
			if (strncmp(answer, "error ", 6) == 0)
				reject(c, answer + 6);
			if (end == lines + r.length)
				break;
		}
		free(lines);
		c->log_len = 0;
		c->stop = r.stop;
		c->paused = r.paused;
		c->quiet = r.quiet;
	} while (r.hold);
	return r.result;
}

/* All that was applied is told. */
static void
end_round(struct aprec_writer *w, int hold, int result)
{
	struct control *c = &w->control;

	tell_ranks(w, hold, result);
	if (c->log_len > 0 && (c->paused || c->stop) && w->behind &&
	    w->nputs > 0 && can_write(w)) {
		/* Who looks now is to see where it stands. */
		send_record(w, 0, w->last_names, 0);
		w->behind = 0;
	}
	if (c->log_len > 0 && can_write(w))
		send_control(w);
	c->log_len = 0;
	flush_answers(c);	/* who asks now finds it done */
}

/* Before the first look: whether this process may be steered. */
static void
settle_control(struct aprec_writer *w)
{
	struct control *c = &w->control;
	const char *rank = rank_text();

	c->settled = 1;
	if (c->broadcast != NULL ? c->rank == 0 : c->alone || run_size() == 1)
		return;
	if (c->broadcast == NULL && c->given &&
	    (rank == NULL || strtol(rank, NULL, 10) == 0))
		fprintf(stderr, "aprec: not steered, since %ld processes would "
		    "not agree: give aprec_mpi() the communicator\n",
		    run_size());
	free(c->path);
	c->path = NULL;
}

/* Whether there is anything to look at; another rank follows instead. */
static int
is_steered(struct aprec_writer *w)
{
	struct control *c = &w->control;

	if (!c->settled)
		settle_control(w);
	if (c->path == NULL && c->waiting == NULL && !c->paused &&
	    c->steps_left == 0 && c->broadcast == NULL)
		return 0;
	if (is_ours(w))
		return 1;
	drop_control(w);	/* a child of fork obeys nothing */
	return 0;
}

/* A pause: until it ends, or a signal is caught. */
static void
hold_run(struct aprec_writer *w)
{
	struct control *c = &w->control;
	const struct command resume = { .verb = RESUME };
	int64_t begun = now_ns(CLOCK_MONOTONIC);

	while (c->paused) {
		if (!can_hear(w)) {
			fprintf(stderr, "aprec: nobody is left who could end "
			    "the pause; the run goes on\n");
			apply(w, &resume);
		} else if (atomic_exchange(&c->interrupted, 0) ||
		    listen_until(w, INT64_MAX) == -1)
			break;
		if (c->log_len > 0)
			end_round(w, c->paused, 0);
		else
			flush_answers(c);
	}
	if (c->owes || c->log_len > 0)
		end_round(w, 0, 0);
	if (w->cost != NULL)
		w->cost->paused += now_ns(CLOCK_MONOTONIC) - begun;
}

/* Behind a publish: all that has come, and a pause. */
static void
obey(struct aprec_writer *w)
{
	struct control *c = &w->control;
	const struct command pause = { .verb = PAUSE };

	if (!is_steered(w))
		return;
	if (c->broadcast != NULL && c->rank != 0) {
		follow(w);
		return;
	}
	if (c->steps_left > 0 && --c->steps_left == 0)
		apply(w, &pause);
	take_due(w);
	if (c->path != NULL && now_ns(CLOCK_MONOTONIC) >= c->look_at)
		listen_until(w, 0);
	end_round(w, c->paused, 0);
	if (c->paused)
		hold_run(w);
	atomic_store(&c->interrupted, 0);
}

/* Wait on one process, or rank 0. */
static int
wait_here(struct aprec_writer *w, int64_t until)
{
	struct control *c = &w->control;

	take_due(w);
	for (;;) {
		if (c->log_len > 0)
			return 1;
		if (c->stop || (w->ended && w->stop_at_end))
			return 0;
		if (atomic_exchange(&c->interrupted, 0) ||
		    listen_until(w, until) == -1) {
			errno = EINTR;
			return -1;
		}
		if (c->log_len == 0)
			flush_answers(c);
		if (c->log_len == 0 && now_ns(CLOCK_MONOTONIC) >= until)
			return 0;
		if (c->path == NULL && until == INT64_MAX) {
			errno = ENOTCONN;
			return -1;
		}
	}
}

int
aprec_wait(struct aprec_writer *w, double seconds)
{
	struct control *c;
	int64_t now = now_ns(CLOCK_MONOTONIC), until = INT64_MAX;
	int result, error;

	if (w == NULL)
		return -1;
	c = &w->control;
	if (seconds >= 0 && seconds < 1e9)
		until = now + (int64_t)(seconds * 1e9);
	if (is_steered(w) && c->broadcast != NULL && c->rank != 0 &&
	    !c->quiet) {
		result = follow(w);
		if (result == -1)
			errno = c->quiet ? ENOTCONN : EINTR;
		return result;
	}
	result = wait_here(w, until);
	error = errno;
	if (is_ours(w))
		end_round(w, 0, result);
	errno = error;
	return result;
}

void
aprec_interrupt(struct aprec_writer *w)
{
	if (w != NULL)
		atomic_store(&w->control.interrupted, 1);
}

int
aprec_broadcast(struct aprec_writer *w, int rank, aprec_broadcast_fn *fn,
    void *arg)
{
	struct control *c;

	if (w == NULL || rank < 0 || w->calls > 0) {
		if (w != NULL)
			fail(w, "the broadcast was given %s", rank < 0 ?
			    "a rank below 0" : "after the first publish");
		if (fn != NULL)
			fn(arg, NULL, 0);
		return -1;
	}
	c = &w->control;
	end_broadcast(w);
	c->rank = fn != NULL ? rank : 0;
	c->broadcast = fn;
	c->arg = arg;
	c->alone = fn == NULL;
	return w->error != NULL ? -1 : 0;
}

/* The run has ended: nothing is obeyed any more. */
static void
drop_control(struct aprec_writer *w)
{
	forget_control(&w->control);
	w->control.paused = 0;
	end_broadcast(w);
}

static void
free_control(struct aprec_writer *w)
{
	struct control *c = &w->control;

	drop_control(w);
	for (size_t i = 0; i < c->nparams; i++)
		free(c->params[i].text);
	free(c->params);
	free(c->fields);
	free(c->place);
	free(c->answers);
	free(c->log);
	free(c->queued);
}

/*
 * Commands
 */

#ifndef __linux__
extern char **environ;
#endif

/*
 * What the command gets: our pipe as its stdin; our stdout, unless that is a
 * pipe, whose reader expects what the program prints and then its end; the
 * default for each signal, but that of a hang-up which nohup(1) has ignored.
 */
static int
spawn(const char *command, int in, pid_t *pid)
{
	char sh[] = "sh", c[] = "-c", *line = strdup(command);
	char *argv[] = { sh, c, line, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	struct sigaction hup;
	struct stat st;
	sigset_t set;
	int error;

	if (line == NULL)
		return ENOMEM;
	if ((error = posix_spawnattr_init(&how)) != 0) {
		free(line);
		return error;
	}
	if ((error = posix_spawn_file_actions_init(&files)) != 0) {
		posix_spawnattr_destroy(&how);
		free(line);
		return error;
	}
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&how, &set);
	sigfillset(&set);
	sigdelset(&set, SIGKILL);
	sigdelset(&set, SIGSTOP);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN)
		sigdelset(&set, SIGHUP);
	posix_spawnattr_setsigdefault(&how, &set);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn_file_actions_adddup2(&files, in, 0);
	if (error == 0 && fcntl(2, F_GETFD) == -1)
		error = posix_spawn_file_actions_addopen(&files, 2,
		    "/dev/null", O_WRONLY, 0);
	if (error == 0 && (fstat(1, &st) == -1 || S_ISFIFO(st.st_mode) ||
	    S_ISSOCK(st.st_mode)))
		error = posix_spawn_file_actions_adddup2(&files, 2, 1);
	if (error == 0)
		error = posix_spawn(pid, "/bin/sh", &files, &how, argv,
		    environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	free(line);
	return error;
}

/* A pipe that no other child gets, nor stands in for a closed stdin. */
static int
make_pipe(int fd[2])
{
	int low[2];

#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)
	if (pipe2(low, O_CLOEXEC) == -1)
		return -1;
#else
	if (pipe(low) == -1)
		return -1;
	fcntl(low[0], F_SETFD, FD_CLOEXEC);
	fcntl(low[1], F_SETFD, FD_CLOEXEC);
#endif
	for (int i = 0; i < 2; i++) {
		fd[i] = low[i];
		if (low[i] < 3 &&
		    (fd[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3)) != -1)
			close(low[i]);
	}
	return 0;
}

static void
open_command(struct aprec_writer *w, const char *text)
{
	int fd[2], error;

	if (*skip_blanks(text + 1) == '\0') {
		fail(w, "|: there is no command behind it");
		return;
	}
	if (make_pipe(fd) == -1) {
		fail(w, "%.200s: %s", text, strerror(errno));
		return;
	}
	error = spawn(text + 1, fd[0], &w->command);
	close(fd[0]);
	if (error != 0) {
		w->command = 0;
		close(fd[1]);
		fail(w, "%.200s: /bin/sh: %s", text, strerror(error));
		return;
	}
	set_output(w, fd[1], 1, text, 0);
}

static void
open_path(struct aprec_writer *w, const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		if (isatty(1))
			fail(w, "stdout is a terminal; records go to a pipe "
			    "or a file");
		else
			take_stdout(w);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd == -1) {
		fail(w, "%.200s: %s", path, strerror(errno));
		return;
	}
	set_output(w, fd, 1, path, 0);
}

/* Say once in a parallel run, and once else, why nothing is published. */
static void
say_how(const char *why)
{
	const char *rank = rank_text();

	if (run_size() > 1 && rank != NULL && strtol(rank, NULL, 10) != 0)
		return;
	if (run_size() > 1)
		fprintf(stderr, "aprec: nothing is published, since %ld "
		    "processes share one output: APREC_OUT=run.%%r.apr gives "
		    "each its own file\n", run_size());
	else
		fprintf(stderr, "aprec: nothing is published, since %s: "
		    "%s | aplot shows it, APREC_OUT=run.apr keeps it\n", why,
		    program_name());
}

/* The rules for a program that was told nothing. */
static void
open_default(struct aprec_writer *w)
{
	struct stat st;

	if (fstat(1, &st) == -1)
		say_how("stdout is closed");
	else if (run_size() > 1)
		say_how("it is not alone");
	else if (S_ISFIFO(st.st_mode) || (S_ISSOCK(st.st_mode) && by_ssh()))
		take_stdout(w);
	else if (S_ISREG(st.st_mode) && job_text() == NULL)
		take_stdout(w);
	else if (S_ISREG(st.st_mode))
		say_how("stdout is a batch job's file");
	else if (isatty(1))
		say_how("stdout is a terminal");
	else
		say_how("stdout is neither a pipe nor a file");
}

/* A command in a parallel run: each process would start one. */
static void
refuse_command(const char *text)
{
	const char *rank = rank_text();

	if (rank == NULL || strtol(rank, NULL, 10) == 0)
		fprintf(stderr, "aprec: nothing is published, since each of "
		    "%ld processes would start \"%.60s\": "
		    "APREC_OUT=run.%%r.apr gives each its own file\n",
		    run_size(), text);
}

/* Whether every rank of a parallel run would write to the same place. */
static int
is_shared(const char *out)
{
	return run_size() > 1 && strstr(out, "%r") == NULL &&
	    strstr(out, "%p") == NULL;
}

static struct aprec_writer *
new_writer(void)
{
	struct aprec_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->fd = -1;
	w->round = 1;
	pthread_once(&forks_once, watch_forks);
	w->forks = atomic_load(&forks);
	w->run = random_run();
	pthread_mutex_init(&w->lock, NULL);
	atomic_init(&w->busy, 0);
	atomic_init(&w->control.interrupted, 0);
	w->control.fd = -1;
	if (env("APREC_CONTROL") != NULL) {
		set_control(w, expand(env("APREC_CONTROL")));
		w->control.given = 1;
	}
	default_source(w);
	if (env("APREC_DEBUG") != NULL && strcmp(env("APREC_DEBUG"), "0") != 0)
		w->cost = calloc(1, sizeof(*w->cost));
	return w;
}

struct aprec_writer *
aprec_open(const char *out)
{
	struct aprec_writer *w = new_writer();
	const char *given = out != NULL ? out : env("APREC_OUT");
	struct sockaddr_un at;
	char *path = NULL, why[512];
	int found = 0;

	if (w == NULL)
		return NULL;
	if (given == NULL)
		open_default(w);
	else if ((path = expand(given)) == NULL)
		out_of_memory(w);
	else if ((found = find_socket(path, &at, why, sizeof(why))) == -1)
		fail(w, "%s", why);
	else if (found == 1)
		open_socket(w, path, &at);
	else if (found == 0 && *path == '|' && run_size() > 1)
		refuse_command(path);
	else if (found == 0 && *path == '|')
		open_command(w, path);
	else if (found == 0 && is_shared(given))
		say_how("the output is shared");
	else if (found == 0)
		open_path(w, path);
	free(path);
	return w;
}

struct aprec_writer *
aprec_fdopen(int fd)
{
	struct aprec_writer *w = new_writer();
	char where[32];

	if (w == NULL)
		return NULL;
	snprintf(where, sizeof(where), "descriptor %d", fd);
	set_output(w, fd, 0, where, 0);
	return w;
}

/* The parent's run goes on; only our copy of its descriptor goes. */
static int
close_child(struct aprec_writer *w)
{
	if (w->fd != -1 && w->close_fd)
		close(w->fd);
	free_writer(w);
	return 0;
}

int
aprec_close(struct aprec_writer *w)
{
	int result, taken = 1;

	if (w == NULL)
		return -1;
	if (!is_ours(w))
		return close_child(w);
	if (!w->finished) {
		if (can_write(w) && w->behind && w->nputs == 0)
			fprintf(stderr, "aprec: the last state was skipped; "
			    "to have it sent, put it again before "
			    "aprec_close()\n");
		finish(w);
	}
	if (w->newest)
		taken = join_thread(w);
	if (w->fd != -1 && w->locked)
		flock(w->fd, LOCK_UN);	/* a child may have it, too */
	if (w->fd != -1 && w->close_fd && close(w->fd) == -1 && !w->ended)
		fail(w, "%s: %s", w->where, strerror(errno));
	if (w->command != 0)
		end_command(w, taken ? -1 : 1000, !taken);
	tell_unused(w);
	show_cost(w);
	result = w->error != NULL ? -1 : 0;
	free_writer(w);
	return result;
}
