/*
 * help-writer - a computation for tests of the writer
 *
 *	help-writer word ...
 *
 *	open [PATH]	begin a run; without PATH by the rules of aprec(3)
 *	stdio		print a line to stdout by stdio, unflushed
 *	print		write a line to descriptor 1
 *	steps N COUNT	N publishes of step, t and u[COUNT]; what u has is
 *			overwritten as soon as publish returns
 *	once NAME V	publish the number alone
 *	big NAME COUNT	publish an array alone
 *	last COUNT	put step and u for the record of the close
 *	strided		publish views of a 6 by 5 array, as their packed copies
 *	withdraw NAME	publish that
 *	alarm USEC	SIGALRM every so many microseconds, from now on
 *	bad NAME	put a number of that name
 *	fork		a child publishes a step and closes
 *	skip BYTES N	publish an array of BYTES N times and tell on stderr how
 *			many were taken
 *	stop N		publish until it is asked to stop, N ms at most
 *	close
 *
 * At the end it tells on stderr: "stopped S error E closed C".
 */
#include <sys/time.h>
#include <sys/wait.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/aprec.h"

static struct aprec_writer *w;
static long step;
static int stopped;
static char error[600];

static double *
numbers(size_t n, long seed)
{
	double *u = malloc(n * sizeof(*u) + 1);

	if (u == NULL)
		err(1, NULL);
	for (size_t i = 0; i < n; i++)
		u[i] = (double)seed + (double)i / 1024;
	return u;
}

static void
put_step(size_t n, double **u)
{
	*u = numbers(n, ++step);
	aprec_put_i64(w, "step", step);
	aprec_put_f64(w, "t", (double)step / 8);
	aprec_put(w, "u", APREC_F64, *u, 1, &n);
}

static void
steps(long count, size_t n)
{
	double *u;

	for (long i = 0; i < count; i++) {
		put_step(n, &u);
		aprec_publish(w);
		memset(u, 0xff, n * sizeof(*u));
		free(u);
	}
}

/* Transposed, every other one, backwards, inner: named v..., and p... the
 * same packed. */
static void
strided(void)
{
	double a[6][5], t[5][6], e[3][3], b[5], in[4][3];

	for (int j = 0; j < 6; j++)
		for (int i = 0; i < 5; i++)
			t[i][j] = a[j][i] = 10 * j + i;
	for (int j = 0; j < 3; j++)
		for (int i = 0; i < 3; i++)
			e[j][i] = a[2 * j][2 * i];
	for (int i = 0; i < 5; i++)
		b[i] = a[2][4 - i];
	for (int j = 0; j < 4; j++)
		for (int i = 0; i < 3; i++)
			in[j][i] = a[j + 1][i + 1];
	aprec_put_strided(w, "v_t", APREC_F64, a, 2, (size_t[]){ 5, 6 },
	    (ptrdiff_t[]){ 8, 40 });
	aprec_put(w, "p_t", APREC_F64, t, 2, (size_t[]){ 5, 6 });
	aprec_put_strided(w, "v_e", APREC_F64, a, 2, (size_t[]){ 3, 3 },
	    (ptrdiff_t[]){ 80, 16 });
	aprec_put(w, "p_e", APREC_F64, e, 2, (size_t[]){ 3, 3 });
	aprec_put_strided(w, "v_b", APREC_F64, &a[2][4], 1, (size_t[]){ 5 },
	    (ptrdiff_t[]){ -8 });
	aprec_put(w, "p_b", APREC_F64, b, 1, (size_t[]){ 5 });
	aprec_put_strided(w, "v_i", APREC_F64, &a[1][1], 2,
	    (size_t[]){ 4, 3 }, (ptrdiff_t[]){ 40, 8 });
	aprec_put(w, "p_i", APREC_F64, in, 2, (size_t[]){ 4, 3 });
	aprec_publish(w);
}

static void
skip(size_t bytes, long count)
{
	double *u = numbers(bytes / 8, 1);
	size_t n = bytes / 8;
	long taken = 0;

	for (long i = 0; i < count; i++) {
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		taken += aprec_publish(w) == 1;
	}
	fprintf(stderr, "taken %ld of %ld\n", taken, count);
	free(u);
}

static void
child(void)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		steps(1, 4);
		_exit(aprec_close(w) == -1);
	}
	waitpid(pid, NULL, 0);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
ring(long usec)
{
	struct itimerval it = { { 0, usec }, { 0, usec } };
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static int
close_it(void)
{
	stopped |= aprec_stopped(w);
	if (aprec_error(w) != NULL)
		snprintf(error, sizeof(error), "%s", aprec_error(w));
	return aprec_close(w);
}

static char *
next(char ***argv)
{
	if (**argv == NULL)
		errx(1, "a word is missing");
	return *(*argv)++;
}

/* The words that publish one thing; 1: it was one of them. */
static int
publish_word(const char *word, char ***argv)
{
	const char *name;
	double *u;
	size_t n;

	if (strcmp(word, "once") == 0) {
		name = next(argv);
		aprec_put_f64(w, name, atof(next(argv)));
	} else if (strcmp(word, "big") == 0) {
		name = next(argv);
		n = (size_t)atol(next(argv));
		u = numbers(n, 7);
		aprec_put(w, name, APREC_F64, u, 1, &n);
		aprec_publish(w);
		free(u);
		return 1;
	} else if (strcmp(word, "withdraw") == 0) {
		aprec_withdraw(w, next(argv));
	} else if (strcmp(word, "bad") == 0) {
		aprec_put_f64(w, next(argv), 1);
	} else
		return 0;
	aprec_publish(w);
	return 1;
}

int
main(int argc, char **argv)
{
	double *last = NULL;
	int closed = 0;

	(void)argc;
	for (argv++; *argv != NULL; ) {
		const char *word = *argv++;
		long n;

		if (strcmp(word, "open") == 0) {
			w = aprec_open(*argv != NULL && strchr("./-",
			    **argv) != NULL ? *argv++ : NULL);
			aprec_source(w, "test");
		} else if (strcmp(word, "stdio") == 0)
			printf("printed by stdio\n");
		else if (strcmp(word, "print") == 0)
			dprintf(1, "printed\n");
		else if (strcmp(word, "steps") == 0) {
			n = atol(next(&argv));
			steps(n, (size_t)atol(next(&argv)));
		} else if (strcmp(word, "last") == 0)
			put_step((size_t)atol(next(&argv)), &last);
		else if (strcmp(word, "stop") == 0) {
			n = atol(next(&argv));
			for (; n > 0 && !aprec_stopped(w); n--) {
				steps(1, 1000);
				usleep(1000);
			}
		} else if (strcmp(word, "strided") == 0)
			strided();
		else if (strcmp(word, "alarm") == 0)
			ring(atol(next(&argv)));
		else if (strcmp(word, "fork") == 0)
			child();
		else if (strcmp(word, "skip") == 0) {
			n = atol(next(&argv));
			skip((size_t)n, atol(next(&argv)));
		} else if (strcmp(word, "close") == 0)
			closed = close_it();
		else if (!publish_word(word, &argv))
			errx(1, "%s: not a word of mine", word);
	}
	free(last);
	fprintf(stderr, "stopped %d error %s closed %d\n", stopped,
	    *error != '\0' ? error : "-", closed);
	return 0;
}
