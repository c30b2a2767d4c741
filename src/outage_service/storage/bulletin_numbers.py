"""Bulletin numbers `TCCyy-nnnn`: counted within the year of the first bulletin's Toronto date."""

from sqlalchemy import Connection, insert, update

from outage_service.storage.schema import number_counter


def take_number(tx: Connection, year: int) -> str:
    """Returns the next number of `year`; rolling back gives it back, so refused acts use none.

    Four digits, five after 9999. Writers of one year wait for each other.
    """
    counted = update(number_counter).where(number_counter.c.year == year)
    last = tx.execute(
        counted.values(last=number_counter.c.last + 1).returning(number_counter.c.last)
    ).scalar_one_or_none()
    if last is None:
        last = 1
        tx.execute(insert(number_counter).values(year=year, last=last))
    return f"TCC{year % 100:02d}-{last:04d}"
