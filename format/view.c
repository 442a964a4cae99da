/*
 * view.c - a field as it is drawn: a line or a plane of its array
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/* The index at which dimension k of f is fixed by a slice; -1: by none. */
static int64_t
fixed_at(const struct field *f, unsigned k, const struct slice *slices,
    unsigned nslices)
{
	char place[16];
	unsigned i;

	snprintf(place, sizeof(place), "%u", k);
	for (i = 0; i < nslices; i++) {
		if (strcmp(slices[i].dim, place) == 0 || (*f->dims[k] != '\0' &&
		    strcmp(slices[i].dim, f->dims[k]) == 0))
			return (int64_t)slices[i].index;
	}
	return -1;
}

/* Whether every slice names a dimension of f. */
static int
slices_known(const struct field *f, const struct slice *slices,
    unsigned nslices)
{
	unsigned i, k;

	for (i = 0; i < nslices; i++) {
		for (k = 0; k < f->rank; k++) {
			if (fixed_at(f, k, &slices[i], 1) != -1)
				break;
		}
		if (k == f->rank)
			return 0;
	}
	return 1;
}

/* Fix dimension k at index, and say so. */
static void
fix(struct view *v, unsigned k, uint64_t index, uint64_t stride)
{
	const struct field *f = v->field;
	size_t len = strlen(v->where);
	char place[16];

	snprintf(place, sizeof(place), "%u", k);
	v->first += index * stride;
	snprintf(v->where + len, sizeof(v->where) - len, "%s%s=%llu",
	    len == 0 ? "[" : ",", *f->dims[k] != '\0' ? f->dims[k] : place,
	    (unsigned long long)index);
}

/* Choose the dimensions to draw, and fix the others. */
static int
choose(struct view *v, const struct slice *slices, unsigned nslices,
    const char **why)
{
	const struct field *f = v->field;
	uint64_t stride[APREC_RANK_MAX], n = 1;
	unsigned k, free = 0, kept = 0;
	int64_t at[APREC_RANK_MAX];

	for (k = f->rank; k-- > 0; n *= f->extents[k])
		stride[k] = n;
	for (k = 0; k < f->rank; k++) {
		at[k] = fixed_at(f, k, slices, nslices);
		if (at[k] >= 0 && (uint64_t)at[k] >= f->extents[k]) {
			*why = "has no such slice";
			return -1;
		}
		free += at[k] < 0 && f->extents[k] > 1;
	}
	for (k = 0; k < f->rank; k++) {
		if (at[k] < 0 && f->extents[k] == 1 &&
		    (free > 0 || k + 1 < f->rank))
			continue;
		if (at[k] < 0 && free > 2) {
			at[k] = (int64_t)(f->extents[k] / 2);
			free--;
		}
		if (at[k] >= 0) {
			fix(v, k, (uint64_t)at[k], stride[k]);
			continue;
		}
		v->extents[kept] = f->extents[k];
		v->strides[kept] = stride[k];
		v->places[kept] = f->rank - 1 - k;
		v->dims[kept++] = f->dims[k];
	}
	if (*v->where != '\0' && strlen(v->where) + 1 < sizeof(v->where))
		strcat(v->where, "]");
	v->rank = kept;
	if (kept == 0) {
		*why = "is one number there";
		return -1;
	}
	return 0;
}

int
view_array(struct view *v, const struct record *rec, const struct field *f,
    const struct slice *slices, unsigned nslices, const char **why)
{
	memset(v, 0, sizeof(*v));
	v->rec = rec;
	v->field = f;
	v->dims[0] = v->dims[1] = "";
	if (v->field == NULL || v->field->type == APREC_NONE) {
		v->rec = NULL;
		*why = "is not there yet";
		return -1;
	}
	if (v->field->type == APREC_TEXT)
		*why = "is a text";
	else if (v->field->rank == 0)
		*why = "is a number";
	else if (v->field->count == 0)
		*why = "is empty";
	else if (!slices_known(v->field, slices, nslices))
		*why = "has no such dimension";
	else if (choose(v, slices, nslices, why) == 0)
		return 0;
	v->rec = NULL;
	return -1;
}

