/*
 * gnuplot.c - a state into gnuplot commands and data
 *
 * Here is the frame around the panels: terminal, title, layout, answer.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "picture.h"
#include "ranks.h"
#include "status.h"

#define TITLE_MOST	200	/* characters */
#define GAP		3	/* characters between the lines below it */
#define GATHERED	400	/* data sources gnuplot opens for that */
#define WIDE_MOST	1000	/* corners of a wide line in qt */
#define LEFT_LEAST	24	/* of the left one, where there are both */

/* Terminals: their options, default size, and what a character takes. */
static const struct kind {
	const char	*name;
	const char	*options;	/* always given */
	const char	*unit;		/* of sizes; in: given in points */
	const char	*font;		/* "": the terminal's own */
	double		 points;
	int		 text;
	int		 window;
	int		 scales;	/* letters follow the size */
	int		 width, height;
	double		 hchar, vchar;
} kinds[] = {
	{ "qt", "noraise", "", "Sans", 10, 0, 1, 0, 1000, 750, 8, 17 },
	{ "wxt", "noraise", "", "Sans", 10, 0, 1, 0, 1000, 750, 8, 15.5 },
	{ "x11", "noraise", "", "", 0, 0, 1, 0, 1000, 750, 5.86, 12.9 },
	{ "aqua", "", "", "Helvetica", 13, 0, 1, 0, 1000, 750, 8, 16 },
	{ "pngcairo", "", "", "Sans", 12, 0, 0, 1, 1280, 960, 10, 18.6 },
	{ "png", "truecolor", "", "Sans", 12, 0, 0, 1, 1280, 960, 11, 17 },
	{ "jpeg", "", "", "Sans", 12, 0, 0, 1, 1280, 960, 11, 17 },
	{ "gif", "", "", "Sans", 12, 0, 0, 1, 1280, 960, 11, 17 },
	{ "svg", "background rgb 'white'", "", "Sans", 14, 0, 0, 1, 1000,
	    750, 9.8, 21 },
	{ "pdfcairo", "", "in", "Sans", 10, 0, 0, 0, 720, 540, 8, 15.5 },
	{ "sixelgd", "truecolor", "", "Sans", 10, 0, 0, 0, 800, 600, 9, 13 },
	{ "kittycairo", "", "", "Sans", 10, 0, 0, 0, 800, 600, 8, 15.5 },
	{ "kittygd", "truecolor", "", "Sans", 10, 0, 0, 0, 800, 600, 9, 13 },
	{ "dumb", "", "", "", 0, 1, 0, 0, 79, 24, 1, 1 },
	{ "block", "", "", "", 0, 1, 0, 0, 79, 24, 1, 1 },
	{ "", "", "", "", 0, 0, 0, 0, 800, 600, 9.5, 19 }
};

static const struct kind *
kind_of(const char *terminal)
{
	size_t len = 0, i;

	while (terminal != NULL && isalnum((unsigned char)terminal[len]))
		len++;
	for (i = 0; *kinds[i].name != '\0'; i++) {
		if (strlen(kinds[i].name) == len &&
		    strncmp(kinds[i].name, terminal, len) == 0)
			break;
	}
	return &kinds[i];
}

int
gnuplot_is_text(const char *terminal)
{
	return kind_of(terminal)->text;
}

/* Whether the user's own options of the terminal have the word. */
static int
has_word(const char *options, const char *word)
{
	const char *at = options;
	size_t len = strlen(word);

	while ((at = strstr(at, word)) != NULL) {
		if ((at == options || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[len]))
			return 1;
		at += len;
	}
	return 0;
}

/*
 * How much larger than usual the texts and lines of a picture in a file are:
 * it is looked at as a whole, be it on a wall or in the corner of a page, and
 * in a small one letters must be read, too.  Windows and terminals lie beside
 * others on the same screen; a font of the user's own is what that says.
 */
static double
magnified(const struct gnuplot *g)
{
	const struct kind *k = kind_of(g->o.terminal);
	double much = fmin((double)g->width / k->width, (double)g->height /
	    k->height);

	if (!k->scales || has_word(g->o.terminal, "font") ||
	    has_word(g->o.terminal, "fontscale"))
		return 1;
	return much > 1 ? much : fmax(sqrt(much), 0.6);
}

/* What is supposed of the terminal until gnuplot has answered. */
static void
suppose(struct gnuplot *g)
{
	const struct kind *k = kind_of(g->o.terminal);
	/* x11 counts 4096ths of the width. */
	double unit = strcmp(k->name, "x11") == 0 ? 4096. / g->width : 1;
	double much = magnified(g);

	g->m.width = g->width * unit;
	g->m.height = g->height * unit;
	g->m.scale = 1;
	g->m.hchar = k->hchar * unit * much;
	g->m.vchar = k->vchar * unit * much;
	g->letter = (g->m.hchar + 0.5) * g->width / g->m.width;
	g->sized = 0;
}

