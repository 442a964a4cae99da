/*
 * reader.c - see reader.h
 *
 * What is always true: bytes [parse, fill) of the block are those fed and not
 * yet told of, and offset is the place of the first of them in the stream.
 * In stage HEAD and later the magic stands at parse.  Where the stream is
 * compressed, frames takes what is fed, the block has contents of its frames,
 * and places are those of the frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "reader.h"

#define CHUNK		(256 * 1024)	/* bytes of a block of small records */
#define BELIEVED	(4 << 20)	/* a claimed length given at once */
#define BANNER		(64 * 1024)	/* bytes of text before a stream */
#define TABLES		64		/* tables kept to be met again */
#define RUNS		2048		/* twice the runs kept; a power of 2 */
#define FRAME		(2 << 20)	/* contents a frame may have always */

static const char no_memory[] = "no memory for it";

enum stage {
	SEEK,		/* looking for the magic */
	HEAD,		/* header and table not yet checked */
	BODY,		/* checked; waiting for the rest */
	READY,		/* a record */
	FOREIGN,	/* of another version or kind; waiting for the rest */
	SKIP		/* a whole record of another kind */
};

struct reader {
	struct pool	*pool;
	uint64_t	 max;
	struct block	*block;
	size_t		 cap;		/* bytes of it in use */
	size_t		 parse;
	size_t		 fill;
	uint64_t	 offset;
	enum stage	 stage;
	int		 ended;
	int		 trains;
	struct frames	*frames;	/* NULL: it is not compressed */
	int		 undecided;	/* whether it is: no record has come,
					 * or only behind a lost beginning */
	int		 astray;	/* it began with a loss */
	int		 over;		/* reader_end() was called */
	size_t		 wants;		/* of frames, from the pool */
	uint64_t	 at;		/* of the frame in the block */
	uint64_t	 start;		/* of the last record */
	int		 sure;		/* the place is not lost */
	int		 banner;	/* all passed over so far is text */
	unsigned	 utf8;		/* bytes its last character lacks, */
	uint8_t		 low, high;	/* and what the next may be */
	struct header	 head;		/* of the record at parse */
	struct table	*table;		/* of it, from stage BODY on */
	const char	*why;		/* why it is skipped, in FOREIGN */
	uint64_t	 last;		/* length of the last record */
	uint64_t	 biggest;
	uint64_t	 lost_at;
	uint64_t	 lost;		/* bytes passed over, not yet told */
	const char	*lost_why;
	struct table	*tables[TABLES];
	uint64_t	 runs[RUNS];	/* that counted; 0: free */
	unsigned	 nruns;
};

struct reader *
reader_new(struct pool *pool, uint64_t max_record)
{
	struct reader *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->pool = pool;
	r->max = max_record;
	r->sure = r->banner = r->undecided = 1;
	return r;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	frames_free(r->frames);
	if (r->block != NULL)
		block_drop(r->block);
	for (size_t i = 0; i < TABLES; i++)
		table_drop(r->tables[i]);
	table_drop(r->table);
	free(r);
}

void
reader_trains(struct reader *r)
{
	r->trains = 1;
}

/*
 * Memory
 */

/* Bytes of the block to come: where records are of one length, they end with
 * the block, so that none need be copied to the next. */
static size_t
block_size(const struct reader *r)
{
	uint64_t have = r->fill - r->parse, want = CHUNK;

	if (r->stage == SEEK || r->stage == HEAD) {
		if (r->last > CHUNK / 2)
			want = r->last;
		else if (r->last > 0)
			want = CHUNK / r->last * r->last;
		if (have + RECORD_HEADER > want)	/* a big table */
			want = RECORD_HEADER + APREC_TABLE_MAX;
		return (size_t)want;
	}
	want = r->head.length;
	if (want > BELIEVED && want / 2 > r->biggest)
		want = have < BELIEVED / 2 ? BELIEVED : 2 * have;
	if (want > r->head.length)
		want = r->head.length;
	if (want <= CHUNK / 2)
		want = CHUNK / want * want;
	return (size_t)want;
}

