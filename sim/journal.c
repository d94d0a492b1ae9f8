/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <stdlib.h>

static struct journal_entry *slot(struct journal *j, uint64_t ticket)
{
	return &j->entries[ticket % JOURNAL_MAX];
}

uint64_t journal_note(struct journal *j, const struct http_request *rq, int status)
{
	uint64_t ticket = ++j->last;
	struct journal_entry *e = slot(j, ticket);
	struct buf json = { 0 };

	buf_str(&json, "{\"method\":");
	buf_json(&json, rq->method, JSON_UTF8);
	buf_str(&json, ",\"path\":");
	buf_json(&json, rq->path, JSON_UTF8);
	buf_str(&json, ",\"query\":");
	buf_json(&json, rq->query, JSON_UTF8);
	buf_str(&json, ",\"headers\":{");
	for (size_t i = 0; i < rq->header_count; i++) {
		buf_comma(&json);
		buf_json(&json, rq->headers[i].name, JSON_UTF8);
		buf_char(&json, ':');
		buf_json(&json, rq->headers[i].value, JSON_UTF8);
	}
	buf_char(&json, '}');
	if (j->bodies) {
		buf_str(&json, ",\"body\":");
		buf_json(&json, rq->body, JSON_UTF8);
	}
	free(e->json);
	*e = (struct journal_entry){ .ticket = ticket, .json = json.data, .status = status };
	return ticket;
}

void journal_sent(struct journal *j, uint64_t ticket, size_t bytes)
{
	struct journal_entry *e = slot(j, ticket);

	if (ticket && e->ticket == ticket)
		e->bytes += bytes;
}

void journal_write(struct buf *out, const struct journal *j)
{
	buf_char(out, '[');
	for (uint64_t i = 1; i <= JOURNAL_MAX; i++) {
		const struct journal_entry *e = &j->entries[(j->last + i) % JOURNAL_MAX];

		if (!e->ticket)
			continue;
		buf_comma(out);
		buf_str(out, e->json);
		buf_printf(out, ",\"status\":%d,\"bytes\":%ju}", e->status, (uintmax_t)e->bytes);
	}
	buf_char(out, ']');
}

void journal_clear(struct journal *j)
{
	for (size_t i = 0; i < JOURNAL_MAX; i++) {
		free(j->entries[i].json);
		j->entries[i] = (struct journal_entry){ 0 };
	}
}
