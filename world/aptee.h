/*
 * aptee.h - what the parts of aptee share
 *
 *	aptee.c		options, signals, the end
 *	feed.c		inputs: a thread each, that reads into the store
 *	sink.c		outputs: a thread each, that writes out of it
 *	recording.c	those that keep every record
 *	repair.c	where a recording can go on
 *	frame.c		those that are compressed
 *	serve.c		a socket, by which others come (serve.h)
 *	tell.c		what is printed
 *	fd.c		descriptors
 *
 * A store (format/store.h) keeps the records.  One lock guards it and its
 * pool; it is held while memory is looked at and never across a call that may
 * block.  Only the main thread writes to stderr.  So an input waits for no
 * output, disk or terminal, but where it is asked to (-w) or where nobody
 * computes at its other end (files).
 *
 * A new kind of input is another kind of origin (origin.h); a new kind of
 * output a struct kind.
 */
#ifndef APTEE_H
#define APTEE_H

#include <sys/types.h>
#include <sys/uio.h>

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "format/ends.h"
#include "format/pack.h"
#include "format/past.h"
#include "format/pool.h"
#include "format/reader.h"
#include "format/sample.h"
#include "format/store.h"
#include "world/fd.h"
#include "world/origin.h"

#define BATCH		4096			/* records taken at once */
#define BATCH_MAX	((size_t)1 << 20)	/* and bytes */
#define PIECES		1024			/* of a writev(2) */
#define SECOND		INT64_C(1000000000)

struct aptee;
struct server;

struct input {
	const char	*name;		/* its origin's */
	struct origin	*origin;	/* its thread's, but for what it says */
	unsigned	 number;
	unsigned	 publisher;	/* it came to the socket: from 1 */
	struct aptee	*aptee;
	struct input	*pattern;	/* that found it, or NULL */
	unsigned	 open;		/* a pattern's files that go on */
	struct ends	 ends;		/* of this stream of the origin */
	int		 over;		/* it has ended */
	struct reader	*reader;	/* this and all below: the lock */
	uint64_t	 records;
	uint64_t	 text;		/* lines before the first one */
	uint64_t	 lost;		/* bytes passed over, */
	uint64_t	 losses;	/* in so many places, */
	uint64_t	 lost_to;	/* the last up to this byte */
	uint64_t	 names;		/* records refused: too many names, */
	uint64_t	 sources;	/* too many sources */
	uint64_t	 evicted;	/* records given up, out of memory */
};

struct output {
	const struct kind *kind;
	const char	*name;
	const char	*path;		/* NULL: stdout */
	char		*temp;		/* -S: what is renamed to path */
	int		 fd;
	int		 regular;
	int		 piped;
	int		 grown;		/* the pipe was enlarged */
	off_t		 size;		/* a file's, of its whole records */
	dev_t		 dev;
	ino_t		 ino;
	int64_t		 interval;	/* ns between two bursts, or 0 */
	int64_t		 next;		/* when the next one may begin */
	size_t		 batch;		/* bytes taken at once */
	size_t		 fast;		/* bytes written, none slowly, */
	int64_t		 fast_since;	/* since then */
	size_t		 whole;		/* of recs: written whole */
	struct record	*recs[BATCH];
	uint32_t	 trains[BATCH];	/* records before each of them */
	struct iovec	 iov[PIECES];
	int		 niov;
	struct seal	*seals;
	struct pack	*pack;		/* compressed, or NULL */
	uint64_t	 packed;	/* bytes of frames written */
	int64_t		 due;		/* when what is packed is written */
	struct recap	*recap;		/* of a recording; NULL: none */
	struct record	**live;		/* -S: all that is live, */
	size_t		 nlive;		/* so many, or live is NULL */
	pthread_cond_t	 wake;
	struct link	*link;		/* behind stdout, or NULL */
	struct aptee	*aptee;
	struct sample	*sample;	/* -n, or NULL; with the lock */
	int64_t		 patience;	/* its cursor's, unless it is stalled */
	struct cursor	 cursor;	/* this and all below: the lock */
	size_t		 left_bytes;	/* taken and not let through by -n */
	int		 sleeping;
	int64_t		 busy;		/* since when it writes, or 0 */
	uint64_t	 unflushed;	/* records that are packed */
	uint64_t	 unflushed_bytes;
	uint64_t	 lost;		/* records taken and not written */
	uint64_t	 lost_bytes;
	int		 failed;
	int		 gone;		/* its reader, seen while it sleeps */
	int		 done;
	int		 waited;	/* inputs wait for it */
};

