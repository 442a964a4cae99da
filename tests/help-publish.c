/*
 * help-publish - what publishing costs a computation, beside a bare write
 *
 *	help-publish all SIZE SECONDS [USEC]
 *					into the pipe that stdout is, in turns:
 *					publishes an array of SIZE bytes (policy all),
 *					and writes as many bytes as the record has; with
 *					so long between two that the reader waits
 *	help-publish newest SIZE SECONDS USEC
 *					the same by newest, a publish every so often;
 *					first the skipped ones, then those that
 *					were taken
 *	help-publish run STEPS USEC SIZE
 *					a simulation: so many steps that compute for
 *					USEC each, and then publish SIZE bytes to
 *					where aprec(3) says
 *
 * Tells on stderr, in nanoseconds, medians: "all SIZE PUBLISH WRITE",
 * "newest SIZE SKIPPED COUNT TAKEN COUNT", "run SECONDS".
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

/* Compute: that is, not sleep, as what it is measured in does. */
static void
compute(int64_t ns)
{
	int64_t end = now() + ns;

	while (now() < end)
		;
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

static size_t
record_size(size_t size)
{
	struct aprec_header h = { .seq = 1, .run = 1, .source = "sim@host" };
	struct aprec_field f = { .name = "u", .type = APREC_F64, .rank = 1 };

	f.extents[0] = size / 8;
	return aprec_encoded_size(&h, &f, 1);
}

static void
all(size_t size, double seconds, long us)
{
	struct aprec_writer *w = aprec_fdopen(STDOUT_FILENO);
	size_t length = record_size(size);
	char *u = allocate(length);
	int64_t end = now() + (int64_t)(seconds * 1e9);
	int taken;

	while (now() < end) {
		wait_us(us);
		sample(0, publish(w, u, size, &taken));
		wait_us(us);
		sample(1, bare(u, length));
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

static void
run(long steps, long us, size_t size)
{
	struct aprec_writer *w = aprec_open(NULL);
	char *u = allocate(size);
	int64_t begun = now();
	size_t n = size / 8;

	for (long step = 1; step <= steps; step++) {
		compute(us * INT64_C(1000));
		aprec_put_i64(w, "step", step);
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		aprec_publish(w);
	}
	fprintf(stderr, "run %.6f\n", (double)(now() - begun) / 1e9);
	aprec_close(w);
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(word, "all") == 0 && argc >= 4)
		all(strtoul(argv[2], NULL, 10), atof(argv[3]),
		    argc > 4 ? atol(argv[4]) : 0);
	else if (strcmp(word, "newest") == 0 && argc == 5)
		newest(strtoul(argv[2], NULL, 10), atof(argv[3]),
		    atol(argv[4]));
	else if (strcmp(word, "run") == 0 && argc == 5)
		run(atol(argv[2]), atol(argv[3]), strtoul(argv[4], NULL, 10));
	else
		errx(1, "usage: see the source");
	return 0;
}
