/*
 * status.h - what is known of a run beside its step and time
 */
#ifndef STATUS_H
#define STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define STATUS_NEWS	10	/* seconds after which the title says that
				 * there is no news */

/* What the newest `control` of sources that have not ended says. */
struct status_control {
	unsigned	 steered;	/* sources that have one */
	unsigned	 paused;
	unsigned	 stopping;
	int64_t		 least, most;	/* steps at which they are so */
	uint64_t	 mark;		/* another with each new one */
};

void status_control(struct status_control *c, struct state *st);

/*
 * The end of a title: paused, ended, silent, or "".  age: seconds since the
 * newest news; over: no more can come.
 */
void status_text(char *buf, size_t size, struct state *st, int over,
    int64_t age);

/* Whether all sources have had their final record. */
int status_final(struct state *st);

#endif
