"""Pages -> passages -> retrieval: what the agent knows without having been trained on it."""

from demeanor.knowledge.examples import Examples as Examples
from demeanor.knowledge.examples import read_examples as read_examples
from demeanor.knowledge.pages import Pages as Pages
from demeanor.knowledge.passages import Passage as Passage
from demeanor.knowledge.passages import read_passages as read_passages
from demeanor.knowledge.retriever import Hit as Hit
from demeanor.knowledge.retriever import Retriever as Retriever
