"""The words of bank files, in the languages we know: names of columns, directions, states, balances, payments.

All words are compared in the form that `plain_words` gives: no case, no accents, one space between words.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

Role = Literal[
    "date", "value_date", "amount", "debit", "credit", "balance", "fee", "currency", "direction", "status",
    "description", "payee", "memo", "category", "kind", "account", "pocket", "counterparty_account", "bank_id", "other",
]  # fmt: skip

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_\-/.,:;#*'’\"\\|()\[\]{}+]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "ß": "ss", "ı": "i", "œ": "oe"})


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """The text without case, accents and punctuation, its words one space apart."""
    spaced = _CAMEL.sub(" ", text.lstrip("\ufeff"))
    decomposed = unicodedata.normalize("NFKD", spaced.casefold().translate(_LETTERS))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char) or "\u3040" <= char <= "\u30ff")
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFC", bare)).strip()


class Naming(NamedTuple):
    """What a header cell may name. The highest rank wins where several columns name the same."""

    role: Role
    rank: int


_DATE = (
    r"\b(date|dates|datum|data|fecha|dato|pvm|paivamaara|kuupaev|datums|tarih|tarihi|giorno|dia|dzien|kpv|jour|dag|"
    r"datetime|datuma|дата|ημερομηνια|tanggal|tgl|ngay|dagsetning|dags|תאריך)\b|datum\b|"
    r"日期|日付|年月日|时间|時間|取引日|利用日|日$|datum$|\b(buchungstag|valutatag|paiva|kirjauspaiva|bokforingsdag|"
    r"bokforingsdatum|transaktionsdag|posted|transaction date)\b|\w+(dato|datum|dag|dagur|paiva|tag)\b"
)
_BOOKING = (
    r"\b(booking|booked|posted|post|posting|completed|cleared|clearing|processed|accounting|comptable|"
    r"comptabilisation|abschlusses|abschluss|fin|finalizacion|zrealizowania|rozliczenia|completamento|conclusao|"
    r"voltooiing|проводки|обработки|contabile|contabil|contable|registrazione|lancamento|ksiegowania|ksiegowa|"
    r"zauctovani|boekdatum|"
    r"boekingsdatum|muutosajankohta|completion|finished|entry|zaksiegowania)\b|buchung|bokfor|bogfor|boking|kirjaus|"
    r"konyvel|记账|入账|記帳|入帳"
)
_OPERATION = r"\b(operation|operacion|operazione|operacji|movimento|movimiento|mouvement|mutatie)\b"
_TRADE = (
    r"\b(transaction|trans|purchase|started|initiated|created|authori[sz]ation|achat|compra|transaktion|transakcji|"
    r"transazione|trade|auth|transakci)\b|beleg|kauf|交易|利用"
)
_VALUE = (
    r"\b(value|valeur|valor|valuta|valutadato|valutadatum|rentedatum|waardedatum|interest|valutowania|waluty|rentedato|"
    r"arvopaiva|maksupaiva|wert|val|eff|effective)\b|wertstell|valutadat|valutatag|起息"
)
_AMOUNT_WORD = r"\b(amount|betrag|montant|importe|importo|bedrag|kwota|belopp|belob|belop|castka|valor)\b"
_ACCOUNT_CURRENCY = (
    r"\b(account currency|walucie rachunku|waluta rachunku|kontowahrung|devise du compte|moneda de la cuenta|"
    r"valuta conto|valuta del conto|rekeningvaluta|mene uctu|moeda da conta)\b"
)
_UNRELATED_DATE = r"\b(due|birth|expiry|expires|statement|opening|faellig|faelligkeit|mandate|export)\b|geburt|fallig"

_RULES: tuple[tuple[Role, int, str], ...] = (
    ("other", 9,
     r"^(time|uhrzeit|hora|heure|tijd|godzina|ora|time zone|timezone|czas|klokkeslett|kellonaika|saat)$"),
    ("direction", 9,
     r"^(sign|amount sign|billing amount sign|vorzeichen|debit credit|credit debit|dr cr|cr dr|dr cr indicator|"
     r"d c|c d|d k|k d|s h|soll haben|haben soll|af bij|"
     r"bij af|debet credit|credit debet|kredit debet|debet kredit|"
     r"debit or credit|(debit credit|credit debit|dr cr|cr dr|d c|c d) (flag|code|sign|ind|mark|type)|"
     r"debit credit indicator|credit debit indicator|credit debit indicator code|balance impact|"
     r"direction|sens|in out|"
     r"cd indicator|dc indicator|debit credit code|debe haber|dare avere|wn ma|c b|d b|debito credito|credito debito|"
     r"income expense|ingreso gasto|d c indicator|db cr|tipo d c|deebet kreedit|deebet kreedit d c|"
     r"deebet kreedit d k)$|"
     r"借贷|收 ?支$|^収支$|kennzeichen$|收付|creditdebit|debitcredit"),
    ("pocket", 9, r"^(product|wallet|pocket|sub account|subaccount|产品|space)$"),
    ("counterparty_account", 9,
     r"(account|iban|konto|rekening|compte) (tegenpartij|tegenrekening|counterparty|contrepartie|beneficiary|"
     r"empfanger)|"
        r"(counter ?party|counter|tegen|gegen|contra|other|beneficiary|payee|empfanger|partner|destination|recipient|"
     r"sender|"
     r"odbiorcy|nadawcy|mottag|modtag|beneficiario|ordonnateur|beguenstigter|begunstigter|auftraggeber|zahlungs|"
     r"saajan|contrahent|kontrahenta|对方|相手)"
     r".*(account|iban|konto|rekening|rachun|cuenta|compte|conto|kontonummer|number|tili|账号|账户|口座|bban)"),
    ("counterparty_account", 8,
     r"^(kontonummer iban|tegenrekening|gegenkonto|iban bban|to account|to iban|iban zahlungsbeteiligter|"
     r"dest account|to from account)$"),
    ("other", 8,
     r"\b(counterparty status|name on card|purpose code|exchange|rate|kurs|wechselkurs|cours|tipo de cambio|cambio|"
     r"quantity|qty|shares|units|price|tax|vat|iva|mwst|tva|"
     r"cheque|check|branch|filiale|bic|swift|bankleitzahl|blz|bank code|sort code|mandat|mandate|creditor|glaubiger|"
     r"glaeubiger|mcc|country|city|zip|state province|address|"
     r"shipping|insurance|кэшбэк|кешбек|кешбеку|кэшбэка|курс|бонусы|points|rewards|cashback|limit|installment|option|"
     r"auslagenersatz|rucklastschrift|ruecklastschrift|ursprungsbetrag|compensation)\b|汇率|手机|"
     r"积分|回扣"),
    ("fee", 9,
     r"^(сума комісій uah|комиссия|комісія|fee|fees|total fees?|transaction fee|fee amount|commission|commissions?|"
     r"gebuhr|gebuehr|gebuhren|frais|comision|comissao|commissione|kosten|prowizja|手续费|手數料|手数料)$"),
    ("other", 7, r"\b(fee|fees|commission|gebuhr|frais|comision|kosten|sales charge)\b"),
    ("other", 9, r"^(start|begin|beginning|opening|previous) (saldo|balance)$"),
    ("balance", 9,
     r"^(balance|running balance|running bal|saldo|solde|account balance|kontostand|余额|残高|差引残高|餘額|結餘)$"),
    ("balance", 8,
     r"\b(balance|bal|saldo|saldi|solde|kontostand|behallning|zustatek|egyenleg|likutis|atlikums|jaak|bakiye|"
     r"остаток|залишок|баланс|υπολοιπο|stanje|zostatok|sold|so du|stada|staða|יתרה|stan|saldot|restsaldo)\b|"
     r"saldo\b|余额|残高|餘額|結餘|잔액|kontostand"),
    ("currency", 9,
     r"^(currency|ccy|curr|currency code|wahrung|waehrung|devise|divisa|moneda|muntsoort|valutacode|devies|munt|"
     r"moeda|waluta|valiuta|"
     r"valuuta|valuutta|valuta|mena|"
     r"币种|币别|通貨|幣別|貨幣|记账币种|记账币别|monn|mon|transaction currency|account currency|currency name|"
     r"para birimi|deviza|penznem|buchungswahrung|kontowahrung|billing currency)$"),
    ("currency", 3,
     r"\b(валюта|νομισμα|mata uang|matauang|currency|wahrung|waehrung|waluta|valuta|devise|divisa|moneda|moeda|"
     r"ccy)\b|币种|通貨|currency$"),
    ("value_date", 9, rf"(?=.*({_VALUE}))(?=.*({_DATE}|wertstellung|^valuta$|^value$))"),
    ("value_date", 8, r"^(valuta|wertstellung|wert|valeur|valor|rentedatum|valutadato|起息日)$"),
    ("value_date", 7, r"^(available on|available on utc|settlement date|settled date|date settled)$"),
    ("date", 6, r"^(created|created utc|created at|started)$"),
    ("date", 0, rf"(?=.*({_UNRELATED_DATE}))(?=.*({_DATE}))"),
    ("date", 9,
     r"^(date|datum|data|fecha|dato|pvm|kuupaev|datums|tarih|日付|年月日|日期|datetime|date time|datum uhrzeit|"
     r"date heure|dia|giorno|date of transaction|取引日)$"),
    ("date", 8, rf"(?=.*({_BOOKING}))(?=.*({_DATE}|posted|completed|buchungstag|bokford|bokfort))"),
    ("date", 7, rf"(?=.*({_OPERATION}))(?=.*({_DATE}))"),
    ("date", 6, rf"(?=.*({_TRADE}))(?=.*({_DATE}))"),
    ("date", 8, r"^(buchung|gebucht am)$"),
    ("date", 5, _DATE),
    ("date", 4, r"^timestamp$"),
    ("amount", 10, rf"(?=.*({_AMOUNT_WORD}))(?=.*({_ACCOUNT_CURRENCY}))"),
    ("amount", 0,
     r"(?=.*(original|transaction currency|walucie (transakcji|operacji)|transaktionswahrung|\bint(ernationa)?l\b|"
     r"foreign|instructed|fremdwahrung|ursprung|local|source|target|origine|oryginal|equivalent|"
     r"交易地|orig|native|counter ?value|fx))"
     r"(?=.*(amount|betrag|montant|importe|importo|bedrag|kwota|belopp|belob|belop|金额|金額|value|valor))"),
    ("amount", 9, r"入出金|出入金|收支金额"),
    ("debit", 9,
     r"记账金额.*支出|^(dr|dr amount|amount dr|debit|debits|debit amount|amount debit|withdrawal|withdrawals|paid out|"
     r"money out|soll|debe|"
     r"debet|debito|支出|借方|出金)$"),
    ("credit", 9,
     r"记账金额.*收入|^(cr|cr amount|amount cr|credit|credits|credit amount|amount credit|deposit|deposits|paid in|"
     r"money in|haben|haber|"
     r"kredit|credito|收入|贷方|入金|存入)$"),
    ("debit", 6,
     r"\b(расход|списание|дебет|видаток|витрати|χρεωση|duguje|isplata|isplate|breme|odliv|ghi no|keluar|pengeluaran|"
     r"חובה|debet|debit|debits|debito|debiti|debe|debet|soll|belastung|lastschrift|withdrawal|withdrawals|withdrawn|"
     r"withdraw|paid out|"
     r"money out|outgoing|outflow|outflows|^out|out$|cargo|cargos|gasto|gastos|depense|depenses|uscite|uscita|addebiti|"
     r"addebito|dare|wydatki|obciazenia|obciazenie|wyplaty|uttag|"
     r"utgift|utgifter|ut|ud|udbetaling|udgift|saida|saidas|egreso|egresos|expense|expenses|spent|panot|"
     r"out of account|ut fra konto|ut av konto|deebet|debetas|isejo|borc|tartozik)\b|ausgabe|ausgang|支出|借方|"
     r"出金|引出|支払|支取|출금"),
    ("credit", 6,
     r"\b(приход|зачисление|кредит|надходження|πιστωση|potrazuje|uplata|uplate|dobro|priliv|ghi co|masuk|pemasukan|"
     r"זכות|credit|credits|credito|crediti|haber|haben|deposit|deposits|deposited|paid in|money in|incoming|inflow|"
     r"inflows|^in|in$|abono|abonos|ingreso|ingresos|"
     r"recette|recettes|entrate|entrata|accrediti|accredito|avere|wplywy|uznania|uznanie|wplaty|insattning|"
     r"insattningar|inntekt|inn|ind|indbetaling|indtaegt|"
     r"receipts|received|entrada|entradas|income|kredit|kreedit|kreditas|gutschrift|into account|inn pa konto|"
     r"inn til konto|iplauke|alacak|kovetel)\b|einnahme|eingang|gutschrift|收入|贷方|入金|預入|預かり|預り|存入|"
     r"입금"),
    ("amount", 9,
     r"^(amount|betrag|montant|importe|importo|bedrag|valor|value|belopp|belob|belop|summa|summe|sum|kwota|"
     r"kwota operacji|castka|osszeg|suma|monto|tutar|maara|"
     r"金额|金額|net|netto|net amount|transaction amount|billing amount|betrag eur|umsatz|transaktionsbetrag|"
     r"buchungsbetrag|kwota transakcji|montant operation|importe eur|transaktionsbelopp|bedrag eur|交易金额|发生额|"
     r"amount eur|amount gbp|amount usd|objem)$"),
    ("amount", 8,
     r"^(сумма платежа|сума в валюті картки uah|сума в валюті картки)$|сумма в валюте (счета|карты)|"
     r"сума в валюті картки|сума у валюті картки"),
    ("amount", 8,
     r"实付金额|实际金额|记账金额|入账金额|(人民币|结算)金额|\b(billing|billed|booked|settlement|posted|account|"
     r"settled)\b.*\bamount\b|\bamount\b.*\b(account|home) currency\b"),
    ("amount", 5,
     r"금액|\b(amount|amt|montant|importe|importo|bedrag|belopp|belob|belop|summa|summe|kwota|castka|osszeg|suma|"
     r"monto|tutar|maara|valor|сумма|сума|ποσο|iznos|znesek|jumlah|so tien|nominal|upphaed|upphaeð|סכום|zneske|"
     r"ammount|cuantia|cantidad|quantia)\b|betrag|金额|金額|金額"),
    ("amount", 3, r"^(gross|brutto|total|value|importo lordo|umsatz.*)$"),
    ("status", 9,
     r"^(status|state|statut|etat|estado|stato|stav|pending|buchungsstatus|transaction status|状态|交易状态|当前状态|"
     r"статус|стан операції|tila|situacao|durum|stan|reconciled)$|交易状态"),
    ("status", 5, r"^(info|posting status|settlement status|posted|cleared|status .*)$"),
    ("account", 9,
     r"^(account|this account|this party account|account number|account no|account num|account id|account nr|"
     r"acct|acct no|acct number|acc number|"
     r"acc no|bank account|own account|auftragskonto|"
     r"eigenes konto|rekening|rekeningnummer|numer rachunku|account iban|iban rekening|konto nr|saskaitos nr|"
     r"saskaita|konts|compte|numero de compte|cuenta|conta|account #|"
     r"iban auftragskonto|account num|accountnum|posted account|iban bban own|eigene iban|produit|client account|"
     r"kliendi konto|account identifier|numer konta|rachunek)$"),
    ("account", 6, r"^(bezeichnung auftragskonto|account name|account label|accountlabel)$"),
    ("account", 5, r"^(iban|konto|kontonummer|kontonr|kontonr|conto|账号|账户|口座番号|account iban bban|tili)$"),
    ("bank_id", 9,
     r"^(transaction id|fitid|trans id|txn id|unique id|uuid|transaction number|transactionid|buchungsreferenz|"
     r"booking id|tx id|entry reference|archiveringskode|arkivointitunnus|id transakcji|n de transaction|"
     r"transaction reference)$|交易订单号|交易流水号|交易单号"),
    ("bank_id", 5,
     r"^(id|reference id|record id|reference number|ref id|identifikator|identifier|reference no|"
     r"transaktionsreferenz|identificador|流水号)$"),
    ("other", 5,
     r"\b(reference|referenz|ref|ref no|number|nummer|no|nr|num|numero|index|image)\b|^(seq|kundenreferenz|客户号|"
     r"kaart|card holder|card member|cardholder)$|订单号|单号|卡号|card (no|number|num|nr)"),
    ("category", 9,
     r"\b(категория|категорія|category|kategorie|categorie|categoria|kategoria|kategori|subcategory|subcategoria|"
     r"subcategorie|unterkategorie|hauptkategorie|class|tags|tag|luokka)\b|分类|类别"),
    ("description", 9,
     r"^(description|details|detail|narrative|narration|particulars|text|tekst|buchungstext|verwendungszweck|"
     r"umsatztext|libelle|concepto|descripcion|descrizione|"
     r"omschrijving|historico|descricao|tytul|opis|opis operacji|meddelande|beskrivelse|beskrivning|selite|popis|"
     r"摘要|交易描述|摘要说明|内容|取引内容|お取引内容|desc|transaction|"
     r"transaction description|description \d|transaction details)$"),
    ("description", 7,
     r"\b(description|descriptions|details|detail|narrative|narration|particulars|libelle|intitule|concepto|"
     r"descripcion|descrizione|causale|omschrijving|mededeling|mededelingen|"
     r"historico|descricao|lancamento|tytul|opis|meddelande|beskrivelse|beskrivning|forklaring|selite|viesti|popis|"
     r"kozlemeny|aprasymas|paskirtis|selgitus|saturs|purpose|reason|"
     r"bezeichnung|vorgang|desc|title|item|narrativa|movimiento|movimento|operazione|operation|omschrijving \d|"
     r"aciklama|beschreibung|transaktionsbeschreibung|tekst|text|wording|designation|описание|опис|описание операции|"
     r"деталі|назначение|призначення|"
     r"основание|περιγραφη|αιτιολογια|keterangan|deskripsi|uraian|dien giai|noi dung|opis|namen|texti|skyring|"
     r"explicatii|detalii|תיאור|vwz|action|objet|motif|asunto|vermerk|transaction|transaktion|label|labels|rubrik|"
     r"rubrique)\b|"
     r"verwendungszweck|buchungstext|umsatztext|적요|내용|기재|摘要|说明|描述|内容|商品|标题|交易场所|交易地点|"
     r"利用店|用途"),
    ("payee", 7,
     r"\b(payee|merchant|name|beneficiary|counterparty|counter party|tegenpartij|naam|nombre|nom|beneficiario|"
     r"beneficiaire|destinataire|destinatario|emetteur|ordenante|odbiorca|nadawca|kontrahent|"
     r"mottagare|avsandare|betaler|modtager|saaja|maksaja|gavejas|moketojas|recipient|sender|partner|partnername|"
     r"partner name|store|shop|vendor|supplier|saaja maksaja|saaja tai maksaja|"
     r"merchant name|from|to|контрагент|получатель|отправитель|tiers|customer|client|protistrana|saaja|saajan|"
     r"tegenpartij naam)\b|empfanger|empfaenger|auftraggeber|beguenstigter|begunstigter|zahlungspflichtige|"
     r"zahlungsbeteiligter|对方|商户|店名|相手|商家|对手"),
    ("memo", 7,
     r"\b(memo|note|notes|notiz|nota|notas|comment|comments|remark|remarks|bemerkung|observaciones|observacoes|"
     r"message|communication|extended|additional|mitteilung|info|information|viite|note aggiuntive|huomautus)\b|"
     r"备注|附言|備考|メモ"),
    ("kind", 7,
     r"\b(type|art|typ|tipo|soort|code|mutatiesoort|rodzaj|transaktionstyp|transactiontype|kind|method|"
     r"operation type|activity|subtype|tyyppi|tipas|veids)\b|umsatzart|umsatztyp|buchungsart|类型|種類|区分"),
)  # fmt: skip
_JOINED = re.compile(
    r"\b(transaction|value|booking|posting|post|interest|entry|settlement|start|end|begin|opening|closing)"
    r"(date|saldo|balance|amount)\b"
)
_NUMBERED = re.compile(r"(?<=[a-z])(?=\d)")
_COMPILED = tuple((Naming(role, rank), re.compile(pattern)) for role, rank, pattern in _RULES)


@lru_cache(maxsize=4096)
def namings(header: str) -> tuple[Naming, ...]:
    """All that a header cell may name, the most telling first; the content of its column decides among them."""
    if header.replace(" ", "") in ("+/-", "-/+"):
        return (Naming("direction", 9),)
    words = _JOINED.sub(r"\1 \2", _NUMBERED.sub(" ", plain_words(header)))
    if not words or len(words) > 60 or len(words.split()) > 8:
        return ()
    found: list[Naming] = []
    for naming, pattern in _COMPILED:
        if pattern.search(words) and all(known.role != naming.role for known in found):
            found.append(naming)
    return tuple(found)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


MONEY_OUT = _words(
    "d, dr, debit, debited, db, dbit, debet, debe, s, soll, af, out, -, expense, withdrawal, outgoing, ausgang, "
    "ausgabe, lastschrift, belastung, "
    "debito, debitas, deebet, dare, cargo, gasto, wydatek, obciazenie, wn, ut, ud, uit, sent, spent, money out, "
    "paid out, uscita, saida, uttag, "
    "depense, egreso, 支出, 借, 借方, 出金, 支, 支取, purchase, spend, debits, dbt"
)
MONEY_IN = _words(
    "c, cr, credit, credited, crdt, kredit, haber, h, haben, bij, in, +, income, deposit, incoming, eingang, "
    "einnahme, gutschrift, credito, "
    "kreedit, kreditas, k, avere, abono, ingreso, wplyw, uznanie, ma, inn, ind, received, money in, paid in, "
    "entrata, entrada, insattning, "
    "recette, 收入, 贷, 贷方, 入金, 收, 存入, credits"
)
NO_DIRECTION = _words("neutral, 不计收支, 中性交易, none")

PENDING = _words(
    "в обработке, ожидание, в очікуванні, 대기, authorized, pending, vorgemerkt, umsatz vorgemerkt, en attente, "
    "a venir, pendiente, pendente, in sospeso, in attesa, in afwachting, gereserveerd, oczekujaca, "
    "w trakcie, nierozliczona, reserverad, reserveret, reservert, reservation, reserved, authorised, authorized, "
    "authorisation, authorization, "
    "processing, in process, in progress, in bearbeitung, not posted, unposted, uncleared, scheduled, on hold, hold, "
    "等待确认收货, 处理中, 待处理, 未入账, "
    "未確定, 等待付款, varaus, katevaraus, nicht gebucht, non comptabilise, waiting, proces, offen, "
    "no contabilizado, pendiente de contabilizar, a contabilizar, provisorisch, "
    "ausstehend, autorizzato, reserverat, in behandeling, w toku, blokada, cekajici, rezervacija, vormerkung, oczekuje"
)
CANCELLED = _words(
    "отменен, отклонено, отклонена, отменена, ошибка, скасовано, відхилено, cancelled, canceled, declined, failed, "
    "reverted, rejected, refused, void, voided, denied, expired, abgelehnt, storniert, fehlgeschlagen, annule, "
    "refuse, rejete, "
    "zuruckgesetzt, zuruckgewiesen, ruckgangig gemacht, annulee, annules, revertido, revertida, cofnieto, cofnieta, "
    "odrzucono, anulowano, teruggedraaid, stornato, ripristinato, revertida, aterford, "
    "cancelado, cancelada, rechazado, rechazada, anulado, anulada, annullato, rifiutato, geannuleerd, geweigerd, "
    "odrzucona, anulowana, avvisad, avvist, afvist, "
    "交易关闭, 已关闭, 交易失败, 失败, 取消, 已取消, removed, deleted, reversed, hylatty, recusado, recusada, estornado"
)
STATE_NAMES = _words(
    "status, state, statut, etat, estado, stato, stav, stan, transaction status, 状态, 交易状态, 当前状态"
)
BOOKED_WORDS = _words(
    "posted, completed, complete, booked, cleared, settled, gebucht, umsatz gebucht, comptabilise, executed, done, "
    "success, successful, paid, approved, contabilizado, "
    "contabilizzato, verwerkt, geboekt, zrealizowana, rozliczona, zaksiegowana, bokford, bokfort, bogfort, utford, "
    "交易成功, 已入账, 成功, 退款成功, 支付成功, 已完成, finished, processed, "
    "zaksiegowano, reconciled, udfort, active, ok, true, false, yes, no, y, n, cleared, accounted, effectue, "
    "abgeschlossen, termine, terminee, completado, completada, zakonczono, zakonczona, voltooid, completato, "
    "concluido, concluida, slutford, "
    "realizado, efetivado, ejecutado, executada, eseguito, kirjattu, ivykdyta, partially refunded, refunded"
)

_BALANCE_PHRASES = (
    r"(opening|closing|beginning|ending|starting|start|final|initial|previous|current|available|ledger|statement|"
    r"brought forward|carried forward|new|last|account|total|end|running|book|cleared)"
    r" (account |ledger |available |statement |running |book )?(balance|bal)( (brought|carried) forward)?|"
    r"balance (brought|carried) forward|(brought|carried) forward|balance( at| as of| on| per| c f| b f| cf| bf)?|"
    r"(anfangs|end|alter|neuer|letzter|aktueller|eroffnungs|schluss|abschluss) ?(saldo|bestand|kontostand|kontosaldo)|"
    r"kontostand|saldo|(laatste|nieuw|oud|vorig|huidig|beschikbaar) saldo|"
    r"saldovortrag|saldo ?(vortrag|ubertrag)|saldo (inicial|final|anterior|actual|atual|iniziale|finale|precedente|"
    r"disponibile|contabile|disponible|do dia|poczatkowe|koncowe|begin|eind|per|am|vom|en|al)|"
    r"saldo (poczatkowe|koncowe|ksiegowe|dostepne)|solde en (debut|fin) de periode|solde( (initial|final|precedent|"
    r"nouveau|ancien|au|crediteur|"
    r"debiteur|comptable|disponible|anterieur|de cloture|d ouverture))?|(ancien|nouveau) solde|"
    r"(begin|eind|openings|slot|sluit)saldo|(ingaende|utgaende|inngaende|utgaende|primo|ultimo) ?(saldo|balans)?|"
    r"likutis|(pradinis|galutinis) likutis|alkusaldo|loppusaldo|algsaldo|loppsaldo|"
    r"(nyito|zaro) egyenleg|(pocatecni|konecny) zustatek|期初余额|期末余额|上期余额|本期余额|前期繰越|繰越残高|"
    r"承前余额|余额"
)  # fmt: skip
_TOTAL_PHRASES = (
    r"(sub ?|grand )?totals?( (credits?|debits?|amount|deposits?|withdrawals?|payments?|charges|in|out|paid in|"
    r"paid out|money in|money out|for|of|general|transactions))*|sum|summe|gesamt|gesamtsumme|somme|suma|totale|"
    r"totaal|"
    r"total (general|cargos|abonos|debitos|creditos)|turnover|umsatz|umsatze|umsatzsumme|apyvarta|obroty|kaive|"
    r"apgrozijums|omsetning|razem|summa|"
    r"合计|合计金额|小计|总计|合計|小計|计|(debit|credit) (total|turnover)|total (debit|credit)|totaux|totali|yhteensa"
)  # fmt: skip
_DATE_TAIL = (
    r"( (as of|as at|at|on|of|from|to|per|am|vom|zum|au|du|al|del|de|for|the|start|end|period|statement|bank|"
    r"euros?|francs|eur|usd|"
    r"gbp|chf|pln|sek|nok|dkk|jan\w*|feb\w*|mar\w*|apr\w*|may|mai|jun\w*|jul\w*|aug\w*|sep\w*|oct\w*|okt\w*|nov\w*|"
    r"de[cz]\w*|\d+))*"
)
_BALANCE = re.compile(rf"({_BALANCE_PHRASES}){_DATE_TAIL}")
_TOTAL = re.compile(rf"({_TOTAL_PHRASES}){_DATE_TAIL}")
_OPENING = re.compile(
    r"\b(opening|beginning|starting|start|initial|previous|brought|anfang\w*|eroffnung\w*|alter|oud|vorig|"
    r"vortrag|inicial|anterior|"
    r"iniziale|precedente|precedent|ancien|begin|debut|"
    r"poczatkowe|ingaende|inngaende|primo|pradinis|alkusaldo|algsaldo|nyito|pocatecni|anterieur)|期初|上期|前期|承前|"
    r"繰越"
)
_AVAILABLE = re.compile(
    r"\b(available|disponible|disponibile|disponivel|verfugbar|dostepne|beschikbaar|disponibel|disponibelt)\b|可用"
)

CARD = re.compile(
    r"\b(credit card|creditcard|kreditkarte|carte de credit|carte bancaire|tarjeta de credito|carta di credito|"
    r"cartao de credito|karta kredytowa|kreditkort|"
    r"luottokortti|card member|cardmember|purchased by|card ending|american express|amex|mastercard|visa card|"
    r"barclaycard|tarjeta|kredietkaart|"
    r"card number|card no|card statement|cartao|kortnummer|kartennummer)\b|信用卡|ご利用|カード|クレジット"
)
_PAYMENT_IN = re.compile(
    r"\b(payment (received )?(received )?thank|payment received|thank you|auto ?pay payment|online payment|"
    r"internet payment|mobile payment received|direct debit payment|payment by direct debit|"
    r"(zahlung|uberweisung) erhalten|ihre zahlung|directpay|payments and credits|income(?! tax)|paychecks?|"
    r"einzahlung|zahlungseingang|gutschrift|paiement recu|votre paiement|pago recibido|"
    r"su pago|betaling ontvangen|incasso geexcasseerd|pagamento recebido|pagamento ricevuto|splata|inbetalning|"
    r"indbetaling|"
    r"refund|refunded|salary|payroll|wages|gehalt|lohn|nomina|salaire|stipendio|salario|wynagrodzenie|lon|loon|"
    r"salaris|interest paid|interest earned|cash back|cashback|rimborso|erstattung|remboursement|reembolso|"
    r"direct deposit|return credit|merchandise return)\b|还款|退款|入金|工资|給与"
)
_PURCHASE_OUT = re.compile(
    r"\b(purchase|pos|atm|withdrawal|cash advance|annual fee|membership fee|late fee|card payment to|kartenzahlung|"
    r"abhebung|bargeld|retrait|compra|prelievo|geldautomat|"
    r"betaalautomaat|achat|uttag|rent|mortgage|groceries|supermarket|restaurant|amazon|netflix|spotify|uber|"
    r"starbucks|mcdonald|mcdonalds|walmart|tesco|lidl|aldi|rewe|edeka|carrefour|mercadona|"
    r"fuel|petrol|shell|sale|fee|insurance|versicherung|miete|loyer|alquiler|affitto|huur)\b|消费|支付|购"
)


def balance_words(text: str) -> Literal["opening", "closing", "available", "total"] | None:
    """What a text announces when it is nothing but the words for a balance or a total; None for any other text."""
    if len(text) > 90:
        return None
    words = plain_words(text)
    if not words:
        return None
    words = words if len(max(words.split(), key=len)) > 1 else words.replace(" ", "")
    if _BALANCE.fullmatch(words):
        if _AVAILABLE.search(words):
            return "available"
        return "opening" if _OPENING.search(words) else "closing"
    return "total" if _TOTAL.fullmatch(words) else None


def word_direction(text: str) -> int:
    """+1 when the text speaks of money that comes in, -1 of money spent, 0 when it does not tell."""
    words = plain_words(text)
    if _PAYMENT_IN.search(words):
        return 1
    return -1 if _PURCHASE_OUT.search(words) else 0


_SECTION_TAIL = (
    r"( (transactions?|card transactions|umsatze|buchungen|operations|movimientos|movimenti|lancamentos|transacties|"
    r"activity|items|payments|debits|authorisations|authorizations|posten))?"
)
_PENDING_SECTION = re.compile(
    r"(pending|vorgemerkte?|vorgemerkt|en attente|operations a venir|operations en attente|pendientes?|"
    r"movimientos pendientes|in sospeso|in afwachting|"
    r"nicht gebuchte?|uncleared|unposted|authorised|authorized|processing|oczekujace|reserverade|reserverte|未入账|"
    r"未確定)" + _SECTION_TAIL
)
_BOOKED_SECTION = re.compile(
    r"(posted|booked|gebuchte?|completed|cleared|settled|comptabilisees?|operations comptabilisees|contabilizados?|"
    r"movimientos contabilizados|contabilizzati|"
    r"verwerkte?|zaksiegowane|bokforda|bokforte|已入账|確定)" + _SECTION_TAIL
)


def section_words(text: str) -> Literal["pending", "booked"] | None:
    """Which rows follow a line that is nothing but such a title; None for any other text."""
    words = plain_words(text) if len(text) < 60 else ""
    if _PENDING_SECTION.fullmatch(words):
        return "pending"
    return "booked" if _BOOKED_SECTION.fullmatch(words) else None
