#include "sink/csv.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/utf8.h"

#include <csv.h>
#include <inttypes.h>

const char csv_header[] = "cycle_timestamp_iso,model_id,provider_name,provider_model_id,"
			  "request_url,request_body,request_headers_sanitized,request_start_iso,"
			  "response_end_iso,duration_ms,response_status_code,response_body_raw,"
			  "response_headers_sanitized,error_message\n";

enum {
	CELL_MAX = 1 << 16, /* bytes of any cell but the answer's, whose bound is a setting */
	US_PER_MS = 1000,
};

/* ---- cells ---- */

static void put_quoted(struct str text, struct buf *out)
{
	/* Were every byte a quote, and two around them. */
	if (!buf_reserve(out, text.n * 2 + 2))
		return;
	out->n += csv_write2(out->at + out->n, out->room - out->n, text.at ? text.at : "", text.n,
			     CSV_QUOTE);
	out->at[out->n] = '\0';
}

/* Masked first: what is cut or mended could hide a secret, not uncover one. */
static void add_clean(struct str raw, struct buf *out)
{
	ARENA_AUTO(a);
	BUF_AUTO(masked, SIZE_MAX / 2);

	buf_add_str(&masked, raw);
	secret_mask(&masked);
	buf_add_str(out, utf8_clean(buf_str(&masked), &a));
}

static void put_text(struct str raw, struct buf *out)
{
	BUF_AUTO(text, SIZE_MAX / 2);

	add_clean(raw, &text);
	if (text.n > CELL_MAX) {
		text.n = utf8_whole((struct str){ text.at, CELL_MAX }).n;
		buf_add_str(&text, STR("…"));
	}
	put_quoted(buf_str(&text), out);
}

static void put_stamp(int64_t ms, struct buf *out)
{
	char text[CLOCK_TEXT_MAX];

	buf_add_str(out, str_of(clock_text(ms, text)));
}

static void put_duration(int64_t us, struct buf *out)
{
	buf_printf(out, "%" PRId64 ".%03d", us / US_PER_MS, (int)(us % US_PER_MS));
}

/* What was kept of a body may end within a character or within a secret. */
static void put_cut_body(struct str body, uint64_t whole, struct buf *out)
{
	struct str kept = { body.at, body.n - secret_begun(body) };
	BUF_AUTO(text, SIZE_MAX / 2);

	add_clean(utf8_whole(kept), &text);
	buf_printf(&text, "…[cut: %zu of %" PRIu64 " bytes]", body.n, whole);
	put_quoted(buf_str(&text), out);
}

static void put_body(const struct csv_row *r, struct buf *out)
{
	BUF_AUTO(text, SIZE_MAX / 2);

	if (r->sample->status < 0 || str_is_none(r->response_body)) {
		put_quoted(STR(""), out);
	} else if (r->response_cut) {
		put_cut_body(r->response_body, r->sample->response_bytes, out);
	} else {
		add_clean(r->response_body, &text);
		put_quoted(buf_str(&text), out);
	}
}

static void put_headers(struct str object, struct buf *out)
{
	put_text(str_is_none(object) ? STR("{}") : object, out);
}

/* ---- a cell that somebody else wrote ---- */

/* Cycle, begin and end, duration, status: stamps and numbers. */
static bool is_bare_column(unsigned column)
{
	static const bool bare[] = { [0] = true, [7] = true, [8] = true, [9] = true, [10] = true };

	return column < sizeof(bare) && bare[column];
}

void csv_add_cell(struct str text, unsigned column, struct buf *out)
{
	static const char plain[] = "0123456789TZ.:+-";
	bool bare = is_bare_column(column);

	for (size_t i = 0; bare && i < text.n; i++)
		bare = memchr(plain, text.at[i], sizeof(plain) - 1) != NULL;
	if (bare)
		buf_add_str(out, text);
	else
		put_quoted(text, out);
}

/* ---- the row ---- */

/* How long the recorded attempt took; one that was never begun took no time. */
static int64_t duration_us(const struct sample *s)
{
	return s->stamps.end_us > 0 ? s->stamps.end_us : 0;
}

static void put_times(const struct sample *s, struct buf *out)
{
	int64_t us = duration_us(s);

	put_stamp(s->started_at_ms, out);
	buf_add_char(out, ',');
	put_stamp(s->started_at_ms + (us + US_PER_MS / 2) / US_PER_MS, out);
	buf_add_char(out, ',');
	put_duration(us, out);
}

void csv_format(const struct csv_row *r, struct buf *out)
{
	const struct sample *s = r->sample;
	const struct str whom[] = { s->hf_model, s->provider_name, s->provider_model_id, s->url,
				    r->request_body };

	put_stamp(s->cycle_at_ms, out);
	for (size_t i = 0; i < sizeof(whom) / sizeof(whom[0]); i++) {
		buf_add_char(out, ',');
		put_text(whom[i], out);
	}
	buf_add_char(out, ',');
	put_headers(r->request_headers, out);
	buf_add_char(out, ',');
	put_times(s, out);
	buf_printf(out, ",%" PRId64 ",", s->status);
	put_body(r, out);
	buf_add_char(out, ',');
	put_headers(r->response_headers, out);
	buf_add_char(out, ',');
	put_text(s->error, out);
	buf_add_char(out, '\n');
}
