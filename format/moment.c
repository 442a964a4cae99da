/*
 * moment.c - see moment.h
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"

#define NS	INT64_C(1000000000)

/* A number that begins with a digit, point or sign; NULL: there is none. */
static const char *
take_number(const char *s, double *v)
{
	char *end;

	if (strchr("+-.0123456789", *s) == NULL || *s == '\0')
		return NULL;
	*v = strtod(s, &end);
	return end == s || !isfinite(*v) ? NULL : end;
}

/* n digits. */
static const char *
take_digits(const char *s, int n, int *v)
{
	for (*v = 0; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return NULL;
		*v = 10 * *v + (*s - '0');
	}
	return s;
}

/* Days since 1970-01-01, in the proleptic Gregorian calendar. */
static int64_t
days(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    1 - 719468;
}

/* ":MM[:SS[.S...]]" behind the hour, as ns. */
static const char *
take_minutes(const char *s, int64_t *ns)
{
	int minute, second;
	int64_t unit = NS / 10;

	if (*s++ != ':' || (s = take_digits(s, 2, &minute)) == NULL ||
	    minute > 59)
		return NULL;
	*ns = minute * 60 * NS;
	if (*s != ':')
		return s;
	if ((s = take_digits(s + 1, 2, &second)) == NULL || second > 60)
		return NULL;
	*ns += second * NS;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			*ns += (*s - '0') * unit;
	return s;
}

/* "Z", "+HH:MM" or nothing: ns that the clock there is ahead. */
static const char *
take_zone(const char *s, int64_t *ns)
{
	int sign, hour;

	*ns = 0;
	if (*s == 'Z')
		return s + 1;
	if (*s != '+' && *s != '-')
		return s;
	sign = *s == '+' ? 1 : -1;
	if ((s = take_digits(s + 1, 2, &hour)) == NULL ||
	    (s = take_minutes(s, ns)) == NULL)
		return NULL;
	*ns = sign * (*ns + hour * 3600 * NS);
	return s;
}

static int
parse_date(struct moment *m, const char *s)
{
	int year, month, day, hour;
	int64_t part = 0, zone = 0;

	if ((s = take_digits(s, 4, &year)) == NULL || *s++ != '-' ||
	    (s = take_digits(s, 2, &month)) == NULL || *s++ != '-' ||
	    (s = take_digits(s, 2, &day)) == NULL || month < 1 ||
	    month > 12 || day < 1 || day > 31 || year < 1678 || year > 2261)
		return -1;
	m->wall = days(year, month, day) * 86400 * NS;
	if (*s == 'T' || *s == ' ') {
		if ((s = take_digits(s + 1, 2, &hour)) == NULL || hour > 24 ||
		    (s = take_minutes(s, &part)) == NULL)
			return -1;
		part += hour * 3600 * NS;
	}
	if ((s = take_zone(s, &zone)) == NULL || *s != '\0')
		return -1;
	m->wall += part - zone;
	m->kind = MOMENT_WALL;
	return 0;
}

/* A number and what stands behind it. */
static int
parse_unit(struct moment *m, double v, const char *unit)
{
	static const struct { char c; int seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }
	};

	if (strcmp(unit, "%") == 0) {
		m->kind = MOMENT_SHARE;
		m->t = v / 100;
		return v < 0 || v > 100 ? -1 : 0;
	}
	if (*unit == '\0') {
		m->kind = MOMENT_STEP;
		if (fabs(v) > 9e15)
			return -1;
		m->step = (int64_t)v;
		return (double)m->step != v ? -1 : 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (unit[0] == units[i].c && unit[1] == '\0') {
			v *= units[i].seconds;
			if (v < 0 || v > 9e9)
				return -1;
			m->kind = MOMENT_SINCE;
			m->wall = (int64_t)(v * 1e9);
			return 0;
		}
	return -1;
}

int
moment_parse(struct moment *m, const char *text)
{
	const char *end;
	double v;

	memset(m, 0, sizeof(*m));
	if (strncmp(text, "t=", 2) == 0) {
		m->kind = MOMENT_TIME;
		end = take_number(text + 2, &m->t);
		return end == NULL || *end != '\0' ? -1 : 0;
	}
	if (parse_date(m, text) == 0)
		return 0;
	if ((end = take_number(text, &v)) == NULL)
		return -1;
	return parse_unit(m, v, end);
}

static int64_t
add(int64_t a, int64_t b)
{
	if (b > 0 && a > INT64_MAX - b)
		return INT64_MAX;
	return a + b;
}

void
moment_resolve(struct moment *m, int64_t first, int64_t last)
{
	if (m->kind == MOMENT_SINCE)
		m->wall = add(first, m->wall);
	else if (m->kind == MOMENT_SHARE)
		m->wall = m->t >= 1 || last <= first ? last :
		    add(first, (int64_t)(((double)last - (double)first) *
		    m->t));
	else
		return;
	m->kind = MOMENT_WALL;
}

void
standing_note(struct standing *s, const struct record *r)
{
	const struct field *f = record_find(r, "step");

	s->wall = r->wall;
	if (f != NULL && record_integer(r, f, &s->step))
		s->has_step = 1;
	else if (!s->has_step && r->table->nfields > 0)
		s->step = (int64_t)r->seq;
	if (((f = record_find(r, "t")) == NULL || !field_is_number(f)) &&
	    ((f = record_find(r, "time")) == NULL || !field_is_number(f)))
		return;
	s->t = record_value(r, f, 0);
	s->has_t = 1;
}

static int
compare(double a, double b)
{
	return a < b ? -1 : a > b;
}

int
moment_compare(const struct moment *m, const struct standing *s)
{
	switch (m->kind) {
	case MOMENT_STEP:
		return s->step < m->step ? -1 : s->step > m->step;
	case MOMENT_TIME:
		return s->has_t ? compare(s->t, m->t) : -1;
	default:
		return s->wall < m->wall ? -1 : s->wall > m->wall;
	}
}
