/*
 * runs.c - see runs.h
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

static uint64_t
number(const struct runs *r, size_t i)
{
	uint64_t run;

	memcpy(&run, r->list[i], sizeof(run));
	return run;
}

/* The run's place in the hash, or the free one for it. */
static uint32_t *
find(const struct runs *r, uint64_t run)
{
	uint64_t i = (run * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (;; i++) {
		uint32_t *e = &r->hash[i & (r->hash_size - 1)];

		if (*e == 0 || number(r, *e - 1) == run)
			return e;
	}
}

/* Room for one more: 0, or -1 and errno. */
static int
grow(struct runs *r)
{
	size_t size = r->hash_size == 0 ? 64 : 2 * r->hash_size;
	uint32_t *hash;
	void **list;

	if (r->count == RUNS_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (2 * (r->count + 1) < r->hash_size)
		return 0;
	if ((list = realloc(r->list, size / 2 * sizeof(*list))) == NULL)
		return -1;
	r->list = list;
	if ((hash = calloc(size, sizeof(*hash))) == NULL)
		return -1;
	free(r->hash);
	r->hash = hash;
	r->hash_size = size;
	for (size_t i = 0; i < r->count; i++)
		*find(r, number(r, i)) = (uint32_t)i + 1;
	return 0;
}

void *
runs_get(struct runs *r, uint64_t run, int *known)
{
	uint32_t *e;
	void *new;

	if (r->count > 0 && *(e = find(r, run)) != 0) {
		*known = 1;
		return r->list[*e - 1];
	}
	if (grow(r) == -1 || (new = calloc(1, r->size)) == NULL)
		return NULL;
	memcpy(new, &run, sizeof(run));
	r->list[r->count++] = new;
	*find(r, run) = (uint32_t)r->count;
	*known = 0;
	return new;
}

void
runs_free(struct runs *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i]);
	free(r->list);
	free(r->hash);
	*r = (struct runs){ .size = r->size };
}
