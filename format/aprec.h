/*
 * aprec.h - publish the state of a running computation
 *
 *	struct aprec_writer *w = aprec_open(NULL);
 *	while (!aprec_stopped(w)) {
 *		aprec_put_i64(w, "step", step);
 *		aprec_put_f64(w, "t", t);
 *		aprec_put(w, "u", APREC_F64, u, 2, (size_t[]){ny, nx});
 *		aprec_publish(w);
 *	}
 *	aprec_close(w);
 *
 * and, before that loop, to have a number changed while it runs:
 *
 *	aprec_param(w, "dt", APREC_F64, &dt, 0, 0.5, "time step");
 *
 * Needs writer.c, libc and POSIX threads; nothing else.  The records are
 * those of aprec(5); the rules on where they go are in aprec(3).
 *
 * Errors never end the computation: every call on a writer that has failed,
 * or is NULL, publishes nothing and returns -1 (aprec_stopped: 0).  The first
 * error is told once on stderr, and stays readable through aprec_error().
 * A writer that has failed is still steered.
 *
 * A writer belongs to one thread at a time.  The library is free of global
 * state but for a CRC table and the copy of stdout; and, while it waits for a
 * command, the handlers of SIGHUP, SIGINT and SIGTERM.  In a child of fork a
 * writer publishes nothing, and may be closed.
 */
#ifndef APREC_H
#define APREC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits of the format, aprec(5). */
#define APREC_NAME_MAX		63	/* bytes of a field or dimension name */
#define APREC_SOURCE_MAX	64	/* bytes of a source's name */
#define APREC_RANK_MAX		8
#define APREC_FIELDS_MAX	4096	/* fields in a record */
#define APREC_ATTRS_MAX		64	/* attributes of a field */
#define APREC_ATTR_MAX		4095	/* bytes of an attribute's value */
#define APREC_TABLE_MAX		(1u << 20)	/* bytes of a table */
#define APREC_RECORD_MAX	(UINT64_C(1) << 40)	/* bytes of a record */

/* Types of a field; the numbers stand in records. */
enum aprec_type {
	APREC_I8 = 1, APREC_I16, APREC_I32, APREC_I64,
	APREC_U8, APREC_U16, APREC_U32, APREC_U64,
	APREC_F32, APREC_F64,
	APREC_C64,		/* two f32: real, imaginary */
	APREC_C128,		/* two f64: real, imaginary */
	APREC_BOOL,		/* one byte, 0 or 1 */
	APREC_TEXT,		/* rank 0, UTF-8, no NUL */
	APREC_NONE		/* withdraws the field */
};

/*
 * The writer
 */

struct aprec_writer;

/*
 * Begin a run.  out says where its records go: NULL follows $APREC_OUT and
 * then the rules of aprec(3); "-" is stdout; "|command" a command for sh that
 * reads the records; "path" a file, FIFO, device or socket of aptee -l; where
 * there is no such file, the name of a run that aptee -l serves.  A file is
 * created or, when it is regular, locked against other writers and truncated.
 * The result is never NULL unless memory ran out; a writer with nowhere to
 * write publishes nothing.  Free it with aprec_close().
 */
struct aprec_writer *aprec_open(const char *out);

/*
 * The same for a descriptor that the caller opened.  It is not closed.
 */
struct aprec_writer *aprec_fdopen(int fd);

/*
 * Name the source: 1 to 64 bytes of UTF-8 without control characters, cut at
 * 64; before the first publish.  $APREC_SOURCE wins; by default program@host
 * with the rank and job where there are any.
 */
int aprec_source(struct aprec_writer *w, const char *name);

/*
 * Describe a field for the next publish.  data is an array of rank extents
 * in row-major order (the last extent varies fastest) and must stay valid
 * and unchanged until aprec_publish() returns.  Putting a name twice keeps
 * the later.  aprec_put_strided(): strides[k] is the distance in bytes
 * between elements that differ by one in index k, of any sign; data points
 * at the element with all indices 0.
 */
int aprec_put(struct aprec_writer *w, const char *name, enum aprec_type type,
    const void *data, int rank, const size_t *extents);
int aprec_put_strided(struct aprec_writer *w, const char *name,
    enum aprec_type type, const void *data, int rank, const size_t *extents,
    const ptrdiff_t *strides);

