#include "base/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

struct start {
	parallel_fn *fn;
	void *piece;
};

static void *run(void *arg)
{
	const struct start *s = arg;

	s->fn(s->piece);
	return NULL;
}

void parallel_run(parallel_fn *fn, void *pieces, size_t size, size_t n)
{
	pthread_t threads[PARALLEL_MAX];
	struct start starts[PARALLEL_MAX];
	bool started[PARALLEL_MAX] = { false };

	assert(n >= 1 && n <= PARALLEL_MAX);
	for (size_t i = 1; i < n; i++) {
		starts[i] = (struct start){ fn, (char *)pieces + i * size };
		started[i] = pthread_create(&threads[i], NULL, run, &starts[i]) == 0;
	}
	fn(pieces);
	for (size_t i = 1; i < n; i++) {
		/* A system without a thread to spare gets the work done all the same. */
		if (started[i])
			(void)pthread_join(threads[i], NULL);
		else
			fn(starts[i].piece);
	}
}
