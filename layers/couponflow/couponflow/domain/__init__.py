"""What coupons are and when they may be used. Pure: no AWS, no environment, no clock."""