/* Numbers and texts are copied; they need not outlive the call. */
int aprec_put_bool(struct aprec_writer *w, const char *name, int value);
int aprec_put_i64(struct aprec_writer *w, const char *name, int64_t value);
int aprec_put_u64(struct aprec_writer *w, const char *name, uint64_t value);
int aprec_put_f64(struct aprec_writer *w, const char *name, double value);
int aprec_put_text(struct aprec_writer *w, const char *name,
    const char *text);

/* Withdraw a field: readers forget it with the next publish. */
int aprec_withdraw(struct aprec_writer *w, const char *name);

/*
 * Describe a name for this and every later publish.  dims: the names of the
 * rank dimensions, "" or NULL for one without, used where the field has that
 * rank; a 1-D field named like a
 * dimension is its coordinate.  A NULL value removes an attribute.  Known
 * keys: units, label, coordinates, tile_extents, tile_offset (aprec(5)).
 */
int aprec_dims(struct aprec_writer *w, const char *name, int rank,
    const char *const *dims);
int aprec_attr(struct aprec_writer *w, const char *name, const char *key,
    const char *value);

/*
 * Send what was put since the last publish as one record, then obey what has
 * come (see Steering below): a pause makes it wait.  Returns 1 when
 * it was written (policy all) or taken (policy newest), 0 when it was
 * skipped ($APREC_RATE, $APREC_EVERY, $APREC_FIELDS, newest and busy, nowhere
 * to write), -1 when the
 * writer has failed.  Never raises SIGPIPE.  The puts are forgotten.
 */
int aprec_publish(struct aprec_writer *w);

/*
 * The same for the run's last record, which is marked as final: its readers
 * know that nothing follows.  It is never skipped, and nothing is obeyed in
 * it.  Whatever is published afterwards is not: aprec_publish() returns 0.
 */
int aprec_publish_final(struct aprec_writer *w);

/*
 * 1 when the run is asked to end, else 0: by the command stop, or because its
 * reader has gone ($APREC_EPIPE).  Where aprec_broadcast() was given, it is
 * what rank 0 knew at the last publish or wait, the same on every rank.
 */
int aprec_stopped(const struct aprec_writer *w);

/* The first error as a text, or NULL.  Valid until aprec_close(). */
const char *aprec_error(const struct aprec_writer *w);

/*
 * End the run: the final record has what was put since the last publish.
 * Where the last publish was skipped ($APREC_RATE, newest) and its arrays are
 * big, the writer has no copy of them: put them once more before the close.
 * Waits at most $APREC_LINGER seconds (5) under newest.  Frees w.  -1 when
 * anything could not be written.
 */
int aprec_close(struct aprec_writer *w);

/*
 * Steering
 *
 * The run obeys lines of text (pause, resume, step, stop, set, at: see
 * aprec(3)) that come through $APREC_CONTROL or, where that is not set and
 * records go to a socket of aptee -l, through that socket.  They are obeyed
 * inside aprec_publish(), behind its record, and inside aprec_wait(), and
 * nowhere else: between two calls no parameter changes.
 */

/*
 * Let the number at value be changed by "set NAME NUMBER".  It has the given
 * type, APREC_I8 to APREC_F64 or APREC_BOOL (a uint8_t or bool), and is from
 * min to max, both included; -INFINITY and INFINITY are no limits, and those
 * of a bool have no meaning.  what describes it for people, or is NULL.  The
 * value is the program's own variable: it is published as a field of that
 * name before the first publish, and again whenever it has changed, by set or
 * by the program.  It must live until the close, or until the name is
 * registered with the value NULL, which withdraws it.  Registering a name
 * again replaces it.  Attributes such as units: aprec_attr().
 */
int aprec_param(struct aprec_writer *w, const char *name,
    enum aprec_type type, void *value, double min, double max,
    const char *what);

/*
 * The same for a text in size bytes at value, its NUL included: what is set
 * has at most size - 1 bytes of UTF-8 in one line.
 */
int aprec_param_text(struct aprec_writer *w, const char *name, char *value,
    size_t size, const char *what);

