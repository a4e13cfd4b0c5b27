# ruff: noqa: E501 - the lines of bank files are long
"""Small files in the layouts that banks of many countries hand out; all rows are invented."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tuppence.ledger.imports import BankFile, ReadOptions, read_bank_file


@dataclass(frozen=True, slots=True)
class BankLayout:
    """A file, and what a person reads in it."""

    name: str
    text: str
    rows: str
    """Each row as `date amount`, money out negative, a `?` after a pending one; a dash for a row without a date."""
    encoding: str = "utf-8"
    filename: str = "export.csv"
    currency: str | None = None
    account: str | None = None
    closing: str | None = None
    opening: str | None = None
    words: str | None = None
    """Words that the first row's description must hold."""


EUROPE = (
    BankLayout(
        "sparkasse-camt",
        '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";'
        '"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";'
        '"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"\n'
        '"DE02100500001234567890";"28.02.24";"28.02.24";"FOLGELASTSCHRIFT";"Strom Abschlag";"DE11ZZZ";"M1";"";"";"";"";"Stadtwerke Neudorf";'
        '"DE88200400600000011111";"GENODEF1XYZ";"-61,00";"EUR";"Umsatz gebucht"\n'
        '"DE02100500001234567890";"27.02.24";"27.02.24";"LOHN  GEHALT";"Gehalt Februar";"";"";"";"";"";"";"Muster Werke AG";'
        '"DE77300500000000022222";"WELADEDX";"2.310,40";"EUR";"Umsatz gebucht"\n'
        '"DE02100500001234567890";"29.02.24";"29.02.24";"KARTENZAHLUNG";"Baeckerei";"";"";"";"";"";"";"Backhaus Krume";'
        '"DE66400500000000033333";"X";"-4,85";"EUR";"Umsatz vorgemerkt"\n',
        "2024-02-28 -61.00, 2024-02-27 2310.40, 2024-02-29 -4.85?",
        encoding="cp1252",
        currency="EUR",
        account="DE02100500001234567890",
        words="Strom Abschlag",
    ),
    BankLayout(
        "commerzbank",
        "Buchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung;IBAN Kontoinhaber;Kategorie\n"
        "03.05.2024;03.05.2024;Lastschrift;Müller Versand;-25,90;EUR;DE10200400600123456700;Einkauf\n"
        "15.05.2024;15.05.2024;Gutschrift;Erstattung;5,00;EUR;DE10200400600123456700;Sonstiges\n",
        "2024-05-03 -25.90, 2024-05-15 5.00",
        encoding="utf-8-sig",
        currency="EUR",
    ),
    BankLayout(
        "postbank-preamble",
        "Umsätze;;;\nKonto;Filial-/Kontonummer;IBAN;Währung\nGiro plus;210 1234567 00;DE12370100500123456789;EUR\n\n"
        "1.4.2024 - 30.4.2024\nLetzter Kontostand;;;812,50;EUR\n"
        "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;Betrag;Währung\n"
        "3.4.2024;3.4.2024;SEPA Überweisung;Vermieterin Huber;Miete;-700,00;EUR\n"
        "29.4.2024;29.4.2024;Gehalt;Arbeit GmbH;Lohn;1.512,50;EUR\nKontostand;30.4.2024;;;812,50;EUR\n",
        "2024-04-03 -700.00, 2024-04-29 1512.50",
        encoding="cp1252",
        currency="EUR",
        closing="812.50",
    ),
    BankLayout(
        "ing-de",
        "Umsatzanzeige;Datei erstellt am: 02.06.2024 10:11\n;Letztes Update: aktuell\n\nIBAN;DE99 5001 0517 0000 1111 22\nKontoname;Girokonto\n"
        "Bank;ING\nKunde;Erika Beispiel\nZeitraum;01.05.2024 - 02.06.2024\nSaldo;1.046,99;EUR\n\n"
        "Sortierung;Datum absteigend\n\nIn der CSV-Datei finden Sie alle bereits gebuchten Umsätze. Die vorgemerkten Umsätze werden nicht aufgenommen.\n\n"
        "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung\n"
        "31.05.2024;31.05.2024;Markthalle;Lastschrift;Danke für Ihren Einkauf;1.046,99;EUR;-53,01;EUR\n"
        "28.05.2024;28.05.2024;Arbeitgeber;Gehalt/Rente;Mai;1.100,00;EUR;1.000,00;EUR\n",
        "2024-05-31 -53.01, 2024-05-28 1000.00",
        encoding="cp1252",
        currency="EUR",
        account="DE99 5001 0517 0000 1111 22",
        closing="1046.99",
    ),
    BankLayout(
        "n26",
        '"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"\n'
        '2024-03-14,2024-03-14,"Cafe Lumen",,Presentment,,"Main Account",-3.80,3.80,EUR,1\n'
        '2024-03-16,2024-03-16,"A. Freundin",DE44500105175407324931,"Credit Transfer","danke","Main Account",20.0,,,\n',
        "2024-03-14 -3.80, 2024-03-16 20.0",
        currency="EUR",
        words="Cafe Lumen",
    ),
    BankLayout(
        "abn-amro-tab",
        "123456789\tEUR\t20240401\t500,00\t487,50\t20240401\t-12,50\tBEA   NR:XX01   01.04.24/12.30 Bakker Bos\n"
        "123456789\tEUR\t20240403\t487,50\t587,50\t20240403\t100,00\tSEPA Overboeking van J. Jansen\n"
        "123456789\tEUR\t20240417\t587,50\t507,50\t20240417\t-80,00\tSEPA Incasso Energie NV\n",
        "2024-04-01 -12.50, 2024-04-03 100.00, 2024-04-17 -80.00",
        filename="TXT240418.TAB",
        currency="EUR",
    ),
    BankLayout(
        "ing-nl",
        '"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"\n'
        '"20240229","Supermarkt Ster","NL11INGB0001234567","","BA","Af","34,12","Betaalautomaat","Pasvolgnr: 001"\n'
        '"20240226","Werkgever BV","NL11INGB0001234567","NL20RABO0123456789","OV","Bij","1900,00","Overschrijving","Salaris"\n',
        "2024-02-29 -34.12, 2024-02-26 1900.00",
        currency="EUR",
        account="NL11INGB0001234567",
    ),
    BankLayout(
        "rabobank",
        '"IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Naam uiteindelijke partij",'
        '"Omschrijving-1","Omschrijving-2"\n'
        '"NL10RABO0123456700","EUR","RABONL2U","000000000000000101","2024-01-03","2024-01-03","-45,10","+954,90","NL22ABNA0000000001","Fietsenmaker","","reparatie"," "\n'
        '"NL10RABO0123456700","EUR","RABONL2U","000000000000000102","2024-01-15","2024-01-15","+250,00","+1204,90","NL22ABNA0000000002","Zus","","cadeau"," "\n',
        "2024-01-03 -45.10, 2024-01-15 250.00",
        encoding="cp1252",
        currency="EUR",
        closing="1204.90",
    ),
    BankLayout(
        "bnp-paribas",
        "Compte de chèques;Compte de chèques;****1234;30/04/2024;;1 204,33\n"
        "Date operation;Libelle court;Type operation;Libelle operation;Montant operation en euro\n"
        "29/04/2024;PAIEMENT CB;FACTURE CARTE;FACTURE CARTE DU 270424 LIBRAIRIE DU PORT;-18,90\n"
        "12/04/2024;VIREMENT RECU;VIR SEPA RECU;VIR RECU DE MME DURAND;1 150,00\n",
        "2024-04-29 -18.90, 2024-04-12 1150.00",
        encoding="iso-8859-15",
        currency="EUR",
    ),
    BankLayout(
        "credit-agricole",
        "Téléchargement du 15/05/2024;\n\nM. EXEMPLE JEAN\nCompte de Dépôt carte n° 12345678901;\nSolde au 15/05/2024 1 020,44 €\n\n"
        "Date;Libellé;Débit euros;Crédit euros;\n"
        '14/05/2024;"PAIEMENT PAR CARTE\nBOULANGERIE AU BON PAIN";7,20;;\n'
        '13/05/2024;"VIREMENT EN VOTRE FAVEUR\nEMPLOYEUR SA";;2 480,15;\n',
        "2024-05-14 -7.20, 2024-05-13 2480.15",
        encoding="cp1252",
        currency="EUR",
    ),
    BankLayout(
        "bbva-es",
        "F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa;Observaciones\n"
        "21/06/2024;21/06/2024;Bar La Esquina;Pago con tarjeta;-6,40;EUR;893,60;EUR;4000\n"
        "20/06/2024;20/06/2024;Nómina junio;Abono;900,00;EUR;900,00;EUR;\n",
        "2024-06-21 -6.40, 2024-06-20 900.00",
        currency="EUR",
    ),
    BankLayout(
        "caixabank",
        "Concepto;Fecha;Importe;Saldo\nRECIBO LUZ;13/02/2024;-48,33EUR;+351,67EUR\nTRANSFERENCIA;12/02/2024;+400,00EUR;+400,00EUR\n",
        "2024-02-13 -48.33, 2024-02-12 400.00",
        currency="EUR",
    ),
    BankLayout(
        "intesa-sanpaolo",
        "Data contabile;Data valuta;Operazione;Dettagli;Addebiti;Accrediti\n"
        "28/03/2024;28/03/2024;Pagamento POS;Farmacia Rossi;-15,60;\n"
        "27/03/2024;27/03/2024;Stipendio;Azienda srl;;1.450,00\n",
        "2024-03-28 -15.60, 2024-03-27 1450.00",
    ),
    BankLayout(
        "unicredit",
        "Data Registrazione;Data valuta;Descrizione;Importo (EUR);\n"
        "19.01.2024;18.01.2024;PRELIEVO BANCOMAT;-100,00;\n22.01.2024;22.01.2024;BONIFICO A VOSTRO FAVORE;1.210,00;\n",
        "2024-01-19 -100.00, 2024-01-22 1210.00",
        currency="EUR",
    ),
    BankLayout(
        "pko-bp",
        '"Data operacji","Data waluty","Typ transakcji","Kwota","Waluta","Saldo po transakcji","Opis transakcji","","",""\n'
        '"2024-04-30","2024-04-28","Płatność kartą","-27.99","PLN","+972.01","Tytuł: 0001","Lokalizacja: Sklep Zielony","",""\n'
        '"2024-04-26","2024-04-26","Przelew na rachunek","+1000.00","PLN","+1000.00","Nadawca: FIRMA","","",""\n',
        "2024-04-30 -27.99, 2024-04-26 1000.00",
        encoding="cp1250",
        currency="PLN",
        closing="972.01",
    ),
    BankLayout(
        "santander-pl-no-header",
        '21-03-2024,20-03-2024,Zakup kartą w sklepie,Sklep Osiedlowy,\'11 1090 0000 0000 0001 0000 0002,"-54,20","945,80",1,\n'
        '22-03-2024,22-03-2024,Przelew przychodzący,Jan Nowak,\'22 1090 0000 0000 0001 0000 0003,"300,00","1245,80",2,\n'
        '25-03-2024,25-03-2024,Opłata za kartę,,,"-4,00","1241,80",3,\n',
        "2024-03-21 -54.20, 2024-03-22 300.00, 2024-03-25 -4.00",
    ),
    BankLayout(
        "nordea-se",
        "Bokföringsdag;Belopp;Avsändare;Mottagare;Namn;Rubrik;Saldo;Valuta\n"
        "2024/05/02;-129,00;1234 56 78901;;;Kortköp Blomsterhuset;3871,00;SEK\n"
        "2024/04/25;4000,00;;1234 56 78901;;Lön;4000,00;SEK\n",
        "2024-05-02 -129.00, 2024-04-25 4000.00",
        currency="SEK",
        words="Kortköp Blomsterhuset",
    ),
    BankLayout(
        "danske-dk",
        '"Dato";"Kategori";"Underkategori";"Tekst";"Beløb";"Saldo";"Status";"Afstemt"\n'
        '"13.03.2024";"Mad";"Dagligvarer";"Købmand Olsen";"-245,50";"1.754,50";"Udført";"Nej"\n'
        '"01.03.2024";"Løn";"Løn";"Lønoverførsel";"2.000,00";"2.000,00";"Udført";"Nej"\n',
        "2024-03-13 -245.50, 2024-03-01 2000.00",
        encoding="iso-8859-1",
        closing="1754.50",
    ),
    BankLayout(
        "dnb-no",
        '"Dato";"Forklaring";"Rentedato";"Ut fra konto";"Inn på konto"\n'
        '"19.02.2024";"Varekjøp Butikken";"19.02.2024";"199,00";""\n"15.02.2024";"Lønn";"15.02.2024";"";"21500,00"\n',
        "2024-02-19 -199.00, 2024-02-15 21500.00",
        encoding="cp1252",
    ),
    BankLayout(
        "op-fi",
        '"Kirjauspäivä";"Arvopäivä";"Määrä EUROA";"Laji";"Selitys";"Saaja/Maksaja";"Saajan tilinumero";"Viite";"Viesti"\n'
        '"2024-01-30";"2024-01-30";-12,90;"162";"PKORTTIMAKSU";"K-KAUPPA METSÄ";"";"";"Viesti 1"\n'
        '"2024-01-31";"2024-01-31";+50,00;"506";"TILISIIRTO";"VIRTANEN";"";"";""\n',
        "2024-01-30 -12.90, 2024-01-31 50.00",
        encoding="iso-8859-1",
        words="K-KAUPPA METSÄ",
    ),
    BankLayout(
        "swedbank-ee",
        '"Kliendi konto";"Reatüüp";"Kuupäev";"Saaja/Maksja";"Selgitus";"Summa";"Valuuta";"Deebet/Kreedit";"Arhiveerimistunnus";"Maksekorralduse number"\n'
        '"EE382200221020145685";"10";"01.04.2024";"";"Algsaldo";"100,00";"EUR";"K";"";""\n'
        '"EE382200221020145685";"20";"03.04.2024";"Kauplus Tamm";"ost";"12,30";"EUR";"D";"2024040300000001";""\n'
        '"EE382200221020145685";"20";"17.04.2024";"Tööandja OÜ";"palk";"900,00";"EUR";"K";"2024041700000001";""\n'
        '"EE382200221020145685";"86";"30.04.2024";"";"lõppsaldo";"987,70";"EUR";"K";"";""\n',
        "2024-04-03 -12.30, 2024-04-17 900.00",
        currency="EUR",
        account="EE382200221020145685",
        opening="100.00",
        closing="987.70",
    ),
    BankLayout(
        "zkb-ch",
        "Datum;Buchungstext;Whg;Betrag Detail;ZKB-Referenz;Referenznummer;Belastung CHF;Gutschrift CHF;Valuta;Saldo CHF\n"
        "31.05.2024;Einkauf Bergladen;;;Z1;;23.45;;31.05.2024;1'976.55\n30.05.2024;Gutschrift Lohn;;;Z2;;;2'000.00;30.05.2024;2'000.00\n",
        "2024-05-31 -23.45, 2024-05-30 2000.00",
        currency="CHF",
        closing="1976.55",
    ),
    BankLayout(
        "kbc-be",
        "Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;rekeningnummer tegenpartij;BIC tegenpartij;Naam tegenpartij\n"
        "BE68539007547034;;JAN PEETERS;EUR; 01024003;26/06/2024;BETALING AANKOOP;26/06/2024;-19,99;480,01;;-19,99;;;SCHOENWINKEL\n"
        "BE68539007547034;;JAN PEETERS;EUR; 01024002;24/06/2024;OVERSCHRIJVING;24/06/2024;500,00;500,00;500,00;;BE71096123456769;GKCCBEBB;WERKGEVER\n",
        "2024-06-26 -19.99, 2024-06-24 500.00",
        currency="EUR",
        account="BE68539007547034",
        closing="480.01",
    ),
    BankLayout(
        "cgd-pt",
        "Consultar saldos e movimentos à ordem - 31-05-2024\n\nConta ;0001234567890 - EUR - Conta Extracto\nData de início ;01-05-2024\nData de fim ;31-05-2024\n\n"
        "Data mov. ;Data valor ;Descrição ;Débito ;Crédito ;Saldo contabilístico ;Saldo disponível ;Categoria ;\n"
        "30-05-2024 ;30-05-2024 ;COMPRA MERCEARIA ;12,45 ; ;1.087,55 ;1.087,55 ;Diversos ;\n"
        "28-05-2024 ;28-05-2024 ;TRF ORDENADO ; ;1.100,00 ;1.100,00 ;1.100,00 ;Diversos ;\n\n ; ; ; ;Saldo contabilístico ;1.087,55 EUR\n",
        "2024-05-30 -12.45, 2024-05-28 1100.00",
        encoding="cp1252",
        currency="EUR",
        closing="1087.55",
    ),
    BankLayout(
        "fio-cz",
        '"accountId";"2000000001"\n"bankId";"2010"\n"currency";"CZK"\n"openingBalance";"1000,00"\n"closingBalance";"1150,00"\n\n'
        '"ID operace";"Datum";"Objem";"Měna";"Protiúčet";"Název protiúčtu";"Zpráva pro příjemce";"Poznámka";"Typ"\n'
        '"26962199069";"30.06.2024";"-350,00";"CZK";"";"";"Nákup: Obchod";"";"Platba kartou"\n'
        '"26962199070";"15.06.2024";"500,00";"CZK";"123456789";"Babička";"dárek";"";"Příjem"\n',
        "2024-06-30 -350.00, 2024-06-15 500.00",
        currency="CZK",
        opening="1000.00",
        closing="1150.00",
    ),
    BankLayout(
        "otp-hu",
        "Tranzakció dátuma;Könyvelés dátuma;Típus;Bejövő/Kimenő;Partner neve;Közlemény;Összeg;Pénznem\n"
        "2024.03.05.;2024.03.06.;Vásárlás;Kimenő;Kisbolt;;-3 450;HUF\n2024.03.08.;2024.03.08.;Átutalás;Bejövő;Munkahely;bér;412 000;HUF\n",
        "2024-03-06 -3450, 2024-03-08 412000",
        encoding="utf-8-sig",
        currency="HUF",
    ),
)

