/* SPDX-License-Identifier: MIT */
#include "chat_log.h"

#include <openssl/sha.h>
#include <stdlib.h>

enum { TRACE_AT_FIRST = 64 };

void chat_digest(char out[LOG_HASH], const char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[SHA256_DIGEST_LENGTH];

	out[0] = '\0';
	if (!n)
		return;
	SHA256((const unsigned char *)bytes, n, hash);
	for (size_t i = 0; i < (LOG_HASH - 1) / 2; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[LOG_HASH - 1] = '\0';
}

static struct chat_entry *place_of(const struct chat_log *l, uint64_t number)
{
	uint64_t place = (number - 1) % LOG_MAX;
	struct chat_entry *block = number ? l->blocks[place / LOG_BLOCK] : NULL;

	return block ? &block[place % LOG_BLOCK] : NULL;
}

struct chat_entry *chat_log_note(struct chat_log *l)
{
	uint64_t number = ++l->last, place = (number - 1) % LOG_MAX;
	struct chat_entry **block = &l->blocks[place / LOG_BLOCK];

	if (!*block)
		*block = sim_alloc(LOG_BLOCK * sizeof(**block));
	struct chat_entry *e = place_of(l, number);
	free(e->trace);
	*e = (struct chat_entry){ .number = number };
	return e;
}

static void trace(struct chat_entry *e, uint64_t at_us)
{
	if (e->traced == e->trace_room) {
		e->trace_room = e->trace_room ? e->trace_room * 2 : TRACE_AT_FIRST;
		e->trace = realloc(e->trace, e->trace_room * sizeof(*e->trace));
		if (!e->trace)
			abort();
	}
	e->trace[e->traced++] = (uint32_t)(at_us - e->first_us);
}

static void told_piece(struct chat_entry *e, bool content, uint64_t at_us)
{
	if (!e->first_us) {
		e->first_us = at_us;
		e->endpoint->answered++;
	}
	if (content && !e->content_us)
		e->content_us = at_us;
	if (content)
		e->last_us = at_us;
	e->end_us = at_us;
	if (e->tracing)
		trace(e, at_us);
}

void chat_log_told(struct chat_log *l, uint64_t number, enum telling what, uint64_t at_us)
{
	struct chat_entry *e = place_of(l, number);

	if (!e || e->number != number)
		return;
	if (what == TOLD_PIECE || what == TOLD_CONTENT)
		told_piece(e, what == TOLD_CONTENT, at_us);
	else if (what == TOLD_END)
		e->endpoint->ended++;
	else
		e->gone = true;
	if (what == TOLD_GONE || !e->end_us)
		e->end_us = at_us;
}

static void write_trace(struct buf *out, const struct chat_entry *e)
{
	buf_str(out, ",\"pieces\":[");
	for (size_t i = 0; i < e->traced; i++) {
		buf_comma(out);
		buf_uint(out, e->first_us + e->trace[i]);
	}
	buf_char(out, ']');
}

static void write_times(struct buf *out, const struct chat_entry *e)
{
	buf_printf(out,
		   ",\"accepted\":%ju,\"read\":%ju,\"first\":%ju,\"content\":%ju,\"last\":%ju"
		   ",\"end\":%ju",
		   (uintmax_t)e->accepted_us, (uintmax_t)e->read_us, (uintmax_t)e->first_us,
		   (uintmax_t)e->content_us, (uintmax_t)e->last_us, (uintmax_t)e->end_us);
}

static void write_entry(struct buf *out, const struct chat_entry *e)
{
	buf_printf(out, "{\"n\":%ju,\"via\":\"%s\",\"provider\":", (uintmax_t)e->number,
		   via_name(e->endpoint->via));
	buf_json(out, e->endpoint->provider, JSON_UTF8);
	buf_str(out, ",\"model\":");
	buf_json(out, e->endpoint->model, JSON_UTF8);
	buf_printf(out, ",\"outcome\":\"%s\",\"class\":", e->outcome);
	buf_json(out, e->class, JSON_UTF8);
	buf_printf(out,
		   ",\"status\":%d,\"stream\":%s,\"tls\":%s,\"gone\":%s,\"conn\":%ju,\"nth\":%ju"
		   ",\"bytes\":%ju,\"body\":\"%s\",\"headers\":\"%s\",\"key\":\"%s\",\"prompt\":",
		   e->first_us ? e->status : 0, e->stream ? "true" : "false",
		   e->secure ? "true" : "false", e->gone ? "true" : "false",
		   (uintmax_t)e->connection, (uintmax_t)e->nth, (uintmax_t)e->bytes, e->body,
		   e->headers, e->key);
	buf_json(out, e->prompt, JSON_UTF8);
	write_times(out, e);
	if (e->tracing)
		write_trace(out, e);
	buf_str(out, "}\n");
}

void chat_log_write(struct buf *out, const struct chat_log *l, uint64_t since, uint64_t most)
{
	uint64_t oldest = l->last > LOG_MAX ? l->last - LOG_MAX : 0;

	if (since < oldest)
		since = oldest;
	for (uint64_t n = since + 1; n <= l->last && most; n++) {
		const struct chat_entry *e = place_of(l, n);

		if (!e || e->number != n)
			continue; /* it was cleared */
		write_entry(out, e);
		most--;
	}
}

void chat_log_clear(struct chat_log *l)
{
	for (size_t i = 0; i < LOG_BLOCKS; i++) {
		for (size_t j = 0; l->blocks[i] && j < LOG_BLOCK; j++) {
			free(l->blocks[i][j].trace);
			l->blocks[i][j] = (struct chat_entry){ 0 };
		}
	}
}

void chat_log_release(struct chat_log *l)
{
	chat_log_clear(l);
	for (size_t i = 0; i < LOG_BLOCKS; i++)
		free(l->blocks[i]);
}