/*
 * Obey what comes for at most so many seconds (< 0: without limit).  Returns
 * as soon as something was obeyed, 1; 0 when the time is over, or the run was
 * asked to end before; -1 when a signal was caught (errno EINTR) or, without
 * limit, when there is nobody to wait for (ENOTCONN).  A pause does not make
 * it longer: that holds the run in aprec_publish().
 */
int aprec_wait(struct aprec_writer *w, double seconds);

/*
 * For a signal handler: the publish or aprec_wait() that the run is in, or
 * makes next, does not wait.  A signal that is caught inside the wait ends it
 * without this; one that came before, while the run computed, does not.
 * Async-signal-safe.
 */
void aprec_interrupt(struct aprec_writer *w);

/*
 * For a program of several processes (MPI: aprec_mpi.h does it).  The
 * function brings len bytes at buf from rank 0 to all others, as MPI_Bcast
 * does, and returns 0, or -1 when that failed, which ends the steering; arg
 * is passed on to it.  Given on every rank before the first publish, it makes
 * aprec_publish() and aprec_wait() collective calls: every rank makes the
 * same ones in the same order, whether or not its writer has somewhere to
 * write to, skips or has failed.  Rank 0 alone has a control connection,
 * answers, and publishes parameters; all ranks pause, change and stop at the
 * same call.  The others wait inside the function while the run is paused.
 * When the function is used no longer (the close, another one given; at once
 * if it cannot be used at all), it is called once more, on each rank for
 * itself, with buf NULL and len 0: arg may be freed then.  A publish in which
 * nothing is obeyed broadcasts once, a few bytes.  A run of several processes
 * in which it was not given is not steered.
 *
 * Without function (NULL) the process is alone and is steered as such,
 * whatever the environment says of the size of the run.
 */
typedef int aprec_broadcast_fn(void *arg, void *buf, size_t len);
int aprec_broadcast(struct aprec_writer *w, int rank, aprec_broadcast_fn *fn,
    void *arg);

/*
 * The encoder, for programs that frame records themselves.  Pure.
 */

struct aprec_attribute {
	const char	*key;		/* an identifier */
	const char	*value;		/* UTF-8 without control characters */
};

struct aprec_field {
	const char	*name;
	enum aprec_type	 type;
	int		 rank;
	size_t		 extents[APREC_RANK_MAX];
	const ptrdiff_t	*strides;	/* bytes, rank of them; NULL: packed */
	const char	*dims[APREC_RANK_MAX];	/* NULL or "": no name */
	const struct aprec_attribute *attrs;
	size_t		 nattrs;
	const void	*data;
	size_t		 text_len;	/* bytes of an APREC_TEXT */
};

#define APREC_FINAL	1	/* the run's last record */
#define APREC_HISTORY	2	/* the past of the source's numbers */
#define APREC_DATA_CRC	4	/* data_crc is present */

struct aprec_header {
	unsigned	 flags;		/* APREC_FINAL ... */
	uint64_t	 seq;		/* from 1 */
	int64_t		 wall;		/* ns since 1970-01-01 00:00 UTC */
	uint64_t	 run;
	const char	*source;
};

/*
 * Bytes of the record of nfields fields, or 0 with errno EINVAL (a name,
 * type, rank, dimension, attribute or text that the format does not have, a
 * name twice), EOVERFLOW (a limit above).
 */
size_t aprec_encoded_size(const struct aprec_header *h,
    const struct aprec_field *fields, size_t nfields);

/*
 * Encode into buf, size bytes as aprec_encoded_size() said; every byte of
 * it is written.  0, or -1 with errno as above.
 */
int aprec_encode(const struct aprec_header *h,
    const struct aprec_field *fields, size_t nfields, void *buf, size_t size);

/* Bytes of one element; 1 for text, 0 for none and unknown types. */
size_t aprec_type_size(enum aprec_type type);

/* A field, dimension or attribute name: a C identifier, at most 63 bytes,
 * for a field not beginning with TEXT_ or HISTORY_ (see aprec(5)). */
int aprec_is_identifier(const char *s, size_t len);

/* Well-formed UTF-8 (RFC 3629) without NUL; with control == 0 also without
 * U+0001 to U+001F and U+007F to U+009F. */
int aprec_is_text(const char *s, size_t len, int control);

/* CRC-32 of ISO 3309 as zlib's crc32(): begin with crc 0. */
uint32_t aprec_crc32(uint32_t crc, const void *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif
