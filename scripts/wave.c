/*
 * wave - a vibrating membrane, computed and published
 *
 *	./wave | aptee | aplot
 *
 * A rectangular membrane of 3 m by 2 m is held at its edge and struck once.
 * It carries a heavy disc, in which waves are slow, so that it acts as a
 * lens, and a clamp with two slits behind it.  Solved is
 *
 *	rho (u_tt + d u_t) = T (u_xx + u_yy),	c = sqrt(T / rho)
 *
 * by the leapfrog scheme on a square mesh of width h, with g = d dt/2:
 *
 *	(1 + g) u[n+1] = 2 u[n] - (1 - g) u[n-1] +
 *	    (c dt/h)^2 (u_E + u_W + u_N + u_S - 4 u)
 *
 * It is stable for c dt/h <= 1/sqrt(2); dt is chosen to make that 1/2 for the
 * tension at the start.  While it runs, the tension (so the speed of waves)
 * and the damping d can be changed, and the membrane struck again:
 *
 *	APREC_CONTROL=wave ./wave | aptee -l wave | aplot
 *	aptee -c wave set tension 0.5
 *
 * What is always true: without damping the scheme conserves
 *
 *	K = 1/2 sum rho ((u[n+1] - u[n]) / dt)^2 h^2		kinetic
 *	P = 1/2 sum over edges T (du)[n+1] (du)[n]		potential
 *
 * K + P to rounding (multiply the scheme by u[n+1] - u[n-1] and sum), so
 * "energy", which is published, tells whether the solver is right.  Only
 * steering changes it.
 */
#include <err.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"

#define LENGTH	3.0		/* m, along x */
#define HEIGHT	2.0		/* m, along y */
#define TENSION	1.0		/* N/m, at the start */
#define STIFF	1.9		/* N/m, below where steps would be too long */
#define DENSITY	1.0		/* kg/m^2: c = 1 m/s */
#define LENS	2.25		/* times as heavy: c = 2/3 m/s */
#define COURANT	0.5

