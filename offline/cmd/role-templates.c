/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sets of roles. A text here is what people read before they choose: no word of keys. Who
 * removes people reaches everybody below, so that right stands with few.
 */
#include "role-templates.h"

#define RULE (TEAM_REMOVE | TEAM_SUSPEND)

/* ---- a newsroom ---- */

static const struct template_compartment newsroom_compartments[] = {
    {"sources", "who said what: names and contacts of sources, for those who must know"},
    {"legal", "what lawyers say before publication"},
};
static const struct template_role newsroom_roles[] = {
    {"freelancer", "brings tickets in and comments; sees the team's records, no sources", NULL,
     "team", "add,comment", NULL, 0, 0},
    {"reporter", "works on stories and keeps sources", NULL, "team,sources", "all", NULL, 0, 0},
    {"lawyer", "reads the stories, writes in the legal compartment", "team", "legal", "all", NULL,
     0, 0},
    {"desk editor", "leads a desk: lets freelancers and reporters in, may suspend at once", NULL,
     "team,sources,legal", "all", "freelancer,reporter", TEAM_SUSPEND, 0},
    {"chief editor", "answers for the newsroom: lets anybody in, removes people", NULL,
     "team,sources,legal", "all", "any", RULE, 0},
};

/* ---- a law firm ---- */

static const struct template_compartment law_compartments[] = {
    {"matters", "the cases; clients do not see them"},
    {"client", "what is shared with a client"},
    {"partners", "the firm's own affairs"},
};
static const struct template_role law_roles[] = {
    {"client", "reads and comments what is shared with clients, nothing else", NULL, "client",
     "comment", NULL, 0, 0},
    {"paralegal", "prepares: adds, changes and comments, removes nothing", NULL,
     "team,matters,client", "add,set,comment", NULL, 0, 0},
    {"associate", "works on matters and lets up to ten clients in", NULL, "team,matters,client",
     "all", "client", 0, 10},
    {"partner", "answers for the firm: lets anybody in, removes people", NULL,
     "team,matters,client,partners", "all", "any", RULE, 0},
};

/* ---- an aid organization ---- */

static const struct template_compartment ngo_compartments[] = {
    {"cases", "the people who are helped; only for those who work with them"},
    {"security", "incidents, routes and contacts in an emergency"},
};
static const struct template_role ngo_roles[] = {
    {"volunteer", "reads the team's records, comments and brings tickets in", NULL, "team",
     "add,comment", NULL, 0, 0},
    {"field officer", "works in the field; sees incidents, not cases", NULL, "team,security", "all",
     NULL, 0, 0},
    {"case worker", "works with the people who are helped", "security", "team,cases", "all", NULL,
     0, 0},
    {"coordinator", "leads an office: lets volunteers, officers and case workers in, may suspend",
     NULL, "team,cases,security", "all", "volunteer,field officer,case worker", TEAM_SUSPEND, 0},
    {"director", "answers for the organization: lets anybody in, removes people", NULL,
     "team,cases,security", "all", "any", RULE, 0},
};

/* ---- a collective without leaders ---- */

static const struct template_compartment collective_compartments[] = {
    {"inner circle", "what newcomers do not see yet"},
};
static const struct template_role collective_roles[] = {
    {"newcomer", "takes part; does not see the inner circle yet", NULL, "team", "all", NULL, 0, 0},
    {"comrade",
     "everything, and nobody above: lets newcomers in and may take that back, may stop an equal at "
     "once; only all owners together remove somebody",
     NULL, "team,inner circle", "all", "newcomer", TEAM_SUSPEND, 0},
};

#define SET(name, whom, prefix)                                                                    \
    {                                                                                              \
        name, whom, prefix##_compartments, ROWS_COUNT(prefix##_compartments), prefix##_roles,      \
            ROWS_COUNT(prefix##_roles)                                                             \
    }
const struct role_set role_sets[] = {
    SET("newsroom", "a newsroom with desks, sources to protect and a lawyer who reads along",
        newsroom),
    SET("law-firm", "a law firm with partners, associates and clients who look in", law),
    SET("ngo", "an aid organization with offices, field work and cases", ngo),
    SET("collective",
        "a group without leaders: make everybody an owner (`valise council propose "
        "add`), then all decide together",
        collective),
};
const size_t role_set_count = ROWS_COUNT(role_sets);
