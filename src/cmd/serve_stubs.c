/* Stands in for what others are still writing; linked last, and gone soon. */
#include "base/notify.h"
#include "web/route.h"
#include "web/web.h"

#define STUB __attribute__((weak))

STUB void notify_send(const char *state)
{
	(void)state;
}
STUB int notify_listen_fd(void)
{
	return -1;
}
STUB struct syncer *syncer_create(const struct sync_conf *c, size_t n)
{
	(void)c;
	(void)n;
	return NULL;
}
STUB void syncer_destroy(struct syncer *s)
{
	(void)s;
}
STUB void syncer_configure(struct syncer *s, const struct syncer_access *a, size_t n)
{
	(void)s;
	(void)a;
	(void)n;
}
STUB void syncer_stop(struct syncer *s)
{
	(void)s;
}
STUB struct counters *counters_create(size_t n)
{
	(void)n;
	return NULL;
}
STUB void counters_destroy(struct counters *c)
{
	(void)c;
}
STUB void counters_sync(struct counters *c, const struct sync_report *r)
{
	(void)c;
	(void)r;
}
STUB struct view_keeper *view_keeper_create(struct loop *l, const char *u)
{
	(void)l;
	(void)u;
	return NULL;
}
STUB void view_keeper_destroy(struct view_keeper *k)
{
	(void)k;
}
STUB void view_refresh(struct view_keeper *k, struct str s)
{
	(void)k;
	(void)s;
}
STUB void view_refresh_all(struct view_keeper *k)
{
	(void)k;
}
STUB bool web_start(struct web **r, const struct web_conf *c, struct err *e)
{
	static struct web w;
	w.conf = *c;
	*r = &w;
	(void)e;
	return true;
}
STUB void web_stop(struct web *w, uint32_t g)
{
	(void)w;
	(void)g;
}
STUB void http_streams_wake(struct web *w)
{
	(void)w;
}
STUB const struct route routes_table[1] = { { 0 } };
STUB const size_t routes_n = 0;
STUB const char *const http_method_names[HTTP_METHODS] = { 0 };
