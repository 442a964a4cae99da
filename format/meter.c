/*
 * meter.c - how the picture keeps up with the run, as it is told beside it
 *
 * What a reader's eye rests on must not tremble: a number that is shown stays
 * until the one that is true differs by more than noise.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "meter.h"
#include "status.h"

#define SECOND	INT64_C(1000000000)
#define BLOCK	(SECOND / 2)	/* two of them make a mean */
#define COST	20		/* lines are drawn anew for 1/20 of the time */

int64_t
meter_age(struct meter *m, int64_t lag, int64_t since)
{
	int64_t came = lag - since, base;

	if (!m->learned || came < m->least)
		m->least = came;
	m->learned = 1;
	base = m->least >= 0 && m->least < SECOND ? 0 : m->least;
	return lag - base > since ? lag - base : since;
}

/* v, where it differs from what is shown by more than a part of it. */
static double
settle(double shown, double v, double part)
{
	return fabs(v - shown) > part * shown ? v : shown;
}

/* Whether that much time without a frame is silence, or, for all that is known,
 * how they come. */
static int
is_silent(const struct meter *m, int64_t passed)
{
	return m->every > 0 && passed > 3 * m->every + SECOND;
}

/* What all sources have published so far, whatever of it came here. */
static uint64_t
published(struct state *st, uint64_t *runs)
{
	uint64_t sum = 0;

	*runs = 0;
	for (struct source *s = state_sources(st); s != NULL; s = s->next) {
		sum += s->seq;
		*runs += s->run;
	}
	return sum;
}

/* The block is long enough to be counted. */
static void
count_block(struct meter *m, uint64_t sum, int64_t now)
{
	struct meter_block *from = m->before.frames > 0 ? &m->before : &m->now;
	unsigned frames = m->now.frames +
	    (from == &m->before ? m->before.frames : 0);
	double passed = (double)(now - from->begun);

	m->every = (int64_t)(passed / frames);
	m->age = settle(m->age, (double)m->now.ages / m->now.frames / 1e9,
	    0.4);
	m->rate = settle(m->rate, frames * 1e9 / passed, 0.1);
	m->skip = settle(m->skip, (double)(sum - from->published) / frames /
	    m->sources, 0.2);
	m->before = m->now;
}

void
meter_frame(struct meter *m, struct state *st, int64_t age, int64_t now)
{
	uint64_t runs, sum = published(st, &runs);
	unsigned sources = state_count(st);

	m->now.frames++;
	m->now.ages += age;
	if (m->last == 0 || runs != m->runs || sources != m->sources ||
	    is_silent(m, now - m->last)) {
		*m = (struct meter){ .runs = runs, .sources = sources,
			.learned = m->learned, .least = m->least };
	} else if (now - m->now.begun >= BLOCK) {
		count_block(m, sum, now);
	} else {
		m->last = now;
		return;
	}
	m->last = now;
	m->now = (struct meter_block){ .begun = now, .published = sum };
}

static void
put_rate(char *buf, size_t size, const struct meter *m)
{
	char skip[40] = "every record";

	if (m->skip >= 1.5)
		snprintf(skip, sizeof(skip), "1 record in %.0f, the newest",
		    m->skip);
	if (m->rate < 0.7)
		snprintf(buf, size, "1 frame in %.0f s   %s", 1 / m->rate,
		    skip);
	else
		snprintf(buf, size, "%.0f frame%s/s   %s", m->rate,
		    m->rate < 1.5 ? "" : "s", skip);
}

const char *
meter_text(struct meter *m, int64_t age, int64_t now)
{
	int silent = is_silent(m, now - m->last);
	/* The mean, while frames come. */
	double seconds = m->every > 0 && m->every < SECOND && !silent ?
	    m->age : (double)age / 1e9;
	char rate[64] = "", old[24] = "";

	if (m->told != 0 && now - m->told < BLOCK)
		return m->text;
	m->told = now;
	/* From there on, the title says it. */
	if (age < STATUS_NEWS * SECOND)
		snprintf(old, sizeof(old), seconds < 0.095 ? "<0.1 s old" :
		    seconds < 0.95 ? "%.1f s old" : "%.0f s old", seconds);
	if (m->every > 0 && !silent)
		put_rate(rate, sizeof(rate), m);
	snprintf(m->text, sizeof(m->text), "%s%s%s", old,
	    *old != '\0' && *rate != '\0' ? "   " : "", rate);
	return m->text;
}

int64_t
meter_due(const struct meter *m, int64_t age, int64_t cost, int64_t now)
{
	static const int64_t steps[] = { SECOND, 2 * SECOND, 5 * SECOND };
	int64_t at;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		at = steps[i];
		/* A record that is expected about then says it, too. */
		if (age >= at || (m->every > at / 2 && m->every < at * 3 / 2))
			continue;
		at = now + at - age;
		return at > now + COST * cost ? at : now + COST * cost;
	}
	return INT64_MAX;
}
