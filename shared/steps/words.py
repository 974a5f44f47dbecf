"""Words for the codes of techniques and exercises, in every language and in this place only.

Chains make up codes of their own: one that is not known here is shown as it was made up, without its dashes.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Names(NamedTuple):
    en: str
    de: str


TECHNIQUES: Mapping[str, Names] = {
    "ball": Names("with a ball", "mit einem Ball"),
    "band": Names("with a band", "mit einem Band"),
    "breathing": Names("by breathing", "über den Atem"),
    "contract_relax": Names("tense and relax", "anspannen und entspannen"),
    "cupping": Names("with cups", "mit Schröpfgläsern"),
    "foam_roller": Names("with a foam roller", "mit einer Schaumstoffrolle"),
    "friction": Names("friction", "Friktion"),
    "hands": Names("with the hands", "mit den Händen"),
    "instrument": Names("with an instrument", "mit einem Instrument"),
    "massage": Names("massage", "Massage"),
    "pin_and_stretch": Names("hold and lengthen", "halten und verlängern"),
    "positional_release": Names("in a slackened position", "in entlasteter Lage"),
    "scar_mobilisation": Names("moving the scar", "Narbe verschieben"),
    "skin_rolling": Names("rolling the skin", "Haut rollen"),
    "stretch": Names("stretching", "Dehnen"),
    "sustained_pressure": Names("sustained pressure", "anhaltender Druck"),
}

EXERCISES: Mapping[str, Names] = {
    "band_walk": Names("sidesteps with a band", "Seitschritte mit Band"),
    "bird_dog": Names("opposite arm and leg on all fours", "Vierfüßler, Arm und Bein gegengleich"),
    "breathing": Names("breathing into the belly", "Bauchatmung"),
    "bridge": Names("bridge", "Brücke"),
    "calf_raise": Names("calf raise", "Fersen heben"),
    "chin_tuck": Names("chin tuck", "Kinn zurückziehen"),
    "clamshell": Names("clamshell", "Muschel"),
    "dead_bug": Names("opposite arm and leg on the back", "Rückenlage, Arm und Bein gegengleich"),
    "external_rotation": Names("turning outwards", "Außendrehung"),
    "heel_raise": Names("heel raise", "Fersen heben"),
    "hip_hinge": Names("bending from the hips", "Vorbeugen aus der Hüfte"),
    "internal_rotation": Names("turning inwards", "Innendrehung"),
    "isometric": Names("tensing without moving", "Anspannen ohne Bewegung"),
    "leg_raise": Names("leg raise", "Bein heben"),
    "low_load_contraction": Names("tensing gently", "sanft anspannen"),
    "lunge": Names("lunge", "Ausfallschritt"),
    "plank": Names("plank", "Unterarmstütz"),
    "row": Names("row", "Rudern"),
    "side_leg_raise": Names("leg raise lying on the side", "Bein heben in Seitenlage"),
    "side_plank": Names("side plank", "Seitstütz"),
    "single_leg_bridge": Names("bridge on one leg", "Brücke auf einem Bein"),
    "single_leg_stance": Names("standing on one leg", "Einbeinstand"),
    "squat": Names("squat", "Kniebeuge"),
    "step_up": Names("stepping up", "Stufe steigen"),
    "wall_slide": Names("sliding the arms up a wall", "Arme an der Wand hochschieben"),
}


def technique_name(code: str, language: str) -> str:
    """How something is released, in the words of a language."""
    return named(TECHNIQUES, code, language)


def exercise_name(code: str, language: str) -> str:
    """How something is activated, in the words of a language."""
    return named(EXERCISES, code, language)


def named(known: Mapping[str, Names], code: str, language: str) -> str:
    plain = code.replace("-", "_")
    names = known.get(plain)
    if names is None:
        return plain.replace("_", " ")
    return names.de if language == "de" else names.en
