/*
 * steering.h - what runs have obeyed, as lines that APREC_CONTROL can replay
 *
 * Pure: records in, lines of text out.  Whatever the records hold, each line
 * is an order (order.h) or a comment, and can go to a terminal.
 */
#ifndef STEERING_H
#define STEERING_H

#include <stddef.h>

#include "buffer.h"
#include "order.h"
#include "runs.h"

/* Zeroed, but for memory, it is empty. */
struct steering {
	size_t		 memory;	/* that lines may take; 0: any */
	size_t		 used;
	struct runs	 runs;
};

void steering_free(struct steering *st);

/*
 * Take what the record says was obeyed.  0, also where it says nothing; -1
 * where it does not fit, with errno ENOBUFS or ENOMEM.
 */
int steering_add(struct steering *st, const struct record *r);

/* How often steering_run() is to be called, with 0 and up. */
size_t steering_runs(const struct steering *st);

/*
 * Append the lines of a run: a comment that names it, then what it obeyed in
 * the order of its seq, that of each seq once: "at N set NAME VALUE" and "at N
 * stop" as they are.  pause, resume and step are comments, since a run that
 * is repeated is not to wait; so is a line that is no order, or could not be
 * shown as it is: it is counted in *refused.
 */
void steering_run(struct steering *st, size_t run, struct buffer *b,
    size_t *refused);

#endif
