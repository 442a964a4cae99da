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
 *
 * Names are those of fields, which need not exist yet.
 */
#ifndef PLOT_H
#define PLOT_H

#include "view.h"

#define PLOT_TERMS	16

struct term {
	char		 name[APREC_NAME_MAX + 1];
	struct slice	 slices[VIEW_SLICES];
	unsigned	 nslices;
};

struct plot {
	const char	*text;		/* as it was given */
	struct term	 x, y;		/* name "": none */
	struct term	 terms[PLOT_TERMS];
	unsigned	 nterms;
};

/* 0, or -1 with *why a constant text. */
int plot_parse(struct plot *p, const char *text, const char **why);

#endif
