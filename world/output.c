/*
 * output.c - where the picture goes: a window, the terminal, or a file
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/target.h"
#include "world/output.h"
#include "world/terminal.h"

static int
has_display(void)
{
	const char *x = getenv("DISPLAY"), *w = getenv("WAYLAND_DISPLAY");

#ifdef __APPLE__
	if (getenv("SSH_CONNECTION") == NULL)
		return 1;
#endif
	return (x != NULL && *x != '\0') || (w != NULL && *w != '\0');
}

/* -T: what kind of output it is follows from its name. */
static enum output
output_of(struct aplot *a, const char *terminal)
{
	if (target_kind(terminal) == TARGET_WINDOW)
		return WINDOW;
	if (a->tty == NULL)
		a->tty = terminal_new();
	if (a->tty != NULL && gnuplot_is_text(terminal))
		return TEXT;
	if (a->tty != NULL && target_kind(terminal) == TARGET_SIXEL)
		return SIXEL;
	return STDOUT;
}

/* A window, else the terminal; NULL when there is neither. */
static const char *
choose_live(struct aplot *a)
{
	const char *t = NULL;

	if (has_display() && !a->no_window)
		t = target_window(a->terminals,
		    getenv("DISPLAY") != NULL);
	a->output = WINDOW;
	if (t == NULL && a->tty == NULL)
		a->tty = terminal_new();
	if (t == NULL && a->tty != NULL) {
		t = target_sixel(a->terminals);
		a->output = SIXEL;
		if (t == NULL || !terminal_has_sixel(a->tty)) {
			/* Not block: dumb's letters stay letters, and lines
			 * are as fine (format/strokes.c). */
			t = "dumb";
			a->output = TEXT;
		}
	}
	return t;
}

int
output_choose(struct aplot *a)
{
	const char *t = a->o.terminal;

	if (a->o.output != NULL) {
		if (t == NULL)
			t = target_file(a->terminals, a->o.output);
		if (t == NULL) {
			warnx("%s: this gnuplot draws no such pictures "
			    "(Debian, Ubuntu: apt install gnuplot-qt)",
			    a->o.output);
			return -1;
		}
	} else if (t != NULL) {
		a->output = output_of(a, t);
		if (a->output == STDOUT && isatty(STDOUT_FILENO)) {
			warnx("terminal %s draws into a file: -o file", t);
			return -1;
		}
		if (a->output == WINDOW && a->no_window) {
			warnx("terminal %s: there is no display", t);
			return -1;
		}
	} else {
		t = choose_live(a);
	}
	if (t == NULL) {
		warnx("there is no window and no terminal to draw on: "
		    "-o picture.png draws into a file");
		return -1;
	}
	strlcpy(a->terminal, t, sizeof(a->terminal));
	a->chosen = 1;
	return 0;
}
