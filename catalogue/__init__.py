"""What can be bought: listings, the files that suppliers send, and the search over them.

Three rooms, each standing only on the one before it: `listings` (one supplier's offers, their
prices and who may see them), `imports` (a supplier's price list, from bytes to rows), `search`
(finding a listing). The tables of all three are in `models`.
"""
