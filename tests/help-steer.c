/*
 * help-steer - a computation that can be steered, for tests
 *
 *	help-steer [-aCefFiPsX] [-B calls] [-b count] [-c step] [-d ms]
 *	    [-n steps] [-p count] [-R step] [-r ranks] [-W seconds] [-w step]
 *	    [-x rank] [out]
 *
 *	-a	as -i, and the handler calls aprec_interrupt()
 *	-B	the broadcast fails from so many calls on
 *	-b	publish an array of so many numbers, too
 *	-C	go to the root folder when it has begun
 *	-c	at that step the program itself changes dt and title
 *	-d	compute so long for a step
 *	-e	the writer fails before the first publish
 *	-f	a child of fork publishes before each step
 *	-F	the last publish is final, and one comes behind it
 *	-i	catch SIGINT: end after the publish that is made; SIGUSR1: go on
 *	-n	end after so many steps; else when it is asked to
 *	-P	publish a record of step 3 before all
 *	-p	pass so many of the parameters (all), see tests/control/README
 *	-R	SIGINT comes while that step is computed
 *	-r	as so many processes, with a broadcast through pipes
 *	-s	publish no step
 *	-W	wait so long (-1: no limit) instead of computing
 *	-w	withdraw the parameter c at that step
 *	-X	give no broadcast
 *	-x	the writer of that rank fails
 *
 * What every step leads to depends on all parameters at all steps before.  At
 * the end it tells on stderr "steps N stopped S interrupted I x X".  A rank R
 * tells in rank.R at which steps c was another, and the same.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

#define RANKS	16

static double c = 1, dt = 0.125, low;
static float f = 0.05f;
static int32_t n = 3;
static int8_t i;
static uint64_t u;
static int64_t big;
static bool on;
static char title[16] = "start";

static struct aprec_writer *w;
static volatile sig_atomic_t caught;
static int tells_writer;
static int to[RANKS][2], rank, nranks;

static struct options {
	int		 fails, forks, final, catches, no_step, no_broadcast;
	int		 first, leaves;
	long		 count, change, ms, steps, params, raise, withdraw;
	long		 failing, calls;
	const char	*wait;
} o = { .steps = -1, .params = 10, .raise = -1, .change = -1, .failing = -1,
    .withdraw = -1 };

static void
on_int(int sig)
{
	(void)sig;
	caught = 1;
	if (tells_writer)
		aprec_interrupt(w);
}

static void
on_usr1(int sig)
{
	(void)sig;
}

static void
register_params(void)
{
	const double inf = INFINITY;
	long k = o.params;

	if (k-- > 0)
		aprec_param(w, "c", APREC_F64, &c, 0, 5, "speed");
	if (k-- > 0)
		aprec_param(w, "dt", APREC_F64, &dt, 0, inf, NULL);
	if (k-- > 0)
		aprec_param(w, "low", APREC_F64, &low, -inf, 1.5, NULL);
	if (k-- > 0)
		aprec_param(w, "f", APREC_F32, &f, 0, 0.1, NULL);
	if (k-- > 0)
		aprec_param(w, "n", APREC_I32, &n, 0.5, 100, NULL);
	if (k-- > 0)
		aprec_param(w, "i", APREC_I8, &i, -inf, inf, NULL);
	if (k-- > 0)
		aprec_param(w, "u", APREC_U64, &u, -inf, inf, NULL);
	if (k-- > 0)
		aprec_param(w, "big", APREC_I64, &big, -inf, inf, NULL);
	if (k-- > 0)
		aprec_param(w, "on", APREC_BOOL, &on, 0, 1, NULL);
	if (k-- > 0)
		aprec_param_text(w, "title", title, sizeof(title), NULL);
	aprec_attr(w, "c", "units", "m s-1");
}

/* From rank 0 to all by pipes, which are not closed before the process ends. */
static int
broadcast(void *arg, void *buf, size_t len)
{
	char *p = buf;

	static long calls;

	(void)arg;
	if (buf == NULL)
		return 0;
	if (++calls == o.calls)
		return -1;
	for (int r = 1; rank == 0 && r < nranks; r++)
		if (write(to[r][1], buf, len) != (ssize_t)len)
			return -1;
	while (rank != 0 && len > 0) {
		ssize_t got = read(to[rank][0], p, len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		p += got;
		len -= (size_t)got;
	}
	return 0;
}

/* Become so many processes; the parent waits for them and ends. */
static void
become_ranks(void)
{
	char text[16];
	int status, bad = 0;

	for (int r = 1; r < nranks; r++)
		if (pipe(to[r]) == -1)
			err(1, "pipe");
	for (rank = 0; rank < nranks; rank++) {
		pid_t pid = fork();

		if (pid == -1)
			err(1, "fork");
		if (pid == 0) {
			snprintf(text, sizeof(text), "%d", rank);
			setenv("PMI_RANK", text, 1);
			snprintf(text, sizeof(text), "%d", nranks);
			setenv("PMI_SIZE", text, 1);
			return;
		}
	}
	signal(SIGINT, SIG_IGN);
	while (wait(&status) != -1)
		bad |= status;
	exit(bad != 0);
}

static double
compute(double x)
{
	double d = dt * (c + (on ? (double)f : low) * n + (double)i / 16) +
	    (double)(u % 7) / 8 + (double)(big % 5) / 4 +
	    (double)strlen(title) / 32;

	x = 1.25 * x + d;
	return x > 1000 ? x / 1000 : x;
}

static void
put(long step, double x, double *array)
{
	size_t count = (size_t)o.count;

	if (!o.no_step)
		aprec_put_i64(w, "step", step);
	aprec_put_f64(w, "x", x);
	for (size_t k = 0; k < count; k++)
		array[k] = x + (double)k;
	if (count > 0)
		aprec_put(w, "array", APREC_F64, array, 1, &count);
}

static void
publish_in_child(void)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		aprec_put_f64(w, "child", 1);
		aprec_publish(w);
		aprec_wait(w, 0);
		_exit(aprec_stopped(w) || aprec_close(w) == -1);
	}
	waitpid(pid, NULL, 0);
}

