/*
 * pool.c - see pool.h
 *
 * What is always true: used <= limit, and idle is the sum of the blocks in
 * the free list.  Big blocks are pages of their own, so that giving them back
 * gives them back; a few are kept, since fresh pages cost more than copying.
 * For the same reason they are huge pages where there are such: a fault for
 * each 4 KiB of a record of many MiB costs more than reading it.
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>

#include "pool.h"

#define ALIGN		64		/* a record's unit */
#define PAGE		4096
#define BIG		(64 * 1024)	/* bytes from which pages are used */
#define HUGE		((size_t)2 << 20)	/* a huge page, most often */
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

/* Pages that begin where a huge one may. */
static uint8_t *
get_huge(size_t size, int prot)
{
	uint8_t *p = mmap(NULL, size + HUGE, prot, MAP_PRIVATE | MAP_ANON, -1,
	    0);
	size_t before;

	if (p == MAP_FAILED)
		return NULL;
	before = (HUGE - (uintptr_t)p % HUGE) % HUGE;
	if (before > 0)
		munmap(p, before);
	munmap(p + before + size, HUGE - before);
	return p + before;
}

static void
want_huge(void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(p, size, MADV_HUGEPAGE);
#else
	(void)p;
	(void)size;
#endif
}

static uint8_t *
get_bytes(size_t size)
{
	void *p;

	if (size < BIG)
		return aligned_alloc(ALIGN, size);
	if (size >= 2 * HUGE && (p = get_huge(size, PROT_READ | PROT_WRITE)) !=
	    NULL) {
		want_huge(p, size);
		return p;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
	    -1, 0);
	if (p != MAP_FAILED)
		return p;
	errno = ENOMEM;
	return NULL;
}

/* Bytes that a block of that size takes; 0: too many. */
static size_t
whole(struct pool *p, size_t size)
{
	if (size > p->limit || size > SIZE_MAX - PAGE - HUGE) {
		errno = ENOBUFS;
		return 0;
	}
	if (size < BIG - ALIGN)
		return (size + ALIGN) / ALIGN * ALIGN;
	return (size + PAGE - 1) / PAGE * PAGE;
}

/* Charge n bytes, for which idle blocks go. */
static int
charge(struct pool *p, size_t n)
{
	while (pool_charge(p, n) == -1)
		if (!free_oldest(p))
			return -1;
	return 0;
}

struct block *
block_new(struct pool *p, size_t size)
{
	struct block *b;

	if ((size = whole(p, size)) == 0)
		return NULL;
	if (size >= BIG && (b = take_idle(p, size)) != NULL)
		return b;
	if (charge(p, size) == -1)
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

int
block_grow(struct block *b, size_t size)
{
#ifdef MREMAP_FIXED
	struct pool *p = b->pool;
	uint8_t *to;

	if ((size = whole(p, size)) == 0 || b->size < 2 * HUGE ||
	    size <= b->size || charge(p, size - b->size) == -1)
		return -1;
	/* Whole huge pages are moved, and none of their bytes. */
	if ((to = get_huge(size, PROT_NONE)) == NULL ||
	    mremap(b->bytes, b->size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
	    to) == MAP_FAILED) {
		/* The addresses may be another's already: they are left. */
		pool_credit(p, size - b->size);
		return -1;
	}
	want_huge(to, size);
	b->bytes = to;
	b->size = size;
	return 0;
#else
	(void)b;
	(void)size;
	return -1;
#endif
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
