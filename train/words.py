"""Lists of names and words that the training generators draw from, and names invented on the spot.

The lists are long and mixed on purpose: a small model that meets few names recites them, one that
meets many learns to copy. Nothing here knows what kind of row a word ends up in.
"""

from __future__ import annotations

import random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(","))


FIRST_NAMES = _words("""
Aaron Abena Ada Adam Adele Adrian Agnes Ahmed Aiko Aisha Akira Alan Albert Alejandro Alice Alina
Alma Amara Amelia Amir Ana Anders Andrea Anika Anita Anna Anton April Arjun Arthur Astrid Aubrey
August Axel Ayesha Barbara Beatriz Ben Bianca Björn Bora Boris Brenda Brian Bruno Camila Carl Carla
Carmen Cecil Chen Chiara Chloe Chloé Clara Claude Colin Connor Cora Cyrus Dalia Damian Dana Daniel
Daria David Deepa Delia Denis Derek Diana Diego Dmitri Dora Doris Dylan Edgar Edith Eduardo Edwin
Eileen Elena Eli Elif Elijah Ella Elsa Emeka Emil Emma Enrique Erica Erik Esme Esther Ethan Eva
Fabian Farah Fatima Felix Fiona Flora Florian Frances Frank Freya Frida Gabriel Gavin Gemma George
Georgia Gerald Gina Giulia Gloria Grace Graham Greta Gustav Hana Hanna Hannah Harold Harriet Harry
Hassan Hazel Hector Heidi Helen Henry Hilda Hiro Holly Hugo Ian Ibrahim Ida Ilya Imani Ines Ingrid
Iris Irma Isaac Isabel Ivan Ivy Jack Jacob Jade James Jan Jana Jane Jason Javier Jean Jenna Jin Joan
Joel John Jonas Joon Jorge José Joyce Juan Judith Julia Julian June Kai Kamal Karen Karim Karl Kate
Keiko Keith Kemal Kenji Kira Klaus Kofi Lara Lars Laura Layla Lea Leah Leila Lena Leo Leon Lev Liam
Lila Lily Lin Linda Lionel Lisa Livia Logan Lola Lorenzo Louis Lucas Lucia Luis Luna Lydia Mabel
Magnus Maja Malik Manuel Mara Marco Maria Marie Marina Mario Marta Martin Mary Mateo Matilda Maya
Megan Mei Mia Miguel Mila Milan Miles Mina Miriam Mohamed Mona Monika Morgan Mustafa Nadia Naomi
Natalia Nathan Neil Nell Nia Nicole Nikhil Nils Nina Noah Noel Nora Norman Nour Olaf Olga Oliver
Olivia Omar Oscar Otto Owen Pablo Pamela Paul Paula Pavel Pedro Penny Peter Petra Philip Pia Pierre
Priya Quentin Quinn Rachel Rafael Raj Ralph Ramona Raquel Ravi Rebecca Reza Rita Robert Robin Rohan
Roland Rosa Rose Ruben Ruby Rupert Ruth Ryan Sabine Sally Salma Samir Samuel Sandra Sanjay Sara Saul
Sean Selma Seth Shirin Silas Silvia Simon Sofia Sonja Soren Stella Stephen Suki Sven Sylvia Tamar
Tara Tariq Tessa Theo Thomas Tina Tobias Tom Tomas Tomoko Tracy Ulrich Uma Ursula Valerie Vera
Victor Vikram Viola Wanda Wei Wendy William Willow Xavier Yara Yasmin Yoko Yuki Yusuf Yvonne Zainab
Zara Zelda Zoe Zoltan Zuri
""")

