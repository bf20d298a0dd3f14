"""What was said: messages, dialogues, and their files."""

from demeanor.dialogue.jsonl import PAGE as PAGE
from demeanor.dialogue.jsonl import dump_dialogues as dump_dialogues
from demeanor.dialogue.jsonl import read_dialogues as read_dialogues
from demeanor.dialogue.jsonl import read_line as read_line
from demeanor.dialogue.messages import OUTCOMES as OUTCOMES
from demeanor.dialogue.messages import ROLES as ROLES
from demeanor.dialogue.messages import Dialogue as Dialogue
from demeanor.dialogue.messages import Message as Message
from demeanor.dialogue.messages import ToolCall as ToolCall
from demeanor.dialogue.openai import dialogue_from_json as dialogue_from_json
from demeanor.dialogue.recorded import read_recorded as read_recorded
from demeanor.dialogue.recorded import recorded_files as recorded_files
from demeanor.dialogue.transcript import read_transcripts as read_transcripts
from demeanor.dialogue.transcript import write_transcripts as write_transcripts