/* Whether the block has room for more of what stands at parse. */
static int
has_room(const struct reader *r)
{
	if (r->block == NULL || r->fill == r->cap)
		return 0;
	if (r->stage == SEEK || r->stage == HEAD)
		return 1;
	return r->cap - r->parse >= r->head.length ||
	    (r->parse == 0 && r->cap >= BELIEVED);
}

/* Go on in a new block with room for at least least bytes, taking along what
 * is not yet parsed. */
static int
next_block(struct reader *r, size_t least)
{
	size_t have = r->fill - r->parse, size = block_size(r);
	struct block *b;

	if (size < have + least)
		size = have + least;

	if (r->block != NULL && r->parse > 0 && size <= r->block->size &&
	    atomic_load(&r->block->refs) == 1) {
		memmove(r->block->bytes, r->block->bytes + r->parse, have);
	} else if (r->block == NULL || r->parse > 0 ||
	    atomic_load(&r->block->refs) != 1 ||
	    block_grow(r->block, size) == -1) {
		if ((b = block_new(r->pool, size)) == NULL)
			return -1;
		if (r->block != NULL) {
			memcpy(b->bytes, r->block->bytes + r->parse, have);
			block_drop(r->block);
		}
		r->block = b;
	}
	r->cap = size;
	r->parse = 0;
	r->fill = have;
	return 0;
}

static void *
plain_space(struct reader *r, size_t *room)
{
	if (!has_room(r) && next_block(r, 0) == -1)
		return NULL;
	*room = r->cap - r->fill;
	return r->block->bytes + r->fill;
}

void *
reader_space(struct reader *r, size_t *room)
{
	void *p;

	if (r->frames == NULL)
		return plain_space(r, room);
	if ((p = frames_space(r->frames, room)) == NULL)
		r->wants = frames_wants(r->frames);
	return p;
}

void
reader_fill(struct reader *r, size_t n)
{
	if (r->frames != NULL)
		frames_fill(r->frames, n);
	else
		r->fill += n;
}

int
reader_feed(struct reader *r, const void *buf, size_t len, size_t *taken)
{
	const char *p = buf;
	size_t room;
	void *to;

	for (*taken = 0; *taken < len; *taken += room) {
		if ((to = reader_space(r, &room)) == NULL)
			return -1;
		if (room > len - *taken)
			room = len - *taken;
		memcpy(to, p + *taken, room);
		reader_fill(r, room);
	}
	return 0;
}

/*
 * What is passed over
 */

/*
 * Whether n bytes go on a banner; keeps the state of its last character.
 * What a second byte may be keeps out U+0080 to U+009F, surrogates, what is
 * above U+10FFFF, and characters in more bytes than they need.
 */
static int
is_banner(struct reader *r, const uint8_t *p, size_t n)
{
	for (; n > 0; n--, p++) {
		if (r->utf8 > 0) {
			if (*p < r->low || *p > r->high)
				return 0;
			r->low = 0x80;
			r->high = 0xbf;
			r->utf8--;
		} else if (*p >= 0xc2 && *p < 0xf5) {
			r->utf8 = *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
			r->low = *p == 0xc2 || *p == 0xe0 ? 0xa0 :
			    *p == 0xf0 ? 0x90 : 0x80;
			r->high = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;
		} else if (*p >= 0x7f ||
		    (*p < 0x20 && strchr("\t\n\r\b\a\033", *p) == NULL) ||
		    *p == 0) {
			return 0;
		}
	}
	return 1;
}

/* The place of what is at parse. */
static uint64_t
place(const struct reader *r)
{
	return r->frames != NULL ? r->at : r->offset;
}

static void
count_lost(struct reader *r, size_t n, const char *why)
{
	if (!r->banner)
		r->sure = 0;
	if (r->lost == 0) {
		r->lost_at = place(r);
		r->lost_why = why;
	}
	r->lost += n;
	r->offset += n;
}

