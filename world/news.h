/*
 * news.h - what the title and the quiet line say of a run
 *
 * Both set a->news_due, when they will say something else.
 */
#ifndef NEWS_H
#define NEWS_H

#include "world/draw.h"

/*
 * What the title says beside step and time: paused, ended, silent since.
 * Nothing that comes from a run that pauses is older than it seems; what a
 * file says is as old as it says.  Valid until the next call.
 */
const char *news_status(struct aplot *a, struct state *st);

/*
 * How the picture keeps up with the run: to be called behind news_status().
 * NULL: it is no live one; " ": there is nothing to be said, but its room is
 * kept.
 */
const char *news_quiet(struct aplot *a, struct state *st);

#endif
