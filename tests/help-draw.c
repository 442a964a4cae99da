/*
 * help-draw - how long from publish to drawn, and gnuplot's own part of it
 *
 *	help-draw publish count file	publishes 1,000 points to stdout, waits
 *					until file is another than before;
 *					count 0: one record and no more
 *	help-draw gnuplot count first script
 *					has gnuplot load first, and then the
 *					script, waits for its answer behind it
 *
 * One line on stdout (publish: stderr) for each time: milliseconds.  The
 * first three, for which things are started and files are read for the first
 * time, are not told.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <err.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

#define POINTS	1000
#define UNTOLD	3
#define PAUSE	30000	/* us; longer than a frame of aplot's */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Wait until path is a file other than *before; 0 after 10 s. */
static int
wait_new(const char *path, struct stat *before)
{
	struct stat st;
	double begun = now();

	while (now() - begun < 10) {
		if (stat(path, &st) == 0 && st.st_size > 0 &&
		    (st.st_ino != before->st_ino ||
		    st.st_mtim.tv_sec != before->st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != before->st_mtim.tv_nsec)) {
			*before = st;
			return 1;
		}
		usleep(50);
	}
	return 0;
}

static void
publish(int count, const char *path)
{
	struct aprec_writer *w;
	struct stat before = { 0 };
	double x[POINTS], u[POINTS], begun;
	size_t n = POINTS;
	int step, i;

	if ((w = aprec_open("-")) == NULL)
		err(1, NULL);
	aprec_dims(w, "x", 1, (const char *[]){ "x" });
	aprec_dims(w, "u", 1, (const char *[]){ "x" });
	for (step = 0; step < count + UNTOLD; step++) {
		for (i = 0; i < POINTS; i++) {
			x[i] = i * 0.01;
			u[i] = sin(x[i] + step * 0.1);
		}
		begun = now();
		aprec_put_i64(w, "step", step);
		aprec_put(w, "x", APREC_F64, x, 1, &n);
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		aprec_publish(w);
		if (count == 0)
			break;
		if (!wait_new(path, &before))
			errx(1, "%s: step %d was not drawn in 10 s", path,
			    step);
		if (step >= UNTOLD)
			fprintf(stderr, "%.3f\n", (now() - begun) * 1e3);
		usleep(PAUSE);
	}
	aprec_close(w);
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
		close(in[1]);
		close(out[0]);
		execlp("gnuplot", "gnuplot", "-d", first, "-", (char *)NULL);
		err(127, "gnuplot");
	}
	close(in[0]);
	close(out[1]);
	*to = fdopen(in[1], "w");
	*from = fdopen(out[0], "r");
	return pid;
}

static void
gnuplot(int count, const char *first, const char *script)
{
	FILE *to, *from;
	pid_t pid = gnuplot_start(first, &to, &from);
	char line[1024];
	double begun;
	int i;

	for (i = 0; i < count + UNTOLD; i++) {
		begun = now();
		fprintf(to, "load '%s'\nunset output\nprinterr 'done'\n",
		    script);
		fflush(to);
		do {
			if (fgets(line, sizeof(line), from) == NULL)
				errx(1, "gnuplot has ended");
		} while (strcmp(line, "done\n") != 0);
		if (i >= UNTOLD)
			printf("%.3f\n", (now() - begun) * 1e3);
		usleep(PAUSE);
	}
	fclose(to);
	fclose(from);
	waitpid(pid, NULL, 0);
}

int
main(int argc, char *argv[])
{
	int count = argc >= 4 ? atoi(argv[2]) : -1;

	if (count >= 0 && argc == 4 && strcmp(argv[1], "publish") == 0)
		publish(count, argv[3]);
	else if (count > 0 && argc == 5 && strcmp(argv[1], "gnuplot") == 0)
		gnuplot(count, argv[3], argv[4]);
	else {
		fprintf(stderr, "usage: help-draw publish count file | "
		    "gnuplot count first script\n");
		return 1;
	}
	return 0;
}