static void
pass_time(void)
{
	struct timespec ts = { o.ms / 1000, o.ms % 1000 * 1000000 };

	if (o.ms > 0)
		nanosleep(&ts, NULL);
}

static void
step_once(long step, double *x, double *array)
{
	*x = compute(*x);
	pass_time();
	if (step == o.raise)
		raise(SIGINT);
	if (step == o.change) {
		dt = 0.25;
		strcpy(title, "changed");
	}
	if (step == o.withdraw)
		aprec_param(w, "c", APREC_F64, NULL, 0, 0, NULL);
	put(step, *x, array);
	if (o.final && step + 1 == o.steps) {
		fprintf(stderr, "final %d", aprec_publish_final(w));
		put(step + 1, -1, array);
		fprintf(stderr, " then %d\n", aprec_publish(w));
	} else
		aprec_publish(w);
}

static void
run_steps(void)
{
	double x = 0.5, was = c, *array = malloc((size_t)o.count * 8 + 1);
	FILE *log = stderr;
	char name[32];
	long step = 0;

	if (array == NULL)
		err(1, NULL);
	snprintf(name, sizeof(name), "rank.%d", rank);
	if (nranks > 0 && (log = fopen(name, "w")) == NULL)
		err(1, "%s", name);
	if (o.first) {
		put(3, x, array);
		aprec_publish(w);
	}
	while (!caught && !aprec_stopped(w) && step != o.steps) {
		if (o.wait != NULL) {
			int got = aprec_wait(w, atof(o.wait));

			fprintf(log, "wait %d%s\n", got, got != -1 ? "" :
			    errno == EINTR ? " EINTR" : " ENOTCONN");
			step++;
			continue;
		}
		if (o.forks)
			publish_in_child();
		step_once(step, &x, array);
		step++;
		if (nranks > 0 && (c < was || c > was))
			fprintf(log, "at %ld c %g\n", step - 1, c);
		was = c;
	}
	fprintf(log, "steps %ld stopped %d interrupted %d x %.17g\n", step,
	    aprec_stopped(w), (int)caught, x);
	fflush(log);
	free(array);
}

int
main(int argc, char *argv[])
{
	struct sigaction sa = { .sa_handler = on_int };
	int ch;

	while ((ch = getopt(argc, argv,
	    "aB:b:c:Cd:efFin:Pp:R:r:sW:w:x:X")) != -1)
		switch (ch) {
		case 'a': tells_writer = o.catches = 1; break;
		case 'B': o.calls = atol(optarg); break;
		case 'b': o.count = atol(optarg); break;
		case 'c': o.change = atol(optarg); break;
		case 'C': o.leaves = 1; break;
		case 'd': o.ms = atol(optarg); break;
		case 'e': o.fails = 1; break;
		case 'f': o.forks = 1; break;
		case 'F': o.final = 1; break;
		case 'i': o.catches = 1; break;
		case 'n': o.steps = atol(optarg); break;
		case 'P': o.first = 1; break;
		case 'p': o.params = atol(optarg); break;
		case 'R': o.raise = atol(optarg); break;
		case 'r': nranks = atoi(optarg); break;
		case 's': o.no_step = 1; break;
		case 'W': o.wait = optarg; break;
		case 'w': o.withdraw = atol(optarg); break;
		case 'x': o.failing = atol(optarg); break;
		case 'X': o.no_broadcast = 1; break;
		default: return 1;
		}
	setlocale(LC_ALL, "");
	if (nranks > RANKS)
		errx(1, "too many ranks");
	if (nranks > 0)
		become_ranks();
	if (o.catches) {
		sigaction(SIGINT, &sa, NULL);
		sa.sa_handler = on_usr1;
		sigaction(SIGUSR1, &sa, NULL);
	}
	w = aprec_open(argv[optind]);
	aprec_source(w, "steered");
	if (o.leaves && chdir("/") == -1)
		err(1, "/");
	if (nranks > 0 && !o.no_broadcast)
		aprec_broadcast(w, rank, broadcast, NULL);
	if (o.fails || o.failing == rank)
		aprec_put_f64(w, "9x", 1);
	register_params();
	run_steps();
	return aprec_close(w) == -1 && !o.fails && o.failing != rank;
}
