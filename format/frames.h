/*
 * frames.h - a compressed stream in, the contents of its frames out
 *
 * What a reader (reader.h) has in front of it where its stream is compressed.
 * The contents of a frame with a checksum come out once all of it is there
 * and right; others, and those above the limit, come out as they come in.
 * After a bad frame the search for the next goes on one byte behind its
 * beginning.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "zstd.h"

enum frames_event {
	FRAMES_MORE,		/* nothing until more bytes are fed */
	FRAMES_CONTENT,		/* frames_take() them */
	FRAMES_LOST,		/* bytes passed over */
	FRAMES_PLAIN,		/* a record, not compressed: frames_rest() */
	FRAMES_FAILED		/* out of memory: errno; call again later */
};

struct frames;

/* limit: bytes of the contents of a frame that are taken at once.  at: the
 * place of the first byte in the stream.  NULL: out of memory, errno. */
struct frames *frames_new(struct pool *pool, uint64_t limit, uint64_t at);
void frames_free(struct frames *f);

/* As those of a reader. */
void *frames_space(struct frames *f, size_t *room);
void frames_fill(struct frames *f, size_t n);
void frames_give_up(struct frames *f, const char *why);
void frames_skip(struct frames *f, size_t n, const char *why);
uint64_t frames_offset(const struct frames *f);
size_t frames_wants(const struct frames *f);
/* Bytes fed and not yet told of. */
size_t frames_pending(const struct frames *f);
/* No more bytes come. */
void frames_end(struct frames *f);

/* FRAMES_LOST: *at, *bytes and *why are set. */
enum frames_event frames_next(struct frames *f, uint64_t *at,
    uint64_t *bytes, const char **why);

/* What came last with FRAMES_CONTENT. */
int frames_proved(const struct frames *f);	/* has a right checksum */
size_t frames_size(const struct frames *f);	/* 0: what there is room for */
uint64_t frames_at(const struct frames *f);	/* where the frame begins */

/*
 * Decompress: frames_size() bytes to out, or up to *room where that is 0; the
 * bytes that came are *room.  -1: it is damaged, frames_next() tells.
 */
int frames_take(struct frames *f, void *out, size_t *room);

/* What has been fed and is not compressed, *n bytes. */
const uint8_t *frames_rest(const struct frames *f, size_t *n);

#endif
