/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is practised: a team of made-up people who meet, work apart, lose a machine, and part with
 * somebody. Every part checks that it came out as it must; a drill that only talks proves nothing.
 */
#include "drill.h"

#include <string.h>

#define STEP(d, who, tells, code, ...)                                                             \
    drill_step((d), &(const struct drill_step){(who), (tells), (code), false, {__VA_ARGS__, NULL}})
/* The same, and what it says is shown. */
#define SHOW(d, who, tells, ...)                                                                   \
    drill_step((d), &(const struct drill_step){(who), (tells), 0, true, {__VA_ARGS__, NULL}})

enum { WORDS_MAX = DRILL_VALUE_MAX };

static enum status words_said(struct drill *d, char ret[static WORDS_MAX])
{
    enum status status = STATUS_OK;
    const char *value = "";

    TRY(drill_value(d, "words", 0, &value));
    memcpy(ret, value, strlen(value) + 1);
out:
    return status;
}

/* Who asked, by a file at the guest's, is let in by the host: words there, words back. */
struct letting_in {
    const char *host, *guest;
    const char *role;           /* NULL: comes back */
    const char *asked, *answer; /* the files, as the host sees the one and the guest the other */
    const char *out;            /* the answer, as the host names it */
    const char *host_tells, *guest_tells;
};

static enum status let_in(struct drill *d, const struct letting_in *l)
{
    enum status status = STATUS_OK;
    char words[WORDS_MAX];

    TRY(words_said(d, words));
    if (l->role != NULL) {
        TRY(STEP(d, l->host, l->host_tells, 0, "invite", l->asked, "--role", l->role, "--out",
                 l->out, "--words", words));
    } else {
        TRY(STEP(d, l->host, l->host_tells, 0, "invite", l->asked, "--out", l->out, "--words",
                 words));
    }
    TRY(words_said(d, words));
    TRY(STEP(d, l->guest, l->guest_tells, 0, "join", l->answer, "--words", words));
out:
    return status;
}

static enum status vault_new(struct drill *d, const char *who, const char *tells)
{
    return STEP(d, who, tells, 0, "init", "--kdf", "floor");
}

static enum status founding(struct drill *d)
{
    enum status status = STATUS_OK;

    drill_chapter(d, "Maria founds a team");
    TRY(vault_new(d, "maria", "Maria makes a vault. Its passphrase is the only way in."));
    TRY(STEP(d, "maria",
             "She founds the team. The recovery sheet goes on paper, away from the laptop.", 0,
             "team", "new", "Lighthouse", "--member", "Maria", "--sheet", "sheet.txt"));
    TRY(STEP(d, "maria", "She proves that the sheet can be read.", 0, "sheet", "check",
             "sheet.txt"));
    TRY(STEP(d, "maria", "The first thing to do is written down.", 0, "add", "tickets.ticket",
             "title=Check the water filters", "severity=high"));
    drill_chapter_end(d);
out:
    return status;
}

static enum status joining(struct drill *d)
{
    enum status status = STATUS_OK;
    char words[WORDS_MAX];

    drill_chapter(d, "Idris joins");
    TRY(vault_new(d, "idris", "Idris makes a vault of his own."));
    TRY(STEP(d, "idris", "He writes who he is into a file for Maria.", 0, "join", "--out",
             "idris.join", "--member", "Idris", "--device", "Idris's laptop", "--sheet",
             "sheet.txt"));
    TRY(words_said(d, words));
    TRY(STEP(d, "maria", "Maria tries without comparing words: the program refuses.", 14, "invite",
             "../idris/idris.join", "--role", "editor", "--out", "idris.invite"));
    TRY(STEP(d, "maria", "He reads nine words out, she types them: now it is surely his file.", 0,
             "invite", "../idris/idris.join", "--role", "editor", "--out", "idris.invite",
             "--words", words));
    TRY(words_said(d, words));
    TRY(STEP(d, "idris", "She reads nine words back: now it is surely her team.", 0, "join",
             "../maria/idris.invite", "--words", words));
    TRY(SHOW(d, "idris", "He sees what the team has.", "find", "filters"));
    if (!drill_said(d, "Check the water filters")) {
        TRY(drill_wrong(d, "Idris does not see what Maria wrote"));
    }
    drill_chapter_end(d);
out:
    return status;
}

