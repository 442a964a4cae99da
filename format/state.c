/*
 * state.c - see state.h
 *
 * What is always true: a holding's owned is the number of slots that point
 * at it, plus one where it is its source's final or history record; a holding
 * with owned 0 does not exist.  A source's last holding, while it still owns
 * every field of its record, passes whole to the next record with the same
 * table: no field is looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

#define RUN_SLOTS	1024	/* lists of sources by run; a power of 2 */

struct source_private {
	struct holding	*last;		/* of the last record, or NULL */
	struct holding	*end;		/* of the final record, or NULL */
	unsigned	 room;		/* slots there is memory for */
	unsigned	 hash_size;	/* a power of 2, above room */
	uint32_t	*hash;		/* index of a slot + 1; 0: free */
	uint64_t	 born;		/* order of the runs */
	uint64_t	 history_seq;
	uint64_t	 looked;	/* st->changes when older runs of its
					 * name were last looked for */
	uint64_t	 gone;		/* order of the ends of all inputs */
	unsigned	*inputs;	/* that it comes over; the first is */
	unsigned	 ninputs;	/* source->input */
	struct source	*same;		/* next in the list of its run */
};

/* A run that was replaced: nothing of it is news up to seq. */
struct replaced {
	uint64_t	 run;
	uint64_t	 seq;
};

struct state {
	struct pool	*pool;		/* NULL: nothing is charged */
	void		(*superseded)(void *, void *);
	void		*arg;
	struct source	*sources;
	struct source	*runs[RUN_SLOTS];
	unsigned	 count;
	uint64_t	 born;
	uint64_t	 changes;	/* of what is ended, and new sources */
	uint64_t	 gone;		/* ends so far */
	struct replaced	*replaced;	/* the last STATE_RUNS_MAX, in a ring */
	unsigned	 nreplaced;	/* so far */
};

/*
 * Memory
 */

static int
charge(struct state *st, size_t n)
{
	return st->pool == NULL ? 0 : pool_charge(st->pool, n);
}

static void
credit(struct state *st, size_t n)
{
	if (st->pool != NULL)
		pool_credit(st->pool, n);
}

#define SOURCE_SIZE	(sizeof(struct source) + sizeof(struct source_private))

/* Of so many slots with their hash. */
static size_t
slots_size(unsigned room)
{
	return room * (sizeof(struct slot) + 2 * sizeof(uint32_t));
}

/*
 * Holdings
 */

/* One less of it is newest. */
static void
holding_lose(struct state *st, struct source *s, struct holding *h)
{
	if (--h->owned > 0)
		return;
	if (s->private->last == h)
		s->private->last = NULL;
	if (st->superseded != NULL)
		st->superseded(st->arg, h->user);
	record_drop(h->rec);
	free(h);
}

/*
 * Slots
 */

static const char *
slot_name(const struct slot *slot)
{
	return slot->holding->rec->table->fields[slot->index].name;
}

/* The place of the name in the hash: its slot's, or the free one for it. */
static uint32_t *
find_slot(const struct source *s, const char *name)
{
	const struct source_private *p = s->private;
	uint32_t i = field_hash(name);

	for (;; i++) {
		uint32_t *e = &p->hash[i & (p->hash_size - 1)];

		if (*e == 0 || strcmp(slot_name(&s->slots[*e - 1]), name) == 0)
			return e;
	}
}

static void
rehash(struct source *s)
{
	memset(s->private->hash, 0,
	    s->private->hash_size * sizeof(*s->private->hash));
	for (unsigned i = 0; i < s->nslots; i++)
		*find_slot(s, slot_name(&s->slots[i])) = i + 1;
}

