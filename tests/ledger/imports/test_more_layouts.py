# ruff: noqa: E501 - the lines of bank files are long
"""Layouts that are easily read wrongly, each for a reason of its own; all rows are invented."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tuppence.ledger.imports import BankFile, ReadOptions, read_bank_file

TODAY = ReadOptions(today=datetime.date(2025, 1, 15))


@dataclass(frozen=True, slots=True)
class Layout:
    """A file, and what a person reads in it: each row as `date amount`, a `?` after a pending one, a dash for no date."""

    name: str
    text: str
    rows: str
    encoding: str = "utf-8"
    currency: str | None = None
    account: str | None = None
    closing: str | None = None
    opening: str | None = None


LAYOUTS = (
    # The balances have their own words, and a row not yet booked has no date.
    Layout(
        "comdirect",
        ";\n"
        '"Umsätze Girokonto";"Zeitraum: 30 Tage";\n'
        '"Neuer Kontostand";"1.234,56 EUR";\n'
        "\n"
        '"Buchungstag";"Wertstellung (Valuta)";"Vorgang";"Buchungstext";"Umsatz in EUR";\n'
        '"offen";"--";"Kartenverfügung";" Auftraggeber: Buchungstext: Laden ";"-9,99";\n'
        '"05.03.2024";"05.03.2024";"Lastschrift / Belastung";"Auftraggeber: STROM Buchungstext: Abschlag";"-50,00";\n'
        '"01.03.2024";"01.03.2024";"Übertrag / Überweisung";"Auftraggeber: Chef Buchungstext: Lohn";"1.500,00";\n'
        "\n"
        '"Alter Kontostand";"-215,44 EUR";\n',
        "- -9.99?, 2024-03-05 -50.00, 2024-03-01 1500.00",
        encoding="iso-8859-15",
        currency="EUR",
        closing="1234.56",
        opening="-215.44",
    ),
    # "in EUR" in a header says which currency, not which side.
    Layout(
        "consorsbank",
        "Buchung;Valuta;Sender / Empfänger;IBAN / Konto-Nr.;BIC / BLZ;Buchungstext;Verwendungszweck;Kategorie;Stichwörter;Umsatz geteilt;Betrag in EUR\n"
        "05.04.2024;05.04.2024;Chef;DE12500105170648489890;X;GEHALT;Lohn;Einkommen;;;2.000,00\n"
        "07.04.2024;07.04.2024;Laden;DE12500105170648489891;X;LASTSCHRIFT;Brot;Essen;;;-3,50\n",
        "2024-04-05 2000.00, 2024-04-07 -3.50",
        currency="EUR",
    ),
    # A column of account numbers that most rows leave empty is the other side's.
    Layout(
        "n26-old",
        '"Date","Payee","Account number","Transaction type","Payment reference","Category","Amount (EUR)","Amount (Foreign Currency)","Type Foreign Currency","Exchange Rate"\n'
        '"2024-01-02","Shop","","MasterCard Payment","","Shopping","-12.3","-12.3","EUR","1.0"\n'
        '"2024-01-03","Chef","DE12500105170648489890","Income","Lohn","Income","1000.0","","",""\n',
        "2024-01-02 -12.3, 2024-01-03 1000.0",
        currency="EUR",
    ),
    # The opening and closing balance stand in rows, named in a column that is no text otherwise.
    Layout(
        "volksbank-sh",
        "Volksbank Musterstadt eG\n"
        "\n"
        "Umsatzanzeige\n"
        "\n"
        "BLZ:;12345678;;Datum:;31.01.2024\n"
        "Konto:;7654321;;Uhrzeit:;10:00\n"
        "Abfrage von:;Ich;;Kontoinhaber:;Ich\n"
        "\n"
        "Zeitraum:;;von:;01.01.2024;bis:;31.01.2024\n"
        "Betrag in EUR:;;von:;;bis:;\n"
        "\n"
        "Buchungstag;Valuta;Auftraggeber/Zahlungsempfänger;Empfänger/Zahlungspflichtiger;Konto-Nr.;IBAN;BLZ;BIC;Vorgang/Verwendungszweck;Kundenreferenz;Währung;Umsatz; \n"
        "30.01.2024;30.01.2024;Ich;Netto;;DE11;;X;Einkauf;;EUR;20,50;S\n"
        "15.01.2024;15.01.2024;Ich;Chef;;DE12;;X;Lohn;;EUR;1.500,00;H\n"
        "\n"
        "01.01.2024;;;;;;;;;Anfangssaldo;EUR;100,00;H\n"
        "31.01.2024;;;;;;;;;Endsaldo;EUR;1.579,50;H\n",
        "2024-01-30 -20.50, 2024-01-15 1500.00",
        encoding="cp1252",
        currency="EUR",
        closing="1579.50",
        opening="100.00",
    ),
    # No header, no sign: the words and the balances tell.
    Layout(
        "triodos",
        '"13-02-2024","NL00TRIO0000000001","25,00","Debet","Winkel","NL11INGB0000000002","ET","omschrijving","1.000,00"\n'
        '"14-02-2024","NL00TRIO0000000001","100,00","Credit","Baas","NL11INGB0000000003","OV","salaris","1.100,00"\n'
        '"16-02-2024","NL00TRIO0000000001","30,00","Debet","Winkel","NL11INGB0000000002","ET","boek","1.070,00"\n',
        "2024-02-13 -25.00, 2024-02-14 100.00, 2024-02-16 -30.00",
        closing="1070.00",
    ),
    # A Dutch word for the balance.
    Layout(
        "belfius",
        "Boekingsdatum vanaf;01/02/2024\n"
        "Boekingsdatum tot en met;29/02/2024\n"
        "Bedrag vanaf;\n"
        "Bedrag tot en met;\n"
        "Rekeninguittrekselnummer vanaf;\n"
        "Rekeninguittrekselnummer tot en met;\n"
        "Mededeling;\n"
        "Naam tegenpartij bevat;\n"
        "Rekening tegenpartij;\n"
        "Laatste saldo;1.150,25 EUR\n"
        "Datum/uur van het laatste saldo;29/02/2024 10:00:00\n"
        ";\n"
        "\n"
        "Rekening;Boekingsdatum;Rekeninguittrekselnummer;Transactienummer;Rekening tegenpartij;Naam tegenpartij bevat;Straat en nummer;Postcode en plaats;Transactie;Valutadatum;Bedrag;Devies;BIC;Landcode;Mededelingen\n"
        "BE68 5390 0754 7034;28/02/2024;00002;12;BE1;Winkel;;;aankoop;28/02/2024;-49,75;EUR;;BE;\n"
        "BE68 5390 0754 7034;15/02/2024;00002;11;BE2;Baas;;;storting;15/02/2024;1.200,00;EUR;;BE;loon\n",
        "2024-02-28 -49.75, 2024-02-15 1200.00",
        encoding="cp1252",
        currency="EUR",
        account="BE68 5390 0754 7034",
        closing="1150.25",
    ),
    # A state that means pending.
    Layout(
        "fineco",
        "Conto Corrente: 1234567;;;;;;\n"
        "Intestazione Conto Corrente: Rossi;;;;;;\n"
        "Periodo Dal: 01/03/2024 Al: 31/03/2024;;;;;;\n"
        "\n"
        "Risultati Ricerca;;;;;;\n"
        "\n"
        "Data_Operazione;Data_Valuta;Entrate;Uscite;Descrizione;Descrizione_Completa;Stato;Moneymap\n"
        "28/03/2024;28/03/2024;;-12,50;PagoBancomat;Bar;Contabilizzato;Bar\n"
        "20/03/2024;20/03/2024;1500,00;;Stipendio;Ditta;Contabilizzato;Stipendio\n"
        "29/03/2024;29/03/2024;;-8,00;VISA DEBIT;Caffe;Autorizzato;Bar\n",
        "2024-03-28 -12.50, 2024-03-20 1500.00, 2024-03-29 -8.00?",
    ),
    # The day of booking has another name.
    Layout(
        "millennium-pl",
        '"Numer rachunku/karty","Data transakcji","Data rozliczenia","Rodzaj transakcji","Na konto/Z konta","Odbiorca/Zleceniodawca","Opis","Obciążenia","Uznania","Saldo","Waluta"\n'
        '"PL12 3456","2024-03-28","2024-03-29","TRANSAKCJA KARTĄ PŁATNICZĄ","","","SKLEP","-12.50","","987.50","PLN"\n'
        '"PL12 3456","2024-03-20","2024-03-20","PRZELEW PRZYCHODZĄCY","PL99","FIRMA","pensja","","1000.00","1000.00","PLN"\n',
        "2024-03-29 -12.50, 2024-03-20 1000.00",
        currency="PLN",
        closing="987.50",
    ),
    # The amount of a blocked sum stands in a column of its own.
    Layout(
        "ing-pl",
        '"Lista transakcji";;;"ING Bank Śląski S.A.";"www.ing.pl"\n'
        '"Użytkownik";;"X";"Data";"2024-03-31"\n'
        "\n"
        '"Data transakcji";"Data księgowania";"Dane kontrahenta";"Tytuł";"Nr rachunku";"Nazwa banku";"Szczegóły";"Nr transakcji";"Kwota transakcji (waluta rachunku)";"Waluta";"Kwota blokady/zwolnienie blokady";"Waluta";"Kwota płatności w walucie";"Waluta";"Konto";"Saldo po transakcji";"Waluta"\n'
        '2024-03-30;;" SKLEP ";" Płatność kartą ";\'\';" ";"";\'\';;;-20,00;PLN;;;"Konto Direct (PLN)";;\n'
        '2024-03-28;2024-03-28;" SKLEP ";" zakupy ";\'\';" ";"TR.KART";\'2024001\';-12,50;PLN;;;;;"Konto Direct (PLN)";987,50;PLN\n'
        '2024-03-20;2024-03-20;" FIRMA ";" pensja ";\'111\';" ";"PRZELEW";\'2024002\';1000,00;PLN;;;;;"Konto Direct (PLN)";1000,00;PLN\n'
        "\n"
        '"Dokument ma charakter informacyjny";\n',
        "2024-03-30 -20.00?, 2024-03-28 -12.50, 2024-03-20 1000.00",
        encoding="cp1250",
        currency="PLN",
        closing="987.50",
    ),
    # Of several currencies the account's counts.
    Layout(
        "alior",
        "Kryteria transakcji: X\n"
        "Data transakcji;Data księgowania;Nazwa nadawcy;Nazwa odbiorcy;Szczegóły transakcji;Kwota operacji;Waluta operacji;Kwota w walucie rachunku;Waluta rachunku;Numer rachunku nadawcy;Numer rachunku odbiorcy\n"
        "28-03-2024;29-03-2024;JA;SKLEP;zakupy;-3,00;EUR;-12,90;PLN;1;2\n"
        "20-03-2024;20-03-2024;FIRMA;JA;pensja;1000,00;PLN;1000,00;PLN;3;1\n",
        "2024-03-29 -12.90, 2024-03-20 1000.00",
        encoding="cp1250",
        currency="PLN",
    ),
    # The same in English.
    Layout(
        "original-amount-first",
        "Date;Description;Amount in transaction currency;Transaction currency;Amount in account currency;Account currency\n"
        "2024-03-28;Hotel;-10,00;USD;-9,20;EUR\n"
        "2024-03-20;Shop;-5,00;EUR;-5,00;EUR\n",
        "2024-03-28 -9.20, 2024-03-20 -5.00",
        currency="EUR",
    ),
    # The header names the currency of the amount; the column is another amount's.
    Layout(
        "original-currency-column",
        "Date,Amount (GBP),Amount (Original),Currency,Description\n"
        "28/03/2024,-12.50,-15.00,EUR,Shop\n"
        "20/03/2024,-1.50,-1.50,GBP,Shop\n",
        "2024-03-28 -12.50, 2024-03-20 -1.50",
        currency="GBP",
    ),
    # Money in has a minus in the column of credits.
    Layout(
        "citi-card-neg",
        "Status,Date,Description,Debit,Credit,Member Name\n"
        'Cleared,03/28/2024,"STORE",12.50,,ME\n'
        'Pending,03/29/2024,"STORE2",7.50,,ME\n'
        'Cleared,03/20/2024,"ONLINE PAYMENT, THANK YOU",,-100.00,ME\n',
        "2024-03-28 -12.50, 2024-03-29 -7.50?, 2024-03-20 100.00",
    ),
    # A balance with its day behind it.
    Layout(
        "asb",
        "Created date / time : 31 March 2024 / 10:00:00\n"
        "Bank 12; Branch 3000; Account 1234567-50 (Streamline)\n"
        "From date 20240301\n"
        "To date 20240331\n"
        "Avail Bal : 987.50 as of 20240331\n"
        "Ledger Balance : 987.50 as of 20240331\n"
        "Date,Unique Id,Tran Type,Cheque Number,Payee,Memo,Amount\n"
        "\n"
        '2024/03/20,2024032001,D/C,,"PAYROLL","FIRM",1000.00\n'
        '2024/03/28,2024032801,EFTPOS,,"STORE","AKL",-12.50\n',
        "2024-03-20 1000.00, 2024-03-28 -12.50",
        closing="987.50",
    ),
    # DR and CR are columns.
    Layout(
        "axis",
        "Name :- X\n"
        "Joint Holder :- -\n"
        "Statement of Account No - 912345678901234 for the period (From : 01-03-2024 To : 31-03-2024)\n"
        "\n"
        "Tran Date,CHQNO,PARTICULARS,DR,CR,BAL,SOL\n"
        "20-03-2024,-,NEFT/FIRM,           ,     1000.00,     1000.00,12\n"
        "28-03-2024,-,UPI/STORE,       12.50,            ,      987.50,12\n"
        "\n"
        "\n"
        "Unless the constituent notifies the bank immediately\n",
        "2024-03-20 1000.00, 2024-03-28 -12.50",
        closing="987.50",
    ),
    # Only money in is marked.
    Layout(
        "icici-card",
        '"Date","Sr.No.","Transaction Details","Reward Point Header","Intl.Amount","Amount(in Rs)","BillingAmountSign"\n'
        '"28/03/2024","1","STORE IN","2","0","12.50",""\n'
        '"20/03/2024","2","PAYMENT RECEIVED","0","0","100.00","CR"\n',
        "2024-03-28 -12.50, 2024-03-20 100.00",
    ),
    # Cut by tildes.
    Layout(
        "hdfc-card-tilde",
        "Transaction type~Primary / Addon Customer Name~DATE~Description~AMT~Debit / Credit\n"
        "Domestic~ME~28/03/2024 10:00:00~STORE~12.50~\n"
        "Domestic~ME~20/03/2024 10:00:00~PAYMENT~100.00~Cr\n",
        "2024-03-28 -12.50, 2024-03-20 100.00",
    ),
    # The currency as R$ in the header.
    Layout(
        "bradesco",
        "Extrato de: Ag: 1234 | Conta: 12345-6;;;;;;\n"
        "Data;Histórico;Docto.;Crédito (R$);Débito (R$);Saldo (R$);\n"
        "01/03/24;SALDO ANTERIOR;;;;0,00;\n"
        "20/03/24;PIX RECEBIDO;123;1.000,00;;1.000,00;\n"
        "28/03/24;COMPRA CARTAO;124;;-12,50;987,50;\n"
        ";;Total;1.000,00;-12,50;987,50;\n",
        "2024-03-20 1000.00, 2024-03-28 -12.50",
        encoding="cp1252",
        currency="BRL",
        closing="987.50",
    ),
    # The states of other languages.
    Layout(
        "revolut-de",
        "Art,Produkt,Datum des Beginns,Datum des Abschlusses,Beschreibung,Betrag,Gebühr,Währung,Status,Kontostand\n"
        "Kartenzahlung,Aktuell,2024-03-28 10:00:00,2024-03-29 10:00:00,Laden,-12.50,0.00,EUR,ABGESCHLOSSEN,987.50\n"
        "Aufladung,Aktuell,2024-03-30 10:00:00,,Laden2,-5.00,0.00,EUR,AUSSTEHEND,\n"
        "Kartenzahlung,Aktuell,2024-03-30 10:00:00,,Laden3,-7.00,0.00,EUR,ZURÜCKGESETZT,\n",
        "2024-03-29 -12.50, 2024-03-30 -5.00?",
        currency="EUR",
    ),
    Layout(
        "revolut-fr",
        "Type,Produit,Date de début,Date de fin,Description,Montant,Frais,Devise,État,Solde\n"
        "Paiement par carte,Actuel,2024-03-28 10:00:00,2024-03-29 10:00:00,Magasin,-12.50,0.00,EUR,TERMINÉ,987.50\n"
        "Paiement par carte,Actuel,2024-03-30 10:00:00,,Magasin2,-5.00,0.00,EUR,EN ATTENTE,\n"
        "Paiement par carte,Actuel,2024-03-30 10:00:00,,Magasin3,-7.00,0.00,EUR,ANNULÉ,\n",
        "2024-03-29 -12.50, 2024-03-30 -5.00?",
        currency="EUR",
    ),
    Layout(
        "revolut-es",
        "Tipo,Producto,Fecha de inicio,Fecha de finalización,Descripción,Importe,Comisión,Divisa,State,Saldo\n"
        "Pago con tarjeta,Actual,2024-03-28 10:00:00,2024-03-29 10:00:00,Tienda,-12.50,0.00,EUR,COMPLETADO,987.50\n"
        "Pago con tarjeta,Actual,2024-03-30 10:00:00,,Tienda,-5.00,0.00,EUR,REVERTIDO,\n",
        "2024-03-29 -12.50",
        currency="EUR",
    ),
    Layout(
        "revolut-pl",
        "Rodzaj,Produkt,Data rozpoczęcia,Data zrealizowania,Opis,Kwota,Opłata,Waluta,State,Saldo\n"
        "Płatność kartą,Bieżące,2024-03-28 10:00:00,2024-03-29 10:00:00,Sklep,-12.50,0.00,PLN,ZAKOŃCZONO,987.50\n"
        "Płatność kartą,Bieżące,2024-03-30 10:00:00,,Sklep,-5.00,0.00,PLN,COFNIĘTO,\n",
        "2024-03-29 -12.50",
        currency="PLN",
    ),
    Layout(
        "nordea-fi",
        "Kirjauspäivä;Määrä;Maksaja;Maksunsaaja;Nimi;Otsikko;Viitenumero;Saldo;Valuutta\n"
        "2024/03/28;-12,50;FI1;;Kauppa;Kauppa;;987,50;EUR\n"
        "2024/03/20;1000,00;;FI1;Firma;Palkka;;1000,00;EUR\n",
        "2024-03-28 -12.50, 2024-03-20 1000.00",
        currency="EUR",
        closing="987.50",
    ),
    # A word in place of the date.
    Layout(
        "nordea-se-reserverad",
        "Bokföringsdag;Belopp;Avsändare;Mottagare;Namn;Rubrik;Saldo;Valuta\n"
        "Reserverat;-20,00;1;;;Butik;;SEK\n"
        "2024/03/28;-12,50;1;;;Butik;987,50;SEK\n",
        "- -20.00?, 2024-03-28 -12.50",
        currency="SEK",
        closing="987.50",
    ),
    # A column of mere signs.
    Layout(
        "plus-and-minus-column",
        "Datum;Tekst;Bedrag;+/-;Saldo\n28-03-2024;winkel;12,50;-;987,50\n29-03-2024;loon;100,00;+;1.087,50\n",
        "2024-03-28 -12.50, 2024-03-29 100.00",
        closing="1087.50",
    ),
    # Names written together, and two balances.
    Layout(
        "abn-new-tab",
        "accountNumber\tmutationcode\ttransactiondate\tvaluedate\tstartsaldo\tendsaldo\tamount\tdescription\n"
        "123456789\tEUR\t20240401\t20240401\t500,00\t487,50\t-12,50\tBEA Bakker\n"
        "123456789\tEUR\t20240403\t20240403\t487,50\t587,50\t100,00\tJansen\n",
        "2024-04-01 -12.50, 2024-04-03 100.00",
        account="123456789",
        closing="587.50",
    ),
    Layout(
        "virgin-card",
        "Transaction Date,Posting Date,Billing Amount,Merchant,Merchant City,Reference Number,Debit/Credit Flag,SICMCC Code\n"
        '27/03/2024,28/03/2024,12.50,SHOP,LONDON,"1",D,5411\n'
        '20/03/2024,21/03/2024,100.00,PAYMENT,,"2",C,0\n',
        "2024-03-28 -12.50, 2024-03-21 100.00",
    ),
    # The day of booking is just called Buchung.
    Layout(
        "ubs-card",
        "sep=;\n"
        "Kontonummer;Kartennummer;Konto-/Karteninhaber;Einkaufsdatum;Buchungstext;Branche;Betrag;Originalwährung;Kurs;Währung;Belastung;Gutschrift;Buchung\n"
        "1234;4111;ME;27.03.2024;SHOP;Food;12.50;CHF;;CHF;12.50;;28.03.2024\n"
        "1234;4111;ME;20.03.2024;REFUND;Food;5.00;CHF;;CHF;;5.00;21.03.2024\n"
        ";;;;;;;;Total;CHF;12.50;5.00;\n",
        "2024-03-28 -12.50, 2024-03-21 5.00",
        encoding="cp1252",
        currency="CHF",
    ),
    # A spaced word for the balance.
    Layout(
        "banco-do-brasil",
        '"Data","Dependencia Origem","Histórico","Data do Balancete","Número do documento","Valor",\n'
        '"29/02/2024","","Saldo Anterior","","0","100.00",\n'
        '"28/03/2024","1234-5","Compra com Cartão","","123","-12.50",\n'
        '"31/03/2024","","S A L D O","","0","87.50",\n',
        "2024-03-28 -12.50",
        encoding="latin-1",
        closing="87.50",
        opening="100.00",
    ),
    Layout(
        "timestamps",
        "Timestamp,Transaction Type,Amount\n"
        "2024-03-28T10:00:00Z,Withdrawal,-12.50\n"
        "2024-03-20T10:00:00Z,Deposit,1000.00\n",
        "2024-03-28 -12.50, 2024-03-20 1000.00",
    ),
    Layout(
        "bnz",
        "Date,Amount,Payee,Particulars,Code,Reference,Tran Type,This Party Account,Other Party Account,Serial,Transaction Code,Batch Number,Originating Bank/Branch,Processed Date\n"
        "28/03/24,-12.50,STORE,AKL,,R,POS,02-1234-5678901-00,,,,,02-1234,28/03/24\n"
        "20/03/24,1000.00,FIRM,PAY,,R,DC,02-1234-5678901-00,01-1111-1111111-00,,,,02-1234,20/03/24\n",
        "2024-03-28 -12.50, 2024-03-20 1000.00",
        account="02-1234-5678901-00",
    ),
    Layout(
        "cmb-debit",
        "# 招商银行交易记录\n"
        "# 导出时间:2024-05-01 10:00:00\n"
        "# 账号:6214****1111\n"
        "# 起始日期:[20240401] 终止日期:[20240430]\n"
        "# 过滤设置:全部\n"
        "\n"
        '"交易日期","交易时间","收入","支出","余额","交易类型","交易备注"\n'
        '"\t20240402","\t10:11:12","","15.00","985.00","快捷支付","超市"\n'
        '"\t20240410","\t08:00:00","2000.00","","2985.00","代发工资","工资"\n'
        '"\t20240421","\t20:00:00","","85.50","2899.50","快捷支付","餐厅"\n'
        "\n"
        "# 收入合计: 1 笔,共 2000.00 元\n"
        "# 支出合计: 2 笔,共 100.50 元\n",
        "2024-04-02 -15.00, 2024-04-10 2000.00, 2024-04-21 -85.50",
        encoding="gbk",
        closing="2899.50",
    ),
    Layout(
        "hxb",
        "账号:6226***1111,,,,,\n"
        "交易日期,交易渠道/场所,交易国家或地区简称,币种,支出金额,收入金额,余额,对方户名,对方账号,摘要\n"
        "20240305,网上银行,CHN,人民币,30.00,0.00,970.00,某店,111,消费\n"
        "20240306,网上银行,CHN,人民币,0.00,500.00,1470.00,李四,222,转账\n"
        "20240307,网上银行,CHN,人民币,20.00,0.00,1450.00,某店,111,消费\n",
        "2024-03-05 -30.00, 2024-03-06 500.00, 2024-03-07 -20.00",
        encoding="gbk",
        currency="CNY",
        closing="1450.00",
    ),
    Layout(
        "money-manager",
        "Date,Account,Category,Subcategory,Note,USD,Income/Expense,Description,Amount,Currency,Account\n"
        "03/28/2024 10:00:00,Cash,Food,,Shop,12.5,Expense,,12.5,USD,12.5\n"
        "03/20/2024 10:00:00,Cash,Salary,,Boss,1000,Income,,1000,USD,1000\n",
        "2024-03-28 -12.5, 2024-03-20 1000",
        currency="USD",
    ),
    Layout(
        "fortis",
        "Nº de séquence;Date d'exécution;Date valeur;Montant;Devise du compte;Numéro de compte;Type de transaction;Contrepartie;Nom de la contrepartie;Communication;Détails;Statut;Motif du refus\n"
        "2024-00002;28/03/2024;28/03/2024;-12,50;EUR;BE68539007547034;Paiement par carte;BE1;MAGASIN;x;PAIEMENT;Accepté;\n"
        "2024-00001;20/03/2024;20/03/2024;1.000,00;EUR;BE68539007547034;Virement;BE2;CHEF;salaire;VIREMENT;Accepté;\n"
        "2024-;20/03/2024;20/03/2024;-9,00;EUR;BE68539007547034;Virement;BE2;X;;VIREMENT;Refusé;solde insuffisant\n",
        "2024-03-28 -12.50, 2024-03-20 1000.00",
        currency="EUR",
        account="BE68539007547034",
    ),
)


def read(text: str, encoding: str = "utf-8", filename: str = "export.csv") -> BankFile:
    return read_bank_file(text.encode(encoding), filename=filename, options=TODAY)


def row_texts(bank_file: BankFile) -> list[str]:
    return [
        f"{row.date or '-'} {row.amount}{'?' if row.pending else ''}"
        for account in bank_file.accounts
        for row in account.transactions
    ]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_read_as_a_person_reads_it(layout: Layout) -> None:
    bank_file = read(layout.text, layout.encoding)

    assert [problem for problem in bank_file.problems if not problem.kept] == []
    assert row_texts(bank_file) == layout.rows.split(", ")
    assert bank_file.questions == ()
    (account,) = bank_file.accounts
    assert layout.currency is None or account.currency == layout.currency
    assert layout.account is None or account.id == layout.account
    assert layout.closing is None or account.closing_balance == Decimal(layout.closing)
    assert layout.opening is None or account.opening_balance == Decimal(layout.opening)


CARDS_WITHOUT_A_SIGN = (
    "Trans. Date,Post Date,Description,Amount,Category\n03/27/2024,03/28/2024,BOOKS,12.50,Shops\n"
    "03/20/2024,03/20/2024,DIRECTPAY FULL BALANCE,-100.00,Payments and Credits\n",
    "date,name,amount,type\n2024-03-28,Deli,12.50,regular\n2024-03-20,Firm,-900.00,income\n",
    'Datum,Beschreibung,Betrag\n13/02/2024,Brot,"2,50"\n05/02/2024,ZAHLUNG/ÜBERWEISUNG ERHALTEN,"-100,00"\n',
)


@pytest.mark.parametrize("text", CARDS_WITHOUT_A_SIGN)
def test_purchases_that_look_positive_are_asked_about_and_shown_as_money_out(text: str) -> None:
    bank_file = read(text)

    assert [(question.field, question.assumed) for question in bank_file.questions] == [("flip_sign", "yes")]
    assert [row.amount < 0 for row in bank_file.accounts[0].transactions] == [True, False]


def test_mostly_positive_amounts_that_nothing_proves_are_asked_about() -> None:
    rows = "".join(f"2024-03-{day:02},Thing {day},{day}.50\n" for day in range(1, 10))
    bank_file = read(f"Date,Description,Amount\n{rows}2024-03-11,Other,-100.00\n")

    assert [question.field for question in bank_file.questions] == ["flip_sign"]


def test_the_bill_of_a_card_is_known_by_its_file_name() -> None:
    text = "data,lançamento,valor\n2024-03-28,PADARIA,12.5\n2024-03-20,PGTO,-100\n"

    assert [question.field for question in read(text, filename="Fatura.csv").questions] == ["flip_sign"]
    assert read(text, filename="extrato.csv").questions == ()


def test_a_state_that_no_list_knows_is_remarked_on() -> None:
    bank_file = read(
        "Date,Description,Amount,Status\n2024-03-28,Shop,-12.50,Zubbled\n2024-03-29,Shop,-1.50,Completed\n"
    )

    (remark,) = bank_file.problems
    assert "'Zubbled'" in remark.why and remark.kept
    assert len(bank_file.accounts[0].transactions) == 2


OFX = "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>USD<BANKTRANLIST>{rows}</BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20240331</STMTRS></OFX>"


@pytest.mark.parametrize(
    "day", ["20240310100000EST", "20240310 10:00:00", "2024-03-10T10:00:00", "20240310[-7.00:MST]"]
)
@pytest.mark.parametrize("amount", ["-12.50", "\u221212.50"])
@pytest.mark.parametrize("end", ["</STMTTRN>", ""])
def test_ofx_rows_without_an_end_and_with_odd_times_and_signs(day: str, amount: str, end: str) -> None:
    rows = f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<FITID>1<NAME>Shop{end}"
    bank_file = read(OFX.format(rows=rows), filename="a.ofx")

    assert row_texts(bank_file) == ["2024-03-10 -12.50"]
    assert bank_file.accounts[0].closing_balance == Decimal("100.00")
