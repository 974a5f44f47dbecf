"""What is missing for a signature, what a lock leaves to be done, and how what was charted is put right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.treatment.order import NotYet
from services.treatment.sessions.decider import SESSION, Command
from services.treatment.sessions.decisions.amending import (
    Append,
    Change,
    NotRevisable,
    RetestsStand,
    Revise,
    RevisionExists,
    Withdraw,
)
from services.treatment.sessions.decisions.charting import AnotherTarget, ReleaseGuarded, SequenceTaken
from services.treatment.sessions.decisions.signing import (
    Countersign,
    Incomplete,
    Lock,
    NotSigned,
    OwnSignature,
    Sign,
    SignedAlready,
)
from services.treatment.sessions.decisions.starting import Link
from services.treatment.sessions.state import EntryUnknown, SessionInError, SessionLockedAlready, SessionNotLocked
from shared.events.treatment_sessions import (
    AddendumAppended,
    AmendmentMade,
    EnteredInError,
    Guarded,
    MuscleRetested,
    MuscleTested,
    NoteWritten,
    ReleaseApplied,
    SessionSigned,
)
from shared.ids import new_id
from tests.unit.sessions.builders import (
    COLLEAGUE,
    NOW,
    THERAPIST,
    a_note,
    a_release,
    a_retest,
    a_score,
    a_test,
    after,
    an_activation,
    begun,
    charting,
    locked,
    signing,
)

HASH = "5f" * 32


def sign(*leaves: str) -> Sign:
    return Sign(THERAPIST, "therapist", NOW, HASH, frozenset(leaves))  # type: ignore[arg-type]


def flip(test: MuscleTested | MuscleRetested, side: str) -> Change:
    return Change(entry_id=test.test_id, kind=type(test), values={"side": side})


def revise(*changes: Change, reason: str | None = None) -> Revise:
    return Revise(revision_id=new_id(), changes=changes, by=THERAPIST, now=NOW, reason=reason)


def test_all_that_is_missing_is_said_in_one_answer() -> None:
    loop = new_id()
    tested = a_test(rater=None, loop_id=loop)
    release = a_release(technique=None, seconds=None, loop_id=loop)
    activation = an_activation(exercise=None, reps=None)
    with pytest.raises(Incomplete) as refused:
        SESSION.decide(sign(), begun(tested, release, activation, a_score()))
    assert [(each["code"], each["entry_id"] or each["loop_id"]) for each in refused.value.details["missing"]] == [
        ("rater", tested.test_id),
        ("technique", release.release_id),
        ("seconds", release.release_id),
        ("exercise", activation.activation_id),
        ("dose", activation.activation_id),
        ("activation", loop),
        ("retest", loop),
        ("pain_after", None),
    ]


def test_what_is_left_out_on_purpose_is_recorded_and_who_tested_is_never_left_out() -> None:
    [signed] = SESSION.decide(sign("pain_before", "pain_after"), begun(a_test()))
    assert isinstance(signed, SessionSigned)
    assert (signed.covers, [each.code for each in signed.leaves]) == (2, ["pain_before", "pain_after"])
    with pytest.raises(Incomplete):
        SESSION.decide(sign("rater", "pain_before", "pain_after"), begun(a_test(rater=None)))
    with pytest.raises(Incomplete):
        SESSION.decide(signing(), begun())


def test_a_complete_session_is_signed_without_leaving_anything_out() -> None:
    tested, loop = a_test(), new_id()
    entries = (
        a_score(when="before"),
        tested,
        a_release(loop_id=loop),
        an_activation(loop_id=loop),
        a_retest(tested, loop_id=loop),
        a_score(when="after"),
    )
    [signed] = SESSION.decide(sign(), begun(*entries))
    assert signed.leaves == ()


def test_what_is_charted_after_a_signature_needs_another_before_the_lock() -> None:
    signed = after([signing()], begun(a_test()))
    assert SESSION.decide(signing(), signed) == []
    with pytest.raises(SignedAlready):
        SESSION.decide(signing(COLLEAGUE), signed)
    for command in (charting(a_note()), Link(new_id(), None)):
        with pytest.raises(NotSigned):
            SESSION.decide(Lock(THERAPIST, NOW), after([command], signed))
    with pytest.raises(NotSigned):
        SESSION.decide(Lock(THERAPIST, NOW), begun(a_test()))


def test_the_lock_says_what_was_signed_and_a_second_one_says_nothing() -> None:
    [lock] = SESSION.decide(Lock(THERAPIST, NOW), after([signing()], begun(a_test())))
    assert lock.content_hash == HASH
    assert SESSION.decide(Lock(COLLEAGUE, NOW), locked()) == []


def test_somebody_else_countersigns_before_or_after_the_lock_and_once() -> None:
    for session in (after([signing()], begun(a_test())), locked()):
        [countersigned] = SESSION.decide(Countersign(COLLEAGUE, "therapist", NOW), session)
        assert countersigned.content_hash == HASH
        assert SESSION.decide(Countersign(COLLEAGUE, "therapist", NOW), SESSION.evolve(session, countersigned)) == []
        with pytest.raises(OwnSignature):
            SESSION.decide(Countersign(THERAPIST, "therapist", NOW), session)
    with pytest.raises(NotSigned):
        SESSION.decide(Countersign(COLLEAGUE, "therapist", NOW), begun(a_test()))


def test_a_locked_session_is_only_added_to() -> None:
    tested = a_test()
    session = locked(tested)
    refused: list[Command] = [charting(a_test()), charting(a_note()), revise(flip(tested, "left"))]
    for command in refused:
        with pytest.raises(SessionLockedAlready):
            SESSION.decide(command, session)
    [addendum] = SESSION.decide(Append(new_id(), "Felt well", restricted=False, by=THERAPIST, now=NOW), session)
    [amendment] = SESSION.decide(revise(flip(tested, "left"), reason="mixed up"), session)
    [in_error] = SESSION.decide(Withdraw((tested.test_id,), "another client", THERAPIST, NOW), session)
    assert isinstance(addendum, AddendumAppended)
    assert isinstance(amendment, AmendmentMade)
    assert isinstance(in_error, EnteredInError)


def test_addenda_and_amendments_are_for_locked_sessions() -> None:
    tested = a_test()
    with pytest.raises(SessionNotLocked):
        SESSION.decide(Append(new_id(), "x", restricted=False, by=THERAPIST, now=NOW), begun(tested))
    with pytest.raises(SessionNotLocked):
        SESSION.decide(revise(flip(tested, "left"), reason="x"), begun(tested))


def test_an_addendum_is_appended_once() -> None:
    append = Append(new_id(), "Felt well", restricted=False, by=THERAPIST, now=NOW)
    session = after([append], locked())
    assert SESSION.decide(append, session) == []
    with pytest.raises(RevisionExists):
        SESSION.decide(replace(append, body="Felt worse"), session)


def test_a_side_mixed_up_is_put_right_in_a_test_and_its_retest_together() -> None:
    tested = a_test()
    retest = a_retest(tested)
    session = begun(tested, retest)
    with pytest.raises(AnotherTarget):
        SESSION.decide(revise(flip(tested, "left")), session)
    both = revise(flip(tested, "left"), flip(retest, "left"))
    revised = after([both], session)
    assert [getattr(entry, "side", None) for entry in revised.ordered] == ["left", "left"]
    assert SESSION.decide(both, revised) == []
    with pytest.raises(RevisionExists):
        SESSION.decide(replace(both, changes=both.changes[:1]), revised)


def test_a_revision_gives_other_words_and_fills_in_what_was_open() -> None:
    note, release = a_note(), a_release(seconds=None)
    words = Change(entry_id=note.note_id, kind=NoteWritten, rewritten=True, words="Both knees hurt")
    seconds = Change(entry_id=release.release_id, kind=ReleaseApplied, values={"seconds": 45})
    session = after([revise(words, seconds)], begun(note, release))
    assert session.entries[note.note_id] == replace(note, sequence=1000, body="Both knees hurt")
    assert session.entries[release.release_id] == replace(release, sequence=2000, seconds=45)


def test_what_was_decided_about_an_entry_cannot_be_revised() -> None:
    tested = a_test()
    for name in ("cold", "catalogue_", "test_id", "client_id", "note"):
        change = Change(entry_id=tested.test_id, kind=MuscleTested, values={name: "x"})
        with pytest.raises(NotRevisable):
            SESSION.decide(revise(change), begun(tested))
    with pytest.raises(EntryUnknown):
        SESSION.decide(revise(Change(entry_id=tested.test_id, kind=ReleaseApplied)), begun(tested))


def test_a_revision_puts_nothing_into_the_future() -> None:
    tested = a_test()
    later = {"happened_at": (NOW + timedelta(hours=1)).isoformat()}
    with pytest.raises(NotYet):
        SESSION.decide(revise(Change(entry_id=tested.test_id, kind=MuscleTested, values=later)), begun(tested))


def test_a_revision_leads_around_neither_the_order_nor_what_guards_a_release() -> None:
    first, second, release = a_test(sequence=1), a_test(sequence=2), a_release()
    place = Change(entry_id=first.test_id, kind=MuscleTested, values={"sequence": 2})
    with pytest.raises(SequenceTaken):
        SESSION.decide(revise(place), begun(first, second))
    other = Change(entry_id=release.release_id, kind=ReleaseApplied, values={"side": "left"})
    guards = {release.release_id: (Guarded(kind="contraindication", code="local"),)}
    with pytest.raises(ReleaseGuarded):
        SESSION.decide(replace(revise(other), guards=guards), begun(release))


def test_a_test_is_taken_back_together_with_its_retests() -> None:
    tested = a_test()
    retest = a_retest(tested)
    session = begun(tested, retest)
    with pytest.raises(RetestsStand):
        SESSION.decide(Withdraw((tested.test_id,), "x", THERAPIST, NOW), session)
    left = after([Withdraw((tested.test_id, retest.test_id), "x", THERAPIST, NOW)], session)
    assert left.ordered == ()
    assert SESSION.decide(Withdraw((tested.test_id,), "x", THERAPIST, NOW), left) == []
    with pytest.raises(EntryUnknown):
        SESSION.decide(Withdraw((new_id(),), "x", THERAPIST, NOW), session)


def test_a_session_entered_in_error_stays_and_counts_for_nothing() -> None:
    session = after([Withdraw((), "another client", THERAPIST, NOW)], locked())
    assert session.ordered == ()
    assert SESSION.decide(Withdraw((), "again", THERAPIST, NOW), session) == []
    for command in (charting(a_test()), signing(), Lock(THERAPIST, NOW), Withdraw((new_id(),), "x", THERAPIST, NOW)):
        with pytest.raises(SessionInError):
            SESSION.decide(command, session)
