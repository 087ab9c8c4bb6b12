"""Scenes of word problems: how each begins, what then adds or takes away, and what is asked.

In a text `{n}`, `{m}` are names, `{o}`, `{p}` plural objects, `{w}` a place, `{a}`, `{b}` numbers
of the beginning and `{k}` that of an event. Numbers are drawn and solutions written elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["amount", "product", "total", "plus", "minus", "aside", "ends"]
"""What a sentence does: one number, two that are multiplied or added, one more or less, a number
that has nothing to do with the question, or a last event (`End`)."""


@dataclass(frozen=True, slots=True)
class End:
    """A last event that turns the unit into another one."""

    operation: str
    text: str
    unit: str
    ask: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Phrases that fit together in any choice; those of one role mean the same calculation."""

    name: str
    unit: str
    """Of every number but those of an `End`; empty: bare numbers."""
    ask: tuple[str, ...]
    phrases: Mapping[Role, tuple[str, ...]]
    ends: tuple[End, ...] = ()


def _scene(
    name: str,
    unit: str,
    ask: tuple[str, ...],
    ends: tuple[End, ...] = (),
    **phrases: tuple[str, ...],
) -> Scene:
    roles: dict[Role, tuple[str, ...]] = {role: phrases[role] for role in _ROLES}
    assert len(roles) == len(phrases), name
    return Scene(name, unit, ask, roles, ends)


_ROLES: tuple[Role, ...] = ("amount", "product", "total", "plus", "minus", "aside")


