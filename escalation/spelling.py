"""Names as files spell them: which are the same name, and which stand so near that one may be the other
misspelt."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

# what a publisher may or may not put behind the name of a first-order administrative unit
UNITS = frozenset([
    "governorate", "province", "region", "state", "district", "department", "prefecture", "county",
    "oblast", "division", "wilaya", "muhafazah",
])  # fmt: skip
# near in letters, and opposite in meaning
QUARTERS = frozenset([
    "east", "eastern", "west", "western", "north", "northern", "south", "southern", "northeast",
    "northwest", "southeast", "southwest",
])  # fmt: skip
# articles and prepositions, which come and go in transliteration
SMALL = frozenset([
    "a", "ad", "al", "an", "ar", "as", "ash", "at", "az", "d", "da", "de", "del", "des", "du", "e", "el",
    "es", "et", "ez", "l", "la", "le", "of", "the",
])  # fmt: skip
NEAR = 0.8  # of difflib's ratio, word by word: "kabol" and "kabul" are 0.8, "mali" and "bali" 0.75
# one letter of four, two of nine: a country has few provinces, and no word for their unit tells them apart
NEAR_PLACE = 0.75
LONG = 5  # letters of a word that are not the beginning of another by chance


@lru_cache(maxsize=2**17)
def fold(name: str) -> str:
    """The name without what differs from file to file: capitals, accents, punctuation, apostrophes, and how
    many blanks of which kind.

    >>> fold("  Nórd\\u00a0 KIVU "), fold("Sana'a"), fold("Al-Ḥudaydah"), fold("Yemen (North): Government")
    ('nord kivu', 'sanaa', 'al hudaydah', 'yemen north government')
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    signs = []
    for sign in letters:
        kind = unicodedata.category(sign)
        if unicodedata.combining(sign) or kind in ("Lm", "Cf") or sign in "'’‘`´":
            continue
        signs.append(sign if kind[0] in "LMN" else " ")
    return " ".join("".join(signs).split()) or " ".join(letters.split())


def bare(name: str) -> str:
    """The folded name without the word for its administrative unit at the end.

    >>> bare("Sana'a Governorate"), bare("Province")
    ('sanaa', 'province')
    """
    words = fold(name).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] in UNITS else words)


def same_as(
    seen: Iterable[str], declared: Mapping[str, Sequence[str]], *, units: bool = False
) -> dict[str, str]:
    """For each name seen that is one of the spellings declared, whose it is. With `units` one of the two may
    lack the word for an administrative unit; "North Province" and "North District" stay two.

    >>> same_as(["kabul", "KABUL  province", "Kabol"], {"Capital": ["Kabul Province"]}, units=True)
    {'kabul': 'Capital', 'KABUL  province': 'Capital'}
    """
    owners: dict[str, set[str]] = {}
    without: dict[str, set[str]] = {}
    for owner, spellings in declared.items():
        for spelling in spellings:
            owners.setdefault(fold(spelling), set()).add(owner)
            without.setdefault(bare(spelling), set()).add(owner)
    found = {}
    for name in seen:
        whose = owners.get(fold(name))
        if units and not whose:
            # what could be two is neither
            whose = without.get(fold(name)) or owners.get(bare(name))
        if whose and len(whose) == 1:
            found[name] = next(iter(whose))
    return found


def near(one: str, other: str) -> bool:
    """Whether two names that are not the same may be one misspelt: as many words, each equal or nearly so.

    >>> near("Kabol", "Kabul"), near("Nord Kivu", "Nord-Kivou"), near("Zone 1", "Zone 2")
    (True, True, False)
    """
    if fold(one).replace(" ", "") == fold(other).replace(" ", ""):
        return True
    first, second = _weighty(one), _weighty(other)
    return len(first) == len(second) and all(_near(*pair) for pair in zip(first, second, strict=True))


def resembles(seen: str, known: str, *, units: bool = False) -> bool:
    """Whether a name may be the known one with other words around it: each of its words is there, or nearly,
    in any order. With `units` words for an administrative unit are no words, wherever they stand and if
    nearly so spelt, and a place may be grown into a longer word.

    >>> resembles("Northern Rebels (United Front)", "Northern rebels"), resembles("Government of Niger",
    ...     "Government of Mali")
    (True, False)
    >>> [resembles(each, "Kabul", units=True) for each in ("Provnce of Kabol", "KabulProv.", "Herat")]
    [True, True, False]
    >>> resembles("South Kivu Province", "North Kivu", units=True)
    False
    """
    if near(seen, known):
        return True
    least = NEAR_PLACE if units else NEAR
    words = list(_core(seen, units=units))
    for part in _core(known, units=units):
        grown = [
            word
            for word in words
            if units and len(part) >= LONG and (word.startswith(part) or word.endswith(part))
        ]
        found = next(
            (word for word in words if _near(word, part, least)),
            grown[0] if grown and part not in QUARTERS else None,
        )
        if found is None:
            return False
        words.remove(found)
    return True


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most like of the known names, or None where there are none."""
    rated = [(SequenceMatcher(None, bare(each), bare(name)).ratio(), each) for each in sorted(set(known))]
    return max(rated, key=lambda pair: pair[0])[1] if rated else None


def _weighty(name: str) -> list[str]:
    words = bare(name).split()
    return [word for word in words if word not in SMALL] if len(words) > 1 else words


@lru_cache(maxsize=2**14)
def _core(name: str, *, units: bool) -> tuple[str, ...]:
    every = fold(name).split()
    words = [
        word
        for word in every
        if word not in SMALL and not (units and any(_near(word, unit) for unit in UNITS))
    ]
    return tuple(words or every)


@lru_cache(maxsize=2**14)
def _near(one: str, other: str, least: float = NEAR) -> bool:
    if one == other:
        return True
    if {one, other} <= QUARTERS or not (one.isalpha() and other.isalpha()):
        return False
    if 2 * min(len(one), len(other)) < least * (len(one) + len(other)):  # no ratio is higher than that
        return False
    like = SequenceMatcher(None, one, other)
    return like.quick_ratio() >= least and like.ratio() >= least  # the first is a quick upper bound
