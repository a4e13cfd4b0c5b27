"""What the clerk knows of the world: kinds of business, what households call them, and what banks print for them.

All words are folded: lower case, no accents, "ß" as "ss".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of business."""

    names: tuple[str, ...]
    """Words in the names of categories, the most telling first."""
    signs: tuple[str, ...]
    """Words in the bank's text."""
    broader: str | None = None
    """The kind to fall back on where the household has no category for this one."""
    earns: bool = False
    """Money comes in."""


def _kind(names: str, signs: str = "", broader: str | None = None, *, earns: bool = False) -> Kind:
    return Kind(tuple(names.split(", ")), tuple(filter(None, signs.split(", "))), broader, earns)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "food": _kind("food, essen, ernahrung, alimentation, comida, cibo, eten"),
        "groceries": _kind(
            "groceries, grocery, supermarket, lebensmittel, supermarkt, epicerie, courses, supermercado, spesa,"
            " boodschappen, haushaltseinkauf",
            "supermarket, supermarkt, supermercado, supermercato, supermarche, grocery, groceries, grocer, food market,"
            " farmers market, lebensmittel, biomarkt, wochenmarkt, bakery, backerei, baeckerei, boulangerie, panaderia,"
            " metzgerei, butcher, boucherie, aldi, lidl, rewe, edeka, penny markt, kaufland, tesco, sainsbury,"
            " sainsburys, asda, waitrose, morrisons, safeway, kroger, publix, wegmans, trader joe, trader joes,"
            " whole foods, carrefour, auchan, leclerc, intermarche, mercadona, eroski, conad, esselunga, albert heijn,"
            " jumbo, migros, coop, billa, hofer, spar, denns, alnatura, instacart",
            "food",
        ),
        "restaurants": _kind(
            "restaurant, dining, eating out, takeaway, takeout, gastronomie, auswarts, gaststatte, ristorante,"
            " restauracion",
            "restaurant, restaurante, ristorante, pizza, pizzeria, trattoria, osteria, sushi, burger, grill, bistro,"
            " diner, kitchen, noodle, noodles, ramen, kebab, doner, imbiss, gasthaus, gasthof, wirtshaus, brasserie,"
            " taqueria, tapas, steakhouse, mcdonald, mcdonalds, burger king, kfc, subway, chipotle, wendys, taco bell,"
            " five guys, nandos, dominos, pizza hut, panda express, lieferando, doordash, uber eats, deliveroo,"
            " grubhub, just eat, vapiano",
            "food",
        ),
        "coffee": _kind(
            "coffee, cafe, kaffee, koffie",
            "coffee, cafe, caffe, kaffee, espresso, starbucks, costa coffee, dunkin, tim hortons, peets, pret a manger,"
            " tearoom, teahouse",
            "restaurants",
        ),
        "bars": _kind(
            "bar, pub, nightlife, alcohol, drinks, kneipe, ausgehen",
            "bar, pub, brewery, brauhaus, taproom, cocktail, cocktails, wine bar, biergarten, liquor, tavern, taverne",
            "restaurants",
        ),
        "shopping": _kind(
            "shopping, general merchandise, einkauf, einkaufe, achats, compras, winkelen",
            "amazon, amzn, ebay, walmart, target, costco, department store, galeria, kaufhof, zalando lounge, etsy,"
            " aliexpress, temu, tk maxx, tj maxx, otto versand, el corte ingles, bol com, tchibo, woolworth",
        ),
        "clothing": _kind(
            "clothing, clothes, apparel, fashion, shoes, kleidung, bekleidung, mode, vetements, ropa, abbigliamento",
            "clothing, fashion, apparel, shoes, schuhe, boutique, zara, h m, hm, uniqlo, primark, zalando, asos, nike,"
            " adidas, levis, old navy, mango, deichmann, foot locker, jeans, c a mode",
            "shopping",
        ),
        "electronics": _kind(
            "electronics, technology, tech, gadgets, computer, elektronik, technik, electronica, elettronica",
            "electronics, elektronik, computer, computers, best buy, mediamarkt, media markt, saturn, apple store,"
            " currys, fnac, darty, newegg, micro center, notebooksbilliger, conrad",
            "shopping",
        ),
        "home": _kind(
            "home improvement, household, furniture, home goods, haushalt, mobel, einrichtung, baumarkt, maison,"
            " hogar, casa, diy, house, garden, garten, wohnen",
            "furniture, mobel, moebel, ikea, home depot, lowes, hardware store, baumarkt, obi, hornbach, bauhaus,"
            " toom, leroy merlin, castorama, screwfix, wayfair, garden centre, garden center, gartencenter,"
            " gartnerei, gaertnerei, nursery plants, bed bath, eisenwaren",
            "shopping",
        ),
        "drugstore": _kind(
            "drugstore, toiletries, personal care, drogerie, korperpflege, beauty, kosmetik, hygiene",
            "drogerie, dm drogerie, rossmann, muller drogerie, sephora, cosmetics, kosmetik, beauty, perfumery,"
            " douglas, body shop",
            "shopping",
        ),
        "hair": _kind(
            "hair, haircut, hairdresser, barber, friseur, coiffeur, personal care, korperpflege, beauty, peluqueria",
            "hair, barber, barbershop, hairdresser, salon, friseur, frisor, coiffeur, coiffure, peluqueria,"
            " parrucchiere, kapper, nails, nagelstudio, spa",
            "drugstore",
        ),
        "books": _kind(
            "books, book, bucher, buch, livres, libros, libri, reading, stationery",
            "book, books, bookstore, bookshop, buchhandlung, buchladen, librairie, libreria, thalia, hugendubel,"
            " barnes noble, waterstones, audible, kindle",
            "shopping",
        ),
        "health": _kind(
            "health, healthcare, medical, gesundheit, sante, salud, salute, gezondheid, doctor, arzt",
            "doctor, medical, clinic, clinica, klinik, hospital, krankenhaus, physician, dental, dentist, zahnarzt,"
            " hausarzt, arztpraxis, arzt, praxis, physio, physiotherapie, physiotherapy, optician, optiker, fielmann,"
            " apollo optik, specsavers, orthopad, orthopaedie, labor, laboratory, hopital, medecin, dentiste",
        ),
        "pharmacy": _kind(
            "pharmacy, medicine, medication, apotheke, pharmacie, farmacia, drogist",
            "pharmacy, apotheke, pharmacie, farmacia, cvs, walgreens, rite aid, boots, chemist, docmorris",
            "health",
        ),
        "fitness": _kind(
            "fitness, gym, sport, sports, exercise, wellness",
            "fitness, gym, yoga, pilates, crossfit, mcfit, planet fitness, peloton, sportstudio, sportverein,"
            " swimming, schwimmbad, climbing, kletterhalle, boulder, decathlon, tennis, golf",
            "health",
        ),
        "transport": _kind(
            "transport, transportation, mobility, mobilitat, verkehr, transporte, trasporti, vervoer, travel commuting",
        ),
        "transit": _kind(
            "public transport, transit, train, bus, rail, bahn, nahverkehr, commuting, opnv, fahrkarten",
            "transit, metro, railway, trainline, train, bahn, db vertrieb, deutsche bahn, bvg, mvg, mvv, hvv, rmv, vbb,"
            " sncf, ratp, renfe, trenitalia, amtrak, tfl, caltrain, oyster, mta, obb, oebb, sbb, bus ticket,"
            " verkehrsbetriebe, verkehrsverbund, flixbus, deutschlandticket",
            "transport",
        ),
        "taxi": _kind(
            "taxi, ride share, rideshare, rides, cab, carsharing",
            "taxi, uber, lyft, bolt, free now, freenow, grab, cab, yellow cab, share now, miles mobility, zipcar, lime,"
            " tier scooter, voi",
            "transport",
        ),
        "fuel": _kind(
            "fuel, gas, petrol, gasoline, benzin, tanken, kraftstoff, carburant, gasolina, benzina, sprit",
            "fuel, petrol, gasoline, gas station, tankstelle, shell, aral, bp, esso, exxon, exxonmobil, chevron, mobil,"
            " texaco, totalenergies, repsol, jet tankstelle, cepsa, sunoco, circle k, station service, ev charging,"
            " ionity, chargepoint",
            "car",
        ),
        "parking": _kind(
            "parking, parken, tolls, maut, stationnement, aparcamiento, parcheggio",
            "parking, parken, parkhaus, parkplatz, parkgarage, parkmobile, easypark, paybyphone, toll, maut, autopista,"
            " autobahn, peage",
            "car",
        ),
        "car": _kind(
            "car, auto, vehicle, automotive, automobile, fahrzeug, kfz, voiture, coche, macchina",
            "car wash, auto parts, autozone, garage, werkstatt, autohaus, kfz, tuv, tuev, dekra, tyre, tyres, tires,"
            " reifen, jiffy lube, mechanic, atu, halfords, kwik fit, adac, dmv",
            "transport",
        ),
        "travel": _kind(
            "travel, vacation, holiday, trips, reise, reisen, urlaub, voyage, viaje, viajes, viaggi, vakantie",
            "travel, reise, reiseburo, reisebuero, expedia, tui, kayak, tripadvisor, cruise, tours, getyourguide,"
            " hertz, sixt, europcar, avis rent",
        ),
        "flights": _kind(
            "flights, flight, airfare, airline, fluge, flug, vols, vuelos, air travel",
            "airline, airlines, airways, lufthansa, ryanair, easyjet, eurowings, delta air, united air, southwest air,"
            " jetblue, air france, klm, iberia, vueling, british airways, airport, flughafen, emirates",
            "travel",
        ),
        "hotels": _kind(
            "hotel, lodging, accommodation, unterkunft, hebergement, alojamiento, ubernachtung",
            "hotel, hotels, hostel, motel, airbnb, booking com, bookingcom, marriott, hilton, hyatt, ibis, accor,"
            " vrbo, pension, ferienwohnung, campground, camping, campingplatz",
            "travel",
        ),
        "housing": _kind(
            "housing, wohnung, wohnen, logement, vivienda, home, casa, wonen, miete wohnen",
            "hausgeld, homeowners association, hoa, hausverwaltung, property management",
        ),
        "rent": _kind(
            "rent, miete, loyer, alquiler, affitto, huur, mortgage rent",
            "rent, rental payment, monthly rent, apartment, apartments, miete, kaltmiete, warmmiete, loyer, alquiler,"
            " affitto, landlord, wohnungsbau, vonovia, wohnbau",
            "housing",
        ),
        "mortgage": _kind(
            "mortgage, hypothek, home loan, baufinanzierung, hipoteca, mutuo, hypotheek",
            "mortgage, hypothek, baufinanzierung, home loan, hipoteca, mutuo, bausparkasse",
            "housing",
        ),
        "bills": _kind("utilities, utility, bills, nebenkosten, rechnungen, factures, servicios, versorger, bollette"),
        "energy": _kind(
            "electricity, electric, energy, power, gas electric, strom, energie, heizung, electricite, luz, heating",
            "electric, electricity, energy, power co, power company, gas company, stadtwerke, strom, energie, eon,"
            " e on, vattenfall, enbw, edf, engie, iberdrola, endesa, enel, british gas, octopus energy, con edison,"
            " pg e, pge, national grid, fernwarme, fernwaerme, heizol",
            "bills",
        ),
        "water": _kind(
            "water, wasser, sewer, trash, waste, abwasser, mull, eau, agua",
            "water works, waterworks, water dept, water utility, water company, wasserwerk, wasserbetriebe, abwasser,"
            " thames water, waste management, sewer, abfallwirtschaft, mullabfuhr",
            "bills",
        ),
        "internet": _kind(
            "internet, broadband, wifi, cable, phone, telefon, kommunikation, telecom, telecommunications, mobile",
            "internet, broadband, comcast, xfinity, spectrum, cox comm, centurylink, fiber, glasfaser, unitymedia,"
            " kabel deutschland, virgin media, sky broadband, cable",
            "bills",
        ),
        "phone": _kind(
            "phone, mobile, cell, telephone, handy, telefon, mobilfunk, telecom, telecommunications, kommunikation,"
            " internet, telefono",
            "phone, wireless, verizon, t mobile, tmobile, telekom, vodafone, o2, telefonica, orange, movistar,"
            " congstar, att, at t, mint mobile, three uk, ee limited, swisscom, mobilfunk, aldi talk, drillisch",
            "bills",
        ),
        "streaming": _kind(
            "streaming, subscriptions, subscription, abos, abonnement, abonnements, tv, suscripciones",
            "netflix, spotify, disney plus, disneyplus, disney, hulu, hbo, paramount, prime video, apple com bill,"
            " apple tv, apple music, youtube, youtubepremium, dazn, deezer, tidal, crunchyroll, rundfunk, ard zdf,"
            " sky deutschland, patreon, new york times, nytimes, zeitung, newspaper, magazine, zeitschrift",
            "entertainment",
        ),
        "software": _kind(
            "software, apps, cloud, digital, subscriptions, subscription, abos, online services",
            "software, adobe, microsoft, github, dropbox, google storage, google one, icloud, openai, anthropic,"
            " jetbrains, notion, hetzner, ionos, digitalocean, godaddy, 1password, zoom us, slack",
            "electronics",
        ),
        "games": _kind(
            "games, gaming, game, spiele, jeux, videojuegos, hobbies, hobby",
            "steam games, steamgames, steam purchase, playstation, nintendo, xbox, epic games, blizzard, riot games,"
            " gamestop, toys, spielwaren, lego",
            "entertainment",
        ),
        "entertainment": _kind(
            "entertainment, leisure, fun, freizeit, unterhaltung, kultur, loisirs, ocio, recreation, going out,"
            " svago, hobbies",
            "cinema, kino, theater, theatre, museum, concert, konzert, ticketmaster, eventim, amc theatres, cinemark,"
            " cineworld, odeon, zoo, aquarium, bowling, amusement, opera, oper, stadium, event tickets, festival,"
            " arcade, theme park, freizeitpark",
        ),
        "pets": _kind(
            "pets, pet, haustier, haustiere, animaux, mascotas, animali, vet",
            "pet, pets, petsmart, petco, chewy, veterinary, veterinarian, tierarzt, fressnapf, zooplus, vet clinic,"
            " animal hospital, tierklinik",
        ),
        "children": _kind(
            "childcare, children, kids, kinder, family, familie, enfants, ninos, baby, daycare",
            "daycare, kindergarten, kita, childcare, babysitter, creche, preschool, nursery school, baby, kinderhort,"
            " guarderia",
        ),
        "education": _kind(
            "education, school, tuition, learning, bildung, schule, studium, formation, educacion, istruzione, courses",
            "university, universitat, universitaet, college, school, schule, tuition, udemy, coursera, volkshochschule,"
            " academy, akademie, duolingo, musikschule, semesterbeitrag, student loan",
        ),
        "insurance": _kind(
            "insurance, versicherung, versicherungen, assurance, assurances, seguro, seguros, assicurazione,"
            " verzekering",
            "insurance, versicherung, assurance, seguros, assicurazioni, allianz, axa, geico, progressive, state farm,"
            " allstate, huk coburg, huk24, ergo, debeka, generali, aviva, mapfre, krankenkasse, techniker krankenkasse,"
            " barmer, aok, direct line, cosmos direkt",
        ),
        "fees": _kind(
            "bank fees, fees, bank charges, charges, gebuhren, kontogebuhren, bank, frais, comisiones, spese bancarie",
            "overdraft, maintenance fee, service charge, monthly fee, account fee, atm fee, foreign transaction fee,"
            " kontofuhrung, kontofuehrung, kontofuhrungsgebuhr, entgelt, entgeltabschluss, gebuhr, gebuehr, late fee,"
            " wire fee, frais bancaires, comision",
        ),
        "taxes": _kind(
            "taxes, tax, steuern, steuer, impots, impuestos, tasse, belasting",
            "irs, tax, taxes, finanzamt, steuer, kfz steuer, grundsteuer, hmrc, council tax, property tax, impots,"
            " hacienda, agenzia entrate, turbotax, h r block, franchise tax, bundeskasse",
        ),
        "loans": _kind(
            "loan, loans, debt, kredit, kredite, darlehen, pret, prestamo, prestito, lening, ratenzahlung",
            "loan, loan payment, kredit, darlehen, ratenkredit, tilgung, sallie mae, navient, prestamo",
        ),
        "gifts": _kind(
            "gifts, gift, presents, geschenke, cadeaux, regalos, regali",
            "florist, flowers, blumen, fleurop, gift shop, 1 800 flowers, geschenke, hallmark, greeting cards",
        ),
        "donations": _kind(
            "donations, donation, charity, charitable, spenden, spende, dons, donaciones, giving",
            "donation, charity, red cross, rotes kreuz, unicef, spende, spenden, oxfam, wwf, greenpeace, amnesty,"
            " aerzte ohne grenzen, wikimedia, gofundme, salvation army, goodwill donation, caritas",
            "gifts",
        ),
        "income": _kind("income, einkommen, einnahmen, einkunfte, revenus, ingresos, entrate, inkomen", "", earns=True),
        "salary": _kind(
            "salary, paycheck, wages, wage, payroll, gehalt, lohn, salaire, sueldo, nomina, salario, stipendio",
            "payroll, salary, direct dep, direct deposit, paycheck, wages, gehalt, lohn, salaire, nomina, stipendio,"
            " bezuge, lohn gehalt",
            "income",
            earns=True,
        ),
        "interest": _kind(
            "interest, dividends, dividend, investment income, zinsen, kapitalertrage, interets, intereses, interessi",
            "interest, interest paid, interest payment, dividend, dividende, zinsen, zins, habenzins, intereses",
            "income",
            earns=True,
        ),
        "benefits": _kind(
            "benefits, government, pension, social security, kindergeld, rente, sozialleistungen, allocations",
            "kindergeld, familienkasse, social security, ssa treas, pension, rentenversicherung, unemployment,"
            " arbeitsagentur, bundesagentur fur arbeit, elterngeld, caf allocations, tax refund, irs treas",
            "income",
            earns=True,
        ),
    }
)

