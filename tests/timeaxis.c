/*
 * Goal: units of time are read as CF and people write them; long spans are
 * drawn in clock's terms, short ones as they are; tics are round, few enough
 * for their room, and at least one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/timeaxis.h"

#define NOON	1764504000.	/* 2025-11-30 12:00:00 UTC */
#define HOUR	3600.
#define DAY	86400.

static int test, failures;

static void
ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test, what);
	failures += !good;
}

static void
same(const char *got, const char *wanted, const char *what)
{
	int good = got == NULL || wanted == NULL ? got == wanted :
	    strcmp(got, wanted) == 0;

	ok(good, what);
	if (!good)
		printf("# wanted %s, got %s\n", wanted == NULL ? "numbers" :
		    wanted, got == NULL ? "numbers" : got);
}

static void
test_units(void)
{
	static const struct {
		const char	*units;
		double		 unit;
		int		 date;
		double		 zero;
	} good[] = {
		{ "s", 1, 0, 0 }, { "seconds", 1, 0, 0 },
		{ "ms", 1e-3, 0, 0 }, { "\302\265s", 1e-6, 0, 0 },
		{ "min", 60, 0, 0 }, { "hours", HOUR, 0, 0 },
		{ "d", DAY, 0, 0 },
		{ "seconds since 1970-01-01 00:00:00", 1, 1, 0 },
		{ "days since 1970-1-2", DAY, 1, DAY },
		{ "hours since 2000-03-01T12:00:00Z", HOUR, 1, 951912000 },
		{ "s since 2000-02-29 00:00 -1:30", 1, 1, 951787800 },
		{ "days since 1900-01-01", DAY, 1, -2208988800. },
		{ "d since 0001-01-01", DAY, 1, -62135596800. },
		{ "s since 1970-01-01 00:00:01.5 UTC", 1, 1, 1.5 }
	};
	static const char *const bad[] = { "", "m", "1", "S", "sx", "m/s",
		"s ago", "s since", "s since then", "s since 2000-13-01",
		"s since 2000-01-01 CET", "s  since 2000-01-01",
		"s since 2000-01-01 12", "since", "seconds since 1e9",
		"an unknown unit that is much longer than all of those" };
	struct timeaxis t;
	char what[80];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(what, sizeof(what), "units %s", good[i].units);
		ok(timeaxis_units(&t, good[i].units, NULL) == 1 &&
		    fabs(t.unit - good[i].unit) < 1e-12 &&
		    t.date == good[i].date && t.zero == good[i].zero, what);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(what, sizeof(what), "no units of time: %.40s", bad[i]);
		ok(timeaxis_units(&t, bad[i], NULL) == 0 && t.unit == 0, what);
	}
	ok(timeaxis_units(&t, NULL, NULL) == 0, "no units");
	ok(timeaxis_units(&t, "days since 2000-01-01", "noleap") == 0,
	    "a calendar without leap days is not the clock's");
	ok(timeaxis_units(&t, "days since 2000-01-01", "gregorian") == 1,
	    "the common one is");
}

/* Format and label of an axis of these units from lo to hi. */
static void
axis(const char *units, double lo, double hi, double width, int cells,
    struct timeaxis_map *m, struct timeaxis_tics *tics)
{
	struct timeaxis t;

	if (!timeaxis_units(&t, units, NULL))
		exit(1);
	memset(m, 0, sizeof(*m));
	timeaxis_choose(&t, lo, hi, m);
	timeaxis_tics(&t, m, lo * m->scale + m->offset,
	    hi * m->scale + m->offset, width, cells, tics);
}

