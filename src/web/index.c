#include "web/handlers.h"

enum { INDEX_MAX = 64 * 1024 };

/* A page for people who open the address in a browser: every path that answers GET. */
void index_get(struct http_request *q, struct http_reply *r)
{
	(void)q;
	r->type = "text/html; charset=utf-8";
	r->body = BUF_INIT(INDEX_MAX);
	buf_printf(&r->body, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
			     "<title>assay</title>\n<h1>assay</h1>\n<ul>\n");
	for (size_t i = 0; i < routes_n; i++) {
		const struct route *at = &routes_table[i];

		if (at->method != HTTP_GET || at->access != ROUTE_PUBLIC)
			continue;
		if (strchr(at->pattern, '{'))
			buf_printf(&r->body, "<li>%s</li>\n", at->pattern);
		else
			buf_printf(&r->body, "<li><a href=\"%s\">%s</a></li>\n", at->pattern,
				   at->pattern);
	}
	buf_printf(&r->body, "</ul>\n</html>\n");
}
