"""The live vote: what a vote is, how votes are counted exactly once, and how every browser hears of it."""
