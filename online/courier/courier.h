/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier: the online program's commands, one const struct each. It sees pieces and folders of
 * pieces; it holds no key and links no room that could open one.
 */
#ifndef COURIER_H
#define COURIER_H

#include "base.h"

struct courier_command {
    const char *name;
    const char *arguments;
    const char *summary;
    enum status (*run)(struct ctx *cx, int argc, char **argv);
};

extern const struct courier_command courier_inspect;
extern const struct courier_command courier_qr;

#endif
