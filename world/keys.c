/*
 * keys.c - the keys in the window and in the terminal
 *
 * Nothing here waits: what a key asks for is seen in the next frame.
 */
#include <err.h>
#include <string.h>

#include "world/keys.h"
#include "world/snapshot.h"

void
keys_thaw(struct aplot *a)
{
	struct state *st = a->frozen;

	a->frozen = NULL;
	if (st != NULL)
		input_look_away(&a->in, st);
	a->redraw = 1;
}

/* The newest state stays as it is, until the next time or the end. */
static void
freeze(struct aplot *a)
{
	if (a->frozen != NULL) {
		keys_thaw(a);
		return;
	}
	pthread_mutex_lock(&a->in.lock);
	if (a->in.records > 0 && !a->in.ended)
		a->frozen = state_snapshot(a->in.state);
	pthread_mutex_unlock(&a->in.lock);
	a->redraw = a->frozen != NULL;
}

/* A key for the run at the other end; 0: it is none. */
static int
steer(struct aplot *a, int key)
{
	if (a->steer == NULL) {
		if (key == 0 || strchr(STEER_KEYS, key) == NULL)
			return 0;
		draw_notice(a, "there is no run to steer: -c name (\"aptee -L\" "
		    "lists runs)");
		return 1;
	}
	pthread_mutex_lock(&a->in.lock);
	key = steer_key(a->steer, key, a->in.state, draw_clock());
	pthread_mutex_unlock(&a->in.lock);
	a->redraw |= key;
	return key;
}

void
keys_press(struct aplot *a, int key)
{
	if (a->closed || steer(a, key))
		return;
	switch (key) {
	case 'f':
		freeze(a);
		break;
	case 's':
		snapshot_take(a);
		break;
	case 'q':
		if (a->o.verbose)
			warnx("q was pressed");
		draw_close(a);
		break;
	case '?':
	case 'h':
		warnx("keys: f freeze, 1 to 9 one panel alone, 0 all of them, "
		    "s snapshot, q close the picture");
		if (a->steer != NULL)
			warnx("keys for the run %s: P pause or resume, N one "
			    "step, X twice stop", a->o.control);
		break;
	case '\033':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		if (a->g != NULL)
			gnuplot_alone(a->g, key == '\033' ? 0 :
			    (unsigned)(key - '0'));
		a->redraw = 1;
		break;
	}
}
