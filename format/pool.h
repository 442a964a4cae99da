/*
 * pool.h - memory for records, bounded
 *
 * A block is memory that bytes are received into; records point into it and
 * hold it together.  The pool counts every block it gave out and every free
 * one that it keeps for use again, and is never above its limit.  Other
 * memory that records cost is charged to it.  Any thread may call these at any
 * time.
 */
#ifndef POOL_H
#define POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct block {
	atomic_uint	 refs;
	struct pool	*pool;
	struct block	*next;		/* in the pool's list of free ones */
	size_t		 size;
	uint8_t		*bytes;		/* size of them, aligned to 64 */
};

struct pool {
	size_t		 limit;
	atomic_size_t	 used;		/* bytes given out, charged and idle */
	atomic_size_t	 idle;		/* of these: free, kept for use again */
	struct block	*free;		/* the last one freed first */
	pthread_mutex_t	 lock;		/* of that list */
};

void pool_init(struct pool *p, size_t limit);

/* Give the idle blocks back to the system. */
void pool_trim(struct pool *p);

/* Count n bytes that the caller allocates; -1 with errno ENOBUFS where that
 * would pass the limit. */
int pool_charge(struct pool *p, size_t n);
void pool_credit(struct pool *p, size_t n);

/*
 * A block of at least size bytes, one reference; NULL with errno ENOBUFS
 * where that would pass the limit, ENOMEM where there is no memory.
 */
struct block *block_new(struct pool *p, size_t size);

/*
 * Make a big block bigger without copying it, where the system can: for one
 * who alone holds it; its bytes move.  -1: it is as it was.
 */
int block_grow(struct block *b, size_t size);
struct block *block_hold(struct block *b);
void block_drop(struct block *b);	/* the last drop gives it back */

#endif