LAST_NAMES = _words("""
Abbott Adams Adeyemi Ahmed Ali Almeida Alvarez Andersen Arnold Asante Baker Banerjee Barnes Bauer
Becker Bell Bennett Berg Bernard Bianchi Bishop Black Blake Boateng Bose Bowen Braun Brooks Brown
Burke Campbell Cardoso Carter Castro Chan Chandra Chen Choi Clark Cohen Cole Collins Conti Cooper
Costa Cox Cruz Dahl Das Davies Delgado Demir Diaz Dixon Dubois Duncan Durand Edwards Ellis Eriksen
Evans Farouk Ferrari Fischer Fisher Flores Ford Foster Fox Fraser Fuchs Garcia Gibson Gomez Gordon
Grant Gray Green Greene Gupta Haas Hall Hansen Harper Harris Hart Hassan Hayes Henry Herrera Hill
Hoffman Holm Horvat Howard Huber Hughes Hunt Hussain Ibrahim Ito Ivanov Jackson Jansen Jensen
Johnson Jones Joshi Kaplan Karlsson Kato Kaya Keller Kelly Khan Kim King Klein Knight Koch Kowalski
Kumar Lambert Lang Larsen Laurent Lee Lehmann Lewis Li Lim Lind Lopez Lynch Maier Marino Marsh
Martin Mason Mbeki Meyer Miller Mills Moore Morales Moreau Mori Morris Moss Müller Murphy Nakamura
Neumann Nguyen Nielsen Nowak Nunez Obi Okafor Okoye Olsen Ortega Osman Otieno Owens Palmer Park
Parker Patel Pereira Perez Petrov Phillips Pope Popescu Porter Price Quinn Rahman Ramos Reed Reid
Reyes Rhodes Rice Richter Rivera Roberts Rojas Romano Rossi Roth Ruiz Russo Sato Schmidt Schulz
Scott Sharma Shaw Silva Simmons Singh Smith Soares Sokolov Stein Stone Sun Suzuki Svensson Takahashi
Tan Tanaka Taylor Thomas Thompson Torres Tran Turner Vargas Vega Virtanen Vogel Wagner Walker Walsh
Wang Ward Watson Weber West White Wilson Wolf Wong Wood Wright Wu Yamada Yang Yilmaz Young Zhang
Zhou Zimmer
""")

CITIES = _phrases("""
Aarhus, Accra, Adelaide, Amsterdam, Ankara, Antwerp, Athens, Auckland, Austin, Baku, Bangalore,
Bangkok, Barcelona, Basel, Bath, Beirut, Belfast, Bergen, Berlin, Bern, Bilbao, Bogota, Bologna,
Boston, Brighton, Brisbane, Bristol, Brno, Brussels, Budapest, Cairo, Calgary, Cape Town, Cardiff,
Casablanca, Chicago, Cologne, Copenhagen, Cork, Dakar, Dallas, Delhi, Denver, Dhaka, Doha, Dresden,
Dubai, Dublin, Durban, Edinburgh, Florence, Geneva, Genoa, Ghent, Glasgow, Gothenburg, Graz,
Halifax, Hamburg, Hanoi, Havana, Helsinki, Houston, Istanbul, Jakarta, Kampala, Karachi, Kyoto,
Lagos, Leeds, Leipzig, Lille, Lima, Lisbon, Liverpool, London, Lyon, Madrid, Malmö, Manila,
Marseille, Melbourne, Miami, Milan, Montreal, Mumbai, Munich, Nairobi, Naples, New York, Nice,
Osaka, Oslo, Ottawa, Oxford, Palermo, Paris, Perth, Porto, Portland, Prague, Quito, Reykjavik, Riga,
Rome, Rotterdam, Salzburg, San Diego, Santiago, São Paulo, Seattle, Seoul, Seville, Singapore,
Sofia, Stockholm, Sydney, Taipei, Tallinn, Tampere, Tokyo, Toronto, Tunis, Turin, Utrecht, Valencia,
Vancouver, Venice, Vienna, Vilnius, Warsaw, Wellington, York, Zagreb, Zürich
""")

COUNTRIES = _phrases("""
Argentina, Australia, Austria, Belgium, Bolivia, Brazil, Bulgaria, Canada, Chile, China, Colombia,
Croatia, Cuba, Cyprus, Denmark, Ecuador, Egypt, Estonia, Ethiopia, Finland, France, Georgia,
Germany, Ghana, Greece, Hungary, Iceland, India, Indonesia, Ireland, Israel, Italy, Jamaica, Japan,
Jordan, Kenya, Latvia, Lebanon, Lithuania, Malaysia, Malta, Mexico, Morocco, Nepal, Netherlands, New
Zealand, Nigeria, Norway, Oman, Pakistan, Panama, Peru, Philippines, Poland, Portugal, Romania,
Rwanda, Senegal, Serbia, Singapore, Slovakia, Slovenia, South Africa, South Korea, Spain, Sweden,
Switzerland, Tanzania, Thailand, Tunisia, Turkey, Uganda, Ukraine, Uruguay, Vietnam, Zambia
""")

