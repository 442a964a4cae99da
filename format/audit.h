/*
 * audit.h - what a recording holds and what is wrong with it
 *
 * Pure: what a reader hands out goes in, text for people comes out.  Memory
 * is bounded, whatever comes.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "buffer.h"
#include "reader.h"
#include "runs.h"

/* A record that readers drop: its seq is not above the last of its run. */
struct audit_again {
	uint64_t	 at;		/* its place */
	uint64_t	 seq;
	uint64_t	 last;
	char		 source[APREC_SOURCE_MAX + 1];
};

struct audit {
	struct runs	 runs;
	int		 crowded;	/* more runs than are kept */
	uint64_t	 records;	/* but for those of recaps */
	uint64_t	 recaps;	/* recap.h */
	uint64_t	 repeats;	/* records in these */
	uint64_t	 unsealed;	/* with neither CRC nor checksum */
	uint64_t	 again;
	struct audit_again first;	/* of these */
	uint64_t	 places;	/* that are damaged */
	uint64_t	 damaged;	/* bytes there */
	uint64_t	 unknown;	/* records of kinds not known here */
	uint64_t	 unknown_bytes;
	int		 has_step;
	int64_t		 step_first, step_last;	/* least and greatest */
	int64_t		 wall_first, wall_last;
	int		 in_recap;
};

void audit_init(struct audit *a);
void audit_free(struct audit *a);

/*
 * A record that was at that place, bytes of the file, that of a frame (sealed)
 * too.  -1: out of memory.
 */
int audit_record(struct audit *a, const struct record *r, uint64_t at,
    int sealed);

/*
 * Bytes that are none, or none known here (event), at their place: counted,
 * and told in a line that is appended to b.  name: of the file.
 */
void audit_loss(struct audit *a, struct buffer *b, const char *name,
    enum reader_event event, const struct reader_loss *loss);

/* Whether all was whole so far, and there was a record. */
int audit_is_whole(const struct audit *a);

/*
 * Lines at the end: what is missing though nothing is damaged, and last a
 * summary; bytes: those of the file.
 */
void audit_tell(const struct audit *a, struct buffer *b, const char *name,
    uint64_t bytes);

#endif
