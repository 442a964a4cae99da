/*
 * The C writer, told by a test what no program chooses: time, run, number and
 * flags of a record.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <time.h>

static int64_t vector_wall;

static int
vector_time(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	ts->tv_sec = (time_t)(vector_wall / 1000000000);
	ts->tv_nsec = (long)(vector_wall % 1000000000);
	return 0;
}

#define clock_gettime	vector_time
#define aprec_fdopen	aprec_fdopen_really
#include "format/writer.c"
#undef aprec_fdopen

static struct aprec_writer *vector_writers[5];	/* in order, from 1 */

struct aprec_writer *
aprec_fdopen(int fd)
{
	int i = 1;

	while (vector_writers[i] != NULL)
		i++;
	return vector_writers[i] = aprec_fdopen_really(fd);
}

/* For the next record of that writer. */
void vector_header(int writer, int64_t seq, int64_t wall, int64_t run,
    int crc);
void vector_end(int writer);

void
vector_header(int writer, int64_t seq, int64_t wall, int64_t run, int crc)
{
	struct aprec_writer *w = vector_writers[writer];

	vector_wall = wall;
	w->seq = (uint64_t)seq - 1;
	w->run = (uint64_t)run;
	w->regular = 0;
	w->crc_at = crc ? 0 : wall != 0 ? wall : 1;
}

/* No record more, not even a final one. */
void
vector_end(int writer)
{
	vector_writers[writer]->ended = 1;
}
