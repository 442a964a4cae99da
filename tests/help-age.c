/*
 * help-age - how old the state is that arrives
 *
 *	help-age publish BYTES RATE SECONDS	records of about that many
 *					bytes, at most so many a second, with
 *					their time; a field changes little
 *					from each to the next
 *	help-age read			the ages of those on stdin, in ms
 *
 * At the end both print a line: "published N of WANTED", and "records N age
 * MEDIAN P95 MAX ms" of the second half of the time.
 */
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/reader.h"

#define SECOND	INT64_C(1000000000)

static int64_t
clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/* -1: the link has gone. */
static int
write_all(const unsigned char *p, size_t n)
{
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w)
		if ((w = write(STDOUT_FILENO, p, n)) == -1)
			return -1;
	return 0;
}

static void
publish(size_t bytes, double rate, double seconds)
{
	size_t count = bytes / sizeof(double), n;
	double *u = calloc(count, sizeof(*u));
	struct aprec_field f = { .name = "u", .type = APREC_F64, .rank = 1,
	    .extents = { count }, .data = u };
	struct aprec_header h = { .run = 1, .source = "age@test" };
	int64_t begun = clock_of(CLOCK_MONOTONIC), at = begun, now;
	unsigned char *buf = malloc(bytes + 4096);

	if (u == NULL || buf == NULL)
		err(1, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		h.seq++;
		for (size_t i = 0; i < count; i++)
			u[i] = sin((double)i * 0.01 + (double)h.seq * 0.02) *
			    exp(-(double)h.seq * 1e-5);
		h.wall = clock_of(CLOCK_REALTIME);
		n = aprec_encoded_size(&h, &f, 1);
		if (n > bytes + 4096 || aprec_encode(&h, &f, 1, buf, n) == -1)
			errx(1, "encode");
		if (write_all(buf, n) == -1)
			break;
		now = clock_of(CLOCK_MONOTONIC);
		if ((double)(now - begun) > seconds * (double)SECOND)
			break;
		at += (int64_t)((double)SECOND / rate);
		if (at > now)
			usleep((unsigned)((at - now) / 1000));
		else
			at = now;
	}
	h.seq++;
	h.flags = APREC_FINAL;
	n = aprec_encoded_size(&h, NULL, 0);
	if (n == 0 || aprec_encode(&h, NULL, 0, buf, n) == -1 ||
	    write_all(buf, n) == -1)
		h.seq--;
	fprintf(stderr, "published %" PRIu64 " of %.0f\n", h.seq,
	    rate * seconds);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
read_ages(void)
{
	static struct pool pool;
	struct reader *rd;
	struct reader_loss loss;
	struct record *r;
	double *ages = NULL;
	size_t n = 0, room, half;
	ssize_t got;
	void *p;

	pool_init(&pool, (size_t)1 << 30);
	if ((rd = reader_new(&pool, (size_t)1 << 28)) == NULL)
		err(1, NULL);
	while ((p = reader_space(rd, &room)) != NULL &&
	    (got = read(STDIN_FILENO, p, room)) > 0) {
		reader_fill(rd, (size_t)got);
		while (reader_next(rd, &r, &loss) == READER_RECORD) {
			if (n % 1024 == 0 && (ages = realloc(ages,
			    (n + 1024) * sizeof(*ages))) == NULL)
				err(1, NULL);
			ages[n++] = (double)(clock_of(CLOCK_REALTIME) -
			    r->wall) / 1e6;
			record_drop(r);
		}
	}
	if (n == 0)
		errx(1, "no record");
	half = n / 2;
	qsort(ages + half, n - half, sizeof(*ages), by_value);
	printf("records %zu age %.0f %.0f %.0f ms\n", n,
	    ages[half + (n - half) / 2], ages[half + (n - half) * 95 / 100],
	    ages[n - 1]);
	free(ages);
	reader_free(rd);
}

int
main(int argc, char *argv[])
{
	if (argc == 5 && strcmp(argv[1], "publish") == 0)
		publish((size_t)atol(argv[2]), atof(argv[3]), atof(argv[4]));
	else if (argc == 2 && strcmp(argv[1], "read") == 0)
		read_ages();
	else
		errx(1, "usage: help-age publish bytes rate seconds | read");
	return 0;
}
