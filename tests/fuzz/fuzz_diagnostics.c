/*
 * fuzz_diagnostics.c: ms-diagnostics.  What is read lies in the header.
 */
#include "map/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct str all, struct str part)
{
	stox_require(part.len == 0 ||
		     (part.p >= all.p && part.p + part.len <= all.p + all.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str item = { (const char *)data, size };
	struct map_diagnostics d;

	if (size >= 65536 || map_diagnostics_read(item, &d) < 0)
		return 0;
	check_inside(item, d.reason);
	check_inside(item, d.source);
	check_inside(item, d.error_type);
	check_inside(item, d.target);
	check_inside(item, d.peer);
	check_inside(item, d.domain);
	check_inside(item, d.hresult);
	return 0;
}
