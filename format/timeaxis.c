/*
 * timeaxis.c - how an axis of time is read and written
 */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "range.h"
#include "timeaxis.h"

#define MINUTE	60.
#define HOUR	3600.
#define DAY	86400.
#define MONTH	TIMEAXIS_MONTH
#define YEAR	(12 * MONTH)
#define AUTO	12		/* tics at most, where gnuplot chooses */

/* Units of time, as UDUNITS and people write them. */
static const struct unit {
	const char	*names;		/* between spaces */
	double		 seconds;
	double		 most;		/* longer spans are given otherwise */
} units_known[] = {
	{ " ns nsec nanosecond nanoseconds ", 1e-9, 1e4 },
	{ " us usec microsecond microseconds \302\265s \316\274s ", 1e-6, 1e4 },
	{ " ms msec millisecond milliseconds ", 1e-3, 1e4 },
	{ " s sec secs second seconds ", 1, 120 },
	{ " min mins minute minutes ", MINUTE, 120 },
	{ " h hr hrs hour hours ", HOUR, 96 },
	{ " d day days ", DAY, INFINITY }
};

/* The unit that the first len bytes of s name, or NULL. */
static const struct unit *
find_unit(const char *s, size_t len)
{
	char name[20];
	size_t i;

	if (len == 0 || len > sizeof(name) - 3)
		return NULL;
	snprintf(name, sizeof(name), " %.*s ", (int)len, s);
	for (i = 0; i < sizeof(units_known) / sizeof(units_known[0]); i++) {
		if (strstr(units_known[i].names, name) != NULL)
			return &units_known[i];
	}
	return NULL;
}

/* Days from 1970-01-01 in the Gregorian calendar, leap days last. */
static double
days_since_1970(int year, int month, int day)
{
	double y = year - (month <= 2), m = (month + 9) % 12;

	return 365 * y + floor(y / 4) - floor(y / 100) + floor(y / 400) +
	    floor((153 * m + 2) / 5) + day - 1 - 719468;
}

/* An offset from UTC, "Z", "UTC", "+1", "-05:30", in seconds; 0 or -1. */
static int
read_zone(const char *s, double *offset)
{
	int h, min = 0, n = 0, sign;

	*offset = 0;
	s += strspn(s, " ");
	if (*s == '\0' || strcmp(s, "Z") == 0 || strcmp(s, "UTC") == 0 ||
	    strcmp(s, "GMT") == 0)
		return 0;
	sign = *s == '-' ? -1 : 1;
	if (*s != '+' && *s != '-')
		return -1;
	s++;
	if (!isdigit((unsigned char)*s) || sscanf(s, "%2d%n", &h, &n) != 1)
		return -1;
	s += n;
	s += *s == ':';
	if (*s != '\0' && (sscanf(s, "%2d%n", &min, &n) != 1 ||
	    s[n] != '\0'))
		return -1;
	*offset = sign * (h * HOUR + min * MINUTE);
	return 0;
}

/* "2000-1-1 12:30:00.0 +1" in seconds since 1970; 0 or -1. */
static int
read_date(const char *s, double *seconds)
{
	int year, month, day, h = 0, min = 0, n = 0, more = 0;
	double sec = 0, zone;

	if (sscanf(s, " %5d-%2d-%2d%n", &year, &month, &day, &n) != 3 ||
	    month < 1 || month > 12 || day < 1 || day > 31)
		return -1;
	s += n;
	if ((*s == 'T' || *s == ' ') && isdigit((unsigned char)s[1])) {
		s++;
		if (sscanf(s, "%2d:%2d%n", &h, &min, &n) != 2)
			return -1;
		s += n;
		if (*s == ':' && sscanf(s, ":%9lf%n", &sec, &more) == 1)
			s += more;
	}
	if (read_zone(s, &zone) == -1)
		return -1;
	*seconds = days_since_1970(year, month, day) * DAY + h * HOUR +
	    min * MINUTE + sec - zone;
	return isfinite(*seconds) ? 0 : -1;
}

/* Whether a calendar is the one that clocks go by. */
static int
is_common(const char *calendar)
{
	return calendar == NULL || strcmp(calendar, "standard") == 0 ||
	    strcmp(calendar, "gregorian") == 0 ||
	    strcmp(calendar, "proleptic_gregorian") == 0;
}

