/*
 * slice.c: work over many items, a slice of it in each turn of the loop.  A
 * slice ends by the clock; it is also counted, for clocks that stand still.
 */
#include "io/internal.h"

enum { SLICE_TASKS = 64 };

void io_slice(struct io_env *env, struct io_task *task, uint32_t source)
{
	if (list_empty(&task->node) && !env->dead)
		fair_put(&env->slices, &task->node, source);
}

size_t io_env_slice(struct io_env *env)
{
	uint64_t began;
	struct list *first;
	size_t done = 0;

	if (fair_empty(&env->slices))
		return 0;
	began = env->ops->clock_us(env);
	while (done < SLICE_TASKS && (first = fair_take(&env->slices))) {
		struct io_task *task = container_of(first, struct io_task, node);

		task->run(task->arg);
		done++;
		if (env->ops->clock_us(env) - began >=
			limit_get(env->limits, LIMIT_TURN_SHARE)) {
			limit_hit(env->limits, LIMIT_TURN_SHARE);
			break;
		}
	}
	return done;
}

void io_hold_back(struct io_env *env, int by)
{
	env->held_back += by;
}
