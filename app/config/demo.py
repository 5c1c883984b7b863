"""The demo's own defaults: the same engine, with patience measured in seconds. Pure.

Nothing below `composition.py` asks whether the clusters are simulated; these are ordinary settings, which file,
environment and flags overrule.
"""

from __future__ import annotations

from app.config.configuration import Configuration
from controller.decision.settings import BudgetSettings, DecisionSettings
from controller.migration.settings import MigrationSettings
from oracle.settings import OracleSettings

#: A simulated pod is ready within seconds, so waiting longer would show nothing.
DEMO_MIGRATION = MigrationSettings(
    poll_s=0.5, bake_s=1.5, verify_timeout_s=90.0, settle_margin_s=5.0, soak_s=6.0, hold_timeout_s=60.0
)

#: Prices of days pass in minutes, and so does the rest after a move.
DEMO_BUDGETS = BudgetSettings(cooldown_s=180.0, moves_per_day=1000, concurrent_moves=3)

#: A day of the market passes in twelve seconds.
DEMO_PRICES = OracleSettings(history_step_s=10.0)

#: What holds while the clusters are simulated and nobody says otherwise.
DEMO = Configuration(
    decision=DecisionSettings(budgets=DEMO_BUDGETS), migration=DEMO_MIGRATION, oracle=DEMO_PRICES
)

#: Pods pull their images and start this many times as fast as the real ones that they are modelled on.
DEMO_FLEET_TIME_SCALE = 3.0
