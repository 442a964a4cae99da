/*
 * help-pipe - the two ends of a pipe, for measuring what is between
 *
 *	help-pipe write size seconds [file]
 *					valid records of that many bytes to
 *					stdout, one write(2) each; the last one
 *					is whole, and in the file, where one is
 *					named
 *	help-pipe read			takes all of stdin
 *	help-pipe stall seconds		takes nothing of stdin, then ends
 *	help-pipe rss command ...	runs it, tells its peak memory
 *	help-pipe skip			what a publish costs that skips
 *
 * Each tells what it saw in one line on stderr: "bytes N seconds S", a writer
 * also "late N seconds S" of the second half of its time, when whatever can
 * fill up has; rss "rss KIB"; skip "skip BYTES NANOSECONDS skipped|kept" for
 * each size.
 *
 * Records are encoded once.  For each write only seq, the header CRC, the
 * trailer and one number are new, so that a writer is as fast as write(2).  A
 * CRC is linear: what a byte of seq adds to it does not depend on the rest of
 * the header, so the 8 * 256 sums are made beforehand.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

/* aprec(5) */
#define AT_TABLE	16
#define AT_CRC		20
#define AT_SEQ		32
#define HEADER		128
#define AT_DATA		16	/* of the table's first entry */

#define TICKS	20		/* of the time that a writer has */

static volatile sig_atomic_t ticks;

static void
on_alarm(int sig)
{
	(void)sig;
	ticks++;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void
tell(const char *what, uint64_t bytes, double seconds)
{
	fprintf(stderr, "%s %llu seconds %.6f\n", what,
	    (unsigned long long)bytes, seconds);
}

static void *
allocate(size_t size)
{
	void *p;

	if ((errno = posix_memalign(&p, 4096, size)) != 0)
		err(1, NULL);
	memset(p, 0, size);
	return p;
}

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		*p++ = (uint8_t)v;
}

static uint64_t
get_le(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/* A record of exactly size bytes: one array, as long as it can be. */
static uint8_t *
record_new(size_t size)
{
	struct aprec_header h = { .seq = 1, .wall = 1, .source = "pipe@bench" };
	struct aprec_field f = { .name = "u", .type = APREC_F64, .rank = 1,
		.dims = { "x" } };
	uint8_t *buf = allocate(size);

	h.run = (uint64_t)getpid() << 32 | (uint64_t)time(NULL);
	f.data = allocate(size);
	for (f.extents[0] = size / 8; aprec_encoded_size(&h, &f, 1) != size;)
		if (f.extents[0]-- == 0)
			errx(1, "%zu: no record has so many bytes", size);
	if (aprec_encode(&h, &f, 1, buf, size) == -1)
		err(1, "encode");
	return buf;
}

/* sums[i][v]: what byte i of seq being v instead of 0 adds to the CRC. */
static uint32_t
sums_init(uint8_t *record, uint32_t sums[8][256])
{
	size_t len = HEADER + (size_t)get_le(record + AT_TABLE, 4);
	uint8_t *head = allocate(len);
	uint32_t zero;
	int i, v;

	memcpy(head, record, len);
	put_le(head + AT_CRC, 0, 4);
	put_le(head + AT_SEQ, 0, 8);
	zero = aprec_crc32(0, head, len);
	for (i = 0; i < 8; i++) {
		for (v = 0; v < 256; v++) {
			head[AT_SEQ + i] = (uint8_t)v;
			sums[i][v] = aprec_crc32(0, head, len) ^ zero;
		}
		head[AT_SEQ + i] = 0;
	}
	free(head);
	return zero;
}

/* A signal that comes just before write() is missed; the next is not. */
static void
start_ticking(double seconds)
{
	struct itimerval timer;
	struct sigaction sa = { .sa_handler = on_alarm };
	double tick = seconds / TICKS;

	sigaction(SIGALRM, &sa, NULL);
	timer.it_interval.tv_sec = (time_t)tick;
	timer.it_interval.tv_usec =
	    (suseconds_t)((tick - (double)(time_t)tick) * 1e6);
	timer.it_value = timer.it_interval;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
set_seq(uint8_t *record, size_t size, uint64_t seq, uint32_t crc,
    uint32_t sums[8][256])
{
	int i;

	put_le(record + AT_SEQ, seq, 8);
	for (i = 0; i < 8; i++)
		crc ^= sums[i][record[AT_SEQ + i]];
	put_le(record + AT_CRC, crc, 4);
	put_le(record + size - 8, crc, 4);
	put_le(record + size - 4, seq, 4);
}

static void
save(const char *path, const uint8_t *record, size_t size)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(record, 1, size, f) != size ||
	    fclose(f) == EOF)
		err(1, "%s", path);
}

