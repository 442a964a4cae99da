/*
 * keys.h - the keys in the window and in the terminal
 */
#ifndef KEYS_H
#define KEYS_H

#include "world/draw.h"

/* A key was pressed. */
void keys_press(struct aplot *a, int key);

/* What keys have put on the picture for a while goes when it is time: when to
 * call it again, INT64_MAX: never. */
int64_t keys_due(struct aplot *a, int64_t now);

/* Let a frozen picture go on. */
void keys_thaw(struct aplot *a);

#endif
