"""Reports: scorecards and comparisons as a terminal table or as one self-contained HTML page.

A scorecard is what one evaluation wrote (a plain dict, JSON on disk): one arm on one pool. A comparison sets
two arms against each other on the same scenarios. Nothing is computed again here except counts of reasons; a
number is always shown with its n and its interval, and what was not graded is shown as ungraded, never as a
pass.

    words.py      numbers as people read them: "89% (82 to 94%), 98 of 110 scenarios"
    terminal.py   rich tables
    views.py      scorecards -> what the page shows: plots, breakdowns, reasons, transcripts
    page.py       views -> HTML, through templates/*.html.j2 with escaping on
    explanation.py  what tuning changed: lines, and a page token by token
    junit.py      a scorecard as JUnit XML
"""

from demeanor.report.junit import junit
from demeanor.report.page import page
from demeanor.report.terminal import beside, compare_table, table, text

__all__ = ["beside", "compare_table", "junit", "page", "table", "text"]
