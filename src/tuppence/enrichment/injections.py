"""Bank texts that read as if they were meant for the model: anybody who pays a household writes into its statement.

A rule of thumb, and one wall of several: whatever a text makes a model say, only what was offered is taken (see
answer_checking.py). This one keeps such a text from speaking to the model about other transactions, as it is asked
about alone. It may be wrong: a text that is caught for nothing costs a request of its own and is only suggested.
"""

import re
import unicodedata

_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_LONGEST = 1_000
"""Characters that are looked at; a model is told fewer."""
_NEAR = r".{0,40}?\b"
"""What may stand between a verb and its object."""

# All words without accents. By language: verbs of passing over, and what would be passed over.
_IGNORING = (
    (
        r"ignor(?:e|ing)|disregard|forget|overrid(?:e|ing)|bypass|do ?n[o ]t follow",
        r"instructions?|rules?|prompts?|previous|above|orders",
    ),
    (
        r"ignorier\w*|vergiss|vergesse?n?|missacht\w*",
        r"anweisung\w*|regeln?|vorgaben?|vorherig\w*|bisherig\w*|befehl\w*",
    ),
    (r"ignore[rsz]?|oublie[rsz]?|ne tene?z pas compte", r"instructions?|regles?|consignes?|precedent\w*"),
    (r"ignor[ae]|olvid[ae]|desobedece|haz caso omiso", r"instruccion\w*|reglas?|indicacion\w*|anterior\w*"),
    (r"ignora(?:re)?|dimentica(?:re)?|tralascia", r"istruzion[ei]|regol[ae]|precedent[ei]"),
    (r"ignore|ignora|esqueca|desconsidere", r"instrucoes|instrucao|regras?|anterior\w*"),
    (r"negeer|vergeet", r"instructies?|regels?|vorige|voorgaande|opdracht\w*"),
    (r"(?:z?ignoruj|zapomnij)\w*", r"instrukcj\w*|polecen\w*|zasad\w*|regul\w*|poprzedni\w*"),
    (r"(?:про)?игнорируи\w*|забудь\w*", r"инструкци\w*|правил\w*|предыдущ\w*|указани\w*"),
)
# By language: verbs of filing, and words for all the others.
_FILING = (
    (
        r"file|categori[sz]e|classify|assign|label|mark|put|move|treat|tag",
        r"(?:everything|all|every|each|any)\b(?=.{0,30}\b(?:as|under|to|in|into|transactions?|category)\b)"
        r"|(?:this|these|it|transactions?) (?:as|under|into)",
    ),
    (
        r"ordne|buche|verbuche|kategorisiere|klassifiziere|lege?|setze?|weise",
        r"(?:alle[ns]?|jede[nrs]?|samtliche\w*)\b(?=.{0,40}\b(?:unter|als|zu|in|kategorie)\b)",
    ),
    (
        r"classe[rsz]?|categorise[rsz]?|range[rsz]?|mets|mettez|attribue[rsz]?",
        r"(?:tout|toutes|tous|chaque)\b(?=.{0,40}\b(?:dans|en|comme|sous|categorie)\b)",
    ),
    (
        r"clasifi[cq]\w*|categori[cz]\w*|archiv[ae]|asign[ae]|pon|coloca|marca|registra",
        r"(?:todo|todos|todas|cada)\b(?=.{0,40}\b(?:en|como|bajo|categoria)\b)",
    ),
    (
        r"classifica|categorizza|archivia|assegna|metti|registra",
        r"(?:tutto|tutti|tutte|ogni)\b(?=.{0,40}\b(?:in|come|sotto|nella|categoria)\b)",
    ),
    (
        r"classifi[cq]\w*|categori[cz]\w*|coloque|marque|registre|atribua",
        r"(?:tudo|todos|todas|cada)\b(?=.{0,40}\b(?:em|como|sob|na|categoria)\b)",
    ),
    (
        r"categoriseer|classificeer|boek|plaats|zet|markeer",
        r"(?:alles|alle|elke|iedere)\b(?=.{0,40}\b(?:onder|als|in|op|categorie)\b)",
    ),
    (r"(?:skategoryzuj|sklasyfikuj|przypisz|zaksieguj|oznacz)\w*", r"(?:wszystk\w*|kazd\w*)"),
    (r"(?:отнеси|классифицируи|запиши|пометь)\w*", r"(?:все|кажд\w*)"),
)
_ARTICLE = r"(?:the |die |das |den |el |la |l )?"
_MODEL = r"(?:ai|ki|ia|assistant|assistent\w*|asistente|bot|model|modell|modele|modelo|llm|classifier|categori[sz]er)"
_WHICH = r"(?:of|the|these|those|other|following|remaining|your|my)"
_EACH = r"(?:all|every|everything|each|alles?|tout|toutes|todo|todos|tutto|tutti)"
_CATEGORY = r"(?:categor\w+|kategori\w+)"
_SAYING = r"(?:set|change|choose|use|pick|select|output|return|write|say|give|reply|print)"
_OTHER = r"(?:autres |otras |outras |altre |andere )?"
_TALK = (
    r"(?:system|developer) (?:prompt|message|instructions?)",
    r"(?:new|updated|hidden) instructions?\b",
    r"(?:following|these|your|hidden) (?:instructions|rules|orders)(?: (?:are|is|from|for|apply)\b|$)",
    r"you are (?:now|an? (?:ai|assistant|model|llm|bot))\b",
    r"(?:you|the (?:assistant|model|ai|llm)) (?:must|should|shall|have to)\b",
    r"as an? (?:ai|assistant|language model)\b",
    rf"(?:note|message|attention|hint|hinweis|nota|instructions?) (?:to|for|an|fur|pour|para) {_ARTICLE}{_MODEL}\b",
    rf"all (?:{_WHICH} ){{0,3}}(?:transactions|payments|entries|rows|items|bookings)\b",
    r"(?:each|every) (?:transaction|payment|entry|row|item|booking|business|merchant|shop)\b",
    r"all of (?:these|those|them|the above)\b",
    rf"{_CATEGORY}\b.{{0,60}}?\b{_EACH}\b",
    rf"{_EACH}\b.{{0,60}}?\b{_CATEGORY}\b",
    r"everything (?:else |here |below |above )?(?:goes|belongs|is|as|under|into|must|should)\b",
    rf"{_SAYING} (?:the |every |each |only )?(?:category|categories|merchant|null|json)\b",
    r"(?:everything|all|alles|tout|todo|tutto|tudo)\b.{0,30}?\b(?:under|as|into|unter|als|sous|comme|bajo|como|sotto|come)\b",
    r"alle[nrs]? (?:anderen |folgenden |ubrigen )?(?:transaktionen|buchungen|umsatze|zahlungen)\b",
    rf"(?:toutes les|todas las|todas as|tutte le|alle) {_OTHER}(?:transaction|operation|transac|opera|transa|boeking)",
    r"du (?:bist (?:jetzt|nun|ein assistent)|musst|sollst)\b",
    r"(?:tu es|vous etes) (?:maintenant|un assistant)\b",
    r"(?:eres|usted es|tu eres) (?:ahora|un asistente)\b",
    r"answer (?:with|only)\b",
    r"respond (?:with|only)\b",
    r"transaction id\b.*\bcategory\b",
    r"(?:file transactions|name merchants)$",
    r"confidence (?:of )?\d+",
)
_WORDS = re.compile(
    "|".join(
        [rf"\b(?:{verbs})\b{_NEAR}(?:{objects})\b" for verbs, objects in _IGNORING]
        + [rf"\b(?:{verbs})\b.{{0,20}}?\b(?:{objects})" for verbs, objects in _FILING]
        + [rf"\b(?:{talk})" for talk in _TALK]
        + [r"(?:忽略|无视|無視|忘记|忘れ).{0,12}(?:指令|指示|规则|規則|以上|之前|命令)"]
        + [r"(?:指示|規則|ルール|命令).{0,6}(?:無視|忘れ)"]
        + [r"(?:所有|全部|すべて|全て).{0,12}(?:归类|分类|記入|分類)"]
    )
)
_MARKS = re.compile(
    r"<\|\w+\|>|\[/?(?:inst|system|assistant)\]|</?(?:system|assistant|user|instructions?|transactions?)>|<</?sys>>"
    r"|(?:^|[.;!?>\]#|}\"'])\s*(?:system|assistant|developer)\s*:|#{2,}\s*(?:system|instruction|assistant)"
    r"|[\"'](?:category|transaction_id|confidence|filings|findings|role)[\"']\s*:",
    re.MULTILINE,
)


def reads_like_an_instruction(text: str) -> bool:
    """Whether `text` seems to tell a model what to do, in one of a dozen languages."""
    visible = "".join(character for character in text[:_LONGEST] if unicodedata.category(character) != "Cf")
    folded = unicodedata.normalize("NFKC", visible).casefold()
    if _MARKS.search(folded):
        return True
    bare = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", folded).translate(_ACCENTS))
    return _WORDS.search(" ".join(re.sub(r"[\W_]+", " ", bare).split())) is not None
