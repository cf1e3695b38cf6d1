"""What each fault of a posted event means and what to do about it, by its code: the refusal itself is for machines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from projections.figure import Words

#: By the code of the fault.
FAULT_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "required": Words(
            "A field is lacking. Add it, with a value as the event type says.",
            "Een veld ontbreekt. Voeg het toe, met een waarde zoals het type gebeurtenis zegt.",
        ),
        "unknown-field": Words(
            "There is a field that this type does not have. Leave it out, or correct its name.",
            "Er staat een veld dat dit type niet heeft. Laat het weg, of verbeter de naam.",
        ),
        "unknown-type": Words(
            "There is no such type of event. Correct the name; the types stand at /v1/event-types.",
            "Dit type gebeurtenis bestaat niet. Verbeter de naam; de typen staan op /v1/event-types.",
        ),
        "unknown-municipality": Words(
            "No municipality has this code. Use the CBS code, like GM0344.",
            "Geen gemeente heeft deze code. Gebruik de CBS-code, zoals GM0344.",
        ),
        "unknown-organisation": Words(
            "The OIN in the source is not registered here. Correct it, or have the organisation registered.",
            "Het OIN in de bron is hier niet bekend. Verbeter het, of laat de organisatie registreren.",
        ),
        "not-a-v-number": Words(
            "A V-number is ten digits, as a string, zeros in front included.",
            "Een V-nummer is tien cijfers, als tekst, met de nullen vooraan.",
        ),
        "not-a-journey": Words(
            "The subject is the id of a journey as this service gave it. Leave it out and name the V-number instead.",
            "Het subject is het id van een traject zoals deze dienst het gaf. Laat het weg en noem het V-nummer.",
        ),
        "not-of-a-journey": Words(
            "This type is not about a person. Leave the subject out.",
            "Dit type gaat niet over een persoon. Laat het subject weg.",
        ),
        "no-authority": Words(
            "Another organisation says this. Have that one send it; the types stand with who may say them.",
            "Een andere organisatie gaat hierover. Laat die het sturen; bij elk type staat wie het mag zeggen.",
        ),
        "not-your-source": Words(
            "The source names another organisation than the one that sends. Name the own OIN, or ask for a mandate.",
            "De bron noemt een andere organisatie dan de afzender. Noem het eigen OIN, of vraag een machtiging.",
        ),
        "not-your-municipality": Words(
            "A municipality speaks of itself only. Correct the code, or have the other municipality send it.",
            "Een gemeente spreekt alleen over zichzelf. Verbeter de code, of laat de andere gemeente het sturen.",
        ),
        "not-your-area": Words(
            "This area belongs to another organisation. Correct the code, or have that organisation send it.",
            "Dit gebied hoort bij een andere organisatie. Verbeter de code, of laat die organisatie het sturen.",
        ),
        "not-yours-to-correct": Words(
            "Only who sent an event corrects it. Have the sender correct it, or tell of a doubt.",
            "Alleen de afzender corrigeert een gebeurtenis. Laat de afzender dat doen, of meld twijfel.",
        ),
        "no-oin": Words(
            "The source must name one OIN: urn:nld:oin:<OIN>:systeem:<name>.",
            "De bron moet één OIN noemen: urn:nld:oin:<OIN>:systeem:<naam>.",
        ),
        "conflict": Words(
            "Another event was sent under this id. If this is a correction: a new id, and name the earlier one in "
            "corrects. If not: a new id.",
            "Onder dit id is al een andere gebeurtenis gestuurd. Is dit een correctie: een nieuw id, en noem het "
            "eerdere id in corrects. Zo niet: een nieuw id.",
        ),
        "not-a-date": Words(
            "A day is written like 2021-03-10, and must be in the calendar.",
            "Een dag wordt geschreven als 2021-03-10, en moet op de kalender staan.",
        ),
        "not-an-instant": Words(
            "A moment is written like 2021-03-10T14:05:00+01:00, with its offset from UTC.",
            "Een moment wordt geschreven als 2021-03-10T14:05:00+01:00, met het verschil met UTC.",
        ),
        "too-far-ahead": Words(
            "The day lies too far ahead: an event tells of what happened. Correct the year, or wait.",
            "De dag ligt te ver vooruit: een gebeurtenis vertelt wat gebeurd is. Verbeter het jaar, of wacht.",
        ),
        "out-of-range": Words(
            "The value is larger or smaller than can be. Correct it.",
            "De waarde is groter of kleiner dan kan. Verbeter haar.",
        ),
        "before-from": Words(
            "The end lies before the beginning. Swap or correct them.",
            "Het einde ligt voor het begin. Wissel ze om of verbeter ze.",
        ),
        "disagrees": Words(
            "Two fields contradict each other. Keep the one that is right.",
            "Twee velden spreken elkaar tegen. Houd het veld aan dat klopt.",
        ),
        "wrong-type": Words(
            "The value is of another kind than the type says: text in quotes, numbers without.",
            "De waarde is van een andere soort dan het type zegt: tekst tussen aanhalingstekens, getallen zonder.",
        ),
        "wrong-pattern": Words(
            "The value is not written as the type says. See the example beside it.",
            "De waarde is niet geschreven zoals het type zegt. Zie het voorbeeld ernaast.",
        ),
        "wrong-name": Words(
            "The name of an attribute has other signs than small letters and digits. Correct it or leave it out.",
            "De naam van een attribuut heeft andere tekens dan kleine letters en cijfers. Verbeter of schrap haar.",
        ),
        "not-one-of": Words(
            "The value is not one of the list. See the event type for what may stand here.",
            "De waarde staat niet op de lijst. Zie het type gebeurtenis voor wat hier mag staan.",
        ),
        "not-a-uri": Words(
            "This must be a URI, like urn:nld:oin:<OIN>:systeem:<name>.",
            "Dit moet een URI zijn, zoals urn:nld:oin:<OIN>:systeem:<naam>.",
        ),
        "not-a-municipality-code": Words(
            "A municipality is written as its CBS code, like GM0344.",
            "Een gemeente wordt geschreven als CBS-code, zoals GM0344.",
        ),
        "not-a-province-code": Words(
            "A province is written as its CBS code, like PV26.",
            "Een provincie wordt geschreven als CBS-code, zoals PV26.",
        ),
        "not-a-region": Words(
            "An outflow region is written by its provinces, like FL-UT-NH.",
            "Een uitstroomregio wordt geschreven met haar provincies, zoals FL-UT-NH.",
        ),
        "not-a-month": Words("A month is written like 2021-03.", "Een maand wordt geschreven als 2021-03."),
        "control-character": Words(
            "There is a sign in the text that can’t be seen, such as a tab. Take it out.",
            "Er staat een teken in de tekst dat niet te zien is, zoals een tab. Haal het weg.",
        ),
        "not-a-period": Words("A half-year is written like 2021-II.", "Een halfjaar wordt geschreven als 2021-II."),
        "personal-number": Words(
            "A V-number, BSN or IBAN stands where it must not. Take it out: it belongs in vNumber only.",
            "Hier staat een V-nummer, BSN of IBAN waar dat niet mag. Haal het weg: het hoort alleen in vNumber.",
        ),
        "empty": Words("The field is empty. Fill it or leave it out.", "Het veld is leeg. Vul het of laat het weg."),
        "too-long": Words("The text is too long. Shorten it.", "De tekst is te lang. Maak haar korter."),
        "too-few": Words("The list is too short. Add what is lacking.", "De lijst is te kort. Vul haar aan."),
        "sum-not-zero": Words(
            "What municipalities take over and give away must come to zero together. Correct the numbers.",
            "Wat gemeenten overnemen en afstaan moet samen nul zijn. Verbeter de aantallen.",
        ),
        "doubled": Words(
            "The same stands in the list twice. Keep one of them.",
            "Hetzelfde staat tweemaal in de lijst. Houd er een.",
        ),
        "taken": Words(
            "This name is in use for another norm set. Take another name.",
            "Deze naam is al in gebruik voor een andere normenset. Kies een andere naam.",
        ),
        "not-a-norm-name": Words(
            "The name of a norm set is small letters, digits and hyphens. Correct it.",
            "De naam van een normenset is kleine letters, cijfers en streepjes. Verbeter haar.",
        ),
        "more-faults": Words(
            "There are more faults than are listed. Mend these first and send it again.",
            "Er zijn meer fouten dan er staan. Herstel deze eerst en stuur opnieuw.",
        ),
    }
)
#: Of what can't be read as an event at all, whatever its code.
OF_THE_BODY = Words(
    "What was sent can't be read as JSON. Send an event as the example has it, in UTF-8.",
    "Wat gestuurd is kan niet als JSON worden gelezen. Stuur een gebeurtenis als in het voorbeeld, in UTF-8.",
)


def words_of_fault(code: str) -> Words:
    """What a fault means and what to do about it."""
    return FAULT_WORDS.get(code, OF_THE_BODY)
