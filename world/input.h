/*
 * input.h - the threads that take streams in without pause
 *
 * Each reads one stream (origin.h) and all merge into one state and feed the
 * histories.  They wait for nobody but where each record is to be drawn, and
 * for memory.  What they pass over they tell on stderr; after a failure they
 * still read on to the end, so that the run at the other end of a pipe lives.
 */
#ifndef INPUT_H
#define INPUT_H

#include <pthread.h>
#include <stdint.h>

#include "format/buffer.h"
#include "format/ends.h"
#include "format/history.h"
#include "format/state.h"
#include "world/origin.h"

/* One stream.  Its thread's own, but for what the lock guards. */
struct stream {
	struct input	*in;
	struct origin	*origin;
	const char	*name;		/* for messages */
	unsigned	 number;
	struct reader	*reader;
	struct ends	 ends;
	uint64_t	 entered;	/* byte of a file it is read from */
	uint64_t	 records;	/* that came */
	uint64_t	 lost;		/* bytes passed over */
	uint64_t	 lost_to;	/* byte behind the last of them */
	unsigned	 told;		/* losses told one by one */
	unsigned	 texts;		/* pieces of text before the first */
	struct buffer	 banner;	/* that text */
	struct stream	*pattern;	/* that found its file, or NULL */
	unsigned	 open;		/* lock: a pattern's files that go on */
	struct stream	*next;
};

/* All of it is under lock, but for what is set before the start. */
struct input {
	/* Set by the caller before input_start(). */
	const char	*source;	/* a pattern, NULL: all */
	struct history_window window;
	int		 each;		/* wait until every record is drawn */
	int64_t		 gap;		/* then: leave out what is nearer than
					 * this, ns of the records' time */
	int		 quiet;
	const char	*name;		/* of the first stream */
	int		 passive;	/* nobody computes behind any */
	/* Under lock. */
	pthread_mutex_t	 lock;
	pthread_cond_t	 taken;		/* a state was drawn or put away */
	struct stream	*streams;	/* the last one first */
	unsigned	 nstreams;
	unsigned	 running;	/* of them */
	int		 wake;		/* a byte written here wakes main */
	struct pool	 pool;
	struct state	*state;
	struct history	*history;
	int64_t		 arrived;	/* when the newest record was whole */
	uint64_t	 records;	/* merged */
	uint64_t	 offered;	/* of these: up to here to be drawn */
	uint64_t	 drawn;		/* up to here drawn */
	int64_t		 wall;		/* time of the last one offered */
	uint64_t	 duplicates;
	uint64_t	 others;	/* of other sources */
	uint64_t	 lost;		/* bytes passed over */
	uint64_t	 given_up;	/* records given up for memory */
	uint64_t	 refused;	/* records above the state's limits */
	int		 looking;	/* main holds a copy of the state */
	int		 drained;	/* nobody looks any more: forget */
	int		 ended;
	int		 failed;	/* one could not be opened or read */
	int		 woken;		/* the byte is on its way */
};

/* What was seen of the input at a moment. */
struct glance {
	uint64_t	 records;	/* merged until then */
	int64_t		 arrived;	/* when the newest of them was whole */
	int		 ended;
};

/* Another stream, as the user names it, or the end with a message. */
struct origin *input_open(struct input *in, const char *name);

/*
 * Start the threads.  *wake is a descriptor on which a byte comes when
 * something is new; read it and call input_news().  -1 with errno.
 */
int input_start(struct input *in, int *wake);

/* How many records are there to be drawn, and whether more can come. */
uint64_t input_news(struct input *in, int *ended);

/*
 * A copy of the state, to be given back at once by input_look_away(): memory
 * may be waited for.  NULL: there is no memory for it.
 */
struct state *input_look(struct input *in, struct glance *g);
void input_look_away(struct input *in, struct state *st);

/* Records up to this one are drawn, or left out. */
void input_drawn(struct input *in, uint64_t records);

/* Nobody looks any more: read to the end and forget. */
void input_forget(struct input *in);

#endif
