#include "base/limit.h"

#include "base/pool.h"

static const struct limit_info infos[LIMIT_COUNT] = {
#define LIMIT(id, word, name, value, unit, reaction) \
	[LIMIT_##id] = { #word, name, value, unit, reaction },
	LIMIT_TABLE(LIMIT)
#undef LIMIT
};

const struct limit_info *limit_info(enum limit_id id)
{
	stox_require((unsigned)id < LIMIT_COUNT);
	return &infos[id];
}

void limits_init(struct limits *l)
{
	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		l->value[i] = infos[i].value;
		l->hits[i] = 0;
	}
}
