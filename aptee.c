/*
 * aptee - forward a stream of records so that no reader holds it up
 *
 *	./sim | aptee run.apr | aplot
 *
 * A store keeps the records; one thread per input reads into it and one thread
 * per output writes out of it, with plain blocking reads and writes; an output
 * that is behind misses what is superseded.  The main thread, here, waits for
 * signals and prints.  aptee.h tells how the parts hold together.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "world/ask.h"

#define OPTIONS		"ab:c:Fhi:Ll:m:n:o:qr:S:t:vwxz:"
#define BACKLOG		((size_t)16 << 20)	/* -b */
#define PATIENCE	INT64_C(100000000)	/* ns, without -b */
#define SILENCE		60	/* s, of a publisher inside a record */
#define MEMORY		((size_t)1 << 30)	/* -m */
#define MEMORY_MIN	(8 << 20)
#define STACK		((size_t)512 << 10) /* of a thread */

static int signal_pipe[2];
static volatile sig_atomic_t ends;	/* INT, TERM and HUP so far */
static volatile sig_atomic_t end_signal;
static volatile sig_atomic_t asked;	/* USR1 */

void
aptee_wake(void)
{
	/* Full is as good as written. */
	if (write(signal_pipe[1], "", 1) == -1)
		return;
}

void *
aptee_allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		err(1, NULL);
	return p;
}

/*
 * Signals, and waiting for the end
 */

static void
on_signal(int sig)
{
	int e = errno;

	if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
		end_signal = sig;
		ends++;
	} else
		asked = 1;
	aptee_wake();
	errno = e;
}

static void
signals_init(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
#ifdef SIGINFO
		SIGINFO,
#endif
	};
	struct sigaction sa = { .sa_handler = on_signal }, old;

	if (pipe(signal_pipe) == -1)
		err(1, "pipe");
	for (int i = 0; i < 2; i++)
		if (fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) == -1)
			err(1, "pipe");
	/* What is ignored from the start (nohup) stays so. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* In the background a message must not stop us (stty tostop). */
	signal(SIGTTOU, SIG_IGN);
}

/*
 * Wait for a signal or a message, so many ns, or for ever.  Also for the end
 * of stdout's reader, which nobody else sees while nothing is written.
 */
static void
wait_event(struct aptee *a, int64_t ns)
{
	struct output *out = a->noutputs > 0 ? a->outputs[0] : NULL;
	struct pollfd p[2] = { { .fd = signal_pipe[0], .events = POLLIN },
	    { .fd = -1 } };
	char buf[64];

	pthread_mutex_lock(&a->lock);
	if (out != NULL && out->kind == &sink_stream && !out->done &&
	    !out->gone)
		p[1].fd = out->fd;
	pthread_mutex_unlock(&a->lock);
	if (poll(p, 2, ns < 0 ? -1 : (int)(ns / 1000000) + 1) < 1)
		return;
	if (p[0].revents)
		while (read(signal_pipe[0], buf, sizeof(buf)) > 0)
			;
	if (p[1].revents & (POLLERR | POLLHUP)) {
		pthread_mutex_lock(&a->lock);
		out->gone = 1;
		sink_wake(a);
		pthread_mutex_unlock(&a->lock);
	}
}

/*
 * The end by a signal: recordings get what has come, for a second; stdout is
 * not waited for.
 */
static void
end_now(struct aptee *a)
{
	int64_t until = now_ns() + SECOND;
	int sig = end_signal, seen = ends;
	unsigned left;

	pthread_mutex_lock(&a->lock);
	a->quit = 1;
	sink_wake(a);
	pthread_cond_broadcast(&a->room);
	do {
		left = !serve_is_over(a);
		for (unsigned i = 0; i < a->noutputs; i++)
			if (a->outputs[i]->kind != &sink_stream)
				left += !a->outputs[i]->done;
		pthread_mutex_unlock(&a->lock);
		if (left > 0)
			wait_event(a, until - now_ns());
		pthread_mutex_lock(&a->lock);
	} while (left > 0 && now_ns() < until && ends == seen);
	shell_kill();
	/* The lock is kept: nothing is begun any more. */
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->temp != NULL)
			unlink(a->outputs[i]->temp);
	serve_remove();
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(1);
}

/*
 * With the lock: whether inputs and outputs have ended, or stdout has had its
 * time (-t).
 */
static int
is_over(struct aptee *a, int64_t now)
{
	unsigned streams = 0;

	if ((a->leave || a->passive) && a->alive == 0 && a->server == NULL)
		return 1;
	if (a->running > 0 || !serve_is_over(a))
		return 0;
	if (a->ended_at == 0)
		a->ended_at = now;
	if (a->alive == 0 || a->linger == 0 ||
	    now - a->ended_at < a->linger)
		return a->alive == 0;
	for (unsigned i = 0; i < a->noutputs; i++)
		streams += !a->outputs[i]->done &&
		    a->outputs[i]->kind == &sink_stream;
	if (a->alive > streams)
		return 0;
	tell(a, "(stdout): not taken within %lld s of the end (-t): given up",
	    (long long)(a->linger / SECOND));
	a->status |= 1;
	return 1;
}