/* A kind of output: recs[0..n) are written by put(), -1 with errno. */
struct kind {
	int	(*begin)(struct output *);
	int	(*put)(struct output *, size_t);
	int	(*end)(struct output *);
};

struct message {
	struct message	*next;
	char		 text[];
};

/* in = out + dropped + behind, and of those dropped by -n: left_out. */
struct counts {
	uint64_t	 out;
	uint64_t	 dropped;
	uint64_t	 left_out;
	uint64_t	 behind;
};

/* What the status line knows of the last time. */
struct tick {
	int64_t		 at;
	uint64_t	 records;
	uint64_t	 bytes;
};

struct aptee {
	int		 append;	/* -a */
	int		 force;		/* -F */
	int		 quiet;		/* -q */
	int		 verbose;	/* -v */
	int		 level;		/* -z, or 0 */
	int		 wait;		/* -w, or all inputs are files */
	int		 wait_asked;	/* -w */
	int		 leave;		/* -x */
	int64_t		 linger;	/* -t, in ns, or 0 */
	unsigned	 every;		/* -n */
	unsigned	 rate;		/* -r */
	long		 silence;	/* s, of a publisher inside a record */
	struct output	**outputs;
	unsigned	 noutputs;
	int		 trains;	/* nobody looks at each record */
	int		 files;		/* all inputs are files that do not
					 * grow */
	int		 passive;	/* nobody computes behind any input */
	int		 nobody;	/* there is none but publishers */
	int64_t		 begun;
	size_t		 shown;		/* length of the status line */
	int		 terminal;	/* stderr is one */
	pthread_mutex_t	 lock;		/* guards the pool and all below */
	pthread_cond_t	 room;		/* an output is less behind */
	unsigned	 waiting;	/* inputs that wait for room */
	struct pool	 pool;
	struct store	*store;
	atomic_int	 full;		/* live records were given up */
	struct past	*past;		/* for late viewers (-l), or NULL */
	struct input	**inputs;	/* those that have been, by number */
	unsigned	 ninputs;
	unsigned	 publishers;	/* that have come to the socket */
	unsigned	 running;	/* inputs that have not ended */
	unsigned	 alive;		/* outputs that have not */
	struct server	*server;	/* -l, or NULL */
	int64_t		 ended_at;	/* inputs and the socket, or 0 */
	int		 quit;		/* ended by a signal */
	int		 status;
	uint64_t	 records;	/* in the store so far */
	uint64_t	 bytes;
	struct message	*messages, **last;
	unsigned	 nmessages, unsaid;
};

/* Wake the main thread; from any thread or handler. */
void aptee_wake(void);
/* Zeroed memory, or the end. */
void *aptee_allocate(size_t n, size_t size);
/* A detached thread that gets no signals: 0, or an error. */
int aptee_thread(void *(*run)(void *), void *arg);

static inline int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/*
 * Inputs
 */

/* Open what the user names as another input, or end with a message. */
void feed_open(struct aptee *a, const char *name);
/*
 * Another input while all runs, with the lock: it owns the origin from then
 * on.  NULL with errno, and the origin is closed.
 */
struct input *feed_add(struct aptee *a, struct origin *o,
    struct input *pattern);
/* Start its thread, with the lock; -1 with errno. */
int feed_start(struct input *in);
/*
 * With the lock: a publisher on the server's socket, which becomes the input's
 * own.  NULL with errno: there is no thread or no memory for it, and fd is the
 * caller's.
 */
