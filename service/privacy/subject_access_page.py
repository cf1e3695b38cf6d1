"""Access by the person as a page that a person reads: in Dutch, one file, without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

import msgspec

from service.foundation.time import AMSTERDAM

_STYLE = """
body { font: 1rem/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: bold; padding: .25rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #767676 }
code { overflow-wrap: anywhere } .not { color: #595959 }
"""
_DETAILS = {
    "vNumber": "V-nummer",
    "birthDate": "geboortedatum",
    "effectiveOn": "geldt vanaf",
    "municipality": "gemeente",
    "household": "huishouden",
}

#: What stands in the log of processing, in Dutch.
_WHAT = {
    "compared a list of persons": "een lijst van personen vergeleken",
    "explained a change of a figure": "een verandering van een cijfer verklaard",
    "explained a figure": "een cijfer verklaard",
    "found a journey by V-number": "het traject bij een V-nummer opgezocht",
    "gave the person access (AVG art. 15)": "inzage gegeven aan de persoon zelf (AVG art. 15)",
    "handed out events of the log": "gebeurtenissen verstrekt",
    "listed who is waiting": "een lijst van wachtenden bekeken",
    "read a journey": "het traject bekeken",
    "read a refusal": "een geweigerd bericht bekeken",
    "read a timeline": "de tijdlijn bekeken",
    "read events of the log": "gebeurtenissen bekeken",
    "read the events of a journey": "de gebeurtenissen van het traject bekeken",
}

Part = Mapping[str, Any]


def render_page(part: Part) -> str:
    """The whole page."""
    numbers = ", ".join(map(_text, part["vNumbers"])) or "niet meer te lezen: de gegevens zijn vernietigd"
    return f"""<!doctype html>
<html lang="nl">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Inzage in uw gegevens</title><style>{_STYLE}</style></head>
<body>
<h1>Inzage in uw gegevens</h1>
<p>Dit is alles wat Ketenspoor over u bewaart, en wie het heeft ingezien (AVG artikel 15).
Gemaakt op {_moment(part["madeAt"])}.</p>
<dl><dt>V-nummer</dt><dd>{numbers}</dd>
<dt>Kenmerk van uw dossier in Ketenspoor</dt><dd><code>{_text(part["journey"])}</code></dd></dl>
<h2>Wat er is vastgelegd</h2>
{_events(part["events"])}
{_elsewhere(part["namedElsewhere"])}
<h2>Berichten over u die zijn geweigerd</h2>
{_refused(part["rejections"])}
<h2>Wie uw gegevens heeft ingezien</h2>
<p>U ziet de organisatie en het doel, niet welke medewerker het was.</p>
{_table("Raadplegingen", ("Wanneer", "Organisatie", "Wat", "Doel"), map(_consulted, part["consultations"]))}
{_table("Ontvangers van de gebeurtenissen", ("Wanneer", "Organisatie", "Welke", "Doel"), map(_got, part["recipients"]))}
<h2>Hoe lang dit wordt bewaard</h2>
<p>{_retention(part)}</p>
{_table("Voorlopig niet te vernietigen", ("Sinds", "Waarom"), map(_held, part["holds"]))}
{_table("Voorstellen tot vernietiging", ("Voorgesteld", "Waarom", "Uitgevoerd"), map(_proposed, part["destructions"]))}
<h2>Uw rechten</h2>
<p>Klopt er iets niet, vraag dan de organisatie die het heeft vastgelegd om het te verbeteren: wat zij verbetert, komt
hier naast wat er stond. In sommige gevallen kunt u vragen om uw gegevens te wissen of het gebruik ervan te beperken, of
daartegen bezwaar maken. U kunt ook een klacht indienen bij de Autoriteit Persoonsgegevens.</p>
</body>
</html>
"""


def _events(events: Iterable[Part]) -> str:
    headers = ("Vastgelegd", "Door", "Wat", "Gegevens")
    return _table("Gebeurtenissen", headers, map(_event, events))


def _event(part: Part) -> tuple[str, ...]:
    sentence = _text(part["sentence"] or part["type"])
    if not part["inForce"]:
        sentence += ' <span class="not">(later verbeterd of ingetrokken)</span>'
    if part["destroyed"]:
        sentence += ' <span class="not">(uw persoonsgegevens hierin zijn vernietigd)</span>'
    return _moment(part["recordedAt"]), _who(part["sender"]), sentence, _details(part["data"])


def _elsewhere(named: Iterable[Part]) -> str:
    headers = ("Vastgelegd", "Door", "Wat")
    rows = ((_moment(one["at"]), _who(one["sender"]), _text(one["type"])) for one in named)
    return _table("Waar u wordt genoemd in het traject van een ander", headers, rows)


def _held(part: Part) -> tuple[str, ...]:
    return _moment(part["at"]), _text(part["reason"])


def _proposed(part: Part) -> tuple[str, ...]:
    done = "nog niet" if part["doneAt"] is None else _moment(part["doneAt"])
    return _moment(part["at"]), _text(part["reason"]), done


def _refused(refused: Iterable[Part]) -> str:
    headers = ("Ontvangen", "Van", "Wat er mis mee was", "Het bericht")
    return _table("Geweigerde berichten", headers, map(_refusal, refused))


def _refusal(part: Part) -> tuple[str, ...]:
    faults = "<br>".join(_text(fault["detail"]) for fault in part["errors"])
    return _moment(part["receivedAt"]), _who(part["sender"]), faults, f"<code>{_text(part['posted'])}</code>"


def _consulted(part: Part) -> tuple[str, ...]:
    what = _WHAT.get(part["what"], part["what"])
    return _moment(part["at"]), _who(part["organisation"]), _text(what), _text(part["purpose"])


def _got(part: Part) -> tuple[str, ...]:
    events = ", ".join(map(str, part["events"]))
    return _moment(part["at"]), _who(part["organisation"]), f"nummer {events}", _text(part["purpose"])


def _retention(part: Part) -> str:
    if part["destroyed"]:
        return "Uw persoonsgegevens zijn vernietigd. Wat ervan over is, dient alleen nog om mee te tellen."
    if part["retention"] is None:
        return "Zolang uw traject loopt. Daarna worden uw persoonsgegevens na een vaste termijn vernietigd."
    return f"Uw persoonsgegevens worden vernietigd vanaf {_text(part['retention']['destroyedFrom'])}."


def _who(organisation: Part) -> str:
    return _text(organisation["name"] or organisation["oin"] or "onbekend")


def _details(data: Part) -> str:
    return "<br>".join(f"{_text(_DETAILS.get(name, name))}: {_value(value)}" for name, value in sorted(data.items()))


def _value(value: Any) -> str:
    return _text(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _table(caption: str, headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are markup already; a sentence where it would be empty."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    if not body:
        return f"<p>{caption}: geen.</p>"
    head = "".join(f'<th scope="col">{_text(header)}</th>' for header in headers)
    return f"<table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _moment(at: str) -> str:
    """An instant as people in the Netherlands read it."""
    there = datetime.fromisoformat(at).astimezone(AMSTERDAM)
    return f'<time datetime="{_text(at)}">{there:%d-%m-%Y %H:%M}</time>'


def _text(value: Any) -> str:
    return escape(str(value))
