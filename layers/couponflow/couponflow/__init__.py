"""Coupons for chatbot flows, whose limits hold exactly whatever the load."""

import gc

# What is imported stays for ever: looking through it for garbage again and again is a tenth of a cold start.
gc.set_threshold(200_000)
