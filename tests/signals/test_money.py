import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.signals.money import amounts


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("$9,200.00 USD", "9200.00", "USD"),
        ("1.250,00 €", "1250.00", "EUR"),
        ("1.250 €", "1250.00", "EUR"),
        ("1,25 €", "1.25", "EUR"),
        ("CHF 4'800.-", "4800.00", "CHF"),
        ("EUR 1 250,50", "1250.50", "EUR"),
        ("18.4k EUR", "18400.00", "EUR"),
        ("CA$ 300", "300.00", "CAD"),
        ("£75", "75.00", "GBP"),
        ("12 500,00 kr", "12500.00", ""),
        ("R$ 480,00", "480.00", "BRL"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, amount: str, currency: str) -> None:
    (found,) = amounts(text)
    assert (found.amount, found.currency) == (amount, currency)


def test_a_number_without_a_currency_is_no_money() -> None:
    assert amounts("Invoice 2207 of 5 March 2025, page 3") == []


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    for found in amounts(text):
        assert 0 <= found.start < found.end <= len(text)