static void
lose(struct reader *r, size_t n, const char *why)
{
	if (n == 0)
		return;
	if (r->banner && (r->offset + n > BANNER ||
	    !is_banner(r, r->block->bytes + r->parse, n)))
		r->banner = 0;
	count_lost(r, n, why);
	r->parse += n;
}

/* Text that ends within a character is none. */
static void
end_banner(struct reader *r)
{
	if (r->banner && r->utf8 > 0)
		r->banner = r->sure = 0;
}

static enum reader_event
report(struct reader *r, struct reader_loss *loss)
{
	loss->at = r->lost_at;
	loss->bytes = r->lost;
	loss->why = r->lost_why;
	loss->text = NULL;
	r->lost = 0;
	if (r->ended)
		end_banner(r);
	if (!r->banner)
		return READER_LOST;
	loss->text = (const char *)r->block->bytes + r->parse - loss->bytes;
	return READER_TEXT;
}

/* Leave the record at parse, n bytes of which are passed over. */
static void
leave(struct reader *r, size_t n, const char *why)
{
	table_drop(r->table);
	r->table = NULL;
	r->stage = SEEK;
	lose(r, n, why);
}

/* Pass over all that cannot begin a record: 1 when the magic is at parse. */
static int
seek_magic(struct reader *r)
{
	const uint8_t *start = r->block->bytes + r->parse;
	const uint8_t *end = r->block->bytes + r->fill, *p = start;
	size_t n = 0, at, more;

	while ((p = memchr(p, record_magic[0], (size_t)(end - p))) != NULL) {
		n = (size_t)(end - p);
		if (n > sizeof(record_magic))
			n = sizeof(record_magic);
		if (memcmp(p, record_magic, n) == 0)
			break;
		p++;
	}
	if (p == NULL || (n < sizeof(record_magic) && r->ended))
		p = end;
	if (r->undecided && r->frames == NULL) {
		/* A frame's magic has 4 bytes: one cut off by p is none. */
		more = (size_t)(end - p) < 3 ? (size_t)(end - p) : 3;
		at = zstd_find(start, (size_t)(p - start) + more);
		if (at < (size_t)(p - start) && !(r->ended &&
		    (size_t)(end - start) - at < 4))
			p = start + at;
	}
	lose(r, (size_t)(p - start), "not a record");
	return p < end && n == sizeof(record_magic) &&
	    *p == record_magic[0];
}

/*
 * Runs that have counted
 */

