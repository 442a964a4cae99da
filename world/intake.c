/*
 * intake.c - see intake.h
 */
#include <err.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "format/buffer.h"
#include "format/escape.h"
#include "world/command.h"
#include "world/fd.h"
#include "world/intake.h"

#define LOSS_MAX	(64u << 20)	/* bytes told as one */
#define TOLD		5	/* losses told one by one */
#define SAMPLE		60	/* characters shown of what is no record */

int
intake_open(struct intake *in, struct pool *pool, const char *name)
{
	in->name = command_input(name);
	if ((in->fd = command_open(name)) == -1)
		return -1;
	in->reader = reader_new(pool, pool->limit / COMMAND_SHARE);
	if (in->reader == NULL)
		err(command_error, NULL);
	return 0;
}

void
intake_close(struct intake *in)
{
	reader_free(in->reader);
	command_close(in->fd);
}

void
intake_seek(struct intake *in, uint64_t at)
{
	struct reader_loss loss;
	struct record *rec;

	if (lseek(in->fd, (off_t)at, SEEK_SET) == -1)
		err(command_error, "%s", in->name);
	if (at == 0)
		return;
	reader_skip(in->reader, (size_t)at);
	reader_next(in->reader, &rec, &loss);	/* says so: no loss */
}

static void
read_more(struct intake *in)
{
	size_t room;
	ssize_t n;
	void *p;

	if (in->idle != NULL)
		in->idle();
	if ((p = reader_space(in->reader, &room)) == NULL)
		err(command_error, "%s", in->name);
	if ((n = fd_read(in->fd, p, room)) == -1)
		warn("%s", in->name);
	in->failed = n == -1;
	in->ended = n <= 0;
	if (in->ended)
		return;
	in->bytes += (uint64_t)n;
	reader_fill(in->reader, (size_t)n);
}

/* As reader_next() and reader_end(), with what they need. */
static enum reader_event
next_event(struct intake *in, struct record **rec, struct reader_loss *loss)
{
	enum reader_event e = READER_MORE;

	while (!in->ended &&
	    (e = reader_next(in->reader, rec, loss)) == READER_MORE)
		read_more(in);
	if (in->ended)
		e = reader_end(in->reader, rec, loss);
	if (e == READER_FAILED)
		err(command_error, "%s", in->name);
	return e;
}

/* Add to the loss those that follow it; what comes behind them is kept. */
static void
gather_losses(struct intake *in, struct reader_loss *loss)
{
	for (;;) {
		in->ahead = next_event(in, &in->rec, &in->loss);
		if (in->ahead != READER_LOST || loss->bytes > LOSS_MAX ||
		    in->loss.at != loss->at + loss->bytes)
			return;
		loss->bytes += in->loss.bytes;
	}
}

enum reader_event
intake_next(struct intake *in, struct record **rec, struct reader_loss *loss)
{
	enum reader_event e = in->ahead;

	if (e == READER_MORE) {
		e = next_event(in, rec, loss);
	} else {
		*rec = in->rec;
		*loss = in->loss;
		in->ahead = READER_MORE;
	}
	if (e == READER_LOST)
		gather_losses(in, loss);
	return e;
}

static void
tell_loss(struct intake *in, uint64_t at, uint64_t bytes, const char *why)
{
	in->lost_bytes += bytes;
	if (in->losses++ >= TOLD)
		return;
	if (in->idle != NULL)
		in->idle();
	warnx("%s: byte %" PRIu64 ": %s: %" PRIu64 " bytes passed over",
	    in->name, at, why, bytes);
}

/* Text before the first record is no loss: what a login prints, say. */
static void
tell_text(const struct intake *in, const struct reader_loss *loss)
{
	struct buffer b = { 0 };

	if (in->quiet)
		return;
	escape_text(&b, loss->text, loss->bytes, SAMPLE);
	warnx("%s: byte %" PRIu64 ": %" PRIu64 " bytes of text before the "
	    "first record: %s", in->name, loss->at, loss->bytes,
	    buffer_text(&b));
	buffer_free(&b);
}

struct record *
intake_record(struct intake *in)
{
	struct reader_loss loss;
	struct record *r;
	enum reader_event e;

	while ((e = intake_next(in, &r, &loss)) != READER_MORE) {
		if (e == READER_TEXT) {
			tell_text(in, &loss);
			continue;
		}
		if (e != READER_RECORD) {
			tell_loss(in, loss.at, loss.bytes, loss.why);
			continue;
		}
		in->records++;
		if (record_data_ok(r))
			return r;
		tell_loss(in, reader_place(in->reader, NULL), r->length,
		    "the data are damaged (CRC)");
		record_drop(r);
	}
	return NULL;
}

void
intake_tell(const struct intake *in)
{
	if (in->losses > TOLD)
		warnx("%s: %" PRIu64 " places like these, %" PRIu64 " bytes "
		    "in all", in->name, in->losses, in->lost_bytes);
	if (in->failed)
		return;
	if (in->records == 0 && in->bytes > 0)
		warnx("%s: no record in %" PRIu64 " bytes (text? try "
		    "\"aprec text\")", in->name, in->bytes);
	else if (in->records == 0)
		warnx("%s: empty", in->name);
}
