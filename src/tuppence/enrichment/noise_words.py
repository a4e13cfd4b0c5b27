"""Words that banks put around the name of whom one paid, in several languages: data, folded as descriptors are.

Accents are folded, so that "überweisung" stands here as "uberweisung".
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(line.split()) for line in text.strip().splitlines())


ANYWHERE = _words(
    # references and their labels
    "ref refnr refno reference referenz referentie referencia referencja riferimento trn txn trx auth authcode "
    "seq trace eref kref mref cred svwz abwa abwe iban bic mandat mandate mandatsref mandatsreferenz mandaat glaubiger "
    "creditor-id glaubiger-id incassant machtiging end-to-end ende-zu-ende notprovided kenmerk omschrijving "
    "verwendungszweck kundenreferenz rechnungsnr kundennr customerno ordernr "
    # ways of paying
    "kartenzahlung kartenverfugung girocard maestro bancontact vpay sepa-lastschrift sepa-basislastschrift "
    "lastschrift lastschrifteinzug basislastschrift folgelastschrift einzugsermachtigung sepa-uberweisung sepa "
    "dauerauftrag gutschrift uberweisung kartenumsatz kontaktlos girokarte ec-karte debitkarte kreditkarte "
    "contactless kontaktlos sans-contact betaalautomaat pinbetaling geldautomaat incasso overboeking "
    "prelevement virement prlv addebito accredito bonifico pagamento przelew transakcja zakup "
    "abbuchung belastung rechnung invoice inv visa mastercard amex applepay googlepay "
    "sagt danke debitk bea betaalpas algemeen doorlopend eenmalig naam twint eur usd gbp chf "
    "paypal pypl sumup zettle izettle stripe klarna mollie adyen worldline payone nexi redsys "
    "财付通 支付宝 微信支付 银联 网银在线 快捷支付 消费 转账"
)
"""Say nothing wherever they stand."""

AT_THE_EDGES = _phrases(
    """
    pos
    pos debit
    pos purchase
    pos merchandise
    pos withdrawal
    debit
    debit card
    debit card purchase
    debit purchase
    debit card payment
    credit card
    credit card payment
    checkcard
    check card
    check card purchase
    card purchase
    card payment
    card payment to
    debit purchase card
    purchase card
    direct debit payment to
    to
    aus
    da
    ideal
    przy uzyciu karty
    w kraju
    europe sa rl et cie sca
    card ending
    card ending in
    card transaction
    by debit card
    purchase
    purchase at
    purchase authorized on
    recurring payment
    recurring payment authorized on
    recurring
    online payment
    online payment thank you
    payment thank you
    payment to
    payment from
    payment
    bill payment
    autopay
    auto pay
    direct debit
    direct debit to
    direct debit payment
    standing order
    standing order to
    faster payment
    faster payments receipt
    bank transfer
    bank transfer to
    bank transfer from
    ach
    ach debit
    ach credit
    ach withdrawal
    ach deposit
    ach pmt
    wire
    wire transfer
    wire transfer out
    wire transfer in
    wire out
    wire in
    online transfer
    online transfer to
    online transfer from
    transfer
    transfer to
    transfer from
    transfer out
    transfer in
    chk
    to chk
    to checking
    to savings
    checking
    savings
    swift
    swift transfer to
    external
    internal
    instant
    pending
    pending authorization
    authorization
    preauthorization
    void
    void transaction
    transaction
    misc
    miscellaneous
    miscellaneous payments
    sq
    tst
    pp
    sp
    py
    iz
    zlr
    europe sarl et cie sca
    inst xfer
    sofort
    vom
    am
    um
    uhr
    nr
    no
    id
    an
    von
    bei
    ihr einkauf
    ihr einkauf bei
    your purchase
    your purchase at
    votre achat chez
    ihre zahlung an
    sagt danke
    danke
    thank you
    terminal
    karte
    kaart
    carte
    tarjeta
    paiement
    paiement par carte
    paiement cb
    achat
    achat cb
    achat carte
    cb
    facture carte
    retrait
    vir
    vir sepa
    vir inst
    virement de
    virement vers
    virement en faveur de
    compra
    compra en
    compra tarjeta
    compra con tarjeta
    pago
    pago en
    pago con tarjeta
    pago tarjeta
    recibo
    adeudo
    transferencia
    transferencia a
    transferencia de
    transferencia a favor de
    acquisto
    acquisto pos
    pagamento pos
    pagamento carta
    pagamento con carta
    carta
    compra no debito
    compra no credito
    compra cartao
    pagto
    pix enviado
    pix recebido
    transferencia enviada
    transferencia recebida
    betaling
    kortkob
    kortkop
    varekjop
    korttiosto
    zakup karta
    platnosc karta
    platnosc
    karta
    """
)
"""Say nothing at the beginning and at the end."""

UNTELLING = _words(
    "cash withdrawal withdrawals atm atmd abhebung bargeld bargeldauszahlung auszahlung geldautomat bankomat "
    "geldopname "
    "retrait dab retiro retirada cajero efectivo prelievo bancomat saque levantamento wyplata uttag kontantuttag "
    "deposit einzahlung cheque check chq scheck cheques checks remise assegno talon talao "
    "services service charge fee llc inc ltd gmbh bank konto account compte cuenta conto rekening conta "
    "to from at in out of the and for on a an der die das von bei am im zu fur und de du des la le les el los "
    "en il y et "
    "misc other unknown sonstige divers varios debit credit card payment purchase transaction transfer "
    "ihr ihre einkauf your euro eur usd gbp chf automat automaat"
)
"""Do not tell whom one paid if there are no other words: cash, cheques, charges of whoever."""

PERSON_TO_PERSON = _phrases(
    """
    zelle
    venmo
    bizum
    wero
    cash app
    cashapp
    mb way
    interac
    e-transfer
    """
)
"""Ways in which people pay people: the same words stand for whatever they owe each other."""

MONTHS = _words(
    "january february april june july august september october november december "
    "januar februar marz maerz juni juli oktober dezember janner "
    "janvier fevrier avril juin juillet aout septembre octobre novembre decembre "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre novembre dicembre "
    "januari februari maart mei augustus "
    "janeiro fevereiro marco maio junho julho setembro outubro dezembro "
    "styczen luty kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien"
)
"""Of a year, but for names that are words of another kind as well; those count only beside a number."""

SHORT_MONTHS = (
    "jan feb mar mrz apr may mai jun jul aug sep sept oct okt nov dec dez march mars ene abr ago dic fev avr aou"
)
WEEKDAYS = _words("mon tue wed thu fri sat sun mo di mi do fr sa so lun mar mer jeu ven sam dim")

STATES = _words(
    "al ak az ar ca ct fl ga id il ia ks ky md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh pa ri sc sd tn tx ut vt va "
    "wa wv wi wy dc ab bc mb nb nl ns on pe qc sk nsw vic qld tas"
)
"""Of the USA, Canada and Australia, as they follow a town; but for those that are words."""

TWO_WORD_TOWNS = _words("new san los las santa saint st fort palm el north south east west bad")
"""With which the name of a town of two words begins."""

LEGAL_FORMS = _words(
    "inc llc ltd limited corp plc gmbh ag kg ohg ug ek eg se mbh sa sas sarl srl spa sl slu bv nv ab as "
    "oy aps zoo ltda me"
)

COUNTRIES = _words(
    "de at ch fr es it nl be gb uk us usa gbr deu aut che fra esp ita nld bel lu lux ie irl pt prt pl pol cz dk dnk se "
    "swe nor fi fin ca can au aus nz jp jpn chn cn sg sgp hk ind br bra mx mex"
)

TOP_DOMAINS = _words(
    "com net org de at ch fr es it nl be eu co uk us io app shop online info biz pl pt ie se dk no fi ca au br example"
)