COMPANY_STEMS = _words("""
Acorn Alder Amber Anchor Apex Arbor Argo Ashford Aster Atlas Aurora Avalon Beacon Birch Blue Bolt
Bright Brook Canyon Cedar Cinder Clear Cobalt Comet Copper Coral Crest Crown Dawn Delta Drift Eagle
Echo Elm Ember Ever Falcon Fern Fjord Flint Forge Fox Gale Garnet Glen Gold Granite Green Grove
Harbor Haven Hawk Helix Heron Hill Horizon Indigo Iron Jade Juniper Kestrel Lake Lantern Lark Laurel
Linden Lumen Lynx Maple Marble Meadow Meridian Mill Mint Moss Nimbus North Nova Oak Ocean Onyx Opal
Orbit Orchid Osprey Otter Pearl Pine Pioneer Pixel Prairie Quartz Quill Rapid Raven Red Ridge River
Rowan Saffron Sage Sierra Silver Solar Spruce Star Stone Summit Swift Terra Thistle Tide Timber
Topaz Vale Vega Verde Vertex Vista Wave West Willow Wren Zenith
""")
COMPANY_TAILS = _words("""
Analytics Bakery Bank Books Brothers Capital Care Clinic Cloud Co. Collective Consulting Data Design
Digital Dynamics Electric Energy Engineering Farms Foods Freight Garden GmbH Group Health Holdings
Hotels Inc. Industries Instruments Insurance Interiors Labs Library Logistics Ltd Machines Marine
Market Media Medical Metals Mobility Motors Music Networks Optics Outdoor Partners Pharma Plastics
Press Print Productions Railways Robotics School Security Services Shipping Software Solutions Sons
Sports Steel Studio Supplies Systems Tech Textiles Tools Toys Trading Transport Travel Ventures
Works
""")

NOUNS = _words("""
album anchor apron armchair axe backpack badge bag ball balloon bandage banjo banner barrel basket
bathtub battery beacon bead bed bell belt bench bicycle binder blanket blender blinds boat bolt book
bookcase boot bottle bowl box bracelet brick bridge broom brush bucket buckle bulb button cabinet
cable cage calculator calendar camera candle canoe canvas card carpet cart cassette ceiling chain
chair chalk charger chart chessboard chimney chisel clamp clip clock coat coaster coin comb compass
computer container cooker cord cork counter couch cradle crane crate crayon cup cupboard curtain
cushion cymbal desk diary dice dish dishwasher doll door doormat drawer dress drill drone drum dryer
dustpan earring easel engine envelope eraser faucet fence fiddle file filter flag flashlight flask
flute folder fork fountain frame fridge funnel fuse garage gate gear generator glass globe glove
gong grater grill guitar hairbrush hammer hammock handle hanger harmonica harp hat headset heater
helmet hinge hook horn hose inkwell iron jacket jar jersey jigsaw jug kayak kettle key keyboard kite
knife knob ladder ladle lamp lantern laptop latch lawnmower lens letter lever lid lighter locker
lock locket loom lunchbox magnet map marble marker mask mat mattress medal microphone microscope
mirror mitten mixer modem monitor mop motor mousepad mug nail napkin necklace needle net notebook
notepad oar oven paddle padlock paintbrush painting pallet pan panel paperclip parachute parasol
parcel passport pen pencil pendant phone photo piano pillow pin pipe pitcher plank plate plow plug
poster pot pouch printer projector propeller pulley pump puppet purse puzzle quilt racket radiator
radio raft rail raincoat rake razor receipt recorder ribbon ring robe robot rocket roller rope
router rucksack rug ruler saddle sandal satchel saucer saw scale scanner scarf scissors screen screw
screwdriver sculpture seat sensor shelf shield ship shirt shoe shovel shower sieve sign sink
skateboard ski skirt sled sleeve slipper snorkel socket sofa speaker spade spanner sponge spoon
spring stamp stapler statue steamer stencil sticker stool stopwatch stove strainer strap suitcase
sundial sweater swing switch sword table tablet tambourine tank tape tapestry teapot telescope tent
thermometer thermos thimble ticket tie tile timer tire toaster tongs toolbox toothbrush torch towel
tractor trailer train tray tripod trolley trombone trophy trowel trumpet trunk tube turbine
turnstile typewriter ukulele umbrella uniform valve van vase vest violin wagon wallet wardrobe
washer watch wheel wheelbarrow whistle whiteboard wig windmill window wire wok wreath wrench
xylophone yacht zipper
""")

