/*
 * plot.h - what the user wants plotted, read from a command's operand
 *
 *	u		a line against its coordinate, an image, a curve over
 *			time: whatever u is
 *	u,v		both in one panel
 *	x:u,v		against x
 *	x:y:T		points at (x, y) coloured by T
 *	u[z=256]	where z is 256, an index from 0; dimensions go by name
 *			or by place, and several by comma: w[0=3,z=256]
 *	u+-du		with error bars, u - du to u + du; also with U+00B1
 *	x:y:vx:vy	arrows (vx, vy) at (x, y)
 *	u@points	how it is drawn: a style (points, dots, lines, steps,
 *			fsteps, histeps, impulses, filled), a part of complex
 *			numbers (abs, phase, real, imag), what becomes of an
 *			image that has more elements than pixels (mean, max,
 *			nearest), a scale (log, linear); one of each may be
 *			said: psi[z=3]@phase@nearest.  What is along an axis
 *			has a scale alone: x@log:u@log
 *
 * Names are those of fields, which need not exist yet.
 */
#ifndef PLOT_H
#define PLOT_H

#include "raster.h"
#include "view.h"

#define PLOT_TERMS	16

enum plot_style { STYLE_ANY, STYLE_LINES, STYLE_POINTS, STYLE_DOTS,
	STYLE_STEPS, STYLE_FSTEPS, STYLE_HISTEPS, STYLE_IMPULSES,
	STYLE_FILLED };
enum plot_scale { SCALE_ANY, SCALE_LOG, SCALE_LINEAR };

/* What of struct plot_how was said. */
enum { HOW_STYLE = 1, HOW_SCALE = 2, HOW_COMPONENT = 4, HOW_REDUCE = 8 };

/* How a field is drawn. */
struct plot_how {
	unsigned	 given;		/* HOW_ bits */
	enum plot_style	 style;
	enum plot_scale	 scale;
	enum view_component component;
	enum raster_how	 reduce;
};

struct term {
	char		 name[APREC_NAME_MAX + 1];
	struct slice	 slices[VIEW_SLICES];
	unsigned	 nslices;
	char		 error[APREC_NAME_MAX + 1];	/* +-: "" for none */
	struct plot_how	 how;
};

struct plot {
	const char	*text;		/* as it was given */
	struct term	 x, y;		/* name "": none */
	struct term	 terms[PLOT_TERMS];
	unsigned	 nterms;
	int		 vectors;	/* terms[0] and [1] are components */
};

/* 0, or -1 with *why a constant text. */
int plot_parse(struct plot *p, const char *text, const char **why);

/* Take one of the words of @, len bytes.  0; -1 with *why a constant text:
 * it is not known, or says other than one before it. */
int plot_how_word(struct plot_how *h, const char *word, size_t len,
    const char **why);

/* Have h say what over says, where that says something. */
void plot_how_over(struct plot_how *h, const struct plot_how *over);

#endif