static void
test_looks(void)
{
	static const char since[] = "s since 1970-01-01";
	static const struct {
		const char	*units;
		double		 lo, hi;
		const char	*format, *label;
		double		 scale;
	} looks[] = {
		{ "s", 0, 5, NULL, "", 1 },
		{ "s", 0, 120, NULL, "", 1 },
		{ "s", 0, 121, "%tM:%tS", " (min:s)", 1 },
		{ "s", 0, 3599, "%tM:%tS", " (min:s)", 1 },
		{ "s", 0, 3600, "%tH:%tM", " (h:min)", 1 },
		{ "s", 80000, 80600, "%tH:%tM:%tS", " (h:min:s)", 1 },
		{ "s", 0, 3 * DAY, "%tH:%tM", " (h:min)", 1 },
		{ "s", 0, 5 * DAY, NULL, " (d)", 1 / DAY },
		{ "ms", 0, 9000, NULL, "", 1 },
		{ "ms", 0, 60000, NULL, " (s)", 1e-3 },
		{ "ms", 0, 300000, "%tM:%tS", " (min:s)", 1e-3 },
		{ "min", 0, 90, NULL, "", 1 },
		{ "min", 0, 300, "%tH:%tM", " (h:min)", 60 },
		{ "h", 0, 90, NULL, "", 1 },
		{ "h", 0, 500, NULL, " (d)", 1 / 24. },
		{ "d", 0, 1e6, NULL, "", 1 },
		{ since, NOON, NOON + 5, NULL,
			", s since 12:00:00 (UTC)", 1 },
		{ since, NOON, NOON + 60, "%H:%M:%S",
			", 30 Nov 2025 (UTC)", 1 },
		{ since, NOON, NOON + 20 * HOUR, "%H:%M",
			" from 30 Nov 2025 (UTC)", 1 },
		{ since, NOON, NOON + 2 * DAY, "%a %H:%M",
			" from 30 Nov 2025 (UTC)", 1 },
		{ since, NOON, NOON + 30 * DAY, "%d %b",
			" from 30 Nov 2025 (UTC)", 1 },
		{ since, NOON, NOON + 700 * DAY, "%b %Y", " (UTC)", 1 },
		{ since, NOON, NOON + 9000 * DAY, "%Y", " (UTC)", 1 },
		{ "days since 2000-01-01", 0, 0.5, "%H:%M",
			", 01 Jan 2000 (UTC)", DAY }
	};
	struct timeaxis_map m;
	struct timeaxis_tics tics;
	char what[120];
	size_t i;

	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		axis(looks[i].units, looks[i].lo, looks[i].hi, 200, 0, &m,
		    &tics);
		snprintf(what, sizeof(what), "%s, %g to %g: format",
		    looks[i].units, looks[i].lo, looks[i].hi);
		same(tics.format, looks[i].format, what);
		same(tics.label, looks[i].label, "and label");
		ok(fabs(m.scale / looks[i].scale - 1) < 1e-12 &&
		    tics.step == 0, "and scale");
	}
}

/* Of every span on every width: labels neither touch nor are missing. */
static void
test_narrow(void)
{
	static const char *const units[] = { "s", "s since 1970-01-01" };
	struct timeaxis_map m;
	struct timeaxis_tics tics;
	double span, width, n;
	int u, room = 1, some = 1, round = 1, tried = 0;

	/* The second time of characters. */
	for (u = 0; u < 4; u++) {
		for (span = 12; span < 30 * DAY; span *= 1.13) {
			for (width = 20; width < 160; width += 7) {
				axis(units[u % 2], NOON * (u % 2), NOON *
				    (u % 2) + span, width, u / 2, &m, &tics);
				if (tics.step == 0)
					continue;
				n = floor(span / tics.step);
				some &= n >= 1;
				room &= n <= 1 || n * (tics.width + 1) <=
				    width;
				round &= strstr(tics.format, "%S") != NULL ||
				    strstr(tics.format, "%tS") != NULL ||
				    fmod(tics.step, 60) == 0;
				tried++;
			}
		}
	}
	ok(tried > 500, "where there is little room");
	ok(room, "labels do not touch");
	ok(some, "there is one at least");
	ok(round, "and no two are the same for want of seconds");
}

static void
test_window(void)
{
	struct timeaxis t;
	struct timeaxis_map m = { 0 };
	double since;

	timeaxis_units(&t, "s since 1970-01-01", NULL);
	timeaxis_choose(&t, NOON + 0.5, NOON + 4, &m);
	since = m.since;
	ok(since == NOON && m.offset == -NOON, "from a whole second on");
	timeaxis_choose(&t, NOON + 100.5, NOON + 104, &m);
	ok(m.since == since, "as a short window goes on, numbers do");
	timeaxis_choose(&t, NOON + 5000, NOON + 5004, &m);
	ok(m.since == NOON + 5000, "but not for ever");
}

static void
test_clock(void)
{
	struct timeaxis t;
	char s[64];

	setenv("TZ", "XYZ-3:30", 1);
	timeaxis_clock(&t, NOON);
	ok(t.unit == 1 && t.date && t.zero == 3.5 * HOUR &&
	    strcmp(t.zone, "XYZ") == 0, "the viewer's zone");
	timeaxis_date(&t, NOON, s, sizeof(s));
	same(s, "2025-11-30 15:30:00 XYZ", "a moment there");
	setenv("TZ", "<+05>-5", 1);
	timeaxis_clock(&t, NOON);
	same(t.zone, "UTC+05", "one without a name");
	timeaxis_clock(&t, 1e300);
	ok(t.unit == 1, "a moment beyond all clocks");
	timeaxis_clock(&t, NAN);
	ok(t.unit == 1, "or none");
}

int
main(void)
{
	test_units();
	test_looks();
	test_narrow();
	test_window();
	test_clock();
	printf("1..%d\n", test);
	return failures > 0;
}
