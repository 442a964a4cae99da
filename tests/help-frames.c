/*
 * help-frames - one field that is another in each frame, for those who draw
 *
 *	help-frames publish seconds shape
 *				as records to stdout, as fast as they are taken;
 *				seconds below 0: so many of them
 *	help-frames text seconds shape
 *				as lines for feedgnuplot --stream trigger;
 *				tells on stderr "fed N"
 *	help-frames file k shape
 *				the k-th of them to stdout, doubles as they are
 *	help-frames gnuplot seconds first script ...
 *				has gnuplot load first, then the scripts by
 *				turns, and waits for its answer behind each;
 *				prints "frames N seconds S", and when none is
 *				drawn in ten times as long, "frames 0"
 *	help-frames watch pid file
 *				until that process has ended: how often the
 *				middle of a screen changed, by the file that
 *				Xvfb -fbdir makes; prints "seen N seconds S"
 *
 * A shape is 1000 or 512x512 (rows x columns): waves and noise, of which each
 * frame has another piece.  What is counted begins at the end of the first
 * frame, and is one more at least.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

#define PIECES	64		/* of the field, each for a frame */
#define SHIFT	1021		/* elements between their beginnings */
#define LOOK	2000		/* us between looks at the screen, */
#define STRIDE	977		/* and bytes between those looked at */

struct field {
	int		 rank;
	size_t		 extents[2];
	size_t		 n;
	double		*values;	/* of all pieces */
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* xorshift64*, Marsaglia and Vigna: from -0.5 to 0.5. */
static double
noise(void)
{
	static uint64_t s = 1;

	s ^= s >> 12;
	s ^= s << 25;
	s ^= s >> 27;
	return (double)((s * UINT64_C(2685821657736338717)) >> 11) /
	    9007199254740992.0 - 0.5;
}

static struct field
make_field(const char *shape)
{
	struct field f = { .rank = 1 };
	char *end;
	size_t i, all;
	double u;

	f.n = f.extents[0] = strtoul(shape, &end, 10);
	if (*end == 'x') {
		f.rank = 2;
		f.extents[1] = strtoul(end + 1, &end, 10);
		f.n *= f.extents[1];
	}
	if (*end != '\0' || f.n == 0)
		errx(1, "%s: no shape", shape);
	all = f.n + PIECES * SHIFT;
	if ((f.values = malloc(all * sizeof(*f.values))) == NULL)
		err(1, NULL);
	for (i = 0; i < all; i++) {
		u = (double)i / (double)f.n * 2 * M_PI;
		f.values[i] = f.rank == 1 ? sin(3 * u) : sin(2 * u) *
		    cos(4 * M_PI * (double)i / (double)f.extents[1]);
		f.values[i] += 0.4 * noise();
	}
	return f;
}

static const double *
piece(const struct field *f, unsigned k)
{
	return f->values + (size_t)(k % PIECES) * SHIFT;
}

static void
put(struct aprec_writer *w, const struct field *f, unsigned k)
{
	aprec_put_i64(w, "step", k);
	aprec_put(w, "u", APREC_F64, piece(f, k), f->rank, f->extents);
}

static void
publish(double seconds, const char *shape)
{
	struct field f = make_field(shape);
	struct aprec_writer *w = aprec_open("-");
	double end = now() + seconds;
	unsigned k;

	for (k = 0; seconds < 0 ? k < -seconds : now() < end; k++) {
		put(w, &f, k);
		aprec_publish(w);
	}
	put(w, &f, k - 1);	/* $APREC_RATE may have skipped it */
	aprec_close(w);
}

static void
text(double seconds, const char *shape)
{
	struct field f = make_field(shape);
	double begun = now();
	const double *p;
	unsigned k = 0;
	size_t i;

	do {
		p = piece(&f, k++);
		if (k > 1)
			puts("clear");
		for (i = 0; i < f.n; i++)
			printf("%.6g\n", p[i]);
		puts("replot");
		fflush(stdout);
	} while (now() < begun + seconds);
	puts("exit");
	fprintf(stderr, "fed %u\n", k);
}

static void
file(unsigned k, const char *shape)
{
	struct field f = make_field(shape);

	if (fwrite(piece(&f, k), sizeof(double), f.n, stdout) != f.n ||
	    fflush(stdout) != 0)
		err(1, NULL);
}

static pid_t
gnuplot_start(const char *first, FILE **to, FILE **from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe(in) == -1 || pipe(out) == -1 || (pid = fork()) == -1)
		err(1, "gnuplot");
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execlp("gnuplot", "gnuplot", "-d", first, "-", (char *)NULL);
		err(127, "gnuplot");
	}
	close(in[0]);
	close(out[1]);
	*to = fdopen(in[1], "w");
	*from = fdopen(out[0], "r");
	return pid;
}

