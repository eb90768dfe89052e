"""Sizes and counts as a person reads them, in few cells."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size(number: int) -> str:
    """Return bytes in three digits, in steps of 1024 as memray counts: 900 B, 1.50 MB, 212 MB."""
    value, unit = float(abs(number)), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    sign = "-" if number < 0 else ""
    digits = 0 if not unit or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{sign}{value:.{digits}f} {_UNITS[unit]}"


def signed(number: int) -> str:
    """Return a change of bytes with its sign; a blank where there is none."""
    return f"+{size(number)}" if number > 0 else size(number) if number else ""


def amount(number: int) -> str:
    """Return a count in few cells: 950, 12,345, 1.20 M, 245 M."""
    if number < 1_000_000:
        return f"{number:,}"
    value, unit = number / 1e6, "M"
    if value >= 999.5:
        value, unit = value / 1000, "G"
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {unit}"
