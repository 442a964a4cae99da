/*
 * help-output - a computation for tests of what is published, and to where
 *
 *	help-output fields		arrays of known numbers, published once
 *	help-output tile EY EX OY OX NY NX
 *					NY by NX of EY by EX numbers, from
 *					(OY, OX) on
 *	help-output late		u[40], then "x(x)", u[40], and the close
 *	help-output types		seven of each type
 *	help-output until FILE		publishes until INT or TERM, and then
 *					makes the file; tells when it has begun
 *	help-output child		a child that knows nothing of the run
 *					outlives it
 *	help-output fork		a child that has closed its writer, too
 *	help-output threads		four writers, used by four threads
 *
 * The output is APREC_OUT, of each of the four with the thread's number.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <complex.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/aprec.h"

#define NZ	6
#define NY	8
#define NX	10

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;
}

static void
dims(struct aprec_writer *w, const char *name, const char *z, const char *y,
    const char *x)
{
	const char *d[3] = { z, y, x };
	int skip = z == NULL ? y == NULL ? 2 : 1 : 0;

	aprec_dims(w, name, 3 - skip, d + skip);
}

/* u[z, y, x]; v[y, x], every other one of a larger array and backwards;
 * their coordinates; scattered points p of c. */
static void
fields(struct aprec_writer *w)
{
	static double u[NZ][NY][NX], lon[NY][NX], x[NX], y[NY], z[NZ];
	static int32_t v[2 * NY][NX];
	static float p[NX], c[NX];

	for (int k = 0; k < NZ; k++)
		for (int j = 0; j < NY; j++)
			for (int i = 0; i < NX; i++) {
				u[k][j][i] = 10000 * k + 100 * j + i;
				v[2 * j][NX - 1 - i] = 100 * j + i;
				lon[j][i] = 1000 + 100 * j + i;
				p[i] = (float)(50 + i);
				c[i] = (float)i;
				x[i] = i;
				y[j] = 10 * j;
				z[k] = 100 * k;
			}
	dims(w, "x", NULL, NULL, "x");
	dims(w, "y", NULL, NULL, "y");
	dims(w, "z", NULL, NULL, "z");
	dims(w, "u", "z", "y", "x");
	dims(w, "v", NULL, "row", "column");
	dims(w, "lon", NULL, "row", "column");
	aprec_attr(w, "v", "coordinates", "lon lat");
	aprec_attr(w, "c", "coordinates", "p");
	aprec_attr(w, "c", "units", "K");
	aprec_attr(w, "amp", "role", "parameter");
	aprec_put_i64(w, "step", 7);
	aprec_put(w, "x", APREC_F64, x, 1, (size_t[]){ NX });
	aprec_put(w, "y", APREC_F64, y, 1, (size_t[]){ NY });
	aprec_put(w, "z", APREC_F64, z, 1, (size_t[]){ NZ });
	aprec_put(w, "u", APREC_F64, u, 3, (size_t[]){ NZ, NY, NX });
	aprec_put_strided(w, "v", APREC_I32, &v[0][NX - 1], 2,
	    (size_t[]){ NY, NX }, (ptrdiff_t[]){ 2 * NX * 4, -4 });
	aprec_put(w, "lon", APREC_F64, lon, 2, (size_t[]){ NY, NX });
	aprec_put(w, "p", APREC_F32, p, 1, (size_t[]){ NX });
	aprec_put(w, "c", APREC_F32, c, 1, (size_t[]){ NX });
	aprec_put(w, "none", APREC_F32, NULL, 1, (size_t[]){ 0 });
	aprec_put_f64(w, "n", 3);
	aprec_put_f64(w, "amp", 2);
	aprec_put_text(w, "what", "text");
	aprec_publish(w);
}

static void
tile(struct aprec_writer *w, char **argv)
{
	size_t e[2], o[2], n[2], size;
	double *u, *x;
	char text[64];

	for (int i = 0; i < 2; i++) {
		e[i] = strtoul(argv[i], NULL, 10);
		o[i] = strtoul(argv[2 + i], NULL, 10);
		n[i] = strtoul(argv[4 + i], NULL, 10);
	}
	size = n[0] * n[1];
	u = calloc(size + 1, sizeof(*u));
	x = calloc(n[1] + 1, sizeof(*x));
	if (u == NULL || x == NULL)
		err(1, NULL);
	for (size_t i = 0; i < size; i++)
		u[i] = (double)(100 * (o[0] + i / n[1]) + o[1] + i % n[1]);
	for (size_t i = 0; i < n[1]; i++)
		x[i] = (double)(o[1] + i);
	dims(w, "u", NULL, "y", "x");
	dims(w, "x", NULL, NULL, "x");
	snprintf(text, sizeof(text), "%zu %zu", e[0], e[1]);
	aprec_attr(w, "u", "tile_extents", text);
	snprintf(text, sizeof(text), "%zu %zu", o[0], o[1]);
	aprec_attr(w, "u", "tile_offset", text);
	aprec_attr(w, "u", "units", "m");
	aprec_put_i64(w, "step", 1);
	aprec_put(w, "x", APREC_F64, x, 1, &n[1]);
	aprec_put(w, "u", APREC_F64, u, 2, n);
	aprec_publish(w);
	free(u);
	free(x);
}

