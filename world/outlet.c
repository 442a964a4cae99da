/*
 * outlet.c - see outlet.h
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world/outlet.h"

#define HELD_MAX	65536	/* bytes of small records written at once */
#define LEVEL		1	/* of compression */

/* Open the file, not yet emptied. */
static int
open_file(const char *path, int force)
{
	int fd, flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY;

	if ((fd = open(path, flags | (force ? 0 : O_EXCL), 0666)) != -1)
		return fd;
	if (errno == EEXIST)
		errx(1, "%s: is there already (-F replaces it)", path);
	err(1, "%s", path);
}

/* Who follows a file holds the lock for a moment, to test it. */
static void
lock(const struct outlet *o)
{
	const struct timespec pause = { 0, 20000000 };

	for (int i = 0; flock(o->fd, LOCK_EX | LOCK_NB) == -1 &&
	    errno == EWOULDBLOCK; i++) {
		if (i == 25)
			errx(1, "%s: is being recorded by another process",
			    o->name);
		nanosleep(&pause, NULL);
	}
}

void
outlet_open(struct outlet *o, const char *path, int force, int input)
{
	struct stat in, out;

	o->name = path != NULL ? path : "stdout";
	o->fd = path != NULL ? open_file(path, force) : STDOUT_FILENO;
	if (isatty(o->fd))
		errx(1, "%s: is a terminal, and records are not for it%s",
		    o->name, path != NULL ? "" :
		    ": add \"| aplot\" or \"> file.apr\"");
	if (fstat(o->fd, &out) == -1)
		err(1, "%s", o->name);
	o->regular = S_ISREG(out.st_mode);
	if (!o->regular)
		return;
	if (fstat(input, &in) == 0 && in.st_dev == out.st_dev &&
	    in.st_ino == out.st_ino)
		errx(1, "%s: is the input itself", o->name);
	lock(o);
	if (path != NULL && ftruncate(o->fd, 0) == -1)
		err(1, "%s", o->name);
	if ((o->size = lseek(o->fd, 0, SEEK_CUR)) == -1)
		err(1, "%s", o->name);
}

/* Whether to write again: others may have made the descriptor non-blocking. */
static int
retry(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (errno == EINTR)
		return 1;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return 0;
	return poll(&p, 1, -1) != -1 || errno == EINTR;
}

/* All of it, or -1. */
static int
write_all(struct outlet *o, const char *p, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		if (done == 0 && o->stop) {
			errno = EINTR;
			return -1;
		}
		if ((n = write(o->fd, p + done, len - done)) != -1)
			done += (size_t)n;
		else if (!retry(o->fd))
			return -1;
	}
	return 0;
}

/* Whole records, all of them or none: a file is cut back. */
static int
write_records(struct outlet *o, const void *buf, size_t len)
{
	int result, e;

	o->writing = 1;
	result = write_all(o, buf, len);
	o->writing = 0;
	if (result == 0) {
		o->size += (off_t)len;
		return 0;
	}
	e = errno;
	if (o->regular && e != EINTR && ftruncate(o->fd, o->size) == -1)
		warn("%s: ends in a torn record", o->name);
	errno = e;
	return -1;
}

static int
put_frame(void *arg, const void *p, size_t n)
{
	return write_records(arg, p, n);
}

void
outlet_compress(struct outlet *o, struct pool *pool)
{
	/* Records stay as they are: those that gain by it are shuffled. */
	o->pack = pack_new(pool, LEVEL, 0, put_frame, o);
	if (o->pack == NULL)
		err(1, NULL);
}

static int
put_packed(struct outlet *o, const struct record *r)
{
	int result;

	while ((result = pack_add(o->pack, r, 0)) == 0)
		if (pack_flush(o->pack) == -1)
			return -1;
	return result == -1 ? -1 : 0;
}

int
outlet_flush(struct outlet *o)
{
	int result;

	if (o->pack != NULL)
		return pack_flush(o->pack);
	result = write_records(o, o->held.p, o->held.len);
	buffer_clear(&o->held);
	return result;
}

/* What was held becomes what a recorder writes: with a data CRC. */
static void
seal(const struct record *r, char *held)
{
	uint8_t header[RECORD_HEADER], trailer[RECORD_TRAILER];

	record_seal(r, header, trailer);
	memcpy(held, header, sizeof(header));
	memcpy(held + r->length - sizeof(trailer), trailer, sizeof(trailer));
}

int
outlet_put(struct outlet *o, const struct record *r)
{
	int sealed = !o->regular || (r->flags & APREC_DATA_CRC);
	size_t len = (size_t)r->length;

	if (o->pack != NULL)
		return put_packed(o, r);
	if (o->held.len + len > HELD_MAX && outlet_flush(o) == -1)
		return -1;
	if (len > HELD_MAX && sealed)
		return write_records(o, r->bytes, len);
	buffer_put(&o->held, r->bytes, len);
	if (o->held.failed) {
		errno = ENOMEM;
		return -1;
	}
	if (!sealed)
		seal(r, o->held.p + o->held.len - len);
	return 0;
}

int
outlet_close(struct outlet *o)
{
	int result = outlet_flush(o);

	if (o->pack != NULL && result == 0)
		result = pack_table(o->pack);
	pack_free(o->pack);
	if (o->fd != STDOUT_FILENO && close(o->fd) == -1)
		result = -1;
	buffer_free(&o->held);
	return result;
}
