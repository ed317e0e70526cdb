/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role-templates: whole sets of roles and compartments, as rows. docs/roles.md says what each is
 * for; a test compares.
 */
#ifndef ROLE_TEMPLATES_H
#define ROLE_TEMPLATES_H

#include "people.h"

struct template_role {
    const char *name, *purpose;
    const char *reads, *writes; /* compartments, with commas; "team" is there always */
    const char *may;            /* verbs, as --may */
    const char *appoints;       /* roles that stand above it in the table, "any", or NULL */
    uint32_t rights;            /* beside TEAM_APPOINT */
    uint32_t max;
};
struct template_compartment {
    const char *name, *purpose;
};
struct role_set {
    const char *name, *whom;
    const struct template_compartment *compartments;
    size_t compartment_count;
    const struct template_role *roles; /* who may be let in comes before who lets them in */
    size_t role_count;
};
extern const struct role_set role_sets[];
extern const size_t role_set_count;

/* role-template.c: `role template [NAME]` */
enum status role_template(struct session *s) MUST_USE;

#endif