BRITAIN_AND_AMERICA = (
    BankLayout(
        "monzo",
        "Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In\n"
        "tx_0000A1,14/03/2024,08:01:22,Card payment,Corner Coffee,,Eating out,-3.20,GBP,-3.20,GBP,,1 High St,,CORNER COFFEE LONDON,,-3.20,\n"
        "tx_0000A2,15/03/2024,09:10:00,Faster payment,Ms A Friend,,Transfers,25.00,GBP,25.00,GBP,lunch,,,lunch,,,25.00\n",
        "2024-03-14 -3.20, 2024-03-15 25.00",
        currency="GBP",
        words="Corner Coffee",
    ),
    BankLayout(
        "barclays",
        "Number,Date,Account,Amount,Subcategory,Memo\n"
        " ,28/06/2024,20-00-00 12345678,-9.50,PAYMENT,GREENGROCER LTD   ON 27 JUN          CLP\n"
        " ,26/06/2024,20-00-00 12345678,1500.00,DIRECTDEP,EMPLOYER PLC    BGC\n",
        "2024-06-28 -9.50, 2024-06-26 1500.00",
        account="20-00-00 12345678",
        words="GREENGROCER",
    ),
    BankLayout(
        "lloyds",
        "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance\n"
        "30/05/2024,DEB,'30-00-00,12345678,BOOKSHOP,12.99,,487.01\n29/05/2024,FPI,'30-00-00,12345678,MUM,,100.00,500.00\n",
        "2024-05-30 -12.99, 2024-05-29 100.00",
        account="12345678",
        closing="487.01",
        opening="400.00",
    ),
    BankLayout(
        "hsbc-no-header",
        '17/04/2024,PHARMACY )))  READING,"-8.75"\n18/04/2024,CR SALARY,"1,904.11"\n',
        "2024-04-17 -8.75, 2024-04-18 1904.11",
    ),
    BankLayout(
        "nationwide",
        '"Account Name:","FlexAccount ****12345"\n"Account Balance:","£1,205.50"\n"Available Balance: ","£1,405.50"\n\n'
        '"Date","Transaction type","Description","Paid out","Paid in","Balance"\n'
        '"17 Jun 2024","Visa purchase","GARDEN CENTRE","£24.50","","£1,205.50"\n"16 Jun 2024","Transfer from","A PERSON","","£30.00","£1,230.00"\n',
        "2024-06-17 -24.50, 2024-06-16 30.00",
        encoding="cp1252",
        currency="GBP",
        closing="1205.50",
    ),
    BankLayout(
        "starling",
        "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n"
        "20/02/2024,Bike Shop,ref 1,CONTACTLESS,-45.00,155.00,SHOPPING,\n21/02/2024,Client,inv 7,FASTER PAYMENT,300.00,455.00,INCOME,\n",
        "2024-02-20 -45.00, 2024-02-21 300.00",
        currency="GBP",
        closing="455.00",
    ),
    BankLayout(
        "bank-of-america",
        'Description,,Summary Amt.\nBeginning balance as of 01/01/2024,,"1,000.00"\nTotal credits,,"500.00"\nTotal debits,,"-20.00"\nEnding balance as of 01/31/2024,,"1,480.00"\n\n'
        'Date,Description,Amount,Running Bal.\n01/01/2024,Beginning balance as of 01/01/2024,,"1,000.00"\n01/03/2024,"DINER #4","-20.00","980.00"\n01/31/2024,"PAYROLL ACME","500.00","1,480.00"\n',
        "2024-01-03 -20.00, 2024-01-31 500.00",
        opening="1000.00",
        closing="1480.00",
    ),
    BankLayout(
        "wells-fargo-no-header",
        '"05/30/2024","-18.20","*","","PURCHASE AUTHORIZED ON 05/29 TACO STAND"\n"05/24/2024","1200.00","*","","ACME CORP PAYROLL"\n',
        "2024-05-30 -18.20, 2024-05-24 1200.00",
        words="TACO STAND",
    ),
    BankLayout(
        "capital-one-card",
        "Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit\n"
        "2024-05-28,2024-05-29,1234,PIZZA PLACE,Dining,31.50,\n2024-05-20,2024-05-21,1234,CAPITAL ONE MOBILE PYMT,Payment/Credit,,200.00\n",
        "2024-05-29 -31.50, 2024-05-21 200.00",
    ),
    BankLayout(
        "chase-checking",
        "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\n"
        'DEBIT,05/31/2024,"Online Transfer to SAV",-250.00,ACCT_XFER,1750.00,,\nCREDIT,05/15/2024,"EMPLOYER DIRECT DEP",2000.00,ACH_CREDIT,2000.00,,\n',
        "2024-05-31 -250.00, 2024-05-15 2000.00",
        closing="1750.00",
    ),
    BankLayout(
        "discover-card",
        "Trans. Date,Post Date,Description,Amount,Category\n"
        '03/14/2024,03/15/2024,"HARDWARE STORE",42.10,"Home Improvement"\n03/20/2024,03/20/2024,"INTERNET PAYMENT - THANK YOU",-100.00,"Payments and Credits"\n03/21/2024,03/22/2024,"GAS STATION",30.00,"Gasoline"\n',
        "2024-03-15 -42.10, 2024-03-20 100.00, 2024-03-22 -30.00",
        filename="Discover-card.csv",
    ),
    BankLayout(
        "amex-us",
        "Date,Description,Card Member,Account #,Amount\n04/30/2024,FLOWER SHOP,A EXAMPLE,-11001,55.00\n04/18/2024,AUTOPAY PAYMENT - THANK YOU,A EXAMPLE,-11001,-300.00\n04/17/2024,BOOK STORE,A EXAMPLE,-11001,20.00\n",
        "2024-04-30 -55.00, 2024-04-18 300.00, 2024-04-17 -20.00",
    ),
    BankLayout(
        "apple-card",
        "Transaction Date,Clearing Date,Description,Merchant,Category,Type,Amount (USD),Purchased By\n"
        '05/27/2024,05/28/2024,"CORNER DELI","Corner Deli","Restaurants","Purchase","9.35","Alex"\n05/15/2024,05/15/2024,"ACH DEPOSIT INTERNET TRANSFER","Ach","Payment","Payment","-120.00","Alex"\n',
        "2024-05-28 -9.35, 2024-05-15 120.00",
        filename="Apple Card Transactions.csv",
        currency="USD",
    ),
    BankLayout(
        "citi-card",
        'Status,Date,Description,Debit,Credit,Member Name\nCleared,06/21/2024,"GROCER",64.11,,ALEX\nPending,06/22/2024,"CAFE",5.00,,ALEX\nCleared,06/15/2024,"ONLINE PAYMENT",,-50.00,ALEX\n'.replace(
            "-50.00", "50.00"
        ),
        "2024-06-21 -64.11, 2024-06-22 -5.00?, 2024-06-15 50.00",
    ),
    BankLayout(
        "rbc",
        '"Account Type","Account Number","Transaction Date","Cheque Number","Description 1","Description 2","CAD$","USD$"\n'
        'Chequing,01234-5678901,6/14/2024,,"CONTACTLESS INTERAC","BAKERY",-7.00,,\nChequing,01234-5678901,6/30/2024,,"PAYROLL","ACME",950.00,,\n',
        "2024-06-14 -7.00, 2024-06-30 950.00",
        currency="CAD",
        account="01234-5678901",
    ),
    BankLayout(
        "td-canada-no-header",
        "05/01/2024,OPEN MARKET,20.00,,980.00\n05/03/2024,PAY ACME,,500.00,1480.00\n05/17/2024,HYDRO BILL,80.00,,1400.00\n05/31/2024,MONTHLY FEE,10.00,,1390.00\n",
        "2024-05-01 -20.00, 2024-05-03 500.00, 2024-05-17 -80.00, 2024-05-31 -10.00",
        closing="1390.00",
    ),
    BankLayout(
        "usaa",
        'Date,Description,Original Description,Category,Amount,Status\n2024-04-09,"Pet Store","PET STORE 123",Pets,-31.00,Posted\n2024-04-10,"Toll","TOLL",Auto,-2.50,Pending\n',
        "2024-04-09 -31.00, 2024-04-10 -2.50?",
    ),
    BankLayout(
        "schwab-style",
        '"Date","Status","Type","CheckNumber","Description","Withdrawal","Deposit","RunningBalance"\n'
        '"06/28/2024","Posted","VISA","","CLINIC","$40.00","","$1,960.00"\n"06/27/2024","Posted","ACH","","PAYROLL","","$2,000.00","$2,000.00"\n',
        "2024-06-28 -40.00, 2024-06-27 2000.00",
        closing="1960.00",
    ),
    BankLayout(
        "nubank",
        "Data,Valor,Identificador,Descrição\n30/05/2024,-45.90,6650aa10-0000-4000-8000-000000000001,Compra no débito - Padaria\n31/05/2024,3000.00,6650aa10-0000-4000-8000-000000000002,Transferência recebida\n",
        "2024-05-30 -45.90, 2024-05-31 3000.00",
    ),
    BankLayout(
        "itau-no-header",
        "28/06/2024;PIX TRANSF MARIA28/06;-120,50\n29/06/2024;TED RECEBIDA;2.000,00\n",
        "2024-06-28 -120.50, 2024-06-29 2000.00",
    ),
    BankLayout(
        "bancolombia-style",
        "FECHA;DESCRIPCIÓN;SUCURSAL;DCTO.;VALOR;SALDO\n2024/06/28;COMPRA EN TIENDA;;;-35.000,00;965.000,00\n2024/06/27;PAGO NOMINA;;;1.000.000,00;1.000.000,00\n",
        "2024-06-28 -35000.00, 2024-06-27 1000000.00",
        closing="965000.00",
    ),
)

