/*
 * play.c - aprec play: a recording at the pace at which it was made
 *
 * When a record is due is found in format/pace.c, where to begin and end in
 * format/moment.c.  Always true: what goes out is whole records, none of them
 * twice, and a reader that begins with the first has the whole state.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/moment.h"
#include "format/pace.h"
#include "format/past.h"
#include "format/recording.h"
#include "format/runs.h"
#include "format/store.h"
#include "world/command.h"
#include "world/intake.h"
#include "world/outlet.h"

#define SECOND	INT64_C(1000000000)
#define BATCH	256		/* live records taken at once */
#define LONG	(10 * SECOND)	/* a pause that -v tells of */

struct play_run {
	uint64_t	 run;
	int		 final;
	int		 beyond;	/* has passed -T */
	struct standing	 standing;
	struct pace_run	 pace;
};

static struct {
	struct moment	 from, to;	/* -F, -T */
	const char	*source;	/* -s */
	int		 verbose;	/* -v */
	struct pace	 pace;
	struct pool	 pool;
	struct intake	 in;
	struct store	*store;
	struct past	*past;		/* until it has begun, with -F */
	struct runs	 runs;
	int		 first;		/* no record has come */
	int		 begun;
	int		 ended;
	uint64_t	 refused;	/* not in the state */
} play = { .runs.size = sizeof(struct play_run), .first = 1 };

static struct outlet out;	/* the handler's, too */

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/*
 * Signals and the reader's leaving
 */

