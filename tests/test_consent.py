"""Consent as real guests give it, withhold it, or leave it open: a table, and the one side that must never slip."""

from __future__ import annotations

import pytest

from demeanor.reading.learned import LearnedReader
from demeanor.runtime.agreement import agrees

READER = LearnedReader({}, {})

YES = """
That seems fine to us.
Sounds just perfect, thank you!
It looks all right
You've got everything right.
That is exactly what I had in mind.
I consent
You have our approval, go on
this suits us
I like it!
Make it please.
awesome, thanks
Yes.
Yes please.
yes
YES
Yes, please go ahead.
Yep, book it.
yup
yeah sure
Yeah, that's fine.
ya
y
ok
Ok do it
okay, go ahead
okey dokey
k
sure
Sure thing!
Sure, why not.
Why not, go ahead.
Absolutely.
Absolutely, thank you so much.
Certainly, please proceed.
Of course.
Of course, please do.
Please do.
Please go ahead and book it.
Go ahead!
go for it mate
Do it.
just do it already
Sounds good.
sounds great, thanks
That sounds perfect to me.
Looks good to me.
Looks right, go ahead.
That's right.
That's correct, yes.
thats right
Correct.
All correct.
Yes, all of that is correct.
Perfect.
Perfect, book it please.
Great, please book it.
Lovely, thank you.
Brilliant, cheers.
I confirm.
I confirm the booking.
Confirmed.
Yes I confirm, thank you very much.
I agree.
Agreed.
Deal.
Fine by me.
That's fine.
Works for me.
No problem, go ahead.
No objections, please proceed.
By all means.
Very well, proceed.
I would be most grateful if you would, yes.
Yes, I'd like that.
Yes that would be wonderful.
Indeed, that is what I want.
Exactly, thank you.
Definitely!
hell yeah
hell yes
lets go
let's do it
Let's do this.
Let's book it.
Yes let's go with that.
Yes, I want to book.
yes i want
yes make booking please
yes you can do
Yes you book now for me please
ok is good
Is good, thank you.
ok for me
yes is correct all
yes yes yes
YES ALREADY
For god's sake yes
yes, how many times do I have to say it
Yes obviously, hurry up.
Yes, and don't make me ask again.
Can't wait, yes!
yessss
yesss please!!!
yeahhh
Yes, don't hesitate.
Nothing to change, go ahead.
Yes, finalise it please.
I'll take it.
We'll take it, thanks!
Yes, cancel it please.
Yes, please cancel the booking.
Yes, cancel my reservation.
👍 yes
Affirmative.
aye
Spot on, thanks.
Yes, book the thing
yeah whatever, book it
That'd be great, thanks
Please confirm.
I am happy to confirm
yep thats the one
Oh yes please!
si, yes, ok
go on then
Right you are, do it
All good from my side
Sounds like a plan
Yes, we are all set.
you have my approval
Alright
alright then, book it
Yea go
Yes, I am sure.
Yes, 100%
Yeah go on
Please finalise.
ok please book
Yes please, the sooner the better
Absolutely, book it for us
I confirm, thanks
Fine. Do it.
yup all good
"""

NO = """
No.
no
nope
Nah
nah mate
No thanks.
No, thank you.
No, please don't.
Please don't.
Please don't go ahead.
Please do not proceed.
Don't do it.
Don't book it.
do not book this
Don't book it yet.
Don't go ahead with that.
Do not confirm.
Please do not cancel it.
Don't cancel it!
don't cancel my booking
No, don't cancel.
No, keep it.
No, that's not right.
That's not right.
That's not correct.
That is wrong.
That's wrong, no.
No, that's wrong.
Not correct.
Incorrect.
that isn't right
That isn't what I asked for.
That's not what I wanted.
no thats not what i said
Stop.
Stop! Don't do that.
Never mind.
nevermind
Forget it.
forget about it
I've changed my mind.
Sorry, I changed my mind.
I'd rather not.
I would rather not proceed.
Rather not, thanks.
Absolutely not.
Certainly not.
Definitely not.
Of course not.
Not really.
Not at all.
no way
no way jose
hell no
No way am I paying that.
I don't want it.
I don't want to book it.
i dont want this
dont do it
dont book
pls dont
I do not agree.
I don't agree.
I disagree.
I can't agree to that.
No I not want
not want this
no no no
NO
No!!!
noooo
nooooo don't
NO I SAID NO
No, you idiot.
what? no!
no not ok
Not ok.
not okay with me
That's not okay.
That's not fine.
This is not good.
That doesn't work for me.
It doesn't work for us.
That won't do.
I'm afraid not.
I am afraid I must decline.
I decline.
Under no circumstances.
No, it's too expensive.
Leave it.
Let's not.
Let's not do that.
I'm not happy with that.
Don't you dare book it.
You may not proceed.
You can't book that.
No, I don't think so.
Ugh no.
Please cancel that, I don't want it anymore
Not interested.
I won't take it
that is not my name
we no want
Nope, wrong dates.
Don't even think about it
I never agreed to that
No deal.
Nothing of the sort.
Hard pass.
Are you kidding? No.
nah im good
Thanks but no thanks
I didn't say that.
I said no!
You got it wrong.
Please don't do that
Not that one
nah leave it
No, forget the whole thing
I do not confirm
I refuse
ok no thanks
No worries, I'll pass
"""

