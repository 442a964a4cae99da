/*
 * keys.c - the keys in the window and in the terminal
 *
 * Nothing here waits: what a key asks for is seen in the next frame.
 */
#include <err.h>
#include <stdint.h>
#include <string.h>

#include "world/keys.h"
#include "world/snapshot.h"

#define CARD_TIME	(15 * SECOND)	/* of the list of keys */

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
		if (strchr(STEER_KEYS, key) == NULL)
			return 0;
		draw_notice(a, "there is no run to steer: -c name "
		    "(\"aptee -L\" lists runs)");
		return 1;
	}
	pthread_mutex_lock(&a->in.lock);
	key = steer_key(a->steer, key, a->in.state, draw_clock());
	pthread_mutex_unlock(&a->in.lock);
	a->redraw |= key;
	return key;
}

static unsigned
add(const char **entries, unsigned n, const char *const *more, size_t count)
{
	for (size_t i = 0; i < count && n < CARD_MOST; i++)
		entries[n++] = more[i];
	return n;
}

/* What keys do, on a card over the picture. */
static void
show_card(struct aplot *a)
{
	static const char *const ours[] = { "f       freeze, go on",
		"1 to 9  one panel alone", "0       all panels",
		"l       log scale of y or colours", "L       log scale of x",
		"s       snapshot", "q       close the picture",
		"?       show or hide this" };
	static const char *const windows[] = { "mouse   right button: zoom",
		"u       unzoom", "p, n    previous zoom, next",
		"g, r    grid, ruler" };
	static const char *const runs[] = { "P       run: pause, go on",
		"N       run: one step", "X X     run: stop" };
	static const char *entries[CARD_MOST];
	unsigned n;

	n = add(entries, 0, ours, sizeof(ours) / sizeof(ours[0]));
	if (a->steer != NULL)
		n = add(entries, n, runs, sizeof(runs) / sizeof(runs[0]));
	if (a->output == WINDOW)
		n = add(entries, n, windows,
		    sizeof(windows) / sizeof(windows[0]));
	gnuplot_card(a->g, entries, n);
	a->card_until = draw_clock() + CARD_TIME;
	a->redraw = 1;
}

static void
hide_card(struct aplot *a)
{
	if (a->card_until == 0)
		return;
	if (a->g != NULL)
		gnuplot_card(a->g, NULL, 0);
	a->card_until = 0;
	a->redraw = 1;
}

int64_t
keys_due(struct aplot *a, int64_t now)
{
	if (a->card_until != 0 && now >= a->card_until)
		hide_card(a);
	return a->card_until != 0 ? a->card_until : INT64_MAX;
}

/* Where the picture is all that is seen, on it; else on stderr, too. */
static void
list_keys(struct aplot *a)
{
	int card = a->g != NULL && a->o.script_name == NULL;

	if (card)
		show_card(a);
	if (card && a->output != WINDOW)
		return;
	warnx("keys: f freeze, 1 to 9 one panel alone, 0 all of them, "
	    "l and L log scale of y and x, s snapshot, q close the picture");
	if (a->output == WINDOW)
		warnx("keys of the window: u unzoom, p and n previous and "
		    "next zoom, g grid, r ruler");
	if (a->steer != NULL)
		warnx("keys for the run %s: P pause or resume, N one step, "
		    "X twice stop", a->o.control);
}

/* Logarithmic or not. */
static void
toggle_log(struct aplot *a, int axis)
{
	if (a->g != NULL)
		gnuplot_log(a->g, axis);
	a->redraw = 1;
}

void
keys_press(struct aplot *a, int key)
{
	int shown = a->card_until != 0;

	if (a->closed || key == 0)
		return;
	hide_card(a);
	if (steer(a, key))
		return;
	switch (key) {
	case 'f':
		freeze(a);
		break;
	case 'l':
		toggle_log(a, 'y');
		break;
	case 'L':
		toggle_log(a, 'x');
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
		if (!shown)
			list_keys(a);
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
