/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIGHT_INT_H
#define LIGHT_INT_H

#include "light.h"

struct running {
    struct light_child at;
    struct light_stream heard;
    bool ended; /* nothing comes any more */
};
struct light {
    struct running of[LIGHT_PROGRAMS];
    enum light_program turn; /* who is heard first next time */
};

#endif
