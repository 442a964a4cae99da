/*
 * recording.c - outputs that keep every record; see aptee.h
 *
 * What is always true: a file ends with its last whole record or frame, also
 * when a write has failed, and nobody else records into it.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "format/zstd.h"

/*
 * Opening
 */

/* Whether the first that a reader says of the file is a record. */
static int
begins_with_record(struct aptee *a, int fd, const char *path)
{
	struct reader *r = reader_new(&a->pool, a->pool.limit / 4);
	enum reader_event e = READER_MORE;
	struct reader_loss loss;
	struct record *rec = NULL;
	size_t room;
	ssize_t n = 1;
	void *p;

	if (r == NULL || lseek(fd, 0, SEEK_SET) == -1)
		err(1, "%s", path);
	while (e == READER_MORE && n > 0) {
		if ((p = reader_space(r, &room)) == NULL ||
		    (n = read(fd, p, room)) == -1)
			err(1, "%s", path);
		reader_fill(r, (size_t)n);
		e = n > 0 ? reader_next(r, &rec, &loss) :
		    reader_end(r, &rec, &loss);
	}
	if (e == READER_RECORD)
		record_drop(rec);
	reader_free(r);
	return e == READER_RECORD;
}

enum recording_kind
recording_is(struct aptee *a, const char *path)
{
	uint8_t magic[sizeof(record_magic)];
	enum recording_kind is = RECORDING_NOT;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	if ((n = read(fd, magic, sizeof(magic))) == -1)
		err(1, "%s", path);
	if (n == 0)
		is = RECORDING_EMPTY;
	else if (n == (ssize_t)sizeof(magic) &&
	    memcmp(magic, record_magic, sizeof(magic)) == 0)
		is = RECORDING_PLAIN;
	else if (zstd_begins(magic, (size_t)n) == 1 &&
	    begins_with_record(a, fd, path))
		is = RECORDING_PACKED;
	close(fd);
	return is;
}

/* One process records into a file.  Who follows it looks at the lock for a
 * moment. */
void
recording_lock(struct output *o)
{
	static const struct timespec moment = { 0, 50000000 };

	for (int i = 0; flock(o->fd, LOCK_EX | LOCK_NB) == -1 &&
	    errno == EWOULDBLOCK; i++) {
		if (i == 10)
			errx(1, "%s: is being recorded by another process",
			    o->name);
		nanosleep(&moment, NULL);
	}
}

static int
open_flags(const struct aptee *a)
{
	return (a->append ? O_RDWR : O_WRONLY) | O_CLOEXEC | O_NOCTTY;
}

void
recording_claim(struct aptee *a, struct output *o)
{
	struct stat sb;

	if (stat(o->path, &sb) == -1 || !S_ISREG(sb.st_mode))
		return;
	if ((o->fd = open(o->path, open_flags(a))) == -1)
		err(1, "%s", o->path);
	recording_lock(o);
}

void
recording_open(struct aptee *a, struct output *o)
{
	struct stat sb;

	if (o->fd == -1 && stat(o->path, &sb) == 0 && S_ISFIFO(sb.st_mode))
		return;
	if (o->fd == -1 &&
	    (o->fd = open(o->path, open_flags(a) | O_CREAT, 0666)) == -1)
		err(1, "%s", o->path);
	if (fstat(o->fd, &sb) == -1)
		err(1, "%s", o->path);
	if (isatty(o->fd))
		errx(1, "%s: is a terminal: no place for records", o->path);
	o->regular = S_ISREG(sb.st_mode);
	o->dev = sb.st_dev;
	o->ino = sb.st_ino;
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i] != o && o->regular &&
		    a->outputs[i]->regular && a->outputs[i]->dev == o->dev &&
		    a->outputs[i]->ino == o->ino)
			errx(1, "%s: is an output already", o->path);
	if (!o->regular)
		return;
	recording_lock(o);
	if (sb.st_size > 0 && !a->append && !a->force)
		errx(1, "%s: exists (-a appends to it, -F replaces it)",
		    o->path);
	if (a->force && ftruncate(o->fd, 0) == -1)
		err(1, "%s", o->path);
}

/*
 * The kind
 */

static int
recording_begin(struct output *o)
{
	struct aptee *a = o->aptee;

	/* A FIFO's open waits for its reader. */
	if (o->fd == -1 && (o->fd = open(o->path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	if (o->regular && o->path != NULL && a->append &&
	    recording_repair(o) == -1)
		return -1;
	recaps_begin(o);
	return 0;
}

/* Records whose data CRC is wrong go to the end of recs; how many are good. */
static size_t
recording_check(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	struct record *r;
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		r = o->recs[i];
		if (record_data_ok(r)) {
			o->recs[i] = o->recs[good];
			o->recs[good++] = r;
			continue;
		}
		pthread_mutex_lock(&a->lock);
		tell(a, "%s: %s: seq %" PRIu64
		    ": wrong data CRC; not recorded", o->name, r->source,
		    r->seq);
		a->status |= 2;
		pthread_mutex_unlock(&a->lock);
	}
	return good;
}

/* After a failed write: nothing torn stays behind the last whole record. */
static void
recording_cut(struct output *o)
{
	struct aptee *a = o->aptee;
	int e = errno;

	if (o->regular && (ftruncate(o->fd, o->size) == -1 ||
	    lseek(o->fd, o->size, SEEK_SET) == -1)) {
		pthread_mutex_lock(&a->lock);
		tell(a, "%s: ends in a torn record: %s", o->name,
		    strerror(errno));
		pthread_mutex_unlock(&a->lock);
	}
	errno = e;
}

/* The first n of recs, and what is packed and due. */
static int
recording_write(struct output *o, size_t n)
{
	struct record **recs;

	o->whole = recaps_keep(o, n);
	recs = o->recs + o->whole;
	n -= o->whole;
	if (sink_write(o, recs, NULL, n) == -1 ||
	    recaps_wrote(o, recs, n) == -1)
		return -1;
	return o->due != 0 && now_ns() >= o->due ? frame_flush(o) : 0;
}

static int
recording_put(struct output *o, size_t n)
{
	if (recording_write(o, recording_check(o, n)) != -1)
		return 0;
	recording_cut(o);
	return -1;
}

static int
recording_end(struct output *o)
{
	int result = 0, e;

	if (o->fd == -1)
		return 0;
	if (!o->failed && (recaps_end(o) == -1 || (o->pack != NULL &&
	    (frame_flush(o) == -1 || pack_table(o->pack) == -1)))) {
		recording_cut(o);
		result = -1;
	}
	e = errno;
	/* Others may hold the description of stdout open. */
	if (o->regular)
		flock(o->fd, LOCK_UN);
	if (close(o->fd) == -1)
		return -1;
	errno = e;
	return result;
}

const struct kind sink_recording = {
	recording_begin, recording_put, recording_end
};
