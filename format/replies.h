/*
 * replies.h - what gnuplot says, bytes in, replies out
 *
 * gnuplot's stdout and stderr come as one stream of bytes.  Lines that aplot
 * asked for begin with a nonce that no script and no data can know; all
 * others are errors of a script or anything at all.  Whatever comes out is
 * safe to show on a terminal.
 */
#ifndef REPLIES_H
#define REPLIES_H

#include <stddef.h>

enum reply_kind {
	REPLY_MORE,		/* nothing more until more bytes are fed */
	REPLY_OURS,		/* a line with the nonce: text is the rest */
	REPLY_ERROR,		/* an error in file ("" for stdin) at line */
	REPLY_LINE		/* any other line */
};

struct reply {
	enum reply_kind	 kind;
	const char	*text;	/* until the next call */
	const char	*file;
	unsigned long	 line;
};

struct replies;

/* nonce is copied.  NULL: out of memory. */
struct replies *replies_new(const char *nonce);
void replies_free(struct replies *r);

/* Take len bytes.  What a line has beyond 64 KiB is left out. */
int replies_feed(struct replies *r, const char *bytes, size_t len);

/*
 * The next reply.  The lines in which gnuplot repeats a wrong command and
 * points at the place are left out.  A line that may belong to them is held
 * back until the next has come; flush hands it out.
 */
enum reply_kind replies_next(struct replies *r, int flush, struct reply *p);

#endif
