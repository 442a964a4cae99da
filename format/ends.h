/*
 * ends.h - whether every source of a stream has had its final record
 *
 * Counted is the newest record of each name, in the order of the stream: where
 * two runs follow each other under one name, the second.  Histories say
 * nothing.
 */
#ifndef ENDS_H
#define ENDS_H

#include "record.h"

#define ENDS_MAX	1024	/* sources; those above it are taken to end */

struct ends {
	struct end	*list;
	unsigned	 n;
	unsigned	 open;		/* of them: not final */
	uint64_t	 run;		/* of the last record that was not */
};

void ends_note(struct ends *e, const struct record *r);
/* Whether there are sources, and all have had their final record. */
int ends_all(const struct ends *e);
void ends_free(struct ends *e);

#endif
