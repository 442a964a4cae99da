/*
 * heat-mpi - a heated plate, computed by several processes and published
 *
 *	APREC_OUT='run.%r.apr' mpirun -n 4 ./heat-mpi
 *	aplot 'run.*.apr'
 *
 * A thin copper plate of 150 mm by 100 mm has its rim held at one temperature,
 * and is heated by a torch that goes round above it.  Solved is
 *
 *	u_t = D (u_xx + u_yy) + q,	q = power exp(-r^2 / (2 SPOT^2))
 *
 * with r the distance from the torch, by Euler's scheme on a square mesh of
 * width h:
 *
 *	u[n+1] = u[n] + D dt/h^2 (u_E + u_W + u_N + u_S - 4 u) + dt q
 *
 * It is stable for D dt/h^2 <= 1/4; dt is chosen to make it that for the
 * largest diffusivity that may be set.  Each process has a tile of the plate
 * with a halo of one point, which it fills from its neighbours before each
 * step.  What is always true, to rounding: the sum of u over the plate has
 * grown by what the torch gave and shrunk by what went out through the rim.
 * What is missing in that balance is published as "lost", as a part of the sum
 * at the start, and tells whether the solver and the halos are right.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "format/aprec.h"
#include "format/aprec_mpi.h"

#define LENGTH		150.0	/* mm, along x */
#define SPOT		4.0	/* mm */
#define ORBIT		25.0	/* mm, of the torch about the middle */
#define D_MAX		120.0	/* mm^2/s */

struct plate {			/* the same in every process */
	size_t	 nx, ny;	/* points within the rim */
	double	 h, dt;		/* mm, s */
	double	 angle;		/* of the torch */
	double	 diffusivity;	/* mm^2/s; this and the next are steered */
	double	 power;		/* degC/s, beneath the torch */
	double	 rim;		/* degC */
	double	 turning;	/* turns/s */
};

struct tile {			/* the process's own */
	MPI_Comm	 comm;
	MPI_Datatype	 column;
	int		 rank, size, north, south, east, west;
	size_t		 nx, ny, i0, j0;	/* points, and the first */
	size_t		 width;		/* of a row, with halo */
	double		*x, *y;		/* mm */
	double		*gx, *gy;	/* q / power is gx gy */
	double		*u, *next;	/* degC; from the halo's corner on */
	double		 begun;		/* the sum of u over the plate */
	double		 given;		/* by the torch, less what went out */
};

struct sums {			/* over all processes */
	double	 u, given, caught;
};

static volatile sig_atomic_t caught;
static struct aprec_writer *volatile writer;

