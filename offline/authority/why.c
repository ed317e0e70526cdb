/* SPDX-License-Identifier: Apache-2.0 */
/* Why something does not count, in plain words for people. */
#include "authority-int.h"

static const char *const words[REASONS] = {
    [REASON_NONE] = NULL,
    [REASON_UNJUDGED] = "it was not judged yet",
    [REASON_FORK_LOST] = "it stands on a branch of its device's log that did not prevail",
    [REASON_FORK_FROZEN] =
        "the device wrote two histories and nobody has settled which of them counts",
    [REASON_UNLINKED] = "it comes after the last entry its member accepted of the unlinked device",
    [REASON_DEVICE_CUT] = "it comes after the last entry that was accepted of the device",
    [REASON_OWNER_REMOVED] =
        "it comes after the last entry that the owners accepted of the removed owner",
    [REASON_REMOVED] = "it comes after the last entry that was accepted of the removed member",
    [REASON_REVOKED] = "it comes after the last entry that was accepted under the appointment",
    [REASON_CASCADE] = "the appointment comes from one that was revoked with all it gave",
    [REASON_SUSPENDED] = "the member is suspended, and it was not known to whoever suspended",
    [REASON_VOID] = "the appointment it was made under is void",
    [REASON_OVER] = "the appointment is one more than the role of who gave it allows",
    [REASON_NO_OFFICE] = "the owners' decision that gave the office does not count",
    [REASON_NOT_PERMITTED] = "the role does not permit it",
    [REASON_COUNCIL_OTHER] = "the owners' decisions went another way",
    [REASON_COUNCIL_FROZEN] =
        "the owners decided two things at once and have not settled which of them counts",
};

static uint64_t ref_of(const struct authority *a, uint32_t op)
{
    return op == NONE ? 0 : op_at(a, op)->ref;
}

const char *authority_why_not(const struct authority *a, uint64_t ref, uint64_t *ret_by)
{
    uint32_t op = table_find(&a->refs, ref), by = NONE;
    uint8_t reason = REASON_UNJUDGED;

    if (op != NONE && op < answer_count(&a->now, ANSWER_VERDICTS)) {
        reason = verdict_at(&a->now, op)->reason;
        by = reason == REASON_NONE ? NONE : verdict_at(&a->now, op)->by;
    }
    if (ret_by != NULL) {
        *ret_by = ref_of(a, by);
    }
    return words[reason];
}

const char *authority_limit_why(const struct authority *a, int64_t appointment, int64_t ix,
                                uint64_t *ret_by)
{
    uint32_t lane = ix <= 0 ? NONE : table_find(&a->lanes, (uint64_t)ix), by = NONE;
    const struct pair *p = NULL;
    uint8_t reason = REASON_UNJUDGED;

    if (lane != NONE && appointment >= 0 && appointment < NONE) {
        p = pair_of(a, &a->now, (uint32_t)appointment, lane);
    }
    if (p != NULL) {
        reason = p->reason;
        by = reason == REASON_NONE ? NONE : p->by;
    }
    if (ret_by != NULL) {
        *ret_by = ref_of(a, by);
    }
    return words[reason];
}

uint64_t authority_limit_by(const struct authority *a, int64_t appointment, int64_t ix)
{
    uint64_t by = 0;
    (void)authority_limit_why(a, appointment, ix, &by);
    return by;
}
