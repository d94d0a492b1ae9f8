#include "web/handlers.h"

/*
 * doc/openapi.json, embedded.  It is written by hand and says what every route takes and answers; a test
 * walks the table of routes, the document and real replies against each other.
 */
extern const char openapi_builtin[];
extern const size_t openapi_builtin_n;

void openapi_get(struct http_request *q, struct http_reply *r)
{
	struct http_piece *piece = arena_new(q->arena, struct http_piece);

	*piece = (struct http_piece){ openapi_builtin, openapi_builtin_n };
	r->pieces = piece;
	r->n_pieces = 1;
}