static void
on_signal(int sig)
{
	caught = sig;
	aprec_interrupt(writer);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double *
array(size_t n)
{
	double *p = calloc(n, sizeof(*p));

	if (p == NULL) {
		warn(NULL);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return p;
}

/* The points of n that fall to part k of so many, and those before them. */
static size_t
share(size_t n, int k, int parts, size_t *before)
{
	size_t end = n * (size_t)(k + 1) / (size_t)parts;

	*before = n * (size_t)k / (size_t)parts;
	return end - *before;
}

static void
tile_init(struct tile *t, const struct plate *p)
{
	int dims[2] = { 0 }, periods[2] = { 0 }, at[2];
	size_t i, j;

	MPI_Comm_size(MPI_COMM_WORLD, &t->size);
	MPI_Dims_create(t->size, 2, dims);
	if (p->nx < (size_t)dims[0] || p->ny < (size_t)dims[1]) {
		warnx("more processes than points");
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	/* More of them along x, as the plate is longer there. */
	MPI_Cart_create(MPI_COMM_WORLD, 2, (int[]){ dims[1], dims[0] },
	    periods, 0, &t->comm);
	MPI_Comm_rank(t->comm, &t->rank);
	MPI_Cart_coords(t->comm, t->rank, 2, at);
	MPI_Cart_shift(t->comm, 0, 1, &t->south, &t->north);
	MPI_Cart_shift(t->comm, 1, 1, &t->west, &t->east);
	t->ny = share(p->ny, at[0], dims[1], &t->j0);
	t->nx = share(p->nx, at[1], dims[0], &t->i0);
	t->width = t->nx + 2;
	MPI_Type_vector((int)t->ny, 1, (int)t->width, MPI_DOUBLE, &t->column);
	MPI_Type_commit(&t->column);
	t->x = array(t->nx);
	t->y = array(t->ny);
	t->gx = array(t->nx);
	t->gy = array(t->ny);
	t->u = array(t->width * (t->ny + 2));
	t->next = array(t->width * (t->ny + 2));
	for (i = 0; i < t->nx; i++)
		t->x[i] = (double)(t->i0 + i + 1) * p->h;
	for (j = 0; j < t->ny; j++)
		t->y[j] = (double)(t->j0 + j + 1) * p->h;
	for (i = 0; i < t->width * (t->ny + 2); i++)
		t->u[i] = p->rim;
}

static void
tile_free(struct tile *t)
{
	MPI_Type_free(&t->column);
	MPI_Comm_free(&t->comm);
	free(t->x);
	free(t->y);
	free(t->gx);
	free(t->gy);
	free(t->u);
	free(t->next);
}

/* The rim's temperature into the halo where the plate ends; its share out. */
static double
hold_rim(struct tile *t, double rim)
{
	size_t i, j, w = t->width;
	double *first = t->u + w, *last = t->u + t->ny * w, out = 0;

	if (t->south == MPI_PROC_NULL)
		for (i = 1; i <= t->nx; i++) {
			t->u[i] = rim;
			out += first[i] - rim;
		}
	if (t->north == MPI_PROC_NULL)
		for (i = 1; i <= t->nx; i++) {
			last[w + i] = rim;
			out += last[i] - rim;
		}
	for (j = 0; j < t->ny; j++, first += w) {
		if (t->west == MPI_PROC_NULL) {
			first[0] = rim;
			out += first[1] - rim;
		}
		if (t->east == MPI_PROC_NULL) {
			first[t->nx + 1] = rim;
			out += first[t->nx] - rim;
		}
	}
	return out;
}

/* The neighbours' outermost points into the halo. */
static void
exchange(struct tile *t)
{
	size_t w = t->width;
	double *first = t->u + w + 1, *last = t->u + t->ny * w + 1;
	double *east = first + t->nx;
	int n = (int)t->nx;

	MPI_Sendrecv(last, n, MPI_DOUBLE, t->north, 1, first - w, n,
	    MPI_DOUBLE, t->south, 1, t->comm, MPI_STATUS_IGNORE);
	MPI_Sendrecv(first, n, MPI_DOUBLE, t->south, 2, last + w, n,
	    MPI_DOUBLE, t->north, 2, t->comm, MPI_STATUS_IGNORE);
	MPI_Sendrecv(east - 1, 1, t->column, t->east, 3, first - 1, 1,
	    t->column, t->west, 3, t->comm, MPI_STATUS_IGNORE);
	MPI_Sendrecv(first, 1, t->column, t->west, 4, east, 1,
	    t->column, t->east, 4, t->comm, MPI_STATUS_IGNORE);
}

/* g along one axis, n points, with the torch above at; returns the sum. */
static double
gauss(double *g, const double *x, size_t n, double at)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		g[i] = exp(-(x[i] - at) * (x[i] - at) / (2 * SPOT * SPOT));
		sum += g[i];
	}
	return sum;
}

static void
advance(struct tile *t, struct plate *p)
{
	double k = p->diffusivity * p->dt / (p->h * p->h);
	double q = p->power * p->dt, *swap;
	size_t i, j, w = t->width;

	p->angle = fmod(p->angle + 2 * M_PI * p->turning * p->dt, 2 * M_PI);
	t->given += q * gauss(t->gx, t->x, t->nx,
	    (double)(p->nx + 1) * p->h / 2 + ORBIT * cos(p->angle)) *
	    gauss(t->gy, t->y, t->ny,
	    (double)(p->ny + 1) * p->h / 2 + ORBIT * sin(p->angle));
	t->given -= k * hold_rim(t, p->rim);
	exchange(t);
	for (j = 0; j < t->ny; j++) {
		const double *restrict u = t->u + (j + 1) * w + 1;
		const double *restrict up = u + w, *restrict down = u - w;
		double *restrict v = t->next + (j + 1) * w + 1;
		double qy = q * t->gy[j];

		for (i = 0; i < t->nx; i++)
			v[i] = u[i] + k * (*(u + i + 1) + *(u + i - 1) +
			    up[i] + down[i] - 4 * u[i]) + qy * t->gx[i];
	}
	swap = t->u;
	t->u = t->next;
	t->next = swap;
}

/* What can be steered, alike in every process. */
static void
offer(struct aprec_writer *w, struct plate *p)
{
	aprec_param(w, "diffusivity", APREC_F64, &p->diffusivity, 0, D_MAX,
	    "diffusivity of the plate");
	aprec_param(w, "power", APREC_F64, &p->power, 0, 10000,
	    "heating beneath the torch");
	aprec_param(w, "rim", APREC_F64, &p->rim, -200, 1000,
	    "temperature of the rim");
	aprec_param(w, "turning", APREC_F64, &p->turning, -5, 5,
	    "turns of the torch");
	aprec_attr(w, "diffusivity", "units", "mm2/s");
	aprec_attr(w, "power", "units", "degC/s");
	aprec_attr(w, "rim", "units", "degC");
	aprec_attr(w, "turning", "units", "1/s");
}

/* What is known of the fields, said once. */
static void
describe(struct aprec_writer *w, const struct tile *t, const struct plate *p)
{
	static const struct {
		const char *name, *units, *label;
	} about[] = {
		{ "x", "mm", "length" },
		{ "y", "mm", "height" },
		{ "u", "degC", "temperature" },
		{ "t", "s", "time" },
		{ "hottest", "degC", "hottest point" },
		{ "mean", "degC", "mean temperature" },
		{ "lost", "1", "missing in the balance" },
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		aprec_attr(w, about[i].name, "units", about[i].units);
		aprec_attr(w, about[i].name, "label", about[i].label);
	}
	aprec_dims(w, "x", 1, (const char *[]){ "x" });
	aprec_dims(w, "y", 1, (const char *[]){ "y" });
	aprec_dims(w, "u", 2, (const char *[]){ "y", "x" });
	snprintf(text, sizeof(text), "%zu %zu", p->ny, p->nx);
	aprec_attr(w, "u", "tile_extents", text);
	snprintf(text, sizeof(text), "%zu %zu", t->j0, t->i0);
	aprec_attr(w, "u", "tile_offset", text);
	/* The coordinates never change: only the first record has them. */
	aprec_put(w, "x", APREC_F64, t->x, 1, &t->nx);
	aprec_put(w, "y", APREC_F64, t->y, 1, &t->ny);
}

/*
 * Put the state for the next record: the tile as it lies within its halo, and
 * its hottest point; rank 0 also puts what is true of the whole plate.
 */
static struct sums
put(struct aprec_writer *w, struct tile *t, const struct plate *p,
    long long step)
{
	struct sums own = { 0, t->given, caught != 0 }, all;
	double hottest = -INFINITY, points = (double)p->nx * (double)p->ny;
	const double *u;
	size_t i, j;

	for (j = 1; j <= t->ny; j++)
		for (u = t->u + j * t->width, i = 1; i <= t->nx; i++) {
			own.u += u[i];
			hottest = fmax(hottest, u[i]);
		}
	MPI_Allreduce(&own, &all, 3, MPI_DOUBLE, MPI_SUM, t->comm);
	if (step == 0)
		t->begun = all.u;
	aprec_put_i64(w, "step", step);
	aprec_put_f64(w, "t", (double)step * p->dt);
	aprec_put_strided(w, "u", APREC_F64, t->u + t->width + 1, 2,
	    (size_t[]){ t->ny, t->nx }, (ptrdiff_t[]){
	    (ptrdiff_t)(t->width * sizeof(double)), sizeof(double) });
	aprec_put_f64(w, "hottest", hottest);
	if (t->rank == 0) {
		aprec_put_f64(w, "mean", all.u / points);
		aprec_put_f64(w, "lost", (t->begun + all.given - all.u) /
		    t->begun);
	}
	all.u /= points;
	return all;
}

struct options {
	long long	 columns, every, steps;
	int		 paced, quiet;
};

/* Wait until simulated time t, but do not make up for a pause. */
static void
keep_pace(double *begun, double t)
{
	double rest = *begun + t - now();
	struct timespec ts;

	if (rest < -0.2)
		*begun -= rest;
	if (rest <= 0)
		return;
	ts.tv_sec = (time_t)rest;
	ts.tv_nsec = (long)((rest - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

/*
 * Until all steps are made, somebody asks to stop, or a signal comes to any of
 * the processes.  All of them publish at the same steps, and there agree on
 * everything.
 */
static void
run(struct tile *t, struct plate *p, struct aprec_writer *w,
    const struct options *o)
{
	double begun = now(), first = begun, told = begun;
	struct sums all;
	long long step = 0;

	all = put(w, t, p, 0);
	aprec_publish(w);
	while (step < o->steps && !aprec_stopped(w) && all.caught == 0) {
		advance(t, p);
		step++;
		if (step % o->every != 0 || step == o->steps)
			continue;
		if (o->paced)
			keep_pace(&begun, (double)step * p->dt);
		all = put(w, t, p, step);
		if (all.caught == 0)	/* else it might wait in a pause */
			aprec_publish(w);
		if (t->rank == 0 && !o->quiet && now() - told >= 2) {
			printf("step %lld, t = %.2f s, mean %.3f degC\n", step,
			    (double)step * p->dt, all.u);
			fflush(stdout);
			told = now();
		}
	}
	/* The last state goes with the final record, whatever was skipped. */
	if (step > 0)
		all = put(w, t, p, step);
	first = now() - first;
	if (t->rank == 0)
		fprintf(stderr, "heat-mpi: %lld steps by %d processes, t = "
		    "%.2f s, %.0f steps/s, mean %.3f degC\n", step, t->size,
		    (double)step * p->dt, first > 0 ? (double)step / first : 0,
		    all.u);
}

/* The number that is s; 0 if it is none from 1 to max. */
static long long
number(const char *s, long long max)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(s, &end, 10);
	if (end == s || *end != '\0' || errno != 0 || n < 1 || n > max)
		return 0;
	return n;
}

static int
get_options(struct options *o, int argc, char *argv[])
{
	int ch;

	opterr = 0;
	while ((ch = getopt(argc, argv, "e:n:pqx:")) != -1) {
		switch (ch) {
		case 'e':
			o->every = number(optarg, 1000000000);
			break;
		case 'n':
			o->steps = number(optarg, 1000000000000);
			break;
		case 'p':
			o->paced = 1;
			break;
		case 'q':
			o->quiet = 1;
			break;
		case 'x':
			o->columns = number(optarg, 20000);
			break;
		default:
			return -1;
		}
	}
	return optind == argc && o->every > 0 && o->steps > 0 &&
	    o->columns >= 15 ? 0 : -1;
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: heat-mpi [-pq] [-e every] [-n steps] [-x columns]\n"
	    "  -e  publish every so many steps (20)\n"
	    "  -n  steps to compute (100000)\n"
	    "  -p  pace: a simulated second takes a second\n"
	    "  -q  print no progress\n"
	    "  -x  mesh points along x (299); two thirds as many along y\n");
}

int
main(int argc, char *argv[])
{
	struct options o = { .columns = 299, .every = 20, .steps = 100000 };
	struct plate p = { .diffusivity = 117, .power = 200, .rim = 20,
		.turning = 0.25 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct aprec_writer *w;
	struct tile t = { .given = 0 };
	int failed, rank;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (get_options(&o, argc, argv) == -1) {
		if (rank == 0)
			usage();
		MPI_Finalize();
		return 1;
	}
	p.nx = (size_t)o.columns;
	p.ny = (p.nx * 2 + 1) / 3;
	p.h = LENGTH / (double)(p.nx + 1);
	p.dt = p.h * p.h / (4 * D_MAX);
	tile_init(&t, &p);

	/* The first signal ends it in good order, a second one at once. */
	sa.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);

	if ((w = aprec_open(NULL)) == NULL) {
		warn(NULL);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	writer = w;
	aprec_mpi(w, t.comm);
	offer(w, &p);
	describe(w, &t, &p);
	run(&t, &p, w, &o);
	writer = NULL;
	failed = aprec_close(w) == -1;
	tile_free(&t);
	MPI_Finalize();
	if (caught)
		raise(caught);
	return failed;
}