/*
 * x11 counts 4096ths of the width, however wide its window is.  How many of
 * them, rounded down, a letter has tells that: its pixels are known of the
 * first window, which is as wide as it was asked for.
 */
double
picture_pixel(const struct gnuplot *g)
{
	if (strcmp(kind_of(g->o.terminal)->name, "x11") != 0)
		return 1;
	return (g->m.hchar + 0.5) / g->letter;
}

char
picture_number(const struct gnuplot *g)
{
	return strcmp(kind_of(g->o.terminal)->name, "x11") == 0 ? 'g' : 'h';
}

const char *
picture_pi(const struct gnuplot *g)
{
	return picture_number(g) == 'g' ? "('-pi' -pi, '-pi/2' -pi/2, '0' 0, "
	    "'pi/2' pi/2, 'pi' pi)" : "('-\xcf\x80' -pi, '-\xcf\x80/2' -pi/2, "
	    "'0' 0, '\xcf\x80/2' pi/2, '\xcf\x80' pi)";
}

const char *
picture_width(const struct gnuplot *g, size_t n)
{
	return n > WIDE_MOST && strcmp(kind_of(g->o.terminal)->name, "qt") ==
	    0 ? " lw 1" : "";
}

struct gnuplot *
gnuplot_new(const struct gnuplot_options *o, const char **why)
{
	static char buf[256];
	struct gnuplot *g;
	unsigned i;

	*why = "out of memory";
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->o = *o;
	g->plots = calloc(o->nplots + 1, sizeof(*g->plots));
	g->panels = calloc(1, sizeof(*g->panels));
	if (o->script != NULL)
		g->script = script_new(o);
	if (g->plots == NULL || g->panels == NULL ||
	    (o->script != NULL && g->script == NULL)) {
		gnuplot_free(g);
		return NULL;
	}
	for (i = 0; i < o->nplots; i++) {
		if (plot_parse(&g->plots[i], o->plots[i], why) == -1) {
			snprintf(buf, sizeof(buf), "%.80s: %s", o->plots[i],
			    *why);
			*why = buf;
			gnuplot_free(g);
			return NULL;
		}
	}
	g->settings = settings_made(o->commands);
	settings_style(o->commands, g->style, sizeof(g->style));
	g->text = kind_of(o->terminal)->text;
	g->fine = strcmp(kind_of(o->terminal)->name, "block") == 0;
	gnuplot_size(g, 0, 0);
	return g;
}

void
gnuplot_free(struct gnuplot *g)
{
	if (g == NULL)
		return;
	sheet_free(&g->sheet);
	buffer_free(&g->terminal);
	buffer_free(&g->ask);
	script_free(g->script);
	free(g->plots);
	panels_free(g->panels);
	free(g);
}

/* The size in pixels or cells that the user's options of the terminal give. */
static int
given_size(const char *terminal, int *width, int *height)
{
	const char *at = terminal == NULL ? NULL : strstr(terminal, "size ");
	char after = '\0';

	return at != NULL && sscanf(at + 5, "%5d , %5d%c", width, height,
	    &after) >= 2 && (after == '\0' || after == ' ') && *width > 0 &&
	    *height > 0;
}

void
gnuplot_size(struct gnuplot *g, int width, int height)
{
	const struct kind *k = kind_of(g->o.terminal);

	if (!given_size(g->o.terminal, &width, &height) &&
	    (width <= 0 || height <= 0)) {
		width = k->width;
		height = k->height;
	}
	if (g->m.width > 0 && width == g->width && height == g->height)
		return;
	g->width = width;
	g->height = height;
	suppose(g);
}

void
gnuplot_alone(struct gnuplot *g, unsigned n)
{
	g->alone = n;
}

unsigned
gnuplot_panels(const struct gnuplot *g)
{
	return g->npanels;
}

static const char *
colours(int n)
{
	return n <= 2 ? "mono" : "ansirgb";
}

const char *
gnuplot_terminal(struct gnuplot *g, const char *title)
{
	const struct kind *k = kind_of(g->o.terminal);
	const char *given = g->o.terminal == NULL ? "" : g->o.terminal;
	struct buffer *b = &g->terminal;
	size_t len = strlen(k->name);
	double much = magnified(g);

	buffer_clear(b);
	buffer_puts(b, "set terminal ");
	if (len == 0) {
		buffer_printf(b, "%s\n", given);
		return buffer_text(b);
	}
	given += len;
	buffer_printf(b, "%s %s ", k->name, k->options);
	if (!has_word(given, "size") && strcmp(k->unit, "in") == 0)
		buffer_printf(b, "size %gin,%gin ", g->width / 72.,
		    g->height / 72.);
	else if (!has_word(given, "size"))
		buffer_printf(b, "size %d%s%d ", g->width,
		    strcmp(k->name, "aqua") == 0 ? " " : ",", g->height);
	if (!has_word(given, "font") && *k->font != '\0')
		buffer_printf(b, "font '%s,%.4g' ", k->font, k->points *
		    much);
	if (much > 1 && !has_word(given, "lw") &&
	    !has_word(given, "linewidth"))
		buffer_printf(b, "linewidth %.4g ", much);
	if (k->text && strstr(given, "ansi") == NULL &&
	    !has_word(given, "mono"))
		buffer_printf(b, "%s ", colours(g->o.colours));
	if (title != NULL && k->window && !has_word(given, "title")) {
		buffer_puts(b, "title ");
		escape_quoted(b, title, strlen(title), TITLE_MOST);
	}
	buffer_printf(b, "%s\n", given);
	return buffer_text(b);
}

