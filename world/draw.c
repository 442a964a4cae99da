/*
 * draw.c - states into pictures: what aplot knows, and how it drives gnuplot
 *
 * gnuplot has at most one frame that it has not answered, and the files of
 * the frame before are left alone until it has: a zoom reads them.
 */
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world/draw.h"
#include "format/dots.h"
#include "format/replies.h"
#include "format/uses.h"
#include "world/delivery.h"
#include "world/keys.h"
#include "world/news.h"
#include "world/output.h"
#include "world/terminal.h"

#define SEEN		3	/* frames after which a window is there */
#define PATIENCE	10	/* seconds without answer and CPU: hung */
#define REPEAT_AFTER	(SECOND / 4)	/* of them a window is asked again */
#define REPEATS		4	/* so often */
#define PAUSE_MAX	(10 * SECOND)	/* before a gnuplot is started again */
#define KEYS		8	/* of a window, likely in one frame */
#define ASK_EVERY	(SECOND / 4)	/* what a window shows */
#define ASKS_MAX	3	/* that may be unanswered */
#define LISTEN_MOST	(1 << 20)	/* bytes of gnuplot's at a time */
#define WAITS		(3 * SECOND)	/* for a field, before it is told */

int64_t
draw_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/*
 * What is told
 */

void
draw_notice(const struct aplot *a, const char *fmt, ...)
{
	va_list ap;

	if (a->o.quiet)
		return;
	va_start(ap, fmt);
	vwarnx(fmt, ap);
	va_end(ap);
}

/* Show a line once, however often it comes. */
__attribute__((format(printf, 2, 3))) static void
tell_once(struct aplot *a, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	unsigned i;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (i = 0; i < a->ntold; i++)
		if (strcmp(a->told[i], line) == 0)
			return;
	if (a->ntold == TOLD_MAX || (a->told[a->ntold] = strdup(line)) == NULL)
		return;
	warnx("%s", line);
	if (++a->ntold == TOLD_MAX)
		warnx("what gnuplot says from here on is left out");
}

/* The picture is over; what comes in is read and forgotten. */
void
draw_stop(struct aplot *a)
{
	a->closed = 1;
	child_kill(&a->d.child, a->d.phase == READY);
	a->d.phase = DOWN;
	if (a->tty != NULL)
		terminal_leave(a->tty);
	input_forget(&a->in);
}

void
draw_close(struct aplot *a)
{
	int ended;

	if (a->closed)
		return;
	(void)input_news(&a->in, &ended);
	if (!ended)
		draw_notice(a, "the picture is closed; the run goes on%s",
		    a->piped ? " (Ctrl-C ends it)" : "");
	draw_stop(a);
}

/*
 * gnuplot: started, asked, watched
 */

void
draw_start(struct aplot *a)
{
	static const char *const argv[] = { "gnuplot", "-d", NULL };
	struct memfile *files[] = { &a->script[0], &a->script[1], &a->data[0],
		&a->data[1], &a->user, &a->commands, &a->picture, &a->tail,
		&a->ask };
	struct driver *d = &a->d;
	char ask[256];

	if (child_start(&d->child, argv, NULL, files,
	    sizeof(files) / sizeof(files[0])) == -1) {
		if (errno == ENOENT) {
			warnx("gnuplot is not installed: apt install gnuplot "
			    "(Debian, Ubuntu), dnf install gnuplot (Fedora), "
			    "brew install gnuplot (macOS)");
		} else if (errno == EAGAIN || errno == ENOMEM ||
		    errno == EMFILE || errno == ENFILE) {
			tell_once(a, "gnuplot: %s", strerror(errno));
			d->again = draw_clock() + SECOND;
			d->deaths++;
			return;
		} else {
			warn("gnuplot");
		}
		a->failed = 1;
		draw_stop(a);
		return;
	}
	replies_free(d->replies);
	d->replies = replies_new(d->nonce);
	d->phase = STARTING;
	d->window = 0;
	d->seen = d->drawn = d->asking = 0;
	d->erred = 0;
	d->configured = 0;
	d->asked = d->moved = draw_clock();
	d->work = 0;
	snprintf(ask, sizeof(ask),
	    "printerr '%s terminals '.GPVAL_TERMINALS\n"
	    "printerr '%s done %lu'\n",
	    d->nonce, d->nonce, d->serial);
	if (d->replies == NULL)
		err(EXIT_FAILED, NULL);
	(void)child_send(&d->child, ask);
}

