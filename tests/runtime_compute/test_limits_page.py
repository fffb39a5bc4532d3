"""What the page of limits says is what the code refuses."""

from tests.tools import limits_reference


def test_the_page_of_limits_says_what_the_code_does() -> None:
    assert limits_reference.PAGE.read_text(encoding="utf-8") == limits_reference.page(), (
        "run `python -m tests.tools.limits_reference`"
    )
