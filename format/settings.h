/*
 * settings.h - which of gnuplot's settings a user's commands make
 *
 * What -e sets, the picture leaves alone.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>

enum {
	SET_TITLE	= 1 << 0,
	SET_XLABEL	= 1 << 1,
	SET_YLABEL	= 1 << 2,
	SET_CBLABEL	= 1 << 3,
	SET_KEY		= 1 << 4,
	SET_PALETTE	= 1 << 5,
	SET_COLORBOX	= 1 << 6,
	SET_XRANGE	= 1 << 7,
	SET_YRANGE	= 1 << 8,
	SET_CBRANGE	= 1 << 9,
	SET_MARGINS	= 1 << 10,
	SET_FORMAT	= 1 << 11,
	SET_LOG_X	= 1 << 12,
	SET_LOG_Y	= 1 << 13,
	SET_BORDER	= 1 << 14,
	SET_TICS	= 1 << 15,
	SET_LOG_CB	= 1 << 16,
	SET_LINEAR_X	= 1 << 17,	/* unset logscale x */
	SET_LINEAR_Y	= 1 << 18,
	SET_LINEAR_CB	= 1 << 19,
	SET_FORMAT_X	= 1 << 20	/* of the x axis, too */
};

/* The settings in commands (NULL: none), or-ed. */
unsigned settings_made(const char *commands);

/* What "set style data" says in commands, at most size - 1 bytes of the style's
 * name; "" when it is not set. */
void settings_style(const char *commands, char *style, size_t size);

#endif
