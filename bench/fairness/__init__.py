"""What one shop's flood costs all the others: measured on the real processes, and simulated for 10,000 shops.

Belongs here: a house of many shops against the simulator, its traffic, the two measurements.
Does not belong here: the product's own rules of fairness (`agency.lanes`), which are only observed.
"""
