"""Coupons for chatbot flows, whose limits hold exactly whatever the load."""
