"""Pages -> passages -> retrieval: what the agent knows without having been trained on it."""

from demeanor.runtime.knowledge.examples import Examples as Examples
from demeanor.runtime.knowledge.examples import read_examples as read_examples
from demeanor.runtime.knowledge.pages import AlteredPages as AlteredPages
from demeanor.runtime.knowledge.passages import Passage as Passage
from demeanor.runtime.knowledge.passages import read_passages as read_passages
from demeanor.runtime.knowledge.retriever import Hit as Hit
from demeanor.runtime.knowledge.retriever import Retriever as Retriever