ADJECTIVES = _words("""
active ancient annual ample antique basic big bold brave brief bright brisk broad broken busy calm
careful cheap clean clear clever cold common compact cool crisp curious curved daily damp dark deep
delicate dense dry dull early eager easy elegant empty even exact extra faint fair famous fancy fast
favorite fine firm flat folded formal fragile free fresh friendly full gentle giant glossy good
grand great handy happy hard heavy hidden high hollow honest hot huge humble idle large late lazy
light little local long loose loud low lucky main major matte mild minor modern modest narrow neat
new noisy odd old open ordinary pale patient plain pleasant polished popular portable pretty private
proud public quick quiet rapid rare ready recent regular rough round rusty secure sharp shiny short
silent simple slim slow small smart smooth soft solid spare special square stable steady steep stiff
strange strict strong sturdy subtle sudden sunny sweet tall tame tender thick thin tidy tight tiny
tough typical unique urgent useful vast warm weak weekly wet wide wild wise wooden young
""")

VERBS = _words("""
add adjust answer arrange ask assemble attach balance bake bend boil borrow bring build buy call
carry catch change check choose clean climb close collect compare cook copy count cover cut deliver
design dig discuss divide draw drill drive drop dry empty explain explore fetch fill film find
finish fix fold follow gather give greet grow guard guess help hold improve inspect install invite
join keep kick learn lend lift list load lock mail make measure meet melt mend mix move observe
offer open order pack paint park pass pay pick plan plant play polish post pour practise prepare
press print pull push read record remove rent repair replace rescue return ride roll save search
sell send serve set sew share shift show sign sing sketch solve sort start stir stop store study
swap sweep swim take teach test throw tie touch trade train translate travel trim turn type unload
update use visit wait walk wash watch water weigh wrap write
""")

FOODS = _phrases("""
almonds, apples, apricots, avocado, bacon, bagels, bananas, barley, basil, beans, beef, beetroot,
biscuits, blueberries, bread, broccoli, brownies, burgers, butter, cabbage, cake, carrots, cashews,
cauliflower, celery, cereal, cheese, cherries, chicken, chickpeas, chili, chocolate, cinnamon,
coconut, cookies, corn, couscous, crackers, cream, croissants, cucumber, curry, doughnuts,
dumplings, eggs, falafel, figs, fish, flour, garlic, ginger, granola, grapes, ham, hazelnuts, honey,
hummus, jam, kale, kimchi, kiwis, lamb, lasagna, leeks, lemons, lentils, lettuce, limes, mangoes,
melon, milk, mint, muesli, muffins, mushrooms, mustard, noodles, oats, olive oil, olives, omelette,
onions, oranges, pancakes, papaya, parsley, pasta, peaches, peanuts, pears, peas, pepper, pickles,
pie, pineapple, pizza, plums, popcorn, pork, potatoes, pretzels, pumpkin, quinoa, radishes, raisins,
ramen, raspberries, rice, rosemary, saffron, salad, salmon, salsa, sausages, scones, shrimp, soup,
spinach, squash, steak, strawberries, sugar, sushi, tacos, tea, tofu, tomatoes, tortillas, tuna,
turkey, vanilla, waffles, walnuts, yogurt, zucchini
""")

COLORS = _words("""
amber beige black blue bronze brown burgundy charcoal copper coral cream crimson cyan emerald gold
gray green indigo ivory khaki lavender lilac lime magenta maroon mint mustard navy ochre olive
orange peach pink plum purple red rose ruby rust sand scarlet silver tan teal turquoise violet white
yellow
""")

ANIMALS = _words("""
alpaca ant badger bat bear beaver bee bison buffalo butterfly camel canary cat chicken cow crab
crane crow deer dog dolphin donkey dove dragonfly duck eagle eel elephant falcon ferret finch
flamingo fox frog gazelle gecko giraffe goat goose gorilla hamster hare hawk hedgehog heron hippo
horse hyena ibis iguana jackal jaguar kangaroo koala lemur leopard lion lizard llama lobster lynx
magpie mole monkey moose moth mouse mule newt octopus orca ostrich otter owl ox panda panther parrot
peacock pelican penguin pig pigeon pony puffin quail rabbit raccoon rat raven robin salamander
salmon seal shark sheep skunk sloth snail snake sparrow spider squid squirrel stork swan tiger toad
tortoise trout turkey turtle viper walrus weasel whale wolf wombat woodpecker worm yak zebra
""")

