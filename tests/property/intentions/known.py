"""All intentions that accounts of the crowd may have."""

from tests.property.intentions.assets import ASSETS
from tests.property.intentions.market import MARKETEERS
from tests.property.intentions.offices import OFFICES
from tests.property.intentions.oracles import ORACLES
from tests.property.intentions.people import PEOPLE
from tests.property.intentions.pools import POOLS
from tests.property.intentions.treasury import TREASURY_MONEY
from tests.property.intentions.votes import VOTERS

KNOWN = (*ASSETS, *POOLS, *TREASURY_MONEY, *VOTERS, *OFFICES, *PEOPLE, *MARKETEERS, *ORACLES)
