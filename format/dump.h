/*
 * dump.h - a state as what can be kept: its records, its values as text
 */
#ifndef DUMP_H
#define DUMP_H

#include "buffer.h"
#include "state.h"

/*
 * The live records, each once: written one after another they are a stream
 * with this state.  *n of them, to be freed; they belong to st.  NULL: out of
 * memory.
 */
const struct record **dump_records(struct state *st, size_t *n);

/*
 * Append step, time, numbers and texts of every source, a line each:
 * name = value.
 */
void dump_values(struct buffer *b, struct state *st);

#endif
