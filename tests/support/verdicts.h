/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdicts: authority as the records room sees it, decided by a test. Each desk has its own list of
 * verdicts over what devices wrote (void, or judged by another role); they lie over what the team
 * room says. Programs that link this wrap the calls of the team's door named in
 * tests/CMakeLists.txt (VERDICT_WRAPS).
 */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "records-world.h"

enum { VERDICTS_MAX = 8 };
struct verdict {
    struct id device;
    uint64_t from, to;
    bool is_void;
    struct id role; /* zero: as it was */
};
/* Nobody has any. Before and after each team. */
void verdicts_reset(void);
/* What counts at this desk from now on; its records are told, ranges in any order. Nothing may be
 * written by the device itself that a verdict names beforehand. dice NULL: in order. */
void verdicts_set(struct desk *d, const struct verdict *list, size_t count, struct machine *dice);
/* The newest word of a device held here, its open entry sealed. */
uint64_t verdicts_head(struct desk *d, const struct id *device);

/* Rights by a test's rule instead of roles; NULL: roles. */
typedef bool may_rule(const struct entry_info *info, enum team_verb verb, text type, text field);
extern may_rule *verdicts_may;

/* A second branch of a forked device with one entry of its own; the first branch counts or does not
 * by the verdicts. ix 0: there is none. */
struct branch {
    int64_t ix, home;
    struct entry_info info; /* device_ix and seq are filled in */
    uint64_t seq;
    bytes body;
    bool counts;
};
extern struct branch verdicts_branch;

/* The linker's names. */
int64_t __real_team_device_home(const struct team *t, int64_t ix);
int64_t __wrap_team_device_home(const struct team *t, int64_t ix);
int64_t __real_team_device_lane(const struct team *t, int64_t home, size_t lane);
int64_t __wrap_team_device_lane(const struct team *t, int64_t home, size_t lane);
bool __real_entry_may(const struct entry_info *info, enum team_verb verb, text type, text field);
bool __wrap_entry_may(const struct entry_info *info, enum team_verb verb, text type, text field);
struct log_sink __real_records_sink(struct records *r);
struct log_sink __wrap_records_sink(struct records *r);
enum status __real_admission_take_content(struct ctx *cx, struct team *t,
                                          const struct log_sink *sink, bytes content,
                                          struct admission_counts *ret);
enum status __wrap_admission_take_content(struct ctx *cx, struct team *t,
                                          const struct log_sink *sink, bytes content,
                                          struct admission_counts *ret);
enum status __real_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable);
enum status __wrap_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable);
enum status __wrap_log_void_each(struct ctx *cx, struct team *t,
                                 enum status (*visit)(void *self, struct ctx *cx, int64_t device_ix,
                                                      uint64_t seq, text why),
                                 void *self);

#endif