int
view_field(struct view *v, const struct source *s, const char *name,
    const struct slice *slices, unsigned nslices, const char **why)
{
	const struct record *rec = NULL;
	const struct field *f = source_field(s, name, &rec);

	return view_array(v, rec, f, slices, nslices, why);
}

uint64_t
view_count(const struct view *v)
{
	return v->rank == 1 ? v->extents[0] : v->extents[0] * v->extents[1];
}

static int
is_complex(const struct field *f)
{
	return f->type == APREC_C64 || f->type == APREC_C128;
}

int
view_is_complex(const struct view *v)
{
	return v->field != NULL && is_complex(v->field);
}

/* The phase of a number, NaN of 0. */
static double
phase(double re, double im)
{
	double at = re == 0 && im == 0 ? NAN : atan2(im, re);

	return at == -M_PI ? M_PI : at;
}

/* A part of a number. */
static double
part(enum view_component component, double re, double im)
{
	switch (component) {
	case VIEW_PHASE:
		return phase(re, im);
	case VIEW_REAL:
		return re;
	case VIEW_IMAG:
		return im;
	default:
		return hypot(re, im);
	}
}

static void values(const struct view *v, enum view_component component,
    uint64_t row, uint64_t col, size_t n, double *out);

/* Values of parts, each over those before it. */
static void
part_values(const struct view *v, enum view_component component,
    uint64_t row, uint64_t col, size_t n, double *out)
{
	const struct view_part *p;
	uint64_t first, last;
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = NAN;
	for (p = v->parts; p < v->parts + v->nparts; p++) {
		first = col > p->col ? col : p->col;
		last = p->col + p->v.extents[p->v.rank - 1];
		last = last < col + n ? last : col + n;
		if (row < p->row || row - p->row >= (p->v.rank == 2 ?
		    p->v.extents[0] : 1) || first >= last)
			continue;
		values(&p->v, component, row - p->row, first - p->col,
		    (size_t)(last - first), out + (first - col));
	}
}

/* n numbers that lie plain one behind the other. */
#define WIDEN(type)							\
	do {								\
		type t;							\
		for (i = 0; i < n; i++) {				\
			memcpy(&t, p + i * sizeof(t), sizeof(t));	\
			out[i] = (double)t;				\
		}							\
	} while (0)

static void
packed_values(enum aprec_type type, const unsigned char *p, size_t n,
    double *out)
{
	size_t i;

	switch (type) {
	case APREC_I8: WIDEN(int8_t); break;
	case APREC_I16: WIDEN(int16_t); break;
	case APREC_I32: WIDEN(int32_t); break;
	case APREC_I64: WIDEN(int64_t); break;
	case APREC_U8: WIDEN(uint8_t); break;
	case APREC_U16: WIDEN(uint16_t); break;
	case APREC_U32: WIDEN(uint32_t); break;
	case APREC_U64: WIDEN(uint64_t); break;
	case APREC_F32: WIDEN(float); break;
	case APREC_F64: memcpy(out, p, n * sizeof(*out)); break;
	default:
		for (i = 0; i < n; i++)
			out[i] = record_number(type, p + i *
			    aprec_type_size(type));
	}
}

/* Values in a record. */
static void
plain_values(const struct view *v, enum view_component component, uint64_t at,
    size_t n, double *out)
{
	const struct field *f = v->field;
	const unsigned char *p = record_bytes(v->rec, f);
	uint64_t stride = v->strides[v->rank - 1];
	int whole = component == VIEW_ANY && !is_complex(f);
	float single;
	size_t i;

	/* In place, though maybe not aligned. */
	if (whole && stride == 1 && f->encoding == RECORD_PLAIN) {
		packed_values(f->type, p + at * aprec_type_size(f->type), n,
		    out);
	} else if (whole && f->type == APREC_F64 &&
	    f->encoding == RECORD_PLAIN) {
		for (i = 0; i < n; i++, at += stride)
			memcpy(out + i, p + at * 8, 8);
	} else if (whole && f->type == APREC_F32 &&
	    f->encoding == RECORD_PLAIN) {
		for (i = 0; i < n; i++, at += stride) {
			memcpy(&single, p + at * 4, 4);
			out[i] = (double)single;
		}
	} else if (whole) {
		for (i = 0; i < n; i++, at += stride)
			out[i] = record_value(v->rec, f, at);
	} else {
		for (i = 0; i < n; i++, at += stride)
			out[i] = part(component, record_value(v->rec, f, at),
			    record_imag(v->rec, f, at));
	}
}

