"""Words: names of companies, people, deals and tickets, made of our own syllables and lists."""

from __future__ import annotations

from random import Random

# fmt: off
ONSETS = [
    "Bal", "Cor", "Dor", "Fen", "Gal", "Hol", "Jun", "Kel", "Lor", "Mar", "Nor", "Pel", "Quin", "Ros",
    "Sil", "Tor", "Ul", "Ver", "Wil", "Zan",
]
CODAS = [
    "ado", "anta", "berg", "dene", "dora", "esk", "ford", "holm", "ia", "is", "mont", "ova", "una",
]
TRADES = [
    "Analytics", "Bakeries", "Boats", "Ceramics", "Clinics", "Energy", "Farms", "Foods", "Freight",
    "Gardens", "Glass", "Hotels", "Insurance", "Instruments", "Labs", "Logistics", "Media", "Mills",
    "Optics", "Paper", "Robotics", "Schools", "Software", "Textiles", "Tools", "Travel", "Water",
]
INDUSTRIES = [
    "Agriculture", "Education", "Energy", "Finance", "Food", "Health", "Manufacturing", "Retail",
    "Software", "Transport",
]
GIVEN = [
    "Alma", "Anton", "Bea", "Boris", "Chiara", "Colin", "Dana", "Edgar", "Elif", "Farid", "Gloria",
    "Henk", "Ines", "Ivo", "Jana", "Kenji", "Lea", "Luca", "Mara", "Milo", "Nadia", "Nils", "Olga",
    "Pablo", "Petra", "Ravi", "Rosa", "Sami", "Tara", "Timo", "Uma", "Viktor", "Wanda", "Yara", "Zeno",
]
FAMILY = [
    "Aalto", "Bauer", "Castro", "Dubois", "Eriksen", "Ferrari", "Gruber", "Haddad", "Ito", "Jansen",
    "Kovacs", "Lopes", "Meyer", "Nagy", "Okafor", "Pereira", "Quist", "Rossi", "Schmid", "Tanner",
    "Ueda", "Vogel", "Weber", "Yilmaz", "Zeman",
]
TITLES = [
    "Chief executive", "Head of operations", "IT manager", "Buyer", "Project lead", "Accountant",
    "Support lead", "Product owner",
]
OFFERS = [
    "Starter package", "Annual licence", "Extension", "Training days", "Migration", "Premium support",
    "Pilot", "Second site", "Consulting",
]
TROUBLES = [
    "Cannot sign in", "Invoice shows the wrong address", "Report is empty", "Import stops half-way",
    "Wrong time zone in e-mails", "Needs a copy of the contract", "Export takes too long",
    "New colleague needs access", "Numbers differ from last month", "Question about the renewal",
]
# fmt: on


class Words:
    """Makes names with one source of chance; those of companies are never made twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def company(self) -> str:
        """A company's name, such as `Norholm Optics`."""
        while True:
            name = f"{self._one(ONSETS)}{self._one(CODAS)} {self._one(TRADES)}"
            if name not in self._used:
                self._used.add(name)
                return name

    def person(self) -> str:
        """A person's name."""
        return f"{self._one(GIVEN)} {self._one(FAMILY)}"

    def deal(self, company: str) -> str:
        """What a company might buy."""
        return f"{self._one(OFFERS)} for {company}"

    def ticket(self) -> str:
        """What a customer might ask about."""
        return self._one(TROUBLES)

    def industry(self) -> str:
        """An industry."""
        return self._one(INDUSTRIES)

    def title(self) -> str:
        """A person's job."""
        return self._one(TITLES)

    def _one(self, words: list[str]) -> str:
        return self._rng.choice(words)


def slug(name: str) -> str:
    """A name as part of an address: `Norholm Optics` -> `norholm-optics`."""
    return "-".join(name.lower().split())
