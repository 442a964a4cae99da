/*
 * frames.c - see frames.h
 *
 * What is always true: bytes [parse, fill) of the block are those fed and not
 * yet told of, and offset is the place of the first of them in the stream.
 * From stage WALK on a frame begins at parse, but in STREAM, where its last
 * block does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "record.h"

#define CHUNK		(256 * 1024)
#define TABLE_MAX	(64 << 20)	/* bytes of a seek table */
#define SKIPPED		(64 * 1024)	/* of a frame we do not know */
#define EMPTY		32	/* of one that ends, without contents */

static const char not_frame[] = "not a frame of zstd";
static const char cut_short[] = "a frame cut short";
static const char damaged[] = "a damaged frame";

enum stage {
	BETWEEN,	/* behind a frame, or at the beginning */
	SEEK,		/* looking for a frame */
	HEAD,		/* at the head of one */
	WALK,		/* until all of it is there */
	STREAM,		/* in one that comes in pieces */
	READY		/* one is there whole */
};

struct frames {
	struct pool	*pool;
	uint64_t	 limit;
	struct unzip	*unzip;
	struct block	*block;		/* or NULL */
	size_t		 parse;
	size_t		 fill;
	uint64_t	 offset;
	uint64_t	 at;		/* where the frame of the contents is */
	enum stage	 stage;
	int		 ended;
	size_t		 piece;		/* STREAM: bytes of a whole block, */
	int		 full;		/* or there was no more room; */
	int		 made;		/* something has come out of it */
	int		 good;		/* one was a frame, or the stream began
					 * as one */
	struct zstd_frame frame;
	uint64_t	 lost_at;
	uint64_t	 lost;		/* bytes passed over, not yet told */
	const char	*why;
};

