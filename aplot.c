/*
 * aplot: draw the newest state of a running computation.
 *
 * Two threads.  One takes input without pause and merges it into the state;
 * the other drives gnuplot and draws the state as it is whenever gnuplot is
 * ready for it.  gnuplot is a process of its own group: it reads a frame's
 * commands and data from two files in memory, and after each frame says a
 * token that nobody else can know.
 *
 * Whatever happens to gnuplot, to the window or to the terminal, input is
 * taken until it ends: the computation never waits for a picture and does
 * not die with one.  Only a second signal ends aplot before its input does.
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/draw.h"
#include "format/target.h"
#include "world/keys.h"
#include "world/runs.h"
#include "world/snapshot.h"
#include "world/terminal.h"

#define NEVER		INT64_MAX
#define RATE		30.0	/* frames a second: windows, terminals, %d */
#define FILE_RATE	1.0	/* a picture that is replaced */
#define LATE		3	/* periods that a late frame makes up for */
#define SNAPSHOT_WAIT	(10 * SECOND)	/* for its picture, at the end */
#define DEATHS_MAX	4	/* in a row, after the end of input */

static volatile sig_atomic_t got_fatal, got_winch, got_cont, got_stop, fatals;
static int signal_pipe[2];

/*
 * Signals: a handler sets a flag and writes a pipe
 */

static void
on_signal(int sig)
{
	int e = errno;

	switch (sig) {
	case SIGWINCH:
		got_winch = 1;
		break;
	case SIGCONT:
		got_cont = 1;
		break;
	case SIGTSTP:
		got_stop = 1;
		break;
	case SIGCHLD:
		break;
	default:
		got_fatal = sig;
		fatals++;
	}
	(void)!write(signal_pipe[1], "", 1);
	errno = e;
}

static void
catch_signal(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;

	sigemptyset(&sa.sa_mask);
	/* What was ignored for us (nohup) stays ignored. */
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN &&
	    sig != SIGCHLD)
		return;
	(void)sigaction(sig, &sa, NULL);
}

