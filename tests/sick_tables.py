"""Tables as people bring them, which a network with poor settings does not learn."""

from collections.abc import Sequence

import numpy as np

Row = Sequence[object]


def lines(head: Row, rows: Sequence[Row], sep: str = ",") -> bytes:
    return "\n".join(sep.join(map(str, row)) for row in [head, *rows]).encode()


def sales(rng: np.random.Generator) -> bytes:
    """Return a German export: a title, money, gaps, units, a row of totals."""
    rows, total = [], 0.0
    for day in range(240):
        price, pieces = rng.uniform(5, 60), int(rng.integers(1, 40))
        region = str(rng.choice(["Nord", "Süd", "West"]))
        revenue = price * pieces * (1.3 if region == "Nord" else 1.0)
        total += revenue
        money = f"{price:.2f}".replace(".", ",")
        shown = "n/a" if day % 29 == 0 else f"{pieces} Stk"
        revenue_text = f"{revenue:,.2f}".translate(str.maketrans(",.", ".,"))
        rows.append(
            [f"{day % 28 + 1:02}.03.2024", region, f"{money} €", shown, f"{revenue_text} €"]
        )
    head = ["Datum", "Region", "Preis", "Menge", "Umsatz"]
    return b"Umsatzbericht;;;;\n" + lines(head, rows, ";")


def patients(rng: np.random.Generator) -> bytes:
    """Return blood values of which few belong to the ill, who differ from the others a little."""
    ill = rng.random(600) < 0.05
    x = rng.normal(size=(600, 4)) + np.where(ill, 1.6, 0.0)[:, None] * [1, 0.8, 0, 0.6]
    rows = [
        [*np.round(row, 2), "ill" if sick else "healthy"] for row, sick in zip(x, ill, strict=True)
    ]
    return lines(["glucose", "crp", "age", "ldh", "diagnosis"], rows)


def sensors(rng: np.random.Generator) -> bytes:
    """Return many channels of which few say whether a machine fails."""
    x = rng.normal(size=(400, 40))
    fails = x[:, 0] + x[:, 1] + rng.normal(0, 1.5, 400) > 0
    rows = [[*np.round(row, 3), "fail" if f else "ok"] for row, f in zip(x, fails, strict=True)]
    return lines([*(f"channel_{i}" for i in range(40)), "state"], rows)


def bends(rng: np.random.Generator) -> bytes:
    """Return channels whose state depends on a distance, which no plane tells."""
    x = rng.normal(size=(300, 6))
    far = np.square(x[:, :2]).sum(axis=1) > 1.4
    rows = [[*np.round(row, 3), "far" if f else "near"] for row, f in zip(x, far, strict=True)]
    return lines([*(f"channel_{i}" for i in range(6)), "state"], rows)