ASIA_AND_PACIFIC = (
    BankLayout(
        "commbank-no-header",
        '23/12/2023,"-13.80","BAKERY SYDNEY NS AUS Card xx0001","+1234.56"\n22/12/2023,"+50.00","Transfer from FRIEND","+1248.36"\n21/12/2023,"-6.20","TRAM","+1198.36"\n',
        "2023-12-23 -13.80, 2023-12-22 50.00, 2023-12-21 -6.20",
        closing="1234.56",
    ),
    BankLayout(
        "anz-no-header",
        "29/05/2024,-82.15,VISA DEBIT PURCHASE CARD 0001 NURSERY\n30/05/2024,640.00,PAY/SALARY FROM ACME\n",
        "2024-05-29 -82.15, 2024-05-30 640.00",
    ),
    BankLayout(
        "westpac",
        "Bank Account,Date,Narrative,Debit Amount,Credit Amount,Balance,Categories,Serial\n"
        "032000123456,28/06/2024,FERRY,6.13,,993.87,PAYMENT,\n032000123456,27/06/2024,DEPOSIT,,1000.00,1000.00,DEP,\n",
        "2024-06-28 -6.13, 2024-06-27 1000.00",
        account="032000123456",
        closing="993.87",
    ),
    BankLayout(
        "hdfc",
        "\n  Date     ,Narration                ,Value Dat,Debit Amount       ,Credit Amount      ,Chq/Ref Number   ,Closing Balance\n"
        " 28/05/24  ,UPI-TEA STALL            ,28/05/24 ,         20.00     ,          0.00     ,0000414911111111 ,         9980.00  \n"
        " 31/05/24  ,SALARY MAY               ,31/05/24 ,          0.00     ,      51000.00     ,0000000000000000 ,        60980.00  \n",
        "2024-05-28 -20.00, 2024-05-31 51000.00",
        closing="60980.00",
        opening="10000.00",
    ),
    BankLayout(
        "icici",
        "Account Number,000401234567 ( INR ) - A EXAMPLE\nTransaction Period,From 01/04/2024 To 30/04/2024\n\n"
        "S No.,Value Date,Transaction Date,Cheque Number,Transaction Remarks,Withdrawal Amount (INR ),Deposit Amount (INR ),Balance (INR )\n"
        '1,02/04/2024,02/04/2024,-,UPI/BOOK STALL,150.00,0.00,"1,04,850.00"\n2,05/04/2024,05/04/2024,-,NEFT/CLIENT,0.00,"1,00,000.00","2,04,850.00"\n',
        "2024-04-02 -150.00, 2024-04-05 100000.00",
        currency="INR",
        closing="204850.00",
    ),
    BankLayout(
        "sbi-tab",
        "Account Name\t:\tMr. EXAMPLE\nAccount Number\t:\t00000031234567890\nDrawing Power\t:\t0.00\nBalance on 1 Apr 2024\t:\t5,000.00\n\n"
        "Txn Date\tValue Date\tDescription\tRef No./Cheque No.\t        Debit\tCredit\tBalance\n"
        "3 Apr 2024\t3 Apr 2024\tATM WDL\tTRANSFER\t1,000.00\t \t4,000.00\n9 Apr 2024\t9 Apr 2024\tBY TRANSFER\tTRANSFER\t \t2,500.00\t6,500.00\n**This is a computer generated statement\n",
        "2024-04-03 -1000.00, 2024-04-09 2500.00",
        filename="statement.xls",
        closing="6500.00",
    ),
    BankLayout(
        "dbs",
        "Account Details For:,DBS Savings 123-4-567890\nStatement as at:,30 Jun 2024\nAvailable Balance:,1234.50\nLedger Balance:,1234.50\n\n"
        "Transaction Date,Reference,Debit Amount,Credit Amount,Transaction Ref1,Transaction Ref2,Transaction Ref3\n\n"
        "28 Jun 2024,POS, 15.50, ,HAWKER CENTRE,1234,\n27 Jun 2024,SAL, ,1250.00,ACME PTE,,\n",
        "2024-06-28 -15.50, 2024-06-27 1250.00",
    ),
    BankLayout(
        "uob-card",
        "United Overseas Bank Limited.\nAccount Number:,1234567890\nStatement Period:,01 May 2024 To 31 May 2024\nCurrency:,SGD\n"
        "Transaction Date,Transaction Description,Withdrawal,Deposit,Available Balance\n31 May 2024,NOODLE BAR,8.00,0,992.00\n30 May 2024,SALARY,0,1000.00,1000.00\n",
        "2024-05-31 -8.00, 2024-05-30 1000.00",
        currency="SGD",
    ),
    BankLayout(
        "rakuten-bank",
        "取引日,入出金(円),取引後残高(円),入出金内容\n20240628,-1200,98800,カード ブックストア\n20240625,100000,100000,給与 アクメ\n",
        "2024-06-28 -1200, 2024-06-25 100000",
        encoding="cp932",
        currency="JPY",
        closing="98800",
    ),
    BankLayout(
        "mufg",
        '"日付","摘要","摘要内容","支払い金額","預かり金額","差引残高","メモ","未資金化区分","入払区分"\n'
        '"2024/6/3","カード","","5,000","","120,000","","","支払い"\n"2024/6/25","給料","カブシキガイシャ","","250,000","370,000","","","振込入金"\n',
        "2024-06-03 -5000, 2024-06-25 250000",
        encoding="cp932",
        closing="370000",
    ),
    BankLayout(
        "wechat-pay",
        "微信支付账单明细,,,,,,,,\n微信昵称：[例],,,,,,,,\n起始时间：[2024-03-01 00:00:00] 终止时间：[2024-03-31 23:59:59],,,,,,,,\n----------------------微信支付账单明细列表--------------------,,,,,,,,\n"
        "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号\n"
        '2024-03-15 12:00:01,商户消费,面馆,"午餐",支出,¥18.00,零钱,支付成功,"1000001\t"\n2024-03-16 09:30:00,转账,朋友,"/",收入,¥50.00,/,已存入零钱,"1000002\t"\n',
        "2024-03-15 -18.00, 2024-03-16 50.00",
        currency="CNY",
    ),
    BankLayout(
        "emirates-month-names",
        "Date,Description,Debits,Credits,Balance\n28-Apr-2024,SUPERMARKET,120.25,,879.75\n25-Apr-2024,SALARY,,1000.00,1000.00\n",
        "2024-04-28 -120.25, 2024-04-25 1000.00",
        closing="879.75",
    ),
)

