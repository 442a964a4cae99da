/*
 * pack.h - records into independent frames of zstd (aprec(5), COMPRESSION)
 *
 *	if (pack_add(p, rec) == 0)
 *		pack_flush(p), pack_add(p, rec)
 *	...
 *	pack_flush(p)
 *
 * A frame has whole records, as many as were added since the last.  Where
 * asked to, numbers are shuffled (encoding 1) as far as that makes less of
 * them, which a sample of each field tells now and then.
 */
#ifndef PACK_H
#define PACK_H

#include "record.h"

#define PACK_FRAME	((size_t)1 << 20)	/* bytes of contents */

/* Takes n bytes of the stream; -1 with errno where that fails. */
typedef int pack_put(void *arg, const void *p, size_t n);

struct pack;

/* NULL: out of memory, errno. */
struct pack *pack_new(struct pool *pool, int level, int shuffle,
    pack_put *put, void *arg);
void pack_free(struct pack *p);

/* Levels are 1 to this. */
int pack_levels(void);

/*
 * Add a record and the train records before it; 1; 0: there is something and
 * this does not fit behind it; -1 with errno: what it had to put failed.  A
 * record alone in its frame for which there is no memory is put as it is.
 */
int pack_add(struct pack *p, const struct record *r, uint32_t train);
/* Bytes of contents added since the last flush. */
size_t pack_size(const struct pack *p);
/* Put a frame of what was added; -1 with errno: nothing is left of it. */
int pack_flush(struct pack *p);
/* Put the mark of a recap, with nothing unflushed. */
int pack_mark(struct pack *p);

/*
 * The seek table of all that was put, in zstd's seekable format.  None where
 * frames stand before it that were not made here, unless pack_continue() was
 * given the table of these: of n bytes, its frame as it stood in the file.
 */
int pack_table(struct pack *p);
int pack_continue(struct pack *p, const uint8_t *table, size_t n);
void pack_no_table(struct pack *p);

#endif
