"""The pages of a plan with their bodies, and the names of people in them.

`prefetch` reads bodies ahead of their conversion, `fetching` decides what a failure means, and
`people` asks for names.
"""