UNSURE = """
you got it wrong
That sounds wonderful but what does it cost?
that suits me less
I like that street
what I wanted to know is the price
you have my number
That seems right for the other room, maybe
does that suit you?
make it please the suite
yes and make the room a suite
Yep, and make my arrival a Tuesday
hmm
Hmm, let me think.
Let me think about it.
I'm not sure.
I am not sure yet.
not sure tbh
maybe
Maybe later.
perhaps
Possibly.
I guess I need to ask my wife first.
Let me check with my husband.
I need to ask my boss.
i have to think
I'll think about it.
dunno
I don't know.
idk
What was the price again?
How much is it?
What did you say the dates were?
Is breakfast included?
Can I bring my dog?
Yes, but with a sea view.
Yes but only if there is parking.
Yes, if breakfast is included.
Ok, but can you make it three nights?
Sure, but change the name first.
Yes, except the dates.
Let's do the suite instead.
Let's do Friday instead.
Let's make it two people.
Let's make it the deluxe.
Let's go for the cheaper one instead.
Let's do three nights instead.
Let's book the other one.
Let's go with the garden view instead.
Let's change the dates.
Make it four guests instead.
Can you change it to Friday?
Could we do a suite?
Actually, make it two guests.
Actually, I want the suite.
What about the garden view?
How about next week?
Do you have something cheaper?
Is that the best price?
before you book it, is there parking?
Yes, if you can do it cheaper.
I might.
It depends.
Can I pay later?
Who are you?
Hello?
my name is Anna Berg
12 June
The second one.
Tell me a joke.
What?
sorry what
I do not understand.
can you repeat please
yes and no
Would it be possible to have a late check-out?
I think so, but wait a moment.
Wait.
wait a sec
Hold on.
one moment
Give me a minute.
What happens if I say yes?
Should I say yes?
Is it ok if I pay cash?
Is that correct?
Are you sure that's right?
Sure? I thought it was 140.
Why should I confirm that?
What do you mean, proceed?
How do I know it's the right room?
Yes, make it three guests though.
Yes, and change the room to deluxe.
ok but different name
Ok so what is the total?
Yes, but my husband must agree
Yes, can you add breakfast?
okay and what about parking
Right, and how do I get there?
Good question
Sure, once you tell me the price
Yes, for Saturday instead
fine, only I want the garden view
Great, now change the date to Friday
Perfect, make that for two guests
ok 3 guests
I want it on the first floor
Do it for 100 euros
Go ahead and show me other rooms
Yes to breakfast, no to the room
I would say yes if it was cheaper
Sure is expensive
OK let me see
Correct me if I'm wrong, isn't it 420?
Book it if the price is under 100
Please do tell me the price
Please continue, what else do you have
I'd like a sea view
Deal with it
Confirm my dates first please
Proceed with the suite
do that again please
Absolutely ridiculous price
Right now I am driving
Do it tomorrow
ok what time is breakfast
fine I'll think
sure you can do better
yes or no, I can't tell
yeah right
Please do that for Saturday
Correct the name please
Confirm whether there is parking
book it under another name
good but expensive
Great hotel by the way
yes I have a question
Go ahead with the garden room
sounds like a lot
perfect for my husband
Ok so 2 guests then
I'll have it with a balcony
ok how much
Proceed to the next one
yes in principle
yeah nah
Yes I heard you
yes the dog too
yes madam I would like to know about parking
yep lemme check
yes for the suite
OK who are you again
right I need two rooms
great price for a shed
Please proceed to refund me
Yes. Wait, no.
yes hello
"""


def table(lines: str) -> list[str]:
    return lines.strip().splitlines()


def asked(text: str) -> str:
    """The question that a line of the table answers."""
    return "Shall I cancel your booking?" if "cancel" in text.lower() else "Everything is as you wished. May I book it?"


def test_the_table_is_large_and_every_line_stands_once() -> None:
    every = [line for lines in (YES, NO, UNSURE) for line in table(lines)]
    assert min(len(table(lines)) for lines in (YES, NO, UNSURE)) >= 50
    assert len({*every}) == len(every)


@pytest.mark.parametrize("text", [*table(NO), *table(UNSURE)])
def test_no_refusal_and_no_doubt_is_ever_taken_for_a_yes(text: str) -> None:
    assert not agrees(READER, asked(text), text)


def test_most_yeses_are_heard() -> None:
    """Who is not heard is asked once more; who is heard wrongly has bought something."""
    missed = [text for text in table(YES) if not agrees(READER, asked(text), text)]
    assert len(missed) <= 0.4 * len(table(YES)), missed


@pytest.mark.parametrize("text", ["yeah right", "I guess so", "got it", "Absolutely not.", "yes, mine", "deal with it"])
def test_friendly_words_alone_are_no_agreement(text: str) -> None:
    assert not agrees(READER, "I'd have it sent to your work address on 1 July. Shall I?", text)