static void
catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH,
		SIGCONT, SIGTSTP, SIGCHLD };
	size_t i;

	if (pipe(signal_pipe) == -1)
		err(EXIT_FAILED, NULL);
	for (i = 0; i < 2; i++) {
		(void)fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
	}
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		catch_signal(sigs[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	/* In the background a message must not stop us (stty tostop), nor a
	 * key that is looked for: the run would wait. */
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
}

/* Ctrl-Z: the terminal goes back before we stop. */
static void
suspend(struct aplot *a)
{
	if (a->tty != NULL)
		terminal_leave(a->tty);
	(void)signal(SIGTSTP, SIG_DFL);
	(void)raise(SIGTSTP);
	catch_signal(SIGTSTP);
}

/* 1 when it is time to go. */
static int
handle_signals(struct aplot *a)
{
	if (got_stop) {
		got_stop = 0;
		suspend(a);
	}
	if (a->tty != NULL && (got_cont || got_winch)) {
		if (got_cont)
			terminal_continued(a->tty);
		else
			terminal_resized(a->tty);
		draw_size(a);
		a->redraw = a->resized = 1;
	}
	got_cont = got_winch = 0;
	if (fatals <= a->tolerated)
		return 0;
	/* The first belongs to the computation at the other end; its last
	 * state is still to come, and to be drawn. */
	if (a->piped && a->tolerated == 0 && got_fatal != SIGQUIT &&
	    !(a->now.final && a->d.phase == READY)) {
		a->tolerated = 1;
		origin_stop(got_fatal);
		return 0;
	}
	return 1;
}

/*
 * The loop
 */

static double
rate(const struct aplot *a)
{
	if (a->o.rate > 0)
		return a->o.rate;
	return a->output == FILE_REPLACED ? FILE_RATE : RATE;
}

/* When the next frame is due: now or earlier, later, NEVER. */
static int64_t
due(struct aplot *a, uint64_t offered, int ended)
{
	if (a->d.phase != READY || offered == 0)
		return NEVER;
	if (a->again)
		return 0;
	if (a->output == STDOUT && a->chosen && !ended)
		return NEVER;
	if (a->frozen != NULL && !a->redraw)
		return NEVER;
	if (!a->redraw && offered <= a->now.records &&
	    (!ended || a->now.final || (a->output == FILE_SEQUENCE &&
	    a->waits == 0)))
		return NEVER;
	if (a->redraw || ended || a->in.each || a->frames == 0)
		return 0;
	return a->paced;
}

/*
 * A frame begins: the next is due a period after this one was, not after it
 * began, so that the rate is reached although frames are late by a little.
 */
static void
keep_pace(struct aplot *a, int64_t now)
{
	int64_t period = (int64_t)((double)SECOND / rate(a));
	int64_t late = now - a->paced;

	a->paced = (late >= 0 && late < LATE * period ? a->paced : now) +
	    period;
}

/* All is drawn that ever will be. */
static int
finished(struct aplot *a, uint64_t offered, int ended)
{
	if (!ended)
		return 0;
	if (a->closed || offered == 0)
		return 1;
	if (a->d.phase == DRAWING || a->d.phase == STARTING || a->redraw ||
	    a->again)
		return 0;
	if (offered > a->now.records ||
	    (!a->now.final && (a->output != FILE_SEQUENCE || a->waits != 0)))
		return 0;
	/* A window stays to be looked at, unless aplot was told to go. */
	if (a->output != WINDOW || (a->tolerated && got_fatal != SIGINT))
		return 1;
	if (!a->told_end && !a->o.quiet)
		warnx("the run has ended; q or closing the window ends aplot");
	a->told_end = 1;
	return 0;
}

static void
wait_events(struct aplot *a, int64_t until)
{
	struct pollfd fds[5] = {
		{ .fd = signal_pipe[0], .events = POLLIN },
		{ .fd = a->wake, .events = POLLIN },
		{ .fd = a->d.phase == DOWN ? -1 : a->d.child.out,
		    .events = POLLIN },
		{ .fd = a->tty == NULL ? -1 : terminal_keys(a->tty),
		    .events = POLLIN },
		{ .fd = a->steer == NULL ? -1 : steer_wake(a->steer),
		    .events = POLLIN },
	};
	char scrap[512];
	int64_t wait = until - draw_clock();
	int ms = wait > 3600 * SECOND ? -1 : wait <= 0 ? 0 :
	    (int)((wait + SECOND / 1000 - 1) / (SECOND / 1000));

	if (poll(fds, 5, ms) <= 0)
		return;
	while (fds[0].revents && read(signal_pipe[0], scrap, 512) > 0)
		;
	while (fds[1].revents && read(a->wake, scrap, 512) > 0)
		;
	if (fds[4].revents) {
		steer_listen(a->steer, a->o.quiet, draw_clock());
		a->redraw = 1;
	}
	if (fds[3].revents)
		keys_press(a, terminal_key(a->tty));
	if (fds[2].revents && a->d.phase != DOWN)
		draw_listen(a);
}

static void
run(struct aplot *a)
{
	int64_t now, until, next;
	uint64_t offered;
	int ended;

	for (;;) {
		offered = input_news(&a->in, &ended);
		if (ended && a->frozen != NULL)
			keys_thaw(a);
		if (handle_signals(a) || finished(a, offered, ended))
			return;
		now = draw_clock();
		until = NEVER;
		draw_watch(a, now);
		if (a->d.phase == DOWN && !a->closed) {
			if (ended && a->d.deaths > DEATHS_MAX) {
				warnx("gnuplot cannot draw the last state");
				a->failed = 1;
				return;
			}
			until = a->d.again;
			if (until <= now)
				draw_start(a);
		}
		/* Nothing comes: the title says for how long. */
		if (a->d.phase == READY && !ended && a->frames > 0 &&
		    (a->output == WINDOW || a->output == TEXT ||
		    a->output == SIXEL || a->output == FILE_REPLACED)) {
			a->redraw |= a->news_due <= now;
			until = a->news_due < until ? a->news_due : until;
		}
		next = draw_due(a, now);
		until = next < until ? next : until;
		next = draw_ask(a, now);
		until = next < until ? next : until;
		next = draw_waits(a, now);
		until = next < until ? next : until;
		next = keys_due(a, now);
		until = next < until ? next : until;
		next = due(a, offered, ended);
		if (next <= now) {
			keep_pace(a, now);
			draw_frame(a);
			continue;
		}
		wait_events(a, next < until ? next : until);
	}
}

/*
 * -n: the commands instead of the picture
 */

/* Wait for the end of input; 1 when a signal ends it. */
static int
wait_input(struct aplot *a)
{
	int ended;

	for (;;) {
		(void)input_news(&a->in, &ended);
		if (ended)
			return 0;
		if (handle_signals(a))
			return 1;
		wait_events(a, NEVER);
	}
}

static void
print_commands(struct aplot *a)
{
	const char *t = a->o.terminal, *p;
	struct state *st;

	if (a->o.output != NULL && t == NULL)
		t = target_ending(a->o.output);
	if (wait_input(a) || a->in.records == 0)
		return;
	a->g = draw_new(a, t, 1 << 24);
	st = draw_look(a, &a->now);
	if (a->g == NULL || st == NULL) {
		a->failed = 1;
		return;
	}
	if (t != NULL)
		fputs(gnuplot_terminal(a->g, NULL), stdout);
	if (a->o.output != NULL) {
		printf("set output '");
		for (p = a->o.output; *p != '\0'; p++)
			printf(*p == '\'' ? "''" : "%c", *p);
		printf("'\n");
	}
	if (snapshot_script(a, a->g, st, stdout) == -1 || fflush(stdout) != 0) {
		warn("(stdout)");
		a->failed = 1;
	}
	input_look_away(&a->in, st);
}

/*
 * Options
 */

_Noreturn static void
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: aplot [-hnqv] [-c socket] [-e commands] [-f script] "
	    "[-i input]...\n"
	    "             [-o output] [-r rate] [-s source] [-T terminal] "
	    "[-W window]\n"
	    "             [plot | input]...\n");
	exit(status);
}

