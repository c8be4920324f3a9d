"""Figures are taken in turns and written as tables."""

from bench.table import Finding, Goal, alternate, goals_table, median_ratio, section, spread


def test_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str, figure: float) -> float:
        order.append(name)
        return figure

    figures = alternate(2, lambda: side("ours", 2.0), lambda: side("theirs", 1.0))
    assert order == ["ours", "theirs", "ours", "theirs"]
    assert figures == [[2.0, 2.0], [1.0, 1.0]]


def test_a_ratio_compares_figures_of_the_same_round() -> None:
    assert median_ratio([10, 30, 8], [10, 10, 10]) == 1.0


def test_a_figure_shows_its_range_where_there_is_one() -> None:
    assert spread([1234.4]) == "1,234"
    assert spread([3.0, 1.0, 2.0], 1) == "2.0 (1.0 – 3.0)"


def test_a_section_has_a_table_and_its_notes() -> None:
    finding = Finding("Parts", ("part", "µs"), [("stamp", "20")], notes=["One process."])
    assert section(finding) == (
        "## Parts\n\n| part  | µs |\n|-------|----|\n| stamp | 20 |\n\n- One process.\n"
    )


def test_a_goal_this_machine_cannot_judge_is_not_called_met() -> None:
    rows = goals_table([Goal("stamp", "≤ 25 µs", "20 µs", True), Goal("rate", "≥ 9", "8", None)])
    assert rows.splitlines()[2].endswith("| yes                 |")
    assert rows.splitlines()[3].endswith("| cannot be told here |")
