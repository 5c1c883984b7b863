"""Offerings and names of all kinds, drawn for tests of what survives the store."""

from __future__ import annotations

from hypothesis import strategies as st

from oracle.market import CapacityType, Offering, OperatingSystem

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]), min_size=1, max_size=40)
zones = st.one_of(st.just(""), names)
systems = st.sampled_from(OperatingSystem)
offerings = st.builds(Offering, names, names, names, st.sampled_from(CapacityType), zones, systems)
