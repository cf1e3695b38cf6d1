"""What each finding means, and what is to be done about it, in English and in Dutch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from projections.figure import Words

FINDING_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "corrects-unknown-event": Words(
            "It corrects an event that nobody sent, and counts as an event of its own: send the id that is meant.",
            "Het corrigeert een gebeurtenis die niemand stuurde, en telt als een eigen gebeurtenis: noem het bedoelde "
            "id.",
        ),
        "corrections-in-a-ring": Words(
            "Events correct each other in a ring; the newest counts: send one version that corrects the last of them.",
            "Gebeurtenissen corrigeren elkaar in een kring; de nieuwste telt: stuur één versie die de laatste "
            "corrigeert.",
        ),
        "withdraws-unknown-event": Words(
            "It withdraws an event that nobody sent, and has no effect: send the id that is meant.",
            "Het trekt een gebeurtenis in die niemand stuurde, en heeft geen gevolg: noem het bedoelde id.",
        ),
        "withdrawals-in-a-ring": Words(
            "Withdrawals withdraw each other in a ring, and none has effect: withdraw the first event anew.",
            "Intrekkingen trekken elkaar in een kring in, en geen heeft gevolg: trek de eerste gebeurtenis opnieuw in.",
        ),
        "not-of-a-journey": Words("It says nothing of a permit holder.", "Het gaat niet over een vergunninghouder."),
        "municipality-not-there-that-day": Words(
            "There was no such municipality on that day: correct the code or the day.",
            "De gemeente bestond die dag niet: corrigeer de code of de dag.",
        ),
        "permit-granted-again": Words(
            "A permit was in force already; the first one counts: withdraw what was sent twice.",
            "Er gold al een vergunning; de eerste telt: trek in wat tweemaal gestuurd is.",
        ),
        "linked-again": Words(
            "A link to that municipality stood already, and goes on: withdraw what was sent twice.",
            "Er stond al een koppeling aan die gemeente, en die loopt door: trek in wat tweemaal gestuurd is.",
        ),
        "linked-after-housing": Words(
            "Somebody was housed already, and the link changes nothing: withdraw it, or tell of a return first.",
            "Iemand was al gehuisvest, en de koppeling verandert niets: trek haar in, of meld eerst een terugkeer.",
        ),
        "no-link-to-end": Words(
            "There was no link to end: send the link that is lacking, or withdraw its end.",
            "Er was geen koppeling om te beëindigen: stuur de ontbrekende koppeling, of trek het einde in.",
        ),
        "home-ready-elsewhere": Words(
            "The home is in another municipality than the link, and ends no phase of it: correct one of both.",
            "De woning staat in een andere gemeente dan de koppeling, en beëindigt er geen fase van: corrigeer één van "
            "beide.",
        ),
        "housed-twice": Words(
            "Somebody was housed already; the first housing counts: tell of the return in between, or withdraw one.",
            "Iemand was al gehuisvest; de eerste huisvesting telt: meld de terugkeer ertussen, of trek er een in.",
        ),
        "housed-elsewhere": Words(
            "The housing is in another municipality than the link: tell of the new link, or correct one of both.",
            "De huisvesting is in een andere gemeente dan de koppeling: meld de nieuwe koppeling, of corrigeer één van "
            "beide.",
        ),
        "no-housing-to-return-from": Words(
            "Nobody was housed who could return: send the housing that is lacking, or withdraw the return.",
            "Er was niemand gehuisvest die kon terugkeren: stuur de ontbrekende huisvesting, of trek de terugkeer in.",
        ),
        "moved-before-housing": Words(
            "There was no housing before the move to a lasting home: send it, or correct the day.",
            "Er was geen huisvesting voor de verhuizing naar een blijvende woning: stuur die, of corrigeer de dag.",
        ),
        "family-decided-before-application": Words(
            "Family was decided on before it was applied for: send the application, or correct a day.",
            "Over de nareis is beslist voordat die is aangevraagd: stuur de aanvraag, of corrigeer een dag.",
        ),
        "item-lapsed-before-completion": Words(
            "An item of the file lapsed that was not complete: send its completion, or withdraw the lapse.",
            "Een onderdeel van het dossier verviel dat niet compleet was: meld het compleet, of trek het vervallen in.",
        ),
        "no-refusal-to-assess": Words(
            "There was no refusal to judge: send the refusal that is lacking, or withdraw the judgement.",
            "Er was geen weigering om te beoordelen: stuur de ontbrekende weigering, of trek het oordeel in.",
        ),
        "refusal-assessed-again": Words(
            "The refusal was judged already; the newest counts: correct the first judgement instead.",
            "De weigering was al beoordeeld; het nieuwste oordeel telt: corrigeer liever het eerste.",
        ),
        "no-guest-stay-to-end": Words(
            "There was no stay with hosts to end: send its beginning, or withdraw its end.",
            "Er was geen logeerperiode om te beëindigen: meld het begin, of trek het einde in.",
        ),
        "cancels-unknown-fine": Words(
            "It cancels a fine that the same source never imposed: name the event of the fine.",
            "Het vernietigt een boete die dezelfde bron nooit oplegde: noem de gebeurtenis van de boete.",
        ),
        "fact-doubted": Words(
            "Another organisation doubts this event: correct or withdraw it, or answer that it is right.",
            "Een andere organisatie twijfelt aan deze gebeurtenis: corrigeer of trek haar in, of antwoord dat zij "
            "klopt.",
        ),
        "doubt-upheld": Words(
            "The doubt was right, and the event stands as it was: correct or withdraw it.",
            "De twijfel was terecht, en de gebeurtenis staat er nog zo: corrigeer of trek haar in.",
        ),
        "doubts-unknown-event": Words(
            "It doubts an event that nobody sent: name the event that is meant.",
            "Het twijfelt aan een gebeurtenis die niemand stuurde: noem de bedoelde gebeurtenis.",
        ),
        "answers-unknown-doubt": Words(
            "It answers a doubt that nobody sent: name the doubt that is meant.",
            "Het beantwoordt een twijfel die niemand stuurde: noem de bedoelde twijfel.",
        ),
        "doubt-answered-by-another": Words(
            "Only who sent what is doubted answers for it; the answer has no effect.",
            "Alleen wie stuurde waaraan getwijfeld wordt, antwoordt ervoor; het antwoord heeft geen gevolg.",
        ),
        "v-number-replaced-twice": Words(
            "The V-number is said to be replaced by two; the newest counts: withdraw the one that is wrong.",
            "Het V-nummer zou door twee vervangen zijn; het nieuwste telt: trek in wat onjuist is.",
        ),
        "v-numbers-in-a-ring": Words(
            "V-numbers replace each other in a ring, and none does: withdraw the one that is wrong.",
            "V-nummers vervangen elkaar in een kring, en geen doet dat: trek in wat onjuist is.",
        ),
        "no-permit": Words(
            "Somebody was linked or housed of whom no permit is known: IND sends the permit.",
            "Iemand is gekoppeld of gehuisvest van wie geen vergunning bekend is: de IND stuurt de vergunning.",
        ),
        "housed-without-link": Words(
            "Somebody was housed without a link: COA sends the link.",
            "Iemand is gehuisvest zonder koppeling: het COA stuurt de koppeling.",
        ),
        "housed-without-home-ready": Words(
            "Somebody was housed and no home of the link was told to be ready: the municipality tells when it was.",
            "Iemand is gehuisvest zonder dat een woning voor de koppeling gereed is gemeld: de gemeente meldt wanneer "
            "dat was.",
        ),
        "home-ready-after-housed": Words(
            "The home was told to be ready after somebody was housed in it: correct one of both days.",
            "De woning is gereed gemeld nadat iemand er gehuisvest was: corrigeer één van beide dagen.",
        ),
        "negative-duration": Words(
            "A phase ended before it began, and counts no days: correct one of both days.",
            "Een fase eindigde voordat zij begon, en telt geen dagen: corrigeer één van beide dagen.",
        ),
        "municipal-quota-for-no-municipality": Words(
            "There is no such municipality when the half-year begins; the number counts for none: correct the code.",
            "De gemeente bestaat niet bij het begin van het halfjaar; het aantal telt voor geen: corrigeer de code.",
        ),
        "opening-for-no-municipality": Words(
            "There is no such municipality when the half-year begins; the balance counts for none: correct the code.",
            "De gemeente bestaat niet bij het begin van het halfjaar; het saldo telt voor geen: corrigeer de code.",
        ),
        "transfer-for-no-municipality": Words(
            "There was no such municipality on that day; the part counts for its successor, if any: correct the code.",
            "De gemeente bestond die dag niet; het deel telt voor haar opvolger, als die er is: corrigeer de code.",
        ),
        "area-not-there-that-day": Words(
            "There was no such municipality on that day; the statement counts for its successor or predecessor.",
            "De gemeente bestond die dag niet; de opgave telt voor haar opvolger of voorganger.",
        ),
    }
)
