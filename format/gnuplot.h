/*
 * gnuplot.h - a state into gnuplot commands and data
 *
 *	g = gnuplot_new(&options, &why);
 *	send(gnuplot_begin(g)); send(options.commands);
 *	for (;;) {
 *		gnuplot_frame(g, st, h, "/dev/fd/7", "ended", NULL, &frame);
 *		pwritev(7, frame.data ...); pwrite(6, frame.text ...);
 *		send("load '/dev/fd/6'\n");
 *		send("unset multiplot\nprinterr 'NONCE '.APLOT_answer\n");
 *		again = gnuplot_answer(g, text after "NONCE ");
 *	}
 *
 * Pure: no process, no file, nothing printed.  Whatever stands in a record,
 * the commands made from it do nothing but draw: texts stand in single
 * quotes with nothing in them that gnuplot, a shell or a terminal obeys,
 * numbers are literals made here, and enhanced text is off.
 *
 * A frame never sets, resets or autoscales a range of an axis that the mouse
 * can zoom.  What was zoomed stays zoomed.
 */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "state.h"

struct gnuplot;

/* What does not change while aplot runs.  Nothing is copied: all of it must
 * live as long as the struct gnuplot. */
struct gnuplot_options {
	const char *const *plots;	/* operands: "u,v", "x:y:T" ... */
	unsigned	 nplots;	/* 0: aplot chooses */
	const char	*script;	/* -f: its text; NULL: none */
	const char	*script_file;	/* -f: its name, as load takes it;
					 * inline data go with script itself */
	const char	*script_folder;	/* where gnuplot also looks for what
					 * a script loads; NULL: nowhere */
	const char	*script_loads;	/* texts of such scripts, one behind
					 * the other; NULL: not known */
	const char	*commands;	/* -e, joined by newlines; NULL: none.
					 * The caller runs them once, after
					 * gnuplot_begin(); read here to know
					 * which settings to leave alone */
	const char	*terminal;	/* as in set terminal: "qt", "pngcairo
					 * size 800,600", "dumb" ... */
	int		 colours;	/* text terminals: 0, or colours in
					 * any number */
	int		 shapes;	/* text terminals: what characters
					 * there are, enum dots_shapes */
};

/*
 * NULL with *why (a constant text or one that lives until the next call)
 * when a plot cannot be read or memory ran out.
 */
struct gnuplot *gnuplot_new(const struct gnuplot_options *o,
    const char **why);
void gnuplot_free(struct gnuplot *g);

/* The size of the picture: pixels, or, for text terminals, character cells.
 * 0, 0: unknown (the terminal's default).  A size among the user's options of
 * the terminal comes before it.  May be called before any frame. */
void gnuplot_size(struct gnuplot *g, int width, int height);

/* Draw panel n alone (1 ...), all of them with 0.  A number above those
 * there are is 0. */
void gnuplot_alone(struct gnuplot *g, unsigned n);
/* Panels of the last frame, drawn or, with one alone, not. */
unsigned gnuplot_panels(const struct gnuplot *g);

/* 1 when what terminal names draws with characters: dumb, block. */
int gnuplot_is_text(const char *terminal);

/*
 * "set terminal ..." and a newline, with good fonts and the size; title is
 * the window's (made safe here; NULL: none), used by terminals that have
 * windows.  Options in the user's own -T come last, and win.  Lives until the
 * next call on g.
 */
const char *gnuplot_terminal(struct gnuplot *g, const char *title);

/*
 * Commands for a gnuplot that has just started, after its set terminal.
 * Forgets the columns of the one before.  Lives until the next call on g.
 */
const char *gnuplot_begin(struct gnuplot *g);

struct frame {
	const char	*text;		/* the commands, ending in NUL */
	size_t		 length;
	const struct iovec *data;	/* the data file is these in order, */
	int		 ndata;		/* maybe more than IOV_MAX of them, */
	uint64_t	 size;		/* this many bytes together */
	const char *const *told;	/* what the user has not been told */
	unsigned	 ntold;		/* yet, one line each, safe to print */
};

/*
 * The frame for a state.  path is the name under which gnuplot will open
 * the data file, from its beginning, at any later time until the frame after
 * next; with path NULL the commands hold the data, run by themselves
 * anywhere, and there is no data file.  status, when not NULL, ends the title
 * ("paused at step 12", "ended"); quiet, when not NULL, is a line in the lower
 * right corner ("0.1 s old, 30 frames/s").  What *f points to belongs to g
 * and to the records of st, until the next call that changes either.  -1: out
 * of memory.
 *
 * After the frame the gnuplot variable APLOT_answer holds the answer for
 * gnuplot_answer(), also when the frame stopped at an error; print it by
 * printerr on a line that begins with a nonce.
 */
int gnuplot_frame(struct gnuplot *g, struct state *st,
    const struct history *h, const char *path, const char *status,
    const char *quiet, struct frame *f);

/*
 * The macros of the script that are still to come, "@u, @v", safe to print; ""
 * while there is no field at all, NULL: none.  The script is not to be run
 * before, as long as more may come.  Lives until the next call.
 */
const char *gnuplot_awaits(struct gnuplot *g, struct state *st);

/*
 * Take the answer to the last frame: where gnuplot drew the panels.  1 when
 * data were thinned for other columns than those, and the frame should be
 * made and drawn again, at once; it is so at most twice in a row.
 */
int gnuplot_answer(struct gnuplot *g, const char *answer);

/*
 * Commands that set APLOT_answer anew, when what was drawn may since have
 * been zoomed by the mouse or resized, and would then show more than gnuplot
 * has: print
 * it as after a frame, and when gnuplot_answer() returns 1 draw the frame
 * again.  NULL: nothing would be gained.
 */
const char *gnuplot_ask(struct gnuplot *g);

/* Have a card with n entries lie over the picture, from the next frame on: keys
 * in the first 8 characters, then what they do.  Not copied.  0: none. */
#define CARD_MOST	24
#define CARD_KEY	8
void gnuplot_card(struct gnuplot *g, const char *const *entries, unsigned n);

/* Toggle the logarithmic scale of an axis, 'x' or 'y' (colours, where there are
 * some), of the panel that is drawn alone, or of all. */
void gnuplot_log(struct gnuplot *g, int axis);

/* Have panels the scales that were toggled in those of from, which may be g:
 * gnuplot_begin() keeps them. */
void gnuplot_scales_of(struct gnuplot *g, const struct gnuplot *from);

#endif
