/*
 * pool.c - see pool.h
 *
 * What is always true: used <= limit, and idle is the sum of the blocks in
 * the free list.  Big blocks are pages of their own, so that giving them back
 * gives them back; a few are kept, since fresh pages cost more than copying.
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>

#include "pool.h"

#define ALIGN		64		/* a record's unit */
#define PAGE		4096
#define BIG		(64 * 1024)	/* bytes from which pages are used */
#define IDLE_BLOCKS	4	/* of them kept at most */

static size_t
idle_count(const struct pool *p)
{
	size_t n = 0;

	for (const struct block *b = p->free; b != NULL; b = b->next)
		n++;
	return n;
}

static void
block_free(struct pool *p, struct block *b)
{
	pool_credit(p, b->size);
	if (b->size >= BIG)
		munmap(b->bytes, b->size);
	else
		free(b->bytes);
	free(b);
}

/* Free the idle block that was freed longest ago. */
static int
free_oldest(struct pool *p)
{
	struct block **pb = &p->free, *b;

	pthread_mutex_lock(&p->lock);
	while (*pb != NULL && (*pb)->next != NULL)
		pb = &(*pb)->next;
	if ((b = *pb) != NULL) {
		*pb = NULL;
		p->idle -= b->size;
	}
	pthread_mutex_unlock(&p->lock);
	if (b != NULL)
		block_free(p, b);
	return b != NULL;
}

void
pool_init(struct pool *p, size_t limit)
{
	p->limit = limit;
	atomic_init(&p->used, 0);
	p->idle = 0;
	p->free = NULL;
	pthread_mutex_init(&p->lock, NULL);
}

void
pool_trim(struct pool *p)
{
	while (free_oldest(p))
		continue;
}

int
pool_charge(struct pool *p, size_t n)
{
	if (n > p->limit || atomic_fetch_add(&p->used, n) > p->limit - n) {
		if (n <= p->limit)
			pool_credit(p, n);
		errno = ENOBUFS;
		return -1;
	}
	return 0;
}

void
pool_credit(struct pool *p, size_t n)
{
	atomic_fetch_sub(&p->used, n);
}

/* An idle block that fits without wasting half of itself, or NULL. */
static struct block *
take_idle(struct pool *p, size_t size)
{
	struct block **pb = &p->free, *b;

	pthread_mutex_lock(&p->lock);
	while ((b = *pb) != NULL && (b->size < size || b->size / 2 > size))
		pb = &b->next;
	if (b != NULL) {
		*pb = b->next;
		p->idle -= b->size;
		atomic_store(&b->refs, 1);
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

static uint8_t *
get_bytes(size_t size)
{
	void *p;

	if (size < BIG)
		return aligned_alloc(ALIGN, size);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0);
	if (p != MAP_FAILED)
		return p;
	errno = ENOMEM;
	return NULL;
}

struct block *
block_new(struct pool *p, size_t size)
{
	struct block *b;

	if (size > p->limit || size > SIZE_MAX - PAGE) {
		errno = ENOBUFS;
		return NULL;
	}
	if (size < BIG - ALIGN)
		size = (size + ALIGN) / ALIGN * ALIGN;
	else
		size = (size + PAGE - 1) / PAGE * PAGE;
	if (size >= BIG && (b = take_idle(p, size)) != NULL)
		return b;
	while (pool_charge(p, size) == -1)
		if (!free_oldest(p))
			return NULL;
	if ((b = malloc(sizeof(*b))) == NULL) {
		pool_credit(p, size);
		return NULL;
	}
	if ((b->bytes = get_bytes(size)) == NULL) {
		free(b);
		pool_credit(p, size);
		return NULL;
	}
	atomic_init(&b->refs, 1);
	b->pool = p;
	b->size = size;
	return b;
}

struct block *
block_hold(struct block *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
block_drop(struct block *b)
{
	struct pool *p = b->pool;
	int many;

	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	if (b->size < BIG) {
		block_free(p, b);
		return;
	}
	pthread_mutex_lock(&p->lock);
	b->next = p->free;
	p->free = b;
	p->idle += b->size;
	many = idle_count(p) > IDLE_BLOCKS;
	pthread_mutex_unlock(&p->lock);
	if (many)
		free_oldest(p);
}
