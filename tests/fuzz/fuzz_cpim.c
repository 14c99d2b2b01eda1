/*
 * fuzz_cpim.c: message/cpim.  What was read, written and read again is the
 * same.
 */
#include "sip/cpim.h"
#include "stox/types.h"

static void check_again(struct pool *pool, const struct cpim *c)
{
	struct cpim back;
	struct buf out;

	buf_init(&out, 1 << 20, NULL);
	cpim_write(&out, c);
	stox_require(!out.overflow);
	stox_require(cpim_parse(pool, buf_str(&out), &back) == 0);
	stox_require(str_eq(back.from, c->from));
	stox_require(str_eq(back.to, c->to));
	stox_require(!c->from.len || str_eq(back.from_name, c->from_name));
	stox_require(str_eq(back.date_time, c->date_time));
	stox_require(str_eq(back.subject, c->subject));
	stox_require(str_eq(back.content_type, c->content_type));
	stox_require(str_eq(back.content, c->content));
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pool *pool = pool_new(NULL);
	struct cpim c;

	if (size < 65536 &&
		cpim_parse(pool, (struct str){ (const char *)data, size },
			&c) == 0) {
		stox_require(str_is_utf8(c.subject));
		stox_require(str_is_utf8(c.from_name));
		/* escaped, a line may pass the reader's limit */
		if (c.headers.len < 1024)
			check_again(pool, &c);
	}
	pool_free(&pool);
	return 0;
}
