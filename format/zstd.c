/*
 * zstd.c - see zstd.h
 *
 * What is always true: nothing of a frame is believed but what lies in the
 * bytes that are there, and what a context costs is charged to the pool
 * before it is allocated, or put right as soon as it is known.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "zstd.h"

#define WINDOW_MAX	((uint64_t)1 << 27)	/* as zstd(1) takes */
#define TABLE		0x184D2A5Eu	/* a seek table's frame, and the last */
#define TABLE_END	0x8F92EAB1u	/* bytes in it */
#define TABLE_FOOT	9

static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
static const uint8_t skippable[3] = { 0x2a, 0x4d, 0x18 };

static uint64_t
get_le(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/*
 * Frames
 */

int
zstd_begins(const uint8_t *p, size_t n)
{
	size_t m = n < 4 ? n : 4;

	if (n == 0)
		return -1;
	if (memcmp(p, magic, m) != 0 && (p[0] >> 4 != 5 ||
	    memcmp(p + 1, skippable, m - 1) != 0))
		return 0;
	return n < 4 ? -1 : 1;
}

size_t
zstd_find(const uint8_t *p, size_t n)
{
	const uint8_t *q = p, *end = p + n;

	for (; q < end; q++)
		if ((*q == magic[0] || *q >> 4 == 5) &&
		    zstd_begins(q, (size_t)(end - q)) != 0)
			break;
	return (size_t)(q - p);
}

static int
bad(const char **why, const char *text)
{
	*why = text;
	return -1;
}

static int
head_skippable(struct zstd_frame *f, const uint8_t *p, size_t n)
{
	if (n < 8)
		return 0;
	f->skippable = 1;
	f->content = get_le(p + 4, 4);
	f->known = 1;
	f->length = 8;
	return 1;
}

int
zstd_head(struct zstd_frame *f, const uint8_t *p, size_t n, const char **why)
{
	static const unsigned dict_bytes[4] = { 0, 1, 2, 4 };
	static const unsigned size_bytes[4] = { 0, 2, 4, 8 };
	unsigned flags, single, dict, size;
	size_t at = 5;

	memset(f, 0, sizeof(*f));
	if (n < 5)
		return 0;
	if (memcmp(p, magic, 4) != 0)
		return head_skippable(f, p, n);
	flags = p[4];
	single = flags >> 5 & 1;
	dict = dict_bytes[flags & 3];
	size = single && flags >> 6 == 0 ? 1 : size_bytes[flags >> 6];
	if (flags & 8)
		return bad(why, "a damaged frame");
	if (n < at + !single + dict + size)
		return 0;
	if (!single) {
		uint64_t base = (uint64_t)1 << (10 + (p[at] >> 3));

		f->window = base + base / 8 * (p[at] & 7);
		at++;
	}
	if (get_le(p + at, dict) != 0)
		return bad(why, "a frame that needs a dictionary");
	at += dict;
	f->checked = flags >> 2 & 1;
	f->known = size > 0;
	f->content = get_le(p + at, size) + (size == 2 ? 256 : 0);
	if (single)
		f->window = f->content;
	f->length = at + size;
	return 1;
}

int
zstd_walk(struct zstd_frame *f, const uint8_t *p, size_t n, const char **why)
{
	uint64_t most = f->window < ZSTD_BLOCK ? f->window : ZSTD_BLOCK;
	size_t left, size;
	unsigned type;
	uint64_t head;

	if (f->skippable) {
		if (n < 8 + f->content)
			return 0;
		f->length = (size_t)(8 + f->content);
		return 1;
	}
	left = n - f->length;
	if (left < 3)
		return 0;
	head = get_le(p + f->length, 3);
	type = head >> 1 & 3;
	size = (size_t)(head >> 3);
	if (type == 3 || size > most)
		return bad(why, "a damaged frame");
	if (type == 1)
		size = 1;
	size += 3 + (head & 1 ? 4 * (size_t)f->checked : 0);
	if (left < size)
		return 0;
	f->block = f->length;
	f->length += size;
	f->last = head & 1;
	return f->last ? 1 : 2;
}

int
zstd_is_ours(const uint8_t *p, size_t length, int *table)
{
	const uint8_t *end = p + length;
	uint32_t m = (uint32_t)get_le(p, 4);

	*table = 0;
	if (m == ZSTD_RECAP)
		return length == 8 + sizeof(ZSTD_RECAP_TEXT) - 1 &&
		    memcmp(p + 8, ZSTD_RECAP_TEXT, length - 8) == 0;
	if (m != TABLE || length < 8 + TABLE_FOOT ||
	    get_le(end - 4, 4) != TABLE_END)
		return 0;
	*table = 1;
	return length - 8 - TABLE_FOOT ==
	    get_le(end - 9, 4) * (end[-5] & 0x80 ? 12 : 8);
}

static void
put_le32(uint8_t *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void
zstd_table(uint8_t head[8], uint8_t foot[TABLE_FOOT], size_t n)
{
	put_le32(head, TABLE);
	put_le32(head + 4, 8 * n + TABLE_FOOT);
	put_le32(foot, n);
	foot[4] = 0;		/* no checksums: each frame has its own */
	put_le32(foot + 5, TABLE_END);
}

/*
 * Decompressing
 */

struct unzip {
	struct pool	*pool;
	ZSTD_DCtx	*context;
	size_t		 charged;
	size_t		 streaming;	/* of that, for a frame in pieces */
};

struct unzip *
unzip_new(struct pool *pool)
{
	struct unzip *u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return NULL;
	u->pool = pool;
	if ((u->context = ZSTD_createDCtx()) == NULL) {
		free(u);
		errno = ENOMEM;
		return NULL;
	}
	u->charged = sizeof(*u) + ZSTD_sizeof_DCtx(u->context);
	if (pool_charge(pool, u->charged) == -1) {
		ZSTD_freeDCtx(u->context);
		free(u);
		errno = ENOBUFS;
		return NULL;
	}
	return u;
}

void
unzip_free(struct unzip *u)
{
	if (u == NULL)
		return;
	unzip_end(u);
	ZSTD_freeDCtx(u->context);
	pool_credit(u->pool, u->charged);
	free(u);
}

int
unzip_whole(struct unzip *u, void *out, size_t size, const uint8_t *p,
    size_t n)
{
	return ZSTD_decompressDCtx(u->context, out, size, p, n) == size ?
	    0 : -1;
}

int
unzip_begin(struct unzip *u, const struct zstd_frame *f)
{
	/* The window, and a block on either side of it. */
	size_t size = (size_t)f->window + 3 * ZSTD_BLOCK;

	if (f->window > WINDOW_MAX || size > u->pool->limit / 2) {
		errno = EFBIG;
		return -1;
	}
	if (pool_charge(u->pool, size) == -1)
		return -1;
	u->streaming = size;
	return 0;
}

int
unzip_some(struct unzip *u, void *out, size_t *room, const uint8_t *p,
    size_t *n)
{
	ZSTD_outBuffer o = { out, *room, 0 };
	ZSTD_inBuffer i = { p, *n, 0 };
	size_t r = ZSTD_decompressStream(u->context, &o, &i);

	*room = o.pos;
	*n = i.pos;
	return ZSTD_isError(r) ? -1 : r == 0;
}

/* What a frame in pieces took is given back only with the context. */
void
unzip_end(struct unzip *u)
{
	ZSTD_DCtx *fresh;

	if (u->streaming == 0)
		return;
	pool_credit(u->pool, u->streaming);
	u->streaming = 0;
	ZSTD_DCtx_reset(u->context, ZSTD_reset_session_only);
	if ((fresh = ZSTD_createDCtx()) != NULL) {
		ZSTD_freeDCtx(u->context);
		u->context = fresh;
	}
}

/*
 * Compressing
 */

struct zip {
	struct pool	*pool;
	ZSTD_CCtx	*context;
	size_t		 charged;
};

/* Charge what the context has grown by, if it can be; else the next time. */
static void
zip_charge(struct zip *z)
{
	size_t size = sizeof(*z) + ZSTD_sizeof_CCtx(z->context);

	if (size > z->charged && pool_charge(z->pool, size - z->charged) == 0)
		z->charged = size;
}

struct zip *
zip_new(struct pool *pool, int level)
{
	struct zip *z;

	if ((z = calloc(1, sizeof(*z))) == NULL)
		return NULL;
	z->pool = pool;
	if ((z->context = ZSTD_createCCtx()) == NULL) {
		free(z);
		errno = ENOMEM;
		return NULL;
	}
	ZSTD_CCtx_setParameter(z->context, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(z->context, ZSTD_c_checksumFlag, 1);
	zip_charge(z);
	return z;
}

void
zip_free(struct zip *z)
{
	if (z == NULL)
		return;
	ZSTD_freeCCtx(z->context);
	pool_credit(z->pool, z->charged);
	free(z);
}

int
zip_levels(void)
{
	return ZSTD_maxCLevel();
}

size_t
zip_bound(size_t size)
{
	return ZSTD_compressBound(size);
}

size_t
zip_whole(struct zip *z, void *out, size_t room, const void *in, size_t size)
{
	size_t n = ZSTD_compress2(z->context, out, room, in, size);

	zip_charge(z);
	return ZSTD_isError(n) ? 0 : n;
}

size_t
zip_pieces(struct zip *z, const void *in, size_t size, void *buf,
    size_t room, int (*put)(void *arg, const void *p, size_t n), void *arg)
{
	ZSTD_inBuffer i = { in, size, 0 };
	size_t left, total = 0;

	ZSTD_CCtx_reset(z->context, ZSTD_reset_session_only);
	ZSTD_CCtx_setPledgedSrcSize(z->context, size);
	do {
		ZSTD_outBuffer o = { buf, room, 0 };

		left = ZSTD_compressStream2(z->context, &o, &i, ZSTD_e_end);
		if (ZSTD_isError(left)) {
			errno = ENOMEM;
			return 0;
		}
		if (o.pos > 0 && put(arg, buf, o.pos) == -1)
			return 0;
		total += o.pos;
	} while (left > 0);
	zip_charge(z);
	return total;
}