/* Seconds with s, m or h behind them, else steps. */
static void
parse_window(struct history_window *w, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);
	double unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 :
	    0;

	if (end == arg || !(v > 0) || v > 1e15 ||
	    end[unit > 0] != '\0')
		errx(EXIT_FAILED, "-W %s: not steps (1000) or time (90s, 10m, "
		    "2h)", arg);
	if (unit > 0)
		w->seconds = v * unit;
	else
		w->steps = (int64_t)v;
}

static double
parse_rate(const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || *end != '\0' || !(v > 1e-6) || !(v <= 1e6))
		errx(EXIT_FAILED, "-r %s: not a number of pictures a second",
		    arg);
	return v;
}

static void
add_commands(struct options *o, const char *more)
{
	char *p;

	if (asprintf(&p, "%s%s%s", o->commands == NULL ? "" : o->commands,
	    o->commands == NULL ? "" : "\n", more) == -1)
		err(EXIT_FAILED, NULL);
	o->commands = p;
}

static void
add_input(struct options *o, const char *name)
{
	o->inputs = reallocarray(o->inputs, o->ninputs + 1,
	    sizeof(*o->inputs));
	if (o->inputs == NULL)
		err(EXIT_FAILED, NULL);
	o->inputs[o->ninputs++] = name;
}

/* Names of plots, and inputs. */
static void
parse_operands(struct options *o, char **argv)
{
	size_t n;

	o->plots = (const char **)argv;
	for (; *argv != NULL; argv++) {
		n = strcspn(*argv, "[");
		if (**argv != '|' && strcspn(*argv, "./") >= n)
			o->plots[o->nplots++] = *argv;
		else
			add_input(o, *argv);
	}
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "T:W:c:e:f:hi:no:qr:s:v")) != -1) {
		switch (ch) {
		case 'T':
			o->terminal = optarg;
			break;
		case 'W':
			parse_window(&o->window, optarg);
			break;
		case 'c':
			o->control = optarg;
			break;
		case 'e':
			add_commands(o, optarg);
			break;
		case 'f':
			o->script_name = optarg;
			if (loads_read(&o->script, optarg) == -1)
				err(EXIT_FAILED, "%s", optarg);
			break;
		case 'h':
			usage(0);
		case 'i':
			add_input(o, optarg);
			break;
		case 'n':
			o->print = 1;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'q':
			o->quiet = 1;
			break;
		case 'r':
			o->rate = parse_rate(optarg);
			break;
		case 's':
			o->source = optarg;
			break;
		case 'v':
			o->verbose = 1;
			break;
		default:
			usage(EXIT_FAILED);
		}
	}
	parse_operands(o, argv + optind);
}