NEW_BANKS_AND_ODD_FORMS = (
    BankLayout(
        "wise",
        '"TransferWise ID",Date,"Date Time",Amount,Currency,Description,"Payment Reference","Running Balance","Exchange From","Exchange To","Exchange Rate","Payer Name","Payee Name","Payee Account Number",Merchant,"Card Last Four Digits","Card Holder Full Name",Attachment,Note,"Total fees","Exchange To Amount"\n'
        'CARD-1,29-04-2024,"29-04-2024 10:00:00.000",-14.20,EUR,"Card transaction of 14.20 EUR issued by Bistro",,85.80,,,,,,,Bistro,0001,A Example,,,0.00,\n'
        'TRANSFER-2,28-04-2024,"28-04-2024 10:00:00.000",100.00,EUR,"Received money from B",,100.00,,,,B,,,,,,,,0.00,\n',
        "2024-04-29 -14.20, 2024-04-28 100.00",
        currency="EUR",
        closing="85.80",
    ),
    BankLayout(
        "revolut-declined-and-fees",
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
        "CARD_PAYMENT,Current,2024-03-01 09:00:00,2024-03-02 10:00:00,Tea House,-5.00,0.00,EUR,COMPLETED,95.00\n"
        "CARD_PAYMENT,Current,2024-03-02 09:00:00,,Shoe Shop,-60.00,0.00,EUR,REVERTED,\n"
        "ATM,Current,2024-03-03 09:00:00,2024-03-04 10:00:00,Cash,-20.00,1.00,EUR,COMPLETED,74.00\n"
        "CARD_PAYMENT,Current,2024-03-05 09:00:00,,Bus,-2.00,0.00,EUR,PENDING,\n",
        "2024-03-02 -5.00, 2024-03-04 -21.00, 2024-03-05 -2.00?",
        currency="EUR",
        closing="74.00",
    ),
    BankLayout(
        "trailing-minus-pipe",
        "DATE|TEXT|AMOUNT\n2024-01-31|Rent|800.00-\n2024-02-01|Salary|2,100.00+\n",
        "2024-01-31 -800.00, 2024-02-01 2100.00",
        filename="konto.dat",
    ),
    BankLayout(
        "cr-dr-suffix",
        "Date,Particulars,Amount,Balance\n14/02/2024,SHOE REPAIR,35.00 DR,965.00 CR\n13/02/2024,OPENING DEPOSIT,1000.00 CR,1000.00 CR\n",
        "2024-02-14 -35.00, 2024-02-13 1000.00",
        closing="965.00",
    ),
    BankLayout(
        "unsigned-proved-by-balance",
        "Date,Text,Amount,Balance\n2024-05-01,Balance brought forward,,100.00\n2024-05-02,Shop,10.00,90.00\n2024-05-03,Gift,25.00,115.00\n2024-05-06,Shop,15.00,100.00\n",
        "2024-05-02 -10.00, 2024-05-03 25.00, 2024-05-06 -15.00",
        opening="100.00",
        closing="100.00",
    ),
    BankLayout(
        "utf-16-tab",
        "Datum\tOmschrijving\tBedrag\n28-02-2024\tBloemist\t-12,00\n27-02-2024\tTeruggave\t3,50\n",
        "2024-02-28 -12.00, 2024-02-27 3.50",
        encoding="utf-16",
    ),
    BankLayout(
        "cyrillic-1251",
        "Дата;Описание;Сумма;Валюта\n28.02.2024;Магазин у дома;-350,00;RUB\n29.02.2024;Зарплата;50 000,00;RUB\n",
        "2024-02-28 -350.00, 2024-02-29 50000.00",
        encoding="cp1251",
        currency="RUB",
        words="Магазин у дома",
    ),
    BankLayout(
        "wrapped-lines",
        '"Date,Description,Amount"\n"2024-03-13,""Shop, corner"",-5.00"\n"2024-03-14,""Refund, shop"",2.00"\n',
        "2024-03-13 -5.00, 2024-03-14 2.00",
        words="Shop, corner",
    ),
    BankLayout(
        "date-times-am-pm",
        "Date,Payee,Amount\n3/14/2024 9:15:00 AM,Museum,-12.00\n3/15/2024 11:00:00 PM,Friend,6.00\n",
        "2024-03-14 -12.00, 2024-03-15 6.00",
    ),
    BankLayout(
        "carriage-returns-only",
        "Date,Payee,Amount\r2024-03-14,Museum,-12.00\r2024-03-15,Friend,6.00\r",
        "2024-03-14 -12.00, 2024-03-15 6.00",
    ),
    BankLayout(
        "repeated-header-and-total",
        "Date;Text;Amount\n2024-03-14;Museum;-12,00\nDate;Text;Amount\n2024-03-15;Friend;6,00\nTotal;;-6,00\n",
        "2024-03-14 -12.00, 2024-03-15 6.00",
    ),
    BankLayout(
        "french-months",
        "Date;Libellé;Montant\n2 févr. 2024;Épicerie;-14,30 €\n13 août 2024;Remboursement;9,00 €\n",
        "2024-02-02 -14.30, 2024-08-13 9.00",
        currency="EUR",
    ),
)