static void
late(struct aprec_writer *w)
{
	static double u[40], x[40];
	size_t n = 40;

	for (int i = 0; i < 40; i++)
		u[i] = x[i] = i;
	aprec_put(w, "u", APREC_F64, u, 1, &n);
	aprec_publish(w);
	dims(w, "u", NULL, NULL, "x");
	aprec_put(w, "x", APREC_F64, x, 1, &n);
	aprec_publish(w);
	aprec_put(w, "u", APREC_F64, u, 1, &n);
	aprec_publish(w);
	aprec_withdraw(w, "x");
	aprec_put(w, "u", APREC_F64, u, 1, &n);
}

static void
types(struct aprec_writer *w)
{
	static const struct {
		const char *name;
		enum aprec_type type;
	} all[] = {
		{ "i8", APREC_I8 }, { "i16", APREC_I16 }, { "i32", APREC_I32 },
		{ "i64", APREC_I64 }, { "u8", APREC_U8 }, { "u16", APREC_U16 },
		{ "u32", APREC_U32 }, { "u64", APREC_U64 },
		{ "f32", APREC_F32 }, { "f64", APREC_F64 },
		{ "c64", APREC_C64 }, { "c128", APREC_C128 },
		{ "bool", APREC_BOOL }
	};
	static unsigned char data[13][7 * 16];
	size_t n = 7;

	for (size_t t = 0; t < 13; t++) {
		for (int i = 0; i < 7; i++)
			switch (all[t].type) {
			case APREC_F32:
				((float *)(void *)data[t])[i] = (float)i;
				break;
			case APREC_F64:
				((double *)(void *)data[t])[i] = i;
				break;
			case APREC_C64:
				((float *)(void *)data[t])[2 * i] = (float)i;
				((float *)(void *)data[t])[2 * i + 1] = 1;
				break;
			case APREC_C128:
				((double *)(void *)data[t])[2 * i] = i;
				((double *)(void *)data[t])[2 * i + 1] = 1;
				break;
			default:
				data[t][(size_t)i *
				    aprec_type_size(all[t].type)] =
				    (unsigned char)(all[t].type ==
				    APREC_BOOL ? i & 1 : i);
			}
		aprec_put(w, all[t].name, all[t].type, data[t], 1, &n);
	}
	aprec_publish(w);
}

/* 800 KB each time: no pipe holds that. */
static void
until(struct aprec_writer *w, const char *file)
{
	static double u[100000];
	struct sigaction sa = { .sa_handler = on_signal };
	size_t n = 100000;
	int fd;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	fprintf(stderr, "begun\n");
	for (int64_t step = 1; !caught; step++) {
		aprec_put_i64(w, "step", step);
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		aprec_publish(w);
	}
	if ((fd = open(file, O_WRONLY | O_CREAT, 0666)) != -1)
		close(fd);
}

/* The child has what it does not close; it tells when that is so. */
static pid_t
bear(struct aprec_writer *w, int by_exec)
{
	int fd[2];
	pid_t pid;
	char c;

	if (pipe(fd) == -1 || (pid = fork()) == -1)
		err(1, NULL);
	if (pid == 0) {
		if (!by_exec)
			aprec_close(w);
		close(fd[0]);
		fcntl(fd[1], F_SETFD, FD_CLOEXEC);
		if (by_exec)
			execlp("sleep", "sleep", "1000", (char *)NULL);
		else
			close(fd[1]);
		pause();
		_exit(1);
	}
	close(fd[1]);
	while (read(fd[0], &c, 1) == -1 && errno == EINTR)
		;
	close(fd[0]);
	return pid;
}

static int
beget(struct aprec_writer *w, int by_exec)
{
	pid_t pid = bear(w, by_exec);
	int result;

	aprec_put_i64(w, "step", 1);
	aprec_publish(w);
	result = aprec_close(w);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return result;
}

static void *
thread(void *arg)
{
	char path[1100];
	struct aprec_writer *w;
	size_t n = 20000;
	double *u;

	snprintf(path, sizeof(path), "%s%ld", getenv("APREC_OUT"),
	    *(long *)arg);
	w = aprec_open(path);
	for (int64_t step = 1; step <= 50; step++) {
		if ((u = calloc(n, sizeof(*u))) == NULL)
			err(1, NULL);
		aprec_put_i64(w, "step", step);
		aprec_put(w, "u", APREC_F64, u, 1, &n);
		aprec_publish(w);
		free(u);
	}
	if (aprec_close(w) == -1)
		errx(1, "%s: not closed", path);
	return NULL;
}

static void
threads(void)
{
	pthread_t t[4];
	long number[4];

	for (long i = 0; i < 4; i++) {
		number[i] = i;
		if ((errno = pthread_create(&t[i], NULL, thread,
		    &number[i])) != 0)
			err(1, NULL);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct aprec_writer *w;
	int result;

	if (strcmp(word, "threads") == 0) {
		threads();
		return 0;
	}
	w = aprec_open(NULL);
	aprec_source(w, "test");
	if (strcmp(word, "fields") == 0)
		fields(w);
	else if (strcmp(word, "tile") == 0 && argc == 8)
		tile(w, argv + 2);
	else if (strcmp(word, "late") == 0)
		late(w);
	else if (strcmp(word, "types") == 0)
		types(w);
	else if (strcmp(word, "until") == 0 && argc == 3)
		until(w, argv[2]);
	else if (strcmp(word, "child") == 0)
		return beget(w, 1) == -1;
	else if (strcmp(word, "fork") == 0)
		return beget(w, 0) == -1;
	else
		errx(1, "%s: not a word of mine", word);
	result = aprec_close(w);
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		errx(1, "a child is left");
	return result == -1;
}
