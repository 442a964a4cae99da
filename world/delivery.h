/*
 * delivery.h - a picture that gnuplot has drawn goes where it is wanted
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "world/draw.h"

/* Take what gnuplot wrote, to the terminal, a file or stdout as a->output
 * says.  What cannot be written is told once. */
void delivery_picture(struct aplot *a, const char *p, size_t len);

/* Remove what a write that was cut off has left. */
void delivery_clean(void);

#endif