static void
values(const struct view *v, enum view_component component, uint64_t row,
    uint64_t col, size_t n, double *out)
{
	if (v->parts != NULL)
		part_values(v, component, row, col, n, out);
	else if (v->values != NULL)
		memcpy(out, v->values + col, n * sizeof(*out));
	else
		plain_values(v, component, v->first + col *
		    v->strides[v->rank - 1] + (v->rank == 2 ? row *
		    v->strides[0] : 0), n, out);
}

void
view_values(const struct view *v, uint64_t row, uint64_t col, size_t n,
    double *out)
{
	double other[256];
	size_t i, k, m;

	values(v, v->component, row, col, n, out);
	for (i = 0; v->across != NULL && i < n; i += m) {
		m = n - i < 256 ? n - i : 256;
		view_values(v->across, row, col + i, m, other);
		for (k = 0; k < m; k++)
			out[i + k] = hypot(out[i + k], other[k]);
	}
}

const void *
view_bytes(const struct view *v)
{
	const struct field *f = v->field;

	if (v->parts != NULL || v->values != NULL || v->across != NULL ||
	    v->component != VIEW_ANY || f->encoding != RECORD_PLAIN ||
	    v->strides[v->rank - 1] != 1 ||
	    (v->rank == 2 && v->strides[0] != v->extents[1]))
		return NULL;
	return (const uint8_t *)record_bytes(v->rec, f) +
	    v->first * aprec_type_size(f->type);
}

const double *
view_doubles(const struct view *v)
{
	const void *p = v->field->type == APREC_F64 ? view_bytes(v) : NULL;

	if (v->values != NULL)
		return v->across == NULL ? v->values : NULL;
	return (uintptr_t)p % sizeof(double) == 0 ? p : NULL;
}

/* A view of the k-th name in the attribute coordinates. */
static int
named_coordinate(const struct view *v, const struct source *s, unsigned k,
    struct view *out)
{
	const char *names, *why;
	char name[APREC_NAME_MAX + 1];
	size_t len;

	names = field_attr(v->field, "coordinates");
	for (; names != NULL && *names != '\0'; k--) {
		names += strspn(names, " ");
		len = strcspn(names, " ");
		if (k == 0) {
			if (len == 0 || len > APREC_NAME_MAX)
				return 0;
			memcpy(name, names, len);
			name[len] = '\0';
			return view_field(out, s, name, NULL, 0, &why) == 0 &&
			    !is_complex(out->field);
		}
		names += len;
	}
	return 0;
}

int
view_coordinate(const struct view *v, const struct source *s, unsigned dim,
    struct view *coordinate)
{
	static const char *const xyz[] = { "x", "y", "z" };
	const char *why, *name = v->dims[dim];

	/* In the attribute the one along x comes first. */
	if (named_coordinate(v, s, v->rank - 1 - dim, coordinate) &&
	    coordinate->rank == 1 &&
	    coordinate->extents[0] == v->extents[dim])
		return 1;
	if (*name == '\0' && v->places[dim] < 3)
		name = xyz[v->places[dim]];
	if (*name == '\0' ||
	    view_field(coordinate, s, name, NULL, 0, &why) == -1)
		return 0;
	return coordinate->rank == 1 && coordinate->field->rank == 1 &&
	    !is_complex(coordinate->field) &&
	    coordinate->extents[0] == v->extents[dim] &&
	    (*v->dims[dim] != '\0' || *coordinate->dims[0] == '\0' ||
	    strcmp(coordinate->dims[0], name) == 0) &&
	    coordinate->field != v->field;
}

int
view_fits(const struct view *a, const struct view *b)
{
	return a->rank == b->rank && a->extents[0] == b->extents[0] &&
	    (a->rank == 1 || a->extents[1] == b->extents[1]);
}

int
view_positions(const struct view *v, const struct source *s, struct view *x,
    struct view *y)
{
	return named_coordinate(v, s, 0, x) && named_coordinate(v, s, 1, y) &&
	    view_fits(v, x) && view_fits(v, y);
}
