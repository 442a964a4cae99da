/*
 * outlet.h - records to a file or to stdout, always whole
 *
 * A file ends with its last whole record, also when a write has failed; the
 * records in it have data CRCs, or frames with checksums.
 */
#ifndef OUTLET_H
#define OUTLET_H

#include <sys/types.h>

#include <signal.h>

#include "format/buffer.h"
#include "format/pack.h"
#include "format/record.h"

struct outlet {
	const char	*name;
	int		 fd;
	int		 regular;
	off_t		 size;		/* of a file's whole records */
	struct buffer	 held;		/* whole records, not yet written */
	struct pack	*pack;		/* NULL: not compressed */
	/* For handlers of signals: */
	volatile sig_atomic_t writing;	/* a record may be in half */
	volatile sig_atomic_t stop;	/* set it: write only what is begun */
};

/*
 * Open path for records of the input; NULL: stdout.  Ends with a message if
 * it is a terminal, the input itself, a file that is being recorded to, or,
 * without force, one that is there already.
 */
void outlet_open(struct outlet *o, const char *path, int force, int input);

/* Write it compressed, with memory of pool: before the first record. */
void outlet_compress(struct outlet *o, struct pool *pool);

/*
 * Write a record, by the next outlet_flush() at the latest.  -1 with errno:
 * EINTR where stop was set before a record was begun, EPIPE where the reader
 * has left.
 */
int outlet_put(struct outlet *o, const struct record *r);
int outlet_flush(struct outlet *o);
/* Flushes, too. */
int outlet_close(struct outlet *o);

#endif