/* It is gone, or is to go; it comes back after a pause that grows. */
static void
lose_gnuplot(struct aplot *a)
{
	struct driver *d = &a->d;
	unsigned n = d->deaths < 10 ? d->deaths : 10;
	int64_t pause = (SECOND / 10) << n;

	if (d->phase == DRAWING && *d->failure != '\0')
		tell_once(a, "%s", d->failure);
	child_kill(&d->child, 0);
	d->phase = DOWN;
	d->deaths++;
	d->again = draw_clock() + (pause < PAUSE_MAX ? pause : PAUSE_MAX);
	a->redraw = 1;
	input_drawn(&a->in, UINT64_MAX);	/* a film leaves it out */
}

int64_t
draw_patience(void)
{
	const char *s = getenv("APLOT_HUNG");
	long n = s == NULL ? 0 : strtol(s, NULL, 10);

	return (n > 0 && n < 100000 ? n : PATIENCE) * SECOND;
}

/* Whether gnuplot says that there is no display for its window. */
static int
no_display(const char *line)
{
	static const char *const said[] = { "unable to open display",
		"could not connect to display", "Unable to initialize GTK",
		"cannot open display", "Unable to access the X Display" };
	size_t i;

	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (strstr(line, said[i]) != NULL)
			return 1;
	return 0;
}

static void
gnuplot_line(struct aplot *a, const struct reply *r)
{
	static const char *const chatter[] = { "QStandardPaths:", "qt.qpa.",
		"This application failed to start because no Qt",
		"Available platform plugins", "libpng warning:", "Qt: ",
		"QSocketNotifier", "QXcb", "Fontconfig warning",
		"Warning: slow font init",
		"qt_processTermEvent received a GE_fontprops" };
	size_t i;

	if (a->output == WINDOW && a->chosen && a->frames == 0 &&
	    no_display(r->text)) {
		a->no_window = 1;
		return;
	}
	for (i = 0; i < sizeof(chatter) / sizeof(chatter[0]); i++)
		if (!a->o.verbose && strncmp(r->text, chatter[i],
		    strlen(chatter[i])) == 0)
			return;
	tell_once(a, "gnuplot: %s", r->text);
}

/* Whether it is about a macro that no field explains, which was told, or what
 * follows from that in the same line. */
static int
is_missed(struct aplot *a, const struct reply *r)
{
	char place[sizeof(a->missed)];

	snprintf(place, sizeof(place), "%lu %.280s", r->line, r->file);
	if (strstr(r->text, "is not a string variable") != NULL)
		strlcpy(a->missed, place, sizeof(a->missed));
	return strcmp(a->missed, place) == 0;
}

/* Whether it is about the frame that is being drawn, not of what goes before;
 * when that is drawn again, it may have none. */
static int
is_of_frame(struct aplot *a, const struct reply *r)
{
	return a->d.phase == DRAWING && *r->file != '\0' &&
	    strcmp(r->file, a->commands.path) != 0 &&
	    strcmp(r->file, a->script[!a->set].path) != 0 &&
	    strcmp(r->file, a->data[!a->set].path) != 0;
}

/* An error or warning at its place: the user's file, not ours. */
static void
gnuplot_error(struct aplot *a, const struct reply *r)
{
	const char *file = r->file;
	unsigned long line = r->line;
	int warning = strncmp(r->text, "warning:", 8) == 0;
	char text[sizeof(a->d.failure)];

	/* In the locale C, of which the user knows. */
	if (strstr(r->text, "iconv failed to convert degree sign") != NULL)
		return;
	if (!warning)
		a->now.bad = a->d.erred = 1;
	if (a->waits && is_missed(a, r))
		return;
	if (strcmp(file, a->user.path) == 0) {
		file = a->o.script_name;
		line = uses_line(a->o.script.text, line, r->text);
	} else if (strcmp(file, a->commands.path) == 0) {
		file = "-e";
		if (!warning)
			a->failed = 1;
	} else if (*file == '\0' || strcmp(file, a->tail.path) == 0 ||
	    strcmp(file, a->script[0].path) == 0 ||
	    strcmp(file, a->script[1].path) == 0) {
		file = NULL;
	}
	if (file != NULL)
		snprintf(text, sizeof(text), "%s: line %lu: %s", file, line,
		    r->text);
	else
		snprintf(text, sizeof(text), "gnuplot: %s", r->text);
	if (!warning && is_of_frame(a, r) && *a->d.failure == '\0')
		strlcpy(a->d.failure, text, sizeof(a->d.failure));
	else
		tell_once(a, "%s", text);
}