struct frames *
frames_new(struct pool *pool, uint64_t limit, uint64_t at)
{
	struct frames *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->pool = pool;
	f->limit = limit;
	f->offset = f->at = at;
	f->good = at == 0;
	if ((f->unzip = unzip_new(pool)) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
frames_free(struct frames *f)
{
	if (f == NULL)
		return;
	unzip_free(f->unzip);
	if (f->block != NULL)
		block_drop(f->block);
	free(f);
}

/* The next block: twice as large where one frame fills it. */
static size_t
block_size(const struct frames *f)
{
	size_t have = f->fill - f->parse;

	if (f->block == NULL)
		return CHUNK;
	return have > f->block->size / 2 ? 2 * f->block->size :
	    f->block->size;
}

void *
frames_space(struct frames *f, size_t *room)
{
	size_t have = f->fill - f->parse, size = block_size(f);
	struct block *b = f->block;

	if (b == NULL || f->fill == b->size) {
		if (b != NULL && size == b->size) {
			memmove(b->bytes, b->bytes + f->parse, have);
		} else {
			if ((b = block_new(f->pool, size)) == NULL)
				return NULL;
			if (f->block != NULL) {
				memcpy(b->bytes, f->block->bytes + f->parse,
				    have);
				block_drop(f->block);
			}
			f->block = b;
		}
		f->parse = 0;
		f->fill = have;
	}
	*room = b->size - f->fill;
	return b->bytes + f->fill;
}

size_t
frames_wants(const struct frames *f)
{
	return f->stage == STREAM ? (size_t)f->frame.window + 3 * ZSTD_BLOCK :
	    block_size(f);
}

void
frames_fill(struct frames *f, size_t n)
{
	f->fill += n;
}

void
frames_end(struct frames *f)
{
	f->ended = 1;
}

uint64_t
frames_offset(const struct frames *f)
{
	return f->offset;
}

uint64_t
frames_at(const struct frames *f)
{
	return f->at;
}

size_t
frames_pending(const struct frames *f)
{
	return f->fill - f->parse;
}

int
frames_proved(const struct frames *f)
{
	return f->stage == READY && f->frame.checked;
}

size_t
frames_size(const struct frames *f)
{
	return f->stage == READY ? (size_t)f->frame.content : 0;
}

const uint8_t *
frames_rest(const struct frames *f, size_t *n)
{
	*n = f->fill - f->parse;
	return f->block->bytes + f->parse;
}

/*
 * What is passed over
 */

static void
lose(struct frames *f, size_t n, const char *why)
{
	if (n == 0)
		return;
	if (f->lost == 0) {
		f->lost_at = f->offset;
		f->why = why;
	}
	f->lost += n;
	f->offset += n;
}

/* What was read of a frame that comes in pieces was none, since nothing came
 * out of it: zeros, say, are blocks without contents. */
static void
regret(struct frames *f, const char *why)
{
	if (f->stage != STREAM || f->made || f->offset == f->at)
		return;
	f->lost_at = f->at;
	f->lost = f->offset - f->at;
	f->why = why;
}

/* The frame at parse, or what is left of it, is bad. */
static void
leave(struct frames *f, const char *why)
{
	unzip_end(f->unzip);
	regret(f, why);
	f->stage = SEEK;
	if (f->parse == f->fill)	/* its last block is used up */
		return;
	lose(f, 1, why);
	f->parse++;
}

static void
step_over(struct frames *f, size_t n)
{
	f->parse += n;
	f->offset += n;
}

void
frames_skip(struct frames *f, size_t n, const char *why)
{
	unzip_end(f->unzip);
	regret(f, why);
	f->stage = SEEK;
	lose(f, f->fill - f->parse + n, why);
	f->parse = f->fill;
}

void
frames_give_up(struct frames *f, const char *why)
{
	frames_skip(f, 0, why);
}

/*
 * The next frame
 */

/* The first place in n bytes where a record begins, or may do so; n: none. */
static size_t
find_record(const struct frames *f, const uint8_t *p, size_t n)
{
	size_t m;

	for (size_t at = 0; at < n; at++) {
		m = n - at < sizeof(record_magic) ? n - at :
		    sizeof(record_magic);
		if (p[at] == record_magic[0] &&
		    memcmp(p + at, record_magic, m) == 0 &&
		    (m == sizeof(record_magic) || !f->ended))
			return at;
	}
	return n;
}

/*
 * While no frame was good, what looked like one may stand among bytes that are
 * not compressed: -1 where a record begins before the frame, 1 where one may,
 * else 0.
 */
static int
find_any(struct frames *f, size_t frame)
{
	const uint8_t *p = f->block->bytes + f->parse;
	size_t n = f->fill - f->parse, at;

	if (f->good || (at = find_record(f, p, n)) >= frame)
		return 0;
	if (at > 0)
		f->stage = SEEK;
	lose(f, at, not_frame);
	f->parse += at;
	return n - at < sizeof(record_magic) ? 1 : -1;
}

/* Behind a frame, or behind what was lost: 1 where a frame begins, 0 where
 * more bytes are needed, -1 where a record does. */
static int
find_frame(struct frames *f)
{
	const uint8_t *p = f->block->bytes + f->parse;
	size_t n = f->fill - f->parse, at;
	size_t m = n < sizeof(record_magic) ? n : sizeof(record_magic);
	int found;

	if (f->stage == BETWEEN && memcmp(p, record_magic, m) == 0) {
		if (m == sizeof(record_magic))
			return -1;
		if (!f->ended)
			return 0;
	}
	at = zstd_find(p, n);
	while (f->ended && at < n && zstd_begins(p + at, n - at) == -1)
		at++;
	if ((found = find_any(f, at)) != 0)
		return found == -1 ? -1 : 0;
	if (at > 0)
		f->stage = SEEK;
	lose(f, at, not_frame);
	f->parse += at;
	return at < n && zstd_begins(p + at, n - at) == 1;
}

/* A skippable frame of a kind that is not ours: is it one?  1, 0: more bytes
 * are needed, -1. */
static int
is_skippable(struct frames *f, const uint8_t *p, size_t n)
{
	int table, e = -1;

	if (zstd_is_ours(p, f->frame.length, &table))
		return 1;
	if (table || f->frame.content > SKIPPED)
		return -1;
	if (n > f->frame.length)
		e = zstd_begins(p + f->frame.length, n - f->frame.length);
	if (e == -1)
		return f->ended ? n == f->frame.length : 0;
	if (e == 0 && p[f->frame.length] == record_magic[0])
		return 1;
	return e == 1 ? 1 : -1;
}

enum verdict { WAIT, GOOD, BAD, NO_MEMORY };

static enum verdict
examine_head(struct frames *f, const uint8_t *p, size_t n, const char **why)
{
	switch (zstd_head(&f->frame, p, n, why)) {
	case 0:
		return WAIT;
	case -1:
		return BAD;
	}
	if (f->frame.skippable && f->frame.content > TABLE_MAX) {
		*why = damaged;
		return BAD;
	}
	f->at = f->offset;
	f->stage = WALK;
	if (f->frame.skippable ||
	    (f->frame.known && f->frame.content <= f->limit))
		return GOOD;
	if (unzip_begin(f->unzip, &f->frame) == -1) {
		f->stage = HEAD;
		*why = "a frame with too large a window";
		return errno == EFBIG ? BAD : NO_MEMORY;
	}
	f->stage = STREAM;
	f->piece = 0;
	f->full = f->made = 0;
	return GOOD;
}

static enum verdict
examine_piece(struct frames *f, const uint8_t *p, size_t n, const char **why)
{
	if (f->piece > 0 || f->full)
		return GOOD;
	switch (zstd_walk(&f->frame, p, n, why)) {
	case 0:
		return WAIT;
	case -1:
		return BAD;
	}
	f->piece = f->frame.length;
	return GOOD;
}

static enum verdict
examine_blocks(struct frames *f, const uint8_t *p, size_t n, const char **why)
{
	size_t nothing;
	int w;

	do
		w = zstd_walk(&f->frame, p, n, why);
	while (w == 2);
	if (w == -1)
		return BAD;
	/* Flushed often a frame may be longer than what is in it. */
	if ((f->frame.length + (w == 0 ? n - f->frame.length : 0)) / 2 >
	    f->frame.content + ((size_t)1 << 20) && !f->frame.skippable) {
		*why = damaged;
		return BAD;
	}
	if (w == 0)
		return WAIT;
	if (!f->frame.skippable) {
		f->stage = READY;
		if (f->frame.content > 0)
			return GOOD;
		(void)frames_take(f, f->block->bytes, &nothing);
		return GOOD;
	}
	w = is_skippable(f, p, n);
	*why = damaged;
	if (w == 1) {
		step_over(f, f->frame.length);
		f->stage = BETWEEN;
		f->good = 1;
	}
	return w == 0 ? WAIT : w == 1 ? GOOD : BAD;
}

/* As far as the bytes go: GOOD when there are contents to take, or the stage
 * is SEEK or BETWEEN again. */
static enum verdict
examine(struct frames *f, const char **why)
{
	const uint8_t *p = f->block->bytes + f->parse;
	size_t n = f->fill - f->parse;
	enum verdict v = GOOD;

	if (f->stage == HEAD)
		v = examine_head(f, p, n, why);
	if (v == GOOD && f->stage == WALK)
		v = examine_blocks(f, p, n, why);
	if (v == GOOD && f->stage == STREAM)
		v = examine_piece(f, p, n, why);
	return v;
}

static enum frames_event
report(struct frames *f, uint64_t *at, uint64_t *bytes, const char **why)
{
	*at = f->lost_at;
	*bytes = f->lost;
	*why = f->why;
	f->lost = 0;
	return FRAMES_LOST;
}

enum frames_event
frames_next(struct frames *f, uint64_t *at, uint64_t *bytes,
    const char **why)
{
	int found;

	for (;;) {
		if (f->stage == BETWEEN || f->stage == SEEK) {
			found = f->parse == f->fill ? 0 : find_frame(f);
			if (found != 1 && f->lost > 0)
				return report(f, at, bytes, why);
			if (found != 1)
				return found == 0 ? FRAMES_MORE :
				    FRAMES_PLAIN;
			f->stage = HEAD;
		}
		switch (examine(f, why)) {
		case WAIT:
			if (f->ended) {
				leave(f, cut_short);
				break;
			}
			return f->lost > 0 ? report(f, at, bytes, why) :
			    FRAMES_MORE;
		case BAD:
			leave(f, *why);
			break;
		case GOOD:
			if (f->stage != READY && f->stage != STREAM)
				break;
			return f->lost > 0 ? report(f, at, bytes, why) :
			    FRAMES_CONTENT;
		case NO_MEMORY:
			return FRAMES_FAILED;
		}
	}
}

/* The next bytes of a frame that comes in pieces. */
static int
take_some(struct frames *f, void *out, size_t *room)
{
	const uint8_t *p = f->block->bytes + f->parse;
	size_t n = f->piece, most = *room;
	int e = unzip_some(f->unzip, out, room, p, &n);

	f->full = *room == most;
	f->made |= *room > 0;
	f->good |= *room > 0;
	if (e == -1 || (e == 0 && !f->full && f->frame.last &&
	    n == f->piece)) {
		leave(f, damaged);
		return -1;
	}
	step_over(f, n);
	f->frame.length -= n;
	f->piece -= n;
	if (e == 1) {
		unzip_end(f->unzip);
		if (f->offset - f->at > EMPTY)
			regret(f, damaged);
		f->stage = BETWEEN;
	}
	return 0;
}

int
frames_take(struct frames *f, void *out, size_t *room)
{
	const uint8_t *p = f->block->bytes + f->parse;

	if (f->stage == STREAM)
		return take_some(f, out, room);
	*room = (size_t)f->frame.content;
	if (unzip_whole(f->unzip, out, *room, p, f->frame.length) == -1) {
		leave(f, damaged);
		return -1;
	}
	f->good = 1;
	step_over(f, f->frame.length);
	f->stage = BETWEEN;
	return 0;
}
