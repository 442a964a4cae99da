/*
 * places.h - where gnuplot draws the thinned lines of a script, as it tells
 *
 * Every macro tells, while gnuplot reads its plot command, where the plot
 * before was drawn, when that had lines of which it is not known yet; after
 * all is drawn, so does the end.  GPVAL_LAST_PLOT shows which lines the last
 * plot had: another may have come after theirs, which told nothing.  Of lines
 * whose place is not known, all points are drawn.
 */
#ifndef PLACES_H
#define PLACES_H

#include "buffer.h"
#include "cuts.h"

#define PLACES_LINES	16	/* lines that are told apart, */
#define PLACES_MOST	8	/* and places where one may be drawn */

/* An axis of x and of y, and where the former is drawn. */
struct place {
	double		 first, last, lo, hi;
	double		 ylo, yhi;
};

/* One macro's lines. */
struct lines {
	struct place	 places[PLACES_MOST];
	unsigned	 nplaces;	/* 0: not known yet, guess */
	struct cuts	 cuts;
	int		 cut;		/* cuts are made */
	int		 thinned;	/* in this frame */
	double		 lo, hi;	/* the guess */
};

struct places {
	struct lines	 lines[PLACES_LINES];
	unsigned	 nlines;	/* that the frame has */
	int		 unknown;	/* where some were drawn, or none was */
	int		 tried;		/* all points, for it had stopped */
};

void places_free(struct places *p);
/* Another gnuplot draws. */
void places_reset(struct places *p);
/* A frame with n lines begins. */
void places_begin(struct places *p, unsigned n);

/* The functions that tell: APLOT_t0(n) to APLOT_t15(n) of the lines, and
 * APLOT_n(n) of other macros, are n. */
void places_notes(const struct places *p, struct buffer *b);
/* Has gnuplot append to its answer what is known. */
#define PLACES_ASK	"APLOT_answer = APLOT_answer." \
	"(APLOT_asked ? APLOT_log.APLOT_where(0) : APLOT_log)\n"

/*
 * The cuts by which the points of line k, whose x go from range[0] to
 * range[1], are thinned; NULL: not at all.  Before its place is known it is
 * thinned for width columns.  log: axes may be logarithmic.
 */
struct cuts *places_cuts(struct places *p, unsigned k, const double range[2],
    double width, int log);

/* As gnuplot_answer(). */
int places_answer(struct places *p, const char *answer);

#endif