struct input *feed_accept(struct aptee *a, const char *server, int fd);

/*
 * Outputs
 */

extern const struct kind sink_stream;		/* stdout */
extern const struct kind sink_state;		/* the newest state, replaced */

/* Add an output; path NULL: stdout. */
struct output *sink_new(struct aptee *a, const struct kind *kind,
    const char *path);
/* Open them all, or end with a message before any has been touched. */
void sink_open(struct aptee *a);
void *sink_run(void *output);		/* the thread */
/*
 * Write the first n of recs, with their trains where there are any (NULL:
 * none), and a data CRC added to each where o has seals; whole and size count
 * those written whole, always.  -1 with errno.
 */
int sink_write(struct output *o, struct record **recs, const uint32_t *trains,
    size_t n);
/* Records have come, or the end; with the lock. */
void sink_wake(struct aptee *a);
/* Where the records went that came in; with the lock. */
struct counts sink_counts(const struct output *o);

/*
 * Recordings
 */

extern const struct kind sink_recording;
enum recording_kind {
	RECORDING_NOT, RECORDING_EMPTY, RECORDING_PLAIN, RECORDING_PACKED
};
/* As what the file begins. */
enum recording_kind recording_is(struct aptee *a, const char *path);
/* Open and lock a file that exists, before anything is touched, or end with a
 * message. */
void recording_claim(struct aptee *a, struct output *o);
/* Open a recording; a FIFO is opened by the output's thread. */
void recording_open(struct aptee *a, struct output *o);
void recording_lock(struct output *o);
/* -a: cut off what is torn, and stand behind the last whole record. */
int recording_repair(struct output *o);

/*
 * Compressed outputs: those that have a pack
 */

/* Whether that is what the name asks for. */
int frame_is(const char *path);
void frame_open(struct output *o, int level, int shuffle);
/* As sink_write(), but records are written with their frame; whole counts
 * those that are packed. */
int frame_write(struct output *o, struct record **recs,
    const uint32_t *trains, size_t n);
/* End the frame. */
int frame_flush(struct output *o);
/* End the frame and mark a recap. */
int frame_mark(struct output *o);

/*
 * What a recording repeats now and then (format/recap.h); by its thread
 */

/* The file is open, and stands at its end. */
void recaps_begin(struct output *o);
/* Of the first n of recs, history records are kept, to be told in the next
 * recap, and come first: how many. */
size_t recaps_keep(struct output *o, size_t n);
/* Records were written: a recap, if it is due; and the last one. -1: errno. */
int recaps_wrote(struct output *o, struct record **recs, size_t n);
int recaps_end(struct output *o);

/*
 * The socket (-l)
 */

/*
 * Listen, or end with a message.  With a door there is no other input: it
 * serves until the last publisher has gone.
 */
void serve_open(struct aptee *a, const char *name, int door);
void serve_start(struct aptee *a);		/* the thread */
/* Remove the socket; at the end, however that comes. */
void serve_remove(void);
/* By the main thread, without the lock: what viewers got. */
void serve_sum(struct aptee *a);
/* With the lock, and also where there is no socket: */
int serve_is_over(struct aptee *a);
/* Records have come, or the end. */
void serve_wake(struct aptee *a);
/* With the lock: an aptee's socket is an input, or is none any more; orders go
 * down to it. */
void serve_downstream(struct aptee *a, const char *name, int on);
/* Cut off a viewer that holds memory.  0: there was none. */
int serve_make_room(struct aptee *a);

/*
 * What is printed
 */

/* Have the main thread print a line; from any thread, with the lock. */
__attribute__((format(printf, 2, 3)))
void tell(struct aptee *a, const char *fmt, ...);
/* By the main thread alone, without the lock: */
void tell_line(struct aptee *a, const char *text);
void tell_messages(struct aptee *a);
void tell_output(struct aptee *a, struct output *o);
void tell_tick(struct aptee *a, struct tick *t);	/* -v */
void tell_status(struct aptee *a, struct tick *t);	/* SIGUSR1 */

#endif
