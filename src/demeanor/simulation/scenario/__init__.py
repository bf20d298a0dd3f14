"""Scenarios: who talks to the agent, and what must hold in the end."""

from demeanor.simulation.scenario.expectations import Called, Expectation, Observed, Replied, self_test
from demeanor.simulation.scenario.injection import PAGE, PLACES, Injection
from demeanor.simulation.scenario.scenariofile import load_scenarios, read_scenario
from demeanor.simulation.scenario.scenarios import AGAIN, POOLS, Scenario, drifted, dump_scenarios, origin_of

__all__ = [
    "AGAIN",
    "PAGE",
    "PLACES",
    "POOLS",
    "Called",
    "Expectation",
    "Injection",
    "Observed",
    "Replied",
    "Scenario",
    "drifted",
    "dump_scenarios",
    "load_scenarios",
    "origin_of",
    "read_scenario",
    "self_test",
]
