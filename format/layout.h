/*
 * layout.h - where panels lie in a picture
 *
 * Panels stand in rows, left to right and top to bottom, in their order.
 * Lengths are in the terminal's units, from the lower left corner.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

struct layout_area {
	double	 left, right, bottom, top;
};

/* A panel's shape: width over height of what it draws; 0: any. */
struct layout_panel {
	double	 aspect;
	struct layout_area cell;	/* set by layout_rows() */
};

/* Cut area into a cell for each of the n panels. */
void layout_rows(struct layout_panel *panels, unsigned n,
    const struct layout_area *area);

/*
 * The area that is left in the middle of cell when its margins are taken
 * away and it is made width over height = aspect (0: as it is).
 */
struct layout_area layout_inside(const struct layout_area *cell,
    const struct layout_area *margins, double aspect);

#endif
