/*
 * zstd.h - frames of zstd (RFC 8878): how long, what is in them
 *
 * The one place that knows libzstd.  zstd_head() and zstd_walk() look at a
 * frame as it comes, without decompressing it: where it ends stands in the
 * heads of its blocks.
 */
#ifndef FORMAT_ZSTD_H
#define FORMAT_ZSTD_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

#define ZSTD_BLOCK	(128 * 1024)	/* no block has more contents */
#define ZSTD_RECAP	0x184D2A5Bu	/* skippable frame before a recap, */
#define ZSTD_RECAP_TEXT	"aprec recap\n"	/* and what it holds */

struct zstd_frame {
	int		 skippable;
	int		 checked;	/* has a checksum */
	int		 known;		/* tells the size of its contents: */
	uint64_t	 content;
	uint64_t	 window;	/* what reading it in pieces takes */
	size_t		 length;	/* walked so far; at the end all */
	size_t		 block;		/* where the last piece walked begins */
	int		 last;		/* that is the last block */
};

/* Whether a frame of any kind begins so: 1; 0 no; -1 the n bytes are too few
 * to tell. */
int zstd_begins(const uint8_t *p, size_t n);
/* The first place in n bytes where zstd_begins() is not 0; n: none. */
size_t zstd_find(const uint8_t *p, size_t n);

/*
 * Look at the head of the frame at p: 1; 0: more bytes are needed; -1: none
 * that can be read here, and *why.
 */
int zstd_head(struct zstd_frame *f, const uint8_t *p, size_t n,
    const char **why);
/* Go on over its next block, n bytes being there: 1: over the end of the
 * frame; 2: over a block that is not the last; 0 and -1 as above. */
int zstd_walk(struct zstd_frame *f, const uint8_t *p, size_t n,
    const char **why);
/*
 * Whether a skippable frame that is whole is one of ours, a recap's mark or a
 * seek table (*table), exactly.
 */
int zstd_is_ours(const uint8_t *p, size_t length, int *table);

#define ZSTD_TABLE_MOST	0x8000000u	/* frames of a seek table */
/* What stands before and behind its n entries, which have 8 bytes each: those
 * of a frame, those of its contents. */
void zstd_table(uint8_t head[8], uint8_t foot[9], size_t n);

/*
 * Decompressing.  What it costs is charged to the pool; -1 with errno
 * ENOBUFS or ENOMEM where that fails.
 */
struct unzip;

struct unzip *unzip_new(struct pool *pool);
void unzip_free(struct unzip *u);

/* A whole frame of n bytes, with content size, into that many bytes: 0; -1:
 * damaged. */
int unzip_whole(struct unzip *u, void *out, size_t size, const uint8_t *p,
    size_t n);

/* A frame in pieces. */
int unzip_begin(struct unzip *u, const struct zstd_frame *f);
/*
 * *n bytes at p into *room bytes at out; sets both to what was used.  1 at
 * the end of the frame, 0, -1: damaged.  While room is used up there may be
 * more without new bytes.
 */
int unzip_some(struct unzip *u, void *out, size_t *room, const uint8_t *p,
    size_t *n);
void unzip_end(struct unzip *u);

/*
 * Compressing.  What it costs is charged as it is known.
 */
struct zip;

/* level: 1 to zip_levels().  NULL: out of memory, errno. */
struct zip *zip_new(struct pool *pool, int level);
void zip_free(struct zip *z);
int zip_levels(void);
/* Bytes that a frame of size bytes may have. */
size_t zip_bound(size_t size);

/* One frame, with content size and checksum, into room bytes; 0: no room or
 * no memory. */
size_t zip_whole(struct zip *z, void *out, size_t room, const void *in,
    size_t size);
/* The same in pieces to put(), which returns -1 with errno where it fails;
 * buf has room bytes.  Returns its length; 0: it failed, errno. */
size_t zip_pieces(struct zip *z, const void *in, size_t size, void *buf,
    size_t room, int (*put)(void *arg, const void *p, size_t n), void *arg);

#endif