/*
 * A picture begins
 */

void
draw_size(struct aplot *a)
{
	struct terminal_room room;

	if (a->tty == NULL || a->g == NULL ||
	    (a->output != TEXT && a->output != SIXEL))
		return;
	if (terminal_room(a->tty, &room) == -1) {
		tell_once(a, "the terminal is too small for a picture");
		return;
	}
	if (a->output == TEXT)
		gnuplot_size(a->g, room.columns, room.rows);
	else
		gnuplot_size(a->g, room.width, room.height);
}

struct gnuplot *
draw_new(struct aplot *a, const char *terminal, int colours)
{
	struct gnuplot_options o = {
		.plots = a->o.plots, .nplots = a->o.nplots,
		.script = a->o.script.text, .script_file = a->user.path,
		.script_folder = a->o.script.folder,
		.script_loads = a->o.script.others,
		.commands = a->o.commands, .terminal = terminal,
		.colours = colours,
		.shapes = a->output == TEXT ? terminal_shapes(a->tty) :
		    DOTS_ASCII,
	};
	struct gnuplot *g;
	const char *why = NULL;

	g = gnuplot_new(&o, &why);
	if (g == NULL)
		warnx("%s", why != NULL ? why : strerror(errno));
	return g;
}

/* Its keys, by which it speaks of its window. */
static void
bind_keys(struct aplot *a, struct buffer *b)
{
	const char *n = a->d.nonce, *key;

	buffer_printf(b, "bind all 'Close' \"printerr '%s closed'\"\n", n);
	for (key = "fhlLsq?0123456789" STEER_KEYS; *key != '\0'; key++)
		buffer_printf(b, "bind all '%c' \"printerr '%s key %c'\"\n",
		    *key, n, *key);
}

static int
fill(struct memfile *m, const char *text)
{
	struct iovec v = { (void *)(uintptr_t)text, strlen(text) };

	return memfile_write(m, &v, 1);
}

/* Settle where the picture goes, and begin it.  -1: no. */
static int
begin_picture(struct aplot *a)
{
	if (!a->chosen && output_choose(a) == -1)
		return -1;
	if (a->g == NULL)
		a->g = draw_new(a, a->terminal, a->output == TEXT ?
		    terminal_colours(a->tty) :
		    gnuplot_is_text(a->terminal) ? 0 : 1 << 24);
	return a->g == NULL ? -1 : 0;
}

/*
 * All that comes before the first frame, each in a file of its own, so that
 * an error in one does not keep the others from being read.  -1: no.
 */
static int
configure(struct aplot *a, struct source *first)
{
	struct memfile *terminal = &a->script[!a->set];
	struct memfile *begin = &a->data[!a->set];
	struct buffer b = { 0 };
	char title[APREC_SOURCE_MAX + 32], name[APREC_SOURCE_MAX + 16];
	int ok;

	if (begin_picture(a) == -1)
		return -1;
	draw_size(a);
	snprintf(title, sizeof(title), "%s - aplot", first == NULL ? "" :
	    source_shown(first, name));
	ok = fill(terminal, gnuplot_terminal(a->g, title)) == 0;
	buffer_puts(&b, gnuplot_begin(a->g));
	if (a->output == WINDOW)
		bind_keys(a, &b);
	ok = ok && !b.failed && fill(begin, buffer_text(&b)) == 0;
	buffer_clear(&b);
	buffer_printf(&b, "load '%s'\nload '%s'\n", terminal->path,
	    begin->path);
	if (a->o.commands != NULL)
		buffer_printf(&b, "load '%s'\n", a->commands.path);
	if (ok)
		(void)child_send(&a->d.child, buffer_text(&b));
	buffer_free(&b);
	a->d.configured = 1;
	a->d.child.window = a->output == WINDOW;
	return ok ? 0 : -1;
}