static void
check_options(struct aplot *a)
{
	const struct options *o = &a->o;
	struct gnuplot *g;

	if (o->terminal != NULL && strpbrk(o->terminal, "\n\r;`") != NULL)
		errx(EXIT_FAILED, "-T %s: not a terminal", o->terminal);
	if (o->output != NULL) {
		if (o->terminal == NULL && target_ending(o->output) == NULL)
			errx(EXIT_FAILED, "-o %s: not a kind of picture known "
			    "by its ending (.png .svg .pdf .jpg .gif .eps "
			    ".txt); -T names another", o->output);
		if (target_is_sequence(o->output) == -1)
			errx(EXIT_FAILED, "-o %s: takes one %%d, like "
			    "f-%%05d.png", o->output);
		a->output = target_is_sequence(o->output) == 1 ?
		    FILE_SEQUENCE : FILE_REPLACED;
	}
	g = draw_new(a, "dumb", 0);
	if (g == NULL)
		exit(EXIT_FAILED);
	gnuplot_free(g);
}

/*
 * Beginning and end
 */

/* Descriptors 0 to 2 are there, and gnuplot gets nothing of the rest. */
static void
tidy_descriptors(void)
{
	long n = sysconf(_SC_OPEN_MAX);
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	for (fd = 3; fd < (n > 0 && n < 65536 ? n : 65536); fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void
make_nonce(char *buf, size_t size)
{
	uint64_t n[2];

	arc4random_buf(n, sizeof(n));
	snprintf(buf, size, "aplot-%016" PRIx64 "%04x", n[0],
	    (unsigned)(n[1] & 0xffff));
}

static int
by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void
summary(struct aplot *a)
{
	const struct input *in = &a->in;
	size_t n = a->ntimes < TIMES ? a->ntimes : TIMES;

	fprintf(stderr, "aplot: in %" PRIu64 ", drawn %" PRIu64 ", skipped %"
	    PRIu64, in->records, a->frames,
	    in->records > a->frames ? in->records - a->frames : 0);
	if (in->duplicates > 0)
		fprintf(stderr, ", duplicates %" PRIu64, in->duplicates);
	if (in->others > 0)
		fprintf(stderr, ", other sources %" PRIu64, in->others);
	if (in->refused + in->given_up > 0)
		fprintf(stderr, ", refused %" PRIu64,
		    in->refused + in->given_up);
	if (in->lost > 0)
		fprintf(stderr, ", bytes lost %" PRIu64, in->lost);
	fprintf(stderr, "; %.1f s, %.1f of them in gnuplot",
	    (double)(draw_clock() - a->begun) / 1e9,
	    (double)a->drawing / 1e9);
	if (a->frames > 1)
		fprintf(stderr, "; %.2f pictures a second", (double)(a->frames -
		    1) * 1e9 / (double)(a->last - a->first));
	if (n > 0) {
		qsort(a->times, n, sizeof(*a->times), by_value);
		fprintf(stderr, "; record to picture %.2f ms (median)",
		    (double)a->times[n / 2]);
	}
	fputc('\n', stderr);
}

static int
exit_status(struct aplot *a)
{
	const struct input *in = &a->in;

	if (in->lost > 0 && in->records > 0)
		warnx("%s: %" PRIu64 " bytes lost", in->name, in->lost);
	if (a->failed || in->failed || (in->records == 0 && !a->closed))
		return EXIT_FAILED;
	return in->lost + in->refused + in->given_up > 0 ? EXIT_LOST : 0;
}

/* Leave nothing behind: no process, no file, no mode of the terminal. */
static void
clean_up(struct aplot *a)
{
	int64_t end = draw_clock() + SNAPSHOT_WAIT;
	int sig;

	/* A snapshot's picture is waited for, but not for ever. */
	a->closed = 1;
	while (fatals <= a->tolerated && a->snapper.pid != 0 &&
	    draw_clock() < end && !child_ended(&a->snapper, &sig))
		wait_events(a, end);
	child_kill(&a->snapper, 0);
	child_kill(&a->d.child, a->d.phase == READY);
	terminal_free(a->tty);
	a->tty = NULL;
	shell_kill();
	draw_clean();
}

/* Standard input is a terminal or, where a run is named, nothing. */
static int
nothing_piped(const struct aplot *a)
{
	struct stat sb;

	return isatty(STDIN_FILENO) || (a->o.control != NULL &&
	    fstat(STDIN_FILENO, &sb) == 0 && S_ISCHR(sb.st_mode));
}

/* The run to join where nothing is piped: the one that is steered, that of
 * which the first operand is the name, or the only one. */
static const char *
find_run(struct options *o)
{
	if (o->control != NULL)
		return o->control;
	if (o->nplots == 0 || !runs_is(o->plots[0]))
		return runs_only();
	o->nplots--;
	return *o->plots++;
}

/* What kinds of input there are decides who waits for whom. */
static void
look_at_inputs(struct aplot *a)
{
	struct input *in = &a->in;
	struct origin *o = NULL;
	unsigned i;

	if (a->o.ninputs == 0 && nothing_piped(a))
		add_input(&a->o, find_run(&a->o));
	if (a->o.script_name != NULL && a->o.nplots > 0)
		errx(EXIT_FAILED, "%s: the script says what is drawn (-f); an "
		    "input has a . or / in it, or is a run that is served",
		    *a->o.plots);
	if (a->o.ninputs == 0)
		add_input(&a->o, "-");
	for (i = 0; i < a->o.ninputs; i++) {
		o = input_open(in, a->o.inputs[i]);
		if (o->fd != -1 && isatty(o->fd))
			errx(EXIT_FAILED, "%s: is a terminal: nothing to draw "
			    "(./sim | aplot, or aplot recording; see "
			    "aplot(1))", o->name);
	}
	/* The run that is looked at is the one to be steered. */
	if (a->o.control == NULL && i == 1 && o->kind == ORIGIN_SOCKET)
		a->o.control = o->path;
	if (a->o.control != NULL)
		a->steer = steer_new(a->o.control);
	/* At a pipe's other end is a computation: Ctrl-C is for that. */
	a->piped = !in->passive;
	/* A film of a recording has all of its records. */
	in->each = i == 1 && o->kind == ORIGIN_FILE &&
	    a->output == FILE_SEQUENCE;
	if (a->o.rate > 0)
		in->gap = (int64_t)((double)SECOND / a->o.rate);
	in->quiet = a->o.quiet;
	in->source = a->o.source;
	in->window = a->o.window;
}

int
main(int argc, char *argv[])
{
	static struct aplot aplot;
	struct aplot *a = &aplot;
	int status;

	tidy_descriptors();
	(void)setlocale(LC_CTYPE, "");
	parse_options(&a->o, argc, argv);
	check_options(a);
	look_at_inputs(a);
	a->begun = draw_clock();
	make_nonce(a->d.nonce, sizeof(a->d.nonce));
	catch_signals();
	if (input_start(&a->in, &a->wake) == -1)
		err(EXIT_FAILED, "cannot start");
	if (a->o.print) {
		print_commands(a);
	} else {
		draw_files(a);
		run(a);
	}
	pthread_mutex_lock(&a->in.lock);
	status = exit_status(a);
	pthread_mutex_unlock(&a->in.lock);
	clean_up(a);
	pthread_mutex_lock(&a->in.lock);
	if (a->o.verbose)
		summary(a);
	if (fatals > 0) {
		(void)signal(got_fatal, SIG_DFL);
		(void)raise(got_fatal);
	}
	_exit(status);
}
