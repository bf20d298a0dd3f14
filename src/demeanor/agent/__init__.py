"""What agent.yaml says: the description, its slots, its flows as a policy, and itself as a prompt."""

from demeanor.agent.agentfile import agent_schema as agent_schema
from demeanor.agent.agentfile import load_agent as load_agent
from demeanor.agent.description import STEP_KINDS as STEP_KINDS
from demeanor.agent.description import Agent as Agent
from demeanor.agent.description import Flow as Flow
from demeanor.agent.description import Step as Step
from demeanor.agent.description import Voice as Voice
