/*
 * steer.h - aplot's keys that reach the computation
 *
 * Commands go one by one to a socket of aptee -l, from a thread of their own:
 * who never answers holds up no picture.  All functions are for the main
 * thread.
 */
#ifndef STEER_H
#define STEER_H

#include <stdint.h>

#include "format/state.h"

/* Pause or resume, a step, stop: capital letters, of which none is
 * gnuplot's own (p and n are, and x11 and wxt keep the space bar). */
#define STEER_KEYS	"PNX"

struct steer;

/* name is a run's or a socket's, and lives on.  The end with a message where
 * it can be neither. */
struct steer *steer_new(const char *name);

/* A descriptor that is readable when steer_listen() has something to do. */
int steer_wake(const struct steer *s);

/* A key was pressed at time now, ns of a steady clock; st is the run's newest
 * state.  0: it is none of STEER_KEYS. */
int steer_key(struct steer *s, int key, struct state *st, int64_t now);

/* Take the answers that came, and tell them. */
void steer_listen(struct steer *s, int quiet, int64_t now);

/* What the picture's title is to say of it, or "", until *until at most. */
const char *steer_note(struct steer *s, int64_t now, int64_t *until);

#endif
