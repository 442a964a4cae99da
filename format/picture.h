/*
 * picture.h - what gnuplot.c, draw.c and script.c share
 *
 * Nobody else includes this; the contract is gnuplot.h.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "dots.h"
#include "gnuplot.h"
#include "layout.h"
#include "panel.h"
#include "raster.h"
#include "plot.h"
#include "range.h"
#include "scale.h"
#include "settings.h"
#include "sheet.h"
#include "thin.h"
#include "timeaxis.h"

struct script;

#define LINES	PANEL_CURVES	/* line types that can be told apart */

/*
 * What is remembered of a panel from frame to frame.  The answer is where
 * gnuplot drew it: at, in the terminal's units, and the ranges of its axes.
 */
struct memo {
	uint64_t	 key;
	unsigned	 frame;		/* the last that showed it */
	struct range	 x, y;		/* y: or the colours' */
	struct range	 places;	/* y of coloured points */
	struct range	 arrows;	/* their lengths */
	int		 both;		/* colours go from -hi to hi */
	double		 least;		/* positive value for colours */
	uint64_t	 x_run, x_seq, x_first;	/* the coordinate that */
	double		 x_lo, x_hi;		/* spans this */
	unsigned	 label;		/* widest tic label so far */
	struct layout_area box;		/* where it was put */
	double		 want_lo, want_hi;	/* axes, were they not zoomed */
	double		 want_ylo, want_yhi;
	unsigned	 heard;		/* the last frame that told of it */
	int		 whole;		/* all its points are drawn, for of the
					 * fewer none was in the range; 2: nor
					 * is one of all */
	int		 fitted;	/* made for the places below */
	int		 timed;		/* and tics for the range in use */
	struct layout_area used;
	double		 used_lo, used_hi;
	int		 answered;
	struct layout_area box_answered;
	struct layout_area at;
	double		 lo, hi;
	double		 ylo, yhi;
	double		 used_ylo, used_yhi;	/* NaN: of no matter */
	int		 zoomed_x, zoomed_y;	/* or of the user's range */
	/* Whether axes ask to be logarithmic; y: or the colours. */
	int		 log_x, log_y, y_log;	/* y_log: y above is of one */
	int		 toggled_x, toggled_y;	/* by a key */
	struct timeaxis_map clock;	/* of an x axis of time, */
	int		 clock_set;	/* if it is one */
	/* Which curve has line type i + 1, or had it last. */
	uint64_t	 line_key[LINES];
	unsigned	 line_frame[LINES];
};

#define MEMOS	64
#define PICTURE_PROBES	64	/* rows and columns of a plane looked at */
#define SAID	64

/* Of the terminal, in its units. */
struct metrics {
	double		 width, height;
	double		 scale;		/* units of a pixel or cell */
	double		 hchar, vchar;
};

struct gnuplot {
	struct gnuplot_options o;
	struct plot	*plots;
	unsigned	 settings;	/* that -e makes */
	int		 text;		/* terminal of characters, */
	int		 fine;		/* which draws lines finer than them */
	int		 width, height;	/* as told, or the default */
	double		 letter;	/* x11's, in pixels, */
	int		 sized;		/* as it answered */
	unsigned	 alone, was_alone;
	unsigned	 npanels;
	unsigned	 rows;		/* of panels: layout_rows() */
	unsigned	 frame;
	unsigned	 agains;	/* frames drawn again, in a row */
	int		 gathered;	/* panels of the last one came as one */
	int		 apart;		/* they are not to: it stopped */
	struct buffer	 ask;		/* gnuplot_ask() */
	int		 log_x, log_y, log_cb;	/* as gnuplot has them */
	double		 probes[PICTURE_PROBES * PICTURE_PROBES];
	int		 clock;		/* its x axis is one of time */
	char		 style[24];	/* -e: set style data, or "" */
	char		 telling[4][160];	/* what panels have to say */
	unsigned	 ntelling;
	struct metrics	 m;
	struct sheet	 sheet;
	struct buffer	 terminal;	/* gnuplot_terminal(), _begin() */
	struct panels	*panels;
	struct memo	 memos[MEMOS];
	struct memo	*drawn[PANEL_MOST];	/* by the last frame */
	struct script	*script;
	char		 why[256];
	const char *const *card;	/* gnuplot_card() */
	unsigned	 ncard;
	int		 carded;	/* it was drawn by the last frame */
	const char	*told[16];
	unsigned	 ntold;
	uint64_t	 said[SAID];	/* lines of panels that were told */
	unsigned	 nsaid;
};

