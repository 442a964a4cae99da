/*
 * keys.h - the keys in the window and in the terminal
 */
#ifndef KEYS_H
#define KEYS_H

#include "world/draw.h"

/* A key was pressed. */
void keys_press(struct aplot *a, int key);

/* Let a frozen picture go on. */
void keys_thaw(struct aplot *a);

#endif
