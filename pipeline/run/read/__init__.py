"""The pages of a plan with their bodies.

`prefetch` reads bodies ahead of their conversion, `fetching` decides what a failure means.
"""