/* Make room for n more slots: 0, or -1 and errno. */
static int
reserve_slots(struct state *st, struct source *s, unsigned n)
{
	struct source_private *p = s->private;
	unsigned room = p->room == 0 ? 8 : p->room;
	struct slot *slots;
	uint32_t *hash;
	size_t more;

	if (s->nslots + n <= p->room)
		return 0;
	while (room < s->nslots + n)
		room *= 2;
	more = slots_size(room) - slots_size(p->room);
	if (charge(st, more) == -1)
		return -1;
	if ((slots = realloc(s->slots, room * sizeof(*slots))) != NULL)
		s->slots = slots;
	hash = realloc(p->hash, 2 * room * sizeof(*hash));
	if (hash != NULL)
		p->hash = hash;
	if (slots == NULL || hash == NULL) {
		credit(st, more);
		return -1;
	}
	p->hash_size = 2 * room;
	p->room = room;
	rehash(s);
	return 0;
}

/* How many names of the record the source does not have yet. */
static unsigned
new_names(const struct source *s, const struct record *rec)
{
	unsigned n = 0;

	if (s->nslots == 0)
		return rec->table->nfields;
	for (uint32_t i = 0; i < rec->table->nfields; i++)
		n += *find_slot(s, rec->table->fields[i].name) == 0;
	return n;
}

/*
 * Sources
 */

/* Compare names so that numbers in them count as numbers. */
static int
compare_names(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		size_t na, nb;

		na = strspn(a, "0123456789");
		nb = strspn(b, "0123456789");
		if (na > 0 && nb > 0) {
			for (; na > 1 && *a == '0'; na--)
				a++;
			for (; nb > 1 && *b == '0'; nb--)
				b++;
			if (na != nb)
				return na < nb ? -1 : 1;
			for (; na > 1 && *a == *b; na--)
				a++, b++;
		}
		if (*a != *b)
			break;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static struct source **
run_list(struct state *st, uint64_t run)
{
	return &st->runs[(run ^ run >> 32) % RUN_SLOTS];
}

static struct source *
find_run(struct state *st, uint64_t run)
{
	struct source *s = *run_list(st, run);

	while (s != NULL && s->run != run)
		s = s->private->same;
	return s;
}

static void
index_run(struct state *st, struct source *s)
{
	struct source **list = run_list(st, s->run);

	s->private->same = *list;
	*list = s;
}

/* A number for a source that shares its name: the least that is free.  Those
 * of a name stand in the order of their numbers. */
static unsigned
free_number(const struct state *st, const char *name)
{
	unsigned n = 1;
	const struct source *s;

	for (s = st->sources; s != NULL; s = s->next)
		if (s->number == n && strcmp(s->name, name) == 0)
			n++;
	return n;
}

static void
insert_source(struct state *st, struct source *s)
{
	struct source **p = &st->sources;

	for (; *p != NULL; p = &(*p)->next) {
		int c = compare_names((*p)->name, s->name);

		if (c > 0 || (c == 0 && (*p)->number > s->number))
			break;
	}
	s->next = *p;
	*p = s;
	st->count++;
}

static void
free_source(struct state *st, struct source *s)
{
	credit(st, SOURCE_SIZE + slots_size(s->private->room));
	free(s->private->inputs);
	free(s->private->hash);
	free(s->private);
	free(s->slots);
	free(s);
}

/* Note that the source comes over the input. */
static int
carry(struct state *st, struct source *s, unsigned input)
{
	struct source_private *p = s->private;
	unsigned *inputs;

	for (unsigned i = 0; i < p->ninputs; i++)
		if (p->inputs[i] == input)
			return 0;
	inputs = realloc(p->inputs, (p->ninputs + 1) * sizeof(*inputs));
	if (inputs == NULL)
		return -1;
	p->inputs = inputs;
	inputs[p->ninputs++] = input;
	s->input = inputs[0];
	if (s->ended != s->final) {
		s->ended = s->final;
		st->changes++;
	}
	return 0;
}

static struct source *
add_source(struct state *st, const struct record *rec, unsigned input)
{
	struct source *s = NULL;

	if (charge(st, SOURCE_SIZE) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->private = calloc(1, sizeof(*s->private))) == NULL) {
		free(s);
		credit(st, SOURCE_SIZE);
		return NULL;
	}
	if (carry(st, s, input) == -1) {
		free_source(st, s);
		return NULL;
	}
	memcpy(s->name, rec->source, sizeof(s->name));
	s->number = free_number(st, s->name);
	s->run = rec->run;
	s->private->born = ++st->born;
	st->changes++;
	insert_source(st, s);
	index_run(st, s);
	return s;
}

