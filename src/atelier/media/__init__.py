"""What is done to the content of files: opened, measured, converted and made small.

Files from outside can be made to cost much or to break a decoder, so the studio's processes open none themselves:
`pool` has it done in child processes with little memory, little time and no secrets. Everything else here runs there.
"""
