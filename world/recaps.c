/*
 * recaps.c - what recordings repeat now and then; see format/recap.h
 *
 * What is always true: a recap has what stands in its file and was there
 * before it, neither more nor less.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "format/recap.h"
#include "format/recording.h"

#define PART	64	/* records of a recap that are written at once */

static ssize_t
file_read(void *arg, void *buf, size_t n, uint64_t at)
{
	const struct output *o = arg;
	ssize_t got;

	do
		got = pread(o->fd, buf, n, (off_t)at);
	while (got == -1 && errno == EINTR);
	return got;
}

/* Add a record of the file; when those of the recap at p are, say so. */
static void
recaps_take(void *arg, struct record *rec, const struct place *p, uint64_t n)
{
	struct output *o = arg;

	if (recap_add(o->recap, rec) == 0 && n == p->records)
		recap_found(o->recap, p->at);
}

/* -a: what the file had before, from its last recap on. */
static int
recaps_rebuild(struct output *o)
{
	const struct recording_target end = { .kind = RECORDING_END };
	struct recording r = { file_read, o, (uint64_t)o->size,
		&o->aptee->pool };
	struct place p;

	return recording_find(&r, &end, &p) == -1 ? -1 :
	    recording_read(&r, &p, recaps_take, o);
}

void
recaps_begin(struct output *o)
{
	struct aptee *a = o->aptee;
	unsigned files = 0;

	/* What stands before what stdout is appended to cannot be read. */
	if (!o->regular || (o->path == NULL && o->size > 0))
		return;
	for (unsigned i = 0; i < a->noutputs; i++)
		files += a->outputs[i]->kind == &sink_recording;
	o->recap = recap_new(&a->pool, a->pool.limit / 8 / files);
	if (o->recap != NULL && o->size > 0 && recaps_rebuild(o) == -1)
		recap_give_up(o->recap);
}

size_t
recaps_keep(struct output *o, size_t n)
{
	struct record *r;
	size_t kept = 0;

	for (size_t i = 0; o->recap != NULL && i < n; i++) {
		r = o->recs[i];
		if ((r->flags & APREC_HISTORY) &&
		    recap_add(o->recap, r) == 0) {
			memmove(o->recs + kept + 1, o->recs + kept,
			    (i - kept) * sizeof(*o->recs));
			o->recs[kept++] = r;
		}
	}
	return kept;
}

/* Records that were written. */
static void
recaps_add(struct output *o, struct record **recs, size_t n)
{
	struct aptee *a = o->aptee;
	int full = atomic_load(&a->full);

	for (size_t i = 0; i < n && !full; i++)
		full = recap_add(o->recap, recs[i]) == -1;
	if (!full)
		return;
	recap_free(o->recap);
	o->recap = NULL;
	pthread_mutex_lock(&a->lock);
	tell(a, "%s: memory is full (-m): no recaps from here on", o->name);
	pthread_mutex_unlock(&a->lock);
}

/* A recap, in frames of its own. */
static int
recaps_write(struct output *o, int end)
{
	struct record *recs[PART];
	size_t n, whole = o->whole;
	int result = o->pack != NULL ? frame_mark(o) : 0;

	recap_begin(o->recap, (uint64_t)o->size, end);
	do {
		for (n = 0; n < PART; n++)
			if ((recs[n] = recap_next(o->recap)) == NULL)
				break;
		if (result == 0)
			result = sink_write(o, recs, NULL, n);
		for (size_t i = 0; i < n; i++)
			record_drop(recs[i]);
	} while (n == PART);
	if (result == 0 && o->pack != NULL)
		result = frame_flush(o);
	/* They are not among those that the output counts. */
	o->whole = whole;
	o->unflushed = o->unflushed_bytes = 0;
	return result;
}

int
recaps_wrote(struct output *o, struct record **recs, size_t n)
{
	if (o->recap == NULL)
		return 0;
	recaps_add(o, recs, n);
	return o->recap != NULL && recap_due(o->recap, 0) ?
	    recaps_write(o, 0) : 0;
}

int
recaps_end(struct output *o)
{
	int result = 0;

	if (o->recap != NULL && !o->failed && !o->aptee->quit &&
	    recap_due(o->recap, 1))
		result = recaps_write(o, 1);
	recap_free(o->recap);
	o->recap = NULL;
	return result;
}