/*
 * Whether signals end it: the second does, and the first where nobody computes
 * before it, or no more.  One that comes with the end of input was the
 * computation's, too.
 */
static int
is_ended(struct aptee *a, int64_t now)
{
	static int64_t over;	/* since when there is no input */
	static int before;
	int nobody;

	pthread_mutex_lock(&a->lock);
	nobody = a->passive || a->nobody;
	if (a->running > 0)
		over = 0;
	else if (over == 0)
		over = now;
	pthread_mutex_unlock(&a->lock);
	if (over == 0 || now - over < SECOND)
		before = ends;
	return ends > 1 || (ends > 0 && nobody) || ends > before;
}

/* Until inputs and outputs have ended. */
static void
watch(struct aptee *a)
{
	struct tick t = { .at = a->begun };
	int64_t now, hint = 0;
	int over;

	for (;;) {
		now = now_ns();
		if (is_ended(a, now))
			end_now(a);
		if (ends == 1 && hint == 0) {
			origin_stop(end_signal);
			hint = now + 2 * SECOND;
		}
		if (hint > 0 && now >= hint && hint != INT64_MAX) {
			tell_line(a, "goes on until its input ends; "
			    "a second signal ends it");
			hint = INT64_MAX;
		}
		tell_messages(a);
		if (asked) {
			asked = 0;
			tell_status(a, &t);
		}
		if (a->verbose && now - t.at >= SECOND)
			tell_tick(a, &t);
		pthread_mutex_lock(&a->lock);
		over = is_over(a, now);
		pthread_mutex_unlock(&a->lock);
		if (over)
			return;
		if (a->verbose || (hint > 0 && hint != INT64_MAX) ||
		    (a->ended_at != 0 && a->linger > 0))
			wait_event(a, SECOND / 4);
		else
			wait_event(a, -1);
	}
}

/*
 * Threads
 */

/* What is read and written lies in blocks: the stacks stay small. */
int
aptee_thread(void *(*run)(void *), void *arg)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int e;

	if ((e = pthread_attr_init(&attr)) != 0)
		return e;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	/* Threads inherit the mask: signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return e;
}

static void
start(void *(*run)(void *), void *arg)
{
	if ((errno = aptee_thread(run, arg)) != 0)
		err(1, "thread");
}

static void
threads_start(struct aptee *a)
{
	/* Recordings look at each record by itself. */
	a->trains = 1;
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->kind == &sink_recording)
			a->trains = 0;
	a->alive = a->noutputs;
	for (unsigned i = 0; i < a->noutputs; i++)
		start(sink_run, a->outputs[i]);
	/* A pattern's thread adds others. */
	pthread_mutex_lock(&a->lock);
	for (unsigned i = 0, n = a->ninputs; i < n; i++)
		if (feed_start(a->inputs[i]) == -1)
			err(1, "thread");
	pthread_mutex_unlock(&a->lock);
	serve_start(a);
}

/*
 * Options
 */

static int
usage(FILE *f)
{
	fprintf(f, "usage: %s [-aFqvwx] [-b size] "
	    "[-l socket] [-m size]\n"
	    "             [-n count] [-r rate] [-S file] [-t seconds]\n"
	    "             [-z level] [-i input]... [-o file]... [file ...]\n"
	    "       %s -c socket command [argument ...]\n"
	    "       %s -h | -L\n",
	    getprogname(), getprogname(), getprogname());
	return f == stdout ? 0 : 1;
}

/* 1234, 64K, 16M, 2G. */
static size_t
parse_size(char opt, const char *s, long long least)
{
	static const char units[] = "KMG";
	char digits[24];
	const char *unit, *e;
	size_t len = strlen(s);
	int shift = 0;
	long long n;

	if (len > 0 && (unit = strchr(units, s[len - 1])) != NULL) {
		shift = 10 * (int)(unit - units + 1);
		len--;
	}
	snprintf(digits, sizeof(digits), "%.*s", (int)(len < sizeof(digits) ?
	    len : sizeof(digits) - 1), s);
	n = strtonum(digits, 0, (long long)(SIZE_MAX >> 2) >> shift, &e);
	if (e != NULL)
		errx(1, "-%c %s: %s (a number, with K, M or G)", opt, s, e);
	if (n << shift < least)
		errx(1, "-%c %s: at least %lld", opt, s, least);
	return (size_t)n << shift;
}

static unsigned
parse_number(char opt, const char *s)
{
	const char *e;
	long long n = strtonum(s, 1, 1000000, &e);

	if (e != NULL)
		errx(1, "-%c %s: %s (1 to 1000000)", opt, s, e);
	return (unsigned)n;
}

static int
parse_level(const char *s)
{
	const char *e;
	int n = (int)strtonum(s, 1, pack_levels(), &e);

	if (e != NULL)
		errx(1, "-z %s: %s (1 to %d)", s, e, pack_levels());
	return n;
}

struct names {
	const char	**list;
	unsigned	 n;
};