static void
write_records(size_t size, double seconds, const char *path)
{
	static uint32_t sums[8][256];
	uint8_t *record = record_new(size);
	uint8_t *data = record + get_le(record + HEADER + AT_DATA, 8);
	uint32_t zero = sums_init(record, sums);
	uint64_t seq = 0, total = 0, half = 0;
	double begun, middle = 0, end;
	size_t done;
	ssize_t n;

	start_ticking(seconds);
	begun = now();
	while (ticks < TICKS) {
		set_seq(record, size, ++seq, zero, sums);
		put_le(data, seq, 8);
		for (done = 0; done < size &&
		    (ticks < TICKS || path != NULL);) {
			n = write(STDOUT_FILENO, record + done, size - done);
			if (n == -1 && errno != EINTR)
				err(1, "write");
			if (n > 0) {
				done += (size_t)n;
				total += (uint64_t)n;
			}
			if (middle == 0 && ticks >= TICKS / 2) {
				middle = now();
				half = total;
			}
		}
	}
	end = now();
	tell("bytes", total, end - begun);
	tell("late", total - half, end - middle);
	if (path != NULL)
		save(path, record, size);
}

static void
read_all(void)
{
	size_t size = 1 << 20;
	void *buf = allocate(size);
	uint64_t total = 0;
	double begun = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, size)) > 0) {
		if (total == 0)
			begun = now();
		total += (uint64_t)n;
	}
	if (n == -1)
		err(1, "read");
	tell("bytes", total, total > 0 ? now() - begun : 0);
}

static void
stall(double seconds)
{
	struct timespec ts = { .tv_sec = (time_t)seconds };

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
	tell("bytes", 0, seconds);
}

static int
rss(char *argv[])
{
	struct rusage ru;
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	getrusage(RUSAGE_CHILDREN, &ru);
	fprintf(stderr, "rss %ld\n", ru.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * A pipe that nobody reads keeps the writer's thread busy for ever; what is
 * measured is put and publish of the calls that skip.
 */
static void
skip_size(size_t size)
{
	struct aprec_writer *w;
	double *u = allocate(size), begun;
	size_t n = size / sizeof(*u);
	int pipefd[2], i, count = 200000, sent = 0;

	if (pipe(pipefd) == -1)
		err(1, "pipe");
	if ((w = aprec_fdopen(pipefd[1])) == NULL)
		err(1, NULL);
	/* Until it is full: a record that a pipe holds is soon sent. */
	for (i = 0; i < 1000; i++) {
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		aprec_publish(w);
		usleep(i < 100 ? 1000 : 0);
	}
	begun = now();
	for (i = 0; i < count; i++) {
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		sent += aprec_publish(w) == 1;
	}
	/* Small records are kept for later: that costs as little. */
	fprintf(stderr, "skip %zu %.0f %s\n", size,
	    (now() - begun) / count * 1e9, sent > 0 ? "kept" : "skipped");
	close(pipefd[0]);
	aprec_close(w);
	free(u);
}

static int
usage(void)
{
	fprintf(stderr, "usage: help-pipe write size seconds | read | "
	    "stall seconds | rss command ... | skip\n");
	return 1;
}

int
main(int argc, char *argv[])
{
	size_t size;

	if ((argc == 4 || argc == 5) && strcmp(argv[1], "write") == 0)
		write_records((size_t)strtoull(argv[2], NULL, 10),
		    strtod(argv[3], NULL), argv[4]);
	else if (argc == 2 && strcmp(argv[1], "read") == 0)
		read_all();
	else if (argc == 3 && strcmp(argv[1], "stall") == 0)
		stall(strtod(argv[2], NULL));
	else if (argc > 2 && strcmp(argv[1], "rss") == 0)
		return rss(argv + 2);
	else if (argc == 2 && strcmp(argv[1], "skip") == 0) {
		signal(SIGPIPE, SIG_IGN);
		setenv("APREC_POLICY", "newest", 1);
		setenv("APREC_LINGER", "0", 1);
		for (size = 1024; size <= 16 << 20; size *= 16)
			skip_size(size);
		skip_size(16 << 20);
	} else
		return usage();
	return 0;
}