/* Until gnuplot has drawn a script; 0: it has not, in so many seconds. */
static int
draw(const char *script, FILE *to, FILE *from, double seconds)
{
	struct pollfd p = { .fd = fileno(from), .events = POLLIN };
	char line[1024];

	fprintf(to, "load '%s'\nprinterr 'done'\n", script);
	fflush(to);
	if (poll(&p, 1, (int)(seconds * 1e3)) <= 0)
		return 0;
	do {
		if (fgets(line, sizeof(line), from) == NULL)
			errx(1, "gnuplot has ended");
		if (strstr(line, "line ") == line)
			fputs(line, stderr);
	} while (strcmp(line, "done\n") != 0);
	return 1;
}

static void
gnuplot(double seconds, const char *first, char **scripts, int n)
{
	FILE *to, *from;
	pid_t pid = gnuplot_start(first, &to, &from);
	double begun = now(), end, patience = 10 * seconds;
	int k, alive;

	k = 0;
	alive = draw(scripts[0], to, from, patience);
	for (begun = alive ? now() : begun; alive && (k == 0 || now() < begun +
	    seconds); k += alive)
		alive = draw(scripts[(k + 1) % n], to, from, patience);
	if (!alive)
		kill(pid, SIGKILL);
	end = now();
	printf("frames %d seconds %.3f\n", k, end - begun);
	fclose(to);
	waitpid(pid, NULL, 0);
	fclose(from);
}

/* A sum of some of the bytes from a third of the file to two thirds. */
static uint64_t
look(const unsigned char *p, size_t size)
{
	uint64_t sum = 0;
	size_t i;

	for (i = size / 3; i < size / 3 * 2; i += STRIDE)
		sum = sum * 31 + p[i];
	return sum;
}

static void
watch(pid_t pid, const char *path)
{
	double first = 0, last = 0;
	uint64_t before, sum;
	int fd, seen = -1;
	struct stat st;
	void *p;

	if ((fd = open(path, O_RDONLY)) == -1 || fstat(fd, &st) == -1)
		err(1, "%s", path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	before = look(p, (size_t)st.st_size);
	while (kill(pid, 0) == 0) {
		usleep(LOOK);
		sum = look(p, (size_t)st.st_size);
		if (sum == before)
			continue;
		before = sum;
		last = now();
		if (++seen == 0)
			first = last;
	}
	printf("seen %d seconds %.3f\n", seen < 0 ? 0 : seen, last - first);
}

int
main(int argc, char *argv[])
{
	const char *what = argc >= 4 ? argv[1] : "";
	double n = argc >= 4 ? strtod(argv[2], NULL) : 0;

	(void)signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "publish") == 0)
		publish(n, argv[3]);
	else if (strcmp(what, "text") == 0)
		text(n, argv[3]);
	else if (strcmp(what, "file") == 0)
		file((unsigned)n, argv[3]);
	else if (strcmp(what, "gnuplot") == 0 && argc > 4)
		gnuplot(n, argv[3], argv + 4, argc - 4);
	else if (strcmp(what, "watch") == 0)
		watch((pid_t)n, argv[3]);
	else {
		fprintf(stderr, "usage: help-frames publish seconds shape | "
		    "text seconds shape | file k shape |\n"
		    "    gnuplot seconds first script ... | watch pid file\n");
		return 1;
	}
	return 0;
}