/* At once; but a record that is begun is ended. */
static void
handle(int signal_number)
{
	signal(signal_number, SIG_DFL);
	out.stop = signal_number;
	if (!out.writing)
		raise(signal_number);
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;
	size_t i;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handle;
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)	/* nohup */
			sigaction(signals[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* After an error of the outlet. */
static void
give_up(void)
{
	if (out.stop)
		raise(out.stop);
	if (errno == EPIPE)
		exit(0);
	err(1, "%s", out.name);
}

static void
flush(void)
{
	if (outlet_flush(&out) == -1)
		give_up();
}

/* Sleep until then; ends the program where the reader leaves meanwhile. */
static void
wait_until(int64_t due)
{
	struct pollfd p = { .fd = out.fd };
	struct timespec ts = { 0 };
	int64_t left;

	while ((left = due - now()) > 0) {
		if (left < SECOND / 1000) {
			ts.tv_nsec = (long)left;
			nanosleep(&ts, NULL);
			continue;
		}
		left /= SECOND / 1000;
		if (poll(&p, 1, left > 60000 ? 60000 : (int)left) > 0 &&
		    (p.revents & (POLLERR | POLLHUP | POLLNVAL)))
			exit(0);
	}
}

/*
 * Sending
 */

static void
put(const struct record *r)
{
	if (outlet_put(&out, r) == -1)
		give_up();
}

/* When it is due. */
static void
send_paced(struct play_run *run, const struct record *r)
{
	int64_t t = now(), due = pace_due(&play.pace, &run->pace, r->wall, t);

	if (due > t) {
		flush();
		if (play.verbose && due - t > LONG)
			warnx("%s: nothing for %" PRId64 " s", play.in.name,
			    (due - t) / SECOND);
		wait_until(due);
	}
	put(r);
}

/* The past of each source, then all live records. */
static void
send_state(void)
{
	struct record *recs[BATCH], *r;
	struct cursor c = { 0 };
	const struct source *s;
	size_t n, i;

	for (s = state_sources(store_state(play.store)); s != NULL;
	    s = s->next) {
		if ((r = past_record(play.past, s->run)) == NULL)
			continue;
		put(r);
		record_drop(r);
	}
	store_join(play.store, &c, 1);
	while ((n = store_take(play.store, &c, recs, BATCH, SIZE_MAX,
	    0)) > 0)
		for (i = 0; i < n; i++) {
			put(recs[i]);
			record_drop(recs[i]);
		}
	store_leave(play.store, &c);
	past_free(play.past);
	play.past = NULL;
}

/*
 * Taking
 */

/* A history tells what the records before it told; it is sent only where
 * there were none of its run. */
static void
take_history(const struct record *r)
{
	struct play_run *run;
	int known = 0;

	if (!play.begun) {
		past_add(play.past, r);
		return;
	}
	if ((run = runs_get(&play.runs, r->run, &known)) == NULL &&
	    errno != ENOBUFS)
		err(1, NULL);
	if (!known)
		put(r);
}

/* Whether all runs have ended or passed -T.  Steps that are no more than seq
 * do not count where others are. */
static int
all_beyond(void)
{
	const struct play_run *run;
	int steps = 0;
	size_t i;

	for (i = 0; i < play.runs.count; i++) {
		run = play.runs.list[i];
		steps |= run->standing.has_step;
	}
	for (i = 0; i < play.runs.count; i++) {
		run = play.runs.list[i];
		if (!run->final && !run->beyond &&
		    !(play.to.kind == MOMENT_STEP && steps &&
		    !run->standing.has_step) &&
		    !(play.to.kind == MOMENT_TIME && !run->standing.has_t))
			return 0;
	}
	return 1;
}

static void
resolve(int64_t first, int64_t last)
{
	moment_resolve(&play.from, first, last);
	moment_resolve(&play.to, first, last);
}

/* A record that is new: to the state, or out. */
static void
take_new(struct play_run *run, const struct record *r)
{
	if (!play.begun) {
		past_add(play.past, r);
		if (moment_compare(&play.from, &run->standing) < 0)
			return;
		play.begun = 1;
		send_state();
		pace_due(&play.pace, &run->pace, r->wall, now());
		return;
	}
	if (play.to.kind != MOMENT_NONE &&
	    moment_compare(&play.to, &run->standing) > 0) {
		if (!run->beyond++)
			play.ended = all_beyond();
		return;
	}
	send_paced(run, r);
}

static void
take(struct record *r)
{
	struct play_run *run;
	enum state_event e;
	int known;

	if (play.source != NULL && fnmatch(play.source, r->source, 0) != 0)
		return;
	if (play.first)
		resolve(r->wall, r->wall);
	play.first = 0;
	if (r->flags & APREC_HISTORY) {
		take_history(r);
		return;
	}
	if (atomic_load(&play.pool.used) > play.pool.limit / 4)
		store_shrink(play.store, play.pool.limit / 4 * 3);
	e = store_add(play.store, r, 0, 0);
	if (e == STATE_DUPLICATE)
		return;
	play.refused += e != STATE_MERGED;
	if ((run = runs_get(&play.runs, r->run, &known)) == NULL)
		errx(1, "%s: more than %d runs, or no memory for them",
		    play.in.name, RUNS_MAX);
	standing_note(&run->standing, r);
	run->final |= (r->flags & APREC_FINAL) != 0;
	take_new(run, r);
}

/*
 * Finding the place, where the input is a file
 */

static ssize_t
read_at(void *arg, void *buf, size_t n, uint64_t at)
{
	const struct intake *in = arg;

	return pread(in->fd, buf, n, (off_t)at);
}

static int
is_share(const struct moment *m)
{
	return m->kind == MOMENT_SHARE;
}

/* Whether it is told against the recording's first and last time. */
static int
is_relative(const struct moment *m)
{
	return m->kind == MOMENT_SINCE || is_share(m);
}

/* Begin at the last recap before -F. */
static void
skip_to_recap(const struct recording *r)
{
	struct recording_target target = { .kind = RECORDING_WALL,
	    .value = play.from.wall };
	struct place place;

	if (play.from.kind == MOMENT_STEP) {
		target.kind = RECORDING_STEP;
		target.value = play.from.step;
	} else if (play.from.kind != MOMENT_WALL)
		return;
	if (recording_find(r, &target, &place) == 0 && place.records > 0)
		intake_seek(&play.in, place.at);
}

/* What cannot be found so is met in reading from the beginning. */
static void
find_place(void)
{
	struct recording r = { read_at, &play.in, 0, &play.pool };
	int64_t first, last;
	struct stat sb;

	if (fstat(play.in.fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    lseek(play.in.fd, 0, SEEK_CUR) == 0) {
		r.size = (uint64_t)sb.st_size;
		if ((is_relative(&play.from) || is_relative(&play.to)) &&
		    recording_span(&r, &first, &last) == 0)
			resolve(first, last);
		if (lseek(play.in.fd, 0, SEEK_SET) == -1)
			err(1, "%s", play.in.name);
		skip_to_recap(&r);
	}
	if (is_share(&play.from) || is_share(&play.to))
		errx(1, "%s: not a file with a record in it: there is no "
		    "share of it", play.in.name);
}

/*
 * The command
 */

static void
moment_option(struct moment *m, int letter, const char *arg)
{
	if (moment_parse(m, arg) == -1)
		errx(1, "-%c %s: not a step (100), simulated time (t=0.5), "
		    "time since the start\n(90s, 10m, 2h, 3d), wall time "
		    "(2026-11-20T10:00) or share (50%%)", letter, arg);
}

static double
speed_option(const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (strcmp(arg, "max") == 0)
		return 0;
	if (end == arg || *end != '\0' || !isfinite(v) || v < 0)
		errx(1, "-X %s: not a speed such as 10, 0.5 or max", arg);
	return v;
}

static void
play_options(int argc, char **argv)
{
	int c;

	play.pool.limit = COMMAND_MEMORY;
	play.pace.speed = 1;
	while ((c = getopt(argc, argv, "F:hm:qs:T:vX:")) != -1) {
		switch (c) {
		case 'F':
			moment_option(&play.from, c, optarg);
			break;
		case 'h':
			command_usage(&command_play, stdout, 0);
		case 'm':
			play.pool.limit = command_size(optarg);
			break;
		case 'q':
			play.in.quiet = 1;
			break;
		case 's':
			play.source = optarg;
			break;
		case 'T':
			moment_option(&play.to, c, optarg);
			break;
		case 'v':
			play.verbose = 1;
			break;
		case 'X':
			play.pace.speed = speed_option(optarg);
			break;
		default:
			command_usage(&command_play, stderr, 1);
		}
	}
	if (argc - optind > 1)
		command_usage(&command_play, stderr, 1);
	command_stdin(optind == argc);
}

static void
play_open(const char *name)
{
	size_t limit = play.pool.limit;

	pool_init(&play.pool, limit);
	play.in.idle = flush;
	if (intake_open(&play.in, &play.pool, name) == -1)
		exit(1);
	outlet_open(&out, NULL, 0, play.in.fd);
	if ((play.store = store_new(&play.pool, 0, 0)) == NULL)
		err(1, NULL);
	if (play.from.kind != MOMENT_NONE || play.to.kind != MOMENT_NONE)
		find_place();
	play.begun = play.from.kind == MOMENT_NONE;
	if (!play.begun &&
	    (play.past = past_new(&play.pool, limit / 8)) == NULL)
		err(1, NULL);
}

/* What could not be played.  The status. */
static int
play_end(void)
{
	int status = play.in.failed ? 1 : 0;

	if (!play.begun && !play.first) {
		warnx("%s: ends before -F: its last state is sent",
		    play.in.name);
		send_state();
		status |= COMMAND_LOSS;
	}
	if (outlet_close(&out) == -1)
		give_up();
	if (!play.ended)
		intake_tell(&play.in);
	if (play.refused > 0)
		warnx("%s: %" PRIu64 " records of more sources or names than "
		    "a state may have: they are played, but not in the state "
		    "at -F", play.in.name, play.refused);
	if (play.in.losses > 0 || play.in.records == 0)
		status |= COMMAND_LOSS;
	return status & 1 ? 1 : status;
}

static int
play_main(int argc, char **argv)
{
	struct record *r;
	int status;

	play_options(argc, argv);
	play_open(optind < argc ? argv[optind] : "-");
	catch_signals();
	while (!play.ended && (r = intake_record(&play.in)) != NULL) {
		take(r);
		record_drop(r);
	}
	status = play_end();
	past_free(play.past);
	store_free(play.store);
	runs_free(&play.runs);
	intake_close(&play.in);
	pool_trim(&play.pool);
	return status;
}

const struct command command_play = {
	"play", play_main,
	"[-qv] [-F from] [-m size] [-s source] [-T to] [-X speed] [file]"
};
