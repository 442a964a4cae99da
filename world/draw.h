/*
 * draw.h - states into pictures: what aplot knows, and how it drives gnuplot
 *
 * All of this belongs to the main thread; nothing here waits but for a file
 * to be written or a terminal to take a picture.
 */
#ifndef DRAW_H
#define DRAW_H

#include <stdint.h>
#include <stdio.h>

#include "world/child.h"
#include "format/buffer.h"
#include "format/gnuplot.h"
#include "format/history.h"
#include "format/meter.h"
#include "world/input.h"
#include "world/loads.h"
#include "world/steer.h"

/* Exit statuses, aplot(1). */
enum { EXIT_FAILED = 1, EXIT_LOST = 3 };

#define SECOND		INT64_C(1000000000)

#define TOLD_MAX	256	/* different lines of gnuplot shown */
#define TIMES		4096	/* latencies kept for the median */

/* Where the picture goes. */
enum output { WINDOW, TEXT, SIXEL, FILE_REPLACED, FILE_SEQUENCE, STDOUT };

struct options {
	const char	*commands;	/* -e, joined */
	const char	*control;	/* -c, or NULL */
	struct loads	 script;	/* -f */
	const char	*script_name;
	const char	**inputs;
	unsigned	 ninputs;
	const char	*output;	/* -o */
	const char	*source;	/* -s */
	const char	*terminal;	/* -T */
	const char	**plots;
	unsigned	 nplots;
	struct history_window window;	/* -W */
	double		 rate;		/* -r; 0: by the kind of output */
	int		 print;		/* -n */
	int		 quiet;
	int		 verbose;
};

enum phase { DOWN, STARTING, READY, DRAWING };

/* What is known of the gnuplot that runs. */
struct driver {
	struct child	 child;
	enum phase	 phase;
	int		 configured;	/* it has its terminal and commands */
	int		 erred;		/* it said that something is wrong */
	struct replies	*replies;
	char		 nonce[40];
	struct buffer	 answer;	/* of the frame that is being drawn, */
	char		 failure[1024];	/* and what stopped it; "": nothing */
	unsigned long	 serial;	/* of the last token asked for */
	unsigned long	 window;	/* x11's number of it, or 0 */
	unsigned	 seen;		/* frames in a row with that id */
	unsigned	 drawn;		/* frames since gnuplot was started, */
	int64_t		 first;		/* and when the first was drawn */
	int64_t		 asked;		/* when */
	int64_t		 took;		/* the last frame, ns */
	unsigned	 asking;	/* what a window shows: not answered */
	int64_t		 ask_due;	/* when to ask that again */
	int64_t		 moved;		/* when it was last seen working, */
	int64_t		 looked;	/* looked at last, */
	unsigned	 repeats;	/* and for this frame asked again */
	uint64_t	 work;
	int64_t		 again;		/* when it may be started again */
	unsigned	 deaths;	/* since it last drew */
};

/* The frame that is being drawn, or was drawn last. */
struct drawing {
	uint64_t	 records;	/* in.records as of then */
	int64_t		 arrived;	/* when the newest of them came */
	int64_t		 heard;		/* the same, kept */
	int64_t		 started;
	int		 final;		/* it was made after the end of input */
	int		 bad;		/* its script had an error */
};

struct aplot {
	struct options	 o;
	struct input	 in;
	struct driver	 d;
	struct child	 snapper;	/* draws a snapshot */
	struct drawing	 now;
	struct meter	 meter;		/* of live outputs */
	uint64_t	 metered;	/* now.records as of its last frame */
	struct steer	*steer;		/* of the run, or NULL */
	struct terminal	*tty;
	struct screen	*plain;		/* of text that goes into files */
	struct gnuplot	*g;
	enum output	 output;
	int		 chosen;	/* output is settled */
	int		 no_window;	/* a window could not be opened */
	char		 terminal[512];
	char		*terminals;	/* those of this gnuplot, or NULL */
	int		 piped;		/* input is a pipe */
	int		 wake;		/* where bytes from in.wake come out */
	struct memfile	 script[2];	/* two sets: a zoom reads the last */
	struct memfile	 data[2];
	struct memfile	 user;		/* -f */
	struct memfile	 commands;	/* -e */
	struct memfile	 picture;	/* what gnuplot draws into */
	struct memfile	 tail;		/* what follows a window's frame */
	struct memfile	 ask;		/* what it shows now */
	int		 set;
	int		 resized;	/* gnuplot is to know */
	int		 redraw;	/* wanted although nothing came */
	int		 again;		/* at once: it was thinned wrongly */
	struct state	*frozen;	/* the state that stays, or NULL */
	int64_t		 card_until;	/* keys are listed; 0: they are not */
	int64_t		 waits;		/* since when for what a script draws;
					 * 0: no more */
	char		 awaits[256];	/* what that is */
	int		 told_waits;
	char		 missed[320];	/* where the script draws it in vain */
	int		 told_end;
	int		 told_work;
	char		 status[256];	/* of the run, for the title */
	int64_t		 news_due;	/* when that says something new */
	int		 tolerated;	/* the first signal, left to the run */
	int		 closed;	/* no more pictures: drain */
	int		 failed;	/* exit status 1 */
	unsigned	 file_number;
	char		*told[TOLD_MAX];	/* lines shown */
	unsigned	 ntold;
	int64_t		 begun;
	int64_t		 paced;		/* when the next frame is due */
	int64_t		 first, last;	/* when pictures were done */
	int64_t		 drawing;	/* time that gnuplot took */
	uint64_t	 frames;
	float		 times[TIMES];	/* ms from record to picture */
	size_t		 ntimes;
};

int64_t draw_clock(void);	/* ns of a steady clock */

/* Make the files that gnuplot reads; where that fails it is told, and the
 * picture is over. */
void draw_files(struct aplot *a);

/* Start gnuplot; where it cannot be, it is told, and the picture is over or a
 * time set for the next try. */
void draw_start(struct aplot *a);

/* Look whether gnuplot died or hangs at time now; it is told, and a time set
 * for the next start. */
void draw_watch(struct aplot *a, int64_t now);
int64_t draw_patience(void);	/* ns without answer and work: hung */
int64_t draw_due(const struct aplot *a, int64_t now);	/* to watch it next */

/* Take what gnuplot says: answers, errors, keys in its window. */
void draw_listen(struct aplot *a);

/* Hand gnuplot, which is READY, the newest or the frozen state. */
void draw_frame(struct aplot *a);

/* Between frames, ask what a window shows by now, as it may have been zoomed.
 * When to call it again; INT64_MAX: after the next frame. */
int64_t draw_ask(struct aplot *a, int64_t now);

/* A script waits for its fields for long: tell.  When to call it again. */
int64_t draw_waits(struct aplot *a, int64_t now);

/* The terminal has another size. */
void draw_size(struct aplot *a);

/* The picture is over; input is read to its end and forgotten. */
void draw_stop(struct aplot *a);

/* The same, as the user asked for: the run goes on, and that is told. */
void draw_close(struct aplot *a);

/* Leave no file behind. */
void draw_clean(void);

/* For commands without a picture: a new picture (NULL: told), and a copy of
 * the newest state (to input_look_away()). */
struct gnuplot *draw_new(struct aplot *a, const char *terminal, int colours);
struct state *draw_look(struct aplot *a, struct drawing *now);

/* Tell it, unless -q. */
__attribute__((format(printf, 2, 3))) void draw_notice(const struct aplot *a,
    const char *fmt, ...);

#endif
