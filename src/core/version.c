#include <config.h>
#include "stox/plugin.h"

const char *stox_version(void)
{
	return PACKAGE_VERSION;
}
