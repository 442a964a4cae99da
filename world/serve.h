/*
 * serve.h - aptee's socket: who comes to it, and what they get
 *
 *	serve.c		the thread: the listener, handshakes, commands' lines
 *	viewer.c	those that get the stream
 *	answer.c	what commands say
 *	orders.c	commands that the run is to obey, and who obeys
 *	relay.c		those that go on to other aptees (relay.h)
 *	ask.c		the other side: aptee -c and -L
 *
 * One thread polls all clients.  Nothing here blocks, and nobody waits for it,
 * but who needs memory that viewers hold (serve_make_room).  A client is the
 * thread's own; only cursors, and what struct server says so of, have the
 * lock.  A publisher is handed to an input thread.  What goes on to other
 * aptees is sent by a thread of its own, which gives back their answers.
 */
#ifndef SERVE_H
#define SERVE_H

#include <poll.h>

#include "format/buffer.h"
#include "world/aptee.h"
#include "world/socket.h"

#define CLIENT_LINE	4096	/* bytes of a handshake with its line feed */
#define SERVE_SEEN	256	/* orders that are known when they come again */
#define VIEWER_RECORDS	64	/* taken at once, */
#define VIEWER_BYTES	((size_t)256 * 1024)	/* and bytes */

enum client_kind {
	CLIENT_NEW,		/* has not said what it wants */
	CLIENT_VIEWER,
	CLIENT_CONTROL,
	CLIENT_WAITING,		/* for what is answered to its order */
	CLIENT_ANSWER,		/* gets what is in out, and is closed */
	CLIENT_CLOSING,		/* has got all; waits for it to close, too */
	CLIENT_GONE
};

/* What a viewer has and gets. */
struct viewer {
	struct cursor	 cursor;	/* the lock */
	struct record	*recs[VIEWER_RECORDS];
	unsigned	 n;		/* records held, */
	unsigned	 first;		/* the first not sent whole */
	size_t		 part;		/* bytes of it that are sent */
	uint64_t	 sent;		/* bytes, */
	uint64_t	 records;	/* and whole records; histories too */
	unsigned	 histories;	/* sources whose past was looked at, */
	int		 past;		/* and there may be more */
	uint64_t	 began;		/* what was sent before the burst */
	int		 bursting;	/* until all up to here is taken: */
	uint64_t	 until;
	int64_t		 next;		/* no burst before this */
	int		 asks;		/* it says when: more */
	int		 asked;		/* and has */
	int64_t		 busy;		/* since when it takes nothing, or 0 */
};

struct client {
	enum client_kind kind;
	int		 fd;
	unsigned	 number;	/* from 1, as they come */
	short		 events;	/* that it is polled for */
	int		 eof;		/* it says no more */
	int64_t		 since;		/* it came, or began to close */
	char		*line;		/* what it has said of a line */
	size_t		 len;
	struct buffer	 out;		/* and what it is to be told */
	size_t		 done;		/* of that */
	struct viewer	*viewer;
	struct control	*control;	/* orders.c */
	struct order	*order;		/* that it waits for */
};