static uint64_t *
find_run(struct reader *r, uint64_t run)
{
	uint64_t i = (run * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	while (r->runs[i & (RUNS - 1)] != 0 && r->runs[i & (RUNS - 1)] != run)
		i++;
	return &r->runs[i & (RUNS - 1)];
}

static void
keep_run(struct reader *r, uint64_t run)
{
	uint64_t *slot = find_run(r, run);

	if (*slot == run)
		return;
	if (r->nruns == RUNS / 2) {
		memset(r->runs, 0, sizeof(r->runs));
		r->nruns = 0;
		slot = find_run(r, run);
	}
	*slot = run;
	r->nruns++;
}

/*
 * Examining what stands behind the magic
 */

enum verdict { WAIT, GOOD, BAD, NO_MEMORY };

/* The table of the record at parse: met before, or parsed. */
static enum record_status
get_table(struct reader *r, const uint8_t *p, const char **why)
{
	struct table **kept = &r->tables[(r->head.run ^ r->head.nfields ^
	    r->head.table >> 3) % TABLES];
	enum record_status status;

	if (*kept != NULL && table_is(*kept, p, &r->head)) {
		r->table = table_hold(*kept);
		return RECORD_OK;
	}
	r->table = table_parse(r->pool, p, &r->head, &status, why);
	if (r->table != NULL) {
		table_drop(*kept);
		*kept = table_hold(r->table);
	}
	return status;
}

static enum verdict
examine_head(struct reader *r, const char **why)
{
	const uint8_t *p = r->block->bytes + r->parse;
	size_t have = r->fill - r->parse;
	enum record_status status;

	if (have < RECORD_HEADER)
		return WAIT;
	status = record_header(p, &r->head, why);
	if (status == RECORD_BAD || status == RECORD_NOT)
		return BAD;
	if (have < RECORD_HEADER + r->head.table)
		return WAIT;
	if (!record_header_crc_ok(p, &r->head)) {
		*why = "header CRC is wrong";
		return BAD;
	}
	if (status == RECORD_OK)
		status = record_header_ok(p, &r->head, why);
	if (r->head.length > r->max) {
		*why = "record above the limit";
		return BAD;
	}
	if (status == RECORD_OK)
		status = get_table(r, p, why);
	if (status == RECORD_UNSUPPORTED) {
		r->why = *why;
		r->stage = FOREIGN;
		return GOOD;
	}
	if (status != RECORD_OK)
		return BAD;
	if (r->table == NULL)
		return NO_MEMORY;
	r->stage = BODY;
	return GOOD;
}

/* A record that nobody here vouches for: does it prove itself? */
static int
proves_itself(struct reader *r)
{
	struct record *rec;
	int ok;

	if (r->sure || *find_run(r, r->head.run) == r->head.run)
		return 1;
	if (!(r->head.flags & APREC_DATA_CRC))
		return 0;
	rec = record_new(r->block, r->parse, &r->head, r->table);
	if (rec == NULL)
		return 0;
	ok = record_data_ok(rec);
	record_drop(rec);
	return ok;
}

static enum verdict
examine_body(struct reader *r, const char **why)
{
	const uint8_t *p = r->block->bytes + r->parse;

	if (r->fill - r->parse < r->head.length)
		return WAIT;
	if (r->stage == FOREIGN) {
		/* The trailer begins with the CRC as it stands at 20. */
		if (memcmp(p + r->head.length - RECORD_TRAILER, p + 20,
		    4) != 0) {
			*why = "cut short";
			return BAD;
		}
		r->stage = SKIP;
		return GOOD;
	}
	if (!record_end_ok(p, &r->head, r->table, why))
		return BAD;
	if (!proves_itself(r)) {
		*why = "of an unknown run, behind damage";
		return BAD;
	}
	r->stage = READY;
	return GOOD;
}

/* As far as the bytes go. */
static enum verdict
examine(struct reader *r, const char **why)
{
	enum verdict v = GOOD;

	while (v == GOOD && r->stage != READY && r->stage != SKIP)
		v = r->stage == HEAD ? examine_head(r, why) :
		    examine_body(r, why);
	return v;
}

/* Step behind the whole record at parse. */
static void
step_over(struct reader *r)
{
	r->parse += (size_t)r->head.length;
	r->offset += r->head.length;
	table_drop(r->table);
	r->table = NULL;
	r->stage = SEEK;
	r->banner = 0;
}

/* A record that does not begin at a multiple of its unit gets a block of its
 * own, so that its data are aligned. */
static struct record *
aligned_record(struct reader *r)
{
	struct record *rec;
	struct block *b;

	if (r->parse % RECORD_UNIT == 0)
		return record_new(r->block, r->parse, &r->head, r->table);
	if ((b = block_new(r->pool, (size_t)r->head.length)) == NULL)
		return NULL;
	memcpy(b->bytes, r->block->bytes + r->parse, (size_t)r->head.length);
	rec = record_new(b, 0, &r->head, r->table);
	block_drop(b);
	return rec;
}

/*
 * Trains
 */

/* Go on from the record at parse, which is READY, to the last of its train:
 * how many there are before that. */
static uint32_t
follow_train(struct reader *r)
{
	uint64_t length = r->head.length;
	uint32_t n = 0;

	if (!r->trains || r->parse % RECORD_UNIT != 0 ||
	    (r->head.flags & ~(unsigned)APREC_DATA_CRC) != 0)
		return 0;
	while (r->fill - r->parse >= 2 * length &&
	    record_follows(r->block->bytes + r->parse, &r->head, r->table)) {
		r->parse += (size_t)length;
		r->offset += length;
		n++;
	}
	return n;
}

/* Hand out what is READY or SKIP. */
static enum reader_event
hand_out(struct reader *r, struct record **rec, struct reader_loss *loss)
{
	uint64_t first = r->head.seq;
	uint32_t train;

	if (r->stage == SKIP) {
		loss->at = place(r);
		loss->bytes = r->head.length;
		loss->why = r->why;
		loss->text = NULL;
		step_over(r);
		return READER_UNSUPPORTED;
	}
	train = follow_train(r);
	if ((*rec = aligned_record(r)) == NULL) {
		r->parse -= train * (size_t)r->head.length;
		r->offset -= train * r->head.length;
		r->stage = HEAD;
		table_drop(r->table);
		r->table = NULL;
		return READER_FAILED;
	}
	(*rec)->train = train;
	(*rec)->first = first;
	r->start = place(r);
	r->astray |= !r->sure;
	r->undecided &= r->astray;
	keep_run(r, r->head.run);
	r->last = r->head.length;
	if (r->last > r->biggest)
		r->biggest = r->last;
	r->sure = 1;
	step_over(r);
	return READER_RECORD;
}

/*
 * Compressed streams
 */

/* Whether a frame begins at parse, where one may: 1, 0; -1: more bytes are
 * needed to tell. */
static int
meets_frame(const struct reader *r)
{
	const uint8_t *p = r->block->bytes + r->parse;
	size_t n = r->fill - r->parse;
	int e;

	if (n == 0 || p[0] == record_magic[0] ||
	    (!r->undecided && (!r->sure || r->lost > 0)))
		return 0;
	e = zstd_begins(p, n);
	return e == -1 && r->ended ? 0 : e;
}

/* What is at parse, and all that is fed from now on, is compressed. */
static int
enter_frames(struct reader *r)
{
	struct frames *f;
	size_t room, n;
	void *p;

	f = frames_new(r->pool, r->max > FRAME ? r->max : FRAME, r->offset);
	if (f == NULL)
		return -1;
	for (size_t at = r->parse; at < r->fill; at += n) {
		if ((p = frames_space(f, &room)) == NULL) {
			r->wants = frames_wants(f);
			frames_free(f);
			return -1;
		}
		n = r->fill - at < room ? r->fill - at : room;
		memcpy(p, r->block->bytes + at, n);
		frames_fill(f, n);
	}
	if (r->over)
		frames_end(f);
	r->frames = f;
	r->ended = r->undecided = 0;
	block_drop(r->block);
	r->block = NULL;
	r->cap = r->parse = r->fill = 0;
	return 0;
}

/* Records follow the last frame as they are. */
static int
leave_frames(struct reader *r)
{
	const uint8_t *p;
	size_t n;

	p = frames_rest(r->frames, &n);
	if (next_block(r, n) == -1) {
		r->wants = n;
		return -1;
	}
	memcpy(r->block->bytes + r->fill, p, n);
	r->fill += n;
	r->offset = frames_offset(r->frames);
	frames_free(r->frames);
	r->frames = NULL;
	r->ended = r->over;
	return 0;
}

/* Contents of the next frame into the block; -1: out of memory. */
static int
take_contents(struct reader *r)
{
	size_t size = frames_size(r->frames), room = size;
	int whole = r->parse == r->fill && frames_proved(r->frames);

	if (size == 0) {
		if (plain_space(r, &room) == NULL) {
			r->wants = block_size(r);
			return -1;
		}
	} else if ((r->block == NULL || r->cap - r->fill < size) &&
	    next_block(r, size) == -1) {
		r->wants = r->fill - r->parse + size;
		return -1;
	}
	r->at = frames_at(r->frames);
	if (frames_take(r->frames, r->block->bytes + r->fill, &room) == -1)
		return 0;
	r->fill += room;
	/* The checksum proves the records as a data CRC does. */
	if (whole)
		r->sure = 1;
	return 0;
}

/*
 * All of the block is told of: go on in the stream.  READER_RECORD: there is
 * more to examine.
 */
static enum reader_event
next_frame(struct reader *r, struct reader_loss *loss)
{
	enum frames_event e;
	size_t left = r->fill - r->parse;

	loss->text = NULL;
	e = frames_next(r->frames, &loss->at, &loss->bytes, &loss->why);
	if (e == FRAMES_MORE && (!r->over || r->ended))
		return READER_MORE;
	if (e == FRAMES_MORE)
		r->ended = 1;
	else if (e == FRAMES_FAILED) {
		r->wants = frames_wants(r->frames);
		return READER_FAILED;
	} else if (e == FRAMES_CONTENT) {
		if (take_contents(r) == -1)
			return READER_FAILED;
	} else if (left > 0) {
		leave(r, left, "cut short");
	} else if (e == FRAMES_PLAIN && leave_frames(r) == -1) {
		return READER_FAILED;
	}
	if (e != FRAMES_LOST)
		return READER_RECORD;
	r->sure = r->banner = 0;
	return READER_LOST;
}

/*
 * Events
 */

/* What is in the block.  READER_MORE: all of it is told of. */
static enum reader_event
next_here(struct reader *r, struct record **rec, struct reader_loss *loss)
{
	const char *why = NULL;
	int e;

	if (r->block == NULL)
		return r->lost > 0 ? report(r, loss) : READER_MORE;
	for (;;) {
		if (r->stage == SEEK) {
			e = r->frames == NULL ? meets_frame(r) : 0;
			if (e == 1)
				end_banner(r);
			if (e == 1 && r->lost == 0)
				return enter_frames(r) == -1 ? READER_FAILED :
				    READER_MORE;
			if (e != 0 || !seek_magic(r))
				return r->lost > 0 ? report(r, loss) :
				    READER_MORE;
			end_banner(r);
			r->stage = HEAD;
		}
		switch (examine(r, &why)) {
		case WAIT:
			if (r->ended) {
				leave(r, sizeof(record_magic), "cut short");
				break;
			}
			return r->lost > 0 ? report(r, loss) : READER_MORE;
		case BAD:
			leave(r, sizeof(record_magic), why);
			break;
		case GOOD:
			if (r->lost > 0)
				return report(r, loss);
			return hand_out(r, rec, loss);
		case NO_MEMORY:
			return READER_FAILED;
		}
	}
}

enum reader_event
reader_next(struct reader *r, struct record **rec, struct reader_loss *loss)
{
	enum reader_event e;

	r->wants = 0;
	do {
		e = next_here(r, rec, loss);
		if (e != READER_MORE || r->frames == NULL)
			return e;
		e = next_frame(r, loss);
	} while (e == READER_RECORD);
	return e;
}

enum reader_event
reader_end(struct reader *r, struct record **rec, struct reader_loss *loss)
{
	r->over = 1;
	if (r->frames != NULL)
		frames_end(r->frames);
	else
		r->ended = 1;
	return reader_next(r, rec, loss);
}

void
reader_give_up(struct reader *r)
{
	r->banner = 0;
	if (r->block != NULL)
		leave(r, r->fill - r->parse, no_memory);
	if (r->frames != NULL)
		frames_give_up(r->frames, no_memory);
}

void
reader_skip(struct reader *r, size_t n)
{
	reader_give_up(r);
	if (r->frames != NULL)
		frames_skip(r->frames, n, no_memory);
	else
		count_lost(r, n, no_memory);
}

size_t
reader_wants(const struct reader *r)
{
	if (r->wants > 0)
		return r->wants;
	if (!has_room(r))
		return block_size(r);
	if (r->stage == HEAD)		/* a table as it is kept */
		return 8 * ((size_t)r->head.table + 1024);
	return (size_t)r->head.length + RECORD_UNIT;
}

uint64_t
reader_offset(const struct reader *r)
{
	return r->frames != NULL ? frames_offset(r->frames) : r->offset;
}

uint64_t
reader_place(const struct reader *r, uint64_t *bytes)
{
	if (bytes != NULL)
		*bytes = reader_offset(r) - r->start;
	return r->start;
}

uint64_t
reader_partial(const struct reader *r)
{
	return r->fill - r->parse +
	    (r->frames != NULL ? frames_pending(r->frames) : 0);
}
