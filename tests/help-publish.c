/*
 * help-publish - what publishing costs a computation in C
 *
 *	help-publish all SIZE SECONDS USEC
 *			into the pipe that stdout is, in turns: publishes an
 *			array of SIZE bytes (policy all), and writes as many
 *			bytes as the record has; so long lies between two
 *	help-publish newest SIZE SECONDS USEC
 *			publishes by newest, so long between two
 *	help-publish pairs COUNT STEPS SIZE
 *			a simulation of 100 steps a second, of which each is
 *			published; so many steps into /dev/null, as many to
 *			where aprec(3) says, and so on
 *
 * Told on stderr are medians, in nanoseconds: "all SIZE PUBLISH WRITE",
 * "newest SIZE SKIPPED COUNT TAKEN COUNT"; and, of the pairs, how many times
 * as long the second of each took, by the clock and of the processor: "pairs
 * CLOCK PROCESSOR", and how long a step is, in ms: "step MS".
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

#define SAMPLES	200000

static int64_t samples[2][SAMPLES];
static size_t nsamples[2];

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void
sample(int which, int64_t ns)
{
	if (nsamples[which] < SAMPLES)
		samples[which][nsamples[which]++] = ns;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static long long
median(int which)
{
	if (nsamples[which] == 0)
		return 0;
	qsort(samples[which], nsamples[which], sizeof(int64_t), compare);
	return samples[which][nsamples[which] / 2];
}

static void *
allocate(size_t size)
{
	void *p;

	if ((errno = posix_memalign(&p, 4096, size)) != 0)
		err(1, NULL);
	memset(p, 1, size);
	return p;
}

static void
wait_us(long us)
{
	struct timespec ts = { .tv_sec = us / 1000000 };

	ts.tv_nsec = us % 1000000 * 1000;
	if (us > 0)
		nanosleep(&ts, NULL);
}

static int64_t
publish(struct aprec_writer *w, const void *u, size_t size, int *taken)
{
	size_t n = size / 8;
	int64_t begun = now();

	aprec_put(w, "u", APREC_F64, u, 1, &n);
	*taken = aprec_publish(w);
	return now() - begun;
}

static int64_t
bare(const char *p, size_t size)
{
	int64_t begun = now();
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n)
		if ((n = write(STDOUT_FILENO, p + done, size - done)) == -1)
			err(1, "write");
	return now() - begun;
}

/* What is written beside is a record, too, for who reads; into *buf. */
static size_t
encode(const void *u, size_t size, char **buf)
{
	static struct aprec_header h = { .run = 1, .source = "bare" };
	struct aprec_field f = { .name = "u", .type = APREC_F64, .rank = 1 };
	size_t length;

	h.seq++;
	f.data = u;
	f.extents[0] = size / 8;
	length = aprec_encoded_size(&h, &f, 1);
	if (*buf == NULL)
		*buf = allocate(length);
	if (aprec_encode(&h, &f, 1, *buf, length) == -1)
		err(1, "encode");
	return length;
}

static void
all(size_t size, double seconds, long us)
{
	struct aprec_writer *w = aprec_fdopen(STDOUT_FILENO);
	size_t length;
	char *u = allocate(size), *buf = NULL;
	int64_t end = now() + (int64_t)(seconds * 1e9);
	int taken;

	/* Before each something is encoded, so that all follow the same. */
	for (int i = 0; i % 32 != 0 || now() < end; i++) {
		length = encode(u, size, &buf);
		wait_us(us);
		if (i % 32 < 16)
			sample(0, publish(w, u, size, &taken));
		else
			sample(1, bare(buf, length));
	}
	fprintf(stderr, "all %zu %lld %lld\n", size, median(0), median(1));
}

static void
newest(size_t size, double seconds, long us)
{
	struct aprec_writer *w;
	char *u = allocate(size);
	int64_t end = now() + (int64_t)(seconds * 1e9), ns;
	int taken;

	setenv("APREC_POLICY", "newest", 1);
	setenv("APREC_LINGER", "0", 1);
	w = aprec_fdopen(STDOUT_FILENO);
	while (now() < end) {
		wait_us(us);
		ns = publish(w, u, size, &taken);
		sample(taken == 1, ns);
	}
	fprintf(stderr, "newest %zu %lld %zu %lld %zu\n", size, median(0),
	    nsamples[0], median(1), nsamples[1]);
}

static int64_t
processor(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void
compute(double *u, size_t n, long sweeps)
{
	for (; sweeps > 0; sweeps--)
		for (size_t i = 1; i < n - 1; i++)
			u[i] = 0.25 * (u[i - 1] + 2 * u[i] + u[i + 1]);
}

/* Sweeps that take 10 ms of the processor. */
static long
calibrate(double *u, size_t n)
{
	int64_t least = INT64_MAX, ns;

	for (int i = 0; i < 20; i++) {
		ns = processor();
		compute(u, n, 10);
		ns = processor() - ns;
		if (ns < least)
			least = ns;
	}
	return (long)(100000000 / least) + 1;
}

static void
pairs(long count, long steps, size_t size)
{
	struct aprec_writer *w[2];
	double *u = allocate(size);
	size_t n = size / 8;
	long sweeps = calibrate(u, n), step = 0;
	int64_t clock[2], cpu[2];
	double took = 0;

	w[0] = aprec_open("/dev/null");
	w[1] = aprec_open(NULL);
	for (long k = 0; k < count; k++) {
		for (int i = 0; i < 2; i++) {
			clock[i] = now();
			cpu[i] = processor();
			for (long s = 0; s < steps; s++) {
				compute(u, n, sweeps);
				aprec_put_i64(w[i], "step", ++step);
				aprec_put(w[i], "u", APREC_F64, u, 1, &n);
				aprec_publish(w[i]);
			}
			clock[i] = now() - clock[i];
			cpu[i] = processor() - cpu[i];
			took += (double)clock[i];
		}
		sample(0, clock[1] * 1000000 / clock[0]);
		sample(1, cpu[1] * 1000000 / cpu[0]);
	}
	aprec_close(w[0]);
	aprec_close(w[1]);
	fprintf(stderr, "pairs %.4f %.4f\nstep %.2f\n",
	    (double)median(0) / 1e6, (double)median(1) / 1e6,
	    took / 1e6 / (double)step);
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(word, "all") == 0 && argc == 5)
		all(strtoul(argv[2], NULL, 10), atof(argv[3]), atol(argv[4]));
	else if (strcmp(word, "newest") == 0 && argc == 5)
		newest(strtoul(argv[2], NULL, 10), atof(argv[3]),
		    atol(argv[4]));
	else if (strcmp(word, "pairs") == 0 && argc == 5)
		pairs(atol(argv[2]), atol(argv[3]),
		    strtoul(argv[4], NULL, 10));
	else
		errx(1, "usage: help-publish all | newest | pairs ...");
	return 0;
}