static void
add_name(struct names *names, const char *name)
{
	names->list = reallocarray(names->list, names->n + 1,
	    sizeof(*names->list));
	if (names->list == NULL)
		err(1, NULL);
	names->list[names->n++] = name;
}

/* What the options ask for of the store. */
struct limits {
	size_t		 backlog;
	size_t		 memory;
	int64_t		 patience;
	const char	*socket;	/* -l */
	const char	*ask;		/* -c */
};

static void
options(struct aptee *a, int argc, char *argv[], struct names *in,
    struct limits *l)
{
	int opt, bound = 0;

	sink_new(a, &sink_stream, NULL);
	while ((opt = getopt(argc, argv, OPTIONS)) != -1) {
		switch (opt) {
		case 'a':
			a->append = 1;
			break;
		case 'b':
			l->backlog = parse_size('b', optarg, 0);
			bound = 1;
			break;
		case 'c':
			l->ask = optarg;
			break;
		case 'F':
			a->force = 1;
			break;
		case 'h':
			exit(usage(stdout));
		case 'i':
			add_name(in, optarg);
			break;
		case 'L':
			exit(ask_list());
		case 'l':
			l->socket = optarg;
			break;
		case 'm':
			l->memory = parse_size('m', optarg, MEMORY_MIN);
			break;
		case 'n':
			a->every = parse_number('n', optarg);
			break;
		case 'o':
			sink_new(a, &sink_recording, optarg);
			break;
		case 'q':
			a->quiet = 1;
			break;
		case 'r':
			a->rate = parse_number('r', optarg);
			break;
		case 'S':
			sink_new(a, &sink_state, optarg);
			break;
		case 't':
			a->linger = SECOND * parse_number('t', optarg);
			break;
		case 'v':
			a->verbose = 1;
			break;
		case 'w':
			a->wait = a->wait_asked = 1;
			break;
		case 'x':
			a->leave = 1;
			break;
		case 'z':
			a->level = parse_level(optarg);
			break;
		default:
			exit(usage(stderr));
		}
	}
	if (l->ask != NULL)
		exit(ask_command(l->ask, argv + optind));
	for (; optind < argc; optind++)
		sink_new(a, &sink_recording, argv[optind]);
	if (a->append && a->force)
		errx(1, "-a and -F: one or the other");
	/* With -b by size, else by age. */
	l->patience = bound ? INT64_MAX : a->rate > 0 ? -1 : PATIENCE;
}

/*
 * Whether ssh(1) started us without a terminal, to feed its standard output
 * alone: when the connection goes, nobody is left who wants the run.
 */
static int
is_remote(const struct aptee *a)
{
	return a->noutputs == 1 && a->server == NULL &&
	    getenv("SSH_CONNECTION") != NULL && getenv("SSH_TTY") == NULL;
}

/* Seconds for which a publisher may be silent inside a record. */
static long
silence(void)
{
	const char *s = getenv("APTEE_SILENCE");
	long n = s == NULL ? 0 : strtol(s, NULL, 10);

	return n > 0 && n < 100000 ? n : SILENCE;
}

/* Whether stdin is a terminal, or nothing. */
static int
stdin_is_nobody(void)
{
	struct stat sb, null;

	return isatty(STDIN_FILENO) || (fstat(STDIN_FILENO, &sb) == 0 &&
	    stat("/dev/null", &null) == 0 && S_ISCHR(sb.st_mode) &&
	    sb.st_rdev == null.st_rdev);
}

static void
inputs_open(struct aptee *a, struct names *in, const char *socket)
{
	if (in->n == 0 && (socket == NULL || !stdin_is_nobody()))
		add_name(in, "-");
	a->passive = 1;
	a->nobody = in->n == 0;
	a->files = in->n > 0;
	for (unsigned i = 0; i < in->n; i++)
		feed_open(a, in->list[i]);
	a->wait |= a->files;
	free(in->list);
}

int
main(int argc, char *argv[])
{
	static struct aptee a = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER };
	struct limits l = { BACKLOG, MEMORY, PATIENCE, NULL, NULL };
	struct names in = { NULL, 0 };

	fd_init();
	a.last = &a.messages;
	options(&a, argc, argv, &in, &l);
	inputs_open(&a, &in, l.socket);
	pool_init(&a.pool, l.memory);
	if ((a.store = store_new(&a.pool, l.backlog, l.patience)) == NULL)
		err(1, NULL);
	if (l.socket != NULL) {
		serve_open(&a, l.socket, a.nobody);
		if ((a.past = past_new(&a.pool, l.memory / 8)) == NULL)
			err(1, NULL);
	}
	sink_open(&a);
	a.leave |= is_remote(&a);
	a.silence = silence();
	a.terminal = isatty(STDERR_FILENO);
	a.begun = now_ns();
	signals_init();
	threads_start(&a);
	watch(&a);
	shell_kill();
	tell_messages(&a);
	for (unsigned i = 0; i < a.noutputs && !a.quiet; i++)
		tell_output(&a, a.outputs[i]);
	if (!a.quiet)
		serve_sum(&a);
	return a.status & 1 ? 1 : a.status;
}