VAGUE = _words(
    "transfer payment pmt pymt purchase deposit withdrawal withdraw cash atm check cheque debit credit card visa"
    " mastercard maestro girocard pos eft ach web online mobile bank banking account acct checking savings from to"
    " ref reference id conf confirmation misc miscellaneous external internal internet wire zelle venmo cashapp paypal"
    " sepa lastschrift uberweisung ueberweisung dauerauftrag gutschrift kartenzahlung bargeld auszahlung einzahlung"
    " abhebung geldautomat umbuchung ubertrag zahlung rechnung basislastschrift virement retrait paiement prelevement"
    " cheque carte transferencia bizum pago tarjeta retirada bonifico prelievo pagamento overboeking betaling automat"
    " bill billpay auto autopay recurring pending adjustment memo item merchant unknown store shop market"
    " service services inc llc ltd gmbh the and und der die das for fur de la le el at in on of mr mrs ms frau herr"
    " instant payments person friend thanks danke"
)
"""Words that tell nothing about what was bought."""

LEGAL_FORMS = _words("inc llc ltd limited gmbh ag kg ohg ug corp co plc sa sas sarl srl spa bv nv mbh ek ev")
"""Endings of a business's name that people leave out."""

WELL_KNOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "amazon": ("Amazon", "amazon.com"),
        "amzn": ("Amazon", "amazon.com"),
        "netflix": ("Netflix", "netflix.com"),
        "spotify": ("Spotify", "spotify.com"),
        "starbucks": ("Starbucks", "starbucks.com"),
        "ikea": ("IKEA", "ikea.com"),
        "uber": ("Uber", "uber.com"),
        "airbnb": ("Airbnb", "airbnb.com"),
        "walmart": ("Walmart", "walmart.com"),
        "costco": ("Costco", "costco.com"),
        "lidl": ("Lidl", "lidl.com"),
        "aldi": ("ALDI", "aldi.com"),
        "rewe": ("REWE", "rewe.de"),
        "edeka": ("EDEKA", "edeka.de"),
        "rossmann": ("Rossmann", "rossmann.de"),
        "zalando": ("Zalando", "zalando.com"),
        "vodafone": ("Vodafone", "vodafone.com"),
        "shell": ("Shell", "shell.com"),
        "lufthansa": ("Lufthansa", "lufthansa.com"),
        "ryanair": ("Ryanair", "ryanair.com"),
        "mcdonalds": ("McDonald's", "mcdonalds.com"),
        "mcdonald": ("McDonald's", "mcdonalds.com"),
        "decathlon": ("Decathlon", "decathlon.com"),
        "carrefour": ("Carrefour", "carrefour.com"),
        "tesco": ("Tesco", "tesco.com"),
    }
)
"""Businesses by a word in the bank's text: their name and website."""
