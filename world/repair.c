/*
 * repair.c - where a recording that exists can go on (-a); see aptee.h
 *
 * What is always true: nothing is cut off but what stands behind the last
 * whole record or frame.
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "format/zstd.h"

#define TAIL		((off_t)64 << 20)	/* looked at first */
#define TABLE_MAX	((off_t)64 << 20)
#define FOOT		9		/* bytes at the end of a seek table */

/* What a scan found. */
struct found {
	off_t		 end;		/* behind the last whole record */
	uint64_t	 records;
	int		 gaps;		/* losses between records */
	int		 lost;		/* behind the last record */
};

/* All that next() gives; -1 with errno. */
static int
scan(struct reader *r, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *), struct found *f)
{
	struct reader_loss loss;
	struct record *rec;

	for (;;) {
		switch (next(r, &rec, &loss)) {
		case READER_RECORD:
			record_drop(rec);
			/* FALLTHROUGH */
		case READER_UNSUPPORTED:
			f->end = (off_t)reader_offset(r);
			f->gaps += f->lost && f->records > 0;
			f->lost = 0;
			f->records++;
			break;
		case READER_MORE:
			return 0;
		case READER_FAILED:
			return -1;
		case READER_TEXT:
		case READER_LOST:
			f->lost = 1;
			break;
		}
	}
}

/* With the lock, which is not held while the disk is waited for. */
static int
read_all(struct output *o, struct reader *r, struct found *f)
{
	struct aptee *a = o->aptee;
	size_t room;
	ssize_t n;
	void *p;
	int e;

	while ((p = reader_space(r, &room)) != NULL) {
		pthread_mutex_unlock(&a->lock);
		n = fd_read(o->fd, p, room);
		e = errno;
		pthread_mutex_lock(&a->lock);
		errno = e;
		if (n == -1)
			return -1;
		if (n == 0)
			return scan(r, reader_end, f);
		reader_fill(r, (size_t)n);
		if (scan(r, reader_next, f) == -1)
			return -1;
	}
	return -1;
}

/* Look at what stands from start on; -1 with errno. */
static int
look(struct output *o, off_t start, off_t size, struct found *f)
{
	struct aptee *a = o->aptee;
	uint64_t most = a->pool.limit / 4;
	struct reader *r;
	int result = -1;

	memset(f, 0, sizeof(*f));
	if (lseek(o->fd, start, SEEK_SET) == -1)
		return -1;
	pthread_mutex_lock(&a->lock);
	if ((uint64_t)size > most)
		most = (uint64_t)size;
	if ((r = reader_new(&a->pool, most)) != NULL) {
		if (start > 0)
			reader_skip(r, (size_t)start);
		result = read_all(o, r, f);
	}
	reader_free(r);
	pthread_mutex_unlock(&a->lock);
	return result;
}

/*
 * Whether what a look at the tail found is how the file ends: records, one
 * behind the other, to the end, or to what begins as one that was cut short.
 */
static int
is_proved(struct output *o, const struct found *f, off_t size)
{
	uint8_t head[sizeof(record_magic)];
	ssize_t n;

	if (f->records < 2 || f->gaps > 0)
		return 0;
	if (f->end == size)
		return 1;
	if ((n = pread(o->fd, head, sizeof(head), f->end)) <= 0)
		return 0;
	return o->pack != NULL ? zstd_begins(head, (size_t)n) != 0 :
	    memcmp(head, record_magic, (size_t)n) == 0;
}

static uint64_t
get_le32(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24;
}

/* Where the seek table begins with which a compressed recording ends, or -1;
 * it goes on from there. */
static off_t
table_place(struct output *o, off_t size)
{
	uint8_t foot[FOOT], *table;
	uint64_t sum = 0, n;
	off_t at = -1;

	if (size < 8 + FOOT || pread(o->fd, foot, FOOT, size - FOOT) != FOOT)
		return -1;
	n = 8 + 8 * get_le32(foot) + FOOT;
	if (n > (uint64_t)size || n > (uint64_t)TABLE_MAX ||
	    (table = malloc((size_t)n)) == NULL)
		return -1;
	if (pread(o->fd, table, (size_t)n, size - (off_t)n) == (ssize_t)n) {
		for (size_t i = 8; i + FOOT < n; i += 8)
			sum += get_le32(table + i);
		if (sum == (uint64_t)size - n &&
		    pack_continue(o->pack, table, (size_t)n) == 0)
			at = (off_t)sum;
	}
	free(table);
	return at;
}

int
recording_repair(struct output *o)
{
	struct aptee *a = o->aptee;
	struct found f = { 0 };
	struct stat sb;
	off_t start;

	if (fstat(o->fd, &sb) == -1)
		return -1;
	f.end = o->pack != NULL ? table_place(o, sb.st_size) : -1;
	if (f.end == -1) {
		if (o->pack != NULL && sb.st_size > 0)
			pack_no_table(o->pack);
		start = sb.st_size > TAIL ? sb.st_size - TAIL : 0;
		if (look(o, start, sb.st_size, &f) == -1)
			return -1;
		if (start > 0 && !is_proved(o, &f, sb.st_size) &&
		    look(o, 0, sb.st_size, &f) == -1)
			return -1;
		if (f.end < sb.st_size) {
			pthread_mutex_lock(&a->lock);
			tell(a, "%s: byte %jd: torn %s: %jd bytes cut off",
			    o->name, (intmax_t)f.end,
			    o->pack != NULL ? "frame" : "record",
			    (intmax_t)(sb.st_size - f.end));
			pthread_mutex_unlock(&a->lock);
		}
	}
	if ((f.end < sb.st_size && ftruncate(o->fd, f.end) == -1) ||
	    lseek(o->fd, f.end, SEEK_SET) == -1)
		return -1;
	o->size = f.end;
	return 0;
}