/* What draw_panel() needs besides. */
struct drawing {
	struct gnuplot	*g;
	const struct history *history;
	const struct panel *panel;
	struct memo	*memo;
	unsigned	 number;	/* of the panel, from 1 */
	int		 several;	/* sources are in the state */
	int		 row;		/* other panels are beside it, maybe */
	int		 crown;		/* something stands above colours */
	struct layout_area cell;
	struct layout_area box;
	const char	*xlabel, *ylabel;
	int		 log_x, log_y;	/* it is drawn so; y: or the colours */
	int		 over_step;	/* a history is */
	struct timeaxis	 time;		/* of the x axis, */
	double		 tic_width;	/* characters at its tics; 0: few */
};

/* Width over height that a panel wants to be drawn in, 0: any. */
double draw_aspect(const struct panel *p, const struct memo *m);

int draw_has_colours(const struct panel *p);

/* Border, tics and grid, but those among settings. */
void draw_style(int text, unsigned settings, struct buffer *b);

/* One panel: its settings, its plot, its part of the answer. */
void draw_panel(struct drawing *d);

/*
 * What curves.c and planes.c draw with.  First place the box, knowing the
 * numbers from lo to hi that will stand beside the y axis or the colours;
 * then the settings, the plot, and the answer.
 */
void draw_place(struct drawing *d, double lo, double hi);
void draw_settings(struct drawing *d);
void draw_answer(struct drawing *d);
/* What has gnuplot append to its answer where a panel was drawn, and what part
 * of its axes is shown. */
void draw_where(unsigned number, struct buffer *b);
/* The panel shows one line of text alone: the first field's name and why. */
void draw_without(struct drawing *d, const char *why);
/* Say in an axis's name that it is logarithmic. */
void draw_say_log(int log, struct buffer *line);
/* Say something to the user, once. */
__attribute__((format(printf, 2, 3)))
void draw_tell(struct drawing *d, const char *fmt, ...);
/* Names, as they come from the records, into a buffer: "label [where]", the
 * name where there is no label. */
void draw_name(struct buffer *b, const struct field *f, const char *where);
/* The same of what is drawn of it: |psi|, arg psi. */
void draw_curve_name(struct buffer *b, const struct curve *c);
/* Whether all that is drawn are phases, from -pi to pi. */
int draw_is_phase(const struct panel *p);
void draw_units(struct buffer *b, const struct field *f);
void draw_y_name(const struct panel *p, struct buffer *line);
void draw_axis_name(const struct curve *c, unsigned dim,
    const struct view *coordinate, struct buffer *line);
/* "set what 'line'", made safe, at most width wide; line is emptied. */
void draw_text(struct drawing *d, const char *what, struct buffer *line,
    double width);
/* Append a row to the data. */
void draw_row(struct buffer *b, double x, double y);
/* Widen lo to hi by v, if v can be drawn. */
void draw_widen(double *lo, double *hi, double v);

/*
 * axes.c: how far the axes reach, and how they are scaled.
 */
/* Have the axes reach so far, without setting them; an element of the plot. */
void axes_reach(struct drawing *d, double xlo, double xhi, double ylo,
    double yhi);
/* The columns that the panel will, as far as is known, be drawn on, when its
 * x axis is to reach from lo to hi; and the rows, likewise,
 * when that has been called. */
struct thin_columns axes_expect(struct drawing *d, double lo, double hi);
struct thin_columns axes_expect_rows(struct drawing *d, double lo, double hi);
/* Whether the mouse, or the user's own range, shows another part of an axis
 * than was wanted; and what part: to be called after axes_expect*(). */
int axes_zoomed(const struct drawing *d, double x[2], double y[2]);
/* Whether an axis, 'x', 'y' or 'c' for the colours, is logarithmic: as the
 * user's commands or the plot's word have it, else as its values ask; a key
 * toggles that. */
int axes_scale(const struct drawing *d, enum plot_scale said, int axis,
    int asks);
/* Cells that can be told apart along a unit of the picture. */
unsigned axes_fineness(const struct drawing *d);
/* Have gnuplot's scales be the panel's. */
void axes_put_scales(struct drawing *d);

/*
 * key.c: the names of curves and their line types.
 */
#define KEY_SPACE	8	/* characters that stand around a name */
/* How many names, and how many sources, the curves are of. */
void key_count(const struct panel *p, unsigned *names, unsigned *sources);
/* Rows of the key above a plot so wide. */
unsigned key_rows(struct drawing *d, double width);
/* A curve's title, or notitle. */
void key_title(struct drawing *d, const struct curve *c);
/* The line types of the panel's curves, from 1: a curve keeps its own while
 * others come and go, and a rank has the same in every panel. */
void key_lines(struct drawing *d, unsigned types[PANEL_CURVES]);

/* Settings of the tics of an axis ("x", "y" or "cb") that is to reach from lo
 * to hi, of whole numbers or any; the panel has been placed. */