JOBS = _phrases("""
accountant, actor, analyst, archaeologist, architect, archivist, artist, astronomer, baker, barber,
beekeeper, biologist, blacksmith, bookbinder, botanist, bus driver, butcher, carpenter, cashier,
chef, chemist, clerk, coach, composer, conductor, counselor, courier, curator, dancer, dentist,
designer, detective, diver, doctor, economist, editor, electrician, engineer, farmer, firefighter,
fisherman, florist, forester, gardener, geologist, glazier, guide, hairdresser, historian,
illustrator, interpreter, janitor, jeweler, journalist, judge, lawyer, lecturer, librarian,
locksmith, manager, mason, mathematician, mechanic, miller, miner, musician, nurse, optician,
painter, pharmacist, photographer, physicist, pilot, plumber, poet, potter, printer, programmer,
psychologist, ranger, receptionist, reporter, roofer, sailor, salesperson, sculptor, secretary,
shepherd, singer, surgeon, surveyor, tailor, teacher, technician, translator, vet, waiter, weaver,
welder, writer, zookeeper
""")

MONTHS = _words("""
January February March April May June July August September October November December
""")

WEEKDAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

NUMBER_WORDS = _words("zero one two three four five six seven eight nine ten eleven twelve")

LANGUAGES = _words("English French German Spanish Italian Polish Dutch Greek Turkish Hindi")

CURRENCIES = _words("USD EUR GBP JPY CHF SEK NOK PLN CAD AUD INR BRL")

SPORTS = _words("""
tennis football rowing chess judo rugby hockey cricket boxing golf squash curling
""")

UNICODE_WORDS = _words("""
Zoë José Łukasz Søren Müller Çelik Nguyễn Ångström Dvořák Peña Björk Renée Škoda Ørsted
Straße Málaga São Paulo Québec Kraków Reykjavík Göteborg crème brûlée jalapeño naïve façade
Мария Иван Дмитрий Ольга Москва Киев заказ чай Ελένη Νίκος Αθήνα καφές Σοφία
東京 京都 大阪 北京 上海 田中 鈴木 王芳 李明 寿司 緑茶 서울 부산 김민수 이영희 שלום נועה مريم علي
🎉 🚀 ☕ 🌱 🐟 ✅ 🔥 ❤️ 📦 ★ → ½ € £ ¥ ° µ ² × – — … “fresh” ‘ok’
""")  # noqa: RUF001 (meant to be unlike ASCII)

_ONSETS = _words("""
b br c ch cl cr d dr f fl g gl gr h j k kl kr l m n p pl pr qu r s sh sk sl st t th tr v w y z
""")
_VOWELS = _words("a a a e e e i i o o o u u ai ea ei ia io ou")
_CODAS = ("", "", "", "", *_words("l n r s m nd rn x th ck st"))
_ENDINGS = _words("a o i en el ar is on us ia ington ford ham stad ville mere wick burg ov ek")


def invented_word(rng: random.Random) -> str:
    """Make a pronounceable capitalized name out of two to four syllables, such as `Krelavon`."""
    choice = rng.choice
    parts = [choice(_ONSETS), choice(_VOWELS), choice(_CODAS)]
    if rng.random() < 0.45:
        parts += (choice(_ONSETS), choice(_VOWELS))
    if parts[-1]:
        parts.append(choice("bdgklmnprstvz"))
    parts.append(choice(_ENDINGS))
    return "".join(parts).capitalize()


def invented_company(rng: random.Random) -> str:
    """Make a company name, such as `Kestrel Optics` or `Dranova Labs`."""
    stem = rng.choice(COMPANY_STEMS) if rng.random() < 0.6 else invented_word(rng)
    return f"{stem} {rng.choice(COMPANY_TAILS)}"


def full_name(rng: random.Random) -> str:
    """Make a first and a last name; about one in five of each is invented."""
    first = rng.choice(FIRST_NAMES) if rng.random() < 0.8 else invented_word(rng)
    last = rng.choice(LAST_NAMES) if rng.random() < 0.8 else invented_word(rng)
    return f"{first} {last}"
