/*
 * recording.c - outputs that keep every record; see aptee.h
 *
 * What is always true: a file ends with its last whole record, also when a
 * write has failed.
 */
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

/*
 * Opening
 */

int
recording_is(const char *path)
{
	uint8_t magic[sizeof(record_magic)];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	if ((n = read(fd, magic, sizeof(magic))) == -1)
		err(1, "%s", path);
	close(fd);
	return n == 0 || (n == (ssize_t)sizeof(magic) &&
	    memcmp(magic, record_magic, sizeof(magic)) == 0);
}

void
recording_open(struct aptee *a, struct output *o)
{
	struct stat sb;
	int flags = O_CREAT | O_CLOEXEC | O_NOCTTY;

	if (stat(o->path, &sb) == 0 && S_ISFIFO(sb.st_mode))
		return;
	flags |= a->append ? O_RDWR : O_WRONLY;
	flags |= a->force ? O_TRUNC : 0;
	if ((o->fd = open(o->path, flags, 0666)) == -1 ||
	    fstat(o->fd, &sb) == -1)
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
}

/*
 * Appending
 */

/* The end of the last whole record that next() gives, or end. */
static off_t
repair_scan(struct reader *r, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *), off_t end)
{
	struct reader_loss loss;
	struct record *rec;

	for (;;) {
		switch (next(r, &rec, &loss)) {
		case READER_RECORD:
			record_drop(rec);
			/* FALLTHROUGH */
		case READER_UNSUPPORTED:
			end = (off_t)reader_offset(r);
			break;
		case READER_MORE:
			return end;
		case READER_FAILED:
			return -1;
		case READER_TEXT:
		case READER_LOST:
			break;
		}
	}
}

/* With the lock: where the last whole record of the file ends, or -1. */
static off_t
repair_end(struct output *o, struct reader *r)
{
	struct aptee *a = o->aptee;
	off_t end = 0;
	size_t room;
	ssize_t n;
	void *p;
	int e;

	while (end != -1 && (p = reader_space(r, &room)) != NULL) {
		pthread_mutex_unlock(&a->lock);
		n = fd_read(o->fd, p, room);
		e = errno;
		pthread_mutex_lock(&a->lock);
		errno = e;
		if (n == -1)
			return -1;
		if (n == 0)
			return repair_scan(r, reader_end, end);
		reader_fill(r, (size_t)n);
		end = repair_scan(r, reader_next, end);
	}
	return -1;
}

/* -a: cut a torn record off, and stand behind the last whole one. */
static int
recording_repair(struct output *o)
{
	struct aptee *a = o->aptee;
	struct stat sb;
	struct reader *r;
	off_t end = -1;

	if (fstat(o->fd, &sb) == -1)
		return -1;
	pthread_mutex_lock(&a->lock);
	if ((r = reader_new(&a->pool, (uint64_t)sb.st_size)) != NULL)
		end = repair_end(o, r);
	reader_free(r);
	if (end != -1 && end < sb.st_size)
		tell(a, "%s: byte %jd: torn record: %jd bytes cut off",
		    o->name, (intmax_t)end, (intmax_t)(sb.st_size - end));
	pthread_mutex_unlock(&a->lock);
	if (end == -1 || (end < sb.st_size && ftruncate(o->fd, end) == -1) ||
	    lseek(o->fd, end, SEEK_SET) == -1)
		return -1;
	o->size = end;
	return 0;
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
	if (o->regular && o->path != NULL && a->append)
		return recording_repair(o);
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

static int
recording_put(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	int e;

	if (sink_write(o, o->recs, NULL, recording_check(o, n)) != -1)
		return 0;
	e = errno;
	if (o->regular && (ftruncate(o->fd, o->size) == -1 ||
	    lseek(o->fd, o->size, SEEK_SET) == -1)) {
		pthread_mutex_lock(&a->lock);
		tell(a, "%s: ends in a torn record: %s", o->name,
		    strerror(errno));
		pthread_mutex_unlock(&a->lock);
	}
	errno = e;
	return -1;
}

static int
recording_end(struct output *o)
{
	return o->fd == -1 ? 0 : close(o->fd);
}

const struct kind sink_recording = {
	recording_begin, recording_put, recording_end
};
