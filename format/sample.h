/*
 * sample.h - every n-th record of a kind, and the last
 *
 * Records of one run with one table are of a kind.  Of each kind the first
 * goes through, and then every n-th; one that does not is held until the next
 * of its kind comes, for it may be the last.  What is held goes through
 * before any later record of its run, and at the end: so who reads the
 * records that went through ends with the same state, and seq rises.  Records
 * that tell what was obeyed, and of parameters alone, all go through.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "record.h"

#define SAMPLE_KINDS	64	/* kinds of a run that are told apart */

struct sample;

struct sample *sample_new(unsigned every);
/* Drops what is held. */
void sample_free(struct sample *s);

/*
 * Push a record; the caller's reference goes to the sample.  Up to
 * SAMPLE_KINDS + 1 records come out, oldest first, with a reference each for
 * the caller.  Returns how many; without memory all go through.
 */
size_t sample_push(struct sample *s, struct record *rec,
    struct record *out[SAMPLE_KINDS + 1]);

/* One of what is still held at the end; NULL when there is nothing. */
struct record *sample_end(struct sample *s);

/* Records that were left out so far: neither held nor gone through. */
uint64_t sample_left_out(const struct sample *s);

#endif
