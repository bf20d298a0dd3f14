"""Words and marks that carry a manner wherever they stand: slang, swearing, officialese, shouting, pictures.

They are exact where they stand, in any trade, and say nothing of a tone without them (`voice.py` hears that). One is only
held against a reply where the voice's own lines never show it: an agent whose wording says "Yay!!" may shout.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_EMOJI = re.compile("[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff]|(?<!\\w)[:;]-?[)DPp(](?!\\w)|<3")
_CAPITALS = re.compile(r"\b(?:[A-Z]{2,}['’]?[A-Z]*(?:[ ,]+[A-Z]{2,}['’]?[A-Z]*)+|[A-Z]{5,})\b(?![-\d])")


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w-])", re.IGNORECASE)


_GREAT = r"amazing|incredible|wonderful|magical|breathtaking|precious|marvell?ous|fabulous|spectacular|glorious|phenomenal|unbelievable|thrilled|honou?red|overjoyed"
_SIGNS: dict[str, re.Pattern[str]] = {
    "slang": _words(
        r"yo+|dudes?|bro+|bruh|fam|homie|matey?|buddy|pal|peeps|y'?all|gonna|wanna|gotta|gimme|lemme|gotcha|dunno|ain'?t|kinda|sorta|nah|yep|yup|yeah",
        r"lol|lmao|rofl|omf?g|wtf|btw|idk|tbh|imo|thx|thnx|ty|pls|plz|ur|u|n|cuz|coz|'cause|cos|k|kk|sup|wassup|hiya|heya|howdy|wazzup",
        r"what'?s (?:up|good|poppin\w*|cookin\w*)|no biggie|my bad|chill(?:in'?)?|vibes?|vibing|hella|legit|stoked|psyched|crash at|rock up|hang out|hit the (?:road|hay)",
        r"(?:hit|hook) (?:me|us|ya|you) (?:up|with)|spill(?: it)?|ya|yer|ye|chop chop|deets|whatcha|whaddya|aye|arr+|ahoy|shiver me|"
        r"(?:gett|com|leav|head|dropp|look|think|do|go|book|roll|bounc|check|hang|say|try|go)in",
        r"\w{3,}in'(?=\s|[,.?!])",
        # Of this decade, of the islands, of the phone.
        r"no cap|ngl|fr fr|deadass|(?:low|high)key|bet(?=[.!,])|(?:so|it's|that's|pretty|gonna be) lit|dope|slaps|slay\w*|yeet|sus|goated|bussin|finna|tryna|i?'?mma|gotchu|aight|alrighty|innit|bruv|blud|"
        r"wicked(?=[.!,])|oi|(?:chief|boss|champ|guv|lads?|geezer|mush|cobber)(?=[,.!?])|crikey|strewth|bare (?:free|good|nice)|proper (?:nice|good|lush)|crash pad|"
        r"g'day|hang tight|cheerio|bestie|nites?|tmrw|2nite|b4|gr8|l8r|asap|smh|outta|lotta|(?:should|could|would)a|'em|'bout",
    ),
    "swearing": _words(
        r"damn\w*|dammit|hell|bloody|bugger\w*|shit\w*|crap\w*|piss\w*|f+u+c*k\w*|f\*+\w*|s\*+t|arse\w*|ass(?:hole)?|bastards?|bullshit|bitch\w*",
        r"screw (?:it|you|up|this)|freaking|frigging|effing|sod (?:it|off)|jesus|christ|goddamn\w*|sucks|heck|bollocks",
    ),
    "rude": _words(
        r"stupid|idiot\w*|moron\w*|dumb|fool(?:ish)?|clueless|ridiculous|pathetic|useless|lazy|careless|einstein|whatever(?=[.!,])|ugh+|meh|sigh|duh|pfft|tsk|hmph|yawn",
        r"great, another|oh,? (?:great|joy|brilliant)|how (?:original|thrilling)|lucky me|(?:read|reading) (?:minds?|your mind|thoughts)|mind.?reader|crystal ball|psychic|telepath\w*",
        r"guess(?:ing)? games?|(?:not|isn'?t) (?:really )?my (?:job|problem|fault)|(?:be|make it) quick|hurry(?: up)?|get on with it|spit it out|out with it|for once|got all day",
        r"for the (?:last|third|hundredth|umpteenth) time|you (?:forgot|failed|neglected|omitted|didn'?t (?:bother|even|think)|never (?:said|told|mentioned|bothered)|still haven'?t|should have|people)",
        r"(?:as|like) i (?:already |just )?(?:said|told)|i (?:already|just) (?:said|told|asked)|pay attention|how hard|is (?:it|that) (?:really )?(?:so|that) (?:hard|difficult)|it'?s that simple",
        r"(?:don'?t|couldn'?t|can'?t) (?:really )?care(?: less)?|who cares|if you must|i (?:suppose|guess)|feel like|can'?t be bothered|some of us|(?:other|most) (?:people|customers) (?:manage|know|mention|tell)",
        r"more sense|obviously|no dates,|think(?:ing)? for you|better things to do|waste? (?:my|our) time|wasting|what do you expect|do you (?:actually|even) want|would it (?:kill|hurt) you|too much to ask|"
        r"must i|i have to (?:ask|chase)|to guess|i(?:'ll| will) just guess|again:|i asked already|(?:don'?t|do not) (?:like|make me|want to) (?:repeat|ask)\w*|repeat(?:ing)? myself|ask twice",
        r"are you even|can you (?:even )?manage|listen up|on the double|tick.?tock|your (?:majesty|highness)|why on earth|have it your way|"
        r"clear off|i am waiting|i shall wait|as i (?:have )?(?:explained|mentioned) before|seriously expect",
        # Insults and impatience.
        r"are you (?:deaf|blind|stupid|slow|kidding|for real)|shut (?:up|it)|get lost|you people|(?:you're|you are) (?:so )?(?:slow|dense|hopeless|impossible)|take it or leave it|"
        r"for (?:heaven|god|goodness|pity|christ)'?s?'? sake|for crying out loud|good grief|(?<!thank )(?<!my )god(?=[,!])|can't you (?:even |just )?(?:count|read|type|tell|say|think|manage|answer)|"
        r"what part of|do i really have to|do i look like|how many times (?:do|must|have)|enough already|come on(?=[,!])|just answer|or (?:forget|leave) it|forget it(?=[.!,])|last warning|no excuses|"
        r"(?:i have|i've got|we have) (?:other|better|more important) (?:things|people|customers)|better (?:\w+ )?somewhere else|(?:that's|it's|is) your problem|deal with it|tough luck|dream on|"
        r"no idea if|probably not(?=[.!])|don't (?:you )?blame me|as usual|people like you|make up your mind|never learn|(?:who|that|you) can't (?:even )?read|you're killing me|i'm (?:so )?bored|stop (?:wasting|stalling|dithering)|how (?:difficult|complicated) (?:can|is|could)|(?:what's|what is) (?:the matter|wrong) with you|are you always (?:this|so)|(?:don't have|haven't got) all day|"
        r"(?:state|send|give) them(?=\W*$)",
    ),
    # Praise that means the contrary, and questions that want no answer.
    "sarcastic": _words(
        r"how (?:very|terribly|wonderfully|incredibly) (?:helpful|clever|original|useful|thrilling|interesting|convenient|informative|amusing|generous|mysterious)|oh,? (?:wait|sure|really|brilliant)|bravo|genius|slow clap|"
        r"shocking(?=[,.!])|what a shock|let me guess|care to (?:\w+ )?(?:enlighten|add|share|elaborate|explain|fill)(?: (?:me|us|one|it))?|amazing how|funny how|imagine that|who (?:knew|would have thought|needs)|"
        r"surprise,? surprise|i'll just (?:guess|read your|pick|assume|consult|conjure|invent|make (?:it|one|something) up|wait here|sit here)|i'll just [^.?!]*, shall i|as if i (?:had|have|could|didn't|knew)|"
        r"it's not (?:as if|like) (?:i|we|you)|not as if i|anything better to do|mystery (?:day|date|tour)|(?:slip|slips|slipped) (?:your|people's|the|everyone's) minds?|the whole point|"
        r"the only thing that matters|(?:deign|grace us|be bothered|trouble yourself)|your (?:lordship|ladyship)|wow,? (?:a|an|another) \w+ (?:without|with no)|clever (?:you|clogs)|riveting|pray tell|"
        r"thanks for nothing|what would we do without|give (?:you|yourself) a medal|gold star|nice try|(?:somebody|someone) forgot|(?:oh|gosh|not|ah),? you again|if you(?:'d| had) (?:only |just |bothered to )?(?:read|listened|paid)|congratulations on (?:forgetting|not|leaving)|thanks for (?:that|the|your) (?:\w+ )?(?:clear|detailed|vague|helpful|useless|cryptic) \w+|"
        r"(?:request|message) (?:without|with no) (?:a |any |the )?dates?",
    ),
    "officialese": _words(
        r"hereby|herewith|herein|hereunder|thereof|therein|pursuant|aforementioned|aforesaid|undersigned|forthwith|henceforth|(?:dear|esteemed|valued) (?:sirs?|madam|customers?|clients?)",
        r"sir or madam|to whom it may concern|kindly (?:state|indicate|note|be advised|submit|specify|furnish)|we kindly|(?:please |to |must )?(?:state|submit|furnish) (?:the|your|both)|duly|failure to",
        r"(?:mandatory|compulsory|obligatory)|required (?:fields?|parameters?|information|data|input)|missing (?:fields?|parameters?|input|data)|input (?:the|your|both)|parameters?|yyyy\S*|dd[/.-]?mm\S*",
        r"(?:not|cannot|can not|won'?t|will not) be (?:processed|accepted|considered|entertained)|be actioned|enter (?:the |your )?(?:dates?|start|end)|incomplete (?:requests?|forms?|data)",
        r"dates required|without dates|your (?:enquiry|petition|submission)|in triplicate|applicant|form \w?-?\d+|commencement|duration of (?:the|your) \w+",
        # An office speaks in the third person, and with verbs of its own.
        r"(?:party|parties|persons?) (?:concerned|in question|to be (?:lodged|accommodated))|competent (?:department|authority|office)|(?:department|unit|office) (?:requests|notes|takes note|acknowledges|requires)|"
        r"(?<!\bi )(?<!\bwe )shall (?:be (?:deemed|required|provided|furnished|submitted|made|considered)|declare|furnish|submit|provide|state|indicate|result|notify)|(?:is|are) to be (?:furnished|submitted|stated|provided)|"
        r"for the purposes? of|in (?:respect of|accordance with|compliance with|the absence of|lieu of)|with reference to|notwithstanding|inasmuch|whereupon|whereas|provisions in force|"
        r"(?:rejection|acknowledgement|processing|submission) of (?:the|your|this) (?:application|request|form|enquiry|letter)|(?<!in )case (?:no\.? |number )?[A-Z]{2}-\d+|file (?:no|number|reference)|"
        r"(?:section|field|paragraph) \d\w*|undue delay|particulars|notification of|notified that|be advised|(?:please|kindly) be informed|we regret to inform|your application|requester|claimant|(?:customer|client)s? (?:shall|is required|are required)|we acknowledge|at your earliest convenience|"
        r"(?:additional|necessary|required|missing) data|data (?:is|are) (?:missing|incomplete)|(?:request|submission) (?:rejected|denied|incomplete)|invalid (?:request|input|entry)|awaiting (?:input|data)",
    ),
    "flirting": _words(
        r"(?:hey|hi|hello),? (?:there,? )?(?:gorgeous|handsome|beautiful|cutie|lovely|sexy|stranger|good.looking)|gorgeous(?=[,.!?])|sexy|handsome(?=[,.!?])|cutie|sweet(?:ie|heart|cheeks)",
        r"darling|babe|hot stuff|(?<=, )(?:love|hun|honey|dear|sugar)(?=[.!?,])|my (?:dear|love|lovely|treasure|star)|xo+|xx+|kiss\w*|all to myself|miss(?:ing|ed) you|"
        r"i get to (?:have|see) you|get to have you|irresistible|butterflies|blush\w*|(?:someone|a person) like you|steal your heart|"
        r"(?:those|your) (?:beautiful|gorgeous|lovely|pretty|big) (?:eyes|smile|face|lips)|look (?:stunning|amazing|gorgeous|hot|lovely|ravishing) (?:in|on|tonight)|i bet you|as hot as you|wink,? wink|"
        r"dream(?:ing)? (?:of|about) you|thinking of you|counting the (?:hours|minutes)|come to me|coming to me|you mine|be mine|whisper (?:me|it)|mmm+|snuggl\w*|cuddl\w*|seduc\w*|hottie|naughty|"
        r"up for some (?:fun|trouble)|is it hot in here|just (?:the two of us|you and me)|heart (?:skips?|races?|flutters?)|crush on|dreamboat|good-looking|(?<=, )baby(?=[.!?])|mwah|(?:have|get) you all to|"
        r"(?:can't|cannot) stop thinking|in my arms|(?<=, )(?:beautiful|angel|sweetie)(?=[.!?])|^\W*(?:sugar|honey|love|babe|dear)(?=,)",
    ),
    "theatrical": _words(
        r"alas|torment|behold|woe|thee|thou|thy|hark|verily|destiny|most (?:brilliant|wonderful|magnificent)[^.?!]*world|glorious(?=,)|(?:wandering|weary|gentle|noble|dear) (?:soul|traveller|wanderer|pilgrim)s?|radian(?:ce|t)|life is (?:but|a journey)",
        r"okie|dokie|holy moly|pretty pwease|bestie|\*\w[^*]{1,30}\*",
    ),
    # As one talks to a small child, or as one: rhymes with a hyphen, giggles, noises.
    "childish": _words(
        r"(?P<head>\w?)(?P<rhyme>\w{3,})-(?!(?P=head)(?P=rhyme)(?!\w))[a-z]{1,2}(?P=rhyme)|te+he+|(?:ha){2,}|(?:he){2,}|(?:hi){2,}|(?:na){3,}|vroom|choo choo|weee+|yummy|tummy|nighty|boing|"
        r"knock,? knock|eeny|meeny|pinky (?:promise|swear)|cross my heart|peek-?a-?boo|(?:with )?sprinkles|pout\w*|ready,? steady|abracadabra|(?<=, )like(?=,)|pwease|vewy",
    ),
    "salesy": _words(
        r"limited.time|don'?t (?:miss|wait|delay)|act (?:now|fast|quickly)|while (?:stocks?|supplies|it|they) lasts?|unbeatable|unmissable|once.in.a.lifetime|best (?:deal|offer)s?",
        r"(?:hot|amazing|incredible|exclusive|unbelievable|insane|crazy) (?:deals?|offers?|prices?|rates?)|book now|won'?t (?:regret|last)|deal of a lifetime|selling (?:out|fast|like)|going fast|last chance|today only|bargain|"
        r"before (?:it'?s too late|someone else|they'?re gone|prices)|fomo|treat yourself|you deserve|"
        r"(?:buy|order|grab|sign up|act|call)(?: it| yours| one)? (?:now|today|fast|quick\w*|immediately)|(?:just|reserve) (?:buy|book|now)(?=[.,!])|don't (?:think|hesitate), (?:just )?(?:buy|book|act)|"
        r"hurry(?=[,!])|snap it up|grab it|seal the deal|close (?:this|the deal)|deal (?:dies|ends|expires)|this deal|price will (?:never|rise|go|soar|jump|double)|prices? (?:rise|go up|soar)|never be this low|(?:every|each) (?:second|minute) (?:costs|counts)|"
        r"you'?d be (?:crazy|mad|a fool|throwing)|crazy to|pass (?:this|it) up|what (?:do i have|will it take|'?s it gonna take) to|to get you into|no-?brainer|splash out|upsell|throw in (?:a|the|some)|"
        r"limited (?:offer|edition)|why settle|money can't buy|(?:a|what a) steal|smart (?:people|shoppers)|(?:other )?people (?:are )?(?:looking|watching)|flying off|off the shelf|going, going|"
        r"alert(?=[:!])|offer (?:ends|expires|is gone)|final (?:chance|call|offer)|deal of (?:the|a) \w+|let (?:this|it) (?:slip|get) away|(?:save|saving) big|big savings|(?:book|buy|order) today and|what are you waiting for|ends tonight|get (?:one|the \w+) free|only a fool|exclusive(?:ly)? (?:for you|deal|offer)|you won't believe|top[- ]seller|bestseller|into paradise",
    ),
    "gushing": _words(
        r"so+ (?:excited|thrilled|pumped|psyched)|s{1,}o{3,}|o{3,}h|yay+|wo+ho+|woo+t*|hooray|yippee|squee+(?!z)\w*|oh my (?:god|gosh|goodness|days)|can'?t (?:even|contain|breathe)|"
        r"(?:super|mega|ultra|totally|absolutely) (?:duper|excited|thrilled|amazing|awesome|pumped)|best (?:day|news|moment) ever|dream come true|super.?duper",
        r"(?:jumping|bursting|dying|squealing|dancing|trembling) (?:with|for|to|up)|beside myself|eek+|fantabulous|epic|(?:pretty )+please|rainbows?|unicorns?|"
        r"(?:yes|oh|no|so|very|really|please)(?:[ ,!]+(?:yes|oh|so|very|really|please)){2,}",
        # Tears and leaps of joy, the other as an angel, everything the greatest ever.
        r"(?:cry|weep|sobb?|faint|swoon|explod|scream|float|danc|squeal)\w*(?: \w+){0,2} (?:with|from|of|for) (?:joy|happiness|delight|excitement)|i'm literally \w+ing|overjoyed|ecstatic|elated|words fail|"
        r"you (?:absolute|total|precious|amazing|incredible|wonderful|utter),? (?:\w+,? )?(?:angel|superstar|legend|treasure|marvel|star|soul|person)|beyond (?:honou?red|thrilled|excited|happy)|"
        r"(?:whole|entire|my) existence|life-?changing|mind-?blowing|out of this world|heart is (?:bursting|full|singing)|heavenly|divine|bless us|stupendous|wonderful human being|hands down",
        rf"(?:{_GREAT})(?:,? (?:and )?(?:{_GREAT}))+|most [^.?!]{{0,40}}(?:\bever\b|in the (?:world|universe)|of my \w*\s?(?:life|existence))",
        r"(?:goodness|gosh|wow|ever|when|which day)(?:, (?:oh )?(?:my )?(?:goodness|gosh|wow|ever|when|which day))+",
    ),
}
_ORDER = re.compile(
    r"(?:^|[.!?]\s)\W*(?:state|provide|submit|enter|specify|indicate|supply)\b(?![^.?!]*\bplease\b)", re.IGNORECASE
)
_SHOUTED = re.compile(r"!{2,}|\?{2,}|[?!]{3,}")


def _straight(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'")


class Marks:
    """What marks one voice has.

    Args:
        own: lines in the voice: wording, phrases to prefer. What shows in them is allowed.
        names: words that may stand in capitals.
    """

    def __init__(self, own: Iterable[str], names: Iterable[str] = ()) -> None:
        lines = [_straight(line) for line in own]
        self.words = frozenset(
            match.group(0).lower() for line in lines for sign in _SIGNS.values() for match in sign.finditer(line)
        )
        self.loud = any(_SHOUTED.search(line) for line in lines)
        self.orders = any(_ORDER.search(line) for line in lines)
        self.emoji = any(_EMOJI.search(line) for line in lines)
        self.capitals = {c for text in (*lines, *names) for c in _CAPITALS.findall(text)}
        questions = [len(line.split()) for line in lines if line.rstrip().endswith("?")]
        self.shortest = min(questions, default=1)

    def faults(self, reply: str, allow: Collection[str] = ()) -> list[str]:
        """What in a reply this voice would not say; "slang: dude".

        Args:
            allow: manners that are no fault.
        """
        found, reply = list[str](), _straight(reply)
        for name, sign in _SIGNS.items():
            if name in allow:
                continue
            said = [m.group(0) for m in sign.finditer(reply) if m.group(0).lower() not in self.words]
            found += [f"{name}: {said[0]}"] if said else []
        loud = [m.group(0) for m in (*_CAPITALS.finditer(reply), *_SHOUTED.finditer(reply))]
        loud = [text for text in loud if text not in self.capitals and not (self.loud and text[0] in "?!")]
        found += [f"shouting: {loud[0]}"] if loud else []
        ordered = None if self.orders or "bossy" in allow else _ORDER.search(reply)
        found += [f"an order: {ordered.group(0).strip()}"] if ordered else []
        emoji = _EMOJI.search(reply)
        found += [f"emoji: {emoji.group(0)}"] if emoji and not self.emoji else []
        short = reply.rstrip().endswith("?") and len(reply.split()) * 2 < self.shortest
        if short and "curt" not in allow:
            found.append(f"curt: {reply.strip()}")
        return found