/* The scales as the user's commands have set them. */
static void
set_scales(struct gnuplot *g)
{
	g->log_x = (g->settings & SET_LOG_X) != 0;
	g->log_y = (g->settings & SET_LOG_Y) != 0;
	g->log_cb = (g->settings & SET_LOG_CB) != 0;
}

/* Nothing that panels remember is kept but what the user chose. */
void
gnuplot_scales_of(struct gnuplot *g, const struct gnuplot *from)
{
	unsigned i;

	for (i = 0; i < MEMOS; i++) {
		struct memo m = { .key = from->memos[i].key,
		    .toggled_x = from->memos[i].toggled_x,
		    .toggled_y = from->memos[i].toggled_y };

		g->memos[i] = m;
	}
}

const char *
gnuplot_begin(struct gnuplot *g)
{
	static const char *const colour[] = { "#0072b2", "#d55e00", "#009e73",
		"#cc79a7", "#e69f00", "#56b4e9", "#333333", "#773300" };
	struct buffer *b = &g->terminal;
	unsigned i;

	gnuplot_scales_of(g, g);
	memset(g->drawn, 0, sizeof(g->drawn));
	g->agains = 0;
	g->gathered = g->apart = 0;
	g->clock = 0;
	g->was_alone = g->alone;
	suppose(g);
	set_scales(g);
	buffer_clear(b);
	buffer_puts(b, "set encoding utf8\nAPLOT_answer = ''\n");
	if (g->script != NULL) {
		script_begin(g->script);
		buffer_puts(b, "set key noautotitle\n");
		if (g->o.script_folder != NULL) {
			buffer_puts(b, "set loadpath ");
			escape_quoted(b, g->o.script_folder,
			    strlen(g->o.script_folder), SIZE_MAX);
			buffer_puts(b, "\n");
		}
		return buffer_text(b);
	}
	for (i = 0; i < LINES; i++)
		buffer_printf(b, "set linetype %u lc rgb '%s' lw 1.5%s\n",
		    i + 1, colour[i % 8], i < 8 ? "" : " dt '-'");
	buffer_printf(b, "set linetype cycle %d\n", LINES);
	/* A steep line is seen where a zoom shows neither of its ends. */
	buffer_puts(b, "set autoscale fix\n"
	    "set style data lines\nset pointintervalbox 0\nset clip two\n");
	draw_style(g->text, 0, b);
	for (i = 0; i < 3 && !(g->settings & SET_FORMAT); i++) {
		static const char *const axes[] = { "x", "y", "cb" };
		const int logs[] = { g->log_x, g->log_y, g->log_cb };

		if (logs[i] || picture_number(g) != 'h')
			buffer_printf(b, "set format %s '%%%c'\n", axes[i],
			    picture_number(g));
	}
	strokes_begin(g, b);
	return buffer_text(b);
}

