/*
 * timeaxis.h - how an axis of time is read and written
 *
 * Of short spans the numbers stay what they are, with their unit; long ones
 * are drawn in seconds, with tics as min:s or h:min, or in days; what is
 * counted from a date, by the clock and by dates.  gnuplot places tics of
 * times at round ones by itself, also after a zoom.
 */
#ifndef TIMEAXIS_H
#define TIMEAXIS_H

#include <stddef.h>

/* What numbers on the axis mean. */
struct timeaxis {
	double		 unit;		/* seconds that 1 is; 0: no time */
	int		 date;		/* 0 is a moment: */
	double		 zero;		/* seconds since 1970, in the zone */
	char		 zone[16];
};

enum timeaxis_base {
	TIMEAXIS_OWN,		/* numbers as they are */
	TIMEAXIS_SECONDS,
	TIMEAXIS_DAYS,
	TIMEAXIS_DATE,		/* seconds since 1970, in the zone */
	TIMEAXIS_SINCE		/* seconds since a moment */
};

/* How they are given to gnuplot: v as v * scale + offset. */
struct timeaxis_map {
	enum timeaxis_base base;
	double		 since;		/* the moment, as zero */
	double		 scale, offset;
};

/* A twelfth of a year.  Tics so far apart, or a multiple of it, are in the
 * month they are to be in if they begin 2 days after 1970 did. */
#define TIMEAXIS_MONTH	2629800.

struct timeaxis_tics {
	const char	*format;	/* of gnuplot's times; NULL: numbers */
	double		 step;		/* between tics; 0: gnuplot's own */
	double		 width;		/* of what stands at one */
	char		 label[64];	/* to go behind the axis's name, as
					 * " (h:min)"; "": the unit */
};

/*
 * Read units, "s" or as in CF "days since 2000-01-01"; calendar is CF's
 * attribute, or NULL.  1, or 0 with t->unit 0 when they are not of time.
 */
int timeaxis_units(struct timeaxis *t, const char *units,
    const char *calendar);

/* Seconds since 1970 of the clock, as it stands at now where TZ says. */
void timeaxis_clock(struct timeaxis *t, double now);

/*
 * How numbers from lo to hi go to gnuplot.  *m is what it was before, or all
 * 0; what it counts from stays if it can.
 */
void timeaxis_choose(const struct timeaxis *t, double lo, double hi,
    struct timeaxis_map *m);

/* Give them in a base, whatever they span. */
void timeaxis_base(const struct timeaxis *t, enum timeaxis_base base,
    struct timeaxis_map *m);

/*
 * The tics of an axis that shows gnuplot's numbers from lo to hi on width
 * characters; cells: in a picture of characters, where gnuplot's own would be
 * too many.
 */
void timeaxis_tics(const struct timeaxis *t, const struct timeaxis_map *m,
    double lo, double hi, double width, int cells,
    struct timeaxis_tics *tics);

/* "2026-11-30 12:00:00 UTC" for a number of a date's axis, size bytes. */
void timeaxis_date(const struct timeaxis *t, double v, char *s, size_t size);

#endif
