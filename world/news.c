/*
 * news.c - what the title and the quiet line say of a run
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format/status.h"
#include "world/news.h"

#define OLDEST	(366 * 86400 * SECOND)	/* that may be true */

/* How long ago the newest record was made, as far as its clock can be had,
 * and came; ns.  INT64_MIN: no clock can have said that. */
static int64_t
news_lag(struct state *st, int64_t *since, int64_t heard)
{
	int64_t wall = INT64_MIN, lag;
	struct timespec ts;

	*since = draw_clock() - heard;
	for (struct source *s = state_sources(st); s != NULL; s = s->next)
		wall = s->wall > wall ? s->wall : wall;
	clock_gettime(CLOCK_REALTIME, &ts);
	lag = ts.tv_sec * SECOND + ts.tv_nsec - (wall < 0 ? 0 : wall);
	return lag < OLDEST ? lag : INT64_MIN;
}

/* When the title says more of silence. */
static int64_t
news_next(int64_t age)
{
	age /= SECOND;
	return (age < 60 ? 10 : age < 3600 ? 60 : 3600) * SECOND;
}

const char *
news_status(struct aplot *a, struct state *st)
{
	int64_t now = draw_clock(), since, until;
	int64_t lag = news_lag(st, &since, a->now.heard);
	int64_t age = lag > since ? lag : since;
	const char *note = "";
	size_t len;

	a->news_due = INT64_MAX;
	if (!a->now.final && !status_final(st) && a->frozen == NULL)
		a->news_due = now + news_next(age);
	if (a->frozen != NULL)
		strlcpy(a->status, "frozen", sizeof(a->status));
	else
		status_text(a->status, sizeof(a->status), st, a->now.final,
		    age / SECOND);
	if (a->steer != NULL && !a->now.final) {
		note = steer_note(a->steer, now, &until);
		a->news_due = until < a->news_due ? until : a->news_due;
	}
	len = strlen(a->status);
	if (*note != '\0')
		snprintf(a->status + len, sizeof(a->status) - len, "%s[%s]",
		    len > 0 ? "  " : "", note);
	return a->status;
}

const char *
news_quiet(struct aplot *a, struct state *st)
{
	int64_t now = draw_clock(), since, lag, age, due;
	struct status_control c;

	if (a->output != WINDOW && a->output != TEXT && a->output != SIXEL)
		return NULL;
	status_control(&c, st);
	if (a->now.final || status_final(st) || a->frozen != NULL ||
	    c.paused > 0 || a->o.script_name != NULL)
		return " ";
	lag = news_lag(st, &since, a->now.heard);
	age = lag == INT64_MIN ? since : meter_age(&a->meter, lag, since);
	if (a->metered != a->now.records)
		meter_frame(&a->meter, st, age, now);
	a->metered = a->now.records;
	due = meter_due(&a->meter, age, a->d.took, now);
	a->news_due = due < a->news_due ? due : a->news_due;
	return meter_text(&a->meter, age, now);
}