# fmt: off
SCENES: tuple[Scene, ...] = (
    _scene("things", "{o}",
        ask=("How many {o} does {n} have now?", "How many {o} are there now?",
             "With how many {o} does {n} end up?"),
        amount=("{n} has {a} {o}.", "There are {a} {o} in the cupboard of {n}.",
                "{n} owns {a} {o}."),
        product=("{n} has {a} boxes with {b} {o} in each.", "{n} fills {a} bags with {b} {o} each.",
                 "On each of {a} shelves {n} has {b} {o}."),
        total=("{n} has {a} {o} in a box and {b} in a bag.",
               "{n} owns {a} blue {o} and {b} white ones.",
               "{n} finds {a} {o} upstairs and {b} downstairs."),
        plus=("{m} brings {k} more.", "Then {n} gets {k} more from {m}.", "{n} buys another {k}."),
        minus=("{n} gives {k} of them to {m}.", "Then {k} of them get lost.",
               "{m} takes {k} away."),
        aside=("{m} has {k} {p}.", "{n} is {k} years old.", "The room is {k} feet long."),
        ends=(End("/", "All of them are packed into boxes of {k}.", "boxes",
                  "How many boxes are full?"),
              End("*", "Each of them is cut into {k} pieces.", "pieces",
                  "How many pieces are there?"))),
    _scene("money", "dollars",
        ask=("How many dollars does {n} have in the end?", "How much money is that, in dollars?",
             "How many dollars are in the purse of {n} now?"),
        amount=("{n} has {a} dollars.", "There are {a} dollars in the purse of {n}."),
        product=("{n} earns {a} dollars an hour and works {b} hours.",
                 "{n} sells {a} {o} at {b} dollars each.",
                 "{n} saves {a} dollars a week for {b} weeks."),
        total=("{n} earns {a} dollars on Monday and {b} dollars on Tuesday.",
               "{n} sells a chair for {a} dollars and a table for {b} dollars."),
        plus=("{m} pays back {k} dollars.", "{n} finds {k} dollars in a coat.",
              "For the birthday {n} gets {k} dollars."),
        minus=("{n} spends {k} dollars on {p}.", "{n} pays {k} dollars for lunch.",
               "{n} lends {k} dollars to {m}."),
        aside=("{m} has {k} {p}.", "The shop is open {k} hours a day.", "The bus is number {k}."),
        ends=(End("/", "{n} shares the money equally among {k} friends.", "dollars each",
                  "How many dollars does each friend get?"),
              End("*", "{m} has {k} times as much.", "dollars of {m}",
                  "How many dollars does {m} have?"))),
    _scene("shop", "{o}",
        ask=("How many {o} are in the shop now?", "How many {o} does the shop have then?"),
        amount=("A shop in {w} has {a} {o}.", "In the morning a shop in {w} has {a} {o}."),
        product=("A shop in {w} gets {a} crates of {b} {o}.",
                 "A shop in {w} has {a} rows of {b} {o}."),
        total=("A shop in {w} has {a} {o} in front and {b} at the back.",
               "A shop in {w} orders {a} {o} in May and {b} in June."),
        plus=("A van delivers {k} more.", "{m} returns {k} of an old order.",
              "The owner finds {k} others."),
        minus=("It sells {k} of them.", "Customers buy {k}.", "{k} are broken and thrown away."),
        aside=("It is {k} years old.", "It also has {k} {p}.", "It lies {k} steps from the river."),
        ends=(End("/", "All of them go into bags of {k}.", "bags", "How many bags is that?"),
              End("*", "Each of them is sold for {k} dollars.", "dollars",
                  "How many dollars does the shop take in?"))),
    _scene("pages", "pages",
        ask=("How many pages has {n} read?", "How many pages is that altogether?"),
        amount=("{n} reads {a} pages in the morning.", "{n} has read {a} pages of a book."),
        product=("{n} reads {a} pages a day for {b} days.", "{n} reads {a} chapters of {b} pages."),
        total=("{n} reads {a} pages on Friday and {b} on Sunday.",
               "{n} reads {a} pages at home and {b} on the train."),
        plus=("In the evening {n} reads {k} more.", "Then {n} reads another {k} pages."),
        minus=("But {k} of these pages count for nothing, as {n} was asleep.",
               "Then {n} finds that {k} of them were only skipped."),
        aside=("The book costs {k} dollars.", "{m} is {k} years old.")),
    _scene("bus", "people",
        ask=("How many people are on it then?", "How many people ride on?"),
        amount=("A bus leaves {w} with {a} people.", "A ferry to {w} carries {a} people."),
        product=("A train to {w} has {a} cars with {b} people in each.",
                 "A boat has {a} decks with {b} people on each."),
        total=("A bus leaves {w} with {a} adults and {b} children.",
               "A train to {w} carries {a} people with a seat and {b} without."),
        plus=("At the next stop {k} get on.", "Then {k} more come aboard."),
        minus=("At the next stop {k} get off.", "Then {k} of them leave."),
        aside=("The trip takes {k} minutes.", "The driver is {k} years old."),
        ends=(End("*", "Each of them pays {k} dollars.", "dollars",
                  "How many dollars is that in all?"),
              End("/", "They then walk on in groups of {k}.", "groups",
                  "How many groups are there?"))),
    _scene("garden", "trees",
        ask=("How many trees are there now?", "How many trees stand there in the end?"),
        amount=("A park in {w} has {a} trees.", "{n} grows {a} trees."),
        product=("{n} plants {a} rows of {b} trees.",
                 "Along {a} streets of {w} stand {b} trees each."),
        total=("{n} plants {a} oak and {b} apple trees.",
               "A park has {a} old and {b} young trees."),
        plus=("Next year {k} more are planted.", "{m} adds {k}."),
        minus=("A storm fells {k} of them.", "{k} of them die.", "{m} cuts down {k}."),
        aside=("The park is {k} years old.", "There are {k} benches, too."),
        ends=(End("*", "Each tree bears {k} apples.", "apples", "How many apples is that?"),
              End("/", "They are cared for by {k} gardeners, who share them equally.",
                  "trees each", "How many trees does each gardener care for?"))),
    _scene("points", "points",
        ask=("How many points does {n} have?", "What is the score of {n}?"),
        amount=("{n} scores {a} points.", "{n} begins a game with {a} points."),
        product=("{n} hits {a} times and gets {b} points for each hit.",
                 "{n} wins {a} rounds of {b} points."),
        total=("{n} scores {a} points in round one and {b} in round two.",
               "{n} makes {a} points by day and {b} by night."),
        plus=("A bonus gives {k} more.", "In the last round {n} wins {k}."),
        minus=("A foul costs {n} {k} points.", "In the last round {n} loses {k}."),
        aside=("{m} is {k} years old.", "The game lasts {k} minutes."),
        ends=(End("*", "The points of {m} are {k} times as many.", "points of {m}",
                  "How many points does {m} have?"),)),
    _scene("water", "liters",
        ask=("How many liters are in it now?", "How many liters does it hold then?"),
        amount=("A tank holds {a} liters of water.", "There are {a} liters in the barrel of {n}."),
        product=("{n} pours {a} buckets of {b} liters into a tank.",
                 "A pump fills {a} liters a minute into a pool for {b} minutes."),
        total=("{n} pours {a} liters into a tank at noon and {b} at night.",
               "Rain brings {a} liters to a barrel, {n} brings {b}."),
        plus=("{m} fills in {k} liters.", "Then {k} liters are added."),
        minus=("{m} lets out {k} liters.", "Then {k} liters leak away."),
        aside=("The hose is {k} meters long.", "It has stood there for {k} days."),
        ends=(End("/", "All of it goes into cans of {k} liters.", "cans",
                  "How many cans does that fill?"),)),
    _scene("farm", "eggs",
        ask=("How many eggs does {n} have?", "How many eggs are there now?"),
        amount=("{n} collects {a} eggs.", "On a farm near {w} there are {a} eggs."),
        product=("{n} has {a} hens, and each lays {b} eggs.", "{n} has {a} trays of {b} eggs."),
        total=("{n} collects {a} eggs today and {b} yesterday.",
               "On a farm hens lay {a} eggs and ducks lay {b}."),
        plus=("{m} brings {k} more.", "In the evening there are {k} more."),
        minus=("{k} of them break.", "{n} cooks {k}.", "{m} buys {k} of them."),
        aside=("The barn is {k} years old.", "There are {k} cows as well."),
        ends=(End("/", "They are packed into boxes of {k}.", "boxes", "How many boxes are needed?"),
              End("*", "Each egg is sold for {k} cents.", "cents", "How many cents is that?"))),
    _scene("trip", "miles",
        ask=("How many miles is that?", "How far is it, in miles?"),
        amount=("{n} drives {a} miles.", "It is {a} miles from here to {w}."),
        product=("{n} drives {a} miles an hour for {b} hours.", "{n} runs {a} miles on {b} days."),
        total=("{n} drives {a} miles to {w} and {b} miles beyond.",
               "{n} walks {a} miles and rides {b} miles."),
        plus=("A detour adds {k} miles.", "Then {n} goes {k} miles farther."),
        minus=("A new bridge saves {k} of these miles.", "{m} does {k} of these miles alone."),
        aside=("The car is {k} years old.", "It is {k} degrees outside.")),
    _scene("school", "pupils",
        ask=("How many pupils are there?", "How many pupils does that make?"),
        amount=("A school in {w} has {a} pupils.", "In the hall sit {a} pupils."),
        product=("A school in {w} has {a} classes of {b} pupils.",
                 "In the hall are {a} benches with {b} pupils on each."),
        total=("A school in {w} has {a} girls and {b} boys.",
               "In the hall are {a} pupils standing and {b} sitting."),
        plus=("{k} others join them.", "Then {k} more arrive."),
        minus=("{k} of them are ill and stay away.", "Then {k} go home."),
        aside=("The teacher is {k} years old.", "The hall has {k} windows."),
        ends=(End("*", "Each of them brings {k} books.", "books", "How many books is that?"),
              End("/", "They form teams of {k}.", "teams", "How many teams are there?"))),
    _scene("bakery", "cakes",
        ask=("How many cakes are left for the guests?", "How many cakes does {n} have?"),
        amount=("{n} bakes {a} cakes.", "A baker in {w} has {a} cakes."),
        product=("{n} bakes {a} trays of {b} cakes.",
                 "{n} bakes {a} cakes an hour for {b} hours."),
        total=("{n} bakes {a} cakes and {m} bakes {b}.",
               "A baker makes {a} round and {b} square cakes."),
        plus=("{m} adds {k}.", "Later {k} more come out of the oven."),
        minus=("{k} of them burn.", "The children eat {k}.", "{k} are given away."),
        aside=("The oven has {k} degrees.", "There are {k} cups of tea."),
        ends=(End("*", "Each cake has {k} candles.", "candles", "How many candles are there?"),
              End("/", "They are put on plates of {k}.", "plates", "How many plates are used?"))),
    _scene("time", "minutes",
        ask=("How many minutes is that?", "How long does it take {n}, in minutes?"),
        amount=("{n} works for {a} minutes.", "The way to {w} takes {n} {a} minutes."),
        product=("{n} washes {a} windows in {b} minutes each.",
                 "{n} trains {a} minutes on {b} days."),
        total=("{n} cooks for {a} minutes and cleans for {b} minutes.",
               "{n} waits {a} minutes for the bus and rides {b} minutes."),
        plus=("A break takes {k} minutes more.", "A traffic jam adds {k} minutes."),
        minus=("The help of {m} saves {k} minutes.", "A better tool makes it {k} minutes shorter."),
        aside=("{m} is {k} years old.", "The house has number {k}.")),
    _scene("ledger", "{o}",
        ask=("{o} in stock now: ?", "How many {o} are in stock at the end?"),
        amount=("Stock of {o}: {a}.", "{o}, counted on Monday: {a}."),
        product=("Boxes: {a}. {o} in each box: {b}.", "Rows: {a}. {o} in a row: {b}."),
        total=("Red {o}: {a}. Green {o}: {b}.", "{o} in {w}: {a}. {o} elsewhere: {b}."),
        plus=("Received: {k}.", "Bought: {k}.", "Added: {k}."),
        minus=("Sold: {k}.", "Lost: {k}.", "Given away: {k}."),
        aside=("Shelves: {k}.", "Page of the book: {k}."),
        ends=(End("*", "Price of each in dollars: {k}.", "dollars",
                  "Value of the stock in dollars: ?"),
              End("/", "Packed into boxes of {k}.", "boxes", "Number of boxes: ?"))),
    _scene("number", "",
        ask=("What is the result?", "Which number is that?"),
        amount=("Take {a}.", "Start with {a}."),
        product=("Multiply {a} by {b}.", "Take {a} times {b}."),
        total=("Add {a} and {b}.", "Take the sum of {a} and {b}."),
        plus=("Add {k}.", "Then add {k}.", "Increase it by {k}."),
        minus=("Subtract {k}.", "Then take {k} away.", "Decrease it by {k}."),
        aside=("Do not use the number {k}.",),
        ends=(End("*", "Multiply that by {k}.", "", "What is the product?"),
              End("/", "Divide that by {k}.", "", "What is the quotient?"))),
)
"""All of them."""
# fmt: on
