"""Logins on their way: who may complete one, how often, until when, and how many there may be."""

from __future__ import annotations

import pytest

from flet_jupyter.core.oauth import PendingLogin, PendingLogins
from flet_jupyter.exceptions import FletJupyterError, LimitReached, LoginRefused

TIMEOUT = 600.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def begin(logins: PendingLogins, state: str, session: str = "ann's", browser: str = "ann") -> PendingLogin:
    return logins.add(state, session_id=session, browser=browser)


def refusal(logins: PendingLogins, state: str | None, browser: str | None = "ann") -> int:
    with pytest.raises(LoginRefused) as refused:
        logins.take(state, browser)
    assert isinstance(refused.value, FletJupyterError)
    assert str(refused.value).endswith(".")
    return refused.value.status


def test_a_login_is_handed_to_the_browser_that_began_it() -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock)
    logins.add("s", session_id="1", browser="ann", complete_page_html="<p>", complete_page_url="/x")
    assert logins.take("s", "ann") == PendingLogin("1", "ann", "<p>", "/x", clock.now + TIMEOUT)
    assert len(logins) == 0


def test_a_state_is_good_for_one_use() -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "s")
    logins.take("s", "ann")
    assert refusal(logins, "s") == 410


@pytest.mark.parametrize("browser", ["eve", "an", "annn", "", None, "ånn", "\udcff"])
def test_another_browser_is_refused(browser: str | None) -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "s")
    assert refusal(logins, "s", browser) == 403


def test_a_state_that_another_browser_has_shown_is_used_up() -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "s")
    refusal(logins, "s", "eve")
    assert refusal(logins, "s", "ann") == 410


@pytest.mark.parametrize("state", [None, ""])
def test_a_return_without_a_state_makes_no_sense(state: str | None) -> None:
    assert refusal(PendingLogins(TIMEOUT), state) == 400


@pytest.mark.parametrize("state", ["other", "s ", "\udcff", "s" * 100_000])
def test_an_unknown_state_is_refused_and_the_known_one_stays(state: str) -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "s")
    assert refusal(logins, state) == 410
    logins.take("s", "ann")


@pytest.mark.parametrize(("state", "browser"), [("", "ann"), ("s", "")])
def test_a_login_that_anybody_could_complete_does_not_begin(state: str, browser: str) -> None:
    logins = PendingLogins(TIMEOUT)
    with pytest.raises(ValueError, match="state and the browser"):
        begin(logins, state, browser=browser)
    assert len(logins) == 0


def test_a_login_expires() -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock)
    begin(logins, "first")
    begin(logins, "second")
    clock.now += TIMEOUT - 0.001
    logins.take("first", "ann")
    clock.now += 0.001
    assert refusal(logins, "second") == 410


def test_expiring_drops_the_old_and_keeps_the_young() -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock)
    begin(logins, "old")
    clock.now += TIMEOUT / 2
    begin(logins, "young")
    clock.now += TIMEOUT / 2
    logins.expire()
    assert len(logins) == 1
    logins.take("young", "ann")


@pytest.mark.parametrize("access", ["add", "take"])
def test_expired_logins_go_when_others_come(access: str) -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock)
    for number in range(4):
        begin(logins, str(number), session=str(number))
    clock.now += TIMEOUT
    if access == "add":
        begin(logins, "new")
    else:
        refusal(logins, "unknown")
    assert len(logins) == (access == "add")


def test_the_logins_of_a_session_die_with_it_and_no_others() -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "a1")
    begin(logins, "a2")
    begin(logins, "b", session="bob's", browser="bob")
    logins.forget_session("ann's")
    logins.forget_session("nobody's")
    assert refusal(logins, "a1") == refusal(logins, "a2") == 410
    logins.take("b", "bob")


def test_the_oldest_login_of_a_session_that_has_too_many_goes() -> None:
    logins = PendingLogins(TIMEOUT, max_per_session=2)
    begin(logins, "b", session="bob's", browser="bob")
    for state in ("first", "second", "third"):
        begin(logins, state)
    assert refusal(logins, "first") == 410
    logins.take("second", "ann")
    logins.take("third", "ann")
    logins.take("b", "bob")


def test_no_session_can_push_the_login_of_another_out() -> None:
    logins = PendingLogins(TIMEOUT, max_in_all=2)
    begin(logins, "a")
    begin(logins, "b", session="bob's", browser="bob")
    with pytest.raises(LimitReached, match="2 logins") as reached:
        begin(logins, "e", session="eve's", browser="eve")
    assert reached.value.limit == 2
    logins.take("a", "ann")
    logins.take("b", "bob")


def test_a_session_can_begin_anew_while_there_are_as_many_logins_as_allowed() -> None:
    logins = PendingLogins(TIMEOUT, max_in_all=2)
    begin(logins, "a")
    begin(logins, "b", session="bob's", browser="bob")
    begin(logins, "anew")
    assert refusal(logins, "a") == 410
    logins.take("anew", "ann")
    logins.take("b", "bob")


def test_expired_logins_make_room() -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock, max_in_all=1)
    begin(logins, "a")
    clock.now += TIMEOUT
    begin(logins, "b", session="bob's", browser="bob")
    logins.take("b", "bob")


def test_a_state_that_is_begun_again_belongs_to_who_began_it_last() -> None:
    logins = PendingLogins(TIMEOUT)
    begin(logins, "same")
    begin(logins, "same", session="bob's", browser="bob")
    logins.forget_session("ann's")
    assert logins.take("same", "bob").session_id == "bob's"


def test_nothing_is_kept_of_logins_that_are_over() -> None:
    clock = Clock()
    logins = PendingLogins(TIMEOUT, clock)
    for state, session in (("a", "1"), ("b", "1"), ("c", "2"), ("d", "3")):
        begin(logins, state, session=session)
    logins.take("a", "ann")
    logins.take("b", "ann")
    logins.forget_session("2")
    clock.now += TIMEOUT
    logins.expire()
    assert (len(logins), logins._of_session) == (0, {})
