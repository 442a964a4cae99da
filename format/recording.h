/*
 * recording.h - find the place in a recording without reading it all
 *
 * A place is an offset in the file where a reader may begin: of a record in a
 * plain recording, of a frame in a compressed one.  What stands there is
 * checked: magic, header CRC, table, trailer and data CRC of a record; a frame
 * by decompressing it.
 *
 * Wall times, and steps, are taken to rise through the file, as far as its
 * sources agree; where they do not, a place may be too early or too late by
 * what they differ.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <sys/types.h>

#include <stdint.h>

#include "record.h"

/* The file: size bytes, read as by pread(2). */
struct recording {
	ssize_t		 (*read)(void *arg, void *buf, size_t n, uint64_t at);
	void		*arg;
	uint64_t	 size;
	struct pool	*pool;		/* for what is looked at */
};

struct place {
	uint64_t	 at;		/* offset in the file */
	int		 recap;		/* 1: a recap (recap.h), so who begins
					 * here has the whole state; 0: the
					 * beginning of the file */
};

/*
 * All return 0, or -1 with errno (EINVAL: not a recording).
 */

/* The last recap, or the beginning. */
int recording_last(const struct recording *r, struct place *p);

/*
 * The last recap before the first record for which before() is 0, or the
 * beginning.  before(arg, rec) says whether rec lies before what is looked
 * for: 1, 0, or -1 where the record does not tell.
 */
int recording_find(const struct recording *r,
    int (*before)(void *arg, const struct record *rec), void *arg,
    struct place *p);

/* Wall time of the first record, and about that of the last. */
int recording_span(const struct recording *r, int64_t *first, int64_t *last);

/*
 * What a recap at the end of a plain recording would have, found by hopping
 * from header to header and reading numbers alone: take(arg, rec) gets each
 * record, histories first, and keeps it by record_hold().  *end: where the
 * last whole record ends; a reader goes on there.  For recordings without
 * recaps.
 */
int recording_hop(const struct recording *r,
    void (*take)(void *arg, struct record *rec), void *arg, uint64_t *end);

#endif