/* Everything of a source is superseded, and it is gone. */
static void
remove_source(struct state *st, struct source *s)
{
	struct source **p = &st->sources;

	for (unsigned i = 0; i < s->nslots; i++)
		holding_lose(st, s, s->slots[i].holding);
	if (s->private->end != NULL)
		holding_lose(st, s, s->private->end);
	if (s->history != NULL)
		holding_lose(st, s, s->history);
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	for (p = run_list(st, s->run); *p != s; p = &(*p)->private->same)
		continue;
	*p = s->private->same;
	st->count--;
	free_source(st, s);
}

/*
 * Runs that were replaced
 */

static struct replaced *
find_replaced(struct state *st, uint64_t run)
{
	unsigned n = st->nreplaced < STATE_RUNS_MAX ? st->nreplaced :
	    STATE_RUNS_MAX;

	for (unsigned i = 0; i < n; i++)
		if (st->replaced[i].run == run)
			return &st->replaced[i];
	return NULL;
}

/* A run goes, and what comes of it late, over another path, is no news. */
static void
replace_source(struct state *st, struct source *s)
{
	struct replaced *r = st->replaced;

	if (r == NULL)
		r = st->replaced = calloc(STATE_RUNS_MAX, sizeof(*r));
	if (r != NULL) {
		r += st->nreplaced++ % STATE_RUNS_MAX;
		r->run = s->run;
		r->seq = s->seq;
	}
	remove_source(st, s);
}

/* Whether the record, whose run is not here, is a late one of one that was. */
static int
is_late(struct state *st, const struct record *rec)
{
	struct replaced *r = find_replaced(st, rec->run);

	if (r == NULL)
		return 0;
	if ((rec->flags & APREC_HISTORY) || rec->seq <= r->seq)
		return 1;
	r->run = 0;			/* it goes on */
	return 0;
}

/* Runs of the name of new that are ended, and older, give way to it. */
static void
replace_ended(struct state *st, struct source *new)
{
	struct source *s, *next;
	int replaced = 0;

	if (new->private->looked == st->changes)
		return;
	new->private->looked = st->changes;
	for (s = st->sources; s != NULL; s = next) {
		next = s->next;
		if (s != new && s->ended && strcmp(s->name, new->name) == 0 &&
		    s->private->born < new->private->born) {
			replace_source(st, s);
			replaced = 1;
		}
	}
	if (!replaced)
		return;
	new->number = 0;
	new->number = free_number(st, new->name);
}

static unsigned
count_input(const struct state *st, unsigned input)
{
	unsigned n = 0;

	for (const struct source *s = st->sources; s != NULL; s = s->next)
		n += s->input == input;
	return n;
}

/*
 * Merging
 */

/* A record whose table is its predecessor's takes its whole place. */
static int
merge_same(struct state *st, struct source *s, struct record *rec, void *user)
{
	struct holding *h = s->private->last;

	if (h == NULL || h->rec->table != rec->table ||
	    h->owned != rec->table->nfields ||
	    (rec->flags & (APREC_FINAL | APREC_HISTORY)))
		return 0;
	if (st->superseded != NULL)
		st->superseded(st->arg, h->user);
	record_drop(h->rec);
	h->rec = record_hold(rec);
	h->user = user;
	return 1;
}

