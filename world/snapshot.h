/*
 * snapshot.h - a folder with the picture, its data and how it was made
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stdio.h>

#include "world/draw.h"

/* A folder for the frozen or the newest state; it is told, as what fails. */
void snapshot_take(struct aplot *a);

/* A script that draws the state by itself, into f; -1: no memory. */
int snapshot_script(struct aplot *a, struct gnuplot *g, struct state *st,
    FILE *f);

#endif