int
timeaxis_units(struct timeaxis *t, const char *units, const char *calendar)
{
	const struct unit *u;
	size_t len;

	memset(t, 0, sizeof(*t));
	if (units == NULL)
		return 0;
	len = strcspn(units, " ");
	u = find_unit(units, len);
	if (u == NULL)
		return 0;
	if (units[len] != '\0') {
		if (strncmp(units + len, " since ", 7) != 0 ||
		    !is_common(calendar) ||
		    read_date(units + len + 7, &t->zero) == -1)
			return 0;
		t->date = 1;
		snprintf(t->zone, sizeof(t->zone), "UTC");
	}
	t->unit = u->seconds;
	return 1;
}

void
timeaxis_clock(struct timeaxis *t, double now)
{
	time_t at = fabs(now) < 1e11 ? (time_t)now : 0;
	struct tm tm;

	memset(t, 0, sizeof(*t));
	t->unit = 1;
	t->date = 1;
	tzset();
	if (localtime_r(&at, &tm) == NULL || tm.tm_zone == NULL)
		return;
	t->zero = (double)tm.tm_gmtoff;
	snprintf(t->zone, sizeof(t->zone), "%s%s",
	    isalpha((unsigned char)*tm.tm_zone) ? "" : "UTC", tm.tm_zone);
}

void
timeaxis_base(const struct timeaxis *t, enum timeaxis_base base,
    struct timeaxis_map *m)
{
	m->base = base;
	m->scale = base == TIMEAXIS_OWN ? 1 :
	    base == TIMEAXIS_DAYS ? t->unit / DAY : t->unit;
	m->offset = base == TIMEAXIS_DATE ? t->zero :
	    base == TIMEAXIS_SINCE ? t->zero - m->since : 0;
}

void
timeaxis_choose(const struct timeaxis *t, double lo, double hi,
    struct timeaxis_map *m)
{
	double from = lo * t->unit + t->zero, span = (hi - lo) * t->unit;
	enum timeaxis_base base = TIMEAXIS_OWN;
	size_t i;

	for (i = 0; i < sizeof(units_known) / sizeof(units_known[0]); i++) {
		if (!(units_known[i].seconds < t->unit))
			break;
	}
	if (t->date) {
		base = span < 10 ? TIMEAXIS_SINCE : TIMEAXIS_DATE;
		/* Where a window goes on, the numbers do, too. */
		if (base == TIMEAXIS_SINCE && (m->base != base ||
		    !(from >= m->since) || from - m->since > HOUR))
			m->since = floor(from);
	} else if (t->unit > 0 && hi - lo > units_known[i].most) {
		base = span < 4 * DAY ? TIMEAXIS_SECONDS : TIMEAXIS_DAYS;
	}
	timeaxis_base(t, base, m);
}

/* How times are written, and how wide that is. */
struct look {
	double		 below;		/* for spans below */
	const char	*format;
	double		 width;
	const char	*name;
};

static const struct look spans[] = {
	{ 120, NULL, 6, " (s)" },
	{ HOUR, "%tM:%tS", 5, " (min:s)" },
	{ INFINITY, "%tH:%tM", 5, " (h:min)" }
};

static const struct look dates[] = {
	{ 10, "%H:%M:%.1S", 10, "day" },
	{ 10 * MINUTE, "%H:%M:%S", 8, "day" },
	{ DAY, "%H:%M", 5, "day" },
	{ 6 * DAY, "%a %H:%M", 9, "day" },
	{ 300 * DAY, "%d %b", 6, "day" },
	{ 4500 * DAY, "%b %Y", 8, "" },
	{ INFINITY, "%Y", 4, "" }
};

static const double steps[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
	1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY,
	4 * DAY, 7 * DAY, 14 * DAY,
	/* of which gnuplot makes its own, where there is room */
	MONTH, 2 * MONTH, 3 * MONTH, 6 * MONTH, YEAR, 2 * YEAR, 5 * YEAR,
	10 * YEAR, 20 * YEAR, 50 * YEAR, 100 * YEAR };
#define STEPS	(sizeof(steps) / sizeof(steps[0]))

/* A round step that is in span at most most times, but once at least. */
static double
round_step(double span, double most)
{
	size_t i;

	for (i = 0; steps[i] < MONTH; i++) {
		if (span / steps[i] > most)
			continue;
		return i > 0 && steps[i] > span ? steps[i - 1] : steps[i];
	}
	return 0;
}

