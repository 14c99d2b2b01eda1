/*
 * toy.h: a linked plugin with an option of each type and scope, for the tests
 * of the configuration.
 */
#ifndef TESTS_CORE_TOY_H
#define TESTS_CORE_TOY_H

#include "stox/plugin.h"

enum { TOY_SHADE, TOY_WAIT, TOY_FLAG, TOY_NAMES, TOY_TITLE };
extern const struct stox_option toy_options[];
extern const struct stox_plugin toy_plugin;

#endif