static enum status same_state(struct drill *d)
{
    enum status status = STATUS_OK;
    char first[WORDS_MAX];
    char second[WORDS_MAX];

    TRY(STEP(d, "maria", "Maria reads her state's words out ...", 0, "hash"));
    TRY(words_said(d, first));
    TRY(STEP(d, "idris", "... and Idris has the same: both hold the same records.", 0, "hash"));
    TRY(words_said(d, second));
    if (strcmp(first, second) != 0) {
        TRY(drill_wrong(d, "the two vaults do not hold the same records"));
    }
out:
    return status;
}

static enum status crossing(struct drill *d)
{
    enum status status = STATUS_OK;

    drill_chapter(d, "They work apart and meet with a stick");
    TRY(STEP(d, "maria", "Maria writes something on her laptop.", 0, "add", "tickets.ticket",
             "title=Fetch the medicines", "severity=emergency"));
    TRY(STEP(d, "idris", "Idris writes something on his.", 0, "add", "tickets.ticket",
             "title=Repair the radio", "severity=low"));
    TRY(STEP(d, "maria", "Maria packs a stick. What is on it looks like noise.", 0, "pack",
             "../stick-1"));
    TRY(SHOW(d, "idris", "Idris looks first: nothing changes yet.", "unpack", "../stick-1",
             "--preview"));
    TRY(STEP(d, "idris", "He takes it.", 0, "unpack", "../stick-1"));
    TRY(STEP(d, "idris", "His own goes back to her.", 0, "pack", "../stick-2"));
    TRY(STEP(d, "maria", "She takes it.", 0, "unpack", "../stick-2"));
    TRY(same_state(d));
    drill_chapter_end(d);
out:
    return status;
}

static enum status losing(struct drill *d)
{
    enum status status = STATUS_OK;

    drill_chapter(d, "Idris loses his laptop");
    drill_tell(d, "The laptop is gone. What Idris has is the sheet of paper.");
    TRY(vault_new(d, "idris-new", "He makes a vault on another machine."));
    TRY(STEP(d, "idris-new", "With the words of his sheet he asks to come back.", 0, "restore",
             "device", "--out", "idris.join", "--sheet", "../idris/sheet.txt", "--member", "Idris",
             "--device", "new laptop"));
    TRY(let_in(d,
               &(const struct letting_in){
                   .host = "maria",
                   .guest = "idris-new",
                   .asked = "../idris-new/idris.join",
                   .out = "idris-back.invite",
                   .answer = "../maria/idris-back.invite",
                   .host_tells =
                       "Maria compares nine words with him, as when he joined, and lets him back.",
                   .guest_tells = "He is in again, with everything that was packed."}));
    TRY(STEP(d, "idris-new", "He gives the lost laptop up: whoever has it writes for nobody.", 0,
             "device", "remove", "Idris's laptop", "--sheet", "../idris/sheet.txt", "--yes"));
    TRY(STEP(d, "idris-new", "The others learn it by the next stick.", 0, "pack", "../stick-3"));
    TRY(STEP(d, "maria", "Maria takes it.", 0, "unpack", "../stick-3"));
    TRY(SHOW(d, "maria", "She sees that the old laptop is given up.", "device", "list"));
    if (!drill_said(d, "given up")) {
        TRY(drill_wrong(d, "the lost laptop is not given up"));
    }
    drill_chapter_end(d);
out:
    return status;
}

static enum status wrong_person(struct drill *d)
{
    enum status status = STATUS_OK;

