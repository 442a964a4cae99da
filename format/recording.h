/*
 * recording.h - find the place in a recording without reading it all
 *
 * A place is an offset in the file where a reader may begin: of a record in a
 * plain recording, of a frame in a compressed one.  Recaps (recap.h) are found
 * from the end backwards, the first of them by hopping from header to header
 * (in compressed ones by the mark that stands before), the others because each
 * tells where the one before it is.  A recap is believed where it says that
 * it stands, if all of its records are there.
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
	uint64_t	 records;	/* of the recap there, which has the
					 * whole state; 0: the beginning */
};

/* What is looked for: the end, or a value of this kind. */
enum recording_by {
	RECORDING_END, RECORDING_WALL, RECORDING_STEP, RECORDING_BYTE
};

struct recording_target {
	enum recording_by kind;
	int64_t		 value;
};

/*
 * All return 0, or -1 with errno (EINVAL: not a recording).
 */

/*
 * The last recap before the target: whose first source's last row (its seq
 * where it has no step) is before it; or the beginning.
 */
int recording_find(const struct recording *r,
    const struct recording_target *target, struct place *p);

/*
 * Wall time of the first record, and of the newest in the last recap and what
 * follows it.
 */
int recording_span(const struct recording *r, int64_t *first, int64_t *last);

/*
 * All records from a place on: take(arg, rec, p, n) gets each, n from 1, and
 * keeps it by record_hold().  Damage is passed over.
 */
int recording_read(const struct recording *r, const struct place *p,
    void (*take)(void *arg, struct record *rec, const struct place *p,
    uint64_t n), void *arg);

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
