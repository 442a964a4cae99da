/*
 * panel.h - which panels a picture has, and what is drawn in each
 *
 * Panels point into the state they were chosen from and are good for as long
 * as it stays unchanged.
 */
#ifndef PANEL_H
#define PANEL_H

#include "history.h"
#include "plot.h"
#include "state.h"
#include "tiles.h"
#include "view.h"

#define PANEL_MOST	12	/* panels of a picture */
#define PANEL_CURVES	16	/* curves of a panel */
#define PANEL_PHASES	2000	/* points up to which a phase is a line */

enum panel_kind {
	PANEL_IMAGE,		/* v over x and y, or over its indices */
	PANEL_GRID,		/* v at x and y, arrays of its own extents */
	PANEL_POINTS,		/* points at x and y, coloured by v; over all
				 * of these there may be arrows */
	PANEL_LINES,		/* v against x, or against the index */
	PANEL_HISTORY,		/* the number over time or step */
	PANEL_WAIT		/* a text says what it waits for */
};

struct curve {
	const struct source *source;
	const struct field *field;	/* v's, or the number's */
	struct view	 v, x, y;	/* rec NULL: none */
	struct view	 error;		/* half the length of v's error bars;
					 * of a number's (history) only its
					 * field is set, NULL: none */
	struct plot_how	 how;		/* what was said of it */
	const struct view *vx, *vy;	/* arrows, of which v is the length;
					 * or NULL */
	const struct tiles *tiles;	/* that it is put together from: then
					 * source is that of one of them */
};

struct panel {
	enum panel_kind	 kind;
	unsigned	 ncurves;
	struct curve	*curves;
	const char	*against;	/* history: the number along x, or
					 * NULL: time, else step */
	int		 over_step;	/* history: over step in any case, */
	int		 over_wall;	/* or over the clock's time */
	enum plot_scale	 xscale, yscale; /* of axes that were named: x@log:u */
	char		 why[256];	/* what it waits for */
};

struct panels {
	unsigned	 n;
	struct panel	 panel[PANEL_MOST];
	struct curve	 curves[PANEL_MOST][PANEL_CURVES];
	struct view	 arrows[PANEL_MOST][2];	/* what vx and vy point to */
	char		 left_out[200];	/* names there was no room for, or "" */
	unsigned	 nleft_out;
	unsigned	 sources;	/* not drawn somewhere: so many */
	struct tiles	*tiles;		/* that curves are made of */
	char		 told[4][256];	/* what is wrong with some */
	unsigned	 ntold;
};

/* Choose for a state: at most most panels of curves, fewer of images. */
void panels_choose(struct panels *p, struct state *st,
    const struct history *h, unsigned most);

/* The panels that were named, one for each plot, or more where it is an
 * image and there are several sources. */
void panels_named(struct panels *p, struct state *st,
    const struct plot *plots, unsigned nplots);

/* Give back what they hold. */
void panels_free(struct panels *p);

/* Whether name is one of the numbers that tell step and time. */
int panel_is_time(const char *name);

/* Whether a field is a parameter, which steers the run and is no result. */
int panel_is_parameter(const struct field *f);

#endif
