/*
 * intake.h - records from a file or a stream, one after the other
 *
 * What could not be taken is counted, and told by those calls that say so.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <stdint.h>

#include "format/reader.h"

struct intake {
	const char	*name;		/* for messages */
	int		 fd;
	int		 quiet;		/* text before them is not told */
	void		(*idle)(void);	/* called before each read, or NULL */
	struct reader	*reader;
	uint64_t	 bytes;		/* read */
	uint64_t	 records;
	uint64_t	 losses;
	uint64_t	 lost_bytes;
	enum reader_event ahead;	/* what came behind the last loss, or */
	struct record	*rec;		/* READER_MORE; its record, */
	struct reader_loss loss;	/* or loss */
	int		 ended;
	int		 failed;	/* it could not be read to its end */
};

/*
 * Open name, "-" for stdin; memory comes from pool, of which a record may
 * have its share.  The rest of *in is zeros or as above.  -1: it was told why
 * not.
 */
int intake_open(struct intake *in, struct pool *pool, const char *name);
void intake_close(struct intake *in);

/* Go on at that byte of the file, where a record or frame begins. */
void intake_seek(struct intake *in, uint64_t at);

/*
 * What comes next, as reader_next(), but that losses which follow each other
 * are one; READER_MORE at the end.  A file that
 * cannot be read further ends so, too, with a message.  READER_FAILED does
 * not come: without memory the program ends.
 */
enum reader_event intake_next(struct intake *in, struct record **rec,
    struct reader_loss *loss);

/*
 * The next record whose data are right, or NULL; record_drop() it.  What is
 * passed over is told, the first few places one by one.
 */
struct record *intake_record(struct intake *in);

/* Tell at the end what was not told one by one. */
void intake_tell(const struct intake *in);

#endif
