/*
 * order.c - see order.h
 */
#include <stdio.h>
#include <string.h>

#include "order.h"

static int
is_whole(const char *s, size_t len)
{
	size_t n;

	if (len > 0 && *s == '-') {
		s++;
		len--;
	}
	n = strspn(s, "0123456789");
	return n > 0 && n < 19 && n == len;
}

static int
is_word(const char *line, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(line, word, len) == 0;
}

/* All but at. */
static const char *
check_simple(const char *line, char told[ORDER_MAX])
{
	size_t word = strcspn(line, " ");
	const char *rest = line + word + strspn(line + word, " ");

	snprintf(told, ORDER_MAX, "%s", line);
	/* Without a value: a text may be empty, and who obeys knows. */
	if (is_word(line, word, "set"))
		return aprec_is_identifier(rest, strcspn(rest, " ")) ? NULL :
		    "set NAME VALUE";
	if (is_word(line, word, "step")) {
		if (*rest == '\0')
			strcpy(told, "step 1");
		return *rest == '\0' || (*rest != '-' &&
		    is_whole(rest, strlen(rest))) ? NULL : "step [n]";
	}
	if (strcmp(line, "continue") == 0)
		strcpy(told, "resume");
	return strcmp(line, "pause") == 0 || strcmp(line, "resume") == 0 ||
	    strcmp(line, "continue") == 0 || strcmp(line, "stop") == 0 ?
	    NULL : ORDER_USAGE;
}

const char *
order_check(const char *line, char told[ORDER_MAX])
{
	char inner[ORDER_MAX];
	const char *rest, *why;
	size_t word = strcspn(line, " "), n;

	if (strlen(line) >= ORDER_MAX)
		return "a line of at most 4095 bytes";
	if (!is_word(line, word, "at"))
		return check_simple(line, told);
	rest = line + word + strspn(line + word, " ");
	n = strcspn(rest, " ");
	if (!is_whole(rest, n) || rest[n] == '\0')
		return "at STEP command";
	line = rest + n + strspn(rest + n, " ");
	if ((why = check_simple(line, inner)) != NULL)
		return why;
	/* It has become at most 2 bytes longer: "step 1". */
	if (snprintf(told, ORDER_MAX, "at %.*s %s", (int)n, rest, inner) >=
	    ORDER_MAX)
		return "a line of at most 4095 bytes";
	return NULL;
}

int
order_parameter(const struct field *f)
{
	const char *role = field_attr(f, "role");

	return role != NULL && strcmp(role, "parameter") == 0 &&
	    f->rank == 0 && f->type != APREC_NONE;
}

static int
tells_obeyed(const struct field *f)
{
	return f->type == APREC_TEXT && field_attr(f, "state") != NULL;
}

int
order_only(const struct table *t)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (!order_parameter(f) && !(tells_obeyed(f) &&
		    strcmp(f->name, "control") == 0))
			return 0;
	}
	return t->nfields > 0;
}

const struct field *
order_obeyed(const struct record *r)
{
	const struct field *f = (r->flags & APREC_HISTORY) ? NULL :
	    record_find(r, "control");

	return f != NULL && tells_obeyed(f) ? f : NULL;
}