static void
take_slots(struct state *st, struct source *s, struct holding *h)
{
	for (uint32_t i = 0; i < h->rec->table->nfields; i++) {
		uint32_t *e = find_slot(s, h->rec->table->fields[i].name);
		struct holding *old = NULL;
		struct slot *slot;

		if (*e == 0)
			*e = ++s->nslots;
		else
			old = s->slots[*e - 1].holding;
		slot = &s->slots[*e - 1];
		slot->holding = h;
		slot->index = i;
		h->owned++;
		if (old != NULL)
			holding_lose(st, s, old);
	}
}

/* The record becomes the one of its kind (final, history) of the source. */
static void
take_place(struct state *st, struct source *s, struct holding **place,
    struct holding *h)
{
	struct holding *old = *place;

	*place = h;
	h->owned++;
	if (old != NULL)
		holding_lose(st, s, old);
}

static enum state_event
merge_new(struct state *st, struct source *s, struct record *rec, void *user,
    struct holding **live)
{
	struct holding *h;
	int history = (rec->flags & APREC_HISTORY) != 0;
	unsigned n = history ? 0 : new_names(s, rec);

	if (n > STATE_NAMES_MAX - s->nslots)
		return STATE_NAMES;
	if (rec->table->nfields == 0 && !(rec->flags & APREC_FINAL)) {
		*live = NULL;		/* says nothing but that it was */
		return STATE_MERGED;
	}
	if (reserve_slots(st, s, n) == -1 || (h = malloc(sizeof(*h))) == NULL)
		return STATE_FAILED;
	h->rec = record_hold(rec);
	h->source = s;
	h->user = user;
	h->twin = NULL;
	h->owned = 1;			/* while it takes its places */
	*live = h;
	if (history) {
		take_place(st, s, &s->history, h);
	} else {
		take_slots(st, s, h);
		s->private->last = h;
		if (rec->flags & APREC_FINAL)
			take_place(st, s, &s->private->end, h);
	}
	h->owned--;
	return STATE_MERGED;
}

static int
is_duplicate(const struct source *s, const struct record *rec)
{
	return rec->seq <= (rec->flags & APREC_HISTORY ?
	    s->private->history_seq : s->seq);
}

static void
note_merged(struct state *st, struct source *s, const struct record *rec)
{
	s->records++;
	if (rec->flags & APREC_HISTORY) {
		s->private->history_seq = rec->seq;
		return;
	}
	s->seq = rec->seq;
	s->wall = rec->wall;
	if (rec->table->nfields > 0)
		s->filled = rec->seq;
	if (rec->flags & APREC_FINAL) {
		s->final = s->ended = 1;
		st->changes++;
	}
}

enum state_event
state_merge(struct state *st, struct record *rec, unsigned input, void *user,
    struct holding **live)
{
	struct source *s = find_run(st, rec->run);
	struct holding *h = NULL;
	enum state_event event = STATE_MERGED;
	int fresh = s == NULL;

	if (fresh) {
		if (is_late(st, rec))
			return STATE_DUPLICATE;
		if (count_input(st, input) >= STATE_SOURCES_MAX)
			return STATE_SOURCES;
		if ((s = add_source(st, rec, input)) == NULL)
			return STATE_FAILED;
	} else if (carry(st, s, input) == -1)
		return STATE_FAILED;
	else if (is_duplicate(s, rec))
		return STATE_DUPLICATE;
	if (merge_same(st, s, rec, user))
		h = s->private->last;
	else
		event = merge_new(st, s, rec, user, &h);
	if (event != STATE_MERGED) {
		if (fresh)
			remove_source(st, s);
		return event;
	}
	note_merged(st, s, rec);
	if (st->count > 1)
		replace_ended(st, s);
	if (live != NULL)
		*live = h;
	return STATE_MERGED;
}

