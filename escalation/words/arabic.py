"""The summary in Arabic."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.findings import number

ARABIC_MONTHS = (
    "كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيو",
    "تموز/يوليو", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
)  # fmt: skip


def arabic_day(value: Any) -> str:
    """A date in Arabic, month names of the Levant and of Egypt side by side."""
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {ARABIC_MONTHS[stamp.month - 1]} {stamp.year}"


def arabic_summary(found: Mapping[str, Any], *, place: str, towns: Iterable[str], start: Any, end: Any) -> str:
    """The summary in Arabic, its numbers from the findings; not yet reviewed by a translator, which its first line says."""
    ratio, verdict = found["ratio"], found["verdict"]["value"]
    size = f"{number(ratio['value'])} من عددها في المدة نفسها قبلها (مجال الثقة 90٪: من {number(ratio['low'])} إلى {number(ratio['high'])})"
    meaning = {
        "no_detectable_change": "أي أنه لا يظهر تغيّر يمكن تمييزه",
        "unclear": "ولا تتفق الاختبارات على معنى ذلك",
        "higher": "أي أنها كانت أكثر مما تعطيه تواريخ أخرى",
        "lower": "أي أنها كانت أقل مما تعطيه تواريخ أخرى",
        "too_few": "والحالات أقل من أن تسمح بحكم",
    }[verdict]
    return (
        f"*لم يراجع هذا الملخص بعد مترجم ناطق بالعربية.*\n\n"
        f"من {arabic_day(start)} إلى {arabic_day(end)} دارت حرب في {place} ({'، '.join(towns)}). التقت روسيا وتركيا وإيران مراراً للتباحث فيها، "
        "وذكرت تقارير أن الغارات جاءت بعد محادثات فاشلة. عددنا الحوادث المميتة المسجلة يوماً بعد يوم وسألنا هل كان ذلك صحيحاً.\n\n"
        f"تغيّر مستوى العنف {found['breaks']['n']} مرات. في الأيام التي تلت المحادثات (عددها {ratio['window_days']}) بلغت الحوادث {size}، {meaning}.\n\n"
        "لا تقول هذه الأرقام لماذا ضرب أحد، ولا ما كان سيحدث لولا المحادثات، وكثير من الحوادث لم يُسجَّل."
    )
