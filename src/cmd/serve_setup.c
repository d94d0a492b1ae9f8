#include "cmd/serve_setup.h"

enum { KIB_BITS = 10, MIB_BITS = 20 };

void serve_web_conf(const struct cmd_context *c, struct web_conf *ret)
{
	const struct settings *s = c->settings;

	*ret = (struct web_conf){
		.database_url = s->database_url.at,
		.registry = c->registry,
		.admin_key = s->admin_api_key,
		.webhook_secret = s->incoming_secret,
		.cors_origin = s->cors_origin,
		.hosts = s->hosts,
		.listen = s->listen,
		.listen_fd = -1,
		.limits = {
			.threads = (uint32_t)s->http_threads,
			.connections = (uint32_t)s->http_connections,
			.connections_peer = (uint32_t)s->http_connections_per_address,
			.line_max = (uint32_t)s->http_line_max,
			.headers_max = (uint32_t)s->http_headers_max,
			.body_max = (uint32_t)s->http_body_max_kib << KIB_BITS,
			.header_timeout_ms = (uint32_t)s->http_header_timeout_ms,
			.body_timeout_ms = (uint32_t)s->http_body_timeout_ms,
			.idle_timeout_ms = (uint32_t)s->http_idle_timeout_ms,
			.reply_max = (uint32_t)s->http_reply_max_mib << MIB_BITS,
			.streams_max = (uint32_t)s->http_streams,
			.admin_rate = (uint32_t)s->http_admin_failures,
			.webhook_rate = (uint32_t)s->http_webhooks,
		},
		.metrics_series_max = (uint32_t)s->metrics_series_max,
	};
}

bool serve_agenda_rules(const struct cmd_context *c, struct agenda_rules *ret, struct err *e)
{
	const struct settings *s = c->settings;
	struct agenda_rules r = { .min_ms = s->sync_min_ms, .max_ms = s->sync_max_ms };

	if (s->sync_min_ms > s->sync_max_ms)
		return err_set(e, ERR_USAGE,
			       "ASSAY_SYNC_MIN_SECONDS is more than ASSAY_SYNC_MAX_SECONDS");
	if (!agenda_read_fixed(s->sync_seconds, c->registry, c->arena, &r, e))
		return err_wrap(e, "ASSAY_SYNC_SECONDS");
	if (!agenda_read_hours(s->sync_window, c->arena, &r, e))
		return err_wrap(e, "ASSAY_SYNC_WINDOW");
	*ret = r;
	return true;
}
