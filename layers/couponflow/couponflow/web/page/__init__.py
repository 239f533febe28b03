"""The redeem page: what a customer holds up to the cashier."""
