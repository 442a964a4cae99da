/*
 * layout.h - where panels lie in a picture
 *
 * Panels stand in rows, left to right and top to bottom, in their order; those
 * of a row are of one height.  Lengths are in the terminal's units, from the
 * lower left corner.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define LAYOUT_MOST	12	/* panels */

struct layout_area {
	double	 left, right, bottom, top;
};

struct layout_panel {
	double	 aspect;	/* width over height of what is drawn in it;
				 * 0: any */
	double	 beside, above;	/* what stands beside it, left and right, and
				 * above and below, about */
	struct layout_area cell;	/* set by layout_rows() */
};

/*
 * Cut area into a cell for each of the n panels, 1 to LAYOUT_MOST; lines is
 * the aspect of those that may have any.  *rows is where rows end, a bit for
 * each panel: as they were, which stays while others would be little better
 * and n is the same; 0 at first.
 */
void layout_rows(struct layout_panel *panels, unsigned n,
    const struct layout_area *area, double lines, unsigned *rows);

/*
 * The area that is left in the middle of cell when its margins are taken
 * away and it is made width over height = aspect (0: as it is).
 */
struct layout_area layout_inside(const struct layout_area *cell,
    const struct layout_area *margins, double aspect);

#endif