struct membrane {
	size_t	 nx, ny;
	double	 h, dt;		/* m, s */
	double	*x, *y;		/* coordinates of the mesh, m */
	double	*rho;		/* kg/m^2; 0 where it is held */
	double	*k;		/* (c dt/h)^2 / (1 + g); 0 where it is held */
	double	 tension;	/* N/m; this and the next two are steered */
	double	 damping;	/* d, 1/s */
	double	 strike;	/* mm, to be added; 0 when that is done */
	double	 used[2];	/* tension and damping that are in k */
	double	*u, *prev;	/* displacement now and a step ago, mm */
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

static void
sleep_until(double when)
{
	double rest = when - now();
	struct timespec ts;

	if (rest <= 0)
		return;
	ts.tv_sec = (time_t)rest;
	ts.tv_nsec = (long)((rest - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

static double *
array(size_t n)
{
	double *p = calloc(n, sizeof(*p));

	if (p == NULL)
		err(1, NULL);
	return p;
}

/* Whether the membrane is held at (x, y): the clamp and its slits. */
static int
is_held(double x, double y)
{
	double off = fabs(y - HEIGHT / 2);

	return fabs(x - 2.0) < 0.02 && !(off > 0.18 && off < 0.30);
}

/* Work tension and damping into k. */
static void
membrane_tune(struct membrane *m)
{
	double c2, g = m->damping * m->dt / 2;
	size_t at;

	for (at = 0; at < m->nx * m->ny; at++) {
		if (m->rho[at] == 0)
			continue;
		c2 = m->tension / m->rho[at];
		m->k[at] = c2 * m->dt * m->dt / (m->h * m->h) / (1 + g);
	}
	m->used[0] = m->tension;
	m->used[1] = m->damping;
}

/* Add a bump of so many mm, which is at rest. */
static void
membrane_strike(struct membrane *m, double height)
{
	size_t i, j, at;
	double r2, bump;

	for (j = 1; j < m->ny - 1; j++)
		for (i = 1; i < m->nx - 1; i++) {
			at = j * m->nx + i;
			if (m->rho[at] == 0)
				continue;
			r2 = pow(m->x[i] - 0.45, 2) + pow(m->y[j] - 1.0, 2);
			bump = height * exp(-r2 / (2 * 0.06 * 0.06));
			m->u[at] += bump;
			m->prev[at] += bump;
		}
}

static void
membrane_init(struct membrane *m, size_t nx, size_t ny)
{
	size_t i, j, at;

	m->nx = nx;
	m->ny = ny;
	m->h = LENGTH / (double)(nx - 1);
	m->dt = COURANT * m->h / sqrt(TENSION / DENSITY);
	m->tension = TENSION;
	m->damping = 0;
	m->x = array(nx);
	m->y = array(ny);
	m->rho = array(nx * ny);
	m->k = array(nx * ny);
	m->u = array(nx * ny);
	m->prev = array(nx * ny);
	for (i = 0; i < nx; i++)
		m->x[i] = (double)i * m->h;
	for (j = 0; j < ny; j++)
		m->y[j] = (double)j * m->h;
	for (j = 1; j < ny - 1; j++) {
		for (i = 1; i < nx - 1; i++) {
			at = j * nx + i;
			if (is_held(m->x[i], m->y[j]))
				continue;
			m->rho[at] = DENSITY;
			if (hypot(m->x[i] - 1.2, m->y[j] - 1.0) < 0.4)
				m->rho[at] *= LENS;
		}
	}
	membrane_tune(m);
	membrane_strike(m, 10);
}

static void
membrane_free(struct membrane *m)
{
	free(m->x);
	free(m->y);
	free(m->rho);
	free(m->k);
	free(m->u);
	free(m->prev);
}

static double
laplacian(const struct membrane *m, size_t at)
{
	const double *u = m->u + at;

	return u[1] + u[-1] + u[m->nx] + *(u - m->nx) - 4 * u[0];
}

/*
 * The first step: at rest at t = 0, so u[1] = u[-1] = u[0] + k/2 laplacian.
 */
static void
membrane_release(struct membrane *m)
{
	size_t i, j, at;

	for (j = 1; j < m->ny - 1; j++)
		for (i = 1; i < m->nx - 1; i++) {
			at = j * m->nx + i;
			m->prev[at] = m->u[at] + m->k[at] / 2 *
			    laplacian(m, at);
		}
}

static void
membrane_step(struct membrane *m)
{
	double g = m->damping * m->dt / 2, a = 2 / (1 + g), b = (1 - g) / 2 * a;
	size_t i, j, nx = m->nx;
	double *swap;

	for (j = 1; j < m->ny - 1; j++) {
		const double *restrict u = m->u + j * nx;
		const double *restrict up = u + nx, *restrict down = u - nx;
		const double *restrict k = m->k + j * nx;
		double *restrict v = m->prev + j * nx;

		for (i = 1; i < nx - 1; i++)
			v[i] = a * u[i] - b * v[i] + k[i] *
			    (u[i + 1] + u[i - 1] + up[i] + down[i] - 4 * u[i]);
	}
	swap = m->u;
	m->u = m->prev;
	m->prev = swap;
}

/* K and P of the step just made, in uJ as displacements are in mm. */
static void
membrane_energy(const struct membrane *m, double *kinetic, double *potential)
{
	size_t i, j, at, nx = m->nx;
	double v, k = 0, p = 0;

	for (j = 0; j < m->ny - 1; j++)
		for (i = 0; i < nx - 1; i++) {
			at = j * nx + i;
			v = (m->u[at] - m->prev[at]) / m->dt;
			k += m->rho[at] * v * v * m->h * m->h;
			p += (m->u[at + 1] - m->u[at]) *
			    (m->prev[at + 1] - m->prev[at]);
			p += (m->u[at + nx] - m->u[at]) *
			    (m->prev[at + nx] - m->prev[at]);
		}
	*kinetic = k / 2;
	*potential = m->tension * p / 2;
}

/* What is known of the fields, said once. */
static void
describe(struct aprec_writer *w)
{
	static const struct {
		const char *name, *units, *label;
	} about[] = {
		{ "x", "m", "length" },
		{ "y", "m", "height" },
		{ "u", "mm", "displacement" },
		{ "t", "s", "time" },
		{ "energy", "uJ", "energy" },
		{ "kinetic", "uJ", "kinetic energy" },
	};
	size_t i;

	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		aprec_attr(w, about[i].name, "units", about[i].units);
		aprec_attr(w, about[i].name, "label", about[i].label);
	}
	aprec_dims(w, "x", 1, (const char *[]){ "x" });
	aprec_dims(w, "y", 1, (const char *[]){ "y" });
	aprec_dims(w, "u", 2, (const char *[]){ "y", "x" });
}

/* What can be steered. */
static void
offer(struct aprec_writer *w, struct membrane *m)
{
	aprec_param(w, "tension", APREC_F64, &m->tension, 0, STIFF,
	    "tension: waves run at its square root");
	aprec_param(w, "damping", APREC_F64, &m->damping, 0, 10,
	    "damping per second");
	aprec_param(w, "strike", APREC_F64, &m->strike, -20, 20,
	    "strike it once more, so many mm high");
	aprec_attr(w, "tension", "units", "N/m");
	aprec_attr(w, "damping", "units", "1/s");
	aprec_attr(w, "strike", "units", "mm");
}

/* Act on what was set in the last publish. */
static void
obey(struct membrane *m)
{
	if (m->tension != m->used[0] || m->damping != m->used[1])
		membrane_tune(m);
	if (m->strike != 0)
		membrane_strike(m, m->strike);
	m->strike = 0;
}

/* Wait until simulated time t, but do not make up for a pause. */
static void
keep_pace(double *begun, double t)
{
	double late = now() - *begun - t;

	if (late > 0.2)
		*begun += late;
	sleep_until(*begun + t);
}

/* Put the state for the next record; returns the energy. */
static double
put(struct aprec_writer *w, const struct membrane *m, long long step)
{
	double kinetic, potential;

	membrane_energy(m, &kinetic, &potential);
	aprec_put_i64(w, "step", step);
	aprec_put_f64(w, "t", (double)step * m->dt);
	aprec_put(w, "u", APREC_F64, m->u, 2, (size_t[]){ m->ny, m->nx });
	aprec_put_f64(w, "energy", kinetic + potential);
	aprec_put_f64(w, "kinetic", kinetic);
	return kinetic + potential;
}

struct options {
	size_t		 nx, ny;
	long long	 every;		/* 0: 60 times a second */
	long long	 steps;
	int		 paced;
	int		 quiet;
};

/*
 * Until all steps are made, somebody asks to stop, or a signal comes.  The
 * clock decides when to publish, unless a number of steps was given: 60
 * pictures a second are all that eyes want, and cost next to nothing.
 */
static long long
run(struct membrane *m, struct aprec_writer *w, const struct options *o)
{
	double first = now(), begun = first, told = first, shown = 0;
	double energy = 0, clock;
	long long step = 0;

	/* The coordinates never change: only the first record has them. */
	aprec_put(w, "x", APREC_F64, m->x, 1, (size_t[]){ m->nx });
	aprec_put(w, "y", APREC_F64, m->y, 1, (size_t[]){ m->ny });
	energy = put(w, m, 0);
	aprec_publish(w);
	obey(m);
	while (step < o->steps && !aprec_stopped(w) && !caught) {
		membrane_step(m);
		step++;
		if (o->paced)
			keep_pace(&begun, (double)step * m->dt);
		clock = now();
		if (step < o->steps && (o->every > 0 ? step % o->every == 0 :
		    clock - shown >= 1.0 / 60)) {
			energy = put(w, m, step);
			aprec_publish(w);
			obey(m);
			shown = clock;
		}
		if (!o->quiet && clock - told >= 2) {
			printf("step %lld, t = %.2f s, energy %.9f uJ\n", step,
			    (double)step * m->dt, energy);
			fflush(stdout);
			told = clock;
		}
	}
	clock = now() - first;
	/* The last state goes with the final record, whatever was skipped. */
	if (step > 0)
		put(w, m, step);
	fprintf(stderr, "wave: %lld steps, t = %.2f s, %.0f steps/s\n", step,
	    (double)step * m->dt, clock > 0 ? (double)step / clock : 0);
	return step;
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: wave [-pq] [-e every] [-n steps] [-x columns]\n"
	    "  -e  publish every so many steps (60 times a second)\n"
	    "  -n  steps to compute (100000)\n"
	    "  -p  pace: a simulated second takes a second\n"
	    "  -q  print no progress\n"
	    "  -x  mesh points along x (480); two thirds as many along y\n");
	exit(1);
}

static long long
number(const char *s, long long min, long long max)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(s, &end, 10);
	if (end == s || *end != '\0' || errno != 0 || n < min || n > max)
		errx(1, "%s: not a number from %lld to %lld", s, min, max);
	return n;
}

int
main(int argc, char *argv[])
{
	struct options o = { .nx = 480, .steps = 100000 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct aprec_writer *w;
	struct membrane m = { .strike = 0 };
	int ch, failed;

	while ((ch = getopt(argc, argv, "e:n:pqx:")) != -1) {
		switch (ch) {
		case 'e':
			o.every = number(optarg, 1, 1000000000);
			break;
		case 'n':
			o.steps = number(optarg, 1, 1000000000000);
			break;
		case 'p':
			o.paced = 1;
			break;
		case 'q':
			o.quiet = 1;
			break;
		case 'x':
			o.nx = (size_t)number(optarg, 16, 20000);
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	o.ny = (o.nx * 2 + 2) / 3;

	/* The first signal ends it in good order, a second one at once. */
	sa.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);

	if ((w = aprec_open(NULL)) == NULL)
		err(1, NULL);
	writer = w;
	describe(w);
	membrane_init(&m, o.nx, o.ny);
	offer(w, &m);
	membrane_release(&m);
	run(&m, w, &o);
	writer = NULL;
	failed = aprec_close(w) == -1;
	membrane_free(&m);
	if (caught)
		raise(caught);
	return failed;
}
