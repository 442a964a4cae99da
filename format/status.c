/*
 * status.c - what is known of a run beside its step and time
 *
 * A run that pauses is not silent, and one that has ended does not pause.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

int
status_final(struct state *st)
{
	for (struct source *s = state_sources(st); s != NULL; s = s->next)
		if (!s->final)
			return 0;
	return 1;
}

/* The step that the last line of what was applied begins with, "at 12 pause";
 * without one, the source's. */
static int64_t
step_of(const struct source *s, const struct record *rec,
    const struct field *f)
{
	const char *text = record_bytes(rec, f);
	size_t at = (size_t)f->length, len;
	char line[32], *end;
	long long step;

	while (at > 0 && text[at - 1] != '\n')
		at--;
	len = (size_t)f->length - at;
	if (len < 4 || strncmp(text + at, "at ", 3) != 0)
		return source_step(s);
	len = len - 3 < sizeof(line) - 1 ? len - 3 : sizeof(line) - 1;
	memcpy(line, text + at + 3, len);
	line[len] = '\0';
	step = strtoll(line, &end, 10);
	return end == line || *end != ' ' ? source_step(s) : step;
}

static void
widen(struct status_control *c, int64_t step)
{
	int first = c->paused + c->stopping == 1;

	c->least = first || step < c->least ? step : c->least;
	c->most = first || step > c->most ? step : c->most;
}

void
status_control(struct status_control *c, struct state *st)
{
	const struct record *rec;
	const struct field *f;
	const char *state;

	memset(c, 0, sizeof(*c));
	for (struct source *s = state_sources(st); s != NULL; s = s->next) {
		f = s->final ? NULL : source_field(s, "control", &rec);
		if (f == NULL || f->type != APREC_TEXT ||
		    (state = field_attr(f, "state")) == NULL)
			continue;
		c->steered++;
		c->mark += rec->run ^ rec->seq;
		if (strcmp(state, "paused") == 0)
			c->paused++;
		else if (strcmp(state, "stopping") == 0)
			c->stopping++;
		else
			continue;
		widen(c, step_of(s, rec, f));
	}
}

/* "paused at step 12", or "". */
static void
control_text(char *buf, size_t size, const struct status_control *c)
{
	const char *what = c->paused > 0 ? "paused" : "stopping";
	unsigned n = c->paused + c->stopping;

	*buf = '\0';
	if (n == 0)
		return;
	if (c->steered > n || (c->paused > 0 && c->stopping > 0))
		snprintf(buf, size, "%u of %u %s", c->paused > 0 ? c->paused :
		    n, c->steered, what);
	else if (c->least == c->most)
		snprintf(buf, size, "%s at step %" PRId64, what, c->least);
	else
		snprintf(buf, size, "%s at steps %" PRId64 " to %" PRId64,
		    what, c->least, c->most);
}

void
status_text(char *buf, size_t size, struct state *st, int over, int64_t age)
{
	struct status_control c;
	char control[80], news[64] = "";
	const char *lacks = over ? "no final record" : "";

	*buf = '\0';
	if (status_final(st)) {
		snprintf(buf, size, "%s", over ? "ended" : "");
		return;
	}
	status_control(&c, st);
	control_text(control, sizeof(control), &c);
	if (age >= STATUS_NEWS)
		snprintf(news, sizeof(news), "last news %" PRId64 " %s ago",
		    age < 60 ? age : age < 3600 ? age / 60 :
		    age < 48 * 3600 ? age / 3600 : age / 86400,
		    age < 60 ? "s" : age < 3600 ? "min" :
		    age < 48 * 3600 ? "h" : "days");
	snprintf(buf, size, "%s%s%s%s%s", lacks, *lacks != '\0' &&
	    *control != '\0' ? ", " : "", control, (*lacks != '\0' ||
	    *control != '\0') && *news != '\0' ? ", " : "", news);
}
