"""The steps of every move, in order. To add one: a file beside this one, and a line here."""

from __future__ import annotations

from controller.migration.steps.autoscalers import Autoscalers
from controller.migration.steps.copies import Copies
from controller.migration.steps.frozen_autoscalers import FrozenAutoscalers
from controller.migration.steps.step import Step

STEPS: tuple[Step, ...] = (Copies(), Autoscalers(), FrozenAutoscalers())