/* FNV-1a (Fowler, Noll and Vo). */
static uint64_t
hash(const char *s)
{
	uint64_t key = UINT64_C(14695981039346656037);

	for (; *s != '\0'; s++)
		key = (key ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return key;
}

/* The memo of a panel: found, or in place of the one not used longest. */
static struct memo *
memo_for(struct gnuplot *g, const struct panel *p)
{
	const struct curve *c = p->curves;
	struct memo *m, *oldest = &g->memos[0];
	char text[512];
	uint64_t key;
	unsigned i;

	/* Sources come and go among curves, as tiles do in an image. */
	snprintf(text, sizeof(text), "%d %d %d %s %s %s %s %s", (int)p->kind,
	    p->ncurves > 0 ? (int)c->v.component : 0, p->ncurves > 0 &&
	    c->vx != NULL,
	    p->ncurves > 0 ? c->field->name : p->why,
	    p->ncurves > 0 && c->tiles == NULL && p->kind < PANEL_LINES ?
	    c->source->name : "", p->ncurves > 0 ? c->v.where : "",
	    p->against == NULL ? "" : p->against,
	    p->ncurves > 0 && c->x.rec != NULL ? c->x.field->name : "");
	key = hash(text);
	for (i = 0; i < MEMOS; i++) {
		m = &g->memos[i];
		if (m->key == key && m->frame != g->frame)
			goto found;
		if (m->frame < oldest->frame)
			oldest = m;
	}
	m = oldest;
	memset(m, 0, sizeof(*m));
	m->key = key;
found:
	m->frame = g->frame;
	m->fitted = m->timed = 0;
	m->used_ylo = m->used_yhi = NAN;
	return m;
}

/* Steps of all sources, and the time where it is the same for all. */
static void
put_moment(struct buffer *b, struct state *st)
{
	struct source *s, *first = state_sources(st);
	int64_t step, least = INT64_MAX, most = INT64_MIN;
	const struct field *f = NULL;
	const struct record *rec;
	struct timeaxis axis;
	double t, time = NAN;
	char date[64];
	int same = 1;

	for (s = first; s != NULL; s = s->next) {
		step = source_step(s);
		least = step < least ? step : least;
		most = step > most ? step : most;
		same &= source_time(s, &t) && (s == first || t == time);
		time = same ? t : NAN;
	}
	buffer_printf(b, least == most ? "    step %" PRId64 :
	    "    steps %" PRId64 " to %" PRId64, least, most);
	if (!same)
		return;
	f = source_field(first, "t", &rec);
	if (f == NULL || !field_is_number(f))
		f = source_field(first, "time", &rec);
	if (f != NULL && timeaxis_units(&axis, field_attr(f, "units"),
	    field_attr(f, "calendar")) && axis.date) {
		timeaxis_date(&axis, time, date, sizeof(date));
		buffer_printf(b, "    t = %s", date);
		return;
	}
	buffer_printf(b, "    t = %.6g", time);
	if (f != NULL && field_attr(f, "units") != NULL)
		buffer_printf(b, " %s", field_attr(f, "units"));
}

/* The parameters of the first source that has some, in at most room
 * characters. */
static void
put_parameters(struct buffer *b, struct state *st, size_t room)
{
	struct buffer one = { 0 };
	const struct record *rec;
	const struct field *f;
	struct source *s;
	size_t used = 0;
	unsigned i, n = 0;

	for (s = state_sources(st); s != NULL && n == 0; s = s->next) {
		for (i = 0; i < s->nslots; i++) {
			f = source_slot(s, i, &rec);
			if (f == NULL || !panel_is_parameter(f) ||
			    (f->type != APREC_TEXT && !field_is_number(f)))
				continue;
			buffer_clear(&one);
			buffer_printf(&one, "%s%s = ", n == 0 ? "    " : ", ",
			    f->name);
			if (f->type == APREC_TEXT)
				escape_text(&one, record_bytes(rec, f),
				    (size_t)f->length, 20);
			else
				buffer_printf(&one, "%.6g",
				    record_value(rec, f, 0));
			used += escape_width(buffer_text(&one));
			if (used > room)
				break;
			buffer_puts(b, buffer_text(&one));
			n++;
		}
	}
	buffer_free(&one);
}

/*
 * The picture's title: names, steps and time of the sources, parameters, and
 * the status.  Where there is no room for all, parameters go first, then the
 * end of the names.
 */
static void
put_title(struct gnuplot *g, struct buffer *b, struct state *st,
    const char *status)
{
	struct buffer names = { 0 }, end = { 0 };
	size_t room = (size_t)fmax(20, g->m.width / g->m.hchar - 2), n;
	const char *text;

	if (state_sources(st) != NULL) {
		ranks_name(&names, st);
		put_moment(&end, st);
	}
	text = buffer_text(&names);
	n = escape_width(text) + escape_width(buffer_text(&end));
	if (status != NULL && *status != '\0')
		n += escape_width(status) + 4;
	if (n < room)
		put_parameters(&end, st, room - n);
	if (status != NULL && *status != '\0')
		buffer_printf(&end, "%s%s", names.len == 0 ? "" : "    ",
		    status);
	n = escape_width(buffer_text(&end));
	escape_text(b, text, strlen(text), n + 8 < room ? room - n : 8);
	buffer_puts(b, buffer_text(&end));
	buffer_free(&names);
	buffer_free(&end);
}

/* Whether a line below the picture says what it has no room for. */
static int
something_left(const struct gnuplot *g)
{
	return g->alone == 0 && (g->panels->nleft_out > 0 ||
	    g->panels->sources > 0);
}

/* Whether there is a line below the panels. */
static int
something_below(const struct gnuplot *g, const char *quiet)
{
	return something_left(g) || (quiet != NULL && *quiet != '\0');
}

/* The line in the lower right corner. */
static void
put_quiet(struct gnuplot *g, const char *quiet, size_t width)
{
	struct buffer *b = &g->sheet.text;

	if (quiet == NULL || *quiet == '\0' || width == 0)
		return;
	buffer_puts(b, "set label 9004 ");
	escape_quoted(b, quiet, strlen(quiet), width);
	buffer_printf(b, " at screen %.5f, screen %.5f right noenhanced front"
	    "%s\n", 1 - g->m.hchar / g->m.width, g->text ? 0 : 0.6 *
	    g->m.vchar / g->m.height, g->text ? "" : " tc rgb '#808080'");
}

/* The line in the lower left corner: what there was no room for. */
static void
put_left(struct gnuplot *g, const char *text, size_t width)
{
	struct buffer *b = &g->sheet.text;

	buffer_puts(b, "set label 9002 ");
	escape_quoted(b, text, strlen(text), width);
	buffer_printf(b, " at screen %.5f, screen %.5f left noenhanced"
	    " front%s\n", g->m.hchar / g->m.width, g->text ? 0 : 0.6 *
	    g->m.vchar / g->m.height, g->text ? "" : " tc rgb '#606060'");
}

/* Both, in one row: where it is short, the left one gives way first. */
static void
put_below(struct gnuplot *g, const char *quiet)
{
	const struct panels *p = g->panels;
	struct buffer line = { 0 };
	size_t width = (size_t)(0.9 * g->m.width / g->m.hchar), n, left = 0;
	const char *text;

	if (something_left(g)) {
		if (p->sources > 0)
			buffer_printf(&line, "no room for %u more sources%s",
			    p->sources, p->nleft_out > 0 ? "; " : "");
		if (p->nleft_out > 0)
			buffer_printf(&line, "no room for %u more (name what "
			    "to plot): %s", p->nleft_out, p->left_out);
		text = buffer_text(&line);
		n = quiet == NULL ? 0 : escape_width(quiet) + GAP;
		n = width > n + LEFT_LEAST ? width - n : LEFT_LEAST;
		left = escape_width(text);
		left = left < n ? left : n;
		put_left(g, text, left);
		width = left + GAP < width ? width - left - GAP : 0;
	}
	put_quiet(g, quiet, width);
	buffer_free(&line);
}

static void
take_labels_away(struct gnuplot *g)
{
	buffer_puts(&g->sheet.text, "unset label 9001\nunset label 9002\n"
	    "unset label 9004\n");
}

/* Title above and what was left out below, as labels of the whole. */
static void
put_labels(struct gnuplot *g, struct state *st, const char *status,
    const char *quiet)
{
	struct buffer line = { 0 }, *b = &g->sheet.text;
	const char *text;

	take_labels_away(g);
	card_take_away(g);
	put_title(g, &line, st, status);
	text = buffer_text(&line);
	if (!(g->settings & SET_TITLE)) {
		buffer_puts(b, "set label 9001 ");
		escape_quoted(b, text, strlen(text), !g->text ? TITLE_MOST :
		    (size_t)(g->m.width / g->m.hchar));
		buffer_printf(b, " at screen 0.5, screen %.5f center noenhanced"
		    " front\n", g->text ? 1 : 1 - 0.8 * g->m.vchar /
		    g->m.height);
	}
	put_below(g, quiet);
	buffer_free(&line);
}

/* As many panels as can be read. */
static unsigned
most_panels(const struct gnuplot *g)
{
	double w = g->text ? 36 : 28, h = g->text ? 10 : 9, n;

	n = fmax(1, floor(g->m.width / g->m.hchar / w)) *
	    fmax(1, floor(g->m.height / g->m.vchar / h));
	return (unsigned)fmin(n, 2 * PANEL_MOST);
}

/* Cells of the panels that are drawn, first to before last. */
static void
lay_out(struct gnuplot *g, unsigned first, unsigned last, const char *quiet,
    struct layout_panel *cells)
{
	double h = g->m.hchar, v = g->m.vchar;
	struct layout_area area;
	unsigned i;

	area.left = 0;
	area.right = g->m.width;
	area.top = g->m.height - (g->settings & SET_TITLE ? 0.3 : 1.5) *
	    g->m.vchar;
	area.bottom = something_below(g, quiet) ? 1.1 * g->m.vchar :
	    0.2 * g->m.vchar;
	if (g->text) {	/* rows of characters, from 0 */
		area.top = g->m.height - (g->settings & SET_TITLE ? 1 : 2) *
		    g->m.vchar;
		area.bottom = something_below(g, quiet) ? 0 : -g->m.vchar;
		/* Its labels of x stand a row lower than those of dumb. */
		if (g->fine)
			area.bottom += g->m.vchar;
	}
	for (i = first; i < last; i++) {
		cells[i].aspect = g->text ? 0 :
		    draw_aspect(&g->panels->panel[i], g->drawn[i]);
		cells[i].beside = g->text ? 12 * h : cells[i].aspect > 0 ?
		    17 * h + 3.8 * v : 10 * h + 2 * v;
		cells[i].above = g->text ? 5 * v : 4.3 * v;
	}
	/* Characters are twice as high as wide. */
	layout_rows(cells + first, last - first, &area, g->text ? 3.4 : 1.7,
	    &g->rows);
}

/* What a zoom of one panel alone has left must not show in the others. */
static void
unzoom(struct gnuplot *g)
{
	struct buffer *b = &g->sheet.text;

	if (!(g->settings & SET_XRANGE))
		buffer_puts(b, "set xrange [*:*]\nset autoscale xfix\n");
	if (!(g->settings & SET_YRANGE))
		buffer_puts(b, "set yrange [*:*]\nset autoscale yfix\n");
}

/* The panel's part of the page: margins do not go by it, but a mouse over
 * several panels does, since gnuplot 6.0.5. */
static void
put_cell(struct gnuplot *g, const struct layout_area *a)
{
	buffer_printf(&g->sheet.text, "set origin %.6f,%.6f\n"
	    "set size %.6f,%.6f\n", a->left / g->m.width, a->bottom /
	    g->m.height, (a->right - a->left) / g->m.width, (a->top -
	    a->bottom) / g->m.height);
}

static void
draw_panels(struct gnuplot *g, struct state *st, const struct history *h,
    unsigned first, unsigned last, const char *quiet)
{
	struct layout_panel cells[PANEL_MOST];
	struct drawing d = { .g = g, .history = h };
	unsigned i;

	d.several = state_count(st) > 1;
	d.row = last - first > 1;
	d.crown = d.several;
	for (i = first; i < last; i++) {
		d.panel = &g->panels->panel[i];
		d.crown |= d.panel->ncurves > 0 && d.panel->curves->vx != NULL;
		g->drawn[i] = memo_for(g, d.panel);
	}
	lay_out(g, first, last, quiet, cells);
	for (i = first; i < last; i++) {
		d.panel = &g->panels->panel[i];
		d.memo = g->drawn[i];
		d.number = i + 1;
		d.cell = cells[i].cell;
		d.log_x = d.log_y = 0;
		/* There each sets its ranges. */
		if (g->text && i > first)
			unzoom(g);
		if (last - first > 1 && !g->text)
			put_cell(g, &d.cell);
		if (i + 1 == last)
			card_put(g);
		draw_panel(&d);
		/* One alone keeps them: a zoom draws it again. */
		if (i == first && i + 1 < last)
			take_labels_away(g);
	}
}

/* Tell the user a line, if that has not been told. */
static void
tell(struct gnuplot *g, const char *line)
{
	uint64_t key = hash(line);
	unsigned k;

	for (k = 0; k < g->nsaid && g->said[k] != key; k++)
		continue;
	if (k < g->nsaid || k == SAID)
		return;
	g->said[g->nsaid++] = key;
	g->told[g->ntold++] = line;
}

/* What panels have to say. */
static void
tell_panels(struct gnuplot *g)
{
	unsigned i;

	for (i = 0; i < g->panels->ntold; i++)
		tell(g, g->panels->told[i]);
	for (i = 0; i < g->ntelling; i++)
		tell(g, g->telling[i]);
}

/* Whether several panels can be had as sheet_gather() takes them. */
static int
can_be_gathered(const struct gnuplot *g, unsigned first, unsigned last)
{
	const struct panel *p = g->panels->panel;
	unsigned i, elements = 0;

	for (i = first; i < last; i++) {
		elements += p[i].ncurves + 1;
		if (p[i].kind == PANEL_GRID)
			return 0;
	}
	return !g->apart && elements * (last - first) <= GATHERED &&
	    !(g->settings & (SET_XRANGE | SET_YRANGE | SET_COLORBOX));
}

static void
draw_picture(struct gnuplot *g, struct state *st, const struct history *h,
    const char *status, const char *quiet)
{
	struct panels *p = g->panels;
	struct buffer *b = &g->sheet.text;
	unsigned first = 0, last;
	int whole;

	if (g->o.nplots > 0)
		panels_named(p, st, g->plots, g->o.nplots);
	else
		panels_choose(p, st, h, most_panels(g));
	if (p->n == 0) {
		memset(&p->panel[0], 0, sizeof(p->panel[0]));
		p->panel[0].kind = PANEL_WAIT;
		snprintf(p->panel[0].why, sizeof(p->panel[0].why), "%s",
		    state_count(st) == 0 ? "waiting for the first record" :
		    status_final(st) ? "nothing to draw" :
		    "nothing to draw yet");
		p->n = 1;
	}
	g->ntelling = 0;
	g->npanels = last = p->n;
	if (g->alone > p->n)
		g->alone = 0;
	if (g->alone > 0) {
		first = g->alone - 1;
		last = g->alone;
	}
	if (last - first > 1 || g->alone != g->was_alone)
		unzoom(g);
	if (g->alone != g->was_alone && g->o.commands != NULL) {
		/* They may turn no scale back that a panel has turned. */
		buffer_puts(b, g->settings & SET_LINEAR_X || !g->log_x ? "" :
		    "unset logscale x\n");
		buffer_puts(b, g->settings & SET_LINEAR_Y || !g->log_y ? "" :
		    "unset logscale y\n");
		buffer_puts(b, g->settings & SET_LINEAR_CB || !g->log_cb ? "" :
		    "unset logscale cb\n");
		buffer_printf(b, "%s\n", g->o.commands);
		set_scales(g);
	}
	g->was_alone = g->alone;
	put_labels(g, st, status, quiet);
	/* With the mouse, each panel is shown as soon as it is drawn, in a
	 * window that was emptied; and most often without it, too. */
	whole = last - first > 1 && g->sheet.path != NULL &&
	    kind_of(g->o.terminal)->window;
	g->gathered = whole && can_be_gathered(g, first, last);
	if (whole)
		buffer_puts(b, "unset mouse\n");
	if (g->gathered)
		sheet_gather(&g->sheet);
	else if (last - first > 1)
		buffer_puts(b, "set multiplot\n");
	draw_panels(g, st, h, first, last, quiet);
	if (g->gathered)
		sheet_gathered(&g->sheet);
	tell_panels(g);
	if (last - first > 1)
		buffer_puts(b, g->text ? "unset multiplot\n" :
		    "unset multiplot\nset origin 0,0\nset size 1,1\n");
	if (whole)
		buffer_puts(b, "set mouse\n");
}

static int
draw_user(struct gnuplot *g, struct state *st, const struct history *h,
    const char *status)
{
	struct buffer title = { 0 };
	int r;

	put_title(g, &title, st, status);
	r = script_frame(g->script, g, st, h, buffer_text(&title),
	    status == NULL ? "" : status);
	if (title.failed)
		r = -1;
	buffer_free(&title);
	return r;
}

const char *
gnuplot_awaits(struct gnuplot *g, struct state *st)
{
	return g->script == NULL ? NULL : script_awaits(g->script, st);
}

/* Has gnuplot append to its answer how big the picture is. */
static void
put_size(struct buffer *b)
{
	buffer_puts(b, "if (exists('GPVAL_TERM_XSIZE')) "
	    "APLOT_answer = APLOT_answer.sprintf("
	    "' t %.17g %.17g %.17g %.17g %.17g', GPVAL_TERM_XSIZE, "
	    "GPVAL_TERM_YSIZE, exists('GPVAL_TERM_SCALE') ? "
	    "GPVAL_TERM_SCALE : 1, GPVAL_TERM_HCHAR, GPVAL_TERM_VCHAR)\n");
}

int
gnuplot_frame(struct gnuplot *g, struct state *st, const struct history *h,
    const char *path, const char *status, const char *quiet, struct frame *f)
{
	struct sheet *s = &g->sheet;
	int failed = 0;

	memset(f, 0, sizeof(*f));
	g->frame++;
	g->ntold = 0;
	g->gathered = 0;
	memset(g->drawn, 0, sizeof(g->drawn));
	sheet_begin(s, path);
	buffer_puts(&s->text, "APLOT_answer = ''\n");
	if (g->script != NULL)
		failed = draw_user(g, st, h, status) == -1;
	else
		draw_picture(g, st, h, status, quiet);
	if (path != NULL)
		put_size(&s->text);
	f->text = buffer_text(&s->text);
	f->length = s->text.len;
	f->size = s->size;
	f->told = g->told;
	f->ntold = g->ntold;
	return failed || sheet_end(s, &f->data, &f->ndata) == -1 ? -1 : 0;
}

/* Read n numbers at *s; 0 when they are not there. */
static int
numbers(const char **s, double *v, int n)
{
	char *end;
	int i;

	for (i = 0; i < n; i++) {
		v[i] = strtod(*s, &end);
		if (end == *s)
			return 0;
		*s = end;
	}
	return 1;
}

static int
differ(double a, double b)
{
	return fabs(a - b) > 1e-9 * fmax(fabs(a), fabs(b));
}

/* Whether columns are others.  Where lines have soft edges, and places are
 * finer than pixels, the next pixel is near enough. */
static int
moved(const struct gnuplot *g, double a, double b)
{
	return g->m.scale > 1 ? fabs(a - b) > 1 : differ(a, b);
}

/* Where a panel was drawn: 1 when its data were made for elsewhere. */
static int
answer_panel(struct gnuplot *g, const double *v)
{
	struct memo *m;
	struct layout_area *at;

	if (!(v[0] >= 1 && v[0] <= PANEL_MOST) ||
	    (m = g->drawn[(unsigned)v[0] - 1]) == NULL)
		return 0;
	m->heard = g->frame;
	m->whole = 0;
	at = &m->at;
	at->left = v[1];
	at->right = v[2];
	at->bottom = v[3];
	at->top = v[4];
	m->lo = v[5];
	m->hi = v[6];
	m->ylo = v[7];
	m->yhi = v[8];
	/* Other than was wanted: zoomed, or the user's own range. */
	m->zoomed_x = differ(m->lo, m->want_lo) || differ(m->hi, m->want_hi);
	m->zoomed_y = differ(m->ylo, m->want_ylo) ||
	    differ(m->yhi, m->want_yhi);
	m->box_answered = m->box;
	m->answered = 1;
	/* Tics of times are made for what is shown. */
	if (m->timed && (differ(m->lo, m->used_lo) ||
	    differ(m->hi, m->used_hi)))
		return 1;
	return m->fitted && (moved(g, at->left, m->used.left) ||
	    moved(g, at->right, m->used.right) ||
	    moved(g, at->bottom, m->used.bottom) ||
	    moved(g, at->top, m->used.top) || differ(m->lo, m->used_lo) ||
	    differ(m->hi, m->used_hi) || (!isnan(m->used_ylo) &&
	    (differ(m->ylo, m->used_ylo) || differ(m->yhi, m->used_yhi))));
}

static int
far(double a, double b)
{
	return fabs(a / b - 1) > 0.05;
}

/* The terminal's size: 1 when the layout was made for quite another. */
static int
answer_terminal(struct gnuplot *g, const double *v)
{
	struct metrics m = { v[0], v[1], v[2], v[3], v[4] };

	if (!(m.scale > 0 && m.width > 0 && m.height > 0 && m.hchar > 0 &&
	    m.vchar > 0))
		return 0;
	/* Places come in pixels, whatever the scale. */
	m.width /= m.scale;
	m.height /= m.scale;
	m.hchar /= m.scale;
	m.vchar /= m.scale;
	g->m.scale = m.scale;
	if (!g->sized)
		g->letter = (m.hchar + 0.5) * g->width / m.width;
	g->sized = 1;
	/* A window that is a pixel smaller does not move everything. */
	if (fabs(m.width - g->m.width) <= 2 &&
	    fabs(m.height - g->m.height) <= 2 && !far(m.hchar, g->m.hchar) &&
	    !far(m.vchar, g->m.vchar))
		return 0;
	g->m = m;
	return g->script == NULL || script_sizes(g->script);
}

const char *
gnuplot_ask(struct gnuplot *g)
{
	struct buffer *b = &g->ask;
	unsigned i, n = 0, at = 0;

	if (g->script != NULL)
		return script_ask(g->script);
	for (i = 0; i < PANEL_MOST; i++) {
		if (g->drawn[i] != NULL && (g->drawn[i]->fitted ||
		    g->drawn[i]->timed))
			at = i + 1;
		n += g->drawn[i] != NULL;
	}
	if (n == 0 || g->text)
		return NULL;
	buffer_clear(b);
	buffer_puts(b, "APLOT_answer = ''\n");
	/* Several panels have one answer: the last one's. */
	if (n == 1 && at > 0)
		draw_where(at, b);
	put_size(b);
	return buffer_text(b);
}

void
gnuplot_log(struct gnuplot *g, int axis)
{
	unsigned i;

	for (i = 0; i < PANEL_MOST; i++) {
		if (g->drawn[i] == NULL)
			continue;
		if (axis == 'x')
			g->drawn[i]->toggled_x ^= 1;
		else
			g->drawn[i]->toggled_y ^= 1;
	}
}

/*
 * The frame stopped at an error, in the first panel that it does not tell of:
 * 1 when that may be for want of points in a range of the user's, which lies
 * between two of those that were kept; or when its panels were to come as one,
 * which needs axes as they were left by a frame that did not stop.
 */
static int
answer_error(struct gnuplot *g)
{
	struct memo *m;
	unsigned i;

	if (g->gathered) {
		g->apart = 1;
		return 1;
	}
	for (i = 0; i < PANEL_MOST; i++) {
		m = g->drawn[i];
		if (m == NULL || m->heard == g->frame)
			continue;
		m->whole = m->whole == 0 && m->fitted ? 1 : 2;
		return m->whole == 1;
	}
	return 0;
}

int
gnuplot_answer(struct gnuplot *g, const char *answer)
{
	const char *s = answer;
	double v[9];
	int again = 0;

	s = strchr(answer, 't');
	if (s != NULL) {
		s++;
		if (numbers(&s, v, 5))
			again |= answer_terminal(g, v);
	}
	for (s = answer; (s = strchr(s, 'p')) != NULL;) {
		s++;
		if (!numbers(&s, v, 9))
			break;
		again |= answer_panel(g, v);
	}
	if (g->script != NULL)
		again |= script_answer(g->script, answer);
	else if (strchr(answer, 't') == NULL)
		again |= answer_error(g);
	if (!again || g->agains >= 2) {
		g->agains = 0;
		return 0;
	}
	g->agains++;
	return 1;
}
