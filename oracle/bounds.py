"""What is never believed of a price, whatever a source, a store or a setting says. Pure."""

from decimal import Decimal

#: A quote from the future by more than this is not believed: the two clocks disagree. Seconds; NTP keeps
#: hosts far below.
MAX_CLOCK_SKEW_S = 30.0

#: No price is believed for longer than a day after it was confirmed, whatever a source or a store says.
MAX_LIFE_S = 86_400.0

#: USD per hour. Nothing costs as much; catches wrong units where no on-demand price is known.
MAX_USD_PER_HOUR = Decimal(1000)

#: Decimals that a price may have; the store keeps no more. Price lists have about six.
MAX_PRICE_DECIMALS = 12

#: USD per hour. A twelfth of what the smallest machines cost as spot; the same for what is far too small.
MIN_USD_PER_HOUR = Decimal("0.0001")

#: Prices of one market: more than any fleet has; protects memory from a store that somebody else fills.
MAX_QUOTES = 120_000