void tics_put(struct drawing *d, const char *axis, double lo, double hi,
    int whole);
/* Whether a field, or an index (NULL), is of whole numbers. */
int draw_is_whole(const struct field *f);
/* A curve's name in the key. */
void key_name(const struct panel *p, const struct curve *c,
    struct buffer *line);

/*
 * strokes.c: curves in terminals of characters.
 */
#define STROKES_LABEL	9500	/* labels of the key, two for each curve */
struct strokes {
	struct dots	 dots;
	struct strokes_axis {
		double	 lo, hi, cells;
		int	 log;
	} x, y;
};
/* Whether curves are drawn by these, not by gnuplot. */
int strokes_wanted(const struct gnuplot *g);
/* Whether a cell can have two colours, DOTS_PAIR. */
int strokes_pairs(const struct gnuplot *g);
/* What gnuplot is told once. */
void strokes_begin(const struct gnuplot *g, struct buffer *b);
/* Curves in a box whose axes reach so far.  -1: out of memory. */
int strokes_open(struct strokes *s, struct drawing *d, double xlo,
    double xhi, double ylo, double yhi);
/* Curve i of the panel, n rows of x and y in own, as an element of the plot;
 * alone: points, which no line joins. */
void strokes_curve(struct strokes *s, struct drawing *d, size_t from,
    size_t n, int alone, unsigned i, unsigned type);
void strokes_close(struct strokes *s);
/* The key above a plot so wide: its rows, itself, its end. */
unsigned strokes_key_rows(const struct drawing *d, double width);
void strokes_key(struct drawing *d, const unsigned *types);
void strokes_key_end(struct drawing *d);

/* The step between tics of an axis, 'x' or 'y', that reaches from lo to hi, of
 * whole numbers or any; 0: none fits. */
double strokes_step(const struct drawing *d, int axis, double lo, double hi,
    int whole);

/* A place in the picture as a part of the screen, for "at screen". */
double picture_x(const struct gnuplot *g, double x);
double picture_y(const struct gnuplot *g, double y);
/* Units of the terminal's that a pixel is wide and high. */
double picture_pixel(const struct gnuplot *g);
/* How gnuplot is to write numbers: %h, but in x11, whose fonts have no sign for
 * "times" in UTF-8, %g. */
char picture_number(const struct gnuplot *g);
/* Tics of an angle, in parentheses; in x11 with the word pi. */
const char *picture_pi(const struct gnuplot *g);
/* The width of a line with n corners, as a part of its style: Qt takes 25
 * times as long for one that is not of a single pixel. */
const char *picture_width(const struct gnuplot *g, size_t n);
/*
 * clock.c: the x axis as one of time.  First choose how numbers that span lo
 * to hi are given to gnuplot; then these go through clock_x(), and what it is
 * to show, want_lo to want_hi, decides about label and tics.
 */
void clock_choose(struct drawing *d, const struct timeaxis *t, double lo,
    double hi);
double clock_x(const struct drawing *d, double v);
/* The same of n numbers: x, or where they had to be changed buf. */
const double *clock_all(const struct drawing *d, const double *x, size_t n,
    double *buf);
/* What goes behind the axis's name, for gnuplot's numbers from lo to hi; units
 * or NULL where they are as they were. */
void clock_label(struct drawing *d, double lo, double hi,
    const char *units, struct buffer *line);
/* The settings, or those of no time where the panel before had one. */
void clock_settings(struct drawing *d);

/* card.c: with the last panel that is drawn, and before the next frame. */
void card_put(struct gnuplot *g);
void card_take_away(struct gnuplot *g);

void curves_lines(struct drawing *d);
void strips_draw(struct drawing *d);
void planes_image(struct drawing *d);
void planes_places(struct drawing *d);

/* Arrows over what was put into the plot: over an image with these axes, or at
 * places between these, of which those of a grid are in an splot (deep). */
void arrows_image(struct drawing *d, const struct axis *x,
    const struct axis *y);
void arrows_places(struct drawing *d, const double x[2], const double y[2],
    int deep);

/*
 * Script (-f): variables and macros, then the script.  title is what the
 * default picture has above it, status its end.
 */
struct script *script_new(const struct gnuplot_options *o);
void script_free(struct script *s);
/* Another gnuplot draws. */
void script_begin(struct script *s);
int script_frame(struct script *s, struct gnuplot *g, struct state *st,
    const struct history *h, const char *title, const char *status);
/* As gnuplot_awaits(), gnuplot_answer() and gnuplot_ask(). */
const char *script_awaits(struct script *s, struct state *st);
int script_answer(struct script *s, const char *answer);
const char *script_ask(const struct script *s);
/* Whether it looks at the size of the picture. */
int script_sizes(const struct script *s);

#endif
