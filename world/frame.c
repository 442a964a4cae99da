/*
 * frame.c - outputs that are compressed; see aptee.h
 *
 * What is always true: size is where the last frame that was written whole
 * ends, and unflushed are the records that stand in none yet.
 */
#include <err.h>
#include <string.h>

#include "world/aptee.h"

#define HELD	(3 * SECOND / 4)	/* a record waits for its frame */
#define FULL	(PACK_FRAME - PACK_FRAME / 16)

static int
frame_put(void *arg, const void *p, size_t n)
{
	struct output *o = arg;
	struct iovec v = { (void *)(uintptr_t)p, n };
	size_t done;
	int result = fd_write(o->fd, &v, 1, &done);

	o->packed += done;
	return result;
}

int
frame_is(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".zst") == 0;
}

void
frame_open(struct output *o, int level, int shuffle)
{
	o->pack = pack_new(&o->aptee->pool, level, shuffle, frame_put, o);
	if (o->pack == NULL)
		err(1, "%s: memory to compress (-m)", o->name);
}

/* All that was packed is written. */
static void
frame_done(struct output *o, uint64_t before)
{
	o->size += (off_t)(o->packed - before);
	o->unflushed = o->unflushed_bytes = 0;
	o->due = 0;
}

int
frame_flush(struct output *o)
{
	uint64_t before = o->packed;

	if (pack_flush(o->pack) == -1)
		return -1;
	frame_done(o, before);
	return 0;
}

static int
frame_add(struct output *o, const struct record *r, uint32_t train)
{
	uint64_t before = o->packed;
	int e;

	if ((e = pack_add(o->pack, r, train)) == 0) {
		if (frame_flush(o) == -1)
			return -1;
		before = o->packed;
		e = pack_add(o->pack, r, train);
	}
	if (e == -1)
		return -1;
	o->whole++;
	if (pack_size(o->pack) == 0) {
		frame_done(o, before);
		return 0;
	}
	o->unflushed += 1 + train;
	o->unflushed_bytes += r->length * (1 + (uint64_t)train);
	if (o->due == 0)
		o->due = now_ns() + HELD;
	return pack_size(o->pack) < FULL ? 0 : frame_flush(o);
}

int
frame_write(struct output *o, struct record **recs, const uint32_t *trains,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (frame_add(o, recs[i], trains != NULL ? trains[i] : 0) ==
		    -1)
			return -1;
	return 0;
}

int
frame_mark(struct output *o)
{
	uint64_t before;

	if (frame_flush(o) == -1)
		return -1;
	before = o->packed;
	if (pack_mark(o->pack) == -1)
		return -1;
	frame_done(o, before);
	return 0;
}
