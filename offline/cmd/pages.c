/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages: what goes on paper and comes back. A file's name decides: .pdf is a page with a code to
 * print, .png and .pgm are scans of one, everything else is the same page as text. The recovery
 * sheet is such a page; shares are others (shares.c).
 */
#include "guard.h"
#include "paper.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_TEXT_MAX = 512, PDF_MAX = 1024 * 1024 };

enum status page_write(struct session *s, const char *path, text content, text code)
{
    enum status status = STATUS_OK;
    struct buf modules;
    struct buf pdf;
    size_t side = 0;

    buf_init(&modules, (size_t)PAPER_SIDE_MAX * PAPER_SIDE_MAX);
    buf_init(&pdf, PDF_MAX);
    if (!paper_is_page(path)) {
        TRY(output_write(s, path, BYTES(content.ptr, content.len)));
        goto out;
    }
    MUST(s->paper != NULL);
    TRY(paper_encode(s->cx, s->paper, code, &modules, &side));
    TRY(paper_page(s->cx, content, buf_view(&modules), side,
                   TEXT("The same words for a scanner; no telephone should see this page:"), &pdf));
    TRY(output_write(s, path, buf_view(&pdf)));
out:
    buf_finish(&pdf);
    buf_finish(&modules);
    return status;
}

enum status page_read(struct session *s, const char *path, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct buf image;

    buf_init(&image, PAPER_IMAGE_MAX);
    if (paper_is_page(path)) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'%.200s' is a page to print; it is not read back from PDF", path);
        (void)fault_hint(s->cx, "print it, scan the paper as PNG or PGM, and give the scan");
        goto out;
    }
    if (!paper_is_scan(path)) {
        TRY(input_read(s, path, PAGE_TEXT_MAX, ret));
        if (!utf8_valid(buf_view(ret))) {
            status = fault_set(s->cx, STATUS_MALFORMED, __FILE__, __LINE__,
                               "'%.200s' is not a page of text", path);
            (void)fault_hint(s->cx, "a scan of the page must be a file that ends in .png or .pgm");
        }
        goto out;
    }
    MUST(s->paper != NULL);
    TRY(input_read(s, path, PAPER_IMAGE_MAX, &image));
    TRY(paper_scan(s->cx, s->paper, buf_view(&image), ret));
out:
    buf_finish(&image);
    return status;
}

/* ---- the recovery sheet ---- */

/* The folder of a path, resolved, or false. */
static bool folder_resolved(const char *path, char out[static 4096])
{
    char folder[4096];
    size_t len = strlen(path);

    if (len >= sizeof folder) {
        return false;
    }
    memcpy(folder, path, len + 1);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        folder[0] = '.';
        folder[1] = '\0';
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    return realpath(folder, out) != NULL;
}

enum status outside_vault(struct session *s, const char *path, const char *what)
{
    enum status status = STATUS_OK;
    char vault[4096];
    char folder[4096];

    if (realpath(s->vault_path, vault) != NULL && folder_resolved(path, folder) &&
        strncmp(folder, vault, strlen(vault)) == 0 &&
        (folder[strlen(vault)] == '\0' || folder[strlen(vault)] == '/')) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "the %s must not lie in the vault's folder", what);
        (void)fault_hint(s->cx,
                         "whoever takes the vault would take it along; choose another place");
    }
    return status;
}

enum status sheet_possible(struct session *s)
{
    enum status status = STATUS_OK;
    const char *path = option_value(s, "sheet");

    if (path == NULL && s->tty < 0) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "there is no terminal to show the recovery sheet on");
        (void)fault_hint(s->cx, "give --sheet FILE, print the file, then remove it");
        goto out;
    }
    if (path != NULL) {
        TRY(outside_vault(s, path, "recovery sheet"));
        TRY(output_free(s, path));
    }
out:
    return status;
}

enum status sheet_hand_out(struct session *s, const struct secret *seed, text team, text member)
{
    enum status status = STATUS_OK;
    struct buf sheet;
    struct buf code;
    struct buf answer;
    const char *path = option_value(s, "sheet");

    buf_init(&sheet, PAGE_TEXT_MAX);
    buf_init(&code, CODE_TEXT_MAX);
    buf_init(&answer, TYPED_BYTES_MAX);
    TRY(sheet_write(s->cx, seed, team, member, &sheet));
    if (path != NULL) {
        TRY(sheet_code(s->cx, seed, &code));
        TRY(page_write(s, path, buf_text(&sheet), buf_text(&code)));
        out_say(&s->out,
                "your recovery sheet is in '%s': print it, keep the paper away from this "
                "machine, then remove the file",
                path);
    } else {
        out_tty_lines(&s->out, s->tty, buf_text(&sheet));
        out_prompt(&s->out, s->tty, "Write it on paper now; it is shown only once. ");
        TRY(tty_ask_line(s, "Press Enter when it is on paper", &answer));
    }
out:
    buf_finish(&answer);
    buf_finish(&code);
    buf_finish(&sheet);
    return status;
}

enum status sheet_take(struct session *s, const char *path, struct secret **ret_seed,
                       struct buf *ret_owner)
{
    enum status status = STATUS_OK;
    struct buf typed;
    struct secret *line = NULL;
    struct key_share_labels labels;

    buf_init(&typed, PAGE_TEXT_MAX);
    if (path != NULL) {
        TRY(page_read(s, path, &typed));
    } else {
        status = tty_ask_secret(s, "the 21 words of the recovery sheet", &line);
        if (status == STATUS_LOCKED) {
            fault_clear(s->cx);
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "it takes the recovery sheet, and there is no terminal to type its "
                               "words at");
            (void)fault_hint(s->cx, "give --sheet FILE, the file or a scan of the paper; when the "
                                    "sheet is lost, `valise help sheet` says what to do");
        }
        TRY(status);
        TRY(buf_add(s->cx, &typed, secret_view(line)));
    }
    if (!utf8_valid(buf_view(&typed))) {
        FAIL(s->cx, STATUS_MALFORMED, "the sheet is not UTF-8 text");
    }
    TRY(sheet_parse(s->cx, buf_text(&typed), ret_seed));
    if (ret_owner != NULL) {
        key_share_labels_read(buf_text(&typed), &labels);
        TRY(buf_add_text(s->cx, ret_owner, labels.owner));
    }
out:
    secret_free(&line);
    buf_finish(&typed);
    return status;
}