uint64_t
state_seq(struct state *st, uint64_t run)
{
	const struct source *s = find_run(st, run);
	const struct replaced *r;

	if (s != NULL)
		return s->seq;
	r = find_replaced(st, run);
	return r != NULL ? r->seq : 0;
}

/* The source comes over that input no more. */
static void
leave(struct state *st, struct source *s, unsigned input)
{
	struct source_private *p = s->private;
	unsigned i;

	for (i = 0; i < p->ninputs && p->inputs[i] != input; i++)
		continue;
	if (i == p->ninputs)
		return;
	memmove(p->inputs + i, p->inputs + i + 1,
	    (--p->ninputs - i) * sizeof(*p->inputs));
	s->input = p->ninputs > 0 ? p->inputs[0] : STATE_NO_INPUT;
	if (p->ninputs == 0) {
		p->gone = ++st->gone;
		s->ended = 1;
		st->changes++;
	}
}

/* Of what is left by inputs that have ended, the oldest goes. */
static void
bound_gone(struct state *st)
{
	struct source *s, *oldest;

	while (count_input(st, STATE_NO_INPUT) > STATE_GONE_MAX) {
		oldest = NULL;
		for (s = st->sources; s != NULL; s = s->next)
			if (s->input == STATE_NO_INPUT && (oldest == NULL ||
			    s->private->gone < oldest->private->gone))
				oldest = s;
		replace_source(st, oldest);
	}
}

void
state_input_ended(struct state *st, unsigned input)
{
	for (struct source *s = st->sources; s != NULL; s = s->next)
		leave(st, s, input);
	bound_gone(st);
}

void
state_evict(struct state *st, struct holding *h)
{
	struct source *s = h->source;
	unsigned kept = 0;

	h->owned++;			/* until all its places are given up */
	if (s->private->end == h) {
		s->private->end = NULL;
		h->owned--;
	}
	if (s->history == h) {
		s->history = NULL;
		h->owned--;
	}
	for (unsigned i = 0; i < s->nslots; i++)
		if (s->slots[i].holding == h)
			h->owned--;
		else
			s->slots[kept++] = s->slots[i];
	s->nslots = kept;
	if (s->private->hash != NULL)
		rehash(s);
	holding_lose(st, s, h);
}

void
state_replace(struct holding *h, struct record *copy)
{
	record_hold(copy);
	record_drop(h->rec);
	h->rec = copy;
}

/*
 * Looking
 */

struct state *
state_new(struct pool *pool, void (*superseded)(void *, void *), void *arg)
{
	struct state *st = calloc(1, sizeof(*st));

	if (st != NULL) {
		st->pool = pool;
		st->superseded = superseded;
		st->arg = arg;
	}
	return st;
}

void
state_free(struct state *st)
{
	if (st == NULL)
		return;
	st->superseded = NULL;
	while (st->sources != NULL)
		remove_source(st, st->sources);
	free(st->replaced);
	free(st);
}

struct source *
state_sources(const struct state *st)
{
	return st->sources;
}

unsigned
state_count(const struct state *st)
{
	return st->count;
}

const char *
source_shown(const struct source *s, char buf[SOURCE_SHOWN_MAX])
{
	if (s->number < 2)
		snprintf(buf, SOURCE_SHOWN_MAX, "%s", s->name);
	else
		snprintf(buf, SOURCE_SHOWN_MAX, "%s#%u", s->name, s->number);
	return buf;
}

const struct field *
source_slot(const struct source *s, unsigned i, const struct record **rec)
{
	const struct slot *slot = &s->slots[i];
	const struct field *f = &slot->holding->rec->table->fields[slot->index];

	if (f->type == APREC_NONE)
		return NULL;
	*rec = slot->holding->rec;
	return f;
}

const struct field *
source_field(const struct source *s, const char *name,
    const struct record **rec)
{
	uint32_t *e;

	if (s->nslots == 0 || *(e = find_slot(s, name)) == 0)
		return NULL;
	return source_slot(s, *e - 1, rec);
}

