"""The summary in Arabic."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation import timing
from escalation.findings import number, p_value
from escalation.words.labels import is_known
from escalation.words.talks import facts_of

ARABIC_MONTHS = (
    "كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيو",
    "تموز/يوليو", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
)  # fmt: skip


def arabic_day(value: Any) -> str:
    """A date in Arabic, month names of the Levant and of Egypt side by side."""
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {ARABIC_MONTHS[stamp.month - 1]} {stamp.year}"


ARABIC_COUNTED = {
    ("ucdp", "events"): "الحوادث المميتة المسجلة",
    ("ucdp", "fatalities"): "القتلى المسجلين",
    ("airwars", "events"): "حوادث يُدَّعى أن ضربات روسية أضرّت فيها بمدنيين",
    ("airwars", "fatalities"): "المدنيين الذين يُدَّعى أن ضربات روسية قتلتهم",
}


ARABIC_TESTS = {"shifts": "التقاويم المزاحة", "t": "اختبار t", "matched": "المقارنة بأيام مشابهة"}


def arabic_times(n: int) -> str:
    """How often the level changed, as Arabic counts: not lastingly, once, twice, 5 times."""
    if n < 3:
        return ("لم يتغيّر مستوى العنف تغيّراً دائماً", "تغيّر مستوى العنف مرة واحدة", "تغيّر مستوى العنف مرتين")[n]
    return f"تغيّر مستوى العنف {n} {'مرات' if n <= 10 else 'مرة'}"


def arabic_talks(found: Mapping[str, Any]) -> str:
    """The answer on talks in Arabic. `found`: the findings."""
    facts, verdict = facts_of(found), found["verdict"]["value"]
    if verdict == "no_events":
        return "لم يُسجَّل شيء في الأيام التي سبقت المحادثات أو تلتها، فلا شيء يُقارَن"
    if not is_known(facts["ratio"]):
        return "لا تتوافر أيام كاملة قبل المحادثات وبعدها، فلا شيء يُقارَن"
    ends = f"مجال الثقة 90٪: من {number(facts['low'])} إلى {number(facts['high'])}"
    ends = ends if is_known(facts["low"], facts["high"]) else "لا مجال للثقة"
    size = f"{number(facts['ratio'])} مما كان في المدة نفسها قبلها ({ends})"
    tried = timing.tests(
        p=facts["p"], t_p=facts["t_p"], ratio=facts["ratio"], adjusted_p=facts["adjusted_p"], adjusted_ratio=facts["adjusted_ratio"]
    ) if verdict == "unclear" else ()  # fmt: skip
    by_test = "، ".join(
        f"{ARABIC_TESTS[test.name]} (p = {p_value(test.p)}): {('ارتفاع' if test.ratio > 1 else 'انخفاض') if test.sees else 'لا تغيّر'}"
        for test in tried
    )
    meaning = {
        "no_detectable_change": "أي أنه لا يظهر تغيّر يمكن تمييزه",
        "unclear": f"وليس واضحاً هل في ذلك تغيّر؛ {by_test}",
        "higher": "أي أكثر مما تعطيه تواريخ أخرى",
        "lower": "أي أقل مما تعطيه تواريخ أخرى",
        "too_few": "والحالات أقل من أن تسمح بحكم",
    }[verdict]
    return f"في الأيام التي تلت المحادثات (عددها {facts['window_days']}) بلغ العدد {size}، {meaning}"


def arabic_truces(truces: Mapping[str, Any]) -> str:
    """The count of quick returns after truces in Arabic, beside what other dates give. `truces`: the finding of that name."""
    if not truces["n"] or not is_known(truces["expected"]):
        return "لم تبدأ في هذه المدة هدنة كان قبلها مستوى يُستعاد."
    return (
        f"من الهدن ({truces['n']}) عاد العنف المسجل بعد {truces['value']} إلى نصف مستواه السابق خلال أسبوعين أو لم ينزل عنه؛ "
        f"والتقويم نفسه في تواريخ أخرى يعطي {number(truces['expected'], 1)} (من {truces['low']:.0f} إلى {truces['high']:.0f} في تسع من كل عشر مرات)."
    )


def arabic_summary(
    found: Mapping[str, Any], *, place: str, parties: str, has_documents: bool, towns: Iterable[str], start: Any, end: Any
) -> str:
    """The summary in Arabic, its numbers from the findings; not yet reviewed by a translator, which its first line says. `parties`: who met,
    in Arabic (blank: "the parties"); `has_documents`: whether the case has documents that link strikes and talks."""
    reported = "وذكرت تقارير أن الغارات جاءت بعد محادثات فاشلة. " if has_documents else ""
    named = "، ".join(towns)
    return (
        f"*لم يراجع هذا الملخص بعد مترجم ناطق بالعربية.*\n\n"
        f"من {arabic_day(start)} إلى {arabic_day(end)} دارت حرب في {place}{f' ({named})' if named else ''}. "
        f"اجتمع مراراً للتباحث فيها: {parties or 'الأطراف'}. {reported}"
        f"عددنا {ARABIC_COUNTED[found['breaks']['series'], found['breaks']['measure']]} يوماً بعد يوم وقارنا ما قبل المحادثات بما بعدها.\n\n"
        f"{arabic_times(found['breaks']['n'])}. {arabic_talks(found)}.\n\n"
        f"{arabic_truces(found['truces_back_in_two_weeks'])}\n\n"
        "لا تقول هذه الأرقام لماذا ضرب أحد، ولا ما كان سيحدث لولا المحادثات، وكثير مما جرى لم يُسجَّل."
    )
