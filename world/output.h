/*
 * output.h - where the picture goes: a window, the terminal, or a file
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "world/draw.h"

/*
 * Settle it by what the user said (-o, -T), what this gnuplot can draw
 * (a->terminals), and whether there is a display or a terminal: a->output and
 * a->terminal, a->chosen.  -1: there is nothing to draw on, which is told.
 */
int output_choose(struct aplot *a);

#endif
