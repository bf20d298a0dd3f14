"""Other people's files: conversations as dialogues (`look`, `take`), tests of other tools as scenarios."""

from demeanor.data.importing.pieces import LeftOut as LeftOut
from demeanor.data.importing.pieces import Place as Place
from demeanor.data.importing.scenarios import Imported as Imported
from demeanor.data.importing.scenarios import import_rasa as import_rasa
from demeanor.data.importing.scenarios import import_tau as import_tau
from demeanor.data.importing.take import Account as Account
from demeanor.data.importing.take import Looked as Looked
from demeanor.data.importing.take import Taking as Taking
from demeanor.data.importing.take import look as look
from demeanor.data.importing.take import look_at as look_at
from demeanor.data.importing.take import peek as peek
from demeanor.data.importing.take import take as take
