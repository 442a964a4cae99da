/*
 * runs.h - something for each run of a stream, found by the run's number
 *
 * What is kept for a run is a struct of the caller's that begins with its
 * number.
 */
#ifndef RUNS_H
#define RUNS_H

#include <stddef.h>
#include <stdint.h>

#define RUNS_MAX	16384	/* kept; streams may have more */

/* Zeroed, but for size, it is empty. */
struct runs {
	size_t		 size;		/* bytes of the caller's struct */
	void		**list;		/* in the order of appearance */
	size_t		 count;
	uint32_t	*hash;		/* index + 1; 0: free */
	size_t		 hash_size;	/* a power of 2, above 2 * count */
};

/*
 * The run's, zeroed but for its number where it is new (0 in *known).  NULL
 * with errno ENOBUFS where there are RUNS_MAX, ENOMEM.
 */
void *runs_get(struct runs *r, uint64_t run, int *known);
void runs_free(struct runs *r);

#endif
