"""Why a change of a pattern is refused; each says what would have to be seen."""

from shared.decider import Refused


class PatternExists(Refused):
    """There is a pattern with this id already."""

    code = "pattern_exists"


class PatternMembers(Refused):
    """A pattern has an overactive and an inhibited member at least, and no target on one side twice."""

    code = "pattern_members"


class PatternState(Refused):
    """Nothing leads there from the state that the pattern is in."""

    code = "pattern_state"


class NoSuchTest(Refused):
    """The session has no such test of an inhibited member of this pattern."""

    code = "no_such_test"


class NotConfirmed(Refused):
    """An inhibited member has to fail, and to hold while an overactive one is touched or after it is released."""

    code = "not_confirmed"


class NotRefuted(Refused):
    """An inhibited member has to hold cold, or to fail before and after the release of an overactive one."""

    code = "not_refuted"


class NotCorrected(Refused):
    """One loop has to hold a release of an overactive member, then an activation, then a retest that holds."""

    code = "not_corrected"


class NotCold(Refused):
    """Only a cold retest shows it: the first test of the target in its session, before any release or activation."""

    code = "not_cold"


class AnotherResponse(Refused):
    """The test shows something else."""

    code = "another_response"


class TooSoon(Refused):
    """The correction is too recent for a retest to say that it has held."""

    code = "too_soon"


class SameSession(Refused):
    """Only a later session shows that the pattern has held."""

    code = "same_session"


class SameEpisode(Refused):
    """Only a later episode of care takes up a pattern that was closed."""

    code = "same_episode"


class EvidenceTooEarly(Refused):
    """What the session shows came before the pattern's last change."""

    code = "evidence_too_early"


class NotResolved(Refused):
    """It has not held often and long enough, or there is still too much pain."""

    code = "not_resolved"


class NoSuchPrimary(Refused):
    """The client has no such pattern."""

    code = "no_such_primary"


class CircularPatterns(Refused):
    """The primary pattern hangs under this one."""

    code = "circular_patterns"


class PrimaryNotCorrected(Refused):
    """The primary pattern has to be corrected before the retest."""

    code = "primary_not_corrected"


class EpisodeGoesOn(Refused):
    """A pattern is closed without a retest only when its episode of care has been discharged."""

    code = "episode_goes_on"
