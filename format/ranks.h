/*
 * ranks.h - sources whose names differ in a number
 *
 * The ranks of a job are called program.3@host:job by their writers, engines
 * perhaps engine-3: the rank is the number that ends the name, or its part
 * before "@".
 */
#ifndef RANKS_H
#define RANKS_H

#include "buffer.h"
#include "state.h"

struct rank {
	size_t		 before;	/* bytes of the name */
	uint64_t	 number;
	const char	*behind;	/* "@host:job", or "" */
};

/* 1, or 0 for a name without such a number. */
int ranks_read(const char *name, struct rank *r);

/* Whether two names differ in nothing but their numbers and what is behind
 * these. */
int ranks_alike(const char *a, const char *b);

/*
 * Append the names of all sources: "heat.0 to 7@host" where they are ranks of
 * one name, with their count where some between are not there; else up to
 * three of them.
 */
void ranks_name(struct buffer *b, struct state *st);

#endif