int64_t
source_step(const struct source *s)
{
	const struct record *rec;
	const struct field *f = source_field(s, "step", &rec);
	int64_t step;

	if (f != NULL && record_integer(rec, f, &step))
		return step;
	return (int64_t)s->filled;
}

int
source_time(const struct source *s, double *t)
{
	const struct record *rec;
	const struct field *f;

	if (((f = source_field(s, "t", &rec)) == NULL ||
	    !field_is_number(f)) &&
	    ((f = source_field(s, "time", &rec)) == NULL ||
	    !field_is_number(f)))
		return 0;
	*t = record_value(rec, f, 0);
	return 1;
}

/*
 * Snapshots: sources with slots of their own, and holdings that hold the same
 * records.  While a source is copied, twin leads from its holdings to those.
 */

static struct holding *
twin_of(struct source *c, struct holding *h)
{
	if (h->twin == NULL && (h->twin = malloc(sizeof(*h))) != NULL) {
		h->twin->rec = record_hold(h->rec);
		h->twin->source = c;
		h->twin->owned = 0;
		h->twin->user = NULL;
		h->twin->twin = NULL;
	}
	if (h->twin != NULL)
		h->twin->owned++;
	return h->twin;
}

/* Twins for all that s holds, in c: 0, or -1 with what there is in c. */
static int
copy_holdings(struct source *c, const struct source *s)
{
	c->nslots = 0;
	c->history = c->private->end = NULL;
	for (unsigned i = 0; i < s->nslots; i++) {
		c->slots[i] = s->slots[i];
		c->slots[i].holding = twin_of(c, s->slots[i].holding);
		if (c->slots[i].holding == NULL)
			return -1;
		c->nslots++;
	}
	if (s->private->end != NULL &&
	    (c->private->end = twin_of(c, s->private->end)) == NULL)
		return -1;
	if (s->history != NULL &&
	    (c->history = twin_of(c, s->history)) == NULL)
		return -1;
	return 0;
}

static void
forget_twins(const struct source *s)
{
	for (unsigned i = 0; i < s->nslots; i++)
		s->slots[i].holding->twin = NULL;
	if (s->private->end != NULL)
		s->private->end->twin = NULL;
	if (s->history != NULL)
		s->history->twin = NULL;
}

/* An empty source with all of s but what it holds. */
static struct source *
copy_source(struct state *copy, const struct source *s)
{
	struct source *c = calloc(1, sizeof(*c));
	struct source_private *p = calloc(1, sizeof(*p));

	if (c == NULL || p == NULL) {
		free(c);
		free(p);
		return NULL;
	}
	*c = *s;
	*p = *s->private;
	c->private = p;
	p->last = NULL;
	p->inputs = NULL;
	p->ninputs = 0;
	c->slots = malloc(p->room * sizeof(*c->slots) + 1);
	p->hash = malloc(p->hash_size * sizeof(*p->hash) + 1);
	if (c->slots == NULL || p->hash == NULL) {
		free_source(copy, c);
		return NULL;
	}
	if (p->hash_size > 0)
		memcpy(p->hash, s->private->hash,
		    p->hash_size * sizeof(*p->hash));
	return c;
}

struct state *
state_snapshot(const struct state *st)
{
	struct state *copy = state_new(NULL, NULL, NULL);
	struct source **end;

	if (copy == NULL)
		return NULL;
	end = &copy->sources;
	for (struct source *s = st->sources; s != NULL; s = s->next) {
		struct source *c = copy_source(copy, s);
		int failed = c == NULL || copy_holdings(c, s) == -1;

		if (c != NULL) {
			c->next = NULL;
			*end = c;
			end = &c->next;
			copy->count++;
			forget_twins(s);
			index_run(copy, c);
		}
		if (failed) {
			state_free(copy);
			errno = ENOMEM;
			return NULL;
		}
	}
	return copy;
}
