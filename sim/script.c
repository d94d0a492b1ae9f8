/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 16 };

struct script *script_create(void)
{
	return sim_alloc(sizeof(struct script));
}

void script_destroy(struct script *s)
{
	if (!s)
		return;
	buf_release(&s->bytes);
	free(s->pieces);
	free(s);
}

static void add(struct script *s, struct piece p)
{
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : ROOM_AT_FIRST;
		s->pieces = realloc(s->pieces, s->room * sizeof(*s->pieces));
		if (!s->pieces)
			abort();
	}
	s->pieces[s->count++] = p;
}

static size_t cut_so_far(const struct script *s)
{
	size_t end = 0;

	for (size_t i = s->count; i-- && !end;)
		end = s->pieces[i].from + s->pieces[i].n;
	return end;
}

void script_cut(struct script *s, uint64_t due_us, bool content)
{
	size_t from = cut_so_far(s);

	if (s->bytes.len > from)
		add(s, (struct piece){ due_us, from, s->bytes.len - from, content });
}

void script_repeat(struct script *s, uint64_t due_us, size_t piece)
{
	struct piece again = s->pieces[piece];

	again.due_us = due_us;
	add(s, again);
}

void script_split(struct script *s, size_t n, uint64_t gap_us)
{
	struct script cut = { 0 };
	uint64_t late = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct piece p = s->pieces[i];

		for (size_t at = 0; at < p.n; at += n) {
			size_t left = p.n - at;
			bool last = left <= n;

			add(&cut, (struct piece){ p.due_us + late, p.from + at, last ? left : n,
						  last && p.content });
			late += gap_us;
		}
	}
	free(s->pieces);
	s->pieces = cut.pieces;
	s->count = cut.count;
	s->room = cut.room;
}

void script_truncate(struct script *s, size_t bytes)
{
	size_t sent = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct piece *p = &s->pieces[i];

		if (sent + p->n >= bytes) {
			p->content = p->content && sent + p->n == bytes;
			p->n = bytes - sent;
			s->count = p->n ? i + 1 : i;
			return;
		}
		sent += p->n;
	}
}

void script_insert(struct script *s, size_t at, const char *text)
{
	size_t n = strlen(text);

	buf_reserve(&s->bytes, n);
	memmove(s->bytes.data + at + n, s->bytes.data + at, s->bytes.len - at + 1);
	memcpy(s->bytes.data + at, text, n);
	s->bytes.len += n;
	for (size_t i = 0; i < s->count; i++) {
		struct piece *p = &s->pieces[i];

		if (p->from > at)
			p->from += n;
		else if (p->from + p->n > at)
			p->n += n;
	}
}

void script_replace(struct script *s, uint64_t due_us, const char *bytes, size_t n)
{
	s->count = 0;
	s->bytes.len = 0;
	buf_add(&s->bytes, bytes, n);
	script_cut(s, due_us, false);
}
