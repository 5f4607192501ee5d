"""No member of the engine's state is forgotten by the snapshot (src/vt/snapshot.c)."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
VT = TOP / "src" / "vt"

# Each struct that is part of a terminal, and how the functions that describe it call it.
STRUCTS = {
    "vt": "vt->", "vt_pos": "pos.", "vt_saved": "saved->", "vt_grid": "grid->", "vt_grid_row": "row->",
    "vt_cell": "cell->", "vt_parser": "ps->", "text_utf8": "u->", "text_break": "brk.",
    "vt_style": "style->", "vt_cluster": "c->", "vt_link": "link->", "vt_ids": "ids->",
    "vt_note": "note->", "vt_paste_board": "board->", "vt_pointer": "pointer->",
    "vt_palette_saved": "(*slot)->", "vt_images": "im->", "vt_stored": "image->",
    "vt_picture": "picture->", "vt_placement": "p->", "vt_span": "span->", "vt_spans": "list->",
    "vt_kept_spans": "kept->", "vt_file": "file->", "vt_file_side": "side->", "vt_base64_state": "base64.", "vt_sixel": "x->", "vt_sixel_palette": "palette->", "vt_sixel_setup": "setup->",
    "vt_kept_spans": "kept->", "vt_image_part": "frame->", "vt_kitty": "g->", "vt_base64_state": "g->base64.",
    "vt_styles": "t->", "vt_clusters": "t->", "vt_links": "t->",
    "vt_scrollback": "sb->", "vt_sb_block": "b->", "vt_sb_row": "row->", "vt_sb_style": "m->",
}
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def struct_body(name, headers):
    m = re.search(r"^struct %s \{\n(.*?)^\};" % name, headers, re.M | re.S)
    assert m, f"struct {name} is gone: adapt STRUCTS"
    return m.group(1)


def members(body):
    """The names that a struct's body declares; of a struct inside it, only the outer name."""
    text = COMMENT.sub("", body)
    text = re.sub(r"\{[^{}]*\}|:\s*\d+", "", text)
    for declaration in text.split(";"):
        for i, part in enumerate(declaration.split(",")):
            m = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", part.strip())
            if m:
                yield m.group(1)


def not_kept(source):
    """{struct: names} of the lines "not kept, STRUCT: NAMES - why"."""
    ret = {}
    for struct, names in re.findall(r"not kept, (\w+): ([\w ]+?) - ", source):
        ret.setdefault(struct, set()).update(names.split())
    return ret


def forgotten(struct, body, source):
    code = COMMENT.sub("", source)
    left_out = not_kept(source).get(struct, set())
    names = list(members(body))
    assert len(names) > 0, f"struct {struct}: no members found"
    for name in names:
        if name not in left_out and not re.search(r"(?<!\w)%s%s\b" % (re.escape(STRUCTS[struct]), name), code):
            yield f"struct {struct}: {name} is not in the snapshot"
    for name in left_out - set(names):
        yield f'struct {struct}: "not kept" names {name}, which it does not have'


def texts():
    headers = "\n".join(p.read_text() for p in [*sorted(VT.glob("*.h")), TOP / "src" / "text" / "text.h"])
    source = "\n".join(p.read_text() for p in [VT / "snapshot.c", *sorted(VT.glob("snap_*.c"))])
    return headers, source


def test_every_member_is_described():
    headers, source = texts()
    bad = [f for s in STRUCTS for f in forgotten(s, struct_body(s, headers), source)]
    assert not bad, "\n".join(bad) + "\ndescribe it in src/vt/snap*.c, or say there why it is not kept"


def test_the_test_sees_a_new_member():
    headers, source = texts()
    body = struct_body("vt", headers) + "\tbool brand_new, other_new[3]; /* vt->brand_new */\n"
    assert sorted(f.split()[2] for f in forgotten("vt", body, source)) == ["brand_new", "other_new"]
