#include "xmpp/sm.h"

#include <stdlib.h>

/* ---- what we send ---------------------------------------------------------- */

void xmpp_sm_out_init(struct xmpp_sm_out *o, struct budget *budget)
{
	memset(o, 0, sizeof(*o));
	list_init(&o->items);
	o->budget = budget;
}

struct xmpp_unacked *xmpp_sm_out_add(struct xmpp_sm_out *o, struct str bytes)
{
	struct xmpp_unacked *item = base_alloc(sizeof(*item) + bytes.len);

	memset(item, 0, sizeof(*item));
	memcpy(item->bytes, bytes.p, bytes.len);
	item->len = bytes.len;
	list_append(&o->items, &item->node);
	o->sent++;
	o->count++;
	o->bytes += bytes.len;
	if (o->budget)
		o->budget->used += sizeof(*item) + bytes.len;
	return item;
}

bool xmpp_sm_out_may_ack(const struct xmpp_sm_out *o, uint32_t h)
{
	return (uint32_t)(h - o->acked) <= (uint32_t)(o->sent - o->acked);
}

struct xmpp_unacked *xmpp_sm_out_first(struct xmpp_sm_out *o)
{
	struct xmpp_unacked *item;

	if (list_empty(&o->items))
		return NULL;
	item = container_of(o->items.next, struct xmpp_unacked, node);
	list_remove(&item->node);
	o->acked++;
	o->count--;
	o->bytes -= item->len;
	return item;
}

struct xmpp_unacked *xmpp_sm_out_next(struct xmpp_sm_out *o, uint32_t h)
{
	return h == o->acked ? NULL : xmpp_sm_out_first(o);
}

void xmpp_sm_out_free(struct xmpp_sm_out *o, struct xmpp_unacked *item)
{
	if (o->budget)
		o->budget->used -= sizeof(*item) + item->len;
	free(item);
}

void xmpp_sm_out_clear(struct xmpp_sm_out *o)
{
	struct xmpp_unacked *item;

	while ((item = xmpp_sm_out_first(o)))
		xmpp_sm_out_free(o, item);
}

/* ---- what we receive ------------------------------------------------------- */

void xmpp_sm_in_clear(struct xmpp_sm_in *in)
{
	free(in->bits);
	memset(in, 0, sizeof(*in));
}

int xmpp_sm_in_take(struct xmpp_sm_in *in, uint64_t max, uint32_t *ret_number)
{
	if (in->again) {
		in->again--;
		return -STOX_EEXIST;
	}
	if ((uint32_t)(in->received - in->finished) >= max)
		return -STOX_ETOOBIG;
	*ret_number = ++in->received;
	return 0;
}

static bool bit(const struct xmpp_sm_in *in, uint32_t n)
{
	n &= in->size - 1;
	return in->bits[n / 64] >> n % 64 & 1;
}

static void flip(struct xmpp_sm_in *in, uint32_t n)
{
	n &= in->size - 1;
	in->bits[n / 64] ^= (uint64_t)1 << n % 64;
}

/* Room for every open one; there is none while they finish in order. */
static void widen(struct xmpp_sm_in *in)
{
	struct xmpp_sm_in old = *in;
	uint32_t open = in->received - in->finished;
	uint32_t size = in->size ? in->size : 64;

	while (size < open)
		size *= 2;
	if (size == in->size)
		return;
	in->size = size;
	in->bits = base_alloc0(size / 8);
	for (uint32_t n = 0; old.size && n < old.size; n++)
		if (bit(&old, in->finished + 1 + n))
			flip(in, in->finished + 1 + n);
	free(old.bits);
}

bool xmpp_sm_in_finish(struct xmpp_sm_in *in, uint32_t n)
{
	uint32_t ahead = n - in->finished;

	if (ahead == 0 || ahead > (uint32_t)(in->received - in->finished))
		return false;
	if (ahead > 1) {
		widen(in);
		if (!bit(in, n))
			flip(in, n);
		return false;
	}
	in->finished++;
	while (in->size && in->finished != in->received &&
		bit(in, in->finished + 1)) {
		flip(in, in->finished + 1);
		in->finished++;
	}
	return true;
}

void xmpp_sm_in_resume(struct xmpp_sm_in *in)
{
	in->again = in->received - in->finished;
}

bool xmpp_sm_number(const char *text, uint32_t *ret)
{
	uint64_t number;

	if (!text || str_to_u64(str_from(text), UINT32_MAX, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}