    drill_chapter(d, "Somebody has to leave");
    TRY(vault_new(d, "noor", "Noor makes a vault."));
    TRY(STEP(d, "noor", "Noor asks to join.", 0, "join", "--out", "noor.join", "--member", "Noor",
             "--device", "Noor's laptop", "--sheet", "sheet.txt"));
    TRY(let_in(d, &(const struct letting_in){.host = "maria",
                                             .guest = "noor",
                                             .role = "editor",
                                             .asked = "../noor/noor.join",
                                             .out = "noor.invite",
                                             .answer = "../maria/noor.invite",
                                             .host_tells = "Maria lets Noor in.",
                                             .guest_tells = "Noor is in."}));
    TRY(STEP(d, "noor", "Noor writes something useful.", 0, "add", "tickets.ticket",
             "title=Ask the harbour office", "severity=low"));
    TRY(STEP(d, "noor", "It goes to Maria.", 0, "pack", "../stick-4"));
    TRY(STEP(d, "maria", "Maria takes it.", 0, "unpack", "../stick-4"));
    TRY(SHOW(d, "maria", "Noor must leave. First Maria looks at what would follow.", "member",
             "remove", "Noor", "--dry-run"));
    TRY(STEP(d, "maria", "Then she decides.", 0, "member", "remove", "Noor", "--yes"));
    TRY(STEP(d, "noor", "Noor does not know it yet, or does not care, and goes on writing.", 0,
             "add", "tickets.ticket", "title=Cancel the transport", "severity=emergency"));
    TRY(STEP(d, "noor", "It arrives by a stick.", 0, "pack", "../stick-5"));
    TRY(STEP(d, "maria", "Maria takes it without fear.", 0, "unpack", "../stick-5"));
    TRY(SHOW(d, "maria", "It is not among the tickets ...", "list", "tickets"));
    if (drill_said(d, "Cancel the transport") || !drill_said(d, "Ask the harbour office")) {
        TRY(drill_wrong(d, "the removal did not part what came before from what came after"));
    }
    TRY(SHOW(d, "maria", "... but kept apart, should it have been right after all.", "member",
             "late", "Noor"));
    if (!drill_said(d, "Noor's laptop")) {
        TRY(drill_wrong(d, "what came after the removal is not listed"));
    }
    drill_chapter_end(d);
out:
    return status;
}

static enum status files_said(struct drill *d, char ret[2][WORDS_MAX])
{
    enum status status = STATUS_OK;
    const char *value = "";

    for (size_t i = 0; i < 2; i++) {
        TRY(drill_value(d, "file", i, &value));
        memcpy(ret[i], value, strlen(value) + 1);
    }
out:
    return status;
}

static enum status sharing(struct drill *d)
{
    enum status status = STATUS_OK;
    char first[2][WORDS_MAX];

    drill_chapter(d, "Maria's sheet burns");
    TRY(STEP(d, "maria", "In good time Maria parts her sheet among three people: any two can help.",
             0, "recovery", "split", "2", "3", "--out", "../shares", "--sheet", "sheet.txt"));
    TRY(files_said(d, first));
    TRY(STEP(d, "maria", "The last stick before the fire.", 0, "pack", "../stick-6"));
    TRY(STEP(d, "idris-new", "Idris takes it.", 0, "unpack", "../stick-6"));
    drill_tell(d, "Then the house burns: laptop and sheet are gone.");
    TRY(vault_new(d, "maria-new", "On a borrowed machine she makes a vault."));
    TRY(STEP(d, "maria-new", "Two of her three friends bring their shares.", 0, "recovery", "join",
             first[0], first[1], "--out", "maria.join", "--member", "Maria", "--device",
             "borrowed laptop"));
    TRY(let_in(d, &(const struct letting_in){
                      .host = "idris-new",
                      .guest = "maria-new",
                      .asked = "../maria-new/maria.join",
                      .out = "maria-back.invite",
                      .answer = "../idris-new/maria-back.invite",
                      .host_tells = "Idris compares words with her and lets her back.",
                      .guest_tells = "She is in again, and an owner as before."}));
    TRY(SHOW(d, "maria-new", "All she had packed is there.", "list", "tickets"));
    if (!drill_said(d, "Check the water filters")) {
        TRY(drill_wrong(d, "Maria does not find her records"));
    }
    drill_chapter_end(d);
out:
    return status;
}

enum status drill_play(struct drill *d)
{
    enum status status = STATUS_OK;

    TRY(founding(d));
    TRY(joining(d));
    TRY(crossing(d));
    TRY(losing(d));
    TRY(wrong_person(d));
    TRY(sharing(d));
out:
    return status;
}