ALL = (*EUROPE, *BRITAIN_AND_AMERICA, *ASIA_AND_PACIFIC, *NEW_BANKS_AND_ODD_FORMS)

TODAY = ReadOptions(today=datetime.date(2025, 1, 15))


def read(layout: BankLayout) -> BankFile:
    return read_bank_file(layout.text.encode(layout.encoding), filename=layout.filename, options=TODAY)


def row_texts(bank_file: BankFile) -> list[str]:
    return [
        f"{row.date or '-'} {row.amount}{'?' if row.pending else ''}"
        for account in bank_file.accounts
        for row in account.transactions
    ]


@pytest.mark.parametrize("layout", ALL, ids=lambda layout: layout.name)
def test_a_layout_is_read_as_a_person_reads_it(layout: BankLayout) -> None:
    bank_file = read(layout)

    assert bank_file.questions == ()
    assert [problem for problem in bank_file.problems if not problem.kept] == []
    assert row_texts(bank_file) == layout.rows.split(", ")
    (account,) = bank_file.accounts
    if layout.currency is not None:
        assert account.currency == layout.currency
    if layout.account is not None:
        assert account.id == layout.account
    if layout.closing is not None:
        assert account.closing_balance == Decimal(layout.closing)
    if layout.opening is not None:
        assert account.opening_balance == Decimal(layout.opening)
    if layout.words is not None:
        assert layout.words in account.transactions[0].description
