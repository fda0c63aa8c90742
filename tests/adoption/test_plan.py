from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from headway.adoption.plan import Identity, Kind, Plan, Rendering, Updating, add_lines, make_plan
from headway.integrations.git.merging import merge_texts

NOW = Identity("0.2.0", "headway")
UPDATING = Updating(lambda _blob: None, partial(merge_texts, labels=("yours", "old", "new")))

KINDS = {
    "a.yml": Kind.MAINTAINED,
    "b.yml": Kind.MAINTAINED,
    "data/c.csv": Kind.BEGUN,
    "params.yaml": Kind.BEGUN,
    "d/.gitignore": Kind.LINES,
}
names = st.sampled_from(sorted(KINDS))
contents = st.lists(st.sampled_from(["one", "two", "three", "# four", ""]), max_size=4).map(
    lambda lines: "".join(f"{line}\n" for line in lines).encode()
)
presents = st.dictionaries(names, contents)
renderings = presents.map(lambda files: {path: Rendering(content, KINDS[path]) for path, content in files.items()})


def after(plan: Plan, present: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files once the plan has been carried out."""
    written = {step.path: step.after for step in plan.steps if step.writes}
    return {path: content for path, content in {**present, **written}.items() if content is not None}


@given(renderings, presents)
def test_init_changes_no_byte_that_was_there(wanted: dict[str, Rendering], present: dict[str, bytes]) -> None:
    then = after(make_plan(wanted, present, None, NOW), present)
    assert {} == {path: content for path, content in present.items() if not then[path].startswith(content)}
    whole = {path for path in present if path not in wanted or wanted[path].kind is not Kind.LINES}
    assert {path: present[path] for path in whole} == {path: then[path] for path in whole}


@given(renderings, presents)
def test_a_second_init_has_nothing_to_do(wanted: dict[str, Rendering], present: dict[str, bytes]) -> None:
    first = make_plan(wanted, present, None, NOW)
    then = after(first, present)
    second = make_plan(wanted, then, first.record, NOW)
    assert (then, first.record) == (after(second, then), second.record)


@given(renderings, renderings)
def test_an_update_of_untouched_files_gives_what_a_new_repository_has(
    old: dict[str, Rendering], new: dict[str, Rendering]
) -> None:
    first = make_plan(old, {}, None, NOW)
    then = after(first, {})
    update = make_plan(new, then, first.record, NOW, UPDATING)
    fresh = make_plan(new, {}, None, NOW)
    assert _without_lines(after(fresh, {})) == _without_lines(after(update, then))
    assert (fresh.record, True) == (update.record, update.in_place)


@given(contents, contents)
def test_lines_are_added_once(before: bytes, wanted: bytes) -> None:
    once = add_lines(before, wanted)
    assert once == add_lines(once, wanted)
    assert {line for line in wanted.splitlines() if line and not line.startswith(b"#")} <= set(once.splitlines())


def test_a_comment_comes_with_the_line_that_it_is_about_only() -> None:
    assert b"a\n" == add_lines(b"a\n", b"# about a\na\n")
    assert b"a\n# about b\nb\n" == add_lines(b"a", b"# about b\nb\n")


def _without_lines(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if KINDS[path] is not Kind.LINES}
