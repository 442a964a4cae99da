/*
 * pace.c - see pace.h
 */
#include "pace.h"

#define LATE	100e6	/* ns that a record may be late */
#define FAR	1e17	/* ns, three years: no record waits longer */

int64_t
pace_due(struct pace *p, struct pace_run *run, int64_t wall, int64_t now)
{
	double at = (double)wall + run->shift, due;

	if (p->speed <= 0)
		return now;
	if (!p->begun) {
		p->begun = 1;
		p->wall = p->last = at;
		p->clock = (double)now;
	}
	if (run->known ? (double)wall < run->wall : at < p->last) {
		run->shift = p->last - (double)wall;
		at = p->last;
	}
	run->known = 1;
	run->wall = (double)wall;
	due = p->clock + (at - p->wall) / p->speed;
	if (at >= p->last) {
		p->last = at;
		if ((double)now - due > LATE)
			p->clock += (double)now - due;
	}
	if (due - (double)now > FAR)
		due = (double)now + FAR;
	return due > (double)now ? (int64_t)due : now;
}