/* The least step that a format tells: shorter ones would be written alike. */
static double
finest(const char *format)
{
	return strchr(format, 'S') != NULL ? 1 : strchr(format, 'M') != NULL ?
	    MINUTE : strchr(format, 'd') != NULL ? DAY :
	    strchr(format, 'b') != NULL ? MONTH : YEAR;
}

/* The same on so many cells, of which a tic wants so many: evenly, too. */
static double
even_step(double span, double cells, const struct timeaxis_tics *tics)
{
	double least = INFINITY, best = 0, each, cost, apart = tics->width + 3;
	double finest_step = finest(tics->format);
	size_t i;

	for (i = 0; i < STEPS && steps[i] <= span; i++) {
		each = cells * steps[i] / span;
		if (steps[i] < finest_step || each < apart)
			continue;
		cost = range_tics_cost(each, apart);
		if (cost < least) {
			least = cost;
			best = steps[i];
		}
	}
	return best > 0 || i == STEPS || i == 0 ? best : steps[i - 1];
}

/* The moment x, in seconds, by strftime's format. */
static void
write_moment(double x, const char *format, char *s, size_t size)
{
	time_t at = fabs(x) < 1e11 ? (time_t)floor(x) : 0;
	struct tm tm;

	*s = '\0';
	if (gmtime_r(&at, &tm) == NULL || strftime(s, size, format, &tm) == 0)
		*s = '\0';
}

/* Which day the clock's times are of. */
static void
name_day(const struct timeaxis *t, double lo, double hi, char *s, size_t size)
{
	int one = floor(lo / DAY) == floor(hi / DAY);
	char day[32];

	write_moment(lo, "%d %b %Y", day, sizeof(day));
	snprintf(s, size, "%s%s (%s)", one ? ", " : " from ", day, t->zone);
}

static const struct look *
find_look(const struct look *looks, double span)
{
	while (!(span < looks->below) && looks->below < INFINITY)
		looks++;
	return looks;
}

void
timeaxis_tics(const struct timeaxis *t, const struct timeaxis_map *m,
    double lo, double hi, double width, int cells, struct timeaxis_tics *tics)
{
	int date = m->base == TIMEAXIS_DATE;
	const struct look *l = find_look(date ? dates : spans, hi - lo);
	double most;
	char clock[16];

	memset(tics, 0, sizeof(*tics));
	if (m->base == TIMEAXIS_DAYS)
		snprintf(tics->label, sizeof(tics->label), " (d)");
	if (m->base == TIMEAXIS_SINCE) {
		write_moment(m->since, "%H:%M:%S", clock, sizeof(clock));
		snprintf(tics->label, sizeof(tics->label), ", s since %s (%s)",
		    clock, t->zone);
	}
	if (!date && m->base != TIMEAXIS_SECONDS)
		return;
	tics->format = l->format;
	tics->width = l->width;
	if (*l->name == ' ')
		snprintf(tics->label, sizeof(tics->label), "%s", l->name);
	else if (*l->name != '\0')
		name_day(t, lo, hi, tics->label, sizeof(tics->label));
	else
		snprintf(tics->label, sizeof(tics->label), " (%s)", t->zone);
	/* Parts of an hour late in a long run. */
	if (!date && hi - lo < HOUR && hi >= 2 * HOUR && l->format != NULL) {
		tics->format = "%tH:%tM:%tS";
		tics->width = 9;
		snprintf(tics->label, sizeof(tics->label), " (h:min:s)");
	}
	most = floor(width / (tics->width + 2));
	if ((most >= AUTO && !cells) || tics->format == NULL)
		return;
	/* Which day it is, the label says. */
	if (date && most < 4 && hi - lo < 3 * DAY && hi - lo >= DAY) {
		tics->format = "%H:%M";
		tics->width = 5;
		most = floor(width / 7);
	}
	tics->step = cells ? even_step(hi - lo, width, tics) :
	    round_step(hi - lo, most);
	if (tics->step >= MONTH && finest(tics->format) < MONTH) {
		tics->format = "%b %Y";
		tics->width = 8;
	}
	if (date && tics->step >= DAY && hi - lo < 6 * DAY) {
		tics->format = "%d %b";
		tics->width = 6;
	}
}

void
timeaxis_date(const struct timeaxis *t, double v, char *s, size_t size)
{
	char text[32];

	write_moment(v * t->unit + t->zero, "%Y-%m-%d %H:%M:%S", text,
	    sizeof(text));
	snprintf(s, size, "%s %s", text, t->zone);
}
