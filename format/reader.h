/*
 * reader.h - bytes in pieces of any size, whole records out
 *
 *	while ((p = reader_space(r, &room)) != NULL &&
 *	    (n = read(fd, p, room)) > 0) {
 *		reader_fill(r, n);
 *		while ((e = reader_next(r, &rec, &told)) != READER_MORE)
 *			...
 *	}
 *	while (reader_end(r, &rec, &told) != READER_MORE)
 *		...
 *
 * Every byte that was fed comes out exactly once: in a record, or in a
 * report of bytes passed over.  A record that comes out has a right header
 * CRC, table, padding and trailer, and after a loss a run that is known or
 * a data CRC that is right.  After any failure the search goes on 8 bytes
 * behind the bad magic, never at a claimed end.
 *
 * A stream may be compressed (aprec(5)): it is known by its first bytes, and
 * may change between records and frames.  Then places are bytes of the stream
 * as it was fed: what is said of a record is where its frame begins, and
 * bytes passed over within a frame are counted without compression.  No
 * record of a frame with a checksum comes out before all of it is right.
 */
#ifndef READER_H
#define READER_H

#include "record.h"

enum reader_event {
	READER_MORE,		/* nothing more until more bytes are fed */
	READER_RECORD,		/* *rec is a record: record_drop() it */
	READER_TEXT,		/* text before the first record passed over */
	READER_LOST,		/* bytes passed over */
	READER_UNSUPPORTED,	/* a whole record of a kind not known here */
	READER_FAILED		/* out of memory: errno; call again later */
};

/* What was passed over. */
struct reader_loss {
	uint64_t	 at;	/* byte of the stream it began at */
	uint64_t	 bytes;
	const char	*why;	/* constant text */
	const char	*text;	/* READER_TEXT: its bytes, until the next call;
				 * unchecked, make them safe before showing */
};

struct reader;

/*
 * Blocks come from pool; a length above max_record bytes is not believed: such
 * a record is passed over as READER_LOST.  Memory is given for what has come,
 * not for what is claimed.  NULL: out of memory.
 */
struct reader *reader_new(struct pool *pool, uint64_t max_record);
/* The blocks of records that are still held live on. */
void reader_free(struct reader *r);

/*
 * From now on records that follow each other in memory, with one run and
 * table and rising seq, none final, come out as a train: one record, the last,
 * which supersedes the others.  They lie before it: train of them, of its
 * length, from bytes - train * length.  This is what makes small records
 * cheap to forward.
 */
void reader_trains(struct reader *r);

/*
 * Where the next bytes of the stream go, *room of them, at least 1.  The
 * same place until reader_fill().  NULL with errno ENOBUFS when the pool is
 * at its limit, ENOMEM.
 */
void *reader_space(struct reader *r, size_t *room);
void reader_fill(struct reader *r, size_t n);

/* Copies instead: takes len bytes; -1 with errno as above, nothing taken
 * beyond *taken. */
int reader_feed(struct reader *r, const void *buf, size_t len,
    size_t *taken);

enum reader_event reader_next(struct reader *r, struct record **rec,
    struct reader_loss *loss);

/*
 * After the last byte: records found in what a torn one claimed, and the
 * torn tail as READER_LOST; READER_MORE when all is said.
 */
enum reader_event reader_end(struct reader *r, struct record **rec,
    struct reader_loss *loss);

/* Pass over all that was fed and not handed out, since there is no memory for
 * it: reader_next() reports it. */
void reader_give_up(struct reader *r);

/* The caller has passed over the n bytes of the stream that come next. */
void reader_skip(struct reader *r, size_t n);

/* Bytes that a reader whose reader_space() or reader_next() has failed wants
 * from the pool. */
size_t reader_wants(const struct reader *r);

/* Byte of the stream behind the last record, or the frame it was in, or
 * report. */
uint64_t reader_offset(const struct reader *r);

/*
 * Byte of the stream at which the last record, or the frame it was in,
 * begins; *bytes, when not NULL, is the length of that in the stream.  To be
 * asked before reader_next() is called again.
 */
uint64_t reader_place(const struct reader *r, uint64_t *bytes);

/* Bytes of a record of which the head has come and the rest has not; 0 when
 * the reader stands between records. */
uint64_t reader_partial(const struct reader *r);

#endif