struct server {
	struct aptee	*aptee;
	struct socket_server socket;
	const char	*name;
	int		 spare;		/* descriptor, to refuse with */
	int		 wake[2];
	int64_t		 interval;	/* ns between two bursts */
	int64_t		 tick;		/* bursts may begin from then on */
	struct client	**clients;	/* in the order they came */
	unsigned	 nclients;
	unsigned	 room;
	struct pollfd	*polls;
	unsigned	 number;	/* of the last client */
	unsigned	 nviewers, ncontrols, nnew;
	int64_t		 told_at;	/* when bad clients were told of, */
	unsigned	 told;		/* how many then, */
	unsigned	 untold;	/* and since */
	struct order	*orders;	/* that are not over */
	unsigned	 norders;
	unsigned	 nparts;	/* all that they were told to */
	uint64_t	 serial;	/* of the last order */
	uint64_t	 remembered;	/* that of the last that said: */
	int		 paused;
	uint64_t	 seen[SERVE_SEEN];	/* IDs of orders, a ring */
	unsigned	 nseen;
	/* the lock: */
	uint64_t	 viewers;	/* that have been, */
	uint64_t	 cut;		/* of them */
	uint64_t	 in;		/* records of those that have gone */
	uint64_t	 out;
	uint64_t	 dropped;
	uint64_t	 sent;		/* their bytes */
	int		 hungry;	/* wake it when records come */
	int		 woken;
	unsigned	 cut_wanted;	/* memory: so many were asked for, */
	unsigned	 cut_done;	/* so many were answered, */
	int		 cut_found;	/* the last by cutting one off */
	char		**below;	/* sockets that are inputs */
	unsigned	 nbelow;
	unsigned	 relays;	/* threads that pass orders on, */
	struct relay	*relayed;	/* and those that are over */
	int		 door;		/* open as long as publishers come */
	int64_t		 left_at;	/* the last of them went, */
	int64_t		 ended_at;	/* and the input ended */
	int		 over;		/* it has ended */
};

/*
 * Clients: serve.c
 */

/* Its descriptor is closed, and it is gone. */
void serve_close(struct server *s, struct client *c);
/* The same, and why is told, unless many are. */
__attribute__((format(printf, 3, 4)))
void serve_cut(struct server *s, struct client *c, const char *fmt, ...);
/* Tell of a bad client, unless many are told of. */
__attribute__((format(printf, 2, 3)))
void serve_tell(struct server *s, const char *fmt, ...);
/* Send what is in out. */
void serve_send(struct server *s, struct client *c);
/* As recv(2), without waiting; the end is noted in the client. */
ssize_t serve_recv(struct client *c, void *buf, size_t n);
/* From any thread, with the lock: there is something to do. */
void serve_rouse(struct server *s);

/*
 * Viewers: viewer.c
 */

/* A client becomes a viewer; with the lock.  -1: no memory. */
int viewer_begin(struct server *s, struct client *c);
/* With the lock: its records are given back, and its cursor leaves. */
void viewer_end(struct server *s, struct client *c);
/* A line that it has sent: -1 where that makes no sense. */
int viewer_line(struct client *c, const char *line);
/* With the lock: begin and go on with bursts, of all viewers.  When to come
 * again, or INT64_MAX. */
int64_t viewer_take(struct server *s, int64_t now, int ended);
/* The same for one that has sent what it took. */
int64_t viewer_again(const struct server *s, const struct viewer *v,
    int64_t now);
/* Send what it holds, as far as it goes. */
void viewer_send(struct server *s, struct client *c, int64_t now);
/* Whether it has all there is; with the lock. */
int viewer_is_done(struct server *s, const struct client *c);

/*
 * Commands: answer.c
 */

/* Answer the line of a client, which becomes a CLIENT_ANSWER, or is gone, with
 * its descriptor given to somebody else. */
void answer_command(struct server *s, struct client *c, char *line);

/*
 * Orders, and those that obey: orders.c
 */

/* A client becomes a control client, with the name of its source, or "": then
 * it answers nothing. */
void orders_join(struct server *s, struct client *c, const char *name);
/* With the lock: a control client goes. */
void orders_leave(struct server *s, struct client *c);
/* What a control client says; gone: it has closed, and takes nothing. */
void orders_hear(struct server *s, struct client *c, int gone);
/* A line that the run is to obey: its client, which has been told nothing yet,
 * waits, or out has the answer. */
void orders_take(struct server *s, struct client *c, const char *line);
/* The same from the aptee above: "ID ms line" (relay.h). */
void orders_take_relayed(struct server *s, struct client *c,
    const char *rest);
/* Who waits for an answer has gone. */
void orders_forget(struct client *c);
/* Answer what is over; when to come again, or INT64_MAX. */
int64_t orders_turn(struct server *s, int64_t now);
/* With the lock: whether who joins is told of a pause. */
int orders_paused(struct server *s);
/* Whether the source has said that it is paused. */
int orders_is_paused(const struct source *so);

#endif