/*
 * Frames
 */

/* A copy of the newest state, and what is to be known of it. */
struct state *
draw_look(struct aplot *a, struct drawing *now)
{
	struct glance g;
	struct state *st = input_look(&a->in, &g);

	if (now->records != g.records)
		now->arrived = g.arrived;
	now->records = g.records;
	now->final = g.ended;
	now->heard = g.arrived;
	return st;
}

/* Commands and data into the set that no zoom can be reading. */
static int
write_frame(struct aplot *a, struct state *st)
{
	const char *status = news_status(a, st), *quiet = news_quiet(a, st);
	struct frame f;
	struct iovec text[2];
	char number[40];
	unsigned i;
	int r;

	pthread_mutex_lock(&a->in.lock);
	history_prune(a->in.history, a->in.state);
	r = gnuplot_frame(a->g, st, a->in.history, a->data[a->set].path,
	    status, quiet, &f);
	pthread_mutex_unlock(&a->in.lock);
	if (r == -1) {
		tell_once(a, "no memory for the picture");
		return -1;
	}
	for (i = 0; i < f.ntold; i++)
		draw_notice(a, "%s", f.told[i]);
	/* By this what follows knows whether it was run. */
	text[0].iov_base = number;
	text[0].iov_len = (size_t)snprintf(number, sizeof(number),
	    "APLOT_frame = %lu; ", a->d.serial + 1);
	text[1].iov_base = (void *)(uintptr_t)f.text;
	text[1].iov_len = f.length;
	if (memfile_write(&a->data[a->set], f.data, f.ndata) == -1 ||
	    memfile_write(&a->script[a->set], text, 2) == -1) {
		tell_once(a, "no memory for the picture: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* Lines that a key's command may spoil, and a script's pause take. */
static void
put_empty(struct buffer *b)
{
	int i;

	for (i = 0; i < KEYS; i++)
		buffer_puts(b, "\n");
}

/*
 * A key that was pressed in the window meanwhile runs its command before
 * gnuplot reads the next character, and spoils the line that it is in; so does
 * x11 when it makes a window.  So what a window is asked is in a file, and
 * before the line that loads it come empty ones.  That file draws the frame
 * where the line of that was spoiled; when its own is, it is sent again.
 */
static void
put_load(struct buffer *b, const struct memfile *m)
{
	put_empty(b);
	buffer_printf(b, "load '%s'\n", m->path);
}

/* What follows the frame, also when that stops at an error. */
static int
ask_answer(struct aplot *a, struct buffer *b)
{
	struct driver *d = &a->d;
	struct buffer tail = { 0 };
	int r = 0;

	++d->serial;
	if (a->output == WINDOW)
		buffer_printf(&tail, "if (!exists('APLOT_frame') || "
		    "APLOT_frame != %lu) load '%s'\n", d->serial,
		    a->script[a->set].path);
	buffer_puts(&tail, "unset multiplot\n");
	if (a->output != WINDOW)
		buffer_puts(&tail, "set output\n");
	else
		buffer_printf(&tail, "if (exists('GPVAL_TERM_WINDOWID')) "
		    "printerr '%s window '.GPVAL_TERM_WINDOWID\n", d->nonce);
	buffer_printf(&tail, "printerr '%s answer '.APLOT_answer\n"
	    "printerr '%s done %lu'\n", d->nonce, d->nonce, d->serial);
	if (a->output != WINDOW) {
		if (a->o.script_name != NULL)
			put_empty(b);
		buffer_puts(b, buffer_text(&tail));
	} else {
		put_load(b, &a->tail);
		r = fill(&a->tail, buffer_text(&tail));
	}
	buffer_free(&tail);
	return r;
}

/* The same for what is asked between frames, which nobody waits for. */
int64_t
draw_ask(struct aplot *a, int64_t now)
{
	struct driver *d = &a->d;
	struct buffer b = { 0 };
	const char *text;

	if (a->output != WINDOW || d->phase != READY || a->closed ||
	    d->drawn == 0 || d->asking >= ASKS_MAX ||
	    (text = gnuplot_ask(a->g)) == NULL)
		return INT64_MAX;
	if (now < d->ask_due)
		return d->ask_due;
	buffer_printf(&b, "%sprinterr '%s shows '.APLOT_answer\n", text,
	    d->nonce);
	if (!b.failed && fill(&a->ask, buffer_text(&b)) == 0) {
		buffer_clear(&b);
		put_load(&b, &a->ask);
		(void)child_send(&d->child, buffer_text(&b));
	}
	buffer_free(&b);
	d->asking++;
	d->ask_due = now + ASK_EVERY;
	return d->ask_due;
}

/*
 * Whether the script has to wait for what it draws: until that has come, or
 * nothing comes any more.
 */
static int
script_waits(struct aplot *a, struct state *st)
{
	const char *macros;

	if (a->frames > 0 || a->o.script_name == NULL ||
	    begin_picture(a) == -1)
		return 0;
	macros = gnuplot_awaits(a->g, st);
	if (macros == NULL) {
		a->waits = 0;
	} else if (a->now.final) {
		a->waits = a->told_waits = 1;
		if (*macros != '\0')
			tell_once(a, "%s: no field for %s", a->o.script_name,
			    macros);
		return 0;
	} else if (a->waits == 0) {
		a->waits = draw_clock();
	}
	strlcpy(a->awaits, macros == NULL ? "" : macros, sizeof(a->awaits));
	return a->waits != 0;
}

int64_t
draw_waits(struct aplot *a, int64_t now)
{
	if (a->waits == 0 || a->told_waits || *a->awaits == '\0')
		return INT64_MAX;
	if (now < a->waits + WAITS)
		return a->waits + WAITS;
	a->told_waits = 1;
	draw_notice(a, "%s: waits for a field for %s", a->o.script_name,
	    a->awaits);
	return INT64_MAX;
}

/* Draw the newest state. */
void
draw_frame(struct aplot *a)
{
	struct driver *d = &a->d;
	struct buffer b = { 0 };
	struct state *st;
	int r;

	a->redraw = a->again = 0;
	a->now.bad = 0;
	a->now.started = draw_clock();
	st = a->frozen != NULL ? a->frozen : draw_look(a, &a->now);
	if (st == NULL) {
		tell_once(a, "no memory for the picture");
		return;
	}
	if (script_waits(a, st)) {
		input_look_away(&a->in, st);
		input_drawn(&a->in, a->now.records);
		return;
	}
	a->set = !a->set;
	r = d->configured ? 0 : configure(a, state_sources(st));
	if (r == -1) {
		a->failed = 1;
		draw_stop(a);
	} else {
		r = write_frame(a, st);
	}
	if (st != a->frozen)
		input_look_away(&a->in, st);
	if (r == -1)
		return;
	if (a->resized && (a->output == TEXT || a->output == SIXEL) &&
	    fill(&a->script[!a->set], gnuplot_terminal(a->g, NULL)) == 0)
		buffer_printf(&b, "load '%s'\n", a->script[!a->set].path);
	a->resized = 0;
	if (a->output != WINDOW)
		buffer_printf(&b, "set output '%s'\n", a->picture.path);
	buffer_printf(&b, "load '%s'\n", a->script[a->set].path);
	if (ask_answer(a, &b) == -1) {
		tell_once(a, "no memory for the picture: %s", strerror(errno));
		buffer_free(&b);
		return;
	}
	buffer_clear(&d->answer);
	*d->failure = '\0';
	(void)child_send(&d->child, buffer_text(&b));
	buffer_free(&b);
	d->phase = DRAWING;
	d->asked = d->moved = d->looked = draw_clock();
	d->repeats = 0;
}

/* The frame is drawn. */
static void
frame_done(struct aplot *a)
{
	struct driver *d = &a->d;
	int64_t now = draw_clock();
	size_t len = 0;
	char *p;

	d->phase = READY;
	d->deaths = 0;
	if (d->drawn++ == 0)
		d->first = now;
	d->took = now - d->asked;
	a->drawing += d->took;
	d->asking = 0;
	d->ask_due = now + ASK_EVERY;
	a->again = gnuplot_answer(a->g, buffer_text(&d->answer));
	if (a->again)
		return;
	if (*d->failure != '\0')
		tell_once(a, "%s", d->failure);
	a->last = now;
	if (a->frames++ == 0)
		a->first = now;
	if (a->now.arrived != 0) {
		a->times[a->ntimes++ % TIMES] =
		    (float)(now - a->now.arrived) / 1e6f;
		a->now.arrived = 0;
	}
	if (a->output != WINDOW) {
		p = memfile_read(&a->picture, &len);
		if (p == NULL && a->now.final && a->output != TEXT &&
		    a->output != SIXEL) {
			warnx("nothing was drawn");
			a->failed = 1;
		}
		if (p != NULL)
			delivery_picture(a, p, len);
		free(p);
	}
	if (a->now.final && a->now.bad)
		a->failed = 1;
	input_drawn(&a->in, a->now.records);
}

/*
 * Keys and answers
 */

/* An x11 window that is closed while gnuplot draws is sometimes not told of,
 * and comes back as another.  The id of a window that is just being made may
 * change by itself. */
static void
look_at_window(struct aplot *a, unsigned long id)
{
	if (id == 0)
		return;
	if (id == a->d.window) {
		a->d.seen++;
		return;
	}
	if (a->d.seen >= SEEN) {
		if (a->o.verbose)
			warnx("window %lu is now %lu", a->d.window, id);
		draw_close(a);
	}
	a->d.window = id;
	a->d.seen = 0;
}

/* x11 on a busy machine says of a window that is just being made that it was
 * closed, which nobody can have done: it is drawn again. */
static void
window_closed(struct aplot *a)
{
	struct driver *d = &a->d;

	if (d->drawn > 0 && draw_clock() - d->first > SECOND)
		draw_close(a);
	else
		a->redraw = 1;
}

/* A line that only our commands can have caused. */
static void
our_line(struct aplot *a, const char *text)
{
	struct driver *d = &a->d;

	if (strncmp(text, "done ", 5) == 0) {
		if (strtoul(text + 5, NULL, 10) != d->serial)
			return;
		if (d->phase == DRAWING)
			frame_done(a);
		else if (d->phase == STARTING)
			d->phase = READY;
	} else if (strncmp(text, "answer ", 7) == 0) {
		buffer_clear(&d->answer);
		buffer_puts(&d->answer, text + 7);
	} else if (strncmp(text, "shows ", 6) == 0) {
		/* A frame that is being drawn will tell, too. */
		d->asking = 0;
		if (d->phase == READY)
			a->again |= gnuplot_answer(a->g, text + 6);
	} else if (strncmp(text, "terminals ", 10) == 0) {
		free(a->terminals);
		a->terminals = strdup(text + 10);
	} else if (strncmp(text, "key ", 4) == 0) {
		keys_press(a, text[4]);
	} else if (strncmp(text, "window ", 7) == 0) {
		look_at_window(a, strtoul(text + 7, NULL, 10));
	} else if (strcmp(text, "closed") == 0) {
		window_closed(a);
	}
}

static void
hear(struct aplot *a, int flush)
{
	struct driver *d = &a->d;
	struct replies *replies = d->replies;
	struct reply r;

	for (;;) {
		switch (replies_next(replies, flush, &r)) {
		case REPLY_MORE:
			return;
		case REPLY_OURS:
			flush = 1;	/* nothing held belongs behind it */
			our_line(a, r.text);
			break;
		case REPLY_ERROR:
			gnuplot_error(a, &r);
			break;
		case REPLY_LINE:
			gnuplot_line(a, &r);
			break;
		}
	}
}

void
draw_listen(struct aplot *a)
{
	struct driver *d = &a->d;
	char buf[16384];
	size_t taken = 0;
	ssize_t n;

	/* One that says much without end is not all there is to listen to. */
	while (d->phase != DOWN && taken < LISTEN_MOST &&
	    (n = read(d->child.out, buf, sizeof(buf))) > 0) {
		taken += (size_t)n;
		if (replies_feed(d->replies, buf, (size_t)n) == -1)
			err(EXIT_FAILED, NULL);
		hear(a, 0);
	}
	if (!a->no_window || !a->chosen || a->output != WINDOW || a->closed)
		return;
	/* No display after all: on the terminal, then. */
	a->chosen = 0;
	gnuplot_free(a->g);
	a->g = NULL;
	child_kill(&d->child, 0);
	d->phase = DOWN;
	a->redraw = 1;
}

static void
check_gnuplot(struct aplot *a)
{
	struct driver *d = &a->d;
	int sig;

	if (d->phase == DOWN || !child_ended(&d->child, &sig))
		return;
	draw_listen(a);	/* its last words */
	if (d->phase == DOWN)
		return;
	hear(a, 1);
	if (sig != 0)
		tell_once(a, "gnuplot was killed (%s): started again",
		    strsignal(sig));
	else
		tell_once(a, "gnuplot ended: started again");
	lose_gnuplot(a);
}

/* It works, and for longer than one who looks at it may believe. */
static void
tell_work(struct aplot *a, int64_t now)
{
	struct driver *d = &a->d;

	if (d->phase != DRAWING || a->told_work || now - d->asked <
	    draw_patience() || (a->output != WINDOW && a->output != TEXT &&
	    a->output != SIXEL))
		return;
	a->told_work = 1;
	draw_notice(a, "gnuplot works on this picture for %d s now; the run "
	    "goes on, and its newest state is drawn next",
	    (int)((now - d->asked) / SECOND));
}

/* A window's gnuplot that neither draws nor answers may have been asked in a
 * line that was spoiled. */
static void
repeat_question(struct aplot *a, int64_t now)
{
	struct driver *d = &a->d;
	struct buffer b = { 0 };
	uint64_t work;

	if (d->phase != DRAWING || a->output != WINDOW ||
	    d->repeats == REPEATS || now - d->looked < REPEAT_AFTER)
		return;
	work = child_work(&d->child);
	if (work == d->work) {
		put_load(&b, &a->tail);
		(void)child_send(&d->child, buffer_text(&b));
		buffer_free(&b);
		d->repeats++;
	} else {
		d->work = work;
		d->moved = now;
	}
	d->looked = now;
}

int64_t
draw_due(const struct aplot *a, int64_t now)
{
	const struct driver *d = &a->d;

	if (d->phase != STARTING && d->phase != DRAWING)
		return INT64_MAX;
	return d->phase == DRAWING && a->output == WINDOW &&
	    d->repeats < REPEATS ? d->looked + REPEAT_AFTER :
	    now + draw_patience() / 4;
}

/* Hung is no answer and no work. */
static void
watch_gnuplot(struct aplot *a, int64_t now)
{
	struct driver *d = &a->d;
	uint64_t work;

	if ((d->phase != STARTING && d->phase != DRAWING) ||
	    now - d->moved < draw_patience() / 4)
		return;
	work = child_work(&d->child);
	if (work != d->work) {
		d->work = work;
		d->moved = now;
		tell_work(a, now);
	} else if (now - d->moved >= draw_patience()) {
		tell_once(a, d->phase == STARTING && d->erred ?
		    "gnuplot does not know what it is asked (5.4 or later is "
		    "needed): started again" :
		    "gnuplot hangs: started again");
		lose_gnuplot(a);
	}
}

void
draw_watch(struct aplot *a, int64_t now)
{
	check_gnuplot(a);
	repeat_question(a, now);
	watch_gnuplot(a, now);
}

/*
 * The files that gnuplot reads
 */

void
draw_files(struct aplot *a)
{
	static const char *const names[] = { "script0", "script1", "data0",
		"data1", "user", "commands", "picture", "tail", "ask" };
	struct memfile *files[] = { &a->script[0], &a->script[1], &a->data[0],
		&a->data[1], &a->user, &a->commands, &a->picture, &a->tail,
		&a->ask };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (memfile_new(files[i], names[i]) == -1)
			goto failed;
	if (fill(&a->user, a->o.script.text == NULL ? "" :
	    a->o.script.text) == 0 &&
	    fill(&a->commands, a->o.commands == NULL ? "" :
	    a->o.commands) == 0)
		return;

failed:
	warn("files for gnuplot");
	a->failed = 1;
	draw_stop(a);
}

void
draw_clean(void)
{
	delivery_clean();
	memfile_remove();
}
